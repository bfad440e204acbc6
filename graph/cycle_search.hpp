// SPDX-License-Identifier: Apache-2.0
// What the searches for cycles share. Internal to graph/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/root_search.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph::detail {

/// What is known before any root is searched.
struct CycleExclusions {
  std::vector<char> is_hub;       ///< for each vertex: no cycle goes through it
  std::vector<char> may_be_root;  ///< for each transfer; empty: each may be

  bool exclude(Edge root, Vertex source, Vertex target) const {
    return source == target || is_hub[source] || is_hub[target] ||
           (!may_be_root.empty() && !may_be_root[root]);
  }
};

/// Cycles one behind the other, as in TemporalCycles: no allocation for each.
struct CycleList {
  using value_type = std::span<const Edge>;

  std::vector<Edge> edges;
  std::vector<std::uint64_t> offsets{0};

  value_type operator[](std::size_t i) const {
    return std::span(edges).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
  void push_back(value_type cycle) {
    edges.insert(edges.end(), cycle.begin(), cycle.end());
    offsets.push_back(edges.size());
  }
};

using CycleLog = SearchLog<CycleList>;  ///< the unit is a cycle

/// The source of each root: quick for roots that come one after the other.
class RootSource {
 public:
  explicit RootSource(const TransferGraph& graph) : graph_(graph) {}

  Vertex operator()(Edge root) {
    if (root != next_) source_ = graph_.source(root);
    while (graph_.out_offsets()[source_ + 1] <= root) ++source_;
    next_ = root + 1;
    return source_;
  }

 private:
  const TransferGraph& graph_;
  Edge next_ = kNoEdge;
  Vertex source_ = 0;
};

}  // namespace aml::graph::detail
