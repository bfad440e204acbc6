// SPDX-License-Identifier: Apache-2.0
#include "detect/features.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "detect/transfer_features.hpp"
#include "tests/detect/transfer_rows.hpp"
#include "tests/oracle/account_features_oracle.hpp"
#include "tests/oracle/transfer_features_oracle.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using testing_graphs::graph_of;
using testing_graphs::TransferRow;

constexpr graph::MinorUnits kUnit = 100;  // minor units in one unit of the base currency
constexpr graph::Micros kMonday = 4 * kMicrosPerDay;  // 1970-01-05

float value(const graph::TransferGraph& graph, const FeatureMatrix& matrix, const std::string& key,
            Feature feature) {
  return matrix.row(graph.find(key).value())[static_cast<std::size_t>(feature)];
}

float value(const std::vector<TransferRow>& rows, const std::string& key, Feature feature) {
  const auto graph = graph_of(rows);
  return value(graph, account_features(graph, 2), key, feature);
}

TEST(FeatureDefinitions, AreNamedOnceAndTold) {
  for (const auto definitions : {feature_set_definitions(), transfer_feature_definitions()}) {
    std::set<std::string_view> names;
    for (const auto& definition : definitions) {
      EXPECT_TRUE(names.insert(definition.name).second) << definition.name;
      EXPECT_FALSE(definition.unit.empty()) << definition.name;
      EXPECT_FALSE(definition.window.empty()) << definition.name;
      EXPECT_TRUE(definition.description.ends_with('.')) << definition.description;
    }
  }
}

TEST(FeatureDefinitions, TheSetBeginsWithTheBehaviourWhichHasPhrases) {
  ASSERT_EQ(feature_definitions().size(), kFeatures);
  for (std::size_t i = 0; i < kFeatures; ++i) {
    EXPECT_EQ(feature_set_definitions()[i].name, feature_definitions()[i].name);
    EXPECT_NE(feature_definitions()[i].phrase.find("{}"), std::string_view::npos)
        << feature_definitions()[i].name;
  }
}

TEST(FeatureDefinitions, AreTheTablesOfTheDocumentation) {
  std::ifstream file(AML_SOURCE_DIR "/docs/features.md");
  std::vector<std::string> told;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `")) told.push_back(line);
  }
  std::vector<std::string> defined;
  for (const auto definitions : {feature_set_definitions(), transfer_feature_definitions()}) {
    for (const auto& feature : definitions) {
      defined.push_back(fmt::format("| `{}` | {} | {} | {} |", feature.name, feature.unit,
                                    feature.window, feature.description));
    }
  }
  EXPECT_EQ(told, defined);
}

TEST(AccountFeatures, ShapeIsVerticesTimesDefinitions) {
  const auto matrix = account_features(graph_of({{"A", "B"}}, {"C"}), 2);
  EXPECT_EQ(matrix.rows, 3);
  EXPECT_EQ(matrix.columns, feature_definitions().size());
  EXPECT_EQ(matrix.values.size(), matrix.rows * matrix.columns);
}

TEST(AccountFeatures, AccountWithoutTransfersHasZeros) {
  const auto graph = graph_of({{"A", "B", 100, 0}, {"A", "B", 100, kMicrosPerDay}}, {"C"});
  const auto matrix = account_features(graph, 2);
  for (const float feature : matrix.row(graph.find("C").value())) EXPECT_EQ(feature, 0);
}

TEST(AccountFeatures, SelfLoopsDoNotCount) {
  const std::vector<TransferRow> rows{{"A", "B", 500, 10}, {"C", "A", 300, 20}};
  auto with_loops = rows;
  with_loops.push_back({"A", "A", 700, 15});
  with_loops.push_back({"D", "D", 700, 15});
  const auto graph = graph_of(with_loops);
  const auto matrix = account_features(graph, 2);
  const auto plain_graph = graph_of(rows);
  const auto plain = account_features(plain_graph, 2);
  const auto a = matrix.row(graph.find("A").value());
  const auto plain_a = plain.row(plain_graph.find("A").value());
  EXPECT_TRUE(std::equal(a.begin(), a.end(), plain_a.begin()));
  for (const float feature : matrix.row(graph.find("D").value())) EXPECT_EQ(feature, 0);
}

TEST(AccountFeatures, RefusesAnExponentNoCurrencyHas) {
  const auto graph = graph_of({{"A", "B"}});
  EXPECT_THROW(account_features(graph, -1), std::invalid_argument);
  EXPECT_THROW(account_features(graph, 10), std::invalid_argument);
}

TEST(AccountFeatures, CountsAndSumsEachDirection) {
  const auto graph =
      graph_of({{"P", "A", 10 * kUnit}, {"P", "A", 20 * kUnit}, {"A", "Q", 5 * kUnit}});
  const auto matrix = account_features(graph, 2);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kTransfersIn), 2);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kTransfersOut), 1);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kAmountIn), 30);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kAmountOut), 5);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kMeanAmountIn), 15);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kMeanAmountOut), 5);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kLargestAmountIn), 20);
  EXPECT_EQ(value(graph, matrix, "A", Feature::kLargestAmountOut), 5);
  EXPECT_EQ(value(graph, matrix, "P", Feature::kTransfersIn), 0);
  EXPECT_EQ(value(graph, matrix, "P", Feature::kMeanAmountIn), 0);
}

TEST(AccountFeatures, AmountsAreInUnitsOfTheBaseCurrency) {
  const auto graph = graph_of({{"A", "B", 12'000}});
  const auto sent = static_cast<std::size_t>(Feature::kAmountOut);
  EXPECT_EQ(account_features(graph, 0).row(0)[sent], 12'000);
  EXPECT_EQ(account_features(graph, 2).row(0)[sent], 120);
  EXPECT_EQ(account_features(graph, 3).row(0)[sent], 12);
}

TEST(AccountFeatures, SumsBeyond64BitsDoNotOverflow) {
  const auto most = std::numeric_limits<graph::MinorUnits>::max();
  EXPECT_FLOAT_EQ(
      value({{"A", "B", most}, {"A", "B", most}, {"A", "C", most}}, "A", Feature::kAmountOut),
      3 * 9.223372e16F);
}

TEST(AccountFeatures, CounterpartiesAreDistinct) {
  const std::vector<TransferRow> rows{{"P", "A"}, {"P", "A"}, {"Q", "A"},
                                      {"A", "Q"}, {"A", "R"}, {"A", "S"}};
  EXPECT_EQ(value(rows, "A", Feature::kPayers), 2);
  EXPECT_EQ(value(rows, "A", Feature::kPayees), 3);
  EXPECT_EQ(value(rows, "A", Feature::kReciprocityShare), 0.25F);  // Q of P, Q, R, S
  EXPECT_EQ(value(rows, "P", Feature::kReciprocityShare), 0);
  EXPECT_EQ(value(rows, "Q", Feature::kReciprocityShare), 1);
}

TEST(AccountFeatures, OutInRatioIsBounded) {
  EXPECT_EQ(value({{"P", "A", 400}, {"A", "Q", 300}}, "A", Feature::kOutInRatio), 0.75F);
  EXPECT_EQ(value({{"P", "A", 1}, {"A", "Q", 300}}, "A", Feature::kOutInRatio), 10);
  EXPECT_EQ(value({{"A", "Q", 300}}, "A", Feature::kOutInRatio), 10);
  EXPECT_EQ(value({{"P", "A", 300}}, "A", Feature::kOutInRatio), 0);
  EXPECT_EQ(value({{"A", "Q", 0}}, "A", Feature::kOutInRatio), 0);
}

TEST(AccountFeatures, TopCounterpartyIsTheOneWithMostMoneyBothWays) {
  const std::vector<TransferRow> rows{
      {"P", "A", 30}, {"A", "P", 40}, {"A", "Q", 20}, {"R", "A", 10}};
  EXPECT_EQ(value(rows, "A", Feature::kTopCounterpartyShare), 0.7F);
  EXPECT_EQ(value({{"A", "Q", 0}}, "A", Feature::kTopCounterpartyShare), 0);
}

TEST(AccountFeatures, RoundAmountsAreMultiplesOfHundredUnits) {
  const std::vector<TransferRow> rows{{"A", "B", 100 * kUnit},
                                      {"A", "B", 2500 * kUnit},
                                      {"A", "B", 150 * kUnit},
                                      {"A", "B", 100 * kUnit + 1},
                                      {"A", "B", 0}};
  EXPECT_EQ(value(rows, "A", Feature::kRoundAmountShare), 0.4F);
}

TEST(AccountFeatures, JustBelowTheThresholdIsFromNineToTenThousand) {
  const std::vector<TransferRow> rows{{"A", "B", 9000 * kUnit},
                                      {"A", "B", 10'000 * kUnit - 1},
                                      {"A", "B", 10'000 * kUnit},
                                      {"A", "B", 9000 * kUnit - 1}};
  EXPECT_EQ(value(rows, "A", Feature::kJustBelowThresholdShare), 0.5F);
}

TEST(AccountFeatures, PassThroughIsTheMedianTimeToTheNextDeparture) {
  const std::vector<TransferRow> rows{{"P", "A", 1, 0},
                                      {"P", "A", 1, 2 * kMicrosPerHour},
                                      {"A", "Q", 1, 3 * kMicrosPerHour},  // 3 hours and 1 hour
                                      {"A", "Q", 1, 4 * kMicrosPerHour},  // nothing had arrived
                                      {"P", "A", 1, 5 * kMicrosPerHour},
                                      {"A", "Q", 1, 15 * kMicrosPerHour},   // 10 hours
                                      {"P", "A", 1, 20 * kMicrosPerHour}};  // never sent on
  EXPECT_EQ(value(rows, "A", Feature::kPassThroughHours), 3);
}

TEST(AccountFeatures, MoneyThatIsNeverPassedOnWaitsThePeriodOfTheData) {
  const std::vector<TransferRow> rows{{"P", "A", 1, kMicrosPerHour},
                                      {"P", "Q", 1, 25 * kMicrosPerHour}};
  EXPECT_EQ(value(rows, "A", Feature::kPassThroughHours), 24);
  EXPECT_EQ(value(rows, "P", Feature::kPassThroughHours), 24);
}

TEST(AccountFeatures, TiesInTimeFollowTheOrderOfTransferKeys) {
  EXPECT_EQ(value({{"P", "A", 1, 0, "T9"}, {"A", "Q", 1, 0, "T10"}, {"P", "Q", 1, kMicrosPerHour}},
                  "A", Feature::kPassThroughHours),
            0);
  EXPECT_EQ(value({{"P", "A", 1, 0, "T10"}, {"A", "Q", 1, 0, "T9"}, {"P", "Q", 1, kMicrosPerHour}},
                  "A", Feature::kPassThroughHours),
            1);
}

TEST(AccountFeatures, DaysAreCountedInUtc) {
  const std::vector<TransferRow> rows{{"A", "B", 10, kMonday},
                                      {"C", "A", 20, kMonday + kMicrosPerDay - 1},
                                      {"A", "B", 70, kMonday + 2 * kMicrosPerDay}};
  EXPECT_EQ(value(rows, "A", Feature::kActiveDays), 2);
  EXPECT_EQ(value(rows, "A", Feature::kSpanDays), 2);
  EXPECT_EQ(value(rows, "A", Feature::kTransfersPerActiveDay), 1.5F);
  EXPECT_EQ(value(rows, "A", Feature::kBusiestDayShare), 0.7F);
  EXPECT_EQ(value(rows, "C", Feature::kSpanDays), 0);
  EXPECT_EQ(value({{"A", "B", 1, -1}, {"A", "B", 1, 0}}, "A", Feature::kActiveDays), 2);
}

TEST(AccountFeatures, NightIsBeforeSixAndNeverExactMidnight) {
  const std::vector<TransferRow> rows{{"A", "B", 1, kMonday},  // a day without a time
                                      {"A", "B", 1, kMonday + 1},
                                      {"B", "A", 1, kMonday + 6 * kMicrosPerHour - 1},
                                      {"A", "B", 1, kMonday + 6 * kMicrosPerHour}};
  EXPECT_EQ(value(rows, "A", Feature::kNightShare), 0.5F);
}

TEST(AccountFeatures, WeekendIsSaturdayAndSunday) {
  std::vector<TransferRow> rows;
  for (int day = 0; day < 7; ++day) rows.push_back({"A", "B", 1, kMonday + day * kMicrosPerDay});
  EXPECT_EQ(value(rows, "A", Feature::kWeekendShare), 2.0F / 7);
  EXPECT_EQ(value({{"A", "B", 1, kMonday - 1}}, "A", Feature::kWeekendShare), 1);
  EXPECT_EQ(value({{"A", "B", 1, kMonday - 2 * kMicrosPerDay - 1}}, "A", Feature::kWeekendShare),
            0);
  EXPECT_EQ(value({{"A", "B", 1, -5 * kMicrosPerDay}}, "A", Feature::kWeekendShare),
            1);  // 1969-12-27
}

/// Features of the complete set by name.
struct Expected {
  const char* feature;
  double value;
};

void expect_features(const std::vector<TransferRow>& rows, const std::string& account,
                     const std::vector<Expected>& expected) {
  const auto graph = graph_of(rows);
  const auto set = account_feature_set(graph, 2);
  const auto row = set.row(graph.find(account).value());
  for (const Expected& one : expected) {
    const auto definitions = feature_set_definitions();
    const auto found = std::ranges::find(definitions, one.feature, &FeatureDefinition::name);
    ASSERT_NE(found, definitions.end()) << one.feature;
    EXPECT_NEAR(row[static_cast<std::size_t>(found - definitions.begin())], one.value, 1e-9)
        << account << " " << one.feature;
  }
}

TEST(FeatureSet, AmountsAreDescribedByTheirDistribution) {
  const std::vector<TransferRow> rows{{"P", "A", 100}, {"P", "A", 100}, {"Q", "A", 100},
                                      {"P", "A", 900}, {"A", "Q", 900}, {"A", "A", 100}};
  expect_features(rows, "A",
                  {{"smallest_amount_in", 1},
                   {"smallest_amount_out", 9},
                   {"median_amount_in", 1},
                   {"median_amount_out", 9},
                   {"amount_deviation_in", std::sqrt(12.0)},  // 1 1 1 9: mean 3
                   {"amount_skew_in", 48 / std::pow(12.0, 1.5)},
                   {"amount_kurtosis_in", 336.0 / 144 - 3},
                   {"amount_deviation_out", 0},
                   {"amount_skew_out", 0},
                   {"amount_kurtosis_out", 0},
                   {"most_common_amount_share", 0.6}});
  expect_features(rows, "Q", {{"smallest_amount_in", 9}, {"smallest_amount_out", 1}});
}

TEST(FeatureSet, RhythmIsOfTheTimesBetweenTransfers) {
  const std::vector<TransferRow> clock{{"A", "B", 1, 0},
                                       {"B", "A", 1, kMicrosPerDay},
                                       {"A", "B", 1, 2 * kMicrosPerDay},
                                       {"C", "D", 1, 0},
                                       {"C", "D", 1, 0}};
  expect_features(clock, "A",
                  {{"median_gap_hours", 24}, {"longest_gap_days", 1}, {"burstiness", -1}});
  expect_features(clock, "C", {{"median_gap_hours", 0}, {"burstiness", 0}});
  // Gaps of 0, 0, 0 and 8 days: mean 2, deviation sqrt(12).
  expect_features({{"A", "B", 1, 0},
                   {"A", "B", 1, 0},
                   {"A", "B", 1, 0},
                   {"A", "B", 1, 0},
                   {"A", "B", 1, 8 * kMicrosPerDay}},
                  "A",
                  {{"median_gap_hours", 0},
                   {"longest_gap_days", 8},
                   {"burstiness", (std::sqrt(12.0) - 2) / (std::sqrt(12.0) + 2)}});
}

TEST(FeatureSet, WindowsHoldWhatIsLessThanTheirLengthApart) {
  const std::vector<TransferRow> rows{{"P", "A", 100, 0},
                                      {"Q", "A", 200, kMicrosPerDay - 1},
                                      {"P", "A", 400, kMicrosPerDay},
                                      {"R", "A", 800, 7 * kMicrosPerDay},
                                      {"A", "P", 1600, 29 * kMicrosPerDay},
                                      {"A", "Q", 3200, 59 * kMicrosPerDay}};
  expect_features(rows, "A",
                  {{"most_transfers_in_1d", 2},
                   {"most_amount_in_1d", 8},
                   {"most_payers_1d", 2},
                   {"most_transfers_in_7d", 3},
                   {"most_amount_in_7d", 14},  // the last three
                   {"most_payers_7d", 3},
                   {"most_transfers_in_30d", 4},
                   {"most_amount_in_30d", 15},
                   {"most_payers_30d", 3},
                   {"most_transfers_out_1d", 1},
                   {"most_transfers_out_30d", 1},
                   {"most_amount_out_30d", 32},
                   {"most_payees_30d", 1}});
}

TEST(FeatureSet, PassedOnMoneyIsTheOldestThatIsYoungEnough) {
  const std::vector<TransferRow> rows{{"P", "A", 100, 0},
                                      {"P", "A", 300, 12 * kMicrosPerHour},
                                      {"A", "Q", 200, 24 * kMicrosPerHour},  // the first is too old
                                      {"A", "Q", 500, 25 * kMicrosPerHour},  // what is left
                                      {"P", "A", 100, 26 * kMicrosPerHour}};
  expect_features(rows, "A", {{"passed_on_share_1d", 0.6}, {"passed_on_share_7d", 0.8}});
  expect_features(rows, "P", {{"passed_on_share_1d", 0}});
}

TEST(FeatureSet, TransfersOfTheAccountPairUpInsideAWindow) {
  const std::vector<TransferRow> rows{{"P", "A", 1, 0},
                                      {"Q", "A", 1, 1},
                                      {"A", "P", 1, 2},              // after Q's, and back to P
                                      {"A", "R", 1, kMicrosPerDay},  // after Q's: P's is a day old
                                      {"P", "A", 1, 7 * kMicrosPerDay + 1}};  // back within a week
  expect_features(rows, "A", {{"two_paths_1d", 2}, {"back_and_forth_7d", 2}});
  expect_features(rows, "P", {{"two_paths_1d", 0}, {"back_and_forth_7d", 2}});
}

TEST(FeatureSet, GatherScatterIsTheSmallerSideAroundATransferSent) {
  const std::vector<TransferRow> rows{{"P", "A", 1, 0},
                                      {"Q", "A", 1, 1},
                                      {"R", "A", 1, 2},
                                      {"R", "A", 1, 3},
                                      {"A", "X", 1, 4},
                                      {"A", "Y", 1, 4 + 7 * kMicrosPerDay - 1},
                                      {"A", "Z", 1, 4 + 7 * kMicrosPerDay}};
  expect_features(rows, "A", {{"gather_scatter_7d", 2}});
  expect_features(rows, "P", {{"gather_scatter_7d", 0}});
}

/// S pays three, who all pay T; A -> B -> C -> A twice, once in the wrong order.
std::vector<TransferRow> patterns() {
  constexpr graph::MinorUnits kLeg = 500 * kUnit;
  return {{"S", "M1", kLeg, 0},
          {"S", "M2", kLeg, 1},
          {"S", "M3", kLeg, 2},
          {"M1", "T", kLeg, 3},
          {"M2", "T", kLeg, 4},
          {"M3", "T", kLeg, 5},
          {"S", "M4", kLeg - 1, 0},
          {"M4", "T", kLeg, 5},
          {"A", "B", 1, 10},
          {"B", "C", 1, 11},
          {"C", "A", 1, 12},
          {"C", "D", 1, 12},
          {"D", "A", 1, 10 + 7 * kMicrosPerDay - 1},
          {"B", "C", 1, 9}};
}

TEST(FeatureSet, PatternsAreCountedForEachWhoTakesPart) {
  expect_features(patterns(), "S",
                  {{"scatter_gather_source_7d", 1}, {"scatter_gather_sink_7d", 0}});
  expect_features(patterns(), "T",
                  {{"scatter_gather_source_7d", 0}, {"scatter_gather_sink_7d", 1}});
  expect_features(patterns(), "M1", {{"scatter_gather_middle_7d", 1}});
  expect_features(patterns(), "M4", {{"scatter_gather_middle_7d", 0}});
  expect_features(patterns(), "C", {{"cycles_3_7d", 1}, {"cycles_4_7d", 1}});
  expect_features(patterns(), "D", {{"cycles_3_7d", 0}, {"cycles_4_7d", 1}});
}

TEST(FeatureSet, HubsAreInNoPatternAndNamed) {
  PatternLimits limits;
  limits.max_counterparties = 1;
  const auto graph = graph_of(patterns());
  const auto set = account_feature_set(graph, 2, limits);
  EXPECT_FALSE(set.truncated);
  ASSERT_EQ(set.notes.size(), 4);  // A, C, S and T
  EXPECT_NE(set.notes.front().find("A"), std::string::npos) << set.notes.front();
  for (graph::Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(set.row(v)[set.columns - 1 - i], 0);
  }
}

TEST(FeatureSet, ASpentBudgetIsTold) {
  PatternLimits limits;
  limits.max_instances = 1;
  const auto set = account_feature_set(graph_of(patterns()), 2, limits);
  EXPECT_TRUE(set.truncated);
  ASSERT_EQ(set.notes.size(), 2);
  EXPECT_NE(set.notes[0].find("cycles"), std::string::npos) << set.notes[0];
  EXPECT_NE(set.notes[1].find("scatter-gathers"), std::string::npos) << set.notes[1];
}

TEST(FeatureSet, RefusesACurrencyThatHasNoSuchExponent) {
  EXPECT_THROW(account_feature_set(graph_of({}), 10), std::invalid_argument);
  EXPECT_TRUE(account_feature_set(graph_of({}), 0).values.empty());
}

/// The features of all transfers by transfer key.
std::map<std::string, std::vector<float>> transfer_features(const graph::TransferGraph& graph,
                                                            const PatternLimits& limits = {}) {
  std::map<std::string, std::vector<float>> features;
  const std::size_t columns = transfer_feature_definitions().size();
  TransferFeatures(graph, 2, limits)
      .for_each_block([&](graph::Edge first, std::span<const float> values) {
        for (std::size_t row = 0; row < values.size() / columns; ++row) {
          const auto of_row = values.subspan(row * columns, columns);
          features.emplace(graph.transfer_key(first + static_cast<graph::Edge>(row)),
                           std::vector<float>(of_row.begin(), of_row.end()));
        }
      });
  return features;
}

void expect_transfer(const std::vector<TransferRow>& rows, const std::string& key,
                     const std::vector<Expected>& expected) {
  const auto features = transfer_features(graph_of(rows)).at(key);
  for (const Expected& one : expected) {
    const auto definitions = transfer_feature_definitions();
    const auto found = std::ranges::find(definitions, one.feature, &FeatureDefinition::name);
    ASSERT_NE(found, definitions.end()) << one.feature;
    const float value = features[static_cast<std::size_t>(found - definitions.begin())];
    if (std::isnan(one.value)) {
      EXPECT_TRUE(std::isnan(value)) << key << " " << one.feature << " " << value;
    } else {
      EXPECT_NEAR(value, one.value, 1e-5) << key << " " << one.feature;
    }
  }
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(TransferFeatures, SeeOnlyWhatWasBefore) {
  const std::vector<TransferRow> rows{{"P", "A", 400, 0},
                                      {"A", "B", 100, 6 * kMicrosPerHour},
                                      {"C", "B", 900'000, 12 * kMicrosPerHour},
                                      {"B", "A", 10'000, 24 * kMicrosPerHour},
                                      {"A", "B", 300, 30 * kMicrosPerHour},
                                      {"A", "D", 700, 31 * kMicrosPerHour},
                                      {"A", "A", 100, 32 * kMicrosPerHour}};
  expect_transfer(rows, "T1",
                  {{"sender_gap_hours", kNone},
                   {"arrival_gap_hours", kNone},
                   {"receiver_gap_hours", kNone},
                   {"amount_to_sender_mean", kNone},
                   {"amount_to_last_arrival", kNone},
                   {"sender_transfers_1d", 1},
                   {"receiver_payers_7d", 1},
                   {"weekday", 4}});
  expect_transfer(rows, "T5",
                  {{"sender_gap_hours", 24},
                   {"arrival_gap_hours", 6},
                   {"amount_to_last_arrival", 0.03},
                   {"amount_to_sender_mean", 3},
                   {"sender_transfers_1d", 1},  // T2 is a day old
                   {"sender_transfers_7d", 2},
                   {"sender_amount_1d", 3},
                   {"sender_amount_7d", 4},
                   {"sender_payees_7d", 1},
                   {"sender_received_1d", 100},
                   {"sender_received_7d", 104},
                   {"sender_payers_7d", 2},
                   {"earlier_transfers_of_pair", 1},
                   {"returned_7d", 1},
                   {"receiver_gap_hours", 18},
                   {"amount_to_receiver_mean", 3 / 4500.5},
                   {"receiver_transfers_7d", 3},
                   {"receiver_amount_7d", 9004},
                   {"receiver_payers_1d", 2},
                   {"receiver_payers_7d", 2},
                   {"hour_of_day", 6},
                   {"weekday", 5}});
  expect_transfer(rows, "T3", {{"is_just_below_threshold", 1}, {"is_round_amount", 1}});
  expect_transfer(rows, "T6", {{"sender_payees_1d", 2}, {"sender_payees_7d", 2}});
  expect_transfer(rows, "T7",
                  {{"sender_transfers_7d", 0}, {"sender_gap_hours", kNone}, {"hour_of_day", 8}});
}

TEST(TransferFeatures, PatternsBelongToTheTransferThatCompletesThem) {
  expect_transfer(patterns(), "T5", {{"scatter_gather_middles_7d", 0}});
  expect_transfer(patterns(), "T6", {{"scatter_gather_middles_7d", 3}});
  expect_transfer(patterns(), "T10", {{"closes_cycles_3_7d", 0}});
  expect_transfer(patterns(), "T11", {{"closes_cycles_3_7d", 1}, {"closes_cycles_4_7d", 0}});
  expect_transfer(patterns(), "T13", {{"closes_cycles_4_7d", 1}});
}

std::vector<TransferRow> random_rows(unsigned seed, std::size_t accounts, std::size_t transfers) {
  std::mt19937 random(seed);
  std::vector<TransferRow> rows;
  for (std::size_t i = 0; i < transfers; ++i) {
    const graph::MinorUnits kinds[] = {
        static_cast<graph::MinorUnits>(random() % 2'000'000),
        static_cast<graph::MinorUnits>(random() % 20) * 10'000,
        900'000 + static_cast<graph::MinorUnits>(random() % 120'000)};
    const graph::Micros at = (random() % 2 == 0)
                                 ? static_cast<graph::Micros>(random() % 30) * kMicrosPerDay
                                 : static_cast<graph::Micros>(random() % 720) * kMicrosPerHour;
    rows.push_back({"A" + std::to_string(random() % accounts),
                    "A" + std::to_string(random() % accounts), kinds[random() % 3],
                    at - 10 * kMicrosPerDay, "T" + std::to_string(i)});
  }
  return rows;
}

std::vector<oracle::Row> plain_rows(const std::vector<TransferRow>& rows) {
  std::vector<oracle::Row> plain;
  for (const auto& row : rows) {
    plain.push_back({row.source, row.target, row.amount_minor, row.booked_at, row.key});
  }
  return plain;
}

RC_GTEST_PROP(AccountFeaturesProperties, AgreeWithTheirDefinitions, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto rows = random_rows(seed, *rc::gen::inRange<std::size_t>(1, 12),
                                *rc::gen::inRange<std::size_t>(1, 120));
  const auto plain = plain_rows(rows);
  const auto graph = graph_of(rows);
  const auto matrix = account_features(graph, 2);
  const auto set = account_feature_set(graph, 2);
  RC_ASSERT(!set.truncated);
  for (graph::Vertex v = 0; v < graph.num_vertices(); ++v) {
    auto expected = oracle::features_of(std::string(graph.key(v)), plain);
    for (std::size_t column = 0; column < set.columns; ++column) {
      const std::string name(feature_set_definitions()[column].name);
      const double want = expected[name];
      const double got = set.row(v)[column];
      RC_LOG() << graph.key(v) << " " << name << ": " << got << ", expected " << want << "\n";
      RC_ASSERT(std::abs(got - want) <= 1e-6 * std::max(1.0, std::abs(want)));
      if (column < kFeatures) RC_ASSERT(matrix.row(v)[column] == static_cast<float>(got));
    }
    RC_ASSERT(expected.size() == set.columns);  // it tells of no other feature
  }
}

/// NaN is as good as any other value.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(
      a, b, [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

RC_GTEST_PROP(TransferFeaturesProperties, AgreeWithTheirDefinitions, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto rows = random_rows(seed, *rc::gen::inRange<std::size_t>(2, 10),
                                *rc::gen::inRange<std::size_t>(1, 60));
  const auto plain = plain_rows(rows);
  const auto features = transfer_features(graph_of(rows));
  RC_ASSERT(features.size() == rows.size());
  for (const oracle::Row& row : plain) {
    auto expected = oracle::transfer_features_of(row, plain);
    const auto& values = features.at(row.key);
    for (std::size_t column = 0; column < values.size(); ++column) {
      const std::string name(transfer_feature_definitions()[column].name);
      const double want = expected[name];
      RC_LOG() << row.key << " " << name << ": " << values[column] << ", expected " << want << "\n";
      RC_ASSERT((std::isnan(want) && std::isnan(values[column])) ||
                std::abs(values[column] - want) <= 1e-5 * std::max(1.0, std::abs(want)));
    }
  }
}

RC_GTEST_PROP(TransferFeaturesProperties, DoNotChangeWithWhatHappensLater, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  auto rows = random_rows(seed, *rc::gen::inRange<std::size_t>(3, 12), 150);
  const auto features = transfer_features(graph_of(rows));
  const graph::Micros until = static_cast<graph::Micros>(seed % 20) * kMicrosPerDay;
  std::erase_if(rows, [&](const TransferRow& row) { return row.booked_at > until; });
  for (const auto& [key, values] : transfer_features(graph_of(rows))) {
    RC_LOG() << key << "\n";
    RC_ASSERT(same(values, features.at(key)));
  }
}

RC_GTEST_PROP(AccountFeaturesProperties, DoNotDependOnTheOrderOfRows, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  auto rows = random_rows(seed, 20, 200);
  const auto set = account_feature_set(graph_of(rows), 2);
  const auto transfers = transfer_features(graph_of(rows));
  std::shuffle(rows.begin(), rows.end(), std::mt19937(seed));
  RC_ASSERT(account_feature_set(graph_of(rows), 2).values == set.values);
  for (const auto& [key, values] : transfer_features(graph_of(rows))) {
    RC_ASSERT(same(values, transfers.at(key)));
  }
}

TEST(AccountFeatures, AreTheSameForAnyNumberOfThreads) {
  const auto graph = graph_of(random_rows(5, 2000, 20'000));
  const auto with_threads = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return std::pair(account_feature_set(graph, 2).values, transfer_features(graph));
  };
  const auto one = with_threads(1);
  const auto two = with_threads(2);
  EXPECT_EQ(one.first, two.first);
  for (const double feature : one.first) EXPECT_TRUE(std::isfinite(feature));
  for (const auto& [key, values] : one.second) {
    ASSERT_TRUE(same(values, two.second.at(key))) << key;
  }
}

}  // namespace
}  // namespace aml::detect
