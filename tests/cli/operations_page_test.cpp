// SPDX-License-Identifier: Apache-2.0
// docs/operations.md: its commands are run as they stand there.
#include <gtest/gtest.h>
#include <string.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "store/conninfo.hpp"
#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

const char* const kCycle =
    "transfer_id,booked_at,from_account,to_account,amount\n"
    "1,2024-03-01T10:00:00Z,A,B,5000.00\n"
    "2,2024-03-02T10:00:00Z,B,C,4900.00\n"
    "3,2024-03-03T10:00:00Z,C,A,4800.00\n";

/// Words that stand in a file of the server, but for its write-ahead log.
std::set<std::string> words_on_disk(const TestDatabase& database,
                                    const std::vector<std::string>& words) {
  namespace fs = std::filesystem;
  std::set<std::string> found;
  const fs::path data = database.query("SHOW data_directory");
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file() ||
        entry.path().lexically_relative(data).string().starts_with("pg_wal"))
      continue;
    const std::string bytes = content_of(entry.path());  // the server may delete it meanwhile
    for (const auto& word : words)
      if (::memmem(bytes.data(), bytes.size(), word.data(), word.size()) != nullptr)
        found.insert(word);
  }
  return found;
}

/// The plain blocks of a section of docs/operations.md: its commands.
std::string commands_of_page(const std::string& section) {
  std::ifstream page(AML_SOURCE_DIR "/docs/operations.md");
  std::string commands;
  bool is_there = false;
  std::string fence;  // of the block that the line stands in
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_there = line == "## " + section;
    if (line.starts_with("```")) {
      fence = fence.empty() ? line : "";
    } else if (is_there && fence == "```") {
      commands += line + "\n";
    }
  }
  return commands;
}

/// The text with the folders of a system moved below another root, and the server of the page become the one of PGHOST.
std::string below(const std::string& root, std::string text) {
  const auto replace = [&](const std::string& old, const std::string& now) {
    for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + now.size()))
      text.replace(at, old.size(), now);
  };
  for (const std::string folder : {"/usr/local/", "/etc/", "/srv/", "/var/lib/"})
    for (const std::string before : {" ", "=", "\n"})
      replace(before + folder, before + root + folder);
  replace("@db.internal/", "@/");
  return text;
}

/// What a shell must know to run commands of the page in a folder that stands for the root of a machine. Programs that change a system as a
/// whole are noted in the file `system` there, and so is the build. aml is the one that was installed there, if any; aml watch is asked to
/// stop when it has written its metrics.
std::string preamble(const std::string& root, const std::string& conninfo) {
  std::string script = "set -eu\ncd " + root + "\nexport AML_DATABASE_URL=\"" + conninfo + "\"\n";
  for (const auto& option : store::parse_conninfo(conninfo))
    for (const auto& [keyword, variable] :
         {std::pair("host", "PGHOST"), {"port", "PGPORT"}, {"user", "PGUSER"}})
      if (option.keyword == keyword)
        script += std::string("export ") + variable + "='" + option.value + "'\n";
  for (const std::string program : {"systemctl", "useradd", "userdel", "chown"})
    script += program + "() { echo " + program + " \"$@\" >> system; }\n";
  return script + R"(
    printf '#!/bin/sh\necho ./run "$@" >> system\n' > run
    chmod +x run
    aml() {
      local program=)" AML_BINARY R"(
      [ ! -x usr/local/bin/aml ] || program=usr/local/bin/aml
      if [ "$1" != watch ]; then "$program" "$@"; return; fi
      rm -f var/lib/aml/metrics/aml.prom
      "$program" "$@" &
      until [ -e var/lib/aml/metrics/aml.prom ]; do kill -0 $!; sleep 0.1; done
      kill $!
      wait $!
    }
)";
}

/// What the commands say if one of them fails.
std::string run_commands(const std::string& root, const std::string& conninfo,
                         const std::string& commands) {
  EXPECT_NE(commands, "");
  std::ofstream(root + "/page.sh") << preamble(root, conninfo) << below(root, commands);
  const int status =
      std::system(("bash " + root + "/page.sh > " + root + "/page.out 2>&1").c_str());
  return status == 0 ? "" : commands + content_of(root + "/page.out");
}

/// Runs the commands of a section as they stand there.
std::string run_page(const TestDatabase& database, const TemporaryFolder& folder,
                     const std::string& section) {
  return run_commands(folder.path(), database.target().conninfo, commands_of_page(section));
}

/// With a person of unusual words, who stands in every kind of table, in old transfers and in an alert of an old run.
void load_person(const TestDatabase& database, const TemporaryFolder& folder) {
  const auto aml = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", database.target().conninfo});
    return run_aml(arguments);
  };
  std::string transfers = kCycle;
  for (std::size_t at = 0; (at = transfers.find(",A,", at)) != std::string::npos;)
    transfers.replace(at, 3, ",AXQ77,");
  for (std::size_t at = 0; (at = transfers.find("2024", at)) != std::string::npos;)
    transfers.replace(at, 4, "2014");
  ASSERT_EQ(aml({"load",
                 folder.write(
                     "parties.csv",
                     "party_id,name,kind,country,base_risk,address,email,phone,spouse\n"
                     "P4711,Xanthippe Quillfeather,person,FR,0,9 Zinnia Yard,x@quill.example,,Bob\n"
                     "PBOB1,Bob,person,FR,0,9 Zinnia Yard,,,Xanthippe Quillfeather\n"
                     "P4711,Xanthippe Quillfeather again,person,FR,0,,,,\n"
                     "P4711,Xanthippe Quillfeather has a line cut off\n"),
                 folder.write("accounts.csv", "account_id,party_id\nAXQ77,P4711\nB,PBOB1\n"),
                 folder.write("transfers.csv", transfers)})
                .exit_code,
            0);
  ASSERT_EQ(aml({"run", "round_tripping", "synthetic_identities"}).exit_code, 0);
}

TEST(OperationsPage, ErasesAPersonUntilNoByteIsOnTheServersDisk) {
  const TestDatabase database;
  if (!std::filesystem::exists(database.query("SHOW data_directory") + "/base"))
    GTEST_SKIP() << "SKIPPED: the server that PGHOST names is elsewhere, its files cannot be read";
  const TemporaryFolder folder;
  const auto aml = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", database.target().conninfo});
    return run_aml(arguments);
  };
  load_person(database, folder);
  ASSERT_NE(aml({"list", "alerts"}).out.find("AXQ77"), std::string::npos);
  database.query("CHECKPOINT");
  const std::vector<std::string> words{"Xanthippe", "x@quill", "AXQ77", "P4711"};
  EXPECT_EQ(words_on_disk(database, words), std::set<std::string>(words.begin(), words.end()));

  std::vector<std::string> erase{"erase",       "--party",  "P4711",       "--reference",
                                 "DSR-2026-17", "--reason", "asked for it"};
  const auto unasked = aml(erase);
  EXPECT_EQ(unasked.exit_code, 2);
  EXPECT_NE(unasked.err.find("Nothing was erased."), std::string::npos) << unasked.err;
  erase.push_back("--yes");
  const auto held = aml(erase);
  EXPECT_EQ(held.exit_code, 1);
  EXPECT_NE(held.err.find("the law asks to keep the data of this party until"), std::string::npos);
  EXPECT_NE(held.err.find("--override-duty"), std::string::npos) << held.err;
  database.query("UPDATE aml.runs SET started_at = now() - interval '6 years'");
  EXPECT_EQ(run_page(database, folder, "Erase a person"), "");

  const std::string proof = "DSR-2026-17";
  auto all = words;
  all.push_back(proof);
  EXPECT_EQ(words_on_disk(database, all), std::set<std::string>{proof});
  EXPECT_NE(aml({"history", "--limit", "1"}).out.find(",ERASE,"), std::string::npos);
  EXPECT_NE(aml({"list", "alerts"}).out.find(",erased-"), std::string::npos);

  // What is delivered again, in any form and through any way, brings no byte back.
  const auto again =
      aml({"load",
           folder.write("parties again.csv",
                        "party_id,name,kind,country,base_risk,address,email,phone,spouse\n"
                        "P4711,Xanthippe,person,FR,0,9 Zinnia Yard,x@quill.example,,Bob\n"
                        "P4711,Xanthippe has a line that is cut off\n"),
           folder.write(
               "accounts again.jsonl",
               "{\"account_id\": \"AXQ77\", \"party_id\": \"P4711\", \"of\": \"Xanthippe\"}\n"),
           folder.write("transfers of AXQ77.csv",
                        "booked_at,from_account,to_account,amount,note\n"
                        "2014-05-05,B,AXQ77,1,for Xanthippe\n2014-05-05,B,AXQ77,-1,for Xanthippe\n"
                        "2014-05-05,B,B,1,not for AXQ77 or Xanthippe\n")});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("rows name the one whose data were erased as erased-"),
            std::string::npos)
      << again.err;
  aml({"quarantine", "fix", "transfers of AXQ77.csv:3", "--set", "from_account=AXQ77"});
  aml({"quarantine", "replay"});
  database.query("CHECKPOINT");
  EXPECT_EQ(words_on_disk(database, all), std::set<std::string>{proof});
  EXPECT_NE(aml({"metrics"}).out.find("aml_rows_of_erased_total{dataset=\"transfers\"} 3"),
            std::string::npos);
  EXPECT_EQ(aml({"run", "round_tripping"}).exit_code, 0);
}

TEST(OperationsPage, ACopyAnswersAsTheOriginalWhichCanBePruned) {
  const TestDatabase database;
  const TemporaryFolder folder;
  load_person(database, folder);
  database.write("DELETE FROM silver.transfers");
  EXPECT_EQ(run_page(database, folder, "Back up and restore"), "");
  auto options = store::parse_conninfo(database.target().conninfo);
  for (auto& option : options)
    if (option.keyword == "dbname") option.value = "bank2";
  {
    store::Connection connection({store::quote_conninfo(options), "the copy"});
    pqxx::nontransaction copy(connection.pqxx());
    const std::string past =
        "SELECT md5(string_agg(v || t::text, ',' ORDER BY v, transfer_id)) FROM generate_series(0, "
        "aml.newest_version()) v, silver.transfers_as_of(v) t";
    EXPECT_EQ(copy.exec1(past)[0].c_str(), database.query(past));
  }
  database.query("DROP DATABASE bank2");
  database.query(
      "SET session_replication_role = replica; UPDATE aml.versions SET committed_at = now() - "
      "interval '6 years' + version * interval '1 second'");
  EXPECT_EQ(run_page(database, folder, "Drop what is old"), "");
  EXPECT_EQ(database.query("SELECT oldest_version = version - 1 FROM aml.prunings"), "t");
  EXPECT_EQ(database.query("SELECT (SELECT count(*) FROM history.silver_transfers) + (SELECT "
                           "count(*) FROM bronze.transfers)"),
            "0");
}

/// A machine to install on, and a server whose superuser is postgres; nothing of amlgraph is on either.
class OperationsPageOnAMachine : public testing::Test {
 protected:
  void SetUp() override {
    server_.start();
    server_.query("CREATE ROLE postgres SUPERUSER LOGIN");
    sql("postgres", "postgres", "ALTER ROLE aml RENAME TO first_of_all");
    namespace fs = std::filesystem;
    for (const char* folder :
         {"build/release/cli", "usr/local/bin", "etc/systemd/system", "etc/cron.d", "srv"})
      fs::create_directories(root_.path(folder));
    fs::create_symlink(AML_BINARY, root_.path("build/release/cli/aml"));
    fs::create_symlink(AML_SOURCE_DIR "/docs", root_.path("docs"));
  }

  std::string sql(const std::string& database, const std::string& user,
                  const std::string& text) const {
    return server_.query(text, database, user);
  }
  std::string run_page(const std::string& section, const std::string& database,
                       const std::string& user = "aml") const {
    return run_commands(root_.path(), server_.target(database, user).conninfo,
                        commands_of_page(section));
  }
  /// What starts a unit of systemd, or a line of a crontab, that was copied to the machine.
  std::string run_scheduled(const std::string& file, const std::set<std::string>& prefixes) const {
    std::string commands = "set -a; . /etc/aml/environment; set +a\n";
    std::istringstream lines(content_of(root_.path(file)));
    for (std::string line; std::getline(lines, line);)
      for (const auto& prefix : prefixes)
        if (line.starts_with(prefix)) commands += line.substr(prefix.size()) + "\n";
    const std::string program = "/usr/local/bin/aml ";
    for (auto at = commands.find(program); at != std::string::npos; at = commands.find(program))
      commands.replace(at, program.size(), "aml ");
    return run_commands(root_.path(), server_.target("bank", "aml").conninfo, commands);
  }
  bool system_was_asked(const std::string& words) const {
    return content_of(root_.path("system")).find(words + "\n") != std::string::npos;
  }

  OwnServer server_{"machine"};
  TemporaryFolder root_;
};

TEST_F(OperationsPageOnAMachine, InstallsSchedulesAndUninstalls) {
  EXPECT_EQ(run_page("Install", "postgres", "postgres"), "");
  EXPECT_TRUE(system_was_asked("./run build"));
  EXPECT_EQ(std::filesystem::file_size(root_.path("usr/local/bin/aml")),
            std::filesystem::file_size(AML_BINARY));
  EXPECT_EQ(sql("bank", "aml", "SELECT count(*) FROM aml.versions"), "1");

  EXPECT_EQ(run_page("Schedule", "bank"), "");
  EXPECT_TRUE(system_was_asked("useradd --system --create-home aml"));
  EXPECT_TRUE(system_was_asked("systemctl daemon-reload"));
  EXPECT_TRUE(system_was_asked("systemctl enable --now aml-run.timer"));
  root_.write("srv/aml/inbox/transfers.csv", kCycle);
  const auto state = [&] {
    return sql("bank", "aml",
               "SELECT (SELECT count(*) FROM silver.transfers), (SELECT count(*) FROM gold.alerts "
               "WHERE scenario = 'round_tripping'), (SELECT count(*) FROM aml.ingested_files)");
  };
  EXPECT_EQ(run_scheduled("etc/systemd/system/aml-run.service", {"ExecStart=", "ExecStopPost="}),
            "");
  EXPECT_EQ(state(), "3|1|1");
  EXPECT_NE(content_of(root_.path("var/lib/aml/metrics/aml.prom")).find("# EOF"),
            std::string::npos);
  EXPECT_EQ(run_scheduled("etc/systemd/system/aml-watch.service", {"ExecStart="}), "");
  EXPECT_EQ(run_scheduled("etc/cron.d/aml", {"30 2 * * * aml "}), "");
  EXPECT_EQ(state(), "3|1|1");

  EXPECT_EQ(run_page("Who may do what", "bank", "postgres"), "");
  EXPECT_EQ(run_page("Uninstall", "bank"), "");
  EXPECT_EQ(sql("bank", "aml",
                "SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname !~ "
                "'^pg_|^information_schema$|^public$'"),
            "");
  const std::string roles = "aml_owner, aml_engine, aml_analyst, aml_auditor, aml_recipient";
  sql("bank", "postgres", "DROP OWNED BY " + roles);
  sql("bank", "postgres", "DROP ROLE " + roles);
  for (const char* path : {"usr/local/bin/aml", "etc/aml", "etc/cron.d/aml", "var/lib/aml",
                           "etc/systemd/system/aml-run.timer"})
    EXPECT_FALSE(std::filesystem::exists(root_.path(path))) << path;
}

TEST_F(OperationsPageOnAMachine, UpgradesADatabaseOfTheFirstRelease) {
  sql("postgres", "postgres", "CREATE ROLE aml LOGIN");
  sql("postgres", "postgres", "CREATE DATABASE bank OWNER aml");
  store::Connection connection(server_.target("bank", "aml"));
  migrate_until(connection, kFirstRelease);
  sql("bank", "aml",
      "INSERT INTO aml.properties VALUES ('base_currency', 'USD'), ('base_currency_exponent', "
      "'2')");
  const auto aml = [&](std::vector<std::string> command) {
    command.insert(command.begin(), {"-d", server_.target("bank", "aml").conninfo});
    return run_aml(command);
  };
  const auto file = root_.write("transfers.csv", kCycle);
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"load", file}, {"run"}, {"list", "alerts"}, {"doctor"}}) {
    const auto refused = aml(command);
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_NE((refused.err + refused.out).find("older than this program"), std::string::npos)
        << refused.err;
  }
  EXPECT_EQ(run_page("Upgrade", "bank"), "");
  EXPECT_TRUE(system_was_asked("systemctl stop aml-watch.service aml-run.timer"));
  EXPECT_TRUE(system_was_asked("systemctl start aml-watch.service aml-run.timer"));
  EXPECT_GT(std::filesystem::file_size(root_.path("before-upgrade.dump")), 0U);
  EXPECT_EQ(aml({"load", file}).exit_code, 0);
  EXPECT_EQ(aml({"run", "round_tripping"}).exit_code, 0);
  EXPECT_EQ(sql("bank", "aml", "SELECT count(*) FROM gold.current_alerts"), "1");
}

}  // namespace
}  // namespace aml::test
