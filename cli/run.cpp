// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/asked_time.hpp"
#include "cli/chosen_scenarios.hpp"
#include "cli/console.hpp"
#include "cli/lineage.hpp"
#include "cli/stop_signal.hpp"
#include "cli/target.hpp"
#include "cli/version.hpp"
#include "reports/private_file.hpp"
#include "scenarios/overrides.hpp"
#include "store/snapshot.hpp"

namespace aml::cli {
namespace {

std::string tables_written(const scenarios::Scenario& scenario, bool is_backtest) {
  if (is_backtest) return "backtest.findings, backtest.finding_*";
  std::string tables = "gold.alerts, gold.alert_*";
  if (scenario.detector == "risk_propagation") tables += ", gold.scores";
  if (scenario.detector == "anomalies") tables += ", gold.scores, aml.model_drift";
  return tables;
}

store::AsOf data_of(store::Connection& connection, const RunOptions& options) {
  store::AsOf as_of{as_of_time(options.as_of), {}};
  if (options.as_of_version)
    as_of.version = asked_version(connection, "--as-of-version", *options.as_of_version);
  return as_of;
}

int print_plan(const GlobalOptions& global, store::Connection& connection,
               const RunOptions& options) {
  const auto chosen = scenarios_to_run(connection, options);
  const auto as_of = data_of(connection, options);
  const auto plan = store::plan_snapshot(connection, as_of);
  const bool is_backtest = as_of.booked_until || as_of.version || !options.overrides.empty();
  Table table{{"what", "rows", "tables_read", "tables_written", "parameters"}, {}};
  const auto reads = [&](const char* what, std::uint64_t rows) {
    table.rows.push_back({Cell{std::string(what)}, Cell{static_cast<std::int64_t>(rows)},
                          Cell{std::string("silver.") + what}, Cell{}, Cell{}});
  };
  reads("accounts", plan.accounts);
  reads("parties", plan.parties);
  reads("party_attributes", plan.attributes);
  reads("transfers", plan.transfers);
  for (const auto& scenario : chosen) {
    table.rows.push_back({Cell{fmt::format("{} v{}", scenario.id, scenario.version)}, Cell{},
                          Cell{}, Cell{tables_written(scenario, is_backtest)},
                          Cell{scenario.parameters_json}});
  }
  if (!is_backtest && !options.no_features) {
    table.rows.push_back({Cell{std::string("account features")}, Cell{}, Cell{},
                          Cell{std::string("gold.account_features")}, Cell{}});
  }
  print(table, effective_format(global.format));
  say(fmt::format("Estimated peak memory: {}. Nothing was changed.",
                  human_bytes(plan.memory_bytes)));
  return kOk;
}

/// Of the scenarios that ended, even if they found none.
bool kept_findings(const scenarios::RunOutcome& outcome) {
  return outcome.status != "interrupted" &&
         std::ranges::any_of(outcome.scenarios, &std::string::empty,
                             &scenarios::ScenarioOutcome::error);
}

const NamedTables kTablesRead{{"silver.accounts", {}},
                              {"silver.parties", {}},
                              {"silver.party_attributes", {}},
                              {"silver.transfers", {}}};

LineageEnd lineage_end(store::Connection& connection, const scenarios::RunOutcome& outcome,
                       bool has_features) {
  if (outcome.status == "interrupted") return {reports::LineageRun::End::kAbort, {}};
  LineageEnd end;
  std::int64_t alerts = 0;
  for (const auto& scenario : outcome.scenarios) {
    alerts += scenario.counts.alerts;
    if (!scenario.error.empty()) end.error += scenario.id + ": " + scenario.error + '\n';
  }
  if (outcome.status == "failed") end.how = reports::LineageRun::End::kFail;
  NamedTables written{{"gold.alerts", alerts}};
  if (outcome.kind == store::RunKind::kFull) {
    written.push_back({"gold.scores", {}});
    if (has_features) written.push_back({"gold.account_features", {}});
  }
  if (outcome.is_backtest) written = {{"backtest.findings", alerts}};
  end.outputs = lineage_tables(connection, written);
  return end;
}

}  // namespace

std::vector<scenarios::Scenario> scenarios_to_run(store::Connection& connection,
                                                  const RunOptions& options) {
  const auto currency = currency_of(connection);
  return scenarios::with_overrides(choose_scenarios(options.scenarios, currency), options.overrides,
                                   currency);
}

scenarios::RunOptions telling_progress(store::Connection& connection, const RunOptions& options) {
  scenarios::RunOptions run;
  run.threads = options.threads;
  const auto data = data_of(connection, options);
  run.as_of = data.booked_until;
  run.as_of_version = data.version;
  run.account_features = !options.no_features;
  run.program_version = kVersion;
  const auto stage = std::make_shared<std::unique_ptr<Stage>>();
  run.started = [stage](const std::string& name) { *stage = std::make_unique<Stage>(name); };
  run.finished = [stage](const store::RunStep& step) {
    (*stage)->done(step.outcome == "failed"
                       ? "failed"
                       : human_count(static_cast<std::uint64_t>(step.rows)) + " rows");
    stage->reset();
    for (const auto& warning : step.warnings) warn(step.name + ": " + warning);
    // What went wrong is the last note; the others say what was left out on purpose.
    for (const auto& note : step.notes) {
      if (step.outcome == "ok" || &note != &step.notes.back()) {
        detail("  " + note);
      } else {
        warn(step.name + ": " + note);
      }
    }
  };
  run.interrupted = StopSignal::requested;
  return run;
}

scenarios::RunOutcome run_with_lineage(store::Connection& connection, const RunOptions& options,
                                       const std::function<scenarios::RunOutcome()>& run) {
  const auto inputs = options.lineage.empty() ? std::vector<reports::LineageDataset>{}
                                              : lineage_tables(connection, kTablesRead);
  return with_lineage(options.lineage, "aml.run", inputs, run, [&](const auto& outcome) {
    return lineage_end(connection, outcome, !options.no_features);
  });
}

scenarios::RunOutcome run_with_progress(store::Connection& connection, const RunOptions& options) {
  const StopSignal stop;
  const auto chosen = scenarios_to_run(connection, options);
  const auto run = telling_progress(connection, options);
  return run_with_lineage(connection, options,
                          [&] { return scenarios::run(connection, chosen, run); });
}

Table outcome_table(const scenarios::RunOutcome& outcome) {
  Table table{{"scenario", "version", "outcome", "alerts", "high", "medium", "low", "new", "gone"},
              {}};
  for (const auto& scenario : outcome.scenarios) {
    const auto of = [&](const char* severity) -> Cell {
      for (const auto& [name, alerts] : scenario.by_severity) {
        if (name == severity) return alerts;
      }
      return std::int64_t{0};
    };
    const std::string result =
        !scenario.error.empty() ? "failed" : (scenario.truncated ? "budget reached" : "ok");
    table.rows.push_back({scenario.id, std::int64_t{scenario.version}, result,
                          scenario.counts.alerts, of("high"), of("medium"), of("low"),
                          scenario.counts.added, scenario.counts.gone});
  }
  return table;
}

store::RunRow require_run(store::Connection& connection, std::int64_t run_id) {
  auto run = store::find_run(connection, run_id);
  if (run) return *std::move(run);
  throw std::invalid_argument(fmt::format("there is no run {}\n  see:  aml list runs", run_id));
}

int run_run(const GlobalOptions& global, const RunOptions& options) {
  auto connection = connect_ready(global);
  if (options.dry_run) return print_plan(global, connection, options);
  const auto outcome = run_with_progress(connection, options);
  if (outcome.status != "interrupted")
    print(outcome_table(outcome), effective_format(global.format));
  say(fmt::format("Run {} {} in {}, peak memory {}.", outcome.run_id, outcome.status,
                  human_seconds(outcome.seconds),
                  human_bytes(static_cast<std::uint64_t>(outcome.peak_memory_bytes))));
  if (outcome.is_backtest && kept_findings(outcome)) {
    say(
        fmt::format("A backtest: gold is as it was; new and gone are held against the current "
                    "alerts. See: aml evaluate --run {}, aml diff RUN {}, aml report {}.",
                    outcome.run_id, outcome.run_id, outcome.run_id));
  }
  if (!options.summary.empty()) {
    reports::write_private_file(options.summary, scenarios::to_json(outcome) + '\n');
  }
  if (outcome.status == "interrupted") return kInterrupted;
  return outcome.status == "succeeded" ? kOk : kFailed;
}

}  // namespace aml::cli
