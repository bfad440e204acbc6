// SPDX-License-Identifier: Apache-2.0
#include "store/gold_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "store/error.hpp"
#include "tests/store/gold_sample.hpp"
#include "tests/support/commit_gold.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

using store::GoldCounts;
using store::GoldWriter;
using store::GradedFinding;

const auto kCycles = scenario("round_tripping", "round_tripping", "cycles");

/// One run that writes one scenario and commits.
GoldCounts write_run(const TestDatabase& database, const std::vector<GradedFinding>& findings,
                     const std::vector<detect::ScoreTable>& scores = {},
                     const store::ScenarioIdentity& identity = kCycles, int exponent = 2) {
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", exponent);
  const auto counts = writer.write({{identity, findings, scores}}).front();
  test::commit_gold(writer);
  return counts;
}

/// One that ended at a budget. It read the newest version.
GoldCounts write_truncated_run(const TestDatabase& database,
                               const std::vector<GradedFinding>& findings) {
  const auto run = start_sample_run(database);
  const auto id = std::to_string(run);
  database.query("UPDATE aml.runs SET read_version = aml.newest_version() WHERE run_id = " + id);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", 2);
  const auto counts = writer.write({{kCycles, findings, {}, /*truncated=*/true}}).front();
  database.query(
      "INSERT INTO aml.run_steps (run_id, step, name, scenario, rows, seconds, "
      "peak_memory_bytes, outcome) VALUES (" +
      id + ", 1, 'cycles', '" + kCycles.id + "', 0, 0, 0, 'truncated')");
  test::commit_gold(writer);
  return counts;
}

/// Every row of gold with the database transaction that wrote it.
std::string rows_and_their_writers(const TestDatabase& database) {
  return database.query("SELECT xmin, a.* FROM gold.alerts a ORDER BY alert_id") + "\n" +
         database.query("SELECT xmin, p.* FROM gold.alert_periods p ORDER BY alert_id") + "\n" +
         database.query("SELECT xmin, p.* FROM gold.scenario_periods p ORDER BY scenario") + "\n" +
         database.query("SELECT xmin, s.* FROM gold.scenarios s ORDER BY scenario") + "\n" +
         database.query("SELECT xmin, t.* FROM gold.alert_transfers t ORDER BY alert_id, step") +
         "\n" +
         database.query(
             "SELECT xmin, e.* FROM gold.alert_entities e ORDER BY alert_id, entity_id, role") +
         "\n" +
         database.query("SELECT xmin, e.* FROM gold.alert_evidence e ORDER BY alert_id, item") +
         "\n" + database.query("SELECT xmin, s.* FROM gold.scores s ORDER BY entity_id, measure");
}

std::string rows_in_gold(const TestDatabase& database) {
  return database.query(
      "SELECT (SELECT count(*) FROM gold.alerts), (SELECT count(*) FROM gold.alert_transfers), "
      "(SELECT count(*) FROM gold.alert_entities), (SELECT count(*) FROM gold.alert_evidence), "
      "(SELECT count(*) FROM gold.scores), (SELECT count(*) FROM gold.scenario_runs), "
      "(SELECT count(*) FROM gold.run_results), (SELECT count(*) FROM aml.scenario_versions)");
}

const std::string kNothing = "0|0|0|0|0|0|0|0";

TEST(AlertId, IsTheHashOfItsPartsWithTheirLengths) {
  // printf '14:round_tripping7:account2:A111:A1>A2>A3|T1' | sha256sum
  auto finding = round_trip_finding();
  finding.evidence_key = "A1>A2>A3|T1";
  EXPECT_EQ(store::alert_id("round_tripping", finding), "c318ec7e18c1baf2900c95ce252e640e");
}

TEST(AlertId, DependsOnEveryPartAndOnNothingElse) {
  const auto finding = round_trip_finding();
  const auto id = store::alert_id("s", finding);
  auto other = finding;
  other.score = 0.1;
  other.explanation = "told otherwise";
  other.transfers.clear();
  EXPECT_EQ(store::alert_id("s", other), id);
  EXPECT_NE(store::alert_id("t", finding), id);
  other = finding;
  other.subject = "A2";
  EXPECT_NE(store::alert_id("s", other), id);
  other = finding;
  other.subject_kind = EntityKind::kParty;
  EXPECT_NE(store::alert_id("s", other), id);
  other = finding;
  other.evidence_key += "x";
  EXPECT_NE(store::alert_id("s", other), id);
}

TEST(AlertId, PartsDoNotRunIntoEachOther) {
  Finding one, two;
  one.subject = "ab";
  one.evidence_key = "c";
  two.subject = "a";
  two.evidence_key = "bc";
  EXPECT_NE(store::alert_id("s", one), store::alert_id("s", two));
}

TEST(GoldWriter, WritesEveryPartOfAFinding) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  const auto counts = write_run(database, {{&finding, "high"}});
  EXPECT_EQ(counts.alerts, 1);
  EXPECT_EQ(counts.added, 1);
  EXPECT_EQ(counts.gone, 0);
  EXPECT_FALSE(counts.changed_without_new_version);

  const auto id = store::alert_id("round_tripping", finding);
  EXPECT_EQ(
      database.query(
          "SELECT alert_id, scenario, version, typology, subject_kind, subject, score, severity, "
          "amount, "
          "currency, first_activity_at, last_activity_at, explanation, first_run_id, gone_run_id "
          "IS "
          "NULL FROM gold.alerts"),
      id +
          "|round_tripping|1|round_tripping|account|A1|0.9|high|1000.00|USD|2024-03-01 09:00:00+00|"
          "2024-03-02 09:00:00+00|1,000.00 USD left A1 and 980.00 USD came back.|1|t");
  EXPECT_EQ(database.query(
                "SELECT step, transfer_id, role, branch FROM gold.alert_transfers ORDER BY step"),
            "1|T1|hop|1\n2|T2|hop|2\n3|T3|hop|3");
  EXPECT_EQ(database.query(
                "SELECT entity_kind, entity_id, role FROM gold.alert_entities ORDER BY entity_id"),
            "account|A1|origin\naccount|A2|intermediary\naccount|A3|intermediary");
  EXPECT_EQ(
      database.query(
          "SELECT item, feature, observed, threshold IS NULL, contribution, sentence "
          "FROM gold.alert_evidence WHERE feature IN ('length', 'returned_share') ORDER BY item"),
      "1|length|3|t||3 hops.\n4|returned_share|0.980|f|0.4|98 % came back.");
  EXPECT_EQ(
      database.query(
          "SELECT evidence = '{\"schema_version\": 1, \"features\": {\"length\": [\"3\"], "
          "\"amount_sent\": [\"1000.00\"], \"amount_returned\": [\"980.00\"], \"returned_share\": "
          "[\"0.980\"], "
          "\"duration_hours\": [\"24.0\"], \"instances\": [\"1\"]}}'::jsonb FROM gold.alerts"),
      "t");
  EXPECT_EQ(database.query(
                "SELECT scenario, version, title, typology, last_run_id FROM gold.scenario_runs"),
            "round_tripping|1|Title of round_tripping|round_tripping|1");
  EXPECT_EQ(database.query("SELECT scenario, version, title, typology, detector, definition FROM "
                           "aml.scenario_versions"),
            "round_tripping|1|Title of round_tripping|round_tripping|cycles|{\"id\": "
            "\"round_tripping\"}");
}

TEST(GoldWriter, EvidenceOfOneFeatureKeepsItsOrder) {
  const TestDatabase database;
  auto finding = synthetic_identity_finding();
  finding.evidence = {{"shared_phone", "9", {}, {}, ""},
                      {"shared_phone", "1", {}, {}, ""},
                      {"shared_phone", "5", {}, {}, ""}};
  write_run(database, {{&finding, "low"}});
  EXPECT_EQ(database.query("SELECT evidence #> '{features,shared_phone}' FROM gold.alerts"),
            "[\"9\", \"1\", \"5\"]");
}

TEST(GoldWriter, SecondIdenticalRunWritesNoRow) {
  const TestDatabase database;
  const auto first = round_trip_finding(), second = structuring_finding();
  const std::vector<GradedFinding> findings{{&first, "high"}, {&second, "low"}};
  write_run(database, findings, risk_scores());
  const auto before = rows_and_their_writers(database);
  EXPECT_EQ(rows_in_gold(database), "2|8|9|13|3|1|1|1");

  const auto counts = write_run(database, findings, risk_scores());
  EXPECT_EQ(counts.alerts, 2);
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(counts.gone, 0);
  EXPECT_EQ(rows_and_their_writers(database), before);
  EXPECT_EQ(database.query("SELECT DISTINCT first_run_id, last_run_id FROM gold.current_alerts"),
            "1|2");
  EXPECT_EQ(database.query("SELECT run_id, count(*) FROM gold.run_alerts GROUP BY 1 ORDER BY 1"),
            "1|2\n2|2");
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.version_tables WHERE version = 2"), "0");
  EXPECT_EQ(rows_in_gold(database), "2|8|9|13|3|1|2|1");
}

TEST(GoldWriter, FindingsInAnotherOrderAreTheSameFindings) {
  const TestDatabase database;
  const auto first = round_trip_finding(), second = structuring_finding();
  write_run(database, {{&first, "high"}, {&second, "low"}});
  const auto before = rows_and_their_writers(database);
  write_run(database, {{&second, "low"}, {&first, "high"}});
  EXPECT_EQ(rows_and_their_writers(database), before);
}

TEST(GoldWriter, VanishedFindingNamesTheRunThatNoLongerFoundItAndLeavesCurrentAlerts) {
  const TestDatabase database;
  const auto stays = round_trip_finding(), vanishes = structuring_finding();
  write_run(database, {{&stays, "high"}, {&vanishes, "high"}});
  EXPECT_EQ(database.query("SELECT count(*) FROM gold.current_alerts"), "2");

  auto counts = write_run(database, {{&stays, "high"}});
  EXPECT_EQ(counts.alerts, 1);
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(counts.gone, 1);
  EXPECT_EQ(
      database.query("SELECT subject, first_run_id, gone_run_id FROM gold.alerts ORDER BY subject"),
      "A1|1|\nA4|1|2");
  EXPECT_EQ(database.query("SELECT subject FROM gold.current_alerts"), "A1");
  EXPECT_EQ(database.query("SELECT count(*) FROM gold.alert_transfers"), "8")
      << "its evidence stays";

  counts = write_run(database, {{&stays, "high"}});
  EXPECT_EQ(counts.gone, 0) << "it was gone before";

  counts = write_run(database, {{&stays, "high"}, {&vanishes, "high"}});
  EXPECT_EQ(counts.added, 0) << "a finding that comes back is the same alert";
  EXPECT_EQ(
      database.query(
          "SELECT subject, first_run_id, last_run_id FROM gold.current_alerts ORDER BY subject"),
      "A1|1|4\nA4|1|4");
  EXPECT_EQ(
      database.query("SELECT run_id, alerts, added, gone FROM gold.run_results ORDER BY run_id"),
      "1|2|2|0\n2|1|0|1\n3|1|0|0\n4|2|0|0");
}

TEST(GoldWriter, ATruncatedRunTakesNoAlertAway) {
  const TestDatabase database;
  const auto trip = round_trip_finding(), network = structuring_finding();
  write_run(database, {{&trip, "high"}, {&network, "high"}});
  const auto write_truncated = [&](const std::vector<GradedFinding>& findings) {
    return write_truncated_run(database, findings);
  };
  const auto stand = [&] {
    return database.query(
        "SELECT subject, severity, last_run_id, is_unreached, is_new FROM gold.current_alerts "
        "ORDER BY subject");
  };
  auto counts = write_truncated({{&trip, "low"}});
  EXPECT_EQ(counts.alerts, 1);
  EXPECT_EQ(counts.gone, 0);
  EXPECT_EQ(counts.unreached, 1);
  EXPECT_EQ(stand(), "A1|low|2|f|f\nA4|high|1|t|f");

  auto part = network;
  part.transfers.pop_back();
  counts = write_truncated({{&part, "low"}});
  EXPECT_EQ(counts.alerts, 0) << "of what it found a part is missing";
  EXPECT_EQ(counts.partial, (std::map<std::string, std::int64_t>{{"low", 1}}));
  EXPECT_EQ(counts.unreached, 2);
  EXPECT_EQ(stand(), "A1|low|2|t|f\nA4|high|1|t|f") << "its evidence is not cut";
  EXPECT_EQ(database.query("SELECT count(*) FROM gold.alert_transfers"), "8");
  EXPECT_EQ(database.query("SELECT run_id, alerts, gone, is_truncated FROM gold.run_results "
                           "ORDER BY run_id"),
            "1|2|0|f\n2|1|0|t\n3|0|0|t");

  EXPECT_EQ(write_run(database, {{&network, "high"}}).gone, 1) << "this one looked everywhere";
  EXPECT_EQ(stand(), "A4|high|4|f|f");
  EXPECT_EQ(database.query("SELECT found_until_run_id, gone_run_id FROM gold.alerts WHERE subject "
                           "= 'A1'"),
            "2|4");
  EXPECT_EQ(database.query("SELECT last_run_id FROM aml.run_findings WHERE subject = 'A1'"),
            "2\n2");
  EXPECT_EQ(database.query("SELECT subject, last_run_id FROM gold.current_alerts_as_of(3) ORDER BY "
                           "subject"),
            "A1|2\nA4|1");
}

TEST(GoldWriter, ATruncatedRunKeepsNoAlertWhoseTransfersAreNoLongerWhatTheyWere) {
  const TestDatabase database;
  add_sample_silver(database);
  const auto trip = round_trip_finding(), network = structuring_finding();
  EXPECT_EQ(write_truncated_run(database, {{&trip, "high"}, {&network, "high"}}).added, 2);
  const auto stand = [&] {
    return database.query(
        "SELECT subject, is_unreached, (SELECT count(*) FROM gold.alert_transfers t WHERE "
        "t.alert_id = c.alert_id) FROM gold.current_alerts c ORDER BY subject");
  };

  database.write(
      "UPDATE silver.transfers SET amount_base = 950, type = 'WIRE', valid_from = DEFAULT WHERE "
      "transfer_id IN ('T1', 'T11')");
  auto counts = write_truncated_run(database, {});
  EXPECT_EQ(counts.unreached, 2) << "another rate of the day makes no other transfer";
  EXPECT_EQ(counts.gone, 0);

  database.write("DELETE FROM silver.transfers WHERE transfer_id IN ('T2', 'T14')");
  auto rest = network;
  rest.transfers.pop_back();
  counts = write_truncated_run(database, {{&rest, "low"}});
  EXPECT_EQ(counts.gone, 1);
  EXPECT_EQ(counts.partial, (std::map<std::string, std::int64_t>{}));
  EXPECT_EQ(counts.unreached, 0);
  EXPECT_EQ(stand(), "A4|f|4") << "with what is left of its evidence";

  database.write(
      "UPDATE silver.transfers SET to_account_id = 'A5', valid_from = DEFAULT WHERE transfer_id = "
      "'T10'");
  EXPECT_EQ(write_truncated_run(database, {}).gone, 1) << "T10 pays somebody else now";
  EXPECT_EQ(stand(), "");
}

TEST(GoldWriter, ATransferThatIsAsItWasAgainKeepsItsAlert) {
  const TestDatabase database;
  add_sample_silver(database);
  const auto trip = round_trip_finding();
  write_truncated_run(database, {{&trip, "high"}});
  database.write(
      "CREATE TABLE public.taken AS SELECT * FROM silver.transfers WHERE transfer_id = 'T2';"
      "DELETE FROM silver.transfers WHERE transfer_id = 'T2'");
  database.write(
      "ALTER TABLE public.taken DROP COLUMN valid_from;"
      "INSERT INTO silver.transfers SELECT * FROM public.taken");
  EXPECT_EQ(write_truncated_run(database, {}).unreached, 1);
}

TEST(GoldWriter, RunWithoutFindingsClearsTheCurrentAlertsOfItsScenarioOnly) {
  const TestDatabase database;
  const auto trip = round_trip_finding(), network = structuring_finding();
  write_run(database, {{&trip, "high"}});
  write_run(database, {{&network, "high"}}, {}, scenario("smurfs", "structuring", "structuring"));
  const auto counts = write_run(database, {});
  EXPECT_EQ(counts.alerts, 0);
  EXPECT_EQ(counts.gone, 1);
  EXPECT_EQ(database.query("SELECT scenario FROM gold.current_alerts"), "smurfs");
}

TEST(GoldWriter, CountsWhatARunFoundThoughGoldWasChangedByHand) {
  const TestDatabase database;
  const auto trip = round_trip_finding();
  auto other = trip;
  other.evidence_key = "another";
  const auto take_the_other_away = [&] {
    database.write(
        "UPDATE gold.alerts SET gone_run_id = (SELECT max(run_id) FROM aml.runs), "
        "valid_from = DEFAULT WHERE alert_id = '" +
        store::alert_id(kCycles.id, other) + "'");
  };
  write_run(database, {{&trip, "high"}, {&other, "high"}});
  take_the_other_away();
  EXPECT_EQ(write_run(database, {{&trip, "high"}, {&other, "high"}}).alerts, 2);
  take_the_other_away();
  EXPECT_EQ(write_run(database, {{&trip, "high"}}).alerts, 1);
  EXPECT_EQ(database.query("SELECT run_id, alerts FROM gold.run_results ORDER BY run_id"),
            "1|2\n2|2\n3|1");
}

TEST(GoldWriter, ChangedFindingReplacesWhatChanged) {
  const TestDatabase database;
  auto finding = structuring_finding();
  write_run(database, {{&finding, "high"}});
  const auto untouched =
      database.query(
          "SELECT xmin, t.* FROM gold.alert_transfers t WHERE step IN (1, 2, 3) ORDER BY step") +
      database.query(
          "SELECT xmin, e.* FROM gold.alert_entities e WHERE entity_id <> 'A5' ORDER BY "
          "entity_id") +
      database.query("SELECT xmin, e.* FROM gold.alert_evidence e WHERE item <= 6 ORDER BY item");

  finding.score = 0.8;
  finding.amount_minor = std::nullopt;
  finding.last_activity = march(3, 11);
  finding.explanation = "told anew";
  finding.transfers.pop_back();                            // one transfer less
  finding.transfers.back().role = "exit";                  // one in another role
  finding.entities.back().role = "beneficiary";            // one entity in another role
  finding.evidence.back() = {"exits", "0", "1", 0.5, ""};  // one item with other values
  const auto counts = write_run(database, {{&finding, "medium"}});
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(database.query("SELECT score, severity, amount IS NULL, currency IS NULL, "
                           "last_activity_at, explanation, "
                           "first_run_id, last_run_id FROM gold.current_alerts"),
            "0.8|medium|t|t|2024-03-03 11:00:00+00|told anew|1|2");
  EXPECT_EQ(
      database.query("SELECT step, transfer_id, role FROM gold.alert_transfers WHERE step > 3"),
      "4|T13|exit");
  EXPECT_EQ(database.query("SELECT role FROM gold.alert_entities WHERE entity_id = 'A5'"),
            "beneficiary");
  EXPECT_EQ(database.query(
                "SELECT observed, threshold, contribution FROM gold.alert_evidence WHERE item = 7"),
            "0|1|0.5");
  EXPECT_EQ(database.query("SELECT evidence #>> '{features,exits,0}' FROM gold.alerts"), "0");
  EXPECT_EQ(
      untouched,
      database.query(
          "SELECT xmin, t.* FROM gold.alert_transfers t WHERE step IN (1, 2, 3) ORDER BY step") +
          database.query("SELECT xmin, e.* FROM gold.alert_entities e WHERE entity_id <> 'A5' "
                         "ORDER BY entity_id") +
          database.query(
              "SELECT xmin, e.* FROM gold.alert_evidence e WHERE item <= 6 ORDER BY item"));
}

TEST(GoldWriter, ScoresAreReplacedOnlyWhereTheyDiffer) {
  const TestDatabase database;
  const auto risk = scenario("risk", "risk_exposure", "risk_propagation");
  write_run(database, {},
            {{EntityKind::kParty, "risk_score", {{"P1", 1.0}, {"P2", 2.0}, {"P3", 0.1}}}}, risk);
  write_run(database, {}, {{EntityKind::kParty, "risk_score", {{"P1", 9.0}}}},
            scenario("other", "risk_exposure", "risk_propagation"));
  write_run(database, {},
            {{EntityKind::kParty, "risk_score", {{"P2", 2.5}, {"P3", 0.1}, {"P4", 1.0 / 3}}}},
            risk);
  EXPECT_EQ(database.query(
                "SELECT scenario, entity_kind, entity_id, measure, value, run_id FROM gold.scores "
                "ORDER BY scenario, entity_id"),
            "other|party|P1|risk_score|9|2\n"
            "risk|party|P2|risk_score|2.5|3\n"
            "risk|party|P3|risk_score|0.1|1\n"
            "risk|party|P4|risk_score|0.3333333333333333|3");
}

TEST(GoldWriter, NothingIsVisibleBeforeCommit) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", 2);
  writer.write({{kCycles, {{&finding, "high"}}, risk_scores()}});
  EXPECT_EQ(rows_in_gold(database), kNothing);
  test::commit_gold(writer);
  EXPECT_EQ(rows_in_gold(database), "1|3|3|6|3|1|1|1");
}

TEST(GoldWriter, WithoutCommitNothingIsLeft) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  {
    GoldWriter writer(connection, run, "USD", 2);
    writer.write({{kCycles, {{&finding, "high"}}, risk_scores()}});
  }
  EXPECT_EQ(rows_in_gold(database), kNothing);
  EXPECT_EQ(database.query("SELECT status, finished_at IS NULL FROM aml.runs"), "running|t");
  GoldWriter again(connection, run, "USD", 2);  // the connection is free for the next transaction
  again.write({{kCycles, {{&finding, "high"}}}});
  test::commit_gold(again);
  EXPECT_EQ(rows_in_gold(database), "1|3|3|6|0|1|1|1");
}

TEST(GoldWriter, CommitFinishesTheRun) {
  const TestDatabase database;
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", 2);
  test::commit_gold(writer, 123'456'789);
  EXPECT_EQ(database.query("SELECT status, finished_at >= started_at, peak_memory_bytes, error IS "
                           "NULL FROM aml.runs"),
            "succeeded|t|123456789|t");
  EXPECT_EQ(database.query("SELECT step, name FROM aml.run_steps"), "3|write gold");
}

TEST(GoldWriter, CommitWithAnErrorKeepsTheGoldOfTheOtherScenarios) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", 2);
  writer.write({{kCycles, {{&finding, "high"}}}});
  test::commit_gold(writer, 1, "scenario smurfs: out of memory");
  EXPECT_EQ(database.query("SELECT status, error FROM aml.runs"),
            "failed|scenario smurfs: out of memory");
  EXPECT_EQ(database.query("SELECT count(*) FROM gold.current_alerts"), "1");
}

TEST(GoldWriter, RunThatWasDeclaredDeadWritesNothing) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  {
    GoldWriter writer(connection, run, "USD", 2);
    writer.write({{kCycles, {{&finding, "high"}}}});
    database.query("UPDATE aml.runs SET status = 'died'");
    EXPECT_THROW(writer.complete_run(1), store::StoreError);
  }
  EXPECT_EQ(rows_in_gold(database), kNothing);
  EXPECT_EQ(database.query("SELECT status FROM aml.runs"), "died");
}

TEST(GoldWriter, RefusesTwoFindingsWithTheSameSubjectAndEvidenceKey) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  auto twin = finding;
  twin.score = 0.1;
  EXPECT_THROW(write_run(database, {{&finding, "high"}, {&twin, "low"}}), std::invalid_argument);
  EXPECT_EQ(rows_in_gold(database), kNothing);
  twin.evidence_key = "another episode";
  EXPECT_EQ(write_run(database, {{&finding, "high"}, {&twin, "low"}}).alerts, 2);
}

TEST(GoldWriter, RefusesWhatIsNoSeverityOrScore) {
  const TestDatabase database;
  auto finding = round_trip_finding();
  for (const std::string severity : {"", "High", "critical"}) {
    EXPECT_THROW(write_run(database, {{&finding, severity}}), std::invalid_argument) << severity;
  }
  for (const double score : {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN()}) {
    finding.score = score;
    EXPECT_THROW(write_run(database, {{&finding, "low"}}), std::invalid_argument) << score;
  }
  for (const double score : {0.0, 1.0}) {
    finding.score = score;
    EXPECT_EQ(write_run(database, {{&finding, "low"}}).alerts, 1) << score;
  }
}

TEST(GoldWriter, RefusesAScenarioTwiceInOneRun) {
  const TestDatabase database;
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", 2);
  writer.write({{kCycles, {}}});
  EXPECT_THROW(writer.write({{kCycles, {}}}), std::invalid_argument);
  writer.write({{scenario("another", "round_tripping", "cycles"), {}}});
}

TEST(GoldWriter, TextsAreWrittenAsTheyAre) {
  const TestDatabase database;
  for (const std::string text :
       {"", "\\N", "it's \"quoted\"", "tab\there", "two\nlines\r\n", "back\\slash \\t \\001",
        "{a,b}", "Zürich Ağ 銀行 🏦", "$1 %s '); DROP TABLE gold.alerts; --"}) {
    Finding finding;
    finding.subject = "key " + text;
    finding.evidence_key = text;
    finding.explanation = text;
    finding.transfers = {{text, text, 1, 0}};
    finding.entities = {{EntityKind::kParty, text, text}};
    finding.evidence = {{text, text, text, {}, text}};
    write_run(database, {{&finding, "low"}}, {{EntityKind::kAccount, text, {{text, 1.0}}}});
    EXPECT_EQ(database.query("SELECT subject FROM gold.current_alerts"), "key " + text);
    EXPECT_EQ(database.query("SELECT explanation FROM gold.current_alerts"), text);
    EXPECT_EQ(database.query("SELECT transfer_id FROM gold.alert_transfers JOIN "
                             "gold.current_alerts USING (alert_id)"),
              text);
    EXPECT_EQ(
        database.query(
            "SELECT entity_id FROM gold.alert_entities JOIN gold.current_alerts USING (alert_id) "
            "WHERE entity_kind = 'party'"),
        text);
    EXPECT_EQ(
        database.query(
            "SELECT threshold FROM gold.alert_evidence JOIN gold.current_alerts USING (alert_id)"),
        text);
    EXPECT_EQ(database.query("SELECT threshold IS NULL FROM gold.alert_evidence JOIN "
                             "gold.current_alerts USING (alert_id)"),
              "f");
    EXPECT_EQ(
        database.query("SELECT key FROM gold.current_alerts, jsonb_each(evidence -> 'features')"),
        text);
    EXPECT_EQ(database.query("SELECT entity_id FROM gold.scores"), text);
  }
}

TEST(GoldWriter, NulByteIsRefusedByNameAndNothingIsWritten) {
  const TestDatabase database;
  auto finding = round_trip_finding();
  finding.evidence[3].threshold = std::string("0\0001", 3);
  try {
    write_run(database, {{&finding, "low"}});
    FAIL() << "expected a StoreError";
  } catch (const store::StoreError& error) {
    EXPECT_EQ(error.failure(), store::StoreFailure::kStatement);
    EXPECT_NE(std::string(error.what()).find("staged_evidence"), std::string::npos) << error.what();
  }
  EXPECT_EQ(rows_in_gold(database), kNothing);
}

TEST(GoldWriter, AmountsAreExactForEveryExponent) {
  const TestDatabase database;
  constexpr auto kLargest = std::numeric_limits<graph::MinorUnits>::max();
  constexpr auto kSmallest = std::numeric_limits<graph::MinorUnits>::min();
  const std::vector<std::tuple<graph::MinorUnits, int, std::string>> cases{
      {0, 2, "0.00"},
      {5, 2, "0.05"},
      {-5, 2, "-0.05"},
      {100, 2, "1.00"},
      {-12'345, 2, "-123.45"},
      {7, 0, "7"},
      {7, 3, "0.007"},
      {12'345, 4, "1.2345"},
      {kLargest, 2, "92233720368547758.07"},
      {kLargest, 0, "9223372036854775807"},
      {kSmallest, 2, "-92233720368547758.08"},
      {kSmallest, 4, "-922337203685477.5808"}};
  auto finding = round_trip_finding();
  for (const auto& [minor, exponent, expected] : cases) {
    finding.amount_minor = minor;
    write_run(database, {{&finding, "low"}}, {}, kCycles, exponent);
    EXPECT_EQ(database.query("SELECT amount FROM gold.alerts"), expected);
  }
}

TEST(GoldWriter, AnyAmountComesBackAsTheSameMinorUnits) {
  const TestDatabase database;
  std::mt19937_64 random(20240301);
  std::vector<Finding> findings(500);
  std::vector<GradedFinding> graded;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto minor = static_cast<graph::MinorUnits>(random()) >> (random() % 64);
    findings[i].subject = std::to_string(minor);
    findings[i].evidence_key = std::to_string(i);
    findings[i].amount_minor = minor;
    graded.push_back({&findings[i], "low"});
  }
  write_run(database, graded, {}, kCycles, 3);
  EXPECT_EQ(database.query("SELECT count(*), count(*) FILTER (WHERE amount * 1000 = "
                           "subject::numeric) FROM gold.alerts"),
            "500|500");
}

TEST(GoldWriter, TimesAreExactToTheMicrosecond) {
  const TestDatabase database;
  auto finding = round_trip_finding();
  for (const graph::Micros at :
       {graph::Micros{0}, graph::Micros{-1}, graph::Micros{1'709'164'800'000'001},
        graph::Micros{951'782'399'999'999}, graph::Micros{-2'208'988'800'000'000},
        graph::Micros{32'503'679'999'123'456}}) {
    finding.first_activity = at;
    finding.last_activity = std::nullopt;
    write_run(database, {{&finding, "low"}});
    EXPECT_EQ(database.query("SELECT (extract(epoch FROM first_activity_at) * 1000000)::bigint, "
                             "last_activity_at IS NULL "
                             "FROM gold.alerts"),
              std::to_string(at) + "|t");
  }
}

TEST(GoldWriter, SubjectIsAlwaysAmongTheEntities) {
  const TestDatabase database;
  auto finding = round_trip_finding();
  finding.subject = "A9";
  finding.entities.push_back(
      {EntityKind::kParty, "A9", "owner"});  // a party of the same name is not the account
  write_run(database, {{&finding, "low"}});
  EXPECT_EQ(
      database.query(
          "SELECT entity_kind, role FROM gold.alert_entities WHERE entity_id = 'A9' ORDER BY 1"),
      "account|subject\nparty|owner");
}

TEST(GoldWriter, EntityThatIsNamedTwiceInOneRoleStandsThereOnce) {
  const TestDatabase database;
  auto finding = round_trip_finding();
  finding.entities.push_back(finding.entities.back());
  finding.entities.push_back({EntityKind::kAccount, "A3", "another role"});
  write_run(database, {{&finding, "low"}});
  EXPECT_EQ(
      database.query("SELECT role FROM gold.alert_entities WHERE entity_id = 'A3' ORDER BY 1"),
      "another role\nintermediary");
}

TEST(GoldWriter, TypologyOfTheBanksOwnIsDeclaredByItsScenario) {
  const TestDatabase database;
  const auto finding = round_trip_finding();
  write_run(database, {{&finding, "low"}}, {}, scenario("our_own", "gift_card_fraud", "cycles"));
  EXPECT_EQ(
      database.query(
          "SELECT title, description FROM gold.typologies WHERE typology = 'gift_card_fraud'"),
      "Title of our_own|Declared by scenario our_own");
  EXPECT_EQ(database.query("SELECT typology FROM gold.current_alerts"), "gift_card_fraud");
  const auto shipped =
      database.query("SELECT title FROM gold.typologies WHERE typology = 'round_tripping'");
  write_run(database, {}, {}, scenario("copy", "round_tripping", "cycles"));
  EXPECT_EQ(database.query("SELECT title FROM gold.typologies WHERE typology = 'round_tripping'"),
            shipped);
}

TEST(GoldWriter, NoticesATextThatChangedUnderTheSameVersion) {
  const TestDatabase database;
  auto identity = kCycles;
  EXPECT_FALSE(write_run(database, {}, {}, identity).changed_without_new_version);
  EXPECT_FALSE(write_run(database, {}, {}, identity).changed_without_new_version);
  identity.definition_json = R"({"id": "round_tripping", "params": {"max_length": 9}})";
  EXPECT_TRUE(write_run(database, {}, {}, identity).changed_without_new_version);
  identity.version = 2;
  identity.definition_json = R"({"id": "round_tripping", "params": {"max_length": 10}})";
  EXPECT_FALSE(write_run(database, {}, {}, identity).changed_without_new_version);
  EXPECT_EQ(
      database.query(
          "SELECT version, count(*) FROM aml.scenario_versions GROUP BY version ORDER BY version"),
      "1|2\n2|1");
}

TEST(GoldWriter, ManyFindingsAreAllWritten) {
  const TestDatabase database;
  constexpr int kFindings = 2'000, kTransfers = 10;
  std::vector<Finding> findings(kFindings);
  std::vector<GradedFinding> graded;
  for (int i = 0; i < kFindings; ++i) {
    auto& finding = findings[static_cast<std::size_t>(i)];
    finding.subject = "A" + std::to_string(i);
    for (int step = 1; step <= kTransfers; ++step) {
      finding.transfers.push_back({"T" + std::to_string(i * kTransfers + step), "hop", step, 0});
    }
    graded.push_back({&finding, "low"});
  }
  EXPECT_EQ(write_run(database, graded).added, kFindings);
  EXPECT_EQ(write_run(database, graded).added, 0);
  EXPECT_EQ(
      database.query("SELECT count(*), count(DISTINCT transfer_id) FROM gold.alert_transfers"),
      "20000|20000");
}

/// Writes a row for each account in a run of its own; all columns are `value` but those that differ.
std::int64_t write_features(const TestDatabase& database,
                            const std::vector<std::string_view>& accounts,
                            const std::vector<std::string>& columns, double value,
                            const std::string& other_column = {}) {
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  GoldWriter writer(connection, run, "USD", 2);
  std::vector<double> values;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    for (const auto& column : columns) values.push_back(column == other_column ? value + 1 : value);
  }
  const auto changed = writer.write_account_features({columns, accounts, values});
  test::commit_gold(writer);
  return changed;
}

TEST(GoldWriter, AccountFeaturesThatDoNotChangeStayUntouched) {
  const TestDatabase database;
  std::vector<std::string> columns;
  std::istringstream names(database.query(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'gold.account_features'::regclass AND "
      "attnum > 0 AND attname NOT IN ('account_id', 'run_id', 'valid_from') ORDER BY attname"));
  for (std::string name; std::getline(names, name);) columns.push_back(name);
  const std::vector<std::string_view> accounts{"A1", "tab\t, back\\slash, \n, \"quote\""};
  EXPECT_EQ(write_features(database, accounts, columns, 3), 2);
  EXPECT_EQ(write_features(database, accounts, columns, 3), 0);
  EXPECT_EQ(database.query("SELECT count(*), max(run_id) FROM gold.account_features"), "2|1");
  EXPECT_EQ(database.query("SELECT account_id FROM gold.account_features ORDER BY 1 DESC LIMIT 1"),
            accounts[1]);
  for (const std::string column : {"transfers_in", "amount_in", "weekend_share"}) {
    EXPECT_EQ(write_features(database, accounts, columns, 3, column), 2) << column;
    EXPECT_EQ(database.query("SELECT DISTINCT " + column + " FROM gold.account_features"), "4");
  }
  EXPECT_EQ(write_features(database, {"A1"}, columns, 5), 1);
  EXPECT_EQ(database.query("SELECT account_id FROM gold.account_features"), "A1")
      << "an account that is gone is gone";
}

std::string severity_of(const Finding& finding) {
  return finding.score > 0.5 ? "high" : "low";
}

std::vector<GradedFinding> graded(const std::vector<Finding>& findings) {
  std::vector<GradedFinding> result;
  for (const auto& finding : findings) result.push_back({&finding, severity_of(finding)});
  return result;
}

/// Some of eight findings, each in one of a few states.
std::vector<Finding> random_findings(std::mt19937& random) {
  std::vector<Finding> found;
  const auto one_of = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int key = 0; key < 8; ++key) {
    if (one_of(3) == 0) continue;
    auto finding = round_trip_finding();
    finding.evidence_key = std::to_string(key);
    if (one_of(4) == 0) finding.score = 0.3;
    if (one_of(4) == 0) finding.explanation = "told anew";
    if (one_of(4) == 0) finding.amount_minor = std::nullopt;
    if (one_of(4) == 0) finding.transfers.pop_back();
    if (one_of(4) == 0) finding.entities.back().role = "another";
    if (one_of(4) == 0) finding.evidence.back().sentence = "Twice.";
    found.push_back(finding);
  }
  return found;
}

bool are_same(const Finding& one, const Finding& other) {
  const auto parts = [](const Finding& f) {
    return std::tuple(f.score, f.explanation, f.amount_minor, f.transfers.size(),
                      f.entities.back().role, f.evidence.back().sentence);
  };
  return parts(one) == parts(other);
}

/// What differs, with some findings among it that do not.
store::ScenarioChanges changes_between(const store::ScenarioIdentity& identity,
                                       const std::vector<Finding>& before,
                                       const std::vector<Finding>& now, std::mt19937& random) {
  store::ScenarioChanges changes{identity, {}, {}};
  for (const auto& finding : now) {
    const auto known = std::ranges::find(before, finding.evidence_key, &Finding::evidence_key);
    const bool is_unchanged = known != before.end() && are_same(*known, finding);
    if (!is_unchanged || random() % 5 == 0)
      changes.findings.push_back({&finding, severity_of(finding)});
  }
  for (const auto& finding : before)
    if (std::ranges::count(now, finding.evidence_key, &Finding::evidence_key) == 0)
      changes.gone.push_back(store::alert_id(identity.id, finding));
  return changes;
}

/// Every row of gold and its history, and what its views say.
std::string everything(const TestDatabase& database) {
  std::string dump;
  for (const std::string table : {"gold.alerts",
                                  "gold.alert_transfers",
                                  "gold.alert_entities",
                                  "gold.alert_evidence",
                                  "gold.scores",
                                  "gold.scenarios",
                                  "gold.alert_periods",
                                  "gold.scenario_periods",
                                  "gold.run_alerts",
                                  "gold.run_results",
                                  "gold.scenario_runs",
                                  "gold.current_alerts",
                                  "history.gold_alerts",
                                  "history.gold_alert_transfers",
                                  "history.gold_alert_entities",
                                  "history.gold_alert_evidence",
                                  "history.gold_scores",
                                  "history.gold_scenarios",
                                  "history.gold_alert_periods",
                                  "history.gold_scenario_periods"})
    dump += table + "\n" + database.query("SELECT t FROM " + table + " t ORDER BY t::text") + "\n";
  return dump;
}

std::string current_alerts(const TestDatabase& database, const std::string& as_of = {}) {
  return database.query("SELECT c, last_run_id, is_new FROM gold.current_alerts" + as_of +
                        " c ORDER BY alert_id");
}

/// An alert as gold should have it.
struct Held {
  Finding finding;
  std::int64_t last_run = 0;
  bool is_unreached = false;
};
using HeldAlerts = std::map<std::string, Held>;  ///< by evidence key

/// What a run that ended at a budget leaves: what it did not find, or not all of, stays as it was found last.
/// Returns what counts as found.
std::vector<Finding> hold_truncated(HeldAlerts& held, const std::vector<Finding>& found,
                                    std::int64_t run) {
  std::vector<Finding> whole;
  for (const auto& finding : found) {
    const auto known = held.find(finding.evidence_key);
    if (known == held.end() || known->second.finding.transfers.size() <= finding.transfers.size())
      whole.push_back(finding);
  }
  for (auto& [key, alert] : held) alert.is_unreached = true;
  for (const auto& finding : whole) held[finding.evidence_key] = {finding, run, false};
  return whole;
}

constexpr int kScenarios = 3;
const store::RunStart kIncremental{.program_version = "test",
                                   .scenarios = {"s0", "s1", "s2"},
                                   .kind = store::RunKind::kIncremental,
                                   .seconds_so_far = 0.5};

/// Two databases that are told of the same random runs, one of all that they found, the other of
/// the changes only. What runs found is kept beside them, run by run.
class RandomRuns {
 public:
  void run_once() {
    const auto run = start_sample_run(told_all);
    auto all = told_all.connect();
    GoldWriter all_writer(all, run, "USD", 2);
    auto changes = told_changes.connect();
    GoldWriter changes_writer(changes, kIncremental, {}, "USD", 2);
    ASSERT_EQ(changes_writer.run_id(), run);

    std::vector<store::ScenarioFindings> found_now;
    std::vector<store::ScenarioFindings> as_a_whole;
    std::vector<store::ScenarioChanges> as_changes;
    std::vector<std::vector<Finding>> now(kScenarios);
    for (std::size_t i = 0; i < kScenarios; ++i) {
      if (random_() % 4 == 0) continue;  // it failed, or was not asked for
      now[i] = random_() % 3 == 0 ? found_[i] : random_findings(random_);
      const bool is_another_version = versions_[i] == 0 || random_() % 8 == 0;
      const bool is_truncated = random_() % 5 == 0;
      if (is_another_version) ++versions_[i];
      auto identity = scenario("s" + std::to_string(i), "round_tripping", "cycles");
      identity.version = versions_[i];
      found_now.push_back({identity, graded(now[i]), {}, is_truncated});
      const bool was_truncated = was_truncated_[i];
      was_truncated_[i] = is_truncated;
      if (is_another_version || is_truncated || was_truncated)
        as_a_whole.push_back(found_now.back());
      else
        as_changes.push_back(changes_between(identity, found_[i], now[i], random_));
    }
    const auto all_counts = all_writer.write(found_now);
    std::map<std::string, GoldCounts> counts;
    const auto whole_counts = changes_writer.write(as_a_whole);
    for (std::size_t i = 0; i < as_a_whole.size(); ++i)
      counts[as_a_whole[i].scenario.id] = whole_counts[i];
    const auto change_counts = changes_writer.write_changes(as_changes);
    for (std::size_t i = 0; i < as_changes.size(); ++i)
      counts[as_changes[i].scenario.id] = change_counts[i];
    for (std::size_t i = 0; i < found_now.size(); ++i) {
      const auto& told = counts[found_now[i].scenario.id];
      EXPECT_EQ(told.alerts, all_counts[i].alerts);
      EXPECT_EQ(told.added, all_counts[i].added);
      EXPECT_EQ(told.gone, all_counts[i].gone);
      EXPECT_EQ(told.unreached, all_counts[i].unreached);
      hold(found_now[i], all_counts[i], run);
    }
    commit_gold(all_writer);
    commit_gold(changes_writer);
    current.push_back(current_alerts(told_all));
    EXPECT_EQ(told_all.query("SELECT alert_id, last_run_id, is_unreached, (SELECT count(*) FROM "
                             "gold.alert_transfers t WHERE t.alert_id = c.alert_id), score "
                             "FROM gold.current_alerts c ORDER BY alert_id COLLATE \"C\""),
              held_alerts());
  }

  const TestDatabase told_all, told_changes;
  std::set<std::string> run_alerts;  ///< run, alert, version, score and severity of each finding
  std::vector<std::string> current;  ///< the current alerts right after each run

 private:
  void hold(const store::ScenarioFindings& told, const GoldCounts& counts, std::int64_t run) {
    const auto number = static_cast<std::size_t>(told.scenario.id[1] - '0');
    HeldAlerts& held = held_[number];
    const HeldAlerts before = held;
    auto& found = found_[number];
    found.clear();
    for (const auto& graded : told.findings) found.push_back(*graded.finding);
    if (told.truncated) {
      found = hold_truncated(held, found, run);
    } else {
      held.clear();
      for (const auto& finding : found) held[finding.evidence_key] = {finding, run, false};
    }
    EXPECT_EQ(counts.alerts, std::ssize(found));
    EXPECT_EQ(counts.gone, std::ranges::count_if(before, [&](const auto& alert) {
                return !held.contains(alert.first);
              }));
    EXPECT_EQ(counts.unreached, std::ranges::count_if(held, [](const auto& alert) {
                return alert.second.is_unreached;
              }));
    for (const auto& finding : found)
      run_alerts.insert(std::to_string(run) + "|" + store::alert_id(told.scenario.id, finding) +
                        "|" + std::to_string(told.scenario.version) + "|" +
                        (severity_of(finding) == "low" ? "0.3|low" : "0.9|high"));
  }

  std::string held_alerts() const {
    std::set<std::string> lines;
    for (std::size_t i = 0; i < kScenarios; ++i) {
      for (const auto& [key, alert] : held_[i])
        lines.insert(store::alert_id("s" + std::to_string(i), alert.finding) + "|" +
                     std::to_string(alert.last_run) + "|" + (alert.is_unreached ? "t" : "f") + "|" +
                     std::to_string(alert.finding.transfers.size()) + "|" +
                     (severity_of(alert.finding) == "low" ? "0.3" : "0.9"));
    }
    std::string text;
    for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
    return text;
  }

  std::mt19937 random_{20240301};
  std::vector<std::vector<Finding>> found_{kScenarios};  ///< by the newest run of each
  std::vector<HeldAlerts> held_{kScenarios};
  std::vector<bool> was_truncated_ = std::vector<bool>(kScenarios);
  std::vector<int> versions_ = std::vector<int>(kScenarios);
};

TEST(GoldWriter, ChangesLeaveTheSameGoldAndHistoryAsAllFindings) {
  RandomRuns runs;
  for (int run = 0; run < 20; ++run) {
    runs.run_once();
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(everything(runs.told_changes), everything(runs.told_all));

  std::string expected;
  for (const auto& line : runs.run_alerts) expected += (expected.empty() ? "" : "\n") + line;
  EXPECT_EQ(runs.told_all.query("SELECT run_id, alert_id, version, score, severity "
                                "FROM gold.run_alerts ORDER BY concat_ws('|', run_id, alert_id, "
                                "version, score, severity) COLLATE \"C\""),
            expected);
  for (std::size_t run = 0; run < runs.current.size(); ++run) {
    const auto as_of = "_as_of(" + std::to_string(run + 1) + ")";
    EXPECT_EQ(current_alerts(runs.told_all, as_of), runs.current[run]) << as_of;
  }
  EXPECT_EQ(runs.told_all.query(
                "SELECT count(*) FROM generate_series(0, aml.newest_version()) v WHERE (SELECT "
                "count(*) FROM gold.alert_periods_as_of(v) WHERE until_run_id IS NULL) <> "
                "(SELECT count(*) FROM gold.current_alerts_as_of(v) WHERE NOT is_unreached)"),
            "0");
  EXPECT_NE(runs.told_all.query("SELECT count(*) FROM gold.alerts WHERE found_until_run_id IS NOT "
                                "NULL AND gone_run_id IS NOT NULL"),
            "0")
      << "some were gone after all";
}

TEST(GoldWriter, IncrementalRunIsCommittedWhole) {
  const TestDatabase database;
  const auto trip = round_trip_finding();
  write_run(database, {{&trip, "high"}});
  auto connection = database.connect();
  const store::RunSnapshotFacts facts{"1:1:", {}, 7, 6, 8, 1};
  const std::string rows =
      "SELECT (SELECT count(*) FROM aml.runs), (SELECT count(*) FROM aml.versions), "
      "(SELECT count(*) FROM aml.run_steps)";
  const auto before = database.query(rows);
  for (const bool is_committed : {false, true}) {
    GoldWriter writer(connection, kIncremental, facts, "USD", 2);
    writer.write_changes({{kCycles, {}}});
    writer.complete_run(1);
    EXPECT_EQ(database.query(rows), before);
    if (is_committed) writer.commit(1, {.name = "incremental run"});
  }
  EXPECT_EQ(database.query("SELECT kind, status, version, read_version, transfers, "
                           "finished_at - started_at > interval '0.5 s' FROM aml.runs "
                           "ORDER BY run_id DESC LIMIT 1"),
            "incremental|succeeded|2|1|8|t");
  EXPECT_EQ(database.query("SELECT step, name FROM aml.run_steps WHERE run_id > 1 ORDER BY step"),
            "1|incremental run");
  EXPECT_EQ(database.query("SELECT count(DISTINCT run_id), count(*) FROM gold.run_alerts"), "2|2");
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.version_tables WHERE version = 2"), "0")
      << "a run that finds the same writes no row of gold";
}

TEST(GoldWriter, RefusesChangesThatAreNotEnoughOrContradictGold) {
  const TestDatabase database;
  const auto trip = round_trip_finding(), network = structuring_finding();
  write_run(database, {{&trip, "high"}});
  const auto id = store::alert_id(kCycles.id, trip);
  auto other_version = kCycles, other_model = kCycles;
  other_version.version = 2;
  other_model.scored_by = {"account_anomalies", 1};
  auto connection = database.connect();
  const auto refuses = [&](const store::ScenarioChanges& changes) {
    GoldWriter writer(connection, kIncremental, {}, "USD", 2);
    EXPECT_THROW(writer.write_changes({changes}), std::invalid_argument);
  };
  refuses({other_version, {}});
  refuses({other_model, {}});
  refuses({scenario("never_run", "round_tripping", "cycles"), {}});
  refuses({kCycles, {}, {store::alert_id(kCycles.id, network)}});
  refuses({kCycles, {{&trip, "high"}}, {id}});
  refuses({kCycles, {}, {id, id}});
  const auto cut = scenario("cut", "round_tripping", "cycles");
  write_run(database, {{&trip, "high"}}, {}, cut);
  const auto cut_run = start_sample_run(database);
  {
    GoldWriter writer(connection, cut_run, "USD", 2);
    writer.write({{cut, {}, {}, /*truncated=*/true}});
    test::commit_gold(writer);
  }
  write_run(database, {{&trip, "high"}});
  refuses({cut, {}});
  auto backtest = kIncremental;
  backtest.as_of_version = 0;
  EXPECT_THROW(GoldWriter(connection, backtest, {}, "USD", 2), std::invalid_argument);
  GoldWriter writer(connection, kIncremental, {}, "USD", 2);
  EXPECT_EQ(writer.write_changes({{kCycles, {}, {id}}}).front().gone, 1);
}

}  // namespace
}  // namespace aml::test
