// SPDX-License-Identifier: Apache-2.0
#include "graph/message_paths.hpp"

namespace aml::graph {

template <typename Every>
FirstOfEachPair::FirstOfEachPair(const Every& every) : offsets_{0} {
  const Vertex num_vertices = every.graph.num_vertices();
  offsets_.reserve(num_vertices + std::size_t{1});
  other_end_.reserve(every.graph.num_edges());  // what is not used is never touched
  edge_.reserve(every.graph.num_edges());
  std::vector<Vertex> last_met_by(num_vertices, kNoVertex);
  for (Vertex v = 0; v < num_vertices; ++v) {
    for (const Edge position : every.positions(v)) {
      const Vertex other = every.other_end(position);
      if (last_met_by[other] == v) continue;
      last_met_by[other] = v;
      other_end_.push_back(other);
      edge_.push_back(every.edge(position));
    }
    offsets_.push_back(static_cast<Edge>(edge_.size()));
  }
}

FirstOfEachPair FirstOfEachPair::incoming(const TransferGraph& graph) {
  return FirstOfEachPair(EveryIncoming{graph});
}

FirstOfEachPair FirstOfEachPair::outgoing(const TransferGraph& graph) {
  return FirstOfEachPair(EveryOutgoing{graph});
}

}  // namespace aml::graph
