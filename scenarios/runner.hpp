// SPDX-License-Identifier: Apache-2.0
// A run: snapshot, graphs, detectors, gold.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "detect/account_history.hpp"
#include "detect/finding.hpp"
#include "scenarios/scenario.hpp"
#include "store/connection.hpp"
#include "store/gold_writer.hpp"
#include "store/run_ledger.hpp"
#include "store/snapshot.hpp"

namespace aml::scenarios {

/// The most memory that this process has held so far.
std::int64_t peak_memory_bytes();
double seconds_since(std::chrono::steady_clock::time_point start);

/// The graphs of one snapshot, at the levels scenarios ask for.
struct Graphs {
  graph::TransferGraph accounts;
  graph::TransferGraph parties;
  graph::IdentityGraph identities;
  std::vector<double> base_risk;       ///< for each vertex of parties
  detect::AccountFacts account_facts;  ///< for each vertex of accounts; owners: vertices of parties
};
/// Consumes the snapshot. Cost: see TransferGraph.
Graphs build_graphs(store::Snapshot&& snapshot);

/// For the ledger.
store::RunSnapshotFacts snapshot_facts(const store::Snapshot& snapshot);

/// The accounts that anomaly models compare, with their features.
detect::AccountPopulation account_population(const Graphs& graphs,
                                             const detect::BaseCurrency& currency);

/// Runs one scenario's detector. A pure function of its arguments: the same Detection for any
/// number of threads. Anomalies are scored by a forest that is fitted for it, not by a registered one.
/// Scores are rounded to a millionth. A stop that is requested ends a long search early.
detect::Detection detect(const Graphs& graphs, const Scenario& scenario,
                         const detect::BaseCurrency& currency, const std::stop_token& stop = {});
/// What detect() does with the scores of findings, for detectors that are called directly.
detect::Detection rounded(detect::Detection detection);

/// A scenario as gold knows it, and findings with the severity that their scores have in it.
store::ScenarioIdentity identity_of(const Scenario& scenario);
std::vector<store::GradedFinding> graded(const std::vector<detect::Finding>& findings,
                                         const Scenario& scenario);

using Counts = std::vector<std::pair<std::string, std::int64_t>>;
/// How many of the scores are high, medium and low in the scenario.
Counts by_severity(const Scenario& scenario, const std::vector<double>& scores);

struct RunOptions {
  int threads = 0;  ///< 0: all cores
  std::string program_version;
  std::optional<graph::Micros> as_of;  ///< only transfers booked until then; absent: all
  std::optional<std::int64_t> as_of_version = {};  ///< of the data; absent: the newest
  bool account_features = true;  ///< of a production run: bring gold.account_features up to date
  std::function<void(const std::string& stage)> started;     ///< a stage begins
  std::function<void(const store::RunStep& step)> finished;  ///< a stage ended
  /// Told what each scenario found (null: it failed) after gold was written.
  std::function<void(const Graphs& graphs, const std::vector<const detect::Detection*>& found)>
      written;
  /// Asked between stages, and by another thread while a detector works; true stops the run, gold
  /// unchanged.
  std::function<bool()> interrupted;
};

struct ScenarioOutcome {
  std::string id;
  int version = 0;
  std::string title;
  std::string error;  ///< empty: it ran
  bool truncated = false;
  std::optional<store::ModelVersion> model;  ///< registered one that scored
  store::GoldCounts counts;
  Counts detector_counts;  ///< see detect::Detection::counts; none of an incremental run
  Counts by_severity;      ///< of all its alerts: high, medium, low
};

struct RunOutcome {
  std::int64_t run_id = 0;
  store::RunKind kind = store::RunKind::kFull;
  std::string status;  ///< succeeded, failed, interrupted
  bool is_backtest = false;
  std::vector<ScenarioOutcome> scenarios;
  std::vector<store::RunStep> steps;
  store::RunSnapshotFacts snapshot;
  double seconds = 0;
  std::int64_t peak_memory_bytes = 0;
};

/// Takes the run lock, reads the snapshot, runs every scenario and writes gold in one database
/// transaction. A scenario that fails does not stop the others; gold of those that ran is written
/// and the status is "failed". Steps: "read snapshot", "build graph", one for each scenario under
/// its id, "account features", "write gold". With `as_of` or `as_of_version`, or if a scenario has overrides, the run
/// is a backtest: gold stays as it is, and what was found is kept beside it ("write backtest").
/// Anomalies are scored by registered models, see RunModels.
/// Throws: store::StoreError (kLocked if another run is at work); std::invalid_argument if there is
///         no scenario or an id stands twice. What stops a run after it has started is also told by
///         its ledger row.
RunOutcome run(store::Connection& connection, const std::vector<Scenario>& scenarios,
               const RunOptions& options);

/// The outcome as JSON, for --summary.
std::string to_json(const RunOutcome& outcome);

}  // namespace aml::scenarios
