// SPDX-License-Identifier: Apache-2.0
#include "graph/components.hpp"

#include <algorithm>
#include <numeric>

namespace aml::graph {
namespace {

/// Union-find in which the smallest vertex of a set is its root: parent[v] <= v always.
class Forest {
 public:
  explicit Forest(Vertex size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0U); }

  void join(Vertex a, Vertex b) {
    a = root(a);
    b = root(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

  /// The root of every vertex. One pass in ascending order does, because parents are smaller than
  /// their children.
  std::vector<Vertex> roots() && {
    for (Vertex& parent : parent_) parent = parent_[parent];
    return std::move(parent_);
  }

 private:
  Vertex root(Vertex v) {
    while (parent_[v] != v) v = parent_[v] = parent_[parent_[v]];  // path halving
    return v;
  }

  std::vector<Vertex> parent_;
};

}  // namespace

std::vector<Vertex> weak_components(const TransferGraph& graph) {
  Forest forest(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) forest.join(v, graph.target(e));
  }
  return std::move(forest).roots();
}

std::vector<Vertex> components(const IdentityGraph& graph,
                               const std::function<bool(Vertex attribute)>& is_ignored) {
  Forest forest(graph.num_vertices());
  for (Vertex attribute = graph.num_parties(); attribute < graph.num_vertices(); ++attribute) {
    if (is_ignored && is_ignored(attribute)) continue;
    for (const Vertex party : graph.neighbours(attribute)) forest.join(party, attribute);
  }
  return std::move(forest).roots();
}

}  // namespace aml::graph
