// SPDX-License-Identifier: Apache-2.0
// Drift and rankings: figures made by hand, and slower implementations beside them.
#include "detect/drift.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "detect/ranking.hpp"

namespace aml::detect {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::vector<double> normal_values(std::size_t count, double mean, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  std::vector<double> values(count);
  std::ranges::generate(values, [&] { return normal(random); });
  return values;
}

Baseline baseline_of(const std::vector<double>& values) {
  return detect::baseline_of("x", values);
}

TEST(Baseline, DistinctValuesMakeTenEqualBins) {
  std::vector<double> values(100);
  std::iota(values.begin(), values.end(), 1);
  const Baseline baseline = baseline_of(values);
  EXPECT_EQ(baseline.edges, (std::vector<double>{10, 20, 30, 40, 50, 60, 70, 80, 90}));
  EXPECT_EQ(baseline.rows, std::vector<std::int64_t>(10, 10));
  EXPECT_EQ(baseline.missing, 0);
}

TEST(Baseline, AValueOfManyRowsIsABinOfItsOwn) {
  std::vector<double> values(60, 0.0);
  for (int i = 1; i <= 40; ++i) values.push_back(i);
  const Baseline baseline = baseline_of(values);
  ASSERT_EQ(baseline.edges.size(), 5u);
  EXPECT_LT(baseline.edges[0], 0);
  EXPECT_GT(baseline.edges[0], -1e-300);
  EXPECT_EQ(std::vector<double>(baseline.edges.begin() + 1, baseline.edges.end()),
            (std::vector<double>{0, 10, 20, 30}));
  EXPECT_EQ(baseline.rows, (std::vector<std::int64_t>{0, 60, 10, 10, 10, 10}));
}

TEST(Baseline, MissingValuesAreCountedApart) {
  const Baseline baseline = baseline_of({kMissing, 1, kMissing, 2});
  EXPECT_EQ(baseline.missing, 2);
  EXPECT_EQ(std::accumulate(baseline.rows.begin(), baseline.rows.end(), std::int64_t{0}), 2);
  EXPECT_EQ(baseline_of({kMissing}).rows, std::vector<std::int64_t>{0});
}

TEST(Drift, OfTheTrainingRowsThemselvesIsNone) {
  const auto values = normal_values(1000, 0, 1);
  const Drift drift = drift_from(baseline_of(values), values);
  EXPECT_EQ(drift.rows, 1000);
  EXPECT_EQ(drift.psi, 0);
  EXPECT_EQ(drift.ks, 0);
  EXPECT_EQ(drift.ks_p, 1);
  EXPECT_EQ(drift.level, "none");
}

TEST(Drift, TwoBinsByHand) {
  // Half of the rows were at or below 0; now nine of ten are.
  const Baseline baseline{.measure = "x", .edges = {0}, .rows = {50, 50}};
  std::vector<double> now(90, -1.0);
  now.insert(now.end(), 10, 1.0);
  const Drift drift = drift_from(baseline, now);
  EXPECT_NEAR(drift.psi, 0.4 * std::log(0.9 / 0.5) + -0.4 * std::log(0.1 / 0.5), 1e-12);
  EXPECT_NEAR(drift.ks, 0.4, 1e-12);
  EXPECT_EQ(drift.level, "act");
}

TEST(Drift, AnEmptyBinCountsAsATenThousandth) {
  const Baseline baseline{.measure = "x", .edges = {0}, .rows = {100, 0}};
  const Drift drift = drift_from(baseline, std::vector<double>(100, 1.0));
  EXPECT_NEAR(drift.psi, 2 * (1 - 1e-4) * std::log(1e4), 1e-9);
  EXPECT_EQ(drift.ks, 1);
  EXPECT_LT(drift.ks_p, 1e-12);
}

TEST(Drift, AFeatureThatWasConstantCannotMoveUnseenToEitherSide) {
  const Baseline baseline = baseline_of(std::vector<double>(50, 3.0));
  for (const double moved : {2.9, 3.1}) {
    EXPECT_EQ(drift_from(baseline, std::vector<double>(50, moved)).level, "act") << moved;
  }
}

TEST(Drift, ValuesThatAreMissingNowAreDrift) {
  const auto values = normal_values(1000, 0, 2);
  auto gone = values;
  std::fill_n(gone.begin(), 400, kMissing);
  const Drift drift = drift_from(baseline_of(values), gone);
  EXPECT_EQ(drift.level, "act");
  EXPECT_LT(drift.ks, 0.1) << "those that are there are spread as before";
  EXPECT_EQ(drift_from(baseline_of(values), std::vector<double>(5, kMissing)).ks, 0);
}

TEST(Drift, WithoutRowsNothingHasMoved) {
  const Drift drift = drift_from(baseline_of({1, 2, 3}), {});
  EXPECT_EQ(drift.rows, 0);
  EXPECT_EQ(drift.psi, 0);
  EXPECT_EQ(drift.level, "none");
}

TEST(Drift, LevelsBeginWhereCustomSetsThem) {
  // Shares .5 and .5 that become .5 + d and .5 - d.
  const auto level_at = [](int moved) {
    const Baseline baseline{.measure = "x", .edges = {0}, .rows = {500, 500}};
    std::vector<double> now(static_cast<std::size_t>(500 + moved), 0.0);
    now.resize(1000, 1.0);
    const Drift drift = drift_from(baseline, now);
    EXPECT_EQ(drift.level, drift.psi < 0.1 ? "none" : drift.psi <= 0.25 ? "moderate" : "act");
    return drift.level;
  };
  EXPECT_EQ(level_at(150), "none");
  EXPECT_EQ(level_at(160), "moderate");
  EXPECT_EQ(level_at(239), "moderate");
  EXPECT_EQ(level_at(240), "act");
}

/// Straight from the definition: each bin's rows are searched for one by one.
double psi_by_search(const Baseline& baseline, const std::vector<double>& then,
                     const std::vector<double>& now) {
  const auto share = [&](const std::vector<double>& values, std::size_t bin) {
    const double low =
        bin == 0 ? -std::numeric_limits<double>::infinity() : baseline.edges[bin - 1];
    const double high = bin == baseline.edges.size() ? std::numeric_limits<double>::infinity()
                                                     : baseline.edges[bin];
    const auto inside =
        std::ranges::count_if(values, [&](double v) { return v > low && v <= high; });
    return std::max(static_cast<double>(inside) / static_cast<double>(values.size()), 1e-4);
  };
  double sum = 0;
  for (std::size_t bin = 0; bin <= baseline.edges.size(); ++bin) {
    const double e = share(then, bin);
    const double a = share(now, bin);
    sum += (a - e) * std::log(a / e);
  }
  return sum;
}

/// Over all values, not only at the edges.
double ks_of_values(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (const auto* values : {&a, &b}) {
    for (const double at : *values) {
      const auto share = [&](const std::vector<double>& of) {
        return static_cast<double>(std::ranges::count_if(of, [&](double v) { return v <= at; })) /
               static_cast<double>(of.size());
      };
      largest = std::max(largest, std::abs(share(a) - share(b)));
    }
  }
  return largest;
}

TEST(Drift, AgreesWithADefinitionReckonedRowByRow) {
  for (const double mean : {0.0, 0.1, 0.5, 2.0}) {
    auto then = normal_values(600, 0, 3);
    auto now = normal_values(400, mean, 4);
    for (auto* values : {&then, &now}) {
      for (std::size_t i = 0; i < values->size(); i += 3) (*values)[i] = 0;  // ties
    }
    const Baseline baseline = baseline_of(then);
    const Drift drift = drift_from(baseline, now);
    EXPECT_NEAR(drift.psi, psi_by_search(baseline, then, now), 1e-12) << mean;
    const double exact = ks_of_values(then, now);
    std::int64_t largest_bin = 0;
    for (const auto rows : baseline.rows) largest_bin = std::max(largest_bin, rows);
    EXPECT_LE(drift.ks, exact + 1e-12) << mean;
    EXPECT_GE(drift.ks, exact - static_cast<double>(largest_bin) / 600) << mean;
  }
}

TEST(Drift, ChanceIsThatOfTheKolmogorovDistribution) {
  // Two bins of 5,000 rows each, moved so that sqrt(nm/(n+m)) * ks is near the quantiles 1.2238 (10 %),
  // 1.3581 (5 %) and 1.6276 (1 %) of Kolmogorov's distribution.
  const Baseline baseline{.measure = "x", .edges = {0}, .rows = {5000, 5000}};
  for (const auto& [lambda, chance] : {std::pair{1.2238, 0.10}, {1.3581, 0.05}, {1.6276, 0.01}}) {
    const double ks = lambda / (std::sqrt(5000.0) + 0.12 + 0.11 / std::sqrt(5000.0));
    std::vector<double> now(static_cast<std::size_t>(std::llround(5000 + ks * 10000)), 0.0);
    now.resize(10000, 1.0);
    EXPECT_NEAR(drift_from(baseline, now).ks_p, chance, chance / 50);
  }
}

TEST(Drift, BaselinesStandForTheScoreAndEachColumn) {
  const FeatureMatrix matrix{3, 2, {1, 10, 2, 20, 3, 30}};
  const auto baselines = baselines_of(matrix, {"a", "b"}, {0.1, 0.2, 0.3});
  ASSERT_EQ(baselines.size(), 3u);
  EXPECT_EQ(baselines[0].measure, "anomaly_score");
  EXPECT_EQ(baselines[2].measure, "b");
  EXPECT_EQ(baselines[2].edges, detect::baseline_of("b", {10, 20, 30}).edges);
  const auto drifts = drifts_from(baselines, matrix, {0.1, 0.2, 0.9});
  EXPECT_EQ(drifts[1].psi, 0);
  EXPECT_GT(drifts[0].rows, 0);
}

std::vector<bool> marked(std::initializer_list<int> marks) {
  std::vector<bool> is_anomaly;
  for (const int mark : marks) is_anomaly.push_back(mark != 0);
  return is_anomaly;
}

TEST(Ranking, ByHand) {
  // Falling: 0.9 yes, 0.8 no, 0.7 yes, 0.1 no. Precision 1 at the first, 2/3 at the second anomaly.
  const std::vector<double> scores{0.1, 0.9, 0.7, 0.8};
  const auto is_anomaly = marked({0, 1, 1, 0});
  EXPECT_DOUBLE_EQ(average_precision(scores, is_anomaly).value(), (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(roc_auc(scores, is_anomaly).value(), 0.75);
}

TEST(Ranking, RowsOfOneScoreAreTakenTogether) {
  const std::vector<double> scores{0.5, 0.5, 0.5, 0.5};
  EXPECT_DOUBLE_EQ(roc_auc(scores, marked({1, 0, 0, 0})).value(), 0.5);
  EXPECT_DOUBLE_EQ(average_precision(scores, marked({1, 0, 0, 0})).value(), 0.25);
}

TEST(Ranking, OfOneKindNothingCanBeSaid) {
  EXPECT_FALSE(roc_auc({0.1, 0.2}, marked({0, 0})));
  EXPECT_FALSE(roc_auc({0.1, 0.2}, marked({1, 1})));
  EXPECT_FALSE(average_precision({0.1, 0.2}, marked({0, 0})));
  EXPECT_FALSE(rank_correlation({1, 1}, {1, 2}));
}

TEST(Ranking, AreaIsTheShareOfPairsInTheRightOrder) {
  std::mt19937 random(5);
  std::vector<double> scores;
  std::vector<bool> is_anomaly;
  for (int i = 0; i < 120; ++i) {
    scores.push_back(static_cast<double>(random() % 20));
    is_anomaly.push_back(random() % 4 == 0);
  }
  double won = 0;
  double pairs = 0;
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      if (!is_anomaly[a] || is_anomaly[b]) continue;
      ++pairs;
      won += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(roc_auc(scores, is_anomaly).value(), won / pairs, 1e-12);
}

TEST(Ranking, CorrelationSeesOrderOnly) {
  const std::vector<double> a{1, 2, 3, 4, 5};
  EXPECT_DOUBLE_EQ(rank_correlation(a, {1, 4, 9, 16, 25}).value(), 1);
  EXPECT_DOUBLE_EQ(rank_correlation(a, {5, 4, 3, 2, 1}).value(), -1);
  // 1 - 6 * sum d^2 / (n (n^2 - 1)) without ties: d = 1, -1, 0, 1, -1.
  EXPECT_DOUBLE_EQ(rank_correlation(a, {2, 1, 3, 5, 4}).value(), 1 - 6.0 * 4 / (5 * 24));
  // With a tie: ranks of b from below 1, 2.5, 2.5, 4; Pearson's correlation with 1, 2, 3, 4.
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4}, {1, 2, 2, 3}).value(), 4.5 / std::sqrt(5 * 4.5),
              1e-12);
}

}  // namespace
}  // namespace aml::detect
