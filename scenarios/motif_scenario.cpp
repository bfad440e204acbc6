// SPDX-License-Identifier: Apache-2.0
#include "scenarios/motif_scenario.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "detect/account_properties.hpp"
#include "graph/motif_answer.hpp"
#include "graph/motif_describe.hpp"
#include "graph/motif_search.hpp"
#include "scenarios/motif_sql.hpp"

namespace aml::scenarios {
namespace {

std::string heading(const Scenario& scenario) {
  return fmt::format("{} v{}: {}", scenario.id, scenario.version, scenario.title);
}

/// The plan of one branch, and why it has no actual rows if it has none.
std::string branch_plan(const graph::MotifQuery& query, const graph::MotifPlan& plan) {
  if (graph::groups_without_rows(query, plan))
    return graph::describe(plan) + "groups are counted without looking at rows\n";
  const graph::MotifRun run =
      graph::enumerate_motif(plan, query.max_rows, [](const graph::MotifMatch&) {});
  std::string text = graph::describe(plan, &run);
  const std::string found = fmt::format("{} rows, {} candidates looked at", run.rows, run.steps);
  if (run.refused)
    text += fmt::format("not enumerated: {} rows are more than the {} of max_rows\n",
                        graph::text_of(run.rows_known), query.max_rows);
  else if (run.truncated)
    text += fmt::format("ended by max_rows or max_steps after {}\n", found);
  else
    text += found + "\n";
  return text;
}

}  // namespace

const detect::MotifMatchesParams& motif_params(const Scenario& scenario) {
  const auto* params = std::get_if<detect::MotifMatchesParams>(&scenario.params);
  if (params == nullptr)
    throw std::invalid_argument(
        fmt::format("scenario {} has detector {}: only one with detector motif is a query",
                    scenario.id, scenario.detector));
  return *params;
}

std::string motif_scenario_sql(const Scenario& scenario) {
  std::string sql =
      motif_sql(detect::motif_query(motif_params(scenario)), detect::account_schema());
  sql.pop_back();  // the end of its last line
  return fmt::format("-- {}\n{};\n", heading(scenario), sql);
}

std::string motif_scenario_plan(const Scenario& scenario, const Graphs& graphs,
                                const detect::BaseCurrency& currency) {
  const detect::MotifMatchesParams& params = motif_params(scenario);
  const graph::MotifQuery query = detect::motif_query(params);
  const graph::GraphProperties properties =
      detect::account_properties(graphs.account_facts, graphs.parties, currency.exponent);
  const graph::BoundMotif bound = detect::bind_accounts(query, params, graphs.accounts, properties);
  std::string text = heading(scenario) + "\n";
  if (!bound.hubs.empty())
    text += fmt::format("{} with more than {} counterparties left out\n",
                        detect::count_of(bound.hubs.size(), "hub"), params.max_counterparties);
  for (std::size_t i = 0; i < bound.branches.size(); ++i) {
    if (bound.branches.size() > 1)
      text += fmt::format("\nbranch {} of {}: {}\n", i + 1, bound.branches.size(),
                          query.motif.branches[i].written);
    const auto& [pattern, constraints] = bound.branches[i];
    text += branch_plan(query, graph::MotifPlan(graphs.accounts, pattern, constraints));
  }
  return text;
}

}  // namespace aml::scenarios
