// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_answer.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "graph/motif_group.hpp"

namespace aml::graph {
namespace {

using Measure = MotifAggregate::Measure;

/// What is known of all branches together before work.
struct Known {
  RowCount rows = 0;
  bool exact = true;
  bool overflowed = false;
};

Known known_rows(const BoundMotif& bound, const TransferGraph& graph) {
  Known known;
  CheckedArithmetic arithmetic;
  for (const BoundMotif::Branch& branch : bound.branches) {
    const MotifEstimate estimate = MotifPlan(graph, branch.pattern, branch.constraints).estimate();
    known.rows = arithmetic.add(known.rows, estimate.rows_at_most);
    known.exact = known.exact && estimate.exact;
    known.overflowed = known.overflowed || estimate.overflowed;
  }
  known.overflowed = known.overflowed || arithmetic.overflowed();
  return known;
}

/// The aggregate as one that needs no rows; nullopt if it is none of these.
std::optional<MotifAggregate> factorisable(const Expression& aggregate) {
  using Kind = Expression::Kind;
  if (aggregate.kind == Kind::kCountRows) return MotifAggregate{Measure::kRows, 0};
  const Expression& operand = aggregate.operands[0];
  if (operand.slot < 0) return std::nullopt;
  const auto element = static_cast<std::size_t>(operand.slot);
  const bool is_amount = operand.kind == Kind::kColumn && operand.is_edge &&
                         operand.column == Expression::Column::kAmount;
  switch (aggregate.kind) {
    case Kind::kCountDistinct:
      return MotifAggregate{operand.is_edge ? Measure::kDistinctEdges : Measure::kDistinctVertices,
                            element};
    case Kind::kTotal:
      return MotifAggregate{Measure::kDistinctSum, element};
    case Kind::kSum:
      if (is_amount) return MotifAggregate{Measure::kRowSum, element};
      return std::nullopt;
    case Kind::kMin:
      if (is_amount) return MotifAggregate{Measure::kLeastAmount, element};
      return std::nullopt;
    case Kind::kMax:
      if (is_amount) return MotifAggregate{Measure::kLargestAmount, element};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<std::vector<MotifAggregate>> factorisable(const MotifQuery& query,
                                                        const MotifPattern& pattern) {
  std::vector<MotifAggregate> aggregates;
  for (const Expression& aggregate : query.grouping->aggregates) {
    const auto known = factorisable(placed(aggregate, pattern));
    if (!known) return std::nullopt;
    aggregates.push_back(*known);
  }
  return aggregates;
}

Value value_of(const MotifAggregate& aggregate, MinorSum value, int amount_scale) {
  const bool is_count = aggregate.measure == Measure::kRows ||
                        aggregate.measure == Measure::kDistinctVertices ||
                        aggregate.measure == Measure::kDistinctEdges;
  return Decimal{value, is_count ? 0 : amount_scale};
}

QueryGroups group_one_branch(const MotifQuery& query, const BoundMotif::Branch& branch,
                             const std::vector<MotifAggregate>& aggregates,
                             const TransferGraph& graph, const GraphProperties& properties) {
  const auto vertex = std::ranges::find(branch.pattern.vertices, query.grouping->vertex);
  const MotifPlan plan(graph, branch.pattern, branch.constraints);
  const MotifGroups found =
      group_motif(plan, static_cast<std::size_t>(vertex - branch.pattern.vertices.begin()),
                  aggregates, query.max_rows);
  if (found.overflowed) throw std::overflow_error("a sum over the rows does not fit");
  QueryGroups groups;
  groups.factorised = found.factorised;
  groups.truncated = found.truncated;
  for (std::size_t g = 0; g < found.vertices.size(); ++g) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
      values.push_back(value_of(aggregates[i], found.columns[i][g], properties.amount_scale));
    }
    auto group = finished_group(*query.grouping, graph, properties, found.vertices[g], values);
    if (group) groups.groups.push_back(*std::move(group));
  }
  return groups;
}

}  // namespace

MotifRun visit_rows(const MotifQuery& query, const BoundMotif& bound, const TransferGraph& graph,
                    std::uint64_t limit,
                    const std::function<void(std::size_t branch, const MotifMatch&)>& visit) {
  MotifRun total;
  if (query.max_rows < limit) {
    const Known known = known_rows(bound, graph);
    total.rows_known = known.rows;
    total.refused = known.exact && (known.overflowed || known.rows > query.max_rows);
    if (total.refused) return total;
    limit = query.max_rows;
  }
  struct EnoughRows {};
  for (std::size_t i = 0; i < bound.branches.size() && !total.truncated; ++i) {
    const MotifPlan plan(graph, bound.branches[i].pattern, bound.branches[i].constraints);
    try {
      const MotifRun run = enumerate_motif(plan, kNoRowLimit, [&](const MotifMatch& match) {
        if (total.rows == limit) throw EnoughRows();
        ++total.rows;
        visit(i, match);
      });
      total.steps += run.steps;
      total.truncated = run.truncated;
    } catch (const EnoughRows&) {
      total.truncated = true;
    }
  }
  return total;
}

MotifCount count_rows(const BoundMotif& bound, const TransferGraph& graph) {
  MotifCount total;
  CheckedArithmetic arithmetic;
  total.factorised = true;
  for (const BoundMotif::Branch& branch : bound.branches) {
    const MotifCount count = count_motif(MotifPlan(graph, branch.pattern, branch.constraints));
    total.rows = arithmetic.add(total.rows, count.rows);
    total.overflowed = total.overflowed || count.overflowed;
    total.factorised = total.factorised && count.factorised;
    total.truncated = total.truncated || count.truncated;
    total.steps += count.steps;
  }
  total.overflowed = total.overflowed || arithmetic.overflowed();
  return total;
}

bool groups_without_rows(const MotifQuery& query, const MotifPlan& plan) {
  return query.grouping && query.branches.size() == 1 &&
         (plan.shape().is_exact() || !plan.is_satisfiable()) && factorisable(query, plan.pattern());
}

QueryGroups group_rows(const MotifQuery& query, const BoundMotif& bound, const TransferGraph& graph,
                       const GraphProperties& properties) {
  if (bound.branches.size() == 1) {
    const auto aggregates = factorisable(query, bound.branches[0].pattern);
    if (aggregates) {
      return group_one_branch(query, bound.branches[0], *aggregates, graph, properties);
    }
  }
  GroupedMatches grouped(query, graph, properties);
  const MotifRun run =
      visit_rows(query, bound, graph, kNoRowLimit,
                 [&](std::size_t branch, const MotifMatch& match) { grouped.add(branch, match); });
  QueryGroups groups;
  groups.truncated = run.truncated;
  groups.refused = run.refused;
  groups.rows_known = run.rows_known;
  if (!run.refused) groups.groups = grouped.groups();
  return groups;
}

}  // namespace aml::graph
