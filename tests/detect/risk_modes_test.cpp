// SPDX-License-Identifier: Apache-2.0
// Risk propagation in the modes that cannot diverge, and its limits.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "detect/risk_propagation.hpp"
#include "tests/detect/risk_cases.hpp"
#include "tests/detect/transfer_rows.hpp"

namespace aml::detect {
namespace {

using testing_graphs::after;
using testing_graphs::base_of;
using testing_graphs::graph_of;
using testing_graphs::kUsd;
using testing_graphs::Scores;
using testing_graphs::scores;

constexpr auto kNormalised = PropagationMode::kNormalised;
constexpr auto kAmountWeighted = PropagationMode::kAmountWeighted;

TEST(NormalisedRisk, IsDividedAmongThePayersTransfers) {
  const auto graph = graph_of({{"1", "2"}, {"1", "2"}, {"1", "2"}, {"1", "3"}});
  EXPECT_EQ(scores(graph, {{"1", 16}}, after(1, kNormalised)),
            (Scores{{"1", 16}, {"2", 6}, {"3", 2}}));
}

TEST(NormalisedRisk, ManyTransfersPassOnNoMoreThanOne) {
  EXPECT_EQ(scores(graph_of({{"1", "2"}}), {{"1", 10}}, after(1, kNormalised)),
            scores(graph_of({{"1", "2"}, {"1", "2"}}), {{"1", 10}}, after(1, kNormalised)));
}

TEST(NormalisedRisk, PaymentsToOneselfDoNotCount) {
  const auto graph = graph_of({{"1", "1"}, {"1", "2"}});
  EXPECT_EQ(scores(graph, {{"1", 8}}, after(3, kNormalised)), (Scores{{"1", 8}, {"2", 4}}));
}

TEST(NormalisedRisk, PaymentsToOneselfDoNotCountForAnyOfManyParties) {
  const auto key = [](int party) { return "P" + std::to_string(1000 + party % 300); };
  std::vector<testing_graphs::TransferRow> rows;
  std::map<std::string, double> risks;
  Scores expected;
  for (int party = 0; party < 300; ++party) {
    rows.push_back({key(party), key(party + 1)});
    for (int i = 0; i < party % 70 - 66; ++i) rows.push_back({key(party), key(party)});
    risks[key(party)] = 8;
    expected[key(party)] = 12;
  }
  EXPECT_EQ(scores(graph_of(rows), risks, after(1, kNormalised)), expected);
}

TEST(NormalisedRisk, DoesNotDivergeWhereLiteralDoes) {
  const auto graph = graph_of({{"1", "2"}, {"1", "2"}, {"2", "1"}, {"2", "1"}});
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(3, kNormalised)), (Scores{{"1", 12.5}, {"2", 6.25}}));
  EXPECT_NEAR(scores(graph, {{"1", 10}}, after(100, kNormalised))["1"], 40.0 / 3, 1e-12);
}

TEST(NormalisedRisk, WhatGoesToAHubIsLost) {
  const auto graph = graph_of({{"1", "H"}, {"2", "H"}, {"3", "H"}, {"1", "4"}});
  auto params = after(2, kNormalised);
  params.max_counterparties = 2;
  EXPECT_EQ(scores(graph, {{"1", 8}}, params), (Scores{{"1", 8}, {"4", 2}}));
}

TEST(AmountWeightedRisk, IsTheRiskOfTheMoneyReceived) {
  const auto graph = graph_of({{"1", "4", 600}, {"1", "4", 300}, {"2", "4", 100}, {"1", "5", 1}});
  EXPECT_EQ(scores(graph, {{"1", 16}, {"2", 0}}, after(1, kAmountWeighted)),
            (Scores{{"1", 16}, {"4", 7.2}, {"5", 8}}));
}

TEST(AmountWeightedRisk, ACentFromARiskyPartyHardlyCounts) {
  const auto graph = graph_of({{"1", "3", 1}, {"2", "3", 99'999'999}});
  EXPECT_NEAR(scores(graph, {{"1", 10}}, after(3, kAmountWeighted))["3"], 5e-8, 1e-15);
}

TEST(AmountWeightedRisk, PaymentsToOneselfDoNotDilute) {
  const auto graph = graph_of({{"1", "2", 100}, {"2", "2", 900}});
  EXPECT_EQ(scores(graph, {{"1", 8}}, after(3, kAmountWeighted)), (Scores{{"1", 8}, {"2", 4}}));
}

TEST(AmountWeightedRisk, PaymentsOfNothingPassOnNothing) {
  const auto graph = graph_of({{"1", "2", 0}});
  EXPECT_EQ(scores(graph, {{"1", 8}}, after(3, kAmountWeighted)), (Scores{{"1", 8}}));
}

TEST(AmountWeightedRisk, MoneyFromAHubIsWithoutRiskAndDilutes) {
  const auto graph =
      graph_of({{"1", "H", 1}, {"2", "H", 1}, {"3", "H", 1}, {"H", "4", 300}, {"1", "4", 100}});
  auto params = after(2, kAmountWeighted);
  params.max_counterparties = 2;
  EXPECT_EQ(scores(graph, {{"1", 8}, {"H", 100}}, params),
            (Scores{{"1", 8}, {"4", 1}, {"H", 100}}));
}

TEST(AmountWeightedRisk, SumsOfAnySizeAreExactUntilTheyAreDivided) {
  constexpr graph::MinorUnits kLarge = 8'000'000'000'000'000'000;  // two overflow 64 bits
  const auto graph = graph_of({{"1", "3", kLarge}, {"2", "3", kLarge}});
  EXPECT_EQ(scores(graph, {{"1", 8}}, after(1, kAmountWeighted)), (Scores{{"1", 8}, {"3", 2}}));
}

TEST(RiskLimits, NoScoreExceedsTheLargestAllowed) {
  const auto graph = graph_of({{"1", "3"}, {"2", "3"}, {"3", "4"}});
  auto params = after(2);
  params.max_risk = 8;
  EXPECT_EQ(scores(graph, {{"1", 10}, {"2", 6}, {"3", 3}}, params),
            (Scores{{"1", 8}, {"2", 6}, {"3", 8}, {"4", 4}}));
}

TEST(RiskLimits, WhatTheLimitCutIsCutFromEachPayersPart) {
  const auto graph = graph_of({{"1", "4"}, {"2", "4"}});
  auto params = after(1);
  params.max_risk = 16;
  params.alert_at = 1;
  params.decay = 0.75;
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 16}, {"2", 16}}), params, kUsd);
  ASSERT_EQ(detection.findings.size(), 1);  // 12 + 12, cut to 16
  EXPECT_EQ(detection.findings[0].evidence[1].observed, "16");
  EXPECT_EQ(detection.findings[0].evidence[3].contribution, 8);
  EXPECT_EQ(detection.findings[0].evidence[4].contribution, 8);
}

TEST(RiskLimits, ResidualIsWhatTheLastRoundChanged) {
  const auto chain = graph_of({{"1", "2"}, {"2", "3"}});
  const auto residual = [&](int rounds) {
    return propagate_risk(chain, base_of(chain, {{"1", 8}}), after(rounds)).residual;
  };
  EXPECT_EQ(residual(1), 4);
  EXPECT_EQ(residual(2), 2);
  EXPECT_EQ(residual(3), 0);
  const auto circle = graph_of({{"1", "2"}, {"1", "2"}, {"2", "1"}, {"2", "1"}});
  EXPECT_EQ(propagate_risk(circle, base_of(circle, {{"1", 8}}), after(50)).residual, 8);
}

// ---- what the payers' evidence says

std::vector<std::string> payer_sentences(PropagationMode mode) {
  const auto graph = graph_of(
      {{"1", "4", 200}, {"1", "4", 400}, {"2", "4", 400}, {"1", "5", 100}, {"1", "1", 900}});
  auto params = after(1, mode);
  params.alert_at = 0.1;
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 10}, {"2", 5}}), params, kUsd);
  const auto finding = std::ranges::find(detection.findings, "4", &Finding::subject);
  std::vector<std::string> sentences;
  for (const auto& item : finding->evidence) {
    if (item.feature == "payer") sentences.push_back(item.sentence);
  }
  return sentences;
}

TEST(RiskModes, EvidenceSaysWhatTheTransfersAreComparedWith) {
  EXPECT_EQ(
      payer_sentences(kNormalised),
      (std::vector<std::string>{
          "1 paid it with 2 of its 3 transfers and passed on a risk of 3.333, 57.1 % of what it "
          "inherited.",
          "2 paid it with 1 of its 1 transfer and passed on a risk of 2.5, 42.9 % of what it "
          "inherited."}));
  EXPECT_EQ(
      payer_sentences(kAmountWeighted),
      (std::vector<std::string>{
          "1 paid it with 2 transfers, 60 % of the money it received, and passed on a risk of "
          "3, 75 % of what it inherited.",
          "2 paid it with 1 transfer, 40 % of the money it received, and passed on a risk of "
          "1, 25 % of what it inherited."}));
}

}  // namespace
}  // namespace aml::detect
