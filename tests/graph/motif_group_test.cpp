// SPDX-License-Identifier: Apache-2.0
// Grouped aggregates, checked against the rows of the plain matcher: graph/motif.cpp.
#include "graph/motif_group.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "tests/graph/random_patterns.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using Measure = MotifAggregate::Measure;
using testing::graph_of;

MotifConstraints literal() {
  MotifConstraints constraints;
  constraints.distinct_vertices = false;
  constraints.distinct_edges = false;
  return constraints;
}

/// Each measure of each element that a motif without rows made distinct can be asked for.
std::vector<MotifAggregate> all_aggregates(const MotifPattern& pattern) {
  std::vector<MotifAggregate> aggregates = {{Measure::kRows, 0}};
  for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
    if (is_bound_vertex(pattern, v)) aggregates.push_back({Measure::kDistinctVertices, v});
  }
  for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
    if (pattern.edges[e].negated) continue;
    for (const Measure measure : {Measure::kRowSum, Measure::kDistinctEdges, Measure::kDistinctSum,
                                  Measure::kLeastAmount, Measure::kLargestAmount}) {
      aggregates.push_back({measure, e});
    }
  }
  return aggregates;
}

MinorSum measured(const TransferGraph& graph, Measure measure,
                  const std::vector<std::uint32_t>& bound) {
  const std::set<std::uint32_t> distinct(bound.begin(), bound.end());
  MinorSum sum = 0;
  switch (measure) {
    case Measure::kRows:
      return static_cast<MinorSum>(bound.size());
    case Measure::kRowSum:
      for (const Edge e : bound) sum += graph.amount_minor(e);
      return sum;
    case Measure::kDistinctVertices:
    case Measure::kDistinctEdges:
      return static_cast<MinorSum>(distinct.size());
    case Measure::kDistinctSum:
      for (const Edge e : distinct) sum += graph.amount_minor(e);
      return sum;
    case Measure::kLeastAmount:
    case Measure::kLargestAmount: {
      const auto amount = [&](Edge e) { return graph.amount_minor(e); };
      return measure == Measure::kLeastAmount
                 ? amount(*std::ranges::min_element(bound, {}, amount))
                 : amount(*std::ranges::max_element(bound, {}, amount));
    }
  }
  return 0;
}

/// For each group the aggregates, from what each row binds the elements to.
std::map<Vertex, std::vector<MinorSum>> groups_of_matcher(
    const TransferGraph& graph, const MotifPattern& pattern, const MotifConstraints& constraints,
    std::size_t vertex, const std::vector<MotifAggregate>& aggregates) {
  std::map<Vertex, std::vector<std::vector<std::uint32_t>>> bound;
  find_motif(graph, pattern, constraints, [&](const MotifMatch& match) {
    auto& group = bound[match.vertices[vertex]];
    group.resize(aggregates.size());
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
      const bool is_vertex = aggregates[i].measure == Measure::kDistinctVertices;
      group[i].push_back(is_vertex || pattern.edges.empty() ? match.vertices[aggregates[i].element]
                                                            : match.edges[aggregates[i].element]);
    }
  });
  std::map<Vertex, std::vector<MinorSum>> groups;
  for (const auto& [key, elements] : bound) {
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
      groups[key].push_back(measured(graph, aggregates[i].measure, elements[i]));
    }
  }
  return groups;
}

std::map<Vertex, std::vector<MinorSum>> as_map(const MotifGroups& groups) {
  std::map<Vertex, std::vector<MinorSum>> map;
  for (std::size_t g = 0; g < groups.vertices.size(); ++g) {
    for (const auto& column : groups.columns) map[groups.vertices[g]].push_back(column[g]);
  }
  return map;
}

RC_GTEST_PROP(MotifGroups, OfAnyMotifAreThoseOfItsRows, ()) {
  const TransferGraph graph =
      graph_of(*rc::gen::resize(rc::kNominalSize, testing::transfers_among(4, 12)));
  const MotifPattern pattern = *rc::gen::suchThat(
      testing::motifs(3), [](const auto& motif) { return !dropped_elements(motif).any; });
  MotifConstraints constraints = literal();
  testing::restrict_elements(graph, pattern, constraints);
  if (*rc::gen::arbitrary<bool>()) testing::restrict_times(pattern, constraints);
  if (*rc::gen::arbitrary<bool>()) testing::restrict_pairs(graph, pattern, constraints);
  std::vector<std::size_t> vertices;
  for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
    if (is_bound_vertex(pattern, v)) vertices.push_back(v);
  }
  const std::size_t vertex = *rc::gen::elementOf(vertices);
  const auto aggregates = all_aggregates(pattern);
  const MotifGroups groups =
      group_motif(MotifPlan(graph, pattern, constraints), vertex, aggregates);
  RC_CLASSIFY(groups.factorised && !groups.vertices.empty(), "factorised, with groups");
  RC_CLASSIFY(!groups.factorised && !groups.vertices.empty(), "enumerated, with groups");
  RC_ASSERT(!groups.overflowed && !groups.truncated);
  RC_ASSERT((as_map(groups) == groups_of_matcher(graph, pattern, constraints, vertex, aggregates)));
}

RC_GTEST_PROP(MotifGroups, OfTreesInTimeOrderAreThoseOfTheirRows, ()) {
  const TransferGraph graph =
      graph_of(*rc::gen::resize(rc::kNominalSize, testing::transfers_among(4, 20)));
  const MotifPattern pattern = *testing::tree_motifs(4);
  MotifConstraints constraints = literal();
  testing::order_edges_that_meet(pattern, constraints);
  const auto vertex = *rc::gen::inRange<std::size_t>(0, pattern.vertices.size());
  const auto aggregates = all_aggregates(pattern);
  const MotifGroups groups =
      group_motif(MotifPlan(graph, pattern, constraints), vertex, aggregates);
  RC_CLASSIFY(!groups.vertices.empty(), "with groups");
  RC_ASSERT(groups.factorised);
  RC_ASSERT((as_map(groups) == groups_of_matcher(graph, pattern, constraints, vertex, aggregates)));
}

TEST(MotifGroups, WhatRowsDoNotShowIsRefused) {
  const TransferGraph graph = graph_of({{"a", "b"}, {"b", "c"}});
  const MotifPattern pattern = parse_motif("(a)-[]->();(a)-[e]->(b);!(b)-[]->()");
  const MotifConstraints constraints = literal();
  const MotifPlan plan(graph, pattern, constraints);
  const auto group = [&](std::size_t vertex, MotifAggregate aggregate) {
    group_motif(plan, vertex, std::vector{aggregate});
  };
  EXPECT_NO_THROW(group(0, {Measure::kRows, 0}));
  EXPECT_NO_THROW(group(2, {Measure::kRowSum, 1}));
  EXPECT_THROW(group(1, {Measure::kRows, 0}), std::invalid_argument);
  EXPECT_THROW(group(3, {Measure::kRows, 0}), std::invalid_argument);
  EXPECT_THROW(group(4, {Measure::kRows, 0}), std::invalid_argument);
  EXPECT_THROW(group(0, {Measure::kRowSum, 0}), std::invalid_argument);
  EXPECT_THROW(group(0, {Measure::kRowSum, 2}), std::invalid_argument);
  EXPECT_THROW(group(0, {Measure::kDistinctEdges, 3}), std::invalid_argument);
  EXPECT_THROW(group(0, {Measure::kDistinctVertices, 1}), std::invalid_argument);
}

TEST(MotifGroups, BudgetLeavesOutTheLastGroupsOfATree) {
  const TransferGraph graph =
      graph_of({{"a", "b"}, {"a", "c"}, {"b", "c"}, {"c", "a"}, {"c", "b"}, {"d", "a"}});
  const MotifPattern pattern = parse_motif("(a)-[e]->(b);(b)-[f]->(c)");
  const std::vector<MotifAggregate> aggregates = {
      {Measure::kRows, 0}, {Measure::kDistinctVertices, 0}, {Measure::kDistinctSum, 0}};
  MotifConstraints constraints = literal();
  const MotifGroups whole = group_motif(MotifPlan(graph, pattern, constraints), 2, aggregates);
  ASSERT_EQ(whole.vertices.size(), 3U);
  std::size_t before = 0;
  for (constraints.max_steps = 0; constraints.max_steps <= whole.steps; ++constraints.max_steps) {
    const MotifGroups cut = group_motif(MotifPlan(graph, pattern, constraints), 2, aggregates);
    EXPECT_TRUE(cut.factorised);
    EXPECT_EQ(cut.truncated, constraints.max_steps < whole.steps);
    EXPECT_EQ(cut.steps, constraints.max_steps);
    EXPECT_EQ(cut.truncated, cut.vertices.size() < whole.vertices.size());
    EXPECT_GE(cut.vertices.size(), before);
    before = cut.vertices.size();
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
      ASSERT_EQ(cut.columns[i].size(), cut.vertices.size());
      EXPECT_TRUE(
          std::equal(cut.columns[i].begin(), cut.columns[i].end(), whole.columns[i].begin()));
    }
  }
  EXPECT_EQ(before, 3U);
}

TEST(MotifGroups, BudgetCutsOffRows) {
  const TransferGraph graph = graph_of({{"a", "b"}, {"a", "c"}, {"b", "c"}, {"c", "a"}});
  const MotifPattern pattern = parse_motif("(a)-[e]->(b);(b)-[f]->(c)");
  MotifConstraints constraints;
  constraints.max_steps = 2;
  const std::vector<MotifAggregate> aggregates = {{Measure::kRows, 0}};
  const MotifGroups groups = group_motif(MotifPlan(graph, pattern, constraints), 0, aggregates);
  EXPECT_TRUE(groups.truncated);
  EXPECT_EQ(groups.steps, 2U);
}

}  // namespace
}  // namespace aml::graph
