// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "scenarios/scenario.hpp"

namespace aml::cli {

int run_scenario_check(const GlobalOptions& global, const std::vector<std::string>& files) {
  int code = kOk;
  Table table{{"file", "id", "version", "detector", "verdict"}, {}};
  for (const auto& file : files) {
    try {
      const auto scenario = scenarios::load_scenario(file, {});
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

}  // namespace aml::cli
