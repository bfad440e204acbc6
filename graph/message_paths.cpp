// SPDX-License-Identifier: Apache-2.0
#include "graph/message_paths.hpp"

#include <utility>

namespace aml::graph {

template <typename Every>
FirstOfEachPair::FirstOfEachPair(const Every& every)
    : offsets_(every.graph.num_vertices() + std::size_t{1}),
      other_end_(std::make_unique_for_overwrite<Vertex[]>(every.graph.num_edges())),
      edge_(std::make_unique_for_overwrite<Edge[]>(every.graph.num_edges())) {
  std::vector<Vertex> last_met_by(every.graph.num_vertices(), kNoVertex);
  Edge pairs = 0;
  for (Vertex v = 0; v < every.graph.num_vertices(); ++v) {
    for (const Edge position : every.positions(v)) {
      const Vertex other = every.other_end(position);
      // Written in any case and kept or not: without a branch that could be guessed wrong.
      other_end_[pairs] = other;
      edge_[pairs] = every.edge(position);
      pairs += std::exchange(last_met_by[other], v) == v ? 0 : 1;
    }
    offsets_[v + 1] = pairs;
  }
}

FirstOfEachPair FirstOfEachPair::incoming(const TransferGraph& graph) {
  return FirstOfEachPair(EveryIncoming{graph});
}

FirstOfEachPair FirstOfEachPair::outgoing(const TransferGraph& graph) {
  return FirstOfEachPair(EveryOutgoing{graph});
}

}  // namespace aml::graph
