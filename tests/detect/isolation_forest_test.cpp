// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_forest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tbb/global_control.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>
#include <random>
#include <string>

namespace aml::detect {
namespace {

FeatureMatrix matrix(std::size_t columns, std::vector<float> values) {
  return {values.size() / columns, columns, std::move(values)};
}

FeatureMatrix random_matrix(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 generator(seed);
  FeatureMatrix data{rows, columns, std::vector<float>(rows * columns)};
  for (float& value : data.values) value = static_cast<float>(generator() % 10'000) / 100.0F;
  return data;
}

IsolationForestParams params(int trees, int sample_size, std::uint64_t seed = 42) {
  return {trees, sample_size, seed};
}

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
}

TEST(IsolationForest, RefusesDataItCannotSplit) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THROW(IsolationForest::fit(matrix(1, {1, nan, 2}), {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(matrix(1, {1, infinity, 2}), {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(matrix(1, {1}), {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(FeatureMatrix{2, 0, {}}, {}), std::invalid_argument);
  EXPECT_THROW(IsolationForest::fit(FeatureMatrix{2, 2, {1, 2, 3}}, {}), std::invalid_argument);
}

TEST(IsolationForest, RefusesRowsUnlikeThoseItWasFittedOn) {
  const auto forest = IsolationForest::fit(random_matrix(20, 3, 1), params(5, 8));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(forest.score(matrix(2, {1, 2})), std::invalid_argument);
  EXPECT_THROW(forest.score(matrix(3, {1, 2, nan})), std::invalid_argument);
  EXPECT_THROW(forest.depth(std::vector<float>{1, 2}), std::invalid_argument);
  EXPECT_THROW(forest.depth_contributions(std::vector<float>{1, 2, 3, 4}), std::invalid_argument);
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

RC_GTEST_PROP(IsolationForestProperties, ContributionsAddUpToTheDepth, ()) {
  const auto rows = *rc::gen::inRange<std::size_t>(2, 200);
  const auto columns = *rc::gen::inRange<std::size_t>(1, 8);
  const auto seed = *rc::gen::inRange(0U, 1'000'000U);
  const auto data = random_matrix(rows, columns, seed);
  const auto forest = IsolationForest::fit(data, params(20, 32, seed));
  const auto fresh = random_matrix(20, columns, seed + 1);
  for (const auto* rows_of : {&data, &fresh}) {
    for (std::size_t row = 0; row < rows_of->rows; ++row) {
      const auto contributions = forest.depth_contributions(rows_of->row(row));
      const double sum = std::accumulate(contributions.begin(), contributions.end(), 0.0);
      RC_ASSERT(std::abs(forest.mean_depth() + sum - forest.depth(rows_of->row(row))) < 1e-9);
    }
  }
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

TEST(IsolationForest, IsTheSameForAnyNumberOfThreads) {
  const auto data = random_matrix(5000, 6, 21);
  const auto scores_with = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return IsolationForest::fit(data, {}).score(data);
  };
  const auto one = scores_with(1);
  EXPECT_EQ(one, scores_with(2));
  EXPECT_EQ(one, scores_with(7));
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

struct LabelledSet {
  FeatureMatrix data;
  std::vector<bool> is_anomaly;
};

std::string read_gzip(const std::filesystem::path& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path.string());
  std::string text;
  char buffer[1 << 16];
  for (int got; (got = gzread(file, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  gzclose(file);
  return text;
}

/// Columns f0..fN,label with a header line.
LabelledSet read_labelled_set(const std::filesystem::path& path) {
  const std::string text = read_gzip(path);
  const auto header_end = text.find('\n');
  LabelledSet set;
  set.data.columns = static_cast<std::size_t>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(header_end), ','));
  const char* at = text.c_str() + header_end + 1;
  while (*at != '\0') {
    for (std::size_t column = 0; column <= set.data.columns; ++column) {
      char* end = nullptr;
      const float value = std::strtof(at, &end);
      if (end == at) throw std::runtime_error("not a number in " + path.string());
      if (column < set.data.columns) {
        set.data.values.push_back(value);
      } else {
        set.is_anomaly.push_back(value != 0);
      }
      at = end + (*end == '\r' ? 2 : *end == '\0' ? 0 : 1);
    }
  }
  set.data.rows = set.is_anomaly.size();
  return set;
}

/// The chance that an anomaly scores above an ordinary row, ties counted half (Mann-Whitney).
double roc_auc(const std::vector<double>& scores, const std::vector<bool>& is_anomaly) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] < scores[b]; });
  double wins = 0;
  double ordinary_below = 0;
  double anomalies = 0;
  for (std::size_t i = 0; i < order.size();) {
    double tied_ordinary = 0;
    double tied_anomalies = 0;
    const double score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i) {
      (is_anomaly[order[i]] ? tied_anomalies : tied_ordinary) += 1;
    }
    wins += tied_anomalies * (ordinary_below + tied_ordinary / 2);
    ordinary_below += tied_ordinary;
    anomalies += tied_anomalies;
  }
  return wins / (ordinary_below * anomalies);
}

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
  const auto path =
      std::filesystem::path(AML_SOURCE_DIR) / "../shared/data/anomaly" / reference.file;
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "SKIPPED: " << path << " is missing (labelled sets of ADBench, optional)";
  }
  const LabelledSet set = read_labelled_set(path);
  double sum = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto forest =
        IsolationForest::fit(set.data, params(100, 256, static_cast<std::uint64_t>(seed)));
    const double auc = roc_auc(forest.score(set.data), set.is_anomaly);
    EXPECT_GE(auc, reference.min - 0.02) << "seed " << seed;
    EXPECT_LE(auc, reference.max + 0.02) << "seed " << seed;
    sum += auc;
  }
  EXPECT_NEAR(sum / kSeeds, reference.mean, 0.02);
  RecordProperty("roc_auc_mean", std::to_string(sum / kSeeds));
  std::printf("%s: mean ROC-AUC %.4f over %d seeds (scikit-learn %.4f)\n", reference.file,
              sum / kSeeds, kSeeds, reference.mean);
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
