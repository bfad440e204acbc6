// SPDX-License-Identifier: Apache-2.0
#include "graph/incremental_components.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "graph/components.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/component_search.hpp"

namespace aml::graph {
namespace {

using oracle::components_by_search;
using Names = std::vector<Vertex>;

TEST(IncrementalComponents, VerticesStartApart) {
  IncrementalComponents sets(3);
  EXPECT_EQ(sets.components(), (Names{0, 1, 2}));
  EXPECT_FALSE(sets.connected(0, 2));
  EXPECT_TRUE(sets.connected(2, 2));
}

TEST(IncrementalComponents, NoVerticesNoComponents) {
  EXPECT_TRUE(IncrementalComponents(0).components().empty());
}

TEST(IncrementalComponents, JoinedComponentsHaveTheNameOfTheSmallestVertex) {
  IncrementalComponents sets(6);
  sets.join(5, 4);
  sets.join(3, 2);
  EXPECT_EQ(sets.components(), (Names{0, 1, 2, 2, 4, 4}));
  sets.join(5, 3);
  EXPECT_EQ(sets.component_of(4), 2);
  EXPECT_TRUE(sets.connected(4, 2));
  EXPECT_FALSE(sets.connected(4, 1));
  sets.join(1, 4);
  EXPECT_EQ(sets.components(), (Names{0, 1, 1, 1, 1, 1}));
}

TEST(IncrementalComponents, LoopsAndRepeatedEdgesChangeNothing) {
  IncrementalComponents sets(3);
  sets.join(1, 1);
  sets.join(1, 2);
  sets.join(2, 1);
  EXPECT_EQ(sets.components(), (Names{0, 1, 1}));
}

TEST(IncrementalComponents, AddedVerticesHaveTheNextNumbers) {
  IncrementalComponents sets(2);
  sets.join(0, 1);
  sets.add_vertices(2);
  EXPECT_EQ(sets.components(), (Names{0, 0, 2, 3}));
  sets.join(3, 1);
  EXPECT_EQ(sets.components(), (Names{0, 0, 2, 0}));
}

TEST(IncrementalComponents, GoOnFromTheComponentsOfAGraph) {
  const TransferGraph graph = testing::graph_of({{"a", "b"}, {"c", "d"}}, {"e"});
  IncrementalComponents sets(weak_components(graph));
  sets.join(std::vector<VertexPair>{{3, 4}});
  EXPECT_EQ(sets.components(), (Names{0, 0, 2, 2, 2}));
}

TEST(IncrementalComponents, WrongArgumentsAreRefused) {
  EXPECT_THROW(IncrementalComponents(Names{1, 1}), std::invalid_argument);     // 0 under 1
  EXPECT_THROW(IncrementalComponents(Names{0, 0, 1}), std::invalid_argument);  // 1 is no root
  EXPECT_THROW(IncrementalComponents(std::size_t{kNoVertex}), std::invalid_argument);
  IncrementalComponents sets(2);
  EXPECT_THROW(sets.join(std::vector<VertexPair>{{0, 1}, {0, 2}}), std::invalid_argument);
  EXPECT_FALSE(sets.connected(0, 1));  // none of the edges was joined
  EXPECT_THROW(sets.add_vertices(kNoVertex), std::invalid_argument);
  EXPECT_THROW(sets.add_vertices(std::numeric_limits<std::size_t>::max()), std::invalid_argument);
}

RC_GTEST_PROP(IncrementalComponents, AreThoseFromScratchAfterEachBatch, ()) {
  const auto vertices = *rc::gen::inRange<Vertex>(1, 30);
  IncrementalComponents sets(vertices);
  std::vector<VertexPair> all;
  for (int batch = 0; batch < 5; ++batch) {
    if (*rc::gen::arbitrary<bool>()) sets.add_vertices(3);
    const auto vertex = rc::gen::inRange<Vertex>(0, static_cast<Vertex>(sets.num_vertices()));
    const auto edges = *rc::gen::container<std::vector<VertexPair>>(rc::gen::pair(vertex, vertex));
    sets.join(edges);
    all.insert(all.end(), edges.begin(), edges.end());
    const Names expected = components_by_search(sets.num_vertices(), all);
    RC_ASSERT(sets.components() == expected);
    const auto [a, b] = *rc::gen::pair(vertex, vertex);
    RC_ASSERT(sets.component_of(a) == expected[a]);
    RC_ASSERT(sets.connected(a, b) == (expected[a] == expected[b]));
  }
}

std::vector<VertexPair> random_edges(std::size_t vertices, std::size_t edges, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<VertexPair> made(edges);
  for (auto& [a, b] : made) {
    a = static_cast<Vertex>(random() % vertices);
    b = static_cast<Vertex>(random() % vertices);
  }
  return made;
}

TEST(IncrementalComponents, AreTheSameForAnyNumberOfThreads) {
  constexpr std::size_t kVertices = 100'000;
  const auto edges = random_edges(kVertices, 80'000, 5);  // many components of every size
  const Names expected = components_by_search(kVertices, edges);
  for (const std::size_t threads : {1, 2}) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    IncrementalComponents sets(kVertices);
    sets.join(edges);
    EXPECT_EQ(sets.components(), expected) << threads << " thread(s)";
  }
}

/// A path in ascending, descending and random order of its edges: the deepest trees.
TEST(IncrementalComponents, LongPathsJoinInAnyOrder) {
  constexpr Vertex kLength = 100'000;
  std::vector<VertexPair> path;
  for (Vertex v = 1; v < kLength; ++v) path.emplace_back(v - 1, v);
  const auto is_one = [&] {
    IncrementalComponents sets(kLength);
    sets.join(path);
    return sets.components() == Names(kLength, 0);
  };
  EXPECT_TRUE(is_one());
  std::ranges::reverse(path);
  EXPECT_TRUE(is_one());
  std::ranges::shuffle(path, std::mt19937(3));
  EXPECT_TRUE(is_one());
}

/// One thread joins a path while another asks: what was joined before a question stays joined, and
/// what is never joined is never connected.
TEST(IncrementalComponents, MayBeAskedWhileOthersJoin) {
  constexpr Vertex kLength = 20'000;
  IncrementalComponents sets(kLength + 1);
  std::atomic<Vertex> joined = 0;  // 0 .. joined are connected
  std::thread writer([&] {
    for (Vertex v = 1; v < kLength; ++v) {
      sets.join(v, v - 1);
      joined.store(v, std::memory_order_release);
    }
  });
  bool right = true;
  std::mt19937 random(1);
  for (Vertex known = 0; known < kLength - 1;) {
    known = joined.load(std::memory_order_acquire);
    const auto asked = static_cast<Vertex>(random() % (known + 1));
    right = right && sets.connected(known, asked) && sets.component_of(asked) == 0 &&
            !sets.connected(asked, kLength);
  }
  writer.join();
  EXPECT_TRUE(right);
}

}  // namespace
}  // namespace aml::graph
