// SPDX-License-Identifier: Apache-2.0
#include "graph/label_propagation.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <random>
#include <string>

#include "tests/graph/known_graphs.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using Labels = std::vector<Vertex>;

/// The keys of the labels, in order of vertices.
std::string label_keys(const TransferGraph& graph, int rounds) {
  std::string keys;
  for (const Vertex label : label_propagation(graph, rounds))
    keys += std::string(graph.key(label)) + " ";
  return keys;
}

TEST(LabelPropagation, LdbcDirected) {
  EXPECT_EQ(label_keys(graph_of(testing::ldbc_directed()), 2), "1 2 3 4 1 1 2 3 2 1 ");
}

TEST(LabelPropagation, LdbcUndirected) {
  EXPECT_EQ(label_keys(graph_of(testing::ldbc_undirected()), 2), "2 3 2 2 6 5 2 5 5 ");
}

TEST(LabelPropagation, LdbcCommunities) {
  EXPECT_EQ(label_keys(graph_of(testing::ldbc_communities()), 5), "1 1 1 5 4 4 4 4 ");
}

TEST(LabelPropagation, GraphFramesTwoBlobs) {
  EXPECT_EQ(label_propagation(graph_of(testing::two_blobs(5)), 20),
            (Labels{0, 0, 0, 0, 0, 5, 5, 5, 5, 5}));
}

TEST(LabelPropagation, SmallestOfEquallyFrequentLabelsWins) {
  EXPECT_EQ(label_propagation(graph_of({{"3", "1"}, {"2", "3"}}), 1), (Labels{2, 2, 0}));
}

TEST(LabelPropagation, EachTransferCounts) {
  EXPECT_EQ(label_propagation(graph_of({{"3", "1"}, {"2", "3"}, {"3", "2"}}), 1),
            (Labels{2, 2, 1}));
}

TEST(LabelPropagation, VertexWithoutTransfersKeepsItsLabel) {
  EXPECT_EQ(label_propagation(graph_of({{"1", "1"}}, {"2"}), 3), (Labels{0, 1}));
}

TEST(LabelPropagation, TwoThatPayEachOtherSwapForEver) {
  EXPECT_EQ(label_propagation(graph_of({{"1", "2"}}), 7), (Labels{1, 0}));
  EXPECT_EQ(label_propagation(graph_of({{"1", "2"}}), 8), (Labels{0, 1}));
}

TEST(LabelPropagation, WrongRoundsAreRefused) {
  EXPECT_THROW(label_propagation(graph_of({}), 0), std::invalid_argument);
}

/// The same with a count of labels for each vertex, over the list of transfers.
Labels by_counting(const TransferGraph& graph, int rounds) {
  Labels labels(graph.num_vertices());
  for (Vertex v = 0; v < labels.size(); ++v) labels[v] = v;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::map<Vertex, int>> counts(labels.size());
    for (Edge e = 0; e < graph.num_edges(); ++e) {
      ++counts[graph.target(e)][labels[graph.source(e)]];
      ++counts[graph.source(e)][labels[graph.target(e)]];
    }
    for (Vertex v = 0; v < labels.size(); ++v) {
      int most = 0;
      for (const auto& [label, count] : counts[v]) {
        if (count > most) labels[v] = label;
        most = std::max(most, count);
      }
    }
  }
  return labels;
}

RC_GTEST_PROP(LabelPropagation, IsThatOfCounting, ()) {
  const TransferGraph graph = graph_of(*testing::transfers_among(9, 25), {"4", "20"});
  const int rounds = *rc::gen::inRange(1, 8);
  RC_ASSERT(label_propagation(graph, rounds) == by_counting(graph, rounds));
}

TEST(LabelPropagation, IsTheSameForAnyNumberOfThreads) {
  std::mt19937 random(4);
  const auto any_vertex = [&] { return std::to_string(random() % 5000); };
  std::vector<testing::Transfer> transfers;
  for (int i = 0; i < 8000; ++i) transfers.push_back({any_vertex(), any_vertex(), i % 50});
  const TransferGraph graph = graph_of(transfers);
  const Labels expected = by_counting(graph, 4);
  for (const std::size_t threads : {1, 2}) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    EXPECT_EQ(label_propagation(graph, 4), expected) << threads << " thread(s)";
  }
}

}  // namespace
}  // namespace aml::graph
