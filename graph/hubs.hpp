// SPDX-License-Identifier: Apache-2.0
// Vertices with so many counterparties that searches leave them out.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// True for each vertex with more than `max_counterparties` distinct payers, or with more than that
/// many distinct payees, itself not counted. 0 means no cap: all false.
/// Cost: O(n + m); one thread.
std::vector<char> hub_vertices(const TransferGraph& graph, std::uint32_t max_counterparties);

/// The vertices that are marked, ascending.
std::vector<Vertex> list_hubs(const std::vector<char>& is_hub);

}  // namespace aml::graph
