// SPDX-License-Identifier: Apache-2.0
#include "graph/motif.hpp"

#include <algorithm>
#include <set>

namespace aml::graph {
namespace {

constexpr Micros kEarliest = std::numeric_limits<Micros>::min();
constexpr Micros kLatest = std::numeric_limits<Micros>::max();

/// a + b and a - b for b >= 0, held inside the range of Micros.
Micros later_by(Micros a, Micros b) {
  return a > kLatest - b ? kLatest : a + b;
}
Micros earlier_by(Micros a, Micros b) {
  return a < kEarliest + b ? kEarliest : a - b;
}

/// One step of the search: bind an edge, bind a vertex that no positive edge binds, or check that
/// an edge is absent.
struct Step {
  enum class Kind { kBindEdge, kBindVertex, kCheckAbsent };
  Kind kind;
  std::size_t index;  ///< of the pattern's edge or vertex
};

/// Orders the pattern: next comes the edge with most endpoints bound already, in case of doubt the
/// one written first; an absent edge is checked as soon as its endpoints are bound; vertices that
/// occur only on their own or in negated terms come last.
class Planner {
 public:
  explicit Planner(const MotifPattern& pattern)
      : pattern_(pattern),
        is_vertex_bound_(pattern.vertices.size()),
        is_edge_done_(pattern.edges.size()) {}

  std::vector<Step> plan() && {
    for (std::size_t next = best_edge(); next < pattern_.edges.size(); next = best_edge()) {
      is_edge_done_[next] = 1;
      steps_.push_back({Step::Kind::kBindEdge, next});
      is_vertex_bound_[source(next)] = 1;
      is_vertex_bound_[target(next)] = 1;
      add_checks();
    }
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      // An anonymous vertex that is still unbound belongs to a negated edge: any vertex will do
      // there.
      if (is_vertex_bound_[v] || pattern_.vertices[v].empty()) continue;
      steps_.push_back({Step::Kind::kBindVertex, v});
      is_vertex_bound_[v] = 1;
      add_checks();
    }
    return std::move(steps_);
  }

 private:
  std::size_t source(std::size_t e) const {
    return static_cast<std::size_t>(pattern_.edges[e].source);
  }
  std::size_t target(std::size_t e) const {
    return static_cast<std::size_t>(pattern_.edges[e].target);
  }

  std::size_t best_edge() const {
    std::size_t best = pattern_.edges.size();
    int most_bound = -1;
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (is_edge_done_[e] || pattern_.edges[e].negated) continue;
      const int bound = is_vertex_bound_[source(e)] + is_vertex_bound_[target(e)];
      if (bound > most_bound) {
        most_bound = bound;
        best = e;
      }
    }
    return best;
  }

  void add_checks() {
    const auto ready = [&](std::size_t v) {
      return is_vertex_bound_[v] || pattern_.vertices[v].empty();
    };
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (!pattern_.edges[e].negated || is_edge_done_[e] || !ready(source(e)) ||
          !ready(target(e))) {
        continue;
      }
      is_edge_done_[e] = 1;
      steps_.push_back({Step::Kind::kCheckAbsent, e});
    }
  }

  const MotifPattern& pattern_;
  std::vector<char> is_vertex_bound_;
  std::vector<char> is_edge_done_;
  std::vector<Step> steps_;
};

/// booked_at of the earliest and latest edge bound so far.
struct TimeSpan {
  Micros first = kLatest;
  Micros last = kEarliest;
};

class Search {
 public:
  Search(const TransferGraph& graph, const MotifPattern& pattern,
         const MotifConstraints& constraints, const std::function<void(const MotifMatch&)>& visit)
      : graph_(graph),
        pattern_(pattern),
        constraints_(constraints),
        visit_(visit),
        steps_(Planner(pattern).plan()),
        vertices_(pattern.vertices.size(), kNoVertex),
        edges_(pattern.edges.size(), kNoEdge),
        dropped_(dropped_elements(pattern)) {}

  MotifSearch run() && {
    if (!steps_.empty()) advance(0, {});
    return result_;
  }

 private:
  void advance(std::size_t depth, TimeSpan span) {
    if (depth == steps_.size()) return emit();
    const auto [kind, index] = steps_[depth];
    switch (kind) {
      case Step::Kind::kBindEdge:
        return bind_edge(index, depth, span);
      case Step::Kind::kBindVertex:
        return bind_vertex(index, depth, span);
      case Step::Kind::kCheckAbsent: {
        bool present = false;
        for_each_candidate(pattern_.edges[index], kEarliest, kLatest,
                           [&](Edge, Vertex, Vertex) { return !(present = true); });
        if (!present && !result_.truncated) advance(depth + 1, span);
      }
    }
  }

  void bind_edge(std::size_t index, std::size_t depth, TimeSpan span) {
    const auto source = static_cast<std::size_t>(pattern_.edges[index].source);
    const auto target = static_cast<std::size_t>(pattern_.edges[index].target);
    const bool binds_source = vertices_[source] == kNoVertex;
    const bool binds_target = vertices_[target] == kNoVertex && source != target;
    const auto [from, to] = allowed_times(index, span);
    for_each_candidate(pattern_.edges[index], from, to, [&](Edge e, Vertex payer, Vertex payee) {
      if (!edge_allowed(index, e, span)) return true;
      if (binds_source && !vertex_allowed(source, payer)) return true;
      if (binds_target && (!vertex_allowed(target, payee) ||
                           (binds_source && constraints_.distinct_vertices && payer == payee))) {
        return true;
      }
      if (binds_source) vertices_[source] = payer;
      if (binds_target) vertices_[target] = payee;
      edges_[index] = e;
      const Micros at = graph_.booked_at(e);
      advance(depth + 1, {std::min(span.first, at), std::max(span.last, at)});
      edges_[index] = kNoEdge;
      if (binds_source) vertices_[source] = kNoVertex;
      if (binds_target) vertices_[target] = kNoVertex;
      return !result_.truncated;
    });
  }

  void bind_vertex(std::size_t index, std::size_t depth, TimeSpan span) {
    for (Vertex v = 0; v < graph_.num_vertices() && count_step(); ++v) {
      if (!vertex_allowed(index, v)) continue;
      vertices_[index] = v;
      advance(depth + 1, span);
      vertices_[index] = kNoVertex;
    }
  }

  /// Calls use(edge, source, target) for the transfers in [from, to) that fit the endpoints bound
  /// so far, until it says false or the steps are spent. Looks from the endpoint with fewer
  /// candidates; the order is the same from either.
  template <typename Use>
  void for_each_candidate(const MotifEdge& edge, Micros from, Micros to, const Use& use) {
    const Vertex source = vertices_[static_cast<std::size_t>(edge.source)];
    const Vertex target = vertices_[static_cast<std::size_t>(edge.target)];
    const auto use_out_edges = [&](Vertex payer, EdgeRange range) {
      for (const Edge e : range) {
        if (!count_step()) return false;
        if (!fits(edge, payer, graph_.target(e), source, target)) continue;
        if (!use(e, payer, graph_.target(e))) return false;
      }
      return true;
    };
    if (source == kNoVertex && target == kNoVertex) {
      for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
        if (!use_out_edges(v, graph_.out_edges(v, from, to))) return;
      }
      return;
    }
    const EdgeRange out = source == kNoVertex ? EdgeRange() : graph_.out_edges(source, from, to);
    const EdgeRange in = target == kNoVertex ? EdgeRange() : graph_.in_edges(target, from, to);
    if (target == kNoVertex || (source != kNoVertex && out.size() <= in.size())) {
      use_out_edges(source, out);
      return;
    }
    for (const Edge position : in) {
      if (!count_step()) return;
      const Vertex payer = graph_.in_source(position);
      if (!fits(edge, payer, target, source, target)) continue;
      if (!use(graph_.in_edge(position), payer, target)) return;
    }
  }

  static bool fits(const MotifEdge& edge, Vertex payer, Vertex payee, Vertex source,
                   Vertex target) {
    return (source == kNoVertex || payer == source) && (target == kNoVertex || payee == target) &&
           (edge.source != edge.target || payer == payee);
  }

  /// The half-open range of times outside which an edge would break the window or follow the wrong
  /// way.
  std::pair<Micros, Micros> allowed_times(std::size_t index, TimeSpan span) const {
    Micros first = kEarliest;
    Micros last = kLatest;
    if (span.first <= span.last) {
      first = earlier_by(span.last, constraints_.window);
      last = later_by(span.first, constraints_.window);
    }
    if (constraints_.time_order != TimeOrder::kNone) {
      for (const MotifConstraints::Follows& follows : constraints_.follows) {
        const Edge before = edges_[static_cast<std::size_t>(follows.earlier)];
        const Edge after = edges_[static_cast<std::size_t>(follows.later)];
        if (static_cast<std::size_t>(follows.later) == index && before != kNoEdge) {
          first = std::max(first, graph_.booked_at(before));
        }
        if (static_cast<std::size_t>(follows.earlier) == index && after != kNoEdge) {
          last = std::min(last, graph_.booked_at(after));
        }
      }
    }
    return {first, later_by(last, 1)};
  }

  bool edge_allowed(std::size_t index, Edge e, TimeSpan span) const {
    const Micros at = graph_.booked_at(e);
    if (span.first <= span.last && (at < earlier_by(span.last, constraints_.window) ||
                                    at > later_by(span.first, constraints_.window))) {
      return false;
    }
    if (!constraints_.amounts.empty()) {
      const auto& [at_least, below] = constraints_.amounts[index];
      const MinorUnits amount = graph_.amount_minor(e);
      if (amount < at_least || amount >= below) return false;
    }
    if (!mask_allows(constraints_.allowed_edges, index, e)) return false;
    if (constraints_.distinct_edges && std::ranges::find(edges_, e) != edges_.end()) return false;
    return follows_allowed(index, e) && ratios_allowed(index, e);
  }

  bool follows_allowed(std::size_t index, Edge e) const {
    return std::ranges::all_of(constraints_.follows, [&](const MotifConstraints::Follows& follows) {
      const Edge earlier = bound_with(follows.earlier, index, e);
      const Edge later = bound_with(follows.later, index, e);
      return earlier == kNoEdge || later == kNoEdge ||
             (graph_.may_follow(earlier, later, constraints_.time_order) &&
              graph_.booked_at(later) <= later_by(graph_.booked_at(earlier), follows.within));
    });
  }

  bool ratios_allowed(std::size_t index, Edge e) const {
    return std::ranges::all_of(
        constraints_.ratios, [&](const MotifConstraints::AmountRatio& ratio) {
          const Edge earlier = bound_with(ratio.earlier, index, e);
          const Edge later = bound_with(ratio.later, index, e);
          if (earlier == kNoEdge || later == kNoEdge) return true;
          const MinorSum base = graph_.amount_minor(earlier);
          const MinorSum scaled = MinorSum{graph_.amount_minor(later)} * 1000;
          const MotifConstraints::AmountRatio any;
          return (ratio.at_least_permille == any.at_least_permille ||
                  base * ratio.at_least_permille <= scaled) &&
                 (ratio.at_most_permille == any.at_most_permille ||
                  scaled <= base * ratio.at_most_permille);
        });
  }

  /// What a pattern edge is bound to if edge `index` is bound to e.
  Edge bound_with(int pattern_edge, std::size_t index, Edge e) const {
    const auto edge = static_cast<std::size_t>(pattern_edge);
    return edge == index ? e : edges_[edge];
  }

  bool vertex_allowed(std::size_t index, Vertex v) const {
    if (!mask_allows(constraints_.allowed_vertices, index, v)) return false;
    return !constraints_.distinct_vertices || std::ranges::find(vertices_, v) == vertices_.end();
  }

  static bool mask_allows(const std::vector<std::vector<char>>& masks, std::size_t index,
                          std::uint32_t element) {
    return masks.empty() || masks[index].empty() || masks[index][element] != 0;
  }

  bool count_step() {
    if (result_.steps == constraints_.max_steps) result_.truncated = true;
    if (result_.truncated) return false;
    ++result_.steps;
    return true;
  }

  void emit() {
    const MotifMatch match{vertices_, edges_};
    if (!is_smallest_arrangement()) return;
    if (constraints_.where && !constraints_.where(match)) return;
    if (dropped_.any && !emitted_.insert(row(nullptr)).second) return;
    ++result_.matches;
    visit_(match);
  }

  bool is_smallest_arrangement() const {
    return std::ranges::none_of(constraints_.symmetries, [&](const Symmetry& symmetry) {
      return row(&symmetry) < row(nullptr);
    });
  }

  /// The match without its dropped elements: edges, then vertices; arranged by the symmetry, if
  /// there is one.
  std::vector<std::uint32_t> row(const Symmetry* symmetry) const {
    const auto image = [](const std::vector<int>& permutation, std::size_t i) {
      return static_cast<std::size_t>(permutation[i]);
    };
    std::vector<std::uint32_t> row;
    for (std::size_t e = 0; e < edges_.size(); ++e) {
      if (dropped_.edges[e]) continue;
      row.push_back(edges_[symmetry == nullptr ? e : image(symmetry->edges, e)]);
    }
    for (std::size_t v = 0; v < vertices_.size(); ++v) {
      if (dropped_.vertices[v]) continue;
      row.push_back(vertices_[symmetry == nullptr ? v : image(symmetry->vertices, v)]);
    }
    return row;
  }

  const TransferGraph& graph_;
  const MotifPattern& pattern_;
  const MotifConstraints& constraints_;
  const std::function<void(const MotifMatch&)>& visit_;
  const std::vector<Step> steps_;

  std::vector<Vertex> vertices_;
  std::vector<Edge> edges_;
  const DroppedElements dropped_;
  std::set<std::vector<std::uint32_t>> emitted_;
  MotifSearch result_;
};

}  // namespace

MotifSearch find_motif(const TransferGraph& graph, const MotifPattern& pattern,
                       const MotifConstraints& constraints,
                       const std::function<void(const MotifMatch&)>& visit) {
  validate(graph, pattern, constraints);
  return Search(graph, pattern, constraints, visit).run();
}

}  // namespace aml::graph
