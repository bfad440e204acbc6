// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/support/test_database.hpp"

namespace aml::test {

/// Everything analysts see, as text in a fixed order, without run numbers: equal dumps mean equal
/// gold.
inline std::string gold_dump(const TestDatabase& database) {
  return database.query(
             "SELECT alert_id, scenario, version, typology, subject_kind, subject, score, "
             "severity, amount, currency, "
             "first_activity_at, last_activity_at, explanation, evidence FROM gold.alerts ORDER BY "
             "alert_id") +
         "\n--\n" + database.query("SELECT * FROM gold.alert_transfers ORDER BY alert_id, step") +
         "\n--\n" +
         database.query(
             "SELECT * FROM gold.alert_entities ORDER BY alert_id, entity_kind, entity_id, role") +
         "\n--\n" + database.query("SELECT * FROM gold.alert_evidence ORDER BY alert_id, item") +
         "\n--\n" +
         database.query(
             "SELECT scenario, entity_kind, entity_id, measure, value FROM gold.scores "
             "ORDER BY scenario, measure, entity_kind, entity_id") +
         "\n--\n" +
         database.query(
             "SELECT to_jsonb(f) - 'run_id' FROM gold.account_features f ORDER BY account_id");
}

/// The rows of a table of gold without the numbers of runs and versions, which tell of the history of a database.
inline std::string rows_dump(const TestDatabase& database, const std::string& table,
                             const std::string& condition) {
  return database.query(
             "SELECT to_jsonb(t) - '{valid_from,run_id,first_run_id,last_run_id}'::text[] FROM " +
             table + " t WHERE " + condition + " ORDER BY 1") +
         "\n--\n";
}

/// The current alerts of which a condition on gold.current_alerts holds, with their transfers, entities and evidence.
inline std::string current_alerts_dump(const TestDatabase& database,
                                       const std::string& condition = "true") {
  const std::string chosen =
      "alert_id IN (SELECT alert_id FROM gold.current_alerts WHERE " + condition + ")";
  std::string dump;
  for (const char* table :
       {"gold.alerts", "gold.alert_transfers", "gold.alert_entities", "gold.alert_evidence"})
    dump += rows_dump(database, table, chosen);
  return dump;
}

/// What analysts see as it stands, whatever came in which order before: equal dumps mean that databases tell them the same.
inline std::string current_gold_dump(const TestDatabase& database) {
  return current_alerts_dump(database) + rows_dump(database, "gold.scores", "true") +
         rows_dump(database, "gold.account_features", "true");
}

}  // namespace aml::test
