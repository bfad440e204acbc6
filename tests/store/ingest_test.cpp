// SPDX-License-Identifier: Apache-2.0
#include "store/ingest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <pqxx/pqxx>
#include <random>
#include <sstream>

#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "store/raw_connection.hpp"
#include "store/run_ledger.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

namespace fs = std::filesystem;
using Kind = FileOutcome::Kind;
using Counts = std::map<std::string, std::uint64_t>;

constexpr const char* kTransfersHeader =
    "transfer_id,booked_at,from_account,to_account,amount,currency,type\n";

class IngestTest : public testing::Test {
 protected:
  IngestTest() : connection_(database_.connect()) {
    std::string folder = fs::temp_directory_path() / "aml-ingest-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    options_.expectations = scenarios::load_expectations("");
  }
  ~IngestTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }

  std::string write(const std::string& name, const std::string& bytes) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  std::string write_gzip(const std::string& name, const std::string& content) const {
    gzFile file = gzopen(path(name).c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    return path(name);
  }

  std::vector<FileOutcome> load(const std::vector<std::string>& paths) {
    auto outcomes = ingest(connection_, paths, options_);
    for (const auto& outcome : outcomes) {
      EXPECT_EQ(outcome.rows_read, outcome.rows_loaded + outcome.rows_quarantined) << outcome.path;
    }
    return outcomes;
  }

  FileOutcome load_one(const std::string& path) {
    const auto outcomes = load({path});
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0);
  }

  FileOutcome load_text(const std::string& name, const std::string& bytes) {
    return load_one(write(name, bytes));
  }

  std::string query(const std::string& sql) const { return database_.query(sql); }

  void expect_nothing_was_loaded() const {
    EXPECT_EQ(
        query("SELECT (SELECT count(*) FROM aml.ingested_files) + (SELECT count(*) FROM "
              "bronze.transfers) +"
              " (SELECT count(*) FROM bronze.unreadable_lines) + (SELECT count(*) FROM "
              "quarantine.rows) +"
              " (SELECT count(*) FROM silver.transfers) + (SELECT count(*) FROM silver.accounts) +"
              " (SELECT count(*) FROM aml.expectation_results)"),
        "0");
  }

  /// All of silver but where each row came from.
  std::string silver() const {
    return query(
               "SELECT t.transfer_id, t.booked_at, t.from_account_id, t.to_account_id, t.amount, "
               "t.currency_code, t.amount_base,"
               " t.type FROM silver.transfers t ORDER BY 1") +
           "\n--\n" +
           query(
               "SELECT account_id, party_id, kind, currency_code, country, opened_on, is_derived "
               "FROM silver.accounts ORDER BY 1") +
           "\n--\n" +
           query(
               "SELECT party_id, name, kind, country, base_risk, is_derived FROM silver.parties "
               "ORDER BY 1") +
           "\n--\n" +
           query(
               "SELECT party_id, kind, value, normalised_value FROM silver.party_attributes ORDER "
               "BY 1, 2, 4") +
           "\n--\n" +
           query("SELECT currency_code, rate_date, rate FROM silver.fx_rates ORDER BY 1, 2");
  }

  test::TestDatabase database_;
  Connection connection_;
  IngestOptions options_;
  fs::path folder_;
};

void expect_begins(const std::string& text, const std::string& beginning) {
  EXPECT_EQ(text.substr(0, beginning.size()), beginning);
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kRefusedData) << error.what();
    return error.what();
  }
  return "not refused";
}

// ---- what is broken goes to quarantine, the rest is loaded

TEST_F(IngestTest, EveryKindOfBrokenLineIsKeptWithItsLineReasonAndRowAndGoodRowsLoad) {
  using namespace std::string_literals;
  const std::string ten_megabytes(10U << 20, 'x');
  const auto outcome =
      load_text("transfers.csv", kTransfersHeader +
                                     "T1,2024-02-29T10:00:00Z,A,B,10.00,USD,WIRE\n"s  // 2
                                     "T2,2024-02-29,A,B\n"                            // 3
                                     "T3,2024-02-29,A,B,1e3,USD,WIRE\n"               // 4
                                     "T4,2023-02-30,A,B,10.00,USD,WIRE\n"             // 5
                                     "T5,2024-02-29,A,B,10.00,XYZ,WIRE\n"             // 6
                                     "T6,2024-02-29,A,B,-1,USD,WIRE\n"                // 7
                                     "T7,2024-02-29,A,B,10.00,USD," +
                                     ten_megabytes +
                                     "\n"                                       // 8
                                     "T8,2024-02-29,A,B\xFF,10.00,USD,WIRE\n"   // 9
                                     "T9,2024-02-29,A,B\0,10.00,USD,WIRE\n"     // 10
                                     "TA,2024-02-29,A,\"B\n"                    // 11
                                     "TX,2024-02-29,A,B,10.00,USD,WIRE\n"       // its text
                                     "\",10.00,USD\n"                           // its end
                                     "TB,2024-02-29,A,B\"C\",10.00,USD,WIRE\n"  // 14
                                     "TC,2024-02-29,,B,ten,USD,WIRE\n"          // 15
                                     "TD,2024-02-29,A,C,10.00,USD,WIRE"s);      // 16
  EXPECT_EQ(outcome.kind, Kind::kLoaded) << outcome.message;
  EXPECT_EQ(outcome.dataset, "transfers");
  EXPECT_EQ(outcome.rows_read, 13U);
  EXPECT_EQ(outcome.rows_loaded, 2U);
  EXPECT_EQ(outcome.rows_quarantined, 11U);
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"wrong_column_count", 2},
                                                   {"amount_is_a_number", 2},
                                                   {"booked_at_is_a_time", 1},
                                                   {"currency_is_known", 1},
                                                   {"amount_is_not_negative", 1},
                                                   {"line_too_long", 1},
                                                   {"invalid_utf8", 1},
                                                   {"nul_byte", 1},
                                                   {"bad_quoting", 1},
                                                   {"from_account_is_present", 1}}));
  EXPECT_EQ(query("SELECT line, dataset, reasons, coalesce(row_values->>'transfer_id', ''), "
                  "coalesce(length(raw)::text, '')"
                  " FROM quarantine.rows ORDER BY line"),
            "3|transfers|{wrong_column_count}||17\n"
            "4|transfers|{amount_is_a_number}|T3|\n"
            "5|transfers|{booked_at_is_a_time}|T4|\n"
            "6|transfers|{currency_is_known}|T5|\n"
            "7|transfers|{amount_is_not_negative}|T6|\n"
            "8|transfers|{line_too_long}||10485788\n"
            "9|transfers|{invalid_utf8}||33\n"
            "10|transfers|{nul_byte}||33\n"
            "11|transfers|{wrong_column_count}||63\n"
            "14|transfers|{bad_quoting}||35\n"
            "15|transfers|{from_account_is_present,amount_is_a_number}|TC|");
  EXPECT_EQ(
      query("SELECT row_values FROM quarantine.rows WHERE line = 15"),
      R"({"type": "WIRE", "amount": "ten", "rescued": null, "currency": "USD", "booked_at": "2024-02-29", )"
      R"("to_account": "B", "transfer_id": "TC", "from_account": ""})");
  EXPECT_EQ(query("SELECT encode(raw, 'escape') FROM quarantine.rows WHERE line = 10"),
            "T9,2024-02-29,A,B\\000,10.00,USD,WIRE");
  EXPECT_EQ(query("SELECT transfer_id, booked_at, from_account_id, to_account_id, amount, "
                  "currency_code, amount_base, type, line"
                  " FROM silver.transfers ORDER BY line"),
            "T1|2024-02-29 10:00:00+00|A|B|10.00|USD|10.00|WIRE|2\n"
            "TD|2024-02-29 00:00:00+00|A|C|10.00|USD|10.00|WIRE|16");
}

TEST_F(IngestTest, NothingIsLostEveryLineOfBronzeIsInSilverOrQuarantine) {
  std::mt19937 random(5);
  std::string content = kTransfersHeader;
  const std::vector<std::string> ids{"", "T", "T"}, days{"2024-01-01", "2024-13-01", "2024-01-02"},
      amounts{"1.00", "x", "2.5"};
  std::uint64_t rows = 0;
  for (int i = 0; i < 3000; ++i, ++rows) {
    const auto& id = ids[random() % 3];
    content += id + (id.empty() ? "" : std::to_string(random() % 2000)) + ',' + days[random() % 3] +
               ",A" + std::to_string(random() % 20) + ",B," + amounts[random() % 3] + ",USD" +
               (random() % 10 == 0 ? "" : ",W") + '\n';
  }
  const auto outcome = load_text("t.csv", content);
  EXPECT_EQ(outcome.rows_read, rows);
  EXPECT_GT(outcome.rows_loaded, 100U);
  EXPECT_GT(outcome.quarantined_by_reason.at("transfer_id_is_unique"), 10U);
  EXPECT_EQ(
      query(
          "SELECT f.lines_read = f.rows_loaded + f.rows_quarantined,"
          " f.lines_read = (SELECT count(*) FROM bronze.transfers) + (SELECT count(*) FROM "
          "bronze.unreadable_lines),"
          " f.rows_loaded = (SELECT count(*) FROM silver.transfers),"
          " f.rows_quarantined = (SELECT count(*) FROM quarantine.rows),"
          " (SELECT count(*) FROM quarantine.rows q JOIN silver.transfers s USING (file_id, line))"
          " FROM aml.ingested_files f"),
      "t|t|t|t|0");
}

TEST_F(IngestTest, OfTwoGoodRowsWithOneIdTheFirstWinsAndABadOneTakesNoId) {
  const auto outcome = load_text("t.csv", std::string(kTransfersHeader) +
                                              "T1,2024-01-01,A,B,bad,USD,X\n"
                                              "T1,2024-01-01,A,B,1.00,USD,X\n"
                                              "T1,2024-01-01,A,B,2.00,USD,X\n");
  EXPECT_EQ(outcome.quarantined_by_reason,
            (Counts{{"amount_is_a_number", 1}, {"transfer_id_is_unique", 1}}));
  EXPECT_EQ(query("SELECT transfer_id, amount, line FROM silver.transfers"), "T1|1.00|3");
  const auto later =
      load_text("later.csv", std::string(kTransfersHeader) +
                                 "T1,2024-01-01,A,B,3.00,USD,X\nT2,2024-01-01,A,B,4.00,USD,X\n");
  EXPECT_EQ(later.quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}));
  EXPECT_EQ(query("SELECT transfer_id, amount FROM silver.transfers ORDER BY 1"),
            "T1|1.00\nT2|4.00");
}

TEST_F(IngestTest, AWarningIsCountedAndTheRowLoaded) {
  const auto outcome = load_text(
      "t.csv",
      std::string(kTransfersHeader) +
          "T1,2024-01-01,A,A,0.00,USD,X\nT2,2024-01-01,A,B,0,USD,X\nT3,2024-01-01,A,,0,USD,X\n");
  EXPECT_EQ(outcome.rows_loaded, 2U);
  EXPECT_EQ(outcome.warnings, (Counts{{"accounts_differ", 1}, {"amount_is_not_zero", 3}}));
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"to_account_is_present", 1}}));
  EXPECT_EQ(query("SELECT expectation, policy, passed, failed FROM aml.expectation_results WHERE "
                  "failed > 0 ORDER BY 1"),
            "accounts_differ|warn|2|1\namount_is_not_zero|warn|0|3\nto_account_is_present|"
            "quarantine|2|1");
}

TEST_F(IngestTest, AmountsAndTimesAreReadStrictly) {
  struct Case {
    std::string booked_at, amount, currency;
    bool is_good;
  };
  const std::vector<Case> cases{
      {"2024-02-29", "1", "USD", true},
      {"2024-02-29 23:59", "1.5", "usd", true},
      {" 2024-02-29T23:59:59.123456Z ", " 1.50 ", " USD ", true},
      {"2024-02-29T23:59:59+05:30", "1.500", "USD", true},  // more zeros, not more decimals
      {"2000-02-29T00:00:00-0800", "0001.50", "USD", true},
      {"2024-02-29", "1000", "USD", true},
      {"2023-02-29", "1", "USD", false},
      {"1900-02-29", "1", "USD", false},
      {"2024-04-31", "1", "USD", false},
      {"2024-00-10", "1", "USD", false},
      {"0000-01-01", "1", "USD", false},
      {"2024-02-29T24:00", "1", "USD", false},
      {"2024-02-29T23:60", "1", "USD", false},
      {"2024-02-29T23:59:60Z", "1", "USD", false},
      {"2024-02-29T10:00+16:00", "1", "USD", false},
      {"2024-02-29T10", "1", "USD", false},
      {"29.02.2024", "1", "USD", false},
      {"02/29/2024", "1", "USD", false},
      {"now", "1", "USD", false},
      {"infinity", "1", "USD", false},
      {"", "1", "USD", false},
      {"1899-12-31", "1", "USD", false},
      {"2999-01-01", "1", "USD", false},
      {"2024-02-29", "", "USD", false},
      {"2024-02-29", "1,000.00", "USD", false},
      {"2024-02-29", "1.000,00", "USD", false},
      {"2024-02-29", "1e3", "USD", false},
      {"2024-02-29", "NaN", "USD", false},
      {"2024-02-29", "Infinity", "USD", false},
      {"2024-02-29", "$5", "USD", false},
      {"2024-02-29", "5.", "USD", false},
      {"2024-02-29", "0x10", "USD", false},
      {"2024-02-29", "-0.01", "USD", false},
      {"2024-02-29", "1.505", "USD", false},
      {"2024-02-29", "900000000000000", "USD", false},
      {"2024-02-29", std::string(900, '9'), "USD", false},
      {"2024-02-29", std::string(5000, '9'), "USD", false},
      {"2024-02-29", "1", "", false},
      {"2024-02-29", "1", "US", false},
  };
  std::string content = kTransfersHeader;
  std::string expected;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [booked_at, amount, currency, is_good] = cases[i];
    content +=
        "T" + std::to_string(i) + ',' + booked_at + ",A,B,\"" + amount + "\"," + currency + ",X\n";
    if (is_good) expected += (expected.empty() ? "T" : "\nT") + std::to_string(i);
  }
  EXPECT_EQ(load_text("t.csv", content).kind, Kind::kLoaded);
  EXPECT_EQ(query("SELECT transfer_id FROM silver.transfers ORDER BY line"), expected);
  EXPECT_EQ(query("SELECT booked_at, amount FROM silver.transfers WHERE transfer_id IN ('T1', "
                  "'T2', 'T3', 'T4') ORDER BY line"),
            "2024-02-29 23:59:00+00|1.50\n2024-02-29 23:59:59.123456+00|1.50\n2024-02-29 "
            "18:29:59+00|1.50\n"
            "2000-02-29 08:00:00+00|1.50");
}

/// What silver must hold of the rows of bronze, by the functions alone.
constexpr const char* kDiffersFromBronze =
    "SELECT count(*) FROM silver.transfers s JOIN bronze.transfers b USING (file_id, line) "
    "WHERE (s.booked_at, s.from_account_id, s.to_account_id, s.amount, s.currency_code, s.type) IS "
    "DISTINCT FROM (aml.try_timestamptz(aml.trimmed(b.booked_at)), aml.trimmed(b.from_account), "
    "aml.trimmed(b.to_account), aml.try_numeric(aml.trimmed(b.amount)), "
    "upper(aml.trimmed(b.currency)), aml.trimmed(b.type))";

TEST_F(IngestTest, PlainRowsAndOthersOfOneFileReachSilverAlike) {
  const auto outcome = load_text("t.csv", std::string(kTransfersHeader) +
                                              "T1,2024-01-01T10:00:00Z,A,B,1.00,USD,X\n"
                                              "T2, 2024-01-01T10:00:00+01:00,A,B,1.00,USD,X\n"
                                              "T3,2024-01-01,A, B,1.00,USD,X\n"
                                              "T4,2024-01-01,A,B,1.0 ,USD,X\n"
                                              "T5,2024-01-01,A,B,1.00,usd,X\n"
                                              "T6,2024-01-01,A,B,1.00,USD, X\n"
                                              " T7,2024-01-01,A,B,1.00,USD,X\n"
                                              "T8,2024-01-01 23:00,A,B,1.00,USD,X\n");
  EXPECT_EQ(outcome.rows_loaded, 8U);
  EXPECT_EQ(query("SELECT string_agg(transfer_id, ',' ORDER BY line) FROM silver.transfers"),
            "T1,T2,T3,T4,T5,T6,T7,T8");
  EXPECT_EQ(query(kDiffersFromBronze), "0");
}

TEST_F(IngestTest, RowsThatAreNotPlainReachSilverHoweverManyThereAre) {
  std::string content = kTransfersHeader;
  constexpr int kRows = 140'000;  // more than are named one by one
  for (int i = 0; i < kRows; ++i) content += fmt::format("T{},2024-01-01,A,B, 1.00,usd,X\n", i);
  EXPECT_EQ(load_text("t.csv", content).rows_loaded, kRows);
  EXPECT_EQ(query(kDiffersFromBronze), "0");
}

TEST_F(IngestTest, DefaultsFillColumnsThatTheFileDoesNotHave) {
  const auto outcome = load_text("t.csv",
                                 "booked_at,from_account,to_account,amount,channel\n2024-01-01,A,B,"
                                 "1,\"web \"\"x\"\"\t\\\"\n\n2024-01-01,A,B,1,\n");
  EXPECT_EQ(outcome.rows_loaded, 2U);
  EXPECT_EQ(query("SELECT s.transfer_id = left(f.sha256, 12) || '-' || s.line, s.line, "
                  "s.currency_code, s.type, b.rescued->>'channel'"
                  " FROM silver.transfers s JOIN bronze.transfers b USING (file_id, line) JOIN "
                  "aml.ingested_files f USING (file_id) ORDER BY s.line"),
            "t|2|USD|TRANSFER|web \"x\"\t\\\nt|4|USD|TRANSFER|");
}

// ---- files that are refused or ignored

TEST_F(IngestTest, FilesThatCannotBeReadAreRefusedWithFileAndLineAndOthersStillLoad) {
  const std::string good =
      write("good.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  const std::string header = write("header.csv", "\nT1,2024-01-01,A,B,1,USD,X\n");
  const std::string empty = write("empty.csv", "");
  const std::string blank = write("blank.csv", "\n\n \n");
  const std::string whole =
      write_gzip("whole.gz", std::string(kTransfersHeader) + "T2,2024-01-01,A,B,1,USD,X\n");
  std::ifstream in(whole, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(in), {}};
  const std::string cut = write("cut.csv.gz", packed.substr(0, packed.size() - 9));
  const std::string endless = write("endless.csv", kTransfersHeader + std::string(17U << 20, 'x'));
  const std::string row = "T3,2024-01-01,A,B,1,USD,X\n";
  std::string long_text = kTransfersHeader + row + "T4,2024-01-01,A,B,1,USD,\"\n";
  for (int line = 0; line < 1000; ++line) long_text += row;
  const std::string unclosed = write("unclosed.csv", long_text);
  const std::string too_long = write("too_long.csv", long_text + "\"\n");
  const auto outcomes = load({header, empty, blank, cut, endless, unclosed, too_long, good});
  std::map<std::string, FileOutcome> by_path;
  for (const auto& outcome : outcomes) by_path[outcome.path] = outcome;
  ASSERT_EQ(by_path.size(), 8U);
  const auto expect_refused = [&](const std::string& file, const std::string& why) {
    EXPECT_EQ(by_path[file].kind, Kind::kRefused);
    expect_begins(by_path[file].message, file + why);
  };
  expect_refused(header,
                 ":2: the header line fits no file that can be loaded\n  columns found: T1, 2024");
  expect_refused(empty, ": is empty: expected a header line such as transfer_id,");
  expect_refused(blank, ": is empty: expected a header line such as transfer_id,");
  expect_refused(cut, ": gzip data end too early, at byte " + std::to_string(packed.size() - 9) +
                          ": the file is cut off");
  expect_refused(endless, ":2: a line longer than 16 MiB cannot be kept");
  expect_refused(unclosed, ":3: a quoted value begins here that does not end within 1000 lines");
  expect_refused(too_long, ":3: a quoted value begins here that does not end within 1000 lines");
  EXPECT_EQ(by_path[good].kind, Kind::kLoaded);
  EXPECT_EQ(
      query(
          "SELECT (SELECT count(*) FROM silver.transfers), (SELECT count(*) FROM bronze.transfers),"
          " (SELECT count(*) FROM aml.ingested_files)"),
      "1|1|1");
}

TEST_F(IngestTest, AFolderGivesItsDataFilesInDatasetOrderAndTheOthersAreIgnoredWithAReason) {
  write("bank/a_transfers.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A1,A2,1,EUR,X\n");
  write("bank/b_accounts.csv", "account_id,party_id\nA1,P1\n");
  write("bank/c_parties.csv", "party_id,name\nP1,Ann\n");
  write("bank/d_rates.csv", "currency,rate_date,rate\nEUR,2023-12-31,2\n");
  write("bank/labels.csv",
        "typology,instance,entity_kind,entity_id,role,transfer_id\ncycle,1,,,hop,T1\n");
  write("bank/README.md", "# Some bank\n");
  write("bank/picture.png", std::string("\x89PNG\r\n\0\0", 8));
  write("bank/_SUCCESS", "");
  write("bank/e_transfers.csv.part", std::string(kTransfersHeader) + "T8,2024-01-01,A1,A2,1");
  write("bank/settings.json", "{\n  \"a\": 1\n}\n");
  write("bank/sub/t.csv", std::string(kTransfersHeader) + "T9,2024-01-01,A1,A2,1,USD,X\n");
  std::string order;
  for (const auto& outcome : load({path("bank")})) {
    const bool is_loaded = outcome.kind == Kind::kLoaded;
    EXPECT_TRUE(is_loaded || outcome.kind == Kind::kIgnored) << outcome.path;
    EXPECT_EQ(outcome.message.empty(), is_loaded) << outcome.path;
    order += fs::path(outcome.path).filename().string() + (is_loaded ? " " : "(ignored) ");
  }
  EXPECT_EQ(order,
            "README.md(ignored) labels.csv(ignored) picture.png(ignored) settings.json(ignored) "
            "e_transfers.csv.part(ignored) d_rates.csv c_parties.csv b_accounts.csv "
            "a_transfers.csv ");
  EXPECT_EQ(query("SELECT transfer_id, amount_base FROM silver.transfers"), "T1|2.00");
}

TEST_F(IngestTest, AnUnknownFileIsRefusedWhenItIsNamedAndAMisspeltOneAlsoInAFolder) {
  write("f/labels.csv", "typology,instance\ncycle,1\n");
  write("f/transfers.csv", "booked_at,from_account,to_account,ammount\n2024-01-01,A,B,1\n");
  EXPECT_EQ(load_one(path("f/labels.csv")).kind, Kind::kRefused);
  std::map<std::string, FileOutcome> by_name;
  for (const auto& outcome : load({path("f")}))
    by_name[fs::path(outcome.path).filename()] = outcome;
  EXPECT_EQ(by_name["labels.csv"].kind, Kind::kIgnored);
  EXPECT_EQ(by_name["transfers.csv"].kind, Kind::kRefused);
  EXPECT_NE(by_name["transfers.csv"].message.find("is it \"ammount\"?"), std::string::npos);
}

TEST_F(IngestTest, APathThatIsMissingIsRefusedAndTheOthersAreLoaded) {
  const std::string file =
      write("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  const auto outcomes = load({path("nowhere.csv"), file});
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].kind, Kind::kRefused);
  EXPECT_EQ(outcomes[0].message, path("nowhere.csv") + ": there is no such file or folder");
  EXPECT_EQ(outcomes[1].kind, Kind::kLoaded);
  EXPECT_EQ(query("SELECT transfer_id FROM silver.transfers"), "T1");
}

TEST_F(IngestTest, AFolderThatHoldsNothingToLoadIsAnError) {
  write("f/labels.csv", "typology,instance\ncycle,1\n");
  EXPECT_NE(refusal([&] { load({path("f")}); }).find("holds no file that can be loaded"),
            std::string::npos);
}

TEST_F(IngestTest, AnotherLoadOrRunAtWorkIsReported) {
  const std::string file =
      write("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  auto other = database_.connect();
  const RunLock lock(other);
  try {
    load({file});
    FAIL() << "two loads at once";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kLocked);
  }
}

// ---- each content exactly once

TEST_F(IngestTest, TheSameContentIsLoadedOnceWhateverItsNameAndPacking) {
  const std::string content =
      std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\nT2,bad,A,B,1,USD,X\nT3\n";
  const std::string first = write("first.csv", content);
  EXPECT_EQ(load_one(first).kind, Kind::kLoaded);
  const std::string before = silver() + query("SELECT * FROM quarantine.rows ORDER BY line") +
                             query("SELECT * FROM aml.ingested_files");
  for (const auto& again :
       {first, write("second.csv", content), write_gzip("third.csv.gz", content)}) {
    const auto outcome = load_one(again);
    EXPECT_EQ(outcome.kind, Kind::kAlreadyKnown);
    EXPECT_TRUE(outcome.message.ends_with(": its content was loaded as " + first))
        << outcome.message;
    EXPECT_EQ(outcome.rows_read, 0U);
  }
  EXPECT_EQ(silver() + query("SELECT * FROM quarantine.rows ORDER BY line") +
                query("SELECT * FROM aml.ingested_files"),
            before);
}

TEST_F(IngestTest, ALoadThatIsCutOffLeavesNothingAndCanBeRepeated) {
  std::string content = kTransfersHeader;
  for (int i = 0; i < 60'000; ++i)
    content += "T" + std::to_string(i) + ",2024-01-01,A,B,1.00,USD,X\n";
  const std::string file = write("t.csv", content);
  // The server ends every other session of this database while rows are on their way.
  bool is_cut = false;
  options_.progress = [&](const std::string&, std::uint64_t bytes_read, std::uint64_t bytes_total) {
    if (is_cut || bytes_read < bytes_total / 2) return;
    is_cut = true;
    query(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
        "current_database() AND pid <> pg_backend_pid()");
  };
  try {
    load({file});
    FAIL() << "the load went on without a server";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kUnreachable) << error.what();
  }
  ASSERT_TRUE(is_cut);
  expect_nothing_was_loaded();
  options_.progress = {};
  connection_ = database_.connect();
  EXPECT_EQ(load_one(file).rows_loaded, 60'000U);
}

TEST_F(IngestTest, AFileWhoseLoadLostItsLockAndStillCommitsIsKnownToTheNextLoad) {
  std::string content = "booked_at,from_account,to_account,amount\n";
  for (int i = 0; i < 20'000; ++i) content += "2024-01-01,A,B,1.00\n";
  const std::string file = write("t.csv", content);
  const std::string grown = write("grown.csv", content + "2024-01-02,A,B,2.00\n");
  std::future<std::vector<FileOutcome>> next;
  options_.progress = [&, once = true](const std::string&, std::uint64_t, std::uint64_t) mutable {
    if (!std::exchange(once, false)) return;
    // As when the program is killed: the session that holds the lock ends before the one that works.
    query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND "
        "classid = 7103852 AND objid = 1 AND database = (SELECT oid FROM pg_database WHERE datname "
        "= current_database())");
    next = std::async(std::launch::async, [&] {
      IngestOptions options;
      options.expectations = options_.expectations;
      auto connection = database_.connect();
      return ingest(connection, {file, grown}, options);
    });
    while (query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "wait_event_type = 'Lock'") == "0" &&
           next.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout) {
    }
  };
  EXPECT_THROW(load({file}), StoreError);  // at its end it finds that its first session is gone
  for (const auto& outcome : next.get()) {
    if (outcome.path == file) {
      EXPECT_EQ(outcome.kind, Kind::kAlreadyKnown) << outcome.message;
    } else {
      EXPECT_EQ(outcome.rows_loaded, 1U) << outcome.message;
    }
  }
  EXPECT_EQ(query("SELECT count(*), sum(amount) FROM silver.transfers"), "20001|20002.00");
}

/// The session through which loads write, as the server sees it between them.
class KeptSession : public IngestTest {
 protected:
  std::string others(const std::string& columns) {
    return query("SELECT " + columns +
                 " FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                 "pg_backend_pid() AND pid <> " +
                 std::to_string(own_pid()));
  }
  int own_pid() { return connection_.pqxx().backendpid(); }
  FileOutcome load_row(const std::string& id) {
    return load_text(id + ".csv", kTransfersHeader + id + ",2024-01-01,A,B,1,USD,X\n");
  }
};

TEST_F(KeptSession, LoadsThroughOneConnectionShareASecondSessionThatHoldsNothing) {
  EXPECT_EQ(others("count(*)"), "0") << "a connection that loads nothing needs no second one";
  load_row("T1");
  const auto session = others("pid");
  EXPECT_EQ(others("state, backend_xmin IS NULL, backend_xid IS NULL"), "idle|t|t");
  EXPECT_EQ(load_row("broken,row").kind, Kind::kLoaded);
  EXPECT_EQ(load_text("x.csv", std::string(kTransfersHeader) + "\"").kind, Kind::kRefused);
  load_row("T2");
  EXPECT_EQ(others("pid"), session);
  EXPECT_EQ(query("SELECT count(*) FROM pg_locks WHERE pid = " + session), "0");
  // Whatever a load sets for itself would count for those after it.
  const auto of_session = [&](store::RawConnection& loader, const std::string& sql) {
    const auto result = loader.execute("test", sql);
    return std::string(PQgetvalue(result.get(), 0, 0));
  };
  const std::string changed =
      "SELECT count(*) FROM pg_prepared_statements UNION ALL SELECT count(*) FROM pg_class WHERE "
      "relpersistence = 't'";
  EXPECT_EQ(of_session(connection_.loader(),
                       "SELECT string_agg(n::text, ' ') FROM (" + changed + ") AS left_over (n)"),
            "0 0");
  const std::string set =
      "SELECT string_agg(concat_ws('=', name, setting), ' ' ORDER BY name) FROM pg_settings WHERE "
      "source = 'session'";
  RawConnection fresh(database_.target());
  EXPECT_EQ(of_session(connection_.loader(), set), of_session(fresh, set));
}

TEST_F(KeptSession, IsOpenedAnewIfItWasEndedBetweenTwoLoads) {
  load_row("T1");
  const auto session = others("pid");
  EXPECT_EQ(query("SELECT pg_terminate_backend(" + session + ", 60000)"), "t");
  EXPECT_EQ(load_row("T2").kind, Kind::kLoaded);
  EXPECT_NE(others("pid"), session);
  EXPECT_EQ(query("SELECT string_agg(transfer_id, ' ' ORDER BY 1) FROM silver.transfers"), "T1 T2");
}

TEST_F(KeptSession, LoadsNothingIfTheOneThatHoldsTheLockWasEnded) {
  load_row("T1");
  EXPECT_EQ(query("SELECT pg_terminate_backend(" + std::to_string(own_pid()) + ", 60000)"), "t");
  try {
    load_row("T2");
    FAIL() << "it was loaded without the lock";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kUnreachable) << error.what();
  }
  EXPECT_EQ(query("SELECT string_agg(transfer_id, ' ' ORDER BY 1) FROM silver.transfers"), "T1");
}

TEST_F(IngestTest, ATableThatAnotherSessionHoldsIsNoFaultOfTheExpectations) {
  const std::string file =
      write("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  auto other = database_.connect();
  {
    pqxx::work held(other.pqxx());
    held.exec("LOCK TABLE bronze.transfers IN ACCESS EXCLUSIVE MODE");
    pqxx::nontransaction(connection_.pqxx()).exec("SET lock_timeout = '50ms'");
    try {
      load({file});
      FAIL() << "it was loaded into a table that another session holds";
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kLocked) << error.what();
    }
  }
  EXPECT_EQ(load_one(file).rows_loaded, 1U);
}

TEST_F(IngestTest, AFileThatIsCutAnywhereAndThenWholeLosesNoRowAndDoublesNone) {
  std::mt19937 random(17);
  std::string csv = kTransfersHeader;
  std::string json;
  for (int i = 0; i < 40; ++i) {
    const std::string id = std::to_string(i);
    csv += "C" + id + ",2024-01-01,A" + id + ",B,1.50,USD,WIRE\n";
    json += R"({"transfer_id":"J)" + id + R"(","booked_at":"2024-01-01","from_account":"A)" + id +
            R"(","to_account":"B","amount":1.50})" + "\n";
  }
  const auto cut_and_whole = [&](const std::string& name, const std::string& content) {
    const std::size_t cut = random() % content.size();
    database_.empty();
    SCOPED_TRACE(name + " cut at " + std::to_string(cut));
    load_text(name, content.substr(0, cut));  // or refused: not even the header is whole
    const auto whole = load_text(name, content);
    EXPECT_TRUE(whole.kind == Kind::kLoaded || whole.kind == Kind::kAlreadyKnown) << whole.message;
    EXPECT_EQ(query("SELECT count(*), count(DISTINCT transfer_id), sum(amount) > 39 FROM "
                    "silver.transfers"),
              "40|40|t");
  };
  for (int i = 0; i < 4; ++i) {
    cut_and_whole("t.csv", csv);
    cut_and_whole("t.jsonl", json);
  }
}

TEST_F(IngestTest, AFileThatChangesWhileItIsLoadedIsRefused) {
  std::string content = kTransfersHeader;
  for (int i = 0; i < 60'000; ++i)
    content += "T" + std::to_string(i) + ",2024-01-01,A,B,1.00,USD,X\n";
  const std::string file = write("t.csv", content);
  bool is_changed = false;
  options_.progress = [&](const std::string&, std::uint64_t, std::uint64_t) {
    if (std::exchange(is_changed, true)) return;
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(content.size() - 5));
    out << '9';
  };
  const auto outcome = load_one(file);
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_EQ(outcome.message, file + ": has changed while it was being loaded; load it again");
  expect_nothing_was_loaded();
}

TEST_F(IngestTest, AFileToWhichLinesWereAddedGivesOnlyWhatIsNew) {
  // Without a transfer_id column ids are made from the content: loaded again, the rows would double.
  const std::string header = "booked_at,from_account,to_account,amount\n";
  const std::string monday = header + "2024-01-01,A,B,1\n2024-01-01,A,B,bad\n2024-01-01,A,B,3\n";
  const std::string tuesday = monday + "2024-01-02,A,B,4\n2024-01-02,A,B\n";
  const std::string wednesday = tuesday + "\n2024-01-03,A,B,6\n";
  EXPECT_EQ(load_text("t.csv", monday).rows_read, 3U);
  const auto second = load_one(write_gzip("t.csv", tuesday));
  EXPECT_EQ(second.message, path("t.csv") + ": begins with the content that was loaded as " +
                                path("t.csv") + "; only what follows is new");
  EXPECT_EQ(second.rows_read, 2U);
  EXPECT_EQ(second.quarantined_by_reason, (Counts{{"wrong_column_count", 1}}));
  EXPECT_EQ(load_text("other_name.csv", wednesday).rows_read, 1U);
  EXPECT_EQ(query("SELECT file_id, line, amount FROM silver.transfers ORDER BY 1, 2"),
            "1|2|1.00\n1|4|3.00\n2|5|4.00\n3|8|6.00");
  EXPECT_EQ(query("SELECT file_id, line FROM quarantine.rows ORDER BY 1, 2"), "1|3\n2|6");
  EXPECT_EQ(query("SELECT file_id, continues_file_id, replaces_file_id, content_bytes, lines_read"
                  " FROM aml.ingested_files ORDER BY 1"),
            "1|||" + std::to_string(monday.size()) + "|3\n2|1|1|" + std::to_string(tuesday.size()) +
                "|2\n3|2||" + std::to_string(wednesday.size()) + "|1");
  EXPECT_EQ(load_text("t.csv", tuesday).kind, Kind::kAlreadyKnown);
}

TEST_F(IngestTest, ALineThatWasCutWhenTheFileWasFirstLoadedIsReadAgainWhole) {
  const std::string half = std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\nT2,2024-01";
  EXPECT_EQ(load_text("t.csv", half).quarantined_by_reason, (Counts{{"wrong_column_count", 1}}));
  const auto whole = load_text("t.csv", half + "-02,A,B,2,USD,X\nT3,2024-01-03,A,B,3,USD,X\n");
  EXPECT_EQ(whole.rows_loaded, 2U);
  // Nor does the part of a text that is there become rows.
  const std::string in_text =
      std::string(kTransfersHeader) + "V1,2024-01-01,A,B,1,USD,\"X\nV9,2024-01-01,A,B,9,USD,X\n";
  EXPECT_EQ(load_text("v.csv", in_text).kind, Kind::kRefused);
  EXPECT_EQ(load_text("v.csv", in_text + "\"\n").rows_loaded, 1U);
  // A missing last line end is no missing line.
  const std::string without = std::string(kTransfersHeader) + "U1,2024-01-01,A,B,1,USD,X";
  EXPECT_EQ(load_text("u.csv", without).rows_loaded, 1U);
  EXPECT_EQ(load_text("u.csv", without + "\r\nU2,2024-01-01,A,B,1,USD,X\r\n").rows_read, 1U);
  EXPECT_EQ(query("SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM silver.transfers"),
            "T1 T2 T3 U1 U2 V1");
}

TEST_F(IngestTest, AnOverwrittenFileIsAnotherFileAndSaysWhatItReplaces) {
  EXPECT_EQ(
      load_text("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n").rows_loaded,
      1U);
  const auto second = load_text("t.csv", std::string(kTransfersHeader) +
                                             "T2,2024-01-01,A,B,2,USD,X\n"
                                             "T1,2024-01-01,A,B,9,USD,X\n");
  EXPECT_EQ(second.rows_loaded, 1U);
  EXPECT_EQ(second.quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}));
  EXPECT_EQ(query("SELECT replaces_file_id, continues_file_id FROM aml.ingested_files ORDER BY "
                  "file_id"),
            "|\n1|");
  EXPECT_EQ(query("SELECT transfer_id, amount FROM silver.transfers ORDER BY 1"),
            "T1|1.00\nT2|2.00");
}

// ---- JSON lines

TEST_F(IngestTest, JsonLinesGiveTheSameSilverAsTheSameRowsInCsv) {
  const std::map<std::string, std::string> csv{
      {"rates.csv", "currency,rate_date,rate\nEUR,2024-01-01,1.10\n"},
      {"parties.csv",
       "party_id,name,kind,country,base_risk,address,email\nP1,\"Ann \"\"A\"\" "
       "É\",person,DE,2.5,\"1 Main "
       "St, X\",ann@x.org\nP2,,company,,,,\n"},
      {"accounts.csv", "account_id,party_id,country,opened_on\nA,P1,DE,2020-02-29\nB,P2,,\n"},
      {"transfers.csv",
       "transfer_id,booked_at,from_account,to_account,amount,currency,type\n"
       "T1,2024-01-02T10:00:00Z,A,B,12345678901234.56,EUR,WIRE\nT2,2024-01-02,B,A,0.10,USD,\n"
       "T3,2024-01-02,B,A,1,,X\n,2024-01-02,B,A,1,USD,X\n"}};
  for (const auto& [name, content] : csv) write("csv/" + name, content);
  write("json/rates.jsonl", "{\"currency\":\"EUR\",\"rate_date\":\"2024-01-01\",\"rate\":1.10}\n");
  write("json/parties.jsonl",
        R"({"party_id":"P1","name":"Ann \"A\" \u00c9","kind":"person","country":"DE",)"
        R"("base_risk":2.5,"address":"1 Main St, X","email":"ann@x.org"})"
        "\n"
        R"({"kind":"company","party_id":"P2","base_risk":null})");
  write("json/accounts.jsonl",
        R"({"account_id":"A","party_id":"P1","country":"DE","opened_on":"2020-02-29"})"
        "\n"
        R"({"account_id":"B","party_id":"P2"})"
        "\n");
  write(
      "json/transfers.jsonl",
      R"({"id":7,"transfer_id":"T1","timestamp":"2024-01-02T10:00:00Z","sender":"A","receiver":"B",)"
      R"("amount":12345678901234.56,"currency":"EUR","type":"WIRE"})"
      "\n"
      R"({"amount":0.10,"transfer_id":"T2","timestamp":"2024-01-02","sender":"B","receiver":"A",)"
      R"("currency":"USD"})"
      "\n"
      R"({"amount":1,"transfer_id":"T3","timestamp":"2024-01-02","sender":"B","receiver":"A","type":"X"})"
      "\n"
      R"({"amount":1,"timestamp":"2024-01-02","sender":"B","receiver":"A","currency":"USD","type":"X"})");
  for (const auto& outcome : load({path("csv")})) EXPECT_EQ(outcome.kind, Kind::kLoaded);
  const std::string expected = silver();
  const std::string expected_quarantine =
      query("SELECT reasons FROM quarantine.rows ORDER BY line");
  EXPECT_EQ(expected_quarantine, "{currency_is_known}\n{transfer_id_is_present}");

  database_.empty();
  for (const auto& outcome : load({path("json")}))
    EXPECT_EQ(outcome.kind, Kind::kLoaded) << outcome.message;
  EXPECT_EQ(silver(), expected);
  EXPECT_EQ(query("SELECT reasons FROM quarantine.rows ORDER BY line"), expected_quarantine);
}

TEST_F(IngestTest, JsonValuesOfUnknownKeysAreKeptAsTheyCameAndUnreadableLinesByteForByte) {
  using namespace std::string_literals;
  const std::string row =
      R"("booked_at":"2024-01-01","from_account":"A","to_account":"B","amount":1)";
  const auto outcome = load_text(
      "t.csv",
      "{" + row +
          R"(,"n":12345678901234567.890,"o":{"p":[1,{"q":null}]},"s":"a\"\u00e9","b":false,"z":null})"s +
          "\n{" + row + "}\n{" + row + ",\"a\":1,\"a\":2}\n{" + row +
          ",\"x\":\"\\u0000\"}\n{\xFF}\n{" +
          R"("booked_at":"2024-01-01","from_account":"A","to_account":"B","amount":{"value":1}})");
  EXPECT_EQ(outcome.rows_loaded, 2U) << outcome.message;
  EXPECT_EQ(
      outcome.quarantined_by_reason,
      (Counts{
          {"repeated_key", 1}, {"nul_byte", 1}, {"invalid_utf8", 1}, {"amount_is_a_number", 1}}));
  EXPECT_EQ(
      query("SELECT rescued FROM bronze.transfers ORDER BY line"),
      R"({"b": false, "n": 12345678901234567.890, "o": {"p": [1, {"q": null}]}, "s": "a\"é", "z": null})"
      "\n\n");
  EXPECT_EQ(query("SELECT amount FROM bronze.transfers ORDER BY line DESC LIMIT 1"),
            R"({"value":1})");
  EXPECT_EQ(query("SELECT raw FROM quarantine.rows WHERE line = 5"), "\\x7bff7d");
}

// ---- columns that come later

TEST_F(IngestTest, ColumnsAndTheirTypesAreRecordedOnceForEachListOfColumns) {
  const std::string row = "2024-01-01,A,B,1.50,";
  const std::string header = "booked_at,from_account,to_account,amount,";
  load_text("a.csv", header + "note,code,flag,day,at,empty,n\n" + row +
                         "x,007,true,2024-01-01,2024-01-01,,5\n" + row +
                         "1,8,false,2024-01-02,2024-01-01T10:00:00Z, ,-7\n2024-01-01,broken\n");
  load_text("b.csv", header + "note,code,flag,day,at,empty,n\n" + row + "1,1,1,1,1,1,1\n");
  load_text(
      "c.jsonl",
      R"({"booked_at":"2024-01-01","from_account":"A","to_account":"B","amount":2,"o":{"a":1}})");
  EXPECT_EQ(
      query("SELECT dataset, format, columns, types, first_file_id,"
            " (SELECT array_agg(file_id ORDER BY file_id) FROM aml.ingested_files f WHERE "
            "f.schema_id = s.schema_id) FROM aml.file_schemas s ORDER BY schema_id"),
      "transfers|aml|{booked_at,from_account,to_account,amount,note,code,flag,day,at,empty,n}|"
      "{date,text,text,numeric,text,text,boolean,date,timestamptz,unknown,integer}|1|{1,2}\n"
      "transfers|aml|{booked_at,from_account,to_account,amount,o}|"
      "{date,text,text,integer,json}|3|{3}");
}

TEST_F(IngestTest, WithFailAFileWithColumnsThatNoneHadBeforeIsRefused) {
  options_.schema_evolution = SchemaEvolution::kFail;
  const std::string header = "booked_at,from_account,to_account,amount";
  EXPECT_EQ(load_text("a.csv", header + ",channel\n2024-01-01,A,B,1,web\n").kind, Kind::kLoaded);
  EXPECT_EQ(load_text("b.csv", header + ", CHANNEL,type\n2024-01-02,A,B,1,web,X\n").kind,
            Kind::kLoaded);
  const auto refused =
      load_text("c.csv", header + ",channel,Device,ip\n2024-01-03,A,B,1,web,p,q\n");
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.message,
            path("c.csv") +
                ": has columns that no file of transfers had before: Device, ip; "
                "nothing of the file was loaded\n  to keep them in bronze, load it "
                "with --schema-evolution rescue; to have them in silver, with add");
  EXPECT_EQ(query("SELECT count(*) FROM bronze.transfers"), "2");
  options_.schema_evolution = SchemaEvolution::kRescue;
  const auto rescued = load_one(path("c.csv"));
  EXPECT_EQ(rescued.new_columns, (std::vector<std::string>{"Device", "ip"}));
  EXPECT_EQ(query("SELECT rescued FROM bronze.transfers ORDER BY file_id DESC LIMIT 1"),
            R"({"ip": "q", "Device": "p", "channel": "web"})");
}

TEST_F(IngestTest, WithAddUnknownColumnsBecomeColumnsOfSilverAndNoValueIsLost) {
  options_.schema_evolution = SchemaEvolution::kAdd;
  const std::string header = "transfer_id,booked_at,from_account,to_account,amount,";
  const auto first = load_text("a.csv", header +
                                            "Channel,fee,value date\n"
                                            "T1,2024-01-01,A,B,1,web,0.50,2024-01-03\n"
                                            "T2,2024-01-01,A,B,1,,7,\n");
  EXPECT_EQ(first.added_columns,
            (std::map<std::string, std::string>{
                {"Channel", "channel"}, {"fee", "fee"}, {"value date", "value_date"}}));
  // Other capitals are the same column; a value that does not fit its type is null in silver only.
  const auto second = load_text("b.csv", header +
                                             "channel,FEE\nT3,2024-01-01,A,B,1,app,free\n"
                                             "T4,2024-01-01,A,B,1,app,1\n");
  EXPECT_TRUE(second.added_columns.empty());
  EXPECT_EQ(second.warnings, (Counts{{"the type of column fee", 1}}));
  options_.schema_evolution = SchemaEvolution::kRescue;
  load_text("c.csv", header + "fee\nT5,2024-01-01,A,B,1,2\n");
  EXPECT_EQ(query("SELECT transfer_id, channel, fee, value_date FROM silver.transfers ORDER BY 1"),
            "T1|web|0.50|2024-01-03\nT2||7|\nT3|app||\nT4|app|1|\nT5||2|");
  EXPECT_EQ(query("SELECT rescued->>'FEE' FROM bronze.transfers WHERE transfer_id = 'T3'"), "free");
  EXPECT_EQ(query("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = "
                  "'silver.transfers'::regclass AND attname IN ('channel', 'fee', 'value_date') "
                  "ORDER BY attname"),
            "text\nnumeric\ndate");
}

TEST_F(IngestTest, NamesOfAddedColumnsAreHarmlessDistinctAndBounded) {
  options_.schema_evolution = SchemaEvolution::kAdd;
  std::string header =
      "party_id,name,file_id,\"a\"\"; DROP TABLE silver.parties; --\",ÄÖ,a "
      "b,A-B,9lives,dup,dup,'q'";
  std::string row = "P1,Ann,1,2,3,4,5,6,7,8,it's";
  const auto outcome = load_text("a.csv", header + '\n' + row + '\n');
  EXPECT_EQ(outcome.added_columns,
            (std::map<std::string, std::string>{
                {"file_id", "file_id_2"},
                {"a\"; DROP TABLE silver.parties; --", "a_drop_table_silver_parties"},
                {"ÄÖ", "c"},
                {"a b", "a_b"},
                {"A-B", "a_b_2"},
                {"9lives", "c_9lives"},
                {"'q'", "q"}}));
  EXPECT_EQ(query("SELECT file_id_2, a_drop_table_silver_parties, c, a_b, a_b_2, c_9lives, q FROM "
                  "silver.parties"),
            "1|2|3|4|5|6|it's");
  for (int i = 0; i < 200; ++i) {
    header += ",more" + std::to_string(i);
    row += ",x";
  }
  const auto many = load_text("b.csv", header + '\n' + row + '\n');
  EXPECT_EQ(many.added_columns.size(), 93U) << many.message;
}

TEST_F(IngestTest, AnAddedColumnOfAnAccountIsReplacedByWhatALaterFileSays) {
  options_.schema_evolution = SchemaEvolution::kAdd;
  load_text("a.csv", "account_id,party_id,branch\nA,P,north\nB,P,south\n");
  load_text("b.csv", "account_id,party_id\nA,P\n");
  EXPECT_EQ(query("SELECT account_id, branch FROM silver.accounts ORDER BY 1"), "A|\nB|south");
}

TEST_F(IngestTest, AColumnIsAddedWithItsFileOrNotAtAll) {
  options_.schema_evolution = SchemaEvolution::kAdd;
  for (auto& expectation : options_.expectations) {
    if (expectation.name == "amount_is_not_negative") expectation.policy = ExpectationPolicy::kFail;
  }
  EXPECT_EQ(load_text("t.csv",
                      "booked_at,from_account,to_account,amount,channel\n2024-01-01,A,B,-1,web\n")
                .kind,
            Kind::kRefused);
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM aml.added_columns) + (SELECT count(*) FROM "
                  "aml.file_schemas) +"
                  " (SELECT count(*) FROM pg_attribute WHERE attrelid = "
                  "'silver.transfers'::regclass AND attname = 'channel')"),
            "0");
}

TEST_F(IngestTest, AFileThatIsStillBeingWrittenIsRefusedAndLoadedWhenItIsWhole) {
  const std::string row =
      R"({"booked_at":"2024-01-01","from_account":"A","to_account":"B","amount":1)";
  for (const std::string name : {"t.csv", "t.jsonl"}) {
    const bool is_json = name == "t.jsonl";
    std::string content = is_json ? "" : "booked_at,from_account,to_account,amount\n";
    for (int i = 0; i < 3; ++i) content += is_json ? row + "}\n" : "2024-01-01,A,B,1\n";
    const std::string file = write(name, content);
    bool has_grown = false;
    options_.progress = [&](const std::string&, std::uint64_t, std::uint64_t) {
      if (std::exchange(has_grown, true)) return;
      std::ofstream(file, std::ios::app) << (is_json ? row + R"(,"new":1})" : "2024-01-02,A,B,2\n");
    };
    const auto outcome = load_one(file);
    EXPECT_EQ(outcome.message, file + ": has changed while it was being loaded; load it again");
    options_.progress = {};
    EXPECT_EQ(load_one(file).rows_loaded, 4U);
  }
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers"), "8");
}

// ---- expectations

TEST_F(IngestTest, ABrokenExpectationWithPolicyFailRollsTheWholeFileBack) {
  for (auto& expectation : options_.expectations) {
    if (expectation.name == "amount_is_not_negative") expectation.policy = ExpectationPolicy::kFail;
  }
  const std::string bad = write(
      "bad.csv",
      std::string(kTransfersHeader) +
          "T1,2024-01-01,A,B,1,USD,X\n\nT2,2024-01-01,A,B,-1,USD,X\nT3,2024-01-01,A,B,-2,USD,X\n");
  const auto outcome = load_one(bad);
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  expect_begins(
      outcome.message,
      bad +
          ":4: 2 of 3 transfers break expectation amount_is_not_negative, whose policy is "
          "fail: The amount ");
  expect_nothing_was_loaded();
  EXPECT_EQ(
      load_text("good.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n").kind,
      Kind::kLoaded);
}

TEST_F(IngestTest, AnExpectationOfOnesOwnSeesEveryColumnAndTheRescuedOnes) {
  options_.expectations.push_back({"channel_is_known", "transfers",
                                   "rescued->>'channel' IN ('web', 'branch') -- as of 2024",
                                   ExpectationPolicy::kQuarantine, "The channel is known."});
  const auto outcome = load_text("t.csv",
                                 "booked_at,from_account,to_account,amount,channel\n2024-01-01,A,B,"
                                 "1,web\n2024-01-01,A,B,1,fax\n");
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"channel_is_known", 1}}));
}

TEST_F(IngestTest, ACheckThatIsNoConditionIsNamedBeforeAnythingIsLoaded) {
  const std::string file =
      write("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  for (const std::string check : {"amnt > 0", "amount", "amount > ", "count(*) > 0",
                                  "true); DROP TABLE silver.transfers; --"}) {
    auto options = options_;
    options.expectations.push_back({"mine", "transfers", check, ExpectationPolicy::kWarn, "d"});
    try {
      ingest(connection_, {file}, options);
      FAIL() << check;
    } catch (const StoreError& error) {
      EXPECT_EQ(error.failure(), StoreFailure::kStatement);
      EXPECT_EQ(std::string(error.what()).substr(0, 62),
                "expectation mine of transfers is not an SQL condition over its")
          << check;
      EXPECT_NE(std::string(error.what()).find(check), std::string::npos);
    }
  }
  expect_nothing_was_loaded();
}

TEST_F(IngestTest, WhatOthersPutIntoTheSearchPathIsNotCalled) {
  // Each fits calls of ours better than PostgreSQL's own, which takes any array or any type.
  const std::string raises = " LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$; ";
  query("CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text" + raises +
        "CREATE FUNCTION public.count(text) RETURNS bigint" + raises +
        "CREATE FUNCTION public.joined(text, bigint) RETURNS text" + raises +
        "CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = bigint, FUNCTION = public.joined)");
  EXPECT_EQ(load_text("t.csv", "booked_at,from_account,to_account,amount,new\n2024-01-01,A,B,1,x\n")
                .rows_loaded,
            1U);
  // These are the same as PostgreSQL's own, and the defaults of the database put them before those.
  query("CREATE FUNCTION public.now() RETURNS timestamptz" + raises +
        "CREATE FUNCTION public.btrim(text) RETURNS text" + raises +
        "CREATE FUNCTION public.same(text, text) RETURNS boolean" + raises +
        "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same)");
  query("ALTER DATABASE " + query("SELECT current_database()") +
        " SET search_path = public, pg_catalog");
  connection_ = database_.connect();
  EXPECT_EQ(
      load_text("u.csv", std::string(kTransfersHeader) + "U1,2024-01-01,A,B,1,USD,X\n").rows_loaded,
      1U);
  EXPECT_EQ(load_text("p.csv", "party_id,name,email\nP1,Zoë,Z@bank.example\n").rows_loaded, 1U);
  // A check of one's own says where the function is that it means.
  query("CREATE FUNCTION public.is_even(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'");
  options_.expectations = {
      {"mine", "transfers", "is_even(line)", ExpectationPolicy::kWarn, "described"}};
  const std::string file = write("v.csv", std::string(kTransfersHeader));
  try {
    load({file});
    FAIL() << "a function of public was found";
  } catch (const StoreError& error) {
    EXPECT_NE(std::string(error.what()).find("needs its schema: public.similarity"),
              std::string::npos)
        << error.what();
  }
  options_.expectations[0].condition = "public.is_even(line)";
  EXPECT_EQ(load_one(file).kind, Kind::kLoaded);
}

TEST_F(IngestTest, ExpectationsOfAnUnknownDatasetOrWithOneNameTwiceAreRefused) {
  const std::string file =
      write("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  options_.expectations.push_back({"mine", "trades", "true", ExpectationPolicy::kWarn, "d"});
  EXPECT_THROW(load({file}), std::invalid_argument);
  options_.expectations.back() = options_.expectations.front();
  EXPECT_THROW(load({file}), std::invalid_argument);
}

TEST_F(IngestTest, WithoutExpectationsAFileThatDoesNotFitSilverIsRefusedNotLost) {
  options_.expectations.clear();
  const auto outcome =
      load_text("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,x,USD,X\n");
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_NE(outcome.message.find("no expectation stops such a row"), std::string::npos)
      << outcome.message;
  expect_nothing_was_loaded();
  EXPECT_EQ(load_text("good.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n")
                .rows_loaded,
            1U);
}

// ---- accounts, parties, rates and what is derived

TEST_F(IngestTest, AccountsAndPartiesThatNoFileDescribesAreDerivedFromTransfers) {
  load_text("t.csv", std::string(kTransfersHeader) +
                         "T1,2024-01-01,A,B,1,USD,X\nT2,2024-01-01,B,C,1,USD,X\n");
  EXPECT_EQ(query("SELECT account_id, party_id, is_derived, line FROM silver.accounts ORDER BY 1"),
            "A|A|t|2\nB|B|t|2\nC|C|t|3");
  EXPECT_EQ(query("SELECT party_id, kind, base_risk, is_derived FROM silver.parties ORDER BY 1"),
            "A|unknown|0|t\nB|unknown|0|t\nC|unknown|0|t");
}

TEST_F(IngestTest, ALaterFileReplacesWhatAnEarlierOneSaidOfAccountsPartiesAndRates) {
  load_text("p1.csv",
            "party_id,name,kind,country,base_risk,address,email,phone\nP1,Ann,person,us,2.5,1 Main "
            "Street,ANN@x.org,+1 555 1234\n");
  load_text("a1.csv", "account_id,party_id,currency,opened_on\nA1,P1,usd,2020-02-29\n");
  EXPECT_EQ(
      query("SELECT kind, value, normalised_value FROM silver.party_attributes ORDER BY 1"),
      "address|1 Main Street|1 main st\nemail|ANN@x.org|ann@x.org\nphone|+1 555 1234|+15551234");
  load_text("p2.csv", "party_id,name,kind,email\nP1,Anna,O,anna@x.org\nP2,Bob,I,\n");
  load_text("a2.csv", "account_id,party_id,kind\nA1,P2,savings\n");
  EXPECT_EQ(query("SELECT party_id, name, kind, coalesce(country, '-'), base_risk, is_derived FROM "
                  "silver.parties ORDER BY 1"),
            "P1|Anna|company|-|0|f\nP2|Bob|person|-|0|f");
  EXPECT_EQ(query("SELECT party_id, kind, normalised_value FROM silver.party_attributes"),
            "P1|email|anna@x.org");
  EXPECT_EQ(query("SELECT account_id, party_id, kind, coalesce(currency_code, '-'), is_derived "
                  "FROM silver.accounts"),
            "A1|P2|savings|-|f");
}

TEST_F(IngestTest, ARowThatSaysNothingNewIsNotWrittenAgain) {
  const std::string parties =
      "party_id,name,address,email\nP1,Ann,1 Main Street,ann@x.org\nP2,Bob,2 Main Street,\n";
  load_text("p1.csv", parties);
  load_text("a1.csv", "account_id,party_id,country\nA1,P1,us\nA2,P2,us\n");
  load_text("r1.csv", "currency,rate_date,rate\nEUR,2024-01-01,1.10\nEUR,2024-01-02,1.20\n");
  // The same and one more; of what is known one value each is another, of P1 only its address.
  load_text("p2.csv",
            "party_id,name,address,email\nP1,Ann,9 Side Street,ann@x.org\nP2,Bob,2 Main "
            "Street,\nP3,Cem,,\n");
  load_text("a2.csv", "account_id,party_id,country\nA1,P1,us\nA2,P2,de\nA3,P3,de\n");
  load_text("r2.csv", "currency,rate_date,rate\nEUR,2024-01-01,1.1\nEUR,2024-01-02,1.25\n");
  EXPECT_EQ(query("SELECT party_id FROM history.silver_parties"), "P1");
  EXPECT_EQ(query("SELECT party_id, value FROM history.silver_party_attributes"),
            "P1|1 Main Street");
  EXPECT_EQ(query("SELECT party_id, kind, value FROM silver.party_attributes ORDER BY 1, 2"),
            "P1|address|9 Side Street\nP1|email|ann@x.org\nP2|address|2 Main Street");
  EXPECT_EQ(query("SELECT account_id, country FROM history.silver_accounts"), "A2|US");
  EXPECT_EQ(query("SELECT rate_date, rate FROM history.silver_fx_rates"), "2024-01-02|1.20");
  EXPECT_EQ(query("SELECT string_agg(operation, ' ' ORDER BY version) FROM aml.versions"),
            "INIT LOAD LOAD LOAD LOAD LOAD LOAD");
}

TEST_F(IngestTest, BrokenAccountsPartiesAndRatesAreQuarantinedByName) {
  EXPECT_EQ(load_text("a.csv",
                      "account_id,party_id,currency,opened_on\nA1,,USD,\n,P,USD,\nA2,P,XXX,\nA3,P,,"
                      "2023-02-29\nA1,P9,,\n" +
                          std::string(201, 'a') + ",P,,\n")
                .quarantined_by_reason,
            (Counts{{"account_id_is_present", 1},
                    {"currency_is_known", 1},
                    {"opened_on_is_a_day", 1},
                    {"account_id_is_unique", 1},
                    {"account_id_is_short", 1}}));
  const auto parties = load_text("p.csv",
                                 "party_id,kind,base_risk,email\nP1,robot,,\nP2,,-1,\nP3,,high,"
                                 "\nP4,,0.5,not an address\n,,,\nP4,,,\n");
  EXPECT_EQ(parties.quarantined_by_reason, (Counts{{"kind_is_known", 1},
                                                   {"base_risk_is_not_negative", 1},
                                                   {"base_risk_is_a_number", 1},
                                                   {"party_id_is_present", 1},
                                                   {"party_id_is_unique", 1}}));
  EXPECT_EQ(parties.warnings, (Counts{{"email_is_plausible", 1}}));
  EXPECT_EQ(load_text("r.csv",
                      "currency,rate_date,rate\nEUR,2024-01-01,1.1\nEUR,2024-01-01,1.2\nEUR,2024-"
                      "01-02,0\nXXX,2024-01-01,1\nEUR,1.1.24,1\n")
                .quarantined_by_reason,
            (Counts{{"currency_and_rate_date_are_unique", 1},
                    {"rate_is_positive", 1},
                    {"currency_is_known", 1},
                    {"rate_date_is_a_day", 1}}));
  EXPECT_EQ(query("SELECT rate FROM silver.fx_rates"), "1.1");
}

TEST_F(IngestTest, AmountsAreConvertedAtTheRateOfTheDayAndRoundedToTheBaseCurrency) {
  load_text("r.csv",
            "currency,rate_date,rate\nEUR,2024-01-01,1.1\nEUR,2024-01-03,1.2345\nJPY,2024-01-01,0."
            "0067\n");
  const auto outcome = load_text("t.csv", std::string(kTransfersHeader) +
                                              "T0,2023-12-31T23:59:59Z,A,B,10.00,EUR,X\n"
                                              "T1,2024-01-01,A,B,10.01,EUR,X\n"
                                              "T2,2024-01-02T23:59:59Z,A,B,10.00,EUR,X\n"
                                              "T3,2024-01-03T00:30:00+01:00,A,B,10.00,EUR,X\n"
                                              "T4,2024-05-05,A,B,10.00,EUR,X\n"
                                              "T5,2024-05-05,A,B,1000,JPY,X\n"
                                              "T6,2024-05-05,A,B,1000.5,JPY,X\n"
                                              "T7,2024-05-05,A,B,1,CHF,X\n");
  EXPECT_EQ(outcome.quarantined_by_reason,
            (Counts{{"fx_rate_is_known", 2}, {"amount_fits_its_currency", 1}}));
  EXPECT_EQ(query("SELECT transfer_id, amount, amount_base FROM silver.transfers ORDER BY 1"),
            "T1|10.01|11.01\nT2|10.00|11.00\nT3|10.00|11.00\nT4|10.00|12.35\nT5|1000|6.70");
}

TEST_F(IngestTest, LaterRatesRevalueTransfersThatAreThere) {
  load_text("r1.csv", "currency,rate_date,rate\nEUR,2024-01-01,1.1\n");
  load_text(
      "t.csv",
      std::string(kTransfersHeader) +
          "T1,2024-01-01,A,B,10,EUR,X\nT2,2024-01-05,A,B,10,EUR,X\nT3,2024-01-05,A,B,10,USD,X\n");
  load_text("r2.csv", "currency,rate_date,rate\nEUR,2024-01-04,2\n");
  EXPECT_EQ(query("SELECT transfer_id, amount_base FROM silver.transfers ORDER BY 1"),
            "T1|11.00\nT2|20.00\nT3|10.00");
}

TEST_F(IngestTest, FilesInAnyOrderAndRowsShuffledAcrossFilesGiveTheSameSilver) {
  std::mt19937 random(3);
  const auto any = [&](int n) { return std::to_string(random() % static_cast<unsigned>(n)); };
  std::vector<std::string> parties, accounts, transfers;
  for (int i = 0; i < 20; ++i) {
    // Some parties have the id of an account whose owner is somebody else.
    parties.push_back((i % 3 == 0 ? "A" : "P") + std::to_string(i) + ",Name " + any(5) + ',' +
                      any(9) + " Long Street,n" + any(6) + "@x.org");
    accounts.push_back("A" + std::to_string(2 * i) + ",P" + any(30));
  }
  for (int i = 0; i < 300; ++i) {
    transfers.push_back("T" + std::to_string(i) + ",2024-01-" + (random() % 2 == 0 ? "05" : "20") +
                        ",A" + any(50) + ",A" + any(50) + ',' + any(100) +
                        (random() % 3 == 0 ? ",EUR" : ",USD"));
  }
  const auto split = [&](const std::string& header, std::vector<std::string> rows,
                         std::size_t files, const std::string& name) {
    std::ranges::shuffle(rows, random);
    std::vector<std::string> contents(files, header + '\n');
    for (std::size_t i = 0; i < rows.size(); ++i) contents[i % files] += rows[i] + '\n';
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < files; ++i)
      paths.push_back(write(name + std::to_string(i) + ".csv", contents[i]));
    return paths;
  };
  write("rates.csv", "currency,rate_date,rate\nEUR,2024-01-01,1.1\nEUR,2024-01-10,1.3\n");
  std::string expected;
  for (int round = 0; round < 4; ++round) {
    test::TestDatabase database;
    auto connection = database.connect();
    const auto files = static_cast<std::size_t>(round + 1);
    std::vector<std::string> paths =
        split("party_id,name,address,email", parties, files, "p" + std::to_string(round));
    for (auto& path : split("account_id,party_id", accounts, files, "a" + std::to_string(round)))
      paths.push_back(path);
    for (auto& path : split("transfer_id,booked_at,from_account,to_account,amount,currency",
                            transfers, files, "t" + std::to_string(round)))
      paths.push_back(path);
    std::ranges::shuffle(paths, random);
    ingest(connection, {path("rates.csv")}, options_);
    for (const auto& one : paths)
      ingest(connection, {one}, options_);  // one by one, so that no order is imposed
    const std::string found =
        database.query(
            "SELECT transfer_id, from_account_id, to_account_id, amount, amount_base FROM "
            "silver.transfers ORDER BY 1") +
        "\n--\n" +
        database.query("SELECT account_id, party_id, is_derived FROM silver.accounts ORDER BY 1") +
        "\n--\n" +
        database.query("SELECT party_id, name, is_derived FROM silver.parties ORDER BY 1") +
        "\n--\n" +
        database.query(
            "SELECT party_id, kind, value, normalised_value FROM silver.party_attributes ORDER BY "
            "1, 2");
    if (round == 0) expected = found;
    EXPECT_EQ(found, expected) << "round " << round;
  }
}

/// Texts made of what normalising has to do with, and of any characters.
std::vector<std::string> attributes_of_all_kinds(std::size_t count) {
  const std::vector<std::string> pieces{"Street",
                                        "street",
                                        "STREET",
                                        "str",
                                        "Str.",
                                        "strasse",
                                        "Hauptstrasse",
                                        "Straße",
                                        "HAUPTSTRAßE",
                                        "strassestrasse",
                                        "avenue",
                                        "Av",
                                        "Road",
                                        "drive",
                                        "LANE",
                                        "boulevard",
                                        "court",
                                        "Place",
                                        "square",
                                        "terrace",
                                        "highway",
                                        "parkway",
                                        "circle",
                                        "Crescent",
                                        "close",
                                        "gardens",
                                        "Apartment",
                                        "suite",
                                        "floor",
                                        "building",
                                        "number",
                                        "North",
                                        "south",
                                        "East",
                                        "west",
                                        "Saint",
                                        "mount",
                                        "st",
                                        "ave",
                                        "streets",
                                        "12",
                                        "4b",
                                        "007",
                                        "+1",
                                        "00",
                                        "(0)",
                                        "(555)",
                                        "O'Neill",
                                        "P.O.",
                                        "l’Hôtel",
                                        "‘x’",
                                        "Besançon",
                                        "e\u0301",
                                        "Ørsted",
                                        "Łódź",
                                        "İstanbul",
                                        "ISPARTA",
                                        "Æther",
                                        "œuvre",
                                        "ﬁn",
                                        "ẞ",
                                        "１２",
                                        "東京",
                                        "улица",
                                        "ΣΟΦΟΣ",
                                        "٣",
                                        "😀",
                                        "²",
                                        "ª",
                                        " ",
                                        " ",
                                        "  ",
                                        "\t",
                                        "\n",
                                        "\x01",
                                        "\x1f",
                                        "\x7f",
                                        "\u0080",
                                        "\u00a0",
                                        "\u2003",
                                        "\u2019",
                                        "\u2028",
                                        "\u3000",
                                        ",",
                                        ", ",
                                        "-",
                                        "–",
                                        "/",
                                        "#",
                                        "_",
                                        "\\",
                                        "\"",
                                        "'",
                                        ".",
                                        "(",
                                        ")",
                                        "$",
                                        "@",
                                        "`",
                                        "{",
                                        "~",
                                        "|",
                                        "st ",
                                        " str "};
  std::mt19937 random(7);
  const auto any = [&random](std::size_t below) { return random() % below; };
  std::vector<std::string> values;
  while (values.size() < count) {
    std::string value;
    for (std::size_t piece = any(8); piece > 0; --piece) {
      if (any(12) > 0) {
        value += pieces[any(pieces.size())];
        if (any(3) > 0) value += ' ';
      } else {
        const auto code = static_cast<unsigned>(1 + any(0xd7ff));
        if (code < 0x80) {
          value += static_cast<char>(code);
        } else if (code < 0x800) {
          value += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
        } else {
          value +=
              {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
               static_cast<char>(0x80 | (code & 0x3f))};
        }
      }
    }
    values.push_back(std::move(value));
  }
  return values;
}

TEST_F(IngestTest, AttributesAreNormalisedAsTheyWereInTheFirstRelease) {
  std::ifstream file(AML_SOURCE_DIR "/store/sql/schema/003_silver.sql");
  std::stringstream schema;
  schema << file.rdbuf();
  const std::string text = schema.str();
  const std::size_t begin = text.find("CREATE FUNCTION aml.normalise_address");
  ASSERT_NE(begin, std::string::npos);
  std::string first_release = text.substr(begin);
  for (std::size_t at = 0; (at = first_release.find("aml.normalise_", at)) != std::string::npos;)
    first_release.replace(at, 3, "first");
  query("CREATE SCHEMA first; " + first_release);

  pqxx::work session(connection_.pqxx());
  session.exec("CREATE TEMPORARY TABLE given (value text)");
  pqxx::stream_to stream(session, "given", std::vector<std::string>{"value"});
  for (const auto& value : attributes_of_all_kinds(6'000)) stream << std::make_tuple(value);
  stream.complete();
  const auto differing = session.exec(
      "SELECT kind, value, first.normalise_attribute(kind, value), aml.normalise_attribute(kind, "
      "value) "
      "FROM given, unnest(ARRAY['address', 'email', 'phone']) AS kind WHERE "
      "first.normalise_attribute(kind, value) IS DISTINCT FROM aml.normalise_attribute(kind, "
      "value)");
  EXPECT_EQ(differing.size(), 0U) << differing[0][0].c_str() << " <" << differing[0][1].c_str()
                                  << "> was <" << differing[0][2].c_str() << ">, is <"
                                  << differing[0][3].c_str() << '>';
}

TEST_F(IngestTest, AttributesAreNormalisedForComparison) {
  const auto normalised = [&](const std::string& kind, const std::string& value) {
    return query("SELECT coalesce(aml.normalise_attribute('" + kind + "', $$" + value +
                 "$$), '(none)')");
  };
  EXPECT_EQ(normalised("email", "  John.Doe+tag@Example.ORG "), "john.doe+tag@example.org");
  EXPECT_EQ(normalised("email", "   "), "(none)");
  EXPECT_EQ(normalised("phone", "+1 (555) 123-4567"), "+15551234567");
  EXPECT_EQ(normalised("phone", "0044 20 7946 0958"), "+442079460958");
  EXPECT_EQ(normalised("phone", "+44 (0)20 7946 0958"), "+442079460958");
  EXPECT_EQ(normalised("phone", "(030) 12 34"), "0301234");
  EXPECT_EQ(normalised("phone", "none"), "(none)");
  EXPECT_EQ(normalised("phone", "000"), "(none)");
  EXPECT_EQ(normalised("address", "12, Main Street  Apt. #4, New-York"),
            "12 main st apt 4 new york");
  EXPECT_EQ(normalised("address", "12 MAIN ST APARTMENT 4 NEW YORK"), "12 main st apt 4 new york");
  EXPECT_EQ(normalised("address", "Rue de l'Hôtel, Besançon"), "rue de lhotel besancon");
  EXPECT_EQ(normalised("address", "Hauptstraße 5"), normalised("address", "Hauptstr. 5"));
  EXPECT_EQ(normalised("address", "Ørsted Ærø Łódź"), "orsted aero lodz");
  EXPECT_EQ(normalised("address", "улица Ленина, 5"), "улица ленина 5");
  EXPECT_EQ(normalised("address", "東京都千代田区１－２"), "東京都千代田区1 2");
  EXPECT_EQ(normalised("address", " .,- "), "(none)");
  for (const std::string address : {"12 Main Street", "Hauptstraße 5", "Rue de l'Hôtel"}) {
    EXPECT_EQ(normalised("address", normalised("address", address)), normalised("address", address))
        << "once is enough";
  }
}

TEST_F(IngestTest, EveryCurrencyHasTheExponentOfIso4217) {
  EXPECT_EQ(query("SELECT string_agg(currency_code, ' ' ORDER BY currency_code) FROM "
                  "silver.currencies WHERE exponent = 3"),
            "BHD IQD JOD KWD LYD OMR TND");
  EXPECT_EQ(query("SELECT currency_code, exponent FROM silver.currencies WHERE currency_code IN "
                  "('CLF', 'EUR', 'JPY', 'UYW') ORDER BY 1"),
            "CLF|4\nEUR|2\nJPY|0\nUYW|4");
}

constexpr const char* kPartiesFile =
    "party_id,name,address,email,phone\nP1,Ann,1 Main Street,ann@x.org,+1 555 1234\nP2,Bob,2 Main "
    "Street,,\n";
constexpr const char* kAccountsFile = "account_id,party_id,currency\nA,P1,USD\nB,P2,EUR\nC,P3,\n";

/// Also whether keys that refer to other tables can be deferred.
constexpr const char* kIndexesAndKeys =
    "SELECT schemaname, indexname, indexdef FROM pg_indexes WHERE schemaname IN ('bronze', "
    "'silver') UNION ALL "
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) || convalidated::text "
    "FROM pg_constraint "
    "WHERE connamespace IN ('bronze'::regnamespace, 'silver'::regnamespace) ORDER BY 1, 2";

TEST_F(IngestTest, TheFirstLoadLeavesTheIndexesAndKeysThatTheSchemaMade) {
  const std::string before = query(kIndexesAndKeys);
  load_text("p.csv", kPartiesFile);
  load_text("a.csv", kAccountsFile);
  load_text("t.csv", std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n");
  EXPECT_EQ(query(kIndexesAndKeys), before);
  EXPECT_EQ(query("SELECT count(*) FROM silver.party_attributes"), "4");
}

TEST_F(IngestTest, TheFirstAccountsAreRefusedIfOneIsInACurrencyThatNobodyKnows) {
  std::erase_if(options_.expectations, [](const Expectation& expectation) {
    return expectation.name == "currency_is_known";
  });
  const std::string before = query(kIndexesAndKeys);
  const auto outcome = load_text("a.csv", std::string(kAccountsFile) + "D,P4,ZZZ\n");
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_NE(outcome.message.find("accounts_currency_code_fkey"), std::string::npos)
      << outcome.message;
  expect_nothing_was_loaded();
  EXPECT_EQ(query(kIndexesAndKeys), before);
}

TEST_F(IngestTest, TheFirstLoadDoesNotWaitForWhoeverReads) {
  auto reader = database_.connect();
  const std::string indexes_and_keys =
      "SELECT indexrelid FROM pg_index WHERE indrelid = ANY "
      "('{bronze.transfers,silver.transfers,silver.party_attributes}'::regclass[]) "
      "UNION ALL SELECT oid FROM pg_constraint WHERE contype = 'f' AND connamespace = "
      "'silver'::regnamespace ORDER BY 1";
  const std::string before = query(indexes_and_keys);
  const std::string row = "T1,2024-01-01,A,B,1,USD,X\n";
  {
    pqxx::work reading(reader.pqxx());
    reading.exec("SELECT FROM bronze.transfers, silver.transfers, silver.parties");
    load_text("p.csv", kPartiesFile);
    load_text("a.csv", kAccountsFile);
    const auto outcome = load_text("t.csv", kTransfersHeader + row + row);
    EXPECT_EQ(outcome.rows_loaded, 1U);
    EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}));
  }
  EXPECT_EQ(query("SELECT count(*) FROM silver.party_attributes"), "4");
  EXPECT_EQ(query(indexes_and_keys), before) << "they were built anew";
}

TEST_F(IngestTest, ProgressIsTold) {
  std::uint64_t last = 0, total = 0;
  options_.progress = [&](const std::string&, std::uint64_t bytes_read, std::uint64_t bytes_total) {
    EXPECT_GE(bytes_read, last);
    last = bytes_read;
    total = bytes_total;
  };
  const std::string content = std::string(kTransfersHeader) + "T1,2024-01-01,A,B,1,USD,X\n";
  load_text("t.csv", content);
  EXPECT_EQ(last, content.size());
  EXPECT_EQ(total, content.size());
}

// ---- AMLSim

TEST_F(IngestTest, AnAmlsimAccountGivesAnAccountAndItsParty) {
  const auto outcome = load_text(
      "accounts.csv",
      "acct_id,dsply_nm,type,acct_rptng_crncy,prior_sar_count,first_name,last_name,street_addr,"
      "city,state,country,zip\n"
      "7,C_7,I,USD,true,Ann,Lee,5 Elm "
      "Street,Troy,NY,US,12180\n8,C_8,O,USD,false,Acme,,,,,,\n9,C_9,I,ZZZ,false,X,Y,,,,,\n");
  EXPECT_EQ(outcome.rows_read, 3U);
  EXPECT_EQ(outcome.rows_loaded, 2U);
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"currency_is_known", 1}}));
  EXPECT_EQ(
      query(
          "SELECT account_id, party_id, currency_code, is_derived FROM silver.accounts ORDER BY 1"),
      "7|7|USD|f\n8|8|USD|f");
  EXPECT_EQ(query("SELECT party_id, name, kind, country, is_derived FROM silver.parties WHERE "
                  "party_id = '7'"),
            "7|Ann Lee|person|US|f");
  EXPECT_EQ(query("SELECT name, kind FROM silver.parties WHERE party_id = '8'"), "Acme|company");
  EXPECT_EQ(query("SELECT party_id, normalised_value FROM silver.party_attributes"),
            "7|5 elm st troy ny 12180 us");
  EXPECT_EQ(query("SELECT rescued->>'prior_sar_count', rescued->>'dsply_nm' FROM bronze.accounts "
                  "WHERE line = 2"),
            "true|C_7");
}

TEST_F(IngestTest, TheAmlsimFolderLoadsWholeAndItsLabelsAreNotUsed) {
  const fs::path folder = fs::path(AML_SOURCE_DIR) / "../shared/data/amlsim-12k";
  if (!fs::exists(folder)) GTEST_SKIP() << "SKIPPED: " << folder << " is not there";
  std::uint64_t loaded = 0;
  std::size_t ignored = 0;
  for (const auto& outcome : load({folder})) {
    loaded += outcome.rows_loaded;
    ignored += outcome.kind == Kind::kIgnored ? 1 : 0;
    EXPECT_EQ(outcome.rows_quarantined, 0U) << outcome.path;
  }
  EXPECT_EQ(loaded, 201'571U + 12'043U);
  EXPECT_EQ(ignored, 3U);
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM silver.transfers), (SELECT count(*) FROM "
                  "silver.accounts WHERE NOT is_derived),"
                  " (SELECT count(*) FROM silver.accounts), (SELECT count(*) FROM silver.parties), "
                  "(SELECT min(booked_at) FROM silver.transfers)"),
            "201571|12043|12043|12043|2017-01-01 00:00:00+00");
  for (const auto& outcome : load({folder}))
    EXPECT_NE(outcome.kind, Kind::kLoaded) << "the second time";
}

}  // namespace
}  // namespace aml::store
