// SPDX-License-Identifier: Apache-2.0
// What the subcommands of aml graph share.
#pragma once

#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "graph/transfer_graph.hpp"
#include "store/graph_file.hpp"

namespace aml::cli {

struct LoadedGraph {
  std::optional<store::VertexFile> vertices;
  store::EdgeFile edges;  ///< its transfers have become the graph
  graph::TransferGraph graph;
};
LoadedGraph load_graph(const GraphFiles& files);

Cell id_of(const graph::TransferGraph& graph, graph::Vertex v);
/// The 0-based row of an edge in its file.
Cell row_of(const graph::TransferGraph& graph, graph::Edge e);

/// The length of time that was typed. Throws: std::invalid_argument with the option.
graph::Micros duration_argument(const char* option, const std::string& text);
/// Throws: std::invalid_argument for an order that needs times, if there are none.
graph::TimeOrder time_order_argument(const std::string& name, const LoadedGraph& loaded);

}  // namespace aml::cli
