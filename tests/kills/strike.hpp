// SPDX-License-Identifier: Apache-2.0
// Kills a working aml, or a part of the server that it works with, at a chosen moment.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/kills/bank.hpp"

namespace aml::test {

enum class Victim {
  kProgram,     ///< SIGKILL to aml
  kBackend,     ///< SIGKILL to the server process of one of its sessions: the server restarts all
  kPostmaster,  ///< SIGKILL to the server's first process: its children end when they notice
  kConnection,  ///< SIGTERM to one server process, as pg_terminate_backend(): the others go on
  kStop,        ///< SIGTERM to aml, as systemd stops it
};
std::string name_of(Victim victim);

/// When to strike, counted from the start of aml.
struct Moment {
  std::chrono::microseconds after{};
  bool at_commit =
      false;  ///< `after` is then counted from the last statement before a commit, or from the commit itself
};

/// Whether a child has ended; it is still to be waited for.
bool has_ended(pid_t program);

struct Strike {
  Victim victim;
  std::string phase;  ///< the statement at work, or what aml did between statements
  std::chrono::microseconds after;
};

/// Looks at the sessions that aml has in a bank. To be made before aml is started, so that it costs no time afterwards.
class Striker {
 public:
  explicit Striker(const Bank& bank);

  /// Nothing if aml ended before the moment came, or nothing was committed for so long; aml is not waited for.
  std::optional<Strike> strike(pid_t program, Victim victim, Moment moment,
                               std::chrono::microseconds patience);

 private:
  const Bank& bank_;
  store::Connection observer_;
};

}  // namespace aml::test
