// SPDX-License-Identifier: Apache-2.0
// Kills a working aml, or a part of the server that it works with, at a chosen moment.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

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

/// From when on time is counted.
enum class Since {
  kNow,
  kCommit,          ///< the last statement before a commit, or the commit itself
  kIncrementalRun,  ///< of a watching aml
};

struct Moment {
  Since since = Since::kNow;
  std::chrono::microseconds after{};
  bool must_last = false;  ///< until then, or it is no moment
};

/// What a watching aml is at, as the ledger and the locks of its database tell.
enum class Work { kNone, kLoad, kFullRun, kIncrementalRun };
std::string name_of(Work work);

/// Whether a child has ended; it is still to be waited for.
bool has_ended(pid_t program);

/// One connection of aml as the server sees it.
struct Session {
  pid_t backend;
  std::string state;
  std::string statement;
};

struct Strike {
  Victim victim;
  Work work;          ///< if aml watches the inbox of the bank
  std::string phase;  ///< the statement at work, or what aml did between statements
  std::chrono::microseconds after;
};

/// Looks at the sessions that aml has in a bank. To be made before aml is started, so that it costs no time afterwards.
class Striker {
 public:
  explicit Striker(const Bank& bank);

  /// Nothing if aml ended before the moment came, or the moment did not come for so long; aml is not waited for.
  std::optional<Strike> strike(pid_t program, Victim victim, Moment moment,
                               std::chrono::microseconds patience);

 private:
  std::vector<Session> sessions();  ///< the one that works first
  Work work(const std::vector<Session>& sessions);
  bool has_come(Since since, const std::vector<Session>& sessions);

  const Bank& bank_;
  store::Connection observer_;
};

}  // namespace aml::test
