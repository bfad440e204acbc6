// SPDX-License-Identifier: Apache-2.0
// aml forest: fits and scores files, as a user without a database meets it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

/// Thirty ordinary rows and one that is not, the last.
std::string rows_with_outlier() {
  std::string text = "Amount,payers,label\n";
  for (int i = 0; i < 30; ++i) {
    text += std::to_string(100 + i * 7 % 30) + "," + std::to_string(1 + i % 4) + ",0\n";
  }
  return text + "9000,3,1\n";
}

class ForestCommand : public testing::Test {
 protected:
  Ended fit(std::vector<std::string> options = {}, const std::string& model = "m.forest") const {
    std::vector<std::string> arguments{"forest",  "fit",   "--data",  data_,
                                       "--label", "label", "--model", folder_.path(model)};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_aml(arguments);
  }
  Ended score(std::vector<std::string> options = {}) const {
    std::vector<std::string> arguments{"forest", "score",   "--data",
                                       data_,    "--model", folder_.path("m.forest")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_aml(arguments);
  }
  std::string bytes_of(const std::string& name) const {
    std::ifstream file(folder_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  std::string data_ = folder_.write("rows.csv", rows_with_outlier());
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST_F(ForestCommand, ScoresEachRowAndMarksTheOutlier) {
  const Ended fitted = fit({"--contamination", "0.03"});
  ASSERT_EQ(fitted.exit_code, 0) << fitted.err;
  EXPECT_TRUE(
      fitted.out.starts_with("rows,columns,trees,sample_size,threshold,bytes\n31,2,100,31,"))
      << fitted.out;
  const Ended scored = score();
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  const auto lines = lines_of(scored.out);
  ASSERT_EQ(lines.size(), 32);
  EXPECT_EQ(lines[0], "row,anomaly_score,is_anomaly");
  for (std::size_t row = 0; row < 31; ++row) {
    EXPECT_TRUE(lines[row + 1].starts_with(std::to_string(row) + ",0.")) << lines[row + 1];
    EXPECT_TRUE(lines[row + 1].ends_with(row == 30 ? ",1" : ",0")) << lines[row + 1];
  }
}

TEST_F(ForestCommand, ReasonsSayWhatSetsARowApart) {
  ASSERT_EQ(fit().exit_code, 0);
  const auto lines = lines_of(score({"--reasons", "1"}).out);
  EXPECT_EQ(lines[0], "row,anomaly_score,is_anomaly,reasons");
  EXPECT_NE(lines[31].find("amount is 9000, half of all rows 115 or less ("), std::string::npos)
      << lines[31];
}

TEST_F(ForestCommand, TheSameSeedWritesTheSameBytes) {
  ASSERT_EQ(fit({"--seed", "7"}, "a").exit_code, 0);
  ASSERT_EQ(fit({"--seed", "7"}, "b").exit_code, 0);
  ASSERT_EQ(fit({"--seed", "8"}, "c").exit_code, 0);
  EXPECT_EQ(bytes_of("a"), bytes_of("b"));
  EXPECT_NE(bytes_of("a"), bytes_of("c"));
}

TEST_F(ForestCommand, EveryOptionChangesTheModel) {
  ASSERT_EQ(fit({}, "plain").exit_code, 0);
  const std::vector<std::vector<std::string>> changes{
      {"--trees", "50"},           {"--sample-size", "16"},
      {"--max-features", "0.5"},   {"--bootstrap"},
      {"--contamination", "0.1"},  {"--splits", "kurtosis"},
      {"--splits", "pooled_gain"}, {"--splits", "oblique"}};
  for (const auto& change : changes) {
    const Ended ended = fit(change, "changed");
    ASSERT_EQ(ended.exit_code, 0) << change.front() << ended.err;
    EXPECT_NE(bytes_of("changed"), bytes_of("plain")) << change.front();
  }
}

TEST_F(ForestCommand, RefusesValuesOutOfRange) {
  const Ended ended = fit({"--max-features", "0"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("max_features: 0 is outside (0, 1]"), std::string::npos) << ended.err;
  EXPECT_EQ(fit({"--splits", "best"}).exit_code, 2);
}

TEST_F(ForestCommand, RefusesADamagedModelAndAForeignFile) {
  ASSERT_EQ(fit().exit_code, 0);
  std::string damaged = bytes_of("m.forest");
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  folder_.write("m.forest", damaged);
  const Ended ended = score();
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("m.forest: is a damaged forest model: its checksum is wrong"),
            std::string::npos)
      << ended.err;
  folder_.write("m.forest", "a,b\n1,2\n");
  EXPECT_NE(score().err.find("is no forest model"), std::string::npos);
}

TEST_F(ForestCommand, RefusesDataWithoutAColumnOfTheModel) {
  ASSERT_EQ(fit().exit_code, 0);
  folder_.write("rows.csv", "amount,days\n1,2\n");
  const Ended ended = score();
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_NE(ended.err.find("has no column 'payers'; its columns: amount, days"), std::string::npos)
      << ended.err;
}

TEST_F(ForestCommand, AFileWithoutRowsHasNoScores) {
  ASSERT_EQ(fit().exit_code, 0);
  folder_.write("rows.csv", "amount,payers\n");
  EXPECT_EQ(score().out, "row,anomaly_score,is_anomaly\n");
  EXPECT_EQ(fit().exit_code, 4);  // no column 'label'
}

TEST_F(ForestCommand, ARegisteredModelIsPrintedAsSqlThatScoresLikeTheFile) {
  const TestDatabase database;
  const std::string& target = database.target().conninfo;
  ASSERT_EQ(fit().exit_code, 0);
  ASSERT_EQ(run_aml({"-d", target, "model", "train", "rows", "--data", data_, "--label", "label"})
                .exit_code,
            0);
  EXPECT_EQ(run_aml({"-d", target, "model", "sql", "rows"}).exit_code, 2);  // none in production
  const Ended printed = run_aml({"-d", target, "model", "sql", "rows", "latest"});
  ASSERT_EQ(printed.exit_code, 0) << printed.err;
  database.query(printed.out);
  const auto lines = lines_of(score().out);
  std::istringstream outlier(lines.back());
  std::string field;
  std::getline(outlier, field, ',');
  std::getline(outlier, field, ',');
  EXPECT_NEAR(std::stod(database.query("SELECT aml.rows_score(9000, 3)")), std::stod(field), 1e-12);
}

}  // namespace
}  // namespace aml::test
