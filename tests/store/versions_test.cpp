// SPDX-License-Identifier: Apache-2.0
// store/sql/schema/021_versions.sql: what must hold whoever writes, the program or a person in psql.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/error.hpp"
#include "store/version_history.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::expect_words;
using test::TestDatabase;

constexpr const char* kBegin = "SELECT aml.begin_version('TEST')";

std::string rate(int key, int value) {
  return fmt::format("('USD', date '2024-01-01' + {}, {}, 1, 1)", key, value);
}

/// Runs the statement and returns what the server says against it; empty if it accepts it.
std::string objection(const TestDatabase& database, const std::string& statement) {
  try {
    database.query(statement);
    return {};
  } catch (const pqxx::failure& failure) {
    return failure.what();
  }
}

std::string objection_to_write(const TestDatabase& database, const std::string& statement) {
  return objection(database, std::string(kBegin) + ";" + statement);
}

const std::string kRates =
    "SELECT string_agg(rate_date - date '2024-01-01' || '=' || rate, ' ' ORDER BY rate_date) FROM "
    "silver.fx_rates";

std::string rates_as_of(const TestDatabase& database, std::int64_t version) {
  return database.query(fmt::format("{}_as_of({})", kRates, version));
}

TEST(Versions, BeginWithTheOneThatMadeTheDatabase) {
  const TestDatabase database;
  EXPECT_EQ(database.query("SELECT version, operation, read_version IS NULL, committed_at IS NOT "
                           "NULL FROM aml.versions"),
            "0|INIT|t|t");
  EXPECT_EQ(database.query("SELECT count(*) FROM silver.currencies_as_of(0)"),
            database.query("SELECT count(*) FROM silver.currencies"));
}

/// Inserts, updates and deletes at random, several a version, against a copy of the whole table made at each.
TEST(Versions, AreExactlyTheCopiesThatWereMadeOfThem) {
  const TestDatabase database;
  auto connection = database.connect();
  constexpr int kVersions = 120;
  constexpr int kKeys = 25;
  std::mt19937 random(20240301);
  std::map<std::int64_t, std::string> copies{{0, ""}};
  for (int i = 0; i < kVersions; ++i) {
    pqxx::work work(connection.pqxx());
    const auto version = work.exec1(kBegin)[0].as<std::int64_t>();
    const bool is_given_up = random() % 10 == 0;
    for (auto n = random() % 6; n-- > 0;) {
      const int key = static_cast<int>(random() % kKeys);
      const int value = 1 + static_cast<int>(random() % 4);
      switch (random() % 5) {
        case 0:
          work.exec("INSERT INTO silver.fx_rates VALUES " + rate(key, value) +
                    " ON CONFLICT DO NOTHING");
          break;
        case 1:
          work.exec("INSERT INTO silver.fx_rates AS r VALUES " + rate(key, value) +
                    " ON CONFLICT (currency_code, rate_date) DO UPDATE SET rate = excluded.rate, "
                    "valid_from = DEFAULT");
          break;
        case 2:
          work.exec(
              fmt::format("UPDATE silver.fx_rates SET rate = rate + {}, valid_from = DEFAULT "
                          "WHERE (rate_date - date '2024-01-01') % 7 = {}",
                          value, key % 7));
          break;
        case 3:
          work.exec(fmt::format(
              "DELETE FROM silver.fx_rates WHERE rate_date = date '2024-01-01' + {}", key));
          break;
        default: {
          pqxx::subtransaction taken_back(work);
          taken_back.exec("DELETE FROM silver.fx_rates");
        }
      }
    }
    const auto copy = work.exec1(kRates)[0].as<std::string>("");
    if (is_given_up) continue;
    work.commit();
    copies[version] = copy;
  }
  ASSERT_GT(copies.size(), 90U);
  for (const auto& [version, copy] : copies)
    EXPECT_EQ(rates_as_of(database, version), copy) << "version " << version;
  EXPECT_EQ(database.query("SELECT count(*), max(version) FROM aml.versions"),
            fmt::format("{}|{}", copies.size(), copies.size() - 1));
}

TEST(Versions, LongPastOnesAreFoundInEverySpan) {
  const TestDatabase database;
  // Row n is replaced after n versions: spans from 1 to 300, on both sides of those that the index keeps apart.
  database.write(
      "INSERT INTO silver.fx_rates SELECT 'USD', date '2024-01-01' + n, 1, 1, 1 FROM "
      "generate_series(1, 300) n");
  auto connection = database.connect();
  for (int n = 1; n <= 300; ++n) {
    pqxx::work work(connection.pqxx());
    work.exec(kBegin);
    work.exec(
        fmt::format("UPDATE silver.fx_rates SET rate = 2, valid_from = DEFAULT WHERE rate_date = "
                    "date '2024-01-01' + {}",
                    n));
    work.commit();
  }
  EXPECT_EQ(database.query(
                "SELECT count(*) FROM generate_series(1, 301) v, LATERAL (SELECT count(*) AS rows, "
                "sum(rate) AS rates "
                "FROM silver.fx_rates_as_of(v)) past WHERE rows <> 300 OR rates <> 300 + v - 1"),
            "0");
}

TEST(Versions, NothingIsWrittenOutsideOne) {
  const TestDatabase database;
  const std::string insert = "INSERT INTO silver.fx_rates VALUES " + rate(1, 1);
  expect_words(objection(database, insert),
               "silver.fx_rates keeps its history: no version was begun");
  expect_words(objection(database, insert), "aml.begin_version");
  expect_words(objection(database, "DELETE FROM silver.transfers"), "no version was begun");
  // A number that this transaction did not begin does not do.
  expect_words(objection(database, "SET aml.version = 0;" + insert), "no version was begun");
  expect_words(objection(database, "SET LOCAL aml.version = 1;" + insert), "no version was begun");
  EXPECT_EQ(database.query("SELECT count(*) FROM silver.fx_rates"), "0");
}

TEST(Versions, ARowThatNamesAnotherIsRefused) {
  const TestDatabase database;
  database.write("INSERT INTO silver.fx_rates VALUES " + rate(1, 1));
  expect_words(objection_to_write(database, "UPDATE silver.fx_rates SET rate = 5"),
               "SET valid_from = DEFAULT");
  expect_words(objection_to_write(database, "INSERT INTO silver.currencies VALUES ('XXY', 2, 0)"),
               "Leave valid_from out");
  expect_words(objection_to_write(
                   database, "INSERT INTO silver.fx_rates VALUES " + rate(1, 3) +
                                 " ON CONFLICT (currency_code, rate_date) DO UPDATE SET rate = 5"),
               "SET valid_from = DEFAULT");
  EXPECT_EQ(database.query(kRates), "1=1");
}

TEST(Versions, TruncateIsRefused) {
  const TestDatabase database;
  expect_words(objection_to_write(database, "TRUNCATE silver.transfers"), "TRUNCATE would lose it");
}

TEST(Versions, TheLogIsNotChanged) {
  const TestDatabase database;
  expect_words(objection(database, "UPDATE aml.versions SET operation = 'X'"), "append-only");
  expect_words(objection(database, "DELETE FROM aml.versions"), "append-only");
}

TEST(Versions, BegunTwiceInOneTransactionIsOne) {
  const TestDatabase database;
  EXPECT_EQ(database.write("SELECT aml.begin_version('OTHER'), aml.this_version()"), "1|1");
  EXPECT_EQ(database.query("SELECT operation FROM aml.versions WHERE version = 1"), "TEST");
}

TEST(Versions, CannotBeginInAnOlderView) {
  const TestDatabase database;
  expect_words(objection(database,
                         "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT aml.begin_version('TEST')"),
               "REPEATABLE READ");
}

TEST(Versions, WhatOneWroteAndReplacedItselfLeavesNothing) {
  const TestDatabase database;
  database.write("INSERT INTO silver.fx_rates VALUES " + rate(1, 1) + "," + rate(2, 1) +
                 "; UPDATE silver.fx_rates SET rate = 2, valid_from = DEFAULT; DELETE FROM "
                 "silver.fx_rates WHERE rate_date = '2024-01-02'");
  EXPECT_EQ(database.query("SELECT count(*) FROM history.silver_fx_rates"), "0");
  EXPECT_EQ(database.query("SELECT inserted, updated, deleted FROM aml.version_tables"), "2|2|1");
}

TEST(Versions, WritersFromAnywhereCommitThemInTheirOrder) {
  const TestDatabase database;
  constexpr int kWriters = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      auto connection = database.connect();
      for (int i = 0; i < kEach; ++i) {
        pqxx::work work(connection.pqxx());
        work.exec(kBegin);
        work.exec("INSERT INTO silver.fx_rates VALUES " + rate(writer * kEach + i, 1));
        if (i % 5 != 4) work.commit();  // the others are given up
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(
      database.query("SELECT count(*), max(version), bool_and(in_order) FROM (SELECT version, "
                     "committed_at > lag(committed_at, 1, '-infinity') OVER (ORDER BY version) AS "
                     "in_order FROM aml.versions) v"),
      fmt::format("{0}|{1}|t", kWriters * kEach * 4 / 5 + 1, kWriters * kEach * 4 / 5));
  EXPECT_EQ(database.query("SELECT count(*) FROM generate_series(0, 80) v WHERE (SELECT count(*) "
                           "FROM silver.fx_rates_as_of(v)) <> v"),
            "0");
}

TEST(Versions, AKilledWriterLeavesNone) {
  const TestDatabase database;
  {
    auto connection = database.connect();
    pqxx::work work(connection.pqxx());
    work.exec(kBegin);
    work.exec("INSERT INTO silver.fx_rates VALUES " + rate(1, 1));
    database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = "
        "7103852 AND objid = 3 "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    EXPECT_THROW(work.exec("SELECT 1"), pqxx::failure);
  }
  database.write("INSERT INTO silver.fx_rates VALUES " + rate(2, 1));
  EXPECT_EQ(database.query("SELECT max(version) FROM aml.versions"), "1");
  EXPECT_EQ(rates_as_of(database, 1), "2=1");
}

TEST(Versions, OneThatTheStatementDoesNotSeeIsAnErrorAndNotLess) {
  const TestDatabase database;
  const std::string early = "SELECT * FROM silver.fx_rates_as_of(1)";  // of an empty table
  expect_words(objection(database, early),
               "version 1 is not among those that this statement sees, 0 to 0");
  expect_words(objection(database, "SELECT * FROM silver.fx_rates_as_of(-1)"), "version -1");
  expect_words(objection(database, "SELECT * FROM silver.fx_rates_as_of((SELECT NULL::bigint))"),
               "version null");
  auto connection = database.connect();
  pqxx::transaction<pqxx::repeatable_read> view(connection.pqxx());
  view.exec("SELECT FROM silver.fx_rates");
  database.write("INSERT INTO silver.fx_rates VALUES " + rate(1, 1));
  EXPECT_EQ(rates_as_of(database, 1), "1=1");
  EXPECT_THROW(view.exec(early), pqxx::sql_error);
}

TEST(Versions, TheWriterDoesNotReadItsOwnAsIfItStood) {
  const TestDatabase database;
  expect_words(objection_to_write(database, "SELECT * FROM silver.fx_rates_as_of(1)"),
               "version 1 is not among");
}

/// Both that are asked about a moment, one before and one after a commit under way ends, say the same.
TEST(Versions, TheAnswerForAMomentWaitsForACommitUnderWay) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::work work(connection.pqxx());
  work.exec(kBegin);
  work.exec("SET CONSTRAINTS ALL IMMEDIATE");  // from here on it is as in the middle of COMMIT
  const std::string moment = database.query("SELECT clock_timestamp()");
  const std::string question = "SELECT aml.version_at('" + moment + "')";
  auto answer = std::async(std::launch::async, [&] { return database.query(question); });
  EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  work.commit();
  EXPECT_EQ(answer.get(), "1");
  EXPECT_EQ(database.query(question), "1");
}

TEST(Versions, NothingIsWrittenOnceTheCommitIsUnderWay) {
  const TestDatabase database;
  expect_words(
      objection_to_write(database, "SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM silver.transfers"),
      "no version was begun");
}

TEST(Versions, AMomentStillToComeIsRefused) {
  const TestDatabase database;
  expect_words(
      objection(database, "SELECT aml.version_at(clock_timestamp() + interval '1 second')"),
      "still to come");
  expect_words(objection(database, "SELECT aml.version_at('2001-01-01')"),
               "there was no version at 2001-01-01");
}

TEST(Versions, AreCommittedOneAfterTheOtherThoughTheClockIsSetBack) {
  const TestDatabase database;
  // As if version 1 had been committed before the clock was set back by an hour.
  database.write("SELECT 1");
  database.query(
      "SET session_replication_role = replica; UPDATE aml.versions SET committed_at = now() + "
      "interval '1 hour' WHERE version = 1");
  database.write("SELECT 2");
  EXPECT_EQ(database.query("SELECT (SELECT committed_at FROM aml.versions WHERE version = 2) - "
                           "committed_at FROM aml.versions WHERE version = 1"),
            "00:00:00.000001");
}

TEST(Versions, AnAnswerStaysThoughTheClockIsSetBack) {
  const TestDatabase database;
  const std::string question =
      "SELECT aml.version_at('" + database.query("SELECT clock_timestamp()") + "')";
  EXPECT_EQ(database.query(question), "0");
  EXPECT_EQ(database.query("SELECT last_value > 0 FROM aml.asked_until"), "t");
  // As if the clock had been an hour ahead when that was asked.
  database.query("SELECT setval('aml.asked_until', last_value + 3600000000) FROM aml.asked_until");
  database.write("SELECT 1");
  EXPECT_EQ(database.query("SELECT committed_at > now() + interval '59 minutes' FROM aml.versions "
                           "WHERE version = 1"),
            "t");
  EXPECT_EQ(database.query(question), "0");
}

TEST(Versions, AColumnThatComesLaterHasInThePastWhatItHasInOldRows) {
  const TestDatabase database;
  database.write("INSERT INTO silver.fx_rates VALUES " + rate(1, 1) + "," + rate(2, 1));
  database.write(
      "UPDATE silver.fx_rates SET rate = 2, valid_from = DEFAULT WHERE rate_date = '2024-01-02'");
  database.query(
      "ALTER TABLE silver.fx_rates ADD COLUMN source text NOT NULL DEFAULT 'ecb', ADD COLUMN note "
      "text; "
      "SELECT aml.keep_history('silver.fx_rates')");
  database.write(
      "UPDATE silver.fx_rates SET source = 'fed', note = 'n', valid_from = DEFAULT WHERE rate_date "
      "= '2024-01-03'");
  database.write("DELETE FROM silver.fx_rates");
  const auto rows = [&](int version) {
    return database.query(
        fmt::format("SELECT rate_date, rate, source, coalesce(note, '-') FROM "
                    "silver.fx_rates_as_of({}) ORDER BY 1",
                    version));
  };
  EXPECT_EQ(rows(1), "2024-01-02|1|ecb|-\n2024-01-03|1|ecb|-");
  EXPECT_EQ(rows(2), "2024-01-02|2|ecb|-\n2024-01-03|1|ecb|-");
  EXPECT_EQ(rows(3), "2024-01-02|2|ecb|-\n2024-01-03|1|fed|n");
  EXPECT_EQ(rows(4), "");
}

TEST(Versions, APastRowIsFoundByItsKeyThroughAnIndex) {
  const TestDatabase database;
  database.write(
      "INSERT INTO silver.fx_rates SELECT 'USD', date '2024-01-01' + n, 1, 1, 1 FROM "
      "generate_series(1, 5000) n");
  database.write("UPDATE silver.fx_rates SET rate = 2, valid_from = DEFAULT");
  database.query("ANALYZE silver.fx_rates; ANALYZE history.silver_fx_rates");
  const std::string plan = database.query(
      "EXPLAIN SELECT * FROM silver.fx_rates_as_of(1) WHERE currency_code = 'USD' AND rate_date = "
      "'2024-02-01'");
  EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("Function Scan"), std::string::npos) << plan;
}

TEST(Versions, EveryTableOfSilverAndGoldHasThem) {
  const TestDatabase database;
  EXPECT_EQ(database.query("SELECT string_agg(schemaname || '.' || tablename, ' ') FROM pg_tables "
                           "WHERE schemaname IN ('silver', 'gold') "
                           "AND (to_regprocedure(format('%I.%I(bigint)', schemaname, tablename || "
                           "'_as_of')) IS NULL "
                           "OR (SELECT count(*) FROM pg_trigger WHERE tgrelid = format('%I.%I', "
                           "schemaname, tablename)::regclass "
                           "AND tgname <> 'refuse_erased' AND NOT tgisinternal) <> 6)"),
            "");
}

const std::string kBank =
    "INSERT INTO silver.parties VALUES ('P', 'Ada', 'person', 'US', 0, false, 1, 1), ('Q', 'Bob', "
    "'person', 'US', 0, false, 1, 2);"
    "INSERT INTO silver.accounts VALUES ('A', 'P', NULL, 'USD', NULL, NULL, false, 1, 1), ('B', "
    "'Q', NULL, 'USD', NULL, NULL, false, 1, 2);"
    "INSERT INTO silver.transfers VALUES ('T', '2024-01-01', 'A', 'B', 1.50, 'USD', 1.50, "
    "'TRANSFER', 1, 1)";

/// All that keys and foreign keys make hard to put back: a party that goes, one that comes, an account that changes hands.
const std::string kTurmoil =
    "INSERT INTO silver.parties VALUES ('R', 'Cem', 'person', 'DE', 0, false, 2, 1);"
    "UPDATE silver.accounts SET party_id = 'R', valid_from = DEFAULT WHERE account_id = 'B';"
    "DELETE FROM silver.parties WHERE party_id = 'Q';"
    "UPDATE silver.transfers SET amount = 1.5, valid_from = DEFAULT;"
    "INSERT INTO silver.accounts VALUES ('C', 'R', NULL, 'USD', NULL, NULL, false, 2, 2);"
    "INSERT INTO silver.transfers VALUES ('U', '2024-01-02', 'A', 'C', 2, 'USD', 2, 'TRANSFER', 2, "
    "3)";

const std::vector<std::string> kBankTables{"silver.parties", "silver.accounts", "silver.transfers"};

std::string bank(const TestDatabase& database, const std::string& suffix = "") {
  std::string dump;
  for (const auto& table : kBankTables)
    dump += database.query(fmt::format("SELECT to_jsonb(t) - 'valid_from' FROM {}{} t ORDER BY 1",
                                       table, suffix)) +
            "\n";
  return dump;
}

TEST(RestoreTables, MakesThemWhatTheyWereAsANewVersionThatCanBeUndone) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  const std::string before = bank(database);
  database.write(kTurmoil);
  const std::string after = bank(database);
  ASSERT_NE(before, after);
  restore_tables(connection, kBankTables, 1);
  EXPECT_EQ(bank(database), before);
  EXPECT_EQ(bank(database, "_as_of(2)"), after);
  EXPECT_EQ(newest_version(connection), 3);
  for (const auto& table : restore_tables(connection, kBankTables, 1))
    EXPECT_EQ(table.written + table.deleted, 0) << table.table;
  EXPECT_EQ(newest_version(connection), 3) << "a restore that changes nothing makes no version";
  restore_tables(connection, kBankTables, 2);
  EXPECT_EQ(bank(database), after);
  EXPECT_EQ(bank(database, "_as_of(3)"), before);
  const auto history = version_history(connection, "silver.parties", 1);
  EXPECT_EQ(history[0].operation, "RESTORE");
  EXPECT_NE(history[0].parameters.find("\"to\": 2"), std::string::npos) << history[0].parameters;
}

/// Each row that came since was compared with every row of the version: this took minutes.
TEST(RestoreTables, TakesSecondsForMoreRowsThanFitInMemory) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto add = [&](const std::string& prefix) {
    database.write("INSERT INTO silver.parties (party_id, is_derived, file_id, line) SELECT '" +
                   prefix + "' || n, true, 1, n FROM generate_series(1, 60000) AS n");
  };
  add("A");
  add("B");
  {
    pqxx::nontransaction session(connection.pqxx());
    session.exec("SET statement_timeout = '20s'; SET work_mem = '256kB'");
  }
  const auto restored = restore_tables(connection, {"silver.parties"}, 1);
  EXPECT_EQ(restored[0].deleted, 60000);
  EXPECT_EQ(database.query("SELECT count(*), min(party_id) FROM silver.parties"), "60000|A1");
}

TEST(RestoreTables, NothingIsDoneIfWhatIsLeftWouldReferToNothing) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(kTurmoil);
  const std::string after = bank(database);
  EXPECT_THROW(restore_tables(connection, {"silver.accounts"}, 1), StoreError);
  try {
    restore_tables(connection, {"silver.parties"}, 1);
    FAIL() << "an account names party Q";
  } catch (const StoreError& error) {
    expect_words(error.what(), "silver.parties cannot be restored to version 1 while");
    expect_words(error.what(), "restore all");
  }
  try {
    restore_tables(connection, {"silver.accounts", "silver.parties"}, 1);
    FAIL() << "transfer U names account C";
  } catch (const StoreError& error) {
    expect_words(error.what(), "transfers would name accounts");
  }
  EXPECT_THROW(restore_tables(connection, {"gold.alerts"}, 1), StoreError);
  EXPECT_THROW(restore_tables(connection, kBankTables, 9), StoreError);
  EXPECT_EQ(bank(database), after);
  EXPECT_EQ(newest_version(connection), 2);
}

TEST(DiffTable, TellsWhatCameWentAndChangedAndInWhichColumns) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(kTurmoil);
  database.write(
      "UPDATE silver.parties SET name = name, valid_from = DEFAULT");  // nothing, though it was written
  const auto diff = diff_table(connection, "silver.accounts", 1, 3, 0);
  ASSERT_EQ(diff.rows.size(), 2U);
  EXPECT_EQ(diff.rows[0].change, "added");
  EXPECT_EQ(diff.rows[0].key, R"({"account_id": "C"})");
  EXPECT_EQ(diff.rows[1].change, "changed");
  EXPECT_EQ(diff.rows[1].before, R"({"party_id": "Q"})");
  EXPECT_EQ(diff.rows[1].after, R"({"party_id": "R"})");
  const auto back = diff_table(connection, "silver.parties", 3, 1, 1);
  EXPECT_EQ(back.added, 1);
  EXPECT_EQ(back.removed, 1);
  EXPECT_EQ(back.changed, 0);
  EXPECT_EQ(back.rows.size(), 1U);
  EXPECT_TRUE(diff_table(connection, "silver.parties", 2, 3, 0).rows.empty());
}

TEST(VersionHistory, KnowsTablesByTheirNameWithOrWithoutSchema) {
  const TestDatabase database;
  auto connection = database.connect();
  EXPECT_EQ(find_versioned_table(connection, "accounts"), "silver.accounts");
  EXPECT_EQ(find_versioned_table(connection, "gold.alerts"), "gold.alerts");
  EXPECT_THROW(find_versioned_table(connection, "aml.runs"), std::invalid_argument);
}

}  // namespace
}  // namespace aml::store
