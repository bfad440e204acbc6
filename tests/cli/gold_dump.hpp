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

}  // namespace aml::test
