// SPDX-License-Identifier: Apache-2.0
// Plain backtracking over a motif: correct and bounded. It is meant to be obviously right.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stop_token>
#include <vector>

#include "graph/motif_pattern.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct MotifMatch;

/// A permutation of a pattern's vertices and edges that leaves the pattern and every condition on
/// its matches as they are: (a)-[e]->(c); (b)-[f]->(c) looks the same after a <-> b, e <-> f.
/// Shape: one entry for each vertex and each edge of the pattern: where it goes.
struct Symmetry {
  std::vector<int> vertices;
  std::vector<int> edges;
};

/// Conditions on a match beyond its shape. Positions are those of MotifPattern::edges and vertices.
/// Conditions on edges are for positive edges only.
struct MotifConstraints {
  struct AmountBounds {
    MinorUnits at_least = std::numeric_limits<MinorUnits>::min();
    MinorUnits below = std::numeric_limits<MinorUnits>::max();
  };
  /// Edge `later` may follow edge `earlier` (TransferGraph::may_follow), and
  /// later.booked_at - earlier.booked_at <= within; within >= 0.
  struct Follows {
    int earlier = 0;
    int later = 0;
    Micros within = std::numeric_limits<Micros>::max();
  };
  /// at_least_permille * earlier <= 1000 * later <= at_most_permille * earlier, in exact integers.
  /// A side left at its default holds always, also for an amount of zero.
  struct AmountRatio {
    int earlier = 0;
    int later = 0;
    std::int64_t at_least_permille = std::numeric_limits<std::int64_t>::min();
    std::int64_t at_most_permille = std::numeric_limits<std::int64_t>::max();
  };
  std::vector<AmountBounds> amounts;  ///< empty, or one for each edge of the pattern
  /// Which transfers an edge may bind. Empty, or for each edge of the pattern an empty mask (every
  /// transfer) or one flag for each edge of the graph.
  std::vector<std::vector<char>> allowed_edges;
  /// Which vertices a vertex may bind, likewise. An anonymous vertex that only negated edges touch
  /// is never bound and has no mask.
  std::vector<std::vector<char>> allowed_vertices;
  std::vector<Follows> follows;
  std::vector<AmountRatio> ratios;
  TimeOrder time_order = TimeOrder::kLoose;  ///< used by `follows`
  /// Last booked_at - first booked_at <= window; >= 0. Negated edges know no window.
  Micros window = std::numeric_limits<Micros>::max();
  bool distinct_vertices = true;  ///< no two vertices of the pattern bind the same vertex
  bool distinct_edges = true;     ///< no two edges of the pattern bind the same transfer
  /// Symmetric matches count once: a match is left out if one of these makes its row smaller. The
  /// row is its edges and then its vertices, in order of position, without those that a negated
  /// term drops (see find_motif); under symmetry s it is edges[s.edges[0]], edges[s.edges[1]], ...
  /// Each orbit of matches keeps exactly one if the symmetries and the identity are a group.
  std::vector<Symmetry> symmetries;
  /// What the other fields cannot say, asked last of each match that meets them; null: nothing.
  /// Requires: safe to call from several threads at once.
  std::function<bool(const MotifMatch&)> where;
  /// Candidate edges and vertices looked at.
  std::uint64_t max_steps = std::numeric_limits<std::uint64_t>::max();
  /// A stop that is requested ends enumerate_motif() soon: truncated.
  std::stop_token stop = {};
};

/// One match: what each vertex and edge of the pattern is bound to. A negated edge is bound to
/// kNoEdge, an anonymous vertex at its end to kNoVertex.
struct MotifMatch {
  std::span<const Vertex> vertices;
  std::span<const Edge> edges;
};

/// What rows leave out: a negated term makes the rows of the terms before it distinct (GraphFrames:
/// EXCEPT), and rows hold named elements only.
struct DroppedElements {
  std::vector<char> edges;     ///< anonymous, positive and before the last negated edge
  std::vector<char> vertices;  ///< anonymous ends of positive edges before the last negated one
  /// Whether rows could repeat without that. An anonymous vertex alone repeats none: the named edge
  /// at it tells which vertex it is.
  bool any = false;
};
DroppedElements dropped_elements(const MotifPattern& pattern);

/// Throws: std::invalid_argument if constraints name an edge the pattern does not have, or a
///         negated one, if amounts, a mask or a symmetry has a wrong size or a symmetry is none of
///         the pattern's, or if window or a `within` is negative.
void validate(const TransferGraph& graph, const MotifPattern& pattern,
              const MotifConstraints& constraints);

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
/// Throws: std::invalid_argument as validate().
/// Cost:   the number of partial matches; bounded by max_steps. Memory: the matches, if a negated
///         term makes rows distinct; else nothing.
MotifSearch find_motif(const TransferGraph& graph, const MotifPattern& pattern,
                       const MotifConstraints& constraints,
                       const std::function<void(const MotifMatch&)>& visit);

}  // namespace aml::graph
