// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "cli/chosen_scenarios.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "detect/motif_matches.hpp"
#include "scenarios/motif_scenario.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/scenario.hpp"
#include "store/snapshot.hpp"

namespace aml::cli {
namespace {

/// Alert ids depend on scenario ids: one scenario's alerts would end those of the other.
void warn_of_shipped_id(const scenarios::Scenario& scenario, const std::string& file,
                        const std::vector<scenarios::Scenario>& shipped) {
  const auto same = std::ranges::find(shipped, scenario.id, &scenarios::Scenario::id);
  if (same == shipped.end() || same->definition_json == scenario.definition_json) return;
  warn(
      fmt::format("{}: /id: {} is a scenario that comes with the program; run under the same id, "
                  "the alerts of one replace those of the other: choose an id of your own",
                  file, scenario.id));
}

void warn_of_missing_transfers(const scenarios::Scenario& scenario, const std::string& file) {
  const auto* params = std::get_if<detect::MotifMatchesParams>(&scenario.params);
  if (params == nullptr || detect::tells_transfers(detect::motif_query(*params))) return;
  warn(
      fmt::format("{}: /params/motif: there will be alerts without transfers: name those that they "
                  "shall show, as in (a)-[e]->(b)",
                  file));
}

}  // namespace

int run_scenario_check(const GlobalOptions& global, const std::vector<std::string>& files) {
  const detect::BaseCurrency currency = currency_at_hand(global);
  const auto shipped = scenarios::shipped_scenarios(currency);
  int code = kOk;
  Table table{{"file", "id", "version", "detector", "verdict"}, {}};
  for (const auto& file : files) {
    try {
      const auto scenario = scenarios::load_scenario(file, currency);
      warn_of_shipped_id(scenario, file, shipped);
      warn_of_missing_transfers(scenario, file);
      table.rows.push_back({file, scenario.id, std::int64_t{scenario.version}, scenario.detector,
                            std::string("valid")});
    } catch (const scenarios::ScenarioError& error) {
      complain(error.what());
      table.rows.push_back({file, Cell{}, std::int64_t{0}, Cell{}, std::string("invalid")});
      code = kUsage;
    }
  }
  print(table, effective_format(global.format));
  return code;
}

int run_scenario_sql(const GlobalOptions& global, const std::string& name) {
  const auto scenario = scenario_named(name, currency_at_hand(global));
  fmt::print("{}", scenarios::motif_scenario_sql(scenario));
  return kOk;
}

int run_scenario_explain(const GlobalOptions& global, const std::string& name) {
  auto connection = connect_ready(global);
  const detect::BaseCurrency currency = currency_of(connection);
  const auto scenario = scenario_named(name, currency);
  scenarios::motif_params(scenario);  // refuses other detectors before the snapshot is read
  Stage stage("read snapshot");
  const auto graphs = scenarios::build_graphs(store::read_snapshot(connection));
  stage.done(human_count(graphs.accounts.num_edges()) + " transfers");
  fmt::print("{}", scenarios::motif_scenario_plan(scenario, graphs, currency));
  return kOk;
}

}  // namespace aml::cli
