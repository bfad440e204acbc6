// SPDX-License-Identifier: Apache-2.0
// The transfers behind the groups of a motif query.
#pragma once

#include <compare>
#include <cstddef>
#include <span>
#include <vector>

#include "graph/motif_binding.hpp"
#include "graph/motif_query.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// A transfer in the rows of a group, with the edge that it is bound to.
struct GroupTransfer {
  std::size_t branch = 0;   ///< of the motif
  std::size_t element = 0;  ///< position in the branch's pattern
  Edge transfer = kNoEdge;

  auto operator<=>(const GroupTransfer&) const = default;
};

struct GroupTransfers {
  std::vector<std::vector<GroupTransfer>> of_group;  ///< one for each group, each ascending
  bool truncated = false;  ///< max_steps was reached or a stop requested: some are missing
};

/// The transfers in the rows of each group, each once for every edge that it is bound to: along the
/// tree of the motif where group_motif() needs no rows, else from the rows of these groups alone.
/// Those that have nothing to do with the vertex of the group (another component of the motif), or
/// that a negated term leaves out of the rows, are not among them.
/// Requires: the query has a grouping; the groups are vertices of group_rows(), ascending.
/// Cost:     a plan for each branch; then as group_motif(), for these groups.
GroupTransfers group_transfers(const MotifQuery& query, const BoundMotif& bound,
                               const TransferGraph& graph, std::span<const Vertex> groups);

}  // namespace aml::graph
