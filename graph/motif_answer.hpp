// SPDX-License-Identifier: Apache-2.0
// The answer to a motif query by the planner: its rows, their number, or its groups. What several
// branches of a motif find is put together.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/grouped_matches.hpp"
#include "graph/motif_binding.hpp"
#include "graph/motif_plan.hpp"
#include "graph/motif_query.hpp"
#include "graph/motif_search.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// Calls visit(branch, match) for every row, branch after branch, each in the order of
/// enumerate_motif(). Ends after `limit` rows: that is truncated if there are more.
/// If limit is above the query's max_rows, the rows are counted first where that is possible without
/// enumerating them: the run is refused if there are more, and no work is done.
/// Throws: whatever visit and evaluation throw.
MotifRun visit_rows(const MotifQuery& query, const BoundMotif& bound, const TransferGraph& graph,
                    std::uint64_t limit,
                    const std::function<void(std::size_t branch, const MotifMatch&)>& visit);

/// The number of rows, without enumerating them where that is possible.
MotifCount count_rows(const BoundMotif& bound, const TransferGraph& graph);

struct QueryGroups {
  std::vector<MotifGroup> groups;  ///< those for which `having` holds, by vertex
  bool factorised = false;         ///< no row was enumerated
  bool truncated = false;          ///< a budget was reached: rows are missing
  bool refused = false;     ///< rows would have to be enumerated, and there are more than max_rows
  RowCount rows_known = 0;  ///< how many, if refused
};

/// Whether group_rows() looks at no row. Requires: the plan is that of the query's first branch.
bool groups_without_rows(const MotifQuery& query, const MotifPlan& plan);

/// The groups of a query's rows: factorised by group_motif() for one branch and aggregates over
/// rows, amounts and distinct elements, else by enumeration within the query's max_rows.
/// Requires: the query has a grouping.
/// Throws:   std::overflow_error if a sum does not fit.
QueryGroups group_rows(const MotifQuery& query, const BoundMotif& bound, const TransferGraph& graph,
                       const GraphProperties& properties);

}  // namespace aml::graph
