// SPDX-License-Identifier: Apache-2.0
// Cycles whose transfers lie in one window but need not follow each other. Internal to graph/: what
// find_temporal_cycles does for TimeOrder::kNone.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "graph/cycle_search.hpp"
#include "graph/temporal_cycles.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph::detail {

/// The search from one root transfer A -> B, the earliest of its cycles, at a time. First backwards
/// from A over the later transfers of the window: how many hops each vertex is away from A. Then
/// forwards from B, never to a vertex from which A is too far.
class UnorderedCycleSearch {
 public:
  UnorderedCycleSearch(const TransferGraph& graph, const TemporalCycleParams& params,
                       const CycleExclusions& exclusions);

  /// Tells the log the cycles whose earliest transfer is the root.
  void operator()(std::uint64_t root, CycleLog& log);

 private:
  static constexpr int kFar = std::numeric_limits<int>::max();

  void search_root(Edge root);
  void measure_hops(Vertex b);
  void extend(Vertex from, int hops_left);
  bool is_usable(Edge e) const;
  bool on_path(Vertex v) const;

  const TransferGraph& graph_;
  const CycleExclusions& exclusions_;
  const Micros window_;
  const int min_length_;
  const int max_length_;

  RootSource source_of_;
  CycleLog* log_ = nullptr;
  Edge root_ = kNoEdge;
  Micros from_ = 0;  ///< of the window
  Micros to_ = 0;    ///< one past its end
  Vertex a_ = kNoVertex;
  std::vector<int> hops_to_a_;   ///< for each vertex; kFar if not reached
  std::vector<Vertex> reached_;  ///< in the order of their hops
  std::vector<Edge> path_edges_;
  std::vector<Vertex> path_vertices_;
};

}  // namespace aml::graph::detail
