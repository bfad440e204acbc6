// SPDX-License-Identifier: Apache-2.0
// aml model: the registry.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/asked_time.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/forest.hpp"
#include "cli/target.hpp"
#include "cli/version.hpp"
#include "reports/private_file.hpp"
#include "scenarios/forest_sql.hpp"
#include "scenarios/model_card.hpp"
#include "scenarios/model_training.hpp"
#include "scenarios/registered_model.hpp"
#include "store/feature_file.hpp"
#include "store/model_registry.hpp"

namespace aml::cli {
namespace {

template <typename Value>
Cell cell(const std::optional<Value>& value) {
  return value ? Cell{*value} : Cell{};
}

std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// "None to Production", "registered", "alias champion".
std::string change_of(const store::ModelTransition& transition) {
  if (!transition.alias.empty()) return "alias " + transition.alias;
  if (transition.from_stage.empty()) return "registered";
  return fmt::format("{} to {}", transition.from_stage, transition.to_stage);
}

void say_what_was_archived(const store::ModelVersion& version,
                           std::optional<std::int32_t> archived) {
  say(fmt::format("{} is in production{}.", store::name_of(version),
                  archived ? fmt::format("; version {} was archived", *archived) : std::string()));
}

/// Facts about a version, one a row.
class FactTable {
 public:
  void add(const char* section, const std::string& name, Cell value, Cell detail = {}) {
    table_.rows.push_back({std::string(section), name, std::move(value), std::move(detail)});
  }
  const Table& table() const { return table_; }

 private:
  Table table_{{"section", "name", "value", "detail"}, {}};
};

void add_version(FactTable& facts, const store::ModelVersionRow& row) {
  facts.add("version", "version", std::int64_t{row.id.version});
  facts.add("version", "stage", row.stage, row.stage_reason);
  if (!row.aliases.empty())
    facts.add("version", "aliases", fmt::format("{}", fmt::join(row.aliases, " ")));
  facts.add("version", "artifact_sha256", row.artifact_sha256);
  facts.add("version", "artifact_bytes", row.artifact_bytes);
  facts.add("version", "registered_at", row.created_at, "by " + row.created_by);
}

void add_training(FactTable& facts, const store::TrainingRun& training) {
  facts.add("training", "experiment", training.experiment);
  facts.add("training", "training_run", training.number, training.status);
  facts.add("training", "started_at", training.started_at, "by " + training.started_by);
  facts.add("training", "finished_at", training.finished_at);
  facts.add("training", "program_version", training.program_version);
  facts.add("training", "run", cell(training.run_id));
  facts.add("training", "source", training.source);
  facts.add("training", "snapshot", text_or_nothing(training.snapshot));
  facts.add("training", "last_file_id", cell(training.last_file_id));
  facts.add("training", "window_from", text_or_nothing(training.window_from));
  facts.add("training", "window_until", text_or_nothing(training.window_until));
  facts.add("training", "rows", cell(training.rows));
  facts.add("training", "data_sha256", text_or_nothing(training.data_sha256));
  const auto parameters = nlohmann::ordered_json::parse(training.parameters_json);
  for (const auto& [name, value] : parameters.items())
    facts.add("parameter", name, value.is_null() ? Cell{} : Cell{text_of(value)});
}

void add_signature(FactTable& facts, const std::string& signature_json) {
  const auto signature = nlohmann::json::parse(signature_json);
  for (const auto& [key, section] : {std::pair{"inputs", "input"}, {"outputs", "output"}})
    for (const auto& column : signature.value(key, nlohmann::json::array()))
      facts.add(section, column.value("name", ""), column.value("type", ""));
}

void add_history(FactTable& facts, const std::vector<store::ModelTransition>& transitions) {
  for (const auto& transition : transitions)
    facts.add("history", transition.changed_at, change_of(transition),
              fmt::format("by {}: {}", transition.changed_by, transition.reason));
}

void add_drift(FactTable& facts, const std::vector<store::DriftRow>& drifts) {
  for (const auto& [run, scenario, feature, drift] : drifts)
    facts.add("drift", feature, drift.psi,
              fmt::format("{}; run {}, {}, {} rows: ks {:.3f} (p {:.3g})", drift.level, run,
                          scenario, drift.rows, drift.ks, drift.ks_p));
}

store::ModelVersion version_to_show(store::Connection& connection,
                                    const ModelVersionOptions& options) {
  if (!options.version.empty())
    return store::find_version(connection, options.model, options.version);
  const auto production = store::production_version(connection, options.model);
  if (production) return {options.model, *production};
  return store::find_version(connection, options.model, "latest");
}

/// What is told of one version in a comparison, by section and name.
using Told = std::map<std::pair<std::string, std::string>, Cell>;

Told told_of(store::Connection& connection, const store::ModelVersionRow& row) {
  Told told;
  told[{"version", "stage"}] = row.stage;
  if (!row.training) return told;
  told[{"training", "rows"}] = cell(row.training->rows);
  told[{"training", "window_from"}] = text_or_nothing(row.training->window_from);
  told[{"training", "window_until"}] = text_or_nothing(row.training->window_until);
  told[{"training", "data_sha256"}] = text_or_nothing(row.training->data_sha256);
  const auto parameters = nlohmann::json::parse(row.training->parameters_json);
  for (const auto& [name, value] : parameters.items())
    if (!value.is_null()) told[{"parameter", name}] = text_of(value);
  for (const auto& [name, value] : store::read_metrics(connection, row.training->number))
    told[{"metric", name}] = value;
  return told;
}

void add_side_by_side(Table& table, const Told& a, const Told& b) {
  const auto value = [](const Told& told, const auto& key) {
    const auto found = told.find(key);
    return found == told.end() ? Cell{} : found->second;
  };
  Told either = a;
  either.insert(b.begin(), b.end());
  for (const auto& [key, ignored] : either)
    table.rows.push_back({key.first, key.second, value(a, key), value(b, key), Cell{}});
}

void add_agreement(Table& table, const scenarios::Agreement& agreement) {
  const auto add = [&](const char* name, Cell a, Cell b, Cell both) {
    table.rows.push_back(
        {std::string("now"), std::string(name), std::move(a), std::move(b), std::move(both)});
  };
  add("rows", {}, {}, agreement.rows);
  add("rank_correlation", {}, {}, cell(agreement.rank_correlation));
  add("flagged", agreement.flagged_a, agreement.flagged_b, agreement.flagged_both);
}

int change_stage(const GlobalOptions& global, const ModelVersionOptions& options,
                 const std::string& stage) {
  auto connection = connect_ready(global);
  const auto version = store::find_version(connection, options.model, options.version);
  // What is damaged is not put to use, but it may be put away.
  if (stage != store::kArchivedStage) scenarios::load_model(connection, version);
  const auto change = store::change_stage(connection, version, stage, options.reason);
  if (change.from == stage) {
    say(fmt::format("{} was already in stage {}: nothing was changed.", store::name_of(version),
                    stage));
  } else if (stage == store::kProductionStage) {
    say_what_was_archived(version, change.archived);
  } else {
    say(fmt::format("{} went from {} to {}.", store::name_of(version), change.from, stage));
  }
  if (change.from == store::kProductionStage && stage != change.from)
    warn(fmt::format("{} has no version in production now: the next run fits one and puts it there",
                     options.model));
  return kOk;
}

}  // namespace

int run_model_train(const GlobalOptions& global, const ModelTrainOptions& options) {
  scenarios::TrainingRequest request{.model = options.model,
                                     .params = training_params(options.params),
                                     .experiment = options.experiment,
                                     .data = options.data,
                                     .label_columns = options.label_columns,
                                     .label_files = options.label_files,
                                     .conditions = {},
                                     .program_version = kVersion};
  for (const std::string& text : options.promote_if)
    request.conditions.push_back(scenarios::PromotionCondition::parse(text));
  auto connection = connect_ready(global);
  Stage stage("train " + options.model);
  const auto outcome = scenarios::train(connection, request);
  stage.done(human_count(static_cast<std::uint64_t>(outcome.training.rows.value_or(0))) + " rows");

  Table table{{"model", "version", "stage"}, {}};
  auto& cells = table.rows.emplace_back(
      std::vector<Cell>{outcome.id.model, std::int64_t{outcome.id.version},
                        std::string(outcome.is_promoted ? store::kProductionStage : "None")});
  for (const auto& [name, value] : outcome.training.metrics) {
    table.columns.push_back(name);
    cells.emplace_back(value);
  }
  print(table, effective_format(global.format));
  for (const auto& verdict : outcome.verdicts)
    (verdict.is_met ? detail : warn)(
        fmt::format("--promote-if {}: {}", verdict.is_met ? "is met" : "is not met", verdict.told));
  if (outcome.is_promoted) {
    say_what_was_archived(outcome.id, outcome.archived);
  } else {
    say(fmt::format("Registered {}. To use it:  aml model promote {} {} --reason TEXT",
                    store::name_of(outcome.id), outcome.id.model, outcome.id.version));
  }
  return outcome.verdicts.empty() || outcome.is_promoted ? kOk : kFailed;
}

int run_model_list(const GlobalOptions& global, const std::string& model) {
  auto connection = connect_ready(global);
  if (!model.empty()) store::find_version(connection, model, "latest");
  Table table{{"model", "version", "stage", "aliases", "trained_at", "rows", "window_until",
               "roc_auc", "average_precision", "created_by", "reason"},
              {}};
  for (const auto& row : store::list_versions(connection, model)) {
    const auto training = row.training.value_or(store::TrainingRun{});
    const auto metrics = store::read_metrics(connection, training.number);
    table.rows.push_back({row.id.model, std::int64_t{row.id.version}, row.stage,
                          text_or_nothing(fmt::format("{}", fmt::join(row.aliases, " "))),
                          text_or_nothing(training.finished_at), cell(training.rows),
                          text_or_nothing(training.window_until),
                          cell(scenarios::find_metric(metrics, "roc_auc")),
                          cell(scenarios::find_metric(metrics, "average_precision")),
                          row.created_by, row.stage_reason});
  }
  print(table, effective_format(global.format));
  return kOk;
}

int run_model_show(const GlobalOptions& global, const ModelVersionOptions& options) {
  auto connection = connect_ready(global);
  const auto version = version_to_show(connection, options);
  const auto row = store::read_version(connection, version);
  FactTable facts;
  add_version(facts, row);
  if (row.training) {
    add_training(facts, *row.training);
    for (const auto& [name, value] : store::read_metrics(connection, row.training->number))
      facts.add("metric", name, value);
  }
  add_signature(facts, row.signature_json);
  add_history(facts, store::list_transitions(connection, version.model, version.version));
  add_drift(facts, store::list_drift(connection, version));
  print(facts.table(), effective_format(global.format));
  return kOk;
}

int run_model_promote(const GlobalOptions& global, const ModelVersionOptions& options) {
  return change_stage(global, options, options.stage);
}

int run_model_archive(const GlobalOptions& global, const ModelVersionOptions& options) {
  return change_stage(global, options, store::kArchivedStage);
}

int run_model_alias(const GlobalOptions& global, const ModelVersionOptions& options) {
  auto connection = connect_ready(global);
  const auto version = store::find_version(connection, options.model, options.version);
  store::give_alias(connection, version, options.alias, options.reason);
  say(fmt::format("{} of {} is version {}.", options.alias, options.model, version.version));
  return kOk;
}

int run_model_history(const GlobalOptions& global, const ModelHistoryOptions& options) {
  auto connection = connect_ready(global);
  store::find_version(connection, options.model, "latest");
  if (options.on) {
    const auto asked = asked_time("--on", *options.on);
    Table table{{"version", "since", "until", "promoted_by", "reason"}, {}};
    for (const auto& period :
         store::list_production(connection, options.model, asked.from, asked.until))
      table.rows.push_back({std::int64_t{period.version}, period.since,
                            text_or_nothing(period.until), period.promoted_by, period.reason});
    print(table, effective_format(global.format));
    return kOk;
  }
  Table table{{"changed_at", "version", "change", "changed_by", "reason"}, {}};
  for (const auto& transition : store::list_transitions(connection, options.model))
    table.rows.push_back({transition.changed_at, std::int64_t{transition.version},
                          change_of(transition), transition.changed_by, transition.reason});
  print(table, effective_format(global.format));
  return kOk;
}

int run_model_compare(const GlobalOptions& global, const ModelCompareOptions& options) {
  auto connection = connect_ready(global);
  const auto load = [&](const std::string& which) {
    return scenarios::load_model(connection, store::find_version(connection, options.model, which));
  };
  const auto a = load(options.a);
  const auto b = load(options.b);
  Table table{{"section", "name", "a", "b", "both"}, {}};
  add_side_by_side(table, told_of(connection, a.row), told_of(connection, b.row));
  try {
    Stage stage("score what is loaded");
    add_agreement(table, scenarios::agreement(scenarios::read_snapshot_rows(connection), a, b));
    stage.done();
  } catch (const std::invalid_argument& error) {  // of a model that does not score accounts
    warn(fmt::format("what they say of the accounts now loaded is not compared: {}", error.what()));
  }
  print(table, effective_format(global.format));
  return kOk;
}

int run_model_sql(const GlobalOptions& global, const ModelVersionOptions& options) {
  auto connection = connect_ready(global);
  const std::string which = options.version.empty() ? "production" : options.version;
  auto model =
      scenarios::load_model(connection, store::find_version(connection, options.model, which));
  fmt::print("{}", scenarios::forest_sql({model.row.id.model, model.row.id.version,
                                          model.row.artifact_sha256, std::move(model.forest)}));
  return kOk;
}

int run_model_export(const GlobalOptions& global, const ModelVersionOptions& options) {
  auto connection = connect_ready(global);
  const auto version = store::find_version(connection, options.model, options.version);
  const auto exported = scenarios::export_model(connection, version);
  reports::write_private_file(options.out, exported.artifact);
  reports::write_private_file(options.out + ".json", exported.card);
  say(fmt::format("{}: {} and {}.json", store::name_of(version), options.out, options.out));
  return kOk;
}

int run_model_import(const GlobalOptions& global, const std::string& file) {
  auto connection = connect_ready(global);
  const std::string card = file + ".json";
  const auto version = store::register_version(
      connection, scenarios::imported_model(file, store::read_model_file(file), card,
                                            store::read_model_file(card)));
  say(fmt::format("Registered {}. To use it:  aml model promote {} {} --reason TEXT",
                  store::name_of(version), version.model, version.version));
  return kOk;
}

}  // namespace aml::cli
