// SPDX-License-Identifier: Apache-2.0
#include "store/model_registry.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "store/error.hpp"
#include "store/gold_writer.hpp"
#include "tests/store/gold_sample.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::TestDatabase;

NewModelVersion new_version(const std::string& model = "m") {
  TrainingRun training;
  training.experiment = "tuning";
  training.program_version = "test 1";
  training.seconds = 2;
  training.snapshot = "7:7:";
  training.last_file_id = 3;
  training.window_from = "2024-01-01 00:00Z";
  training.window_until = "2024-03-31 23:59:59.25Z";
  training.rows = 10;
  training.data_sha256 = "abc";
  training.parameters_json = R"({"seed": 18446744073709551615, "trees": 2})";
  training.metrics = {{"score_p50", 0.25}, {"rows", 10}};
  return {.model = model,
          .signature_json = R"({"inputs": [{"name": "a"}], "outputs": []})",
          .artifact = std::string("\0\1bytes\xFF", 8),
          .baselines = {{.measure = "anomaly_score", .edges = {0.1, 0.5}, .rows = {3, 4, 3}},
                        {.measure = "a", .edges = {}, .rows = {8}, .missing = 2}},
          .training = training};
}

class ModelRegistry : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<TestDatabase>(); }
  static void TearDownTestSuite() { shared_.reset(); }
  void SetUp() override { database_.empty(); }

  ModelVersion add(const std::string& model = "m") {
    return register_version(connection_, new_version(model));
  }
  void promote(const ModelVersion& version, const std::string& reason = "better") {
    change_stage(connection_, version, kProductionStage, reason);
  }
  std::string stages(const std::string& model = "m") const {
    return database_.query(fmt::format(
        "SELECT string_agg(version || ' ' || stage, ', ' ORDER BY version) FROM aml.model_versions "
        "WHERE model = '{}'",
        model));
  }
  std::string refusal(const std::string& sql) const {
    try {
      database_.query(sql);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "it was accepted";
  }

  inline static std::unique_ptr<TestDatabase> shared_;
  const TestDatabase& database_ = *shared_;
  Connection connection_ = database_.connect();
};

TEST_F(ModelRegistry, KeepsWhatItIsGiven) {
  const ModelVersion id = add();
  EXPECT_EQ(name_of(id), "m version 1");
  const ModelVersionRow row = read_version(connection_, id);
  EXPECT_EQ(row.stage, "None");
  EXPECT_EQ(row.created_by, database_.query("SELECT session_user"));
  EXPECT_EQ(row.artifact_bytes, 8);
  EXPECT_EQ(row.artifact_sha256, database_.query("SELECT encode(sha256(artifact), 'hex') "
                                                 "FROM aml.model_versions"));
  EXPECT_EQ(read_artifact(connection_, id), new_version().artifact);
  const TrainingRun& training = row.training.value();
  EXPECT_EQ(training.experiment, "tuning");
  EXPECT_EQ(training.status, "succeeded");
  EXPECT_EQ(training.started_by, row.created_by);
  EXPECT_EQ(training.window_until, "2024-03-31T23:59:59.250000Z");
  EXPECT_EQ(training.rows, 10);
  EXPECT_NE(training.parameters_json.find("18446744073709551615"), std::string::npos);
  EXPECT_EQ(database_.query("SELECT round(extract(epoch FROM finished_at - started_at)) "
                            "FROM aml.training_runs"),
            "2");
  EXPECT_EQ(read_metrics(connection_, training.number),
            (std::vector<std::pair<std::string, double>>{{"rows", 10}, {"score_p50", 0.25}}));
}

TEST_F(ModelRegistry, KeepsBaselinesToTheLastBit) {
  auto version = new_version();
  version.baselines[0].edges = {-0x1.23456789abcdep-1022, 0.1 + 0.2};
  const auto read = read_baselines(connection_, register_version(connection_, version));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].measure, "anomaly_score");
  EXPECT_EQ(read[0].edges, version.baselines[0].edges);
  EXPECT_EQ(read[0].rows, version.baselines[0].rows);
  EXPECT_EQ(read[0].missing, 0);
  EXPECT_EQ(read[1].edges, std::vector<double>{});
  EXPECT_EQ(read[1].rows, std::vector<std::int64_t>{8});
  EXPECT_EQ(read[1].missing, 2);
}

TEST_F(ModelRegistry, NamesVersionsByNumberStageAndAlias) {
  add();
  promote(add());
  change_stage(connection_, add(), kStagingStage, "a look");
  give_alias(connection_, {"m", 1}, "champion", "proven");
  const auto which = [&](const std::string& word) {
    return find_version(connection_, "m", word).version;
  };
  EXPECT_EQ(which("1"), 1);
  EXPECT_EQ(which("production"), 2);
  EXPECT_EQ(which("staging"), 3);
  EXPECT_EQ(which("latest"), 3);
  EXPECT_EQ(which("champion"), 1);
  give_alias(connection_, {"m", 3}, "champion", "better");
  EXPECT_EQ(which("champion"), 3);
  EXPECT_EQ(read_version(connection_, {"m", 3}).aliases, std::vector<std::string>{"champion"});
  for (const char* word : {"4", "challenger", "", "99999999999", "'; --"}) {
    EXPECT_THROW(which(word), std::invalid_argument) << word;
  }
  EXPECT_THROW(find_version(connection_, "n", "1"), std::invalid_argument);
  for (const char* word : {"production", "1st", "Champion", ""}) {
    EXPECT_THROW(give_alias(connection_, {"m", 1}, word, "no"), std::invalid_argument) << word;
  }
  EXPECT_THROW(give_alias(connection_, {"m", 9}, "x", "no such version"), std::invalid_argument);
}

TEST_F(ModelRegistry, PromotionArchivesThePreviousVersionAtTheSameMoment) {
  add();
  add();
  promote({"m", 1}, "the first");
  const auto change = change_stage(connection_, {"m", 2}, kProductionStage, "fewer false alerts");
  EXPECT_EQ(change.from, "None");
  EXPECT_EQ(change.archived, 1);
  EXPECT_EQ(stages(), "1 Archived, 2 Production");
  const auto log = list_transitions(connection_, "m");
  ASSERT_EQ(log.size(), 5u);
  EXPECT_EQ(log[3].from_stage, "Production");
  EXPECT_EQ(log[3].to_stage, "Archived");
  EXPECT_EQ(log[3].reason, "version 2 takes its place: fewer false alerts");
  EXPECT_EQ(log[4].version, 2);
  EXPECT_EQ(log[4].reason, "fewer false alerts");
  EXPECT_EQ(log[4].changed_by, database_.query("SELECT session_user"));
  EXPECT_EQ(log[3].changed_at, log[4].changed_at);
  EXPECT_EQ(list_transitions(connection_, "m", 1).size(), 3u);
}

TEST_F(ModelRegistry, AVersionThatIsThereAlreadyChangesNothing) {
  promote(add());
  const auto change = change_stage(connection_, {"m", 1}, kProductionStage, "again");
  EXPECT_EQ(change.from, kProductionStage);
  EXPECT_EQ(list_transitions(connection_, "m").size(), 2u);
}

TEST_F(ModelRegistry, ModelsDoNotTouchEachOther) {
  promote(add("m"));
  promote(add("n"));
  EXPECT_EQ(stages("m"), "1 Production");
  EXPECT_EQ(stages("n"), "1 Production");
  EXPECT_EQ(list_models(connection_), (std::vector<std::string>{"m", "n"}));
}

TEST_F(ModelRegistry, WantsAReasonAndAVersionThatExists) {
  add();
  EXPECT_THROW(promote({"m", 1}, " \n"), std::invalid_argument);
  EXPECT_THROW(promote({"m", 2}), std::invalid_argument);
  EXPECT_THROW(add("No name"), std::invalid_argument);
  EXPECT_EQ(stages(), "1 None");
}

TEST_F(ModelRegistry, TheDatabaseAllowsOneProductionVersion) {
  promote(add());
  add();
  EXPECT_NE(refusal("UPDATE aml.model_versions SET stage = 'Production' WHERE version = 2")
                .find("model_versions_one_production"),
            std::string::npos);
  EXPECT_EQ(stages(), "1 Production, 2 None");
}

TEST_F(ModelRegistry, NoStageChangesWithoutALogRowEvenByHand) {
  add();
  database_.query(
      "UPDATE aml.model_versions SET stage = 'Staging', stage_reason = 'by hand' WHERE model = "
      "'m'");
  EXPECT_EQ(list_transitions(connection_, "m").back().reason, "by hand");
}

TEST_F(ModelRegistry, TheLogIsAppendOnly) {
  promote(add());
  const std::string before = database_.query("SELECT t FROM aml.model_transitions t ORDER BY 1");
  for (const char* sql :
       {"DELETE FROM aml.model_transitions", "TRUNCATE aml.model_transitions",
        "UPDATE aml.model_transitions SET changed_by = 'someone else' WHERE version = 1"}) {
    EXPECT_NE(refusal(sql).find("aml.model_transitions is append-only"), std::string::npos) << sql;
  }
  EXPECT_EQ(database_.query("SELECT t FROM aml.model_transitions t ORDER BY 1"), before);
}

TEST_F(ModelRegistry, WhatAVersionIsDoesNotChange) {
  add();
  for (const char* sql :
       {"DELETE FROM aml.model_versions", "UPDATE aml.model_versions SET artifact = 'x'",
        "UPDATE aml.model_versions SET signature = '{}'",
        "UPDATE aml.model_versions SET stage = 'Staging', training_run = NULL",
        "UPDATE aml.model_versions SET version = 5"}) {
    EXPECT_NE(refusal(sql).find("version 1 of model m is registered"), std::string::npos) << sql;
  }
}

TEST_F(ModelRegistry, ADamagedArtifactIsNotHandedOut) {
  const ModelVersion id = add();
  // What a broken disk would do: no trigger sees it.
  database_.query(
      "SET session_replication_role = replica; "
      "UPDATE aml.model_versions SET artifact = artifact || 'x'");
  try {
    read_artifact(connection_, id);
    FAIL() << "damaged bytes were handed out";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
    EXPECT_TRUE(std::string(error.what()).starts_with("m version 1 is damaged: ")) << error.what();
  }
}

TEST_F(ModelRegistry, SaysWhichVersionWasInProductionOnADay) {
  add();
  add();
  promote({"m", 1}, "first");
  promote({"m", 2}, "second");
  change_stage(connection_, {"m", 2}, kArchivedStage, "wrong");
  promote({"m", 1}, "back");
  const auto now = std::stoll(
      database_.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  constexpr graph::Micros kHour = graph::kMicrosPerHour;
  const auto periods = list_production(connection_, "m", now - kHour, now);
  ASSERT_EQ(periods.size(), 3u);
  EXPECT_EQ(periods[0].version, 1);
  EXPECT_EQ(periods[0].until, periods[1].since) << "no moment without a version in between";
  EXPECT_EQ(periods[1].reason, "second");
  EXPECT_NE(periods[1].until, periods[2].since) << "none was in production for a while";
  EXPECT_EQ(periods[2].until, "");
  EXPECT_TRUE(list_production(connection_, "m", now - 2 * kHour, now - kHour).empty());
  EXPECT_EQ(list_production(connection_, "m", now, now + kHour).size(), 1u);
}

TEST_F(ModelRegistry, AFailedTrainingLeavesItsTraceAndNoVersion) {
  TrainingRun training = new_version().training;
  training.status = "failed";
  training.error = "forest: 1 row";
  record_failed_training(connection_, training);
  EXPECT_EQ(database_.query("SELECT status, error FROM aml.training_runs"), "failed|forest: 1 row");
  EXPECT_TRUE(list_versions(connection_).empty());
}

/// Runs `action` in that many sessions at once; each has a connection of its own.
template <typename Action>
void in_sessions(const TestDatabase& database, int sessions, Action&& action) {
  std::atomic<int> waiting = sessions;
  std::vector<std::jthread> threads;
  for (int session = 0; session < sessions; ++session) {
    threads.emplace_back([&, session] {
      Connection connection = database.connect();
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      EXPECT_NO_THROW(action(connection, session));
    });
  }
}

TEST_F(ModelRegistry, TwoSessionsThatPromoteAtOnceLeaveOneInProduction) {
  add();
  add();
  add();
  promote({"m", 1}, "the first");
  constexpr int kRounds = 40;
  in_sessions(database_, 2, [](Connection& connection, int session) {
    for (int round = 0; round < kRounds; ++round)
      change_stage(connection, {"m", 2 + session}, kProductionStage, "mine is better");
  });
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions WHERE stage = 'Production'"),
            "1");
  // The log tells one story: whoever enters production does so when the one before has left.
  EXPECT_EQ(
      database_.query("SELECT count(*) FROM (SELECT until, lead(since) OVER (ORDER BY since) AS "
                      "next FROM aml.model_production) p WHERE until IS DISTINCT FROM next"),
      "0");
  EXPECT_GT(std::stoi(database_.query("SELECT count(*) FROM aml.model_production")), 2);
  EXPECT_EQ(database_.query("SELECT count(*) FROM (SELECT changed_at, lag(changed_at) OVER (ORDER "
                            "BY transition) AS before FROM aml.model_transitions) t "
                            "WHERE changed_at < before"),
            "0");
}

TEST_F(ModelRegistry, AVersionReplacesOnlyTheOneItWasComparedWith) {
  for (int version = 1; version <= 3; ++version) add();
  EXPECT_FALSE(replace_production(connection_, {"m", 2}, 1, "better than 1"));
  EXPECT_EQ(stages(), "1 None, 2 None, 3 None");
  EXPECT_TRUE(replace_production(connection_, {"m", 1}, std::nullopt, "there was none"));
  EXPECT_FALSE(replace_production(connection_, {"m", 2}, std::nullopt, "there was none"));
  promote({"m", 3}, "by somebody else meanwhile");
  EXPECT_FALSE(replace_production(connection_, {"m", 2}, 1, "better than 1"));
  EXPECT_EQ(stages(), "1 Archived, 2 None, 3 Production");
  EXPECT_EQ(replace_production(connection_, {"m", 2}, 3, "better than 3")->archived, 3);
  EXPECT_EQ(stages(), "1 Archived, 2 Production, 3 Archived");
}

TEST_F(ModelRegistry, OfSessionsThatComparedWithOneVersionOnlyOneReplacesIt) {
  for (int version = 1; version <= 4; ++version) add();
  promote({"m", 1});
  std::atomic<int> replaced = 0;
  in_sessions(database_, 3, [&](Connection& connection, int session) {
    replaced += replace_production(connection, {"m", 2 + session}, 1, "better than 1").has_value();
  });
  EXPECT_EQ(replaced, 1);
}

TEST_F(ModelRegistry, SessionsThatRegisterAtOnceNumberVersionsWithoutGaps) {
  in_sessions(database_, 3, [](Connection& connection, int) {
    for (int i = 0; i < 5; ++i) register_version(connection, new_version());
  });
  EXPECT_EQ(database_.query("SELECT min(version), max(version), count(*) FROM aml.model_versions"),
            "1|15|15");
}

TEST_F(ModelRegistry, APromotionWaitsForOneThatIsNotCommittedYet) {
  add();
  add();
  pqxx::work open(connection_.pqxx());
  change_stage(open, {"m", 1}, kProductionStage, "not committed yet");
  std::atomic<bool> is_done = false;
  std::jthread other([&] {
    Connection connection = database_.connect();
    change_stage(connection, {"m", 2}, kProductionStage, "after it");
    is_done = true;
  });
  while (database_.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                         "AND wait_event_type = 'Lock'") == "0")
    std::this_thread::yield();
  EXPECT_FALSE(is_done);
  open.commit();
  other.join();
  EXPECT_EQ(stages(), "1 Archived, 2 Production");
}

class GoldOfModels : public ModelRegistry {
 protected:
  void SetUp() override {
    ModelRegistry::SetUp();
    test::add_sample_silver(database_);
  }

  /// A run that scores with the version; returns what it wrote.
  GoldCounts write(const std::optional<ModelVersion>& version,
                   const std::vector<detect::ScoreTable>& scores) {
    auto writing = database_.connect();
    GoldWriter writer(writing, test::start_sample_run(database_), "USD", 2);
    auto scenario = test::scenario("anomalies", "anomalous_behaviour", "anomalies");
    scenario.scored_by = version;
    const auto finding = test::anomaly_finding();
    const auto counts = writer.write({{scenario, {{&finding, "medium"}}, scores}}).front();
    test::commit_gold(writer);
    return counts;
  }
  /// Each score with its version and the database transaction that wrote it.
  std::string scores() const {
    return database_.query(
        "SELECT entity_id, value, model, model_version, run_id, xmin FROM gold.scores ORDER BY 1");
  }
};

TEST_F(GoldOfModels, AScoreOfTheSameVersionIsNotWrittenAgain) {
  const ModelVersion first = add();
  write(first, test::anomaly_scores());
  const std::string before = scores();
  EXPECT_NE(before.find("A5|0.72|m|1|1|"), std::string::npos) << before;
  write(first, test::anomaly_scores());
  EXPECT_EQ(scores(), before);
}

TEST_F(GoldOfModels, AnotherDataStateIsScoredAgainAndTheOthersAreNot) {
  const ModelVersion first = add();
  write(first, test::anomaly_scores());
  auto changed = test::anomaly_scores();
  changed[0].values[0].second = 0.55;
  write(first, changed);
  EXPECT_EQ(database_.query("SELECT entity_id, value, run_id FROM gold.scores ORDER BY 1"),
            "A1|0.55|2\nA5|0.72|1\nA6|0.66|1");
}

TEST_F(GoldOfModels, AnotherVersionScoresEveryRecordOnceMore) {
  const ModelVersion first = add();
  const ModelVersion second = add();
  write(first, test::anomaly_scores());
  write(second, test::anomaly_scores());
  EXPECT_EQ(database_.query("SELECT DISTINCT model, model_version, run_id FROM gold.scores"),
            "m|2|2");
  EXPECT_EQ(database_.query("SELECT model, model_version, last_run_id FROM gold.current_alerts"),
            "m|2|2");
  EXPECT_EQ(database_.query("SELECT run_id, model, model_version FROM gold.run_results ORDER BY 1"),
            "1|m|1\n2|m|2");
  EXPECT_EQ(database_.query("SELECT DISTINCT model, model_version FROM gold.anomaly_scores"),
            "m|2");
}

TEST_F(GoldOfModels, WithoutAModelNoneIsNamed) {
  write(std::nullopt, test::anomaly_scores());
  const std::string before = scores();
  write(std::nullopt, test::anomaly_scores());
  EXPECT_EQ(scores(), before);
  EXPECT_EQ(database_.query("SELECT DISTINCT model, model_version FROM gold.scores"), "|");
}

TEST_F(GoldOfModels, AVersionThatIsRegisteredWithGoldComesAndGoesWithIt) {
  {
    auto writing = database_.connect();
    GoldWriter writer(writing, test::start_sample_run(database_), "USD", 2);
    EXPECT_EQ(writer.register_version(new_version()).version, 1);
  }
  EXPECT_TRUE(list_versions(connection_).empty());
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.training_runs"), "0");
}

TEST_F(GoldOfModels, AVersionIsOnlyPutInProductionIfNoneIsThere) {
  promote(add());
  auto writing = database_.connect();
  GoldWriter writer(writing, test::start_sample_run(database_), "USD", 2);
  EXPECT_EQ(writer.register_version(new_version()).version, 2);
  test::commit_gold(writer);
  EXPECT_EQ(stages(), "1 Production, 2 None");
}

TEST_F(GoldOfModels, KeepsTheDriftOfTheNewestRunOfEachScenario) {
  const ModelVersion version = add();
  const auto baselines = read_baselines(connection_, version);
  for (const double psi : {0.5, 0.125}) {
    auto writing = database_.connect();
    GoldWriter writer(writing, test::start_sample_run(database_), "USD", 2);
    writer.write_drift(
        "anomalies", version, baselines,
        {{.rows = 9, .psi = psi, .ks = 0.25, .ks_p = 0.5, .level = "moderate"}, {.rows = 9}});
    test::commit_gold(writer);
  }
  const auto drift = list_drift(connection_, version);
  ASSERT_EQ(drift.size(), 2u);
  EXPECT_EQ(drift[0].run_id, 2);
  EXPECT_EQ(drift[0].feature, "anomaly_score");
  EXPECT_EQ(drift[0].drift.psi, 0.125);
  EXPECT_EQ(drift[0].drift.level, "moderate");
  EXPECT_EQ(drift[1].feature, "a");
  EXPECT_EQ(drift[1].drift.ks_p, 1);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_drift"), "4");
}

}  // namespace
}  // namespace aml::store
