// SPDX-License-Identifier: Apache-2.0
#include "graph/component_labels.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <string>

#include "graph/components.hpp"
#include "tests/graph/known_graphs.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using Labels = std::vector<Vertex>;

TEST(ComponentLabels, LdbcValidationGraphs) {
  EXPECT_EQ(component_labels(graph_of(testing::ldbc_directed()), 100).labels, Labels(10, 0));
  EXPECT_EQ(component_labels(graph_of(testing::ldbc_components(), {"5"}), 100).labels,
            (Labels{0, 0, 0, 0, 4, 5, 5, 5, 0}));
}

TEST(ComponentLabels, NeedOneRoundMoreThanTheLongestWay) {
  const TransferGraph graph = graph_of({{"1", "2"}, {"3", "2"}, {"3", "4"}}, {"5"});
  const auto cut = component_labels(graph, 2);
  EXPECT_EQ(cut.labels, (Labels{0, 0, 0, 1, 4}));
  EXPECT_FALSE(cut.complete);
  const auto reached = component_labels(graph, 3);
  EXPECT_EQ(reached.labels, (Labels{0, 0, 0, 0, 4}));
  EXPECT_FALSE(reached.complete);  // nobody knows yet that nothing changes any more
  const auto complete = component_labels(graph, 100);
  EXPECT_EQ(complete.labels, reached.labels);
  EXPECT_TRUE(complete.complete);
  EXPECT_EQ(complete.rounds, 4);
}

TEST(ComponentLabels, WrongRoundsAreRefused) {
  EXPECT_THROW(component_labels(graph_of({}), 0), std::invalid_argument);
}

RC_GTEST_PROP(ComponentLabels, AreThoseOfUnionFind, ()) {
  const TransferGraph graph = graph_of(*testing::transfers_among(15, 20), {"3", "20"});
  const auto result = component_labels(graph, 100);
  RC_ASSERT(result.complete);
  RC_ASSERT(result.labels == weak_components(graph));
}

TEST(ComponentLabels, AreTheSameForAnyNumberOfThreads) {
  std::mt19937 random(6);
  const auto any_vertex = [&] { return std::to_string(random() % 9000); };
  std::vector<testing::Transfer> transfers;
  for (int i = 0; i < 8000; ++i) transfers.push_back({any_vertex(), any_vertex(), i % 50});
  const TransferGraph graph = graph_of(transfers);
  for (const std::size_t threads : {1, 2}) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    EXPECT_EQ(component_labels(graph, 1000).labels, weak_components(graph)) << threads;
  }
}

}  // namespace
}  // namespace aml::graph
