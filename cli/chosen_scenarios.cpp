// SPDX-License-Identifier: Apache-2.0
#include "cli/chosen_scenarios.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "cli/console.hpp"
#include "cli/target.hpp"
#include "store/migrations.hpp"

namespace aml::cli {
namespace {

bool is_file_name(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".json") || name.ends_with(".jsonc");
}

}  // namespace

detect::BaseCurrency currency_of(store::Connection& connection) {
  const auto setting = store::base_currency(connection);
  return {setting.code, setting.exponent};
}

detect::BaseCurrency currency_at_hand(const GlobalOptions& global) {
  if (find_target(global)) {
    auto connection = connect_ready(global);
    return currency_of(connection);
  }
  detect::BaseCurrency currency;
  say(
      fmt::format("No database at hand: amounts are read as {}. Name one with -d to read them in "
                  "its base currency.",
                  currency.code));
  return currency;
}

scenarios::Scenario scenario_named(const std::string& name, const detect::BaseCurrency& currency) {
  if (is_file_name(name)) return scenarios::load_scenario(name, currency);
  const auto shipped = scenarios::shipped_scenarios(currency);
  const auto found = std::ranges::find(shipped, name, &scenarios::Scenario::id);
  if (found != shipped.end()) return *found;
  std::vector<std::string> ids;
  for (const auto& scenario : shipped) ids.push_back(scenario.id);
  throw std::invalid_argument(
      fmt::format("there is no scenario '{}'\n  known: {}\n  a file: ./{}.json", name,
                  fmt::join(ids, ", "), name));
}

std::vector<scenarios::Scenario> choose_scenarios(const std::vector<std::string>& names,
                                                  const detect::BaseCurrency& currency) {
  if (names.empty()) return scenarios::shipped_scenarios(currency);
  std::vector<scenarios::Scenario> chosen;
  for (const auto& name : names) {
    auto scenario = scenario_named(name, currency);
    if (std::ranges::count(chosen, scenario.id, &scenarios::Scenario::id) > 0)
      throw std::invalid_argument(fmt::format("scenario '{}' is asked for twice", scenario.id));
    chosen.push_back(std::move(scenario));
  }
  return chosen;
}

}  // namespace aml::cli
