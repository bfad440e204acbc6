// SPDX-License-Identifier: Apache-2.0
// The acyclic part of a motif as a rooted tree of its edges: what can be counted without listing.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_candidates.hpp"
#include "graph/motif_times.hpp"

namespace aml::graph {

/// A bound edge, with its time at hand.
struct BookedEdge {
  Edge edge;
  Micros booked_at;
};

/// When an edge may be booked beside another one that is bound. A candidate comes before, or after,
/// all that is allowed: both change once only along the candidates of a vertex. edge() is the
/// candidate itself, asked for when its time alone does not tell.
struct TimesBeside {
  BookedEdge other;
  Micros first;
  Micros last;
  bool after;
  bool before;

  bool too_early(const TransferGraph& graph, Micros at, const auto& edge) const {
    return at < first || (after && at == other.booked_at && !graph.before(other.edge, edge()));
  }
  bool too_late(const TransferGraph& graph, Micros at, const auto& edge) const {
    return at > last || (before && at == other.booked_at && !graph.before(edge(), other.edge));
  }
};

/// When an edge may be booked, seen from another one that meets it at a vertex.
struct TimeLink {
  Micros max_lead = kUnbounded;  ///< this one is booked at most so long before the other
  Micros max_lag = kUnbounded;   ///< and at most so long after it; negative: not after it at all
  bool after = false;            ///< later in (booked_at, transfer key) order; max_lead <= 0
  bool before = false;           ///< earlier; max_lag <= 0

  bool operator==(const TimeLink&) const = default;

  TimesBeside beside(const BookedEdge& other) const {
    return {other, earlier_by(other.booked_at, max_lead), later_by(other.booked_at, max_lag), after,
            before};
  }
  /// The part of `range` that the link allows.
  EdgeRange within(const TransferGraph& graph, const CandidateEdges& list, End end, EdgeRange range,
                   const BookedEdge& other) const;
};

/// An edge of the motif in the tree. It hangs at one of its ends: at the root vertex, or at an end
/// of its parent.
struct MotifTreeNode {
  std::size_t edge = 0;
  End near = End::kSource;  ///< the end at which it hangs
  bool linked = false;      ///< tied to its parent in time, by `link`; else by the vertex alone
  TimeLink link;
  std::vector<std::size_t> near_children;  ///< hang at the same vertex as this one; all linked
  std::vector<std::size_t> far_children;   ///< hang at its other end
};

struct MotifTree {
  std::size_t root = 0;  ///< vertex of the motif
  std::vector<MotifTreeNode> nodes;
  std::vector<std::size_t> root_children;  ///< none is linked
};

/// The connected components of a motif's positive part, and which conditions a tree can hold.
class MotifShape {
 public:
  MotifShape(const MotifPattern& pattern, const MotifConstraints& constraints,
             const MotifTimes& times, const MotifCandidates& candidates);

  std::size_t num_components() const { return components_.size(); }
  const std::vector<std::size_t>& vertices(std::size_t component) const {
    return components_[component].vertices;
  }
  std::size_t component_of(std::size_t vertex) const { return component_of_[vertex]; }
  /// Edges without which the component is a tree; self-loops are leaves of it.
  const std::vector<std::size_t>& closing_edges(std::size_t component) const {
    return components_[component].closing_edges;
  }
  /// The component without its closing edges, rooted.
  /// Requires: root is a vertex of it.
  MotifTree tree(std::size_t root) const;

  /// Whether the trees hold every condition: the product of their counts is the number of rows, not
  /// only a bound from above.
  bool is_exact() const { return is_exact_; }

 private:
  struct Component {
    std::vector<std::size_t> vertices;
    std::vector<std::size_t> edges;
    std::vector<std::size_t> closing_edges;
  };
  void find_components();
  void link_edges_at_vertices();
  bool holds_all(const MotifConstraints& constraints, const MotifCandidates& candidates) const;
  bool are_linked(std::size_t a, std::size_t b) const;
  std::vector<std::size_t> edges_at(std::size_t vertex) const;
  std::size_t end_of(std::size_t edge, End end) const;
  std::size_t add_node(MotifTree& tree, std::size_t edge, std::size_t vertex,
                       const std::size_t* parent, std::vector<char>& placed) const;
  std::vector<std::size_t> hang_unlinked(MotifTree& tree, std::size_t vertex,
                                         std::vector<char>& placed) const;

  const MotifPattern& pattern_;
  const MotifConstraints& constraints_;
  const MotifTimes& times_;
  std::vector<Component> components_;
  std::vector<std::size_t> component_of_;
  std::vector<char> is_tree_edge_;
  std::vector<std::pair<std::size_t, std::size_t>> links_;
  bool is_exact_ = false;
};

/// Whether a match binds the vertex: it has a name, or a positive edge touches it.
bool is_bound_vertex(const MotifPattern& pattern, std::size_t vertex);

/// Pairs of edges that must be different transfers and are not so by their order in time.
std::vector<std::pair<std::size_t, std::size_t>> pairs_to_tell_apart(
    const MotifPattern& pattern, const MotifConstraints& constraints, const MotifTimes& times);

}  // namespace aml::graph
