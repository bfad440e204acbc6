// SPDX-License-Identifier: Apache-2.0
// The world around aml fails: what it then says, how it ends, and that nothing is lost or done twice. Kills: tests/kills.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "store/child_process.hpp"
#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

namespace fs = std::filesystem;

class Fault : public testing::Test {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& command) const {
    std::vector<std::string> all{"-q", "-d", database_.target().conninfo};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
  Ended aml(const std::vector<std::string>& command) const { return run_aml(arguments(command)); }
  pid_t start(const std::vector<std::string>& command) const {
    return start_aml(arguments(command), log());
  }
  std::string log() const { return folder_.path("log"); }
  bool log_has(const std::string& words) const {
    return becomes_true([&] { return content_of(log()).find(words) != std::string::npos; });
  }

  /// Money that goes round among so many accounts.
  std::string transfers(const std::string& name, int rows) const {
    std::string text = "transfer_id,booked_at,from_account,to_account,amount\n";
    for (int i = 0; i < rows; ++i)
      text += name + std::to_string(i) + ",2024-03-01T10:00:00Z,A" + std::to_string(i) + ",A" +
              std::to_string((i + 1) % rows) + ",5000.00\n";
    return folder_.write(name + ".csv", text);
  }
  std::string count_transfers() const {
    return database_.query("SELECT count(*) FROM silver.transfers");
  }

  TestDatabase database_;
  TemporaryFolder folder_;
};

/// A session that lets nobody else touch a table, until it is let go.
class HeldTable {
 public:
  HeldTable(const TestDatabase& database, const std::string& table)
      : connection_(database.connect()), work_(std::in_place, connection_.pqxx()) {
    work_->exec("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
    pid_ = work_->exec1("SELECT pg_backend_pid()")[0].c_str();
  }
  void let_go() { work_.reset(); }
  const std::string& pid() const { return pid_; }

 private:
  store::Connection connection_;
  std::optional<pqxx::work> work_;
  std::string pid_;
};

/// Statement of aml that waits for a lock.
constexpr const char* kWaiting =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name "
    "= 'aml' AND wait_event_type = 'Lock'";

// ---- locks

TEST_F(Fault, WhoHoldsATableIsToldByDoctor) {
  const HeldTable held(database_, "bronze.transfers");
  const auto ended = run_aml({"-d", database_.target().conninfo, "--format", "csv", "doctor"});
  EXPECT_NE(ended.out.find("locks,warning,\"server process " + held.pid() + " of user "),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("bronze.transfers (AccessExclusiveLock)"), std::string::npos)
      << ended.out;
}

TEST_F(Fault, ARunThatIsAskedToStopWhileItWaitsForGoldIsStoppedOrWhole) {
  ASSERT_EQ(aml({"load", transfers("T", 4)}).exit_code, 0);
  HeldTable held(database_, "gold.alerts");
  const pid_t program = start({"run"});
  ASSERT_TRUE(becomes_true([&] { return database_.query(kWaiting) == "1"; })) << content_of(log());
  ::kill(program, SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  held.let_go();
  const int code = wait_for(program);
  EXPECT_TRUE(code == 0 || code == 130) << code << content_of(log());
  EXPECT_EQ(database_.query("SELECT status, version IS NOT NULL FROM aml.runs"),
            code == 0 ? "succeeded|t" : "interrupted|f");
}

TEST_F(Fault, AKilledProgramDoesNotKeepItsLockWhileItsStatementWaits) {
  HeldTable held(database_, "bronze.transfers");
  const auto file = transfers("T", 4);
  const pid_t program = start({"load", file});
  ASSERT_TRUE(becomes_true([&] { return database_.query(kWaiting) == "1"; })) << content_of(log());
  ::kill(program, SIGKILL);
  wait_for(program);
  EXPECT_TRUE(becomes_true([&] { return database_.query(kWaiting) == "0"; }));
  held.let_go();
  EXPECT_EQ(count_transfers(), "0");
  EXPECT_EQ(aml({"load", file}).exit_code, 0);
  EXPECT_EQ(count_transfers(), "4");
}

// ---- connections

TEST_F(Fault, AConnectionThatIsCutInTheMiddleEndsEachCommandWithExitCode3) {
  const auto file = transfers("T", 4);
  const auto cut_while_waiting_for = [&](const std::string& table,
                                         const std::vector<std::string>& command) {
    const HeldTable held(database_, table);
    const pid_t program = start(command);
    EXPECT_TRUE(becomes_true([&] { return database_.query(kWaiting) == "1"; }))
        << content_of(log());
    database_.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
        "current_database() AND application_name = 'aml' AND wait_event_type = 'Lock'");
    EXPECT_EQ(wait_for(program), 3) << content_of(log());
    EXPECT_NE(content_of(log()).find("run the command again"), std::string::npos)
        << content_of(log());
  };
  cut_while_waiting_for("bronze.transfers", {"load", file});
  cut_while_waiting_for("silver.accounts", {"load", file});
  EXPECT_EQ(count_transfers(), "0");
  ASSERT_EQ(aml({"load", file}).exit_code, 0);
  cut_while_waiting_for("silver.transfers", {"run"});
  cut_while_waiting_for("gold.alerts", {"run"});
  EXPECT_EQ(database_.query("SELECT count(*) FROM gold.alerts"), "0");
  EXPECT_EQ(aml({"run"}).exit_code, 0);
  EXPECT_EQ(database_.query("SELECT count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER "
                            "(WHERE status = 'running'), count(*) FROM aml.runs"),
            "1|0|3");
}

TEST_F(Fault, TooManyConnectionsAreToldAndMayPass) {
  const auto role = "aml_few_" + std::to_string(::getpid());
  database_.query("CREATE ROLE " + role + " LOGIN CONNECTION LIMIT 0");
  const auto ended = run_aml({"-d", database_.target().conninfo + " user=" + role, "list", "runs"});
  database_.query("DROP ROLE " + role);
  EXPECT_EQ(ended.exit_code, 3) << ended.err;
  EXPECT_NE(ended.err.find("too many connections for role"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("try again in a moment"), std::string::npos) << ended.err;
}

TEST_F(Fault, AServerThatOnlyReadsIsNamedAsTheReason) {
  database_.query("ALTER DATABASE " + database_.query("SELECT current_database()") +
                  " SET default_transaction_read_only = on");
  fs::create_directory(folder_.path("inbox"));
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"load", transfers("T", 4)},
           {"run"},
           {"watch", folder_.path("inbox")},
           {"share", "create", "north", "current_alerts", "--version", "0"}}) {
    const auto ended = aml(command);
    EXPECT_EQ(ended.exit_code, 3) << ended.err;
    EXPECT_NE(ended.err.find("connect to the primary server"), std::string::npos) << ended.err;
  }
}

/// A primary server, and a standby that follows it.
class Standby : public testing::Test {
 protected:
  void SetUp() override {
    primary_.start();
    primary_.query("ALTER SYSTEM SET wal_level = replica");
    primary_.query("ALTER SYSTEM SET max_wal_senders = 3");
    primary_.stop();
    primary_.start();
    ASSERT_EQ(aml(primary_, {"init"}).exit_code, 0);
    ASSERT_EQ(aml(primary_, {"load", transfers("T")}).exit_code, 0);
    ASSERT_EQ(aml(primary_, {"run", "round_tripping"}).exit_code, 0);
    copy_primary();
    standby_.start();
  }

  static Ended aml(const OwnServer& server, std::vector<std::string> command) {
    command.insert(command.begin(), {"-q", "-d", server.target().conninfo});
    return run_aml(command);
  }
  std::string transfers(const std::string& name) const {
    return folder_.write(name + ".csv", "transfer_id,booked_at,from_account,to_account,amount\n" +
                                            name + "1,2024-03-01T10:00:00Z,A,B,5000.00\n" + name +
                                            "2,2024-03-02T10:00:00Z,B,C,4900.00\n" + name +
                                            "3,2024-03-03T10:00:00Z,C,A,4800.00\n");
  }

  OwnServer primary_{"primary"};
  OwnServer standby_{"standby"};
  TemporaryFolder folder_;

 private:
  /// As the user whom the data belong to, who is not root.
  void copy_primary() const {
    const auto data = standby_.directory() + "/pg";
    struct stat facts {};
    ASSERT_EQ(::stat(primary_.status().data_directory.c_str(), &facts), 0);
    fs::create_directories(data);
    fs::permissions(standby_.directory(), fs::perms(0711));
    fs::permissions(data, fs::perms::owner_all);
    ASSERT_EQ(::chown(data.c_str(), facts.st_uid, facts.st_gid), 0);
    auto programs = store::output_of({"pg_config", "--bindir"});
    programs.pop_back();
    const auto log = folder_.path("basebackup.log");
    const store::Command copy{
        {programs + "/pg_basebackup", "-D", data, "-d", primary_.target().conninfo,
         "--write-recovery-conf", "--checkpoint=fast", "--no-sync"},
        ::geteuid() == 0 ? std::optional(store::system_user(facts.st_uid)) : std::nullopt,
        log};
    ASSERT_EQ(store::run_to_end(copy), 0) << content_of(log);
  }
};

TEST_F(Standby, IsReadButNotWrittenAndWatchGoesOnWhenItIsPromoted) {
  ASSERT_EQ(standby_.query("SELECT pg_is_in_recovery()"), "t");
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"list", "alerts"},
                                             {"list", "runs"},
                                             {"history"},
                                             {"diff", "transfers", "0", "1"},
                                             {"report", "--out", folder_.path("report.html")},
                                             {"metrics"},
                                             {"grants"},
                                             {"quarantine", "list"},
                                             {"explain", "A"}}) {
    const auto ended = aml(standby_, command);
    EXPECT_EQ(ended.exit_code, 0) << command[0] << ended.err;
  }
  EXPECT_NE(aml(standby_, {"doctor"}).out.find("the server is a read-only replica"),
            std::string::npos);
  const auto file = transfers("U");
  fs::create_directory(folder_.path("inbox"));
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"load", file},
                                             {"run"},
                                             {"watch", folder_.path("inbox")},
                                             {"quarantine", "replay"},
                                             {"prune", "--keep-years", "5", "--yes"},
                                             {"init"}}) {
    const auto ended = aml(standby_, command);
    const bool has_nothing_to_do = command[0] == "init";
    EXPECT_EQ(ended.exit_code, has_nothing_to_do ? 0 : 3) << command[0] << ended.err;
    EXPECT_EQ(ended.err.find("connect to the primary server") != std::string::npos,
              !has_nothing_to_do)
        << command[0] << ended.err;
  }

  const std::string either = "host=" + primary_.status().socket_directory + "," +
                             standby_.status().socket_directory +
                             " port=5432,5432 dbname=aml user=aml";
  const auto log = folder_.path("log");
  const auto log_has = [&](const std::string& words) {
    return becomes_true([&] { return content_of(log).find(words) != std::string::npos; });
  };
  const pid_t watching = start_aml(
      {"-d", either, "watch", folder_.path("inbox"), "--every", "0.1", "--settle", "0"}, log);
  ASSERT_TRUE(log_has("Looking every")) << content_of(log);
  primary_.stop();
  EXPECT_TRUE(log_has("can only be read")) << content_of(log);
  fs::rename(file, folder_.path("inbox/U.csv"));
  EXPECT_EQ(standby_.query("SELECT pg_promote()"), "t");
  EXPECT_TRUE(log_has("Going on.")) << content_of(log);
  EXPECT_TRUE(becomes_true([&] {
    return standby_.query("SELECT count(*) FROM aml.runs WHERE status = 'succeeded'") == "2";
  })) << content_of(log);
  ::kill(watching, SIGTERM);
  EXPECT_EQ(wait_for(watching), 0) << content_of(log);
  EXPECT_EQ(standby_.query("SELECT count(*) FROM silver.transfers"), "6");
}

// ---- deliveries

TEST_F(Fault, OneFileUnderManyNamesGivenToManyLoadersAtOnceIsLoadedOnce) {
  constexpr int kLoaders = 4;
  const auto file = transfers("T", 2000);
  std::vector<pid_t> loaders;
  for (int i = 0; i < kLoaders; ++i) {
    const auto copy = folder_.path("copy" + std::to_string(i) + ".csv");
    fs::copy_file(file, copy);
    loaders.push_back(start({"load", copy, file}));
  }
  int loaded = 0;
  for (const auto loader : loaders) {
    const int code = wait_for(loader);
    EXPECT_TRUE(code == 0 || code == 75) << code;
    loaded += code == 0 ? 1 : 0;
  }
  EXPECT_GE(loaded, 1);
  EXPECT_EQ(database_.query("SELECT count(*), sum(lines_read) FROM aml.ingested_files"), "1|2000");
  EXPECT_EQ(count_transfers(), "2000");
}

// ---- files

TEST_F(Fault, OutputThatCannotBeWrittenIsExitCode1WithThePathAndTheReason) {
  ASSERT_EQ(aml({"load", transfers("T", 4)}).exit_code, 0);
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"metrics", "--out", "/dev/full"},
                                             {"run", "--summary", "/dev/full"},
                                             {"run", "--lineage", "/dev/full"},
                                             {"report", "--out", "/dev/full"}}) {
    const auto ended = aml(command);
    EXPECT_EQ(ended.exit_code, 1) << command[0] << ended.err;
    EXPECT_NE(ended.err.find("cannot write /dev/full: No space left on device"), std::string::npos)
        << ended.err;
  }
}

TEST_F(Fault, AFolderThatMayNotBeReadIsRefusedAndTheOthersAreLoaded) {
  if (::geteuid() == 0) GTEST_SKIP() << "SKIPPED: root may read every folder";
  const auto file = transfers("T", 4);
  fs::create_directory(folder_.path("closed"));
  fs::permissions(folder_.path("closed"), fs::perms::none);
  const auto ended = aml({"load", folder_.path("closed"), file});
  fs::permissions(folder_.path("closed"), fs::perms::owner_all);
  EXPECT_EQ(ended.exit_code, 4) << ended.err;
  EXPECT_NE(ended.err.find("closed: Permission denied"), std::string::npos) << ended.err;
  EXPECT_EQ(count_transfers(), "4");
}

/// The database lies on a disk of a few megabytes that can be filled up.
class FullDisk : public Fault {
 protected:
  void SetUp() override {
    struct stat facts {};
    if (::stat(database_.query("SHOW data_directory").c_str(), &facts) != 0)
      GTEST_SKIP() << "SKIPPED: the server is on another machine";
    fs::permissions(folder_.path(), fs::perms(0711));
    fs::create_directory(disk());
    if (::mount("aml-test", disk().c_str(), "tmpfs", 0, "size=64m") != 0)
      GTEST_SKIP() << "SKIPPED: only root may mount a small disk: "
                   << std::system_category().message(errno);
    is_mounted_ = true;
    fs::create_directory(disk() + "/data");
    ASSERT_EQ(::chown((disk() + "/data").c_str(), facts.st_uid, facts.st_gid), 0);
    administrate("CREATE TABLESPACE " + space() + " LOCATION '" + disk() + "/data'");
    administrate("ALTER DATABASE " + name() + " SET TABLESPACE " + space());
  }
  void TearDown() override {
    if (!is_mounted_) return;
    administrate("ALTER DATABASE " + name() + " SET TABLESPACE pg_default");
    administrate("DROP TABLESPACE " + space());
    EXPECT_EQ(::umount2(disk().c_str(), MNT_DETACH), 0);
  }

  /// Leaves so many bytes free.
  void fill(std::uintmax_t left) const {
    const auto free = fs::space(disk()).available;
    std::ofstream(disk() + "/ballast") << std::string(free - left, 'x');
  }
  void clear() const { fs::remove(disk() + "/ballast"); }

 private:
  std::string disk() const { return folder_.path("disk"); }
  std::string name() const { return database_.query("SELECT current_database()"); }
  static std::string space() { return "aml_small_" + std::to_string(::getpid()); }
  void administrate(const std::string& sql) const {
    store::Connection connection({database_.target().conninfo + " dbname=postgres", ""});
    pqxx::nontransaction session(connection.pqxx());
    session.exec(sql);
  }

  bool is_mounted_ = false;
};

TEST_F(FullDisk, ALoadIsRefusedWholeAndCanBeRepeatedWhenThereIsRoomAgain) {
  const auto file = transfers("T", 20'000);
  fill(1U << 20);
  const auto ended = aml({"load", file});
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_NE(ended.err.find("No space left on device"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("free disk space on the server"), std::string::npos) << ended.err;
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.ingested_files"), "0");
  clear();
  EXPECT_EQ(aml({"load", file}).exit_code, 0);
  EXPECT_EQ(count_transfers(), "20000");
}

TEST_F(FullDisk, WatchRunsWhenThereIsRoomAgainThoughNothingNewCame) {
  ASSERT_EQ(aml({"load", transfers("T", 2000)}).exit_code, 0);
  fs::create_directory(folder_.path("inbox"));
  fill(64U << 10);
  const pid_t program = start({"watch", folder_.path("inbox"), "--every", "0.1", "--settle", "0"});
  EXPECT_TRUE(log_has("No space left on device")) << content_of(log());
  clear();
  EXPECT_TRUE(becomes_true([&] {
    return database_.query("SELECT count(*) FROM aml.runs WHERE status = 'succeeded'") == "1";
  })) << content_of(log());
  ::kill(program, SIGTERM);
  EXPECT_EQ(wait_for(program), 0) << content_of(log());
}

}  // namespace
}  // namespace aml::test
