// SPDX-License-Identifier: Apache-2.0
#include "detect/chains.hpp"

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
using graph::TimeOrder;
using graph::testing::graph_of;
using oracle::Transfer;

Detection detect(const std::vector<Transfer>& transfers, const ChainsParams& params = {}) {
  Detection detection = detect_chains(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

std::vector<Transfer> chain() {
  return {{"A", "B", march(1), 1'000'000, "T1"},
          {"B", "C", march(2), 950'000, "T2"},
          {"C", "D", march(4), 900'000, "T3"}};
}

TEST(Chains, ChainIsToldFromItsHead) {
  const Detection detection = detect(chain());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "A");
  EXPECT_EQ(finding.evidence_key, "A from T1");
  EXPECT_EQ(finding.amount_minor, 1'000'000);
  EXPECT_EQ(finding.first_activity, march(1));
  EXPECT_EQ(finding.last_activity, march(4));
  EXPECT_EQ(finding.explanation,
            "A sent 10,000.00 USD, which was passed on over B and C until 9,000.00 USD (90 %) "
            "arrived at D, within 3 days (2024-03-01 to 2024-03-04).");
  EXPECT_EQ(entities_with_role(finding, "head"), (std::vector<std::string>{"A"}));
  EXPECT_EQ(entities_with_role(finding, "intermediary"), (std::vector<std::string>{"B", "C"}));
  EXPECT_EQ(entities_with_role(finding, "tail"), (std::vector<std::string>{"D"}));
  EXPECT_EQ(steps_of(finding), (std::vector<std::string>{"T1 hop 1", "T2 hop 2", "T3 hop 3"}));
}

TEST(Chains, EvidenceHoldsTheFiguresAndTheScoreIsTheirSum) {
  const Detection detection = detect(chain());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "length"), "3");
  EXPECT_EQ(observed(finding, "retained_share"), "0.9");
  EXPECT_EQ(observed(finding, "mean_hop_hours"), "36");
  EXPECT_EQ(observed(finding, "amount_sent"), "10000.00");
  EXPECT_EQ(observed(finding, "amount_arrived"), "9000.00");
  EXPECT_EQ(observed(finding, "paths"), "1");
  EXPECT_EQ(observed(finding, "duration_hours"), "72");
  EXPECT_DOUBLE_EQ(finding.score, 0.4 * 0.5 + 0.3 * 0.9 + 0.3 * 0.25);
}

TEST(Chains, BranchesAndConfluencesAreOneFinding) {
  std::vector<Transfer> transfers = chain();
  transfers.push_back({"C", "E", march(3), 900'000, "T4"});
  transfers.push_back({"H", "B", march(2), 950'000, "T0"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "A");
  EXPECT_EQ(observed(finding, "paths"), "4");
  EXPECT_EQ(steps_of(finding),
            (std::vector<std::string>{"T1 hop 1", "T0 hop 1", "T2 hop 2", "T4 hop 3", "T3 hop 3"}));
}

TEST(Chains, ChainsWithoutACommonTransferAreTwoFindings) {
  std::vector<Transfer> transfers = chain();
  for (Transfer transfer : chain()) {
    transfer.booked_at += 30 * kMicrosPerDay;
    transfer.key = "L" + transfer.key;
    transfers.push_back(transfer);
  }
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(detection.findings[1].evidence_key, "A from LT1");
}

TEST(Chains, TwoHopsSlowHopsAndSmallSumsAreNone) {
  EXPECT_TRUE(detect({chain()[0], chain()[1]}).findings.empty());
  std::vector<Transfer> transfers = chain();
  transfers[2].booked_at += 1;
  EXPECT_TRUE(detect(transfers).findings.empty()) << "48 hours and a microsecond";
  ChainsParams params;
  params.leg_at_least_minor = 900'001;
  EXPECT_TRUE(detect(chain(), params).findings.empty());
}

TEST(Chains, HubsAndBudgetsAreReported) {
  std::vector<Transfer> transfers = chain();
  for (int i = 0; i < 2; ++i) transfers.push_back({"C", "Z" + std::to_string(i), march(9), 100});
  ChainsParams params;
  params.max_counterparties = 2;
  const Detection capped = detect(transfers, params);
  EXPECT_TRUE(capped.findings.empty());
  EXPECT_EQ(capped.ignored.size(), 1U);
  params = {};
  params.max_steps = 1;
  EXPECT_TRUE(detect(chain(), params).truncated);
  params = {};
  params.max_transfers = 2;
  EXPECT_TRUE(detect(chain(), params).truncated);
  EXPECT_FALSE(detect(chain()).truncated);
}

TEST(Chains, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    ChainsParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.min_length = 1; }), "min_length is 1, must be at least 2");
  EXPECT_EQ(refused([](auto& p) { p.hop_within = 0; }),
            "hop_within is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.time_order = TimeOrder::kNone; }),
            "time_order is none, must be strict or loose");
  EXPECT_EQ(refused([](auto& p) { p.pass_on_at_most = 1001; }),
            "pass_on_at_most is 1001, must be in 0..1000");
  EXPECT_EQ(refused([](auto& p) { p.leg_at_least_minor = -1; }),
            "leg_at_least is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.max_transfers = 0; }), "max_transfers is 0, must be above 0");
}

RC_GTEST_PROP(Chains, DoNotDependOnRowOrderOrThreads, ()) {
  const auto transfers =
      *rc::gen::resize(rc::kNominalSize, graph::testing::transfers_among(12, 90));
  ChainsParams params;
  params.hop_within = *rc::gen::element<graph::Micros>(1, 2);
  params.leg_at_least_minor = 0;
  params.max_counterparties = *rc::gen::element(0U, 6U);
  params.max_steps = *rc::gen::element<std::uint64_t>(50, 500, 1'000'000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    return detection_text(detect_chains(graph_of(rows), params, {}));
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
