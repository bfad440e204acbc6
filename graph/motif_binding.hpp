// SPDX-License-Identifier: Apache-2.0
// A query on a graph: what a search needs to know.
#pragma once

#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_query.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// A plain search for each branch of the query's motif. The query's rows are theirs together.
struct BoundMotif {
  struct Branch {
    MotifPattern pattern;
    MotifConstraints constraints;
  };
  std::vector<Branch> branches;
  std::vector<Vertex> hubs;  ///< vertices left out by max_counterparties, ascending
};

/// The searches that together answer the query. A condition on one transfer or vertex becomes a
/// bound or a mask, one on the ratio or the times of two transfers a ratio or a window where these
/// say exactly the same, and everything else the `where` of the constraints.
/// Requires: the properties are those whose schema the query was checked against; graph and
///           properties live as long as the result is used.
/// Throws:   std::overflow_error, here or in a search, if a number gets more than 38 digits.
/// Cost:     O(n + m) for each element that conditions are about; parallel.
BoundMotif bind_query(const MotifQuery& query, const TransferGraph& graph,
                      const GraphProperties& properties);

}  // namespace aml::graph
