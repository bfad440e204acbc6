// SPDX-License-Identifier: Apache-2.0
// The risk propagation of Databricks' Big Book of Data Engineering as a vertex program.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "graph/pregel.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/graph/small_programs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::risk;
using testing::transfers_among;

TransferGraph book_graph() {
  return graph_of({{"3", "4"}, {"3", "5"}, {"3", "6"}, {"4", "7"}, {"5", "7"}, {"6", "9"}},
                  {"0", "1", "2", "8"});
}
std::vector<double> book_risk() {
  return {0, 0, 0, 10, 0, 0, 0, 0, 0, 0};
}

TEST(PregelRisk, TableOfTheBook) {
  EXPECT_EQ(risk(book_graph(), book_risk(), 1),
            (std::vector<double>{0, 0, 0, 10, 5, 5, 5, 0, 0, 0}));
  EXPECT_EQ(risk(book_graph(), book_risk(), 2),
            (std::vector<double>{0, 0, 0, 10, 5, 5, 5, 5, 0, 2.5}));
  EXPECT_EQ(risk(book_graph(), book_risk(), 3),
            (std::vector<double>{0, 0, 0, 10, 5, 5, 5, 5, 0, 2.5}));
}

TEST(PregelRisk, ThirdRoundReachesTheThirdHop) {
  const TransferGraph graph = graph_of({{"3", "4"},
                                        {"3", "5"},
                                        {"3", "6"},
                                        {"4", "7"},
                                        {"5", "7"},
                                        {"6", "9"},
                                        {"7", "8"},
                                        {"9", "10"}},
                                       {"0", "1", "2"});
  std::vector<double> base(11, 0);
  base[3] = 10;
  EXPECT_EQ(risk(graph, base, 3), (std::vector<double>{0, 0, 0, 10, 5, 5, 5, 5, 2.5, 2.5, 1.25}));
}

TEST(PregelRisk, CycleOfTwoAddsTheBaseAfreshEachRound) {
  const TransferGraph graph = graph_of({{"1", "2"}, {"2", "1"}});
  EXPECT_EQ(risk(graph, {10, 0}, 1), (std::vector<double>{10, 5}));
  EXPECT_EQ(risk(graph, {10, 0}, 2), (std::vector<double>{12.5, 5}));
  EXPECT_EQ(risk(graph, {10, 0}, 3), (std::vector<double>{12.5, 6.25}));
  const std::vector<double> limit = risk(graph, {10, 0}, 60);
  EXPECT_NEAR(limit[0], 40.0 / 3, 1e-9);
  EXPECT_NEAR(limit[1], 20.0 / 3, 1e-9);
}

TEST(PregelRisk, ParallelTransfersMultiplyUnlessOnlyThePayerCounts) {
  const TransferGraph graph = graph_of({{"a", "c"}, {"a", "c"}, {"a", "c"}, {"b", "c"}});
  EXPECT_EQ(risk(graph, {10, 2, 0}, 1), (std::vector<double>{10, 2, 16}));
  EXPECT_EQ(risk(graph, {10, 2, 0}, 1, MessagePolicy::kFirstOfEachPair),
            (std::vector<double>{10, 2, 6}));
}

TEST(PregelRisk, ParallelTransfersEachWayDiverge) {
  const std::vector<testing::Transfer> twice = {{"1", "2"}, {"1", "2"}, {"2", "1"}, {"2", "1"}};
  EXPECT_EQ(risk(graph_of(twice), {10, 0}, 1), (std::vector<double>{10, 10}));
  EXPECT_EQ(risk(graph_of(twice), {10, 0}, 2), (std::vector<double>{20, 10}));
  EXPECT_EQ(risk(graph_of(twice), {10, 0}, 5), (std::vector<double>{30, 30}));
}

/// Sums that depend on their order in the last bits, on a graph large enough to be split among
/// threads.
TEST(PregelRisk, StatesAreBitIdenticalForOneAndTwoThreads) {
  std::mt19937 random(7);
  const auto any_vertex = [&] { return std::to_string(random() % 6000); };
  std::vector<testing::Transfer> transfers;
  for (int i = 0; i < 60'000; ++i) transfers.push_back({any_vertex(), any_vertex(), i % 50});
  const TransferGraph graph = graph_of(transfers);
  std::vector<double> base;
  for (Vertex v = 0; v < graph.num_vertices(); ++v)
    base.push_back(1.0 / (1 + static_cast<int>(random() % 97)));

  const auto bits_with = [&](std::size_t threads, MessagePolicy messages) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    std::vector<std::uint64_t> bits;
    for (const double score : risk(graph, base, 4, messages)) {
      bits.push_back(std::bit_cast<std::uint64_t>(score));
    }
    return bits;
  };
  for (const auto messages : {MessagePolicy::kEveryTransfer, MessagePolicy::kFirstOfEachPair}) {
    EXPECT_EQ(bits_with(1, messages), bits_with(2, messages));
  }
}

RC_GTEST_PROP(PregelRisk, IsTheSumOverWalksOfBoundedLength, ()) {
  const TransferGraph graph = graph_of(*transfers_among(5, 12));
  const bool distinct = *rc::gen::arbitrary<bool>();
  const Vertex n = graph.num_vertices();
  std::vector<std::vector<double>> transfers(n, std::vector<double>(n, 0));
  for (Edge e = 0; e < graph.num_edges(); ++e) {
    double& count = transfers[graph.source(e)][graph.target(e)];
    count = distinct ? 1 : count + 1;
  }
  std::vector<double> base;
  for (Vertex v = 0; v < n; ++v) base.push_back(v + 1);
  std::vector<double> expected = base;
  std::vector<double> walks = base;  // risk * 2^-length over walks of exactly so many transfers
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> longer(n, 0);
    for (Vertex u = 0; u < n; ++u) {
      for (Vertex v = 0; v < n; ++v) longer[v] += walks[u] * transfers[u][v] / 2;
    }
    walks = longer;
    for (Vertex v = 0; v < n; ++v) expected[v] += walks[v];
  }
  const auto messages = distinct ? MessagePolicy::kFirstOfEachPair : MessagePolicy::kEveryTransfer;
  RC_ASSERT(risk(graph, base, kRounds, messages) == expected);  // exact: all values are dyadic
}

}  // namespace
}  // namespace aml::graph
