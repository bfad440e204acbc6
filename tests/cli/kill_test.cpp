// SPDX-License-Identifier: Apache-2.0
// A process that is killed leaves nothing half done.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "scenarios/generator.hpp"
#include "tests/cli/gold_dump.hpp"
#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

constexpr int kKills = 10;

/// Runs the command on the database until it ends by itself, and says how long that took.
std::chrono::milliseconds run_to_the_end(const TestDatabase& database,
                                         const std::vector<std::string>& command) {
  std::vector<std::string> arguments{"-q", "-d", database.target().conninfo};
  arguments.insert(arguments.end(), command.begin(), command.end());
  const auto start = std::chrono::steady_clock::now();
  const auto ended = run_aml(arguments);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

/// Starts the command again and again and kills it at a random moment within the time it takes.
void kill_at_random_moments(const TestDatabase& database, const std::vector<std::string>& command,
                            int kills, std::chrono::milliseconds duration, std::mt19937& random) {
  std::vector<std::string> arguments{"-q", "-d", database.target().conninfo};
  arguments.insert(arguments.end(), command.begin(), command.end());
  for (int i = 0; i < kills; ++i) {
    const auto child = start_aml(arguments);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(random() % static_cast<unsigned>(duration.count() + 1)));
    ::kill(child, SIGKILL);
    wait_for(child);
    // The server notices the lost client when it next talks to it; until then its lock is held.
    while (
        database.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                       "AND pid <> pg_backend_pid() AND backend_type = 'client backend'") != "0") {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

TEST(Kill, TenKillsDuringLoadAndRunGiveTheGoldOfAnUndisturbedRun) {
  const TemporaryFolder folder;
  scenarios::generate(folder.path("data"),
                      {.accounts = 3000, .days = 60, .seed = 11, .instances = 3});
  const std::vector<std::string> load{"load", folder.path("data")};
  const std::vector<std::string> run{"run"};

  const TestDatabase undisturbed;
  const auto load_time = run_to_the_end(undisturbed, load);
  const auto run_time = run_to_the_end(undisturbed, run);
  const auto expected = gold_dump(undisturbed);
  ASSERT_NE(undisturbed.query("SELECT count(*) FROM gold.alerts"), "0");

  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const TestDatabase disturbed;
  kill_at_random_moments(disturbed, load, kKills, load_time, random);
  run_to_the_end(disturbed, load);
  EXPECT_EQ(disturbed.query("SELECT count(*), sum(amount_base) FROM silver.transfers"),
            undisturbed.query("SELECT count(*), sum(amount_base) FROM silver.transfers"));
  EXPECT_EQ(disturbed.query("SELECT count(*) FROM bronze.transfers"),
            undisturbed.query("SELECT count(*) FROM bronze.transfers"));
  kill_at_random_moments(disturbed, run, kKills, run_time, random);
  run_to_the_end(disturbed, run);
  EXPECT_EQ(gold_dump(disturbed), expected);
  EXPECT_EQ(disturbed.query("SELECT count(*) FROM aml.runs WHERE status = 'running'"), "0");
}

}  // namespace
}  // namespace aml::test
