// SPDX-License-Identifier: Apache-2.0
// aml expectations and aml quarantine, as a data engineer meets them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

const std::string kHeader = "transfer_id,booked_at,from_account,to_account,amount,currency,type\n";

class QuarantineCommand : public testing::Test {
 protected:
  Ended aml(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-d", database_.target().conninfo});
    return run_aml(arguments);
  }
  std::string out_of(const std::vector<std::string>& arguments) const {
    const Ended ended = aml(arguments);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.out;
  }

  TestDatabase database_;
  TemporaryFolder folder_;
};

TEST_F(QuarantineCommand, TellsTheStoryOfBadRowsFromTheLoadToSilver) {
  const std::string file =
      folder_.write("transfers.csv", kHeader +
                                         "T1,2024-01-01,A,B,1,USD,W\nT2,2024-01-01,A,B,-2,USD,W\n"
                                         "T3,2024-01-01,A,B,x,EURO,W\ncut off\n");
  const Ended loaded = aml({"load", file});
  EXPECT_NE(loaded.err.find("aml quarantine list"), std::string::npos) << loaded.err;
  EXPECT_EQ(out_of({"quarantine", "list"}),
            "dataset,reason,file,path,open,fixed\n"
            "transfers,amount_is_a_number,1," +
                file +
                ",1,0\n"
                "transfers,amount_is_not_negative,1," +
                file +
                ",1,0\n"
                "transfers,currency_is_known,1," +
                file +
                ",1,0\n"
                "transfers,wrong_column_count,1," +
                file + ",1,0\n");
  const std::string rows =
      out_of({"quarantine", "list", "--rows", "--dataset", "transfers", "--file", file});
  EXPECT_EQ(rows,
            "file,line,dataset,reasons,transfer_id,booked_at,from_account,to_account,amount,"
            "currency,type\n"
            "1,3,transfers,amount_is_not_negative,T2,2024-01-01,A,B,-2,USD,W\n"
            "1,4,transfers,amount_is_a_number currency_is_known,T3,2024-01-01,A,B,x,EURO,W\n"
            "1,5,transfers,wrong_column_count,,,,,,,\n");
  EXPECT_EQ(out_of({"quarantine", "fix", "1:3", "--set", "amount=2", "--set", "type=CASH"}), "");
  std::string corrected =
      out_of({"quarantine", "list", "--rows", "--dataset", "transfers", "--file", "1"});
  corrected.replace(corrected.find("x,EURO"), 6, "3,EUR");
  corrected.replace(corrected.find(",,,,,,,"), 7, ",T4,2024-01-01,A,B,4,USD,W");
  EXPECT_EQ(out_of({"quarantine", "fix", "--from", folder_.write("fixed.csv", corrected)}), "");
  EXPECT_EQ(out_of({"quarantine", "replay", "--reason", "wrong_column_count"}),
            "dataset,format,tried,replayed,still_open,file\ntransfers,aml,1,1,0,2\n");
  EXPECT_EQ(out_of({"quarantine", "replay"}),
            "dataset,format,tried,replayed,still_open,file\ntransfers,aml,2,1,1,3\n");
  const std::string shown = out_of({"quarantine", "show", "1:4"});
  EXPECT_NE(shown.find("reason,fx_rate_is_known,,\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("fix,currency,EUR,by "), std::string::npos) << shown;
  EXPECT_NE(out_of({"quarantine", "show", file + ":3"}).find("row,replayed_as,3:1,"),
            std::string::npos);
  EXPECT_EQ(out_of({"quarantine", "drop", "1:4", "--reason", "sent again"}), "");
  EXPECT_EQ(out_of({"quarantine", "list"}), "dataset,reason,file,path,open,fixed\n");
  EXPECT_EQ(database_.query("SELECT transfer_id, amount, type FROM silver.transfers ORDER BY 1"),
            "T1|1.00|W\nT2|2.00|CASH\nT4|4.00|W");
  EXPECT_EQ(database_.query("SELECT operation, count(*), count(program_version) FROM aml.versions "
                            "WHERE version > 0 GROUP BY 1 ORDER BY 1"),
            "LOAD|1|1\nREPLAY|2|2")
      << "each names the program that made it";
  EXPECT_EQ(out_of({"expectations", "results", "--file", "1", "--broken", "--expectation",
                    "amount_is_not_negative"})
                .substr(0, 92),
            "file,path,dataset,expectation,policy,passed,failed,pass_rate,observed,expected,first_"
            "lines,f");
}

TEST_F(QuarantineCommand, AControlFileBesideAFileIsHeldAgainstIt) {
  const std::string expectations =
      folder_.write("expectations.json", R"({"schema_version": 1, "expectations": [
    {"name": "total", "dataset": "transfers", "control_total": "amount", "policy": "fail", "description": "The sum."},
    {"name": "size", "dataset": "transfers", "row_count": {"at_least": 5}, "policy": "warn", "description": "Some."}]})");
  const std::string file = folder_.write("data.csv", kHeader + "T1,2024-01-01,A,B,1.10,USD,W\n");
  folder_.write("data.csv.control.json", R"({"rows": 1, "amount": 1.1})");
  const auto load = [&] { return aml({"load", "--expectations", expectations, folder_.path()}); };
  Ended ended = load();
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_NE(ended.err.find("data.csv.control.json: /amount: expected a whole number, or a decimal"),
            std::string::npos)
      << ended.err;
  folder_.write("data.csv.control.json", R"({"rows": 1, "amount": "1.11"})");
  ended = load();
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_NE(ended.err.find("observed 1.10, expected 1.11"), std::string::npos) << ended.err;
  folder_.write("data.csv.control.json", R"({"rows": 1, "amount": "1.1"})");
  ended = load();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(
      ended.err.find("loaded although it does not meet size: observed 1, expected at least 5"),
      std::string::npos)
      << ended.err;
}

TEST_F(QuarantineCommand, WrongUsageSaysWhatIsExpected) {
  const auto complaint = [&](const std::vector<std::string>& arguments) {
    const Ended ended = aml(arguments);
    EXPECT_EQ(ended.exit_code, 2) << ended.err;
    return ended.err;
  };
  EXPECT_NE(complaint({"quarantine", "show", "12"}).find("expected FILE:LINE"), std::string::npos);
  EXPECT_NE(complaint({"quarantine", "fix", "1:2"}).find("--set COLUMN=VALUE"), std::string::npos);
  EXPECT_NE(
      complaint({"quarantine", "fix", "1:2", "--set", "amount"}).find("expected COLUMN=VALUE"),
      std::string::npos);
  EXPECT_NE(complaint({"quarantine", "list", "--rows"}).find("--rows needs --dataset"),
            std::string::npos);
  EXPECT_NE(complaint({"expectations", "check", "a.jsonl"}).find("--schema or --expectations"),
            std::string::npos);
  const std::string shipped = AML_SOURCE_DIR "/scenarios/expectations.json";
  EXPECT_NE(complaint({"expectations", "check", "--expectations", shipped, "a.jsonl"})
                .find("expects nothing of rows that are JSON objects"),
            std::string::npos)
      << "a check of nothing would always pass";
}

TEST_F(QuarantineCommand, ASchemaBecomesExpectationsThatJsonLinesAreHeldAgainst) {
  const std::string schema =
      folder_.write("loan.json", R"({"properties": {"kind": {"enum": ["O'Neill", "b"]}}})");
  const std::string rows =
      folder_.write("loans.jsonl", "{\"kind\": \"O'Neill\"}\n{\"kind\": \"c\"}\n");
  const std::string result =
      "dataset,expectation,policy,passed,failed,first_lines,description\n"
      "json.loan,kind_enum,quarantine,1,1,2,\"kind: enum: [\"\"O'Neill\"\",\"\"b\"\"]\"\n";
  EXPECT_EQ(out_of({"expectations", "check", "--schema", schema, rows}), result);
  const std::string more = folder_.write(
      "loan.json", R"({"properties": {"kind": {"enum": ["O'Neill", "b"], "format": "hostname"}}})");
  const Ended told = aml({"expectations", "check", "--schema", more, rows});
  EXPECT_EQ(told.out, result);
  EXPECT_NE(told.err.find("format \"hostname\" is not checked"), std::string::npos) << told.err;
  std::string converted = out_of({"expectations", "from-schema", schema});
  EXPECT_EQ(
      out_of({"expectations", "check", "--expectations", folder_.write("e.json", converted), rows}),
      result);
  converted.replace(converted.find("\"quarantine\""), 12, "\"fail\"");
  EXPECT_EQ(
      aml({"expectations", "check", "--expectations", folder_.write("f.json", converted), rows})
          .exit_code,
      4);
}

TEST_F(QuarantineCommand, AReplayNamesWhatTheServerRefusesAndReplaysTheRest) {
  aml({"load", folder_.write("transfers.csv", kHeader + "T1,2024-01-01,A,B,1,XXX,W\n"
                                                        "T2,2024-01-01,A,B,7,XXX,W\n")});
  for (const std::string place : {"1:2", "1:3"})
    out_of({"quarantine", "fix", place, "--set", "currency=USD"});
  const std::string expectations = folder_.write(
      "expectations.json",
      R"({"schema_version": 1, "expectations": [{"name": "is_small", "dataset": "transfers", "check": "1 / (amount - 7) < 2", "policy": "warn", "description": "As agreed."}]})");
  const Ended replayed = aml({"quarantine", "replay", "--expectations", expectations});
  EXPECT_EQ(replayed.exit_code, 4) << replayed.err;
  EXPECT_NE(replayed.err.find("1:3 of transfers was refused, and stays open as it was: "),
            std::string::npos)
      << replayed.err;
  EXPECT_EQ(replayed.out, "dataset,format,tried,replayed,still_open,file\ntransfers,aml,2,1,1,2\n");
}

}  // namespace
}  // namespace aml::test
