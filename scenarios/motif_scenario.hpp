// SPDX-License-Identifier: Apache-2.0
// What can be said about a scenario that is a motif, without running it.
#pragma once

#include <string>

#include "detect/money_text.hpp"
#include "detect/motif_matches.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/scenario.hpp"

namespace aml::scenarios {

/// Throws: std::invalid_argument if the detector is not motif.
const detect::MotifMatchesParams& motif_params(const Scenario& scenario);

/// The matches of the scenario's motif, or its groups, as one PostgreSQL statement over silver, with
/// the scenario's name in a comment above. max_rows and max_steps have no counterpart in it.
/// Throws: std::invalid_argument if the detector is not motif.
std::string motif_scenario_sql(const Scenario& scenario);

/// How the motif is matched on these graphs: for each branch of the motif its plan with estimated
/// rows, and with actual ones if they lie within max_rows and max_steps; else it says why not, as it
/// does where a run counts groups without looking at rows.
/// Throws: std::invalid_argument if the detector is not motif.
/// Cost:   that of looking at every match, within the budgets.
std::string motif_scenario_plan(const Scenario& scenario, const Graphs& graphs,
                                const detect::BaseCurrency& currency);

}  // namespace aml::scenarios
