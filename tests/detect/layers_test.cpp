// SPDX-License-Identifier: Apache-2.0
#include "detect/layers.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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

Detection bipartite(const std::vector<Transfer>& transfers, const BipartiteParams& params = {}) {
  Detection detection = detect_bipartite(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

Detection stack(const std::vector<Transfer>& transfers, const StackParams& params = {}) {
  Detection detection = detect_stack(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

/// B pays first; A and B both pay X, Y and Z 2,000 USD each.
std::vector<Transfer> two_by_three() {
  return {{"A", "X", march(3), 200'000, "T1"}, {"A", "Y", march(4), 200'000, "T2"},
          {"A", "Z", march(5), 200'000, "T3"}, {"B", "X", march(2), 200'000, "T4"},
          {"B", "Y", march(4), 200'000, "T5"}, {"B", "Z", march(6), 200'000, "T6"}};
}

/// P and Q pay M and N, who pay X and Y, 2,000 USD each.
std::vector<Transfer> stacked() {
  return {{"P", "M", march(1), 200'000, "T1"}, {"P", "N", march(2), 200'000, "T2"},
          {"Q", "M", march(2), 200'000, "T3"}, {"Q", "N", march(3), 200'000, "T4"},
          {"M", "X", march(4), 200'000, "T5"}, {"M", "Y", march(5), 200'000, "T6"},
          {"N", "X", march(6), 200'000, "T7"}, {"N", "Y", march(7), 200'000, "T8"}};
}

TEST(Bipartite, IsToldFromTheSourceThatPaysFirst) {
  const Detection detection = bipartite(two_by_three());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "B");
  EXPECT_EQ(finding.evidence_key, "B from T4");
  EXPECT_EQ(finding.amount_minor, 1'200'000);
  EXPECT_EQ(finding.first_activity, march(2));
  EXPECT_EQ(finding.last_activity, march(6));
  EXPECT_EQ(finding.explanation,
            "2 accounts (A and B) paid the same 3 accounts (X, Y and Z): 12,000.00 USD in 6 "
            "transfers, 100 % of all pairs, within 4 days (2024-03-02 to 2024-03-06).");
  EXPECT_EQ(entities_with_role(finding, "source"), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(entities_with_role(finding, "sink"), (std::vector<std::string>{"X", "Y", "Z"}));
  EXPECT_EQ(steps_of(finding), (std::vector<std::string>{"T4 leg 1", "T5 leg 1", "T6 leg 1",
                                                         "T1 leg 2", "T2 leg 2", "T3 leg 2"}));
}

TEST(Bipartite, EvidenceHoldsTheFiguresAndTheScoreIsTheirSum) {
  std::vector<Transfer> transfers = two_by_three();
  transfers.push_back({"Employer", "X", march(4), 1'200'000, "T7"});
  transfers.push_back({"Employer", "X", march(9), 1'200'000, "T8"});
  const Detection detection = bipartite(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "completeness"), "1");
  EXPECT_EQ(observed(finding, "pairs_paid"), "6");
  EXPECT_EQ(observed(finding, "income_share"), "0.5");
  EXPECT_EQ(observed(finding, "layers"), "2 sources and 3 sinks");
  EXPECT_EQ(observed(finding, "amount"), "12000.00");
  EXPECT_EQ(observed(finding, "duration_hours"), "96");
  EXPECT_DOUBLE_EQ(finding.score, 0.4 + 0.3 * 0.5 + 0.3 * 0.5);
}

TEST(Bipartite, OverlappingBicliquesAreOneFinding) {
  std::vector<Transfer> transfers = two_by_three();
  for (const char* sink : {"Y", "Z", "W"}) {
    transfers.push_back({"C", sink, march(6), 200'000, std::string("C") + sink});
  }
  transfers.push_back({"B", "W", march(6), 200'000, "T7"});
  const Detection detection = bipartite(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings[0].transfers.size(), 10U);
  EXPECT_EQ(observed(detection.findings[0], "completeness"), "0.8333");  // 10 of 3 x 4
}

TEST(Bipartite, FewerSourcesThanAskedForAreNone) {
  BipartiteParams params;
  params.min_sources = 3;
  EXPECT_TRUE(bipartite(two_by_three(), params).findings.empty());
  std::vector<Transfer> transfers = two_by_three();
  for (const char* sink : {"X", "Y", "Z"}) {
    transfers.push_back({"C", sink, march(6), 200'000, std::string("C") + sink});
  }
  EXPECT_EQ(bipartite(transfers, params).findings.size(), 1U);
}

TEST(Bipartite, SmallPaymentsAreEverydayLife) {
  BipartiteParams params;
  params.leg_at_least_minor = 200'001;
  EXPECT_TRUE(bipartite(two_by_three(), params).findings.empty());
}

TEST(Bipartite, HubsAndBudgetsAreReported) {
  BipartiteParams params;
  params.max_counterparties = 2;
  const Detection capped = bipartite(two_by_three(), params);
  EXPECT_TRUE(capped.findings.empty());
  EXPECT_EQ(capped.ignored.size(), 2U) << "A and B pay three";
  params = {};
  params.max_steps = 1;
  EXPECT_TRUE(bipartite(two_by_three(), params).truncated);
  params = {};
  params.max_transfers = 5;
  EXPECT_TRUE(bipartite(two_by_three(), params).truncated);
}

TEST(Stack, IsToldLayerByLayer) {
  const Detection detection = stack(stacked());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "P");
  EXPECT_EQ(finding.evidence_key, "P from T1");
  EXPECT_EQ(finding.amount_minor, 1'600'000);
  EXPECT_EQ(finding.explanation,
            "2 accounts (P and Q) paid the same 2 accounts (M and N), who paid the same 2 accounts "
            "(X and Y): 16,000.00 USD in 8 transfers, 100 % of all pairs, within 6 days "
            "(2024-03-01 to 2024-03-07).");
  EXPECT_EQ(entities_with_role(finding, "payer"), (std::vector<std::string>{"P", "Q"}));
  EXPECT_EQ(entities_with_role(finding, "middle"), (std::vector<std::string>{"M", "N"}));
  EXPECT_EQ(entities_with_role(finding, "payee"), (std::vector<std::string>{"X", "Y"}));
  EXPECT_EQ(steps_of(finding),
            (std::vector<std::string>{"T1 first leg 1", "T2 first leg 1", "T3 first leg 2",
                                      "T4 first leg 2", "T5 second leg 1", "T6 second leg 1",
                                      "T7 second leg 2", "T8 second leg 2"}));
  EXPECT_EQ(observed(finding, "layers"), "2 payers, 2 middles and 2 payees");
  EXPECT_DOUBLE_EQ(finding.score, 0.4 + 0.3 * 0.5 + 0.3);
}

TEST(Stack, OrderCountsOnlyIfAskedFor) {
  std::vector<Transfer> transfers = stacked();
  transfers[0].booked_at = march(8);
  EXPECT_EQ(stack(transfers).findings.size(), 1U);
  StackParams params;
  params.time_order = TimeOrder::kLoose;
  EXPECT_TRUE(stack(transfers, params).findings.empty());
  EXPECT_EQ(stack(stacked(), params).findings.size(), 1U);
}

TEST(Stack, OfFourLayersIsOneFindingThatTellsEachTransferOnce) {
  std::vector<Transfer> transfers = stacked();
  for (const char* from : {"X", "Y"}) {
    for (const char* to : {"V", "W"}) {
      transfers.push_back({from, to, march(9), 200'000, std::string(from) + to});
    }
  }
  const Detection detection = stack(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings[0].transfers.size(), 12U);
  EXPECT_EQ(observed(detection.findings[0], "completeness"), "0.5");  // 16 of 2 x 4 x 4
}

TEST(Layers, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto params, auto change) {
    change(params);
    return refusal([&] { validate(params); });
  };
  const BipartiteParams b;
  const StackParams s;
  EXPECT_EQ(refused(b, [](auto&) {}), "accepted");
  EXPECT_EQ(refused(s, [](auto&) {}), "accepted");
  EXPECT_EQ(refused(b, [](auto& p) { p.min_sources = 1; }), "min_sources is 1, must be at least 2");
  EXPECT_EQ(refused(b, [](auto& p) { p.min_sinks = 1; }), "min_sinks is 1, must be at least 2");
  EXPECT_EQ(refused(b, [](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(refused(b, [](auto& p) { p.leg_at_least_minor = -1; }),
            "leg_at_least is -1 minor units, must be at least 0");
  EXPECT_EQ(refused(b, [](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
  EXPECT_EQ(refused(b, [](auto& p) { p.max_transfers = 0; }),
            "max_transfers is 0, must be above 0");
  EXPECT_EQ(refused(s, [](auto& p) { p.min_per_layer = 1; }),
            "min_per_layer is 1, must be at least 2");
  EXPECT_EQ(refused(s, [](auto& p) { p.time_order = TimeOrder::kStrict; }),
            "time_order is strict, must be loose or none");
  EXPECT_EQ(refused(s, [](auto& p) { p.max_transfers = 0; }),
            "max_transfers is 0, must be above 0");
}

RC_GTEST_PROP(Layers, DoNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *rc::gen::resize(rc::kNominalSize, graph::testing::transfers_among(8, 90));
  BipartiteParams b;
  b.window = *rc::gen::element<graph::Micros>(2, 5);
  b.leg_at_least_minor = 0;
  b.max_counterparties = *rc::gen::element(0U, 5U);
  b.max_steps = *rc::gen::element<std::uint64_t>(200, 2000, 1'000'000);
  StackParams s;
  s.window = b.window;
  s.time_order = *rc::gen::element(TimeOrder::kNone, TimeOrder::kLoose);
  s.leg_at_least_minor = 0;
  s.max_steps = b.max_steps;
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    const graph::TransferGraph graph = graph_of(rows);
    return detection_text(detect_bipartite(graph, b, {})) +
           detection_text(detect_stack(graph, s, {}));
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
