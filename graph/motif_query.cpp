// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_query.hpp"

#include <algorithm>
#include <set>

#include "graph/motif_symmetry.hpp"
#include "graph/require.hpp"

namespace aml::graph {
namespace {

/// Of the conditions of all branches, which each have a copy.
constexpr std::size_t kMostNodes = 1'000'000;

void check_options(const MotifQueryText& text) {
  if (text.mode == MotifMode::kGraphFrames) {
    const bool plain = !text.time_order && !text.window && !text.hop_window && !text.distinct &&
                       text.max_counterparties == 0 && text.group_by.empty();
    require(
        plain,
        "GraphFrames knows no time order, window, distinctness, hubs or groups: use mode money");
  }
  require(!text.window || *text.window >= 0, "window must not be negative");
  require(!text.hop_window || *text.hop_window >= 0, "hop_window must not be negative");
  require(!text.hop_window || text.time_order != TimeOrder::kNone,
          "hop_window needs a time order: without one no transfer follows another");
  require(!text.group_by.empty() || (text.aggregates.empty() && text.having.empty()),
          "aggregates and having need group_by");
}

std::vector<Expression> parse_conditions(const MotifQueryText& text, const ExpressionScope& scope) {
  if (text.where.empty()) return {};
  Expression where = parse_expression(text.where, "where");
  check_expression(where, scope, text.where, "where");
  if (where.type != ValueType::kBoolean && where.type != ValueType::kNull) {
    throw MotifError(text.where, where.position, "expected a condition", "where");
  }
  return conjuncts(std::move(where));
}

MotifGrouping parse_grouping(const MotifQueryText& text, const Motif& motif,
                             const PropertySchema& schema) {
  MotifGrouping grouping;
  grouping.vertex = text.group_by;
  for (const MotifBranch& branch : motif.branches) {
    require(std::ranges::count(branch.pattern.vertices, text.group_by) > 0,
            "group_by needs a vertex of the motif, '" + text.group_by +
                "' is none or is not in every branch");
  }
  const ExpressionScope scope{motif, schema, true};
  const auto parse = [&](const std::string& expression_text, const std::string& subject) {
    Expression expression = parse_expression(expression_text, subject);
    check_expression(expression, scope, expression_text, subject);
    for_each_node(expression, [&](Expression& node) {
      if (!node.is_aggregate()) return;
      node.slot = static_cast<int>(grouping.aggregates.size());
      grouping.aggregates.push_back(node);
    });
    return expression;
  };
  std::set<std::string> names{text.group_by};
  for (const auto& [name, expression] : text.aggregates) {
    require(!name.empty() && names.insert(name).second,
            "aggregates need names of their own, '" + name + "' is none");
    grouping.columns.push_back({name, parse(expression, "aggregate " + name)});
  }
  if (!text.having.empty()) {
    grouping.having = parse(text.having, "having");
    const ValueType type = grouping.having->type;
    if (type != ValueType::kBoolean && type != ValueType::kNull) {
      throw MotifError(text.having, grouping.having->position, "expected a condition", "having");
    }
  }
  return grouping;
}

/// A transfer follows each one written before it that ends where it starts.
std::vector<MotifConstraints::Follows> follows_of(const MotifPattern& pattern, Micros within) {
  std::vector<MotifConstraints::Follows> follows;
  for (std::size_t later = 0; later < pattern.edges.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const MotifEdge& before = pattern.edges[earlier];
      const MotifEdge& after = pattern.edges[later];
      if (before.negated || after.negated || before.target != after.source) continue;
      follows.push_back({static_cast<int>(earlier), static_cast<int>(later), within});
    }
  }
  return follows;
}

/// What groups are made of must stay where it is, or symmetric matches would count in one group
/// only.
SymmetryConditions symmetry_conditions(const MotifPattern& pattern, const MotifQueryBranch& branch,
                                       const std::optional<MotifGrouping>& grouping) {
  SymmetryConditions conditions{branch.follows, branch.conditions,
                                std::vector<char>(pattern.vertices.size()),
                                std::vector<char>(pattern.edges.size())};
  if (!grouping) return conditions;
  const auto fix = [&](bool is_edge, int slot) {
    if (slot < 0) return;
    (is_edge ? conditions.fixed_edges : conditions.fixed_vertices)[static_cast<std::size_t>(slot)] =
        1;
  };
  const auto group = std::ranges::find(pattern.vertices, grouping->vertex);
  fix(false, static_cast<int>(group - pattern.vertices.begin()));
  for (const Expression& aggregate : grouping->aggregates) {
    if (aggregate.operands.empty()) continue;
    const Expression operand = placed(aggregate.operands[0], pattern);
    fix(operand.is_edge, operand.slot);
  }
  return conditions;
}

}  // namespace

MotifQuery parse_query(const MotifQueryText& text, const PropertySchema& schema) {
  check_options(text);
  const bool is_money = text.mode == MotifMode::kMoney;
  const Distinct distinct =
      text.distinct.value_or(is_money ? Distinct::kVertices : Distinct::kNone);

  MotifQuery query;
  query.mode = text.mode;
  query.motif = read_motif(text.motif, text.mode);
  query.time_order = is_money ? text.time_order.value_or(TimeOrder::kLoose) : TimeOrder::kNone;
  query.window = text.window.value_or(query.window);
  query.distinct_vertices = distinct == Distinct::kVertices;
  query.distinct_edges = distinct != Distinct::kNone;
  query.max_counterparties = text.max_counterparties;
  query.max_rows = text.max_rows;
  if (!text.group_by.empty()) query.grouping = parse_grouping(text, query.motif, schema);

  const std::vector<Expression> conditions =
      parse_conditions(text, ExpressionScope{query.motif, schema});
  std::size_t nodes = 0;
  for (const Expression& condition : conditions) nodes += condition.size;
  require(nodes * query.motif.branches.size() <= kMostNodes,
          "where has " + std::to_string(nodes) + " parts for each of " +
              std::to_string(query.motif.branches.size()) +
              " combinations of lengths and directions: together more than a million");
  SymmetryBudget budget;
  for (const MotifBranch& motif_branch : query.motif.branches) {
    const MotifPattern& pattern = motif_branch.pattern;
    MotifQueryBranch branch;
    for (const Expression& condition : conditions) {
      branch.conditions.push_back(placed(condition, pattern));
    }
    if (query.time_order != TimeOrder::kNone) {
      branch.follows =
          follows_of(pattern, text.hop_window.value_or(std::numeric_limits<Micros>::max()));
    }
    if (is_money) {
      branch.symmetries =
          symmetries_of(pattern, symmetry_conditions(pattern, branch, query.grouping), budget);
    }
    query.branches.push_back(std::move(branch));
  }
  return query;
}

}  // namespace aml::graph
