// SPDX-License-Identifier: Apache-2.0
// A table of another database as a source: what is new in it comes in, each row once, whatever
// happens in between.
#include "store/table_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <pqxx/pqxx>
#include <random>
#include <set>

#include "aml_query.hpp"
#include "scenarios/scenario.hpp"
#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "store/quarantine.hpp"
#include "store/retention.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using Kind = FileOutcome::Kind;
using Counts = std::map<std::string, std::uint64_t>;

constexpr std::int64_t kMinute = 60'000'000;

class TableSourceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_database_ = std::make_unique<test::TestDatabase>();
    shared_bank_ = std::make_unique<test::TestDatabase>();
    shared_bank_->query("ALTER DATABASE " + shared_bank_->query("SELECT current_database()") +
                        " SET search_path = core, public");
  }
  static void TearDownTestSuite() {
    shared_database_.reset();
    shared_bank_.reset();
  }

  explicit TableSourceTest(std::unique_ptr<test::TestDatabase> own = nullptr)
      : own_(std::move(own)),
        database_(own_ ? *own_ : *shared_database_),
        connection_(database_.connect()) {
    database_.empty();
    bank_.query("DROP SCHEMA IF EXISTS core CASCADE; CREATE SCHEMA core");
    options_.expectations = scenarios::load_expectations("");
    source_.name = "bank";
    source_.connection = bank_.target().conninfo;
    source_.dataset = "transfers";
    source_.table = "payments";
    source_.columns = {{"booked_at", "made_at"},
                       {"from_account", "payer"},
                       {"transfer_id", "id"},
                       {"to_account", "payee"},
                       {"amount", "sum"}};
    source_.watermark = "changed_at";
    source_.lateness = TimeLateness{60 * kMinute};
    bank_.query(
        "CREATE TABLE payments (id text, payer text, payee text, sum numeric, made_at timestamptz "
        "DEFAULT '2024-03-01', changed_at timestamptz)");
  }

  /// A payment whose watermark lies so many minutes behind the first of March.
  static std::string payment(const std::string& id, int minutes, const std::string& sum = "10.00") {
    return "('" + id + "', 'A', 'B', " + sum + ", DEFAULT, timestamptz '2024-03-01' + " +
           std::to_string(minutes) + " * interval '1 minute')";
  }
  void pay(const std::string& id, int minutes, const std::string& sum = "10.00") const {
    bank_.query("INSERT INTO payments VALUES " + payment(id, minutes, sum));
  }

  FileOutcome load(TableReading reading = TableReading::kNew) {
    auto outcome = SourceTable(source_).load(connection_, options_, reading);
    EXPECT_EQ(outcome.rows_read, outcome.rows_loaded + outcome.rows_quarantined);
    return outcome;
  }

  /// Loads, and expects that so many rows were new.
  FileOutcome load_new(std::uint64_t rows, TableReading reading = TableReading::kNew) {
    auto outcome = load(reading);
    EXPECT_EQ(outcome.kind, rows == 0 ? Kind::kAlreadyKnown : Kind::kLoaded) << outcome.message;
    EXPECT_EQ(outcome.rows_read, rows);
    return outcome;
  }

  std::string query(const std::string& sql) const { return database_.query(sql); }
  std::string transfers() const {
    return query("SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM silver.transfers");
  }
  std::string position() const { return query("SELECT position FROM aml.source_positions"); }

  /// All that a load writes, counted.
  std::string written() const {
    return query(
        "SELECT (SELECT count(*) FROM aml.ingested_files), (SELECT count(*) FROM aml.source_rows), "
        "(SELECT count(*) FROM aml.source_positions), (SELECT count(*) FROM bronze.transfers), "
        "(SELECT count(*) FROM silver.transfers), (SELECT count(*) FROM quarantine.rows), "
        "(SELECT max(version) FROM aml.versions)");
  }

  void expect_refused(const std::string& part) {
    const auto before = written();
    const auto outcome = load();
    EXPECT_EQ(outcome.kind, Kind::kRefused);
    EXPECT_NE(outcome.message.find(part), std::string::npos) << outcome.message;
    EXPECT_EQ(outcome.message.find("aml init"), std::string::npos) << outcome.message;
    EXPECT_EQ(written(), before);
  }

  static inline std::unique_ptr<test::TestDatabase> shared_database_;
  static inline std::unique_ptr<test::TestDatabase> shared_bank_;
  const std::unique_ptr<test::TestDatabase> own_;
  const test::TestDatabase& database_;
  const test::TestDatabase& bank_ = *shared_bank_;
  Connection connection_;
  IngestOptions options_;
  TableSource source_;
};

/// For tests that leave more behind than rows.
class TableSourceInItsOwnDatabase : public TableSourceTest {
 protected:
  TableSourceInItsOwnDatabase() : TableSourceTest(std::make_unique<test::TestDatabase>()) {}
};

// ---- what is new

TEST_F(TableSourceTest, TheFirstReadingTakesAllAndTheNextOnesWhatIsNew) {
  pay("T1", 0);
  pay("T2", 30);
  const auto first = load_new(2);
  EXPECT_EQ(first.path, "bank");
  EXPECT_EQ(first.dataset, "transfers");
  EXPECT_EQ(first.rows_known, 0U);
  EXPECT_EQ(position(), "2024-03-01 00:30:00+00");

  const auto before = written();
  EXPECT_EQ(load_new(0).rows_known, 2U);
  EXPECT_EQ(written(), before);

  pay("T3", 600);
  EXPECT_EQ(load_new(1).rows_known, 2U);
  EXPECT_EQ(load_new(0).rows_known, 1U);
  EXPECT_EQ(transfers(), "T1 T2 T3");
  EXPECT_EQ(query("SELECT kind, path, lines_read, rows_loaded, rows_known, position_from, "
                  "position_to FROM aml.ingested_files ORDER BY file_id"),
            "table|bank|2|2|0||2024-03-01 00:30:00+00\n"
            "table|bank|1|1|2|2024-02-29 23:30:00+00|2024-03-01 10:00:00+00");
  EXPECT_EQ(query("SELECT operation, operation_parameters FROM aml.versions ORDER BY version DESC "
                  "LIMIT 1"),
            R"(LOAD|{"to": "2024-03-01 10:00:00+00", "from": "2024-02-29 23:30:00+00", )"
            R"("source": "bank", "dataset": "transfers"})");
  EXPECT_EQ(query("SELECT source, part, position, file_id = (SELECT max(file_id) FROM "
                  "aml.ingested_files) FROM aml.source_positions"),
            "bank||2024-03-01 10:00:00+00|t");
}

TEST_F(TableSourceTest, AnEmptyTableIsNothing) {
  const auto before = written();
  load_new(0);
  EXPECT_EQ(written(), before);
}

TEST_F(TableSourceTest, ALateRowIsCaughtWithinTheLatenessAndLaterWhenAllIsReadAgain) {
  pay("T1", 100);
  load_new(1);
  pay("at the border", 40);
  pay("too late", 39);
  load_new(1);
  EXPECT_EQ(transfers(), "T1 at the border");
  load_new(0);
  EXPECT_EQ(load_new(1, TableReading::kAll).rows_known, 2U);
  EXPECT_EQ(transfers(), "T1 at the border too late");
  EXPECT_EQ(position(), "2024-03-01 01:40:00+00");
}

TEST_F(TableSourceTest, RowsOfOneWatermarkThatComeInPartsAreAllRead) {
  source_.lateness = TimeLateness{0};
  pay("T1", 5);
  load_new(1);
  pay("T2", 5);
  pay("T3", 5);
  EXPECT_EQ(load_new(2).rows_known, 1U);
  pay("T4", 6);
  load_new(1);
  EXPECT_EQ(load_new(0).rows_known, 1U);
  EXPECT_EQ(transfers(), "T1 T2 T3 T4");
}

TEST_F(TableSourceTest, ATransactionThatCommitsAfterALaterOneIsRead) {
  Connection slow(bank_.target());
  pqxx::work transaction(slow.pqxx());
  transaction.exec(
      "INSERT INTO core.payments VALUES ('slow', 'A', 'B', 1, DEFAULT, '2024-03-01 00:01Z')");
  pay("quick", 2);
  load_new(1);
  transaction.commit();
  load_new(1);
  EXPECT_EQ(transfers(), "quick slow");
}

TEST_F(TableSourceTest, NumbersAreWatermarksToo) {
  bank_.query("ALTER TABLE payments ADD COLUMN nr bigint");
  source_.watermark = "nr";
  source_.lateness = NumberLateness{10};
  bank_.query(
      "INSERT INTO payments SELECT 'T' || n, 'A', 'B', 1, now(), NULL, n FROM "
      "generate_series(101, 105) AS n");
  load_new(5);
  EXPECT_EQ(position(), "105");
  bank_.query(
      "INSERT INTO payments VALUES ('T95', 'A', 'B', 1, DEFAULT, NULL, 95), ('T94', 'A', 'B', "
      "1, DEFAULT, NULL, 94)");
  load_new(1);
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers WHERE transfer_id = 'T94'"), "0");
}

TEST_F(TableSourceTest, RowsWithoutAWatermarkOrWithAnInfiniteOneAreReadEachTimeAndLoadedOnce) {
  pay("T1", 0);
  bank_.query(
      "INSERT INTO payments VALUES ('none', 'A', 'B', 1, DEFAULT, NULL), ('for ever', 'A', "
      "'B', 1, DEFAULT, 'infinity')");
  load_new(3);
  EXPECT_EQ(position(), "2024-03-01 00:00:00+00");
  pay("T2", 500);
  bank_.query("INSERT INTO payments VALUES ('none 2', 'A', 'B', 1, DEFAULT, NULL)");
  load_new(2);
  EXPECT_EQ(load_new(0).rows_known, 4U);
  EXPECT_EQ(transfers(), "T1 T2 for ever none none 2");
}

/// "Until further notice" as the year 9999, or a client whose clock is wrong.
TEST_F(TableSourceTest, AWatermarkStillToComeDoesNotHideTheRowsBeforeIt) {
  pay("T1", 0);
  bank_.query("INSERT INTO payments VALUES ('far', 'A', 'B', 1, DEFAULT, '9999-12-31')");
  load_new(2);
  EXPECT_EQ(position(), "2024-03-01 00:00:00+00");
  pay("T2", 500);
  load_new(1);
  EXPECT_EQ(load_new(0).rows_known, 2U);
  EXPECT_EQ(transfers(), "T1 T2 far");

  // A day still to come is no day that was read up to, and a clock that is set back does no harm.
  bank_.query("ALTER TABLE payments ALTER changed_at TYPE timestamp");
  source_.lateness = TimeLateness{0};
  query("UPDATE aml.source_positions SET position = '2150-01-01 00:00:00+00'");
  bank_.query(
      "INSERT INTO payments VALUES ('ahead', 'A', 'B', 1, DEFAULT, '2150-01-01'), ('farther', 'A', "
      "'B', 1, DEFAULT, '2151-01-01')");
  load_new(2);
  EXPECT_EQ(position(), "2150-01-01 00:00:00+00");
}

TEST_F(TableSourceTest, OnlyRowsWithoutAWatermarkMakeNoPosition) {
  bank_.query("INSERT INTO payments VALUES ('none', 'A', 'B', 1, DEFAULT, NULL)");
  load_new(1);
  load_new(0);
  EXPECT_EQ(position(), "");
}

TEST_F(TableSourceTest, ATableThatWasSetBackIsRefusedUntilAllIsRead) {
  pay("T1", 600);
  load_new(1);
  bank_.query("TRUNCATE payments");
  load_new(0);
  pay("T2", 60);
  expect_refused(
      "its newest watermark is 2024-03-01 01:00:00+00, but it was read up to 2024-03-01 "
      "10:00:00+00 before");
  load_new(1, TableReading::kAll);
  EXPECT_EQ(position(), "2024-03-01 01:00:00+00");
  pay("T3", 61);
  load_new(1);
  EXPECT_EQ(transfers(), "T1 T2 T3");
}

TEST_F(TableSourceTest, AWatermarkThatGrowsWithoutNewRowsMovesThePositionOnly) {
  pay("T1", 0);
  load_new(1);
  const auto before = written();
  bank_.query("UPDATE payments SET changed_at = '2024-03-02'");
  load_new(0);
  EXPECT_EQ(position(), "2024-03-02 00:00:00+00");
  EXPECT_EQ(written(), before);
}

// ---- rows that change

TEST_F(TableSourceTest, AChangedTransferIsQuarantinedOnceAndADeletedOneStays) {
  pay("T1", 0);
  pay("T2", 0);
  load_new(2);
  bank_.query("UPDATE payments SET sum = 99, changed_at = '2024-03-01 00:10Z' WHERE id = 'T1'");
  bank_.query("DELETE FROM payments WHERE id = 'T2'");
  const auto changed = load_new(1);
  EXPECT_EQ(changed.quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}));
  EXPECT_EQ(load_new(0).rows_known, 1U);
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 1U);
  EXPECT_EQ(query("SELECT transfer_id, amount FROM silver.transfers ORDER BY 1"),
            "T1|10.00\nT2|10.00");
  bank_.query("UPDATE payments SET sum = 10.00, changed_at = '2024-03-01 00:20Z' WHERE id = 'T1'");
  load_new(0);  // it is again what was loaded
}

TEST_F(TableSourceTest, TransfersThatWereLoadedBeforeAColumnCameAreKnownByTheirIds) {
  pay("T1", 0);
  pay("T2", 10);
  load_new(2);
  bank_.query("ALTER TABLE payments ADD COLUMN channel text DEFAULT 'web'");
  load_new(0, TableReading::kAll);
  source_.columns.emplace_back("channel", "channel");
  pay("T3", 20);
  EXPECT_EQ(load_new(1).rows_known, 2U);
  // They were remembered as they read before, and lie within the lateness.
  EXPECT_EQ(load_new(0).rows_known, 3U);
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 3U);
  bank_.query("UPDATE payments SET sum = 99 WHERE id IN ('T1', 'T3')");
  EXPECT_EQ(load_new(1).quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}))
      << "T3 was loaded with the column, so that its change is seen";
  // Back again, and with more.
  source_.columns.pop_back();
  load_new(0, TableReading::kAll);
  source_.columns.emplace_back("channel", "channel");
  source_.columns.emplace_back("note", "payer");
  pay("T4", 30);
  load_new(1);
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 4U);
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "1");
  EXPECT_EQ(transfers(), "T1 T2 T3 T4");
}

TEST_F(TableSourceTest, AccountsAreReplacedOnceWhenAColumnComes) {
  source_.dataset = "accounts";
  source_.table = "clients";
  source_.columns = {{"account_id", "nr"}};
  bank_.query(
      "CREATE TABLE clients AS SELECT 'A' || n AS nr, 'DE' AS land, now() AS changed_at FROM "
      "generate_series(1, 3) AS n");
  load_new(3);
  source_.columns.emplace_back("country", "land");
  EXPECT_EQ(load_new(3, TableReading::kAll).rows_quarantined, 0U);
  EXPECT_EQ(query("SELECT string_agg(account_id || country, ' ' ORDER BY 1) FROM silver.accounts"),
            "A1DE A2DE A3DE");
  load_new(0, TableReading::kAll);
}

/// A source is looked at again and again, and its ledger grows.
TEST_F(TableSourceTest, WhichColumnsASourceHadIsFoundThroughAnIndex) {
  pay("T1", 0);
  load_new(1);
  query(
      "INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, "
      "rows_loaded, rows_quarantined, seconds, kind, schema_id) "
      "SELECT 'x' || n, 'transfers', 'aml', 'bank', 0, 0, 0, 0, 0, 'table', (SELECT max(schema_id) "
      "FROM aml.file_schemas) FROM generate_series(1, 5000) AS n");
  query("ANALYZE aml.ingested_files");
  std::string statement(query::batch_with_other_columns.text);
  for (const auto& [parameter, value] : {std::pair{"$1", "'bank'"}, std::pair{"$2", "'{a}'"}})
    for (std::size_t at = 0; (at = statement.find(parameter)) != std::string::npos;)
      statement.replace(at, 2, value);
  const auto plan = query("EXPLAIN " + statement);
  EXPECT_NE(plan.find("Scan Backward using ingested_files_source"), std::string::npos) << plan;
}

TEST_F(TableSourceTest, AChangedAccountIsReplacedAlsoByWhatItWasBefore) {
  source_.dataset = "accounts";
  source_.table = "clients";
  source_.columns = {{"country", "land"}, {"account_id", "nr"}};
  bank_.query("CREATE TABLE clients (nr text, land text, changed_at timestamptz DEFAULT now())");
  bank_.query("INSERT INTO clients VALUES ('A1', 'DE'), ('A2', 'FR')");
  load_new(2);
  const auto country = [&] {
    return query("SELECT country FROM silver.accounts WHERE account_id = 'A1'");
  };
  for (const std::string land : {"IT", "DE", "IT"}) {
    bank_.query("UPDATE clients SET land = '" + land + "', changed_at = now() WHERE nr = 'A1'");
    load_new(1);
    EXPECT_EQ(country(), land);
    load_new(0);
  }
  // What another source says of it since is not undone by reading the same rows again.
  database_.write(
      "UPDATE silver.accounts SET country = 'US', valid_from = DEFAULT WHERE account_id = 'A1'");
  load_new(0);
  EXPECT_EQ(country(), "US");
}

/// A table that keeps every state of an account: as if they had come one after the other.
TEST_F(TableSourceTest, OfTwoStatesOfAnAccountTheNewerOneIsLoaded) {
  source_.dataset = "accounts";
  source_.table = "states";
  source_.columns = {{"account_id", "nr"}, {"country", "land"}};
  bank_.query(
      "CREATE TABLE states AS SELECT * FROM (VALUES ('A1', 'DE', timestamptz '2024-03-01'), ('A1', "
      "'FR', '2024-03-03'), ('A1', 'IT', '2024-03-02'), ('A2', 'DE', NULL), ('A2', 'FR', "
      "'2024-03-01')) AS state (nr, land, changed_at)");
  EXPECT_EQ(load_new(5).quarantined_by_reason, (Counts{{"account_id_is_unique", 3}}));
  EXPECT_EQ(query("SELECT country FROM silver.accounts ORDER BY account_id"), "FR\nFR");
  load_new(0);
}

TEST_F(TableSourceTest, AKeyThatStandsInTheSourceTwiceIsQuarantinedOnce) {
  pay("T1", 0, "1");
  pay("T1", 0, "2");
  pay("T1", 0, "2");
  const auto outcome = load_new(2);
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}));
  EXPECT_EQ(outcome.rows_known, 1U);
  EXPECT_EQ(load_new(0).rows_known, 3U);
}

/// What a source gives first is taken for new, so the same row is found late: while rows are
/// remembered, or, if they are many beside those that are remembered already, when their key is built.
TEST_F(TableSourceTest, RowsThatAreTheSameAreOneHoweverFarApart) {
  bank_.query(
      "INSERT INTO payments SELECT 'T' || n % 16500, 'A', 'B', 1, '2024-03-01', '2024-03-01' FROM "
      "generate_series(0, 16500) AS n");
  for (const char* remembered : {"0", "40000"}) {
    SCOPED_TRACE(remembered);
    database_.empty();
    query(
        std::string("INSERT INTO aml.source_rows SELECT gen_random_uuid(), gen_random_uuid(), 0, n "
                    "FROM generate_series(1, ") +
        remembered + ") AS n");
    EXPECT_EQ(load_new(16500).rows_known, 1U);
    EXPECT_EQ(query("SELECT count(*), count(DISTINCT (file_id, line)), (SELECT count(*) FROM "
                    "quarantine.rows) FROM silver.transfers"),
              "16500|16500|0");
    EXPECT_EQ(query("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = "
                    "'aml.source_rows'::regclass"),
              "PRIMARY KEY (bucket, row_key, content)");
    EXPECT_EQ(load_new(0).rows_known, 16501U);
  }
}

TEST_F(TableSourceTest, RowsThatWereRememberedBeforeThereWereBucketsAreKnown) {
  pay("T1", 0);
  pay("T2", 0);
  load_new(2);
  query("UPDATE aml.source_rows SET bucket = 0");
  bank_.query("UPDATE payments SET sum = 99 WHERE id = 'T1'");
  EXPECT_EQ(load_new(1).rows_known, 1U);
  source_.columns.emplace_back("note", "payee");  // now each row reads otherwise
  pay("T3", 0);
  EXPECT_EQ(load_new(1).rows_known, 2U);
  EXPECT_EQ(query("SELECT transfer_id, amount FROM silver.transfers ORDER BY 1"),
            "T1|10.00\nT2|10.00\nT3|10.00");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "1");
}

TEST_F(TableSourceTest, AQuarantinedRowIsNotQuarantinedAgainAlsoWhenItWasReplayed) {
  pay("T1", 0, "-5");
  bank_.query(
      "INSERT INTO payments VALUES (NULL, 'A', 'B', 1, DEFAULT, '2024-03-01'), ('', 'A', 'B', "
      "2, DEFAULT, '2024-03-01')");
  EXPECT_EQ(load_new(3).rows_quarantined, 3U);
  load_new(0);
  bank_.query("INSERT INTO payments VALUES (NULL, 'A', 'B', 3, DEFAULT, '2024-03-01')");
  load_new(1);
  EXPECT_EQ(load_new(0).rows_known, 4U);
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "4");
  for (const auto& row : list_quarantined(connection_, {})) {
    if (row.values.at("transfer_id") == "T1")
      fix_quarantined(connection_, {{{std::to_string(row.file_id), row.line}, {{"amount", "5"}}}});
  }
  replay_quarantined(connection_, {}, options_.expectations);
  EXPECT_EQ(transfers(), "T1");
  load_new(0);
}

// ---- what goes wrong in between

TEST_F(TableSourceTest, AFaultBeforeTheCommitLeavesNothingAndTheNextLoadIsWhole) {
  pay("T1", 0);
  load_new(1);
  pay("T2", 1);
  pay("bad", 2, "-1");
  query(
      "ALTER TABLE aml.source_positions ADD CONSTRAINT fault CHECK (position < '2024-03-01 "
      "00:01')");
  const auto before = written();
  EXPECT_EQ(load().kind, Kind::kRefused);
  EXPECT_EQ(written(), before);
  query("ALTER TABLE aml.source_positions DROP CONSTRAINT fault");
  load_new(2);
  EXPECT_EQ(transfers(), "T1 T2");
}

TEST_F(TableSourceTest, ASourceThatIsLostInTheMiddleIsReadAgainWhole) {
  bank_.query(
      "INSERT INTO payments SELECT 'T' || n, 'A', 'B', 1, now(), '2024-03-01' FROM "
      "generate_series(1, 17000) AS n");
  bank_.query(
      "CREATE VIEW dying AS SELECT *, CASE WHEN id = 'T16900' THEN "
      "pg_terminate_backend(pg_backend_pid()) END AS dies FROM payments");
  source_.table = "dying";
  source_.columns.emplace_back("dies", "dies");
  const auto before = written();
  const auto lost = load();
  EXPECT_EQ(lost.kind, Kind::kUnreachable);
  EXPECT_NE(lost.message.find("source bank"), std::string::npos) << lost.message;
  EXPECT_NE(lost.message.find("the next load reads it again"), std::string::npos) << lost.message;
  EXPECT_EQ(written(), before);

  source_.table = "payments";
  source_.columns.pop_back();
  load_new(17000);
  EXPECT_EQ(load_new(0).rows_known, 17000U);
  EXPECT_EQ(query("SELECT count(*), count(DISTINCT (file_id, line)) FROM silver.transfers"),
            "17000|17000");
}

TEST_F(TableSourceTest, ASourceThatDoesNotAnswerIsUnreachable) {
  source_.connection = "host=/nowhere dbname=bank";
  const auto outcome = load();
  EXPECT_EQ(outcome.kind, Kind::kUnreachable);
  EXPECT_TRUE(outcome.message.starts_with(
      "source bank: cannot connect to dbname='bank' host='/nowhere': connection to server"))
      << outcome.message;
  source_.connection += " connect_timeout=never";
  EXPECT_NE(load().message.find("connect_timeout"), std::string::npos);  // its own word counts
}

TEST_F(TableSourceTest, TheOwnDatabaseIsNotTakenForTheSource) {
  pay("T1", 0);
  query("ALTER TABLE aml.source_rows RENAME TO away");
  EXPECT_THROW(load(), StoreError);
  query("ALTER TABLE aml.away RENAME TO source_rows");
}

// ---- again and again

TEST_F(TableSourceTest, LooksThatFindNothingWriteNothingAndShareOneConnectionThatHoldsNothing) {
  SourceTable table(source_);
  const auto look = [&] { return table.load(connection_, options_).kind; };
  const auto sessions = [&] {
    return bank_.query(
        "SELECT pid, state, backend_xmin FROM pg_stat_activity WHERE datname = current_database() "
        "AND query LIKE '%COMMIT%' AND pid <> pg_backend_pid()");
  };
  pay("T1", 0);
  EXPECT_EQ(look(), Kind::kLoaded);
  const auto session = sessions();
  EXPECT_NE(session.find("|idle|"), std::string::npos) << session;
  // What is rolled back takes numbers too.
  const std::string numbers =
      "SELECT pg_sequence_last_value(pg_get_serial_sequence('aml.ingested_files', 'file_id')), "
      "(SELECT max(version) FROM aml.versions), (SELECT updated_at FROM aml.source_positions)";
  const auto before = query(numbers);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(look(), Kind::kAlreadyKnown);
  EXPECT_EQ(query(numbers), before);
  pay("T2", 1);
  EXPECT_EQ(look(), Kind::kLoaded);
  EXPECT_EQ(sessions(), session);
  EXPECT_EQ(transfers(), "T1 T2");
}

TEST_F(TableSourceTest, AConnectionThatWasEndedBetweenTwoLoadsIsMadeAnew) {
  SourceTable table(source_);
  pay("T1", 0);
  EXPECT_EQ(table.load(connection_, options_).kind, Kind::kLoaded);
  bank_.query(
      "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> pg_backend_pid()");
  pay("T2", 1);
  EXPECT_EQ(table.load(connection_, options_).kind, Kind::kLoaded);
  bank_.query("ALTER TABLE payments RENAME TO away");
  EXPECT_EQ(table.load(connection_, options_).kind, Kind::kRefused);
  bank_.query("ALTER TABLE away RENAME TO payments");
  EXPECT_EQ(table.load(connection_, options_).kind, Kind::kAlreadyKnown);
  EXPECT_EQ(transfers(), "T1 T2");
}

// ---- how the source looks

TEST_F(TableSourceTest, WhatIsNotThereIsSaidInTheWordsOfTheSource) {
  pay("T1", 0);
  load_new(1);
  bank_.query("ALTER TABLE payments RENAME COLUMN payer TO debtor");
  expect_refused("\"payer\" does not exist");
  bank_.query("ALTER TABLE payments RENAME COLUMN debtor TO payer");
  source_.table = "nowhere.payments";
  expect_refused("its server has no table nowhere.payments");
  source_.table = "payments";
  source_.watermark = "id";
  expect_refused("its watermark id is of the type text");
  source_.watermark = "changed_at";
  source_.lateness = NumberLateness{5};
  expect_refused("the lateness must be a length of time");
  source_.lateness = TimeLateness{0};
  source_.where = "id ~ '('";
  expect_refused("parentheses");
  source_.where = "";
  source_.columns.pop_back();
  expect_refused("amount");
  source_.columns = {{"account_id", "id"}};
  expect_refused("its columns are those of accounts, but its dataset is transfers");
  source_.columns = {{"booked_at", "made_at"},
                     {"from_account", "payer"},
                     {"to_account", "payee"},
                     {"amount", "sum"}};
  expect_refused("its columns have no transfer_id");
}

TEST_F(TableSourceTest, AUserWhoMayNotReadItIsTold) {
  pay("T1", 0);
  bank_.query(
      "DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  bank_.query("GRANT USAGE ON SCHEMA core TO stranger");
  source_.connection += " options='-c role=stranger'";
  expect_refused("GRANT SELECT");
}

TEST_F(TableSourceTest, AQueryWithAConditionIsReadLikeATable) {
  pay("T1", 0, "1");
  pay("T2", 0, "2");
  pay("T3", 0, "3");
  source_.table = "";
  source_.query = "SELECT * FROM payments -- all of them ;";
  source_.where = "sum > 1 -- no small ones";
  load_new(2);
  EXPECT_EQ(transfers(), "T2 T3");
  source_.query = "SELECT * FROM payments ; ";
  load_new(0);
}

TEST_F(TableSourceTest, NothingCanBeChangedThroughAQuery) {
  pay("T1", 0);
  source_.table = "";
  for (const char* text : {"SELECT * FROM payments) TO STDOUT; DROP TABLE payments; --",
                           "SELECT 1 AS x) AS y; DELETE FROM payments; SELECT * FROM (SELECT 1",
                           "WITH gone AS (DELETE FROM payments RETURNING *) SELECT * FROM gone"}) {
    source_.query = text;
    EXPECT_EQ(load().kind, Kind::kRefused) << text;
  }
  EXPECT_EQ(bank_.query("SELECT count(*) FROM payments"), "1");
}

TEST_F(TableSourceTest, NamesThatNeedQuotesAreQuoted) {
  bank_.query(
      R"(DROP SCHEMA IF EXISTS "Core Bank" CASCADE; CREATE SCHEMA "Core Bank"; CREATE TABLE "Core Bank"."Pay""ments" ("Id" text, "from" text, "to, or" text,
                 "%I" numeric, "Gebucht am" date, "order" timestamp))");
  bank_.query(
      R"(INSERT INTO "Core Bank"."Pay""ments" VALUES ('T1', 'A', 'B', 5, '2024-03-01', '2024-03-01'))");
  source_.table = R"("Core Bank"."Pay""ments")";
  source_.columns = {{"transfer_id", "Id"},
                     {"from_account", "from"},
                     {"to_account", "to, or"},
                     {"amount", "%I"},
                     {"booked_at", "Gebucht am"}};
  source_.watermark = "order";
  load_new(1);
  load_new(0);
  EXPECT_EQ(position(), "2024-03-01 00:00:00+00");
}

TEST_F(TableSourceTest, ViewsPartitionedAndForeignTablesAreTables) {
  bank_.query("CREATE TABLE parts (LIKE payments INCLUDING ALL) PARTITION BY LIST (payer)");
  bank_.query("CREATE TABLE part_a PARTITION OF parts FOR VALUES IN ('A')");
  bank_.query("CREATE TABLE part_c PARTITION OF parts DEFAULT");
  bank_.query(
      "INSERT INTO parts VALUES ('P1', 'A', 'B', 1, DEFAULT, '2024-03-01'), ('P2', 'C', 'B', 1, "
      "DEFAULT, '2024-03-01')");
  bank_.query(
      "CREATE VIEW seen AS SELECT 'V' || id AS id, payer, payee, sum, made_at, changed_at "
      "FROM parts");
  bank_.query("CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public");
  std::string host;
  std::string port;
  for (const auto& option : parse_conninfo(bank_.target().conninfo)) {
    if (option.keyword == "host") host = option.value;
    if (option.keyword == "port") port = option.value;
  }
  bank_.query("CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '" + host +
              "', "
              "port '" +
              (port.empty() ? "5432" : port) + "', dbname '" +
              bank_.query("SELECT current_database()") + "')");
  bank_.query("CREATE USER MAPPING FOR CURRENT_USER SERVER itself OPTIONS (user '" +
              bank_.query("SELECT current_user") + "', password_required 'false')");
  bank_.query(
      "CREATE FOREIGN TABLE far (id text, payer text, payee text, sum numeric, made_at "
      "timestamptz, changed_at timestamptz) SERVER itself OPTIONS (table_name 'payments')");
  pay("F1", 0);
  for (const char* table : {"parts", "seen", "far"}) {
    source_.name = source_.table = table;
    load_new(std::string(table) == "far" ? 1 : 2);
    load_new(0);
  }
  EXPECT_EQ(transfers(), "F1 P1 P2 VP1 VP2");
}

TEST_F(TableSourceInItsOwnDatabase, ValuesComeAsTheyAreWhateverTheSettingsOfTheSource) {
  bank_.query("CREATE TYPE mood AS ENUM ('calm', 'so, so')");
  bank_.query(
      "CREATE TABLE odd (id int, payer text, payee text, sum numeric(20, 6), made timestamptz, day "
      "date, flag bool, doc jsonb, mood mood, note text, at timestamptz DEFAULT now())");
  bank_.query(R"(INSERT INTO odd VALUES
    (1, 'Zoë', E'B\tC', 1234567.5, '2024-03-01 12:00+09', '2024-02-29', true, '{"a": [1, "x,y"]}', 'so, so', E'two\nlines "quoted"'),
    (2, 'A', 'B', 1, '2024-03-01 12:00+09', NULL, NULL, NULL, NULL, ''),
    (3, 'A', 'B', 'NaN', '2024-03-01', NULL, NULL, NULL, NULL, NULL),
    (4, 'A', 'B', 1, 'infinity', NULL, NULL, NULL, NULL, NULL))");
  source_.connection +=
      " options='-c TimeZone=Asia/Tokyo -c DateStyle=German -c client_encoding=LATIN1'";
  source_.table = "odd";
  source_.watermark = "at";
  source_.columns = {{"transfer_id", "id"},   {"from_account", "payer"},
                     {"to_account", "payee"}, {"amount", "sum"},
                     {"booked_at", "made"},   {"day", "day"},
                     {"flag", "flag"},        {"doc", "doc"},
                     {"mood", "mood"},        {"note", "note"}};
  options_.schema_evolution = SchemaEvolution::kAdd;
  const auto outcome = load_new(4);
  EXPECT_EQ(outcome.rows_quarantined, 2U);  // NaN is no amount, infinity no time
  EXPECT_EQ(query("SELECT from_account_id, to_account_id, amount, booked_at, day, doc, mood, note "
                  "FROM silver.transfers ORDER BY transfer_id"),
            "Zoë|B\tC|1234567.50|2024-03-01 03:00:00+00|2024-02-29|{\"a\": [1, \"x,y\"]}|so, "
            "so|two\nlines "
            "\"quoted\"\n"
            "A|B|1.00|2024-03-01 03:00:00+00||||");
  EXPECT_EQ(query("SELECT rescued ->> 'flag' FROM bronze.transfers ORDER BY line LIMIT 1"), "t");
  load_new(0);
}

/// A payer writes the text of a payment, and must not write payments with it.
TEST_F(TableSourceTest, ATextOfManyLinesIsOneValueAndNeverARow) {
  bank_.query("ALTER TABLE payments ADD COLUMN note text");
  bank_.query(
      "INSERT INTO payments SELECT 'T1', 'A', 'B', 1, '2024-03-01', '2024-03-01', repeat(E'\\n', "
      "120) || E'\"forged\nFORGED,2024-03-01,C,D,99,\\n' || repeat('x', 1000)");
  bank_.query(
      "INSERT INTO payments SELECT 'T2', 'A', 'B', 1, '2024-03-01', '2024-03-01', repeat('y', "
      "2000000)");
  source_.columns.emplace_back("note", "note");
  const auto outcome = load_new(2);
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"line_too_long", 1}}));
  EXPECT_EQ(transfers(), "T1");
  EXPECT_EQ(
      query("SELECT sha256(convert_to(rescued ->> 'note', 'UTF8')), line FROM "
            "bronze.transfers ORDER BY line"),
      bank_.query("SELECT sha256(convert_to(note, 'UTF8')), 1 FROM payments WHERE id = 'T1'"));
  EXPECT_EQ(query("SELECT line, length(raw) > 2000000 FROM quarantine.rows"), "2|t");
  load_new(0);
}

TEST_F(TableSourceTest, ADatabaseOfAnotherEncodingIsReadAsText) {
  const auto name = bank_.query("SELECT current_database()") + "_latin";
  bank_.query("CREATE DATABASE " + name +
              " ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  source_.connection += " dbname=" + name;
  source_.table = "public.payments";
  {
    Connection latin({source_.connection, ""});
    pqxx::nontransaction session(latin.pqxx());
    session.exec(
        "CREATE TABLE public.payments AS SELECT 'T1' AS id, 'Zoë' AS payer, 'B' AS payee, 1 AS "
        "sum, "
        "now() AS made_at, now() AS changed_at");
  }
  load_new(1);
  EXPECT_EQ(query("SELECT from_account_id FROM silver.transfers"), "Zoë");
  bank_.query("DROP DATABASE " + name);
}

TEST_F(TableSourceInItsOwnDatabase, ColumnsThatAreNotKnownFollowTheRulesOfFiles) {
  bank_.query(
      "ALTER TABLE payments ADD COLUMN channel text DEFAULT 'web', ADD COLUMN branch int "
      "DEFAULT 7");
  pay("T1", 0);
  source_.columns.emplace_back("channel", "channel");
  load_new(1);
  source_.columns.emplace_back("branch", "branch");
  pay("T2", 300);
  options_.schema_evolution = SchemaEvolution::kFail;
  expect_refused("has columns that no file of transfers had before: branch");
  options_.schema_evolution = SchemaEvolution::kAdd;
  EXPECT_EQ(load_new(1).new_columns, std::vector<std::string>{"branch"});
  EXPECT_EQ(query("SELECT transfer_id, channel, branch FROM silver.transfers ORDER BY 1"),
            "T1||\nT2|web|7");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "0");
  load_new(0);

  // The name of a column of the history.
  source_.columns.emplace_back("valid_until", "channel");
  pay("T3", 600);
  load_new(1);
  database_.write("UPDATE silver.transfers SET type = 'X', valid_from = DEFAULT");
  EXPECT_EQ(query("SELECT valid_until_2 FROM silver.transfers WHERE transfer_id = 'T3'"), "web");
}

/// Account numbers are few enough to try the hash of each.
TEST_F(TableSourceInItsOwnDatabase, WhatWasErasedIsKnownByNoHashThatCanBeGuessed) {
  pay("T1", 0);
  bank_.query("INSERT INTO payments VALUES ('T2', 'C', 'D', 1, DEFAULT, '2024-03-01')");
  load_new(2);
  TableSource clients = source_;
  clients.name = "clients";
  clients.dataset = "accounts";
  clients.table = "clients";
  clients.columns = {{"account_id", "nr"}, {"country", "land"}};
  bank_.query(
      "CREATE TABLE clients AS SELECT nr, 'DE' AS land, now() AS changed_at FROM "
      "unnest('{A,C,\"E, \\\"F\\\"\"}'::text[]) AS nr");
  ASSERT_EQ(SourceTable(clients).load(connection_, options_).rows_loaded, 3U);
  const auto guessed = [&](const std::string& source, const std::string& key) {
    return query(
        "SELECT count(*) FROM aml.source_rows WHERE row_key = left(encode(sha256(convert_to"
        "($$" +
        source + "$$ || chr(10) || $$" + key + "$$, 'UTF8')), 'hex'), 32)::uuid");
  };
  for (const std::string account : {"A", "E, \"F\""}) {
    erase(connection_, {.kind = "account",
                        .key = account,
                        .reference = "R",
                        .reason = "r",
                        .override_duty = "test"});
  }
  EXPECT_EQ(
      guessed("bank", "T1") + guessed("clients", "A") + guessed("clients", "\"E, \"\"F\"\"\""),
      "000");
  EXPECT_EQ(guessed("bank", "T2") + guessed("clients", "C"), "11");
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 2U);
  EXPECT_EQ(SourceTable(clients).load(connection_, options_, TableReading::kAll).rows_known, 3U);

  // What comes afterwards, also in other words, stops nothing, and is known in the same way.
  pay("T3", 10);
  bank_.query("INSERT INTO payments VALUES ('T4', 'C', ' E, \"F\"', 1, DEFAULT, '2024-03-01')");
  bank_.query("UPDATE clients SET land = 'FR'");
  const auto pseudonym = [&](const std::string& key) {
    return query(
        "SELECT pseudonym FROM aml.erased_keys WHERE key_hash = aml.key_hash('account', '" + key +
        "')");
  };
  EXPECT_EQ(load_new(2).of_erased, (Counts{{pseudonym("A"), 1}, {pseudonym("E, \"F\""), 1}}));
  const auto again = SourceTable(clients).load(connection_, options_, TableReading::kAll);
  EXPECT_EQ(again.rows_loaded, 3U);
  EXPECT_EQ(again.of_erased, (Counts{{pseudonym("A"), 1}, {pseudonym("E, \"F\""), 1}}));
  EXPECT_EQ(guessed("bank", "T3") + guessed("bank", "T4") + guessed("clients", "A") +
                guessed("clients", "\"E, \"\"F\"\"\""),
            "0000");
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers WHERE from_account_id = 'A' OR "
                  "to_account_id LIKE '%F%'"),
            "0");
  EXPECT_EQ(query("SELECT count(*), count(country) FROM silver.accounts"), "5|1");
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 4U);
  EXPECT_EQ(SourceTable(clients).load(connection_, options_, TableReading::kAll).rows_known, 3U);
  source_.columns.emplace_back("note", "id");
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 4U) << "they read otherwise, and are known";
}

TEST_F(TableSourceInItsOwnDatabase, ARowThatIsTooLongToBeOneIsHiddenIfItNamesWhoWasErased) {
  bank_.query("ALTER TABLE payments ADD COLUMN note text");
  source_.columns.emplace_back("note", "note");
  const auto pay_at_length = [&](const std::string& id, const std::string& payer) {
    bank_.query("INSERT INTO payments VALUES ('" + id + "', '" + payer +
                "', 'B', 1, DEFAULT, '2024-03-01', 'A, \"so\" it is ' || repeat('x', 1100000))");
  };
  const auto guessed = [&](const std::string& id) {
    return query(
        "SELECT count(*) FROM aml.source_rows WHERE row_key = left(encode(sha256(convert_to('bank' "
        "|| chr(10) || '" +
        id + "', 'UTF8')), 'hex'), 32)::uuid");
  };
  bank_.query("INSERT INTO payments VALUES ('T1', 'AC-1 \"x\"', 'B', 1, DEFAULT, '2024-03-01')");
  pay_at_length("T2", "AC-1 \"x\" ");
  pay_at_length("T3", "C");
  EXPECT_EQ(load_new(3).quarantined_by_reason, (Counts{{"line_too_long", 2}}));
  EXPECT_EQ(guessed("T1") + guessed("T2") + guessed("T3"), "111");
  erase(connection_, {.kind = "account",
                      .key = "AC-1 \"x\"",
                      .reference = "R",
                      .reason = "r",
                      .override_duty = "test"});
  EXPECT_EQ(guessed("T1") + guessed("T2") + guessed("T3"), "001");
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 3U);

  pay_at_length("T4", "AC-1 \"x\"");
  pay_at_length("T5", "C");
  EXPECT_EQ(load_new(2).quarantined_by_reason, (Counts{{"line_too_long", 2}}));
  EXPECT_EQ(guessed("T4") + guessed("T5"), "01");
  EXPECT_EQ(load_new(0, TableReading::kAll).rows_known, 5U);
}

TEST_F(TableSourceInItsOwnDatabase, AnAccountWhoseOwnerWasErasedIsKnownInEachOfItsContents) {
  source_.name = "clients";
  source_.dataset = "accounts";
  source_.table = "clients";
  source_.columns = {{"account_id", "nr"}, {"party_id", "owner"}};
  bank_.query("CREATE TABLE clients AS SELECT 'X' AS nr, 'ADA' AS owner, now() AS changed_at");
  load_new(1);
  bank_.query("UPDATE clients SET owner = 'BOB'");
  load_new(1);
  database_.write(
      "INSERT INTO silver.parties VALUES ('ADA', 'Ada', 'person', NULL, 0, false, 1, 1)"
      " ON CONFLICT (party_id) DO NOTHING");
  erase(connection_, {.kind = "party", .key = "ADA", .reference = "R", .reason = "r"});
  for (const std::string owner : {"ADA", "BOB", "ADA"}) {
    bank_.query("UPDATE clients SET owner = '" + owner + "'");
    if (owner == "ADA" || query("SELECT party_id FROM silver.accounts") != owner) load_new(1);
    EXPECT_EQ(query("SELECT party_id LIKE 'erased-%' FROM silver.accounts"),
              owner == "ADA" ? "t" : "f");
    load_new(0);
  }
}

TEST_F(TableSourceTest, TheSameDatabaseIsASourceToo) {
  query(
      "CREATE SCHEMA core; CREATE TABLE core.payments AS SELECT 'T1' AS id, 'A' AS payer, 'B' AS "
      "payee, 1 AS sum, now() AS made_at, now() AS changed_at");
  source_.connection = database_.target().conninfo;
  source_.table = "core.payments";
  load_new(1);
  load_new(0);
  EXPECT_EQ(transfers(), "T1");
}

TEST_F(TableSourceTest, ExpectationsHoldForABatch) {
  pay("T1", 0);
  pay("T2", 0, "-3");
  for (auto& expectation : options_.expectations) expectation.policy = ExpectationPolicy::kFail;
  expect_refused("whose policy is fail");
}

// ---- any order of things

/// Rows that get their watermark at one time and are committed at another, and loads at random times:
/// what a load finds is what a model says, and nothing that came within the lateness is lost.
TEST_F(TableSourceTest, EveryRowThatComesWithinTheLatenessIsLoadedOnceInAnyHistory) {
  struct Row {
    int watermark;
    int visible;
  };
  constexpr int kLateness = 20;
  source_.lateness = TimeLateness{kLateness * kMinute};
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto up_to = [&](int most) { return static_cast<int>(random() % (most + 1)); };
    database_.empty();
    bank_.query("TRUNCATE payments");
    std::map<std::string, Row> coming;
    for (int i = 0; i < 60; ++i) {
      const int watermark = up_to(200);
      coming["T" + std::to_string(i)] = {watermark, watermark + up_to(3 * kLateness / 2)};
    }
    std::set<std::string> loaded;
    std::set<std::string> in_time;
    std::optional<int> position;
    for (int now = up_to(40); !coming.empty() || now < 250; now += 1 + up_to(60)) {
      const auto least = position.value_or(-1000) - kLateness;
      std::string arriving;
      for (auto row = coming.begin(); row != coming.end();) {
        if (row->second.visible > now) {
          ++row;
          continue;
        }
        arriving += (arriving.empty() ? "" : ", ") + payment(row->first, row->second.watermark);
        if (row->second.watermark >= least) loaded.insert(row->first);
        if (row->second.visible - row->second.watermark <= kLateness) in_time.insert(row->first);
        if (row->second.watermark >= least)
          position = std::max(position.value_or(0), row->second.watermark);
        row = coming.erase(row);
      }
      if (!arriving.empty()) bank_.query("INSERT INTO payments VALUES " + arriving);
      load();
    }
    std::string expected;
    for (const auto& id : loaded) expected += (expected.empty() ? "" : " ") + id;
    EXPECT_EQ(query("SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id COLLATE \"C\") FROM "
                    "silver.transfers"),
              expected);
    EXPECT_TRUE(std::ranges::includes(loaded, in_time));
    EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "0");

    load_new(60 - loaded.size(), TableReading::kAll);
    const auto rows =
        "SELECT transfer_id, booked_at, from_account_id, to_account_id, amount, amount_base, type "
        "FROM "
        "silver.transfers ORDER BY transfer_id COLLATE \"C\"";
    const auto in_parts = query(rows);
    database_.empty();
    load_new(60);
    EXPECT_EQ(query(rows), in_parts);
  }
}

}  // namespace
}  // namespace aml::store
