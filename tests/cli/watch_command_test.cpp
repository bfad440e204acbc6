// SPDX-License-Identifier: Apache-2.0
// aml watch and aml metrics as an operator uses them.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <utility>

#include "scenarios/generator.hpp"
#include "tests/cli/gold_dump.hpp"
#include "tests/cli/process.hpp"
#include "tests/scenarios/local_scenarios.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

/// Sample lines ("name{labels}" -> value) of OpenMetrics text, read by its grammar: families with TYPE before their samples, no
/// family twice, "# EOF" last.
std::map<std::string, double> samples_in(const std::string& text) {
  std::map<std::string, double> samples;
  std::set<std::string> families;
  std::string family;
  std::string type;
  std::istringstream lines(text);
  bool has_ended = false;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(has_ended) << line;
    has_ended = line == "# EOF";
    if (has_ended) continue;
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "#") {
      std::string what;
      std::string name;
      words >> what >> name;
      if (what == "TYPE") {
        family = name;
        words >> type;
        EXPECT_TRUE(families.insert(family).second) << line;
      }
      EXPECT_EQ(name, family) << line;
      continue;
    }
    EXPECT_TRUE(first.starts_with(family + (type == "counter" ? "_total" : ""))) << line;
    const auto space = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second)
        << line;
  }
  EXPECT_TRUE(has_ended);
  return samples;
}

/// A watching aml that is stopped at the end.
class Watching {
 public:
  explicit Watching(std::vector<std::string> arguments, const std::string& log,
                    const std::vector<std::string>& environment = {})
      : child_(start_aml(arguments, log, environment)) {}
  ~Watching() {
    if (child_ != 0) stop();
  }
  int stop() { return end_by(SIGTERM); }
  int end_by(int signal) {
    ::kill(child_, signal);
    return wait_for(std::exchange(child_, 0));
  }

 private:
  pid_t child_;
};

TEST(WatchCommand, LoadsWhatComesRunsAndStopsAtABoundary) {
  TestDatabase database;
  const TemporaryFolder folder;
  scenarios::generate(folder.path("bank"),
                      {.accounts = 500, .days = 60, .seed = 3, .instances = 1});
  std::filesystem::create_directory(folder.path("inbox"));
  const auto metrics = folder.path("aml.prom");
  const auto lineage = folder.path("lineage.ndjson");
  Watching watching(
      {"-d", database.target().conninfo, "watch", folder.path("inbox"), "--every", "0.1",
       "--settle", "0.2", "--scenario", "fan_in", "--schema-evolution", "add", "--metrics", metrics,
       "--lineage", lineage, "--summary", folder.path("summary.json")},
      folder.path("log"));
  ASSERT_TRUE(becomes_true([&] { return std::filesystem::exists(metrics); }))
      << content_of(folder.path("log"));
  EXPECT_EQ(samples_in(content_of(metrics)).at("aml_runs_total{status=\"succeeded\"}"), 0);

  for (const auto* name : {"transfers.csv", "accounts.csv", "parties.csv", "labels.csv"})
    std::filesystem::copy_file(folder.path("bank/") + name, folder.path("inbox/") + name);
  folder.write("inbox/nonsense.csv", "a,b\n1,2\n");
  const auto all_runs_succeeded = [&](int runs) {
    return [&, runs] {
      return database.query("SELECT count(*) FROM aml.runs WHERE status = 'succeeded'") ==
             std::to_string(runs);
    };
  };
  ASSERT_TRUE(becomes_true(all_runs_succeeded(1))) << content_of(folder.path("log"));
  folder.write("inbox/late.csv",
               "transfer_id,booked_at,from_account,to_account,amount,"
               "channel\nlate-1,2024-01-05T10:00:00Z,x,y,10.00,web\n");
  ASSERT_TRUE(becomes_true(all_runs_succeeded(2))) << content_of(folder.path("log"));
  ASSERT_TRUE(becomes_true([&] {
    return samples_in(content_of(metrics)).at("aml_runs_total{status=\"succeeded\"}") == 2;
  }));
  EXPECT_EQ(watching.stop(), 0);
  EXPECT_EQ(database.query("SELECT channel FROM silver.transfers WHERE transfer_id = 'late-1'"),
            "web");

  const auto samples = samples_in(content_of(metrics));
  EXPECT_EQ(samples.at("aml_last_run_succeeded"), 1);
  EXPECT_EQ(samples.at("aml_unseen_versions"), 0);
  EXPECT_EQ(std::to_string(static_cast<long>(samples.at("aml_last_run_transfers"))),
            database.query("SELECT count(*) FROM silver.transfers"));
  EXPECT_EQ(samples.at("aml_loads_total{dataset=\"transfers\"}"), 2);
  EXPECT_TRUE(content_of(metrics).starts_with("# TYPE aml_last_success_timestamp_seconds gauge\n"));
  struct stat facts {};
  ASSERT_EQ(::stat(metrics.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0640);
  ASSERT_EQ(::stat(lineage.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600);

  database.query(
      "UPDATE aml.runs SET finished_at = finished_at + interval '1 year' WHERE run_id = 1");
  const std::string success = "aml_last_success_timestamp_seconds{operation=\"run\"}";
  EXPECT_EQ(samples_in(run_aml({"-d", database.target().conninfo, "metrics"}).out).at(success),
            samples.at(success))
      << "the newest success counts, also after the clock was set back";

  std::map<std::string, std::vector<std::string>> events;  // of each run id
  std::istringstream lines(content_of(lineage));
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_EQ(event["schemaURL"],
              "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
    events[event["run"]["runId"]].push_back(event["eventType"]);
    if (event["job"]["name"] == "aml.run" && event["eventType"] == "COMPLETE") {
      EXPECT_TRUE(event["outputs"][0]["name"].get<std::string>().ends_with(".gold.alerts"));
    }
  }
  EXPECT_GE(events.size(), 4U);  // two loads and two runs
  for (const auto& [run, types] : events) {
    ASSERT_EQ(types.size(), 2U) << run;
    EXPECT_EQ(types[0], "START");
    EXPECT_TRUE(types[1] == "COMPLETE" || types[1] == "FAIL") << types[1];
  }
}

TEST(WatchCommand, WaitsForAnotherLoadAndForTheDatabaseToComeBack) {
  TestDatabase database;
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("inbox"));
  Watching watching({"-d", database.target().conninfo, "watch", folder.path("inbox"), "--every",
                     "0.1", "--settle", "0", "--scenario", "fan_in"},
                    folder.path("log"));
  const auto log_has = [&](const std::string& words) {
    return becomes_true(
        [&] { return content_of(folder.path("log")).find(words) != std::string::npos; });
  };
  ASSERT_TRUE(log_has("Looking every"));
  // Cuts the connections of the watching program, as a restart of the server does.
  ASSERT_TRUE(becomes_true([&] {
    return database.query(
               "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
               "application_name = 'aml' AND "
               "datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'") !=
           "0";
  }));
  ASSERT_TRUE(log_has("trying again in 1 s"));
  folder.write("inbox/t.csv",
               "transfer_id,booked_at,from_account,to_account,amount\nt-1,2024-01-05,x,y,10.00\n");
  EXPECT_TRUE(log_has("Run 1 succeeded")) << content_of(folder.path("log"));
  EXPECT_EQ(watching.stop(), 0);
  EXPECT_EQ(content_of(folder.path("log")).find("terminate called"), std::string::npos);
}

/// Money that goes round three accounts of its own.
std::string round_trip(const std::string& name) {
  std::string text = "transfer_id,booked_at,from_account,to_account,amount\n";
  for (int i = 0; i < 3; ++i)
    text += name + std::to_string(i) + ",2024-03-0" + std::to_string(i + 1) + "T10:00:00Z," + name +
            "-" + std::to_string(i) + "," + name + "-" + std::to_string((i + 1) % 3) + ",5000.00\n";
  return text;
}

TEST(WatchCommand, GoesOnAsBeforeWhenTheClockJumps) {
  const TestDatabase database;
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("inbox"));
  const auto set_clock = [&](const std::string& seconds_off) {
    std::filesystem::rename(folder.write("clock.new", seconds_off), folder.path("clock"));
  };
  set_clock("0");
  const char* sanitizer = std::getenv("ASAN_OPTIONS");  // wants to come first
  Watching watching(
      {"-d", database.target().conninfo, "watch", folder.path("inbox"), "--every", "0.1",
       "--settle", "0.3", "--scenario", "round_tripping", "--lineage", folder.path("lineage")},
      folder.path("log"),
      {std::string("LD_PRELOAD=") + AML_JUMPING_CLOCK, "AML_TEST_CLOCK=" + folder.path("clock"),
       std::string("ASAN_OPTIONS=verify_asan_link_order=0:") +
           (sanitizer == nullptr ? "" : sanitizer)});
  int arrived = 0;
  const auto next_file_is_seen = [&] {
    ++arrived;
    folder.write("inbox/" + std::to_string(arrived) + ".csv",
                 round_trip("T" + std::to_string(arrived)));
    return becomes_true([&] {
      return database.query("SELECT count(*) FROM gold.current_alerts") == std::to_string(arrived);
    });
  };
  ASSERT_TRUE(next_file_is_seen()) << content_of(folder.path("log"));
  for (const int days : {10, -10, 0}) {
    set_clock(std::to_string(days * 86'400));
    EXPECT_TRUE(next_file_is_seen()) << days << content_of(folder.path("log"));
  }
  EXPECT_EQ(watching.stop(), 0) << content_of(folder.path("log"));
  EXPECT_EQ(database.query("SELECT string_agg(kind, ' ' ORDER BY run_id) FROM aml.runs"),
            "full incremental incremental incremental")
      << "the next run over all data became due";
  // The jumps were there: events tell the time of the wall.
  std::set<std::string> days;
  std::istringstream lines(content_of(folder.path("lineage")));
  for (std::string line; std::getline(lines, line);)
    days.insert(nlohmann::json::parse(line)["eventTime"].get<std::string>().substr(0, 10));
  EXPECT_GE(days.size(), 3U);
}

TEST(WatchCommand, OfTwoWithTheSameScenariosOneDetectsAndTheOtherTakesOver) {
  const TestDatabase database;
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("inbox"));
  const auto watch = [&](const std::string& scenario) {
    return std::vector<std::string>{"-d",         database.target().conninfo,
                                    "watch",      folder.path("inbox"),
                                    "--every",    "0.1",
                                    "--settle",   "0.3",
                                    "--scenario", scenario};
  };
  const auto says = [&](const std::string& log, const std::string& words) {
    return becomes_true(
        [&] { return content_of(folder.path(log)).find(words) != std::string::npos; });
  };
  int arrived = 0;
  const auto next_file_is_seen = [&] {
    ++arrived;
    folder.write("inbox/" + std::to_string(arrived) + ".csv",
                 round_trip("T" + std::to_string(arrived)));
    return becomes_true([&] {
      return database.query(
                 "SELECT count(*) FROM gold.current_alerts WHERE scenario = "
                 "'round_tripping'") == std::to_string(arrived);
    });
  };
  const std::string kinds = "SELECT string_agg(kind, ' ' ORDER BY run_id) FROM aml.runs";
  const std::string who_detects =
      "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND "
      "database = (SELECT oid FROM pg_database WHERE datname = current_database())";

  Watching first(watch("round_tripping"), folder.path("first.log"));
  ASSERT_TRUE(becomes_true([&] { return !database.query(who_detects).empty(); }));
  Watching second(watch("round_tripping"), folder.path("second.log"));
  ASSERT_TRUE(says("second.log", "takes over when that one ends"));
  for (int file = 0; file < 3; ++file) ASSERT_TRUE(next_file_is_seen());
  EXPECT_EQ(database.query(kinds), "full incremental incremental");

  EXPECT_EQ(first.end_by(SIGKILL), -SIGKILL);
  EXPECT_TRUE(says("second.log", "this one runs the scenarios now"));
  ASSERT_TRUE(next_file_is_seen()) << content_of(folder.path("second.log"));
  EXPECT_EQ(database.query(kinds), "full incremental incremental full");

  Watching third(watch("round_tripping"), folder.path("third.log"));
  ASSERT_TRUE(says("third.log", "takes over when that one ends"));
  database.query("SELECT pg_terminate_backend(pid) FROM (" + who_detects + ") holder");
  EXPECT_TRUE(says("third.log", "this one runs the scenarios now"));
  EXPECT_TRUE(says("second.log", "takes over when that one ends"))
      << "it lost its connection, and with it the lock";
  ASSERT_TRUE(next_file_is_seen()) << content_of(folder.path("third.log"));
  EXPECT_EQ(database.query(kinds), "full incremental incremental full full");

  Watching of_others(watch("fan_in"), folder.path("others.log"));
  EXPECT_TRUE(becomes_true([&] {
    return database.query("SELECT scenario FROM gold.scenario_runs ORDER BY 1") ==
           "fan_in\nround_tripping";
  })) << "other scenarios have a watch of their own";
  for (auto* watching : {&second, &third, &of_others}) EXPECT_EQ(watching->stop(), 0);
}

TEST(WatchCommand, OneWhoseFolderIsAwayLeavesItsScenariosToAnother) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto watch = [&](const std::string& inbox) {
    std::filesystem::create_directory(folder.path(inbox));
    return std::vector<std::string>{"-d",         database.target().conninfo,
                                    "watch",      folder.path(inbox),
                                    "--every",    "0.1",
                                    "--settle",   "0.3",
                                    "--scenario", "round_tripping"};
  };
  const auto says = [&](const std::string& log, const std::string& words) {
    return becomes_true(
        [&] { return content_of(folder.path(log)).find(words) != std::string::npos; });
  };
  Watching first(watch("first"), folder.path("first.log"));
  folder.write("first/1.csv", round_trip("T1"));
  ASSERT_TRUE(says("first.log", "Run 1 succeeded"));
  Watching second(watch("second"), folder.path("second.log"));
  ASSERT_TRUE(says("second.log", "takes over when that one ends"));

  std::filesystem::rename(folder.path("first"), folder.path("away"));
  folder.write("second/2.csv", round_trip("T2"));
  EXPECT_TRUE(says("second.log", "Run 2 succeeded")) << content_of(folder.path("first.log"));

  std::filesystem::rename(folder.path("away"), folder.path("first"));
  EXPECT_TRUE(says("first.log", "takes over when that one ends")) << "it is the second one now";
  folder.write("first/3.csv", round_trip("T3"));
  EXPECT_TRUE(says("second.log", "Run 3 succeeded")) << content_of(folder.path("second.log"));
  EXPECT_EQ(first.stop(), 0);
  EXPECT_EQ(second.stop(), 0);
}

/// Files with the rows of a generated bank in another order, the rates first: a transfer needs the one of its day.
std::vector<std::string> cut_and_shuffled(const TemporaryFolder& folder, const std::string& bank,
                                          std::mt19937& random) {
  std::vector<std::string> paths;
  for (const std::string name : {"parties", "accounts", "transfers"}) {
    std::ifstream file(folder.path(bank + "/" + name + ".csv"));
    std::string header;
    std::getline(file, header);
    std::vector<std::string> rows;
    for (std::string row; std::getline(file, row);) rows.push_back(row);
    std::ranges::shuffle(rows, random);
    const std::size_t files = name == "transfers" ? 4 : 2;
    for (std::size_t i = 0; i < files; ++i) {
      std::string text = header + "\n";
      for (std::size_t row = i; row < rows.size(); row += files) text += rows[row] + "\n";
      paths.push_back(folder.write(name + std::to_string(i) + ".csv", text));
    }
  }
  std::ranges::shuffle(paths, random);
  paths.insert(paths.begin(), folder.path(bank + "/fx_rates.csv"));
  return paths;
}

TEST(WatchCommand, FilesThatComeInAnotherOrderAndCutOtherwiseLeaveTheGoldOfOneBatch) {
  const TestDatabase batch, watched;
  const TemporaryFolder folder;
  scenarios::generate(folder.path("bank"),
                      {.accounts = 500, .days = 60, .seed = 3, .instances = 2});
  std::filesystem::remove(folder.path("bank/labels.csv"));
  const auto run = [&](const TestDatabase& database, std::vector<std::string> command) {
    command.insert(command.begin(), {"-q", "-d", database.target().conninfo});
    const auto ended = run_aml(command);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
  };
  const auto local = local_scenarios();
  run(batch, {"load", folder.path("bank")});
  auto run_of_local = local;
  run_of_local.insert(run_of_local.begin(), "run");
  run(batch, run_of_local);

  std::filesystem::create_directory(folder.path("inbox"));
  std::vector<std::string> watch{
      "-d", watched.target().conninfo, "watch", folder.path("inbox"), "--every", "0.1", "--settle",
      "0"};
  for (const auto& scenario : local) watch.insert(watch.end(), {"--scenario", scenario});
  Watching watching(watch, folder.path("log"));
  std::mt19937 random(3);
  int files = 0;
  for (const auto& path : cut_and_shuffled(folder, "bank", random)) {
    std::filesystem::rename(
        path, folder.path("inbox/" + std::filesystem::path(path).filename().string()));
    ++files;
    ASSERT_TRUE(becomes_true([&] {
      return watched.query(
                 "SELECT count(*), (SELECT count(*) FROM aml.unseen_versions) FROM "
                 "aml.ingested_files") == std::to_string(files) + "|0";
    })) << content_of(folder.path("log"));
  }
  EXPECT_EQ(watching.stop(), 0);
  EXPECT_EQ(watched.query("SELECT count(*) FROM quarantine.rows"), "0");
  EXPECT_NE(watched.query("SELECT count(*) FROM aml.runs WHERE kind = 'incremental'"), "0");
  EXPECT_GT(std::stoi(watched.query("SELECT count(DISTINCT scenario) FROM gold.current_alerts")),
            5);
  EXPECT_EQ(current_alerts_dump(watched), current_alerts_dump(batch));

  for (const auto* database : {&batch, &watched}) run(*database, {"run"});
  EXPECT_EQ(current_gold_dump(watched), current_gold_dump(batch));
}

TEST(WatchCommand, WaitsForAFolderToComeBack) {
  const TestDatabase database;
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("inbox"));
  const auto metrics = folder.path("aml.prom");
  Watching watching({"-d", database.target().conninfo, "watch", folder.path("inbox"), "--every",
                     "0.1", "--settle", "0", "--scenario", "fan_in", "--metrics", metrics},
                    folder.path("log"));
  const auto log_has = [&](const std::string& words) {
    return becomes_true(
        [&] { return content_of(folder.path("log")).find(words) != std::string::npos; });
  };
  ASSERT_TRUE(becomes_true([&] { return std::filesystem::exists(metrics); }));
  std::filesystem::remove(folder.path("inbox"));
  EXPECT_TRUE(log_has("inbox: No such file or directory\n  trying again in 1 s"))
      << content_of(folder.path("log"));
  std::filesystem::create_directory(folder.path("inbox"));
  folder.write("inbox/t.csv",
               "transfer_id,booked_at,from_account,to_account,amount\nt-1,2024-01-05,x,y,10.00\n");
  EXPECT_TRUE(log_has("Run 1 succeeded")) << content_of(folder.path("log"));
  EXPECT_EQ(watching.stop(), 0);
}

TEST(WatchCommand, RefusesWhatIsNoFolder) {
  const TestDatabase database;
  const auto ended = run_aml({"-d", database.target().conninfo, "watch", "/nowhere"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("no such folder"), std::string::npos) << ended.err;
}

// ---- tables as sources, as docs/sources.md tells

/// The first block of this language on the page.
std::string block_of_the_page(const std::string& language) {
  const auto page = content_of(AML_SOURCE_DIR "/docs/sources.md");
  const auto fence = "```" + language + "\n";
  const auto begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

/// The source of the page, at this connection.
std::string source_file(const TemporaryFolder& folder, const std::string& connection) {
  auto source = nlohmann::ordered_json::parse(block_of_the_page("jsonc"));
  source["connection"] = connection;
  return folder.write("core_banking.json", source.dump());
}

void book(const TestDatabase& bank, const std::string& values) {
  bank.query(
      "INSERT INTO payments.transfers (id, booked_at, debtor_iban, creditor_iban, amount, "
      "currency, "
      "status, changed_at) VALUES " +
      values);
}

TEST(SourcePage, SaysWhatItsCommandsDo) {
  const TestDatabase database;
  const TestDatabase bank;
  const TemporaryFolder folder;
  EXPECT_EQ(
      nlohmann::json::parse(block_of_the_page("jsonc")),
      nlohmann::json::parse(content_of(AML_SOURCE_DIR "/docs/examples/core_banking_source.json"),
                            nullptr, true, true));
  bank.query(block_of_the_page("sql"));
  const auto source = source_file(folder, bank.target().conninfo);
  const auto load = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"-d", database.target().conninfo, "load", "--source",
                                       source};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_aml(arguments);
  };
  book(bank,
       "(1, '2024-03-01', 'A', 'B', 10, 'USD', 'booked', '2024-03-01 10:00Z'),"
       "(2, '2024-03-01', 'A', 'B', 20, 'USD', 'pending', '2024-03-01 11:00Z'),"
       "(3, '2024-03-01', 'A', 'B', -5, 'USD', 'booked', '2024-03-01 12:00Z')");
  const auto first = load({});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("core_banking,transfers,loaded,2,1,1,"), std::string::npos) << first.out;
  EXPECT_NE(load({}).out.find("core_banking,transfers,already known,0,0,0,"), std::string::npos);
  bank.query(
      "UPDATE payments.transfers SET status = 'booked', changed_at = '2024-03-01 13:00Z' WHERE id "
      "= 2");
  book(bank, "(4, '2024-03-01', 'A', 'B', 40, 'USD', 'booked', '2024-03-01 09:00Z')");
  EXPECT_NE(load({}).out.find(",loaded,1,1,0,"), std::string::npos);
  EXPECT_NE(load({"--full"}).out.find(",loaded,1,1,0,"), std::string::npos);
  EXPECT_EQ(database.query(
                "SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM silver.transfers"),
            "1 2 4");
  // The queries at the end of the page.
  const auto page = content_of(AML_SOURCE_DIR "/docs/sources.md");
  const auto queries = page.rfind("```sql\n") + 7;
  EXPECT_NE(database.query(page.substr(queries, page.find("```", queries) - queries)), "");

  bank.query("ALTER TABLE payments.transfers RENAME COLUMN amount TO sum");
  const auto file = folder.write(
      "t.csv", "transfer_id,booked_at,from_account,to_account,amount\nt-1,2024-01-05,x,y,10.00\n");
  const auto refused = load({file});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_NE(refused.err.find("source core_banking failed: column \"amount\" does not exist"),
            std::string::npos)
      << refused.err;
  EXPECT_NE(refused.out.find("t.csv,transfers,loaded,1,1,0,"), std::string::npos) << refused.out;
  source_file(folder, "host=/nowhere dbname=bank");
  EXPECT_EQ(load({}).exit_code, 3);
  source_file(folder, "host=/nowhere dbname=bank password=hunter2");
  const auto secret = load({});
  EXPECT_EQ(secret.exit_code, 2);
  EXPECT_EQ((secret.err + secret.out).find("hunter2"), std::string::npos);
  EXPECT_EQ(run_aml({"-d", database.target().conninfo, "load"}).exit_code, 2);
  EXPECT_EQ(run_aml({"-d", database.target().conninfo, "load", "--full", file}).exit_code, 2);
}

TEST(WatchCommand, ASourceThatIsDownDoesNotStopTheFolders) {
  const TestDatabase database;
  const TestDatabase bank;
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("inbox"));
  Watching watching({"-d", database.target().conninfo, "watch", folder.path("inbox"), "--source",
                     source_file(folder, bank.target().conninfo), "--every", "0.1", "--settle", "0",
                     "--scenario", "fan_in", "--lineage", folder.path("lineage.ndjson")},
                    folder.path("log"));
  const auto log_has = [&](const std::string& words) {
    return becomes_true(
        [&] { return content_of(folder.path("log")).find(words) != std::string::npos; });
  };
  ASSERT_TRUE(log_has("core_banking: trying again in 1 s")) << content_of(folder.path("log"));
  folder.write("inbox/t.csv",
               "transfer_id,booked_at,from_account,to_account,amount\nt-1,2024-01-05,x,y,10.00\n");
  EXPECT_TRUE(log_has("Run 1 succeeded")) << content_of(folder.path("log"));
  bank.query(block_of_the_page("sql"));
  book(bank, "(1, '2024-03-01', 'A', 'B', 10, 'USD', 'booked', now())");
  EXPECT_TRUE(log_has("core_banking: going on.")) << content_of(folder.path("log"));
  EXPECT_TRUE(log_has("Run 2 succeeded")) << content_of(folder.path("log"));
  book(bank, "(2, '2024-03-01', 'A', 'B', 10, 'USD', 'booked', now())");
  EXPECT_TRUE(log_has("Run 3 succeeded")) << content_of(folder.path("log"));
  EXPECT_EQ(watching.stop(), 0);
  EXPECT_EQ(database.query(
                "SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM silver.transfers"),
            "1 2 t-1");
  // Looks that find nothing are no events: three loads and three runs, a START and an end each.
  const auto events = content_of(folder.path("lineage.ndjson"));
  EXPECT_EQ(std::ranges::count(events, '\n'), 12);
  const auto features = events.find("gold.account_features");
  EXPECT_NE(features, std::string::npos) << "the first run is over all data";
  EXPECT_EQ(events.find("gold.account_features", features + 1), std::string::npos)
      << "runs over what is new measure no accounts";
}

}  // namespace
}  // namespace aml::test
