// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "cli/commands.hpp"
#include "scenarios/runner.hpp"
#include "store/gold_reader.hpp"

namespace aml::cli {

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

/// One row for each scenario: alerts by severity, new, gone.
Table outcome_table(const scenarios::RunOutcome& outcome);

/// Throws: std::invalid_argument if there is no such run.
store::RunRow require_run(store::Connection& connection, std::int64_t run_id);

}  // namespace aml::cli
