// SPDX-License-Identifier: Apache-2.0
// The same snapshot and scenarios give the same gold, byte for byte: for any number of threads and
// any order of input rows.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/generator.hpp"
#include "scenarios/runner.hpp"
#include "store/ingest.hpp"
#include "tests/cli/gold_dump.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

namespace fs = std::filesystem;

std::string gold_after_run(const test::TestDatabase& database, int threads) {
  auto connection = database.connect();
  RunOptions options;
  options.threads = threads;
  const RunOutcome outcome = run(connection, shipped_scenarios({}), options);
  EXPECT_EQ(outcome.status, "succeeded");
  for (const ScenarioOutcome& scenario : outcome.scenarios)
    EXPECT_GE(scenario.counts.alerts, 1) << scenario.id;
  return test::gold_dump(database);
}

TEST(Determinism, GoldDependsNeitherOnThreadsNorOnTheOrderOfRows) {
  const test::TestDatabase one, two;
  test::insert_small_bank(one, 1);
  test::insert_small_bank(two, 2);
  ASSERT_NE(one.query("SELECT transfer_id FROM silver.transfers"),
            two.query("SELECT transfer_id FROM silver.transfers"));
  EXPECT_EQ(gold_after_run(one, 1), gold_after_run(two, 2));
}

/// Copies a file of lines with all lines but the header in another order.
void copy_shuffled(const fs::path& from, const fs::path& to, std::mt19937& random) {
  std::ifstream input(from, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  ASSERT_GT(lines.size(), 2u) << from;
  for (std::size_t i = lines.size() - 1; i > 1; --i) std::swap(lines[i], lines[1 + random() % i]);
  std::ofstream output(to, std::ios::binary);
  for (const std::string& line : lines) output << line << '\n';
}

class GeneratedBank : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("aml_determinism_" + std::to_string(getpid()));
    generate((folder_ / "as_generated").string(),
             {.accounts = 1000, .days = 210, .seed = 7, .instances = 3});
    fs::create_directory(folder_ / "shuffled");
    std::mt19937 random(7);
    for (const auto& entry : fs::directory_iterator(folder_ / "as_generated"))
      if (entry.path().filename() != "labels.csv")
        copy_shuffled(entry.path(), folder_ / "shuffled" / entry.path().filename(), random);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void load(const test::TestDatabase& database, const std::string& name) const {
    auto connection = database.connect();
    store::IngestOptions options;
    options.expectations = load_expectations("");
    for (const auto& file : store::ingest(connection, {(folder_ / name).string()}, options)) {
      EXPECT_NE(file.kind, store::FileOutcome::Kind::kRefused) << file.message;
      EXPECT_EQ(file.rows_quarantined, 0u) << file.path;
    }
  }
  fs::path folder_;
};

TEST_F(GeneratedBank, GoldDependsNeitherOnThreadsNorOnTheOrderOfLines) {
  const test::TestDatabase one, two;
  load(one, "as_generated");
  load(two, "shuffled");
  EXPECT_EQ(gold_after_run(one, 1), gold_after_run(two, 2));
}

}  // namespace
}  // namespace aml::scenarios
