// SPDX-License-Identifier: Apache-2.0
#include "graph/two_path_bundles.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <set>

#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/two_paths_oracle.hpp"

namespace aml::graph {
namespace {

using oracle::Piece;
using testing::graph_of;
using testing::Transfer;
using testing::transfers_among;

/// "source>target" and the keys of its transfers.
std::set<Piece> pieces_of(const TransferGraph& graph, const TwoPathBundles& found) {
  std::set<Piece> pieces;
  for (const TwoPathBundle& bundle : found.bundles) {
    Piece piece{std::string(graph.key(bundle.source)) + ">" + std::string(graph.key(bundle.target)),
                {}};
    for (const TwoPath& path : bundle.paths) {
      piece.transfers.emplace(graph.transfer_key(path.first));
      piece.transfers.emplace(graph.transfer_key(path.second));
    }
    pieces.insert(piece);
  }
  return pieces;
}

std::set<Piece> find(const std::vector<Transfer>& transfers, const TwoPathBundleParams& params) {
  const TransferGraph graph = graph_of(transfers);
  return pieces_of(graph, find_two_path_bundles(graph, params));
}

TwoPathBundleParams short_params() {
  return {.min_middles = 2, .window = 10};
}

/// s pays a and b, who pay t.
std::vector<Transfer> diamond() {
  return {{"s", "a", 1, 100, "1"},
          {"s", "b", 2, 200, "2"},
          {"a", "t", 3, 90, "3"},
          {"b", "t", 6, 200, "4"}};
}

TEST(TwoPathBundles, DiamondIsOneBundle) {
  const TransferGraph graph = graph_of(diamond());
  const TwoPathBundles found = find_two_path_bundles(graph, short_params());
  ASSERT_EQ(found.bundles.size(), 1U);
  EXPECT_EQ(graph.key(found.bundles[0].source), "s");
  EXPECT_EQ(graph.key(found.bundles[0].target), "t");
  ASSERT_EQ(found.bundles[0].paths.size(), 2U);
  EXPECT_EQ(graph.key(found.bundles[0].paths[0].middle), "a");
  EXPECT_EQ(graph.transfer_key(found.bundles[0].paths[1].second), "4");
  EXPECT_FALSE(found.truncated);
}

TEST(TwoPathBundles, TooFewMiddlesAreNone) {
  TwoPathBundleParams params = short_params();
  params.min_middles = 3;
  EXPECT_TRUE(find(diamond(), params).empty());
}

TEST(TwoPathBundles, WindowIncludesItsEndAndBeginsWithALegIn) {
  TwoPathBundleParams params = short_params();
  params.window = 5;
  EXPECT_EQ(find(diamond(), params).size(), 1U);
  params.window = 4;
  EXPECT_TRUE(find(diamond(), params).empty());
}

TEST(TwoPathBundles, LegOutBeforeLegInIsNoPath) {
  std::vector<Transfer> transfers = diamond();
  transfers[3].booked_at = 1;
  EXPECT_TRUE(find(transfers, short_params()).empty());
  transfers[3].booked_at = 2;  // keys 2 and 4: the leg out follows only in loose order
  EXPECT_EQ(find(transfers, short_params()).size(), 1U);
  TwoPathBundleParams strict = short_params();
  strict.time_order = TimeOrder::kStrict;
  EXPECT_TRUE(find(transfers, strict).empty());
}

TEST(TwoPathBundles, SharesAreComparedToAThousandth) {
  TwoPathBundleParams params = short_params();
  params.pass_on = {.at_least_permille = 900, .at_most_permille = 1000};
  EXPECT_EQ(find(diamond(), params).size(), 1U);
  params.pass_on.at_least_permille = 901;
  EXPECT_TRUE(find(diamond(), params).empty());
  params.pass_on = {.at_least_permille = 0, .at_most_permille = 999};
  EXPECT_TRUE(find(diamond(), params).empty());
}

TEST(TwoPathBundles, SmallTransfersAreNoLegs) {
  TwoPathBundleParams params = short_params();
  params.leg_at_least_minor = 90;
  EXPECT_EQ(find(diamond(), params).size(), 1U);
  params.leg_at_least_minor = 91;
  EXPECT_TRUE(find(diamond(), params).empty());
}

TEST(TwoPathBundles, MoneyThatComesBackToItsSourceIsNone) {
  EXPECT_TRUE(
      find({{"s", "a", 1}, {"s", "b", 1}, {"a", "s", 2}, {"b", "s", 2}}, short_params()).empty());
}

TEST(TwoPathBundles, EpisodesFarApartAreTwoBundles) {
  std::vector<Transfer> transfers = diamond();
  for (Transfer transfer : diamond()) {
    transfer.booked_at += 11;
    transfer.key = "1" + transfer.key;
    transfers.push_back(transfer);
  }
  EXPECT_EQ(find(transfers, short_params()).size(), 2U);
  // What happens in between hangs them together.
  transfers.push_back({"s", "a", 5, 100, "21"});
  transfers.push_back({"a", "t", 10, 100, "22"});
  transfers.push_back({"s", "b", 6, 100, "23"});
  transfers.push_back({"b", "t", 15, 100, "24"});
  const auto merged = find(transfers, short_params());
  ASSERT_EQ(merged.size(), 1U);
  EXPECT_EQ(merged.begin()->transfers.size(), 12U);
}

TEST(TwoPathBundles, HubsAreLeftOutAndReported) {
  std::vector<Transfer> transfers = diamond();
  for (int i = 0; i < 3; ++i) transfers.push_back({"a", "x" + std::to_string(i), 9});
  const TransferGraph graph = graph_of(transfers);
  TwoPathBundleParams params = short_params();
  params.max_counterparties = 3;
  const TwoPathBundles capped = find_two_path_bundles(graph, params);
  EXPECT_TRUE(capped.bundles.empty());
  EXPECT_EQ(capped.hubs, (std::vector<Vertex>{*graph.find("a")}));
  params.max_counterparties = 4;
  EXPECT_EQ(find_two_path_bundles(graph, params).bundles.size(), 1U);
}

TEST(TwoPathBundles, ExtremeTimesAndAmountsDoNotOverflow) {
  constexpr Micros kLast = std::numeric_limits<Micros>::max() - 10;
  constexpr MinorUnits kMost = std::numeric_limits<MinorUnits>::max();
  std::vector<Transfer> transfers = diamond();
  for (Transfer& transfer : transfers) {
    transfer.booked_at += kLast;
    transfer.amount = kMost;
  }
  TwoPathBundleParams params = short_params();
  params.window = std::numeric_limits<Micros>::max();
  params.pass_on = {.at_least_permille = 1000, .at_most_permille = 1000};
  EXPECT_EQ(find(transfers, params).size(), 1U);
}

TEST(TwoPathBundles, WrongParametersAreRefused) {
  const TransferGraph graph = graph_of(diamond());
  const auto refused = [&](const TwoPathBundleParams& params) {
    EXPECT_THROW(find_two_path_bundles(graph, params), std::invalid_argument);
  };
  refused({.min_middles = 1});
  refused({.window = 0});
  refused({.time_order = TimeOrder::kNone});
}

RC_GTEST_PROP(TwoPathBundles, AgreeWithTheEnumerationOfAllPairsAndWindows, ()) {
  const auto transfers =
      *rc::gen::resize(rc::kNominalSize, transfers_among(*rc::gen::element(4, 5, 6), 80));
  TwoPathBundleParams params;
  params.min_middles = *rc::gen::element(2U, 3U);
  params.window = *rc::gen::element<Micros>(1, 3, 5, 8);
  params.time_order = *rc::gen::element(TimeOrder::kLoose, TimeOrder::kStrict);
  params.pass_on = {.at_least_permille = *rc::gen::element<std::int64_t>(0, 500),
                    .at_most_permille = *rc::gen::element<std::int64_t>(1000, 5000)};
  params.leg_at_least_minor = *rc::gen::inRange<MinorUnits>(0, 3);
  const TransferGraph graph = graph_of(transfers);
  const TwoPathBundles found = find_two_path_bundles(graph, params);
  const auto pieces = pieces_of(graph, found);
  RC_CLASSIFY(!pieces.empty(), "with bundles");
  RC_ASSERT(pieces.size() == found.bundles.size());
  RC_ASSERT(pieces == oracle::two_path_bundles(transfers, params));
}

/// Several chunks of roots.
TransferGraph busy_graph() {
  std::mt19937 random(5);
  std::vector<Transfer> transfers;
  for (int i = 0; i < 30'000; ++i) {
    transfers.push_back({std::to_string(random() % 400), std::to_string(random() % 400),
                         static_cast<Micros>(random() % 5'000)});
  }
  return graph_of(transfers);
}

std::vector<std::uint32_t> flat(const TwoPathBundles& found) {
  std::vector<std::uint32_t> numbers{static_cast<std::uint32_t>(found.steps), found.truncated};
  for (const TwoPathBundle& bundle : found.bundles) {
    numbers.insert(numbers.end(), {bundle.source, bundle.target});
    for (const TwoPath& path : bundle.paths)
      numbers.insert(numbers.end(), {path.first, path.second});
  }
  return numbers;
}

TEST(TwoPathBundles, BudgetsCutAtTheSamePlaceForAnyNumberOfThreads) {
  using oneapi::tbb::global_control;
  const TransferGraph graph = busy_graph();
  TwoPathBundleParams params{.min_middles = 3, .window = 600};
  const TwoPathBundles whole = find_two_path_bundles(graph, params);
  ASSERT_GT(whole.bundles.size(), 200U);
  EXPECT_FALSE(whole.truncated);
  const auto check = [&](TwoPathBundleParams cut) {
    const auto with = [&](std::size_t threads) {
      const global_control limit(global_control::max_allowed_parallelism, threads);
      return find_two_path_bundles(graph, cut);
    };
    const TwoPathBundles one = with(1);
    EXPECT_TRUE(one.truncated);
    EXPECT_LT(one.bundles.size(), whole.bundles.size());
    EXPECT_LE(one.steps, cut.max_steps);
    EXPECT_EQ(flat(with(2)), flat(one));
    for (std::size_t i = 0; i < one.bundles.size(); ++i) {
      EXPECT_EQ(one.bundles[i].paths.size(), whole.bundles[i].paths.size());
    }
  };
  params.max_steps = whole.steps / 3;
  check(params);
  params.max_steps = whole.steps;
  EXPECT_FALSE(find_two_path_bundles(graph, params).truncated);
  params.max_paths = 500;
  check(params);
}

TEST(TwoPathBundles, StoppedSearchIsTruncated) {
  std::stop_source stop;
  stop.request_stop();
  TwoPathBundleParams params = short_params();
  params.stop = stop.get_token();
  const TransferGraph graph = graph_of(diamond());
  EXPECT_TRUE(find_two_path_bundles(graph, params).truncated);
}

}  // namespace
}  // namespace aml::graph
