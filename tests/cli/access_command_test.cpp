// SPDX-License-Identifier: Apache-2.0
// Roles, shares and secrets as an operator meets them: docs/access.md.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/generator.hpp"
#include "store/conninfo.hpp"
#include "store/private_cluster.hpp"
#include "tests/cli/process.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

namespace fs = std::filesystem;

std::string with_option(const std::string& conninfo, const std::string& keyword,
                        const std::string& value) {
  auto options = store::parse_conninfo(conninfo);
  std::erase_if(options, [&](const auto& option) { return option.keyword == keyword; });
  options.push_back({keyword, value, false});
  return store::quote_conninfo(options);
}

/// A database with the plan of rights applied, and people who log in.
class AccessCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_own_server()) GTEST_SKIP() << "SKIPPED: PGHOST names a server with roles of its own";
    ASSERT_EQ(as("aml", {"grants", "--apply"}).exit_code, 0);
  }
  void TearDown() override {
    for (const auto& name : made_) {
      database_.query("DROP OWNED BY " + name + " CASCADE");
      database_.query("DROP ROLE " + name);
    }
  }

  void add_login(const std::string& name, const std::string& group) {
    database_.query("CREATE ROLE " + name + " LOGIN IN ROLE " + group);
    made_.push_back(name);
  }
  Ended as(const std::string& user, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-d", target_of(user)});
    return run_aml(arguments);
  }
  std::string target_of(const std::string& user) const {
    return with_option(database_.target().conninfo, "user", user);
  }
  /// What the user of a session sees, as TestDatabase::query() gives it.
  std::string seen_by(const std::string& user, const std::string& sql) const {
    return database_.query("SET SESSION AUTHORIZATION " + user + ";" + sql);
  }

  TestDatabase database_;
  TemporaryFolder folder_;
  std::vector<std::string> made_;
};

TEST_F(AccessCommand, AMemberOfTheEngineDoesAllDailyWorkAndOwnsNothing) {
  add_login("night_run", "aml_engine");
  scenarios::generate(folder_.path("bank"),
                      {.accounts = 500, .days = 60, .seed = 3, .instances = 1});
  const auto more =
      folder_.write("more.csv",
                    "transfer_id,booked_at,from_account,to_account,amount,channel\n"
                    "more-1,2024-01-05,x,y,n/a,web\nmore-2,2024-01-05,x,y,7.00,branch\n");
  const auto done = [&](std::vector<std::string> arguments) {
    const auto ended = as("night_run", arguments);
    EXPECT_EQ(ended.exit_code, 0) << arguments[0] << ": " << ended.err;
    EXPECT_EQ(ended.err.find("permission denied"), std::string::npos) << ended.err;
    return ended.out;
  };
  done({"load", folder_.path("bank")});
  done({"run", "structuring", "fan_in", "anomalies"});
  done({"load", "--schema-evolution", "add", more});
  EXPECT_EQ(database_.query("SELECT channel FROM silver.transfers WHERE transfer_id = 'more-2'"),
            "branch");
  done({"quarantine", "list"});
  done({"quarantine", "fix", more + ":2", "--set", "amount=3.00"});
  done({"quarantine", "replay"});
  EXPECT_EQ(database_.query("SELECT amount, channel FROM silver.transfers WHERE transfer_id = "
                            "'more-1'"),
            "3.00|web");
  done({"run", "--set", "fan_in.min_counterparties=3", "fan_in"});
  done({"run", "--as-of-version", "2", "fan_in"});
  done({"diff", "transfers", "1", "4"});
  done({"restore", "transfers", "--to", "4"});
  done({"model", "train", "account_anomalies"});
  done({"model", "promote", "account_anomalies", "2", "--reason", "better"});
  done({"model", "alias", "account_anomalies", "2", "champion", "--reason", "best"});
  done({"model", "history", "account_anomalies"});
  done({"run", "anomalies"});
  done({"evaluate", "--labels", folder_.path("bank/labels.csv")});
  done({"report", "--out", folder_.path("report.html")});
  done({"metrics"});
  done({"features", "--out", folder_.path("features.csv")});
  done({"expectations", "results"});
  done({"list", "alerts"});
  done({"history"});
  done({"grants"});
  EXPECT_NE(done({"doctor"}).find("grants,ok,as planned"), std::string::npos);
  EXPECT_EQ(done({"init"}), "migration,name\n") << "nothing to do is no right to do it";

  fs::create_directory(folder_.path("inbox"));
  const auto log = folder_.path("log");
  const auto watching = start_aml({"-d", target_of("night_run"), "watch", folder_.path("inbox"),
                                   "--every", "0.1", "--settle", "0", "--scenario", "fan_in"},
                                  log);
  const auto runs = [&] {
    return database_.query("SELECT count(*) FROM aml.runs WHERE status = 'succeeded'");
  };
  const auto before = runs();
  folder_.write("inbox/late.csv",
                "transfer_id,booked_at,from_account,to_account,amount\nlate,2024-01-06,x,y,1.00\n");
  EXPECT_TRUE(becomes_true([&] { return runs() != before; })) << content_of(log);
  ::kill(watching, SIGTERM);
  EXPECT_EQ(wait_for(watching), 0) << content_of(log);

  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.actual_access WHERE role = 'night_run'"),
            "0");
  EXPECT_EQ(database_.query("SELECT DISTINCT started_by FROM aml.runs"), "night_run");
  for (const std::vector<std::string>& refused :
       {std::vector<std::string>{"share", "create", "mine", "alerts", "--version", "2"},
        {"share", "drop", "mine"}}) {
    const auto ended = as("night_run", refused);
    EXPECT_EQ(ended.exit_code, 1) << ended.err;
    EXPECT_NE(ended.err.find("aml grants"), std::string::npos) << ended.err;
  }
}

/// Words of a line as a shell takes them: blanks, double quotes, comments.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool in_quotes = false;
  for (const char c : line + " ") {
    if (c == '#' && !in_quotes && word.empty()) break;
    if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ' ' && !in_quotes) {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else {
      word += c;
    }
  }
  return words;
}

TEST_F(AccessCommand, ThePageOnAccessIsRunAsItStands) {
  insert_small_bank(database_);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(as("aml", {"run", "round_tripping"}).exit_code, 0);
  ASSERT_EQ(database_.query("SELECT aml.newest_version()"), "6") << "the page shares 5 and 6";
  const auto page = content_of(AML_SOURCE_DIR "/docs/access.md");
  // In the order of the page: each begins with the kind of its block.
  std::size_t commands = 0;
  std::size_t statements = 0;
  for (auto at = page.find("\n```s"); at != std::string::npos; at = page.find("\n```s", at)) {
    const auto end = page.find("\n```", at + 1);
    const auto line_end = page.find('\n', at + 1);
    const auto language = page.substr(at + 4, line_end - at - 4);
    const auto block = page.substr(line_end + 1, end - line_end);
    at = end + 4;
    if (language == "sql") {
      const std::string user =
          block.starts_with("-- as ") ? block.substr(6, block.find('\n') - 6) : "";
      EXPECT_NO_THROW(user.empty() ? database_.query(block) : seen_by(user, block)) << block;
      if (user == "bank_b") {
        EXPECT_NE(seen_by(user, "SELECT count(*) FROM share_north.current_alerts"), "0");
      }
      ++statements;
      continue;
    }
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line); ++commands) {
      auto words = words_of(line);
      ASSERT_EQ(words.at(0), "aml") << line;
      words.erase(words.begin());
      const auto ended = as("aml", words);
      EXPECT_EQ(ended.exit_code, 0) << line << "\n" << ended.err;
    }
  }
  EXPECT_EQ(commands, 9U);
  EXPECT_EQ(statements, 3U);
  made_ = {"nightly", "alice", "bank_b"};
}

TEST_F(AccessCommand, WhatIsWrongWithAShareIsSaid) {
  const auto words_of_refusal = [&](std::vector<std::string> arguments, int exit_code) {
    arguments.insert(arguments.begin(), "share");
    const auto ended = as("aml", arguments);
    EXPECT_EQ(ended.exit_code, exit_code) << ended.err;
    return ended.err;
  };
  const auto has = [](const std::string& text, const std::string& words) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  has(words_of_refusal({"create", "n", "alerts", "--version", "0", "--where", "severity = 'high'"},
                       2),
      "expected TABLE: CONDITION");
  has(words_of_refusal({"create", "n", "alerts", "--version", "0", "--where", "scores: true"}, 2),
      "one of the shared tables");
  has(words_of_refusal({"create", "n", "alerts", "--version", "7"}, 2), "there is no version 7");
  has(words_of_refusal({"create", "n", "transfers", "--version", "0"}, 1), "There are: ");
  has(words_of_refusal({"create", "N", "alerts", "--version", "0"}, 1), "a letter first");
  has(words_of_refusal({"grant", "n", "--to", "x", "--until", "soon"}, 2), "expected a day");
  has(words_of_refusal({"grant", "n", "--to", "x", "--until", "2099-01-01"}, 1),
      "there is no share n");
  has(words_of_refusal({"show", "n"}, 2), "never was");
  has(words_of_refusal({"create", "n"}, 2), "aml share create --help");
}

// ---- secrets

constexpr std::string_view kSecret = "pl4nted";

/// A server that asks for a password, and says all it is asked in its log.
class AskingServer {
 public:
  explicit AskingServer(const TemporaryFolder& folder)
      : folder_(folder.path("server")),
        administrator_(store::start_cluster({.directory = folder_, .durable = false}).conninfo) {
    const auto psql = [&](const std::string& sql) {
      const auto ended =
          run_aml({"-q", "-d", administrator_, "db", "psql", "--", "-qAt", "-c", sql});
      EXPECT_EQ(ended.exit_code, 0) << ended.err;
      return ended.out.substr(0, ended.out.find('\n'));
    };
    psql("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'pl4nted/s3cret'");
    const auto hba = psql("SHOW hba_file");
    std::ofstream(hba, std::ios::trunc) << "local all aml trust\nlocal all all scram-sha-256\n";
    for (const char* setting : {"log_statement = 'all'", "log_connections = on",
                                "log_disconnections = on", "log_min_duration_statement = 0"})
      psql(std::string("ALTER SYSTEM SET ") + setting);
    // What came before holds the password that was just set.
    fs::resize_file(log_file(), 0);
    psql("SELECT pg_reload_conf()");
  }
  ~AskingServer() { store::remove_cluster(folder_); }
  AskingServer(const AskingServer&) = delete;
  AskingServer& operator=(const AskingServer&) = delete;

  const std::string& administrator() const { return administrator_; }
  std::string log_file() const { return store::cluster_status(folder_).log_file; }
  std::string option(const std::string& keyword) const {
    for (const auto& option : store::parse_conninfo(administrator_))
      if (option.keyword == keyword) return option.value;
    return {};
  }

 private:
  std::string folder_;
  std::string administrator_;
};

struct Way {
  std::string name;
  std::vector<std::string> arguments, environment;
  int exit_code = 0;
};

/// Every way in which a password can be handed over, right and wrong.
std::vector<Way> ways_to(const AskingServer& server, const TemporaryFolder& folder) {
  const auto host = server.option("host");
  const auto port = server.option("port");
  const auto plain = fmt::format("host={} port={} dbname=aml user=guarded", host, port);
  std::string encoded;
  for (const char c : host) encoded += c == '/' ? "%2F" : std::string(1, c);
  const auto uri = [&](const std::string& password, const std::string& at,
                       const std::string& tail) {
    return fmt::format("postgresql://guarded:{}@/aml?host={}&port={}{}", password, encoded, at,
                       tail);
  };
  const auto pass_file = folder.write("pgpass", "*:*:*:guarded:pl4nted/s3cret\n");
  const auto wrong_pass_file = folder.write("wrong_pgpass", "*:*:*:guarded:pl4nted/wrong\n");
  const auto open_pass_file = folder.write("open_pgpass", "*:*:*:guarded:pl4nted/s3cret\n");
  for (const auto& file : {pass_file, wrong_pass_file})
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(open_pass_file, fs::perms::all);
  const auto service_file =
      folder.write("services", fmt::format("[right]\nhost={0}\nport={1}\ndbname=aml\nuser=guarded\n"
                                           "password=pl4nted/s3cret\n[wrong]\nhost={0}\nport={1}\n"
                                           "dbname=aml\nuser=guarded\npassword=pl4nted/wrong\n",
                                           host, port));
  const std::string services = "PGSERVICEFILE=" + service_file;
  constexpr int kOk = 0;
  constexpr int kUnreachable = 3;
  return {
      {"conninfo", {"-d", plain + " password=pl4nted/s3cret"}, {}, kOk},
      {"URI", {"-d", uri("pl4nted%2Fs3cret", port, "")}, {}, kOk},
      {"AML_DATABASE_URL", {}, {"AML_DATABASE_URL=" + uri("pl4nted%2Fs3cret", port, "")}, kOk},
      {"PGPASSWORD", {"-d", plain}, {"PGPASSWORD=pl4nted/s3cret"}, kOk},
      {"PG*",
       {},
       {"PGHOST=" + host, "PGPORT=" + port, "PGUSER=guarded", "PGDATABASE=aml",
        "PGPASSWORD=pl4nted/s3cret"},
       kOk},
      {"password file", {"-d", plain}, {"PGPASSFILE=" + pass_file}, kOk},
      {"service", {"-d", "service=right"}, {services}, kOk},
      {"PGSERVICE", {}, {services, "PGSERVICE=right"}, kOk},
      {"wrong password", {"-d", plain + " password='pl4nted wrong'"}, {}, kUnreachable},
      {"wrong password in URI", {"-d", uri("pl4nted%2Fwrong", port, "")}, {}, kUnreachable},
      {"wrong PGPASSWORD", {"-d", plain}, {"PGPASSWORD=pl4nted/wrong"}, kUnreachable},
      {"wrong password file", {"-d", plain}, {"PGPASSFILE=" + wrong_pass_file}, kUnreachable},
      {"password file that all may read",
       {"-d", plain},
       {"PGPASSFILE=" + open_pass_file},
       kUnreachable},
      {"wrong service", {"-d", "service=wrong"}, {services}, kUnreachable},
      {"refused", {"-d", uri("pl4nted%2Fs3cret", "1", "")}, {}, kUnreachable},
      {"refused PG*",
       {},
       {"PGHOST=" + host, "PGPORT=1", "PGUSER=guarded", "PGPASSWORD=pl4nted/s3cret"},
       kUnreachable},
      {"unknown option", {"-d", uri("pl4nted%2Fs3cret", port, "&nonsense=1")}, {}, kUnreachable},
      {"unknown keyword", {"-d", plain + " password=pl4nted nonsense=1"}, {}, kUnreachable},
      {"unquoted blank", {"-d", plain + " password=very pl4nted"}, {}, kUnreachable},
      {"open quote", {"-d", plain + " password='pl4nted"}, {}, kUnreachable},
      {"bad escape", {"-d", uri("pl4nted%zz", port, "")}, {}, kUnreachable},
      {"bad port", {"-d", uri("pl4nted%2Fs3cret", "x", "")}, {}, kUnreachable},
      {"URI as a database name",
       {"-d", fmt::format("host={} port={} user=aml dbname='postgresql://guarded:pl4nted@/aml'",
                          host, port)},
       {},
       kUnreachable},
      {"no such database",
       {"-d", plain + "x password=pl4nted/s3cret dbname=nowhere"},
       {},
       kUnreachable},
  };
}

TEST(Secrets, NoPasswordIsPrintedLoggedOrKept) {
  const TemporaryFolder folder;
  const TemporaryFolder written;
  const AskingServer server(folder);
  const auto file = folder.write(
      "t.csv", "transfer_id,booked_at,from_account,to_account,amount\nT1,2024-01-05,x,y,1.00\n");
  fs::create_directory(folder.path("inbox"));
  ASSERT_EQ(run_aml({"-d", server.administrator(), "init"}).exit_code, 0);
  const std::vector<std::vector<std::string>> commands{
      {"init"},
      {"load", file, "--lineage", written.path("lineage")},
      {"run", "fan_in", "--summary", written.path("summary.json"), "--lineage",
       written.path("lineage")},
      {"report", "--out", written.path("report.html")},
      {"metrics", "--out", written.path("aml.prom")},
      {"list", "runs"},
      {"history"},
      {"expectations", "results"},
      {"quarantine", "list"},
      {"model", "list"},
      {"grants"},
      {"grants", "--sql"},
      {"share", "list"},
      {"restore", "all", "--to", "1"},
      {"db", "psql", "--", "-c", "SELECT 1"},
      {"doctor"}};
  const auto leaks = [](const std::string& text) {
    return text.find(kSecret) != std::string::npos;
  };
  std::size_t way_number = 0;
  for (const auto& way : ways_to(server, folder)) {
    ++way_number;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      // All commands the first ways of success and of failure, then one after the other in turn.
      const bool is_first = way.name == "conninfo" || way.name == "wrong password in URI";
      if (!is_first && (i + way_number) % 8 != 0) continue;
      std::vector<std::string> arguments{"--verbose"};
      arguments.insert(arguments.end(), way.arguments.begin(), way.arguments.end());
      arguments.insert(arguments.end(), commands[i].begin(), commands[i].end());
      const auto ended = run_aml(arguments, way.environment);
      EXPECT_FALSE(leaks(ended.out + ended.err)) << way.name << ", " << commands[i][0] << ":\n"
                                                 << ended.out << ended.err;
      if (commands[i][0] == "db") continue;  // psql has codes of its own
      EXPECT_EQ(ended.exit_code, way.exit_code) << way.name << ", " << commands[i][0] << ":\n"
                                                << ended.err;
    }
    if (way.environment.empty() && way.exit_code != 0) {
      // The continuous mode gives up on what cannot come right and waits for the rest.
      std::vector<std::string> arguments{"--verbose"};
      arguments.insert(arguments.end(), way.arguments.begin(), way.arguments.end());
      arguments.insert(arguments.end(), {"watch", folder.path("inbox"), "--every", "0.1"});
      const auto log = written.path("watch" + std::to_string(way_number));
      const auto watching = start_aml(arguments, log);
      EXPECT_TRUE(becomes_true([&] { return !content_of(log).empty(); })) << way.name;
      ::kill(watching, SIGTERM);
      wait_for(watching);
    }
  }
  for (const auto& entry : fs::recursive_directory_iterator(written.path())) {
    EXPECT_FALSE(leaks(content_of(entry.path().string()))) << entry.path();
  }
  EXPECT_TRUE(fs::exists(written.path("aml.prom")));
  EXPECT_TRUE(fs::exists(written.path("lineage")));
  const auto server_log = content_of(server.log_file());
  EXPECT_NE(server_log.find("INSERT INTO aml.runs"), std::string::npos) << "it logs statements";
  EXPECT_FALSE(leaks(server_log)) << server_log.substr(server_log.find(kSecret) - 200, 400);
  const auto ledger = run_aml(
      {"-q", "-d", server.administrator(), "db", "psql", "--", "-qAtc",
       "SELECT coalesce(string_agg(query_to_xml(format('TABLE %I.%I', nspname, relname), true, "
       "true, "
       "'')::text, ' '), '') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE "
       "relkind = 'r' AND nspname !~ '^pg_'"});
  ASSERT_EQ(ledger.exit_code, 0) << ledger.err;
  EXPECT_NE(ledger.out.find("fan_in"), std::string::npos) << "it holds the ledger";
  EXPECT_FALSE(leaks(ledger.out));
}

}  // namespace
}  // namespace aml::test
