// SPDX-License-Identifier: Apache-2.0
// What single row checks cannot say, and the way of a row out of quarantine.
#include "store/quarantine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <thread>

#include "scenarios/runner.hpp"
#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "store/expectation_history.hpp"
#include "store/grants.hpp"
#include "store/ingest.hpp"
#include "store/run_ledger.hpp"
#include "store/shares.hpp"
#include "store/version_history.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

namespace fs = std::filesystem;
using Counts = std::map<std::string, std::uint64_t>;
using Kind = FileOutcome::Kind;

const std::string kHeader = "transfer_id,booked_at,from_account,to_account,amount,currency,type\n";

class QuarantineTest : public testing::Test {
 public:
  static void SetUpTestSuite() { database_ = std::make_unique<test::TestDatabase>(); }
  static void TearDownTestSuite() { database_.reset(); }

 protected:
  /// One for all of them, emptied before each: a database costs more than most of these tests.
  static const test::TestDatabase& database() { return *database_; }

  QuarantineTest() : connection_(database().connect()) {
    database().empty();
    std::string folder = fs::temp_directory_path() / "aml-quarantine-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    options_.expectations = scenarios::load_expectations("");
    options_.control_totals = [this](const std::string&) { return control_; };
  }
  ~QuarantineTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  FileOutcome load(const std::string& name, const std::string& bytes) {
    const auto outcomes = ingest(connection_, {write(name, bytes)}, options_);
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0);
  }
  void expect(const std::string& name, const Condition& condition,
              ExpectationPolicy policy = ExpectationPolicy::kWarn,
              const std::string& dataset = "transfers") {
    options_.expectations.push_back({name, dataset, condition, policy, "As agreed."});
  }
  std::vector<ReplayOutcome> replay(const QuarantineFilter& filter = {}) {
    return replay_quarantined(connection_, filter, options_.expectations);
  }
  void fix(std::int64_t file_id, std::int64_t line,
           const std::map<std::string, std::string>& values, const std::string& dataset = {}) {
    fix_quarantined(connection_, {{{std::to_string(file_id), line, dataset}, values}});
  }
  std::string query(const std::string& sql) const { return database().query(sql); }
  std::string result_of(const std::string& expectation) const {
    return query(
        "SELECT passed, failed, observed, expected, sample_lines, sample_keys FROM "
        "aml.expectation_history WHERE expectation = '" +
        expectation + "' ORDER BY file_id DESC LIMIT 1");
  }
  std::string silver() const {
    return query(
               "SELECT transfer_id, booked_at, from_account_id, to_account_id, amount, "
               "currency_code, amount_base, type FROM silver.transfers ORDER BY 1") +
           "\n--\n" +
           query(
               "SELECT account_id, party_id, currency_code, is_derived FROM silver.accounts "
               "ORDER BY 1") +
           "\n--\n" +
           query("SELECT party_id, name, kind, is_derived FROM silver.parties ORDER BY 1");
  }

  Connection connection_;
  IngestOptions options_;
  std::map<std::string, std::string> control_;
  fs::path folder_;

 private:
  static inline std::unique_ptr<test::TestDatabase> database_;
};

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const StoreError& error) {
    return error.what();
  }
  return "not refused";
}

// ---- expectations that look beyond the row

TEST_F(QuarantineTest, AReferenceMustStandInTheOtherTable) {
  expect("payer_is_described",
         Reference{"from_account_id", "silver", "accounts", "account_id",
                   "NOT is_derived -- described by a file"},
         ExpectationPolicy::kQuarantine);
  load("accounts.csv", "account_id,party_id\nA,P\nB,P\n");
  const auto outcome = load("t.csv", kHeader +
                                         "T1,2024-01-01,A,X,1,USD,W\n"
                                         "T2,2024-01-01,X,A,1,USD,W\n"
                                         "T3,2024-01-01,,A,1,USD,W\n");
  EXPECT_EQ(outcome.quarantined_by_reason,
            (Counts{{"payer_is_described", 1}, {"from_account_is_present", 1}}));
  EXPECT_EQ(result_of("payer_is_described"), "2|1|||{3}|{T2}");
  // X is known by now, but only because a transfer names it.
  EXPECT_EQ(load("u.csv", kHeader + "T4,2024-01-01,X,A,1,USD,W\n").rows_quarantined, 1U);
}

TEST_F(QuarantineTest,
       AReferenceOrUniquenessWithoutAnIndexIsRefusedBecauseItWouldReadTheTableForEachRow) {
  const auto unindexed = [&](const Condition& condition) {
    options_.expectations.back().condition = condition;
    return refusal([&] { load("t.csv", kHeader + "T1,2024-01-01,A,B,1,USD,W\n"); });
  };
  expect("mine", RowCheck("true"));
  EXPECT_NE(unindexed(Reference{"type", "silver", "accounts", "kind", ""})
                .find("no index of \"silver\".\"accounts\" begins with kind"),
            std::string::npos);
  EXPECT_NE(unindexed(Uniqueness{{"type", "amount"}}).find("begins with type or amount"),
            std::string::npos);
  EXPECT_NE(unindexed(Reference{"type", "silver", "nothing", "kind", ""}).find("does not exist"),
            std::string::npos);
  EXPECT_EQ(query("SELECT count(*) FROM aml.ingested_files"), "0");
}

TEST_F(QuarantineTest, ValuesAreUniqueWithinTheFileAndAgainstSilverAmongGoodRows) {
  expect("no_payment_twice",
         Uniqueness{{"booked_at", "from_account_id", "to_account_id", "amount"}},
         ExpectationPolicy::kQuarantine);
  const auto first = load("t.csv", kHeader +
                                       "T1,2024-01-01,A,B,7,EURO,W\n"  // bad: takes nothing
                                       "T2,2024-01-01,A,B,7,USD,W\n"
                                       "T3,2024-01-01,A,B,7.00,USD,W\n"  // the same as T2
                                       "T4,2024-01-01,A,B,8,USD,W\n"
                                       "T5,2024-01-01,A,B,,USD,W\n"
                                       "T6,2024-01-01,A,B,,USD,W\n");
  EXPECT_EQ(first.quarantined_by_reason,
            (Counts{{"currency_is_known", 1}, {"no_payment_twice", 1}, {"amount_is_a_number", 2}}));
  const auto second = load("u.csv", kHeader +
                                        "T7,2024-01-01,A,B,8,USD,W\n"
                                        "T8,2024-01-01,A,B,9,USD,W\n"
                                        "T2,2024-01-01,A,B,7,USD,W\n");
  EXPECT_EQ(second.quarantined_by_reason,
            (Counts{{"no_payment_twice", 1}, {"transfer_id_is_unique", 1}}));
  EXPECT_EQ(result_of("no_payment_twice"), "2|1|||{2}|{T7}");
}

TEST_F(QuarantineTest, UniquenessOfAccountsDoesNotHoldTheReplacedRowAgainstItsReplacement) {
  query("CREATE INDEX accounts_kind ON silver.accounts (kind)");
  expect("kind_is_unique", Uniqueness{{"kind"}}, ExpectationPolicy::kQuarantine, "accounts");
  EXPECT_EQ(load("a.csv", "account_id,kind\nA,iban 1\nB,iban 1\nC,\nD,\n").quarantined_by_reason,
            (Counts{{"kind_is_unique", 1}}));
  EXPECT_EQ(load("b.csv", "account_id,kind\nA,iban 1\nE,iban 1\n").quarantined_by_reason,
            (Counts{{"kind_is_unique", 1}}));
  query("DROP INDEX silver.accounts_kind");
}

TEST_F(QuarantineTest, TheNumberOfRecordsIsHeldAgainstLimitsAndEarlierFiles) {
  const std::string row = "{0}{1},2024-01-01,A,B,1,USD,W\n";
  const auto file_of = [&](const std::string& name, int rows) {
    std::string text = kHeader;
    for (int i = 0; i < rows; ++i) text += fmt::format(fmt::runtime(row), name, i);
    return load(name, text);
  };
  expect("size_is_usual", RowCount{2, 10, RowCount::Deviation{2, 0.5}});
  EXPECT_EQ(file_of("a", 1).unmet,
            (std::map<std::string, std::string>{
                {"size_is_usual", "observed 1, expected at least 2, at most 10"}}));
  EXPECT_TRUE(file_of("b", 5).unmet.empty());  // one earlier file is not two
  EXPECT_EQ(file_of("c", 5).unmet.at("size_is_usual"),
            "observed 5, expected at least 2, at most 10, within 0.5 of 3.0, the mean of 2 files");
  EXPECT_TRUE(file_of("d", 7).unmet.empty());
  EXPECT_EQ(file_of("e", 11).unmet.size(), 1U);
  EXPECT_EQ(load("f", kHeader + "cut off\n" + "F,2024-01-01,A,B,1,USD,W\n")
                .unmet.at("size_is_usual")
                .substr(0, 10),
            "observed 2")
      << "lines that cannot be read are records too";
  EXPECT_EQ(result_of("size_is_usual").substr(0, 5), "0|1|2");
}

TEST_F(QuarantineTest, ControlTotalsThatDoNotMatchRefuseTheFile) {
  expect("all_records_came", ControlTotal{"rows"}, ExpectationPolicy::kFail);
  expect("all_money_came", ControlTotal{"amount"}, ExpectationPolicy::kFail);
  const std::string text =
      kHeader + "T1,2024-01-01,A,B,0.10,USD,W\nT2,2024-01-01,A,B,0.20,EUR0,W\n";
  const auto without = load("t.csv", text);
  EXPECT_EQ(without.kind, Kind::kRefused);
  EXPECT_NE(
      without.message.find("does not meet expectation all_records_came, whose policy is fail: "
                           "observed 2, expected a control file that says it: As agreed."),
      std::string::npos)
      << without.message;
  control_ = {{"rows", "2"}, {"amount", "0.31"}};
  EXPECT_NE(load("t.csv", text).message.find("observed 0.30, expected 0.31"), std::string::npos);
  EXPECT_EQ(query("SELECT count(*) FROM aml.control_totals"), "0");
  control_ = {{"rows", "2"}, {"amount", "0.3"}};
  EXPECT_EQ(load("t.csv", text).rows_quarantined, 1U) << "a quarantined row is in the total too";
  EXPECT_EQ(query("SELECT total, value FROM aml.control_totals ORDER BY 1"), "amount|0.3\nrows|2");
}

TEST_F(QuarantineTest, FreshnessLooksAtTheNewestTimeThatIsNotInTheFuture) {
  expect("is_fresh", Freshness{"booked_at", std::int64_t{86'400'000'000} * 3});
  const auto day = [&](int ago) {
    return query(fmt::format("SELECT to_char(now() - interval '{} days', 'YYYY-MM-DD')", ago));
  };
  const auto with = [&](const std::string& name, const std::string& days) {
    return load(name, kHeader + fmt::format("{},{},A,B,1,USD,W\n", name, days) +
                          fmt::format("{}b,2999-01-01,A,B,1,USD,W\n", name));
  };
  EXPECT_TRUE(with("a", day(1)).unmet.empty());
  EXPECT_EQ(with("b", day(5)).unmet.at("is_fresh").find("observed " + day(5)), 0U);
  EXPECT_EQ(load("c", kHeader + "c,yesterday,A,B,1,USD,W\n").unmet.at("is_fresh"),
            "observed nothing, expected not older than 3 days");
}

/// The server's clock as statements see it: now() is wrong by an interval in what is parsed while this is there.
class JumpingClock {
 public:
  explicit JumpingClock(const test::TestDatabase& database) : database_(database) {
    database_.query(
        "CREATE SCHEMA clock; CREATE TABLE clock.off AS SELECT interval '0' AS by; ALTER FUNCTION "
        "pg_catalog.now() RENAME TO true_now; CREATE FUNCTION pg_catalog.now() RETURNS timestamptz "
        "STABLE LANGUAGE sql AS 'SELECT true_now() + by FROM clock.off'");
  }
  ~JumpingClock() {
    database_.query(
        "DROP FUNCTION pg_catalog.now(); ALTER FUNCTION pg_catalog.true_now() RENAME TO now; DROP "
        "SCHEMA clock CASCADE");
  }
  JumpingClock(const JumpingClock&) = delete;
  JumpingClock& operator=(const JumpingClock&) = delete;

  void jump(const std::string& by) const {
    database_.query("UPDATE clock.off SET by = '" + by + "'");
  }

 private:
  const test::TestDatabase& database_;
};

TEST_F(QuarantineTest, AClockThatJumpsRefusesOrKeepsRowsAndLosesNone) {
  const JumpingClock clock(database());
  connection_ = database().connect();
  expect("is_fresh", Freshness{"booked_at", std::int64_t{86'400'000'000} * 3},
         ExpectationPolicy::kFail);
  const std::string text = kHeader + fmt::format("T1,{0},A,B,1,USD,W\nT2,{0},B,C,1,USD,W\n",
                                                 query("SELECT to_char(true_now(), 'YYYY-MM-DD')"));
  const std::string expected = "not older than 3 days";
  // Ahead: what is new looks old. Behind: what is new looks as if it were still to come.
  for (const std::string by : {"10 days", "-10 days"}) {
    clock.jump(by);
    const auto refused = load("t.csv", text);
    EXPECT_EQ(refused.kind, Kind::kRefused);
    EXPECT_NE(refused.message.find("is_fresh, whose policy is fail: observed "), std::string::npos)
        << refused.message;
    EXPECT_NE(refused.message.find(expected), std::string::npos) << refused.message;
  }
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM aml.ingested_files) + (SELECT count(*) FROM "
                  "bronze.transfers)"),
            "0");

  options_.expectations.back().policy = ExpectationPolicy::kWarn;
  const auto kept = load("t.csv", text);
  EXPECT_EQ(kept.rows_quarantined, 2U);
  EXPECT_EQ(kept.unmet.at("is_fresh"), "observed nothing, expected " + expected);
  EXPECT_EQ(replay().at(0).rows_replayed, 0U) << "the clock is still behind";
  clock.jump("0");
  EXPECT_EQ(replay().at(0).rows_replayed, 2U);
  EXPECT_TRUE(replay().empty());
  EXPECT_EQ(load("t.csv", text).kind, Kind::kAlreadyKnown);
  EXPECT_EQ(query("SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM silver.transfers"),
            "T1 T2");
}

TEST_F(QuarantineTest, ARowThatTheServerRefusesStaysAndTheOthersAreReplayed) {
  constexpr int kRows = 40;
  const std::set<int> refused{3, 17, 18, 40};
  std::string text = kHeader;
  for (int i = 1; i <= kRows; ++i)
    text += fmt::format("T{},2024-01-01,A,B,{},XXX,W\n", i, refused.contains(i) ? 7 : i + 100);
  load("t.csv", text);
  expect("share_is_small", RowCheck("1 / (amount - 7) < 2"), ExpectationPolicy::kQuarantine);
  expect("is_not_130", RowCheck("amount <> 130"), ExpectationPolicy::kQuarantine);
  std::vector<RowFix> fixes;
  for (int line = 2; line <= kRows + 1; ++line)
    fixes.push_back({{"1", line, ""}, {{"currency", "USD"}}});
  fix_quarantined(connection_, fixes);

  const auto outcome = replay().at(0);
  EXPECT_EQ(outcome.rows_tried, 40U);
  EXPECT_EQ(outcome.rows_replayed, 35U);
  EXPECT_EQ(outcome.still_broken, (Counts{{"is_not_130", 1}}));
  std::set<int> left;
  for (const auto& row : outcome.refused) {
    left.insert(static_cast<int>(row.line) - 1);
    EXPECT_NE(row.why.find("division by zero"), std::string::npos) << row.why;
  }
  EXPECT_EQ(left, refused);
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers"), "35");
  EXPECT_EQ(query("SELECT reasons, count(*) FROM quarantine.rows WHERE state = 'open' GROUP BY 1 "
                  "ORDER BY 2"),
            "{is_not_130}|1\n{currency_is_known}|4");
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM bronze.transfers WHERE file_id > 1), (SELECT "
                  "count(*) FROM quarantine.replays)"),
            "35|35");
  EXPECT_EQ(result_of("share_is_small"), "36|0|||{}|{}");

  // Those alone change nothing.
  const auto in_vain = replay().at(0);
  EXPECT_EQ(in_vain.refused.size(), 4U);
  EXPECT_EQ(in_vain.rows_replayed, 0U);
  EXPECT_EQ(query("SELECT count(*) FROM aml.ingested_files"), "2");
  fix(1, 4, {{"amount", "8"}});
  EXPECT_EQ(replay().at(0).rows_replayed, 1U);
}

TEST_F(QuarantineTest, AReplayGivesUpWhenTheServerRefusesMoreThanAHundredRows) {
  std::string text = kHeader;
  for (int i = 0; i < 102; ++i) text += fmt::format("T{},2024-01-01,A,B,7,XXX,W\n", i);
  load("t.csv", text);
  expect("share_is_small", RowCheck("1 / (amount - 7) < 2"), ExpectationPolicy::kQuarantine);
  std::vector<RowFix> fixes;
  for (int line = 2; line <= 103; ++line) fixes.push_back({{"1", line, ""}, {{"currency", "USD"}}});
  fix_quarantined(connection_, fixes);
  try {
    replay();
    FAIL() << "each row divides by zero";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
    EXPECT_NE(std::string(error.what()).find("division by zero"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("more than 100 rows"), std::string::npos);
  }
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows WHERE state = 'open'"), "102");
  EXPECT_EQ(query("SELECT count(*) FROM aml.ingested_files"), "1");
}

TEST_F(QuarantineTest, TheShareOfEmptyValuesIsLimited) {
  expect("most_have_a_country", NullShare{"country", 0.25}, ExpectationPolicy::kWarn, "accounts");
  EXPECT_TRUE(load("a.csv", "account_id,country\nA,DE\nB,DE\nC,DE\nD,\n").unmet.empty());
  EXPECT_EQ(load("b.csv", "account_id,country\nE,DE\nF, \nG,DE\n").unmet.at("most_have_a_country"),
            "observed 0.333333, expected at most 0.25");
  EXPECT_TRUE(load("c.csv", "account_id,country\n").unmet.empty());
}

TEST_F(QuarantineTest, AFileAsAWholeCannotBeQuarantined) {
  expect("mine", RowCount{1, {}, {}}, ExpectationPolicy::kQuarantine);
  EXPECT_THROW(load("t.csv", kHeader), std::invalid_argument);
  options_.expectations.back() = {"mine", "transfers", NullShare{"a\"b", 0},
                                  ExpectationPolicy::kWarn, "d"};
  EXPECT_THROW(load("t.csv", kHeader), std::invalid_argument);
}

/// Every expectation of rows says the same as a query of its own over bronze.
TEST_F(QuarantineTest, ReferencesAndUniquenessAgreeWithPlainSqlOnRandomFiles) {
  expect("is_known",
         Reference{"from_account_id", "silver", "accounts", "account_id", "kind = 'k'"});
  expect("is_unique", Uniqueness{{"from_account_id", "amount"}});
  std::mt19937 random(7);
  std::string accounts = "account_id,kind\n";
  for (int i = 0; i < 20; ++i) accounts += fmt::format("A{},{}\n", i, random() % 2 ? "k" : "");
  load("accounts.csv", accounts);
  for (int file = 0; file < 3; ++file) {
    std::string text = kHeader;
    for (int i = 0; i < 300; ++i) {
      text +=
          fmt::format("{}-{},2024-01-01,A{},B,{},USD,W\n", file, i, random() % 40, random() % 30);
    }
    const std::string described =
        query("SELECT string_agg(account_id, ',') FROM silver.accounts WHERE kind = 'k'");
    const std::string before = query("SELECT count(*) FROM silver.transfers");
    load(fmt::format("t{}.csv", file), text);
    EXPECT_EQ(
        query("SELECT failed FROM aml.expectation_history WHERE expectation = 'is_known' ORDER "
              "BY file_id DESC LIMIT 1"),
        query(fmt::format("SELECT count(*) FROM bronze.transfers WHERE file_id = (SELECT "
                          "max(file_id) FROM aml.ingested_files) AND from_account <> ALL "
                          "(string_to_array('{}', ','))",
                          described)));
    EXPECT_EQ(
        query("SELECT failed FROM aml.expectation_history WHERE expectation = 'is_unique' ORDER BY "
              "file_id DESC LIMIT 1"),
        query("SELECT count(*) FROM bronze.transfers t WHERE file_id = (SELECT max(file_id) FROM "
              "aml.ingested_files) AND EXISTS (SELECT FROM bronze.transfers e WHERE "
              "(e.from_account, e.amount) = (t.from_account, t.amount) AND (e.file_id, e.line) < "
              "(t.file_id, t.line))"));
    EXPECT_NE(query("SELECT count(*) FROM silver.transfers"), before);
  }
}

TEST_F(QuarantineTest, TheHistoryTellsHowEachFileMetAnExpectation) {
  load("a.csv", kHeader + "T1,2024-01-01,A,A,0,USD,W\nT2,2024-01-01,A,B,0,USD,W\n");
  load("b.csv", kHeader + "T3,2024-01-01,A,B,1,USD,W\n");
  ExpectationResultFilter filter;
  filter.expectation = "amount_is_not_zero";
  const auto all = list_expectation_results(connection_, filter);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].pass_rate, 1.0);
  EXPECT_EQ(all[1].pass_rate, 0.0);
  EXPECT_EQ(all[1].sample_lines, (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(all[1].sample_keys, (std::vector<std::string>{"T1", "T2"}));
  filter = {.dataset = {}, .expectation = {}, .file = "1", .only_broken = true, .limit = 1};
  EXPECT_EQ(list_expectation_results(connection_, filter).at(0).expectation, "amount_is_not_zero");
}

TEST_F(QuarantineTest, OnlyTheFirstFiveRowsAreKeptAsSamples) {
  std::string text = kHeader;
  for (int i = 0; i < 9; ++i)
    text += fmt::format("T{},2024-01-01,A,B,{},USD,W\n", i, i % 2 ? "1" : "0");
  text += ",2024-01-01,A,B,0,USD,W\n";
  load("t.csv", text);
  EXPECT_EQ(result_of("amount_is_not_zero"), "4|6|||{2,4,6,8,10}|{T0,T2,T4,T6,T8}");
}

// ---- out of quarantine

TEST_F(QuarantineTest, OfAFileWithSeventyEightBadRowsInAThousandFixAndReplayBringAllIn) {
  std::string text = kHeader;
  std::string right = kHeader;
  std::string fixes = "file,line,amount\n";
  for (int i = 0; i < 1000; ++i) {
    const bool is_bad = i % 12 == 5 && i < 936;
    const std::string row = "T{},2024-01-{:02},A{},B{},{},USD,WIRE\n";
    right += fmt::format(fmt::runtime(row), i, i % 28 + 1, i % 40, i % 41, i + 1);
    text += fmt::format(fmt::runtime(row), i, i % 28 + 1, i % 40, i % 41,
                        is_bad ? "n/a" : std::to_string(i + 1));
    if (is_bad) fixes += fmt::format("1,{},{}\n", i + 2, i + 1);
  }
  const auto outcome = load("t.csv", text);
  EXPECT_EQ(outcome.rows_loaded, 922U);
  EXPECT_EQ(outcome.rows_quarantined, 78U);
  EXPECT_EQ(query("SELECT pass_rate FROM aml.expectation_history WHERE expectation = "
                  "'amount_is_a_number'"),
            "0.922000");

  const auto in_vain = replay();
  ASSERT_EQ(in_vain.size(), 1U);
  EXPECT_EQ(in_vain[0].rows_replayed, 0U);
  EXPECT_EQ(in_vain[0].still_broken, (Counts{{"amount_is_a_number", 78}}));
  EXPECT_EQ(query("SELECT count(*) FROM aml.ingested_files"), "1");

  const auto fixed = read_fixes_file(write("fixed.csv", fixes));
  EXPECT_EQ(fix_quarantined(connection_, fixed), 78U);
  EXPECT_EQ(fix_quarantined(connection_, fixed), 0U) << "they are known";
  EXPECT_EQ(count_quarantined(connection_, {}).at(0).fixed, 78);
  const auto replayed = replay();
  ASSERT_EQ(replayed.size(), 1U);
  EXPECT_EQ(replayed[0].rows_replayed, 78U);
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers"), "1000");
  EXPECT_EQ(query("SELECT state, count(*) FROM quarantine.rows GROUP BY 1"), "replayed|78");
  EXPECT_EQ(
      query("SELECT operation, lines_read, rows_loaded, rows_quarantined, length(sha256) FROM "
            "aml.ingested_files ORDER BY file_id"),
      "LOAD|1000|922|78|64\nREPLAY|78|78|0|64");
  EXPECT_TRUE(replay().empty()) << "a row is replayed once";

  const std::string mended = silver();
  database().empty();
  EXPECT_EQ(load("right.csv", right).rows_loaded, 1000U);
  EXPECT_EQ(silver(), mended) << "as if the file had been right from the start";
}

/// Runs the scenario fan_in; the version of gold that it made.
std::int64_t run_fan_in(Connection& connection) {
  auto chosen = scenarios::shipped_scenarios({});
  std::erase_if(chosen, [](const auto& scenario) { return scenario.id != "fan_in"; });
  scenarios::RunOptions options;
  options.threads = 1;
  options.program_version = "test";
  EXPECT_EQ(scenarios::run(connection, chosen, options).status, "succeeded");
  return newest_version(connection);
}

TEST_F(QuarantineTest, OnceMendedAndApprovedItIsSharedWithOneWhoSeesThatVersionForEver) {
  if (!test::has_own_server())
    GTEST_SKIP() << "SKIPPED: PGHOST names a server with roles of its own";
  // Twenty accounts that are paid by fifty each; of the payments to one all but four are bad, and some of the next.
  std::string text = kHeader;
  std::string fixes = "file,line,amount\n";
  for (int i = 0; i < 1000; ++i) {
    const bool is_bad = i >= 804 && i < 882;
    text += fmt::format("T{},2024-01-0{},A{},C{},{},USD,WIRE\n", i, i % 5 + 1, i % 50, i / 50,
                        is_bad ? "n/a" : std::to_string(3000 + i));
    if (is_bad) fixes += fmt::format("1,{},{}\n", i + 2, 3000 + i);
  }
  const auto outcome = load("t.csv", text);
  EXPECT_EQ(outcome.rows_loaded, 922U);
  EXPECT_EQ(outcome.rows_quarantined, 78U);
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers"), "922");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows WHERE state = 'open'"), "78");
  const auto before = run_fan_in(connection_);
  fix_quarantined(connection_, read_fixes_file(write("fixed.csv", fixes)));
  EXPECT_EQ(replay().at(0).rows_replayed, 78U);
  EXPECT_EQ(newest_version(connection_), before + 1) << "a replay is a version";
  const auto approved = run_fan_in(connection_);

  const std::string bank = fmt::format("aml_test_bank_{}", ::getpid());
  apply_access(connection_);
  query("CREATE ROLE " + bank + " LOGIN IN ROLE aml_recipient");
  create_share(connection_, {"approved", approved, {{"current_alerts"}, {"alert_transfers"}}});
  grant_share(connection_, "approved", bank, 4'102'444'800'000'000);
  const auto as_bank = [&](const std::string& sql) {
    return query("SET SESSION AUTHORIZATION " + bank + ";" + sql);
  };
  const std::string rows = "SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ";
  const auto alerts = query(rows + "gold.current_alerts t");
  EXPECT_NE(alerts, query(rows + fmt::format("gold.current_alerts_as_of({}) t", before)));
  EXPECT_EQ(query("SELECT count(*) FROM gold.current_alerts"), "20");
  EXPECT_EQ(as_bank(rows + "share_approved.current_alerts t"), alerts);
  EXPECT_EQ(as_bank("SELECT count(*) FROM share_approved.alert_transfers WHERE transfer_id IN "
                    "('T804', 'T849')"),
            "2")
      << "what was mended is in it";

  load("later.csv", kHeader + "L1,2024-01-03,A1,C1,9000,USD,WIRE\n");
  run_fan_in(connection_);
  restore_tables(connection_, {"silver.transfers"}, before);
  run_fan_in(connection_);
  EXPECT_NE(query(rows + "gold.current_alerts t"), alerts);
  EXPECT_EQ(as_bank(rows + "share_approved.current_alerts t"), alerts);
  EXPECT_EQ(query("SELECT reader, table_name, version, admitted, count(*) FROM aml.share_reads "
                  "GROUP BY 1, 2, 3, 4 ORDER BY 2"),
            fmt::format("{0}|alert_transfers|{1}|t|1\n{0}|current_alerts|{1}|t|2", bank, approved));
  EXPECT_EQ(describe_share(connection_, "approved").back().section, "read");
  drop_share(connection_, "approved");
  query("DROP OWNED BY " + bank + "; DROP ROLE " + bank);
}

TEST_F(QuarantineTest, AReplayedRowKeepsItsProvenanceAndStaysAsItCame) {
  load("t.csv", kHeader + "T1,2024-01-01,A,B,x,USD,W\nT2,2024-01-01,A,B,y,USD,W\n");
  fix(1, 2, {{"amount", "bad"}});
  fix(1, 2, {{"amount", "12.50"}, {"type", "CASH"}});
  const auto outcome = replay().at(0);
  EXPECT_EQ(outcome.rows_tried, 2U);
  EXPECT_EQ(outcome.rows_replayed, 1U);
  EXPECT_EQ(query("SELECT transfer_id, amount, type, file_id, line FROM silver.transfers"),
            "T1|12.50|CASH|2|1");
  EXPECT_EQ(query("SELECT amount, type FROM bronze.transfers WHERE file_id = 2"), "12.50|CASH");
  EXPECT_EQ(query("SELECT row_values->>'amount', state FROM quarantine.rows ORDER BY line"),
            "x|replayed\ny|open");
  const auto row = read_quarantined(connection_, {"1", 2}).at(0);
  EXPECT_EQ(row.replayed_as_file_id, 2);
  EXPECT_EQ(row.replayed_as_line, 1);
  EXPECT_EQ(row.values.at("amount"), "12.50");
  const auto fixes = read_fixes(connection_, row);
  ASSERT_EQ(fixes.size(), 2U);
  EXPECT_EQ(fixes[0].values.at("amount"), "bad");
  EXPECT_EQ(fixes[1].fixed_by, query("SELECT session_user"));
}

TEST_F(QuarantineTest, AReplayIsAVersionOfItsOwnAndFillsTheColumnsThatALoadAdded) {
  options_.schema_evolution = SchemaEvolution::kAdd;
  load("t.csv",
       "transfer_id,booked_at,from_account,to_account,amount,replayed_channel\n"
       "T1,2024-01-01,A,B,1,web\nT2,2024-01-01,A,B,x,branch\n");
  fix(1, 3, {{"amount", "2"}});
  replay();
  EXPECT_EQ(query("SELECT transfer_id, replayed_channel FROM silver.transfers ORDER BY 1"),
            "T1|web\nT2|branch");
  EXPECT_EQ(query("SELECT operation, operation_metrics->'silver.transfers'->>'inserted' FROM "
                  "aml.version_history ORDER BY version DESC LIMIT 1"),
            "REPLAY|1");
  EXPECT_EQ(query("SELECT count(*) FROM silver.transfers_as_of(aml.newest_version() - 1)"), "1");
}

TEST_F(QuarantineTest, ARowThatFailsAgainGetsTheReasonsOfTodayAndLeavesNothingElse) {
  load("t.csv", kHeader + "T1,2024-01-01,A,B,x,USD,W\n");
  fix(1, 2, {{"amount", "1"}, {"currency", "EURO"}});
  EXPECT_EQ(replay().at(0).still_broken, (Counts{{"currency_is_known", 1}}));
  EXPECT_EQ(query("SELECT state, reasons FROM quarantine.rows"), "open|{currency_is_known}");
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM bronze.transfers) + (SELECT count(*) FROM "
                  "quarantine.replays) + (SELECT count(*) FROM aml.ingested_files) + (SELECT "
                  "count(*) FROM silver.transfers)"),
            "2");  // the bronze row and the ledger row of the load
  options_.expectations.clear();
  expect("no_amount", RowCheck("amount <> 1"), ExpectationPolicy::kFail);
  EXPECT_EQ(replay().at(0).still_broken, (Counts{{"no_amount", 1}})) << "fail refuses no replay";
}

TEST_F(QuarantineTest, AReplayTakesWhatWasAskedForAndRatesThatCameTooLateHelp) {
  load("t.csv", kHeader + "T1,2024-01-01,A,B,1,EUR,W\nT2,2024-01-01,A,B,x,USD,W\n");
  load("rates.csv", "currency,rate_date,rate\nEUR,2024-01-01,1.1\n");
  EXPECT_TRUE(replay({.reason = "nothing", .dataset = {}, .file = {}}).empty());
  EXPECT_TRUE(replay({.reason = {}, .dataset = "accounts", .file = {}}).empty());
  EXPECT_TRUE(replay({.reason = {}, .dataset = {}, .file = "2"}).empty());
  const auto outcome =
      replay({.reason = "fx_rate_is_known", .dataset = "transfers", .file = folder_ / "t.csv"});
  EXPECT_EQ(outcome.at(0).rows_tried, 1U);
  EXPECT_EQ(query("SELECT transfer_id, amount_base FROM silver.transfers"), "T1|1.10");
}

TEST_F(QuarantineTest, ATransferWithoutAnIdGetsTheOneOfItsFirstLine) {
  const std::string text =
      "booked_at,from_account,to_account,amount\n2024-01-01,A,B,1\n2024-01-01,A,B,x\n";
  load("t.csv", text);
  fix(1, 3, {{"amount", "1"}});
  replay();
  EXPECT_EQ(
      query("SELECT count(DISTINCT split_part(transfer_id, '-', 1)), max(split_part(transfer_id, "
            "'-', 2)) FROM silver.transfers"),
      "1|3");
}

TEST_F(QuarantineTest, ALineThatCouldNotBeReadIsReplayedOnceItIsFixed) {
  load("t.csv", kHeader + "T1,2024-01-01,A,B\n");
  EXPECT_EQ(replay().at(0).rows_tried, 0U);
  EXPECT_EQ(read_quarantined(connection_, {"1", 2}).at(0).raw, "T1,2024-01-01,A,B");
  fix_quarantined(connection_,
                  read_fixes_file(write("f.csv",
                                        "file;line;transfer_id;booked_at;from_account;"
                                        "to_account;amount\n1;2;T1;2024-01-01;A;B;5\n")));
  EXPECT_EQ(replay().at(0).rows_replayed, 1U);
  EXPECT_EQ(query("SELECT transfer_id, amount, currency_code FROM silver.transfers"),
            "T1|5.00|USD");
}

TEST_F(QuarantineTest, AnAccountAndItsPartyOfOneLineAreFixedApartAndReplayedTogether) {
  load("accounts.csv",
       "acct_id,dsply_nm,type,acct_rptng_crncy,first_name,last_name,street_addr,city,state,country,"
       "zip\n1,n,X,USDX,Ann,Lee,1 Road,C,S,US,9\n");
  EXPECT_NE(refusal([&] {
              fix(1, 2, {{"kind", "I"}});
            }).find("say which with --dataset"),
            std::string::npos);
  fix(1, 2, {{"kind", "I"}}, "parties");
  fix(1, 2, {{"currency", "USD"}}, "accounts");
  const auto outcome = replay().at(0);
  EXPECT_EQ(outcome.rows_replayed, 2U);
  EXPECT_EQ(query("SELECT a.account_id, p.name, p.kind, a.line, p.line FROM silver.accounts a JOIN "
                  "silver.parties p USING (party_id)"),
            "1|Ann Lee|person|1|1");
  EXPECT_EQ(query("SELECT lines_read FROM aml.ingested_files WHERE operation = 'REPLAY'"), "1");
}

TEST_F(QuarantineTest, WhatCannotBeFixedOrDroppedIsRefusedWithTheReasonAndNothingIsRecorded) {
  const auto place = [](std::int64_t line) { return QuarantinePlace{"1", line}; };
  load("t.csv", kHeader + "T1,2024-01-01,A,B,x,USD,W\nT2,2024-01-01,A,B,x,USD,W\n");
  EXPECT_EQ(refusal([&] { fix(9, 2, {{"amount", "1"}}); }), "9: no such file was loaded");
  EXPECT_EQ(refusal([&] {
              fix(1, 7, {{"amount", "1"}});
            }).substr(0, 46),
            "1:7: nothing of this line is in quarantine\n  s");
  EXPECT_EQ(
      refusal([&] {
        fix_quarantined(connection_, {{place(2), {{"amount", "1"}}}, {place(3), {{"amnt", "1"}}}});
      }),
      "1:3: transfers have no column amnt; there are: transfer_id, booked_at, from_account, "
      "to_account, amount, currency, type");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.fixes"), "0");
  drop_quarantined(connection_, place(2), "sent twice");
  EXPECT_NE(refusal([&] {
              fix(1, 2, {{"amount", "1"}});
            }).find("1:2: this row is dropped since"),
            std::string::npos);
  EXPECT_EQ(
      query("SELECT state, drop_reason, closed_by = session_user FROM quarantine.rows ORDER BY "
            "line LIMIT 1"),
      "dropped|sent twice|t");
  EXPECT_EQ(replay().at(0).rows_tried, 1U) << "what is dropped is not replayed";
  EXPECT_NE(refusal([&] {
              read_fixes_file(write("f.csv", "line,amount\n2,1\n"));
            }).find("needs the columns file and line"),
            std::string::npos);
  EXPECT_NE(refusal([&] {
              read_fixes_file(write("g.csv", "file,line,amount\n1,two,1\n"));
            }).find("g.csv:2: \"two\" is no line"),
            std::string::npos);
}

TEST_F(QuarantineTest, AReplayWaitsForNobodyAndTellsWhoHoldsTheLock) {
  Connection other = database().connect();
  const RunLock lock(other);
  try {
    replay();
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kLocked);
  }
}

TEST_F(QuarantineTest, ReplaysAndFixesAtTheSameTimeBringEachRowInOnceAndLoseNoFix) {
  constexpr int kRows = 60;
  std::string text = kHeader;
  for (int i = 0; i < kRows; ++i) text += fmt::format("T{},2024-01-01,A,B,x,USD,W\n", i);
  load("t.csv", text);
  std::atomic<int> refused = 0;
  const auto fixer = [&] {
    Connection connection = database().connect();
    for (int i = 0; i < kRows; ++i) {
      try {
        fix_quarantined(connection, {{{"1", i + 2}, {{"amount", std::to_string(i + 1)}}}});
      } catch (const StoreError&) {
        ++refused;
      }
    }
  };
  const auto replayer = [&] {
    Connection connection = database().connect();
    for (int i = 0; i < 10; ++i) {
      try {
        replay_quarantined(connection, {}, options_.expectations);
      } catch (const StoreError& error) {
        EXPECT_EQ(error.failure(), StoreFailure::kLocked) << error.what();
      }
    }
  };
  std::vector<std::jthread> threads;
  threads.emplace_back(fixer);
  threads.emplace_back(replayer);
  threads.emplace_back(replayer);
  threads.clear();
  replay();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(
      query("SELECT count(*), count(DISTINCT transfer_id), sum(amount) FROM silver.transfers"),
      "60|60|1830.00");
  EXPECT_EQ(query("SELECT count(*), count(DISTINCT (file_id, line)) FROM quarantine.replays"),
            "60|60");
  EXPECT_EQ(query("SELECT (SELECT count(*) FROM bronze.transfers WHERE file_id > 1) - (SELECT "
                  "sum(rows_loaded) FROM aml.ingested_files WHERE operation = 'REPLAY')"),
            "0");
}

}  // namespace
}  // namespace aml::store
