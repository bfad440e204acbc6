// SPDX-License-Identifier: Apache-2.0
#include "detect/dormant_reactivation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/small_accounts.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using oracle::Transfer;
using Keys = std::vector<std::string>;

/// Midnight so many days after 1 March 2024.
graph::Micros day(int number) {
  return kMarch2024 + number * kMicrosPerDay;
}

/// A pays 300 in 60 days, sleeps for 200 and wakes with 8,000 in and 6,000 out.
std::vector<Transfer> sleeper() {
  return {{"A", "B", day(-260), 10'000, "T1"},
          {"A", "B", day(-200), 20'000, "T2"},
          {"C", "A", day(0), 800'000, "T3"},
          {"A", "D", day(3), 600'000, "T4"},
          {"A", "D", day(7), 900'000, "T5"}};
}

Detection detect(const std::vector<Transfer>& transfers,
                 const DormantReactivationParams& params = {}, const KnownFacts& known = {}) {
  const graph::TransferGraph graph = graph::testing::graph_of(transfers);
  Detection detection = detect_dormant_reactivation(graph, facts_of(graph, known), params, {});
  expect_well_formed(detection);
  return detection;
}

Keys subjects(const Detection& detection) {
  Keys keys;
  for (const Finding& finding : detection.findings) keys.push_back(finding.subject);
  return keys;
}

TEST(DormantReactivation, WakingAccountIsToldWithItsWeek) {
  const Detection detection = detect(sleeper());
  ASSERT_EQ(subjects(detection), (Keys{"A"}));
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.evidence_key, "A from T3");
  EXPECT_EQ(finding.amount_minor, 800'000);
  EXPECT_EQ(finding.first_activity, day(0));
  EXPECT_EQ(finding.last_activity, day(3));
  EXPECT_EQ(finding.explanation,
            "A was silent for 200 days until 2024-03-01, then moved 8,000.00 USD in 2 transfers "
            "with C and D within 3 days.");
  EXPECT_EQ(transfer_keys(finding), (std::set<std::string>{"T3", "T4"}));
  EXPECT_EQ(finding.transfers[0].role, "incoming");
  EXPECT_EQ(finding.transfers[1].role, "outgoing");
  EXPECT_EQ(entities_with_role(finding, "reactivated"), (Keys{"A"}));
  EXPECT_EQ(entities_with_role(finding, "counterparty"), (Keys{"C", "D"}));
}

TEST(DormantReactivation, EvidenceHoldsTheFiguresAndTheScoreIsTheDocumentedSum) {
  const Detection detection = detect(sleeper());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "moved"), "8000.00");
  EXPECT_EQ(observed(finding, "silent_days"), "200");
  EXPECT_EQ(observed(finding, "passed_on_share"), "0.75");
  EXPECT_EQ(observed(finding, "earlier_monthly_mean"), "150.00");
  EXPECT_EQ(observed(finding, "woke_at"), "2024-03-01T00:00:00Z");
  EXPECT_DOUBLE_EQ(finding.score, 0.5 * (1 - std::exp2(-8. / 5)) +
                                      0.3 * (1 - std::exp2(-200. / 180)) + 0.2 * 0.75);
}

TEST(DormantReactivation, AnyTransferEndsASilenceAlsoOneToItself) {
  auto transfers = sleeper();
  transfers.push_back({"A", "A", day(-100), 1, "T6"});
  EXPECT_TRUE(detect(transfers).findings.empty());
  transfers.back().booked_at = day(-190);
  EXPECT_EQ(subjects(detect(transfers)), (Keys{"A"}));
}

TEST(DormantReactivation, SilenceOfExactlyTheLengthCounts) {
  auto transfers = sleeper();
  transfers[1].booked_at = day(-180);
  EXPECT_EQ(subjects(detect(transfers)), (Keys{"A"}));
  transfers[1].booked_at += 1;
  EXPECT_TRUE(detect(transfers).findings.empty());
}

TEST(DormantReactivation, SmallSumsAreHeldAgainstTheEarlierMean) {
  auto transfers = sleeper();
  transfers[2].amount = 150'000;  // ten times 150 a month
  transfers[3].amount = 1;
  EXPECT_EQ(subjects(detect(transfers)), (Keys{"A"}));
  transfers[2].amount = 149'999;
  EXPECT_TRUE(detect(transfers).findings.empty());
  transfers[0].amount = 0;
  transfers[1].amount = 1;
  transfers[2].amount = 100'000;
  EXPECT_EQ(subjects(detect(transfers)), (Keys{"A"}));
  transfers[2].amount = 99'999;
  EXPECT_TRUE(detect(transfers).findings.empty()) << "too little to compare";
}

TEST(DormantReactivation, TheMeanIsTakenOverAMonthAtLeast) {
  auto transfers = sleeper();
  transfers[0].booked_at = day(-201);  // 300 within a day is 300 a month
  transfers[2].amount = 300'000;
  transfers[3].amount = 1;
  EXPECT_EQ(subjects(detect(transfers)), (Keys{"A"}));
  transfers[2].amount = 299'999;
  EXPECT_TRUE(detect(transfers).findings.empty());
}

TEST(DormantReactivation, AnAccountThatWasOpenBeforeTheDataWasSilentSinceTheyBegan) {
  const std::vector<Transfer> transfers{{"Y", "Z", day(-180), 1, "T1"},
                                        {"C", "A", day(0), 800'000, "T2"}};
  EXPECT_EQ(subjects(detect(transfers, {}, {.opened_at = {{"A", day(-999)}}})), (Keys{"A"}));
  EXPECT_EQ(subjects(detect(transfers, {}, {.opened_at = {{"A", day(-180)}}})), (Keys{"A"}));
  EXPECT_TRUE(detect(transfers, {}, {.opened_at = {{"A", day(-179)}}}).findings.empty());
  EXPECT_TRUE(detect(transfers).findings.empty()) << "its opening is not known";
  const auto found = detect(transfers, {}, {.opened_at = {{"A", day(-999)}}});
  EXPECT_EQ(evidence_of(found.findings.at(0), "earlier_monthly_mean").sentence,
            "Before its silence no transfer of it is known.");
}

TEST(DormantReactivation, EveryWakeUpIsAFinding) {
  auto transfers = sleeper();
  transfers.push_back({"A", "E", day(300), 700'000, "T6"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(detection.findings[1].evidence_key, "A from T6");
}

TEST(DormantReactivation, HubIsLeftOutAndBudgetReported) {
  DormantReactivationParams params;
  params.max_counterparties = 1;
  EXPECT_EQ(detect(sleeper(), params).ignored,
            (Keys{"A is a hub with 1 payer and 2 payees, more than 1 on one side: left out."}));
  params.max_counterparties = 0;
  params.max_steps = 9;  // five transfers of A, twice for its wake-up
  EXPECT_TRUE(detect(sleeper(), params).truncated);
  EXPECT_TRUE(detect(sleeper(), params).findings.empty());
  params.max_steps = 100;
  EXPECT_FALSE(detect(sleeper(), params).truncated);
}

TEST(DormantReactivation, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    DormantReactivationParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.silence = 0; }), "silence is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.window = p.silence + 1; }),
            "window is 15552000000001 microseconds, must be above 0 and at most silence "
            "(15552000000000)");
  EXPECT_EQ(refused([](auto& p) { p.moved_at_least_minor = 0; }),
            "moved_at_least is 0 minor units, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.times_earlier_mean = 1001; }),
            "times_earlier_mean is 1001, must be in 1..1000");
  EXPECT_EQ(refused([](auto& p) { p.grown_at_least_minor = -1; }),
            "grown_at_least is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
}

RC_GTEST_PROP(DormantReactivation, DoesNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *graph::testing::transfers_among(10, 60);
  DormantReactivationParams params;
  params.silence = *rc::gen::inRange<graph::Micros>(2, 5);
  params.window = 2;
  params.moved_at_least_minor = *rc::gen::inRange<graph::MinorUnits>(1, 6);
  params.max_counterparties = *rc::gen::element(0U, 4U);
  params.max_steps = *rc::gen::element<std::uint64_t>(50, 1'000'000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    return detection_text(detect(rows, params, {.opened_at = {{"1", 0}, {"2", 3}}}));
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
