// SPDX-License-Identifier: Apache-2.0
// Runs one after the other over data that grow: over all data now and then, in between over what is new.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/incremental_detection.hpp"
#include "scenarios/runner.hpp"

namespace aml::scenarios {

/// What aml watch does when silver has changed. A full run is scenarios::run(). An incremental one
/// brings gold to what a full run would find for the scenarios of local reach (see Locality); the
/// others, and the account features, keep what the last full run found.
///
/// A run is full if there was none before, if the last one is older than `full_every`, if gold of its
/// scenarios is not as it was left here, if something else happened to silver than new transfers, or if there are
/// too many of them to be worth it.
class ContinuousDetection {
 public:
  using Clock = std::chrono::steady_clock;

  /// Throws: std::invalid_argument as scenarios::run().
  ContinuousDetection(std::vector<Scenario> scenarios, RunOptions options,
                      Clock::duration full_every);

  const std::vector<std::string>& scenario_ids() const { return scenario_ids_; }

  /// Whether there is something to run for: silver has changed since the last run here, and since
  /// the newest one of each scenario by anybody; or incremental runs have left something, or a scenario
  /// failed in the last full one, so long ago that a full one is due.
  bool is_due(store::Connection& connection) const;

  /// Brings gold up to date. Throws: as scenarios::run(); the next run is then a full one.
  RunOutcome run(store::Connection& connection);

 private:
  std::optional<RunOutcome> run_incrementally(store::Connection& connection);
  RunOutcome run_fully(store::Connection& connection);
  RunOutcome write(store::Connection& connection, store::RunSnapshotFacts&& facts,
                   const IncrementalDetection& kept, const std::vector<FindingChanges>& changes,
                   Clock::time_point started) const;
  int threads() const;

  std::vector<Scenario> scenarios_;
  std::vector<std::string> scenario_ids_;
  RunOptions options_;
  Clock::duration full_every_;
  std::unique_ptr<IncrementalDetection> kept_;  ///< null: the next run is full
  detect::BaseCurrency currency_;               ///< known since the first run
  Clock::time_point last_full_run_;
  std::int64_t last_run_id_ = 0;
  store::RunSnapshotFacts facts_;    ///< of the data that the last run has seen; version -1: none
  bool has_left_something_ = false;  ///< to full runs: incremental ones, or a scenario that failed
};

}  // namespace aml::scenarios
