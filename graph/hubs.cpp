// SPDX-License-Identifier: Apache-2.0
#include "graph/hubs.hpp"

#include <algorithm>
#include <span>

namespace aml::graph {
namespace {

/// Whether a vertex has more than `most` distinct neighbours other than itself, from its list of
/// neighbours.
class NeighbourCount {
 public:
  explicit NeighbourCount(Vertex vertices) : last_seen_by_(vertices, kNoVertex) {}

  bool exceeds(Vertex v, std::span<const Vertex> neighbours, std::uint32_t most) {
    std::uint32_t distinct = 0;
    last_seen_by_[v] = v;
    for (const Vertex neighbour : neighbours) {
      if (last_seen_by_[neighbour] == v) continue;
      last_seen_by_[neighbour] = v;
      if (++distinct > most) return true;
    }
    return false;
  }

 private:
  std::vector<Vertex> last_seen_by_;
};

}  // namespace

std::vector<char> hub_vertices(const TransferGraph& graph, std::uint32_t max_counterparties) {
  std::vector<char> is_hub(graph.num_vertices(), 0);
  if (max_counterparties == 0) return is_hub;
  if (const WholeGraph* whole = graph.whole()) {
    std::ranges::transform(whole->counterparties, is_hub.begin(),
                           [&](std::uint32_t n) { return n > max_counterparties ? 1 : 0; });
    return is_hub;
  }
  const auto mark = [&](std::span<const Edge> offsets, std::span<const Vertex> neighbours) {
    NeighbourCount count(graph.num_vertices());
    for (Vertex v = 0; v < graph.num_vertices(); ++v) {
      const auto range = neighbours.subspan(offsets[v], offsets[v + 1] - offsets[v]);
      if (range.size() > max_counterparties && count.exceeds(v, range, max_counterparties)) {
        is_hub[v] = 1;
      }
    }
  };
  mark(graph.out_offsets(), graph.targets());
  mark(graph.in_offsets(), graph.in_sources());
  return is_hub;
}

std::vector<Vertex> list_hubs(const std::vector<char>& is_hub) {
  std::vector<Vertex> hubs;
  for (Vertex v = 0; v < is_hub.size(); ++v) {
    if (is_hub[v]) hubs.push_back(v);
  }
  return hubs;
}

}  // namespace aml::graph
