// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "cli/commands.hpp"
#include "scenarios/runner.hpp"
#include "store/gold_reader.hpp"

namespace aml::cli {

/// A day from its first to its last microsecond, or a moment.
struct AskedTime {
  graph::Micros from = 0;
  graph::Micros until = 0;
};
/// Throws: std::invalid_argument with the option if the text is neither a day nor a time.
AskedTime asked_time(const char* option, const std::string& text);

/// The chosen scenarios, with what was overridden in them.
std::vector<scenarios::Scenario> scenarios_to_run(store::Connection& connection,
                                                  const RunOptions& options);
/// What is asked for in the terms of a run, which has a line for each stage and ends at a signal.
scenarios::RunOptions telling_progress(store::Connection& connection, const RunOptions& options);
/// `run` between the events of lineage that are asked for.
scenarios::RunOutcome run_with_lineage(store::Connection& connection, const RunOptions& options,
                                       const std::function<scenarios::RunOutcome()>& run);

/// Runs the scenarios with a line for each stage. Ctrl-C stops between stages. Shared by run and
/// demo.
scenarios::RunOutcome run_with_progress(store::Connection& connection, const RunOptions& options);

/// "As of" a day is as of its end. Throws: std::invalid_argument for what is no time.
std::optional<graph::Micros> as_of_time(const std::optional<std::string>& text);

/// The version that `option` asks for by its number or by a time, a day as of its end. Throws: std::invalid_argument for what is neither,
/// and for a number that the newest version has not reached.
std::int64_t asked_version(store::Connection& connection, const char* option,
                           const std::string& text);

/// One row for each scenario: alerts by severity, new, gone.
Table outcome_table(const scenarios::RunOutcome& outcome);

/// Throws: std::invalid_argument if there is no such run.
store::RunRow require_run(store::Connection& connection, std::int64_t run_id);

}  // namespace aml::cli
