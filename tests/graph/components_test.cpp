// SPDX-License-Identifier: Apache-2.0
#include "graph/components.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <queue>

#include "tests/graph/small_graphs.hpp"
#include "tests/graph/small_identity_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::identity_graph_of;
using testing::transfers_among;
using Representatives = std::vector<Vertex>;

/// Breadth-first search from each vertex not yet reached, in ascending order.
Representatives by_breadth_first_search(const std::vector<std::vector<Vertex>>& neighbours) {
  Representatives representative(neighbours.size(), kNoVertex);
  for (Vertex start = 0; start < neighbours.size(); ++start) {
    if (representative[start] != kNoVertex) continue;
    std::queue<Vertex> queue({start});
    representative[start] = start;
    while (!queue.empty()) {
      for (const Vertex w : neighbours[queue.front()]) {
        if (representative[w] != kNoVertex) continue;
        representative[w] = start;
        queue.push(w);
      }
      queue.pop();
    }
  }
  return representative;
}

TEST(WeakComponents, EmptyGraphHasNone) {
  EXPECT_TRUE(weak_components(graph_of({})).empty());
}

TEST(WeakComponents, IsolatedVerticesAreTheirOwn) {
  EXPECT_EQ(weak_components(graph_of({}, {"a", "b", "c"})), (Representatives{0, 1, 2}));
}

TEST(WeakComponents, TwoDisjointTransfersFormTwoComponents) {
  EXPECT_EQ(weak_components(graph_of({{"a", "b"}, {"d", "c"}})), (Representatives{0, 0, 2, 2}));
}

TEST(WeakComponents, DirectionDoesNotMatter) {  // 0 -> 4 -> 3 <- 2 -> 1, of GraphFrames' suite
  EXPECT_EQ(weak_components(graph_of({{"0", "4"}, {"4", "3"}, {"2", "3"}, {"2", "1"}})),
            (Representatives{0, 0, 0, 0, 0}));
}

TEST(WeakComponents, TwoTrianglesAndTwoIsolated) {
  EXPECT_EQ(
      weak_components(graph_of(
          {{"0", "1"}, {"1", "2"}, {"2", "0"}, {"3", "4"}, {"4", "5"}, {"5", "3"}}, {"6", "7"})),
      (Representatives{0, 0, 0, 3, 3, 3, 6, 7}));
}

TEST(WeakComponents, ComponentIsNamedByItsSmallestKeyNotByItsSmallestString) {
  const TransferGraph graph = graph_of({{"10", "9"}});
  EXPECT_EQ(weak_components(graph), (Representatives{0, 0}));
  EXPECT_EQ(graph.key(0), "9");
}

TEST(WeakComponents, LongChainIsOneComponent) {
  std::vector<testing::Transfer> chain;
  for (int i = 10'000; i > 0; --i) chain.push_back({std::to_string(i), std::to_string(i - 1)});
  EXPECT_EQ(weak_components(graph_of(chain)), Representatives(10'001, 0));
}

RC_GTEST_PROP(WeakComponents, AgreeWithBreadthFirstSearch, ()) {
  const TransferGraph graph = graph_of(*transfers_among(12, 14), {"0", "3", "11"});
  std::vector<std::vector<Vertex>> neighbours(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) {
      neighbours[v].push_back(graph.target(e));
      neighbours[graph.target(e)].push_back(v);
    }
  }
  RC_ASSERT(weak_components(graph) == by_breadth_first_search(neighbours));
}

TEST(Components, SharedAttributesJoinParties) {
  const IdentityGraph graph = identity_graph_of({{"P1", "email", "e"},
                                                 {"P2", "email", "e"},
                                                 {"P2", "phone", "7"},
                                                 {"P3", "phone", "7"},
                                                 {"P4", "phone", "8"}});
  // P1 P2 P3 P4 | email:e phone:7 phone:8
  EXPECT_EQ(components(graph), (Representatives{0, 0, 0, 3, 0, 0, 3}));
}

TEST(Components, IgnoredAttributeJoinsNobodyAndStandsAlone) {
  const IdentityGraph graph = identity_graph_of(
      {{"P1", "email", "e"}, {"P2", "email", "e"}, {"P2", "phone", "7"}, {"P3", "phone", "7"}});
  const auto is_phone = [&](Vertex attribute) { return graph.kind(attribute) == "phone"; };
  EXPECT_EQ(components(graph, is_phone), (Representatives{0, 0, 2, 0, 4}));
}

RC_GTEST_PROP(Components, AgreeWithBreadthFirstSearch, ()) {
  const IdentityGraph graph = identity_graph_of(*testing::statements_among(8, 14), {"P9"});
  const bool ignores = *rc::gen::arbitrary<bool>();
  const auto is_ignored = [&](Vertex attribute) { return ignores && attribute % 3 == 0; };
  std::vector<std::vector<Vertex>> neighbours(graph.num_vertices());
  for (Vertex p = 0; p < graph.num_parties(); ++p) {
    for (const Vertex a : graph.neighbours(p)) {
      if (is_ignored(a)) continue;
      neighbours[p].push_back(a);
      neighbours[a].push_back(p);
    }
  }
  RC_ASSERT(components(graph, is_ignored) == by_breadth_first_search(neighbours));
}

}  // namespace
}  // namespace aml::graph
