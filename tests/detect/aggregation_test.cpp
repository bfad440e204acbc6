// SPDX-License-Identifier: Apache-2.0
#include "detect/aggregation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using graph::testing::graph_of;
using oracle::Transfer;

/// So many hours after midnight of 1 March 2024.
graph::Micros hour(int number) {
  return kMarch2024 + number * kMicrosPerHour;
}

/// Structuring at one account: T = 10,000, three deposits in a day.
AggregationParams structuring() {
  AggregationParams params;
  params.leg_at_least_minor = 800'000;
  params.leg_below_minor = 1'000'000;
  params.counterparties = Counterparties::kAny;
  params.window = kMicrosPerDay;
  params.min_transfers = 3;
  params.min_counterparties = 1;
  params.total_above_minor = 1'000'000;
  return params;
}

AggregationParams fan(Direction direction) {
  AggregationParams params;
  params.direction = direction;
  params.leg_at_least_minor = 0;
  params.window = 7 * kMicrosPerDay;
  params.min_transfers = 3;
  params.min_counterparties = 3;
  return params;
}

std::vector<Transfer> deposits() {
  return {{"B", "A", hour(1), 900'000, "T1"},
          {"C", "A", hour(5), 950'000, "T2"},
          {"B", "A", hour(9), 850'000, "T3"},
          {"D", "A", hour(6), 300'000, "T4"}};
}

Detection detect(const std::vector<Transfer>& transfers, const AggregationParams& params) {
  Detection detection = detect_aggregation(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

/// The keys of each finding's transfers, in their order.
std::vector<std::string> keys_of(const Detection& detection) {
  std::vector<std::string> all;
  for (const Finding& finding : detection.findings) {
    std::string keys;
    for (const FindingTransfer& t : finding.transfers) keys += " " + t.transfer_key;
    all.push_back(finding.subject + ":" + keys);
  }
  return all;
}

using Keys = std::vector<std::string>;

TEST(Aggregation, DepositsBelowTheThresholdAreToldAsOneFinding) {
  const Detection detection = detect(deposits(), structuring());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "A");
  EXPECT_EQ(finding.evidence_key, "A from T1");
  EXPECT_EQ(finding.amount_minor, 2'700'000);
  EXPECT_EQ(finding.first_activity, hour(1));
  EXPECT_EQ(finding.last_activity, hour(9));
  EXPECT_EQ(finding.explanation,
            "A received 27,000.00 USD in 3 transfers from B and C within 8 hours (2024-03-01 01:00 "
            "to 2024-03-01 09:00), each at least 8,000.00 USD and below 10,000.00 USD.");
  EXPECT_EQ(keys_of(detection), (Keys{"A: T1 T2 T3"}));
  EXPECT_EQ(finding.transfers.front().role, "incoming");
  EXPECT_EQ(entities_with_role(finding, "collector"), (Keys{"A"}));
  EXPECT_EQ(entities_with_role(finding, "payer"), (Keys{"B", "C"}));
}

TEST(Aggregation, EvidenceHoldsTheFiguresAndTheScoreIsTheDocumentedSum) {
  const Detection detection = detect(deposits(), structuring());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "transfers"), "3");
  EXPECT_EQ(observed(finding, "money_share"), "0.9");
  EXPECT_EQ(observed(finding, "duration_hours"), "8");
  EXPECT_EQ(observed(finding, "counterparties"), "2");
  EXPECT_EQ(observed(finding, "total"), "27000.00");
  EXPECT_EQ(observed(finding, "largest_leg"), "9500.00");
  EXPECT_EQ(observed(finding, "transfer_share"), "0.75");
  EXPECT_DOUBLE_EQ(finding.score, 0.4 * 0.5 + 0.4 * 0.9 + 0.2 * (1 - 8. / 24));
}

TEST(Aggregation, PaymentsAreToldFromTheAccountThatPays) {
  const Detection detection = detect({{"A", "B", hour(1), 100, "T1"},
                                      {"A", "C", hour(2), 100, "T2"},
                                      {"A", "D", hour(3), 100, "T3"}},
                                     fan(Direction::kOut));
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.explanation,
            "A paid 3.00 USD in 3 transfers to B, C and D within 120 minutes (2024-03-01 01:00 "
            "to 2024-03-01 03:00).");
  EXPECT_EQ(finding.transfers.front().role, "outgoing");
  EXPECT_EQ(entities_with_role(finding, "distributor"), (Keys{"A"}));
  EXPECT_EQ(entities_with_role(finding, "payee"), (Keys{"B", "C", "D"}));
}

TEST(Aggregation, TheBandHoldsItsLowerBoundButNotItsUpper) {
  auto transfers = deposits();
  transfers[0].amount = 800'000;
  EXPECT_EQ(detect(transfers, structuring()).findings.size(), 1U);
  transfers[0].amount = 799'999;
  EXPECT_TRUE(detect(transfers, structuring()).findings.empty());
  transfers[0].amount = 1'000'000;
  EXPECT_TRUE(detect(transfers, structuring()).findings.empty());
}

TEST(Aggregation, TheSumMustBeAboveTheTotalNotEqualToIt) {
  AggregationParams params = structuring();
  params.total_above_minor = 2'700'000;
  EXPECT_TRUE(detect(deposits(), params).findings.empty());
  params.total_above_minor = 2'699'999;
  EXPECT_EQ(detect(deposits(), params).findings.size(), 1U);
}

TEST(Aggregation, AWindowEndsBeforeItsLength) {
  auto transfers = deposits();
  transfers[2].booked_at = hour(25);
  EXPECT_TRUE(detect(transfers, structuring()).findings.empty());
  transfers[2].booked_at = hour(25) - 1;
  EXPECT_EQ(detect(transfers, structuring()).findings.size(), 1U);
}

TEST(Aggregation, WindowsThatShareALegAreOneFindingAndOthersAreTwo) {
  std::vector<Transfer> transfers = deposits();
  transfers.push_back({"C", "A", hour(30), 900'000, "T5"});
  transfers.push_back({"C", "A", hour(31), 900'000, "T6"});
  EXPECT_EQ(keys_of(detect(transfers, structuring())), (Keys{"A: T1 T2 T3 T5 T6"}));
  transfers.push_back({"C", "A", hour(101), 900'000, "T7"});
  transfers.push_back({"C", "A", hour(102), 900'000, "T8"});
  transfers.push_back({"C", "A", hour(103), 900'000, "T9"});
  EXPECT_EQ(keys_of(detect(transfers, structuring())), (Keys{"A: T1 T2 T3 T5 T6", "A: T7 T8 T9"}));
}

TEST(Aggregation, RoundAmountsAreMultiples) {
  AggregationParams params = structuring();
  params.multiples_of_minor = 100'000;
  EXPECT_TRUE(detect(deposits(), params).findings.empty());
  params.multiples_of_minor = 50'000;
  const Detection detection = detect(deposits(), params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_TRUE(detection.findings[0].explanation.ends_with(", all multiples of 500.00 USD."));
}

TEST(Aggregation, OtherTransfersOfTheSameTimeLowerTheShare) {
  AggregationParams params = structuring();
  params.min_share = 0.75;
  EXPECT_EQ(detect(deposits(), params).findings.size(), 1U);
  auto transfers = deposits();
  transfers.push_back({"E", "A", hour(7), 1, "T5"});
  EXPECT_TRUE(detect(transfers, params).findings.empty());
  transfers.back().booked_at = hour(10);  // after the last leg: another time
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
  transfers.back() = {"A", "E", hour(7), 1, "T5"};  // the other direction
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
}

TEST(Aggregation, TypesThatAreNamedAreTheOnlyOnes) {
  auto columns = graph::testing::columns_of(deposits());
  columns.type_names = {"cash", "wire"};
  columns.type = {0, 0, 1, 0};
  const graph::TransferGraph graph(std::move(columns));
  AggregationParams params = structuring();
  params.types = {"cash"};
  EXPECT_TRUE(detect_aggregation(graph, params, {}).findings.empty());
  params.types = {"wire", "cash"};
  EXPECT_EQ(detect_aggregation(graph, params, {}).findings.size(), 1U);
  params.types = {"CASH"};
  EXPECT_TRUE(detect_aggregation(graph, params, {}).findings.empty());
}

TEST(Aggregation, TransfersToItselfAreNeitherLegsNorOthers) {
  AggregationParams params = structuring();
  params.min_share = 0.75;
  auto transfers = deposits();
  transfers.push_back({"A", "A", hour(7), 900'000, "T5"});
  EXPECT_EQ(keys_of(detect(transfers, params)), (Keys{"A: T1 T2 T3"}));
}

TEST(Aggregation, StandingRelationshipsAreNoFan) {
  // B, C and D pay once; E has paid three times in 61 days.
  std::vector<Transfer> transfers{{"B", "A", hour(1000), 100, "T1"},
                                  {"C", "A", hour(1001), 100, "T2"},
                                  {"E", "A", hour(0), 100, "T4"},
                                  {"E", "A", hour(500), 100, "T5"},
                                  {"E", "A", hour(61 * 24), 100, "T6"}};
  AggregationParams params = fan(Direction::kIn);
  params.window = 30 * kMicrosPerDay;
  EXPECT_TRUE(detect(transfers, params).findings.empty());
  params.counterparties = Counterparties::kAny;
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
  params.counterparties = Counterparties::kOccasional;
  params.standing_after = 61 * kMicrosPerDay;
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
  params.standing_after = 60 * kMicrosPerDay;
  transfers.erase(transfers.begin() + 3);  // twice is not often
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
}

TEST(Aggregation, HubIsLeftOutAndReported) {
  AggregationParams params = structuring();
  params.max_counterparties = 2;
  const Detection detection = detect(deposits(), params);
  EXPECT_TRUE(detection.findings.empty());
  EXPECT_EQ(detection.ignored, (Keys{"A is a hub with 3 payers and 0 payees, more than 2 on one "
                                     "side: left out."}));
  params.max_counterparties = 3;
  EXPECT_EQ(detect(deposits(), params).findings.size(), 1U);
}

TEST(Aggregation, ReachedBudgetIsReported) {
  AggregationParams params = structuring();
  params.max_steps = 3;
  EXPECT_TRUE(detect(deposits(), params).truncated);
  EXPECT_TRUE(detect(deposits(), params).findings.empty());
  params.max_steps = 4;
  EXPECT_FALSE(detect(deposits(), params).truncated);
  EXPECT_EQ(detect(deposits(), params).findings.size(), 1U);
}

TEST(Aggregation, ARequestedStopTruncates) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(
      detect_aggregation(graph_of(deposits()), structuring(), {}, stop.get_token()).truncated);
}

TEST(Aggregation, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    AggregationParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.leg_at_least_minor = -1; }),
            "leg_at_least is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.leg_below_minor = 200'000; }),
            "leg_below is 200000 minor units, must be 0 (no bound) or above leg_at_least (200000)");
  EXPECT_EQ(refused([](auto& p) { p.multiples_of_minor = -1; }),
            "multiples_of is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.standing_after = 0; }),
            "standing_after is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.min_transfers = 0; }), "min_transfers is 0, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.min_counterparties = 6; }),
            "min_counterparties is 6, must be in 1..min_transfers (5)");
  EXPECT_EQ(refused([](auto& p) { p.total_above_minor = -1; }),
            "total_above is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.min_share = 1.5; }), "min_share is 1.5, must be in 0..1");
  EXPECT_EQ(refused([](auto& p) { p.min_share = std::nan(""); }),
            "min_share is nan, must be in 0..1");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
}

RC_GTEST_PROP(Aggregation, DoesNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *graph::testing::transfers_among(8, 100);
  AggregationParams params = fan(*rc::gen::element(Direction::kIn, Direction::kOut));
  params.window = *rc::gen::inRange<graph::Micros>(1, 8);
  params.min_counterparties = 2;
  params.standing_after = 6;
  params.max_counterparties = *rc::gen::element(0U, 4U);
  params.max_steps = *rc::gen::element<std::uint64_t>(20, 60, 1'000'000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    const Detection detection = detect_aggregation(graph_of(rows), params, {});
    expect_well_formed(detection);
    return detection_text(detection);
  };
  text_for_any_order_and_threads(transfers, text_of);
}

RC_GTEST_PROP(Aggregation, RenamedAccountsHaveTheSameFindings, ()) {
  const auto transfers = *graph::testing::transfers_among(6, 60);
  const AggregationParams params = fan(Direction::kIn);
  auto renamed = transfers;
  for (Transfer& t : renamed) {
    t.source = "account " + std::to_string(9 - std::stoi(t.source));
    t.target = "account " + std::to_string(9 - std::stoi(t.target));
  }
  std::multiset<std::set<std::string>> before, after;
  for (const Finding& f : detect_aggregation(graph_of(transfers), params, {}).findings) {
    before.insert(transfer_keys(f));
  }
  for (const Finding& f : detect_aggregation(graph_of(renamed), params, {}).findings) {
    after.insert(transfer_keys(f));
  }
  RC_ASSERT(before == after);
}

}  // namespace
}  // namespace aml::detect
