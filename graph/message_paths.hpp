// SPDX-License-Identifier: Apache-2.0
// Which transfers messages travel by, as the pull loop of Pregel reads them: for each vertex the
// positions of the transfers that reach it from one side, in the order in which their messages are
// combined. The models have the same functions and no base, so that the loop inlines them.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// Every transfer to a vertex, in (booked_at, transfer key) order.
struct EveryIncoming {
  const TransferGraph& graph;
  Edge size() const { return graph.num_edges(); }
  EdgeRange positions(Vertex payee) const { return graph.in_edges(payee); }
  Vertex other_end(Edge position) const { return graph.in_source(position); }
  Edge edge(Edge position) const { return graph.in_edge(position); }
};

/// Every transfer from a vertex, in (booked_at, transfer key) order.
struct EveryOutgoing {
  const TransferGraph& graph;
  Edge size() const { return graph.num_edges(); }
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

  Edge size() const { return offsets_.back(); }
  EdgeRange positions(Vertex v) const { return {offsets_[v], offsets_[v + 1]}; }
  Vertex other_end(Edge position) const { return other_end_[position]; }
  Edge edge(Edge position) const { return edge_[position]; }

 private:
  template <typename Every>
  explicit FirstOfEachPair(const Every& every);

  std::vector<Edge> offsets_;
  // Room for every transfer; what is not used is never touched.
  std::unique_ptr<Vertex[]> other_end_;
  std::unique_ptr<Edge[]> edge_;
};

/// Where the value of the other end of a transfer some way after the given one lies, to be fetched
/// early: vertices have few transfers each, and a processor that guesses wrong where the last one is
/// does not look beyond it by itself. The fetching is the caller's, because g++ 12 takes a function
/// that does nothing else for one without effect and drops its calls.
template <typename Paths, typename Value>
const Value* value_ahead(const Paths& paths, Edge position, const std::vector<Value>& values) {
  constexpr Edge kAhead = 24;  // about what comes from the outer caches in time
  return &values[paths.other_end(std::min(position + kAhead, paths.size() - 1))];
}

}  // namespace aml::graph
