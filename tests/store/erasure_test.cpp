// SPDX-License-Identifier: Apache-2.0
// store/sql/schema/027_retention_and_erasure.sql and 032_erased_names.sql: a person's data go from everywhere, and do not come back.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"
#include "store/erased_keys.hpp"
#include "store/ingest.hpp"
#include "store/quarantine.hpp"
#include "store/retention.hpp"
#include "store/version_history.hpp"
#include "tests/support/refusal.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using test::expect_words;
using test::refusal;
using test::TestDatabase;

/// Ada owns A and B and is known by unusual words, of which each is somewhere that an erasure must look; Bob is beside her everywhere.
constexpr const char* kBank = R"(
  INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, rows_loaded, rows_quarantined, seconds)
  VALUES ('1', 'parties', 'aml', 'parties of Adamantia Q. Zwölfer.csv', 1, 9, 9, 0, 0);
  INSERT INTO silver.parties VALUES ('PADA1', 'Adamantia Q. Zwölfer', 'person', 'ZQ', 0.5, false, 1, 1), ('PBOB1', 'Bob "B" Ray', 'person', 'US', 0, false, 1, 2);
  INSERT INTO silver.party_attributes VALUES ('PADA1', 'address', '7 Quince Rd', '7 quince rd'), ('PBOB1', 'address', '7 Quince Rd', '7 quince rd'),
    ('PADA1', 'email', 'Adamantia@zw.example', 'adamantia@zw.example');
  INSERT INTO silver.accounts VALUES ('ACADA1', 'PADA1', 'current', 'USD', 'ZQ', '2020-01-01', false, 1, 3), ('ACBOB1', 'PBOB1', 'current', 'USD', 'US', NULL, false, 1, 4),
    ('12', 'PADA1', 'savings', 'USD', 'ZQ', NULL, false, 1, 5);
  INSERT INTO silver.transfers VALUES ('T1', '2011-01-01', 'ACADA1', 'ACBOB1', 10.50, 'USD', 10.50, 'TRANSFER', 1, 6), ('T2', '2011-01-02', '12', 'ACADA1', 3, 'USD', 3, 'TRANSFER', 1, 7),
    ('T3', '2011-01-02', 'ACBOB1', 'ACBOB1', 12, 'USD', 12, 'TRANSFER', 1, 8);
  INSERT INTO bronze.parties VALUES (1, 1, ' PADA1', 'Adamantia Q. Zwölfer', 'person', 'ZQ', '0.5', '7 Quince Rd', 'Adamantia@zw.example', NULL, '{"spouse": "Bob \"B\" Ray"}'),
    (1, 2, 'PBOB1', 'Bob "B" Ray', 'person', 'US', '0', '7 Quince Rd', NULL, NULL, '{"note": "lives at 7 Quince Rd"}'),
    (1, 9, 'PCEM1', 'Cem', 'person', 'US', '0', NULL, NULL, NULL, '{"guarantor": "ADAMANTIA Q. ZWÖLFER"}');
  INSERT INTO bronze.accounts VALUES (1, 3, 'ACADA1', 'PADA1', 'current', 'USD', 'ZQ', '2020-01-01', NULL);
  INSERT INTO bronze.transfers VALUES (1, 6, 'T1', '2011-01-01', 'ACADA1 ', 'ACBOB1', '10.50', 'USD', NULL, '{"payee": "unknown words"}'), (1, 8, 'T3', '2011-01-02', 'ACBOB1', 'ACBOB1', '12', 'USD', NULL, '{"a": "b"}');
  INSERT INTO bronze.unreadable_lines VALUES (1, 10, 'parties', 'not 9 columns', convert_to('PX,"Adamantia Q. Zwölfer', 'UTF8')), (1, 11, 'parties', 'x', 'Bob');
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values, raw) VALUES
    (1, 12, 'transfers', '{x}', '{"from_account": "12", "amount": "-5"}', NULL), (1, 13, 'transfers', '{x}', '{"from_account": "ACBOB1", "amount": "12"}', NULL),
    (1, 10, 'parties', '{x}', NULL, convert_to('PX,"Adamantia Q. Zwölfer', 'UTF8'));
  INSERT INTO quarantine.fixes (file_id, line, dataset, fixed_values) VALUES (1, 12, 'transfers', '{"amount": "5"}'), (1, 13, 'transfers', '{"amount": "6"}');
  INSERT INTO aml.expectation_results (file_id, dataset, expectation, policy, passed, failed, sample_keys) VALUES (1, 'accounts', 'x', 'warn', 1, 1, '{12,ACBOB1}');
  INSERT INTO aml.runs (status, threads, seed, scenarios, program_version, started_at, version) VALUES ('succeeded', 1, 1, '{cycles}', 't', '2012-01-01', aml.this_version());
  INSERT INTO aml.run_steps (run_id, step, name, rows, seconds, peak_memory_bytes, outcome, notes) VALUES (1, 1, 'x', 12, 1, 1, 'ok', '{"ACADA1 is a hub with 12 payers","ACBOB1 is a hub"}');
  INSERT INTO gold.alerts (alert_id, scenario, version, typology, subject_kind, subject, score, severity, explanation, evidence, first_run_id) VALUES
    ('x1', 'cycles', 1, 'round_tripping', 'account', '12', 1, 'high', '12 (Adamantia Q. Zwölfer) paid ACBOB1, 12.50 USD.', '{"features": {"payer": ["12"], "n": [12]}}', 1),
    ('x2', 'cycles', 1, 'round_tripping', 'account', 'ACBOB1', 1, 'high', 'ACBOB1 received 12 payments.', '{"features": {"n": [12]}}', 1);
  INSERT INTO gold.alert_periods (alert_id, from_run_id, version, score, severity) VALUES ('x1', 1, 1, 1, 'high'), ('x2', 1, 1, 1, 'high');
  INSERT INTO gold.alert_entities VALUES ('x1', 'account', '12', 'payer'), ('x1', 'account', 'ACBOB1', 'payee'), ('x2', 'account', 'ACBOB1', 'payee');
  INSERT INTO gold.alert_evidence (alert_id, item, feature, observed, sentence) VALUES ('x1', 1, 'address', '7 quince rd', 'They share 7 Quince Rd.'), ('x2', 1, 'n', '12', '12 payments.');
  INSERT INTO gold.scores VALUES ('risk', 'party', 'PADA1', 'risk_score', 0.5, 1), ('risk', 'party', 'PBOB1', 'risk_score', 0.1, 1);
  SELECT 1)";

/// Every word of hers, and those that only stand in rows about her.
const std::vector<std::string> kHerWords{"PADA1", "Adamantia",     "Zwölfer",    "ACADA1",
                                         "ZQ",    "unknown words", "zw.example", "spouse"};

/// Tables that still hold the word, as rows cast to text. The bytes of a shorter one stand in a hash by chance.
std::string tables_with(const TestDatabase& database, const std::string& word) {
  return database.query(fmt::format(
      "SELECT string_agg(place, ' ' ORDER BY place) FROM (SELECT format('%I.%I', "
      "schemaname, tablename) AS place FROM pg_tables "
      "WHERE schemaname IN ('aml', 'bronze', 'silver', 'quarantine', 'gold', "
      "'backtest', 'history')) t "
      "WHERE (xpath('//n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s AS "
      "r WHERE position(lower(%L) IN "
      "lower(r::text)) > 0 OR length(%2$L) > 3 AND position(lower(encode(convert_to(%2$L, "
      "''UTF8''), "
      "''hex'')) IN r::text) > 0', place, $word${}$word$), false, true, "
      "'')))[1]::text <> '0'",
      word));
}

const ErasureRequest kAda{
    .kind = "party", .key = "PADA1", .reference = "DSR-4711", .reason = "asked for it"};

TEST(Erase, LeavesNoWordOfThePersonInAnyTableOrVersion) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(
      "UPDATE silver.parties SET name = 'Ada Zwölfer', valid_from = DEFAULT WHERE party_id = "
      "'PADA1'; UPDATE gold.alerts SET score = 0.5, valid_from = DEFAULT;"
      "UPDATE silver.transfers SET amount = 11, valid_from = DEFAULT WHERE transfer_id = 'T1'; "
      "DELETE FROM silver.party_attributes WHERE kind = 'email';"
      "DELETE FROM silver.accounts WHERE account_id = '12'; SELECT 1");
  database.query(
      "BEGIN; SELECT aml.begin_version('FIX', '{\"why\": \"Ada Zwölfer moved\"}'); COMMIT");
  for (const auto& word : kHerWords)
    EXPECT_NE(tables_with(database, word), "")
        << word << " was never there: the test tests nothing";
  const std::string money =
      "SELECT count(*), sum(amount), count(DISTINCT from_account_id) FROM "
      "silver.transfers_as_of(1)";
  const std::string before = database.query(money);
  const std::string bob =
      "SELECT jsonb_agg(to_jsonb(t) ORDER BY 1) FROM silver.transfers t WHERE transfer_id = 'T3'";
  const std::string bobs_transfer = database.query(bob);

  auto request = kAda;
  request.reason = "Ada Zwölfer asked for it";
  erase(connection, request);

  for (const auto& word : kHerWords) EXPECT_EQ(tables_with(database, word), "") << word;
  EXPECT_EQ(database.query("SELECT reference, reason, override IS NULL FROM aml.erasures"),
            "DSR-4711|erased asked for it|t");
  // What is not hers alone.
  EXPECT_EQ(database.query(money), before);
  EXPECT_EQ(database.query(bob), bobs_transfer);
  EXPECT_EQ(database.query("SELECT string_agg(value, ' ') FROM silver.party_attributes"),
            "7 Quince Rd");
  EXPECT_EQ(database.query(
                "SELECT name, rescued ->> 'note' FROM bronze.parties WHERE party_id = 'PBOB1'"),
            "Bob \"B\" Ray|lives at 7 Quince Rd");
  EXPECT_EQ(database.query("SELECT rescued FROM bronze.transfers WHERE transfer_id = 'T3'"),
            "{\"a\": \"b\"}");
  EXPECT_EQ(database.query("SELECT explanation, evidence FROM gold.alerts WHERE alert_id = 'x2'"),
            "ACBOB1 received 12 payments.|{\"features\": {\"n\": [12]}}");
  EXPECT_EQ(database.query("SELECT sentence FROM gold.alert_evidence ORDER BY alert_id"),
            "They share erased.\n12 payments.");
  EXPECT_EQ(
      database.query("SELECT line, state, drop_reason FROM quarantine.rows ORDER BY line, dataset"),
      "10|dropped|erased, version 4\n12|dropped|erased, version 4\n13|open|");
  EXPECT_EQ(database.query("SELECT fixed_values FROM quarantine.fixes ORDER BY line"),
            "{}\n{\"amount\": \"6\"}");
  expect_words(database.query("SELECT notes FROM aml.run_steps"),
               "is a hub with 12 payers\",\"ACBOB1 is a hub\"");
  // The graph hangs together under the pseudonyms, which say what they are.
  EXPECT_EQ(database.query("SELECT count(*) FROM silver.transfers_as_of(1) t JOIN "
                           "silver.accounts_as_of(1) a ON a.account_id = t.from_account_id "
                           "JOIN silver.parties_as_of(1) p USING (party_id) JOIN aml.erased_keys e "
                           "ON e.pseudonym = p.party_id"),
            "2");
  EXPECT_EQ(database.query("SELECT subject = (SELECT from_account_id FROM silver.transfers WHERE "
                           "transfer_id = 'T2') FROM gold.alerts WHERE alert_id = 'x1'"),
            "t");
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'"), "0");
  EXPECT_EQ(version_history(connection, "silver.transfers", 1)[0].operation, "ERASE");
  expect_words(refusal([&] { erase(connection, kAda); }), "nothing names party PADA1");
}

TEST(Erase, TheProofFitsTheRowsAndNothingElse) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  const auto row = database.query(
      "SELECT sha256(convert_to(p::text, 'UTF8')) FROM silver.parties p WHERE party_id = 'PADA1'");
  erase(connection, kAda);
  EXPECT_EQ(database.query("SELECT rows, digest = aml.keyed_hash('" + row +
                           "') FROM aml.erased_rows WHERE table_name = 'silver.parties'"),
            "1|t");
  EXPECT_EQ(
      database.query(
          "SELECT version, kind FROM aml.erased_keys WHERE key_hash = aml.key_hash(kind, 'PADA1')"),
      "2|party");
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.erased_keys WHERE key_hash IN "
                           "(sha256('party:PADA1'), sha256('PADA1'))"),
            "0")
      << "a hash that anybody can compute";
  expect_words(refusal([&] { database.query("DELETE FROM aml.erasures"); }), "append-only");
  expect_words(refusal([&] { database.query("UPDATE aml.erased_rows SET rows = 0"); }),
               "append-only");
  database.query("DELETE FROM aml.erasure_secret");
  auto request = kAda;
  request.key = "PBOB1";
  expect_words(refusal([&] { erase(connection, request); }), "Put the secret back");
}

TEST(Erase, IsRefusedWhileTheLawAsksToKeepTheDataUnlessSomebodyAnswersForIt) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(
      "UPDATE silver.transfers SET booked_at = now() - interval '4 years', valid_from = DEFAULT "
      "WHERE transfer_id = 'T2'");
  expect_words(refusal([&] { erase(connection, kAda); }),
               "the law asks to keep the data of this party until");
  EXPECT_EQ(newest_version(connection), 2);
  auto request = kAda;
  request.override_duty = "order of the court, 12 C 3/26";
  request.dry_run = true;
  erase(connection, request);
  EXPECT_EQ(newest_version(connection), 2) << "a dry run";
  EXPECT_NE(tables_with(database, "PADA1"), "");
  request.dry_run = false;
  erase(connection, request);
  EXPECT_EQ(database.query("SELECT override FROM aml.erasures"), "order of the court, 12 C 3/26");
}

TEST(Erase, AnAlertIsKeptAsLongAsTheLawAsksToo) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.query("UPDATE aml.runs SET started_at = now() - interval '1 day'");
  expect_words(refusal([&] { erase(connection, kAda); }), "after its newest transfer or alert");
}

TEST(Erase, WhatIsWrittenByHandIsRefused) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  erase(connection, kAda);
  const std::string bob =
      "INSERT INTO silver.parties VALUES ('PX', 'X', 'person', 'US', 0, false, 2, 1), ";
  expect_words(
      refusal([&] { database.write(bob + "('PADA1', 'Ada', 'person', 'US', 0, false, 2, 77)"); }),
      "line 77 names the party whose data were erased as erased-");
  expect_words(refusal([&] {
                 database.write(
                     "INSERT INTO silver.accounts VALUES ('12', 'PBOB1', NULL, 'USD', NULL, NULL, "
                     "true, 2, 9)");
               }),
               "line 9 names the account");
  // Also with a row that goes to quarantine.
  const std::string quarantined =
      "INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values, raw) VALUES (1, "
      "20, 'transfers', '{x}', '{\"to_account\": \"ACBOB1\"}', NULL), (1, 21, 'transfers', '{x}', "
      "NULL, 'x')";
  expect_words(refusal([&] {
                 database.query(quarantined +
                                ", (1, 22, 'transfers', '{x}', '{\"to_account\": \"12 \"}', NULL)");
               }),
               "line 22 names the account");
  expect_words(refusal([&] {
                 database.query(quarantined +
                                ", (1, 23, 'parties', '{x}', '{\"party_id\": \"PADA1\"}', NULL)");
               }),
               "line 23 names the party");
  database.query(quarantined);
  expect_words(refusal([&] {
                 fix_quarantined(connection, {{{"1", 20, ""}, {{"from_account", " ACADA1"}}}});
               }),
               "1:20: ");
  EXPECT_EQ(database.query("SELECT count(*) FROM quarantine.fixes WHERE line = 20"), "0");
  database.write(
      "INSERT INTO silver.parties VALUES ('12', 'a party that is called as the account was', "
      "'person', 'US', 0, false, 2, 1)");
  restore_tables(
      connection,
      {"silver.parties", "silver.accounts", "silver.party_attributes", "silver.transfers"}, 1);
  EXPECT_EQ(tables_with(database, "PADA1"), "") << "a restore brings nothing back";
  database.query("DELETE FROM aml.erased_keys WHERE key_hash = aml.key_hash(kind, 'PADA1')");
  database.write(
      "INSERT INTO silver.parties VALUES ('PADA1', 'Ada', 'person', 'US', 0, false, 2, 77)");
}

/// What comes after an erasure. Ada (party P-900001) had the accounts DE-100001 and 010:8000EBD30; DE-100002 is Bob's.
class AfterErasure : public testing::Test {
 public:
  static void SetUpTestSuite() { database_ = std::make_unique<TestDatabase>(); }
  static void TearDownTestSuite() { database_.reset(); }

 protected:
  AfterErasure() : connection_(database_->connect()) {
    database_->empty();
    std::string folder = std::filesystem::temp_directory_path() / "aml-erased-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    options_.expectations = scenarios::load_expectations("");
    load("parties.csv",
         "party_id,name,country\nP-900001,Ada Zwoelfer,FR\nP-900002,Bob,FR\n900003,Cem,FR\n");
    load("accounts.csv",
         "account_id,party_id,country\nDE-100001,P-900001,FR\n10:8000EBD30,P-900001,FR\n"
         "DE-100002,P-900002,FR\n");
    load("first.csv", kHeader + "\nT1,2011-01-01,DE-100001,DE-100002,1,USD,W\n");
    for (const std::string party : {"P-900001", "900003"})
      erase(connection_, {.kind = "party", .key = party, .reference = "R", .reason = "r"});
    account_ = pseudonym("account", "DE-100001");
    party_ = pseudonym("party", "P-900001");
  }
  ~AfterErasure() override { std::filesystem::remove_all(folder_); }

  FileOutcome load(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    auto outcome = ingest(connection_, {folder_ / name}, options_).at(0);
    EXPECT_EQ(outcome.kind, FileOutcome::Kind::kLoaded) << outcome.message;
    EXPECT_EQ(outcome.rows_read, outcome.rows_loaded + outcome.rows_quarantined);
    return outcome;
  }
  std::string pseudonym(const std::string& kind, const std::string& key) const {
    return query(fmt::format(
        "SELECT pseudonym FROM aml.erased_keys WHERE key_hash = aml.key_hash('{}', '{}')", kind,
        key));
  }
  std::string query(const std::string& sql) const { return database_->query(sql); }
  void expect_nothing_came_back() const {
    for (const std::string word : {"DE-100001", "P-900001", "8000EBD30", "Zwoelfer", "hush"})
      EXPECT_EQ(tables_with(*database_, word), "") << word;
  }

  const std::string kHeader = "transfer_id,booked_at,from_account,to_account,amount,currency,type";
  static inline std::unique_ptr<TestDatabase> database_;
  Connection connection_;
  IngestOptions options_;
  std::filesystem::path folder_;
  std::string account_, party_;
};

using Counts = std::map<std::string, std::uint64_t>;

TEST_F(AfterErasure, ATransferComesInUnderThePseudonymAndTheOthersAsTheyAre) {
  const std::string text = kHeader + ",payee,channel\n" +
                           "T2,2024-01-01,DE-100002, DE-100001 ,2,USD,W,hush,web\n"
                           "T3,2024-01-01,DE-100002,DE-100003,3,USD,W,Cem,web\n"
                           "T4,2024-01-01,DE-100002,DE-100001,-4,USD,W,hush,web\n";
  const auto outcome = load("again.csv", text);
  EXPECT_EQ(outcome.of_erased, (Counts{{account_, 2}}));
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"amount_is_not_negative", 1}}));
  EXPECT_EQ(query("SELECT transfer_id, to_account_id FROM silver.transfers WHERE file_id = 4 ORDER "
                  "BY 1"),
            "T2|" + account_ + "\nT3|DE-100003");
  EXPECT_EQ(query("SELECT party_id FROM silver.accounts WHERE account_id = '" + account_ + "'"),
            party_);
  EXPECT_EQ(query("SELECT line, to_account, rescued FROM bronze.transfers WHERE file_id = 4 ORDER "
                  "BY 1"),
            "2|" + account_ + "|\n3|DE-100003|{\"payee\": \"Cem\", \"channel\": \"web\"}\n4|" +
                account_ + "|");
  EXPECT_EQ(query("SELECT row_values ->> 'to_account' FROM quarantine.rows"), account_);
  EXPECT_EQ(query("SELECT rows_of_erased FROM aml.ingested_files ORDER BY file_id"), "0\n0\n0\n2");
  expect_nothing_came_back();

  // Each content once, as ever.
  std::ofstream(folder_ / "other name.csv", std::ios::binary) << text;
  EXPECT_EQ(ingest(connection_, {folder_ / "other name.csv"}, options_).at(0).kind,
            FileOutcome::Kind::kAlreadyKnown);
  fix_quarantined(connection_, {{{"4", 4, ""}, {{"amount", "4"}}}});
  EXPECT_EQ(replay_quarantined(connection_, {}, options_.expectations).at(0).rows_replayed, 1U);
  EXPECT_EQ(query("SELECT to_account_id FROM silver.transfers WHERE transfer_id = 'T4'"), account_);
  expect_nothing_came_back();
}

TEST_F(AfterErasure, JsonIsCoveredInItsValuesAndNotInItsKeys) {
  const auto outcome = load(
      "again.jsonl",
      R"({"transfer_id": "T2", "booked_at": "2024-01-01", "from_account": "DE-100002", "to_account": "DE-100001", "amount": 2, "currency": "USD", "note": {"of": "hush"}}
{"transfer_id": "T3", "booked_at": "2024-01-01", "from_account": "DE-100002", "to_account": "B", "amount": 3, "currency": "USD", "note": "for DE-100001, hush", "n": 100001}
{"transfer_id": "T4", "booked_at": "2024-01-01", "from_account": "DE-100002", "to_account": "B", "amount": 4, "currency": "USD", "note": {"DE-100002": [{"iban": "DE-100001"}, "hush"]}}
{"transfer_id": "T5", "booked_at": "2024-01-01", "to_account": "DE-100001", "to_account": "B", "note": "hush"}
)");
  EXPECT_EQ(outcome.of_erased, (Counts{{account_, 4}}));
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"repeated_key", 1}}));
  EXPECT_EQ(query("SELECT rescued FROM bronze.transfers WHERE file_id = 4 ORDER BY line"),
            fmt::format("\n{{\"n\": 100001, \"note\": \"{0}\"}}\n{{\"note\": \"{0}\"}}", account_));
  EXPECT_EQ(query("SELECT convert_from(raw, 'UTF8') FROM quarantine.rows"), account_);
  expect_nothing_came_back();
}

TEST_F(AfterErasure, AKeyBehindTheEscapesOfJsonIsFound) {
  const auto outcome = load(
      "escaped.jsonl",
      R"({"transfer_id": "T2", "booked_at": "2024-01-01", "from_account": "DE-100002", "to_account": "B", "amount": 2, "currency": "USD", "note": {"lines": "for\nDE-100001"}}
{"transfer_id": "T3", "booked_at": "2024-01-01", "from_account": "DE-100002", "to_account": "B", "amount": 3, "currency": "USD", "note": ["DE\u002d100001"]}
{"transfer_id": "T4", "note": "for\tDE-100001
)");
  EXPECT_EQ(outcome.of_erased, (Counts{{account_, 3}}));
  EXPECT_EQ(
      query("SELECT rescued ->> 'note' FROM bronze.transfers WHERE file_id = 4 ORDER BY line"),
      account_ + "\n" + account_);
  EXPECT_EQ(query("SELECT convert_from(raw, 'UTF8') FROM quarantine.rows"), account_);
  expect_nothing_came_back();
}

TEST_F(AfterErasure, LookingForThemInLongTextsTakesNoMemory) {
  const auto resident_bytes = [] {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  };
  ErasedKeys erased(connection_);
  std::string text(20'000, 'x');
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 30'000; ++i) {
    text.replace(0, 8, fmt::format("{:08}", i));
    EXPECT_EQ(erased.pseudonym(Personal::kAccount, text), nullptr);
  }
  // A sanitizer keeps 256 MiB of what was freed.
  EXPECT_LT(resident_bytes() - before, std::size_t{400} << 20);
  EXPECT_EQ(erased.mentions("for DE-100001").size(), 1U);
}

TEST_F(AfterErasure, RowsAreNotHeldAgainstEachOfTheErased) {
  query(
      "INSERT INTO aml.erased_keys SELECT kind, sha256(convert_to(n::text, 'UTF8')), "
      "kind || n, (SELECT max(version) FROM aml.erasures) "
      "FROM generate_series(1, 500) n, unnest('{account,party}'::text[]) kind");
  // A hundred times what it takes, a tenth of what comparing each with each would.
  query(
      "SET LOCAL statement_timeout = '10s'; "
      "INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values) "
      "SELECT 3, n, 'transfers', '{r}', jsonb_build_object('from_account', 'F' || n, 'to_account', "
      "'T' || n) "
      "FROM generate_series(1000, 5000) n");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "4001");
}

TEST_F(AfterErasure, FactsAboutTheErasedDoNotComeIn) {
  const auto outcome = load("people.csv",
                            "party_id,name,kind,country,email,spouse\n"
                            "P-900001,Ada Zwoelfer,person,hush,hush@a.example,Bob\n"
                            "P-900002,Bob,person,US,b@b.example,see P-900001\n"
                            "900003,hush,person,US,hush@b.example,\n"
                            "P-900001,Ada Zwoelfer has a line that is cut off\n");
  EXPECT_EQ(outcome.of_erased, (Counts{{party_, 3}, {pseudonym("party", "900003"), 1}}));
  EXPECT_EQ(
      query("SELECT name, country, kind FROM silver.parties WHERE party_id = '" + party_ + "'"),
      "||person");
  EXPECT_EQ(query("SELECT party_id, value FROM silver.party_attributes"), "P-900002|b@b.example");
  EXPECT_EQ(query("SELECT name, rescued FROM bronze.parties WHERE party_id = 'P-900002' AND "
                  "file_id = 4"),
            "Bob|{\"spouse\": \"" + party_ + "\"}");
  // An account that is new to the bank is no part of what was erased.
  EXPECT_EQ(load("new account.csv",
                 "account_id,party_id,country,opened_on\nDE-100009,P-900001,US,2024-01-01\n")
                .of_erased,
            (Counts{{party_, 1}}));
  EXPECT_EQ(query("SELECT party_id = '" + party_ +
                  "', country, opened_on FROM silver.accounts WHERE account_id = 'DE-100009'"),
            "t||");
  expect_nothing_came_back();
}

TEST_F(AfterErasure, AFileOfAmlworldIsCoveredBankAndNumber) {
  load("rates.csv", "currency,rate_date,rate\nUSD,2020-01-01,1\n");
  const auto outcome =
      load("HI-Small_Trans.csv",
           "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount "
           "Paid,Payment Currency,Payment Format,Is Laundering\n"
           "2022/09/01 00:20,011,8000EBD31,010,8000EBD30,3,US Dollar,3,US Dollar,Cheque,0\n"
           "2022/09/01 00:20,011,8000EBD31,010,8000EBD31,-3,US Dollar,-3,US Dollar,Cheque,0\n"
           "2022/09/01 00:20,010,8000EBD30,011,8000EBD31,-3,US Dollar,-3,US Dollar,Cheque,0\n"
           "2022/09/01 00:20,010,8000EBD30,cut off\n");
  const auto number = pseudonym("account", "10:8000EBD30");
  EXPECT_EQ(outcome.of_erased, (Counts{{number, 3}}));
  EXPECT_EQ(query("SELECT from_account_id, to_account_id FROM silver.transfers WHERE file_id = 5"),
            "11:8000EBD31|" + number);
  fix_quarantined(connection_, {{{"5", 4, ""}, {{"amount", "3"}}}});
  replay_quarantined(connection_, {}, options_.expectations);
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers WHERE from_account_id = '" + number + "'"),
            "1");
  expect_nothing_came_back();
}

TEST_F(AfterErasure, ARowThatAFixAscribesToTheErasedIsReplayedWithoutFacts) {
  load("people.csv", "party_id,name,spouse\n,Someone,Bob\n,Another,Bob\n");
  const std::string objected = refusal([&] {
    fix_quarantined(connection_, {{{"4", 2, ""}, {{"party_id", "P-900001"}}}});
  });
  expect_words(objected, "names the party whose data were erased as " + party_);
  fix_quarantined(connection_, {{{"4", 2, ""}, {{"party_id", party_}}}});
  fix_quarantined(connection_, {{{"4", 3, ""}, {{"party_id", "P-900009"}}}});
  EXPECT_EQ(replay_quarantined(connection_, {}, options_.expectations).at(0).rows_replayed, 2U);
  EXPECT_EQ(query("SELECT name, rescued FROM bronze.parties WHERE file_id = 5 ORDER BY line"),
            "|\nAnother|{\"spouse\": \"Bob\"}");
}

TEST_F(AfterErasure, WhoWasErasedAgainUnderThePseudonymComesInUnderTheNewestOne) {
  erase(connection_, {.kind = "account", .key = account_, .reference = "R2", .reason = "r"});
  const auto newest = pseudonym("account", account_);
  EXPECT_EQ(load("t.csv", kHeader + "\nT2,2024-01-01,DE-100001,DE-100002,2,USD,W\nT3,2024-01-01," +
                              account_ + ",DE-100002,2,USD,W\n")
                .of_erased,
            (Counts{{newest, 2}}));
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers WHERE from_account_id = '" + newest + "'"),
            "3");
}

TEST_F(AfterErasure, AnAccountThatIsCalledAsAnErasedPartyIsAnother) {
  EXPECT_TRUE(
      load("t.csv", kHeader + "\nT2,2024-01-01,DE-100002,900003,2,USD,W\n").of_erased.empty());
  EXPECT_EQ(query("SELECT account_id, party_id FROM silver.accounts WHERE account_id = '900003'"),
            "900003|900003");
}

TEST_F(AfterErasure, ANameOfAFileIsCoveredToo) {
  load("statement_DE-100001.csv", kHeader + "\nT2,2024-01-01,DE-100001,DE-100002,2,USD,W\n");
  expect_words(query("SELECT path FROM aml.ingested_files WHERE file_id = 4"),
               "statement_" + account_ + ".csv");
  expect_nothing_came_back();
}

TEST_F(AfterErasure, WhoCameBackIsAsNew) {
  query("DELETE FROM aml.erased_keys WHERE key_hash = aml.key_hash(kind, 'P-900001')");
  EXPECT_TRUE(load("people.csv", "party_id,name\nP-900001,Ada Zwoelfer\n").of_erased.empty());
  EXPECT_EQ(query("SELECT name FROM silver.parties WHERE party_id = 'P-900001'"), "Ada Zwoelfer");
}

TEST_F(AfterErasure, WithoutTheSecretNobodyIsRecognised) {
  query("DELETE FROM aml.erasure_secret");
  EXPECT_TRUE(
      load("t.csv", kHeader + "\nT2,2024-01-01,DE-100001,DE-100002,2,USD,W\n").of_erased.empty());
}

TEST(Erase, AnAccountGoesAloneOrWithThePartyThatOnlyStandsForIt) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(
      "INSERT INTO silver.parties VALUES ('ACDER', NULL, 'unknown', NULL, 0, true, 1, 1); INSERT "
      "INTO silver.accounts VALUES ('ACDER', 'ACDER', NULL, NULL, NULL, NULL, true, 1, 1)");
  ErasureRequest request{.kind = "account", .key = "12", .reference = "R", .reason = "r"};
  erase(connection, request);
  EXPECT_EQ(database.query("SELECT name FROM silver.parties WHERE party_id = 'PADA1'"),
            "Adamantia Q. Zwölfer");
  EXPECT_EQ(database.query("SELECT string_agg(account_id, ' ' ORDER BY account_id) FROM "
                           "silver.accounts WHERE account_id LIKE 'AC%'"),
            "ACADA1 ACBOB1 ACDER");
  request.key = "ACDER";
  erase(connection, request);
  EXPECT_EQ(tables_with(database, "ACDER"), "");
}

TEST(Erase, APartyThatStoodForAnAccountBeforeItsOwnerWasKnownGoesWithIt) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  for (const std::string account : {"ACDER1", "ACDER2"}) {
    database.write(
        "INSERT INTO silver.parties VALUES ('" + account +
        "', NULL, 'unknown', NULL, 0, true, 1, 1); INSERT INTO silver.accounts VALUES ('" +
        account + "', '" + account + "', NULL, NULL, NULL, NULL, true, 1, 1)");
    database.write("UPDATE silver.accounts SET party_id = '" +
                   std::string(account == "ACDER1" ? "PADA1" : "PBOB1") +
                   "', is_derived = false, valid_from = DEFAULT WHERE account_id = '" + account +
                   "'; DELETE FROM silver.parties WHERE party_id = '" + account + "'");
  }
  EXPECT_NE(tables_with(database, "ACDER1").find("history.silver_parties"), std::string::npos);
  erase(connection, kAda);
  EXPECT_EQ(tables_with(database, "ACDER1"), "");
  erase(connection, {.kind = "account", .key = "ACDER2", .reference = "R", .reason = "r"});
  EXPECT_EQ(tables_with(database, "ACDER2"), "");
  EXPECT_NE(tables_with(database, "PBOB1"), "");
}

TEST(Erase, AColumnThatALoadAddedCountsAsPersonal) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(
      "SELECT aml.add_column('parties', 'Shoe size', 'integer', 1); UPDATE silver.parties SET "
      "shoe_size = 39, valid_from = DEFAULT");
  erase(connection, kAda);
  EXPECT_EQ(database.query("SELECT shoe_size, party_id = 'PBOB1' FROM silver.parties ORDER BY 2"),
            "|f\n39|t");
}

TEST(Erase, NamesOfAnySpellingAreFoundAndOthersLeftAlone) {
  const TestDatabase database;
  const auto without = [&](const std::string& text, const std::string& word) {
    return database.query("SELECT aml.without_words($t$" + text + "$t$, jsonb_build_object($t$" +
                          word + "$t$, 'X'))");
  };
  EXPECT_EQ(without("Ann Lee, ANN LEE; Annlee and Joann Lee", "Ann Lee"),
            "X, X; Annlee and Joann Lee");
  EXPECT_EQ(without("A1 paid A10, A1.", "A1"), "X paid A10, X.");
  EXPECT_EQ(without(R"(a.b(c)[d]\e|f*g+h?i{j}^k$l, aXb(c))", R"(a.b(c)[d]\e|f*g+h?i{j}^k$l)"),
            "X, aXb(c)");
  EXPECT_EQ(without("call +49 (0)30 1 now", "+49 (0)30 1"), "call X now");
  EXPECT_EQ(without("12 paid 12.50, 1,12 or 0.12 USD to 12, 12.", "12"),
            "X paid 12.50, 1,12 or 0.12 USD to X, X.");
  EXPECT_EQ(without("amount_of, total_amount: Amount.", "amount"), "amount_of, total_amount: X.");
  // In a line that could not be read, as programs write JSON that is all ASCII.
  EXPECT_EQ(database.query(R"(SELECT encode(raw, 'escape') ~ aml.words_pattern('{Zoë 😀 Lee}')
                                FROM (VALUES ('{"n": "ZO\\u00EB \\uD83D\\uDE00 LEE'::bytea),
                                             ('{"n": "Zo\\u00ea \\ud83d\\ude00 Lee')) AS lines (raw))"),
            "t\nf");
  EXPECT_EQ(
      database.query(
          R"(SELECT aml.without_words('{"k \"q\"": [12, "12", {"b": null}]}'::jsonb, '{"12": "X", "k \"q\"": "Y"}'))"),
      R"({"k \"q\"": [12, "X", {"b": null}]})");
}

TEST(Erase, LinesOfJsonThatCouldNotBeReadAreFoundWhateverEscapesTheyAreWrittenIn) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  database.write(R"(
    INSERT INTO silver.accounts VALUES ('DE/10 é😀\7', 'PADA1', 'current', 'USD', 'ZQ', NULL, false, 1, 30);
    INSERT INTO bronze.unreadable_lines SELECT 1, 100 + n, 'transfers', 'x', convert_to(line, 'UTF8') FROM (VALUES
      (1, '{"a": "DE/10 é😀\\7"'), (2, '{"a": "DE\/10 é😀\\7"'), (3, '{"a": "DE\u002f10 \u00e9\ud83d\uDE00\u005C7"'),
      (4, '{"a": "x\nDE/10\u0020\u00E9😀\\7\tx"'), (5, '{"a": "\u0044\u0045/1\u0030 é😀\\7", "b": "\ud83d \u0000"'), (6, '{"name": "Adamantia Q. Zw\u00f6lfer'),
      (11, '{"a": "DE\/10 é😀\\70"'), (12, '{"a": "XDE\/10 é😀\\7"'), (13, '{"a": "DE\/10 \u00e8😀\\7"'), (14, '{"a": "\u0044E \ud83d \u0000 \uZZZZ \')
    ) AS lines (n, line))");
  erase(connection, kAda);
  EXPECT_EQ(database.query("SELECT string_agg((line - 100)::text, ' ' ORDER BY line) FILTER (WHERE "
                           "raw <> ''), count(*) "
                           "FROM bronze.unreadable_lines WHERE line > 100"),
            "11 12 13 14|10");
}

/// Accounts can be called as columns, as words and as pieces of regular expressions are.
TEST(Erase, WhatIsCalledAsSomethingElseIsLeftAlone) {
  const TestDatabase database;
  auto connection = database.connect();
  database.write(kBank);
  const std::vector<std::string> names{"amount",     "1",      "a",   "high",   "O'Brien \"x\"",
                                       "a.b(c)[d]*", R"(b\1)", "Zoë", "account"};
  std::string accounts;
  for (const auto& name : names) {
    accounts += fmt::format(
        "INSERT INTO silver.parties VALUES ($q${0}$q$, NULL, 'unknown', NULL, 0, true, 1, 1); "
        "INSERT "
        "INTO silver.accounts VALUES ($q${0}$q$, $q${0}$q$, NULL, NULL, NULL, NULL, true, 1, 1);",
        name);
  }
  database.write(
      accounts +
      R"(INSERT INTO aml.scenario_versions (scenario, version, sha256, title, typology, detector, definition)
           VALUES ('s', 1, 'x', 'high amount', 't', 'd', '{"amount": "1", "account": ["a", "amount", "e1.amount > 1 and a.account = b.account"], "high": 1}');
         UPDATE aml.run_steps SET parameters = '{"subject": "account", "amount": "high"}', notes = '{"total_amount 1.50 of 1,000"}';
         INSERT INTO bronze.transfers (file_id, line, transfer_id, from_account, to_account, rescued)
           VALUES (1, 90, 'T90', 'ACBOB1', 'ACBOB1', '{"amount": "5", "kind": "account", "a": "high 1"}');
         SELECT 1)");
  const std::string condition =
      "score >= 0 AND subject_kind = 'account' AND severity IN ('high', 'amount') AND "
      "explanation NOT LIKE '%1,000 a.b%'";
  database.query("SELECT aml.create_share('s', 1, '{alerts}', ARRAY[$q$" + condition + "$q$])");
  const std::string kept =
      "SELECT (SELECT jsonb_agg(definition) FROM aml.scenario_versions), (SELECT "
      "jsonb_agg(to_jsonb(s)) FROM aml.run_steps s), (SELECT rescued FROM bronze.transfers WHERE "
      "line = 90), (SELECT jsonb_agg(condition) FROM aml.share_tables), (SELECT jsonb_agg(a ORDER "
      "BY alert_id) FROM gold.alerts a)";
  const std::string before = database.query(kept);
  for (const auto& name : names) {
    erase(connection, {.kind = "account", .key = name, .reference = "R", .reason = "r"});
    EXPECT_EQ(database.query(kept), before) << "after the erasure of " << name;
    EXPECT_EQ(database.query("SELECT count(*) FROM silver.accounts a JOIN silver.parties USING "
                             "(party_id) WHERE account_id = $q$" +
                             name + "$q$"),
              "0");
  }
}

TEST(Erase, AConditionOfAShareIsReplacedWhereItMeansAKey) {
  const TestDatabase database;
  const auto without = [&](const std::string& condition, const std::string& word) {
    return database.query(fmt::format(
        "SELECT aml.condition_without_words(aml.checked_condition('alerts', $c${}$c$), 'alerts', "
        "jsonb_build_object($w${}$w$, '{{\"is\": \"X\"}}'::jsonb))",
        condition, word));
  };
  const std::string two = "((subject_kind = 'account'::text) AND (subject = '{}'::text))";
  for (const std::string word : {"account", "amount", "1", "a", "a.b(c)[d]*", "Zoë"}) {
    EXPECT_EQ(without(fmt::format("subject_kind = 'account' AND subject = '{}'", word), word),
              fmt::format(fmt::runtime(two), "X"))
        << word;
  }
  EXPECT_EQ(without("subject = 'O''Brien'", "O'Brien"), "(subject = 'X'::text)");
  EXPECT_EQ(without(R"(subject = E'b\\1' AND severity <> 'b')", R"(b\1)"),
            "((subject = 'X'::text) AND (severity <> 'b'::text))");
  EXPECT_EQ(without("severity IN ('high', 'low') AND subject IN ('low', 'high')", "high"),
            "((severity = ANY (ARRAY['high'::text, 'low'::text])) AND (subject = ANY "
            "(ARRAY['low'::text, 'X'::text])))");
  EXPECT_EQ(without("explanation ~~ '%to score 12.50%' AND score > 12", "score"),
            "((explanation ~~ '%to X 12.50%'::text) AND (score > (12)::double precision))");
  EXPECT_EQ(without("score > 0", "score"), "(score > (0)::double precision)");
}

TEST(PersonalColumns, ClassifyEveryColumnThatCanHoldWords) {
  const TestDatabase database;
  EXPECT_EQ(database.query(
                "SELECT string_agg(n.nspname || '.' || c.relname || '.' || a.attname, E'\\n') FROM "
                "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND "
                "a.attnum > 0 AND NOT a.attisdropped "
                "AND n.nspname IN ('aml', 'bronze', 'silver', 'quarantine', 'gold', 'backtest') "
                "AND a.atttypid = ANY ('{text,text[],jsonb,json,bytea,date,name,xml}'::regtype[]) "
                "AND NOT EXISTS (SELECT FROM aml.personal_columns p WHERE p.table_name = n.nspname "
                "|| '.' || c.relname AND p.column_name = a.attname)"),
            "")
      << "add them to aml.personal_columns in the migration that makes them";
  EXPECT_EQ(database.query("SELECT string_agg(table_name || '.' || column_name, ' ') FROM "
                           "aml.personal_columns p WHERE NOT EXISTS (SELECT FROM pg_attribute "
                           "WHERE attrelid = to_regclass(table_name) AND attname = column_name AND "
                           "NOT attisdropped)"),
            "");
}

}  // namespace
}  // namespace aml::store
