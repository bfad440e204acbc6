// SPDX-License-Identifier: Apache-2.0
#include "graph/common_counterparties.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/common_counterparties_oracle.hpp"

namespace aml::graph {
namespace {

using oracle::Piece;
using testing::graph_of;
using testing::Transfer;
using testing::transfers_among;

/// "first+second: in keys > out keys" of each pair and window.
std::vector<std::string> texts_of(const TransferGraph& graph,
                                  const PairsWithCommonCounterparties& found) {
  std::vector<std::string> texts;
  for (const CommonCounterparties& pair : found.pairs) {
    std::string text =
        std::string(graph.key(pair.first)) + "+" + std::string(graph.key(pair.second)) + ":";
    for (const Edge e : pair.in) text += " " + std::string(graph.transfer_key(e));
    text += " >";
    for (const Edge e : pair.out) text += " " + std::string(graph.transfer_key(e));
    texts.push_back(text);
  }
  return texts;
}

using Texts = std::vector<std::string>;

Texts find(const std::vector<Transfer>& transfers, const CommonCounterpartiesParams& params) {
  const TransferGraph graph = graph_of(transfers);
  return texts_of(graph, find_common_counterparties(graph, params));
}

CommonCounterpartiesParams two_payees() {
  return {.min_payees = 2, .min_payers = 0, .window = 10};
}
CommonCounterpartiesParams two_each() {
  return {.min_payees = 2, .min_payers = 2, .window = 10};
}

/// a and b both pay x and y.
std::vector<Transfer> square() {
  return {{"a", "x", 1, 100, "1"},
          {"a", "y", 2, 100, "2"},
          {"b", "x", 3, 100, "3"},
          {"b", "y", 6, 100, "4"}};
}

/// p and q pay a and b, who pay x and y.
std::vector<Transfer> two_squares() {
  std::vector<Transfer> transfers = square();
  transfers.insert(transfers.end(), {{"p", "a", 0, 100, "5"},
                                     {"p", "b", 4, 100, "6"},
                                     {"q", "a", 1, 100, "7"},
                                     {"q", "b", 5, 100, "8"}});
  return transfers;
}

TEST(CommonCounterparties, PairThatPaysTheSameIsFoundOnce) {
  EXPECT_EQ(find(square(), two_payees()), (Texts{"a+b: > 1 2 3 4"}));
  CommonCounterpartiesParams params = two_payees();
  params.min_payees = 3;
  EXPECT_TRUE(find(square(), params).empty());
}

TEST(CommonCounterparties, WindowIncludesItsEnd) {
  CommonCounterpartiesParams params = two_payees();
  params.window = 5;
  EXPECT_EQ(find(square(), params).size(), 1U);
  params.window = 4;
  EXPECT_TRUE(find(square(), params).empty());
}

TEST(CommonCounterparties, OnlyTransfersToCommonPayeesCount) {
  std::vector<Transfer> transfers = square();
  transfers.push_back({"a", "z", 3, 100, "5"});
  transfers.push_back({"b", "z", 30, 100, "6"});
  EXPECT_EQ(find(transfers, two_payees()), (Texts{"a+b: > 1 2 3 4"}));
}

TEST(CommonCounterparties, LaterWindowsThatHoldMoreAreTold) {
  std::vector<Transfer> transfers = square();
  transfers.push_back({"a", "y", 12, 100, "5"});
  transfers.push_back({"a", "x", 13, 100, "6"});
  EXPECT_EQ(find(transfers, two_payees()), (Texts{"a+b: > 1 2 3 4", "a+b: > 3 4 5 6"}));
}

TEST(CommonCounterparties, SmallTransfersAndSelfTransfersDoNotCount) {
  CommonCounterpartiesParams params = two_payees();
  params.leg_at_least_minor = 101;
  EXPECT_TRUE(find(square(), params).empty());
  EXPECT_TRUE(
      find({{"a", "a", 1}, {"a", "b", 1}, {"b", "a", 1}, {"b", "b", 1}}, two_payees()).empty());
}

TEST(CommonCounterparties, PayersAndPayeesOfAPairAreFoundTogether) {
  EXPECT_EQ(find(two_squares(), two_each()), (Texts{"a+b: 5 7 6 8 > 1 2 3 4"}));
  CommonCounterpartiesParams params = two_each();
  params.min_payers = 3;
  EXPECT_TRUE(find(two_squares(), params).empty());
}

TEST(CommonCounterparties, InOrderAllComesInBeforeAnythingGoesOut) {
  CommonCounterpartiesParams params = two_each();
  params.time_order = TimeOrder::kLoose;
  EXPECT_TRUE(find(two_squares(), params).empty());
  std::vector<Transfer> transfers = two_squares();
  for (std::size_t i = 0; i < 4; ++i) transfers[i].booked_at += 4;
  // The last one in, 8, is booked at the same time as the first one out, 1, but has the larger key.
  EXPECT_TRUE(find(transfers, params).empty());
  transfers[7].booked_at = 4;
  EXPECT_EQ(find(transfers, params), (Texts{"a+b: 5 7 6 8 > 1 2 3 4"}));
}

TEST(CommonCounterparties, PayersAndPayeesMustBeDifferent) {
  std::vector<Transfer> transfers = two_squares();
  transfers.push_back({"x", "a", 2, 100, "9"});
  transfers.push_back({"x", "b", 2, 100, "10"});
  EXPECT_EQ(find(transfers, two_each()), (Texts{"a+b: 5 7 9 10 6 8 > 1 2 3 4"}));
  // Without q, x would have to be the second payer and the second payee.
  std::erase_if(transfers, [](const Transfer& transfer) { return transfer.source == "q"; });
  EXPECT_TRUE(find(transfers, two_each()).empty());
}

TEST(CommonCounterparties, HubsAreLeftOutAndReported) {
  std::vector<Transfer> transfers = square();
  for (int i = 0; i < 3; ++i) transfers.push_back({"u" + std::to_string(i), "x", 9});
  const TransferGraph graph = graph_of(transfers);
  CommonCounterpartiesParams params = two_payees();
  params.max_counterparties = 4;
  const auto capped = find_common_counterparties(graph, params);
  EXPECT_TRUE(capped.pairs.empty());
  EXPECT_EQ(capped.hubs, (std::vector<Vertex>{*graph.find("x")}));
  params.max_counterparties = 5;
  EXPECT_EQ(find_common_counterparties(graph, params).pairs.size(), 1U);
}

TEST(CommonCounterparties, ExtremeTimesDoNotOverflow) {
  constexpr Micros kLast = std::numeric_limits<Micros>::max() - 10;
  std::vector<Transfer> transfers = square();
  for (Transfer& transfer : transfers) transfer.booked_at += kLast;
  CommonCounterpartiesParams params = two_payees();
  params.window = std::numeric_limits<Micros>::max();
  EXPECT_EQ(find(transfers, params).size(), 1U);
}

TEST(CommonCounterparties, WrongParametersAreRefused) {
  const TransferGraph graph = graph_of(square());
  const auto refused = [&](const CommonCounterpartiesParams& params) {
    EXPECT_THROW(find_common_counterparties(graph, params), std::invalid_argument);
  };
  refused({.min_payees = 0});
  refused({.window = 0});
  refused({.time_order = TimeOrder::kStrict});
}

/// The pairs' transfers, those that share one put together.
std::set<Piece> put_together(const TransferGraph& graph,
                             const PairsWithCommonCounterparties& found) {
  std::vector<Piece> pieces;
  for (const CommonCounterparties& pair : found.pairs) {
    Piece& piece = pieces.emplace_back();
    for (const Edge e : pair.in) piece.transfers.emplace(graph.transfer_key(e));
    for (const Edge e : pair.out) piece.transfers.emplace(graph.transfer_key(e));
  }
  return oracle::merge_sharing(std::move(pieces));
}

RC_GTEST_PROP(CommonCounterparties, AgreeWithEveryPairAndWindowOfTheOracle, ()) {
  const auto transfers =
      *rc::gen::resize(rc::kNominalSize, transfers_among(*rc::gen::element(5, 6, 7), 40));
  CommonCounterpartiesParams params;
  params.min_payees = *rc::gen::element(1U, 2U, 3U);
  params.min_payers = *rc::gen::element(0U, 1U, 2U);
  params.window = *rc::gen::element<Micros>(2, 4, 7);
  params.time_order = *rc::gen::element(TimeOrder::kLoose, TimeOrder::kNone);
  params.leg_at_least_minor = *rc::gen::element<MinorUnits>(0, 2);
  const TransferGraph graph = graph_of(transfers);
  const auto found = put_together(graph, find_common_counterparties(graph, params));
  RC_CLASSIFY(!found.empty(), "with pairs");
  RC_CLASSIFY(found.size() > 1, "with several");
  RC_ASSERT(found == oracle::bicliques_put_together(transfers, params));
}

TEST(CommonCounterparties, BudgetsCutAtTheSamePlaceForAnyNumberOfThreads) {
  std::mt19937 random(5);
  std::vector<Transfer> transfers;
  for (int i = 0; i < 8'000; ++i) {
    transfers.push_back({std::to_string(random() % 400), std::to_string(random() % 400),
                         static_cast<Micros>(random() % 5'000)});
  }
  const TransferGraph graph = graph_of(transfers);
  CommonCounterpartiesParams params{.min_payees = 2, .min_payers = 1, .window = 1500};
  const auto whole = find_common_counterparties(graph, params);
  ASSERT_GT(whole.pairs.size(), 100U);
  EXPECT_FALSE(whole.truncated);
  const auto check = [&](const CommonCounterpartiesParams& cut) {
    const auto with = [&](std::size_t threads) {
      using oneapi::tbb::global_control;
      const global_control limit(global_control::max_allowed_parallelism, threads);
      return find_common_counterparties(graph, cut);
    };
    const auto one = with(1);
    const auto two = with(2);
    EXPECT_TRUE(one.truncated);
    EXPECT_LT(one.pairs.size(), whole.pairs.size());
    EXPECT_EQ(texts_of(graph, two), texts_of(graph, one));
    EXPECT_EQ(two.steps, one.steps);
    EXPECT_LE(one.steps, cut.max_steps);
    Texts first = texts_of(graph, whole);
    first.resize(one.pairs.size());
    EXPECT_EQ(texts_of(graph, one), first);
  };
  params.max_steps = whole.steps / 2;
  check(params);
  params.max_steps = whole.steps;
  EXPECT_FALSE(find_common_counterparties(graph, params).truncated);
  params.max_transfers = 300;
  check(params);
}

}  // namespace
}  // namespace aml::graph
