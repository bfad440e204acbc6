// SPDX-License-Identifier: Apache-2.0
#include "store/snapshot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "store/error.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::TestDatabase;

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? std::string("''") : std::string(1, c);
  return literal + "'";
}

void add_party(const TestDatabase& database, const std::string& id,
               const std::string& base_risk = "0") {
  database.write(
      "INSERT INTO silver.parties (party_id, base_risk, is_derived, file_id, line) VALUES (" +
      quoted(id) + ", " + base_risk + ", false, 1, 1)");
}

void add_account(const TestDatabase& database, const std::string& id, const std::string& party) {
  database.write(
      "INSERT INTO silver.accounts (account_id, party_id, is_derived, file_id, line) VALUES (" +
      quoted(id) + ", " + quoted(party) + ", false, 1, 1)");
}

void add_attribute(const TestDatabase& database, const std::string& party, const std::string& kind,
                   const std::string& value) {
  database.write(
      "INSERT INTO silver.party_attributes (party_id, kind, value, normalised_value) VALUES (" +
      quoted(party) + ", " + quoted(kind) + ", " + quoted(" " + value) + ", " + quoted(value) +
      ")");
}

struct TransferText {
  std::string id = "T1";
  std::string from = "A";
  std::string to = "B";
  std::string booked_at = "2024-01-01 00:00:00Z";
  std::string amount_base = "1.00";
  std::string type = "TRANSFER";
};

/// A reader has to judge for itself: the table's own checks are out of the way.
void drop_checks(const TestDatabase& database) {
  database.query(
      "DO $$ DECLARE name text; BEGIN FOR name IN SELECT conname FROM pg_constraint WHERE conrelid "
      "= 'silver.transfers'::regclass "
      "AND contype = 'c' LOOP EXECUTE 'ALTER TABLE silver.transfers DROP CONSTRAINT ' || name; END "
      "LOOP; END $$");
}

void add_transfer(const TestDatabase& database, const TransferText& transfer) {
  database.write(
      "INSERT INTO silver.transfers (transfer_id, from_account_id, to_account_id, booked_at, "
      "amount, currency_code, amount_base, "
      "type, file_id, line) VALUES (" +
      quoted(transfer.id) + ", " + quoted(transfer.from) + ", " + quoted(transfer.to) + ", " +
      quoted(transfer.booked_at) + ", 1, 'USD', " + quoted(transfer.amount_base) + ", " +
      quoted(transfer.type) + ", 1, 1)");
}

/// Parties P and Q with accounts A and B, and transfers that may hold anything.
void add_two_accounts(const TestDatabase& database) {
  drop_checks(database);
  add_party(database, "P");
  add_party(database, "Q");
  add_account(database, "A", "P");
  add_account(database, "B", "Q");
}

Snapshot read(const TestDatabase& database) {
  auto connection = database.connect();
  return read_snapshot(connection);
}

void expect_refused(const TestDatabase& database, const std::string& words) {
  try {
    read(database);
    FAIL() << "expected: " << words;
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kStatement);
    EXPECT_EQ(error.statement(), "sql/copy/snapshot_transfers.sql");
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Snapshot, OfAnEmptyDatabaseIsEmpty) {
  const TestDatabase database;
  const auto snapshot = read(database);
  EXPECT_EQ(snapshot.transfers.vertex_keys.size(), 0U);
  EXPECT_EQ(snapshot.transfers.transfer_keys.size(), 0U);
  EXPECT_EQ(snapshot.attributes.party_keys.size(), 0U);
  EXPECT_EQ(snapshot.attributes.value.size(), 0U);
  EXPECT_TRUE(snapshot.transfers.source.empty());
  EXPECT_TRUE(snapshot.party_of_account.empty());
  EXPECT_FALSE(snapshot.id.empty());
  EXPECT_FALSE(snapshot.last_file_id.has_value());
}

TEST(Snapshot, EveryColumnComesBack) {
  const TestDatabase database;
  drop_checks(database);
  add_party(database, "person é", "0.1");
  add_party(database, "company", "1e-300");
  add_account(database, "A1", "company");
  add_account(database, "A2", "person é");
  add_account(database, "A3", "company");
  add_attribute(database, "company", "email", "x@y.example");
  add_attribute(database, "person é", "email", "x@y.example");
  add_attribute(database, "person é", "phone", "+491");
  add_transfer(database, {"T1", "A1", "A2", "1969-12-31 23:59:59.999999Z", "0.01", "CASH"});
  add_transfer(database, {"T2", "A2", "A1", "2024-02-29 12:34:56.000001Z", "-7.5", "TRANSFER"});
  add_transfer(database, {"T3", "A3", "A3", "2000-01-01 00:00:00Z", "1000000", "CASH"});

  const auto snapshot = read(database);
  const auto& transfers = snapshot.transfers;
  const auto& parties = snapshot.attributes.party_keys;
  std::map<std::string, std::string> rows;
  for (std::size_t i = 0; i < transfers.source.size(); ++i) {
    rows[std::string(transfers.transfer_keys[i])] =
        std::string(transfers.vertex_keys[transfers.source[i]]) + " " +
        std::string(transfers.vertex_keys[transfers.target[i]]) + " " +
        std::to_string(transfers.booked_at[i]) + " " + std::to_string(transfers.amount_minor[i]) +
        " " + transfers.type_names[transfers.type[i]];
  }
  const std::map<std::string, std::string> expected_rows{
      {"T1", "A1 A2 -1 1 CASH"},
      {"T2", "A2 A1 1709210096000001 -750 TRANSFER"},
      {"T3", "A3 A3 946684800000000 100000000 CASH"}};
  EXPECT_EQ(rows, expected_rows);

  database.write(
      "UPDATE silver.accounts SET valid_from = DEFAULT, country = 'US', opened_on = '2001-02-03' "
      "WHERE account_id = "
      "'A1'");
  database.write(
      "UPDATE silver.accounts SET valid_from = DEFAULT, country = 'MX', opened_on = '1969-12-31' "
      "WHERE account_id = "
      "'A2'");
  const auto described = read(database);
  std::map<std::string, std::string> facts;
  for (std::size_t i = 0; i < described.country.size(); ++i) {
    const auto opened = described.opened_at[i];
    facts[std::string(described.transfers.vertex_keys[i])] =
        described.country_names[described.country[i]] + " " +
        (opened ? std::to_string(*opened) : std::string("unknown"));
  }
  EXPECT_EQ(facts,
            (std::map<std::string, std::string>{
                {"A1", "US 981158400000000"}, {"A2", "MX -86400000000"}, {"A3", " unknown"}}));

  EXPECT_EQ(described.country_names.at(0), "") << "what is not known is number 0";
  for (std::size_t i = 0; i < described.country.size(); ++i) {
    EXPECT_EQ(described.country[i] == 0, described.transfers.vertex_keys[i] == "A3");
  }

  std::map<std::string, std::string> owners;
  for (std::size_t i = 0; i < snapshot.party_of_account.size(); ++i) {
    owners[std::string(transfers.vertex_keys[i])] = parties[snapshot.party_of_account[i]];
  }
  EXPECT_EQ(owners, (std::map<std::string, std::string>{
                        {"A1", "company"}, {"A2", "person é"}, {"A3", "company"}}));

  std::vector<std::string> statements;
  for (std::size_t i = 0; i < snapshot.attributes.party.size(); ++i) {
    statements.push_back(std::string(parties[snapshot.attributes.party[i]]) + " " +
                         snapshot.attributes.kind_names[snapshot.attributes.kind[i]] + " " +
                         std::string(snapshot.attributes.value[i]));
  }
  std::ranges::sort(statements);
  EXPECT_EQ(statements,
            (std::vector<std::string>{"company email x@y.example", "person é email x@y.example",
                                      "person é phone +491"}));

  std::map<std::string, double> risks;
  for (std::size_t i = 0; i < snapshot.base_risk.size(); ++i)
    risks[std::string(parties[i])] = snapshot.base_risk[i];
  EXPECT_EQ(risks, (std::map<std::string, double>{{"company", 1e-300}, {"person é", 0.1}}));
}

TEST(Snapshot, NamesTheNewestFileInItsView) {
  const TestDatabase database;
  database.query(
      "INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, "
      "rows_loaded, rows_quarantined, seconds) "
      "SELECT i::text, 'transfers', 'aml', 'x', 0, 0, 0, 0, 0 FROM generate_series(1, 3) AS i");
  EXPECT_EQ(read(database).last_file_id, 3);
}

// PostgreSQL itself is the oracle: its own multiplication of the same random amounts, for every
// exponent a currency has.
TEST(Snapshot, AmountsAreExactForEveryExponent) {
  const TestDatabase database;
  add_two_accounts(database);
  for (int exponent = 0; exponent <= 4; ++exponent) {
    database.query("UPDATE aml.properties SET value = '" + std::to_string(exponent) +
                   "' WHERE property = 'base_currency_exponent'");
    database.write(
        "DELETE FROM silver.transfers;"
        "INSERT INTO silver.transfers SELECT 'T' || i, now(), 'A', 'B', 0, 'USD', "
        "trim_scale(round(((random() - 0.5) * 10 ^ (1 + i % 14))::numeric, " +
        std::to_string(exponent) +
        ")), 'TRANSFER', 1, 1 FROM generate_series(1, 2000) AS i;"
        "INSERT INTO silver.transfers SELECT 'power ' || i, now(), 'A', 'B', 0, 'USD', "
        "trim_scale(10::numeric ^ i), 'TRANSFER', "
        "1, 1 FROM generate_series(-" +
        std::to_string(exponent) + ", 14) AS i");
    std::map<std::string, std::string> expected;
    auto connection = database.connect();
    {
      pqxx::nontransaction session(connection.pqxx());
      for (const auto& row :
           session.exec("SELECT transfer_id, (amount_base * 10::numeric ^ " +
                        std::to_string(exponent) + ")::bigint FROM silver.transfers")) {
        expected[row[0].as<std::string>()] = row[1].as<std::string>();
      }
    }
    const auto snapshot = read_snapshot(connection);
    ASSERT_EQ(snapshot.transfers.amount_minor.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string key(snapshot.transfers.transfer_keys[i]);
      ASSERT_EQ(std::to_string(snapshot.transfers.amount_minor[i]), expected[key])
          << key << ", exponent " << exponent;
    }
  }
}

TEST(Snapshot, AmountsUpToTheLimitsOf64BitsFitAndBeyondAreRefused) {
  const TestDatabase database;
  add_two_accounts(database);
  add_transfer(database, {.id = "largest", .amount_base = "92233720368547758.07"});
  add_transfer(database, {.id = "smallest", .amount_base = "-92233720368547758.08"});
  add_transfer(database, {.id = "zero", .amount_base = "0.0000"});
  const auto snapshot = read(database);
  std::map<std::string, std::int64_t> amounts;
  for (std::size_t i = 0; i < 3; ++i)
    amounts[std::string(snapshot.transfers.transfer_keys[i])] = snapshot.transfers.amount_minor[i];
  EXPECT_EQ(amounts["largest"], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(amounts["smallest"], std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(amounts["zero"], 0);
  for (const std::string beyond :
       {"92233720368547758.08", "-92233720368547758.09", "1e20", "1e300", "NaN", "Infinity",
        "0.001", "0.00001", "1e-30", "10000.00010001"}) {
    const TestDatabase other;
    add_two_accounts(other);
    add_transfer(other, {.id = "the odd one", .amount_base = beyond});
    expect_refused(other, "transfer the odd one: amount_base");
  }
}

TEST(Snapshot, TimesThatMicrosecondsCannotHoldAreRefused) {
  for (const std::string booked_at : {"infinity", "-infinity", "294276-12-31 00:00:00Z"}) {
    const TestDatabase database;
    add_two_accounts(database);
    add_transfer(database, {.id = "the odd one", .booked_at = booked_at});
    expect_refused(database, "transfer the odd one: booked_at");
  }
}

TEST(Snapshot, ATransferOfAnUnknownAccountIsRefusedWithBothNames) {
  const TestDatabase database;
  add_two_accounts(database);
  add_transfer(database, {.id = "T1"});
  add_transfer(database, {.id = "T2", .to = "nobody"});
  expect_refused(database, "transfer T2: its account nobody is not in silver.accounts");
}

TEST(Snapshot, HoldsManyTypesAndRefusesTooMany) {
  const TestDatabase database;
  add_two_accounts(database);
  database.write(
      "INSERT INTO silver.transfers SELECT 'T' || i, now(), 'A', 'B', 0, 'USD', 0, 'type ' || i % "
      "65535, 1, 1 "
      "FROM generate_series(1, 66000) AS i");
  const auto snapshot = read(database);
  EXPECT_EQ(snapshot.transfers.type_names.size(), 65535U);
  for (std::size_t i = 0; i < 66000; ++i) {
    const auto number = std::stoi(std::string(snapshot.transfers.transfer_keys[i].substr(1)));
    ASSERT_EQ(snapshot.transfers.type_names[snapshot.transfers.type[i]],
              "type " + std::to_string(number % 65535));
  }
  add_transfer(database, {.id = "one more", .type = "type 65536"});
  expect_refused(database, "more than 65535 types of transfers");
}

TEST(Snapshot, FindsTheRightAccountAmongManyAlikeAndTellsItsProgress) {
  const TestDatabase database;
  database.write(
      "INSERT INTO silver.parties (party_id, is_derived, file_id, line) VALUES ('P', true, 1, 1);"
      "INSERT INTO silver.accounts (account_id, party_id, is_derived, file_id, line) "
      "SELECT repeat('a', i % 20) || i, 'P', true, 1, 1 FROM generate_series(1, 20000) AS i;"
      "INSERT INTO silver.transfers SELECT 'T' || i, now(), repeat('a', f % 20) || f, repeat('a', "
      "t % 20) || t, 0, 'USD', "
      "f + t / 100000.0, 'TRANSFER', 1, 1 "
      "FROM (SELECT i, 1 + i * 7 % 20000 AS f, 1 + i * 11 % 20000 AS t FROM generate_series(1, "
      "70000) AS i) AS pairs;"
      // the amount holds both numbers: five decimals are beyond cents, so as whole units
      "UPDATE silver.transfers SET valid_from = DEFAULT, amount_base = trunc(amount_base) * 100000 "
      "+ (amount_base % 1) * "
      "100000");
  auto connection = database.connect();
  std::vector<std::uint64_t> progress;
  const auto snapshot = read_snapshot(
      connection, {}, [&](std::uint64_t transfers) { progress.push_back(transfers); });
  const auto& transfers = snapshot.transfers;
  ASSERT_EQ(transfers.source.size(), 70000U);
  const auto name = [](std::int64_t i) {
    return std::string(static_cast<std::size_t>(i % 20), 'a') + std::to_string(i);
  };
  for (std::size_t i = 0; i < transfers.source.size(); ++i) {
    const auto pair = transfers.amount_minor[i] / 100;
    ASSERT_EQ(transfers.vertex_keys[transfers.source[i]], name(pair / 100000));
    ASSERT_EQ(transfers.vertex_keys[transfers.target[i]], name(pair % 100000));
  }
  EXPECT_EQ(progress, std::vector<std::uint64_t>{65536});
}

/// Holds the transfers back: a reader gets its accounts and then waits.
class BlockedTransfers {
 public:
  explicit BlockedTransfers(const TestDatabase& database)
      : database_(database), connection_(database.connect()), work_(connection_.pqxx()) {
    work_.exec("LOCK TABLE silver.transfers IN ACCESS EXCLUSIVE MODE");
  }
  std::string wait_for_reader() const {
    for (int attempt = 0; attempt < 2000; ++attempt) {
      auto pid = database_.query(
          "SELECT pid FROM pg_locks WHERE relation = 'silver.transfers'::regclass AND NOT granted");
      if (!pid.empty()) return pid;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return {};
  }
  pqxx::work& work() { return work_; }

 private:
  const TestDatabase& database_;
  Connection connection_;
  pqxx::work work_;
};

TEST(Snapshot, DoesNotSeeWhatIsCommittedWhileItReads) {
  const TestDatabase database;
  add_two_accounts(database);
  add_transfer(database, {.id = "before"});
  BlockedTransfers blocked(database);
  auto reader = std::async(std::launch::async, [&] { return read(database); });
  ASSERT_FALSE(blocked.wait_for_reader().empty());
  blocked.work().exec(
      "SELECT aml.begin_version('TEST');"
      "INSERT INTO silver.accounts (account_id, party_id, is_derived, file_id, line) VALUES ('C', "
      "'P', true, 2, 1);"
      "INSERT INTO silver.transfers SELECT 'during', now(), 'A', 'C', 1, 'USD', 1, 'TRANSFER', 2, "
      "1;"
      "DELETE FROM silver.transfers WHERE transfer_id = 'before'");
  blocked.work().commit();
  const auto snapshot = reader.get();
  ASSERT_EQ(snapshot.transfers.transfer_keys.size(), 1U);
  EXPECT_EQ(snapshot.transfers.transfer_keys[0], "before");
  EXPECT_EQ(snapshot.transfers.vertex_keys.size(), 2U);
  EXPECT_EQ(read(database).transfers.transfer_keys[0], "during");
}

TEST(Snapshot, ALostConnectionIsARetryableError) {
  const TestDatabase database;
  BlockedTransfers blocked(database);
  auto reader = std::async(std::launch::async, [&] { return read(database); });
  const auto pid = blocked.wait_for_reader();
  ASSERT_FALSE(pid.empty());
  database.query("SELECT pg_terminate_backend(" + pid + ", 5000)");
  try {
    reader.get();
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kUnreachable) << error.what();
    EXPECT_TRUE(error.retryable());
  }
}

TEST(Snapshot, LeavesTheCallersConnectionAndItsTransactionAlone) {
  const TestDatabase database;
  auto connection = database.connect();
  pqxx::work work(connection.pqxx());
  work.exec("CREATE TEMPORARY TABLE mine AS SELECT 42 AS answer");
  read_snapshot(connection);
  EXPECT_EQ(work.exec1("SELECT answer FROM mine")[0].as<int>(), 42);
}

TEST(Snapshot, AsOfATimeHoldsWhatWasBookedUntilThen) {
  const TestDatabase database;
  add_two_accounts(database);
  add_transfer(database, {.id = "early", .booked_at = "2024-03-01 00:00:00+00"});
  add_transfer(database, {.id = "then", .booked_at = "2024-03-01 00:00:00.000001+00"});
  add_transfer(database, {.id = "late", .booked_at = "2024-03-01 00:00:00.000002+00"});
  auto connection = database.connect();
  constexpr graph::Micros kThen = 1'709'251'200'000'001;
  const auto snapshot = read_snapshot(connection, {kThen, {}});
  EXPECT_EQ(snapshot.transfers.transfer_keys.size(), 2U);
  EXPECT_EQ(std::ranges::max(snapshot.transfers.booked_at), kThen);
  EXPECT_EQ(snapshot.transfers.vertex_keys.size(), 2U);
  EXPECT_EQ(plan_snapshot(connection, {kThen, {}}).transfers, 2U);
  EXPECT_EQ(plan_snapshot(connection).transfers, 3U);
  EXPECT_EQ(read_snapshot(connection).transfers.transfer_keys.size(), 3U);
}

TEST(SnapshotPlan, CountsEveryTableAndGrowsWithThem) {
  const TestDatabase database;
  auto connection = database.connect();
  const auto empty = plan_snapshot(connection);
  EXPECT_EQ(empty.transfers, 0U);
  add_two_accounts(database);
  add_attribute(database, "P", "phone", "+491");
  add_transfer(database, {});
  const auto plan = plan_snapshot(connection);
  EXPECT_EQ(plan.accounts, 2U);
  EXPECT_EQ(plan.parties, 2U);
  EXPECT_EQ(plan.attributes, 1U);
  EXPECT_EQ(plan.transfers, 1U);
  EXPECT_GT(plan.memory_bytes, empty.memory_bytes);
}

}  // namespace
}  // namespace aml::store
