// SPDX-License-Identifier: Apache-2.0
// What the detectors around one account find, held against queries of PostgreSQL that take the same
// parameters: on generated data with the shipped scenarios, and on small random data with random
// parameters.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <pqxx/pqxx>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/generator.hpp"
#include "scenarios/runner.hpp"
#include "store/ingest.hpp"
#include "store/snapshot.hpp"
#include "tests/oracle/merge_sharing.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

namespace fs = std::filesystem;
using Pieces = std::set<oracle::Piece>;

const std::set<std::string> kDetectors{"aggregation", "flow_through", "dormant_reactivation"};

std::string query_of(const std::string& detector) {
  std::ifstream file(fmt::format("{}/tests/oracle/sql/{}.sql", AML_SOURCE_DIR, detector));
  std::stringstream text;
  text << file.rdbuf();
  if (text.str().empty()) throw std::runtime_error("no query for " + detector);
  return text.str();
}

Pieces found_by(const Graphs& graphs, const Scenario& scenario) {
  Pieces pieces;
  const detect::Detection detection = detect(graphs, scenario, {});
  EXPECT_FALSE(detection.truncated);
  for (const detect::Finding& finding : detection.findings) {
    oracle::Piece piece{finding.subject, {}};
    for (const auto& transfer : finding.transfers) piece.transfers.insert(transfer.transfer_key);
    pieces.insert(std::move(piece));
  }
  EXPECT_EQ(pieces.size(), detection.findings.size());
  return pieces;
}

/// The windows of the query, those that share a transfer put together.
Pieces found_by_query(store::Connection& connection, const Scenario& scenario) {
  std::map<std::pair<std::string, std::string>, oracle::Piece> windows;
  pqxx::work work(connection.pqxx());
  const auto rows = work.exec_params(query_of(scenario.detector), scenario.parameters_json);
  for (const auto& row : rows) {
    oracle::Piece& window = windows[{row[0].c_str(), row[1].c_str()}];
    window.subject = row[0].c_str();
    window.transfers.insert(row[2].c_str());
  }
  std::vector<oracle::Piece> pieces;
  for (auto& [id, window] : windows) pieces.push_back(std::move(window));
  return oracle::merge_sharing(std::move(pieces));
}

std::string text_of(const Pieces& pieces) {
  std::string text;
  for (const oracle::Piece& piece : pieces)
    text += fmt::format("{}: {}\n", piece.subject, fmt::join(piece.transfers, " "));
  return text;
}

TEST(AccountOracles, AgreeWithEveryShippedScenarioOnGeneratedData) {
  const fs::path folder = fs::path(testing::TempDir()) / fmt::format("aml_oracles_{}", getpid());
  generate(folder.string(), {.accounts = 2000, .days = 210, .seed = 11, .instances = 6});
  const test::TestDatabase database;
  auto connection = database.connect();
  store::IngestOptions options;
  options.expectations = load_expectations("");
  store::ingest(connection, {folder.string()}, options);
  fs::remove_all(folder);
  database.query("ANALYZE");
  const Graphs graphs = build_graphs(store::read_snapshot(connection));
  std::set<std::string> typologies;
  for (const Scenario& scenario : shipped_scenarios({})) {
    if (!kDetectors.contains(scenario.detector)) continue;
    typologies.insert(scenario.typology);
    const Pieces found = found_by(graphs, scenario);
    EXPECT_GE(found.size(), scenario.id == "account_structuring" ? 3U : 6U) << scenario.id;
    EXPECT_EQ(text_of(found), text_of(found_by_query(connection, scenario))) << scenario.id;
  }
  EXPECT_EQ(typologies.size(), 10U);
}

/// Small banks and parameters in which equal times, shared owners, unknown facts and windows that
/// just hold are frequent.
class RandomBank {
 public:
  explicit RandomBank(unsigned seed) : random_(seed) {}

  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  template <typename Value>
  Value one_of(std::initializer_list<Value> values) {
    return *(values.begin() + between(0, static_cast<int>(values.size()) - 1));
  }

  void insert_into(const test::TestDatabase& database) {
    const int accounts = between(3, 8);
    std::vector<std::string> parties, rows, transfers;
    for (int i = 1; i <= accounts; ++i) {
      parties.push_back(fmt::format("('P{0}', NULL, 'person', NULL, 0, false, 1, {0})", i));
      rows.push_back(fmt::format(
          "('A{0}', 'P{1}', NULL, NULL, {2}, {3}, false, 1, {0})", i, between(0, 3) == 0 ? 1 : i,
          one_of<const char*>({"NULL", "''", "'US'", "'MX'", "'CA'"}),
          one_of<const char*>({"NULL", "NULL", "'2023-06-01'", "'2024-01-05'", "'2024-01-20'"})));
    }
    for (int i = between(20, 90); i > 0; --i)
      transfers.push_back(fmt::format(
          "('T{0}', timestamptz '2024-01-01 00:00+00' + interval '{1} hours', 'A{2}', 'A{3}', {4}, "
          "'USD', {4}, '{5}', 1, {6})",
          i * 37 % 101, 6 * between(0, 4 * 40), between(1, accounts), between(1, accounts),
          between(1, 12), one_of<const char*>({"cash", "wire"}), i));
    database.write(
        "DELETE FROM silver.transfers; DELETE FROM silver.accounts; DELETE FROM "
        "silver.party_attributes; DELETE FROM silver.parties");
    database.write(fmt::format("INSERT INTO silver.parties VALUES {}", fmt::join(parties, ", ")));
    database.write(fmt::format("INSERT INTO silver.accounts VALUES {}", fmt::join(rows, ", ")));
    database.write(
        fmt::format("INSERT INTO silver.transfers VALUES {}", fmt::join(transfers, ", ")));
  }

  Scenario scenario_of(const std::string& detector) {
    const std::string text = fmt::format(
        R"({{"schema_version": 1, "id": "x", "version": 1, "title": "x", "typology": "custom",
             "detector": "{}", "subject": "account", "params": {{{}}},
             "hubs": {{"max_counterparties": {}}}}})",
        detector,
        detector == "aggregation"    ? aggregation_params()
        : detector == "flow_through" ? flow_params()
                                     : dormancy_params(),
        one_of({0, 0, 3}));
    return parse_scenario(text, "random.json", {});
  }

 private:
  std::string days(int low, int high) { return fmt::format("{} days", between(low, high)); }

  std::string aggregation_params() {
    const int transfers = between(1, 4);
    return fmt::format(
        R"("direction": "{}", "leg_at_least": "{}", "leg_below": "{}", "multiples_of": "{}",
           "types": [{}], "counterparties": "{}", "standing_after": "{}", "window": "{}",
           "min_transfers": {}, "min_counterparties": {}, "total_above": "{}", "min_share": {})",
        one_of<const char*>({"in", "out"}), between(0, 4), one_of({0, 9, 11}), one_of({0, 0, 2, 3}),
        one_of<const char*>({"", R"("cash")", R"("cash", "wire")"}),
        one_of<const char*>({"any", "occasional"}), days(1, 20), days(1, 12), transfers,
        between(1, transfers), between(0, 15), one_of({0.0, 0.25, 0.5, 0.667}));
  }

  std::string flow_params() {
    return fmt::format(
        R"("leg_at_least": "{}", "deposit_below": "{}", "window": "{}", "holding": "{}",
           "in_at_least": "{}", "out_in_at_least": {}, "out_in_at_most": {}, "gathered_first": {},
           "min_deposits": {}, "min_senders": {}, "min_receivers": {}, "min_other_countries": {},
           "accounts": "{}", "new_within": "{}", "dormant_for": "{}")",
        between(0, 3), one_of({0, 10}), days(1, 15), days(1, 6), between(1, 10),
        one_of({0.0, 0.5, 0.8}), one_of({1.05, 2.0, 9.0, 9.0}), one_of({0.0, 0.0, 0.5, 0.8, 1.0}),
        between(1, 2), between(1, 2), one_of({1, 1, 2}), one_of({0, 0, 0, 1, 2}),
        one_of<const char*>({"any", "new"}), days(1, 20), days(2, 10));
  }

  std::string dormancy_params() {
    const int silence = between(2, 12);
    return fmt::format(
        R"("silence": "{} days", "window": "{} days", "moved_at_least": "{}",
           "times_earlier_mean": {}, "grown_at_least": "{}")",
        silence, between(1, silence), between(5, 40), between(1, 4), between(0, 8));
  }

  std::mt19937 random_;
};

TEST(AccountOracles, AgreeOnRandomDataWithRandomParameters) {
  const test::TestDatabase database;
  auto connection = database.connect();
  RandomBank bank(20'240'101);
  std::map<std::string, std::size_t> found;
  for (int round = 0; round < 60; ++round) {
    bank.insert_into(database);
    const Graphs graphs = build_graphs(store::read_snapshot(connection));
    for (const std::string& detector : kDetectors)
      for (int draw = 0; draw < 8; ++draw) {
        const Scenario scenario = bank.scenario_of(detector);
        const Pieces pieces = found_by(graphs, scenario);
        found[detector] += pieces.size();
        ASSERT_EQ(text_of(pieces), text_of(found_by_query(connection, scenario)))
            << "round " << round << ": " << detector << ' ' << scenario.parameters_json;
      }
  }
  for (const std::string& detector : kDetectors)
    EXPECT_GE(found[detector], 200U) << detector << ": the data hold too little to compare";
}

}  // namespace
}  // namespace aml::scenarios
