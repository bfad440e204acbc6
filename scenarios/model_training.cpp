// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model_training.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "detect/drift.hpp"
#include "detect/forest_bytes.hpp"
#include "detect/ranking.hpp"
#include "scenarios/registered_model.hpp"
#include "store/content_hash.hpp"
#include "store/feature_file.hpp"
#include "store/migrations.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::scenarios {
namespace {

constexpr std::array<std::pair<std::string_view, detect::SplitRule>, 4> kSplitRules{
    {{"random", detect::SplitRule::kRandom},
     {"kurtosis", detect::SplitRule::kKurtosis},
     {"pooled_gain", detect::SplitRule::kPooledGain},
     {"oblique", detect::SplitRule::kOblique}}};

constexpr std::array<std::string_view, 7> kMetrics{
    "rows",      "threshold", "share_above_threshold", "score_p50", "score_p90",
    "score_p99", "score_max"};
constexpr std::array<std::string_view, 5> kLabelMetrics{"labelled", "roc_auc", "average_precision",
                                                        "precision", "recall"};

std::string_view name_of(detect::SplitRule rule) {
  return std::ranges::find(kSplitRules, rule,
                           &std::pair<std::string_view, detect::SplitRule>::second)
      ->first;
}

std::string parameters_json(const TrainingParams& params) {
  nlohmann::ordered_json json{{"trees", params.forest.trees},
                              {"sample_size", params.forest.sample_size},
                              {"seed", params.forest.seed},
                              {"max_features", params.forest.max_features},
                              {"bootstrap", params.forest.bootstrap},
                              {"splits", name_of(params.forest.splits)},
                              {"contamination", nullptr}};
  if (params.contamination) json["contamination"] = *params.contamination;
  return json.dump();
}

/// Over the names, a line each, and the values row by row as little-endian IEEE 754.
std::string hash_of(const TrainingRows& rows) {
  store::Sha256 hash;
  for (const std::string& name : rows.names) hash.update(name + '\n');
  std::string bytes;
  for (std::size_t row = 0; row < rows.features.rows(); ++row) {
    bytes.clear();
    for (std::size_t column = 0; column < rows.features.columns(); ++column) {
      const auto bits = std::bit_cast<std::uint32_t>(rows.features.at(row, column));
      for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xFFU);
    }
    hash.update(bytes);
  }
  return hash.finish_hex();
}

void add(Metrics& metrics, std::string_view name, std::optional<double> value) {
  if (value) metrics.emplace_back(name, *value);
}

void measure_against_labels(Metrics& metrics, const std::vector<double>& scores, double threshold,
                            const std::vector<bool>& is_anomaly) {
  double labelled = 0;
  double flagged = 0;
  double right = 0;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    const bool is_flagged = scores[row] > threshold;
    labelled += is_anomaly[row];
    flagged += is_flagged;
    right += is_flagged && is_anomaly[row];
  }
  add(metrics, "labelled", labelled);
  add(metrics, "roc_auc", detect::roc_auc(scores, is_anomaly));
  add(metrics, "average_precision", detect::average_precision(scores, is_anomaly));
  if (flagged > 0) add(metrics, "precision", right / flagged);
  if (labelled > 0) add(metrics, "recall", right / labelled);
}

bool compares(double a, std::string_view comparison, double b) {
  if (comparison == ">=") return a >= b;
  if (comparison == ">") return a > b;
  return comparison == "<=" ? a <= b : a < b;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

}  // namespace

detect::SplitRule split_rule(std::string_view name) {
  for (const auto& [known, rule] : kSplitRules)
    if (known == name) return rule;
  throw std::invalid_argument(
      fmt::format("splits: '{}' is not random, kurtosis, pooled_gain or oblique", name));
}

std::string signature_json(const std::vector<std::string>& columns) {
  const auto column = [](const std::string& name, const char* type, bool required) {
    return nlohmann::ordered_json{{"name", name}, {"type", type}, {"required", required}};
  };
  nlohmann::ordered_json signature{{"inputs", nlohmann::ordered_json::array()},
                                   {"outputs", nlohmann::ordered_json::array()}};
  for (const std::string& name : columns)
    signature["inputs"].push_back(column(store::storable_text(name), "double", true));
  signature["outputs"].push_back(column("anomaly_score", "double", true));
  signature["outputs"].push_back(column("is_anomaly", "boolean", true));
  return signature.dump();
}

std::optional<double> find_metric(const Metrics& metrics, std::string_view name) {
  for (const auto& [known, value] : metrics)
    if (known == name) return value;
  return std::nullopt;
}

Metrics measure(const std::vector<double>& scores, double threshold,
                const std::optional<std::vector<bool>>& is_anomaly) {
  const auto above = std::ranges::count_if(scores, [&](double score) { return score > threshold; });
  const auto rows = static_cast<double>(scores.size());
  Metrics metrics{{"rows", rows},
                  {"threshold", threshold},
                  {"share_above_threshold", static_cast<double>(above) / rows},
                  {"score_p50", detect::contamination_threshold(scores, 0.5)},
                  {"score_p90", detect::contamination_threshold(scores, 0.1)},
                  {"score_p99", detect::contamination_threshold(scores, 0.01)},
                  {"score_max", std::ranges::max(scores)}};
  if (is_anomaly) measure_against_labels(metrics, scores, threshold, *is_anomaly);
  return metrics;
}

store::NewModelVersion fit_version(const std::string& model, const TrainingRows& rows,
                                   const TrainingParams& params, store::TrainingRun training) {
  const auto start = std::chrono::steady_clock::now();
  store::validate_model_name(model);
  const detect::ForestModel forest =
      detect::fit_forest_model(rows.features, rows.names, params.forest, params.contamination);
  const std::vector<double> scores = forest.forest.score(rows.features);
  training.rows = static_cast<std::int64_t>(rows.features.rows());
  training.data_sha256 = hash_of(rows);
  training.parameters_json = parameters_json(params);
  training.metrics = measure(scores, forest.threshold, rows.is_anomaly);
  if (training.experiment.empty()) training.experiment = model;
  store::NewModelVersion version{
      .model = model,
      .signature_json = signature_json(rows.names),
      .artifact = detect::to_bytes(forest),
      .baselines = detect::baselines_of(rows.features, rows.names, scores),
      .training = std::move(training)};
  version.training.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return version;
}

store::TrainingRun training_on(const Graphs& graphs, const store::RunSnapshotFacts& snapshot,
                               const std::string& program_version) {
  store::TrainingRun training;
  training.program_version = program_version;
  training.snapshot = snapshot.snapshot;
  training.last_file_id = snapshot.last_file_id;
  const auto times = graphs.accounts.times();
  if (!times.empty()) {
    const auto [first, last] = std::ranges::minmax(times);
    training.window_from = store::time_text(first);
    training.window_until = store::time_text(last);
  }
  return training;
}

SnapshotRows read_snapshot_rows(store::Connection& connection) {
  const store::BaseCurrencySetting currency = store::base_currency(connection);
  store::Snapshot snapshot = store::read_snapshot(connection);
  const store::RunSnapshotFacts facts = snapshot_facts(snapshot);
  Graphs graphs = build_graphs(std::move(snapshot));
  auto population = account_population(graphs, {currency.code, currency.exponent});
  return {std::move(graphs), std::move(population), facts};
}

std::vector<bool> labelled_accounts(store::Connection& connection, const SnapshotRows& rows,
                                    const std::vector<Label>& labels) {
  std::set<std::string, std::less<>> accounts;
  std::vector<std::string> transfers;
  for (const Label& label : labels) {
    if (label.entity_kind == "account") accounts.insert(label.entity_id);
    if (!label.transfer_id.empty()) transfers.push_back(store::storable_text(label.transfer_id));
  }
  {
    auto session = store::begin<pqxx::nontransaction>(connection);
    for (const auto& row :
         store::run(session, query::list_accounts_of_transfers, store::text_array(transfers)))
      accounts.insert(row[0].as<std::string>());
  }
  std::vector<bool> is_labelled;
  for (const graph::Vertex account : rows.population.accounts)
    is_labelled.push_back(accounts.contains(rows.graphs.accounts.key(account)));
  if (std::ranges::find(is_labelled, true) == is_labelled.end())
    throw std::invalid_argument("--labels: no label names an account that is loaded");
  return is_labelled;
}

PromotionCondition PromotionCondition::parse(const std::string& text) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument(
        fmt::format("--promote-if {}: {}\n  for example:  'average_precision>=0.5' or "
                    "'average_precision>production'",
                    text, why));
  };
  const auto sign = text.find_first_of("<>");
  if (sign == text.npos) refuse("expected METRIC, one of >= > <= <, and a number or production");
  const bool has_equals = text.substr(sign + 1, 1) == "=";
  PromotionCondition condition{
      .text = text,
      .metric = std::string(trimmed(std::string_view(text).substr(0, sign))),
      .comparison = text.substr(sign, has_equals ? 2 : 1),
      .value = {}};
  std::vector<std::string_view> known(kMetrics.begin(), kMetrics.end());
  known.insert(known.end(), kLabelMetrics.begin(), kLabelMetrics.end());
  if (std::ranges::find(known, condition.metric) == known.end())
    refuse(fmt::format("there is no metric '{}'; there are {}", condition.metric,
                       fmt::join(known, ", ")));
  const auto right = trimmed(std::string_view(text).substr(sign + condition.comparison.size()));
  if (right == "production") return condition;
  condition.value = number_in(right);
  if (!condition.value) refuse(fmt::format("'{}' is neither a number nor production", right));
  return condition;
}

bool PromotionCondition::needs_labels() const {
  return std::ranges::find(kLabelMetrics, metric) != kLabelMetrics.end();
}

Verdict judge(const PromotionCondition& condition, const Metrics& metrics,
              const Metrics* production) {
  const auto value = find_metric(metrics, condition.metric);
  if (!value) return {false, condition.metric + " was not measured"};
  if (!condition.value && production == nullptr)
    return {true, fmt::format("{} {:.6g}, none in production", condition.metric, *value)};
  const auto bound = condition.value ? condition.value : find_metric(*production, condition.metric);
  if (!bound) return {false, condition.metric + " of production was not measured"};
  return {compares(*value, condition.comparison, *bound),
          fmt::format("{} {:.6g} {} {:.6g}{}", condition.metric, *value, condition.comparison,
                      *bound, condition.value ? "" : " of production")};
}

namespace {

/// Rows with what they lie in: on the heap, so that moving this moves no row.
struct Material {
  std::unique_ptr<SnapshotRows> snapshot;
  store::FeatureFile file;
  TrainingRows rows;
  store::TrainingRun training;
};

std::optional<std::vector<bool>> truth_in(const store::FeatureFile& labels) {
  std::vector<bool> is_anomaly;
  for (const float label : labels.columns.front()) {
    if (label != 0 && label != 1) return std::nullopt;
    is_anomaly.push_back(label == 1);
  }
  return is_anomaly;
}

Material material_of_file(const TrainingRequest& request) {
  auto file = store::read_feature_file(request.data, request.label_columns);
  TrainingRows rows{detect::FeatureView(std::span<const std::vector<float>>(file.columns)),
                    file.names};
  if (request.label_columns.size() == 1)
    rows.is_anomaly = truth_in(store::read_feature_columns(request.data, request.label_columns));
  return {.snapshot = nullptr,
          .file = std::move(file),
          .rows = std::move(rows),
          .training = {.source = request.data}};
}

Material material_of_snapshot(store::Connection& connection, const TrainingRequest& request) {
  auto snapshot = std::make_unique<SnapshotRows>(read_snapshot_rows(connection));
  TrainingRows rows{snapshot->population.features, detect::account_feature_names()};
  if (!request.label_files.empty())
    rows.is_anomaly =
        labelled_accounts(connection, *snapshot, read_labels(connection, request.label_files));
  auto training = training_on(snapshot->graphs, snapshot->facts, request.program_version);
  return {.snapshot = std::move(snapshot),
          .file = {},
          .rows = std::move(rows),
          .training = std::move(training)};
}

void require_labels(const TrainingRows& rows, const TrainingRequest& request) {
  if (rows.is_anomaly) return;
  for (const PromotionCondition& condition : request.conditions)
    if (condition.needs_labels())
      throw std::invalid_argument(fmt::format(
          "--promote-if {}: {} needs labels\n  {}", condition.text, condition.metric,
          request.data.empty() ? "name a file of them:  --labels labels.csv"
                               : "name a column of the file that holds 0 and 1:  --label COLUMN"));
}

/// The version in production when training began.
struct Incumbent {
  std::optional<std::int32_t> version = {};
  std::optional<Metrics> metrics = {};  ///< what it would have measured on these rows
};

/// Absent: no condition asks for it.
std::optional<Incumbent> incumbent_of(store::Connection& connection, const TrainingRequest& request,
                                      const TrainingRows& rows) {
  if (std::ranges::all_of(request.conditions, [](const auto& c) { return c.value.has_value(); }))
    return std::nullopt;
  const auto version = store::production_version(connection, request.model);
  if (!version) return Incumbent{};
  const RegisteredModel model = load_model(connection, {request.model, *version});
  std::vector<std::size_t> positions;
  for (const std::string& column : model.forest.columns) {
    const auto found = std::ranges::find(rows.names, column);
    if (found == rows.names.end())
      throw std::invalid_argument(
          fmt::format("{}, which is in production, wants the column '{}', which these rows do not "
                      "have\n  compare with a number instead of production",
                      store::name_of(model.row.id), column));
    positions.push_back(static_cast<std::size_t>(found - rows.names.begin()));
  }
  return Incumbent{version,
                   measure(model.forest.forest.score(rows.features.with_columns(positions)),
                           model.forest.threshold, rows.is_anomaly)};
}

std::string reason_of(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> told;
  for (const Verdict& verdict : verdicts) told.push_back(verdict.told);
  return fmt::format("--promote-if: {}", fmt::join(told, "; "));
}

store::NewModelVersion fit_or_record(store::Connection& connection, const TrainingRequest& request,
                                     const Material& material) {
  try {
    return fit_version(request.model, material.rows, request.params, material.training);
  } catch (const std::invalid_argument& error) {
    store::TrainingRun failed = material.training;
    failed.status = "failed";
    failed.error = error.what();
    failed.parameters_json = parameters_json(request.params);
    store::record_failed_training(connection, failed);
    throw;
  }
}

/// Puts the version in production if all verdicts say so, and if what it was compared with is still
/// there: else another verdict says that it is not.
void promote_if_met(store::Connection& connection, const std::optional<Incumbent>& incumbent,
                    TrainingOutcome& outcome) {
  if (outcome.verdicts.empty() || !std::ranges::all_of(outcome.verdicts, &Verdict::is_met)) return;
  const std::string reason = reason_of(outcome.verdicts);
  const auto change =
      incumbent ? store::replace_production(connection, outcome.id, incumbent->version, reason)
                : store::change_stage(connection, outcome.id, store::kProductionStage, reason);
  outcome.is_promoted = change.has_value();
  if (change)
    outcome.archived = change->archived;
  else
    outcome.verdicts.push_back(
        {false, "another version was put in production while this one was fitted"});
}

}  // namespace

TrainingOutcome train(store::Connection& connection, const TrainingRequest& request) {
  store::validate_model_name(request.model);
  detect::validate(request.params.forest);
  if (!request.data.empty() && !request.label_files.empty())
    throw std::invalid_argument(
        "--labels names accounts of what is loaded; the labels of --data are a column of it:  "
        "--label COLUMN");
  if (request.data.empty() && !request.label_columns.empty())
    throw std::invalid_argument("--label names a column of --data, which is not given");
  Material material =
      request.data.empty() ? material_of_snapshot(connection, request) : material_of_file(request);
  require_labels(material.rows, request);
  material.training.program_version = request.program_version;
  material.training.experiment = request.experiment.empty() ? request.model : request.experiment;
  const auto incumbent = incumbent_of(connection, request, material.rows);
  store::NewModelVersion version = fit_or_record(connection, request, material);

  TrainingOutcome outcome;
  const Metrics* production = incumbent && incumbent->metrics ? &*incumbent->metrics : nullptr;
  for (const PromotionCondition& condition : request.conditions)
    outcome.verdicts.push_back(judge(condition, version.training.metrics, production));
  outcome.id = store::register_version(connection, version);
  promote_if_met(connection, incumbent, outcome);
  outcome.training = std::move(version.training);
  return outcome;
}

}  // namespace aml::scenarios
