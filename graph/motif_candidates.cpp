// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_candidates.hpp"

#include <algorithm>

namespace aml::graph {
namespace {

void keep_only(VertexSet& set, Vertex vertices, const auto& keep) {
  if (set.has.empty()) set.has.assign(vertices, 1);
  for (Vertex v = 0; v < vertices; ++v) {
    if (set.has[v] == 0 || keep(v)) continue;
    set.has[v] = 0;
    --set.size;
  }
}

}  // namespace

CandidateEdges::CandidateEdges(const TransferGraph& graph)
    : sides_{{graph.out_offsets(), graph.targets(), {}, graph.times()},
             {graph.in_offsets(), graph.in_sources(), graph.in_edge_ids(), graph.in_times()}},
      vertices_at_{graph.num_vertices(), graph.num_vertices()} {}

/// Each transfer is judged once, on the source side, where what it takes lies side by side; the
/// target side looks up a bit.
template <typename Keep>
CandidateEdges::CandidateEdges(const CandidateEdges& from, const Keep& keep) {
  const Edge size = from.size();
  std::vector<bool> kept(size == 0 ? 0 : std::size_t{from.edge(End::kSource, size - 1)} + 1);
  std::size_t num_kept = 0;
  for (Vertex v = 0; v < from.num_vertices(); ++v) {
    for (const Edge position : from.at(End::kSource, v)) {
      const Edge e = from.edge(End::kSource, position);
      if (!keep(e, v, from.other(End::kSource, position))) continue;
      kept[e] = true;
      ++num_kept;
    }
  }
  copy_side(from, End::kSource, kept, num_kept);
  copy_side(from, End::kTarget, kept, num_kept);
}

void CandidateEdges::copy_side(const CandidateEdges& from, End end, const std::vector<bool>& kept,
                               std::size_t size) {
  OwnedSide& owned = owned_[static_cast<std::size_t>(end)];
  owned.others.reserve(size);
  owned.edges.reserve(size);
  owned.times.reserve(size);
  owned.offsets.reserve(std::size_t{from.num_vertices()} + 1);
  owned.offsets.push_back(0);
  for (Vertex v = 0; v < from.num_vertices(); ++v) {
    for (const Edge position : from.at(end, v)) {
      const Edge e = from.edge(end, position);
      if (!kept[e]) continue;
      owned.others.push_back(from.other(end, position));
      owned.edges.push_back(e);
      owned.times.push_back(from.booked_at(end, position));
    }
    owned.offsets.push_back(static_cast<Edge>(owned.edges.size()));
  }
  Vertex vertices = 0;
  for (Vertex v = 0; v < from.num_vertices(); ++v) {
    if (owned.offsets[v] != owned.offsets[v + 1]) ++vertices;
  }
  vertices_at_[static_cast<std::size_t>(end)] = vertices;
  sides_[static_cast<std::size_t>(end)] = {owned.offsets, owned.others, owned.edges, owned.times};
}

Vertex CandidateEdges::vertex_at(End end, Edge position) const {
  const auto offsets = side(end).offsets;
  return static_cast<Vertex>(std::ranges::upper_bound(offsets, position) - offsets.begin() - 1);
}

EdgeRange CandidateEdges::booked_in(End end, EdgeRange range, Micros first, Micros last) const {
  // Most vertices have few candidates: to count them all beats a search whose branches no
  // processor can foresee.
  constexpr std::size_t kFew = 16;
  const Micros* const times = side(end).times.data();
  Edge begin = *range.begin();
  Edge finish = begin;
  if (range.size() <= kFew) {
    for (const Edge position : range) {
      begin += times[position] < first ? 1 : 0;
      finish += times[position] <= last ? 1 : 0;
    }
  } else {
    const Micros* const to = times + *range.end();
    begin = static_cast<Edge>(std::lower_bound(times + begin, to, first) - times);
    finish = static_cast<Edge>(std::upper_bound(times + begin, to, last) - times);
  }
  return {begin, std::max(begin, finish)};
}

MotifCandidates::MotifCandidates(const TransferGraph& graph, const MotifPattern& pattern,
                                 const MotifConstraints& constraints)
    : pattern_(pattern),
      all_(std::make_shared<const CandidateEdges>(graph)),
      edges_(pattern.edges.size()),
      vertices_(pattern.vertices.size(), VertexSet{{}, graph.num_vertices()}),
      settled_(pattern.edges.size(), 0) {
  for (std::size_t v = 0; v < constraints.allowed_vertices.size(); ++v) {
    const std::vector<char>& mask = constraints.allowed_vertices[v];
    if (mask.empty()) continue;
    keep_only(vertices_[v], graph.num_vertices(), [&](Vertex x) { return mask[x] != 0; });
  }
  settle_negated_edges(graph);
  build_edges(graph, constraints);
  reduce();
}

std::size_t MotifCandidates::end_of(std::size_t e, End end) const {
  const MotifEdge& edge = pattern_.edges[e];
  return static_cast<std::size_t>(end == End::kSource ? edge.source : edge.target);
}

/// A negated edge between a vertex and itself, or between a vertex and one that nothing binds, says
/// something about that vertex alone.
void MotifCandidates::settle_negated_edges(const TransferGraph& graph) {
  const auto is_bound = [&](std::size_t v) {
    return !pattern_.vertices[v].empty() ||
           std::ranges::any_of(pattern_.edges, [&](const MotifEdge& edge) {
             return !edge.negated &&
                    (edge.source == static_cast<int>(v) || edge.target == static_cast<int>(v));
           });
  };
  for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
    if (!pattern_.edges[e].negated) continue;
    const std::size_t source = end_of(e, End::kSource);
    const std::size_t target = end_of(e, End::kTarget);
    const auto shut_out = [&](std::size_t v, const auto& keep) {
      keep_only(vertices_[v], graph.num_vertices(), keep);
      settled_[e] = 1;
    };
    if (source == target) {
      shut_out(source, [&](Vertex v) {
        return std::ranges::none_of(graph.out_edges(v),
                                    [&](Edge out) { return graph.target(out) == v; });
      });
    } else if (!is_bound(target)) {
      shut_out(source, [&](Vertex v) { return graph.out_edges(v).empty(); });
    } else if (!is_bound(source)) {
      shut_out(target, [&](Vertex v) { return graph.in_edges(v).empty(); });
    }
  }
}

namespace {

/// Whether two edges of the pattern put the same conditions on a transfer alone.
class SameConditions {
 public:
  SameConditions(const MotifPattern& pattern, const MotifConstraints& constraints,
                 const std::vector<VertexSet>& vertices)
      : pattern_(pattern), constraints_(constraints), vertices_(vertices) {}

  bool operator()(std::size_t a, std::size_t b) const {
    const MotifEdge& one = pattern_.edges[a];
    const MotifEdge& two = pattern_.edges[b];
    return same_amounts(a, b) && same_masks(a, b) && same_set(one.source, two.source) &&
           same_set(one.target, two.target) &&
           (one.source == one.target) == (two.source == two.target);
  }

 private:
  bool same_amounts(std::size_t a, std::size_t b) const {
    if (constraints_.amounts.empty()) return true;
    const auto& one = constraints_.amounts[a];
    const auto& two = constraints_.amounts[b];
    return one.at_least == two.at_least && one.below == two.below;
  }
  bool same_masks(std::size_t a, std::size_t b) const {
    return constraints_.allowed_edges.empty() ||
           constraints_.allowed_edges[a] == constraints_.allowed_edges[b];
  }
  bool same_set(int a, int b) const {
    return a == b ||
           vertices_[static_cast<std::size_t>(a)].has == vertices_[static_cast<std::size_t>(b)].has;
  }

  const MotifPattern& pattern_;
  const MotifConstraints& constraints_;
  const std::vector<VertexSet>& vertices_;
};

}  // namespace

void MotifCandidates::build_edges(const TransferGraph& graph, const MotifConstraints& constraints) {
  const SameConditions same(pattern_, constraints, vertices_);
  for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
    if (pattern_.edges[e].negated) continue;
    for (std::size_t other = 0; other < e && edges_[e] == nullptr; ++other) {
      if (edges_[other] != nullptr && same(e, other)) edges_[e] = edges_[other];
    }
    if (edges_[e] == nullptr) edges_[e] = list_for(e, graph, constraints);
  }
}

std::shared_ptr<const CandidateEdges> MotifCandidates::list_for(
    std::size_t e, const TransferGraph& graph, const MotifConstraints& constraints) const {
  const MotifConstraints::AmountBounds any;
  const auto amount = constraints.amounts.empty() ? any : constraints.amounts[e];
  const std::vector<char> none;
  const auto& mask = constraints.allowed_edges.empty() ? none : constraints.allowed_edges[e];
  const VertexSet& sources = vertices_[end_of(e, End::kSource)];
  const VertexSet& targets = vertices_[end_of(e, End::kTarget)];
  const bool is_loop = end_of(e, End::kSource) == end_of(e, End::kTarget);
  if (amount.at_least == any.at_least && amount.below == any.below && mask.empty() &&
      sources.has.empty() && targets.has.empty() && !is_loop) {
    return all_;
  }
  return std::make_shared<const CandidateEdges>(
      *all_, [&](Edge candidate, Vertex source, Vertex target) {
        const MinorUnits minor = graph.amount_minor(candidate);
        return minor >= amount.at_least && minor < amount.below &&
               (mask.empty() || mask[candidate] != 0) && sources.holds(source) &&
               targets.holds(target) && (!is_loop || source == target);
      });
}

/// Semijoins until a round changes little: a list is copied only if that leaves out a good part of
/// it, and the graph's own, which costs most to copy, only for half of its vertices.
void MotifCandidates::reduce() {
  bool changed = true;
  while (changed) {
    for (std::size_t v = 0; v < vertices_.size(); ++v) shrink_vertex(v);
    changed = false;
    for (std::size_t e = 0; e < edges_.size(); ++e) {
      if (edges_[e] != nullptr && shrink_edge(e)) changed = true;
    }
  }
}

void MotifCandidates::shrink_vertex(std::size_t v) {
  for (std::size_t e = 0; e < edges_.size(); ++e) {
    if (edges_[e] == nullptr) continue;
    for (const End end : {End::kSource, End::kTarget}) {
      if (end_of(e, end) != v || (edges_[e] == all_ && vertices_[v].has.empty())) continue;
      keep_only(vertices_[v], all_->num_vertices(),
                [&](Vertex x) { return !edges_[e]->at(end, x).empty(); });
    }
  }
}

bool MotifCandidates::shrink_edge(std::size_t e) {
  const auto loses_much = [&](End end) {
    const Vertex now = vertices_[end_of(e, end)].size;
    if (edges_[e] == all_) return now < all_->num_vertices() / 2;
    return std::uint64_t{now} * 4 < std::uint64_t{edges_[e]->vertices_at(end)} * 3;
  };
  if (!loses_much(End::kSource) && !loses_much(End::kTarget)) return false;
  const VertexSet& sources = vertices_[end_of(e, End::kSource)];
  const VertexSet& targets = vertices_[end_of(e, End::kTarget)];
  edges_[e] =
      std::make_shared<const CandidateEdges>(*edges_[e], [&](Edge, Vertex source, Vertex target) {
        return sources.holds(source) && targets.holds(target);
      });
  return true;
}

}  // namespace aml::graph
