// SPDX-License-Identifier: Apache-2.0
#include "detect/features.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <random>
#include <set>

#include "tests/detect/transfer_rows.hpp"
#include "tests/oracle/account_features_oracle.hpp"

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
  const auto definitions = feature_definitions();
  ASSERT_EQ(definitions.size(), kFeatures);
  std::set<std::string_view> names;
  for (const auto& definition : definitions) {
    EXPECT_TRUE(names.insert(definition.name).second) << definition.name;
    EXPECT_FALSE(definition.unit.empty());
    EXPECT_TRUE(definition.description.ends_with('.')) << definition.description;
    EXPECT_NE(definition.phrase.find("{}"), std::string_view::npos) << definition.phrase;
  }
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

RC_GTEST_PROP(AccountFeaturesProperties, AgreeWithTheirDefinitions, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto rows = random_rows(seed, *rc::gen::inRange<std::size_t>(1, 12),
                                *rc::gen::inRange<std::size_t>(1, 120));
  std::vector<oracle::Row> plain;
  for (const auto& row : rows) {
    plain.push_back({row.source, row.target, row.amount_minor, row.booked_at, row.key});
  }
  const auto graph = graph_of(rows);
  const auto matrix = account_features(graph, 2);
  for (graph::Vertex v = 0; v < graph.num_vertices(); ++v) {
    auto expected = oracle::features_of(std::string(graph.key(v)), plain);
    for (std::size_t column = 0; column < matrix.columns; ++column) {
      const std::string name(feature_definitions()[column].name);
      const double want = expected[name];
      RC_LOG() << graph.key(v) << " " << name << ": " << matrix.row(v)[column] << ", expected "
               << want << "\n";
      RC_ASSERT(std::abs(matrix.row(v)[column] - want) <= 1e-5 * std::max(1.0, std::abs(want)));
    }
  }
}

RC_GTEST_PROP(AccountFeaturesProperties, DoNotDependOnTheOrderOfRows, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  auto rows = random_rows(seed, 20, 200);
  const auto matrix = account_features(graph_of(rows), 2);
  std::shuffle(rows.begin(), rows.end(), std::mt19937(seed));
  RC_ASSERT(account_features(graph_of(rows), 2).values == matrix.values);
}

TEST(AccountFeatures, AreTheSameForAnyNumberOfThreads) {
  const auto graph = graph_of(random_rows(5, 2000, 20'000));
  const auto with_threads = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return account_features(graph, 2).values;
  };
  const auto one = with_threads(1);
  EXPECT_EQ(one, with_threads(2));
  for (const float feature : one) EXPECT_TRUE(std::isfinite(feature));
}

}  // namespace
}  // namespace aml::detect
