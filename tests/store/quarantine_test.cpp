// SPDX-License-Identifier: Apache-2.0
// Expectations that look beyond the row: what single row checks cannot say.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "store/error.hpp"
#include "store/expectation_history.hpp"
#include "tests/store/quarantine_fixture.hpp"
#include "tests/support/refusal.hpp"

namespace aml::store {
namespace {

using test::refusal;

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
    return refusal<StoreError>([&] { load("t.csv", kHeader + "T1,2024-01-01,A,B,1,USD,W\n"); });
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

}  // namespace
}  // namespace aml::store
