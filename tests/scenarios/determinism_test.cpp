// SPDX-License-Identifier: Apache-2.0
// The same snapshot and scenarios give the same gold, byte for byte: for any number of threads and
// any order of input rows.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
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
  return test::current_gold_dump(database);
}

TEST(Determinism, GoldDependsNeitherOnThreadsNorOnTheOrderOfRows) {
  const test::TestDatabase one, two;
  test::insert_small_bank(one, 1);
  test::insert_small_bank(two, 2);
  ASSERT_NE(one.query("SELECT transfer_id FROM silver.transfers"),
            two.query("SELECT transfer_id FROM silver.transfers"));
  EXPECT_EQ(gold_after_run(one, 1), gold_after_run(two, 2));
}

struct Table {
  std::string name;  ///< of the file
  std::string header;
  std::vector<std::string> rows;
};

Table read_table(const fs::path& path) {
  Table table{path.filename(), {}, {}};
  std::ifstream file(path, std::ios::binary);
  std::getline(file, table.header);
  for (std::string row; std::getline(file, row);) table.rows.push_back(row);
  return table;
}

class GeneratedBank : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("aml_determinism_" + std::to_string(getpid()));
    generate((folder_ / "bank").string(),
             {.accounts = 1000, .days = 210, .seed = 7, .instances = 3});
    fs::remove(folder_ / "bank" / "labels.csv");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void load(const test::TestDatabase& database, const fs::path& path) const {
    auto connection = database.connect();
    store::IngestOptions options;
    options.expectations = load_expectations("");
    for (const auto& file : store::ingest(connection, {path.string()}, options)) {
      EXPECT_NE(file.kind, store::FileOutcome::Kind::kRefused) << file.message;
      EXPECT_EQ(file.rows_quarantined, 0u) << file.path;
    }
  }

  /// The rows in another order and other files, the files in any order but for the rates: a transfer needs the one of its day.
  std::vector<fs::path> cut_and_shuffled(std::mt19937& random) const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder_ / "bank")) {
      if (entry.path().filename() == "fx_rates.csv") continue;
      Table table = read_table(entry.path());
      EXPECT_GT(table.rows.size(), 10u) << table.name;
      std::ranges::shuffle(table.rows, random);
      const std::size_t files = 2 + random() % 3;
      for (std::size_t i = 0; i < files; ++i) {
        paths.push_back(folder_ / (std::to_string(i) + "_" + table.name));
        std::ofstream file(paths.back(), std::ios::binary);
        file << table.header << '\n';
        for (std::size_t row = i; row < table.rows.size(); row += files)
          file << table.rows[row] << '\n';
      }
    }
    std::ranges::shuffle(paths, random);
    paths.insert(paths.begin(), folder_ / "bank" / "fx_rates.csv");
    return paths;
  }

  fs::path folder_;
};

TEST_F(GeneratedBank, GoldDependsNeitherOnThreadsNorOnTheOrderOfRowsAndFilesNorOnTheirCut) {
  const test::TestDatabase one, two;
  load(one, folder_ / "bank");
  std::mt19937 random(7);
  for (const auto& path : cut_and_shuffled(random)) load(two, path);
  EXPECT_EQ(gold_after_run(one, 1), gold_after_run(two, 2));
}

}  // namespace
}  // namespace aml::scenarios
