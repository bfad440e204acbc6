// SPDX-License-Identifier: Apache-2.0
// Columns of graph files as properties that conditions on motifs may ask about.
#pragma once

#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"
#include "store/graph_file.hpp"

namespace aml::scenarios {

/// Every column of the files beyond those with a meaning, in the order of the graph's vertices and
/// edges. A column is what all its values can be read as: numbers, times, true and false, else text;
/// nothing is null. If a vertex file is given, vertices that it does not list are dangling.
/// Requires: the graph was made of the edge file's transfers.
graph::GraphProperties graph_properties(const store::EdgeFile& edges,
                                        const store::VertexFile* vertices,
                                        const graph::TransferGraph& graph);

}  // namespace aml::scenarios
