// SPDX-License-Identifier: Apache-2.0
#include "store/feature_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "store/error.hpp"

namespace aml::store {
namespace {

class FeatureFileTest : public testing::Test {
 protected:
  std::string write(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
    return path_;
  }
  ~FeatureFileTest() override { std::filesystem::remove(path_); }

  /// What the refusal says, without the path.
  std::string refusal(const std::string& content, const std::vector<std::string>& left_out = {}) {
    try {
      read_feature_file(write(content), left_out);
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
      return std::string(error.what()).substr(path_.size());
    }
    return "";
  }

  const std::string path_ = testing::TempDir() + "features_" + std::to_string(::getpid()) + ".csv";
};

TEST_F(FeatureFileTest, ReadsNumbersAndLeavesOutLabels) {
  const auto file = read_feature_file(
      write("Amount, payers,label\n1.5,-2,x\n 1e3 ,+4,\n.25,1E-2,y\n"), {"LABEL"});
  EXPECT_EQ(file.names, (std::vector<std::string>{"amount", "payers"}));
  EXPECT_EQ(file.rows(), 3);
  EXPECT_EQ(file.columns[0], (std::vector<float>{1.5F, 1000, 0.25F}));
  EXPECT_EQ(file.columns[1], (std::vector<float>{-2, 4, 0.01F}));
}

TEST_F(FeatureFileTest, NothingAndItsWordsAreMissingValues) {
  const auto file = read_feature_file(write("a,b\n,1\nNaN,2\nNULL,3\nna,4\n"), {});
  for (const float value : file.columns[0]) EXPECT_TRUE(std::isnan(value));
}

TEST_F(FeatureFileTest, ReadsTheColumnsOfAModelInItsOrder) {
  const auto file = read_feature_columns(write("id,b,a\nx,1,2\ny,3,4\n"), {"a", "b"});
  EXPECT_EQ(file.columns[0], (std::vector<float>{2, 4}));
  EXPECT_EQ(file.columns[1], (std::vector<float>{1, 3}));
}

TEST_F(FeatureFileTest, RefusesWhatIsNoNumberWithItsLine) {
  const std::string range = "' is no number within the range of a 32-bit float";
  EXPECT_EQ(refusal("a,b\n1,2\n1,x\n"), ":3: b 'x" + range);
  EXPECT_EQ(refusal("a\n1,5\n").substr(0, 3), ":2:");
  for (const char* text :
       {"inf", "-Infinity", "1e39", "0x10", "1 2", "1.2.3", "--1", "+-1", "1e"}) {
    EXPECT_EQ(refusal(std::string("a\n") + text + "\n"), std::string(":2: a '") + text + range);
  }
}

TEST_F(FeatureFileTest, RefusesColumnsThatAreNotThere) {
  EXPECT_EQ(refusal("a,b\n1,2\n", {"label"}), ":1: has no column 'label'; its columns: a, b");
  EXPECT_EQ(refusal("label\n1\n", {"label"}), ":1: has no column beside those that are left out");
  EXPECT_EQ(refusal("a,A\n1,2\n"), ":1: has two columns called 'a'");
  EXPECT_THROW(read_feature_columns(write("a\n1\n"), {"a", "b"}), StoreError);
}

TEST_F(FeatureFileTest, ModelFilesAreTheirBytes) {
  const std::string bytes("\0\1\r\n\xFF", 5);
  EXPECT_EQ(read_model_file(write(bytes)), bytes);
  EXPECT_THROW(read_model_file(path_ + ".missing"), StoreError);
}

}  // namespace
}  // namespace aml::store
