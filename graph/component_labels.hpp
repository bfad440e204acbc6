// SPDX-License-Identifier: Apache-2.0
// Weak components as a vertex program: the smallest label runs through each of them.
#pragma once

#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct ComponentLabels {
  std::vector<Vertex> labels;  ///< for each vertex the smallest that has reached it
  int rounds = 0;              ///< how many were made
  bool complete = false;       ///< no label changed in the last round: these are the components
};

/// The components of weak_components() where `complete`; else every vertex knows the smallest
/// vertex at most max_rounds transfers away. One round more than the longest of the shortest ways to
/// a component's smallest vertex makes it complete.
/// Throws: std::invalid_argument if max_rounds < 1.
/// Cost:   O(rounds * m), parallel over vertices; weak_components() is faster and needs no rounds.
/// Source: WCC of LDBC Graphalytics, `graphx` of GraphFrames.
ComponentLabels component_labels(const TransferGraph& graph, int max_rounds);

}  // namespace aml::graph
