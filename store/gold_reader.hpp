// SPDX-License-Identifier: Apache-2.0
// Gold and the ledger as values, for reports and the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

struct RunRow {
  std::int64_t run_id = 0;
  std::string purpose;                        ///< production, backtest
  std::string kind;                           ///< full, incremental
  std::string as_of;                          ///< ISO 8601 UTC, empty if it saw all transfers
  std::optional<std::int64_t> read_version;   ///< of the data; absent before it was read
  std::optional<std::int64_t> as_of_version;  ///< if it was asked to read that one
  std::vector<std::string> overrides;
  std::string status, started_at, finished_at, program_version, started_by,
      error;  ///< times ISO 8601 UTC, empty if null
  std::vector<std::string> scenarios;
  int threads = 0;
  std::uint64_t seed = 0;
  std::int64_t accounts = 0, parties = 0, transfers = 0, peak_memory_bytes = 0;
  std::int64_t alerts = 0;  ///< that it found, also those which later runs found again
  double seconds = 0;
};
struct RunStepRow {
  int step = 0;
  std::string name, scenario, outcome;
  std::int64_t rows = 0, peak_memory_bytes = 0;
  double seconds = 0;
  std::vector<std::string> notes;
};
struct AlertTransferRow {  ///< from_party and to_party are party ids
  int step = 0, branch = 0;
  std::string role, transfer_id, booked_at, from_account, to_account, from_party, to_party, amount,
      currency, amount_base, type;
};
struct AlertEntityRow {
  std::string kind, id, name,
      role;  ///< name: of the party, or of the account's party; may be empty
};
struct AlertEvidenceRow {
  std::string feature, observed, sentence;
  std::optional<std::string> threshold;
  std::optional<double> contribution;
};
struct AlertRow {
  std::string alert_id, scenario, title, typology, subject_kind, subject, subject_name, severity,
      explanation;
  int version = 0;
  double score = 0;
  std::optional<std::string>
      amount;  ///< units of currency, two decimals or as many as the currency has
  std::string currency, first_activity_at, last_activity_at;
  std::string scored_by;  ///< "account_anomalies version 1"; empty: no registered model
  std::int64_t first_run_id = 0, last_run_id = 0;
  bool is_unreached = false;  ///< runs after last_run_id ended at a budget before they came to it
  std::int64_t backtest_run_id = 0;  ///< the backtest that found it; 0: it is an alert in gold
};
struct
    SharedAttributeRow {  ///< a party of the alert gave an attribute that the alert's evidence names
  std::string party, kind, value;
};
struct AlertStory {  ///< an alert with all that made it
  AlertRow alert;
  std::vector<AlertTransferRow> transfers;
  std::vector<AlertEntityRow> entities;
  std::vector<AlertEvidenceRow> evidence;
  std::vector<SharedAttributeRow>
      shared_attributes;  ///< ordered by kind, value, party; empty for most typologies
};
struct TypologyRow {
  std::string typology, title, description, reference;
};

struct AlertFilter {
  std::optional<std::int64_t>
      run_id;  ///< alerts that it found, with their scores then; absent: gold.current_alerts
  std::string entity;    ///< only alerts in which this account or party takes part
  std::string scenario;  ///< only this scenario
  int limit = 0;         ///< 0: all
};

std::vector<RunRow> list_runs(Connection& connection, int limit);  ///< newest first
std::optional<RunRow> find_run(Connection& connection, std::int64_t run_id);
/// In production.
std::optional<std::int64_t> newest_successful_run(Connection& connection);
/// Whether gold has of these scenarios what the run left: nothing but runs of other scenarios has changed it since.
/// Requires: the run wrote gold.
bool is_gold_as_left(Connection& connection, std::int64_t run_id,
                     const std::vector<std::string>& scenarios);
/// The typologies that a run looked for and whose findings it kept, each once: none if it was stopped
/// or could do nothing. Without a run, those that any production run looked for.
std::vector<std::string> typologies_looked_for(Connection& connection,
                                               std::optional<std::int64_t> run_id);
std::vector<AlertRow> list_alerts(
    Connection& connection, const AlertFilter& filter);  ///< severity, then score, then alert_id
std::vector<AlertStory> read_stories(Connection& connection,
                                     const AlertFilter& filter);  ///< the same order

/// Where the current alerts of a scenario are from.
struct ScenarioStand {
  std::string scenario, title;
  int version = 0;
  std::int64_t last_run_id = 0;             ///< the newest run of it
  std::optional<std::int64_t> full_run_id;  ///< the newest run of it over all data
  std::int64_t alerts = 0;                  ///< current ones
  std::int64_t added = 0;      ///< of them, those that no run before last_run_id had found
  std::int64_t unreached = 0;  ///< of them, those that stand as an earlier run left them
  bool is_truncated = false;   ///< last_run_id ended at a budget
  std::optional<std::int64_t> failed_run_id;  ///< a newer run in which it failed
};
struct RunWithSteps {
  RunRow run;
  std::vector<RunStepRow> steps;
};
/// What a report tells.
struct GoldState {
  std::vector<RunWithSteps> runs;        ///< newest first, at least one
  std::vector<ScenarioStand> scenarios;  ///< of gold as it stands; none for the findings of one run
  std::vector<TypologyRow> typologies;
  std::vector<AlertRow> alerts;     ///< as list_alerts()
  std::vector<AlertStory> stories;  ///< as read_stories(), no more than asked for
};
/// The findings of a run, or without one gold as it stands: the current alerts with the newest runs of all scenarios. Read in one
/// view: a run that ends meanwhile is in all of it or in nothing. nullopt: there is no such run, or none wrote gold yet.
std::optional<GoldState> read_gold_state(Connection& connection, std::optional<std::int64_t> run_id,
                                         int max_stories);

struct AlertDifference {
  std::string change;  ///< came, went, or changed: another score or severity
  std::string alert_id, scenario, subject_kind, subject, why, explanation;
  std::optional<std::string> severity_before, severity_after;
  std::optional<double> score_before, score_after;
};
/// What one run found and the other did not, or both found with another score, of the scenarios that
/// both ran; by scenario, then came, went, changed. `why` names what differed between the runs:
/// version, parameters, data, budgets; it is empty if nothing did.
std::vector<AlertDifference> diff_runs(Connection& connection, std::int64_t earlier,
                                       std::int64_t later);

struct EntityRow {
  std::string kind, id, name, party_id, country;  ///< party_id: of an account; empty for a party
  std::optional<double> base_risk, risk_score, anomaly_score;
  std::vector<std::string> accounts;  ///< of a party
};
/// The accounts and parties with this id: none, one, or both an account and a party.
std::vector<EntityRow> find_entities(Connection& connection, const std::string& id);

}  // namespace aml::store
