// SPDX-License-Identifier: Apache-2.0
#include "tests/detect/amlsim.hpp"

#include <zlib.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

namespace aml::amlsim {
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

}  // namespace

std::string folder() {
  return kData.string();
}

bool is_there() {
  return std::filesystem::exists(kData / "transactions.csv.gz");
}

std::vector<oracle::Transfer> transfers() {
  std::vector<oracle::Transfer> transfers;
  for (const auto& row : read_csv(kData / "transactions.csv.gz")) {
    transfers.push_back(
        {row[1], row[2], midnight(row[5]), std::llround(std::stod(row[4]) * 100), row[0]});
  }
  return transfers;
}

std::vector<std::set<std::string>> labelled(const std::string& type) {
  std::map<std::string, std::set<std::string>> by_alert;
  for (const auto& row : read_csv(kData / "alert_transactions.csv.gz")) {
    if (row[1] == type) by_alert[row[0]].insert(row[3]);
  }
  std::vector<std::set<std::string>> instances;
  for (const auto& [alert, keys] : by_alert) instances.push_back(keys);
  return instances;
}

}  // namespace aml::amlsim
