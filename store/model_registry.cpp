// SPDX-License-Identifier: Apache-2.0
#include "store/model_registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <pqxx/pqxx>
#include <stdexcept>

#include "aml_query.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/hex.hpp"
#include "store/result_fields.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

bool is_name(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (text.empty() || text.size() > kLongest || !is_letter(text.front())) return false;
  return std::ranges::all_of(
      text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

void require_reason(const std::string& reason) {
  if (reason.find_first_not_of(" \t\n") == std::string::npos) {
    throw std::invalid_argument("the reason is empty: say why, it stays in the log");
  }
}

/// Runs `action` in a database transaction of its own.
template <typename Action>
auto in_transaction(Connection& connection, Action&& action) {
  auto transaction = begin<pqxx::work>(connection);
  auto result = action(transaction);
  as_statement("COMMIT", [&] { transaction.commit(); });
  return result;
}

template <typename... Arguments>
pqxx::result ask(Connection& connection, const query::Embedded& statement,
                 const Arguments&... arguments) {
  auto session = begin<pqxx::nontransaction>(connection);
  return run(session, statement, arguments...);
}

Parameter text_or_null(const std::string& text) {
  return text.empty() ? Parameter() : Parameter(storable_text(text));
}

/// An array literal: a number may stand in quotes there.
template <typename Number>
std::string number_array(const std::vector<Number>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const Number value : values) texts.push_back(fmt::format("{}", value));
  return text_array(texts);
}

std::string bytea(std::string_view bytes) {
  std::string literal = "\\x";
  append_hex(literal, bytes);
  return literal;
}

std::int64_t record_training(pqxx::transaction_base& transaction, const TrainingRun& training) {
  const auto number =
      run(transaction, query::record_training_run, storable_text(training.experiment),
          training.status, text_or_null(training.started_at), training.seconds,
          text_or_null(training.finished_at), text_or_null(training.started_by),
          storable_text(training.program_version), training.run_id, storable_text(training.source),
          text_or_null(training.snapshot), training.last_file_id,
          text_or_null(training.window_from), text_or_null(training.window_until), training.rows,
          text_or_null(training.data_sha256), training.parameters_json,
          text_or_null(training.error))[0][0]
          .as<std::int64_t>();
  std::vector<std::string> names;
  std::vector<double> values;
  for (const auto& [name, value] : training.metrics) {
    names.push_back(storable_text(name));
    values.push_back(value);
  }
  run(transaction, query::record_training_metrics, number, text_array(names), number_array(values));
  return number;
}

/// The bins of all measures, as columns of aml.model_baseline_bins.
struct BinColumns {
  std::vector<std::int64_t> position;
  std::vector<std::int64_t> bin;
  std::vector<std::string> feature;
  std::vector<double> upper;
  std::vector<std::int64_t> rows;

  void add(std::size_t of_position, std::size_t of_bin, const std::string& name, double end,
           std::int64_t count) {
    position.push_back(static_cast<std::int64_t>(of_position));
    bin.push_back(static_cast<std::int64_t>(of_bin));
    feature.push_back(storable_text(name));
    upper.push_back(end);
    rows.push_back(count);
  }
};

BinColumns bins_of(const std::vector<detect::Baseline>& baselines) {
  BinColumns columns;
  for (std::size_t position = 0; position < baselines.size(); ++position) {
    const detect::Baseline& baseline = baselines[position];
    columns.add(position, 0, baseline.measure, std::numeric_limits<double>::quiet_NaN(),
                baseline.missing);
    for (std::size_t i = 0; i < baseline.rows.size(); ++i) {
      const bool is_last = i == baseline.edges.size();
      columns.add(position, i + 1, baseline.measure,
                  is_last ? std::numeric_limits<double>::infinity() : baseline.edges[i],
                  baseline.rows[i]);
    }
  }
  return columns;
}

TrainingRun training_of(const pqxx::row& row) {
  TrainingRun training;
  training.number = row["training_run"].as<std::int64_t>();
  training.experiment = text(row["experiment"]);
  training.status = text(row["status"]);
  training.started_at = text(row["started_at"]);
  training.finished_at = text(row["finished_at"]);
  training.started_by = text(row["started_by"]);
  training.program_version = text(row["program_version"]);
  training.run_id = optional<std::int64_t>(row["run_id"]);
  training.source = text(row["source"]);
  training.snapshot = text(row["snapshot"]);
  training.last_file_id = optional<std::int64_t>(row["last_file_id"]);
  training.window_from = text(row["window_from"]);
  training.window_until = text(row["window_until"]);
  training.rows = optional<std::int64_t>(row["rows"]);
  training.data_sha256 = text(row["data_sha256"]);
  training.parameters_json = text(row["parameters"]);
  return training;
}

ModelVersionRow version_row(const pqxx::row& row) {
  ModelVersionRow version;
  version.id = {text(row["model"]), row["version"].as<std::int32_t>()};
  version.stage = text(row["stage"]);
  version.stage_reason = text(row["stage_reason"]);
  version.aliases = texts(row["aliases"]);
  version.signature_json = text(row["signature"]);
  version.artifact_sha256 = text(row["artifact_sha256"]);
  version.artifact_bytes = row["artifact_bytes"].as<std::int64_t>();
  version.created_at = text(row["created_at"]);
  version.created_by = text(row["created_by"]);
  if (!row["training_run"].is_null()) version.training = training_of(row);
  return version;
}

ModelTransition transition_row(const pqxx::row& row) {
  return {.changed_at = text(row["changed_at"]),
          .version = row["version"].as<std::int32_t>(),
          .alias = text(row["alias"]),
          .from_stage = text(row["from_stage"]),
          .to_stage = text(row["to_stage"]),
          .changed_by = text(row["changed_by"]),
          .reason = text(row["reason"])};
}

ProductionPeriod production_row(const pqxx::row& row) {
  return {.version = row["version"].as<std::int32_t>(),
          .since = text(row["since"]),
          .until = text(row["until"]),
          .promoted_by = text(row["promoted_by"]),
          .reason = text(row["reason"])};
}

DriftRow drift_row(const pqxx::row& row) {
  return {.run_id = row["run_id"].as<std::int64_t>(),
          .scenario = text(row["scenario"]),
          .feature = text(row["feature"]),
          .drift = {.rows = row["rows"].as<std::int64_t>(),
                    .psi = row["psi"].as<double>(),
                    .ks = row["ks"].as<double>(),
                    .ks_p = row["ks_p"].as<double>(),
                    .level = text(row["level"])}};
}

[[noreturn]] void refuse_version(Connection& connection, const std::string& model,
                                 const std::string& which) {
  const auto models = list_models(connection);
  if (std::ranges::find(models, model) == models.end()) {
    throw std::invalid_argument(
        fmt::format("there is no model '{}'\n  {}", model,
                    models.empty() ? "none is registered:  aml model train NAME"
                                   : fmt::format("registered: {}", fmt::join(models, ", "))));
  }
  throw std::invalid_argument(fmt::format(
      "model {} has no version '{}'\n  expected a number, latest, production, staging or an alias; "
      "see:  aml model list {}",
      model, which, model));
}

void require_version(Connection& connection, const ModelVersion& version) {
  find_version(connection, version.model, std::to_string(version.version));
}

}  // namespace

std::string name_of(const ModelVersion& version) {
  return fmt::format("{} version {}", version.model, version.version);
}

void validate_model_name(const std::string& name) {
  if (is_name(name)) return;
  throw std::invalid_argument(
      fmt::format("model name '{}': expected lower-case letters, digits and underscores, a letter "
                  "first, at most 63",
                  name));
}

ModelVersion register_version(pqxx::transaction_base& transaction, const NewModelVersion& version) {
  validate_model_name(version.model);
  require_reason(version.reason);
  run(transaction, query::ensure_model, version.model);
  run(transaction, query::lock_model, version.model);
  const std::int64_t training = record_training(transaction, version.training);
  ModelVersion id{version.model,
                  run(transaction, query::insert_model_version, version.model,
                      version.signature_json, bytea(version.artifact), sha256_hex(version.artifact),
                      training, storable_text(version.reason))[0][0]
                      .as<std::int32_t>()};
  const BinColumns bins = bins_of(version.baselines);
  run(transaction, query::insert_baseline_bins, id.model, id.version, number_array(bins.position),
      number_array(bins.bin), text_array(bins.feature), number_array(bins.upper),
      number_array(bins.rows));
  return id;
}

ModelVersion register_version(Connection& connection, const NewModelVersion& version) {
  return in_transaction(connection,
                        [&](auto& transaction) { return register_version(transaction, version); });
}

void record_failed_training(Connection& connection, const TrainingRun& training) {
  in_transaction(connection,
                 [&](auto& transaction) { return record_training(transaction, training); });
}

StageChange change_stage(pqxx::transaction_base& transaction, const ModelVersion& version,
                         const std::string& stage, const std::string& reason) {
  require_reason(reason);
  run(transaction, query::lock_model, version.model);
  const auto present = run(transaction, query::list_model_versions, version.model, version.version);
  if (present.empty()) {
    throw std::invalid_argument(fmt::format("there is no {}", name_of(version)));
  }
  StageChange change{.from = text(present[0]["stage"]), .archived = {}};
  if (change.from == stage) return change;
  if (stage == kProductionStage) {
    change.archived = production_version(transaction, version.model);
    if (change.archived) {
      run(transaction, query::set_model_stage, version.model, *change.archived,
          std::string(kArchivedStage),
          fmt::format("version {} takes its place: {}", version.version, storable_text(reason)));
    }
  }
  run(transaction, query::set_model_stage, version.model, version.version, stage,
      storable_text(reason));
  return change;
}

StageChange change_stage(Connection& connection, const ModelVersion& version,
                         const std::string& stage, const std::string& reason) {
  return in_transaction(connection, [&](auto& transaction) {
    return change_stage(transaction, version, stage, reason);
  });
}

std::optional<StageChange> replace_production(Connection& connection, const ModelVersion& version,
                                              std::optional<std::int32_t> expected,
                                              const std::string& reason) {
  return in_transaction(connection, [&](auto& transaction) -> std::optional<StageChange> {
    run(transaction, query::lock_model, version.model);
    if (production_version(transaction, version.model) != expected) return std::nullopt;
    return change_stage(transaction, version, std::string(kProductionStage), reason);
  });
}

void give_alias(Connection& connection, const ModelVersion& version, const std::string& alias,
                const std::string& reason) {
  constexpr std::array<std::string_view, 5> kTaken{"latest", "none", "staging", "production",
                                                   "archived"};
  if (!is_name(alias) || std::ranges::find(kTaken, alias) != kTaken.end()) {
    throw std::invalid_argument(
        fmt::format("alias '{}': expected lower-case letters, digits and underscores, a letter "
                    "first, at most 63, and none of {}",
                    alias, fmt::join(kTaken, ", ")));
  }
  require_reason(reason);
  require_version(connection, version);
  in_transaction(connection, [&](auto& transaction) {
    return run(transaction, query::set_model_alias, version.model, alias, version.version,
               storable_text(reason));
  });
}

std::optional<std::int32_t> production_version(pqxx::transaction_base& transaction,
                                               const std::string& model) {
  const auto found = run(transaction, query::production_version, model);
  if (found.empty()) return std::nullopt;
  return found[0][0].as<std::int32_t>();
}

std::optional<std::int32_t> production_version(Connection& connection, const std::string& model) {
  auto session = begin<pqxx::nontransaction>(connection);
  return production_version(session, model);
}

std::optional<std::int32_t> version_used_on(Connection& connection, const std::string& model,
                                            std::int64_t data_version) {
  const auto found = ask(connection, query::model_version_of_data, model, data_version);
  if (found.empty()) return {};
  return found[0][0].as<std::int32_t>();
}

ModelVersion find_version(Connection& connection, const std::string& model,
                          const std::string& which) {
  const auto found =
      ask(connection, query::find_model_version, storable_text(model), storable_text(which));
  if (found.empty()) refuse_version(connection, model, which);
  return {model, found[0][0].as<std::int32_t>()};
}

std::vector<std::string> list_models(Connection& connection) {
  std::vector<std::string> models;
  for (const auto& row : ask(connection, query::list_models)) models.push_back(text(row[0]));
  return models;
}

std::vector<ModelVersionRow> list_versions(Connection& connection, const std::string& model) {
  return rows_as(ask(connection, query::list_model_versions, text_or_null(model), std::nullopt),
                 version_row);
}

ModelVersionRow read_version(Connection& connection, const ModelVersion& version) {
  const auto rows = ask(connection, query::list_model_versions, version.model, version.version);
  if (rows.empty()) refuse_version(connection, version.model, std::to_string(version.version));
  return version_row(rows[0]);
}

std::vector<std::pair<std::string, double>> read_metrics(Connection& connection,
                                                         std::int64_t training_run) {
  std::vector<std::pair<std::string, double>> metrics;
  for (const auto& row : ask(connection, query::list_training_metrics, training_run)) {
    metrics.emplace_back(text(row[0]), row[1].as<double>());
  }
  return metrics;
}

std::string read_artifact(Connection& connection, const ModelVersion& version) {
  const auto rows = ask(connection, query::read_model_artifact, version.model, version.version);
  if (rows.empty()) refuse_version(connection, version.model, std::to_string(version.version));
  std::string bytes = pqxx::binarystring(rows[0][0]).str();
  const std::string registered = text(rows[0][1]);
  const std::string present = sha256_hex(bytes);
  if (present != registered) {
    throw StoreError(
        StoreFailure::kRefusedData,
        fmt::format("{} is damaged: its artifact has SHA-256 {}, registered was {}\n  promote "
                    "another version, or train one:  aml model train {}",
                    name_of(version), present, registered, version.model));
  }
  return bytes;
}

std::vector<detect::Baseline> read_baselines(Connection& connection, const ModelVersion& version) {
  std::vector<detect::Baseline> baselines;
  for (const auto& row :
       ask(connection, query::list_baseline_bins, version.model, version.version)) {
    const auto rows = row["rows"].as<std::int64_t>();
    if (row["bin"].as<int>() == 0) {
      baselines.push_back(
          {.measure = text(row["feature"]), .edges = {}, .rows = {}, .missing = rows});
      continue;
    }
    const auto upper = row["upper"].as<double>();
    if (!std::isinf(upper)) baselines.back().edges.push_back(upper);
    baselines.back().rows.push_back(rows);
  }
  return baselines;
}

std::vector<ModelTransition> list_transitions(Connection& connection, const std::string& model,
                                              std::optional<std::int32_t> version) {
  return rows_as(ask(connection, query::list_model_transitions, model, version), transition_row);
}

std::vector<ProductionPeriod> list_production(Connection& connection, const std::string& model,
                                              graph::Micros from, graph::Micros until) {
  return rows_as(
      ask(connection, query::list_model_production, model, time_text(from), time_text(until)),
      production_row);
}

void record_drift(pqxx::transaction_base& transaction, std::int64_t run_id,
                  const std::string& scenario, const ModelVersion& version,
                  const std::vector<detect::Baseline>& baselines,
                  const std::vector<detect::Drift>& drifts) {
  std::vector<std::int64_t> positions;
  std::vector<std::string> features;
  std::vector<std::string> levels;
  std::vector<double> psi;
  std::vector<double> ks;
  std::vector<double> ks_p;
  for (std::size_t i = 0; i < drifts.size(); ++i) {
    positions.push_back(static_cast<std::int64_t>(i));
    features.push_back(baselines[i].measure);
    psi.push_back(drifts[i].psi);
    ks.push_back(drifts[i].ks);
    ks_p.push_back(drifts[i].ks_p);
    levels.push_back(drifts[i].level);
  }
  run(transaction, query::record_model_drift, run_id, scenario, version.model, version.version,
      drifts.empty() ? 0 : drifts.front().rows, number_array(positions), text_array(features),
      number_array(psi), number_array(ks), number_array(ks_p), text_array(levels));
}

std::vector<DriftRow> list_drift(Connection& connection, const ModelVersion& version) {
  return rows_as(ask(connection, query::list_model_drift, version.model, version.version),
                 drift_row);
}

}  // namespace aml::store
