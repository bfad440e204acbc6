// SPDX-License-Identifier: Apache-2.0
// The program as a user meets it: exit codes, what goes to stdout and stderr, formats.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <pqxx/pqxx>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store/run_ledger.hpp"
#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

const char* const kCycle =
    "transfer_id,booked_at,from_account,to_account,amount\n"
    "1,2024-03-01T10:00:00Z,A,B,5000.00\n"
    "2,2024-03-02T10:00:00Z,B,C,4900.00\n"
    "3,2024-03-03T10:00:00Z,C,A,4800.00\n";

TEST(CommandLine, WithoutArgumentsItPrintsHelpToStdout) {
  const auto ended = run_aml({});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_NE(ended.out.find("aml demo"), std::string::npos);
  EXPECT_EQ(ended.err, "");
}

TEST(CommandLine, VersionIsOneLine) {
  const auto ended = run_aml({"--version"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out.rfind("aml 0.", 0), 0U) << ended.out;
}

TEST(CommandLine, AMisspeltCommandIsWrongUsageAndGetsASuggestion) {
  const auto ended = run_aml({"lod", "x.csv"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("Did you mean 'load'?"), std::string::npos) << ended.err;
}

TEST(CommandLine, AMisspeltOptionIsNamedAndItsValueNotTakenForACommand) {
  const auto ended = run_aml({"--fromat", "csv", "list", "runs"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("--fromat"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("There is no command"), std::string::npos) << ended.err;
}

TEST(CommandLine, TheValueOfAGlobalOptionIsNotTakenForACommand) {
  const auto ended = run_aml({"-d", "bank", "--quiet", "--format", "csv", "report"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("--out is required"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("aml report --help"), std::string::npos) << ended.err;
}

TEST(CommandLine, AWrongSubcommandIsNamedWithThoseThereAre) {
  const auto ended = run_aml({"list", "alarms"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("There is no command 'aml list alarms'."), std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("aml list --help"), std::string::npos) << ended.err;
  const auto other = run_aml({"--quiet", "db", "destroy"});
  EXPECT_NE(other.err.find("There are: "), std::string::npos) << other.err;
}

TEST(CommandLine, GenerateKeepsItsHandsOffFilesItDidNotMake) {
  const TemporaryFolder folder;
  folder.write("transfers.csv", kCycle);
  const std::vector<std::string> generate{"generate", "--out",  folder.path(), "--accounts",
                                          "500",      "--days", "60"};
  const auto refused = run_aml(generate);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("transfers.csv that was not generated"), std::string::npos)
      << refused.err;
  std::ifstream kept(folder.path("transfers.csv"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), kCycle);

  const TemporaryFolder own;
  const std::vector<std::string> again{"generate", "--out",  own.path(), "--accounts",
                                       "500",      "--days", "60"};
  EXPECT_EQ(run_aml(again).exit_code, 0);
  EXPECT_EQ(run_aml(again).exit_code, 0);  // over its own files
}

TEST(CommandLine, DiffTellsWhatCameAndWentAndWhy) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto target = database.target().conninfo;
  ASSERT_EQ(run_aml({"-d", target, "load", folder.write("cycle.csv", kCycle)}).exit_code, 0);
  const auto scenario = [&](const std::string& window, int version) {
    return folder.write("rounds.json",
                        R"({"schema_version":1,"id":"rounds","title":"Rounds","detector":"cycles",)"
                        R"("typology":"round_tripping","subject":"account","params":{"window":")" +
                            window + R"("},"version":)" + std::to_string(version) + "}");
  };
  ASSERT_EQ(run_aml({"-d", target, "run", scenario("3 days", 1)}).exit_code, 0);
  ASSERT_EQ(run_aml({"-d", target, "run", scenario("3 days", 1)}).exit_code, 0);
  ASSERT_EQ(run_aml({"-d", target, "run", scenario("1 day", 2)}).exit_code, 0);
  EXPECT_EQ(run_aml({"-d", target, "diff", "1", "2"}).out.find('\n'),
            run_aml({"-d", target, "diff", "1", "2"}).out.size() - 1);  // the header alone
  const auto gone = run_aml({"-d", target, "diff", "2", "3"});
  EXPECT_EQ(gone.exit_code, 0) << gone.err;
  EXPECT_NE(gone.out.find("\nwent,rounds,"), std::string::npos) << gone.out;
  EXPECT_NE(gone.out.find("version 1 became 2; parameters: window 3 days became 1 day"),
            std::string::npos)
      << gone.out;
  EXPECT_NE(run_aml({"-d", target, "diff", "3", "1"}).out.find("\ncame,rounds,"),
            std::string::npos);
  EXPECT_EQ(run_aml({"-d", target, "diff", "1", "99"}).exit_code, 2);
}

TEST(CommandLine, ColumnsOfFilesAreListedAndNewOnesTold) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto aml = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", database.target().conninfo});
    return run_aml(arguments);
  };
  const std::string row =
      R"({"booked_at":"2024-01-01","from_account":"A","to_account":"B","amount":1.5)";
  ASSERT_EQ(aml({"load", folder.write("a.jsonl", row + "}\n")}).exit_code, 0);
  const std::string file = folder.write("b.jsonl", row + R"(,"Channel":"web"})");
  const auto refused = aml({"load", "--schema-evolution", "fail", file});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_NE(refused.err.find("no file of transfers had before: Channel;"), std::string::npos)
      << refused.err;
  const auto added = aml({"load", "--schema-evolution", "add", file});
  EXPECT_EQ(added.exit_code, 0);
  EXPECT_NE(added.err.find("column Channel is now silver.transfers.channel"), std::string::npos)
      << added.err;
  const auto listed = aml({"list", "schemas", "--limit", "5"}).out;
  EXPECT_NE(listed.find("\n2,transfers,aml,4,amount,numeric,,"), std::string::npos) << listed;
  EXPECT_NE(listed.find("\n2,transfers,aml,5,Channel,text,channel,"), std::string::npos) << listed;
}

TEST(CommandLine, OfManyNewColumnsSomeAreToldAndHowManyMore) {
  const TestDatabase database;
  const TemporaryFolder folder;
  std::string header = "booked_at,from_account,to_account,amount";
  std::string row = "2024-01-01,A,B,5";
  for (int i = 0; i < 1500; ++i) {
    header += ",c" + std::to_string(i);
    row += ",x";
  }
  const auto target = database.target().conninfo;
  ASSERT_EQ(run_aml({"-d", target, "load", folder.write("cycle.csv", kCycle)}).exit_code, 0);
  const auto loaded =
      run_aml({"-d", target, "load", folder.write("wide.csv", header + "\n" + row + "\n")});
  EXPECT_EQ(loaded.exit_code, 0) << loaded.err;
  EXPECT_NE(loaded.err.find(", c18, c19 and 1,480 more\n"), std::string::npos) << loaded.err;
}

TEST(CommandLine, PruneTellsWhatGoesAndThatNothingIsOldEnough) {
  const TestDatabase database;
  const auto aml = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", database.target().conninfo});
    return run_aml(arguments);
  };
  EXPECT_EQ(aml({"prune", "--yes"}).exit_code, 2);
  EXPECT_EQ(aml({"prune", "--keep-years", "0", "--yes"}).exit_code, 2);
  const auto young = aml({"prune", "--keep-years", "5", "--yes"});
  EXPECT_EQ(young.exit_code, 0) << young.err;
  EXPECT_NE(young.err.find("Nothing is that old."), std::string::npos) << young.err;
  database.write("INSERT INTO silver.fx_rates VALUES ('EUR', '2024-01-01', 1, 1, 1)");
  database.write("DELETE FROM silver.fx_rates");
  database.query(
      "SET session_replication_role = replica; UPDATE aml.versions SET committed_at = now() - "
      "interval '6 years' + version * interval '1 second'");
  const auto dry = aml({"prune", "--keep-years", "5", "--dry-run"});
  EXPECT_EQ(dry.out, "table,rows\nhistory.silver_fx_rates,1\n") << dry.err;
  EXPECT_NE(dry.err.find("Nothing was dropped"), std::string::npos) << dry.err;
  EXPECT_EQ(aml({"prune", "--keep-years", "5", "--yes"}).out, dry.out);
  const auto dropped = aml({"diff", "fx_rates", "1", "2"});
  EXPECT_EQ(dropped.exit_code, 1);
  EXPECT_NE(dropped.err.find("version 1 was dropped: the oldest that can be read is 2"),
            std::string::npos)
      << dropped.err;
  EXPECT_NE(aml({"history"}).out.find(",no\n"), std::string::npos);
  EXPECT_NE(aml({"doctor"}).out.find("2 to 3 can be read"), std::string::npos);
  EXPECT_EQ(database.query("SELECT program_version LIKE '0.%' FROM aml.versions WHERE version = 3"),
            "t");
}

TEST(CommandLine, BacktestsWithOtherParametersAndAsOfADay) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto aml = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", database.target().conninfo});
    return run_aml(arguments);
  };
  ASSERT_EQ(aml({"load", folder.write("cycle.csv", kCycle)}).exit_code, 0);
  ASSERT_EQ(aml({"run", "round_tripping"}).exit_code, 0);
  const auto current = aml({"list", "alerts"}).out;

  const auto shorter = aml({"run", "--set", "round_tripping.window=1 day", "round_tripping"});
  ASSERT_EQ(shorter.exit_code, 0) << shorter.err;
  EXPECT_NE(shorter.out.find("round_tripping,1,ok,0,0,0,0,0,1\n"), std::string::npos)
      << shorter.out;
  EXPECT_NE(shorter.err.find("A backtest: gold is as it was"), std::string::npos) << shorter.err;
  // The day is meant with all its hours: the last hop is booked at ten.
  ASSERT_EQ(aml({"run", "round_tripping", "--as-of", "2024-03-03"}).exit_code, 0);
  ASSERT_EQ(aml({"run", "round_tripping", "--as-of", "2024-03-03T09:59:59Z"}).exit_code, 0);
  EXPECT_EQ(aml({"list", "alerts"}).out, current);
  const auto runs = aml({"list", "runs"}).out;
  EXPECT_NE(runs.find("\n4,backtest,full,succeeded,"), std::string::npos) << runs;
  EXPECT_NE(runs.find(",2024-03-03T23:59:59.999999Z,2,,round_tripping,"), std::string::npos)
      << runs;
  EXPECT_NE(runs.find(",round_tripping.window=1 day,round_tripping,"), std::string::npos) << runs;
  EXPECT_NE(runs.find("\n1,production,full,succeeded,"), std::string::npos) << runs;
  // Versions: 1 is the load, 2 the run.
  EXPECT_NE(aml({"history", "transfers"}).out.find("\n1,"), std::string::npos);
  EXPECT_NE(aml({"diff", "transfers", "0", "1"}).err.find("3 added, 0 changed, 0 removed"),
            std::string::npos);
  ASSERT_EQ(aml({"run", "round_tripping", "--as-of-version", "1"}).exit_code, 0);
  const auto confused = aml({"run", "round_tripping", "--as-of", "1"});
  EXPECT_EQ(confused.exit_code, 2);
  EXPECT_NE(confused.err.find("--as-of-version 1"), std::string::npos) << confused.err;
  EXPECT_EQ(aml({"run", "round_tripping", "--as-of-version", "99"}).exit_code, 2);
  EXPECT_EQ(aml({"restore", "alerts", "--to", "1"}).exit_code, 2);
  EXPECT_EQ(aml({"restore", "all", "--to", "0"}).exit_code, 0);
  EXPECT_EQ(aml({"list", "alerts"}).out, current);

  const auto labels = folder.write("labels.csv",
                                   "typology,instance,entity_kind,entity_id,role,transfer_id\n"
                                   "round_tripping,1,,,hop,1\nround_tripping,1,,,hop,2\n");
  const auto found = [&](const std::string& run) {
    const auto ended = aml({"evaluate", "--labels", labels, "--run", run});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.out.find("round_tripping,instance,1,1,") != std::string::npos;
  };
  EXPECT_TRUE(found("1"));
  EXPECT_FALSE(found("2"));
  EXPECT_TRUE(found("3"));
  EXPECT_FALSE(found("4"));
  EXPECT_EQ(database.query("SELECT string_agg(DISTINCT run_id::text, ' ' ORDER BY run_id::text) "
                           "FROM aml.evaluations"),
            "1 2 3 4");
  EXPECT_EQ(aml({"evaluate", "--labels", labels, "--run", "99"}).exit_code, 2);

  EXPECT_NE(aml({"diff", "1", "2"}).out.find("window 20 days became 1 day"), std::string::npos);
  EXPECT_NE(aml({"diff", "3", "4"})
                .out.find("as of: 2024-03-03T23:59:59.999999Z became 2024-03-03T09:59:59Z; data: 3 "
                          "transfers became 2"),
            std::string::npos);
  const auto report = folder.path("report.html");
  ASSERT_EQ(aml({"report", "3", "--out", report}).exit_code, 0);
  std::ifstream html(report);
  const std::string page(std::istreambuf_iterator<char>(html), {});
  EXPECT_NE(page.find("This is a backtest"), std::string::npos);
  EXPECT_NE(page.find("All alerts: Round tripping"), std::string::npos);
}

TEST(CommandLine, AnInterruptedBacktestDoesNotPointToFindingsThatItDidNotKeep) {
  const TestDatabase database;
  const TemporaryFolder folder;
  auto blocker = database.connect();
  std::optional<pqxx::work> lock(std::in_place, blocker.pqxx());
  lock->exec("LOCK TABLE silver.transfers");
  const auto err = folder.path("err");
  const auto child =
      start_aml({"-d", database.target().conninfo, "run", "fan_in", "--as-of", "2024-03-03"}, err);
  while (database.query("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
                        "'silver.transfers'::regclass") == "0")
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ::kill(child, SIGINT);
  lock.reset();
  EXPECT_EQ(wait_for(child), 130);
  std::ifstream file(err);
  const std::string said(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(said.find("Run 1 interrupted"), std::string::npos) << said;
  EXPECT_EQ(said.find("aml evaluate --run"), std::string::npos) << said;
}

TEST(CommandLine, ABacktestThatCannotBeIsWrongUsageAndLeavesNoRun) {
  const TestDatabase database;
  const auto refusal = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", database.target().conninfo, "run"});
    const auto ended = run_aml(arguments);
    EXPECT_EQ(ended.exit_code, 2) << ended.err;
    return ended.err;
  };
  EXPECT_NE(refusal({"--set", "fan_in.windw=3 days"}).find("did you mean \"window\"?"),
            std::string::npos);
  EXPECT_NE(refusal({"fan_out", "--set", "fan_in.window=3 days"})
                .find("scenario \"fan_in\" is not in this run"),
            std::string::npos);
  EXPECT_NE(refusal({"--set", "fan_in.min_transfers=0"}).find("expected an integer from 1"),
            std::string::npos);
  for (const char* time : {"yesterday", "2024-02-30", "20240331", "31.3.2024"})
    EXPECT_NE(refusal({"--as-of", time}).find("expected a day or a time"), std::string::npos);
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.runs"), "0");
}

TEST(CommandLine, ARunThatIsNotThereIsWrongUsageWhoeverIsAsked) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto labels = folder.write("labels.csv",
                                   "typology,instance,entity_kind,entity_id,role,transfer_id\n"
                                   "round_tripping,1,,,hop,1\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"report", "99", "--out", folder.path("report.html")},
        {"diff", "98", "99"},
        {"evaluate", "--labels", labels, "--run", "99"}}) {
    std::vector<std::string> arguments{"-d", database.target().conninfo};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const auto ended = run_aml(arguments);
    EXPECT_EQ(ended.exit_code, 2) << command[0] << ' ' << ended.err;
    EXPECT_NE(ended.err.find("aml list runs"), std::string::npos) << command[0] << ' ' << ended.err;
  }
}

TEST(CommandLine, WrongOptionsAreWrongUsage) {
  EXPECT_EQ(run_aml({"run", "--no-such-option"}).exit_code, 2);
  EXPECT_EQ(run_aml({"run", "--threads", "many"}).exit_code, 2);
  EXPECT_EQ(run_aml({"run", "--threads", "0"}).exit_code, 2);
  EXPECT_EQ(run_aml({"--format", "xml", "list", "scenarios"}).exit_code, 2);
  EXPECT_EQ(run_aml({"load"}).exit_code, 2);
}

TEST(CommandLine, AnEmptyArgumentIsWrongUsageAndNeverTakenForNotGiven) {
  for (const auto& arguments : {std::vector<std::string>{"-d", "", "list", "runs"},
                                {"load", ""},
                                {"features", "--edges", ""},
                                {"--dir", "", "db", "status"}}) {
    const auto ended = run_aml(arguments);
    EXPECT_EQ(ended.exit_code, 2) << arguments[0] << ended.err;
    EXPECT_NE(ended.err.find("is empty, as is a variable of the shell that is not set."),
              std::string::npos)
        << ended.err;
  }
}

TEST(CommandLine, EvaluateHoldsTheNewestRunAgainstLabels) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto labels = folder.write("labels.csv",
                                   "typology,instance,entity_kind,entity_id,role,transfer_id\n"
                                   "round_tripping,1,,,hop,1\nround_tripping,1,,,hop,2\n");
  const auto evaluate = [&](const std::string& file) {
    return run_aml({"-d", database.target().conninfo, "evaluate", "--labels", file});
  };
  EXPECT_EQ(evaluate(labels).exit_code, 2);  // nothing was run
  ASSERT_EQ(run_aml({"-d", database.target().conninfo, "load", folder.write("cycle.csv", kCycle)})
                .exit_code,
            0);
  ASSERT_EQ(run_aml({"-d", database.target().conninfo, "run", "round_tripping"}).exit_code, 0);
  const auto ended = evaluate(labels);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("round_tripping,instance,1,1,1,1,1,1,1,1\n"), std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("round_tripping,transfer,2,2,,3,2,1,"), std::string::npos) << ended.out;
  const auto refused = evaluate(folder.write("other.csv", "a,b\n"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("other.csv:1"), std::string::npos) << refused.err;
}

TEST(CommandLine, EvaluateRefusesARunThatKeptNothingAndWarnsOfWhatNobodyLookedFor) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto target = database.target().conninfo;
  const auto labels = folder.write("labels.csv",
                                   "typology,instance,entity_kind,entity_id,role,transfer_id\n"
                                   "round_tripping,1,,,hop,1\nrandom,1,,,hop,2\nany,1,,,hop,2\n");
  const auto evaluate = [&](const std::string& run) {
    return run_aml({"-d", target, "evaluate", "--labels", labels, "--run", run});
  };
  ASSERT_EQ(run_aml({"-d", target, "load", folder.write("cycle.csv", kCycle)}).exit_code, 0);
  ASSERT_EQ(run_aml({"-d", target, "run", "round_tripping"}).exit_code, 0);
  ASSERT_EQ(run_aml({"-d", target, "run", "fan_in", "--as-of", "2024-03-02"}).exit_code, 0);
  for (const char* status : {"running", "interrupted", "died", "failed"}) {
    const auto run = database.query(std::string("INSERT INTO aml.runs (status, program_version, "
                                                "threads, seed, scenarios) VALUES ('") +
                                    status + "', 'test', 1, 0, '{fan_in}') RETURNING run_id");
    const auto refused = evaluate(run);
    EXPECT_EQ(refused.exit_code, 2) << status;
    EXPECT_NE(refused.err.find("run " + run + " kept nothing to evaluate"), std::string::npos)
        << refused.err;
  }
  const std::string warning = "no scenario that was run looks for it: ";
  EXPECT_NE(evaluate("1").err.find(warning + "random\n"), std::string::npos) << evaluate("1").err;
  EXPECT_NE(evaluate("2").err.find(warning + "random, round_tripping\n"), std::string::npos)
      << evaluate("2").err;

  EXPECT_EQ(evaluate("1").err.find("only the scenarios that ended"), std::string::npos);
  database.query("UPDATE aml.runs SET status = 'failed' WHERE run_id = 1 RETURNING 1");
  const auto in_part = evaluate("1");
  EXPECT_EQ(in_part.exit_code, 0) << in_part.err;
  EXPECT_NE(in_part.err.find("warning: run 1 failed: only the scenarios that ended are judged"),
            std::string::npos)
      << in_part.err;
}

TEST(CommandLine, AnUnreachableDatabaseIsExitCode3AndItsPasswordIsNotPrinted) {
  const auto ended = run_aml({"-v", "-d", "postgresql://me:secret-word@127.0.0.1:1/bank", "run"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.err.find("secret-word"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("127.0.0.1"), std::string::npos) << ended.err;
}

TEST(CommandLine, WithoutAnyDatabaseItSaysHowToStartOne) {
  const TemporaryFolder folder;
  const auto ended = run_aml({"--dir", folder.path("none"), "run"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("aml db start"), std::string::npos) << ended.err;
}

TEST(CommandLine, LoadRunListExplainReport) {
  const TemporaryFolder folder;
  const TestDatabase database;
  const auto target = database.target().conninfo;
  const auto loaded = run_aml({"-d", target, "load", folder.write("transfers.csv", kCycle)});
  ASSERT_EQ(loaded.exit_code, 0) << loaded.err;
  EXPECT_EQ(
      loaded.out.rfind("file,dataset,outcome,read,loaded,quarantined,seconds,rows_per_second\n", 0),
      0U)
      << loaded.out;
  EXPECT_NE(loaded.out.find(",transfers,loaded,3,3,0,"), std::string::npos) << loaded.out;

  const auto again = run_aml({"-d", target, "load", folder.path("transfers.csv")});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.out.find("already known"), std::string::npos) << again.out;

  const auto summary = folder.path("summary.json");
  const auto ran = run_aml({"-d", target, "run", "--summary", summary, "--threads", "1"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.out.find("round_tripping,"), std::string::npos) << ran.out;
  std::ifstream json(summary);
  std::stringstream text;
  text << json.rdbuf();
  EXPECT_NE(text.str().find("\"status\": \"succeeded\""), std::string::npos) << text.str();

  const auto alerts = run_aml({"-d", target, "--format", "json", "list", "alerts"});
  EXPECT_EQ(alerts.exit_code, 0);
  EXPECT_NE(alerts.out.find("\"scenario\": \"round_tripping\""), std::string::npos) << alerts.out;
  EXPECT_NE(run_aml({"-d", target, "list", "runs"}).out.find("succeeded"), std::string::npos);

  const auto why = run_aml({"-d", target, "explain", "B"});
  EXPECT_EQ(why.exit_code, 0);
  EXPECT_NE(why.out.find("1. 2024-03-01T10:00:00Z  A -> B  5000.00 USD"), std::string::npos)
      << why.out;
  EXPECT_EQ(run_aml({"-d", target, "explain", "nobody"}).exit_code, 2);

  const auto report = folder.path("report.html");
  ASSERT_EQ(run_aml({"-d", target, "report", "--out", report}).exit_code, 0);
  struct stat facts {};
  ASSERT_EQ(::stat(report.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(CommandLine, WhatCannotBePrintedIsAnErrorWhateverPrintsIt) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto target = database.target().conninfo;
  ASSERT_EQ(run_aml({"-d", target, "load", folder.write("cycle.csv", kCycle)}).exit_code, 0);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"history"},
                                                  {"explain", "A"},
                                                  {"metrics"},
                                                  {"features"},
                                                  {"grants", "--sql"},
                                                  {"list", "scenarios"},
                                                  {"run", "--dry-run"}}) {
    std::vector<std::string> arguments{"-d", target};
    arguments.insert(arguments.end(), command.begin(), command.end());
    // Closed, the number of stdout must not become that of the connection to the database.
    for (const auto& [out, why] : {std::pair<std::string, std::string>{"", "Bad file descriptor"},
                                   {"/dev/full", "No space left on device"}}) {
      const auto ended = run_aml_into(out, arguments);
      EXPECT_EQ(ended.exit_code, 1) << command[0] << ' ' << why;
      EXPECT_NE(ended.err.find("error: cannot write to stdout: " + why), std::string::npos)
          << command[0] << ' ' << ended.err;
    }
  }
}

TEST(CommandLine, ControlCharactersInTheDataDoNotReachTheTerminal) {
  const TemporaryFolder folder;
  const TestDatabase database;
  const auto target = database.target().conninfo;
  const std::string hostile = "\x1b[31mred";
  const auto file = folder.write(hostile + ".csv", "booked_at,from_account,to_account,amount," +
                                                       hostile + "\n2024-03-01," + hostile +
                                                       ",B,5.00,x\n2024-03-01,A,B,five,x\n");
  const auto loaded = run_aml({"-d", target, "load", file});
  ASSERT_EQ(loaded.exit_code, 0);
  EXPECT_EQ(loaded.err.find('\x1b'), std::string::npos) << loaded.err;
  EXPECT_NE(loaded.err.find("[31mred.csv: 1 rows quarantined"), std::string::npos) << loaded.err;
  const auto why = run_aml({"-d", target, "explain", hostile});
  EXPECT_EQ(why.exit_code, 0) << why.err;
  EXPECT_EQ(why.out.find('\x1b'), std::string::npos);
  EXPECT_NE(why.out.find("[31mred"), std::string::npos) << why.out;
}

TEST(CommandLine, DryRunPrintsThePlanAndChangesNothing) {
  const TemporaryFolder folder;
  const TestDatabase database;
  const auto target = database.target().conninfo;
  ASSERT_EQ(run_aml({"-d", target, "load", folder.write("transfers.csv", kCycle)}).exit_code, 0);
  const auto plan = run_aml({"-d", target, "run", "--dry-run"});
  EXPECT_EQ(plan.exit_code, 0);
  EXPECT_NE(plan.out.find("transfers,3,silver.transfers"), std::string::npos) << plan.out;
  EXPECT_NE(plan.err.find("Estimated peak memory"), std::string::npos) << plan.err;
  EXPECT_EQ(database.query("SELECT count(*) FROM aml.runs"), "0");
}

TEST(CommandLine, ARefusedFileIsExitCode4WithItsNameAndLine) {
  const TemporaryFolder folder;
  const TestDatabase database;
  const auto file = folder.write("transfers.csv", "when,who,whom,much\n1,2,3,4\n");
  const auto ended = run_aml({"-d", database.target().conninfo, "load", file});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_NE(ended.err.find(file + ":1"), std::string::npos) << ended.err;
}

TEST(CommandLine, AnUnknownScenarioIsWrongUsageAndNamesTheKnownOnes) {
  const TestDatabase database;
  const auto ended = run_aml({"-d", database.target().conninfo, "run", "round_triping"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("round_tripping"), std::string::npos) << ended.err;
}

TEST(CommandLine, ScenarioCheckNamesFileAndPointer) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("mine.json", R"({"schema_version": 1, "id": "mine", "versoin": 1})");
  const auto ended = run_aml({"scenario", "check", file});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find(file), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("/versoin"), std::string::npos) << ended.err;
}

TEST(CommandLine, DoctorFindsAMissingSchema) {
  const TestDatabase database;
  const auto healthy = run_aml({"-d", database.target().conninfo, "--format", "csv", "doctor"});
  EXPECT_EQ(healthy.exit_code, 0);
  EXPECT_NE(healthy.out.find("scoring in SQL,ok,the extension amlgraph is not in use"),
            std::string::npos)
      << healthy.out;
  database.query("DROP SCHEMA aml CASCADE");
  const auto ended = run_aml({"-d", database.target().conninfo, "doctor"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.out.find("aml init"), std::string::npos) << ended.out;
}

TEST(CommandLine, ASecondRunWhileOneIsAtWorkIsExitCode75) {
  const TestDatabase database;
  const TemporaryFolder folder;
  ASSERT_EQ(
      run_aml({"-d", database.target().conninfo, "load", folder.write("transfers.csv", kCycle)})
          .exit_code,
      0);
  auto connection = database.connect();
  const store::RunLock held(connection);
  EXPECT_EQ(run_aml({"-d", database.target().conninfo, "run"}).exit_code, 75);
}

}  // namespace
}  // namespace aml::test
