// SPDX-License-Identifier: Apache-2.0
// Plain backtracking over a motif: correct and bounded. It is meant to be obviously right.
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
  /// at_least_permille * earlier <= 1000 * later <= at_most_permille * earlier, in exact integers.
  struct AmountRatio {
    int earlier = 0;
    int later = 0;
    std::int64_t at_least_permille = 0;
    std::int64_t at_most_permille = 0;
  };
  std::vector<AmountBounds> amounts;  ///< empty, or one for each edge of the pattern
  std::vector<Follows> follows;
  std::vector<AmountRatio> ratios;
  TimeOrder time_order = TimeOrder::kLoose;  ///< used by `follows`
  /// Last booked_at - first booked_at <= window; >= 0. Negated edges know no window.
  Micros window = std::numeric_limits<Micros>::max();
  bool distinct_vertices = true;  ///< no two vertices of the pattern bind the same vertex
  bool distinct_edges = true;     ///< no two edges of the pattern bind the same transfer
  /// Candidate edges and vertices looked at.
  std::uint64_t max_steps = std::numeric_limits<std::uint64_t>::max();
};

/// One match: what each vertex and edge of the pattern is bound to. A negated edge is bound to
/// kNoEdge, an anonymous vertex at its end to kNoVertex.
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
///   - different names may bind the same vertex unless distinct_vertices;
///   - parallel transfers give a match each, also when the edge is anonymous;
///   - a negated edge holds when no such transfer exists at all, at any time and of any amount;
///   - a named vertex that occurs only on its own or in negated terms ranges over all vertices;
///   - a negated term makes the rows before it distinct: anonymous edges and vertices written
///     before the last negated term do not multiply matches, the first binding that fits counts.
/// Throws: std::invalid_argument if constraints name an edge the pattern does not have, or a
///         negated one, if amounts has a wrong size, or if window is negative.
/// Cost:   the number of partial matches; bounded by max_steps. Memory: the matches, if a negated
///         term makes rows distinct; else nothing.
MotifSearch find_motif(const TransferGraph& graph, const MotifPattern& pattern,
                       const MotifConstraints& constraints,
                       const std::function<void(const MotifMatch&)>& visit);

}  // namespace aml::graph
