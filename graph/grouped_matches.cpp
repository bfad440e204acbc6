// SPDX-License-Identifier: Apache-2.0
#include "graph/grouped_matches.hpp"

#include <algorithm>

namespace aml::graph {

using Kind = Expression::Kind;

std::optional<MotifGroup> finished_group(const MotifGrouping& grouping, const TransferGraph& graph,
                                         const GraphProperties& properties, Vertex vertex,
                                         std::span<const Value> aggregates) {
  const EvaluationInput input{graph, properties, {}, aggregates};
  if (grouping.having && !holds(*grouping.having, input)) return std::nullopt;
  MotifGroup group{vertex, {}};
  for (const MotifGrouping::Column& column : grouping.columns) {
    group.values.push_back(evaluate(column.value, input));
  }
  return group;
}

GroupedMatches::GroupedMatches(const MotifQuery& query, const TransferGraph& graph,
                               const GraphProperties& properties)
    : grouping_(query.grouping.value()), graph_(graph), properties_(properties) {
  for (const MotifBranch& branch : query.motif.branches) {
    const auto& vertices = branch.pattern.vertices;
    const auto at = std::ranges::find(vertices, grouping_.vertex);
    group_slots_.push_back(static_cast<int>(at - vertices.begin()));
    aggregates_.emplace_back();
    for (const Expression& aggregate : grouping_.aggregates) {
      aggregates_.back().push_back(placed(aggregate, branch.pattern));
    }
  }
}

void GroupedMatches::add(std::size_t branch, const MotifMatch& match) {
  const Vertex vertex = match.vertices[static_cast<std::size_t>(group_slots_[branch])];
  std::vector<State>& states = states_[vertex];
  states.resize(aggregates_[branch].size());
  const EvaluationInput input{graph_, properties_, match};
  for (std::size_t i = 0; i < states.size(); ++i) update(states[i], aggregates_[branch][i], input);
}

void GroupedMatches::update(State& state, const Expression& aggregate,
                            const EvaluationInput& input) const {
  ++state.rows;
  if (aggregate.kind == Kind::kCountRows) return;
  const Expression& operand = aggregate.operands[0];
  if (operand.kind == Kind::kElement) {
    if (operand.slot < 0) return;
    const auto slot = static_cast<std::size_t>(operand.slot);
    state.elements.insert(operand.is_edge ? input.match.edges[slot] : input.match.vertices[slot]);
    return;
  }
  const Value value = evaluate(operand, input);
  if (is_null(value)) return;
  if (!is_null(state.value) && aggregate.kind == Kind::kSum) {
    state.value = std::get<Decimal>(state.value) + std::get<Decimal>(value);
  } else if (is_null(state.value) ||
             (compare(value, state.value) < 0) == (aggregate.kind == Kind::kMin)) {
    state.value = value;
  }
}

Value GroupedMatches::value_of(const State& state, const Expression& aggregate) const {
  switch (aggregate.kind) {
    case Kind::kCountRows:
      return Decimal{MinorSum{state.rows}};
    case Kind::kCountDistinct:
      return Decimal{MinorSum{state.elements.size()}};
    case Kind::kTotal: {
      if (state.elements.empty()) return {};
      MinorSum total = 0;
      for (const Edge edge : state.elements) total += graph_.amount_minor(edge);
      return Decimal{total, properties_.amount_scale};
    }
    default:
      return state.value;
  }
}

std::vector<MotifGroup> GroupedMatches::groups() const {
  std::vector<MotifGroup> groups;
  for (const auto& [vertex, states] : states_) {
    std::vector<Value> aggregates;
    for (std::size_t i = 0; i < states.size(); ++i) {
      aggregates.push_back(value_of(states[i], grouping_.aggregates[i]));
    }
    auto group = finished_group(grouping_, graph_, properties_, vertex, aggregates);
    if (group) groups.push_back(*std::move(group));
  }
  return groups;
}

}  // namespace aml::graph
