// SPDX-License-Identifier: Apache-2.0
#include "store/gold_reader.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "tests/store/gold_sample.hpp"
#include "tests/support/commit_gold.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

using Texts = std::vector<std::string>;

store::AlertFilter of_entity(const std::string& entity) {
  store::AlertFilter filter;
  filter.entity = entity;
  return filter;
}
store::AlertFilter of_scenario(const std::string& id) {
  store::AlertFilter filter;
  filter.scenario = id;
  return filter;
}
store::AlertFilter of_run(std::int64_t run_id) {
  store::AlertFilter filter;
  filter.run_id = run_id;
  return filter;
}
store::AlertFilter at_most(int limit) {
  store::AlertFilter filter;
  filter.limit = limit;
  return filter;
}

Texts subjects_of(store::Connection& connection, const store::AlertFilter& filter) {
  Texts result;
  for (const auto& alert : store::list_alerts(connection, filter)) {
    result.push_back(alert.typology + " " + alert.subject);
  }
  return result;
}

/// One bank for all tests that only look.
class GoldReader : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { bank_ = std::make_unique<SampleBank>(); }
  static void TearDownTestSuite() { bank_.reset(); }
  Texts subjects(const store::AlertFilter& filter) { return subjects_of(connection, filter); }

  const TestDatabase& database = bank_->database;
  const std::int64_t newest_run = bank_->newest_run;
  store::Connection connection = database.connect();

 private:
  inline static std::unique_ptr<SampleBank> bank_;
};

/// A bank for each test that changes something first.
class GoldReaderAfterAChange : public ::testing::Test {
 protected:
  const SampleBank bank;
  const TestDatabase& database = bank.database;
  const std::int64_t newest_run = bank.newest_run;
  store::Connection connection = database.connect();
};

TEST_F(GoldReader, RunsStandNewestFirst) {
  const auto runs = store::list_runs(connection, 0);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].run_id, newest_run);
  EXPECT_EQ(runs[1].run_id, newest_run - 1);
  EXPECT_EQ(store::list_runs(connection, 1).size(), 1u);
}

TEST_F(GoldReader, RunHasWhatTheLedgerKnows) {
  const auto run = store::find_run(connection, newest_run);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, "succeeded");
  EXPECT_EQ(run->program_version, "test");
  EXPECT_EQ(run->scenarios, (Texts{"round_tripping", "with \"quotes\", and comma"}));
  EXPECT_EQ(run->threads, 2);
  EXPECT_EQ(run->seed, 7u);
  EXPECT_EQ(run->accounts, 7);
  EXPECT_EQ(run->parties, 6);
  EXPECT_EQ(run->transfers, 8);
  EXPECT_EQ(run->alerts, 5);
  EXPECT_EQ(run->peak_memory_bytes, 4'194'304);
  EXPECT_EQ(run->error, "");
  EXPECT_GE(run->seconds, 0);
  EXPECT_EQ(run->started_by, database.query("SELECT current_user"));
  EXPECT_EQ(run->started_at,
            database.query(
                "SELECT gold.iso_time(started_at) FROM aml.runs ORDER BY run_id DESC LIMIT 1"));
  EXPECT_EQ(run->finished_at.back(), 'Z');
}

TEST_F(GoldReader, EarlierRunKeepsTheNumberOfAlertsItFound) {
  EXPECT_EQ(store::find_run(connection, newest_run - 1)->alerts, 5)
      << "four were found again since, one is gone";
}

TEST_F(GoldReaderAfterAChange, RunThatNobodyRunsHasDied) {
  const auto unfinished = start_sample_run(database);
  EXPECT_EQ(store::find_run(connection, unfinished)->status, "died");
}

TEST_F(GoldReaderAfterAChange, UnfinishedRunHasEmptyTimesAndNoAlerts) {
  const auto unfinished = start_sample_run(database);
  auto other = database.connect();
  const store::RunLock lock(other);
  const auto run = store::find_run(connection, unfinished);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, "running");
  EXPECT_EQ(run->finished_at, "");
  EXPECT_EQ(run->seconds, 0);
  EXPECT_EQ(run->alerts, 0);
  EXPECT_EQ(store::newest_successful_run(connection), newest_run);
}

TEST_F(GoldReaderAfterAChange, SeedAboveTheSignedRangeComesBack) {
  database.query("UPDATE aml.runs SET seed = -1");
  EXPECT_EQ(store::find_run(connection, newest_run)->seed, 18'446'744'073'709'551'615u);
}

TEST_F(GoldReader, RunThatDoesNotExistIsAbsent) {
  EXPECT_FALSE(store::find_run(connection, 999));
}

TEST(GoldReaderOfEmptyGold, HasNothing) {
  const TestDatabase database;
  auto connection = database.connect();
  EXPECT_FALSE(store::newest_successful_run(connection));
  EXPECT_TRUE(store::list_runs(connection, 0).empty());
  EXPECT_TRUE(store::list_alerts(connection, {}).empty());
  EXPECT_TRUE(store::read_stories(connection, {}).empty());
  EXPECT_FALSE(store::read_gold_state(connection, {}, 1));
  EXPECT_FALSE(store::read_gold_state(connection, 1, 1));
  EXPECT_TRUE(store::find_entities(connection, "A1").empty());
}

TEST_F(GoldReader, StepsStandInTheirOrder) {
  const auto steps = store::read_gold_state(connection, newest_run, 0)->runs[0].steps;
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].name, "read snapshot");
  EXPECT_EQ(steps[0].scenario, "");
  EXPECT_EQ(steps[0].rows, 8);
  EXPECT_EQ(steps[0].seconds, 0.25);
  EXPECT_TRUE(steps[0].notes.empty());
  EXPECT_EQ(steps[1].scenario, "round_tripping");
  EXPECT_EQ(steps[1].outcome, "truncated");
  EXPECT_EQ(steps[1].peak_memory_bytes, 2'097'152);
  EXPECT_EQ(steps[1].notes, (Texts{"A9 is a hub, left out"}));
  EXPECT_EQ(steps[2].name, "write gold");
}

TEST_F(GoldReader, AlertsStandBySeverityThenScore) {
  EXPECT_EQ(subjects({}), (Texts{"round_tripping A1", "structuring A4", "anomalous_behaviour A5",
                                 "synthetic_identity P1", "risk_exposure P5"}));
  EXPECT_EQ(subjects(at_most(2)), (Texts{"round_tripping A1", "structuring A4"}));
}

TEST_F(GoldReaderAfterAChange, AlertsOfEqualRankStandById) {
  auto first = round_trip_finding(), second = round_trip_finding(), third = round_trip_finding();
  second.evidence_key = "second";
  third.evidence_key = "third";
  const auto run = start_sample_run(database);
  auto writing = database.connect();
  store::GoldWriter writer(writing, run, "USD", 2);
  writer.write({{scenario("round_tripping", "round_tripping", "cycles"),
                 {{&third, "low"}, {&first, "low"}, {&second, "low"}}}});
  test::commit_gold(writer);
  const auto alerts = store::list_alerts(connection, of_scenario("round_tripping"));
  ASSERT_EQ(alerts.size(), 3u);
  EXPECT_LT(alerts[0].alert_id, alerts[1].alert_id);
  EXPECT_LT(alerts[1].alert_id, alerts[2].alert_id);
}

TEST_F(GoldReader, FilterByEntityFindsEveryAlertItTakesPartIn) {
  EXPECT_EQ(subjects(of_entity("A5")), (Texts{"structuring A4", "anomalous_behaviour A5"}));
  EXPECT_EQ(subjects(of_entity("P4")), (Texts{"risk_exposure P5"}));
  auto both = of_entity("A5");
  both.scenario = "smurfs";
  EXPECT_EQ(subjects(both), (Texts{"structuring A4"}));
  EXPECT_TRUE(subjects(of_entity("A7")).empty());
}

TEST_F(GoldReader, FilterByRunFindsWhatThatRunFoundEvenIfLaterOnesFoundItAgain) {
  EXPECT_EQ(subjects(of_run(newest_run - 1)).size(), 5U);
  EXPECT_EQ(subjects(of_run(newest_run)), subjects({}));
}

TEST_F(GoldReader, AlertHasEveryField) {
  const auto alert = store::list_alerts(connection, of_scenario("round_tripping")).at(0);
  EXPECT_EQ(alert.alert_id, store::alert_id("round_tripping", round_trip_finding()));
  EXPECT_EQ(alert.title, "Title of round_tripping");
  EXPECT_EQ(alert.version, 1);
  EXPECT_EQ(alert.subject_kind, "account");
  EXPECT_EQ(alert.subject_name, "Ada");
  EXPECT_EQ(alert.score, 0.9);
  EXPECT_EQ(alert.severity, "high");
  EXPECT_EQ(alert.amount, "1000.00");
  EXPECT_EQ(alert.currency, "USD");
  EXPECT_EQ(alert.first_activity_at, "2024-03-01T09:00:00Z");
  EXPECT_EQ(alert.last_activity_at, "2024-03-02T09:00:00Z");
  EXPECT_EQ(alert.explanation, "1,000.00 USD left A1 and 980.00 USD came back.");
  EXPECT_EQ(alert.scored_by, "");
  EXPECT_EQ(alert.first_run_id, newest_run);
  EXPECT_EQ(alert.last_run_id, newest_run);
}

TEST_F(GoldReader, AnAlertNamesTheModelThatScoredIt) {
  const auto alert = store::list_alerts(connection, of_scenario("anomalies")).at(0);
  EXPECT_EQ(alert.scored_by, "account_anomalies version 1");
}

TEST_F(GoldReader, AlertWithoutMoneyOrTransfersHasNoAmountAndEmptyTimes) {
  const auto alert = store::list_alerts(connection, of_scenario("synthetic_identity")).at(0);
  EXPECT_FALSE(alert.amount);
  EXPECT_EQ(alert.currency, "");
  EXPECT_EQ(alert.first_activity_at, "");
}

TEST_F(GoldReader, StoriesHaveTheOrderOfTheListAndTheirOwnParts) {
  const auto stories = store::read_stories(connection, {});
  ASSERT_EQ(stories.size(), 5u);
  const auto alerts = store::list_alerts(connection, {});
  for (std::size_t i = 0; i < stories.size(); ++i)
    EXPECT_EQ(stories[i].alert.alert_id, alerts[i].alert_id);

  const auto& trip = stories[0];
  ASSERT_EQ(trip.transfers.size(), 3u);
  const auto& last = trip.transfers[2];
  EXPECT_EQ(last.step, 3);
  EXPECT_EQ(last.branch, 3);
  EXPECT_EQ(last.role, "hop");
  EXPECT_EQ(last.transfer_id, "T3");
  EXPECT_EQ(last.booked_at, "2024-03-02T09:00:00Z");
  EXPECT_EQ(last.from_account + last.to_account + last.from_party + last.to_party, "A3A1P3P1");
  EXPECT_EQ(last.amount + last.currency, "890.00EUR");
  EXPECT_EQ(last.amount_base, "980.00");
  EXPECT_EQ(last.type, "TRANSFER");
  ASSERT_EQ(trip.entities.size(), 3u);
  EXPECT_EQ(trip.entities[0].id, "A1") << "the subject stands first";
  EXPECT_EQ(trip.entities[0].name, "Ada");
  EXPECT_EQ(trip.entities[0].role, "origin");
  ASSERT_EQ(trip.evidence.size(), 6u);
  EXPECT_EQ(trip.evidence[3].feature, "returned_share");
  EXPECT_EQ(trip.evidence[3].observed, "0.980");
  EXPECT_EQ(trip.evidence[3].threshold, "0.5");
  EXPECT_EQ(trip.evidence[3].contribution, 0.4);
  EXPECT_FALSE(trip.evidence[0].threshold);
  EXPECT_FALSE(trip.evidence[0].contribution);
  EXPECT_TRUE(trip.shared_attributes.empty());

  EXPECT_EQ(stories[1].transfers.size(), 5u);
  EXPECT_EQ(stories[1].entities.size(), 6u);
  EXPECT_EQ(stories[1].evidence.size(), 7u);
  EXPECT_TRUE(stories[2].transfers.empty());
}

TEST_F(GoldReader, StoryOfIdentitiesTellsWhoGaveWhat) {
  const auto stories = store::read_stories(connection, of_scenario("synthetic_identity"));
  ASSERT_EQ(stories.size(), 1u);
  Texts told;
  for (const auto& gave : stories[0].shared_attributes)
    told.push_back(gave.kind + " " + gave.value + " " + gave.party);
  EXPECT_EQ(told, (Texts{"address 1 main st P1", "address 1 main st P2", "phone 15550100 P1",
                         "phone 15550100 P2", "phone 15550100 P3"}))
      << "what only one party gave is not shared";
}

TEST_F(GoldReader, StoriesTakeTheSameFilters) {
  EXPECT_EQ(store::read_stories(connection, at_most(1)).size(), 1u);
  EXPECT_EQ(store::read_stories(connection, of_entity("A5")).size(), 2u);
}

TEST_F(GoldReader, ShippedTypologiesAreExplained) {
  Texts names;
  const auto state = store::read_gold_state(connection, {}, 0);
  for (const auto& row : state->typologies) {
    names.push_back(row.typology);
    EXPECT_NE(row.title, "");
    EXPECT_NE(row.description, "");
    EXPECT_NE(row.reference, "");
  }
  EXPECT_EQ(names, (Texts{"account_structuring",
                          "anomalous_behaviour",
                          "bipartite",
                          "chain_layering",
                          "custom",
                          "dormant_reactivation",
                          "fan_in",
                          "fan_out",
                          "funnel_account",
                          "gather_scatter",
                          "mule",
                          "pass_through",
                          "risk_exposure",
                          "round_amounts",
                          "round_tripping",
                          "scatter_gather",
                          "smurfing",
                          "stack",
                          "structuring",
                          "synthetic_identity"}));
}

TEST_F(GoldReader, FindsAnAccountWithItsOwner) {
  const auto found = store::find_entities(connection, "A5");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "account");
  EXPECT_EQ(found[0].party_id, "P5");
  EXPECT_EQ(found[0].name, "");
  EXPECT_EQ(found[0].anomaly_score, 0.72);
  EXPECT_FALSE(found[0].base_risk);
  EXPECT_FALSE(found[0].risk_score);
  EXPECT_TRUE(found[0].accounts.empty());
}

TEST_F(GoldReaderAfterAChange, FindsAPartyWithItsAccounts) {
  database.write(
      "UPDATE silver.accounts SET valid_from = DEFAULT, party_id = 'P4' WHERE account_id IN ('A6', "
      "'A7')");
  const auto found = store::find_entities(connection, "P4");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "party");
  EXPECT_EQ(found[0].name, "Dora Ltd");
  EXPECT_EQ(found[0].country, "DE");
  EXPECT_EQ(found[0].party_id, "");
  EXPECT_EQ(found[0].base_risk, 10.0);
  EXPECT_EQ(found[0].risk_score, 10.0);
  EXPECT_FALSE(found[0].anomaly_score);
  EXPECT_EQ(found[0].accounts, (Texts{"A4", "A6", "A7"}));
}

TEST_F(GoldReaderAfterAChange, FindsBothAnAccountAndAPartyOfTheSameId) {
  database.write(
      "INSERT INTO silver.parties (party_id, kind, is_derived, file_id, line) VALUES ('A1', "
      "'unknown', true, 1, 1)");
  const auto found = store::find_entities(connection, "A1");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, "account");
  EXPECT_EQ(found[0].anomaly_score, 0.5);
  EXPECT_EQ(found[1].kind, "party");
  EXPECT_FALSE(found[1].anomaly_score) << "a score of the account is not one of the party";
}

TEST_F(GoldReader, FindsNothingForAnUnknownId) {
  EXPECT_TRUE(store::find_entities(connection, "nobody'; --").empty());
}

}  // namespace
}  // namespace aml::test
