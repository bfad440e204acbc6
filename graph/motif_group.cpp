// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_group.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <unordered_set>

#include "graph/motif_reach.hpp"
#include "graph/require.hpp"

namespace aml::graph {
namespace {

using Measure = MotifAggregate::Measure;

constexpr MinorSum kValueMax = static_cast<MinorSum>(kRowsMax >> 1);

bool is_of_vertex(Measure measure) {
  return measure == Measure::kDistinctVertices;
}
bool is_distinct(Measure measure) {
  return measure != Measure::kRows && measure != Measure::kRowSum;
}

void require_vertex(const MotifPlan& plan, std::size_t v) {
  const std::string what = "group by: vertex " + std::to_string(v);
  require(v < plan.pattern().vertices.size(), what + " is not in the motif");
  require(is_bound_vertex(plan.pattern(), v), what + " is never bound");
  require(!plan.dropped().any || !plan.dropped().vertices[v],
          what + " is left out of the rows by a negated term");
}

void require_edge(const MotifPlan& plan, std::size_t e) {
  const std::string what = "group by: edge " + std::to_string(e);
  require(e < plan.pattern().edges.size(), what + " is not in the motif");
  require(!plan.pattern().edges[e].negated, what + " is negated");
  require(!plan.dropped().edges[e], what + " is left out of the rows by a negated term");
}

/// A measure of distinct elements, from each of them once.
class DistinctMeasure {
 public:
  DistinctMeasure(const TransferGraph& graph, Measure measure) : graph_(graph), measure_(measure) {
    if (measure == Measure::kLeastAmount) value_ = std::numeric_limits<MinorUnits>::max();
    if (measure == Measure::kLargestAmount) value_ = std::numeric_limits<MinorUnits>::min();
  }

  void add(std::uint32_t element) {
    switch (measure_) {
      case Measure::kDistinctSum:
        value_ += graph_.amount_minor(element);
        break;
      case Measure::kLeastAmount:
        value_ = std::min<MinorSum>(value_, graph_.amount_minor(element));
        break;
      case Measure::kLargestAmount:
        value_ = std::max<MinorSum>(value_, graph_.amount_minor(element));
        break;
      default:
        ++value_;
    }
  }
  MinorSum value() const { return value_; }

 private:
  const TransferGraph& graph_;
  const Measure measure_;
  MinorSum value_ = 0;
};

/// Groups of a motif whose trees hold every condition.
class FactorisedGroups {
 public:
  FactorisedGroups(const MotifPlan& plan, std::size_t vertex)
      : plan_(plan),
        component_(plan.shape().component_of(vertex)),
        tree_(plan.shape().tree(vertex)),
        rows_(factor_rows(plan.graph(), plan.candidates(), tree_, arithmetic_)) {
    RowCount others = 1;
    for (std::size_t c = 0; c < plan.shape().num_components(); ++c) {
      if (c != component_) others = arithmetic_.multiply(others, total_of(c).rows);
    }
    for (Vertex v = 0; v < rows_.size(); ++v) {
      rows_[v] = arithmetic_.multiply(rows_[v], others);
      if (rows_[v] > 0) groups_.vertices.push_back(v);
    }
    groups_.factorised = true;
  }

  MotifGroups run(std::span<const MotifAggregate> aggregates) && {
    for (const MotifAggregate& aggregate : aggregates) {
      groups_.columns.push_back(column(aggregate));
    }
    measure_reached();
    groups_.overflowed = groups_.overflowed || arithmetic_.overflowed();
    return std::move(groups_);
  }

 private:
  /// A column that is filled group by group.
  struct Reached {
    std::size_t column;
    MotifAggregate aggregate;
    MotifReach reach;
  };

  /// The column, or an empty one that measure_reached() fills.
  std::vector<MinorSum> column(const MotifAggregate& aggregate) {
    if (aggregate.measure == Measure::kRows) return row_counts();
    const std::size_t component = is_of_vertex(aggregate.measure)
                                      ? plan_.shape().component_of(aggregate.element)
                                      : component_of_edge(aggregate.element);
    if (aggregate.measure == Measure::kRowSum) return row_sums(aggregate.element, component);
    if (is_of_vertex(aggregate.measure) && aggregate.element == tree_.root) {
      return std::vector<MinorSum>(groups_.vertices.size(), 1);
    }
    if (component != component_) return distinct_in_all(aggregate);
    if (alive_.empty()) {
      alive_ = factor_alive(plan_.graph(), plan_.candidates(), tree_, arithmetic_);
    }
    reached_.push_back(
        {groups_.columns.size(), aggregate,
         MotifReach(plan_.graph(), plan_.candidates(), tree_, alive_, edge_to(tree_, aggregate))});
    return {};
  }

  /// Distinct elements of one group after the other, as long as the steps last.
  void measure_reached() {
    const std::uint64_t most = plan_.constraints().max_steps;
    for (std::size_t g = 0; g < groups_.vertices.size() && !reached_.empty(); ++g) {
      std::uint64_t steps = 0;
      for (Reached& reached : reached_) {
        groups_.columns[reached.column].push_back(
            measure(reached.aggregate, reached.reach, {&groups_.vertices[g], 1}));
        steps += reached.reach.steps();
      }
      groups_.steps = std::min(steps, most);
      if (steps <= most) continue;
      groups_.truncated = true;
      groups_.vertices.resize(g);
      for (auto& column : groups_.columns) column.resize(g);
    }
  }

  std::vector<MinorSum> row_counts() {
    std::vector<MinorSum> values;
    for (const Vertex v : groups_.vertices) {
      if (rows_[v] > static_cast<RowCount>(kValueMax)) groups_.overflowed = true;
      values.push_back(static_cast<MinorSum>(rows_[v]));
    }
    return values;
  }

  std::vector<MinorSum> row_sums(std::size_t edge, std::size_t component) {
    std::vector<RowsAndSum> own(rows_.size());
    if (component == component_) {
      own = factor_rows_and_sums(plan_.graph(), plan_.candidates(), tree_, edge, arithmetic_);
    } else {
      const auto rows = factor_rows(plan_.graph(), plan_.candidates(), tree_, arithmetic_);
      for (Vertex v = 0; v < own.size(); ++v) own[v].rows = rows[v];
    }
    RowsAndSum others{1, 0};
    for (std::size_t c = 0; c < plan_.shape().num_components(); ++c) {
      if (c == component_) continue;
      others = arithmetic_.multiply(others, c == component ? total_of(c, &edge) : total_of(c));
    }
    std::vector<MinorSum> values;
    for (const Vertex v : groups_.vertices) {
      values.push_back(arithmetic_.multiply(own[v], others).sum);
    }
    return values;
  }

  /// All rows of a component, with the sum of an edge's amounts if one is given.
  RowsAndSum total_of(std::size_t component, const std::size_t* edge = nullptr) {
    const MotifTree tree = cheapest_tree(plan_.shape(), component);
    RowsAndSum total;
    if (edge == nullptr) {
      for (const RowCount rows :
           factor_rows(plan_.graph(), plan_.candidates(), tree, arithmetic_)) {
        total.rows = arithmetic_.add(total.rows, rows);
      }
      return total;
    }
    for (const RowsAndSum& rows :
         factor_rows_and_sums(plan_.graph(), plan_.candidates(), tree, *edge, arithmetic_)) {
      total = arithmetic_.add(total, rows);
    }
    return total;
  }

  /// The element lies in another component: it is bound to the same in every group.
  std::vector<MinorSum> distinct_in_all(const MotifAggregate& aggregate) {
    const std::size_t root =
        is_of_vertex(aggregate.measure)
            ? aggregate.element
            : static_cast<std::size_t>(plan_.pattern().edges[aggregate.element].source);
    const MotifTree tree = plan_.shape().tree(root);
    const auto rows = factor_rows(plan_.graph(), plan_.candidates(), tree, arithmetic_);
    std::vector<Vertex> roots;
    for (Vertex v = 0; v < rows.size(); ++v) {
      if (rows[v] > 0) roots.push_back(v);
    }
    if (is_of_vertex(aggregate.measure)) {
      return std::vector<MinorSum>(groups_.vertices.size(), static_cast<MinorSum>(roots.size()));
    }
    const auto alive = factor_alive(plan_.graph(), plan_.candidates(), tree, arithmetic_);
    MotifReach reach(plan_.graph(), plan_.candidates(), tree, alive, aggregate.element);
    return std::vector<MinorSum>(groups_.vertices.size(), measure(aggregate, reach, roots));
  }

  MinorSum measure(const MotifAggregate& aggregate, MotifReach& reach,
                   std::span<const Vertex> roots) const {
    DistinctMeasure measure(plan_.graph(), aggregate.measure);
    const auto elements =
        is_of_vertex(aggregate.measure) ? reach.vertices_from(roots) : reach.transfers_from(roots);
    for (const std::uint32_t element : elements) measure.add(element);
    return measure.value();
  }

  /// The edge itself, or the one of the tree whose far end is the vertex.
  std::size_t edge_to(const MotifTree& tree, const MotifAggregate& aggregate) const {
    if (!is_of_vertex(aggregate.measure)) return aggregate.element;
    const auto node = std::ranges::find_if(tree.nodes, [&](const MotifTreeNode& candidate) {
      const MotifEdge& edge = plan_.pattern().edges[candidate.edge];
      const int near = candidate.near == End::kSource ? edge.source : edge.target;
      const int far = candidate.near == End::kSource ? edge.target : edge.source;
      return far == static_cast<int>(aggregate.element) && near != far;
    });
    return node->edge;
  }

  std::size_t component_of_edge(std::size_t edge) const {
    return plan_.shape().component_of(static_cast<std::size_t>(plan_.pattern().edges[edge].source));
  }

  const MotifPlan& plan_;
  const std::size_t component_;
  const MotifTree tree_;
  CheckedArithmetic arithmetic_;
  std::vector<RowCount> rows_;
  std::vector<std::vector<char>> alive_;
  std::vector<Reached> reached_;
  MotifGroups groups_;
};

/// Groups of any motif, row by row.
class EnumeratedGroups {
 public:
  EnumeratedGroups(const MotifPlan& plan, std::size_t vertex,
                   std::span<const MotifAggregate> aggregates)
      : plan_(plan), vertex_(vertex), aggregates_(aggregates), seen_(aggregates.size()) {}

  MotifGroups run(std::uint64_t max_rows) && {
    // Never refused: where the number of rows is known none is enumerated.
    const MotifRun run =
        enumerate_motif(plan_, max_rows, [&](const MotifMatch& match) { add(match); });
    MotifGroups groups;
    groups.steps = run.steps;
    groups.truncated = run.truncated;
    groups.columns.resize(aggregates_.size());
    for (const auto& [vertex, values] : values_) {
      groups.vertices.push_back(vertex);
      for (std::size_t i = 0; i < values.size(); ++i)
        groups.columns[i].push_back(values[i].value());
    }
    return groups;
  }

 private:
  void add(const MotifMatch& match) {
    const Vertex group = match.vertices[vertex_];
    auto [at, is_new] = values_.try_emplace(group);
    if (is_new) {
      for (const MotifAggregate& aggregate : aggregates_) {
        // A sum over rows is one over distinct transfers that takes each as often as it comes.
        const bool is_sum = aggregate.measure == Measure::kRowSum;
        at->second.emplace_back(plan_.graph(), is_sum ? Measure::kDistinctSum : aggregate.measure);
      }
    }
    for (std::size_t i = 0; i < aggregates_.size(); ++i) {
      const auto [measure, element] = aggregates_[i];
      const std::uint32_t bound = measure == Measure::kRows ? 0
                                  : is_of_vertex(measure)   ? match.vertices[element]
                                                            : match.edges[element];
      if (is_distinct(measure) && !seen_[i].insert(std::uint64_t{group} << 32 | bound).second) {
        continue;
      }
      at->second[i].add(bound);
    }
  }

  const MotifPlan& plan_;
  const std::size_t vertex_;
  const std::span<const MotifAggregate> aggregates_;
  std::map<Vertex, std::vector<DistinctMeasure>> values_;
  std::vector<std::unordered_set<std::uint64_t>> seen_;  ///< group and element, for each aggregate
};

}  // namespace

MotifGroups group_motif(const MotifPlan& plan, std::size_t vertex,
                        std::span<const MotifAggregate> aggregates, std::uint64_t max_rows) {
  require_vertex(plan, vertex);
  for (const auto& [measure, element] : aggregates) {
    if (measure == Measure::kRows) continue;
    is_of_vertex(measure) ? require_vertex(plan, element) : require_edge(plan, element);
  }
  if (!plan.is_satisfiable()) {
    MotifGroups none;
    none.columns.resize(aggregates.size());
    none.factorised = true;
    return none;
  }
  if (plan.shape().is_exact()) return FactorisedGroups(plan, vertex).run(aggregates);
  return EnumeratedGroups(plan, vertex, aggregates).run(max_rows);
}

}  // namespace aml::graph
