// SPDX-License-Identifier: Apache-2.0
// Gold that was kept up to date as files came in against gold of one run over all of them.
#include "scenarios/continuous_detection.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "scenarios/generator.hpp"
#include "scenarios/locality.hpp"
#include "store/error.hpp"
#include "store/ingest.hpp"
#include "store/version_history.hpp"
#include "tests/cli/gold_dump.hpp"
#include "tests/scenarios/local_scenarios.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string alerts_of(const test::TestDatabase& database, const std::string& scenarios) {
  return test::current_alerts_dump(database, "scenario IN (" + scenarios + ")");
}

class ContinuousDetectionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::path(testing::TempDir()) / ("aml_continuous_" + std::to_string(getpid()));
    generate((folder_ / "bank").string(),
             {.accounts = 600, .days = 60, .seed = 11, .instances = 2});
    std::ifstream file(folder_ / "bank" / "transfers.csv");
    std::getline(file, header_);
    for (std::string line; std::getline(file, line);) transfers_.push_back(line);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static void load(const test::TestDatabase& database, const fs::path& file) {
    auto connection = database.connect();
    store::IngestOptions options;
    options.expectations = load_expectations("");
    for (const auto& outcome : store::ingest(connection, {file.string()}, options)) {
      ASSERT_NE(outcome.kind, store::FileOutcome::Kind::kRefused) << outcome.message;
      ASSERT_EQ(outcome.rows_quarantined, 0u) << outcome.path;
    }
  }
  static void load_all_but_transfers(const test::TestDatabase& database) {
    for (const char* name : {"fx_rates.csv", "parties.csv", "accounts.csv"})
      load(database, folder_ / "bank" / name);
  }
  static void load_lines(const test::TestDatabase& database,
                         const std::vector<std::string>& lines) {
    static int files = 0;
    const fs::path path = folder_ / ("transfers_" + std::to_string(++files) + ".csv");
    {
      std::ofstream file(path);
      file << header_ << '\n';
      for (const std::string& line : lines) file << line << '\n';
    }
    load(database, path);
  }
  static std::vector<std::string> lines(std::size_t first, std::size_t last) {
    return {transfers_.begin() + static_cast<std::ptrdiff_t>(first),
            transfers_.begin() + static_cast<std::ptrdiff_t>(last)};
  }

  inline static fs::path folder_;
  inline static std::string header_;
  inline static std::vector<std::string> transfers_;  ///< lines, in order of time
};

/// The ids of the shipped scenarios of local reach, as SQL.
std::string local_scenarios() {
  std::string list;
  for (const auto& id : test::local_scenarios()) list += (list.empty() ? "'" : ", '") + id + "'";
  return list;
}

/// Scenario, severity and number of alerts, as the run tells them.
std::string severities_told(const RunOutcome& outcome) {
  std::set<std::string> lines;
  for (const ScenarioOutcome& scenario : outcome.scenarios) {
    for (const auto& [severity, alerts] : scenario.by_severity)
      if (alerts > 0)
        lines.insert(scenario.id + '|' + severity + '|' + std::to_string(alerts) + '\n');
  }
  return std::accumulate(lines.begin(), lines.end(), std::string());
}

TEST_F(ContinuousDetectionTest, LeavesTheGoldOfOneRunOverEverything) {
  std::mt19937 random(5);
  const test::TestDatabase growing, whole;
  for (const auto* database : {&growing, &whole}) load_all_but_transfers(*database);

  // Half of it at once; then batches, and in each of them some that are late.
  auto connection = growing.connect();
  ContinuousDetection detection(shipped_scenarios({}), {}, 1h);
  std::size_t done = transfers_.size() / 2;
  load_lines(growing, lines(0, done));
  ASSERT_EQ(detection.run(connection).kind, store::RunKind::kFull);
  std::vector<std::string> late;
  RunOutcome outcome;
  while (done < transfers_.size() || !late.empty()) {
    const std::size_t next = std::min(transfers_.size(), done + 1 + random() % 4000);
    std::vector<std::string> batch = std::exchange(late, {});
    for (std::string& line : lines(done, next))
      (random() % 20 == 0 && next < transfers_.size() ? late : batch).push_back(std::move(line));
    std::shuffle(batch.begin(), batch.end(), random);
    done = next;
    load_lines(growing, batch);
    outcome = detection.run(connection);
    ASSERT_EQ(outcome.kind, store::RunKind::kIncremental);
    ASSERT_EQ(outcome.status, "succeeded");
  }
  load_lines(whole, lines(0, transfers_.size()));
  auto whole_connection = whole.connect();
  ASSERT_EQ(run(whole_connection, shipped_scenarios({}), {}).status, "succeeded");

  const std::string local = local_scenarios();
  EXPECT_EQ(severities_told(outcome),
            growing.query("SELECT scenario, severity, count(*) FROM gold.current_alerts WHERE "
                          "scenario IN (" +
                          local +
                          ") GROUP BY scenario, severity ORDER BY concat_ws('|', scenario, "
                          "severity) COLLATE \"C\"") +
                '\n');
  EXPECT_EQ(alerts_of(growing, local), alerts_of(whole, local));
  EXPECT_GT(
      whole.query("SELECT count(DISTINCT scenario) FROM gold.current_alerts WHERE scenario IN (" +
                  local + ")"),
      "1");
  EXPECT_EQ(growing.query("SELECT count(*) FROM aml.unseen_versions"), "0");

  // A run over all data finds the same again, and what was left to it.
  ContinuousDetection another(shipped_scenarios({}), {}, 1h);
  const std::string changes =
      "SELECT count(*) FROM history.gold_alerts WHERE scenario IN (" + local + ")";
  const std::string before = growing.query(changes);
  ASSERT_EQ(another.run(connection).kind, store::RunKind::kFull);
  EXPECT_EQ(growing.query(changes), before) << "the full run found something else";
  // Not what a model scored that was fitted to half of the data.
  const std::string others = "'risk_propagation', 'synthetic_identities'";
  EXPECT_EQ(alerts_of(growing, others), alerts_of(whole, others));
}

TEST_F(ContinuousDetectionTest, RunsOverEverythingWhereWhatIsNewIsNotEnough) {
  const test::TestDatabase database;
  load_all_but_transfers(database);
  load_lines(database, lines(0, 1000));
  auto connection = database.connect();
  ContinuousDetection detection(shipped_scenarios({}), {}, 1h);
  const auto kind_after = [&](const std::string& change) {
    database.write(change);
    return detection.run(connection).kind;
  };
  EXPECT_EQ(detection.run(connection).kind, store::RunKind::kFull) << "the first";
  load_lines(database, lines(1000, 1100));
  EXPECT_EQ(detection.run(connection).kind, store::RunKind::kIncremental);
  EXPECT_EQ(
      kind_after(
          "UPDATE silver.accounts SET country = 'XX', valid_from = DEFAULT WHERE account_id = "
          "(SELECT min(account_id) FROM silver.accounts)"),
      store::RunKind::kFull);
  EXPECT_EQ(
      kind_after("DELETE FROM silver.transfers WHERE transfer_id = (SELECT max(transfer_id) FROM "
                 "silver.transfers)"),
      store::RunKind::kFull);
  EXPECT_EQ(kind_after(
                "INSERT INTO silver.transfers SELECT 'of an old file', booked_at, from_account_id, "
                "to_account_id, amount, currency_code, amount_base, type, file_id, line FROM "
                "silver.transfers ORDER BY transfer_id LIMIT 1"),
            store::RunKind::kFull);
  EXPECT_EQ(kind_after("UPDATE gold.scenarios SET title = 'by hand', valid_from = DEFAULT"),
            store::RunKind::kFull);
  EXPECT_EQ(database.query("SELECT count(*) FROM gold.scenarios WHERE title = 'by hand'"), "0");
  load_lines(database, lines(1100, 1200));
  EXPECT_EQ(run(connection, shipped_scenarios({}), {}).status, "succeeded");
  load_lines(database, lines(1200, 1300));
  EXPECT_EQ(detection.run(connection).kind, store::RunKind::kFull) << "somebody else ran";
  load_lines(database, lines(1300, 1400));
  EXPECT_EQ(detection.run(connection).kind, store::RunKind::kIncremental);

  ContinuousDetection always(shipped_scenarios({}), {}, 0s);
  EXPECT_EQ(always.run(connection).kind, store::RunKind::kFull);
  load_lines(database, lines(1400, 1500));
  EXPECT_EQ(always.run(connection).kind, store::RunKind::kFull) << "it is always due";
}

std::vector<Scenario> shipped(const std::vector<std::string>& ids) {
  std::vector<Scenario> chosen = shipped_scenarios({});
  std::erase_if(chosen,
                [&](const Scenario& each) { return std::ranges::count(ids, each.id) == 0; });
  return chosen;
}

TEST_F(ContinuousDetectionTest, IsDueForWhatItsScenariosHaveNotSeenWhoeverRan) {
  const test::TestDatabase database;
  load_all_but_transfers(database);
  auto connection = database.connect();
  const auto scenarios = shipped({"fan_in", "risk_propagation"});
  ContinuousDetection first(scenarios, {}, 1h);
  EXPECT_TRUE(first.is_due(connection)) << "there are data, and no run";
  EXPECT_EQ(first.run(connection).kind, store::RunKind::kFull);
  EXPECT_FALSE(first.is_due(connection));

  load_lines(database, lines(0, 500));
  EXPECT_EQ(run(connection, shipped({"fan_in"}), {}).status, "succeeded");
  EXPECT_TRUE(first.is_due(connection)) << "somebody ran one of the scenarios only";
  EXPECT_EQ(run(connection, shipped({"risk_propagation"}), {}).status, "succeeded");
  EXPECT_FALSE(first.is_due(connection)) << "somebody ran both";
  EXPECT_EQ(first.run(connection).kind, store::RunKind::kFull);

  load_lines(database, lines(500, 600));
  EXPECT_TRUE(first.is_due(connection));
  EXPECT_EQ(first.run(connection).kind, store::RunKind::kIncremental);
  EXPECT_FALSE(first.is_due(connection)) << "what is left waits for the next full run";
  EXPECT_FALSE(ContinuousDetection(shipped({"fan_in"}), {}, 1h).is_due(connection));
  ContinuousDetection after_a_restart(scenarios, {}, 1h);
  EXPECT_TRUE(after_a_restart.is_due(connection)) << "the one before it left something";
  EXPECT_EQ(after_a_restart.run(connection).kind, store::RunKind::kFull);
  EXPECT_FALSE(after_a_restart.is_due(connection));
}

TEST_F(ContinuousDetectionTest, RunsOfOtherScenariosDoNotDisturbIt) {
  const test::TestDatabase shared, whole;
  const std::vector<std::vector<std::string>> of_each{{"fan_in", "structuring", "pass_through"},
                                                      {"round_tripping", "mule", "anomalies"}};
  load_all_but_transfers(shared);
  load_lines(shared, lines(0, 3000));
  auto connection = shared.connect();
  std::vector<ContinuousDetection> detections;
  for (const auto& ids : of_each) {
    detections.emplace_back(shipped(ids), RunOptions{}, 1h);
    ASSERT_EQ(detections.back().run(connection).kind, store::RunKind::kFull);
  }
  for (std::size_t done = 3000; done < 6000; done += 500) {
    load_lines(shared, lines(done, done + 500));
    for (auto& detection : detections) {
      ASSERT_TRUE(detection.is_due(connection));
      ASSERT_EQ(detection.run(connection).kind, store::RunKind::kIncremental);
    }
  }

  load_all_but_transfers(whole);
  load_lines(whole, lines(0, 6000));
  auto whole_connection = whole.connect();
  for (const auto& ids : of_each)
    ASSERT_EQ(run(whole_connection, shipped(ids), {}).status, "succeeded");
  const std::string local = "'fan_in', 'structuring', 'pass_through', 'round_tripping', 'mule'";
  EXPECT_EQ(alerts_of(shared, local), alerts_of(whole, local));
  EXPECT_NE(alerts_of(shared, local), "");
}

/// With a budget for the first step only, if the detector has one.
std::vector<Scenario> cut_short(std::vector<Scenario> scenarios) {
  for (Scenario& scenario : scenarios) {
    std::visit(
        [](auto& params) {
          if constexpr (requires { params.max_steps; }) params.max_steps = 1;
        },
        scenario.params);
  }
  return scenarios;
}

std::vector<Scenario> of_another_version(std::vector<Scenario> scenarios) {
  for (Scenario& scenario : scenarios) ++scenario.version;
  return scenarios;
}

TEST_F(ContinuousDetectionTest, WhateverHappenedInBetweenGoldIsThatOfARunOverEverything) {
  const test::TestDatabase database;
  load_all_but_transfers(database);
  std::size_t done = 3000;
  load_lines(database, lines(0, done));
  auto connection = database.connect();
  const auto scenarios =
      shipped({"round_tripping", "structuring", "scatter_gather", "chain_layering", "fan_in",
               "mule", "dormant_reactivation", "risk_propagation", "synthetic_identities"});
  RunOptions options;
  options.account_features = false;
  RunOptions on_trial = options;
  on_trial.as_of = 0;
  const std::string before_this = database.query("SELECT aml.newest_version()");
  const auto load_more = [&] {
    load_lines(database, lines(done, done + 150));
    done += 150;
  };
  const std::vector<std::pair<std::string, std::function<void()>>> events{
      {"nothing", [] {}},
      {"transfers were deleted by hand",
       [&] {
         database.write(
             "DELETE FROM silver.transfers WHERE transfer_id IN (SELECT transfer_id FROM "
             "gold.alert_transfers ORDER BY transfer_id LIMIT 20)");
       }},
      {"and restored",
       [&] {
         store::restore_tables(connection, {"silver.transfers"}, std::stoll(before_this));
         load_more();
       }},
      {"somebody's run ended at its budget",
       [&] { run(connection, cut_short(scenarios), options); }},
      {"somebody ran another version",
       [&] { run(connection, of_another_version(scenarios), options); }},
      {"somebody looked at the past", [&] { run(connection, scenarios, on_trial); }},
      {"accounts went to another owner",
       [&] {
         database.write(
             "UPDATE silver.accounts SET party_id = (SELECT min(party_id) FROM silver.parties), "
             "valid_from = DEFAULT WHERE account_id IN (SELECT subject FROM gold.current_alerts "
             "WHERE subject_kind = 'account' ORDER BY 1 LIMIT 3)");
       }},
      {"an alert was taken away by hand", [&] {
         database.write(
             "UPDATE gold.alerts SET gone_run_id = first_run_id, valid_from = DEFAULT WHERE "
             "gone_run_id IS NULL AND scenario = 'mule'");
       }}};
  ContinuousDetection detection(scenarios, options, 1h);
  ASSERT_EQ(detection.run(connection).status, "succeeded");
  for (const auto& [what, happen] : events) {
    happen();
    load_more();
    ASSERT_TRUE(detection.is_due(connection)) << what;
    ASSERT_EQ(detection.run(connection).status, "succeeded") << what;
    load_more();
    ASSERT_EQ(detection.run(connection).kind, store::RunKind::kIncremental) << what;
    ASSERT_TRUE(ContinuousDetection(scenarios, options, 1h).is_due(connection))
        << "risk waits for the next run over all data";
    const std::string local = "scenario NOT IN ('risk_propagation', 'synthetic_identities')";
    const std::string kept = test::current_alerts_dump(database, local);
    ASSERT_EQ(run(connection, scenarios, options).status, "succeeded");
    EXPECT_EQ(kept, test::current_alerts_dump(database, local)) << what;
    EXPECT_EQ(database.query("SELECT count(*) FROM gold.current_alerts WHERE is_unreached"), "0");
    EXPECT_EQ(database.query("SELECT count(*) FROM gold.current_alerts c WHERE last_run_id <> "
                             "(SELECT max(run_id) FROM aml.runs)"),
              "0");
  }
}

TEST_F(ContinuousDetectionTest, AScenarioThatFailedIsTriedAgainWithTheNextFullRun) {
  const test::TestDatabase database;
  load_all_but_transfers(database);
  load_lines(database, lines(0, 500));
  auto connection = database.connect();
  RunOptions options;
  options.account_features = false;
  auto scenarios = shipped({"fan_in", "round_tripping"});
  for (Scenario& scenario : scenarios)
    if (auto* cycles = std::get_if<detect::CyclesParams>(&scenario.params)) cycles->min_length = 0;
  ContinuousDetection detection(scenarios, options, 1s);
  ASSERT_EQ(detection.run(connection).status, "failed");
  EXPECT_FALSE(detection.is_due(connection)) << "not at once";
  std::this_thread::sleep_for(1100ms);
  EXPECT_TRUE(detection.is_due(connection)) << "though nothing new came";
}

TEST_F(ContinuousDetectionTest, ARunThatFailedIsStillDue) {
  const test::TestDatabase database;
  load_all_but_transfers(database);
  load_lines(database, lines(0, 500));
  auto connection = database.connect();
  RunOptions options;
  options.account_features = false;
  ContinuousDetection detection(shipped({"fan_in", "risk_propagation"}), options, 3s);
  ASSERT_EQ(detection.run(connection).kind, store::RunKind::kFull);
  load_lines(database, lines(500, 600));
  ASSERT_EQ(detection.run(connection).kind, store::RunKind::kIncremental);
  const auto runs_when_gold_can_be_written_again = [&] {
    database.query(
        "CREATE TRIGGER refuse BEFORE UPDATE ON gold.scenario_periods FOR EACH STATEMENT EXECUTE "
        "FUNCTION refuse()");
    EXPECT_THROW(detection.run(connection), store::StoreError);
    EXPECT_TRUE(detection.is_due(connection));
    database.query("DROP TRIGGER refuse ON gold.scenario_periods");
    EXPECT_EQ(detection.run(connection).kind, store::RunKind::kFull);
    EXPECT_FALSE(detection.is_due(connection));
  };
  database.query(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk is full'; "
      "END $$");
  while (!detection.is_due(connection)) std::this_thread::sleep_for(50ms);
  runs_when_gold_can_be_written_again();  // a full run for what was left
  load_lines(database, lines(600, 700));
  runs_when_gold_can_be_written_again();  // an incremental one
}

}  // namespace
}  // namespace aml::scenarios
