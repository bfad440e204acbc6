// SPDX-License-Identifier: Apache-2.0
// The detectors on the AMLSim data with 12,043 accounts, if they lie beside the repository.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "detect/cycles.hpp"
#include "detect/structuring.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
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
graph::Micros midnight(const std::string& text) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return std::chrono::sys_days(date).time_since_epoch().count() * graph::kMicrosPerDay;
}

class AmlSim : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kData / "transactions.csv.gz")) {
      GTEST_SKIP() << "SKIPPED: no AMLSim data at " << kData;
    }
    for (const auto& row : read_csv(kData / "transactions.csv.gz")) {
      transfers_.push_back(
          {row[1], row[2], midnight(row[5]), std::llround(std::stod(row[4]) * 100), row[0]});
    }
  }

  std::vector<oracle::Transfer> transfers_;
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

TEST_F(AmlSim, EachLabelledCycleLiesInOneRoundTrip) {
  ASSERT_EQ(transfers_.size(), 201'571U);
  const auto labelled = labelled_cycles();
  ASSERT_EQ(labelled.size(), 40U);
  const Detection detection = detect_cycles(graph::testing::graph_of(transfers_), {}, {});
  expect_well_formed(detection);
  EXPECT_FALSE(detection.truncated);
  std::vector<std::set<std::string>> found;
  for (const Finding& finding : detection.findings) found.push_back(transfer_keys(finding));
  RecordProperty("findings", static_cast<int>(found.size()));
  for (const std::set<std::string>& cycle : labelled) {
    EXPECT_EQ(std::ranges::count_if(
                  found, [&](const auto& keys) { return std::ranges::includes(keys, cycle); }),
              1)
        << "cycle with transfer " << *cycle.begin();
  }
}

TEST_F(AmlSim, NetworksAppearOnlyAtAThresholdOfTheSizeOfItsAmounts) {
  // Amounts lie between 0 and 1,000 USD: there are no networks at 10,000, and there are some at
  // 900.
  const graph::TransferGraph graph = graph::testing::graph_of(transfers_);
  EXPECT_TRUE(detect_structuring(graph, {}, {}).findings.empty());
  StructuringParams low;
  low.threshold_minor = 90'000;
  low.leg_at_least_minor = 10'000;
  const Detection detection = detect_structuring(graph, low, {});
  expect_well_formed(detection);
  EXPECT_FALSE(detection.truncated);
  EXPECT_FALSE(detection.findings.empty());
  RecordProperty("networks", static_cast<int>(detection.findings.size()));
}

}  // namespace
}  // namespace aml::detect
