// SPDX-License-Identifier: Apache-2.0
// Backtests: they see what was there then, with the parameters asked for, and leave gold as it is.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/motif_value.hpp"
#include "scenarios/evaluation.hpp"
#include "scenarios/generator.hpp"
#include "scenarios/overrides.hpp"
#include "scenarios/runner.hpp"
#include "store/gold_reader.hpp"
#include "store/ingest.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

namespace fs = std::filesystem;

graph::Micros time_of(const std::string& text) {
  return static_cast<graph::Micros>(graph::parse_time_point(text).value().micros);
}

RunOptions as_of(graph::Micros at) {
  RunOptions options;
  options.as_of = at;
  return options;
}

/// All that a run found, without run numbers.
std::string findings_of(const test::TestDatabase& database, std::int64_t run_id) {
  const auto rows = [&](const std::string& columns, const std::string& parts) {
    return database.query(fmt::format("SELECT ROW({})::text FROM aml.run_findings f {} WHERE "
                                      "f.run_id = {} ORDER BY 1",
                                      columns, parts, run_id)) +
           "\n--\n";
  };
  const auto joined = [](const std::string& view) {
    return "JOIN aml." + view + " p USING (alert_id, backtest_run_id)";
  };
  return rows(
             "alert_id, scenario, title, version, typology, subject_kind, subject, score, "
             "severity, "
             "amount, currency, first_activity_at, last_activity_at, explanation",
             "") +
         rows("alert_id, step, transfer_id, role, branch", joined("finding_transfers")) +
         rows("alert_id, entity_kind, entity_id, role", joined("finding_entities")) +
         rows("alert_id, item, feature, observed, threshold, contribution, sentence",
              joined("finding_evidence"));
}

/// Every row of gold with the database transaction that wrote it.
std::string gold_with_writers(const test::TestDatabase& database) {
  std::string dump;
  for (const char* table :
       {"alerts", "alert_transfers", "alert_entities", "alert_evidence", "scores", "scenarios",
        "scenario_periods", "alert_periods", "typologies"})
    dump += database.query(fmt::format("SELECT xmin, t FROM gold.{} t ORDER BY t::text", table)) +
            "\n--\n";
  return dump;
}

class BacktestOfGeneratedBank : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("aml_backtest_" + std::to_string(getpid()));
    generate(folder_.string(), {.accounts = 500, .days = 210, .seed = 11, .instances = 2});
    fs::remove(folder_ / "labels.csv");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void load(store::Connection& connection) const {
    store::IngestOptions options;
    options.expectations = load_expectations("");
    store::ingest(connection, {folder_.string()}, options);
  }

  fs::path folder_;
};

TEST_F(BacktestOfGeneratedBank, AsOfATimeEqualsARunOverWhatWasBookedUntilThen) {
  const test::TestDatabase whole;
  const test::TestDatabase earlier;
  store::Connection on_whole = whole.connect();
  store::Connection on_earlier = earlier.connect();
  load(on_whole);
  load(on_earlier);
  const auto scenarios = shipped_scenarios({});
  // From the end to the start, so that `earlier` only ever loses transfers. The middle one is the
  // very moment of a transfer, which still counts.
  const std::string moment = whole.query(
      "SELECT gold.iso_time(booked_at) FROM silver.transfers ORDER BY booked_at "
      "OFFSET (SELECT count(*) / 2 FROM silver.transfers) LIMIT 1");
  const std::string late = whole.query(
      "SELECT gold.iso_time(max(booked_at) - interval '40 days') FROM silver.transfers");
  const std::string before = whole.query(
      "SELECT gold.iso_time(min(booked_at) - interval '1 second') FROM silver.transfers");
  std::vector<std::string> sizes;
  for (const std::string& time : {late, moment, before}) {
    const RunOutcome backtest = run(on_whole, scenarios, as_of(time_of(time)));
    earlier.write(
        fmt::format("DELETE FROM silver.transfers WHERE booked_at > '{}' RETURNING 1", time));
    // A backtest is scored by a forest of its own as long as none is in production.
    earlier.query(
        "UPDATE aml.model_versions SET stage = 'Archived', stage_reason = 'to fit another' "
        "WHERE stage = 'Production' RETURNING 1");
    const RunOutcome production = run(on_earlier, scenarios, {});
    EXPECT_EQ(backtest.snapshot.transfers, production.snapshot.transfers) << time;
    EXPECT_EQ(findings_of(whole, backtest.run_id), findings_of(earlier, production.run_id)) << time;
    sizes.push_back(std::to_string(backtest.snapshot.transfers));
  }
  EXPECT_EQ(sizes.back(), "0");
  EXPECT_NE(sizes[0], sizes[1]);
  EXPECT_EQ(whole.query("SELECT count(*) FROM gold.alerts"), "0");
  EXPECT_GT(std::stoll(whole.query("SELECT count(*) FROM backtest.findings WHERE run_id = 1")), 50);
}

/// Whole findings with their parts, of a production run as gold was right after it, or of a backtest.
std::string findings_with_parts(const test::TestDatabase& database, bool is_backtest,
                                std::int64_t run_id) {
  const std::string version =
      is_backtest
          ? ""
          : database.query(fmt::format("SELECT version FROM aml.runs WHERE run_id = {}", run_id));
  const std::string findings =
      is_backtest ? "backtest.findings" : fmt::format("gold.alerts_as_of({})", version);
  const std::string condition =
      is_backtest ? fmt::format("run_id = {}", run_id) : "gone_run_id IS NULL";
  std::string dump =
      database.query(fmt::format("SELECT alert_id, scenario, subject_kind, subject, score, "
                                 "severity, amount, currency, first_activity_at, last_activity_at, "
                                 "explanation FROM {} WHERE {} ORDER BY alert_id",
                                 findings, condition));
  for (const auto& [part, columns] :
       {std::pair{"transfers", "step, transfer_id, role, branch"},
        std::pair{"entities", "entity_kind, entity_id, role"},
        std::pair{"evidence", "item, feature, observed, threshold, contribution, sentence"}}) {
    const std::string table =
        is_backtest
            ? fmt::format("(SELECT * FROM backtest.finding_{} WHERE run_id = {})", part, run_id)
            : fmt::format("gold.alert_{}_as_of({})", part, version);
    dump += database.query(fmt::format("SELECT alert_id, {0} FROM {1} AS part JOIN (SELECT "
                                       "alert_id FROM {2} WHERE {3}) f USING (alert_id) "
                                       "ORDER BY part::text COLLATE \"C\", alert_id, {0}",
                                       columns, table, findings, condition)) +
            "\n--\n";
  }
  return dump;
}

TEST_F(BacktestOfGeneratedBank, AsOfAVersionFindsBitForBitWhatTheRunThatReadItFound) {
  const test::TestDatabase database;
  store::Connection connection = database.connect();
  load(connection);
  const auto scenarios = shipped_scenarios({});
  const RunOutcome first = run(connection, scenarios, {});
  // Rows of every table come, change and go, and another version of the model is put in production.
  database.write(
      "UPDATE silver.accounts SET country = 'KY', valid_from = DEFAULT WHERE right(account_id, 1) "
      "= '3';"
      "UPDATE silver.parties SET base_risk = base_risk + 1, valid_from = DEFAULT WHERE "
      "right(party_id, 1) = '5';"
      "DELETE FROM silver.party_attributes WHERE kind = 'phone';"
      "UPDATE silver.transfers SET amount_base = amount_base * 2, valid_from = DEFAULT WHERE "
      "right(transfer_id, 1) IN ('1', '4');"
      "DELETE FROM silver.transfers WHERE right(transfer_id, 1) = '7'");
  database.query(
      "UPDATE aml.model_versions SET stage = 'Archived', stage_reason = 'to fit another' RETURNING "
      "1");
  const RunOutcome second = run(connection, scenarios, {});
  ASSERT_NE(first.snapshot.version, second.snapshot.version);
  RunOptions options;
  for (const RunOutcome* production : {&first, &second}) {
    options.as_of_version = production->snapshot.version;
    const RunOutcome backtest = run(connection, scenarios, options);
    EXPECT_TRUE(backtest.is_backtest);
    EXPECT_EQ(backtest.snapshot.version, production->snapshot.version);
    EXPECT_EQ(findings_with_parts(database, true, backtest.run_id),
              findings_with_parts(database, false, production->run_id));
  }
  EXPECT_NE(findings_with_parts(database, false, first.run_id),
            findings_with_parts(database, false, second.run_id));
  EXPECT_EQ(database.query("SELECT count(*) FROM gold.current_alerts_as_of(" +
                           database.query("SELECT version FROM aml.runs WHERE run_id = 1") + ")"),
            database.query("SELECT count(*) FROM gold.run_alerts WHERE run_id = 1"));
}

class Backtest : public testing::Test {
 protected:
  void SetUp() override { test::insert_small_bank(database_); }

  RunOutcome run_with(const std::vector<std::string>& overrides, const RunOptions& options = {}) {
    return run(connection_, with_overrides(shipped_scenarios({}), overrides, {}), options);
  }
  std::vector<std::string> changes(std::int64_t earlier, std::int64_t later) {
    std::vector<std::string> lines;
    for (const auto& row : store::diff_runs(connection_, earlier, later))
      lines.push_back(fmt::format("{} {} {}: {}", row.change, row.scenario, row.subject, row.why));
    return lines;
  }

  test::TestDatabase database_;
  store::Connection connection_ = database_.connect();
};

TEST_F(Backtest, LeavesEveryRowOfGoldUntouched) {
  run_with({});
  const std::string before = gold_with_writers(database_);
  const RunOutcome backtest = run_with({"round_tripping.max_length=3", "fan_in.min_transfers=9",
                                        "risk_propagation.alert_at=0.5", "anomalies.trees=50"},
                                       as_of(time_of("2024-02-01")));
  EXPECT_EQ(backtest.status, "succeeded");
  EXPECT_TRUE(backtest.is_backtest);
  EXPECT_EQ(gold_with_writers(database_), before);
  EXPECT_EQ(store::newest_successful_run(connection_), 1);

  const RunOutcome production = run_with({});
  for (const ScenarioOutcome& scenario : production.scenarios) {
    EXPECT_EQ(scenario.counts.added, 0) << scenario.id;
    EXPECT_EQ(scenario.counts.gone, 0) << scenario.id;
    EXPECT_FALSE(scenario.counts.changed_without_new_version) << scenario.id;
  }
}

TEST_F(Backtest, IsRecordedWithWhatMadeItOne) {
  run_with({});
  run_with({"fan_in.window=20 days", "mule.min_senders=2"}, as_of(time_of("2024-02-01")));
  const auto runs = store::list_runs(connection_, 0);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].purpose, "backtest");
  EXPECT_EQ(runs[0].as_of, "2024-02-01T00:00:00Z");
  EXPECT_EQ(runs[0].overrides,
            (std::vector<std::string>{"fan_in.window=20 days", "mule.min_senders=2"}));
  EXPECT_EQ(std::to_string(runs[0].alerts),
            database_.query("SELECT count(*) FROM backtest.findings"));
  EXPECT_EQ(runs[1].purpose, "production");
  EXPECT_EQ(runs[1].as_of, "");
  EXPECT_EQ(
      database_.query("SELECT parameters ->> 'window' FROM aml.run_steps WHERE run_id = 2 AND "
                      "scenario = 'fan_in'"),
      "20 days");
  EXPECT_EQ(database_.query("SELECT definition #>> '{params,window}' FROM backtest.results WHERE "
                            "run_id = 2 AND scenario = 'fan_in'"),
            "20 days");
  EXPECT_EQ(
      database_.query("SELECT name FROM aml.run_steps WHERE run_id = 2 ORDER BY step DESC LIMIT 1"),
      "write backtest");
}

TEST_F(Backtest, TheSameParametersFindWhatProductionFinds) {
  const auto production = run_with({});
  const auto backtest = run_with({}, as_of(time_of("2999-01-01")));
  EXPECT_EQ(findings_of(database_, backtest.run_id), findings_of(database_, production.run_id));
  EXPECT_EQ(changes(production.run_id, backtest.run_id), std::vector<std::string>());
  for (const ScenarioOutcome& scenario : backtest.scenarios) {
    EXPECT_EQ(scenario.counts.added, 0) << scenario.id;
    EXPECT_EQ(scenario.counts.gone, 0) << scenario.id;
  }
}

TEST_F(Backtest, ItsStoriesAreToldFromItsOwnParts) {
  run_with({});
  const auto backtest = run_with({"fan_in.window=60 days", "fan_in.leg_at_least=0"});
  store::AlertFilter filter;
  filter.run_id = backtest.run_id;
  filter.scenario = "fan_in";
  const auto stories = store::read_stories(connection_, filter);
  ASSERT_FALSE(stories.empty());
  std::size_t transfers = 0;
  for (const auto& story : stories) {
    EXPECT_EQ(story.alert.last_run_id, backtest.run_id);
    EXPECT_FALSE(story.evidence.empty());
    ASSERT_FALSE(story.entities.empty());
    EXPECT_EQ(story.entities.front().id, story.alert.subject);
    transfers += story.transfers.size();
  }
  EXPECT_EQ(
      std::to_string(transfers),
      database_.query("SELECT count(*) FROM backtest.finding_transfers JOIN backtest.findings "
                      "USING (run_id, alert_id) WHERE scenario = 'fan_in'"));
  EXPECT_GT(transfers, std::stoull(database_.query(
                           "SELECT count(*) FROM gold.alert_transfers JOIN gold.current_alerts "
                           "USING (alert_id) WHERE scenario = 'fan_in'")));
}

TEST_F(Backtest, DiffersFromProductionAndFromAnotherBacktestForAReason) {
  const auto production = run_with({}).run_id;
  const auto narrow = run_with({"round_tripping.max_length=3"}).run_id;
  const auto early = run_with({}, as_of(time_of("2024-01-01") - 1)).run_id;
  const std::string why = "parameters: max_length 8 became 3";
  const auto to_narrow = changes(production, narrow);
  EXPECT_NE(std::ranges::find(to_narrow, "went round_tripping A1: " + why), to_narrow.end());
  const auto back = changes(narrow, production);
  EXPECT_NE(std::ranges::find(back, "came round_tripping A1: parameters: max_length 3 became 8"),
            back.end());
  const auto to_early = changes(narrow, early);
  ASSERT_FALSE(to_early.empty());
  for (const std::string& change : to_early) {
    EXPECT_NE(change.find("as of: all data became 2023-12-31T23:59:59.999999Z"), std::string::npos)
        << change;
  }
}

TEST_F(Backtest, IsEvaluatedByItsRunAndNotAsCurrentAlerts) {
  const auto production = run_with({}).run_id;
  const auto narrow = run_with({"round_tripping.max_length=3"}).run_id;
  std::vector<Label> labels;
  for (const char* transfer : {"R1", "R2", "R3", "R4"})
    labels.push_back({"round_tripping", "ring", "", "", transfer});
  const auto found = [&](std::optional<std::int64_t> run_id) {
    for (const auto& quality : evaluate(connection_, labels, run_id))
      if (quality.typology == "round_tripping") return quality.instances.found;
    return std::int64_t{-1};
  };
  EXPECT_EQ(found({}), 1);
  EXPECT_EQ(found(production), 1);
  EXPECT_EQ(found(narrow), 0);
  record_evaluation(connection_, narrow, labels, "test", evaluate(connection_, labels, narrow));
  EXPECT_EQ(
      database_.query("SELECT found FROM aml.evaluations WHERE typology = 'round_tripping' AND "
                      "level = 'instance'"),
      "0");
}

TEST_F(Backtest, AProductionRunIsJudgedUntilANewerOneRunsOneOfItsScenariosAgain) {
  const auto run_these = [&](const std::vector<std::string>& ids) {
    auto scenarios = shipped_scenarios({});
    std::erase_if(scenarios, [&](const Scenario& scenario) {
      return std::ranges::find(ids, scenario.id) == ids.end();
    });
    return run(connection_, scenarios, {}).run_id;
  };
  const auto refusal = [&](std::int64_t run_id) -> std::string {
    try {
      evaluate(connection_, {}, run_id);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "(accepted)";
  };
  const auto first = run_these({"round_tripping", "fan_in"});
  run_these({"mule"});
  const auto backtest = run_with({"fan_in.window=60 days"}).run_id;
  EXPECT_EQ(refusal(first), "(accepted)");
  const auto second = run_these({"fan_in"});
  EXPECT_NE(refusal(first).find(fmt::format("as those left them: fan_in (run {})\n", second)),
            std::string::npos)
      << refusal(first);
  EXPECT_NE(refusal(first).find("backtest"), std::string::npos);
  EXPECT_EQ(refusal(second), "(accepted)");
  EXPECT_EQ(refusal(backtest), "(accepted)");
}

TEST_F(Backtest, AProductionRunThatWroteNothingStaysInTheLedgerToo) {
  std::atomic<bool> has_read = false;
  RunOptions stopped;
  stopped.finished = [&](const store::RunStep&) { has_read = true; };
  stopped.interrupted = [&] { return has_read.load(); };
  const auto production = run_with({}, stopped);
  has_read = false;
  stopped.as_of = time_of("2024-02-01");
  ASSERT_EQ(production.status, "interrupted");
  ASSERT_EQ(run_with({}, stopped).status, "interrupted");
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.run_results"), "0");
  EXPECT_ANY_THROW(database_.query(
      fmt::format("DELETE FROM aml.runs WHERE run_id = {} RETURNING 1", production.run_id)));
  database_.query("DELETE FROM aml.runs WHERE purpose = 'backtest' RETURNING 1");
  EXPECT_EQ(database_.query("SELECT run_id, count(*) > 0 FROM aml.run_steps GROUP BY run_id"),
            fmt::format("{}|t", production.run_id));
}

TEST_F(Backtest, IsDeletedWholeFromTheLedgerAProductionRunIsNot) {
  run_with({});
  const auto backtest = run_with({"fan_in.window=60 days"}).run_id;
  record_evaluation(connection_, backtest, {}, "test", evaluate(connection_, {}, backtest));
  const std::string gold = gold_with_writers(database_);
  database_.query("DELETE FROM aml.runs WHERE purpose = 'backtest' RETURNING 1");
  EXPECT_EQ(database_.query("SELECT (SELECT count(*) FROM backtest.results), "
                            "(SELECT count(*) FROM backtest.findings), "
                            "(SELECT count(*) FROM backtest.finding_transfers), "
                            "(SELECT count(*) FROM backtest.finding_entities), "
                            "(SELECT count(*) FROM backtest.finding_evidence), "
                            "(SELECT count(*) FROM aml.run_steps WHERE run_id > 1), "
                            "(SELECT count(*) FROM aml.evaluations)"),
            "0|0|0|0|0|0|0");
  EXPECT_EQ(gold_with_writers(database_), gold);
  EXPECT_ANY_THROW(database_.query("DELETE FROM aml.runs RETURNING 1"));
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.runs"), "1");
}

}  // namespace
}  // namespace aml::scenarios
