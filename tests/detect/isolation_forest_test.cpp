// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_forest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>

#include "detect/ranking.hpp"
#include "tests/detect/labelled_set.hpp"
#include "tests/detect/small_forests.hpp"

namespace aml::detect {
namespace {

using testing_forests::matrix;
using testing_forests::params;
using testing_forests::random_matrix;

TEST(AveragePathLength, HasTheSpecialCasesOfSmallSamples) {
  EXPECT_EQ(average_path_length(0), 0);
  EXPECT_EQ(average_path_length(1), 0);
  EXPECT_EQ(average_path_length(2), 1);
}

TEST(AveragePathLength, UsesTheLogarithmApproximationFromThree) {
  EXPECT_NEAR(average_path_length(3), 1.2073923577, 1e-9);
  EXPECT_NEAR(average_path_length(256), 10.2447709201, 1e-9);
}

TEST(IsolationForestParams, RefusesValuesOutOfRange) {
  EXPECT_THROW(validate(params(0, 256)), std::invalid_argument);
  EXPECT_THROW(validate(params(10'001, 256)), std::invalid_argument);
  EXPECT_THROW(validate(params(100, 1)), std::invalid_argument);
  EXPECT_THROW(validate(params(100, 65'537)), std::invalid_argument);
  EXPECT_NO_THROW(validate(params(1, 2)));
  const auto with_share = [](double share) {
    IsolationForestParams changed;
    changed.max_features = share;
    return changed;
  };
  EXPECT_THROW(validate(with_share(0)), std::invalid_argument);
  EXPECT_THROW(validate(with_share(1.01)), std::invalid_argument);
  EXPECT_THROW(validate(with_share(std::nan(""))), std::invalid_argument);
}

TEST(IsolationForest, RefusesDataItCannotSplit) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THROW(IsolationForest::fit(matrix(1, {1, infinity, 2}), {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(matrix(1, {1}), {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(FeatureMatrix{2, 0, {}}, {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(FeatureMatrix{2, 2, {1, 2, 3}}, {}), std::invalid_argument);
}

TEST(IsolationForest, RefusesRowsUnlikeThoseItWasFittedOn) {
  const auto forest = IsolationForest::fit(random_matrix(20, 3, 1), params(5, 8));
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THROW(forest.score(matrix(2, {1, 2})), std::invalid_argument);
  EXPECT_THROW(forest.score(matrix(3, {1, 2, -infinity})), std::invalid_argument);
  EXPECT_THROW(forest.depth(std::vector<float>{1, 2}), std::invalid_argument);
  EXPECT_THROW(forest.depth_contributions(std::vector<float>{1, 2, 3, 4}), std::invalid_argument);
}

TEST(AveragePathLength, IsScikitLearns) {
  // sklearn.ensemble._iforest._average_path_length, version 1.9.1
  const std::pair<double, double> values[] = {{3, 1.207392357589623},
                                              {4, 1.8516559071392855},
                                              {10, 3.748880484475505},
                                              {256, 10.244770920119917},
                                              {65536, 21.335141107488486}};
  for (const auto& [n, expected] : values) {
    EXPECT_DOUBLE_EQ(average_path_length(n), expected) << n;
  }
}

TEST(IsolationForest, ScoresOfScikitLearnsTreesAreScikitLearns) {
  const auto forest = testing_forests::scikit_learn_forest();
  const auto scores = forest.score(testing_forests::scikit_learn_rows());
  const auto expected = testing_forests::scikit_learn_scores();
  ASSERT_EQ(scores.size(), expected.size());
  for (std::size_t row = 0; row < scores.size(); ++row) {
    EXPECT_NEAR(scores[row], expected[row], 1e-15) << "row " << row;
  }
}

TEST(IsolationForest, ScoresColumnsWhereTheyLie) {
  const auto data = random_matrix(777, 5, 9);
  std::vector<std::vector<float>> columns(5);
  for (std::size_t row = 0; row < data.rows; ++row) {
    for (std::size_t column = 0; column < 5; ++column) {
      columns[column].push_back(data.row(row)[column]);
    }
  }
  const FeatureView view{std::span<const std::vector<float>>(columns)};
  const auto forest = IsolationForest::fit(view, params(20, 64));
  EXPECT_EQ(forest.score(view), IsolationForest::fit(data, params(20, 64)).score(data));
  columns.back().pop_back();
  EXPECT_THROW(FeatureView{std::span<const std::vector<float>>(columns)}, std::invalid_argument);
}

TEST(IsolationForest, TwoRowsAreIsolatedByOneSplit) {
  const auto data = matrix(2, {0, 5, 1, 5});
  const auto forest = IsolationForest::fit(data, {});
  EXPECT_EQ(forest.sample_size(), 2);
  EXPECT_EQ(forest.depth(data.row(0)), 1);
  EXPECT_EQ(forest.depth(data.row(1)), 1);
  EXPECT_EQ(forest.score(data), (std::vector<double>{0.5, 0.5}));
}

// Three points on a line, every row sampled: the first threshold falls between two neighbours in
// proportion to their distance, so the expected depths are known.
TEST(IsolationForest, DepthsOfThreePointsAreTheExpectedOnes) {
  const auto data = matrix(1, {0, 1, 10});
  const auto forest = IsolationForest::fit(data, params(10'000, 3));
  EXPECT_NEAR(forest.depth(data.row(0)), 0.1 * 1 + 0.9 * 2, 0.02);
  EXPECT_EQ(forest.depth(data.row(1)), 2);
  EXPECT_NEAR(forest.depth(data.row(2)), 0.9 * 1 + 0.1 * 2, 0.02);
}

TEST(IsolationForest, ConstantColumnsAreNeverChosen) {
  // Nine constant columns beside the three points: without the retry nine of ten trees would be a
  // single leaf.
  FeatureMatrix data{3, 10, std::vector<float>(30, 7.0F)};
  data.values[4] = 0;
  data.values[14] = 1;
  data.values[24] = 10;
  const auto forest = IsolationForest::fit(data, params(10'000, 3));
  EXPECT_NEAR(forest.depth(data.row(2)), 1.1, 0.02);
  const auto contributions = forest.depth_contributions(data.row(2));
  for (std::size_t column = 0; column < data.columns; ++column) {
    EXPECT_EQ(contributions[column] != 0, column == 4) << "column " << column;
  }
}

TEST(IsolationForest, EachVaryingColumnIsChosenEquallyOften) {
  // The outlier sits in both columns; the far point is isolated in the first split of 0.9 of the
  // trees on either.
  const auto data = matrix(3, {0, 3, 0, 1, 3, 1, 10, 3, 10});
  const auto forest = IsolationForest::fit(data, params(10'000, 3));
  const auto contributions = forest.depth_contributions(data.row(2));
  EXPECT_EQ(contributions[1], 0);
  EXPECT_NEAR(contributions[0], contributions[2], 0.03);
  EXPECT_LT(contributions[0], -0.2);
}

TEST(IsolationForest, EqualRowsGetEqualScoresAndOneLeaf) {
  const auto data = matrix(2, std::vector<float>(20, 3.0F));
  const auto forest = IsolationForest::fit(data, {});
  EXPECT_NEAR(forest.depth(data.row(0)), average_path_length(10), 1e-12);
  for (const double score : forest.score(data)) EXPECT_NEAR(score, 0.5, 1e-12);
}

TEST(IsolationForest, DuplicateRowsStayTogetherBesideAnOutlier) {
  auto values = std::vector<float>(100, 1.0F);
  values.push_back(2.0F);
  const auto data = matrix(1, std::move(values));
  const auto forest = IsolationForest::fit(data, params(50, 101));
  const auto scores = forest.score(data);
  EXPECT_EQ(forest.depth(data.row(100)), 1);
  EXPECT_NEAR(forest.depth(data.row(0)), 1 + average_path_length(100), 1e-12);
  EXPECT_EQ(std::max_element(scores.begin(), scores.end()) - scores.begin(), 100);
}

TEST(IsolationForest, NeighbouringFloatsCanBeSplit) {
  const float low = 1.0F;
  const auto data = matrix(1, {low, std::nextafter(low, 2.0F)});
  const auto forest = IsolationForest::fit(data, {});
  EXPECT_EQ(forest.depth(data.row(0)), 1);
  EXPECT_EQ(forest.depth(data.row(1)), 1);
}

TEST(IsolationForest, WidestRangeOfFloatsDoesNotOverflow) {
  const auto data =
      matrix(1, {std::numeric_limits<float>::lowest(), 0.0F, std::numeric_limits<float>::max()});
  const auto forest = IsolationForest::fit(data, params(10'000, 3));
  EXPECT_NEAR(forest.depth(data.row(0)), 1.5, 0.03);
  EXPECT_EQ(forest.depth(data.row(1)), 2);
}

TEST(IsolationForest, PlantedOutlierGetsTheTopScore) {
  auto data = random_matrix(2000, 5, 7);
  for (std::size_t column = 0; column < 5; ++column) data.values[1234 * 5 + column] = 500.0F;
  const auto scores = IsolationForest::fit(data, {}).score(data);
  EXPECT_EQ(std::max_element(scores.begin(), scores.end()) - scores.begin(), 1234);
  EXPECT_GT(scores[1234], 0.65);
}

TEST(IsolationForest, ScoreIsTheMeanDepthOnTheScaleOfTheSample) {
  const auto data = random_matrix(300, 4, 3);
  const auto forest = IsolationForest::fit(data, params(50, 64));
  const auto scores = forest.score(data);
  for (std::size_t row = 0; row < data.rows; ++row) {
    EXPECT_NEAR(scores[row], std::exp2(-forest.depth(data.row(row)) / average_path_length(64)),
                1e-12);
  }
}

TEST(IsolationForest, PathsEndAtTheDepthLimit) {
  const auto data = random_matrix(1000, 3, 5);
  const auto forest = IsolationForest::fit(data, params(1, 8));
  // With eight sampled rows no path is longer than three splits; a leaf adds at most c(8 - 3).
  for (std::size_t row = 0; row < data.rows; ++row) {
    EXPECT_LE(forest.depth(data.row(row)), 3 + average_path_length(5));
  }
}

TEST(IsolationForest, MeanDepthIsTheMeanOverTheTrainingRows) {
  const auto data = random_matrix(64, 4, 11);
  const auto forest = IsolationForest::fit(data, params(30, 64));  // every row is in every sample
  double sum = 0;
  for (std::size_t row = 0; row < data.rows; ++row) sum += forest.depth(data.row(row));
  EXPECT_NEAR(forest.mean_depth(), sum / 64, 1e-9);
}

RC_GTEST_PROP(IsolationForestProperties, UnitsOfAColumnDoNotMatter, ()) {
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto data = random_matrix(100, 3, seed);
  auto tiny = data;
  // A power of two scales every float and every threshold exactly.
  for (float& value : tiny.values) value = std::ldexp(value, -60);
  RC_ASSERT(IsolationForest::fit(data, params(10, 64, seed)).score(data) ==
            IsolationForest::fit(tiny, params(10, 64, seed)).score(tiny));
}

TEST(IsolationForest, SeedDecidesTheForest) {
  const auto data = random_matrix(500, 4, 2);
  EXPECT_EQ(IsolationForest::fit(data, params(10, 64, 1)).score(data),
            IsolationForest::fit(data, params(10, 64, 1)).score(data));
  EXPECT_NE(IsolationForest::fit(data, params(10, 64, 1)).score(data),
            IsolationForest::fit(data, params(10, 64, 2)).score(data));
}

// ---- against scikit-learn's figures on labelled sets
// -----------------------------------------------------------------

struct ReferenceAuc {
  const char* file;
  double mean;  ///< scikit-learn 1.2.1 with its defaults over 10 seeds
  double min;
  double max;
};

constexpr int kSeeds = 10;

class IsolationForestOnLabelledData : public testing::TestWithParam<ReferenceAuc> {};

TEST_P(IsolationForestOnLabelledData, RocAucIsScikitLearns) {
  const ReferenceAuc reference = GetParam();
  const auto set = read_labelled_set(reference.file);
  if (!set) GTEST_SKIP() << "SKIPPED: " << reference.file << kMissingSet;
  double sum = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto forest =
        IsolationForest::fit(set->data, params(100, 256, static_cast<std::uint64_t>(seed)));
    const double auc = roc_auc(forest.score(set->data), set->is_anomaly).value();
    EXPECT_GE(auc, reference.min - 0.02) << "seed " << seed;
    EXPECT_LE(auc, reference.max + 0.02) << "seed " << seed;
    sum += auc;
  }
  EXPECT_NEAR(sum / kSeeds, reference.mean, 0.02);
  RecordProperty("roc_auc_mean", std::to_string(sum / kSeeds));
  std::printf("%s: mean ROC-AUC %.4f over %d seeds (scikit-learn %.4f)\n", reference.file,
              sum / kSeeds, kSeeds, reference.mean);
}

// Columns with heavy tails are what tells the anomalies of these two sets; docs/forest.md has the
// other sets, where guidance does harm.
TEST(IsolationForestSplitRules, PooledGainFindsWhatRandomSplitsMiss) {
  const std::pair<const char*, double> cases[] = {{"2_annthyroid.csv.gz", 0.97},
                                                  {"38_thyroid.csv.gz", 0.98}};
  for (const auto& [file, least] : cases) {
    const auto set = read_labelled_set(file);
    if (!set) GTEST_SKIP() << "SKIPPED: " << file << kMissingSet;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const auto guided = params(100, 256, seed, SplitRule::kPooledGain);
      const auto forest = IsolationForest::fit(set->data, guided);
      EXPECT_GE(roc_auc(forest.score(set->data), set->is_anomaly).value(), least) << file;
    }
  }
}

TEST(IsolationForestSplitRules, ObliqueSplitsHelpOnIonosphere) {
  const auto set = read_labelled_set("18_Ionosphere.csv.gz");
  if (!set) GTEST_SKIP() << "SKIPPED: 18_Ionosphere.csv.gz" << kMissingSet;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto forest =
        IsolationForest::fit(set->data, params(100, 256, seed, SplitRule::kOblique));
    EXPECT_GE(roc_auc(forest.score(set->data), set->is_anomaly).value(), 0.88);
  }
}

// The minimum and maximum of thyroid were not recorded; every seed is held to its mean. Ten seeds
// say little about cardio: over sixty, scikit-learn's mean is 0.926 (standard deviation 0.011) and
// over a hundred ours is 0.924 (0.012).
INSTANTIATE_TEST_SUITE_P(
    Adbench, IsolationForestOnLabelledData,
    testing::Values(ReferenceAuc{"32_shuttle.csv.gz", 0.9970, 0.9962, 0.9975},
                    ReferenceAuc{"23_mammography.csv.gz", 0.8615, 0.8492, 0.8751},
                    ReferenceAuc{"2_annthyroid.csv.gz", 0.8184, 0.7945, 0.8491},
                    ReferenceAuc{"18_Ionosphere.csv.gz", 0.8461, 0.8370, 0.8571},
                    ReferenceAuc{"6_cardio.csv.gz", 0.9329, 0.9090, 0.9447},
                    ReferenceAuc{"38_thyroid.csv.gz", 0.9781, 0.9781, 0.9781}),
    [](const auto& test) {
      const std::string name = std::filesystem::path(test.param.file).stem().stem().string();
      return name.substr(name.find('_') + 1);
    });

}  // namespace
}  // namespace aml::detect
