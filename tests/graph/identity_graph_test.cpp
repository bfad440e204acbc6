// SPDX-License-Identifier: Apache-2.0
#include "graph/identity_graph.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "tests/graph/small_identity_graphs.hpp"

namespace aml::graph {
namespace {

using testing::columns_of;
using testing::identity_graph_of;
using testing::Statement;

/// Every edge as "party kind:value", from both ends, in order.
std::vector<std::string> description(const IdentityGraph& graph) {
  std::vector<std::string> lines;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    std::string line(graph.is_party(v) ? "party" : graph.kind(v));
    line += ":" + std::string(graph.key(v)) + " =";
    for (const Vertex w : graph.neighbours(v)) line += " " + std::to_string(w);
    lines.push_back(line);
  }
  return lines;
}

TEST(IdentityGraph, PartiesComeFirstInKeyOrderThenAttributesByKindAndValue) {
  const IdentityGraph graph = identity_graph_of(
      {{"P10", "phone", "7"}, {"P9", "email", "x@y"}, {"P10", "email", "a@b.c"}}, {"P8"});
  EXPECT_EQ(description(graph),
            (std::vector<std::string>{"party:P8 =", "party:P9 = 3", "party:P10 = 4 5",
                                      "email:x@y = 1", "email:a@b.c = 2", "phone:7 = 2"}));
  EXPECT_EQ(graph.num_parties(), 3U);
  EXPECT_EQ(graph.num_edges(), 3U);
}

TEST(IdentityGraph, SameValueUnderTwoKindsIsTwoAttributes) {
  const IdentityGraph graph = identity_graph_of({{"P1", "phone", "7"}, {"P2", "address", "7"}});
  EXPECT_EQ(graph.num_vertices(), 4U);
}

TEST(IdentityGraph, RepeatedStatementIsKeptOnce) {
  const IdentityGraph graph =
      identity_graph_of({{"P1", "phone", "7"}, {"P2", "phone", "7"}, {"P1", "phone", "7"}});
  EXPECT_EQ(graph.num_edges(), 2U);
  EXPECT_EQ(graph.neighbours(2).size(), 2U);
}

TEST(IdentityGraph, EmptyColumnsMakeAnEmptyGraph) {
  const IdentityGraph graph{AttributeColumns()};
  EXPECT_EQ(graph.num_vertices(), 0U);
  EXPECT_EQ(graph.num_edges(), 0U);
}

TEST(IdentityGraph, WrongColumnsAreRefused) {
  const auto refused = [](auto&& spoil) {
    AttributeColumns columns = columns_of({{"P1", "phone", "7"}});
    spoil(columns);
    EXPECT_THROW(IdentityGraph{columns}, std::invalid_argument);
  };
  refused([](AttributeColumns& c) { c.kind.clear(); });
  refused([](AttributeColumns& c) { c.value.push_back("8"); });
  refused([](AttributeColumns& c) { c.party[0] = 1; });
  refused([](AttributeColumns& c) { c.kind[0] = 3; });
  refused([](AttributeColumns& c) { c.party_keys.push_back("P1"); });
}

RC_GTEST_PROP(IdentityGraph, DoesNotDependOnTheOrderOfItsRows, ()) {
  const auto statements = *testing::statements_among(6, 30);
  auto reversed = statements;
  std::ranges::reverse(reversed);
  RC_ASSERT(description(identity_graph_of(statements, {"P0", "P1"})) ==
            description(identity_graph_of(reversed, {"P1", "P0"})));
}

RC_GTEST_PROP(IdentityGraph, HoldsExactlyTheStatements, ()) {
  const auto statements = *testing::statements_among(6, 30);
  const IdentityGraph graph = identity_graph_of(statements);
  std::set<std::tuple<std::string, std::string, std::string>> expected;
  for (const Statement& s : statements) expected.emplace(s.party, s.kind, s.value);
  std::set<std::tuple<std::string, std::string, std::string>> held;
  for (Vertex p = 0; p < graph.num_parties(); ++p) {
    for (const Vertex a : graph.neighbours(p)) {
      held.emplace(graph.key(p), graph.kind(a), graph.key(a));
      const auto back = graph.neighbours(a);
      RC_ASSERT(std::ranges::count(back, p) == 1);
      RC_ASSERT(std::ranges::is_sorted(back));
    }
  }
  RC_ASSERT(held == expected);
  RC_ASSERT(graph.num_edges() == expected.size());
}

}  // namespace
}  // namespace aml::graph
