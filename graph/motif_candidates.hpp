// SPDX-License-Identifier: Apache-2.0
// Which transfers and vertices can take part in a match at all: conditions on one element alone
// are applied here, once, and what is left without a partner dies before any search begins.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "graph/motif.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

enum class End : std::uint8_t { kSource, kTarget };
constexpr End opposite(End end) {
  return end == End::kSource ? End::kTarget : End::kSource;
}

/// The transfers that an edge of a pattern may be bound to, from either end. The candidates at one
/// vertex have consecutive positions, in (booked_at, transfer key) order; positions of the source
/// side and of the target side are different numbers.
class CandidateEdges {
 public:
  /// Every transfer; refers to the graph's own arrays. Requires: the graph outlives this.
  explicit CandidateEdges(const TransferGraph& graph);
  /// Those for which keep(edge, source, target) holds. Cost: O(n + candidates of `from`).
  template <typename Keep>
  CandidateEdges(const CandidateEdges& from, const Keep& keep);
  CandidateEdges(const CandidateEdges&) = delete;
  CandidateEdges& operator=(const CandidateEdges&) = delete;

  Vertex num_vertices() const { return static_cast<Vertex>(sides_[0].offsets.size() - 1); }
  Edge size() const { return sides_[0].offsets.back(); }
  EdgeRange at(End end, Vertex v) const { return {side(end).offsets[v], side(end).offsets[v + 1]}; }
  /// The vertex whose candidates the position is one of. Cost: O(log n).
  Vertex vertex_at(End end, Edge position) const;
  /// The part of a range of at() booked in [first, last].
  EdgeRange booked_in(End end, EdgeRange range, Micros first, Micros last) const;
  Edge edge(End end, Edge position) const {
    const auto edges = side(end).edges;
    return edges.empty() ? position : edges[position];
  }
  Vertex other(End end, Edge position) const { return side(end).others[position]; }
  Micros booked_at(End end, Edge position) const { return side(end).times[position]; }
  std::span<const Micros> times(End end) const { return side(end).times; }
  /// How many vertices have candidates at this end, or more.
  Vertex vertices_at(End end) const { return vertices_at_[static_cast<std::size_t>(end)]; }

 private:
  struct Side {
    std::span<const Edge> offsets;
    std::span<const Vertex> others;
    std::span<const Edge> edges;  ///< empty: the position is the edge
    std::span<const Micros> times;
  };
  struct OwnedSide {
    std::vector<Edge> offsets;
    std::vector<Vertex> others;
    std::vector<Edge> edges;
    std::vector<Micros> times;
  };
  const Side& side(End end) const { return sides_[static_cast<std::size_t>(end)]; }
  void copy_side(const CandidateEdges& from, End end, const std::vector<bool>& kept,
                 std::size_t size);

  Side sides_[2];
  OwnedSide owned_[2];
  Vertex vertices_at_[2];
};

/// A set of vertices; no flags: all of them.
struct VertexSet {
  std::vector<char> has;
  Vertex size = 0;

  bool holds(Vertex v) const { return has.empty() || has[v] != 0; }
};

/// The reduced candidates of a pattern: masks, amounts, self-loops and negated terms about a single
/// vertex are applied, then a vertex stays only if each edge of the pattern at it has a candidate
/// there, and a transfer only if both its ends stay (semijoins). What ties two elements together is
/// left to the search.
class MotifCandidates {
 public:
  /// Requires: validated constraints; the graph outlives this.
  /// Cost:     O(n + m) for each element with a condition of its own; nothing for the others.
  MotifCandidates(const TransferGraph& graph, const MotifPattern& pattern,
                  const MotifConstraints& constraints);

  /// Of a positive edge of the pattern. Edges with the same candidates may share them.
  const CandidateEdges& edge(std::size_t e) const { return *edges_[e]; }
  /// Of a vertex of the pattern: a vertex outside is in no match. Vertices that the candidates of
  /// the edges lead to may lie outside, unless a condition of its own shuts them out.
  const VertexSet& vertex(std::size_t v) const { return vertices_[v]; }
  /// Whether the candidates say all that the negated edge says.
  bool settles(std::size_t negated_edge) const { return settled_[negated_edge] != 0; }

 private:
  void settle_negated_edges(const TransferGraph& graph);
  void build_edges(const TransferGraph& graph, const MotifConstraints& constraints);
  std::shared_ptr<const CandidateEdges> list_for(std::size_t e, const TransferGraph& graph,
                                                 const MotifConstraints& constraints) const;
  void reduce();
  void shrink_vertex(std::size_t v);
  bool shrink_edge(std::size_t e);
  std::size_t end_of(std::size_t e, End end) const;

  const MotifPattern& pattern_;
  std::shared_ptr<const CandidateEdges> all_;
  std::vector<std::shared_ptr<const CandidateEdges>> edges_;
  std::vector<VertexSet> vertices_;
  std::vector<char> settled_;
};

}  // namespace aml::graph
