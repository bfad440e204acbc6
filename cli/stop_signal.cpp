// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_signal.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace aml::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM};

volatile std::sig_atomic_t stop_requested = 0;
int nested = 0;

void request_stop(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  if (nested++ > 0) return;
  stop_requested = 0;
  for (const int signal : kSignals) std::signal(signal, request_stop);
}

StopSignal::~StopSignal() {
  if (--nested > 0) return;
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
}

bool StopSignal::requested() {
  return stop_requested != 0;
}

bool StopSignal::wait_for(std::chrono::milliseconds duration) {
  // A signal that comes between the question and the sleep is seen at the end of a piece.
  constexpr std::chrono::milliseconds kPiece{200};
  const auto end = std::chrono::steady_clock::now() + duration;
  for (auto left = duration; left.count() > 0 && !requested();
       left = std::chrono::duration_cast<std::chrono::milliseconds>(
           end - std::chrono::steady_clock::now())) {
    ::poll(nullptr, 0, static_cast<int>(std::min(left, kPiece).count()));
  }
  return requested();
}

}  // namespace aml::cli
