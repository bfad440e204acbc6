// SPDX-License-Identifier: Apache-2.0
// Plain backtracking over a motif: correct and bounded. It is meant to be obviously right, not
// fast.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "graph/motif_pattern.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// Conditions on a match beyond its shape. Positions are those of MotifPattern::edges.
struct MotifConstraints {
  struct AmountBounds {
    MinorUnits at_least = std::numeric_limits<MinorUnits>::min();
    MinorUnits below = std::numeric_limits<MinorUnits>::max();
  };
  struct Follows {  ///< edge `later` may follow edge `earlier` (TransferGraph::may_follow)
    int earlier = 0;
    int later = 0;
  };
  struct AmountRatio {  ///< numerator <= amount(later) / amount(earlier) * 1000 <= ..., exact in
                        ///< integers
    int earlier = 0;
    int later = 0;
    std::int64_t at_least_permille = 0;
    std::int64_t at_most_permille = 0;
  };
  std::vector<AmountBounds> amounts;  ///< empty, or one for each edge of the pattern
  std::vector<Follows> follows;
  std::vector<AmountRatio> ratios;
  TimeOrder time_order = TimeOrder::kLoose;  ///< used by `follows`
  Micros window =
      std::numeric_limits<Micros>::max();  ///< last booked_at - first booked_at <= window
  bool distinct_vertices = true;
  bool distinct_edges = true;
  std::uint64_t max_steps =
      std::numeric_limits<std::uint64_t>::max();  ///< candidate edges looked at
};

/// One match: binding of each pattern vertex and edge; a negated edge is bound to kNoEdge.
struct MotifMatch {
  std::span<const Vertex> vertices;
  std::span<const Edge> edges;
};

struct MotifSearch {
  std::uint64_t matches = 0;
  std::uint64_t steps = 0;
  bool truncated = false;  ///< max_steps was reached: matches may be missing
};

/// Calls visit for every match, in a deterministic order. Semantics of GraphFrames' find():
/// different names may bind the same vertex unless distinct_vertices; parallel transfers give a
/// match each; a negated edge holds when no such transfer exists at all. Throws:
/// std::invalid_argument if constraints name an edge the pattern does not have, or a negated one.
/// Cost:   the number of partial matches; bounded by max_steps.
MotifSearch find_motif(const TransferGraph& graph, const MotifPattern& pattern,
                       const MotifConstraints& constraints,
                       const std::function<void(const MotifMatch&)>& visit);

}  // namespace aml::graph
