// SPDX-License-Identifier: Apache-2.0
// Each view over the small bank of gold_sample.hpp, reckoned by hand.
#include <gtest/gtest.h>

#include <memory>

#include "tests/store/gold_sample.hpp"
#include "tests/support/commit_gold.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

/// One bank for all tests that only look.
class GoldViews : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { bank_ = std::make_unique<SampleBank>(); }
  static void TearDownTestSuite() { bank_.reset(); }
  const TestDatabase& database = bank_->database;

 private:
  inline static std::unique_ptr<SampleBank> bank_;
};

/// A bank for each test that adds a run.
class GoldViewsAfterAnotherRun : public ::testing::Test {
 protected:
  const SampleBank bank;
  const TestDatabase& database = bank.database;
};

TEST_F(GoldViews, CurrentAlertsNameTheirSubjectAndSayWhatIsNew) {
  EXPECT_EQ(database.query("SELECT scenario, title, subject, subject_party_id, subject_name, "
                           "severity, first_activity_date, "
                           "last_activity_date, is_new FROM gold.current_alerts ORDER BY scenario"),
            "anomalies|Title of anomalies|A5|P5||medium|||f\n"
            "risk|Title of risk|P5|P5||medium|2024-03-04|2024-03-04|f\n"
            "round_tripping|Title of round_tripping|A1|P1|Ada|high|2024-03-01|2024-03-02|t\n"
            "smurfs|Title of smurfs|A4|P4|Dora Ltd|high|2024-03-03|2024-03-04|f\n"
            "synthetic_identity|Title of synthetic_identity|P1|P1|Ada|medium|||f");
}

TEST_F(GoldViews, TransferDetailsTellWhoPaidWhom) {
  EXPECT_EQ(
      database.query(
          "SELECT step, role, branch, transfer_id, booked_at, booked_on, from_account_id, "
          "from_party_id, "
          "from_name, to_account_id, to_party_id, to_name, amount, currency, amount_base, type "
          "FROM gold.alert_transfer_details "
          "WHERE alert_id = (SELECT alert_id FROM gold.round_trips) ORDER BY step"),
      "1|hop|1|T1|2024-03-01 "
      "09:00:00+00|2024-03-01|A1|P1|Ada|A2|P2|Bob|1000.00|USD|1000.00|TRANSFER\n"
      "2|hop|2|T2|2024-03-01 "
      "12:30:00+00|2024-03-01|A2|P2|Bob|A3|P3|Cem|990.00|USD|990.00|TRANSFER\n"
      "3|hop|3|T3|2024-03-02 "
      "09:00:00+00|2024-03-02|A3|P3|Cem|A1|P1|Ada|890.00|EUR|980.00|TRANSFER");
}

TEST_F(GoldViews, FlaggedEntitiesAddUp) {
  // A1: round trip 1,000.00 (subject) + network 12,800.00 (sender); 3 + 5 transfers, from 1 to 4
  // March. A5: exit of the network (12,800.00, 5 transfers) + anomaly (no money). P4, P5: the risk
  // alert, 12,000.00 and one transfer. P1..P3: the identities, without money.
  EXPECT_EQ(
      database.query(
          "SELECT entity_kind, entity_id, party_id, name, country, highest_score, "
          "highest_severity, typologies, "
          "alerts, alerts_as_subject, amount, currency, transfers, first_activity_at::date, "
          "last_activity_at::date FROM gold.flagged_entities ORDER BY entity_id"),
      "account|A1|P1|Ada|US|0.9|high|{round_tripping,structuring}|2|1|13800.00|USD|8|2024-03-01|"
      "2024-03-04\n"
      "account|A2|P2|Bob|US|0.9|high|{round_tripping,structuring}|2|0|13800.00|USD|8|2024-03-01|"
      "2024-03-04\n"
      "account|A3|P3|Cem|DE|0.9|high|{round_tripping,structuring}|2|0|13800.00|USD|8|2024-03-01|"
      "2024-03-04\n"
      "account|A4|P4|Dora Ltd|LU|0.7|high|{structuring}|1|1|12800.00|USD|5|2024-03-03|2024-03-04\n"
      "account|A5|P5|||0.72|high|{anomalous_behaviour,structuring}|2|1|12800.00|USD|5|2024-03-03|"
      "2024-03-04\n"
      "account|A6|P6|Fay|US|0.7|high|{structuring}|1|0|12800.00|USD|5|2024-03-03|2024-03-04\n"
      "party|P1|P1|Ada|US|0.6|medium|{synthetic_identity}|1|1|||0||\n"
      "party|P2|P2|Bob|US|0.6|medium|{synthetic_identity}|1|0|||0||\n"
      "party|P3|P3|Cem|DE|0.6|medium|{synthetic_identity}|1|0|||0||\n"
      "party|P4|P4|Dora "
      "Ltd|DE|0.5|medium|{risk_exposure}|1|0|12000.00|USD|1|2024-03-04|2024-03-04\n"
      "party|P5|P5|||0.5|medium|{risk_exposure}|1|1|12000.00|USD|1|2024-03-04|2024-03-04");
}

TEST_F(GoldViewsAfterAnotherRun, EntityWithTwoRolesAndTransfersInTwoAlertsCountsOnce) {
  auto network = structuring_finding(), later = structuring_finding();
  network.entities.push_back({EntityKind::kAccount, "A1", "middleman"});
  later.evidence_key = "later";
  later.transfers = {{"T10", "first leg", 1, 1}, {"T1", "second leg", 2, 1}};
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  store::GoldWriter writer(connection, run, "USD", 2);
  writer.write(
      {{scenario("smurfs", "structuring", "structuring"), {{&network, "low"}, {&later, "low"}}}});
  writer.write({{scenario("round_tripping", "round_tripping", "cycles"), {}}});
  test::commit_gold(writer);
  EXPECT_EQ(database.query("SELECT alerts, highest_severity, amount, transfers FROM "
                           "gold.flagged_entities WHERE entity_id = 'A1'"),
            "2|low|25600.00|6");
}

TEST_F(GoldViews, SyntheticIdentitiesListTheirPartiesAndWhatTheyShare) {
  EXPECT_EQ(
      database.query(
          "SELECT score, severity, first_party_id, party_count, parties, names, kind_count, kinds, "
          "shared_addresses, shared_emails, shared_phones FROM gold.synthetic_identities"),
      "0.6|medium|P1|3|{P1,P2,P3}|{Ada,Bob,Cem}|2|{address,phone}|{\"1 main st\"}|{}|{15550100}");
}

TEST_F(GoldViews, StructuringNetworksReadLikeTheirSubject) {
  EXPECT_EQ(
      database.query("SELECT collector, collector_party_id, collector_name, branches, largest_leg, "
                     "inflow, forwarded_sum, "
                     "forwarded_share, currency, senders, middlemen, exits, duration_hours, "
                     "first_activity_at, "
                     "last_activity_at FROM gold.structuring_networks"),
      "A4|P4|Dora Ltd|2|7000.00|12800.00|12000.00|0.938|USD|{A1,A6}|{A2,A3}|{A5}|24.0|2024-03-03 "
      "08:00:00+00|"
      "2024-03-04 08:00:00+00");
}

TEST_F(GoldViews, RoundTripsListTheirAccountsInTheOrderOfTheHops) {
  EXPECT_EQ(
      database.query("SELECT origin, origin_party_id, origin_name, accounts, length, amount_sent, "
                     "amount_returned, "
                     "returned_share, currency, duration_hours, instances FROM gold.round_trips"),
      "A1|P1|Ada|{A1,A2,A3}|3|1000.00|980.00|0.980|USD|24.0|1");
}

TEST_F(GoldViews, EntityRiskHasEveryScoredPartyAndItsAlert) {
  EXPECT_EQ(database.query("SELECT scenario, party_id, name, party_kind, country, base_risk, "
                           "risk_score, inherited_risk, is_alert, "
                           "score, severity FROM gold.entity_risk ORDER BY party_id"),
            "risk|P4|Dora Ltd|company|DE|10|10|0|f||\n"
            "risk|P5||company||0|5|5|t|0.5|medium");
}

TEST_F(GoldViews, AnomalyScoresHaveEveryScoredAccountAndTheReasonsOfTheFlagged) {
  EXPECT_EQ(
      database.query("SELECT account_id, party_id, name, anomaly_score, is_alert, severity, "
                     "features, reasons[2] "
                     "FROM gold.anomaly_scores ORDER BY account_id"),
      "A1|P1|Ada|0.5|f||{}|\n"
      "A5|P5||0.72|t|medium|{amount_in,transfers_out}|Sent nothing; the median is one transfer.\n"
      "A6|P6|Fay|0.66|f||{}|");
}

TEST_F(GoldViewsAfterAnotherRun, CopyOfAScenarioUnderAnotherNameIsSeenToo) {
  const auto trip = round_trip_finding();
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  store::GoldWriter writer(connection, run, "USD", 2);
  writer.write({{scenario("our_round_trips", "round_tripping", "cycles"), {{&trip, "low"}}}});
  test::commit_gold(writer);
  EXPECT_EQ(database.query("SELECT scenario FROM gold.round_trips ORDER BY 1"),
            "our_round_trips\nround_tripping");
}

TEST_F(GoldViewsAfterAnotherRun, EvidenceThatIsNoNumberIsNullNotAnError) {
  auto trip = round_trip_finding();
  trip.evidence = {{"amount_sent", "about a thousand", {}, {}, ""},
                   {"amount_returned", "-12.50", {}, {}, ""},
                   {"returned_share", "1e-05", {}, {}, ""},
                   {"length", "99999999999999999999", {}, {}, ""},
                   {"duration_hours", "", {}, {}, ""}};
  const auto run = start_sample_run(database);
  auto connection = database.connect();
  store::GoldWriter writer(connection, run, "USD", 2);
  writer.write({{scenario("round_tripping", "round_tripping", "cycles"), {{&trip, "low"}}}});
  test::commit_gold(writer);
  EXPECT_EQ(database.query("SELECT amount_sent IS NULL, amount_returned, returned_share, length IS "
                           "NULL, duration_hours IS NULL, "
                           "instances IS NULL FROM gold.round_trips"),
            "t|-12.50|0.00001|t|t|t");
}

TEST_F(GoldViews, EntitiesAreAllAccountsAndParties) {
  EXPECT_EQ(database.query("SELECT entity_kind, count(*) FROM gold.entities GROUP BY 1 ORDER BY 1"),
            "account|7\nparty|6");
  EXPECT_EQ(database.query("SELECT party_id, name, party_kind, country, base_risk FROM "
                           "gold.entities WHERE entity_id = 'A4'"),
            "P4|Dora Ltd|company|LU|10");
}

TEST_F(GoldViews, AnalystWithRightsOnGoldAloneCanReadEveryView) {
  const auto role =
      "analyst_of_" +
      database.query("SELECT current_database()");  // roles belong to the whole server
  database.query("CREATE ROLE " + role + "; GRANT USAGE ON SCHEMA gold TO " + role +
                 "; GRANT SELECT ON ALL TABLES IN SCHEMA gold TO " + role);
  for (const std::string view : {"entities", "current_alerts", "alert_transfer_details",
                                 "flagged_entities", "synthetic_identities", "structuring_networks",
                                 "round_trips", "entity_risk", "anomaly_scores"}) {
    EXPECT_NE(database.query("SET ROLE " + role + "; SELECT * FROM gold." + view), "") << view;
  }
  EXPECT_ANY_THROW(database.query("SET ROLE " + role + "; SELECT * FROM silver.transfers"));
  database.query("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(GoldViews, IsoTimeIsUtcInEverySession) {
  EXPECT_EQ(
      database.query("SET timezone = 'Asia/Tokyo'; SELECT gold.iso_time('2024-03-01 14:05:00+00'), "
                     "gold.iso_time('2024-03-01 14:05:00.250+00'), gold.iso_time(NULL) IS NULL"),
      "2024-03-01T14:05:00Z|2024-03-01T14:05:00.250000Z|t");
}

}  // namespace
}  // namespace aml::test
