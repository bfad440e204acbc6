// SPDX-License-Identifier: Apache-2.0
// From a flag that is asked to a stop that is requested.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace aml::scenarios {

/// Requests a stop soon after `interrupted` has become true, as long as it lives: a signal handler
/// can set a flag but not request a stop.
class StopOnInterrupt {
 public:
  explicit StopOnInterrupt(std::function<bool()> interrupted)
      : interrupted_(std::move(interrupted)) {
    if (interrupted_) watch_ = std::jthread([this](const std::stop_token& end) { watch(end); });
  }

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch(const std::stop_token& end) {
    constexpr auto kReaction = std::chrono::milliseconds(50);
    std::mutex nobody_else;
    std::unique_lock lock(nobody_else);
    std::condition_variable_any pause;
    while (!end.stop_requested()) {
      if (interrupted_()) stop_.request_stop();
      pause.wait_for(lock, end, kReaction, [] { return false; });
    }
  }

  std::function<bool()> interrupted_;
  std::stop_source stop_;
  std::jthread watch_;  ///< last: it ends before the rest does
};

}  // namespace aml::scenarios
