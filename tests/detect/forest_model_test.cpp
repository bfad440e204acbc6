// SPDX-License-Identifier: Apache-2.0
#include "detect/forest_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "detect/forest_bytes.hpp"
#include "tests/detect/small_forests.hpp"

namespace aml::detect {
namespace {

using testing_forests::kSplitRules;
using testing_forests::matrix;
using testing_forests::params;
using testing_forests::random_matrix;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::string refusal_of(std::string_view bytes) {
  try {
    forest_model_from_bytes(bytes);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

ForestModel small_model(SplitRule rule = SplitRule::kRandom) {
  auto data = random_matrix(40, 3, 1);
  data.values[5] = kMissing;
  return fit_forest_model(data, {"amount", "payers", "days"}, params(3, 8, 1, rule), 0.1);
}

TEST(ForestModel, ThresholdIsOneHalfWithoutAContamination) {
  const auto model = fit_forest_model(random_matrix(40, 1, 1), {"x"}, params(3, 8), std::nullopt);
  EXPECT_EQ(model.threshold, 0.5);
  EXPECT_FALSE(model.is_anomaly(0.5));  // strictly above, as in scikit-learn
  EXPECT_TRUE(model.is_anomaly(std::nextafter(0.5, 1)));
}

TEST(ForestModel, ContaminationThresholdIsScikitLearns) {
  const auto scores = testing_forests::scikit_learn_scores();
  const double threshold = contamination_threshold(scores, 0.25);
  EXPECT_EQ(threshold, testing_forests::kScikitLearnThreshold);
  EXPECT_EQ(std::ranges::count_if(scores, [&](double score) { return score > threshold; }),
            testing_forests::kScikitLearnAnomalies);
}

TEST(ForestModel, ContaminationThresholdLiesBetweenTwoScores) {
  // numpy.percentile([-0.9, -0.6, -0.5, -0.4], 10) = -0.81, and of 25: -0.675
  EXPECT_DOUBLE_EQ(contamination_threshold({0.4, 0.9, 0.5, 0.6}, 0.1), 0.81);
  EXPECT_DOUBLE_EQ(contamination_threshold({0.4, 0.9, 0.5, 0.6}, 0.25), 0.675);
  EXPECT_EQ(contamination_threshold({0.7}, 0.5), 0.7);
}

TEST(ForestModel, ContaminationIsTheShareOfTrainingRowsAboveTheThreshold) {
  const auto data = random_matrix(1000, 4, 3);
  const auto plain = fit_forest_model(data, {"a", "b", "c", "d"}, params(50, 64), std::nullopt);
  const auto model = fit_forest_model(data, {"a", "b", "c", "d"}, params(50, 64), 0.05);
  const auto scores = model.forest.score(data);
  EXPECT_EQ(scores, plain.forest.score(data));  // it changes the threshold only
  EXPECT_EQ(std::ranges::count_if(scores, [&](double s) { return model.is_anomaly(s); }), 50);
}

TEST(ForestModel, RefusesWhatItCannotBeFittedFrom) {
  const auto data = random_matrix(20, 2, 1);
  const auto fit = [&](std::vector<std::string> names, std::optional<double> contamination) {
    return fit_forest_model(data, std::move(names), params(2, 8), contamination);
  };
  EXPECT_THROW(fit({"a", "b"}, 0.0), std::invalid_argument);
  EXPECT_THROW(fit({"a", "b"}, 0.51), std::invalid_argument);
  EXPECT_THROW(fit({"a", "b"}, std::nan("")), std::invalid_argument);
  EXPECT_THROW(fit({"a"}, {}), std::invalid_argument);
  EXPECT_THROW(fit({"a", "a"}, {}), std::invalid_argument);
  EXPECT_THROW(fit({"a", ""}, {}), std::invalid_argument);
  EXPECT_NO_THROW(fit({"a", "b"}, 0.5));
}

TEST(ForestModel, ReasonsNameTheFeatureItsValueAndTheMedian) {
  auto data = random_matrix(300, 2, 5);
  data.values[0] = 5000;
  const auto model = fit_forest_model(data, {"amount", "days"}, params(100, 256), std::nullopt);
  const std::string text = reasons_text(model, data.row(0), 2);
  EXPECT_TRUE(text.starts_with("amount is 5000, half of all rows ")) << text;
  EXPECT_NE(text.find(" or less ("), std::string::npos) << text;
  EXPECT_EQ(reasons_text(model, data.row(0), 0), "");
  EXPECT_EQ(std::ranges::count(reasons_text(model, data.row(0), 1), ';'), 0);
}

TEST(ForestModel, MediansLeaveOutMissingValues) {
  const auto data = matrix(3, {1, kMissing, 2, 9, kMissing, kMissing, 3, kMissing, 4});
  const auto middle = medians(data);
  EXPECT_EQ(middle[0], 3);
  EXPECT_TRUE(std::isnan(middle[1]));
  EXPECT_EQ(middle[2], 2);  // the lower one of two
}

// ---- as bytes

TEST(ForestBytes, KeepEveryScoreToTheLastBit) {
  const auto data = random_matrix(500, 3, 8);
  for (const SplitRule rule : kSplitRules) {
    const auto model = fit_forest_model(data, {"a", "b", "c"}, params(20, 64, 1, rule), 0.1);
    const std::string bytes = to_bytes(model);
    const auto read = forest_model_from_bytes(bytes);
    EXPECT_EQ(read.columns, model.columns);
    EXPECT_EQ(read.medians, model.medians);
    EXPECT_EQ(read.threshold, model.threshold);
    EXPECT_EQ(read.forest.sample_size(), 64);
    EXPECT_EQ(read.forest.score(data), model.forest.score(data));
    EXPECT_EQ(read.forest.depth_contributions(data.row(0)),
              model.forest.depth_contributions(data.row(0)));
    EXPECT_EQ(to_bytes(read), bytes);
  }
}

TEST(ForestBytes, AreTheDocumentedOnes) {
  IsolationTree tree;
  const auto left = tree.split(tree.add_leaf(), 0, 1.5F);
  tree.rows[left] = 2;
  tree.rows[left + 1] = 1;
  tree.complete();
  const std::string bytes = to_bytes({{"x"}, {1.0F}, 0.5, IsolationForest({tree}, 1, 4)});
  const unsigned char expected[] = {
      'a',  'm',  'l', 'f', 'o', 'r', 's',  't',  1,    0,    0,    0,    69, 0, 0,
      0,    0,    0,   0,   0,                                                    // size 69
      4,    0,    0,   0,   0,   0,   0,    0,    0,    0,    0xE0, 0x3F, 0,  0,  // sample size, threshold 0.5, not oblique
      1,    0,    1,   0,   'x', 0,   0,    0x80, 0x3F,        // one column: x, median 1
      1,    0,    0,   0,   0,   0,   0,    0,    0xC0, 0x3F,  // one tree: column 0, threshold 1.5
      0xFF, 0xFF, 2,   0,   0,   0,   0xFF, 0xFF, 1,    0,    0,    0};
  ASSERT_EQ(bytes.size(), sizeof expected + 4);
  EXPECT_EQ(bytes.substr(0, sizeof expected),
            std::string(reinterpret_cast<const char*>(expected), sizeof expected));
}

TEST(ForestBytes, AnyFlippedByteIsRefused) {
  const std::string bytes = to_bytes(small_model());
  for (std::size_t position = 0; position < bytes.size(); ++position) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string damaged = bytes;
      damaged[position] = static_cast<char>(static_cast<unsigned char>(damaged[position]) ^ flip);
      EXPECT_NE(refusal_of(damaged), "") << "byte " << position << " ^ " << flip;
    }
  }
}

TEST(ForestBytes, AnyOtherLengthIsRefused) {
  const std::string bytes = to_bytes(small_model());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_NE(refusal_of(std::string_view(bytes).substr(0, length)), "") << length;
  }
  EXPECT_NE(refusal_of(bytes + 'x'), "");
  EXPECT_NE(refusal_of(bytes + bytes), "");
}

/// The bytes with size and checksum made right, as somebody who means harm would.
std::string sealed(std::string bytes) {
  for (std::size_t byte = 0; byte < 8; ++byte) {
    bytes[12 + byte] = static_cast<char>(bytes.size() >> (8 * byte) & 0xFFU);
  }
  std::uint32_t crc = 0xFFFFFFFFU;
  for (std::size_t i = 0; i + 4 < bytes.size(); ++i) {
    crc ^= static_cast<unsigned char>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (crc & 1U ? 0xEDB88320U : 0U);
  }
  crc ^= 0xFFFFFFFFU;
  for (std::size_t byte = 0; byte < 4; ++byte) {
    bytes[bytes.size() - 4 + byte] = static_cast<char>(crc >> (8 * byte) & 0xFFU);
  }
  return bytes;
}

TEST(ForestBytes, ThoseOfARightChecksumAreRefusedOrAForestThatCanBeUsed) {
  for (const SplitRule rule : {SplitRule::kRandom, SplitRule::kOblique}) {
    const std::string bytes = to_bytes(small_model(rule));
    ASSERT_EQ(sealed(bytes), bytes);
    int refused = 0;
    for (std::size_t position = 20; position + 4 < bytes.size(); ++position) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::string changed = bytes;
        changed[position] = static_cast<char>(value);
        try {
          const auto model = forest_model_from_bytes(sealed(changed));
          const auto data = random_matrix(20, model.forest.columns(), 1);
          for (const double score : model.forest.score(data)) {
            ASSERT_TRUE(score > 0 && score <= 1) << score;
          }
          reasons_text(model, data.row(0), 3);
        } catch (const std::invalid_argument&) {
          ++refused;
        }
      }
    }
    EXPECT_GT(refused, 0);
  }
}

TEST(ForestBytes, CutAndSealedAgainAreRefused) {
  const std::string bytes = to_bytes(small_model());
  for (std::size_t length = 24; length < bytes.size(); ++length) {
    EXPECT_NE(refusal_of(sealed(bytes.substr(0, length))), "") << length;
  }
}

TEST(ForestBytes, RefusalsSayWhatIsWrong) {
  const std::string bytes = to_bytes(small_model());
  EXPECT_EQ(refusal_of(""), "is no forest model: it does not begin with 'amlforst'");
  EXPECT_EQ(refusal_of("amount,payers\n1,2\n"),
            "is no forest model: it does not begin with 'amlforst'");
  std::string later = bytes;
  later[8] = 2;
  EXPECT_EQ(refusal_of(later), "is a forest model of format 2; this program reads format 1");
  EXPECT_EQ(refusal_of(bytes.substr(0, 100)),
            "is a damaged forest model: 100 bytes, but it was written with " +
                std::to_string(bytes.size()));
  std::string flipped = bytes;
  flipped[60] = static_cast<char>(flipped[60] ^ 1);
  EXPECT_EQ(refusal_of(flipped), "is a damaged forest model: its checksum is wrong");
  EXPECT_EQ(refusal_of("amlforst\1"), "is no valid forest model: it ends too early (byte 8)");
}

}  // namespace
}  // namespace aml::detect
