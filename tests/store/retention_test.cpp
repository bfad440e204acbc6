// SPDX-License-Identifier: Apache-2.0
// Old versions go and the others stay exact.
#include "store/retention.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <pqxx/pqxx>
#include <random>
#include <string>

#include "store/version_history.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::expect_words;
using test::refusal;
using test::TestDatabase;

/// As if version n had been committed so many years ago.
void age(const TestDatabase& database, std::int64_t version, int years) {
  database.query(fmt::format(
      "SET session_replication_role = replica; UPDATE aml.versions SET committed_at = now() - "
      "interval '{} years' - interval '1 day' + {} * interval '1 second' WHERE version = {}",
      years, version, version));
}

std::string rates_as_of(const TestDatabase& database, std::int64_t version) {
  return database.query(fmt::format(
      "SELECT string_agg(r::text, ' ' ORDER BY rate_date) FROM silver.fx_rates_as_of({}) r",
      version));
}

/// 24 versions of random changes, the first 8 of them seven years old, the next 8 six.
std::map<std::int64_t, std::string> write_random_past(const TestDatabase& database) {
  std::mt19937 random(7);
  std::map<std::int64_t, std::string> copies;
  for (std::int64_t version = 1; version <= 24; ++version) {
    database.write(fmt::format(
        "DELETE FROM silver.fx_rates WHERE line % 7 = {0}; INSERT INTO silver.fx_rates SELECT "
        "'USD', date '2024-01-01' + n, 1, {1}, n FROM generate_series(0, 20, {2}) n "
        "ON CONFLICT (currency_code, rate_date) DO UPDATE SET rate = {1}, file_id = {1}, "
        "valid_from = DEFAULT",
        random() % 7, version, 1 + random() % 5));
    age(database, version, version <= 8 ? 7 : version <= 16 ? 6 : 0);
    copies[version] = rates_as_of(database, version);
  }
  age(database, 0, 8);
  return copies;
}

TEST(Prune, DropsWhatOnlyOlderVersionsNeedAndTheOthersStayExact) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto copies = write_random_past(database);
  const auto kept =
      database.query("SELECT count(*) FROM history.silver_fx_rates WHERE valid_until > 16");
  ASSERT_NE(kept, "0");
  const auto removed = prune(connection, {.keep_years = 5});
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].table, "history.silver_fx_rates");
  EXPECT_GT(removed[0].rows, 20);
  // Version 16 was the newest five years ago.
  for (const auto& [version, copy] : copies) {
    if (version >= 16) {
      EXPECT_EQ(rates_as_of(database, version), copy) << "version " << version;
    } else {
      expect_words(
          refusal([&, v = version] { rates_as_of(database, v); }),
          fmt::format("version {} was dropped: the oldest that can be read is 16", version));
    }
  }
  EXPECT_EQ(database.query("SELECT count(*) FROM history.silver_fx_rates"), kept);
  const auto history = version_history(connection, "", 0);
  EXPECT_EQ(history.front().operation, "PRUNE");
  expect_words(history.front().parameters, "\"oldest_version\": 16");
  expect_words(history.front().metrics, fmt::format("\"deleted\": {}", removed[0].rows));
  EXPECT_TRUE(history[9].is_readable) << history[9].version;
  EXPECT_FALSE(history[10].is_readable) << history[10].version;
  EXPECT_EQ(retention_facts(connection).oldest_version, 16);
  expect_words(refusal([&] { diff_table(connection, "silver.fx_rates", 15, 17, 0); }),
               "was dropped");
  expect_words(refusal([&] { restore_tables(connection, {"silver.fx_rates"}, 15); }),
               "was dropped");

  EXPECT_TRUE(prune(connection, {.keep_years = 5}).empty());
  EXPECT_EQ(newest_version(connection), 25) << "a prune that drops nothing makes no version";
}

TEST(Prune, ADryRunChangesNothing) {
  const TestDatabase database;
  auto connection = database.connect();
  write_random_past(database);
  const auto before = rates_as_of(database, 1);
  const auto would_go = prune(connection, {.keep_years = 5, .dry_run = true});
  EXPECT_EQ(rates_as_of(database, 1), before);
  EXPECT_EQ(newest_version(connection), 24);
  const auto gone = prune(connection, {.keep_years = 5});
  ASSERT_EQ(would_go.size(), gone.size());
  EXPECT_EQ(would_go[0].rows, gone[0].rows);
}

TEST(Prune, LessThanTheLawAsksNeedsAReasonWhichIsRecorded) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write("SELECT 1");
  age(database, 0, 3);
  age(database, 1, 3);
  expect_words(refusal([&] { prune(connection, {.keep_years = 2}); }),
               "the law asks to keep data for 5 years, not 2");
  prune(connection, {.keep_years = 2, .override_duty = "test data only"});
  EXPECT_EQ(database.query("SELECT override, keep_years, oldest_version FROM aml.prunings"),
            "test data only|2|1");
  database.query("UPDATE aml.properties SET value = '10' WHERE property = 'retention_years'");
  expect_words(refusal([&] { prune(connection, {.keep_years = 5}); }), "for 10 years");
}

TEST(Prune, NeverDropsWhatAShareShows) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto copies = write_random_past(database);
  database.query(
      "CREATE OR REPLACE FUNCTION aml.pinned_versions() RETURNS SETOF bigint LANGUAGE sql STABLE "
      "AS 'VALUES (13::bigint), (20)'");
  prune(connection, {.keep_years = 5});
  EXPECT_EQ(database.query("SELECT oldest_version FROM aml.prunings"), "13");
  EXPECT_EQ(rates_as_of(database, 13), copies.at(13));
}

TEST(Prune, AndAShareOfWhatGoesAreNotMadeAtTheSameTime) {
  const TestDatabase database;
  write_random_past(database);
  const auto objection_to_commit = [&](const std::string& slow, const std::string& quick) {
    auto connection = database.connect();
    pqxx::work work(connection.pqxx());
    work.exec(slow);
    database.query(quick);
    return refusal([&] { work.commit(); });
  };
  const auto share = [](const std::string& name) {
    return fmt::format("SELECT aml.create_share('{}', 10, '{{alerts}}', '{{true}}')", name);
  };
  const std::string prune = "SELECT count(*) FROM aml.prune(5)";
  expect_words(objection_to_commit(prune, share("first")), "a share was made meanwhile");
  EXPECT_EQ(database.query("SELECT aml.oldest_version()"), "0");
  database.query("SELECT aml.drop_share('first')");
  expect_words(objection_to_commit(share("second"), prune), "version 10 was dropped");
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.shares WHERE dropped_at IS NULL"), "0");
}

TEST(Prune, TakesInputAndBacktestsThatAreAsOld) {
  const TestDatabase database;
  auto connection = database.connect();
  for (int file = 1; file <= 2; ++file) {
    database.write(
        fmt::format("INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, "
                    "lines_read, rows_loaded, rows_quarantined, seconds) "
                    "VALUES ('{0}', 'transfers', 'aml', '{0}.csv', 1, 2, 1, 1, 0);"
                    "INSERT INTO bronze.transfers (file_id, line, transfer_id) VALUES ({0}, 2, "
                    "'T{0}'), ({0}, 3, 'U{0}');"
                    "INSERT INTO bronze.unreadable_lines VALUES ({0}, 4, 'transfers', 'x', 'raw');"
                    "INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values) "
                    "VALUES ({0}, 3, 'transfers', '{{x}}', '{{}}');"
                    "INSERT INTO quarantine.fixes (file_id, line, dataset, fixed_values) VALUES "
                    "({0}, 3, 'transfers', '{{}}');"
                    "INSERT INTO aml.expectation_results (file_id, dataset, expectation, policy, "
                    "passed, failed, sample_keys) "
                    "VALUES ({0}, 'transfers', 'x', 'warn', 1, 1, '{{U{0}}}');"
                    "INSERT INTO aml.runs (status, threads, seed, scenarios, program_version, "
                    "overrides, started_at) "
                    "SELECT 'succeeded', 1, 1, '{{}}', 't', overrides::text[], now() - interval "
                    "'{1} years' FROM (VALUES ('{{}}'), ('{{a=b}}')) o (overrides)",
                    file, file == 1 ? 7 : 0));
  }
  age(database, 0, 8);
  age(database, 1, 6);
  prune(connection, {.keep_years = 5});
  EXPECT_EQ(database.query(
                "SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM bronze.transfers"),
            "T2 U2");
  EXPECT_EQ(database.query("SELECT (SELECT min(file_id) FROM bronze.unreadable_lines), (SELECT "
                           "min(file_id) FROM quarantine.rows), "
                           "(SELECT min(file_id) FROM quarantine.fixes)"),
            "2|2|2");
  EXPECT_EQ(database.query("SELECT string_agg(sample_keys::text, ' ' ORDER BY file_id) FROM "
                           "aml.expectation_results"),
            "{} {U2}");
  EXPECT_EQ(database.query("SELECT string_agg(purpose, ' ' ORDER BY run_id) FROM aml.runs"),
            "production production backtest");
}

}  // namespace
}  // namespace aml::store
