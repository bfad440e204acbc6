// SPDX-License-Identifier: Apache-2.0
#include "store/private_cluster.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "store/child_process.hpp"
#include "store/error.hpp"

namespace aml::store {
namespace {
namespace fs = std::filesystem;

/// A directory for a cluster; the cluster is removed at the end of the test.
class ClusterDirectory {
 public:
  explicit ClusterDirectory(const std::string& below = "cluster") {
    std::string root = (fs::temp_directory_path() / "aml-cluster-test.XXXXXX").string();
    if (::mkdtemp(root.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = root;
    fs::permissions(root_, fs::perms(0711));  // so that user postgres gets through when we are root
    path_ = root_ / below;
  }
  ~ClusterDirectory() {
    try {
      remove_cluster(path_.string());
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    fs::remove_all(root_);
  }
  ClusterDirectory(const ClusterDirectory&) = delete;
  ClusterDirectory& operator=(const ClusterDirectory&) = delete;

  std::string path() const { return path_.string(); }
  const fs::path& root() const { return root_; }
  Target start() const { return start_cluster({.directory = path(), .durable = false}); }
  ClusterStatus status() const { return cluster_status(path()); }

 private:
  fs::path root_;
  fs::path path_;
};

std::string ask(const Target& target, const std::string& sql) {
  Connection connection(target);
  pqxx::nontransaction session(connection.pqxx());
  const auto rows = session.exec(sql);
  return rows.empty() ? "" : rows[0][0].as<std::string>();
}

mode_t mode_of(const fs::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
}

void write_file(const fs::path& path, const std::string& text,
                std::ios::openmode mode = std::ios::trunc) {
  std::ofstream(path, std::ios::out | mode) << text;
}

TEST(ChildProcess, AnInheritedDescriptorIsOpenInTheChildAlsoIfItWasNumber3Before) {
  const ClusterDirectory directory;
  const std::string log = directory.root().string() + "/log";
  const int before = ::fcntl(3, F_DUPFD_CLOEXEC, 16);
  const int opened = ::open(log.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (opened != 3) ::dup3(opened, 3, O_CLOEXEC);
  const std::vector<std::string> look{"/usr/bin/test", "-e", "/proc/self/fd/3"};
  EXPECT_EQ(run_to_end({look, {}, log, 3}), 0);
  EXPECT_EQ(run_to_end({look, {}, log, -1}), 1);
  before < 0 ? ::close(3) : ::dup3(before, 3, O_CLOEXEC);
  if (opened != 3) ::close(opened);
  if (before >= 0) ::close(before);
}

TEST(PrivateCluster, WhereNothingIsThereIsNothingToStopOrRemove) {
  const ClusterDirectory directory;
  EXPECT_FALSE(directory.status().initialised);
  EXPECT_FALSE(directory.status().running);
  EXPECT_FALSE(cluster_target(directory.path()).has_value());
  EXPECT_FALSE(stop_cluster(directory.path()));
  EXPECT_FALSE(remove_cluster(directory.path()));
  EXPECT_FALSE(fs::exists(directory.path())) << "looking must not make anything";
}

TEST(PrivateCluster, StartsStopsAndKeepsItsData) {
  const ClusterDirectory directory;
  const auto target = directory.start();
  EXPECT_EQ(ask(target, "SELECT current_database() || ' ' || current_user"), "aml aml");
  ask(target, "CREATE TABLE public.kept AS SELECT 42 AS answer");
  const auto running = directory.status();
  EXPECT_TRUE(running.initialised);
  EXPECT_TRUE(running.running);
  EXPECT_EQ(::kill(static_cast<pid_t>(running.pid), 0), 0);
  EXPECT_TRUE(ask(target, "SHOW server_version").starts_with(running.server_version));
  ASSERT_TRUE(cluster_target(directory.path()).has_value());
  EXPECT_EQ(cluster_target(directory.path())->conninfo, target.conninfo);

  EXPECT_TRUE(stop_cluster(directory.path()));
  EXPECT_FALSE(stop_cluster(directory.path()));
  EXPECT_FALSE(directory.status().running);
  EXPECT_EQ(directory.status().pid, 0);
  EXPECT_FALSE(cluster_target(directory.path()).has_value());
  EXPECT_THROW(Connection{target}, StoreError);

  const auto again = directory.start();
  EXPECT_EQ(again.conninfo, target.conninfo) << "a saved URL must stay good";
  EXPECT_EQ(ask(again, "SELECT answer FROM public.kept"), "42");
}

TEST(PrivateCluster, IsClosedToOthersAndToTheNetwork) {
  const ClusterDirectory directory;
  const auto target = directory.start();
  const auto status = directory.status();
  EXPECT_EQ(ask(target, "SHOW listen_addresses"), "");
  EXPECT_EQ(mode_of(status.data_directory), 0700U);
  EXPECT_EQ(mode_of(status.socket_directory), 0700U);
  EXPECT_EQ(mode_of(directory.path()) & 0066, 0U);
  EXPECT_EQ(mode_of(status.log_file), 0600U);
}

TEST(PrivateCluster, StartingTwiceIsOneServer) {
  const ClusterDirectory directory;
  const auto first = directory.start();
  const auto pid = directory.status().pid;
  const auto second = directory.start();
  EXPECT_EQ(first.conninfo, second.conninfo);
  EXPECT_EQ(directory.status().pid, pid);
}

TEST(PrivateCluster, TwoLiveSideBySide) {
  const ClusterDirectory one;
  const ClusterDirectory two;
  const auto first = one.start();
  const auto second = two.start();
  EXPECT_NE(first.conninfo, second.conninfo);
  ask(first, "CREATE TABLE public.only_here (id integer)");
  EXPECT_EQ(ask(second, "SELECT count(*) FROM pg_class WHERE relname = 'only_here'"), "0");
  EXPECT_TRUE(stop_cluster(one.path()));
  EXPECT_EQ(ask(second, "SELECT 1"), "1");
}

TEST(PrivateCluster, StartedByManyThreadsAtOnceIsOneServer) {
  const ClusterDirectory directory;
  std::vector<std::string> seen(4);
  std::vector<std::thread> threads;
  for (auto& one : seen) {
    threads.emplace_back(
        [&] { one = ask(directory.start(), "SELECT pg_postmaster_start_time()"); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& one : seen) EXPECT_EQ(one, seen.front());
}

TEST(PrivateCluster, StartedByManyProcessesAtOnceIsOneServer) {
  const ClusterDirectory directory;
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        ::_exit(ask(directory.start(), "SELECT 1") == "1" ? 0 : 1);
      } catch (...) {
        ::_exit(2);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(directory.status().running);
}

TEST(PrivateCluster, ServerIsInASessionOfItsOwn) {
  const ClusterDirectory directory;
  directory.start();
  const auto pid = static_cast<pid_t>(directory.status().pid);
  EXPECT_NE(::getsid(pid), ::getsid(0)) << "Ctrl-C in aml would reach it";
  EXPECT_NE(::getpgid(pid), ::getpgid(0));
}

TEST(PrivateCluster, ComesBackAfterItsServerWasKilled) {
  const ClusterDirectory directory;
  const auto target = directory.start();
  ask(target, "CREATE TABLE public.kept AS SELECT 42 AS answer");
  ask(target, "CHECKPOINT");  // the cluster is not durable: what no checkpoint has written may go
  const auto pid = static_cast<pid_t>(directory.status().pid);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  const auto again = directory.start();
  EXPECT_EQ(ask(again, "SELECT answer FROM public.kept"), "42");
  EXPECT_NE(directory.status().pid, pid);
}

TEST(PrivateCluster, AFileThatNamesAForeignProcessDoesNotLookLikeAServer) {
  const ClusterDirectory directory;
  directory.start();
  const auto data = fs::path(directory.status().data_directory);
  stop_cluster(directory.path());
  // As after a reboot: the number in the left-over file is now somebody else's.
  write_file(data / "postmaster.pid", std::to_string(::getpid()) + "\n" + data.string() +
                                          "\n1\n5432\n/tmp\n\n  1  1\nready   \n");
  EXPECT_FALSE(directory.status().running);
  EXPECT_FALSE(cluster_target(directory.path()).has_value());
  EXPECT_FALSE(stop_cluster(directory.path())) << "it would have stopped this test";
  EXPECT_EQ(ask(directory.start(), "SELECT 1"), "1");
}

TEST(PrivateCluster, ServerOfAnotherClusterIsNotTakenForOurs) {
  const ClusterDirectory ours;
  const ClusterDirectory theirs;
  ours.start();
  theirs.start();
  const auto data = fs::path(ours.status().data_directory);
  stop_cluster(ours.path());
  fs::copy_file(fs::path(theirs.status().data_directory) / "postmaster.pid",
                data / "postmaster.pid");
  EXPECT_FALSE(ours.status().running);
  EXPECT_FALSE(stop_cluster(ours.path()));
  EXPECT_TRUE(theirs.status().running);
  EXPECT_EQ(ask(ours.start(), "SELECT 1"), "1");
}

TEST(PrivateCluster, AnInterruptedInitdbIsNoCluster) {
  const ClusterDirectory directory;
  fs::create_directories(directory.path() + "/pg.unfinished/base");
  fs::permissions(directory.path(), fs::perms(0711));
  write_file(directory.path() + "/pg.unfinished/PG_VERSION", "15\n");
  EXPECT_FALSE(directory.status().initialised);
  EXPECT_EQ(ask(directory.start(), "SELECT 1"), "1");
  EXPECT_FALSE(fs::exists(directory.path() + "/pg.unfinished"));
}

TEST(PrivateCluster, AServerThatDoesNotStartIsReportedWithTheEndOfItsLog) {
  const ClusterDirectory directory;
  directory.start();
  stop_cluster(directory.path());
  write_file(fs::path(directory.status().data_directory) / "postgresql.conf",
             "no_such_setting = 1\n", std::ios::app);
  try {
    directory.start();
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kUnreachable);
    EXPECT_NE(std::string(error.what()).find("no_such_setting"), std::string::npos) << error.what();
  }
}

TEST(PrivateCluster, DirectoriesMayHaveLongNamesSpacesAndQuotes) {
  const ClusterDirectory directory("it's a \"long\", long % name/" + std::string(120, 'x'));
  const auto target = directory.start();
  EXPECT_EQ(ask(target, "SELECT 1"), "1");
  EXPECT_LE(directory.status().socket_directory.size(), 90U);
}

TEST(PrivateCluster, ASocketDirectoryThatOthersCanEnterIsNotUsed) {
  const ClusterDirectory directory;
  directory.start();
  const auto usual = directory.status().socket_directory;
  stop_cluster(directory.path());
  ASSERT_FALSE(fs::exists(usual)) << "stopping takes it away";
  fs::create_directory(usual);
  fs::permissions(usual, fs::perms::all);
  EXPECT_EQ(ask(directory.start(), "SELECT 1"), "1");
  EXPECT_NE(directory.status().socket_directory, usual);
  EXPECT_EQ(mode_of(directory.status().socket_directory), 0700U);
  fs::remove(usual);
}

TEST(PrivateCluster, VariablesOfTheEnvironmentDoNotMislead) {
  const ClusterDirectory directory;
  ::setenv("PGPORT", "6000", 1);
  ::setenv("PGOPTIONS", "-c search_path=nowhere", 1);
  const auto answer = ask(directory.start(), "SHOW port");
  ::unsetenv("PGPORT");
  ::unsetenv("PGOPTIONS");
  EXPECT_EQ(answer, "5432");
}

TEST(PrivateCluster, PsqlTakesItsUrl) {
  const ClusterDirectory directory;
  const auto target = directory.start();
  EXPECT_EQ(output_of({"psql", target.conninfo, "-Atc", "SELECT current_database()"}), "aml\n");
}

TEST(PrivateCluster, RemovingLeavesNothing) {
  const ClusterDirectory directory;
  directory.start();
  const auto status = directory.status();
  EXPECT_TRUE(remove_cluster(directory.path()));
  EXPECT_FALSE(fs::exists(directory.path()));
  EXPECT_FALSE(fs::exists(status.data_directory));
  EXPECT_FALSE(fs::exists(status.socket_directory));
  EXPECT_FALSE(remove_cluster(directory.path()));
}

TEST(PrivateCluster, RemovingKeepsFilesThatAreNotItsOwn) {
  const ClusterDirectory directory;
  directory.start();
  write_file(directory.path() + "/notes.txt", "mine");
  EXPECT_TRUE(remove_cluster(directory.path()));
  EXPECT_TRUE(fs::exists(directory.path() + "/notes.txt"));
}

TEST(PrivateCluster, AStartMeetsTheDatabaseThatAnInterruptedOneIsStillMaking) {
  const ClusterDirectory directory;
  auto maintenance = directory.start();
  const std::string_view path = "/aml?";
  maintenance.conninfo.replace(maintenance.conninfo.find(path), path.size(), "/postgres?");
  ask(maintenance, "DROP DATABASE aml");
  std::thread interrupted([&] {
    try {
      ask(maintenance, "CREATE DATABASE aml");
    } catch (const pqxx::sql_error&) {  // we were faster
    }
  });
  while (ask(maintenance,
             "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%'") == "0") {
  }
  EXPECT_NO_THROW(EXPECT_EQ(ask(directory.start(), "SELECT 1"), "1"));
  interrupted.join();
}

TEST(PrivateCluster, AFolderThatCannotBeMadeIsNamedWithTheReason) {
  const ClusterDirectory directory;
  const std::string file = directory.root().string() + "/file";
  write_file(file, "");
  try {
    start_cluster({.directory = file + "/below/it", .durable = false});
    FAIL() << "started";
  } catch (const StoreError& error) {
    EXPECT_EQ(std::string(error.what()), "cannot create " + file + "/below: Not a directory");
  }
}

TEST(PrivateCluster, RootKeepsItsDataWhereTheServersUserCanReachThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: only root hands the server to another user";
  const ClusterDirectory directory;
  fs::permissions(directory.root(), fs::perms::owner_all);
  const auto target = directory.start();
  EXPECT_EQ(ask(target, "SELECT 1"), "1");
  const fs::path data = directory.status().data_directory;
  EXPECT_TRUE(data.string().starts_with("/var/lib/aml/")) << data;
  EXPECT_TRUE(remove_cluster(directory.path()));
  EXPECT_FALSE(fs::exists(data.parent_path()));
}

}  // namespace
}  // namespace aml::store
