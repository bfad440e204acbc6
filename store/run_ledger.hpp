// SPDX-License-Identifier: Apache-2.0
// aml.runs and aml.run_steps: written as a run goes, each row committed at once, so that a run that dies leaves its trace. An incremental
// run is too short for that: its rows are committed with its gold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/transfer.hpp"
#include "store/connection.hpp"

namespace pqxx {
class transaction_base;
}

namespace aml::store {

/// Held for the life of the object: one load or run at a time in a database. Released when the connection closes, however it ends.
class RunLock {
 public:
  /// Throws: StoreError kLocked with the process id and user of the holder, as far as the server tells; kUnreachable if the database can
  /// only be read.
  explicit RunLock(Connection& connection);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  Connection& connection_;
};

/// Makes the session the one that detects with exactly these scenarios as data come, until its connection closes, however that ends. What
/// it writes goes through the same connection, so a session that lost this lock cannot write any more. Returns the server process of
/// the session that already is the one, 0 if that has just ended; nullopt: it is this one now.
/// Requires: this session is not the one yet.
std::optional<int> try_watch_lock(Connection& connection,
                                  const std::vector<std::string>& scenarios);

/// Which findings a run looked at: all, or those that new data can have changed.
enum class RunKind { kFull, kIncremental };

/// A run with `as_of`, `as_of_version` or `overrides` is a backtest: it leaves gold as it is.
struct RunStart {
  std::string program_version;
  int threads = 1;
  std::uint64_t seed = 0;
  std::vector<std::string> scenarios;
  std::optional<graph::Micros> as_of = {};  ///< only transfers booked until then; absent: all
  std::vector<std::string> overrides = {};  ///< "scenario.parameter=value"
  std::optional<std::int64_t> as_of_version = {};  ///< of the data; absent: the newest
  RunKind kind = RunKind::kFull;
  double seconds_so_far = 0;  ///< that it is at work already when its row is written

  bool is_backtest() const { return as_of || as_of_version || !overrides.empty(); }
};

struct RunStep {
  std::string name;           ///< read snapshot, build graph, <scenario id>, write gold
  std::string scenario = {};  ///< empty if the step is not a scenario
  int scenario_version = 0;
  std::string parameters_json = {};  ///< empty if none
  std::int64_t rows = 0;
  double seconds = 0;
  std::int64_t peak_memory_bytes = 0;
  std::string outcome = "ok";  ///< ok, truncated, failed
  std::vector<std::string> notes = {};
  std::vector<std::string> warnings =
      {};  ///< what a person should act on; the ledger keeps them after the notes
};

struct RunSnapshotFacts {
  std::string snapshot;
  std::optional<std::int64_t> last_file_id;
  std::int64_t accounts = 0;
  std::int64_t parties = 0;
  std::int64_t transfers = 0;
  std::int64_t version = 0;  ///< of the data that was read, see docs/versions.md
};

/// Requires: the RunLock is held. Marks runs that are still "running" as died, then starts a new one. Returns its run_id.
std::int64_t start_run(Connection& connection, const RunStart& start);
void record_snapshot(Connection& connection, std::int64_t run_id, const RunSnapshotFacts& facts);
void record_step(Connection& connection, std::int64_t run_id, int step, const RunStep& facts);
/// The same as parts of the caller's transaction.
std::int64_t start_run(pqxx::transaction_base& transaction, const RunStart& start);
void record_snapshot(pqxx::transaction_base& transaction, std::int64_t run_id,
                     const RunSnapshotFacts& facts);
void record_step(pqxx::transaction_base& transaction, std::int64_t run_id, int step,
                 const RunStep& facts);
/// For a run that wrote no gold. status: failed or interrupted. A run that wrote some is completed by GoldWriter, in gold's transaction.
void finish_run(Connection& connection, std::int64_t run_id, const std::string& status,
                const std::string& error, std::int64_t peak_memory_bytes);

/// Whether silver has changed since the version `seen` (-1: none), and since the newest production run of one of the scenarios read it; true
/// if there is data and one of them never ran.
bool has_unseen_data(Connection& connection, const std::vector<std::string>& scenarios,
                     std::int64_t seen);

}  // namespace aml::store
