// SPDX-License-Identifier: Apache-2.0
// The files of IBM's AMLworld, from a folder into silver and quarantine.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "scenarios/scenario.hpp"
#include "store/ingest.hpp"
#include "tests/support/amlworld_files.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

namespace fs = std::filesystem;
using Kind = FileOutcome::Kind;
using Counts = std::map<std::string, std::uint64_t>;

const std::string kRates = AML_SOURCE_DIR "/docs/amlworld_rates.csv";

class AmlworldLoad : public testing::Test {
 protected:
  AmlworldLoad() : connection_(database_.connect()) {
    std::string folder = fs::temp_directory_path() / "aml-amlworld-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    options_.expectations = scenarios::load_expectations("");
  }
  ~AmlworldLoad() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  std::string write_transfers(std::string_view rows) const {
    return write("HI-Tiny_Trans.csv",
                 std::string(test::kAmlworldTransfersHeader) + std::string(rows));
  }
  void write_all() const {
    write_transfers(test::kAmlworldTransfers);
    write("HI-Tiny_accounts.csv", std::string(test::kAmlworldAccounts));
    write("HI-Tiny_Patterns.txt", std::string(test::kAmlworldPatterns));
  }
  std::vector<FileOutcome> load(const std::vector<std::string>& paths) {
    return ingest(connection_, paths, options_);
  }
  std::string query(const std::string& sql) const { return database_.query(sql); }

  test::TestDatabase database_;
  Connection connection_;
  IngestOptions options_;
  fs::path folder_;
};

TEST_F(AmlworldLoad, AFolderGivesAccountsThenTransfersAndItsPatternsAreLabels) {
  write_all();
  std::string told;
  for (const auto& outcome : load({folder_, kRates})) {
    told += fs::path(outcome.path).filename().string() + ' ' + outcome.dataset + ' ' +
            std::to_string(outcome.rows_loaded) + '/' + std::to_string(outcome.rows_read) + '\n';
    EXPECT_EQ(outcome.quarantined_by_reason, Counts{}) << outcome.path;
    if (outcome.kind == Kind::kIgnored) {
      EXPECT_EQ(outcome.message,
                outcome.path + ": AMLworld's list of laundering attempts: labels are not input");
    } else {
      EXPECT_EQ(outcome.kind, Kind::kLoaded) << outcome.message;
    }
    if (outcome.dataset == "transfers") {
      EXPECT_EQ(outcome.warnings, (Counts{{"accounts_differ", 2}}));
    }
  }
  EXPECT_EQ(told,
            "HI-Tiny_Patterns.txt  0/0\n"
            "amlworld_rates.csv fx_rates 14/14\n"
            "HI-Tiny_accounts.csv accounts 5/5\n"
            "HI-Tiny_Trans.csv transfers 11/11\n");
}

TEST_F(AmlworldLoad, TransfersCarryWhatWasPaidAtItsTimeBetweenAccountsOfBanks) {
  write_all();
  load({folder_, kRates});
  EXPECT_EQ(query("SELECT line, booked_at, from_account_id, to_account_id, amount, currency_code, "
                  "amount_base, type FROM silver.transfers ORDER BY line"),
            "2|2022-09-01 00:20:00+00|10:8000EBD30|10:8000EBD30|3697.34|USD|3697.34|Reinvestment\n"
            "3|2022-09-01 01:00:00+00|10:8000EBD30|1:80A7FD400|10000.00|USD|10000.00|ACH\n"
            "4|2022-09-01 09:00:00+00|1:80A7FD400|210:80A7FD400|8500.00|EUR|9960.16|ACH\n"
            "5|2022-09-02 08:00:00+00|210:80A7FD400|10:8000EBD30|1053000.57|JPY|9990.52|ACH\n"
            "6|2022-09-02 10:00:00+00|0:800073EF0|20:80BC62F10|0.10000100|XBT|1188.21|Bitcoin\n"
            "7|2022-09-03 12:00:00+00|70:8012345C0|20:80BC62F10|500.00|RUB|6.43|Cheque\n"
            "8|2022-09-03 12:00:00+00|70:8012345C0|20:80BC62F10|500.00|RUB|6.43|Cheque\n"
            "9|2022-09-03 12:00:00+00|70:8012345C0|20:80BC62F10|500.00|RUB|6.43|Cheque\n"
            "10|2022-08-30 23:59:00+00|20:80BC62F10|0:800073EF0|400.00|CNY|59.72|ACH\n"
            "11|2022-09-04 07:00:00+00|0:800073EF0|0:800073EF0|60.00|GBP|77.50|ACH\n"
            "12|2022-09-05 13:00:00+00|1:80A7FD400|0:800073EF0|75.10|CHF|82.08|Credit Card");
  EXPECT_EQ(
      query("SELECT count(DISTINCT transfer_id), bool_and(transfer_id = left(f.sha256, 12) || "
            "'-' || line) FROM silver.transfers JOIN aml.ingested_files f USING (file_id)"),
      "11|t");
  EXPECT_EQ(query("SELECT from_account, rescued FROM bronze.transfers WHERE line = 6"),
            R"(000:800073EF0|{"Is Laundering": "0", "Amount Received": "1188.20", )"
            R"("Receiving Currency": "US Dollar"})");
}

TEST_F(AmlworldLoad, AccountsBelongToTheirEntitiesWhateverTheZerosOfTheirBank) {
  write_all();
  load({folder_, kRates});
  EXPECT_EQ(query("SELECT account_id, party_id, is_derived FROM silver.accounts ORDER BY 1"),
            "0:800073EF0|800C998A0|f\n"
            "10:8000EBD30|80062E240|f\n"
            "1:80A7FD400|800C998A0|f\n"
            "20:80BC62F10|80062E240|f\n"
            "210:80A7FD400|800DAA850|f\n"
            "70:8012345C0|70:8012345C0|t");
  EXPECT_EQ(query("SELECT party_id, name, kind, is_derived, line FROM silver.parties ORDER BY 1"),
            "70:8012345C0||unknown|t|7\n"
            "80062E240|Sole Proprietorship #50438|unknown|f|2\n"
            "800C998A0|Corporation #33520|unknown|f|3\n"
            "800DAA850|Partnership #31380|unknown|f|4");
  EXPECT_EQ(query("SELECT rescued->>'Bank Name' FROM bronze.accounts WHERE line = 5"),
            "Italy Bank #18");
}

TEST_F(AmlworldLoad, ASecondLoadOfTheFolderChangesNothing) {
  write_all();
  load({folder_, kRates});
  const std::string counts =
      "SELECT (SELECT count(*) FROM silver.transfers), (SELECT count(*) FROM silver.accounts), "
      "(SELECT count(*) FROM silver.parties), (SELECT count(*) FROM bronze.transfers), "
      "(SELECT count(*) FROM quarantine.rows)";
  EXPECT_EQ(query(counts), "11|6|4|11|0");
  for (const auto& outcome : load({folder_, kRates})) EXPECT_NE(outcome.kind, Kind::kLoaded);
  EXPECT_EQ(query(counts), "11|6|4|11|0");
}

TEST_F(AmlworldLoad, BrokenRowsAreQuarantinedWithTheirReason) {
  const auto transfers = write_transfers(
      "2022/09/01 00:20,010,A,020,B,5.00,Doubloon,5.00,Doubloon,ACH,0\n"
      "2022/09/01 00:20,,A,020,B,5.00,Euro,5.00,Euro,ACH,0\n"
      "2022/09/01 00:20,010,A,020,,5.00,Euro,5.00,Euro,ACH,0\n"
      "2022/13/01 00:20,010,A,020,B,5.00,Euro,5.00,Euro,ACH,0\n"
      "2022/02/29 00:20,010,A,020,B,5.00,Euro,5.00,Euro,ACH,0\n"
      "2022/09/01 00:20,010,A,020,B,5.005,Yen,5.005,Yen,ACH,0\n"
      "2022/09/01 00:20,010,A,020,B,0.000000001,Bitcoin,0.000000001,Bitcoin,ACH,0\n"
      "2022/09/01 00:20,010,A,020,B,5.00,Euro,5.00\n"
      "2021/12/31 23:59,010,A,020,B,5.00,Euro,5.00,Euro,ACH,0\n"
      " 2022/09/01 00:20 , 0010 , A , 020 , B ,5.00,Euro, 5.00 , euro , ACH ,0\n");
  const auto outcomes = load({transfers, kRates});
  EXPECT_EQ(outcomes.at(1).quarantined_by_reason, (Counts{{"currency_is_known", 1},
                                                          {"from_account_is_present", 1},
                                                          {"to_account_is_present", 1},
                                                          {"booked_at_is_a_time", 2},
                                                          {"amount_fits_its_currency", 2},
                                                          {"wrong_column_count", 1},
                                                          {"fx_rate_is_known", 1}}));
  EXPECT_EQ(query("SELECT row_values->>'currency' FROM quarantine.rows WHERE line = 2"),
            "Doubloon");
  EXPECT_EQ(query("SELECT line, from_account_id, to_account_id, amount, currency_code, type FROM "
                  "silver.transfers"),
            "11|10:A|20:B|5.00|EUR|ACH");
}

TEST_F(AmlworldLoad, AnEntityUnderTwoNamesIsQuarantinedAfterItsFirst) {
  write("accounts.csv", std::string(test::kAmlworldAccounts) +
                            "China Bank #6,20,80BC62F11,80062E240,Corporation #9\n"
                            "China Bank #6,20,80BC62F12,,Corporation #9\n"
                            "China Bank #6,20,80BC62F10,80062E240,Sole Proprietorship #50438\n");
  const auto outcome = load({folder_}).at(0);
  EXPECT_EQ(
      outcome.quarantined_by_reason,
      (Counts{{"party_id_is_unique", 1}, {"party_id_is_present", 1}, {"account_id_is_unique", 1}}));
  EXPECT_EQ(outcome.rows_loaded, 5U);
  EXPECT_EQ(query("SELECT name FROM silver.parties WHERE party_id = '80062E240'"),
            "Sole Proprietorship #50438");
}

TEST_F(AmlworldLoad, TransfersWithoutAnyExchangeRateAreRefusedAndCanBeLoadedAfterThem) {
  write_all();
  const auto transfers = (folder_ / "HI-Tiny_Trans.csv").string();
  const auto refused = load({transfers}).at(0);
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.message.substr(0, transfers.size() + 55),
            transfers + ": is in many currencies, and no exchange rate is loaded");
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM bronze.transfers), (SELECT count(*) FROM "
                  "aml.ingested_files)"),
            "0|0");
  load({kRates});
  EXPECT_EQ(load({transfers}).at(0).rows_loaded, 11U);
}

TEST_F(AmlworldLoad, EveryWordForACurrencyHasACodeAndARateIntoDollars) {
  load({kRates});
  EXPECT_EQ(
      query(
          "SELECT word, aml.amlworld_currency(word), trim_scale(round(1 / rate, 10)) FROM (VALUES "
          "('Australian Dollar'), ('Bitcoin'), ('Brazil Real'), ('Canadian Dollar'), "
          "('Euro'), ('Mexican Peso'), ('Ruble'), ('Rupee'), ('Saudi Riyal'), ('Shekel'), "
          "('Swiss Franc'), ('UK Pound'), ('Yen'), ('Yuan')) AS words (word) LEFT JOIN "
          "silver.fx_rates ON currency_code = aml.amlworld_currency(word) ORDER BY 1"),
      "Australian Dollar|AUD|1.4128\nBitcoin|XBT|0.0000841611\nBrazil Real|BRL|5.6465\n"
      "Canadian Dollar|CAD|1.3193\nEuro|EUR|0.8534\nMexican Peso|MXN|21.1431\n"
      "Ruble|RUB|77.804\nRupee|INR|73.444\nSaudi Riyal|SAR|3.7511\nShekel|ILS|3.377\n"
      "Swiss Franc|CHF|0.915\nUK Pound|GBP|0.7742\nYen|JPY|105.4\nYuan|CNY|6.6976");
  EXPECT_EQ(query("SELECT aml.amlworld_currency(' US Dollar ')"), "USD");
}

TEST_F(AmlworldLoad, TheZerosOfABankAreNoPartOfAnAccount) {
  const auto id = [&](const std::string& value) {
    return query("SELECT aml.amlworld_account('" + value + "')");
  };
  EXPECT_EQ(id("010:8000EBD30"), "10:8000EBD30");
  EXPECT_EQ(id("10:8000EBD30"), "10:8000EBD30");
  EXPECT_EQ(id("000:0012"), "0:0012");
  EXPECT_EQ(id("0:A:B"), "0:A:B");
  EXPECT_EQ(id("8000EBD30"), "");
  EXPECT_EQ(id(" : "), "");
  EXPECT_EQ(id(""), "");
}

}  // namespace
}  // namespace aml::store
