// SPDX-License-Identifier: Apache-2.0
// Findings and scores into gold, or the findings of a backtest beside it, in one database transaction
// with the run's ledger row.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/finding.hpp"
#include "store/connection.hpp"
#include "store/model_registry.hpp"
#include "store/run_ledger.hpp"

namespace aml::store {

/// A scenario as the ledger and gold know it.
struct ScenarioIdentity {
  std::string id;
  int version = 0;
  std::string title;
  std::string typology;
  std::string detector;
  std::string definition_json;                 ///< the whole file without comments
  std::optional<ModelVersion> scored_by = {};  ///< registered model that made the scores
};

struct GradedFinding {
  const detect::Finding* finding = nullptr;
  std::string severity;  ///< low, medium, high
};

/// Where findings go: production into gold, a backtest into the schema backtest.
enum class Purpose { kProduction, kBacktest };

struct GoldCounts {
  std::int64_t alerts = 0;  ///< findings of this run
  std::int64_t added = 0;   ///< of them new in gold; of a backtest: no current alerts
  std::int64_t gone = 0;    ///< current alerts of the scenario that this run does not find
  std::int64_t unreached =
      0;  ///< current alerts that it did not come to before a budget ended it: they stay
  std::map<std::string, std::int64_t> partial =
      {};  ///< by severity, what it found of such an alert: not among `alerts`
  bool changed_without_new_version =
      false;  ///< the same scenario and version was run before with another text
};

/// A number for each account and column.
struct AccountTable {
  std::vector<std::string> columns;  ///< as gold.account_features has them, in any order
  std::vector<std::string_view> accounts;
  std::span<const double> values;  ///< accounts x columns, row-major, finite
};

/// All that one scenario found.
struct ScenarioFindings {
  ScenarioIdentity scenario;
  std::vector<GradedFinding> findings;
  std::span<const detect::ScoreTable> scores = {};
  bool truncated = false;  ///< a budget was reached: findings may be missing, or lack a part
  /// Of a truncated one that scored every subject and told the highest: the score of a finding. What scores less was looked at.
  std::optional<double> alert_at = {};
};

/// The findings of a scenario, as far as they differ from what gold has of it. One without any difference is given, too: it ran.
struct ScenarioChanges {
  ScenarioIdentity scenario;  ///< definition_json may be empty
  std::vector<GradedFinding> findings =
      {};                              ///< new, found again, or not as gold has them; each whole
  std::vector<std::string> gone = {};  ///< ids of current alerts that it does not find
};

/// Nothing is visible to others before commit(); without it the destructor rolls everything back. What a production run writes is one
/// version of gold, see docs/versions.md; until commit() no other version can begin. A row that is as it was stays untouched.
class GoldWriter {
 public:
  /// For a run that start_run() has started.
  GoldWriter(Connection& connection, std::int64_t run_id, const std::string& base_currency,
             int base_currency_exponent, Purpose purpose = Purpose::kProduction);
  /// For a run whose row in the ledger is written here, too: the run is committed whole, or leaves nothing.
  /// Requires: the RunLock is held; no backtest.
  GoldWriter(Connection& connection, const RunStart& start, const RunSnapshotFacts& facts,
             const std::string& base_currency, int base_currency_exponent);
  ~GoldWriter();
  GoldWriter(const GoldWriter&) = delete;
  GoldWriter& operator=(const GoldWriter&) = delete;

  std::int64_t run_id() const;

  /// Writes what scenarios found; returns the counts in the same order. A finding known from an earlier run keeps its alert_id and
  /// first_run_id. Alerts of these scenarios that are not among the findings are gone, and so are scores that are not given. Of a
  /// truncated scenario an alert that is not found, or without a transfer that it has, stays as it was found last, unless its subject
  /// scores less than `alert_at` now. A
  /// backtest changes nothing in gold, and its scores are not kept.
  /// Throws: StoreError kStatement; std::invalid_argument if two findings have the same subject and evidence key, if a severity
  ///         is not low, medium or high, if a score is not in [0, 1], or if a scenario was already written in this run.
  /// Cost:   All findings are sent to the server and held against gold there.
  std::vector<GoldCounts> write(const std::vector<ScenarioFindings>& found);

  /// The same for scenarios whose changes are known: what was not given stays. Gold, its history and the counts are those that
  /// write() leaves of all that the scenario finds.
  /// Requires: a production run.
  /// Throws: as write(); std::invalid_argument if the newest run of a scenario was of another version, another model scored it (all
  ///         its alerts change then: write() them) or it did not come to all alerts, or if a gone alert is not a current one of the
  ///         scenario.
  /// Cost:   As much as there are changes, whatever gold holds.
  std::vector<GoldCounts> write_changes(const std::vector<ScenarioChanges>& changes);

  /// Registers a version and puts it in production, unless meanwhile another one is there: then it is
  /// only registered. For scored_by it must come before write().
  ModelVersion register_version(const NewModelVersion& version);

  /// Writes how far what the scenario scored has moved from what the version was trained on.
  void write_drift(const std::string& scenario, const ModelVersion& version,
                   const std::vector<detect::Baseline>& baselines,
                   const std::vector<detect::Drift>& drifts);

  /// Puts the features of all accounts into gold; returns how many rows are new or changed. Rows that are as they were stay
  /// untouched, with the run that measured them.
  /// Requires: a production run; called once. Throws: StoreError kStatement.
  std::int64_t write_account_features(const AccountTable& features);

  /// Marks the run succeeded, or failed with `error` if one is given (a scenario failed, the others are written).
  /// Throws: StoreError kStatement if the run is no longer "running", for example because another process declared it dead.
  void complete_run(std::int64_t peak_memory_bytes, const std::string& error = {});

  /// Writes the run's last step and makes everything visible at once. Requires: complete_run() was called.
  void commit(int step_number, const RunStep& step);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Stable id of a finding: first 32 hex digits of SHA-256 over scenario, subject kind, subject and evidence key, each with its length.
std::string alert_id(const std::string& scenario_id, const detect::Finding& finding);

}  // namespace aml::store
