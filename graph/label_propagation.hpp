// SPDX-License-Identifier: Apache-2.0
// Communities by label propagation: everyone takes the label that most of its counterparties have.
// A vertex program.
#pragma once

#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// The label of every vertex after the given rounds. A vertex starts with itself as its label. In
/// each round all vertices at once take the label that most of their transfers lead to, whichever
/// way the money went: two transfers with the same vertex count twice, one to itself too. Of labels
/// that are equally frequent the smallest wins, which is that of the smallest external key. A vertex
/// without transfers keeps its own. Ends early when no label changes, which need not happen: two
/// groups may swap their labels for ever.
/// Throws: std::invalid_argument if rounds < 1.
/// Cost:   O(rounds * m log d) for the largest degree d, parallel over vertices.
/// Source: Raghavan, Albert, Kumara 2007, made deterministic as CDLP of LDBC Graphalytics.
std::vector<Vertex> label_propagation(const TransferGraph& graph, int rounds);

}  // namespace aml::graph
