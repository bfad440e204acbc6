// SPDX-License-Identifier: Apache-2.0
#include "graph/temporal_paths.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/temporal_paths_oracle.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::Transfer;
using testing::transfers_among;
using Paths = std::vector<std::vector<std::string>>;

Paths keys_of(const TransferGraph& graph, const TemporalPaths& found) {
  Paths keys;
  for (const std::vector<Edge>& path : found.paths) {
    keys.emplace_back();
    for (const Edge e : path) keys.back().emplace_back(graph.transfer_key(e));
  }
  return keys;
}

Paths find(const std::vector<Transfer>& transfers, const TemporalPathParams& params) {
  const TransferGraph graph = graph_of(transfers);
  return keys_of(graph, find_maximal_temporal_paths(graph, params));
}

TemporalPathParams short_params() {
  return {.min_length = 2, .hop_within = 3};
}

std::vector<Transfer> chain() {
  return {{"a", "b", 1, 100}, {"b", "c", 2, 90}, {"c", "d", 5, 90}};
}

TEST(TemporalPaths, ChainIsFoundOnceAndWhole) {
  EXPECT_EQ(find(chain(), short_params()), (Paths{{"T1", "T2", "T3"}}));
  TemporalPathParams params = short_params();
  params.min_length = 4;
  EXPECT_TRUE(find(chain(), params).empty());
}

TEST(TemporalPaths, TooLateAHopEndsThePath) {
  TemporalPathParams params = short_params();
  params.hop_within = 2;
  EXPECT_EQ(find(chain(), params), (Paths{{"T1", "T2"}}));
}

TEST(TemporalPaths, HopBeforeTheOneBeforeItIsNone) {
  std::vector<Transfer> transfers = chain();
  transfers[2].booked_at = 1;
  EXPECT_EQ(find(transfers, short_params()), (Paths{{"T1", "T2"}}));
  transfers[2].booked_at = 2;
  EXPECT_EQ(find(transfers, short_params()), (Paths{{"T1", "T2", "T3"}}));
  TemporalPathParams strict = short_params();
  strict.time_order = TimeOrder::kStrict;
  EXPECT_EQ(find(transfers, strict), (Paths{{"T1", "T2"}}));
}

TEST(TemporalPaths, HopThatCarriesTooLittleEndsThePath) {
  TemporalPathParams params = short_params();
  params.pass_on = {.at_least_permille = 900, .at_most_permille = 1000};
  EXPECT_EQ(find(chain(), params).size(), 1U);
  params.pass_on.at_least_permille = 901;
  EXPECT_EQ(find(chain(), params), (Paths{{"T2", "T3"}}));
}

TEST(TemporalPaths, BranchesArePathsOfTheirOwn) {
  std::vector<Transfer> transfers = chain();
  transfers.push_back({"b", "e", 2, 90});
  EXPECT_EQ(find(transfers, short_params()), (Paths{{"T1", "T2", "T3"}, {"T1", "T4"}}));
}

TEST(TemporalPaths, NoVertexRepeats) {
  std::vector<Transfer> transfers = chain();
  transfers[2].target = "a";
  EXPECT_EQ(find(transfers, short_params()), (Paths{{"T1", "T2"}, {"T2", "T3"}}));
  EXPECT_TRUE(find({{"a", "a", 1}, {"a", "b", 2}}, short_params()).empty());
}

TEST(TemporalPaths, TransferThatOnlyCameBackDoesNotHideAPath) {
  // b paid a before a paid b: that money is no part of the path from a.
  std::vector<Transfer> transfers = chain();
  transfers.push_back({"b", "a", 0, 100});
  EXPECT_EQ(find(transfers, short_params()), (Paths{{"T1", "T2", "T3"}}));
}

TEST(TemporalPaths, LongPathsNeedNoRecursion) {
  std::vector<Transfer> transfers;
  for (int i = 0; i < 20'000; ++i)
    transfers.push_back({std::to_string(i), std::to_string(i + 1), i});
  const Paths found = find(transfers, short_params());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].size(), 20'000U);
}

TEST(TemporalPaths, HubsAreLeftOutAndReported) {
  std::vector<Transfer> transfers = chain();
  for (int i = 0; i < 3; ++i) transfers.push_back({"u" + std::to_string(i), "c", 9});
  const TransferGraph graph = graph_of(transfers);
  TemporalPathParams params = short_params();
  params.max_counterparties = 3;
  const TemporalPaths capped = find_maximal_temporal_paths(graph, params);
  EXPECT_TRUE(capped.paths.empty());
  EXPECT_EQ(capped.hubs, (std::vector<Vertex>{*graph.find("c")}));
}

TEST(TemporalPaths, ExtremeTimesDoNotOverflow) {
  std::vector<Transfer> transfers = chain();
  for (Transfer& transfer : transfers)
    transfer.booked_at += std::numeric_limits<Micros>::max() - 10;
  TemporalPathParams params = short_params();
  params.hop_within = std::numeric_limits<Micros>::max();
  EXPECT_EQ(find(transfers, params).size(), 1U);
}

TEST(TemporalPaths, WrongParametersAreRefused) {
  const TransferGraph graph = graph_of(chain());
  const auto refused = [&](const TemporalPathParams& params) {
    EXPECT_THROW(find_maximal_temporal_paths(graph, params), std::invalid_argument);
  };
  refused({.min_length = 1});
  refused({.hop_within = 0});
  refused({.time_order = TimeOrder::kNone});
}

RC_GTEST_PROP(TemporalPaths, AgreeWithTheEnumerationOfAllSequences, ()) {
  const auto transfers =
      *rc::gen::resize(rc::kNominalSize, transfers_among(*rc::gen::element(4, 5, 7), 24));
  TemporalPathParams params;
  params.min_length = *rc::gen::element(2U, 3U);
  params.hop_within = *rc::gen::element<Micros>(1, 2, 4);
  params.time_order = *rc::gen::element(TimeOrder::kLoose, TimeOrder::kStrict);
  params.pass_on = {.at_least_permille = *rc::gen::element<std::int64_t>(0, 500),
                    .at_most_permille = *rc::gen::element<std::int64_t>(1000, 5000)};
  params.leg_at_least_minor = *rc::gen::element<MinorUnits>(0, 2);
  const Paths found = find(transfers, params);
  const std::set<std::vector<std::string>> distinct(found.begin(), found.end());
  RC_CLASSIFY(!found.empty(), "with paths");
  RC_ASSERT(distinct.size() == found.size());
  RC_ASSERT(distinct == oracle::maximal_temporal_paths(transfers, params));
}

TEST(TemporalPaths, BudgetsCutAtTheSamePlaceForAnyNumberOfThreads) {
  std::mt19937 random(5);
  std::vector<Transfer> transfers;
  for (int i = 0; i < 20'000; ++i) {
    transfers.push_back({std::to_string(random() % 500), std::to_string(random() % 500),
                         static_cast<Micros>(random() % 5'000)});
  }
  const TransferGraph graph = graph_of(transfers);
  TemporalPathParams params{.min_length = 3, .hop_within = 100};
  const TemporalPaths whole = find_maximal_temporal_paths(graph, params);
  ASSERT_GT(whole.paths.size(), 500U);
  EXPECT_FALSE(whole.truncated);
  const auto check = [&](const TemporalPathParams& cut) {
    const auto with = [&](std::size_t threads) {
      using oneapi::tbb::global_control;
      const global_control limit(global_control::max_allowed_parallelism, threads);
      return find_maximal_temporal_paths(graph, cut);
    };
    const TemporalPaths one = with(1);
    const TemporalPaths two = with(2);
    EXPECT_TRUE(one.truncated);
    EXPECT_LT(one.paths.size(), whole.paths.size());
    EXPECT_EQ(two.paths, one.paths);
    EXPECT_EQ(two.steps, one.steps);
    EXPECT_TRUE(std::equal(one.paths.begin(), one.paths.end(), whole.paths.begin()));
  };
  params.max_steps = whole.steps / 2;
  check(params);
  params.max_steps = whole.steps;
  EXPECT_FALSE(find_maximal_temporal_paths(graph, params).truncated);
  params.max_transfers = 600;
  check(params);
}

}  // namespace
}  // namespace aml::graph
