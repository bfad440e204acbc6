// SPDX-License-Identifier: Apache-2.0
// aml load --source and aml watch --source of a Kafka topic, whatever dies meanwhile.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "bank.payments";

std::string transfer(int number) {
  return fmt::format(
      R"({{"transfer_id":"T{}","booked_at":"2024-03-01T10:00:00Z","from_account":"A{}","to_account":"B{}","amount":"{}.25"}})",
      number, number % 97, number % 89, number);
}

class KafkaCommand : public testing::Test {
 protected:
  KafkaCommand() { broker_.create_topic(kTopic, 4); }

  void produce(int from, int to) {
    for (int i = from; i < to; ++i) broker_.produce(kTopic, i % 4, transfer(i));
    broker_.flush();
  }

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-q", "-d", database_.target().conninfo});
    words.insert(words.end(), {"--source", source_});
    return words;
  }

  std::vector<std::string> watch(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"watch", "--every",    "0.1",          "--settle",
                                   "0",     "--scenario", "round_amounts"};
    words.insert(words.end(), more.begin(), more.end());
    return command(words);
  }

  /// Waits until the query gives what is wanted.
  void expect_soon(const std::string& sql, const std::string& wanted) const {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (database_.query(sql) != wanted && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(20ms);
    EXPECT_EQ(database_.query(sql), wanted);
  }

  KafkaBroker broker_;
  TestDatabase database_;
  TemporaryFolder folder_;
  std::string source_ = folder_.write(
      "payments.json",
      fmt::format(
          R"({{"schema_version": 1, "kind": "kafka", "name": "payments", "dataset": "transfers", "brokers": "{}", "topic": "{}"}})",
          broker_.address(), kTopic));
};

TEST_F(KafkaCommand, WatchThatIsKilledAtRandomMomentsLosesNothingAndLoadsNothingTwice) {
  constexpr int kMessages = 20'000;
  constexpr int kKills = 8;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::jthread producer([&] {
    constexpr int kBurst = 500;
    for (int from = 0; from < kMessages; from += kBurst) {
      produce(from, from + kBurst);
      std::this_thread::sleep_for(100ms);
    }
  });
  for (int i = 0; i < kKills; ++i) {
    const auto child = start_aml(watch());
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1500));
    ::kill(child, SIGKILL);
    wait_for(child);
  }
  producer.join();
  expect_soon(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid() AND backend_type = 'client backend'",
      "0");
  const auto ended = run_aml(command({"load"}));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(database_.query("SELECT count(*), count(DISTINCT transfer_id), sum(amount) = "
                            "(SELECT sum(n + 0.25) FROM generate_series(0, 19999) AS n) FROM "
                            "silver.transfers"),
            "20000|20000|t");
  EXPECT_EQ(database_.query("SELECT count(*), count(DISTINCT line) FROM bronze.transfers"),
            "20000|20000");
  EXPECT_EQ(database_.query("SELECT count(*) FROM quarantine.rows"), "0");
  EXPECT_EQ(database_.query("SELECT count(*) > 1, sum(lines_read) FROM aml.ingested_files"),
            "t|20000");
  EXPECT_EQ(database_.query("SELECT part, position FROM aml.source_positions ORDER BY 1"),
            "0|5000\n1|5000\n2|5000\n3|5000");
}

TEST_F(KafkaCommand, WatchLoadsFoldersWhileTheBrokerIsAwayAndStopsWhenAsked) {
  produce(0, 10);
  broker_.set_up(false);
  std::filesystem::create_directory(folder_.path("in"));
  folder_.write("in/more.csv",
                "transfer_id,booked_at,from_account,to_account,amount\nF1,2024-03-01,A,B,1\n");
  const std::string err = folder_.path("err");
  const auto child =
      start_aml(watch({folder_.path("in"), "--metrics", folder_.path("aml.prom")}), err);
  expect_soon("SELECT count(*) FROM silver.transfers", "1");
  broker_.set_up(true);
  expect_soon("SELECT count(*) FROM silver.transfers", "11");
  expect_soon("SELECT count(*), sum(lag) FROM aml.source_positions", "4|0");
  ::kill(child, SIGTERM);
  EXPECT_EQ(wait_for(child), 0);
  const auto metrics = run_aml({"-d", database_.target().conninfo, "metrics"});
  EXPECT_NE(metrics.out.find("aml_source_lag{partition=\"0\",source=\"payments\"} 0\n"),
            std::string::npos)
      << metrics.out;
}

}  // namespace
}  // namespace aml::test
