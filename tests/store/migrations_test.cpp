// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "aml_schema.hpp"
#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::TestDatabase;

const InitOptions kPlain{.base_currency = {}, .program_version = "test"};

/// A database that was never migrated, beside a migrated one.
class EmptyDatabase {
 public:
  explicit EmptyDatabase(const std::string& how = {})
      : name_(beside_.query("SELECT current_database()") + "_empty") {
    beside_.query("CREATE DATABASE " + name_ + how);
    auto options = parse_conninfo(beside_.target().conninfo);
    for (auto& option : options) {
      if (option.keyword == "dbname") option.value = name_;
    }
    target_ = {quote_conninfo(options), "test database"};
  }
  ~EmptyDatabase() { beside_.query("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  EmptyDatabase(const EmptyDatabase&) = delete;
  EmptyDatabase& operator=(const EmptyDatabase&) = delete;

  Connection connect() const { return Connection(target_); }
  std::string query(const std::string& sql) const {
    auto connection = connect();
    pqxx::nontransaction session(connection.pqxx());
    return session.exec(sql)[0][0].as<std::string>();
  }

 private:
  TestDatabase beside_;
  std::string name_;
  Target target_;
};

std::vector<int> numbers(const std::vector<Migration>& migrations) {
  std::vector<int> result;
  for (const auto& migration : migrations) result.push_back(migration.number);
  return result;
}

template <typename Action>
void expect_refused(Action&& action, const std::string& words) {
  try {
    action();
    FAIL() << "expected: " << words;
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kUnreachable) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Migrations, AreAppliedOnceInOrder) {
  const EmptyDatabase database;
  auto connection = database.connect();
  std::vector<int> expected;
  for (std::size_t i = 1; i <= schema::all().size(); ++i) expected.push_back(static_cast<int>(i));
  EXPECT_EQ(numbers(pending_migrations(connection)), expected);
  const auto applied = migrate(connection, kPlain);
  EXPECT_EQ(numbers(applied), expected);
  EXPECT_EQ(applied[2].name, "silver");
  EXPECT_TRUE(migrate(connection, kPlain).empty());
  EXPECT_TRUE(pending_migrations(connection).empty());
  require_schema(connection);
}

TEST(Migrations, ADatabaseInAnotherEncodingIsRefusedBeforeAnythingIsMade) {
  const EmptyDatabase database(" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  auto connection = database.connect();
  expect_refused([&] { migrate(connection, kPlain); }, "its encoding is LATIN1, not UTF8");
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'aml'"), "0");
}

TEST(Migrations, ADatabaseOfTheFirstReleaseKeepsItsDataAndItsPast) {
  const EmptyDatabase database;
  auto connection = database.connect();
  test::migrate_until(connection, test::kFirstRelease);
  database.query(
      "INSERT INTO aml.properties VALUES ('base_currency', 'USD'), ('base_currency_exponent', '2');"
      "INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, "
      "rows_loaded, rows_quarantined, seconds) "
      "VALUES ('00', 'transfers', 'aml', 't.csv', 1, 1, 1, 0, 0);"
      "INSERT INTO silver.parties VALUES ('P', 'Ada', 'person', 'US', 0, false, 1, 1);"
      "INSERT INTO silver.accounts VALUES ('A', 'P', NULL, 'USD', NULL, NULL, false, 1, 1);"
      "INSERT INTO silver.transfers SELECT 'T' || i, now(), 'A', 'A', i, 'USD', i, 'TRANSFER', 1, "
      "i FROM generate_series(1, 1000) i "
      "RETURNING 1");
  migrate(connection, kPlain);
  require_schema(connection);
  EXPECT_EQ(database.query("SELECT operation FROM aml.versions"), "UPGRADE");
  EXPECT_EQ(database.query("SELECT version FROM aml.ingested_files"), "0");
  const std::string sums = "SELECT count(*) || ' ' || sum(amount) FROM ";
  EXPECT_EQ(database.query(sums + "silver.transfers"), "1000 500500");
  database.query(
      "SELECT aml.begin_version('TEST'); DELETE FROM silver.transfers WHERE amount > 10; SELECT "
      "'deleted'");
  EXPECT_EQ(database.query(sums + "silver.transfers"), "10 55");
  EXPECT_EQ(database.query(sums + "silver.transfers_as_of(0)"), "1000 500500");
  EXPECT_EQ(database.query("SELECT name FROM silver.parties_as_of(0)"), "Ada");
}

/// What a run wrote while each touched every alert that it found. $1: the findings by scenario, each key with its score; a scenario that
/// failed is left out.
constexpr const char* kRunOfThen = R"(
  CREATE FUNCTION public.run_of_then(outcome jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    run bigint;
    has_versions constant boolean := to_regclass('aml.versions') IS NOT NULL;
    stamp constant text := CASE WHEN has_versions THEN ', valid_from = DEFAULT' ELSE '' END;
    of_scenario record;
    finding record;
    counts bigint[];
  BEGIN
    INSERT INTO aml.runs (status, program_version, threads, seed, scenarios)
    VALUES ('running', 'old', 1, 1, '{s0,s1}') RETURNING run_id INTO run;
    IF has_versions THEN
      PERFORM aml.begin_version('RUN');
      UPDATE aml.runs SET version = aml.this_version() WHERE run_id = run;
    END IF;
    FOR of_scenario IN SELECT key AS id, value AS findings FROM jsonb_each(outcome) LOOP
      counts := '{0,0}';
      FOR finding IN SELECT of_scenario.id || key AS id, value::text::double precision AS score FROM jsonb_each(of_scenario.findings) LOOP
        EXECUTE 'UPDATE gold.alerts SET score = $1, severity = $2, last_run_id = $3' || stamp || ' WHERE alert_id = $4'
          USING finding.score, CASE WHEN finding.score > 0.5 THEN 'high' ELSE 'low' END, run, finding.id;
        IF NOT EXISTS (SELECT FROM gold.alerts WHERE alert_id = finding.id) THEN
          INSERT INTO gold.alerts (alert_id, scenario, version, typology, subject_kind, subject, score, severity, explanation, evidence,
                                   first_run_id, last_run_id)
          VALUES (finding.id, of_scenario.id, 1, 'structuring', 'account', 'A', finding.score,
                  CASE WHEN finding.score > 0.5 THEN 'high' ELSE 'low' END, 'e', '{}', run, run);
          counts[1] := counts[1] + 1;
        END IF;
        INSERT INTO gold.run_alerts (run_id, alert_id, version, score, severity)
        SELECT run, alert_id, version, score, severity FROM gold.alerts WHERE alert_id = finding.id;
      END LOOP;
      counts[2] := (SELECT count(*) FROM gold.alerts JOIN gold.scenario_runs USING (scenario, last_run_id) WHERE scenario = of_scenario.id);
      EXECUTE 'UPDATE gold.scenario_runs SET last_run_id = $1' || stamp || ' WHERE scenario = $2' USING run, of_scenario.id;
      INSERT INTO gold.scenario_runs (scenario, version, title, typology, last_run_id)
      SELECT of_scenario.id, 1, 'Title', 'structuring', run
      WHERE NOT EXISTS (SELECT FROM gold.scenario_runs WHERE scenario = of_scenario.id);
      INSERT INTO gold.run_results (run_id, scenario, version, alerts, added, gone)
      SELECT run, of_scenario.id, 1, count(*), counts[1], counts[2] FROM jsonb_object_keys(of_scenario.findings);
    END LOOP;
    UPDATE aml.runs SET status = CASE WHEN outcome ?& '{s0,s1}' THEN 'succeeded' ELSE 'failed' END, finished_at = now() WHERE run_id = run;
    RETURN run;
  END
  $$)";

/// Of two scenarios, each with some of four findings; now and then one fails, or another run leaves nothing in gold.
void add_random_runs_of_then(const EmptyDatabase& database) {
  std::mt19937 random(20240301);
  auto connection = database.connect();
  pqxx::nontransaction session(connection.pqxx());
  session.exec(kRunOfThen);
  for (int run = 0; run < 16; ++run) {
    std::string outcome;
    for (const std::string scenario : {"s0", "s1"}) {
      if (random() % 6 == 0) continue;
      std::string findings;
      for (const std::string key : {"a", "b", "c", "d"}) {
        if (random() % 4 == 0) continue;
        findings += (findings.empty() ? "" : ", ") + ("\"" + key + "\": ") +
                    (random() % 5 == 0 ? "0.25" : "0.75");
      }
      outcome += (outcome.empty() ? "" : ", ") + ("\"" + scenario + "\": {" + findings + "}");
    }
    session.exec("SELECT public.run_of_then('{" + outcome + "}')");
    if (random() % 4 == 0)
      session.exec(
          "INSERT INTO aml.runs (status, program_version, threads, seed, scenarios, as_of) VALUES "
          "('succeeded', 'old', 1, 1, '{s0,s1}', now()), ('failed', 'old', 1, 1, '{s0,s1}', NULL)");
  }
}

/// All that the database says about its runs, also as of each version, if it has some.
std::string what_runs_found(const EmptyDatabase& database, int last_version) {
  std::string said;
  const auto ask = [&](const std::string& query) {
    said += (said.empty() ? "'" : ", '") + query +
            "', (SELECT string_agg(q::text, E'\\n' ORDER BY q::text) FROM (" + query + ") q)";
  };
  ask("SELECT run_id, alert_id, version, score, severity FROM gold.run_alerts");
  ask("SELECT run_id, scenario, version, alerts, added, gone FROM gold.run_results");
  ask("SELECT scenario, version, title, typology, last_run_id FROM gold.scenario_runs");
  ask("SELECT run_id, alert_id, score, first_run_id, last_run_id, is_current FROM "
      "aml.run_findings");
  const std::string current =
      "SELECT alert_id, title, score, severity, first_run_id, last_run_id, is_new FROM "
      "gold.current_alerts";
  ask(current);
  for (int version = 0; version <= last_version; ++version) {
    const auto as_of = "_as_of(" + std::to_string(version) + ")";
    ask(current + as_of);
    ask("SELECT alert_id, score, first_run_id FROM gold.alerts" + as_of);
    ask("SELECT run_id, alert_id, score FROM gold.run_alerts" + as_of);
    ask("SELECT scenario, last_run_id FROM gold.scenario_runs" + as_of);
  }
  return database.query("SELECT array_to_string(ARRAY[" + said + "], E'\\n')");
}

TEST(Migrations, WhatRunsFoundIsTheSameAfterItIsKeptAsChanges) {
  constexpr std::size_t kBeforeChanges = 23;
  for (const std::size_t made_by : {test::kFirstRelease, kBeforeChanges}) {
    const EmptyDatabase database;
    auto connection = database.connect();
    test::migrate_until(connection, made_by);
    add_random_runs_of_then(database);
    const int last_version = made_by == test::kFirstRelease
                                 ? -1
                                 : std::stoi(database.query("SELECT aml.newest_version()"));
    const auto before = what_runs_found(database, last_version);
    migrate(connection, kPlain);
    EXPECT_EQ(what_runs_found(database, last_version), before) << "made by migration " << made_by;
    EXPECT_EQ(database.query(
                  "SELECT count(*) FROM generate_series(0, aml.newest_version()) v WHERE (SELECT "
                  "count(*) FROM gold.alert_periods_as_of(v) WHERE until_run_id IS NULL) <> "
                  "(SELECT count(*) FROM gold.current_alerts_as_of(v))"),
              "0");
  }
}

TEST(Migrations, VersionsOfAnEarlierReleaseAreReadAsBefore) {
  const EmptyDatabase database;
  auto connection = database.connect();
  test::migrate_until(connection, 23);
  database.query(
      "INSERT INTO aml.properties VALUES ('base_currency', 'USD'), ('base_currency_exponent', '2') "
      "RETURNING 1");
  const auto write = [&](const std::string& sql) {
    pqxx::work work(connection.pqxx());
    work.exec("SELECT aml.begin_version('TEST'); " + sql);
    work.commit();
  };
  write(
      "INSERT INTO silver.fx_rates SELECT 'USD', date '2024-01-01' + n, 1, 1, n FROM "
      "generate_series(1, 500) n");
  for (int version = 2; version <= 40; ++version)
    write("UPDATE silver.fx_rates SET rate = rate + 1, valid_from = DEFAULT WHERE line % " +
          std::to_string(version) + " = 0");
  write("DELETE FROM silver.fx_rates WHERE line < 100");
  const std::string past =
      "SELECT md5(string_agg(v || r::text, ',' ORDER BY v, line)) FROM generate_series(0, 41) v, "
      "silver.fx_rates_as_of(v) r";
  const auto before = database.query(past);
  migrate(connection, kPlain);
  require_schema(connection);
  EXPECT_EQ(database.query(past), before);
  EXPECT_EQ(
      database.query("SELECT count(*) || ' ' || bool_and(is_readable) FROM aml.version_history"),
      "42 true");
}

TEST(Migrations, LookingForPendingOnesChangesNothing) {
  const EmptyDatabase database;
  auto connection = database.connect();
  pending_migrations(connection);
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'aml'"), "0");
}

TEST(Migrations, ADatabaseWithoutSchemaIsRefusedWithTheCommandThatMakesIt) {
  const EmptyDatabase database;
  auto connection = database.connect();
  expect_refused([&] { require_schema(connection); }, "aml init");
  expect_refused([&] { base_currency(connection); }, "aml init");
}

TEST(Migrations, AnAppliedOneThatHasChangedIsRefused) {
  const TestDatabase database;
  database.query("UPDATE aml.schema_migrations SET sha256 = repeat('0', 64) WHERE number = 2");
  auto connection = database.connect();
  expect_refused([&] { migrate(connection, kPlain); }, "migration 002 (bronze) has changed");
  expect_refused([&] { require_schema(connection); }, "migration 002 (bronze) has changed");
  expect_refused([&] { pending_migrations(connection); }, "migration 002 (bronze) has changed");
}

TEST(Migrations, ADatabaseNewerThanTheProgramIsRefused) {
  const TestDatabase database;
  database.query("INSERT INTO aml.schema_migrations VALUES (998, 'time_travel', 'x', '9.0')");
  auto connection = database.connect();
  expect_refused([&] { migrate(connection, kPlain); }, "migration 998 (time_travel)");
  expect_refused([&] { require_schema(connection); }, "newer");
}

TEST(Migrations, AGapAmongTheAppliedOnesIsRefused) {
  const TestDatabase database;
  database.query("DELETE FROM aml.schema_migrations WHERE number = 2");
  auto connection = database.connect();
  expect_refused([&] { migrate(connection, kPlain); }, "migration 003 (silver)");
}

TEST(Migrations, ManyAtOnceApplyEachExactlyOnce) {
  const EmptyDatabase database;
  std::atomic<std::size_t> applied{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto connection = database.connect();
      applied += migrate(connection, kPlain).size();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(applied, schema::all().size());
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.schema_migrations"),
            std::to_string(schema::all().size()));
}

TEST(Migrations, AFailedOneLeavesNothingAndIsTakenUpAgain) {
  const EmptyDatabase database;
  auto connection = database.connect();
  database.query("CREATE TABLE public.note (text text); CREATE SCHEMA silver; SELECT 'in the way'");
  try {
    migrate(connection, kPlain);
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kStatement);
    EXPECT_EQ(error.statement(), "sql/schema/003_silver.sql");
    EXPECT_EQ(error.sqlstate(), "42P06");
  }
  EXPECT_EQ(numbers(pending_migrations(connection)).front(), 3);
  expect_refused([&] { require_schema(connection); }, "aml init");
  database.query("DROP SCHEMA silver; SELECT 'out of the way'");
  EXPECT_EQ(numbers(migrate(connection, kPlain)).front(), 3);
  require_schema(connection);
}

TEST(Migrations, AForeignSchemaOfTheSameNameIsLeftAlone) {
  const EmptyDatabase database;
  database.query(
      "CREATE SCHEMA aml; CREATE TABLE aml.theirs (id integer); SELECT 'somebody else lives here'");
  auto connection = database.connect();
  EXPECT_THROW(migrate(connection, kPlain), StoreError);
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'aml'"), "1");
}

TEST(BaseCurrency, IsUsDollarUnlessChosenOtherwise) {
  const EmptyDatabase database;
  auto connection = database.connect();
  migrate(connection, kPlain);
  EXPECT_EQ(base_currency(connection).code, "USD");
  EXPECT_EQ(base_currency(connection).exponent, 2);
}

TEST(BaseCurrency, IsFixedAtTheFirstInit) {
  const EmptyDatabase database;
  auto connection = database.connect();
  migrate(connection, {.base_currency = "JPY", .program_version = "1.2.3"});
  EXPECT_EQ(base_currency(connection).code, "JPY");
  EXPECT_EQ(base_currency(connection).exponent, 0);
  EXPECT_EQ(
      database.query("SELECT value FROM aml.properties WHERE property = 'created_by_version'"),
      "1.2.3");
  expect_refused([&] { migrate(connection, {.base_currency = "USD", .program_version = "1"}); },
                 "base currency is JPY, not USD");
  migrate(connection, {.base_currency = "JPY", .program_version = "2"});
  migrate(connection, kPlain);
  EXPECT_EQ(base_currency(connection).code, "JPY");
  EXPECT_EQ(
      database.query("SELECT value FROM aml.properties WHERE property = 'created_by_version'"),
      "1.2.3");
}

TEST(BaseCurrency, AnUnknownOneIsRefusedAndTheNextInitCompletes) {
  const EmptyDatabase database;
  auto connection = database.connect();
  expect_refused([&] { migrate(connection, {.base_currency = "XYZ", .program_version = "1"}); },
                 "base currency XYZ: no such currency");
  expect_refused([&] { migrate(connection, {.base_currency = "XBT", .program_version = "1"}); },
                 "base currency XBT: its 8 decimals are too fine for a base currency");
  expect_refused([&] { require_schema(connection); }, "aml init");
  migrate(connection, {.base_currency = "EUR", .program_version = "1"});
  EXPECT_EQ(base_currency(connection).code, "EUR");
}

}  // namespace
}  // namespace aml::store
