// SPDX-License-Identifier: Apache-2.0
// Registered models at work: in runs, in backtests, in training, between databases.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/motif_value.hpp"
#include "scenarios/json_document.hpp"
#include "scenarios/model_card.hpp"
#include "scenarios/model_training.hpp"
#include "scenarios/overrides.hpp"
#include "scenarios/registered_model.hpp"
#include "scenarios/runner.hpp"
#include "store/error.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

constexpr const char* kModel = "account_anomalies";

Scenario anomalies() {
  const auto scenarios = shipped_scenarios({});
  return *std::ranges::find(scenarios, "anomalies", &Scenario::id);
}

class Models : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<test::TestDatabase>(); }
  static void TearDownTestSuite() { shared_.reset(); }
  void SetUp() override {
    database_.empty();
    test::insert_small_bank(database_);
  }

  RunOutcome run_with(const std::vector<std::string>& overrides = {},
                      const RunOptions& options = {}) {
    return run(connection_, with_overrides({anomalies()}, overrides, {}), options);
  }
  TrainingOutcome train_with(TrainingRequest request = {}) {
    request.model = kModel;
    request.program_version = "test";
    return train(connection_, request);
  }
  /// Another forest than that of the scenario, in production.
  store::ModelVersion put_another_in_production() {
    const auto id = train_with({.params = {.forest = {.seed = 7}}}).id;
    store::change_stage(connection_, id, store::kProductionStage, "another seed");
    return id;
  }
  std::string notes(const RunOutcome& outcome) const {
    return fmt::format("{}", fmt::join(outcome.steps[2].notes, "\n"));
  }
  std::string scores() const {
    return database_.query(
        "SELECT entity_id, value, model, model_version, run_id, xmin FROM gold.scores ORDER BY 1");
  }

  inline static std::unique_ptr<test::TestDatabase> shared_;
  const test::TestDatabase& database_ = *shared_;
  store::Connection connection_ = database_.connect();
};

TEST_F(Models, TheFirstRunFitsAVersionAndPutsItInProduction) {
  const RunOutcome outcome = run_with();
  ASSERT_EQ(outcome.status, "succeeded");
  EXPECT_EQ(outcome.scenarios[0].model, (store::ModelVersion{kModel, 1}));
  EXPECT_EQ(database_.query("SELECT stage, stage_reason FROM aml.model_versions"),
            "Production|run 1 found none in production and fitted this one");
  EXPECT_EQ(database_.query("SELECT t.run_id, t.source, t.snapshot = r.snapshot, t.rows, "
                            "t.window_until = (SELECT max(booked_at) FROM silver.transfers), "
                            "t.parameters ->> 'seed' "
                            "FROM aml.training_runs t JOIN aml.runs r USING (run_id)"),
            "1|snapshot|t|120|t|42");
  EXPECT_EQ(database_.query("SELECT DISTINCT model, model_version FROM gold.scores"),
            "account_anomalies|1");
  EXPECT_EQ(database_.query("SELECT DISTINCT model, model_version FROM gold.current_alerts"),
            "account_anomalies|1");
  EXPECT_EQ(database_.query("SELECT count(*), sum(psi), min(rows) FROM aml.model_drift"),
            "23|0|120");
}

TEST_F(Models, AScenarioWithoutAModelScoresAsOneThatFitsItsOwn) {
  run_with();
  const SnapshotRows rows = read_snapshot_rows(connection_);
  const auto detection = detect(rows.graphs, anomalies(), {});
  ASSERT_EQ(detection.scores[0].values.size(), 120u);
  for (const auto& [account, score] : detection.scores[0].values)
    EXPECT_EQ(database_.query(fmt::format(
                  "SELECT value = {} FROM gold.scores WHERE entity_id = '{}'", score, account)),
              "t");
}

TEST_F(Models, LaterRunsScoreWithItAndWriteNoScoreAgain) {
  run_with();
  const std::string before = scores();
  const RunOutcome again = run_with();
  EXPECT_EQ(scores(), before);
  EXPECT_TRUE(
      notes(again).starts_with("scored by account_anomalies version 1, trained on 120 rows"))
      << notes(again);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions"), "1");
  EXPECT_EQ(database_.query("SELECT count(DISTINCT run_id) FROM aml.model_drift"), "2");
}

TEST_F(Models, OnlyAccountsWhoseDataChangedAreScoredAgain) {
  run_with();
  database_.write(
      "UPDATE silver.transfers SET valid_from = DEFAULT, amount_base = amount_base * 3 "
      "WHERE transfer_id = 'R1'");
  run_with();
  const std::string again = database_.query(
      "SELECT string_agg(entity_id, ' ' ORDER BY entity_id) FROM gold.scores "
      "WHERE run_id = 2");
  EXPECT_NE(again, "");
  for (const std::string account : {"A50", "A60", "A100"})
    EXPECT_EQ((" " + again + " ").find(" " + account + " "), std::string::npos) << again;
  EXPECT_LE(std::stoi(database_.query("SELECT count(*) FROM gold.scores WHERE run_id = 2")), 2)
      << "only A1 and A2 pay or receive R1";
}

TEST_F(Models, ANewVersionScoresEveryAccountOnceMore) {
  run_with();
  const auto id = put_another_in_production();
  const RunOutcome outcome = run_with();
  EXPECT_EQ(outcome.scenarios[0].model, id);
  EXPECT_EQ(database_.query("SELECT DISTINCT model_version, run_id FROM gold.scores"), "2|2");
  EXPECT_NE(notes(outcome).find("seed is 42 in the scenario and 7 in account_anomalies version 2"),
            std::string::npos)
      << notes(outcome);
}

TEST_F(Models, TwoScenariosOfOneModelRegisterItOnce) {
  Scenario second = anomalies();
  second.id = "anomalies_again";
  std::get<detect::AnomaliesParams>(second.params).alert_at = 0.6;
  const RunOutcome outcome = run(connection_, {anomalies(), second}, {});
  ASSERT_EQ(outcome.status, "succeeded");
  EXPECT_EQ(outcome.scenarios[0].model, outcome.scenarios[1].model);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions"), "1");
  EXPECT_EQ(database_.query("SELECT count(DISTINCT scenario) FROM aml.model_drift"), "2");
}

TEST_F(Models, ARunThatIsInterruptedRegistersNothing) {
  RunOptions options;
  int asked = 0;
  options.interrupted = [&] { return ++asked > 3; };
  EXPECT_EQ(run_with({}, options).status, "interrupted");
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.models"), "0");
}

TEST_F(Models, ADamagedVersionFailsItsScenarioAndNoOther) {
  run_with();
  database_.query(
      "SET session_replication_role = replica; "
      "UPDATE aml.model_versions SET artifact = overlay(artifact PLACING '\\x00' FROM 100)");
  const auto scenarios = shipped_scenarios({});
  Scenario second = anomalies();
  second.id = "anomalies_again";
  const RunOutcome outcome =
      run(connection_,
          {anomalies(), *std::ranges::find(scenarios, "fan_in", &Scenario::id), second}, {});
  EXPECT_EQ(outcome.status, "failed");
  EXPECT_TRUE(outcome.scenarios[0].error.starts_with("account_anomalies version 1 is damaged"))
      << outcome.scenarios[0].error;
  EXPECT_EQ(outcome.scenarios[1].error, "");
  EXPECT_EQ(outcome.scenarios[2].error, outcome.scenarios[0].error)
      << "a damaged version is not none at all";
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions"), "1");
  EXPECT_THROW(load_model(connection_, {kModel, 1}), store::StoreError);
}

TEST_F(Models, BytesThatAreNoForestAreRefusedEvenIfTheirHashIsRight) {
  run_with();
  database_.query(
      "SET session_replication_role = replica; UPDATE aml.model_versions SET artifact = 'no "
      "forest', "
      "artifact_sha256 = encode(sha256('no forest'), 'hex')");
  try {
    load_model(connection_, {kModel, 1});
    FAIL() << "it was loaded";
  } catch (const store::StoreError& error) {
    EXPECT_EQ(error.failure(), store::StoreFailure::kRefusedData);
    EXPECT_TRUE(std::string(error.what()).starts_with("account_anomalies version 1 is no forest"))
        << error.what();
  }
}

TEST_F(Models, AFeatureThatTheProgramDoesNotMakeAsksForAnotherVersion) {
  const detect::FeatureMatrix data{4, 1, {1, 2, 3, 9}};
  const auto id = store::register_version(
      connection_, fit_version(kModel, {data, {"shoe_size"}}, {}, {.program_version = "test"}));
  store::change_stage(connection_, id, store::kProductionStage, "a mistake");
  const RunOutcome outcome = run_with();
  EXPECT_EQ(outcome.status, "failed");
  EXPECT_EQ(
      outcome.scenarios[0].error,
      "account_anomalies version 1 cannot score accounts: 'shoe_size' is no feature of accounts "
      "that this program makes\n  train another version:  aml model train account_anomalies");
}

TEST_F(Models, FeaturesMayStandInAnotherOrderAndBeFewer) {
  const SnapshotRows rows = read_snapshot_rows(connection_);
  const std::vector<std::string> names{"payees", "amount_out", "night_share"};
  const auto columns = detect::account_feature_columns(names);
  const auto id = store::register_version(
      connection_,
      fit_version(kModel,
                  {detect::FeatureView(rows.population.features).with_columns(columns), names}, {},
                  {.program_version = "test"}));
  store::change_stage(connection_, id, store::kProductionStage, "three features");
  const RunOutcome outcome = run_with();
  EXPECT_EQ(outcome.status, "succeeded");
  EXPECT_EQ(database_.query("SELECT string_agg(feature, ' ' ORDER BY position), sum(psi) "
                            "FROM aml.model_drift"),
            "anomaly_score payees amount_out night_share|0");
  EXPECT_EQ(database_.query("SELECT DISTINCT feature FROM gold.alert_evidence WHERE feature NOT IN "
                            "('payees', 'amount_out', 'night_share', 'anomaly_score')"),
            "");
}

TEST_F(Models, DriftThatCallsForActionIsAWarningAndInTheLedger) {
  run_with();
  database_.write(
      "UPDATE silver.transfers SET valid_from = DEFAULT, amount_base = amount_base * 50, "
      "booked_at = booked_at + interval '10 hours'");
  const RunOutcome outcome = run_with();
  const auto& warnings = outcome.steps[2].warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].starts_with(
      "what is scored is no longer like what account_anomalies version 1 was trained on: "))
      << warnings[0];
  EXPECT_NE(warnings[0].find("(psi "), std::string::npos);
  EXPECT_EQ(database_.query("SELECT level FROM aml.model_drift WHERE run_id = 2 AND "
                            "feature = 'amount_in'"),
            "act");
  EXPECT_EQ(database_.query("SELECT notes[cardinality(notes)] FROM aml.run_steps WHERE run_id = 2 "
                            "AND scenario = 'anomalies'"),
            warnings[0]);
}

TEST_F(Models, ABacktestWithoutAModelFitsItsOwnAndRegistersNothing) {
  const RunOutcome backtest = run_with({"anomalies.alert_at=0.6"});
  EXPECT_FALSE(backtest.scenarios[0].model);
  EXPECT_EQ(notes(backtest),
            "scored by a forest of its own, which is not registered: account_anomalies has no "
            "version in production");
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.models"), "0");
}

TEST_F(Models, ABacktestOfAnotherThresholdScoresWithTheVersionInProduction) {
  put_another_in_production();
  const RunOutcome backtest = run_with({"anomalies.alert_at=0.6"});
  EXPECT_EQ(backtest.scenarios[0].model, (store::ModelVersion{kModel, 1}));
  EXPECT_EQ(database_.query("SELECT model, model_version FROM backtest.results"),
            "account_anomalies|1");
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_drift"), "0");
}

TEST_F(Models, ABacktestOfAnotherForestFitsItsOwn) {
  put_another_in_production();
  const RunOutcome backtest = run_with({"anomalies.trees=50"});
  EXPECT_FALSE(backtest.scenarios[0].model);
  EXPECT_EQ(notes(backtest),
            "scored by a forest of its own, which is not registered: trees is set");
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions"), "1");
  EXPECT_EQ(database_.query("SELECT model FROM backtest.results"), "");
}

TEST_F(Models, ABacktestDoesNotLookAhead) {
  put_another_in_production();
  const auto at = [](const std::string& time) {
    RunOptions options;
    options.as_of = static_cast<graph::Micros>(graph::parse_time_point(time).value().micros);
    return options;
  };
  const std::string last =
      database_.query("SELECT gold.iso_time(max(booked_at)) FROM silver.transfers");
  const std::string before = database_.query(
      "SELECT gold.iso_time(max(booked_at) - interval '1 microsecond') FROM silver.transfers");
  EXPECT_EQ(run_with({}, at(last)).scenarios[0].model, (store::ModelVersion{kModel, 1}));
  const RunOutcome earlier = run_with({}, at(before));
  EXPECT_FALSE(earlier.scenarios[0].model);
  EXPECT_NE(notes(earlier).find("account_anomalies version 1 has seen transfers until " + last),
            std::string::npos)
      << notes(earlier);
}

TEST_F(Models, OfRowsFromAFileABacktestCannotKnowWhatTheySaw) {
  const SnapshotRows rows = read_snapshot_rows(connection_);
  const auto id = store::register_version(
      connection_, fit_version(kModel, {rows.population.features, detect::account_feature_names()},
                               {}, {.program_version = "test", .source = "rows.csv"}));
  store::change_stage(connection_, id, store::kProductionStage, "from a file");
  RunOptions options;
  options.as_of = 4'000'000'000'000'000;
  EXPECT_FALSE(run_with({}, options).scenarios[0].model);
}

class Training : public Models {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string write(const std::string& text) const {
    std::ofstream(path_) << text;
    return path_;
  }
  std::string path_ = testing::TempDir() + "aml_training_" + std::to_string(getpid()) + ".csv";
};

TEST_F(Training, RegistersAVersionInStageNone) {
  const auto outcome = train_with({.experiment = "tuning"});
  EXPECT_EQ(outcome.id, (store::ModelVersion{kModel, 1}));
  EXPECT_FALSE(outcome.is_promoted);
  EXPECT_EQ(database_.query("SELECT stage, experiment, rows, run_id FROM aml.model_versions JOIN "
                            "aml.training_runs t USING (training_run)"),
            "None|tuning|120|");
  EXPECT_EQ(find_metric(outcome.training.metrics, "rows"), 120);
  EXPECT_EQ(find_metric(outcome.training.metrics, "threshold"), 0.5);
}

TEST_F(Training, OfTheSameDataGivesTheSameBytesAndHash) {
  train_with();
  train_with();
  train_with({.params = {.forest = {.seed = 1}}});
  EXPECT_EQ(database_.query("SELECT count(DISTINCT artifact), count(DISTINCT data_sha256) FROM "
                            "aml.model_versions JOIN aml.training_runs USING (training_run)"),
            "2|1");
  database_.write(
      "UPDATE silver.transfers SET valid_from = DEFAULT, amount_base = 77 WHERE transfer_id = "
      "'R1'");
  train_with();
  EXPECT_EQ(database_.query("SELECT count(DISTINCT data_sha256) FROM aml.training_runs"), "2");
}

TEST_F(Training, ContaminationSetsTheThreshold) {
  const auto outcome = train_with({.params = {.forest = {}, .contamination = 0.05}});
  EXPECT_NEAR(find_metric(outcome.training.metrics, "share_above_threshold").value(), 0.05, 0.01);
}

TEST_F(Training, MeasuresAgainstTheLabelsOfAccountsAndOfTheirTransfers) {
  // A40 by its name; A1 and A2, the ends of R1, by the transfer; P1 owns A1 but parties do not count.
  const std::string labels = write(
      "typology,instance,entity_kind,entity_id,role,transfer_id\n"
      "anomalous_behaviour,1,account,A40,subject,\n"
      "round_tripping,1,,,hop,R1\n"
      "risk_exposure,1,party,P30,exposed,\n");
  const auto metrics = train_with({.label_files = {labels}}).training.metrics;
  EXPECT_EQ(find_metric(metrics, "labelled"), 3);
  EXPECT_GT(find_metric(metrics, "roc_auc").value(), 0.3);
  EXPECT_GE(find_metric(metrics, "average_precision").value(), 1.0 / 3) << "A40 stands first";
  EXPECT_GE(find_metric(metrics, "recall").value(), 1.0 / 3);
}

TEST_F(Training, LabelsThatNameNoAccountAreRefused) {
  const std::string labels =
      write("typology,instance,entity_kind,entity_id,role,transfer_id\nx,1,account,nobody,s,\n");
  EXPECT_THROW(train_with({.label_files = {labels}}), std::invalid_argument);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.training_runs"), "0");
}

TEST_F(Training, FitsTheRowsOfAFileAndMeasuresAgainstItsLabelColumn) {
  std::string text = "amount,payers,label\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{},0\n", 100 + i * 7 % 30, 1 + i % 4);
  const std::string file = write(text + "9000,3,1\n");
  TrainingRequest request{.data = file, .label_columns = {"label"}};
  const auto outcome = train_with(request);
  EXPECT_EQ(find_metric(outcome.training.metrics, "average_precision"), 1);
  EXPECT_EQ(outcome.training.source, file);
  EXPECT_EQ(database_.query("SELECT jsonb_path_query_array(signature, '$.inputs[*].name') FROM "
                            "aml.model_versions"),
            R"(["amount", "payers"])");
  EXPECT_EQ(database_.query("SELECT window_from, snapshot FROM aml.training_runs"), "|");
  request.label_files = {file};
  EXPECT_THROW(train_with(request), std::invalid_argument);
}

TEST_F(Training, ThatFailsLeavesItsTrace) {
  database_.write("DELETE FROM silver.transfers");
  EXPECT_THROW(train_with(), std::invalid_argument);
  EXPECT_EQ(database_.query("SELECT status, error <> '' FROM aml.training_runs"), "failed|t");
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.models"), "0");
}

TEST_F(Training, IsPromotedOnlyIfEveryConditionHolds) {
  const auto with = [&](const std::vector<std::string>& conditions) {
    TrainingRequest request;
    for (const auto& text : conditions)
      request.conditions.push_back(PromotionCondition::parse(text));
    return train_with(request);
  };
  EXPECT_FALSE(with({"rows>=120", "rows>120"}).is_promoted);
  EXPECT_TRUE(with({"rows>=120", "score_max > production"}).is_promoted)
      << "none to be better than";
  const auto same = with({"score_max>production"});
  EXPECT_FALSE(same.is_promoted) << "the same forest is no better";
  EXPECT_EQ(same.verdicts[0].told.substr(same.verdicts[0].told.size() - 14), " of production");
  const auto as_good = with({"score_max>=production"});
  EXPECT_TRUE(as_good.is_promoted);
  EXPECT_EQ(as_good.archived, 2);
  EXPECT_EQ(database_.query("SELECT stage_reason LIKE '--promote-if: score_max % >= %' "
                            "FROM aml.model_versions WHERE stage = 'Production'"),
            "t");
}

TEST_F(Training, AConditionOnLabelsNeedsThemBeforeAnythingIsRegistered) {
  TrainingRequest request;
  request.conditions = {PromotionCondition::parse("roc_auc>0.5")};
  EXPECT_THROW(train_with(request), std::invalid_argument);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.training_runs"), "0");
}

TEST(PromotionCondition, ReadsAMetricAComparisonAndABound) {
  const auto condition = PromotionCondition::parse(" average_precision <= 0.5 ");
  EXPECT_EQ(condition.metric, "average_precision");
  EXPECT_EQ(condition.comparison, "<=");
  EXPECT_EQ(condition.value, 0.5);
  EXPECT_TRUE(condition.needs_labels());
  EXPECT_FALSE(PromotionCondition::parse("rows>production").value);
  for (const char* text : {"", "rows", "rows=5", "rows>", "rows>=x", "rows>5x", "rows>nan",
                           "beauty>1", ">5", "rows>>5", "rows><5"})
    EXPECT_THROW(PromotionCondition::parse(text), std::invalid_argument) << text;
}

TEST(PromotionCondition, WhatWasNotMeasuredMeetsNoCondition) {
  const Metrics measured{{"rows", 5}};
  EXPECT_TRUE(judge(PromotionCondition::parse("rows>=5"), measured, nullptr).is_met);
  EXPECT_FALSE(judge(PromotionCondition::parse("rows>5"), measured, nullptr).is_met);
  EXPECT_TRUE(judge(PromotionCondition::parse("rows<6"), measured, nullptr).is_met);
  EXPECT_FALSE(judge(PromotionCondition::parse("precision>=0"), measured, nullptr).is_met);
  const Metrics nothing;
  EXPECT_FALSE(judge(PromotionCondition::parse("rows>=production"), measured, &nothing).is_met);
}

TEST_F(Models, TwoVersionsAgreeAsFarAsTheirScoresDo) {
  const auto first = train_with({.params = {.forest = {}, .contamination = 0.1}}).id;
  const auto other = train_with({.params = {.forest = {.seed = 9}, .contamination = 0.2}}).id;
  const SnapshotRows rows = read_snapshot_rows(connection_);
  const auto a = load_model(connection_, first);
  const auto b = load_model(connection_, other);
  const Agreement same = agreement(rows, a, a);
  EXPECT_EQ(same.rows, 120);
  EXPECT_EQ(same.rank_correlation, 1);
  EXPECT_EQ(same.flagged_a, 12);
  EXPECT_EQ(same.flagged_both, 12);
  const Agreement differing = agreement(rows, a, b);
  EXPECT_GT(differing.rank_correlation.value(), 0.7);
  EXPECT_LT(differing.rank_correlation.value(), 1);
  EXPECT_EQ(differing.flagged_b, 24);
  EXPECT_LE(differing.flagged_both, 12);
}

class ModelCard : public Models {
 protected:
  void SetUp() override {
    Models::SetUp();
    exported_ = export_model(connection_, put_another_in_production());
  }
  store::NewModelVersion import(const std::string& artifact, const std::string& card) const {
    return imported_model("m.forest", artifact, "m.forest.json", card);
  }
  std::string changed(const std::string& from, const std::string& to) const {
    std::string card = exported_.card;
    const auto at = card.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return card.replace(at, from.size(), to);
  }

  ExportedModel exported_;
};

TEST_F(ModelCard, CarriesAVersionToAnotherDatabase) {
  const test::TestDatabase other;
  auto there = other.connect();
  const auto id = store::register_version(there, import(exported_.artifact, exported_.card));
  EXPECT_EQ(id, (store::ModelVersion{kModel, 1}));
  const auto before = load_model(connection_, {kModel, 1});
  const auto after = load_model(there, id);
  EXPECT_EQ(after.row.artifact_sha256, before.row.artifact_sha256);
  EXPECT_EQ(after.row.stage, "None");
  EXPECT_EQ(after.row.training->status, "imported");
  EXPECT_EQ(after.row.training->data_sha256, before.row.training->data_sha256);
  EXPECT_EQ(after.row.training->started_at, before.row.training->started_at);
  EXPECT_EQ(after.row.training->window_until, before.row.training->window_until);
  EXPECT_EQ(store::read_metrics(there, after.row.training->number),
            store::read_metrics(connection_, before.row.training->number));
  ASSERT_EQ(after.baselines.size(), 23u);
  for (std::size_t i = 0; i < after.baselines.size(); ++i) {
    EXPECT_EQ(after.baselines[i].edges, before.baselines[i].edges);
    EXPECT_EQ(after.baselines[i].rows, before.baselines[i].rows);
  }
  EXPECT_EQ(other.query("SELECT reason FROM aml.model_transitions"),
            "imported from m.forest, there version 1");
}

TEST_F(ModelCard, AnArtifactOtherThanTheCardSpeaksOfIsRefused) {
  for (const std::string& artifact :
       {exported_.artifact + "x", exported_.artifact.substr(1), std::string()}) {
    try {
      import(artifact, exported_.card);
      FAIL() << "it was accepted";
    } catch (const store::StoreError& error) {
      EXPECT_EQ(error.failure(), store::StoreFailure::kRefusedData);
      EXPECT_TRUE(std::string(error.what()).starts_with("m.forest is not the artifact that "))
          << error.what();
    }
  }
}

TEST_F(ModelCard, ACardThatWasChangedIsRefusedWithThePlace) {
  const auto refused = [&](const std::string& from, const std::string& to) {
    try {
      import(exported_.artifact, changed(from, to));
    } catch (const ScenarioError& error) {
      return error.pointer();
    }
    return std::string("it was accepted");
  };
  EXPECT_EQ(refused("\"schema_version\": 1", "\"schema_version\": 2"), "/schema_version");
  EXPECT_EQ(refused("\"model\": \"account_anomalies\"", "\"model\": \"Account\""), "/model");
  EXPECT_EQ(refused("\"measure\": \"anomaly_score\"", "\"measure\": \"amount_in\""),
            "/baselines/0/measure");
  EXPECT_EQ(refused("\"missing\": 0", "\"missing\": -1"), "/baselines/0/missing");
  EXPECT_EQ(refused("\"source\": \"snapshot\"", "\"sauce\": \"snapshot\""), "/training/sauce");
  EXPECT_EQ(refused("\"seed\": 7", "\"seed\": 7, \"seed\": 8"), "/training/parameters/seed");
}

TEST_F(ModelCard, WhatCouldNotBeShownOrCountedIsRefused) {
  const auto refused = [&](const std::string& pointer, const Json& value) {
    Json card = Json::parse(exported_.card);
    card[Json::json_pointer(pointer)] = value;
    try {
      import(exported_.artifact, card.dump());
    } catch (const ScenarioError& error) {
      return error.pointer();
    }
    return std::string("it was accepted");
  };
  EXPECT_EQ(refused("/signature/outputs", Json::array({1})), "/signature");
  EXPECT_EQ(refused("/signature/outputs", "a score"), "/signature");
  EXPECT_EQ(refused("/signature/inputs/0/type", 5), "/signature");
  EXPECT_EQ(refused("/signature/note", std::string("a\0b", 3)), "/signature");
  EXPECT_EQ(refused("/training/parameters/seed", std::string("a\0b", 3)), "/training/parameters");
  EXPECT_EQ(refused("/training/parameters/seed", Json::array()), "/training/parameters");
  EXPECT_EQ(refused("/training/metrics", Json{{std::string("a\0b", 3), 1}}), "/training/metrics");
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(refused("/baselines/0/rows/0", kMost), "/baselines/0/rows");
  EXPECT_EQ(refused("/baselines/0/missing", kMost), "/baselines/0/missing");
}

TEST_F(ModelCard, ASignatureOfOtherColumnsIsRefused) {
  EXPECT_THROW(import(exported_.artifact, changed("\"transfers_in\"", "\"transfers_out_\"")),
               store::StoreError);
}

}  // namespace
}  // namespace aml::scenarios
