// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/target.hpp"
#include "scenarios/scenario.hpp"
#include "store/file_schemas.hpp"
#include "store/gold_reader.hpp"

namespace aml::cli {
namespace {

Table scenarios_table() {
  Table table{{"scenario", "version", "typology", "detector", "subject", "title"}, {}};
  for (const auto& scenario : scenarios::shipped_scenarios({})) {
    table.rows.push_back({scenario.id, std::int64_t{scenario.version}, scenario.typology,
                          scenario.detector, scenario.subject, scenario.title});
  }
  return table;
}

Table runs_table(store::Connection& connection, int limit) {
  Table table{{"run", "purpose", "kind", "status", "started_at", "seconds", "transfers", "alerts",
               "version", "started_by", "as_of", "data_version", "set", "scenarios", "error"},
              {}};
  for (const auto& run : store::list_runs(connection, limit)) {
    table.rows.push_back(
        {run.run_id, run.purpose, run.kind, run.status, run.started_at, run.seconds, run.transfers,
         run.alerts, run.program_version, run.started_by, text_or_nothing(run.as_of),
         run.read_version ? Cell{*run.read_version} : Cell{},
         text_or_nothing(fmt::format("{}", fmt::join(run.overrides, "; "))),
         fmt::format("{}", fmt::join(run.scenarios, " ")), text_or_nothing(run.error)});
  }
  return table;
}

Table alerts_table(store::Connection& connection, const ListOptions& options) {
  Table table{{"alert", "severity", "score", "scenario", "subject_kind", "subject", "amount",
               "currency", "last_activity_at", "is_unreached", "explanation"},
              {}};
  store::AlertFilter filter;
  filter.scenario = options.scenario;
  filter.limit = options.limit;
  for (const auto& alert : store::list_alerts(connection, filter)) {
    table.rows.push_back({alert.alert_id, alert.severity, alert.score, alert.scenario,
                          alert.subject_kind, alert.subject,
                          alert.amount ? Cell{*alert.amount} : Cell{},
                          text_or_nothing(alert.currency), text_or_nothing(alert.last_activity_at),
                          std::string(alert.is_unreached ? "yes" : "no"), alert.explanation});
  }
  return table;
}

Table schemas_table(store::Connection& connection, int limit) {
  Table table{{"schema", "dataset", "format", "position", "column", "type", "added_as",
               "first_seen_in", "first_seen_at", "files"},
              {}};
  for (const auto& column : store::list_file_columns(connection, limit)) {
    table.rows.push_back({column.schema_id, column.dataset, column.format, column.position,
                          column.name, column.type, text_or_nothing(column.added_as),
                          column.first_seen_in, column.first_seen_at, column.files});
  }
  return table;
}

Table listed(store::Connection& connection, const ListOptions& options) {
  switch (options.what) {
    case ListOptions::What::kScenarios:
      break;
    case ListOptions::What::kRuns:
      return runs_table(connection, options.limit);
    case ListOptions::What::kAlerts:
      return alerts_table(connection, options);
    case ListOptions::What::kSchemas:
      return schemas_table(connection, options.limit);
  }
  return scenarios_table();
}

}  // namespace

int run_list(const GlobalOptions& global, const ListOptions& options) {
  const auto format = effective_format(global.format);
  if (options.what == ListOptions::What::kScenarios) {
    print(scenarios_table(), format);
    return kOk;
  }
  auto connection = connect_ready(global);
  print(listed(connection, options), format);
  return kOk;
}

}  // namespace aml::cli
