// SPDX-License-Identifier: Apache-2.0
// Temporal cycles on the AMLSim data with 12,043 accounts, if they lie beside the repository.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/temporal_cycles.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

const std::filesystem::path kData =
    std::filesystem::path(AML_SOURCE_DIR).parent_path() / "shared" / "data" / "amlsim-12k";

/// The rows of a gzipped CSV file without quotes, header left out.
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path.string());
  std::vector<std::vector<std::string>> rows;
  char line[4096];
  while (gzgets(file, line, sizeof line) != nullptr) {
    std::string text(line);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    std::istringstream fields(text);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  gzclose(file);
  rows.erase(rows.begin());
  return rows;
}

/// Midnight of a date such as 2017-01-31T00:00:00Z: all times of the data are whole days.
Micros midnight(const std::string& text) {
  const std::chrono::year_month_day date{
      std::chrono::year(std::stoi(text.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(std::stoi(text.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(std::stoi(text.substr(8, 2))))};
  EXPECT_EQ(text.substr(10), "T00:00:00Z");
  return std::chrono::sys_days(date).time_since_epoch().count() * kMicrosPerDay;
}

class AmlSim12k : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(kData / "transactions.csv.gz")) return;
    std::vector<testing::Transfer> transfers;
    for (const auto& row : read_csv(kData / "transactions.csv.gz")) {
      transfers.push_back({row[1], row[2], midnight(row[5]), 100, row[0]});
    }
    graph_ = std::make_unique<TransferGraph>(testing::graph_of(transfers));
  }
  static void TearDownTestSuite() { graph_.reset(); }

  void SetUp() override {
    if (!graph_) GTEST_SKIP() << "SKIPPED: no AMLSim data at " << kData;
  }

  static std::set<std::set<std::string>> transfer_sets(const TemporalCycles& cycles) {
    std::set<std::set<std::string>> sets;
    for (std::size_t i = 0; i < cycles.size(); ++i) {
      std::set<std::string> keys;
      for (const Edge e : cycles[i]) keys.emplace(graph_->transfer_key(e));
      sets.insert(keys);
    }
    return sets;
  }

  static inline std::unique_ptr<TransferGraph> graph_;
};

/// The transfers of each labelled cycle.
std::vector<std::set<std::string>> labelled_cycles() {
  std::map<std::string, std::set<std::string>> by_alert;
  for (const auto& row : read_csv(kData / "alert_transactions.csv.gz")) {
    if (row[1] == "cycle") by_alert[row[0]].insert(row[3]);
  }
  std::vector<std::set<std::string>> cycles;
  for (const auto& [alert, keys] : by_alert) cycles.push_back(keys);
  return cycles;
}

TEST_F(AmlSim12k, AllLabelledCyclesAreFoundInLooseOrderAndThirteenInStrictOrder) {
  const auto labelled = labelled_cycles();
  ASSERT_EQ(labelled.size(), 40U);
  const auto found_with = [&](TimeOrder order) {
    const auto found = transfer_sets(find_temporal_cycles(*graph_, {.time_order = order}));
    return std::ranges::count_if(labelled,
                                 [&](const auto& cycle) { return found.contains(cycle); });
  };
  EXPECT_EQ(found_with(TimeOrder::kLoose), 40);
  EXPECT_EQ(found_with(TimeOrder::kStrict), 13);
}

/// The counts that a search of another make found on these data, parallel transfers counted apart
/// and together.
TEST_F(AmlSim12k, NumbersOfCyclesAgreeWithAnIndependentSearch) {
  const auto distinct_account_cycles = [](const TemporalCycles& cycles) {
    std::set<std::vector<Vertex>> distinct;
    for (std::size_t i = 0; i < cycles.size(); ++i) {
      std::vector<Vertex> payers;
      for (const Edge e : cycles[i]) payers.push_back(graph_->source(e));
      std::ranges::rotate(payers, std::ranges::min_element(payers));
      distinct.insert(payers);
    }
    return distinct.size();
  };
  const TemporalCycles from_two = find_temporal_cycles(*graph_, {.min_length = 2});
  EXPECT_EQ(from_two.size(), 4742U);
  EXPECT_EQ(distinct_account_cycles(from_two), 1259U);
  EXPECT_EQ(distinct_account_cycles(find_temporal_cycles(*graph_, {.min_length = 3})), 941U);
}

}  // namespace
}  // namespace aml::graph
