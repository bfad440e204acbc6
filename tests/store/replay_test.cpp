// SPDX-License-Identifier: Apache-2.0
// The way of a row out of quarantine: mended, dropped, replayed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "scenarios/runner.hpp"
#include "store/error.hpp"
#include "store/grants.hpp"
#include "store/run_ledger.hpp"
#include "store/shares.hpp"
#include "store/version_history.hpp"
#include "tests/store/quarantine_fixture.hpp"
#include "tests/support/refusal.hpp"

namespace aml::store {
namespace {

using test::refusal;

class ReplayTest : public QuarantineTest {};

TEST_F(ReplayTest, OfAFileWithSeventyEightBadRowsInAThousandFixAndReplayBringAllIn) {
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

TEST_F(ReplayTest, OnceMendedAndApprovedItIsSharedWithOneWhoSeesThatVersionForEver) {
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

TEST_F(ReplayTest, AReplayedRowKeepsItsProvenanceAndStaysAsItCame) {
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

TEST_F(ReplayTest, AReplayIsAVersionOfItsOwnAndFillsTheColumnsThatALoadAdded) {
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

TEST_F(ReplayTest, ARowThatFailsAgainGetsTheReasonsOfTodayAndLeavesNothingElse) {
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

TEST_F(ReplayTest, AReplayTakesWhatWasAskedForAndRatesThatCameTooLateHelp) {
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

TEST_F(ReplayTest, ATransferWithoutAnIdGetsTheOneOfItsFirstLine) {
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

TEST_F(ReplayTest, ALineThatCouldNotBeReadIsReplayedOnceItIsFixed) {
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

TEST_F(ReplayTest, AnAccountAndItsPartyOfOneLineAreFixedApartAndReplayedTogether) {
  load("accounts.csv",
       "acct_id,dsply_nm,type,acct_rptng_crncy,first_name,last_name,street_addr,city,state,country,"
       "zip\n1,n,X,USDX,Ann,Lee,1 Road,C,S,US,9\n");
  EXPECT_NE(refusal<StoreError>([&] {
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

TEST_F(ReplayTest, WhatCannotBeFixedOrDroppedIsRefusedWithTheReasonAndNothingIsRecorded) {
  const auto place = [](std::int64_t line) { return QuarantinePlace{"1", line}; };
  load("t.csv", kHeader + "T1,2024-01-01,A,B,x,USD,W\nT2,2024-01-01,A,B,x,USD,W\n");
  EXPECT_EQ(refusal<StoreError>([&] {
              fix(9, 2, {{"amount", "1"}});
            }),
            "9: no such file was loaded");
  EXPECT_EQ(refusal<StoreError>([&] {
              fix(1, 7, {{"amount", "1"}});
            }).substr(0, 46),
            "1:7: nothing of this line is in quarantine\n  s");
  EXPECT_EQ(
      refusal<StoreError>([&] {
        fix_quarantined(connection_, {{place(2), {{"amount", "1"}}}, {place(3), {{"amnt", "1"}}}});
      }),
      "1:3: transfers have no column amnt; there are: transfer_id, booked_at, from_account, "
      "to_account, amount, currency, type");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.fixes"), "0");
  drop_quarantined(connection_, place(2), "sent twice");
  EXPECT_NE(refusal<StoreError>([&] {
              fix(1, 2, {{"amount", "1"}});
            }).find("1:2: this row is dropped since"),
            std::string::npos);
  EXPECT_EQ(
      query("SELECT state, drop_reason, closed_by = session_user FROM quarantine.rows ORDER BY "
            "line LIMIT 1"),
      "dropped|sent twice|t");
  EXPECT_EQ(replay().at(0).rows_tried, 1U) << "what is dropped is not replayed";
  EXPECT_NE(refusal<StoreError>([&] {
              read_fixes_file(write("f.csv", "line,amount\n2,1\n"));
            }).find("needs the columns file and line"),
            std::string::npos);
  EXPECT_NE(refusal<StoreError>([&] {
              read_fixes_file(write("g.csv", "file,line,amount\n1,two,1\n"));
            }).find("g.csv:2: \"two\" is no line"),
            std::string::npos);
}

TEST_F(ReplayTest, AReplayWaitsForNobodyAndTellsWhoHoldsTheLock) {
  Connection other = database().connect();
  const RunLock lock(other);
  try {
    replay();
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kLocked);
  }
}

TEST_F(ReplayTest, ReplaysAndFixesAtTheSameTimeBringEachRowInOnceAndLoseNoFix) {
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

TEST_F(ReplayTest, ARowThatTheServerRefusesStaysAndTheOthersAreReplayed) {
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

TEST_F(ReplayTest, AReplayGivesUpWhenTheServerRefusesMoreThanAHundredRows) {
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

}  // namespace
}  // namespace aml::store
