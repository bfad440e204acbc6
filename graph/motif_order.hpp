// SPDX-License-Identifier: Apache-2.0
// The matching order: smallest estimated extension first.
#pragma once

#include <vector>

#include "graph/motif_plan.hpp"

namespace aml::graph {

struct MotifOrder {
  std::vector<MotifStep> steps;
  std::size_t num_telling_steps = 0;
  double cost = 0;  ///< estimated partial matches over all steps
};

/// The cheapest of the orders that begin with each element and go on with whatever is estimated to
/// extend a partial match least. Elements that rows leave out (DroppedElements) come last: for them one
/// witness is enough.
/// Cost: O(n) for each pair of edges that meet at a vertex, O(k^3) for k elements of the motif.
MotifOrder order_motif(const TransferGraph& graph, const MotifPattern& pattern,
                       const MotifTimes& times, const MotifCandidates& candidates,
                       const DroppedElements& dropped);

}  // namespace aml::graph
