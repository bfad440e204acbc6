// SPDX-License-Identifier: Apache-2.0
// What holds for every way of splitting, and what sets each apart.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "detect/isolation_forest.hpp"
#include "detect/row_scorer.hpp"
#include "tests/detect/small_forests.hpp"

namespace aml::detect {
namespace {

using testing_forests::kSplitRules;
using testing_forests::matrix;
using testing_forests::params;
using testing_forests::random_matrix;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// About one value in `one_in` is missing.
FeatureMatrix with_missing(FeatureMatrix data, unsigned one_in, unsigned seed) {
  std::mt19937 generator(seed);
  for (float& value : data.values) {
    if (generator() % one_in == 0) value = kMissing;
  }
  return data;
}

std::set<std::uint16_t> columns_of(const IsolationTree& tree) {
  std::set<std::uint16_t> columns;
  for (std::uint32_t node = 0; node < tree.nodes.size(); ++node) {
    if (!tree.is_leaf(node)) columns.insert(tree.nodes[node].column);
  }
  return columns;
}

class EverySplitRule : public testing::TestWithParam<SplitRule> {};

TEST_P(EverySplitRule, IsTheSameForAnyNumberOfThreads) {
  const auto data = with_missing(random_matrix(5000, 6, 21), 50, 1);
  const auto scores_with = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return IsolationForest::fit(data, params(30, 256, 42, GetParam())).score(data);
  };
  const auto one = scores_with(1);
  EXPECT_EQ(one, scores_with(2));
  EXPECT_EQ(one, scores_with(7));
}

TEST_P(EverySplitRule, ARowAloneGetsTheSameScoreToTheLastBit) {
  const auto training = with_missing(random_matrix(3000, 5, 11), 40, 5);
  auto rows = with_missing(random_matrix(400, 5, 12), 9, 6);
  rows.values[0] = std::numeric_limits<float>::max();
  rows.values[6] = std::numeric_limits<float>::denorm_min();
  rows.values[12] = -0.0F;
  for (const auto& [trees, sample_size] : {std::pair{1, 2}, {9, 64}, {10, 256}, {23, 2048}}) {
    const auto forest = IsolationForest::fit(training, params(trees, sample_size, 42, GetParam()));
    const auto scores = forest.score(rows);
    const RowScorer scorer(forest);
    for (std::size_t row = 0; row < rows.rows; ++row) {
      ASSERT_EQ(scorer.score(rows.row(row)), scores[row]) << trees << " trees, row " << row;
    }
  }
}

TEST_P(EverySplitRule, OrderOfRowsDoesNotMatterWhereAllAreSampled) {
  const auto data = with_missing(random_matrix(200, 4, 3), 20, 2);
  std::vector<std::size_t> order(data.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(8));
  FeatureMatrix shuffled{data.rows, data.columns, {}};
  for (const std::size_t row : order) {
    shuffled.values.insert(shuffled.values.end(), data.row(row).begin(), data.row(row).end());
  }
  const auto fitting = params(20, 256, 5, GetParam());
  const auto scores = IsolationForest::fit(data, fitting).score(data);
  const auto of_shuffled = IsolationForest::fit(shuffled, fitting).score(shuffled);
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(of_shuffled[i], scores[order[i]]) << i;
}

TEST_P(EverySplitRule, ContributionsAddUpToTheDepthOfTenThousandRows) {
  const auto train = with_missing(random_matrix(2000, 5, 1), 30, 3);
  const auto forest = IsolationForest::fit(train, params(20, 256, 7, GetParam()));
  const auto fresh = with_missing(random_matrix(10'000, 5, 2), 30, 4);
  const auto scores = forest.score(fresh);
  double worst = 0;
  for (std::size_t row = 0; row < fresh.rows; ++row) {
    const auto contributions = forest.depth_contributions(fresh.row(row));
    const double depth =
        std::accumulate(contributions.begin(), contributions.end(), forest.mean_depth());
    const double depth_of_score = -std::log2(scores[row]) * average_path_length(256);
    worst = std::max(
        {worst, std::abs(depth - forest.depth(fresh.row(row))), std::abs(depth - depth_of_score)});
  }
  EXPECT_LT(worst, 1e-9);
}

TEST_P(EverySplitRule, WalksSideBySideComeToTheLeavesOfSingleWalks) {
  for (const unsigned one_in : {1'000'000U, 3U}) {
    // 1,003 rows: the last tile is neither full nor a multiple of the walks.
    const auto data = with_missing(random_matrix(1003, 7, 4), one_in, 5);
    const auto forest = IsolationForest::fit(data, params(10, 256, 9, GetParam()));
    const auto scores = forest.score(data);
    for (std::size_t row = 0; row < data.rows; ++row) {
      const double expected = std::exp2(-forest.depth(data.row(row)) / average_path_length(256));
      ASSERT_NEAR(scores[row], expected, 1e-14) << row;
    }
  }
}

TEST_P(EverySplitRule, PlantedOutlierGetsTheTopScore) {
  auto data = random_matrix(2000, 5, 7);
  for (std::size_t column = 0; column < 5; ++column) data.values[1234 * 5 + column] = 900;
  const auto scores = IsolationForest::fit(data, params(100, 256, 1, GetParam())).score(data);
  EXPECT_EQ(std::max_element(scores.begin(), scores.end()) - scores.begin(), 1234);
}

TEST_P(EverySplitRule, EqualRowsStayTogether) {
  const auto data = matrix(2, std::vector<float>(20, 3.0F));
  const auto forest = IsolationForest::fit(data, params(5, 256, 1, GetParam()));
  EXPECT_NEAR(forest.depth(data.row(0)), average_path_length(10), 1e-12);
}

TEST_P(EverySplitRule, SplitsTheWidestAndTheNarrowestRange) {
  const float low = 1.0F;
  const auto rule = GetParam();
  for (const auto& data :
       {matrix(1, {low, std::nextafter(low, 2.0F)}),
        matrix(1, {0, std::numeric_limits<float>::denorm_min()}),
        matrix(1, {std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()})}) {
    const auto forest = IsolationForest::fit(data, params(20, 2, 1, rule));
    EXPECT_EQ(forest.depth(data.row(0)), 1);
    EXPECT_EQ(forest.depth(data.row(1)), 1);
  }
}

TEST_P(EverySplitRule, RowsOfNothingButMissingValuesAreScored) {
  auto data = random_matrix(300, 3, 6);
  std::fill_n(data.values.begin(), 6, kMissing);
  const auto forest = IsolationForest::fit(data, params(50, 256, 1, GetParam()));
  const auto scores = forest.score(data);
  EXPECT_EQ(scores[0], scores[1]);
  // They say nothing, so nothing isolates them.
  EXPECT_LT(scores[0], 0.5);
}

INSTANTIATE_TEST_SUITE_P(, EverySplitRule, testing::ValuesIn(kSplitRules), [](const auto& test) {
  switch (test.param) {
    case SplitRule::kRandom:
      return "Random";
    case SplitRule::kKurtosis:
      return "Kurtosis";
    case SplitRule::kPooledGain:
      return "PooledGain";
    case SplitRule::kOblique:
      return "Oblique";
  }
  return "";
});

TEST(MissingValues, GoWithTheLargerPartOfTheRows) {
  // One split: 1 | 8 8 8, the row without a value beside the three.
  const auto data = matrix(1, {1, 8, 8, 8, kMissing});
  const auto forest = IsolationForest::fit(data, params(1, 5));
  EXPECT_EQ(forest.depth(data.row(0)), 1);
  EXPECT_NEAR(forest.depth(data.row(4)), 1 + average_path_length(4), 1e-12);
  EXPECT_EQ(forest.depth(data.row(4)), forest.depth(data.row(1)));
}

TEST(MissingValues, OfAColumnWithoutAnyOtherAreConstant) {
  auto data = random_matrix(100, 2, 1);
  for (std::size_t row = 0; row < data.rows; ++row) data.values[2 * row + 1] = kMissing;
  const auto forest = IsolationForest::fit(data, params(20, 64));
  for (const auto& tree : forest.trees()) {
    EXPECT_EQ(columns_of(tree), (std::set<std::uint16_t>{0}));
  }
}

TEST(MaxFeatures, EachTreeUsesItsShareOfTheColumns) {
  const auto data = random_matrix(500, 8, 3);
  auto fitting = params(200, 256);
  fitting.max_features = 0.4;  // int(0.4 * 8) = 3
  std::vector<int> used(8);
  const auto forest = IsolationForest::fit(data, fitting);
  for (const auto& tree : forest.trees()) {
    const auto columns = columns_of(tree);
    EXPECT_EQ(columns.size(), 3);
    for (const auto column : columns) ++used[column];
  }
  for (const int trees : used) EXPECT_NEAR(trees, 200 * 3 / 8, 25);
  fitting.max_features = 0.01;  // but never none
  const auto narrow = IsolationForest::fit(data, fitting);
  for (const auto& tree : narrow.trees()) EXPECT_EQ(columns_of(tree).size(), 1);
}

TEST(Bootstrap, ARowThatIsDrawnTwiceCountsOnce) {
  const auto data = random_matrix(256, 3, 3);
  auto fitting = params(200, 256);
  fitting.bootstrap = true;
  const auto forest = IsolationForest::fit(data, fitting);
  double rows = 0;
  for (const auto& tree : forest.trees()) rows += tree.rows.front();
  // 256 draws out of 256 rows hold 1 - (1 - 1/256)^256 of them: 63.3 %.
  EXPECT_NEAR(rows / 200 / 256, 0.633, 0.01);
  EXPECT_EQ(forest.sample_size(), 256);
}

TEST(Kurtosis, DrawsTheColumnWithHeavyTailsMoreOften) {
  auto data = random_matrix(256, 2, 3);
  for (std::size_t row = 0; row < data.rows; ++row) {
    float& value = data.values[2 * row + 1];
    value = row % 64 == 0 ? 1000 + value : value;
  }
  const auto share_of_heavy = [&](SplitRule rule) {
    const auto forest = IsolationForest::fit(data, params(500, 256, 1, rule));
    const auto drawn = std::ranges::count_if(
        forest.trees(), [](const IsolationTree& tree) { return tree.nodes.front().column == 1; });
    return static_cast<double>(drawn) / 500;
  };
  EXPECT_NEAR(share_of_heavy(SplitRule::kRandom), 0.5, 0.07);
  EXPECT_GT(share_of_heavy(SplitRule::kKurtosis), 0.9);
}

TEST(PooledGain, CutsBetweenTheGroups) {
  // Groups 0..3 and 100..103: of all thresholds only that between them leaves two narrow sides.
  const auto data = matrix(1, {0, 1, 2, 3, 100, 101, 102, 103});
  const auto forest = IsolationForest::fit(data, params(10, 8, 1, SplitRule::kPooledGain));
  for (const auto& tree : forest.trees()) EXPECT_EQ(tree.nodes.front().threshold, 51.5F);
}

TEST(PooledGain, ThresholdIsTheBestOfAll) {
  const auto data = random_matrix(60, 1, 12);
  const auto forest = IsolationForest::fit(data, params(1, 60, 1, SplitRule::kPooledGain));
  const auto spread = [&](float threshold) {
    double sum = 0;
    for (const bool right : {false, true}) {
      std::vector<double> side;
      for (const float x : data.values) {
        if ((x > threshold) == right) side.push_back(x);
      }
      const auto n = static_cast<double>(side.size());
      const double mean = std::accumulate(side.begin(), side.end(), 0.0) / n;
      double squares = 0;
      for (const double x : side) squares += (x - mean) * (x - mean);
      sum += side.empty() ? 0 : n * std::sqrt(squares / n);
    }
    return sum;
  };
  const double chosen = spread(forest.trees().front().nodes.front().threshold);
  for (const float x : data.values) EXPECT_GE(spread(x), chosen - 1e-9);
}

TEST(Oblique, FindsWhatNoSingleColumnShows) {
  // Points on a diagonal, and one beside it whose two values are ordinary. Each column alone has
  // equal ranges, so cuts along the axes rarely come between.
  FeatureMatrix data{0, 2, {}};
  for (int i = 0; i < 200; ++i) {
    data.values.insert(data.values.end(), {static_cast<float>(i), static_cast<float>(i)});
  }
  data.values.insert(data.values.end(), {60, 140});
  data.rows = data.values.size() / 2;
  const auto scores =
      IsolationForest::fit(data, params(200, 201, 1, SplitRule::kOblique)).score(data);
  EXPECT_EQ(std::max_element(scores.begin(), scores.end()) - scores.begin(), 200);
}

RC_GTEST_PROP(ObliqueProperties, UnitsOfAColumnDoNotMatter, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto data = random_matrix(100, 3, seed);
  auto scaled = data;
  // A power of two scales every value, point and weight exactly.
  for (std::size_t i = 0; i < scaled.values.size(); i += 3) {
    scaled.values[i] = std::ldexp(scaled.values[i], 20);
  }
  const auto fitting = params(10, 64, seed, SplitRule::kOblique);
  RC_ASSERT(IsolationForest::fit(data, fitting).score(data) ==
            IsolationForest::fit(scaled, fitting).score(scaled));
}

}  // namespace
}  // namespace aml::detect
