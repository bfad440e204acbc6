// SPDX-License-Identifier: Apache-2.0
// Parameters that a person sets for one run, without touching the scenario's file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"

namespace aml::scenarios {

/// The scenarios with their parameters overridden, as if their files said so; each tells its
/// overrides. An override is "scenario.parameter=value": "fan_in.window=20 days",
/// "round_tripping.hubs.max_counterparties=500". The value is JSON, or text as a person types it.
/// Throws: std::invalid_argument if an override is not of this form, names a scenario that is not
///         among these or a parameter that it does not have, or sets one twice; ScenarioError as
///         parse_json() and parse_scenario() for its value.
std::vector<Scenario> with_overrides(std::vector<Scenario> scenarios,
                                     std::span<const std::string> overrides,
                                     const detect::BaseCurrency& currency);

}  // namespace aml::scenarios
