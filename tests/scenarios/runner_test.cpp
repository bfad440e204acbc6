// SPDX-License-Identifier: Apache-2.0
#include "scenarios/runner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <thread>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/error.hpp"
#include "store/open_metrics.hpp"
#include "tests/cli/gold_dump.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

Scenario shipped(const std::string& id) {
  const auto scenarios = shipped_scenarios({});
  return *std::ranges::find(scenarios, id, &Scenario::id);
}

/// A scenario that passed no reader: its detector must refuse it.
Scenario broken() {
  Scenario scenario = shipped("round_tripping");
  scenario.id = "broken";
  std::get<detect::CyclesParams>(scenario.params).min_length = 0;
  return scenario;
}

class Runner : public testing::Test {
 protected:
  RunOutcome run_shipped() { return run(connection_, shipped_scenarios({}), {}); }
  std::string ledger_status(std::int64_t run_id) {
    return database_.query(fmt::format("SELECT status FROM aml.runs WHERE run_id = {}", run_id));
  }

  test::TestDatabase database_;
  store::Connection connection_ = database_.connect();
};

class RunnerOnSmallBank : public Runner {
 protected:
  void SetUp() override { test::insert_small_bank(database_); }
};

TEST_F(RunnerOnSmallBank, EveryShippedScenarioFindsItsInstance) {
  const RunOutcome outcome = run_shipped();
  EXPECT_EQ(outcome.status, "succeeded");
  ASSERT_EQ(outcome.scenarios.size(), shipped_scenarios({}).size());
  for (const ScenarioOutcome& scenario : outcome.scenarios) {
    EXPECT_EQ(scenario.error, "") << scenario.id;
    EXPECT_FALSE(scenario.truncated) << scenario.id;
    EXPECT_GE(scenario.counts.alerts, 1) << scenario.id;
    EXPECT_EQ(scenario.counts.added, scenario.counts.alerts) << scenario.id;
  }
  const auto subjects = [&](const std::string& scenario) {
    return database_.query(
        fmt::format("SELECT subject_kind, subject FROM gold.current_alerts WHERE scenario = '{}' "
                    "ORDER BY subject",
                    scenario));
  };
  EXPECT_EQ(subjects("structuring"), "account|A12");
  EXPECT_EQ(subjects("synthetic_identities"), "party|P20");
  EXPECT_EQ(subjects("risk_propagation"), "party|P30");
  EXPECT_NE(subjects("anomalies").find("account|A40"), std::string::npos);
  EXPECT_EQ(subjects("account_structuring"), "account|A81");
  EXPECT_EQ(subjects("account_structuring_week"), "account|A81");
  EXPECT_EQ(subjects("round_amounts"), "account|A70\naccount|A81\naccount|A87");
  EXPECT_EQ(subjects("smurfing"), "account|A70");
  EXPECT_EQ(subjects("fan_in"), "account|A70");
  EXPECT_EQ(subjects("fan_out"), "account|A71");
  EXPECT_EQ(subjects("gather_scatter"), "account|A87");
  EXPECT_EQ(subjects("funnel_account"), "account|A87");
  EXPECT_EQ(subjects("mule"), "account|A87");
  EXPECT_EQ(subjects("dormant_reactivation"), "account|A100\naccount|A101");
  EXPECT_EQ(subjects("scatter_gather"), "account|A103");
  EXPECT_EQ(subjects("bipartite"), "account|A108");
  EXPECT_EQ(subjects("stack"), "account|A113");
  EXPECT_EQ(database_.query(
                "SELECT string_agg(t.transfer_id, ' ' ORDER BY t.step) FROM gold.alert_transfers t "
                "JOIN gold.current_alerts a USING (alert_id) "
                "WHERE a.scenario = 'round_tripping' AND a.subject = 'A1'"),
            "R1 R2 R3 R4");
}

TEST_F(RunnerOnSmallBank, StagesAreRecordedInOrderWithTheirFacts) {
  std::vector<std::string> started, finished;
  RunOptions options;
  options.program_version = "1.2.3";
  options.threads = 2;
  options.started = [&](const std::string& stage) { started.push_back(stage); };
  options.finished = [&](const store::RunStep& step) { finished.push_back(step.name); };
  const RunOutcome outcome =
      run(connection_, {shipped("structuring"), shipped("round_tripping")}, options);

  const std::vector<std::string> stages{"read snapshot",  "build graph",      "structuring",
                                        "round_tripping", "account features", "write gold"};
  EXPECT_EQ(started, stages);
  EXPECT_EQ(finished, stages);
  ASSERT_EQ(outcome.steps.size(), stages.size());
  EXPECT_EQ(database_.query(fmt::format(
                "SELECT string_agg(name, ',' ORDER BY step) FROM aml.run_steps WHERE run_id = {}",
                outcome.run_id)),
            "read snapshot,build graph,structuring,round_tripping,account features,write gold");

  const std::string transfers = database_.query("SELECT count(*) FROM silver.transfers");
  EXPECT_EQ(std::to_string(outcome.steps[0].rows), transfers);
  EXPECT_EQ(std::to_string(outcome.steps[1].rows), transfers);
  EXPECT_EQ(outcome.steps[2].rows, outcome.scenarios[0].counts.alerts);
  EXPECT_EQ(outcome.steps[5].rows,
            outcome.scenarios[0].counts.alerts + outcome.scenarios[1].counts.alerts);
  for (const store::RunStep& step : outcome.steps) EXPECT_GT(step.peak_memory_bytes, 1 << 20);

  EXPECT_EQ(
      database_.query(fmt::format("SELECT program_version, threads, array_to_string(scenarios, "
                                  "','), accounts, parties, transfers "
                                  "FROM aml.runs WHERE run_id = {}",
                                  outcome.run_id)),
      "1.2.3|2|structuring,round_tripping|120|119|" + transfers);
  EXPECT_EQ(database_.query(fmt::format("SELECT parameters = '{}'::jsonb FROM aml.run_steps WHERE "
                                        "run_id = {} AND scenario = 'structuring'",
                                        shipped("structuring").parameters_json, outcome.run_id)),
            "t");
}

TEST_F(RunnerOnSmallBank, RunningAgainChangesNoAlertAndAddsNoRow) {
  run_shipped();
  const auto dump = [&] {
    return test::gold_dump(database_) +
           database_.query("SELECT alert_id, first_run_id FROM gold.alerts ORDER BY alert_id");
  };
  const std::string first = dump();
  const RunOutcome again = run_shipped();
  EXPECT_EQ(dump(), first);
  for (const ScenarioOutcome& scenario : again.scenarios) {
    EXPECT_EQ(scenario.counts.added, 0) << scenario.id;
    EXPECT_EQ(scenario.counts.gone, 0) << scenario.id;
  }
  EXPECT_EQ(database_.query(fmt::format(
                "SELECT count(*) FROM gold.current_alerts WHERE last_run_id <> {}", again.run_id)),
            "0");
}

TEST_F(RunnerOnSmallBank, AccountFeaturesAreThoseOfTheNewestProductionRun) {
  run_shipped();
  const std::string all = "SELECT * FROM gold.account_features ORDER BY account_id";
  const std::string first = database_.query(all);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.account_features"),
            database_.query("SELECT count(*) FROM silver.accounts"));
  EXPECT_EQ(database_.query("SELECT sum(transfers_out), sum(amount_in) FROM gold.account_features"),
            database_.query("SELECT count(*), sum(amount_base) FROM silver.transfers "
                            "WHERE from_account_id <> to_account_id"));
  run_shipped();
  EXPECT_EQ(database_.query(all), first) << "nothing changed, not even the run";

  const std::string payer = database_.write(
      "DELETE FROM silver.transfers WHERE transfer_id = 'S5' RETURNING from_account_id");
  RunOptions backtest;
  backtest.as_of = std::numeric_limits<graph::Micros>::max() / 2;
  run(connection_, {shipped("structuring")}, backtest);
  EXPECT_EQ(database_.query(all), first) << "a backtest leaves gold as it is";

  RunOptions without;
  without.account_features = false;
  run(connection_, {shipped("structuring")}, without);
  EXPECT_EQ(database_.query(all), first) << "nor does a run touch them that is told not to";

  const RunOutcome again = run(connection_, {shipped("structuring")}, {});
  EXPECT_EQ(database_.query(fmt::format("SELECT transfers_out, run_id FROM gold.account_features "
                                        "WHERE account_id = '{}'",
                                        payer)),
            database_.query(fmt::format("SELECT count(*), {} FROM silver.transfers "
                                        "WHERE from_account_id = '{}'",
                                        again.run_id, payer)));
  EXPECT_NE(database_.query("SELECT count(*) FROM gold.account_features WHERE run_id = 1"), "0")
      << "the others keep the run that measured them";
}

TEST_F(RunnerOnSmallBank, AlertsThatAreNoLongerFoundAreGoneButKept) {
  run_shipped();
  database_.write("DELETE FROM silver.transfers WHERE transfer_id = 'S5'");
  const RunOutcome again = run(connection_, {shipped("structuring")}, {});
  EXPECT_EQ(again.scenarios[0].counts.alerts, 0);
  EXPECT_EQ(again.scenarios[0].counts.gone, 1);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.alerts WHERE scenario = 'structuring'"),
            "1");
  EXPECT_EQ(
      database_.query("SELECT count(*) FROM gold.current_alerts WHERE scenario = 'structuring'"),
      "0");
  EXPECT_NE(database_.query("SELECT count(*) FROM gold.current_alerts"), "0");
}

TEST_F(RunnerOnSmallBank, ASecondRunAtTheSameTimeIsRefusedAndLeavesNoRow) {
  std::optional<store::StoreFailure> failure;
  RunOptions options;
  options.started = [&](const std::string& stage) {
    if (stage != "build graph") return;
    store::Connection other = database_.connect();
    try {
      run(other, shipped_scenarios({}), {});
    } catch (const store::StoreError& error) {
      failure = error.failure();
    }
  };
  const RunOutcome outcome = run(connection_, shipped_scenarios({}), options);
  EXPECT_EQ(failure, store::StoreFailure::kLocked);
  EXPECT_EQ(outcome.status, "succeeded");
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.runs"), "1");
}

TEST_F(RunnerOnSmallBank, AScenarioThatFailsDoesNotStopTheOthers) {
  const RunOutcome outcome =
      run(connection_, {shipped("structuring"), broken(), shipped("round_tripping")}, {});
  EXPECT_EQ(outcome.status, "failed");
  ASSERT_EQ(outcome.scenarios.size(), 3u);
  EXPECT_NE(outcome.scenarios[1].error.find("min_length"), std::string::npos);
  EXPECT_EQ(outcome.scenarios[0].error + outcome.scenarios[2].error, "");
  EXPECT_EQ(ledger_status(outcome.run_id), "failed");
  EXPECT_NE(database_.query("SELECT error FROM aml.runs").find("broken: min_length"),
            std::string::npos);
  EXPECT_EQ(database_.query("SELECT outcome FROM aml.run_steps ORDER BY step"),
            "ok\nok\nok\nfailed\nok\nok\nok");
  EXPECT_EQ(database_.query("SELECT DISTINCT scenario FROM gold.current_alerts ORDER BY 1"),
            "round_tripping\nstructuring");
}

TEST_F(RunnerOnSmallBank, AFailureKeepsTheAlertsOfTheRunBefore) {
  run_shipped();
  Scenario failing = shipped("round_tripping");
  std::get<detect::CyclesParams>(failing.params).min_length = 0;
  const std::string before = test::gold_dump(database_);
  const RunOutcome outcome = run(connection_, {failing}, {});
  EXPECT_EQ(outcome.status, "failed");
  EXPECT_EQ(test::gold_dump(database_), before);
  EXPECT_NE(
      database_.query("SELECT count(*) FROM gold.current_alerts WHERE scenario = 'round_tripping'"),
      "0");
}

/// With a budget for the first step only, if the detector has one.
Scenario with_no_budget(Scenario scenario) {
  std::visit(
      [](auto& params) {
        if constexpr (requires { params.max_steps; }) params.max_steps = 1;
        if constexpr (requires { params.max_alerts; }) params.max_alerts = 1;
      },
      scenario.params);
  return scenario;
}

TEST_F(RunnerOnSmallBank, ARunThatEndsAtABudgetTakesNoAlertAway) {
  run_shipped();
  const auto alerts = [&] {
    return test::current_alerts_dump(database_) +
           database_.query("SELECT alert_id, severity FROM gold.current_alerts ORDER BY 1");
  };
  const std::string before = alerts();
  std::vector<Scenario> scenarios = shipped_scenarios({});
  for (Scenario& scenario : scenarios) scenario = with_no_budget(std::move(scenario));
  const RunOutcome cut = run(connection_, scenarios, {});
  int truncated = 0;
  for (const ScenarioOutcome& scenario : cut.scenarios) {
    if (!scenario.truncated) continue;
    ++truncated;
    EXPECT_EQ(scenario.counts.gone, 0) << scenario.id;
    EXPECT_EQ(std::to_string(scenario.counts.unreached),
              database_.query(fmt::format("SELECT count(*) FROM gold.current_alerts WHERE "
                                          "is_unreached AND last_run_id = 1 AND scenario = '{}'",
                                          scenario.id)))
        << scenario.id;
  }
  EXPECT_GE(truncated, 10);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.current_alerts WHERE first_run_id = 1"),
            database_.query("SELECT count(*) FROM gold.alerts WHERE first_run_id = 1"));
  const auto& warnings = cut.steps.back().warnings;
  EXPECT_TRUE(std::ranges::any_of(warnings, [](const std::string& warning) {
    return warning ==
           "scenario structuring ended at a budget; current alerts that it did not come "
           "to, and that stay: 1";
  })) << fmt::format("{}", fmt::join(warnings, "\n"));

  EXPECT_NE(
      store::open_metrics(connection_).find("aml_unreached_alerts{scenario=\"structuring\"} 1\n"),
      std::string::npos);

  RunOptions on_trial;
  on_trial.as_of = std::numeric_limits<graph::Micros>::max() / 2;
  for (const ScenarioOutcome& scenario : run(connection_, scenarios, on_trial).scenarios)
    EXPECT_TRUE(!scenario.truncated || scenario.counts.gone == 0) << scenario.id;

  run_shipped();
  EXPECT_EQ(alerts(), before);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.current_alerts WHERE is_unreached"), "0");
}

TEST_F(RunnerOnSmallBank, SeveritiesOfATruncatedRunAddUpToItsAlerts) {
  Scenario scenario = shipped("anomalies");
  auto& params = std::get<detect::AnomaliesParams>(scenario.params);
  params.alert_at = 0.5001;
  const RunOutcome all = run(connection_, {scenario}, {});
  ASSERT_GT(all.scenarios[0].counts.alerts, 1);
  database_.write(
      "INSERT INTO gold.alert_transfers SELECT a.alert_id, 1000, t.transfer_id, 'more', 0 FROM "
      "gold.alerts a CROSS JOIN (SELECT transfer_id FROM silver.transfers LIMIT 1) t");
  params.max_alerts = 1;
  const ScenarioOutcome cut = run(connection_, {scenario}, {}).scenarios[0];
  EXPECT_EQ(cut.counts.alerts, 0) << "all that it found lacks a transfer";
  EXPECT_EQ(cut.counts.unreached, all.scenarios[0].counts.alerts);
  for (const auto& [severity, alerts] : cut.by_severity) EXPECT_EQ(alerts, 0) << severity;
}

TEST_F(RunnerOnSmallBank, MoreAlertsThanTheHighestScoresKeepOnlyWhatStillScoresAsAnAlert) {
  Scenario scenario = shipped("anomalies");
  auto& params = std::get<detect::AnomaliesParams>(scenario.params);
  params.alert_at = 0.5001;
  const RunOutcome all = run(connection_, {scenario}, {});
  const std::string second =
      database_.query("SELECT score FROM gold.current_alerts ORDER BY score DESC LIMIT 1 OFFSET 1");
  params.max_alerts = 1;
  params.alert_at = std::stod(second) - 0.00001;
  const auto still = std::stoll(database_.query("SELECT count(*) FROM gold.scores WHERE value >= " +
                                                std::to_string(params.alert_at)));
  ASSERT_GT(still, 1);
  ASSERT_LT(still, all.scenarios[0].counts.alerts);
  RunOptions backtest;
  backtest.as_of_version = all.snapshot.version;
  const store::GoldCounts tried = run(connection_, {scenario}, backtest).scenarios[0].counts;
  const ScenarioOutcome cut = run(connection_, {scenario}, {}).scenarios[0];
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.counts.alerts, 1);
  EXPECT_EQ(cut.counts.gone, tried.gone) << "a backtest tells what a run would do";
  EXPECT_EQ(cut.counts.added, tried.added);
  EXPECT_EQ(cut.counts.unreached, still - 1) << "there was no room for them";
  EXPECT_EQ(cut.counts.gone, all.scenarios[0].counts.alerts - still) << "it looked at them";

  const std::string transferless = database_.query(
      "SELECT subject FROM gold.current_alerts WHERE is_unreached ORDER BY score DESC LIMIT 1");
  database_.write("DELETE FROM silver.transfers WHERE '" + transferless +
                  "' IN (from_account_id, to_account_id)");
  run(connection_, {scenario}, {});
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.current_alerts WHERE subject = '" +
                            transferless + "'"),
            "0");
}

TEST_F(RunnerOnSmallBank, AlertsOfScenariosThatFailedOrDidNotRunStayAsTheyWere) {
  run_shipped();
  const auto of_others = [&] {
    return test::current_alerts_dump(database_, "scenario <> 'structuring'") +
           database_.query(
               "SELECT alert_id, is_unreached, last_run_id FROM gold.current_alerts WHERE scenario "
               "<> 'structuring' ORDER BY 1");
  };
  const std::string before = of_others();
  Scenario failing = shipped("round_tripping");
  std::get<detect::CyclesParams>(failing.params).min_length = 0;
  EXPECT_EQ(run(connection_, {shipped("structuring"), failing}, {}).status, "failed");
  EXPECT_EQ(of_others(), before);
  EXPECT_EQ(database_.query("SELECT DISTINCT last_run_id FROM gold.current_alerts WHERE scenario = "
                            "'structuring'"),
            "2");
}

TEST_F(RunnerOnSmallBank, InterruptedInsideADetectorItEndsThereAndWritesNoGold) {
  std::atomic<bool> in_detector = false;
  RunOptions options;
  options.started = [&](const std::string& stage) {
    if (stage != "round_tripping") return;
    in_detector = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  };
  options.interrupted = [&] { return in_detector.load(); };
  const RunOutcome outcome =
      run(connection_, {shipped("round_tripping"), shipped("structuring")}, options);
  EXPECT_EQ(outcome.status, "interrupted");
  EXPECT_EQ(outcome.steps.size(), 3u);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.alerts"), "0");
}

TEST_F(RunnerOnSmallBank, InterruptedBetweenAnyTwoStagesItWritesNoGold) {
  const std::vector<Scenario> scenarios{shipped("structuring"), shipped("round_tripping")};
  // Before reading, after it, after building, after each scenario and after the features.
  for (int stages = 0; stages <= 5; ++stages) {
    std::atomic<int> ended = 0;
    RunOptions options;
    options.finished = [&](const store::RunStep&) { ++ended; };
    options.interrupted = [&] { return ended == stages; };
    const RunOutcome outcome = run(connection_, scenarios, options);
    EXPECT_EQ(outcome.status, "interrupted") << stages;
    EXPECT_EQ(outcome.steps.size(), static_cast<std::size_t>(stages));
    EXPECT_EQ(ledger_status(outcome.run_id), "interrupted");
    EXPECT_EQ(database_.query("SELECT count(*) FROM gold.alerts"), "0");
  }
  EXPECT_EQ(run(connection_, scenarios, {}).status, "succeeded");
}

TEST_F(RunnerOnSmallBank, WhenGoldCannotBeWrittenNothingIsAndTheLedgerSaysWhy) {
  database_.query(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk is full'; "
      "END $$; "
      "CREATE TRIGGER refuse BEFORE INSERT ON gold.alert_evidence FOR EACH STATEMENT EXECUTE "
      "FUNCTION refuse()");
  EXPECT_THROW(run_shipped(), store::StoreError);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.alerts"), "0");
  const std::string row = database_.query("SELECT status, error FROM aml.runs");
  EXPECT_TRUE(row.starts_with("failed|write gold: ")) << row;
  EXPECT_NE(row.find("disk is full"), std::string::npos) << row;

  database_.query("DROP TRIGGER refuse ON gold.alert_evidence");
  EXPECT_EQ(run_shipped().status, "succeeded");
}

TEST_F(RunnerOnSmallBank, HubsLeftOutAreNotedInTheLedger) {
  Scenario scenario = shipped("round_tripping");
  std::get<detect::CyclesParams>(scenario.params).max_counterparties = 50;
  const RunOutcome outcome = run(connection_, {scenario}, {});
  ASSERT_EQ(outcome.steps.size(), 5u);
  ASSERT_FALSE(outcome.steps[2].notes.empty());
  EXPECT_NE(outcome.steps[2].notes[0].find("A40"), std::string::npos) << outcome.steps[2].notes[0];
  EXPECT_EQ(outcome.steps[2].outcome, "ok");
  EXPECT_EQ(database_.query("SELECT notes[1] FROM aml.run_steps WHERE scenario = 'round_tripping'"),
            outcome.steps[2].notes[0]);
}

TEST_F(RunnerOnSmallBank, ABudgetThatIsReachedIsSaid) {
  Scenario cycles = shipped("round_tripping");
  std::get<detect::CyclesParams>(cycles.params).max_steps = 1;
  Scenario anomalies = shipped("anomalies");
  auto& params = std::get<detect::AnomaliesParams>(anomalies.params);
  params.alert_at = 0.5001;
  params.max_alerts = 1;
  const RunOutcome outcome = run(connection_, {cycles, anomalies}, {});
  EXPECT_EQ(outcome.status, "succeeded");
  for (const std::size_t scenario : {0u, 1u}) {
    const store::RunStep& step = outcome.steps[2 + scenario];
    EXPECT_TRUE(outcome.scenarios[scenario].truncated) << step.name;
    EXPECT_EQ(step.outcome, "truncated") << step.name;
    ASSERT_FALSE(step.notes.empty()) << step.name;
    EXPECT_EQ(step.notes.back(),
              fmt::format("budget reached, findings may be missing: raise {}",
                          scenario == 0 ? "max_steps or max_cycles" : "max_alerts"));
  }
}

TEST_F(RunnerOnSmallBank, ATextThatChangedUnderItsVersionIsNoted) {
  Scenario scenario = shipped("structuring");
  EXPECT_TRUE(run(connection_, {scenario}, {}).steps.back().notes.empty());
  scenario.definition_json = R"({"changed": true})";
  const auto notes = run(connection_, {scenario}, {}).steps.back().notes;
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("structuring ran before with another text under the same version 1"),
            std::string::npos);
}

TEST_F(RunnerOnSmallBank, SeveritiesAreThoseOfTheScenario) {
  Scenario scenario = shipped("synthetic_identities");
  const RunOutcome outcome = run(connection_, {scenario}, {});
  EXPECT_EQ(outcome.scenarios[0].by_severity, (std::vector<std::pair<std::string, std::int64_t>>{
                                                  {"high", 1}, {"medium", 0}, {"low", 0}}));
  EXPECT_EQ(database_.query("SELECT severity FROM gold.alerts"), "high");
  scenario.severity.clear();
  run(connection_, {scenario}, {});
  EXPECT_EQ(database_.query("SELECT severity FROM gold.alerts"), "low");
}

TEST_F(RunnerOnSmallBank, TheOutcomeAsJsonTellsTheRun) {
  const RunOutcome outcome = run(connection_, {shipped("structuring"), broken()}, {});
  const auto json = nlohmann::json::parse(to_json(outcome));
  EXPECT_EQ(json["run_id"], outcome.run_id);
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["snapshot"]["accounts"], 120);
  EXPECT_EQ(json["snapshot"]["parties"], 119);
  EXPECT_TRUE(json["snapshot"]["last_file_id"].is_null());
  EXPECT_GT(json["peak_memory_bytes"], 1 << 20);
  ASSERT_EQ(json["scenarios"].size(), 2u);
  EXPECT_EQ(json["scenarios"][0]["alerts"], 1);
  EXPECT_EQ(json["scenarios"][0]["added"], 1);
  EXPECT_EQ(json["scenarios"][0]["gone"], 0);
  EXPECT_EQ(json["scenarios"][1]["status"], "failed");
  EXPECT_FALSE(json["scenarios"][1].contains("alerts"));
  ASSERT_EQ(json["steps"].size(), 6u);
  EXPECT_EQ(json["steps"][2]["parameters"]["window"], "10 days");
}

TEST_F(Runner, AnEmptyDatabaseGivesASuccessfulRunWithoutAlerts) {
  const RunOutcome outcome = run_shipped();
  EXPECT_EQ(outcome.status, "succeeded");
  EXPECT_EQ(outcome.snapshot.transfers, 0);
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.alerts"), "0");
}

TEST_F(Runner, AnIdThatStandsTwiceIsRefusedBeforeAnythingIsWritten) {
  EXPECT_THROW(run(connection_, {shipped("structuring"), shipped("structuring")}, {}),
               std::invalid_argument);
  EXPECT_THROW(run(connection_, {}, {}), std::invalid_argument);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.runs"), "0");
}

}  // namespace
}  // namespace aml::scenarios
