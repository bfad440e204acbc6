// SPDX-License-Identifier: Apache-2.0
#include "graph/components.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <map>
#include <random>

#include "graph/incremental_components.hpp"
#include "tests/graph/known_graphs.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/graph/small_identity_graphs.hpp"
#include "tests/oracle/component_search.hpp"

namespace aml::graph {
namespace {

using oracle::components_by_search;
using testing::graph_of;
using testing::identity_graph_of;
using testing::transfers_among;
using Representatives = std::vector<Vertex>;

/// Every transfer as an undirected edge.
std::vector<VertexPair> edges_of(const TransferGraph& graph) {
  std::vector<VertexPair> edges;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) edges.emplace_back(v, graph.target(e));
  }
  return edges;
}

/// The keys of each component, in key order, the component's name first.
std::vector<std::string> members(const TransferGraph& graph) {
  const Representatives components = weak_components(graph);
  std::map<Vertex, std::string> keys;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    std::string& list = keys[components[v]];
    list += (list.empty() ? "" : " ") + std::string(graph.key(v));
  }
  std::vector<std::string> lists;
  for (const auto& [name, list] : keys) lists.push_back(list);
  return lists;
}

// ---- the rows of GraphFrames' suites
using Members = std::vector<std::string>;

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

TEST(WeakComponents, GraphFramesFriends) {
  EXPECT_EQ(members(graph_of({{"a", "b"},
                              {"b", "c"},
                              {"c", "b"},
                              {"f", "c"},
                              {"e", "f"},
                              {"e", "d"},
                              {"d", "a"},
                              {"a", "e"}},
                             {"g"})),
            (Members{"a b c d e f", "g"}));
}

TEST(WeakComponents, GraphFramesSmallGraphs) {
  EXPECT_EQ(members(graph_of({}, {"0"})), (Members{"0"}));
  EXPECT_EQ(members(graph_of({{"0", "0"}})), (Members{"0"}));
  EXPECT_EQ(members(graph_of({}, {"0", "1", "2", "3", "4"})), (Members{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(members(graph_of({{"0", "1"}})), (Members{"0 1"}));
  EXPECT_EQ(members(graph_of({{"0", "1"}, {"1", "2"}, {"2", "3"}, {"3", "4"}})),
            (Members{"0 1 2 3 4"}));
  EXPECT_EQ(members(graph_of({{"1", "0"}, {"2", "0"}, {"3", "0"}, {"4", "0"}, {"5", "0"}})),
            (Members{"0 1 2 3 4 5"}));
  EXPECT_EQ(members(graph_of(testing::two_blobs(5))), (Members{"0 1 2 3 4 5 6 7 8 9"}));
}

TEST(WeakComponents, GraphFramesLargestIds) {
  std::vector<testing::Transfer> down;
  std::vector<testing::Transfer> up;
  for (std::int64_t i = 1; i < 10; ++i) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    down.push_back({std::to_string(kMax - i), std::to_string(kMax - i + 1)});
    up.push_back({std::to_string(i - 1 - kMax), std::to_string(i - kMax)});
  }
  EXPECT_EQ(weak_components(graph_of(down)), Representatives(10, 0));
  EXPECT_EQ(weak_components(graph_of(up)), Representatives(10, 0));
}

TEST(WeakComponents, GraphFramesLabels) {
  EXPECT_EQ(members(graph_of({{"a", "b"}, {"b", "c"}}, {"d"})), (Members{"a b c", "d"}));
  EXPECT_EQ(members(graph_of({{"1", "2"}, {"2", "3"}}, {"4"})), (Members{"1 2 3", "4"}));
}

TEST(WeakComponents, LdbcValidationGraphs) {
  EXPECT_EQ(weak_components(graph_of(testing::ldbc_directed())), Representatives(10, 0));
  EXPECT_EQ(weak_components(graph_of(testing::ldbc_undirected())), Representatives(9, 0));
  EXPECT_EQ(members(graph_of(testing::ldbc_components(), {"5"})),
            (Members{"1 2 3 4 9", "5", "6 7 8"}));
}

RC_GTEST_PROP(WeakComponents, AgreeWithBreadthFirstSearch, ()) {
  const TransferGraph graph = graph_of(*transfers_among(12, 40), {"0", "3", "11"});
  RC_ASSERT(weak_components(graph) == components_by_search(graph.num_vertices(), edges_of(graph)));
}

RC_GTEST_PROP(WeakComponents, AreTheSamePartitionWhateverTheVerticesAreCalled, ()) {
  std::vector<testing::Transfer> transfers = *transfers_among(12, 14);
  const auto names = *testing::permutation(12);
  const TransferGraph graph = graph_of(transfers);
  const Representatives before = weak_components(graph);
  const auto renamed = [&](const std::string& key) {
    return std::to_string(names[static_cast<std::size_t>(std::stoi(key))]);
  };
  for (testing::Transfer& transfer : transfers) {
    transfer.source = renamed(transfer.source);
    transfer.target = renamed(transfer.target);
  }
  const TransferGraph other = graph_of(transfers);
  const Representatives after = weak_components(other);
  const auto component_after = [&](Vertex v) {
    return after[other.find(renamed(std::string(graph.key(v)))).value()];
  };
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (Vertex w = 0; w < graph.num_vertices(); ++w) {
      RC_ASSERT((before[v] == before[w]) == (component_after(v) == component_after(w)));
    }
  }
}

/// Large enough for several tasks: one giant component, many small ones, isolated vertices.
TEST(WeakComponents, AgreeWithBreadthFirstSearchForAnyNumberOfThreads) {
  std::mt19937 random(11);
  const auto any_vertex = [&] { return std::to_string(random() % 40'000); };
  for (const int transfers : {10'000, 30'000, 100'000}) {
    std::vector<testing::Transfer> list;
    for (int i = 0; i < transfers; ++i) list.push_back({any_vertex(), any_vertex(), i % 97});
    const TransferGraph graph = graph_of(list);
    const auto expected = components_by_search(graph.num_vertices(), edges_of(graph));
    for (const std::size_t threads : {1, 2}) {
      const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                              threads);
      EXPECT_EQ(weak_components(graph), expected) << transfers << " on " << threads;
    }
  }
}

/// A star of transfers into vertices that send to nobody: most ends are seen from one side only.
TEST(WeakComponents, VerticesThatOnlyReceiveAreJoined) {
  std::vector<testing::Transfer> star;
  for (int i = 0; i < 5000; ++i) star.push_back({"9999", std::to_string(i)});
  EXPECT_EQ(weak_components(graph_of(star)), Representatives(5001, 0));
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
  std::vector<VertexPair> edges;
  for (Vertex p = 0; p < graph.num_parties(); ++p) {
    for (const Vertex a : graph.neighbours(p)) {
      if (!is_ignored(a)) edges.emplace_back(p, a);
    }
  }
  RC_ASSERT(components(graph, is_ignored) == components_by_search(graph.num_vertices(), edges));
}

TEST(Components, AreTheSameForAnyNumberOfThreads) {
  std::mt19937 random(2);
  std::vector<testing::Statement> statements;
  for (int i = 0; i < 30'000; ++i) {
    statements.push_back({"P" + std::to_string(random() % 20'000), i % 2 == 0 ? "email" : "phone",
                          std::to_string(random() % 25'000)});
  }
  const IdentityGraph graph = identity_graph_of(statements);
  std::vector<VertexPair> edges;
  for (Vertex p = 0; p < graph.num_parties(); ++p) {
    for (const Vertex a : graph.neighbours(p)) edges.emplace_back(p, a);
  }
  const auto expected = components_by_search(graph.num_vertices(), edges);
  for (const std::size_t threads : {1, 2}) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    EXPECT_EQ(components(graph), expected) << threads << " thread(s)";
  }
}

}  // namespace
}  // namespace aml::graph
