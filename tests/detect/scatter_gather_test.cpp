// SPDX-License-Identifier: Apache-2.0
#include "detect/scatter_gather.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using graph::TimeOrder;
using graph::testing::graph_of;
using oracle::Transfer;

Detection detect(const std::vector<Transfer>& transfers, const ScatterGatherParams& params = {}) {
  Detection detection = detect_scatter_gather(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

/// S sends 6,000 USD over three accounts, 5,700 arrive at Z.
std::vector<Transfer> scattered() {
  return {{"S", "M1", march(1), 200'000, "T1"}, {"S", "M2", march(1), 100'000, "T2"},
          {"S", "M3", march(2), 300'000, "T3"}, {"M1", "Z", march(3), 190'000, "T4"},
          {"M2", "Z", march(4), 80'000, "T5"},  {"M3", "Z", march(5), 300'000, "T6"}};
}

TEST(ScatterGather, SumThatPartsAndMeetsAgainIsTold) {
  const Detection detection = detect(scattered());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "S");
  EXPECT_EQ(finding.evidence_key, "S>Z from T1");
  EXPECT_EQ(finding.amount_minor, 570'000);
  EXPECT_EQ(finding.first_activity, march(1));
  EXPECT_EQ(finding.last_activity, march(5));
  EXPECT_EQ(finding.explanation,
            "S paid 6,000.00 USD to 3 accounts (M1, M2 and M3), who passed 5,700.00 USD (95 %) on "
            "to Z, within 4 days (2024-03-01 to 2024-03-05).");
  EXPECT_EQ(entities_with_role(finding, "source"), (std::vector<std::string>{"S"}));
  EXPECT_EQ(entities_with_role(finding, "middle"), (std::vector<std::string>{"M1", "M2", "M3"}));
  EXPECT_EQ(entities_with_role(finding, "sink"), (std::vector<std::string>{"Z"}));
}

TEST(ScatterGather, StepsGoMiddleByMiddle) {
  std::vector<Transfer> transfers = scattered();
  transfers.push_back({"S", "M1", march(2), 200'000, "T7"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  std::vector<std::string> steps;
  for (const FindingTransfer& t : detection.findings.front().transfers) {
    steps.push_back(fmt::format("{} {} {}", t.transfer_key, t.role, t.branch));
  }
  EXPECT_EQ(steps,
            (std::vector<std::string>{"T1 scatter 1", "T7 scatter 1", "T4 gather 1", "T2 scatter 2",
                                      "T5 gather 2", "T3 scatter 3", "T6 gather 3"}));
}

TEST(ScatterGather, EvidenceHoldsTheFiguresAndTheScoreIsTheirSum) {
  const Detection detection = detect(scattered());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "middles"), "3");
  EXPECT_EQ(observed(finding, "passed_on_share"), "0.95");
  EXPECT_EQ(observed(finding, "evenness"), "0.3333");
  EXPECT_EQ(observed(finding, "amount_sent"), "6000.00");
  EXPECT_EQ(observed(finding, "amount_gathered"), "5700.00");
  EXPECT_EQ(observed(finding, "duration_hours"), "96");
  EXPECT_DOUBLE_EQ(finding.score, 0.4 * 0.5 + 0.3 * 0.95 + 0.3 / 3);
}

TEST(ScatterGather, WorthlessTransfersScoreForTheirNumberOnly) {
  std::vector<Transfer> transfers = scattered();
  for (Transfer& transfer : transfers) transfer.amount = 0;
  ScatterGatherParams params;
  params.leg_at_least_minor = 0;
  const Detection detection = detect(transfers, params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_DOUBLE_EQ(detection.findings[0].score, 0.4 * 0.5);
}

TEST(ScatterGather, AccountThatKeepsTooMuchOrAddsTooMuchIsNoMiddle) {
  std::vector<Transfer> transfers = scattered();
  transfers[4].amount = 79'900;
  EXPECT_TRUE(detect(transfers).findings.empty());
  transfers[4].amount = 105'000;
  EXPECT_EQ(detect(transfers).findings.size(), 1U);
  transfers[4].amount = 105'100;
  EXPECT_TRUE(detect(transfers).findings.empty());
}

TEST(ScatterGather, AnotherSinkIsAnotherFinding) {
  std::vector<Transfer> transfers = scattered();
  for (Transfer transfer : scattered()) {
    if (transfer.target != "Z") continue;
    transfer.target = "Y";
    transfer.key += "b";
    transfers.push_back(transfer);
  }
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(detection.findings[0].evidence_key, "S>Y from T1");
  EXPECT_EQ(detection.findings[1].evidence_key, "S>Z from T1");
}

TEST(ScatterGather, HubIsLeftOutAndReported) {
  std::vector<Transfer> transfers = scattered();
  ScatterGatherParams params;
  params.max_counterparties = 2;
  const Detection detection = detect(transfers, params);
  EXPECT_TRUE(detection.findings.empty());
  EXPECT_EQ(detection.ignored,
            (std::vector<std::string>{
                "S is a hub with 0 payers and 3 payees, more than 2 on one side: left out.",
                "Z is a hub with 3 payers and 0 payees, more than 2 on one side: left out."}));
}

TEST(ScatterGather, ReachedBudgetIsReported) {
  ScatterGatherParams params;
  params.max_steps = 1;
  EXPECT_TRUE(detect(scattered(), params).truncated);
  params = {};
  params.max_paths = 2;
  EXPECT_TRUE(detect(scattered(), params).truncated);
  EXPECT_FALSE(detect(scattered()).truncated);
}

TEST(ScatterGather, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    ScatterGatherParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.min_middles = 1; }), "min_middles is 1, must be at least 2");
  EXPECT_EQ(refused([](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.time_order = TimeOrder::kNone; }),
            "time_order is none, must be strict or loose");
  EXPECT_EQ(refused([](auto& p) { p.pass_on_at_least = 1.1; }),
            "pass_on_at_least is 1.1, must be in 0..pass_on_at_most (1.05)");
  EXPECT_EQ(refused([](auto& p) { p.pass_on_at_most = std::numeric_limits<double>::quiet_NaN(); }),
            "pass_on_at_most is nan, must be in 0..1000");
  EXPECT_EQ(refused([](auto& p) { p.leg_at_least_minor = -1; }),
            "leg_at_least is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.max_paths = 0; }), "max_paths is 0, must be above 0");
}

RC_GTEST_PROP(ScatterGather, DoesNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *graph::testing::transfers_among(7, 100);
  ScatterGatherParams params;
  params.window = *rc::gen::inRange<graph::Micros>(1, 8);
  params.pass_on_at_most = 2;
  params.leg_at_least_minor = 0;
  params.min_middles = 2;
  params.max_counterparties = *rc::gen::element(0U, 4U);
  params.max_steps = *rc::gen::element<std::uint64_t>(50, 500, 1'000'000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    return detection_text(detect_scatter_gather(graph_of(rows), params, {}));
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
