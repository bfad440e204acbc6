// SPDX-License-Identifier: Apache-2.0
// Which transfers messages travel by, as the pull loop of Pregel reads them: for each vertex the
// positions of the transfers that reach it from one side, in the order in which their messages are
// combined. The models have the same functions and no base, so that the loop inlines them.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// Every transfer to a vertex, in (booked_at, transfer key) order.
struct EveryIncoming {
  const TransferGraph& graph;
  EdgeRange positions(Vertex payee) const { return graph.in_edges(payee); }
  Vertex other_end(Edge position) const { return graph.in_source(position); }
  Edge edge(Edge position) const { return graph.in_edge(position); }
};

/// Every transfer from a vertex, in (booked_at, transfer key) order.
struct EveryOutgoing {
  const TransferGraph& graph;
  EdgeRange positions(Vertex payer) const { return graph.out_edges(payer); }
  Vertex other_end(Edge position) const { return graph.target(position); }
  Edge edge(Edge position) const { return position; }
};

/// The first transfer of each payer-payee pair, in the order of the transfers.
/// Cost: O(m) to build. Memory: 4 bytes a vertex and 8 bytes a pair.
class FirstOfEachPair {
 public:
  static FirstOfEachPair incoming(const TransferGraph& graph);
  static FirstOfEachPair outgoing(const TransferGraph& graph);

  EdgeRange positions(Vertex v) const { return {offsets_[v], offsets_[v + 1]}; }
  Vertex other_end(Edge position) const { return other_end_[position]; }
  Edge edge(Edge position) const { return edge_[position]; }

 private:
  template <typename Every>
  explicit FirstOfEachPair(const Every& every);

  std::vector<Edge> offsets_;
  std::vector<Vertex> other_end_;
  std::vector<Edge> edge_;
};

}  // namespace aml::graph
