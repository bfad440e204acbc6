// SPDX-License-Identifier: Apache-2.0
#include "graph/temporal_cycles.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "graph/hubs.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/temporal_cycles_oracle.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::Transfer;
using testing::transfers_among;
using Cycles = std::vector<std::vector<std::string>>;

Cycles keys_of(const TransferGraph& graph, const TemporalCycles& cycles) {
  Cycles keys;
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    keys.emplace_back();
    for (const Edge e : cycles[i]) keys.back().emplace_back(graph.transfer_key(e));
  }
  return keys;
}

Cycles find(const std::vector<Transfer>& transfers, const TemporalCycleParams& params) {
  const TransferGraph graph = graph_of(transfers);
  return keys_of(graph, find_temporal_cycles(graph, params));
}

TemporalCycleParams short_params() {
  return {.min_length = 2, .max_length = 8, .window = 10, .time_order = TimeOrder::kLoose};
}

std::vector<Transfer> triangle() {
  return {{"a", "b", 1}, {"b", "c", 2}, {"c", "a", 3}};
}

TEST(TemporalCycles, TriangleIsFoundOnceFromItsEarliestTransfer) {
  EXPECT_EQ(find(triangle(), short_params()), (Cycles{{"T1", "T2", "T3"}}));
  EXPECT_EQ(find({{"a", "b", 2}, {"b", "c", 3}, {"c", "a", 1}}, short_params()),
            (Cycles{{"T3", "T1", "T2"}}));
}

TEST(TemporalCycles, CycleAgainstTimeIsNoneUnlessNoOrderIsAskedFor) {
  const std::vector<Transfer> backwards = {{"a", "b", 3}, {"b", "c", 2}, {"c", "a", 1}};
  TemporalCycleParams params = short_params();
  EXPECT_TRUE(find(backwards, params).empty());
  params.time_order = TimeOrder::kNone;
  EXPECT_EQ(find(backwards, params), (Cycles{{"T3", "T1", "T2"}}));
  params.window = 1;
  EXPECT_TRUE(find(backwards, params).empty());
}

TEST(TemporalCycles, LengthsAreBounded) {
  TemporalCycleParams params = short_params();
  params.min_length = 4;
  EXPECT_TRUE(find(triangle(), params).empty());
  params.min_length = params.max_length = 2;
  EXPECT_TRUE(find(triangle(), params).empty());
  EXPECT_EQ(find({{"a", "b", 1}, {"b", "a", 2}}, params), (Cycles{{"T1", "T2"}}));
}

TEST(TemporalCycles, WindowIncludesItsEnd) {
  TemporalCycleParams params = short_params();
  params.window = 2;
  EXPECT_EQ(find(triangle(), params).size(), 1U);
  params.window = 1;
  EXPECT_TRUE(find(triangle(), params).empty());
}

TEST(TemporalCycles, WindowNearTheEndOfTimeDoesNotOverflow) {
  constexpr Micros kLast = std::numeric_limits<Micros>::max() - 10;
  TemporalCycleParams params = short_params();
  params.window = std::numeric_limits<Micros>::max();
  EXPECT_EQ(find({{"a", "b", kLast - 2}, {"b", "a", kLast}}, params).size(), 1U);
}

TEST(TemporalCycles, EqualTimesFollowTheTransferKeyOrNotAtAll) {
  const std::vector<Transfer> same_day = {
      {"a", "b", 1, 1, "T9"}, {"b", "c", 1, 1, "T10"}, {"c", "a", 2, 1, "T1"}};
  TemporalCycleParams params = short_params();
  EXPECT_EQ(find(same_day, params), (Cycles{{"T9", "T10", "T1"}}));
  params.time_order = TimeOrder::kStrict;
  EXPECT_TRUE(find(same_day, params).empty());
}

TEST(TemporalCycles, ParallelTransfersGiveACycleEach) {
  EXPECT_EQ(find({{"a", "b", 1}, {"b", "c", 2}, {"b", "c", 3}, {"c", "a", 4}}, short_params()),
            (Cycles{{"T1", "T2", "T4"}, {"T1", "T3", "T4"}}));
}

TEST(TemporalCycles, NoVertexRepeatsAndSelfLoopsAreNone) {
  EXPECT_EQ(find({{"a", "b", 1},
                  {"b", "b", 2},
                  {"b", "c", 3},
                  {"c", "b", 4},
                  {"b", "a", 5},
                  {"a", "a", 6}},
                 short_params()),
            (Cycles{{"T1", "T5"}, {"T3", "T4"}}));
}

TEST(TemporalCycles, LongestAllowedCycleIsFound) {
  std::vector<Transfer> ring;
  for (int i = 0; i < 64; ++i) {
    ring.push_back({std::to_string(i), std::to_string((i + 1) % 64), i});
  }
  TemporalCycleParams params = {.min_length = 2, .max_length = 64, .window = 2000};
  EXPECT_EQ(find(ring, params).size(), 1U);
  params.max_length = 63;
  EXPECT_TRUE(find(ring, params).empty());
}

TEST(TemporalCycles, HubsAreLeftOutAndReported) {
  std::vector<Transfer> transfers = triangle();
  for (int i = 0; i < 5; ++i) transfers.push_back({"b", "x" + std::to_string(i), 9});
  const TransferGraph graph = graph_of(transfers);
  TemporalCycleParams params = short_params();
  params.max_counterparties = 5;
  const TemporalCycles capped = find_temporal_cycles(graph, params);
  EXPECT_EQ(capped.size(), 0U);
  EXPECT_EQ(capped.hubs, (std::vector<Vertex>{*graph.find("b")}));
  params.max_counterparties = 6;
  const TemporalCycles open = find_temporal_cycles(graph, params);
  EXPECT_EQ(open.size(), 1U);
  EXPECT_TRUE(open.hubs.empty());
}

TEST(TemporalCycles, WrongParametersAreRefused) {
  const TransferGraph graph = graph_of(triangle());
  const auto refused = [&](TemporalCycleParams params) {
    EXPECT_THROW(find_temporal_cycles(graph, params), std::invalid_argument);
  };
  refused({.min_length = 1});
  refused({.min_length = 5, .max_length = 4});
  refused({.max_length = 65});
  refused({.window = 0});
}

TEST(HubVertices, CountDistinctPayersAndPayeesApartAndNotThemselves) {
  const TransferGraph graph = graph_of({{"a", "x"},
                                        {"b", "x"},
                                        {"b", "x"},
                                        {"x", "x"},
                                        {"x", "c"},
                                        {"y", "a"},
                                        {"y", "b"},
                                        {"y", "c"},
                                        {"y", "y"}});
  const auto hubs = [&](std::uint32_t cap) {
    std::string keys;
    const std::vector<char> is_hub = hub_vertices(graph, cap);
    for (Vertex v = 0; v < graph.num_vertices(); ++v) {
      if (is_hub[v]) keys += graph.key(v);
    }
    return keys;
  };
  EXPECT_EQ(hubs(0), "");
  EXPECT_EQ(hubs(1), "cxy");  // c has two payers, x has two payers, y has three payees
  EXPECT_EQ(hubs(2), "y");
  EXPECT_EQ(hubs(3), "");
}

RC_GTEST_PROP(TemporalCycles, AgreeWithTheEnumerationOfAllSequences, ()) {
  const auto transfers = *transfers_among(4, 18);
  TemporalCycleParams params;
  params.min_length = *rc::gen::inRange(2, 5);
  params.max_length = *rc::gen::inRange(params.min_length, 7);
  params.window = *rc::gen::inRange<Micros>(3, 12);
  params.time_order = *rc::gen::element(TimeOrder::kLoose, TimeOrder::kStrict, TimeOrder::kNone);
  Cycles found = find(transfers, params);
  RC_CLASSIFY(!found.empty(), "with cycles");
  std::ranges::sort(found);
  RC_ASSERT(found == oracle::temporal_cycles(transfers, params));
}

RC_GTEST_PROP(TemporalCycles, OfThreeAgreeWithTheEnumerationOfAllSequences, ()) {
  const auto transfers = *transfers_among(4, 18);
  TemporalCycleParams params;
  params.min_length = params.max_length = 3;
  params.window = *rc::gen::inRange<Micros>(1, 12);
  params.time_order = *rc::gen::element(TimeOrder::kLoose, TimeOrder::kStrict, TimeOrder::kNone);
  Cycles found = find(transfers, params);
  RC_CLASSIFY(!found.empty(), "with cycles");
  std::ranges::sort(found);
  RC_ASSERT(found == oracle::temporal_cycles(transfers, params));
}

/// A dense graph with many cycles, larger than one wave of roots.
TransferGraph dense_graph() {
  std::mt19937 random(11);
  std::vector<Transfer> transfers;
  for (int i = 0; i < 70'000; ++i) {
    transfers.push_back({std::to_string(random() % 2000), std::to_string(random() % 2000),
                         static_cast<Micros>(random() % 40'000)});
  }
  return graph_of(transfers);
}

/// Each order with a window that gives some hundreds of cycles.
class TemporalCyclesInEveryOrder : public ::testing::TestWithParam<TimeOrder> {
 protected:
  const TransferGraph graph = dense_graph();
  TemporalCycleParams params = {.min_length = 2,
                                .max_length = 6,
                                .window = GetParam() == TimeOrder::kNone ? 1000 : 2000,
                                .time_order = GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Orders, TemporalCyclesInEveryOrder,
                         ::testing::Values(TimeOrder::kLoose, TimeOrder::kNone));

TEST_P(TemporalCyclesInEveryOrder, OrderIsByFirstEdgeThenLexicographic) {
  const TemporalCycles cycles = find_temporal_cycles(graph, params);
  ASSERT_GT(cycles.size(), 100U);
  for (std::size_t i = 1; i < cycles.size(); ++i) {
    EXPECT_TRUE(std::ranges::lexicographical_compare(cycles[i - 1], cycles[i]));
  }
}

TEST_P(TemporalCyclesInEveryOrder, SameForOneAndTwoThreadsWithAndWithoutABudget) {
  const auto find_with = [&](std::size_t threads) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            threads);
    return find_temporal_cycles(graph, params);
  };
  const TemporalCycles whole = find_with(1);
  ASSERT_FALSE(whole.truncated);
  for (const std::uint64_t budget :
       {std::uint64_t{0}, std::uint64_t{10'000}, whole.steps / 2, whole.steps - 1, whole.steps}) {
    params.max_steps = budget;
    const TemporalCycles one = find_with(1);
    const TemporalCycles two = find_with(2);
    EXPECT_EQ(one.edges, two.edges);
    EXPECT_EQ(one.offsets, two.offsets);
    EXPECT_EQ(one.steps, budget);
    EXPECT_EQ(two.steps, budget);
    EXPECT_EQ(one.truncated, budget < whole.steps);
    EXPECT_EQ(two.truncated, one.truncated);
    ASSERT_LE(one.edges.size(), whole.edges.size());
    EXPECT_TRUE(std::equal(one.edges.begin(), one.edges.end(), whole.edges.begin()));
  }
}

TEST_P(TemporalCyclesInEveryOrder, TheFirstCyclesAreKeptWhenThereAreTooMany) {
  const TemporalCycles whole = find_temporal_cycles(graph, params);
  for (const std::uint64_t most :
       {std::uint64_t{0}, std::uint64_t{1}, whole.size() / 2, whole.size() - 1, whole.size()}) {
    params.max_cycles = most;
    for (const std::size_t threads : {1, 2}) {
      const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                              threads);
      const TemporalCycles some = find_temporal_cycles(graph, params);
      EXPECT_EQ(some.size(), most);
      EXPECT_EQ(some.truncated, most < whole.size());
      EXPECT_TRUE(std::equal(some.edges.begin(), some.edges.end(), whole.edges.begin()));
      EXPECT_LE(some.steps, whole.steps);
    }
  }
}

TEST(TemporalCycles, ThreeAccountsWithCountlessRoundsStayInsideTheBudget) {
  std::vector<Transfer> transfers;
  for (int i = 0; i < 300; ++i) {
    transfers.push_back({"a", "b", i});
    transfers.push_back({"b", "c", 300 + i});
    transfers.push_back({"c", "a", 600 + i});
  }
  TemporalCycleParams params = short_params();
  params.window = 1000;
  params.max_cycles = 10'000;  // of 27 million
  const TemporalCycles cycles = find_temporal_cycles(graph_of(transfers), params);
  EXPECT_EQ(cycles.size(), 10'000U);
  EXPECT_TRUE(cycles.truncated);
  EXPECT_LT(cycles.steps, 100'000U);
}

TEST(TemporalCycles, AStoppedSearchIsTruncated) {
  std::stop_source source;
  source.request_stop();
  TemporalCycleParams params = {.min_length = 2, .max_length = 6, .window = 2000};
  params.stop = source.get_token();
  const TemporalCycles cycles = find_temporal_cycles(dense_graph(), params);
  EXPECT_TRUE(cycles.truncated);
  EXPECT_EQ(cycles.size(), 0U);
}

TEST(TemporalCycles, ABudgetIsSpentExactlyInsideOneRoot) {
  // One root a -> b, then b pays thirty vertices that all pay a: every cycle starts with the same
  // transfer.
  std::vector<Transfer> transfers = {{"a", "b", 0}};
  for (int i = 0; i < 30; ++i) {
    transfers.push_back({"b", "x" + std::to_string(i), 1});
    transfers.push_back({"x" + std::to_string(i), "a", 2});
  }
  const TransferGraph graph = graph_of(transfers);
  for (const int longest : {8, 3}) {
    TemporalCycleParams params = short_params();
    params.min_length = 3;
    params.max_length = longest;
    const TemporalCycles whole = find_temporal_cycles(graph, params);
    ASSERT_EQ(whole.size(), 30U);
    params.max_steps = whole.steps / 2;
    const TemporalCycles half = find_temporal_cycles(graph, params);
    EXPECT_TRUE(half.truncated);
    EXPECT_EQ(half.steps, params.max_steps);
    EXPECT_LT(half.size(), 30U);
    EXPECT_TRUE(std::equal(half.edges.begin(), half.edges.end(), whole.edges.begin()));
  }
}

}  // namespace
}  // namespace aml::graph
