// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_order.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace aml::graph {
namespace {

/// How many candidates an edge has, on average, at what is bound already.
class ExtensionEstimates {
 public:
  ExtensionEstimates(const TransferGraph& graph, const MotifPattern& pattern,
                     const MotifTimes& times, const MotifCandidates& candidates)
      : graph_(graph), pattern_(pattern), times_(times), candidates_(candidates) {
    Micros first = kLatest;
    Micros last = kEarliest;
    for (Vertex v = 0; v < graph.num_vertices(); ++v) {
      const EdgeRange out = graph.out_edges(v);
      if (out.empty()) continue;
      first = std::min(first, graph.booked_at(out.front()));
      last = std::max(last, graph.booked_at(out.back()));
    }
    span_ = first < last ? static_cast<double>(last) - static_cast<double>(first) : 0;
  }

  /// Of binding `edge` when the edges `placed` are bound, and the vertices flagged.
  double of_edge(std::size_t edge, const std::vector<std::size_t>& placed,
                 const std::vector<char>& is_bound) {
    const CandidateEdges& list = candidates_.edge(edge);
    const auto size = static_cast<double>(list.size());
    const auto share = [&](End end) {
      return std::max(1.0, static_cast<double>(list.vertices_at(end)));
    };
    const bool from_source = is_bound[end_of(edge, End::kSource)] != 0;
    const bool from_target = is_bound[end_of(edge, End::kTarget)] != 0;
    if (!from_source && !from_target) return size;
    const double in_time = share_in_time(edge, placed);
    if (from_source && from_target) {
      const bool is_loop = pattern_.edges[edge].source == pattern_.edges[edge].target;
      return in_time * size / share(End::kSource) / (is_loop ? 1 : share(End::kTarget));
    }
    const End at = from_source ? End::kSource : End::kTarget;
    for (const std::size_t p : placed) {
      for (const End end : {End::kSource, End::kTarget}) {
        if (end_of(p, end) != end_of(edge, at)) continue;
        const auto others = static_cast<double>(candidates_.edge(p).size());
        return others == 0 ? 0 : in_time * pairs(p, end, edge, at) / others;
      }
    }
    return in_time * size / share(at);
  }

  double of_vertex(std::size_t vertex) const { return candidates_.vertex(vertex).size; }

 private:
  std::size_t end_of(std::size_t edge, End end) const {
    return static_cast<std::size_t>(end == End::kSource ? pattern_.edges[edge].source
                                                        : pattern_.edges[edge].target);
  }

  /// The share of all times at which the edge may be booked once the others are.
  double share_in_time(std::size_t edge, const std::vector<std::size_t>& placed) const {
    double share = 1;
    for (const std::size_t p : placed) {
      const auto reach = [&](Micros gap) {
        return std::clamp(static_cast<double>(gap), 0.0, span_ / 2);
      };
      if (span_ == 0 || !times_.related(p, edge)) continue;
      share = std::min(share,
                       (reach(times_.max_gap(p, edge)) + reach(times_.max_gap(edge, p))) / span_);
    }
    return share;
  }

  /// The number of pairs of candidates of two edges that meet at a vertex.
  double pairs(std::size_t a, End end_of_a, std::size_t b, End end_of_b) {
    const CandidateEdges& one = candidates_.edge(a);
    const CandidateEdges& two = candidates_.edge(b);
    const auto [at, is_new] = pairs_.try_emplace({&one, end_of_a, &two, end_of_b}, 0.0);
    if (is_new) {
      double sum = 0;
      for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
        sum += static_cast<double>(one.at(end_of_a, v).size()) *
               static_cast<double>(two.at(end_of_b, v).size());
      }
      at->second = sum;
    }
    return at->second;
  }

  const TransferGraph& graph_;
  const MotifPattern& pattern_;
  const MotifTimes& times_;
  const MotifCandidates& candidates_;
  double span_ = 0;
  std::map<std::tuple<const CandidateEdges*, End, const CandidateEdges*, End>, double> pairs_;
};

/// Builds one order, step by step.
class OrderBuilder {
 public:
  OrderBuilder(const MotifPattern& pattern, const DroppedElements& dropped,
               ExtensionEstimates& estimates)
      : pattern_(pattern),
        dropped_(dropped),
        estimates_(estimates),
        is_bound_(pattern.vertices.size(), 0),
        is_done_(pattern.edges.size(), 0) {}

  /// What may come next: while there is any, elements that tell rows apart.
  std::vector<MotifStep> choices() const {
    std::vector<MotifStep> choices;
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (!pattern_.edges[e].negated && !is_done_[e] && !dropped_.edges[e]) {
        choices.push_back({MotifStep::Kind::kEdge, e, 0, 0});
      }
    }
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      if (!is_bound_[v] && tells_alone(v)) add_vertex_choices(v, choices);
    }
    if (!choices.empty()) return choices;
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (!pattern_.edges[e].negated && !is_done_[e]) {
        choices.push_back({MotifStep::Kind::kEdge, e, 0, 0});
      }
    }
    return choices;
  }

  double extension(const MotifStep& step) {
    switch (step.kind) {
      case MotifStep::Kind::kEdge:
        return estimates_.of_edge(step.element, placed_, is_bound_);
      case MotifStep::Kind::kNeighbour:
        return estimates_.of_edge(step.over, placed_, is_bound_);
      case MotifStep::Kind::kVertex:
        return estimates_.of_vertex(step.element);
    }
    return 0;
  }

  void take(MotifStep step) {
    rows_ *= extension(step);
    step.estimated_rows = rows_;
    order_.cost += rows_;
    if (step.kind == MotifStep::Kind::kEdge) {
      const MotifEdge& edge = pattern_.edges[step.element];
      is_done_[step.element] = 1;
      placed_.push_back(step.element);
      is_bound_[static_cast<std::size_t>(edge.source)] = 1;
      is_bound_[static_cast<std::size_t>(edge.target)] = 1;
    } else {
      is_bound_[step.element] = 1;
    }
    const bool tells = step.kind != MotifStep::Kind::kEdge || dropped_.edges[step.element] == 0;
    if (tells) ++order_.num_telling_steps;
    order_.steps.push_back(step);
  }

  void take_the_rest() {
    for (auto next = choices(); !next.empty(); next = choices()) {
      const auto rank = [&](const MotifStep& step) {
        return std::pair(!is_attached(step), extension(step));
      };
      take(*std::ranges::min_element(next, {}, rank));
    }
  }

  MotifOrder order() && { return std::move(order_); }

 private:
  /// A vertex that rows show and that no edge which rows show leads to.
  bool tells_alone(std::size_t v) const {
    if (dropped_.vertices[v] || pattern_.vertices[v].empty()) return false;
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (!pattern_.edges[e].negated && !dropped_.edges[e] && touches(e, v)) return false;
    }
    return true;
  }

  void add_vertex_choices(std::size_t v, std::vector<MotifStep>& choices) const {
    bool attached = false;
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (pattern_.edges[e].negated || !dropped_.edges[e] || !touches(e, v)) continue;
      const auto source = static_cast<std::size_t>(pattern_.edges[e].source);
      const auto target = static_cast<std::size_t>(pattern_.edges[e].target);
      if (!is_bound_[source] && !is_bound_[target]) continue;
      choices.push_back({MotifStep::Kind::kNeighbour, v, e, 0});
      attached = true;
    }
    if (!attached) choices.push_back({MotifStep::Kind::kVertex, v, 0, 0});
  }

  /// Whether what is bound leads to the element. Others make a cross product.
  bool is_attached(const MotifStep& step) const {
    if (step.kind != MotifStep::Kind::kEdge) return step.kind == MotifStep::Kind::kNeighbour;
    const MotifEdge& edge = pattern_.edges[step.element];
    return is_bound_[static_cast<std::size_t>(edge.source)] ||
           is_bound_[static_cast<std::size_t>(edge.target)];
  }

  bool touches(std::size_t e, std::size_t v) const {
    return pattern_.edges[e].source == static_cast<int>(v) ||
           pattern_.edges[e].target == static_cast<int>(v);
  }

  const MotifPattern& pattern_;
  const DroppedElements& dropped_;
  ExtensionEstimates& estimates_;
  std::vector<char> is_bound_;
  std::vector<char> is_done_;
  std::vector<std::size_t> placed_;
  double rows_ = 1;
  MotifOrder order_;
};

}  // namespace

MotifOrder order_motif(const TransferGraph& graph, const MotifPattern& pattern,
                       const MotifTimes& times, const MotifCandidates& candidates,
                       const DroppedElements& dropped) {
  ExtensionEstimates estimates(graph, pattern, times, candidates);
  MotifOrder best;
  best.cost = std::numeric_limits<double>::infinity();
  for (const MotifStep& first : OrderBuilder(pattern, dropped, estimates).choices()) {
    OrderBuilder builder(pattern, dropped, estimates);
    builder.take(first);
    builder.take_the_rest();
    MotifOrder order = std::move(builder).order();
    if (order.cost < best.cost || best.steps.empty()) best = std::move(order);
  }
  return best;
}

}  // namespace aml::graph
