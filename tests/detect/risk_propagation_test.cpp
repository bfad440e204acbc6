// SPDX-License-Identifier: Apache-2.0
#include "detect/risk_propagation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

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
using testing_graphs::TransferRow;

std::vector<TransferRow> published_rows() {
  return {{"3", "4"}, {"3", "5"}, {"3", "6"}, {"4", "7"}, {"5", "7"}, {"6", "9"}};
}

TEST(RiskPropagation, AnInheritedRiskAtTheThresholdIsAFindingWhateverTheBaseRisk) {
  const auto graph = graph_of({{"1", "2", 100, 0}});
  RiskPropagationParams params;
  params.rounds = 1;
  params.alert_at = 0.1;
  EXPECT_EQ(detect_risk(graph, std::vector<double>{0.2, 0.7}, params, kUsd).findings.size(), 1U);
}

// ---- the published example
// ---------------------------------------------------------------------------------------------

class MissionTable : public testing::TestWithParam<PropagationMode> {
 protected:
  Scores after_rounds(int rounds, std::vector<TransferRow> more = {}) {
    auto rows = published_rows();
    rows.insert(rows.end(), more.begin(), more.end());
    const auto graph = graph_of(rows, {"1", "2", "8", "10"});
    EXPECT_EQ(graph.num_vertices(), 10);
    return scores(graph, {{"3", 10}}, after(rounds, GetParam()));
  }
};

TEST_P(MissionTable, FirstRoundReachesThePayees) {
  EXPECT_EQ(after_rounds(1), (Scores{{"3", 10}, {"4", 5}, {"5", 5}, {"6", 5}}));
}

TEST_P(MissionTable, SecondRoundIsTheTable) {
  EXPECT_EQ(after_rounds(2),
            (Scores{{"3", 10}, {"4", 5}, {"5", 5}, {"6", 5}, {"7", 5}, {"9", 2.5}}));
}

TEST_P(MissionTable, ThirdRoundChangesNothingWithoutMoreTransfers) {
  EXPECT_EQ(after_rounds(3), after_rounds(2));
  EXPECT_EQ(after_rounds(100), after_rounds(2));
}

TEST_P(MissionTable, ThirdRoundReachesWhoWasPaidNext) {
  const std::vector<TransferRow> more{{"7", "8"}, {"9", "10"}};
  EXPECT_EQ(after_rounds(2, more), after_rounds(2));
  EXPECT_EQ(after_rounds(3, more), (Scores{{"3", 10},
                                           {"4", 5},
                                           {"5", 5},
                                           {"6", 5},
                                           {"7", 5},
                                           {"8", 2.5},
                                           {"9", 2.5},
                                           {"10", 1.25}}));
}

INSTANTIATE_TEST_SUITE_P(Modes, MissionTable,
                         testing::Values(PropagationMode::kLiteral, PropagationMode::kDistinct),
                         [](const auto& mode) {
                           return mode.param == PropagationMode::kLiteral ? "Literal" : "Distinct";
                         });

// ---- what the score is
// -----------------------------------------------------------------------------------------------

TEST(RiskPropagation, ParallelTransfersCountOnceOrEach) {
  const auto graph = graph_of({{"3", "4"}, {"3", "4"}, {"3", "4"}});
  EXPECT_EQ(scores(graph, {{"3", 10}}, after(1, PropagationMode::kLiteral))["4"], 15);
  EXPECT_EQ(scores(graph, {{"3", 10}}, after(1, PropagationMode::kDistinct))["4"], 5);
}

TEST(RiskPropagation, BaseRiskIsAddedAfreshEachRound) {
  const auto graph = graph_of({{"1", "2"}, {"2", "1"}});
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(1)), (Scores{{"1", 10}, {"2", 5}}));
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(2)), (Scores{{"1", 12.5}, {"2", 5}}));
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(3)), (Scores{{"1", 12.5}, {"2", 6.25}}));
  EXPECT_NEAR(scores(graph, {{"1", 10}}, after(100))["1"], 40.0 / 3, 1e-9);
  EXPECT_NEAR(scores(graph, {{"1", 10}}, after(100))["2"], 20.0 / 3, 1e-9);
}

TEST(RiskPropagation, LiteralScoresDivergeWhereTransfersRunInACircle) {
  const auto graph = graph_of({{"1", "2"}, {"1", "2"}, {"2", "1"}, {"2", "1"}});
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(2))["1"], 20);
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(4))["1"], 30);
}

TEST(RiskPropagation, DivergingScoresStopAtALimit) {
  std::vector<TransferRow> rows;
  for (int i = 0; i < 2000; ++i) rows.insert(rows.end(), {{"1", "2"}, {"2", "1"}});
  const auto graph = graph_of(rows);
  EXPECT_EQ(scores(graph, {{"1", 10}}, after(100))["1"], 1e100);
  EXPECT_EQ(detect_risk(graph, base_of(graph, {{"1", 10}}), after(100), kUsd).findings.size(), 2);
}

TEST(RiskPropagation, TransferToOneselfSendsOnlyLiterally) {
  const auto graph = graph_of({{"1", "1"}, {"1", "2"}});
  EXPECT_EQ(scores(graph, {{"1", 8}}, after(2, PropagationMode::kLiteral)),
            (Scores{{"1", 14}, {"2", 6}}));
  EXPECT_EQ(scores(graph, {{"1", 8}}, after(2, PropagationMode::kDistinct)),
            (Scores{{"1", 8}, {"2", 4}}));
}

TEST(RiskPropagation, DecayIsTheShareThatIsInherited) {
  const auto graph = graph_of({{"1", "2"}, {"2", "3"}});
  auto params = after(2);
  params.decay = 0.25;
  EXPECT_EQ(scores(graph, {{"1", 16}}, params), (Scores{{"1", 16}, {"2", 4}, {"3", 1}}));
}

TEST(RiskPropagation, GraphWithoutVerticesHasNoScores) {
  const auto graph = graph_of({});
  EXPECT_TRUE(propagate_risk(graph, {}, after(3)).scores.empty());
  EXPECT_TRUE(detect_risk(graph, {}, after(3), kUsd).findings.empty());
}

// ---- refusals
// --------------------------------------------------------------------------------------------------------

TEST(RiskPropagation, RefusesParametersOutOfRange) {
  const auto refused = [](auto change) {
    RiskPropagationParams params;
    change(params);
    EXPECT_THROW(validate(params), std::invalid_argument);
  };
  EXPECT_NO_THROW(validate(RiskPropagationParams{}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused([](auto& p) { p.rounds = 0; });
  refused([](auto& p) { p.rounds = 101; });
  refused([](auto& p) { p.decay = 0; });
  refused([](auto& p) { p.decay = 1; });
  refused([=](auto& p) { p.decay = nan; });
  refused([](auto& p) { p.max_risk = 0; });
  refused([](auto& p) { p.max_risk = 1.01e100; });
  refused([=](auto& p) { p.max_risk = nan; });
  refused([](auto& p) { p.score_cap = 0; });
  refused([](auto& p) { p.score_cap = std::numeric_limits<double>::infinity(); });
  refused([](auto& p) { p.alert_at = 0; });
  refused([=](auto& p) { p.alert_at = nan; });
  refused([](auto& p) { p.top_payers = 0; });
  refused([](auto& p) { p.top_payers = 51; });
}

TEST(RiskPropagation, NamesTheRefusedParameterItsValueAndTheRange) {
  RiskPropagationParams params;
  params.rounds = 101;
  try {
    validate(params);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "rounds: 101 is outside 1..100");
  }
}

TEST(RiskPropagation, RefusesBaseRiskThatIsNoRisk) {
  const auto graph = graph_of({{"1", "2"}});
  for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(), 1e101}) {
    EXPECT_THROW(propagate_risk(graph, std::vector<double>{0, bad}, after(1)),
                 std::invalid_argument);
    EXPECT_THROW(detect_risk(graph, std::vector<double>{0, bad}, after(1), kUsd),
                 std::invalid_argument);
  }
  EXPECT_THROW(propagate_risk(graph, std::vector<double>{0}, after(1)), std::invalid_argument);
  EXPECT_THROW(propagate_risk(graph, std::vector<double>{0, 0, 0}, after(1)),
               std::invalid_argument);
}

// ---- hubs
// ------------------------------------------------------------------------------------------------------------

TEST(RiskPropagation, HubsNeitherSendNorReceive) {
  // H has three payers; 1 -> H -> 2 is cut, 1 -> 3 is not.
  const auto graph = graph_of({{"1", "H"}, {"4", "H"}, {"5", "H"}, {"H", "2"}, {"1", "3"}});
  auto params = after(3);
  params.max_counterparties = 2;
  EXPECT_EQ(scores(graph, {{"1", 8}, {"H", 20}}, params), (Scores{{"1", 8}, {"3", 4}, {"H", 20}}));
  params.max_counterparties = 3;
  EXPECT_EQ(scores(graph, {{"1", 8}, {"H", 20}}, params),
            (Scores{{"1", 8}, {"2", 12}, {"3", 4}, {"H", 24}}));
}

TEST(RiskPropagation, HubsAreReported) {
  const auto graph = graph_of({{"1", "H"}, {"4", "H"}, {"5", "H"}, {"H", "2"}});
  auto params = after(3);
  params.max_counterparties = 2;
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 8}}), params, kUsd);
  ASSERT_EQ(detection.ignored.size(), 1);
  EXPECT_TRUE(detection.ignored[0].starts_with("H ")) << detection.ignored[0];
  params.max_counterparties = 0;
  EXPECT_TRUE(detect_risk(graph, base_of(graph, {{"1", 8}}), params, kUsd).ignored.empty());
}

TEST(RiskPropagation, ManyHubsAreNamedUpToTwenty) {
  std::vector<TransferRow> rows;
  for (int hub = 0; hub < 25; ++hub) {
    rows.push_back({"P1", "H" + std::to_string(hub)});
    rows.push_back({"P2", "H" + std::to_string(hub)});
  }
  auto params = after(1);
  params.max_counterparties = 1;
  const auto graph = graph_of(rows);
  const auto ignored = detect_risk(graph, base_of(graph, {}), params, kUsd).ignored;
  ASSERT_EQ(ignored.size(), 21);  // P1 and P2 are hubs too
  EXPECT_NE(ignored.back().find("7 more"), std::string::npos) << ignored.back();
}

// ---- findings
// --------------------------------------------------------------------------------------------------------

/// 1 pays 4 three times, 2 once, 3 has no risk; 4 inherits 10 in literal mode.
std::vector<TransferRow> payers_of_4() {
  return {{"1", "4", 1000, 30}, {"1", "4", 2000, 10}, {"2", "4", 500, 20},
          {"1", "4", 3000, 20}, {"3", "4", 700, 25},  {"4", "5", 100, 40}};
}

const Finding& finding_of(const Detection& detection, const std::string& subject) {
  const auto found =
      std::find_if(detection.findings.begin(), detection.findings.end(),
                   [&](const Finding& finding) { return finding.subject == subject; });
  if (found == detection.findings.end()) throw std::runtime_error("no finding for " + subject);
  return *found;
}

TEST(RiskFindings, AlertStartsAtTheInheritedRisk) {
  const auto graph = graph_of({{"1", "2"}, {"2", "3"}});
  auto params = after(3);
  params.alert_at = 5;
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 10}, {"3", 100}}), params, kUsd);
  ASSERT_EQ(detection.findings.size(), 1);  // 3 has a high risk of its own, but inherits only 2.5
  EXPECT_EQ(detection.findings[0].subject, "2");
  params.alert_at = 5.1;
  EXPECT_TRUE(detect_risk(graph, base_of(graph, {{"1", 10}}), params, kUsd).findings.empty());
}

TEST(RiskFindings, ScoreIsTheShareOfTheCap) {
  const auto graph = graph_of({{"1", "2"}, {"1", "3"}});
  auto params = after(1);
  params.score_cap = 8;
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 10}, {"3", 30}}), params, kUsd);
  EXPECT_EQ(finding_of(detection, "2").score, 5.0 / 8);
  EXPECT_EQ(finding_of(detection, "3").score, 1);
  EXPECT_EQ(detection.findings[0].subject, "3");  // highest risk first
}

TEST(RiskFindings, EvidenceNamesThePayersByFallingContribution) {
  const auto graph = graph_of(payers_of_4());
  const auto detection =
      detect_risk(graph, base_of(graph, {{"1", 4}, {"2", 8}, {"4", 1}}), after(1), kUsd);
  const Finding& finding = finding_of(detection, "4");
  EXPECT_EQ(finding.subject_kind, EntityKind::kParty);
  EXPECT_EQ(finding.evidence_key, "");
  ASSERT_EQ(finding.evidence.size(), 5);
  EXPECT_EQ(finding.evidence[0].feature, "base_risk");
  EXPECT_EQ(finding.evidence[0].observed, "1");
  EXPECT_EQ(finding.evidence[1].feature, "inherited_risk");
  EXPECT_EQ(finding.evidence[1].observed, "10");
  EXPECT_EQ(finding.evidence[1].threshold, "5");
  EXPECT_EQ(finding.evidence[2].feature, "risk_score");
  EXPECT_EQ(finding.evidence[2].observed, "11");
  EXPECT_EQ(finding.evidence[3].feature, "payer");
  EXPECT_EQ(finding.evidence[3].observed, "1");
  EXPECT_EQ(finding.evidence[3].contribution, 6);
  EXPECT_EQ(finding.evidence[3].sentence,
            "1 paid it with 3 transfers and passed on a risk of 6, 60 % of what it inherited.");
  EXPECT_EQ(finding.evidence[4].observed, "2");
  EXPECT_EQ(finding.evidence[4].contribution, 4);
  EXPECT_EQ(finding.explanation,
            "Inherited a risk of 10 from 2 payers over 1 round: 1 (6) and 2 (4); the listed "
            "payments come to "
            "65.00 USD.");
}

TEST(RiskFindings, DistinctModeCountsAPayerOnce) {
  const auto graph = graph_of(payers_of_4());
  auto params = after(1, PropagationMode::kDistinct);
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 4}, {"2", 8}}), params, kUsd);
  const Finding& finding = finding_of(detection, "4");
  EXPECT_EQ(finding.evidence[3].observed, "2");
  EXPECT_EQ(finding.evidence[3].contribution, 4);
  EXPECT_EQ(finding.evidence[4].observed, "1");
  EXPECT_EQ(finding.evidence[4].contribution, 2);
}

TEST(RiskFindings, TransfersStandPayerByPayerInTimeOrder) {
  const auto graph = graph_of(payers_of_4());
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 4}, {"2", 8}}), after(1), kUsd);
  const Finding& finding = finding_of(detection, "4");
  ASSERT_EQ(finding.transfers.size(), 4);
  const std::vector<std::string> keys{"T2", "T4", "T1", "T3"};
  const std::vector<int> branches{1, 1, 1, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(finding.transfers[i].transfer_key, keys[i]);
    EXPECT_EQ(finding.transfers[i].step, static_cast<int>(i) + 1);
    EXPECT_EQ(finding.transfers[i].branch, branches[i]);
    EXPECT_EQ(finding.transfers[i].role, "risk inflow");
  }
  EXPECT_EQ(finding.amount_minor, 6500);
  EXPECT_EQ(finding.first_activity, 10);
  EXPECT_EQ(finding.last_activity, 30);
}

TEST(RiskFindings, EntitiesAreTheExposedPartyAndItsPayers) {
  const auto graph = graph_of(payers_of_4());
  const auto detection = detect_risk(graph, base_of(graph, {{"1", 4}, {"2", 8}}), after(1), kUsd);
  std::vector<std::string> entities;
  for (const auto& entity : finding_of(detection, "4").entities) {
    EXPECT_EQ(entity.kind, EntityKind::kParty);
    entities.push_back(entity.role + " " + entity.key);
  }
  EXPECT_EQ(entities, (std::vector<std::string>{"exposed 4", "payer 1", "payer 2"}));
}

TEST(RiskFindings, OnlyTheTopPayersAreNamedTiesInKeyOrder) {
  const auto graph = graph_of({{"P10", "S"}, {"P9", "S"}, {"P2", "S"}, {"P1", "S"}});
  auto params = after(1);
  params.top_payers = 2;
  const auto detection = detect_risk(
      graph, base_of(graph, {{"P10", 8}, {"P9", 8}, {"P2", 9}, {"P1", 1}}), params, kUsd);
  const Finding& finding = finding_of(detection, "S");
  ASSERT_EQ(finding.evidence.size(), 5);
  EXPECT_EQ(finding.evidence[3].observed, "P2");
  EXPECT_EQ(finding.evidence[4].observed, "P9");
  EXPECT_EQ(finding.transfers.size(), 2);
  EXPECT_EQ(finding.explanation,
            "Inherited a risk of 13 from 4 payers over 1 round, the largest parts from P2 (4.5) "
            "and P9 (4); the "
            "listed payments come to 2.00 USD.");
}

TEST(RiskFindings, AtMostTwentyTransfersOfAPayerAreListed) {
  std::vector<TransferRow> rows;
  for (int i = 0; i < 25; ++i) rows.push_back({"1", "2", 100, 100 - i});
  const auto graph = graph_of(rows);
  const auto detection =
      detect_risk(graph, base_of(graph, {{"1", 10}}), after(1, PropagationMode::kDistinct), kUsd);
  const Finding& finding = finding_of(detection, "2");
  ASSERT_EQ(finding.transfers.size(), 20);
  EXPECT_EQ(finding.transfers[0].transfer_key, "T25");
  EXPECT_EQ(finding.amount_minor, 2000);
  EXPECT_EQ(finding.evidence[3].sentence,
            "1 paid it with 25 transfers and passed on a risk of 5, 100 % of what it inherited. "
            "The first 20 of "
            "them are listed.");
}

TEST(RiskFindings, ScoresAreOfEveryPartyWithRiskInKeyOrder) {
  const auto graph = graph_of({{"P10", "P2"}, {"P3", "P4"}});
  const auto detection = detect_risk(graph, base_of(graph, {{"P10", 3}}), after(1), kUsd);
  ASSERT_EQ(detection.scores.size(), 2);
  EXPECT_EQ(detection.scores[0].measure, "base_risk");
  EXPECT_EQ(detection.scores[1].measure, "risk_score");
  using Values = std::vector<std::pair<std::string, double>>;
  EXPECT_EQ(detection.scores[0].values, (Values{{"P2", 0}, {"P10", 3}}));
  EXPECT_EQ(detection.scores[1].values, (Values{{"P2", 1.5}, {"P10", 3}}));
  EXPECT_EQ(detection.scores[0].kind, EntityKind::kParty);
  EXPECT_TRUE(detection.findings.empty());
}

}  // namespace
}  // namespace aml::detect
