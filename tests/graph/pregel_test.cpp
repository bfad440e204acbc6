// SPDX-License-Identifier: Apache-2.0
// Expected values: GraphFrames' PregelSuite and the risk propagation of Databricks' Big Book of
// Data Engineering.
#include "graph/pregel.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::transfers_among;

/// score <- base + decay * sum of the payers' scores, if there is a payer.
struct RiskProgram {
  using State = double;
  using Message = double;
  std::vector<double> base;

  std::optional<double> message(const double& payer, const TransferGraph&, Edge) const {
    return payer * 0.5;
  }
  double combine(const double& a, const double& b) const { return a + b; }
  double update(const double& old, const double* sum, Vertex v) const {
    return sum == nullptr ? old : base[v] + *sum;
  }
  bool halted(const double& old, const double& now) const { return old == now; }
};

/// The largest value that has reached a vertex.
struct MaxProgram {
  using State = int;
  using Message = int;
  std::optional<int> message(const int& payer, const TransferGraph&, Edge) const {
    return payer == 0 ? std::nullopt : std::optional(payer);
  }
  int combine(const int& a, const int& b) const { return std::max(a, b); }
  int update(const int& old, const int* largest, Vertex) const {
    return largest == nullptr ? old : std::max(old, *largest);
  }
  bool halted(const int& old, const int& now) const { return old == now; }
};

/// The sum of the amounts received; never halts.
struct AmountProgram {
  using State = MinorUnits;
  using Message = MinorUnits;
  std::optional<MinorUnits> message(const MinorUnits&, const TransferGraph& graph, Edge e) const {
    return graph.amount_minor(e);
  }
  MinorUnits combine(const MinorUnits& a, const MinorUnits& b) const { return a + b; }
  MinorUnits update(const MinorUnits& old, const MinorUnits* sum, Vertex) const {
    return sum == nullptr ? old : *sum;
  }
  bool halted(const MinorUnits&, const MinorUnits&) const { return false; }
};

struct PageRankProgram {
  using State = double;
  using Message = double;
  const TransferGraph& graph;

  std::optional<double> message(const double& rank, const TransferGraph& g, Edge e) const {
    return rank / static_cast<double>(g.out_edges(g.source(e)).size());
  }
  double combine(const double& a, const double& b) const { return a + b; }
  double update(const double&, const double* sum, Vertex) const {
    return (sum == nullptr ? 0 : *sum) * 0.85 + 0.15 / graph.num_vertices();
  }
  bool halted(const double&, const double&) const { return false; }
};

/// Counts supersteps without any message.
struct SilentProgram {
  using State = int;
  using Message = int;
  std::optional<int> message(const int&, const TransferGraph&, Edge) const { return std::nullopt; }
  int combine(const int& a, const int&) const { return a; }
  int update(const int& old, const int* message, Vertex) const { return message ? -1 : old + 1; }
  bool halted(const int&, const int&) const { return false; }
};

std::vector<double> risk(const TransferGraph& graph, std::vector<double> base, int supersteps,
                         MessagePolicy messages = MessagePolicy::kEveryTransfer) {
  const RiskProgram program{base};
  return run_pregel(graph, program, std::move(base), {supersteps, messages}).states;
}

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
  EXPECT_EQ(risk(graph, {10, 2, 0}, 1, MessagePolicy::kDistinctPayer),
            (std::vector<double>{10, 2, 6}));
}

TEST(PregelRisk, ParallelTransfersEachWayDiverge) {
  const std::vector<testing::Transfer> twice = {{"1", "2"}, {"1", "2"}, {"2", "1"}, {"2", "1"}};
  EXPECT_EQ(risk(graph_of(twice), {10, 0}, 1), (std::vector<double>{10, 10}));
  EXPECT_EQ(risk(graph_of(twice), {10, 0}, 2), (std::vector<double>{20, 10}));
  EXPECT_EQ(risk(graph_of(twice), {10, 0}, 5), (std::vector<double>{30, 30}));
}

TEST(PregelMessages, DistinctPayerSendsByItsFirstTransfer) {
  const TransferGraph graph = graph_of(
      {{"a", "b", 2, 20}, {"a", "b", 1, 10}, {"c", "b", 3, 7}, {"a", "d", 4, 5}, {"b", "b", 5, 1}});
  const auto received = [&](MessagePolicy messages) {
    return run_pregel(graph, AmountProgram{}, {0, 0, 0, 0}, {1, messages}).states;
  };
  EXPECT_EQ(received(MessagePolicy::kEveryTransfer), (std::vector<MinorUnits>{0, 38, 0, 5}));
  EXPECT_EQ(received(MessagePolicy::kDistinctPayer), (std::vector<MinorUnits>{0, 18, 0, 5}));
}

TEST(PregelMessages, SumOfEdgeValuesAlongAChain) {
  const TransferGraph graph = graph_of({{"0", "1", 0, 1}, {"1", "2", 0, 2}, {"2", "3", 0, 3}});
  EXPECT_EQ(run_pregel(graph, AmountProgram{}, {0, 0, 0, 0}, {1}).states,
            (std::vector<MinorUnits>{0, 1, 2, 3}));
}

TEST(PregelMessages, VertexWithoutMessageKeepsItsPlaceAndMayUpdateItself) {
  const TransferGraph graph = graph_of({{"a", "b"}}, {"c"});
  const auto result = run_pregel(graph, SilentProgram{}, {0, 0, 5}, {10});
  EXPECT_EQ(result.states, (std::vector<int>{1, 1, 6}));
}

TEST(Pregel, PageRankOfGraphFramesSuite) {
  const TransferGraph graph = graph_of(
      {{"0", "1"}, {"1", "2"}, {"2", "4"}, {"2", "0"}, {"3", "4"}, {"4", "0"}, {"4", "2"}});
  const auto result = run_pregel(graph, PageRankProgram{graph}, std::vector<double>(5, 0.2), {5});
  const std::vector<double> expected = {0.245133, 0.224220, 0.303287, 0.03, 0.197361};
  double sum = 0;
  for (std::size_t v = 0; v < expected.size(); ++v) {
    EXPECT_NEAR(result.states[v], expected[v], 1e-6);
    sum += result.states[v];
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(result.supersteps, 5);
  EXPECT_FALSE(result.converged);
}

TEST(Pregel, LargestValueRunsDownAChain) {
  const TransferGraph graph = graph_of({{"1", "2"}, {"2", "3"}, {"3", "4"}, {"4", "5"}});
  const auto exact = run_pregel(graph, MaxProgram{}, {1, 0, 0, 0, 0}, {4});
  EXPECT_EQ(exact.states, (std::vector<int>{1, 1, 1, 1, 1}));
  EXPECT_EQ(exact.supersteps, 4);
  EXPECT_FALSE(exact.converged);
}

TEST(Pregel, EndsAfterTheSuperstepInWhichEveryVertexHalts) {
  const TransferGraph graph = graph_of({{"1", "2"}, {"2", "3"}, {"3", "4"}, {"4", "5"}});
  const auto result = run_pregel(graph, MaxProgram{}, {1, 0, 0, 0, 0}, {1000});
  EXPECT_EQ(result.states, (std::vector<int>{1, 1, 1, 1, 1}));
  EXPECT_EQ(result.supersteps, 5);
  EXPECT_TRUE(result.converged);
}

TEST(Pregel, EndsAfterTheSuperstepInWhichNoMessageIsSent) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  const auto result = run_pregel(graph, SilentProgram{}, {0, 0}, {1000});
  EXPECT_EQ(result.supersteps, 1);
  EXPECT_TRUE(result.converged);
}

TEST(Pregel, EmptyGraphConvergesAtOnce) {
  const auto result = run_pregel(graph_of({}), MaxProgram{}, {}, {10});
  EXPECT_TRUE(result.states.empty());
  EXPECT_TRUE(result.converged);
}

TEST(Pregel, WrongArgumentsAreRefused) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  EXPECT_THROW(run_pregel(graph, MaxProgram{}, {1}, {1}), std::invalid_argument);
  EXPECT_THROW(run_pregel(graph, MaxProgram{}, {1, 2}, {0}), std::invalid_argument);
}

/// Sums that depend on their order in the last bits, on a graph large enough to be split among
/// threads.
TEST(Pregel, StatesAreBitIdenticalForOneAndTwoThreads) {
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
  for (const auto messages : {MessagePolicy::kEveryTransfer, MessagePolicy::kDistinctPayer}) {
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
  const auto messages = distinct ? MessagePolicy::kDistinctPayer : MessagePolicy::kEveryTransfer;
  RC_ASSERT(risk(graph, base, kRounds, messages) == expected);  // exact: all values are dyadic
}

}  // namespace
}  // namespace aml::graph
