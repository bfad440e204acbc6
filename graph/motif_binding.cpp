// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_binding.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <memory>
#include <set>

#include "graph/hubs.hpp"
#include "graph/motif_linear.hpp"

namespace aml::graph {
namespace {

/// The elements of the pattern that a condition asks about.
struct Elements {
  std::set<int> vertices;
  std::set<int> edges;
};

Elements elements_of(const Expression& condition) {
  Elements elements;
  for_each_node(condition, [&](const Expression& node) {
    if (node.kind != Expression::Kind::kColumn || node.slot < 0) return;
    (node.is_edge ? elements.edges : elements.vertices).insert(node.slot);
  });
  return elements;
}

std::vector<char> is_ever_bound(const MotifPattern& pattern) {
  std::vector<char> is_bound(pattern.vertices.size());
  for (std::size_t v = 0; v < is_bound.size(); ++v)
    is_bound[v] = pattern.vertices[v].empty() ? 0 : 1;
  for (const MotifEdge& edge : pattern.edges) {
    if (edge.negated) continue;
    is_bound[static_cast<std::size_t>(edge.source)] = 1;
    is_bound[static_cast<std::size_t>(edge.target)] = 1;
  }
  return is_bound;
}

/// Turns the conditions of one branch into constraints.
class BranchBinding {
 public:
  BranchBinding(const MotifQuery& query, std::size_t branch, const TransferGraph& graph,
                const GraphProperties& properties)
      : query_(query),
        branch_(query.branches[branch]),
        pattern_(query.motif.branches[branch].pattern),
        graph_(graph),
        properties_(properties) {}

  MotifConstraints run(const std::vector<char>& is_hub) && {
    constraints_.amounts.resize(pattern_.edges.size());
    constraints_.allowed_edges.resize(pattern_.edges.size());
    constraints_.allowed_vertices.resize(pattern_.vertices.size());
    constraints_.follows = branch_.follows;
    constraints_.time_order = query_.time_order;
    constraints_.window = query_.window;
    constraints_.distinct_vertices = query_.distinct_vertices;
    constraints_.distinct_edges = query_.distinct_edges;
    constraints_.symmetries = branch_.symmetries;
    leave_out(is_hub);
    sort_conditions();
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      apply_mask(edge_conditions_[e], graph_.num_edges(), true, e);
    }
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      apply_mask(vertex_conditions_[v], graph_.num_vertices(), false, v);
    }
    set_where();
    return std::move(constraints_);
  }

 private:
  void leave_out(const std::vector<char>& is_hub) {
    const std::vector<char> is_bound = is_ever_bound(pattern_);
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      if (!is_bound[v]) continue;
      clear_flags(constraints_.allowed_vertices[v], is_hub);
      if (!pattern_.vertices[v].empty()) {
        clear_flags(constraints_.allowed_vertices[v], properties_.is_dangling);
      }
    }
  }

  static void clear_flags(std::vector<char>& mask, const std::vector<char>& flags) {
    if (flags.empty()) return;
    if (mask.empty()) mask.assign(flags.size(), 1);
    for (std::size_t i = 0; i < flags.size(); ++i)
      if (flags[i] != 0) mask[i] = 0;
  }

  void sort_conditions() {
    edge_conditions_.resize(pattern_.edges.size());
    vertex_conditions_.resize(pattern_.vertices.size());
    std::vector<const Expression*> about_several;
    for (const Expression& condition : branch_.conditions) {
      const Elements elements = elements_of(condition);
      if (elements.edges.size() == 1 && elements.vertices.empty()) {
        const auto edge = static_cast<std::size_t>(*elements.edges.begin());
        if (!bounds_amount(condition, edge)) edge_conditions_[edge].push_back(&condition);
      } else if (elements.vertices.size() == 1 && elements.edges.empty()) {
        const auto vertex = static_cast<std::size_t>(*elements.vertices.begin());
        vertex_conditions_[vertex].push_back(&condition);
      } else if (!orders(condition)) {
        about_several.push_back(&condition);
      }
    }
    // After every condition that makes one transfer follow another, which windows build on.
    for (const Expression* condition : about_several) {
      if (!is_ratio(*condition) && !is_hop_window(*condition)) rest_.push_back(*condition);
    }
  }

  bool bounds_amount(const Expression& condition, std::size_t edge) {
    const auto linear = linear_condition(condition);
    if (!linear) return false;
    const auto bounds = amount_bounds(*linear, properties_.amount_scale);
    if (!bounds) return false;
    auto& all = constraints_.amounts[edge];
    all.at_least = std::max(all.at_least, bounds->at_least);
    all.below = std::min(all.below, bounds->below);
    return true;
  }

  /// "x.time < y.time" is what a strict order asks of x and y. Without an order there is no other
  /// condition on `follows`, so that it may become strict.
  bool orders(const Expression& condition) {
    if (query_.time_order == TimeOrder::kLoose) return false;
    const auto linear = linear_condition(condition);
    const auto difference = linear ? time_difference(*linear) : std::nullopt;
    if (!difference || difference->within != -1) return false;
    constraints_.time_order = TimeOrder::kStrict;
    // later - earlier <= -1: it is `earlier` that follows `later`.
    constraints_.follows.push_back({difference->later, difference->earlier});
    return true;
  }

  bool is_hop_window(const Expression& condition) {
    const auto linear = linear_condition(condition);
    const auto difference = linear ? time_difference(*linear) : std::nullopt;
    if (!difference || difference->within < 0) return false;
    for (MotifConstraints::Follows& follows : constraints_.follows) {
      if (follows.earlier != difference->earlier || follows.later != difference->later) continue;
      if (difference->within < follows.within) {
        follows.within = static_cast<Micros>(difference->within);
      }
      return true;
    }
    return false;
  }

  bool is_ratio(const Expression& condition) {
    const auto linear = linear_condition(condition);
    const auto ratio = linear ? amount_ratio(*linear) : std::nullopt;
    if (!ratio) return false;
    constraints_.ratios.push_back(*ratio);
    return true;
  }

  /// Clears the flag of each element of the graph for which a condition does not hold.
  void apply_mask(const std::vector<const Expression*>& conditions, std::size_t size, bool of_edges,
                  std::size_t slot) {
    if (conditions.empty()) return;
    auto& mask = (of_edges ? constraints_.allowed_edges : constraints_.allowed_vertices)[slot];
    if (mask.empty()) mask.assign(size, 1);
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, size), [&](const auto& range) {
      std::vector<Vertex> vertices(pattern_.vertices.size(), kNoVertex);
      std::vector<Edge> edges(pattern_.edges.size(), kNoEdge);
      const EvaluationInput input{graph_, properties_, {vertices, edges}};
      for (std::size_t i = range.begin(); i < range.end(); ++i) {
        (of_edges ? edges : vertices)[slot] = static_cast<std::uint32_t>(i);
        mask[i] = mask[i] && std::ranges::all_of(conditions, [&](const Expression* condition) {
                    return holds(*condition, input);
                  });
      }
    });
  }

  void set_where() {
    if (rest_.empty()) return;
    const auto conditions = std::make_shared<const std::vector<Expression>>(std::move(rest_));
    constraints_.where = [conditions, &graph = graph_,
                          &properties = properties_](const MotifMatch& match) {
      const EvaluationInput input{graph, properties, match};
      return std::ranges::all_of(
          *conditions, [&](const Expression& condition) { return holds(condition, input); });
    };
  }

  const MotifQuery& query_;
  const MotifQueryBranch& branch_;
  const MotifPattern& pattern_;
  const TransferGraph& graph_;
  const GraphProperties& properties_;

  MotifConstraints constraints_;
  std::vector<std::vector<const Expression*>> edge_conditions_;
  std::vector<std::vector<const Expression*>> vertex_conditions_;
  std::vector<Expression> rest_;
};

}  // namespace

BoundMotif bind_query(const MotifQuery& query, const TransferGraph& graph,
                      const GraphProperties& properties) {
  BoundMotif bound;
  std::vector<char> is_hub;
  if (query.max_counterparties > 0) is_hub = hub_vertices(graph, query.max_counterparties);
  bound.hubs = list_hubs(is_hub);
  for (std::size_t i = 0; i < query.branches.size(); ++i) {
    bound.branches.push_back(
        {query.motif.branches[i].pattern, BranchBinding(query, i, graph, properties).run(is_hub)});
  }
  return bound;
}

}  // namespace aml::graph
