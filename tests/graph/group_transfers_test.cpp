// SPDX-License-Identifier: Apache-2.0
#include "graph/group_transfers.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_answer.hpp"
#include "tests/graph/random_motifs.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

std::vector<Vertex> vertices_of(const QueryGroups& groups) {
  std::vector<Vertex> vertices;
  for (const MotifGroup& group : groups.groups) vertices.push_back(group.vertex);
  return vertices;
}

/// For each vertex of the pattern the smallest one that positive edges connect it with.
std::vector<std::size_t> components_of(const MotifPattern& pattern) {
  std::vector<std::size_t> component(pattern.vertices.size());
  std::iota(component.begin(), component.end(), std::size_t{0});
  for (std::size_t round = 0; round < component.size(); ++round) {
    for (const MotifEdge& edge : pattern.edges) {
      if (edge.negated) continue;
      std::size_t& a = component[static_cast<std::size_t>(edge.source)];
      std::size_t& b = component[static_cast<std::size_t>(edge.target)];
      a = b = std::min(a, b);
    }
  }
  return component;
}

/// The transfers of each vertex's rows by plain backtracking.
std::map<Vertex, std::set<GroupTransfer>> plain_transfers(const MotifQuery& query,
                                                          const BoundMotif& bound,
                                                          const TransferGraph& graph) {
  std::map<Vertex, std::set<GroupTransfer>> transfers;
  for (std::size_t b = 0; b < bound.branches.size(); ++b) {
    const auto& [pattern, constraints] = bound.branches[b];
    const auto vertex = static_cast<std::size_t>(
        std::ranges::find(pattern.vertices, query.grouping->vertex) - pattern.vertices.begin());
    const std::vector<std::size_t> component = components_of(pattern);
    const DroppedElements dropped = dropped_elements(pattern);
    find_motif(graph, pattern, constraints, [&](const MotifMatch& match) {
      for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
        const auto source = static_cast<std::size_t>(pattern.edges[e].source);
        if (pattern.edges[e].negated || dropped.edges[e]) continue;
        if (component[source] != component[vertex]) continue;
        transfers[match.vertices[vertex]].insert({b, e, match.edges[e]});
      }
    });
  }
  return transfers;
}

TEST(GroupTransfers, AreThoseOfTheRowsOnRandomQueries) {
  testing::Random random(testing::printed_seed());
  std::size_t along_the_tree = 0;
  std::size_t from_rows = 0;
  for (int i = 0; i < 2000; ++i) {
    const testing::Bank bank = testing::random_bank(random);
    const TransferGraph graph = testing::graph_of(bank);
    const GraphProperties properties = testing::properties_of(bank, graph);
    const MotifQueryText text = testing::random_query(random, MotifMode::kMoney);
    if (text.group_by.empty()) continue;
    SCOPED_TRACE(testing::description(text));
    const MotifQuery query = parse_query(text, schema_of(properties));
    const BoundMotif bound = bind_query(query, graph, properties);
    const QueryGroups grouped = group_rows(query, bound, graph, properties);
    const std::vector<Vertex> groups = vertices_of(grouped);
    auto expected = plain_transfers(query, bound, graph);
    const GroupTransfers found = group_transfers(query, bound, graph, groups);
    EXPECT_FALSE(found.truncated);
    ASSERT_EQ(found.of_group.size(), groups.size());
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto& of_group = expected[groups[g]];
      EXPECT_EQ(std::vector(of_group.begin(), of_group.end()), found.of_group[g]) << groups[g];
      ++(grouped.factorised ? along_the_tree : from_rows);
    }
  }
  EXPECT_GT(along_the_tree, 0U);
  EXPECT_GT(from_rows, 0U);
}

TEST(GroupTransfers, AGroupWithRowsInOneBranchOnlyHasItsTransfersOnly) {
  const TransferGraph graph = testing::graph_of({{"a", "b", 1}, {"c", "d", 2}, {"d", "e", 3}});
  const MotifQuery query = parse_query(
      {.motif = "(x)-[e*1..2]->(y)", .where = "\"e[2]\".amount > 0", .group_by = "x"}, {});
  const GraphProperties none;
  const BoundMotif bound = bind_query(query, graph, none);
  const std::vector<Vertex> groups = vertices_of(group_rows(query, bound, graph, none));
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(graph.key(groups[0]), "c");
  EXPECT_EQ(group_transfers(query, bound, graph, groups).of_group[0].size(), 2U);
}

TEST(GroupTransfers, ASpentBudgetIsSaid) {
  const TransferGraph graph = testing::graph_of({{"a", "c", 1}, {"b", "c", 2}, {"c", "d", 3}});
  const MotifQuery query = parse_query(
      {.motif = "(p)-[e]->(c);(c)-[f]->(q)", .distinct = Distinct::kNone, .group_by = "c"}, {});
  const GraphProperties none;
  BoundMotif bound = bind_query(query, graph, none);
  const std::vector<Vertex> groups{*graph.find("c")};
  EXPECT_FALSE(group_transfers(query, bound, graph, groups).truncated);
  bound.branches[0].constraints.max_steps = 1;
  EXPECT_TRUE(group_transfers(query, bound, graph, groups).truncated);
}

}  // namespace
}  // namespace aml::graph
