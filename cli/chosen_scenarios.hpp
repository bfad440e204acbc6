// SPDX-License-Identifier: Apache-2.0
// Which scenarios a command works on, and in which currency they are read.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "detect/money_text.hpp"
#include "scenarios/scenario.hpp"
#include "store/connection.hpp"

namespace aml::cli {

/// The base currency of a database.
detect::BaseCurrency currency_of(store::Connection& connection);

/// The base currency of the chosen database, for a command that needs nothing else of it: where none
/// was named and no private one runs it is USD, which is said.
/// Throws: store::StoreError if there is one and it cannot be asked, for example because its schema
///         is older than this program.
detect::BaseCurrency currency_at_hand(const GlobalOptions& global);

/// The scenario of a file, or a shipped one by its id.
/// Throws: scenarios::ScenarioError for a wrong file; std::invalid_argument for an unknown id.
scenarios::Scenario scenario_named(const std::string& name, const detect::BaseCurrency& currency);

/// The scenarios of files and ids; all shipped ones if there are no names.
/// Throws: as scenario_named(), and std::invalid_argument if one is asked for twice.
std::vector<scenarios::Scenario> choose_scenarios(const std::vector<std::string>& names,
                                                  const detect::BaseCurrency& currency);

}  // namespace aml::cli
