// SPDX-License-Identifier: Apache-2.0
// A small bank with one finding of each typology, over two runs: small enough to reckon every view
// by hand.
#pragma once

#include <string>
#include <vector>

#include "detect/finding.hpp"
#include "store/gold_writer.hpp"
#include "tests/support/commit_gold.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {

using detect::EntityKind;
using detect::Finding;

inline constexpr graph::Micros kMarchFirst = 1'709'251'200'000'000;  // 2024-03-01T00:00:00Z
constexpr graph::Micros march(int day, int hour) {
  return kMarchFirst + (day - 1) * graph::kMicrosPerDay + hour * graph::kMicrosPerHour;
}

/// Parties P1 to P6 own accounts A1 to A6; P1 owns A7, too. P4 is risky. P1, P2 and P3 share
/// particulars.
inline void add_sample_silver(const TestDatabase& database) {
  database.write(R"(
    INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, rows_loaded, rows_quarantined, seconds)
    VALUES ('00', 'transfers', 'aml', 'bank/transfers.csv', 1000, 10, 8, 2, 0.5);
    INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
    SELECT file_id, 3, 'transfers', '{amount_is_positive}'::text[], '{"amount": "-5"}'::jsonb FROM aml.ingested_files
    UNION ALL
    SELECT file_id, 7, 'transfers', '{amount_is_positive,currency_is_known}', '{"amount": "0"}' FROM aml.ingested_files;
    INSERT INTO silver.parties (party_id, name, kind, country, base_risk, is_derived, file_id, line) VALUES
      ('P1', 'Ada', 'person', 'US', 0, false, 1, 2), ('P2', 'Bob', 'person', 'US', 0, false, 1, 3),
      ('P3', 'Cem', 'person', 'DE', 0, false, 1, 4), ('P4', 'Dora Ltd', 'company', 'DE', 10, false, 1, 5),
      ('P5', NULL, 'company', NULL, 0, false, 1, 6), ('P6', 'Fay', 'person', 'US', 0, false, 1, 7);
    INSERT INTO silver.accounts (account_id, party_id, currency_code, country, is_derived, file_id, line)
    SELECT 'A' || n, 'P' || CASE n WHEN 7 THEN 1 ELSE n END, 'USD', CASE n WHEN 4 THEN 'LU' END, false, 1, n
    FROM generate_series(1, 7) n;
    INSERT INTO silver.party_attributes (party_id, kind, value, normalised_value) VALUES
      ('P1', 'address', '1 Main St.', '1 main st'), ('P2', 'address', '1 MAIN ST', '1 main st'),
      ('P1', 'phone', '+1 555 0100', '15550100'), ('P2', 'phone', '1-555-0100', '15550100'),
      ('P3', 'phone', '15550100', '15550100'), ('P3', 'email', 'cem@example.org', 'cem@example.org');
    INSERT INTO silver.transfers (transfer_id, booked_at, from_account_id, to_account_id, amount, currency_code, amount_base,
                                  type, file_id, line) VALUES
      ('T1', '2024-03-01 09:00Z', 'A1', 'A2', 1000.00, 'USD', 1000.00, 'TRANSFER', 1, 2),
      ('T2', '2024-03-01 12:30Z', 'A2', 'A3',  990.00, 'USD',  990.00, 'TRANSFER', 1, 4),
      ('T3', '2024-03-02 09:00Z', 'A3', 'A1',  890.00, 'EUR',  980.00, 'TRANSFER', 1, 5),
      ('T10', '2024-03-03 08:00Z', 'A1', 'A2', 6000.00, 'USD', 6000.00, 'TRANSFER', 1, 6),
      ('T11', '2024-03-03 10:00Z', 'A2', 'A4', 5900.00, 'USD', 5900.00, 'TRANSFER', 1, 8),
      ('T12', '2024-03-03 09:00Z', 'A6', 'A3', 7000.00, 'USD', 7000.00, 'TRANSFER', 1, 9),
      ('T13', '2024-03-03 11:00Z', 'A3', 'A4', 6900.00, 'USD', 6900.00, 'TRANSFER', 1, 10),
      ('T14', '2024-03-04 08:00Z', 'A4', 'A5', 12000.00, 'USD', 12000.00, 'WIRE', 1, 11);)");
}

inline std::int64_t start_sample_run(const TestDatabase& database) {
  return std::stoll(
      database.query("INSERT INTO aml.runs (status, program_version, threads, seed, scenarios, "
                     "accounts, parties, transfers) "
                     "VALUES ('running', 'test', 2, 7, '{\"round_tripping\",\"with \\\"quotes\\\", "
                     "and comma\"}', 7, 6, 8) RETURNING run_id"));
}

inline store::ScenarioIdentity scenario(const std::string& id, const std::string& typology,
                                        const std::string& detector) {
  return {id, 1, "Title of " + id, typology, detector, R"({"id": ")" + id + R"("})"};
}

inline Finding round_trip_finding() {
  return {.subject_kind = EntityKind::kAccount,
          .subject = "A1",
          .evidence_key = "A1>A2>A3|T1",
          .score = 0.9,
          .amount_minor = 100'000,
          .first_activity = march(1, 9),
          .last_activity = march(2, 9),
          .explanation = "1,000.00 USD left A1 and 980.00 USD came back.",
          .transfers = {{"T1", "hop", 1, 1}, {"T2", "hop", 2, 2}, {"T3", "hop", 3, 3}},
          .entities = {{EntityKind::kAccount, "A1", "origin"},
                       {EntityKind::kAccount, "A2", "intermediary"},
                       {EntityKind::kAccount, "A3", "intermediary"}},
          .evidence = {{"length", "3", {}, {}, "3 hops."},
                       {"amount_sent", "1000.00", {}, {}, "Sent 1,000.00 USD."},
                       {"amount_returned", "980.00", {}, {}, "980.00 USD came back."},
                       {"returned_share", "0.980", "0.5", 0.4, "98 % came back."},
                       {"duration_hours", "24.0", {}, {}, "In a day."},
                       {"instances", "1", {}, {}, "Once."}}};
}

inline Finding structuring_finding() {
  return {.subject_kind = EntityKind::kAccount,
          .subject = "A4",
          .evidence_key = "A4|T10",
          .score = 0.7,
          .amount_minor = 1'280'000,
          .first_activity = march(3, 8),
          .last_activity = march(4, 8),
          .explanation = "12,800.00 USD came in two branches, 12,000.00 USD went on.",
          .transfers = {{"T10", "first leg", 1, 1},
                        {"T11", "second leg", 2, 1},
                        {"T12", "first leg", 3, 2},
                        {"T13", "second leg", 4, 2},
                        {"T14", "exit", 5, 0}},
          .entities = {{EntityKind::kAccount, "A4", "collector"},
                       {EntityKind::kAccount, "A1", "sender"},
                       {EntityKind::kAccount, "A6", "sender"},
                       {EntityKind::kAccount, "A2", "middleman"},
                       {EntityKind::kAccount, "A3", "middleman"},
                       {EntityKind::kAccount, "A5", "exit"}},
          .evidence = {{"branches", "2", "2", {}, "Two branches."},
                       {"largest_leg", "7000.00", "10000.00", {}, "No leg reaches 10,000.00 USD."},
                       {"inflow", "12800.00", "10000.00", {}, "12,800.00 USD came in."},
                       {"forwarded_sum", "12000.00", "10000.00", {}, "12,000.00 USD went on."},
                       {"forwarded_share", "0.938", "0.7", {}, "94 % went on."},
                       {"duration_hours", "24.0", "240", {}, "In a day."},
                       {"exits", "1", {}, {}, "To one account."}}};
}

inline Finding synthetic_identity_finding() {
  return {.subject_kind = EntityKind::kParty,
          .subject = "P1",
          .evidence_key = "",
          .score = 0.6,
          .amount_minor = {},
          .first_activity = {},
          .last_activity = {},
          .explanation = "3 parties share an address and a phone.",
          .transfers = {},
          .entities = {{EntityKind::kParty, "P1", "member"},
                       {EntityKind::kParty, "P2", "member"},
                       {EntityKind::kParty, "P3", "member"}},
          .evidence = {{"parties", "3", "2", {}, "3 parties."},
                       {"kinds", "2", {}, {}, "2 kinds."},
                       {"shared_address", "1 main st", {}, {}, "P1 and P2 live at 1 main st."},
                       {"shared_phone", "15550100", {}, {}, "P1, P2 and P3 gave 15550100."}}};
}

inline Finding risk_finding() {
  return {.subject_kind = EntityKind::kParty,
          .subject = "P5",
          .evidence_key = "",
          .score = 0.5,
          .amount_minor = 1'200'000,
          .first_activity = march(4, 8),
          .last_activity = march(4, 8),
          .explanation = "P5 took money from P4.",
          .transfers = {{"T14", "risk inflow", 1, 0}},
          .entities = {{EntityKind::kParty, "P5", "exposed"}, {EntityKind::kParty, "P4", "payer"}},
          .evidence = {{"base_risk", "0", {}, {}, "No risk of its own."},
                       {"inherited_risk", "5", "5", {}, "5 inherited."},
                       {"risk_score", "5", {}, {}, "5 in all."},
                       {"payer", "P4", {}, 5.0, "P4 passed on 5."}}};
}

inline Finding anomaly_finding() {
  return {
      .subject_kind = EntityKind::kAccount,
      .subject = "A5",
      .evidence_key = "",
      .score = 0.72,
      .amount_minor = {},
      .first_activity = {},
      .last_activity = {},
      .explanation = "A5 receives far more than others.",
      .transfers = {},
      .entities = {{EntityKind::kAccount, "A5", "subject"}},
      .evidence = {{"anomaly_score", "0.72", "0.65", {}, "0.72 of 1."},
                   {"amount_in", "12000.00", "1000.00", 0.3,
                    "Received 12,000.00 USD; the median is 1,000.00 USD."},
                   {"transfers_out", "0", "1", 0.1, "Sent nothing; the median is one transfer."}}};
}

/// A finding that only the first run makes.
inline Finding vanishing_finding() {
  auto finding = anomaly_finding();
  finding.subject = "A6";
  finding.score = 0.66;
  finding.entities = {{EntityKind::kAccount, "A6", "subject"}};
  return finding;
}

inline std::vector<detect::ScoreTable> risk_scores() {
  return {{EntityKind::kParty, "base_risk", {{"P4", 10.0}}},
          {EntityKind::kParty, "risk_score", {{"P4", 10.0}, {"P5", 5.0}}}};
}

inline std::vector<detect::ScoreTable> anomaly_scores() {
  return {{EntityKind::kAccount, "anomaly_score", {{"A1", 0.5}, {"A5", 0.72}, {"A6", 0.66}}}};
}

/// A version that no run could score with, but that scores can name.
inline store::NewModelVersion sample_model_version(std::int64_t run) {
  store::TrainingRun training;
  training.experiment = "sample";
  training.program_version = "test";
  training.run_id = run;
  training.last_file_id = 1;
  training.window_from = "2024-03-01 09:00Z";
  training.window_until = "2024-03-04 08:00Z";
  training.rows = 6;
  training.data_sha256 = "ab";
  training.metrics = {{"rows", 6}};
  return {.model = "account_anomalies",
          .signature_json = R"({"inputs": [], "outputs": []})",
          .artifact = "no forest",
          .baselines = {{.measure = "anomaly_score", .edges = {0.5}, .rows = {3, 3}}},
          .training = training,
          .reason = "the first of the sample"};
}

/// Two runs. The second one no longer makes the finding about A6, and the first did not make the
/// round trip. Returns the id of the second run.
inline std::int64_t add_sample_gold(const TestDatabase& database) {
  std::int64_t run = 0;
  auto scored = scenario("anomalies", "anomalous_behaviour", "anomalies");
  const auto round_trip = round_trip_finding(), structuring = structuring_finding(),
             identities = synthetic_identity_finding(), risk = risk_finding(),
             anomaly = anomaly_finding(), vanishing = vanishing_finding();
  for (const bool second : {false, true}) {
    run = start_sample_run(database);
    auto connection = database.connect();
    store::GoldWriter writer(connection, run, "USD", 2);
    std::vector<store::GradedFinding> round_trips, anomalies{{&anomaly, "medium"}};
    if (second) round_trips.push_back({&round_trip, "high"});
    if (!second) anomalies.push_back({&vanishing, "low"});
    if (!second) scored.scored_by = writer.register_version(sample_model_version(run));
    writer.write({{scored, anomalies, anomaly_scores()},
                  {scenario("risk", "risk_exposure", "risk_propagation"),
                   {{&risk, "medium"}},
                   risk_scores()},
                  {scenario("round_tripping", "round_tripping", "cycles"), round_trips},
                  {scenario("smurfs", "structuring", "structuring"), {{&structuring, "high"}}},
                  {scenario("synthetic_identity", "synthetic_identity", "synthetic_identity"),
                   {{&identities, "medium"}}}});
    database.query(
        "INSERT INTO aml.run_steps (run_id, step, name, scenario, rows, seconds, "
        "peak_memory_bytes, outcome, notes) "
        "VALUES (" +
        std::to_string(run) + ", 1, 'read snapshot', NULL, 8, 0.25, 1048576, 'ok', '{}'), (" +
        std::to_string(run) +
        ", 2, 'round_tripping', 'round_tripping', 1, 0.75, 2097152, 'truncated', "
        "'{\"A9 is a hub, left out\"}')");
    commit_gold(writer, 4'194'304);
  }
  return run;
}

/// The small bank with both of its runs, in a database of its own.
struct SampleBank {
  SampleBank() {
    add_sample_silver(database);
    newest_run = add_sample_gold(database);
  }
  TestDatabase database;
  std::int64_t newest_run = 0;
};

}  // namespace aml::test
