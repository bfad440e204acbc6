// SPDX-License-Identifier: Apache-2.0
// Gold is the analysts' contract, backtest the model owners': whatever they can see there says what it
// means.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "detect/features.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

std::string without_comment(const TestDatabase& database) {
  return database.query(R"(
    SELECT 'schema ' || nspname FROM pg_namespace
    WHERE nspname IN ('gold', 'backtest') AND obj_description(oid, 'pg_namespace') IS NULL
    UNION ALL
    SELECT 'relation ' || relname FROM pg_class
    WHERE relnamespace IN ('gold'::regnamespace, 'backtest'::regnamespace) AND relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
      AND coalesce(obj_description(oid, 'pg_class'), '') = ''
    UNION ALL
    SELECT 'column ' || relname || '.' || attname
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace IN ('gold'::regnamespace, 'backtest'::regnamespace) AND relkind IN ('r', 'v', 'm', 'p', 'f') AND attnum > 0
      AND NOT attisdropped
      AND coalesce(col_description(pg_class.oid, attnum), '') = ''
    UNION ALL
    SELECT 'function ' || proname FROM pg_proc
    WHERE pronamespace = 'gold'::regnamespace AND coalesce(obj_description(oid, 'pg_proc'), '') = ''
    ORDER BY 1)");
}

TEST(GoldComments, EveryTableViewColumnAndFunctionHasOne) {
  const TestDatabase database;
  EXPECT_EQ(without_comment(database), "");
  EXPECT_EQ(database.query(
                "SELECT count(*) >= 16 FROM pg_class WHERE relnamespace = 'gold'::regnamespace "
                "AND relkind IN ('r', 'v')"),
            "t")
      << "the walk must have something to walk over";
}

/// The type that holds every value of a feature exactly.
std::string column_type(std::string_view unit) {
  if (unit == "base currency") return "numeric";
  for (const std::string_view count :
       {"transfers", "accounts", "cycles", "scatter-gathers", "pairs of transfers"}) {
    if (unit == count) return "bigint";
  }
  return "double precision";
}

TEST(GoldComments, ColumnsOfAccountFeaturesAreTheirDefinitions) {
  std::string expected;
  for (const auto& feature : detect::feature_set_definitions()) {
    expected +=
        fmt::format("{}|{}|{} Unit: {}. Window: {}.\n", feature.name, column_type(feature.unit),
                    feature.description, feature.unit, feature.window);
  }
  const TestDatabase database;
  EXPECT_EQ(
      database.query("SELECT attname, format_type(atttypid, NULL), "
                     "col_description(attrelid, attnum) FROM pg_attribute "
                     "WHERE attrelid = 'gold.account_features'::regclass AND attnum > 0 "
                     "AND attname NOT IN ('account_id', 'run_id', 'valid_from') ORDER BY attnum") +
          "\n",
      expected);
}

TEST(GoldComments, WalkFindsWhatLacksOne) {
  const TestDatabase database;
  database.query(
      "CREATE TABLE gold.forgotten (a integer); COMMENT ON TABLE gold.forgotten IS 'Only its "
      "column lacks one.';"
      "CREATE VIEW gold.silent AS SELECT 1 AS one; COMMENT ON COLUMN gold.silent.one IS 'One.';"
      "CREATE FUNCTION gold.mute() RETURNS integer LANGUAGE sql RETURN 1");
  EXPECT_EQ(without_comment(database), "column forgotten.a\nfunction mute\nrelation silent");
}

}  // namespace
}  // namespace aml::test
