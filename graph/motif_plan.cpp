// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_plan.hpp"

#include <algorithm>

#include "graph/motif_order.hpp"

namespace aml::graph {
namespace {

/// The constraints themselves, once they have been found to be ones of the pattern.
const MotifConstraints& validated(const TransferGraph& graph, const MotifPattern& pattern,
                                  const MotifConstraints& constraints) {
  validate(graph, pattern, constraints);
  return constraints;
}

/// The largest number of candidates from one vertex to one other. Cost: O(n + m).
Edge most_parallel(const CandidateEdges& edges) {
  std::vector<Edge> seen(edges.num_vertices(), 0);
  Edge most = 0;
  for (Vertex v = 0; v < edges.num_vertices(); ++v) {
    const EdgeRange range = edges.at(End::kSource, v);
    for (const Edge position : range) {
      most = std::max(most, ++seen[edges.other(End::kSource, position)]);
    }
    for (const Edge position : range) seen[edges.other(End::kSource, position)] = 0;
  }
  return most;
}

/// What the messages of a tree cost, in passes over the transfers.
double cost_of(const MotifTree& tree) {
  double cost = 0;
  for (const MotifTreeNode& node : tree.nodes) {
    const bool is_leaf = node.near_children.empty() && node.far_children.empty();
    cost += is_leaf && !node.linked ? 0.1 : 1;
    cost += static_cast<double>(node.near_children.size());
    for (const std::size_t child : node.far_children) cost += tree.nodes[child].linked ? 4 : 0;
  }
  return cost;
}

}  // namespace

MotifTree cheapest_tree(const MotifShape& shape, std::size_t component) {
  const std::vector<std::size_t>& roots = shape.vertices(component);
  MotifTree best = shape.tree(roots.front());
  for (const std::size_t root : roots) {
    MotifTree tree = shape.tree(root);
    if (cost_of(tree) < cost_of(best)) best = std::move(tree);
  }
  return best;
}

MotifPlan::MotifPlan(const TransferGraph& graph, const MotifPattern& pattern,
                     const MotifConstraints& constraints)
    : graph_(graph),
      pattern_(pattern),
      constraints_(validated(graph, pattern, constraints)),
      times_(pattern, constraints),
      candidates_(graph, pattern, constraints),
      shape_(pattern, constraints, times_, candidates_),
      dropped_(dropped_elements(pattern)) {
  MotifOrder order = order_motif(graph, pattern, times_, candidates_, dropped_);
  steps_ = std::move(order.steps);
  num_telling_steps_ = order.num_telling_steps;
  const bool follows_itself = std::ranges::any_of(
      constraints.follows,
      [](const MotifConstraints::Follows& follows) { return follows.earlier == follows.later; });
  is_satisfiable_ = !steps_.empty() && times_.satisfiable() && !follows_itself;
}

MotifEstimate MotifPlan::estimate() const {
  if (!is_satisfiable_) return {.rows_at_most = 0, .exact = true, .overflowed = false};
  CheckedArithmetic arithmetic;
  RowCount rows = 1;
  for (std::size_t component = 0; component < shape_.num_components(); ++component) {
    RowCount of_component = 0;
    for (const RowCount at_root :
         factor_rows(graph_, candidates_, cheapest_tree(shape_, component), arithmetic)) {
      of_component = arithmetic.add(of_component, at_root);
    }
    for (const std::size_t e : shape_.closing_edges(component)) {
      of_component = arithmetic.multiply(of_component, most_parallel(candidates_.edge(e)));
    }
    rows = arithmetic.multiply(rows, of_component);
  }
  if (arithmetic.overflowed()) return {kRowsMax, shape_.is_exact(), true};
  return {rows, shape_.is_exact(), false};
}

}  // namespace aml::graph
