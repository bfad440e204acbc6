// SPDX-License-Identifier: Apache-2.0
#include "store/run_ledger.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <limits>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "store/error.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::TestDatabase;

const RunStart kStart{.program_version = "0.1.0",
                      .threads = 2,
                      .seed = 7,
                      .scenarios = {"structuring", "round_tripping"}};

std::string backend_pid(Connection& connection) {
  pqxx::nontransaction session(connection.pqxx());
  return session.exec1("SELECT pg_backend_pid()")[0].as<std::string>();
}

bool is_free(const TestDatabase& database) {
  auto connection = database.connect();
  try {
    const RunLock lock(connection);
    return true;
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kLocked);
    return false;
  }
}

/// The server notices the end of a client in its own time.
bool becomes_free(const TestDatabase& database) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (is_free(database)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(RunLock, AdmitsOneAndNamesTheHolder) {
  const TestDatabase database;
  auto holder = database.connect();
  auto other = database.connect();
  {
    const RunLock lock(holder);
    try {
      const RunLock second(other);
      FAIL() << "two runs at once";
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kLocked);
      EXPECT_TRUE(error.retryable());
      const std::string text = error.what();
      EXPECT_NE(text.find("server process " + backend_pid(holder)), std::string::npos) << text;
      EXPECT_NE(text.find("of user " + database.query("SELECT current_user")), std::string::npos)
          << text;
    }
  }
  const RunLock lock(other);
}

TEST(RunLock, IsFreeAgainWhenItsConnectionIsKilled) {
  const TestDatabase database;
  auto holder = database.connect();
  const RunLock lock(holder);
  EXPECT_FALSE(is_free(database));
  database.query("SELECT pg_terminate_backend(" + backend_pid(holder) + ", 5000)");
  EXPECT_TRUE(is_free(database));
}

TEST(RunLock, IsFreeAgainWhenItsProcessIsKilled) {
  const TestDatabase database;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto connection = database.connect();
    const RunLock lock(connection);
    if (::write(ends[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char held = 0;
  ASSERT_EQ(::read(ends[0], &held, 1), 1);
  EXPECT_FALSE(is_free(database));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(becomes_free(database));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(RunLock, IsOneForEachDatabase) {
  const TestDatabase one;
  const TestDatabase two;
  auto connection = one.connect();
  const RunLock lock(connection);
  EXPECT_TRUE(is_free(two));
}

TEST(RunLedger, ARunIsThereBeforeItIsFinished) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto run_id = start_run(connection, kStart);
  EXPECT_EQ(database.query("SELECT run_id, status, program_version, threads, seed, scenarios, "
                           "finished_at FROM aml.runs"),
            std::to_string(run_id) + "|running|0.1.0|2|7|{structuring,round_tripping}|");
  EXPECT_EQ(
      database.query("SELECT started_by = session_user AND started_at <= now() FROM aml.runs"),
      "t");
}

TEST(RunLedger, TheNextRunSeesThatTheOneBeforeDied) {
  const TestDatabase database;
  auto connection = database.connect();
  start_run(connection, kStart);
  const auto failed = start_run(connection, kStart);
  finish_run(connection, failed, "failed", "no disk", 0);
  start_run(connection, kStart);
  EXPECT_EQ(database.query("SELECT string_agg(status, ' ' ORDER BY run_id) FROM aml.runs"),
            "died failed running");
  EXPECT_EQ(database.query("SELECT finished_at IS NULL FROM aml.runs WHERE status = 'died'"), "t")
      << "nobody knows when";
}

TEST(RunLedger, SnapshotFactsAreKept) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto with_file = start_run(connection, kStart);
  record_snapshot(connection, with_file, {"10:20:", 5, 1, 2, 3, 0});
  EXPECT_EQ(database.query("SELECT snapshot, last_file_id, accounts, parties, transfers, "
                           "read_version FROM aml.runs"),
            "10:20:|5|1|2|3|0");
  const auto without = start_run(connection, kStart);
  record_snapshot(connection, without, {"10:20:", std::nullopt, 1, 2, 3, 0});
  EXPECT_EQ(database.query("SELECT last_file_id IS NULL FROM aml.runs WHERE run_id = " +
                           std::to_string(without)),
            "t");
}

TEST(RunLedger, StepsKeepWhatTheyAreGiven) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto run_id = start_run(connection, kStart);
  RunStep reading;
  reading.name = "read snapshot";
  reading.rows = 10;
  reading.seconds = 0.25;
  reading.peak_memory_bytes = 1 << 20;
  record_step(connection, run_id, 1, reading);
  record_step(connection, run_id, 2,
              {.name = "structuring",
               .scenario = "structuring",
               .scenario_version = 3,
               .parameters_json = R"({"threshold": "10000.00"})",
               .rows = 2,
               .seconds = 0.1,
               .peak_memory_bytes = 2 << 20,
               .outcome = "truncated",
               .notes = {"hub \"A,1\" {left out}", "budget \\ reached", ""}});
  EXPECT_EQ(database.query("SELECT step, name, scenario, scenario_version, parameters, rows, "
                           "seconds, peak_memory_bytes, outcome, "
                           "cardinality(notes) FROM aml.run_steps ORDER BY step"),
            "1|read snapshot||||10|0.25|1048576|ok|0\n"
            "2|structuring|structuring|3|{\"threshold\": \"10000.00\"}|2|0.1|2097152|truncated|3");
  EXPECT_EQ(database.query("SELECT notes[1] || notes[2] FROM aml.run_steps WHERE step = 2"),
            "hub \"A,1\" {left out}budget \\ reached");
}

TEST(RunLedger, AnErrorOfAnyBytesIsStored) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto run_id = start_run(connection, kStart);
  finish_run(connection, run_id, "interrupted", std::string("bad \xFF\0 row", 10), 123);
  EXPECT_EQ(database.query(
                "SELECT status, error, peak_memory_bytes, finished_at IS NOT NULL FROM aml.runs"),
            "interrupted|bad \uFFFD\uFFFD row|123|t");
}

TEST(RunLedger, AFinishedRunStaysAsItIs) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto run_id = start_run(connection, kStart);
  database.query("UPDATE aml.runs SET status = 'succeeded'");
  finish_run(connection, run_id, "failed", "too late", 0);
  EXPECT_EQ(database.query("SELECT status FROM aml.runs"), "succeeded");
}

TEST(RunLedger, TheLargestSeedSurvives) {
  const TestDatabase database;
  auto connection = database.connect();
  auto start = kStart;
  start.seed = std::numeric_limits<std::uint64_t>::max();
  start_run(connection, start);
  EXPECT_EQ(static_cast<std::uint64_t>(std::stoll(database.query("SELECT seed FROM aml.runs"))),
            start.seed);
}

}  // namespace
}  // namespace aml::store
