// SPDX-License-Identifier: Apache-2.0
// Fitting a model for the registry: what it was fitted to, how well it does, when it is good enough.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/forest_model.hpp"
#include "scenarios/labels.hpp"
#include "scenarios/runner.hpp"
#include "store/connection.hpp"
#include "store/model_registry.hpp"

namespace aml::scenarios {

/// How a forest is fitted, see docs/forest.md.
struct TrainingParams {
  detect::IsolationForestParams forest = {};
  std::optional<double> contamination = {};
};
/// random, kurtosis, pooled_gain or oblique. Throws: std::invalid_argument for any other name.
detect::SplitRule split_rule(std::string_view name);

/// What MLflow calls a signature: names and types of what goes in and comes out.
std::string signature_json(const std::vector<std::string>& columns);

using Metrics = std::vector<std::pair<std::string, double>>;
/// Absent: it was not measured.
std::optional<double> find_metric(const Metrics& metrics, std::string_view name);

/// Rows and what is known of them. Nothing is copied: it must not outlive its columns.
struct TrainingRows {
  detect::FeatureView features;
  std::vector<std::string> names;
  std::optional<std::vector<bool>> is_anomaly = {};  ///< absent: no labels
};

/// rows, threshold, share_above_threshold, score_p50, score_p90, score_p99 and score_max; with labels
/// also labelled, roc_auc and average_precision (if they tell rows apart), recall, and precision (if
/// a score is above the threshold). Requires: a score for each row, at least one.
Metrics measure(const std::vector<double>& scores, double threshold,
                const std::optional<std::vector<bool>>& is_anomaly);

/// A fitted version, ready to be registered, with its metrics, its baselines and the hash of its rows;
/// `training` says the rest of what is known of them. Throws: as detect::fit_forest_model().
/// Cost: fits, scores and sorts all rows.
store::NewModelVersion fit_version(const std::string& model, const TrainingRows& rows,
                                   const TrainingParams& params, store::TrainingRun training);

/// What is known of rows that came from a snapshot.
store::TrainingRun training_on(const Graphs& graphs, const store::RunSnapshotFacts& snapshot,
                               const std::string& program_version);

/// Everything that is loaded, as a run sees it.
struct SnapshotRows {
  Graphs graphs;
  detect::AccountPopulation population;
  store::RunSnapshotFacts facts;
};
SnapshotRows read_snapshot_rows(store::Connection& connection);

/// For each account of the population, whether a label names it or a transfer to or from it. Labels of
/// parties do not count: models score accounts. Throws: std::invalid_argument if no label names any.
std::vector<bool> labelled_accounts(store::Connection& connection, const SnapshotRows& rows,
                                    const std::vector<Label>& labels);

/// "average_precision>=0.5", or with the word production on the right side: the same metric of the
/// version in production, measured on the same rows.
struct PromotionCondition {
  std::string text;
  std::string metric;
  std::string comparison;       ///< >=, >, <= or <
  std::optional<double> value;  ///< absent: that of the version in production

  bool needs_labels() const;

  /// Throws: std::invalid_argument for another form or a metric that is never measured.
  static PromotionCondition parse(const std::string& text);
};

struct Verdict {
  bool is_met = false;
  std::string told;  ///< "average_precision 0.52 >= 0.5"
};
/// `production`: metrics of the version in production; nullptr: there is none, and nothing to be
/// better than. What was not measured meets no condition.
Verdict judge(const PromotionCondition& condition, const Metrics& metrics,
              const Metrics* production);

struct TrainingRequest {
  std::string model = {};
  TrainingParams params = {};
  std::string experiment = {};  ///< empty: the model's name
  std::string data = {};        ///< file of rows; empty: the accounts of what is loaded
  std::vector<std::string> label_columns = {};      ///< of the file: no features
  std::vector<std::string> label_files = {};        ///< for accounts, see read_labels()
  std::vector<PromotionCondition> conditions = {};  ///< none: it is not promoted
  std::string program_version = {};
};

struct TrainingOutcome {
  store::ModelVersion id;
  store::TrainingRun training;
  /// One for each condition; one more if the version they compare with was replaced meanwhile.
  std::vector<Verdict> verdicts;
  bool is_promoted = false;
  std::optional<std::int32_t> archived;  ///< version that was in production before
};

/// Fits and registers a version, in stage None; if there are conditions and all are met it is put in
/// production. A label column of a file that holds only 0 and 1, alone, is what its metrics are
/// measured against. What fails while fitting is recorded as a failed training run.
/// Throws: std::invalid_argument if parameters, labels or conditions do not fit the rows or each
///         other; StoreError kRefusedData for a file or a version in production that is damaged.
TrainingOutcome train(store::Connection& connection, const TrainingRequest& request);

}  // namespace aml::scenarios
