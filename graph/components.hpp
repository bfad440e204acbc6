// SPDX-License-Identifier: Apache-2.0
// Connected components by union-find.
#pragma once

#include <functional>
#include <vector>

#include "graph/identity_graph.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// For each vertex the smallest vertex of its weakly connected component. Vertices are in key
/// order, so the component is named by its smallest external key.
/// Cost: O(m alpha(n)); one thread.
std::vector<Vertex> weak_components(const TransferGraph& graph);

/// For each vertex the smallest vertex of its component when attributes that `is_ignored` accepts
/// are taken out of the graph (each then forms a component of its own). Parties come first, so a
/// component with a party is named by one.
std::vector<Vertex> components(const IdentityGraph& graph,
                               const std::function<bool(Vertex attribute)>& is_ignored = {});

}  // namespace aml::graph
