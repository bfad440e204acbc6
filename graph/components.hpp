// SPDX-License-Identifier: Apache-2.0
// Connected components by union-find, named by their smallest vertex. Both kinds of graph number
// vertices in key order, so that is the smallest external key (of a party, where there is one).
// The answer is the same for any number of threads. For edges that come later, see
// IncrementalComponents.
#pragma once

#include <functional>
#include <vector>

#include "graph/identity_graph.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// For each vertex the smallest vertex of its weakly connected component.
/// Cost:   O(m) where one component holds most vertices, as it does wherever people pay each other;
///         O(m log n) at worst; parallel. Memory: 8 bytes a vertex.
/// Source: Afforest (Sutton, Ben-Nun, Barak, IPDPS 2018): the first two transfers of every vertex
///         are joined, and only vertices outside the largest component so far look at the rest.
std::vector<Vertex> weak_components(const TransferGraph& graph);

/// For each vertex the smallest vertex of its component when attributes that `is_ignored` accepts
/// are taken out of the graph (each then forms a component of its own). Parties come first, so a
/// component with a party is named by one.
/// Requires: is_ignored may be called from several threads at once.
/// Cost:     O(m log n) at worst, in practice O(m); parallel. Plain union-find: identity graphs are
///           many small components, in which Afforest's sampling costs more than it saves.
std::vector<Vertex> components(const IdentityGraph& graph,
                               const std::function<bool(Vertex attribute)>& is_ignored = {});

}  // namespace aml::graph
