// SPDX-License-Identifier: Apache-2.0
#include "store/gold_reader.hpp"

#include <algorithm>
#include <functional>
#include <pqxx/pqxx>
#include <set>

#include "aml_query.hpp"
#include "store/result_fields.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

/// One consistent view, so that an alert and its parts come from the same run.
using ReadOnly = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

template <typename Read>
auto in_one_view(Connection& connection, Read&& read) {
  return as_statement("read gold", [&] {
    ReadOnly transaction(connection.pqxx(), "read gold");
    return read(transaction);
  });
}

RunRow run_row(const pqxx::row& row) {
  RunRow run;
  run.run_id = row["run_id"].as<std::int64_t>();
  run.purpose = text(row["purpose"]);
  run.kind = text(row["kind"]);
  run.as_of = text(row["as_of"]);
  if (!row["read_version"].is_null()) run.read_version = row["read_version"].as<std::int64_t>();
  if (!row["as_of_version"].is_null()) run.as_of_version = row["as_of_version"].as<std::int64_t>();
  run.overrides = texts(row["overrides"]);
  run.status = text(row["status"]);
  run.started_at = text(row["started_at"]);
  run.finished_at = text(row["finished_at"]);
  run.program_version = text(row["program_version"]);
  run.started_by = text(row["started_by"]);
  run.error = text(row["error"]);
  run.scenarios = texts(row["scenarios"]);
  run.threads = row["threads"].as<int>();
  run.seed = static_cast<std::uint64_t>(row["seed"].as<std::int64_t>());
  run.accounts = number<std::int64_t>(row["accounts"]);
  run.parties = number<std::int64_t>(row["parties"]);
  run.transfers = number<std::int64_t>(row["transfers"]);
  run.alerts = number<std::int64_t>(row["alerts"]);
  run.peak_memory_bytes = number<std::int64_t>(row["peak_memory_bytes"]);
  run.seconds = number<double>(row["seconds"]);
  return run;
}

RunStepRow run_step_row(const pqxx::row& row) {
  RunStepRow step;
  step.step = row["step"].as<int>();
  step.name = text(row["name"]);
  step.scenario = text(row["scenario"]);
  step.outcome = text(row["outcome"]);
  step.rows = row["rows"].as<std::int64_t>();
  step.peak_memory_bytes = row["peak_memory_bytes"].as<std::int64_t>();
  step.seconds = row["seconds"].as<double>();
  step.notes = texts(row["notes"]);
  return step;
}

AlertRow alert_row(const pqxx::row& row) {
  AlertRow alert;
  alert.alert_id = text(row["alert_id"]);
  alert.scenario = text(row["scenario"]);
  alert.title = text(row["title"]);
  alert.version = row["version"].as<int>();
  alert.typology = text(row["typology"]);
  alert.subject_kind = text(row["subject_kind"]);
  alert.subject = text(row["subject"]);
  alert.subject_name = text(row["subject_name"]);
  alert.score = row["score"].as<double>();
  alert.severity = text(row["severity"]);
  alert.amount = optional<std::string>(row["amount"]);
  alert.currency = text(row["currency"]);
  alert.first_activity_at = text(row["first_activity_at"]);
  alert.last_activity_at = text(row["last_activity_at"]);
  alert.explanation = text(row["explanation"]);
  alert.scored_by = text(row["scored_by"]);
  alert.first_run_id = row["first_run_id"].as<std::int64_t>();
  alert.last_run_id = row["last_run_id"].as<std::int64_t>();
  alert.is_unreached = row["is_unreached"].as<bool>();
  alert.backtest_run_id = row["backtest_run_id"].as<std::int64_t>();
  return alert;
}

AlertTransferRow transfer_row(const pqxx::row& row) {
  AlertTransferRow transfer;
  transfer.step = row["step"].as<int>();
  transfer.branch = row["branch"].as<int>();
  transfer.role = text(row["role"]);
  transfer.transfer_id = text(row["transfer_id"]);
  transfer.booked_at = text(row["booked_at"]);
  transfer.from_account = text(row["from_account_id"]);
  transfer.to_account = text(row["to_account_id"]);
  transfer.from_party = text(row["from_party_id"]);
  transfer.to_party = text(row["to_party_id"]);
  transfer.amount = text(row["amount"]);
  transfer.currency = text(row["currency"]);
  transfer.amount_base = text(row["amount_base"]);
  transfer.type = text(row["type"]);
  return transfer;
}

AlertEntityRow alert_entity_row(const pqxx::row& row) {
  return {text(row["entity_kind"]), text(row["entity_id"]), text(row["name"]), text(row["role"])};
}

AlertEvidenceRow evidence_row(const pqxx::row& row) {
  return {text(row["feature"]), text(row["observed"]), text(row["sentence"]),
          optional<std::string>(row["threshold"]), optional<double>(row["contribution"])};
}

SharedAttributeRow shared_attribute_row(const pqxx::row& row) {
  return {text(row["party_id"]), text(row["kind"]), text(row["value"])};
}

TypologyRow typology_row(const pqxx::row& row) {
  return {text(row["typology"]), text(row["title"]), text(row["description"]),
          text(row["reference"])};
}

EntityRow entity_row(const pqxx::row& row) {
  EntityRow entity;
  entity.kind = text(row["entity_kind"]);
  entity.id = text(row["entity_id"]);
  entity.name = text(row["name"]);
  entity.party_id = text(row["party_id"]);
  entity.country = text(row["country"]);
  entity.base_risk = optional<double>(row["base_risk"]);
  entity.risk_score = optional<double>(row["risk_score"]);
  entity.anomaly_score = optional<double>(row["anomaly_score"]);
  entity.accounts = texts(row["accounts"]);
  return entity;
}

AlertDifference difference_row(const pqxx::row& row) {
  AlertDifference difference;
  difference.change = text(row["change"]);
  difference.alert_id = text(row["alert_id"]);
  difference.scenario = text(row["scenario"]);
  difference.subject_kind = text(row["subject_kind"]);
  difference.subject = text(row["subject"]);
  difference.why = text(row["why"]);
  difference.explanation = text(row["explanation"]);
  difference.severity_before = optional<std::string>(row["severity_before"]);
  difference.severity_after = optional<std::string>(row["severity_after"]);
  difference.score_before = optional<double>(row["score_before"]);
  difference.score_after = optional<double>(row["score_after"]);
  return difference;
}

ScenarioStand scenario_stand(const pqxx::row& row) {
  ScenarioStand stand;
  stand.scenario = text(row["scenario"]);
  stand.title = text(row["title"]);
  stand.version = row["version"].as<int>();
  stand.last_run_id = row["last_run_id"].as<std::int64_t>();
  stand.alerts = row["alerts"].as<std::int64_t>();
  stand.added = row["added"].as<std::int64_t>();
  stand.unreached = row["unreached"].as<std::int64_t>();
  stand.is_truncated = row["is_truncated"].as<bool>();
  stand.full_run_id = optional<std::int64_t>(row["full_run_id"]);
  stand.failed_run_id = optional<std::int64_t>(row["failed_run_id"]);
  return stand;
}

std::vector<RunRow> read_runs(pqxx::transaction_base& transaction,
                              std::optional<std::int64_t> run_id, std::optional<int> limit) {
  return rows_as(run(transaction, query::list_runs, run_id, limit), run_row);
}

std::vector<RunStepRow> read_steps(pqxx::transaction_base& transaction, std::int64_t run_id) {
  return rows_as(run(transaction, query::list_run_steps, run_id), run_step_row);
}

std::vector<TypologyRow> read_typologies(pqxx::transaction_base& transaction) {
  return rows_as(run(transaction, query::list_typologies), typology_row);
}

std::vector<AlertRow> read_alerts(pqxx::transaction_base& transaction, const AlertFilter& filter) {
  const auto unless_empty = [](const std::string& value) {
    return value.empty() ? Parameter() : Parameter(value);
  };
  return rows_as(run(transaction, query::list_alerts, filter.run_id, unless_empty(filter.entity),
                     unless_empty(filter.scenario),
                     filter.limit > 0 ? std::optional(filter.limit) : std::nullopt),
                 alert_row);
}

/// Hands each row to the story at its position in the array of alerts asked for.
template <typename Row>
void add_parts(const pqxx::result& result, std::vector<AlertStory>& stories,
               std::vector<Row> AlertStory::*parts, Row (*read)(const pqxx::row&)) {
  for (const auto& row : result) {
    const auto position = row["position"].as<std::size_t>() - 1;
    (stories[position].*parts).push_back(read(row));
  }
}

std::vector<AlertStory> stories_of(pqxx::transaction_base& transaction,
                                   std::vector<AlertRow> alerts) {
  std::vector<AlertStory> stories;
  std::vector<std::string> ids;
  std::int64_t backtest = 0;  // the same for all alerts of one filter
  for (auto& alert : alerts) {
    ids.push_back(alert.alert_id);
    backtest = alert.backtest_run_id;
    stories.emplace_back().alert = std::move(alert);
  }
  const auto wanted = text_array(ids);
  add_parts(run(transaction, query::list_alert_transfers, wanted, backtest), stories,
            &AlertStory::transfers, transfer_row);
  add_parts(run(transaction, query::list_alert_entities, wanted, backtest), stories,
            &AlertStory::entities, alert_entity_row);
  add_parts(run(transaction, query::list_alert_evidence, wanted, backtest), stories,
            &AlertStory::evidence, evidence_row);
  add_parts(run(transaction, query::list_shared_attributes, wanted, backtest), stories,
            &AlertStory::shared_attributes, shared_attribute_row);
  return stories;
}

/// The newest runs of the scenarios, and those over all data, the newest first.
std::set<std::int64_t, std::greater<>> newest_runs(const std::vector<ScenarioStand>& scenarios) {
  std::set<std::int64_t, std::greater<>> runs;
  for (const auto& scenario : scenarios) {
    runs.insert(scenario.last_run_id);
    if (scenario.full_run_id) runs.insert(*scenario.full_run_id);
  }
  return runs;
}

}  // namespace

std::vector<RunRow> list_runs(Connection& connection, int limit) {
  return in_one_view(connection, [&](auto& transaction) {
    return read_runs(transaction, std::nullopt, limit > 0 ? std::optional(limit) : std::nullopt);
  });
}

std::optional<RunRow> find_run(Connection& connection, std::int64_t run_id) {
  auto runs = in_one_view(
      connection, [&](auto& transaction) { return read_runs(transaction, run_id, std::nullopt); });
  if (runs.empty()) return std::nullopt;
  return std::move(runs.front());
}

std::optional<std::int64_t> newest_successful_run(Connection& connection) {
  return in_one_view(connection, [](auto& transaction) {
    return optional<std::int64_t>(run(transaction, query::newest_successful_run)[0][0]);
  });
}

bool is_gold_as_left(Connection& connection, std::int64_t run_id,
                     const std::vector<std::string>& scenarios) {
  return in_one_view(connection, [&](auto& transaction) {
    return run(transaction, query::is_gold_as_left, run_id, text_array(scenarios))[0][0]
        .template as<bool>();
  });
}

std::vector<std::string> typologies_looked_for(Connection& connection,
                                               std::optional<std::int64_t> run_id) {
  return in_one_view(connection, [&](auto& transaction) {
    std::vector<std::string> typologies;
    for (const auto& row : run(transaction, query::list_typologies_looked_for, run_id))
      typologies.push_back(text(row[0]));
    return typologies;
  });
}

std::vector<AlertRow> list_alerts(Connection& connection, const AlertFilter& filter) {
  return in_one_view(connection,
                     [&](auto& transaction) { return read_alerts(transaction, filter); });
}

std::vector<AlertStory> read_stories(Connection& connection, const AlertFilter& filter) {
  return in_one_view(connection, [&](auto& transaction) {
    return stories_of(transaction, read_alerts(transaction, filter));
  });
}

std::optional<GoldState> read_gold_state(Connection& connection, std::optional<std::int64_t> run_id,
                                         int max_stories) {
  return in_one_view(connection, [&](auto& transaction) -> std::optional<GoldState> {
    GoldState state;
    if (!run_id)
      state.scenarios = rows_as(run(transaction, query::list_scenario_stands), scenario_stand);
    auto told = newest_runs(state.scenarios);
    if (run_id) told.insert(*run_id);
    for (const std::int64_t each : told) {
      for (auto& row : read_runs(transaction, each, std::nullopt))
        state.runs.push_back({std::move(row), read_steps(transaction, each)});
    }
    if (state.runs.empty()) return std::nullopt;
    state.typologies = read_typologies(transaction);
    AlertFilter filter;
    filter.run_id = run_id;
    state.alerts = read_alerts(transaction, filter);
    const auto stories = std::min(state.alerts.size(), static_cast<std::size_t>(max_stories));
    state.stories = stories_of(
        transaction,
        {state.alerts.begin(), state.alerts.begin() + static_cast<std::ptrdiff_t>(stories)});
    return state;
  });
}

std::vector<AlertDifference> diff_runs(Connection& connection, std::int64_t earlier,
                                       std::int64_t later) {
  return in_one_view(connection, [&](auto& transaction) {
    return rows_as(run(transaction, query::diff_runs, earlier, later), difference_row);
  });
}

std::vector<EntityRow> find_entities(Connection& connection, const std::string& id) {
  return in_one_view(connection, [&](auto& transaction) {
    // A key with bytes that no database text can hold is nobody's.
    return rows_as(run(transaction, query::find_entities, storable_text(id)), entity_row);
  });
}

}  // namespace aml::store
