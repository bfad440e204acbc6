// SPDX-License-Identifier: Apache-2.0
#include "graph/pagerank.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>

#include "tests/graph/known_graphs.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected,
                 double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t v = 0; v < expected.size(); ++v)
    EXPECT_NEAR(actual[v], expected[v], tolerance) << v;
}

double sum_of(const std::vector<double>& ranks) {
  return std::accumulate(ranks.begin(), ranks.end(), 0.0);
}

TransferGraph graphframes_graph() {
  return graph_of(
      {{"0", "1"}, {"1", "2"}, {"2", "4"}, {"2", "0"}, {"3", "4"}, {"4", "0"}, {"4", "2"}});
}

TEST(PageRank, GraphFramesPregelSuite) {
  const auto result = pagerank(graphframes_graph(), {.rounds = 5, .dangling = DanglingRank::kLost});
  expect_near(result.ranks, {0.245133, 0.224220, 0.303287, 0.03, 0.197361}, 1e-6);
  EXPECT_NEAR(sum_of(result.ranks), 1, 1e-12);
}

TEST(PageRank, GraphFramesOwnStartsWithOneForEachVertex) {
  const auto result =
      pagerank(graphframes_graph(),
               {.rounds = 5, .total = RankTotal::kVertices, .dangling = DanglingRank::kLost});
  expect_near(result.ranks, {5 * 0.245133, 5 * 0.224220, 5 * 0.303287, 0.15, 5 * 0.197361}, 5e-6);
}

TEST(PageRank, LdbcDirected) {
  const auto result = pagerank(graph_of(testing::ldbc_directed()), {.rounds = 2});
  expect_near(
      result.ranks,
      {1.477629166666667e-01, 4.753375000000000e-02, 1.550469444444444e-01, 1.597573611111111e-01,
       1.462400000000000e-01, 4.753375000000000e-02, 4.753375000000000e-02, 1.135740277777778e-01,
       4.753375000000000e-02, 8.748375000000001e-02},
      1e-15);
}

TEST(PageRank, LdbcUndirected) {
  auto both_ways = testing::ldbc_undirected();
  for (const auto& edge : testing::ldbc_undirected())
    both_ways.push_back({edge.target, edge.source});
  const auto result = pagerank(graph_of(both_ways), {.rounds = 2});
  expect_near(result.ranks,
              {9.084490740740739e-02, 1.424089506172839e-01, 9.084490740740739e-02,
               1.249891975308642e-01, 1.686172839506173e-01, 9.749537037037037e-02,
               1.249891975308642e-01, 9.749537037037037e-02, 6.231481481481481e-02},
              1e-15);
}

TEST(PageRank, RankOfVerticesThatPayNobodyIsLostOrShared) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  expect_near(pagerank(graph, {.rounds = 1, .dangling = DanglingRank::kLost}).ranks,
              {0.075, 0.075 + 0.425}, 1e-15);
  expect_near(pagerank(graph, {.rounds = 1, .dangling = DanglingRank::kShared}).ranks,
              {0.075 + 0.2125, 0.075 + 0.425 + 0.2125}, 1e-15);
}

TEST(PageRank, ResidualIsTheChangeOfTheLastRound) {
  const TransferGraph graph = graph_of({{"a", "b"}, {"b", "a"}, {"c", "a"}});
  double before = 2;
  for (const int rounds : {1, 2, 3, 10, 100}) {
    const auto now = pagerank(graph, {.rounds = rounds});
    const auto last = rounds == 1 ? std::vector<double>(3, 1.0 / 3)
                                  : pagerank(graph, {.rounds = rounds - 1}).ranks;
    double change = 0;
    for (std::size_t v = 0; v < 3; ++v) change += std::abs(now.ranks[v] - last[v]);
    EXPECT_NEAR(now.residual, change, 1e-15);
    EXPECT_LE(now.residual, 0.85 * before + 1e-12);
    before = now.residual;
  }
  EXPECT_LT(before, 1e-6);
}

TEST(PageRank, EmptyGraphHasNoRanks) {
  EXPECT_TRUE(pagerank(graph_of({}), {}).ranks.empty());
}

TEST(PageRank, WrongParametersAreRefused) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  EXPECT_THROW(pagerank(graph, {.rounds = 0}), std::invalid_argument);
  EXPECT_THROW(pagerank(graph, {.damping = 1.01}), std::invalid_argument);
  EXPECT_THROW(pagerank(graph, {.damping = -0.01}), std::invalid_argument);
  EXPECT_THROW(pagerank(graph, {.damping = std::nan("")}), std::invalid_argument);
}

/// The same with a dense matrix of shares.
std::vector<double> by_matrix(const TransferGraph& graph, const PageRankParams& params) {
  const std::size_t n = graph.num_vertices();
  std::vector<std::vector<double>> share(n, std::vector<double>(n, 0));  // [payer][payee]
  for (Vertex v = 0; v < n; ++v) {
    const auto transfers = static_cast<double>(graph.out_edges(v).size());
    for (const Edge e : graph.out_edges(v)) share[v][graph.target(e)] += 1 / transfers;
    if (transfers == 0 && params.dangling == DanglingRank::kShared)
      share[v].assign(n, 1.0 / static_cast<double>(n));
  }
  const double start = params.total == RankTotal::kOne ? 1.0 / static_cast<double>(n) : 1;
  std::vector<double> ranks(n, start);
  for (int round = 0; round < params.rounds; ++round) {
    std::vector<double> next(n, (1 - params.damping) * start);
    for (std::size_t payer = 0; payer < n; ++payer) {
      for (std::size_t payee = 0; payee < n; ++payee)
        next[payee] += params.damping * ranks[payer] * share[payer][payee];
    }
    ranks = next;
  }
  return ranks;
}

RC_GTEST_PROP(PageRank, IsTheProductWithTheMatrixOfShares, ()) {
  const TransferGraph graph = graph_of(*testing::transfers_among(7, 20), {"3", "9"});
  PageRankParams params;
  params.rounds = *rc::gen::inRange(1, 8);
  params.damping = *rc::gen::inRange(0, 101) / 100.0;
  params.total = *rc::gen::element(RankTotal::kOne, RankTotal::kVertices);
  params.dangling = *rc::gen::element(DanglingRank::kLost, DanglingRank::kShared);
  const auto ranks = pagerank(graph, params).ranks;
  const auto expected = by_matrix(graph, params);
  for (std::size_t v = 0; v < ranks.size(); ++v)
    RC_ASSERT(std::abs(ranks[v] - expected[v]) < 1e-12);
}

TEST(PageRank, IsBitIdenticalForOneAndTwoThreads) {
  std::mt19937 random(9);
  const auto any_vertex = [&] { return std::to_string(random() % 6000); };
  std::vector<testing::Transfer> transfers;
  for (int i = 0; i < 20'000; ++i) transfers.push_back({any_vertex(), any_vertex(), i % 50});
  const TransferGraph graph = graph_of(transfers);
  const auto bits_with = [&](std::size_t threads) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    const auto result = pagerank(graph, {.rounds = 6});
    std::vector<std::uint64_t> bits{std::bit_cast<std::uint64_t>(result.residual)};
    for (const double rank : result.ranks) bits.push_back(std::bit_cast<std::uint64_t>(rank));
    return bits;
  };
  EXPECT_EQ(bits_with(1), bits_with(2));
}

}  // namespace
}  // namespace aml::graph
