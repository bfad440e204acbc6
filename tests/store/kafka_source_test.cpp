// SPDX-License-Identifier: Apache-2.0
#include "store/kafka_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <thread>

#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "store/quarantine.hpp"
#include "store/retention.hpp"
#include "store/topic_reader.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

using Kind = FileOutcome::Kind;
using Counts = std::map<std::string, std::uint64_t>;
using namespace std::chrono_literals;

/// A topic in memory. An offset at which no message lies is a gap, as compaction and the ends of
/// transactions leave them.
struct MemoryTopic {
  struct Partition {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::map<std::int64_t, std::optional<std::string>> messages;
  };

  void append(std::int32_t partition, std::optional<std::string> payload) {
    Partition& at = partitions[partition];
    at.messages[at.end++] = std::move(payload);
  }
  void skip(std::int32_t partition) { ++partitions[partition].end; }
  void delete_before(std::int32_t partition, std::int64_t offset) {
    Partition& at = partitions[partition];
    at.begin = offset;
    at.messages.erase(at.messages.begin(), at.messages.lower_bound(offset));
  }

  std::map<std::int32_t, Partition> partitions;
  std::function<void()> on_read = [] {};  ///< what happens while somebody reads
};

class MemoryLog : public TopicLog {
 public:
  explicit MemoryLog(MemoryTopic& topic) : topic_(topic) {}

  std::vector<std::int32_t> partitions() override {
    std::vector<std::int32_t> numbers;
    for (const auto& [number, partition] : topic_.partitions) numbers.push_back(number);
    return numbers;
  }
  OffsetRange range(std::int32_t partition) override {
    return {topic_.partitions.at(partition).begin, topic_.partitions.at(partition).end};
  }
  void start(std::int32_t partition, std::int64_t offset) override {
    EXPECT_TRUE(next_.emplace(partition, offset).second);
  }
  std::optional<TopicMessage> next(std::chrono::milliseconds /*patience*/) override {
    topic_.on_read();
    for (auto& [number, offset] : next_) {
      const auto& partition = topic_.partitions.at(number);
      const auto at = partition.messages.lower_bound(offset);
      if (at != partition.messages.end()) {
        offset = at->first + 1;
        return TopicMessage{number, at->first, false, at->second, "key"};
      }
      if (std::exchange(told_end_[number], partition.end) == partition.end) continue;
      offset = partition.end;
      return TopicMessage{number, partition.end, true, std::nullopt, {}};
    }
    return {};
  }
  std::optional<std::int64_t> known_end(std::int32_t partition) override {
    return topic_.partitions.at(partition).end;
  }

 private:
  MemoryTopic& topic_;
  std::map<std::int32_t, std::int64_t> next_;
  std::map<std::int32_t, std::int64_t> told_end_;
};

std::string transfer(const std::string& id, int minute = 0, const std::string& more = "") {
  return fmt::format(
      R"({{"transfer_id": "{}", "booked_at": "2024-03-01T10:{:02}:00Z", "from_account": "A{}", "to_account": "B", "amount": "{}.50", "currency": "USD"{}}})",
      id, minute % 60, minute % 7, 10 + minute, more);
}

class TopicTest : public testing::Test {
 protected:
  TopicTest() : connection_(database_.connect()) {
    ingest_.expectations = scenarios::load_expectations("");
  }

  TopicReader reader_of(MemoryTopic& topic, TopicOptions options = {}) {
    return {source_, ingest_, options, [&topic] { return std::make_unique<MemoryLog>(topic); }};
  }

  /// Until there is nothing more, or something is wrong.
  std::vector<FileOutcome> load_all(TopicReader& reader) {
    std::vector<FileOutcome> outcomes;
    do {
      if (auto outcome = reader.load_batch(connection_, 100ms)) {
        EXPECT_EQ(outcome->rows_read, outcome->rows_loaded + outcome->rows_quarantined);
        outcomes.push_back(std::move(*outcome));
      }
    } while (!reader.has_caught_up() &&
             (outcomes.empty() || outcomes.back().kind == Kind::kLoaded));
    return outcomes;
  }

  FileOutcome load_one(TopicReader& reader) {
    const auto outcomes = load_all(reader);
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.at(0);
  }

  std::string query(const std::string& sql) const { return database_.query(sql); }
  std::string ids() const {
    return query("SELECT string_agg(transfer_id, ' ' ORDER BY transfer_id) FROM silver.transfers");
  }
  std::string positions() const {
    return query(
        "SELECT string_agg(part || ':' || position, ' ' ORDER BY part::int) FROM "
        "aml.source_positions WHERE source = 'payments'");
  }

  test::TestDatabase database_;
  Connection connection_;
  IngestOptions ingest_;
  KafkaSource source_{"payments", Dataset::kTransfers, "nowhere:1", "bank.payments"};
};

TEST_F(TopicTest, EachMessageIsARowThatNamesItsPartitionAndOffset) {
  MemoryTopic topic;
  topic.append(0, transfer("T1"));
  topic.append(0, transfer("T2"));
  topic.append(3, transfer("T3", 5, R"(, "channel": {"kind": "wire"})"));
  auto reader = reader_of(topic);
  const auto outcome = load_one(reader);
  EXPECT_EQ(outcome.path, "payments");
  EXPECT_EQ(outcome.dataset, "transfers");
  EXPECT_EQ(outcome.rows_loaded, 3U);
  EXPECT_EQ(query("SELECT transfer_id, line FROM silver.transfers ORDER BY 1"),
            "T1|0\nT2|1\nT3|30000000000000");
  EXPECT_EQ(query("SELECT aml.topic_line(3, 0)"), "30000000000000");
  EXPECT_EQ(query("SELECT rescued FROM bronze.transfers WHERE transfer_id = 'T3'"),
            R"({"channel": {"kind": "wire"}})");
  EXPECT_EQ(query("SELECT kind, path, lines_read, rows_loaded, position_from, position_to FROM "
                  "aml.ingested_files"),
            R"(kafka|payments|3|3|{"0": 0, "3": 0}|{"0": 2, "3": 1})");
  EXPECT_EQ(query("SELECT operation, operation_parameters FROM aml.versions ORDER BY version DESC "
                  "LIMIT 1"),
            R"(LOAD|{"topic": "bank.payments", "source": "payments", "dataset": "transfers"})");
  EXPECT_EQ(positions(), "0:2 3:1");
}

TEST_F(TopicTest, AMessageThatNamesSomebodyWhoWasErasedStopsNothing) {
  const std::string erased = "ACC-4711";
  const auto naming = [&](const std::string& id) {
    return transfer(id, 0, R"(, "note": ")" + erased + R"( pays")");
  };
  MemoryTopic topic;
  topic.append(0, transfer("T1"));
  auto reader = reader_of(topic);
  load_one(reader);
  database_.write(
      "UPDATE silver.transfers SET to_account_id = 'ACC-4711', valid_from = DEFAULT; INSERT INTO "
      "silver.accounts VALUES ('ACC-4711', 'B', NULL, NULL, NULL, NULL, true, 1, 1)");
  erase(
      connection_,
      {.kind = "account", .key = erased, .reference = "R", .reason = "r", .override_duty = "test"});
  topic.append(0, naming("T2"));
  topic.append(0, R"({"from_account": "ACC-4711", "from_account": "cut off")");
  std::string direct = transfer("T3");
  direct.replace(direct.find("\"B\""), 3, "\"" + erased + "\"");
  topic.append(0, direct);
  topic.append(0, transfer("T4"));
  const auto outcome = load_one(reader);
  EXPECT_EQ(outcome.rows_loaded, 3U) << outcome.message;
  const auto pseudonym = query("SELECT pseudonym FROM aml.erased_keys");
  EXPECT_EQ(outcome.of_erased, (Counts{{pseudonym, 3}}));
  EXPECT_EQ(query("SELECT transfer_id FROM silver.transfers WHERE to_account_id = '" + pseudonym +
                  "' ORDER BY 1"),
            "T1\nT3");
  EXPECT_EQ(query("SELECT rescued ->> 'note' FROM bronze.transfers WHERE transfer_id = 'T2'"),
            pseudonym);
  EXPECT_EQ(query("SELECT convert_from(raw, 'UTF8') FROM quarantine.rows"), pseudonym);
  EXPECT_EQ(positions(), "0:5");
}

TEST_F(TopicTest, NothingNewMakesNoBatchAndNoVersion) {
  MemoryTopic topic;
  topic.append(0, transfer("T1"));
  auto reader = reader_of(topic);
  load_one(reader);
  const std::string before = query("SELECT max(version) FROM aml.versions");
  EXPECT_FALSE(reader.load_batch(connection_, 0ms));
  auto another = reader_of(topic);
  EXPECT_TRUE(load_all(another).empty());
  EXPECT_EQ(query("SELECT max(version) FROM aml.versions"), before);
}

TEST_F(TopicTest, ReadingGoesOnBehindGapsAndTheEndsOfTransactions) {
  MemoryTopic topic;
  topic.skip(0);
  topic.append(0, transfer("T1"));
  topic.skip(0);
  topic.skip(0);
  topic.append(0, transfer("T2"));
  topic.skip(0);
  auto reader = reader_of(topic);
  EXPECT_EQ(load_one(reader).rows_loaded, 2U);
  EXPECT_EQ(positions(), "0:6");
  topic.append(0, transfer("T3"));
  auto another = reader_of(topic);
  EXPECT_EQ(load_one(another).rows_loaded, 1U);
  EXPECT_EQ(positions(), "0:7");
  EXPECT_EQ(ids(), "T1 T2 T3");
}

TEST_F(TopicTest, WhatIsNoObjectIsQuarantinedByteForByte) {
  const std::string megabyte(std::size_t{1} << 20, 'x');
  std::string many_keys = "{";
  for (int i = 0; i <= 1000; ++i) many_keys += fmt::format("\"k{}\":1,", i);
  many_keys.back() = '}';
  const std::vector<std::pair<std::optional<std::string>, std::string>> hostile{
      {std::nullopt, "no_payload"},
      {"", "not_a_json_object"},
      {"  \n", "not_a_json_object"},
      {"[1]", "not_a_json_object"},
      {"null", "not_a_json_object"},
      {transfer("X") + transfer("Y"), "not_a_json_object"},
      {"\xff\xfe", "invalid_utf8"},
      {std::string("{\"transfer_id\":\"\0\"}", 19), "nul_byte"},
      {R"({"amount":1,"amount":2})", "repeated_key"},
      {R"({"from_account":"A","sender":"B"})", "repeated_key"},
      {R"({"amount":)" + std::string(200, '9') + "}", "number_too_long"},
      {std::string(70, '[') + std::string(70, ']'), "not_a_json_object"},
      {R"({"a":)" + std::string(70, '[') + std::string(70, ']') + "}", "nested_too_deeply"},
      {"{\"note\":\"" + megabyte + "\"}", "line_too_long"},
      {many_keys, "too_many_keys"},
  };
  MemoryTopic topic;
  topic.append(0, transfer("T1"));
  for (const auto& [payload, reason] : hostile) topic.append(0, payload);
  topic.append(0, "{\n  \"transfer_id\": \"T2\",\n" + transfer("T2").substr(22) + "\n");
  auto reader = reader_of(topic);
  const auto outcomes = load_all(reader);
  EXPECT_EQ(ids(), "T1 T2");
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    const auto& [payload, reason] = hostile[i];
    EXPECT_EQ(query(fmt::format(
                  "SELECT array_to_string(reasons, ' '), encode(sha256(raw), 'hex') = "
                  "encode(sha256(decode('{}', 'hex')), 'hex') FROM quarantine.rows WHERE line = {}",
                  [&] {
                    std::string hex;
                    for (const unsigned char byte : payload.value_or("key"))
                      hex += fmt::format("{:02x}", byte);
                    return hex;
                  }(),
                  i + 1)),
              reason + "|t")
        << i;
  }
}

TEST_F(TopicTest, AColumnThatAMessageLacksIsNoColumnOfItWhateverOtherMessagesHave) {
  MemoryTopic topic;
  topic.append(2, transfer("T1", 1, R"(, "type": "WIRE")"));
  topic.append(2, R"({"date": "2024-03-01", "sender": "A", "receiver": "B", "amount": 7})");
  topic.append(
      2,
      R"({"transfer_id": null, "date": "2024-03-02", "sender": "A", "receiver": "B", "amount": 8})");
  topic.append(2, R"({"transfer_id": "T4", "date": "2024-03-02", "receiver": "B", "amount": 9})");
  auto reader = reader_of(topic);
  const auto outcome = load_one(reader);
  EXPECT_EQ(outcome.quarantined_by_reason, (Counts{{"from_account_is_present", 1}}));
  EXPECT_EQ(query("SELECT transfer_id, currency_code, type FROM silver.transfers ORDER BY amount"),
            "payments-20000000000001|USD|TRANSFER\npayments-20000000000002|USD|TRANSFER\n"
            "T1|USD|WIRE");
}

TEST_F(TopicTest, AMessageWithoutAnIdHasTheSameOneAfterItsReplay) {
  MemoryTopic topic;
  topic.append(1, R"({"date": "2024-03-01", "sender": "A", "receiver": "B", "amount": "seven"})");
  auto reader = reader_of(topic);
  EXPECT_EQ(load_one(reader).rows_quarantined, 1U);
  fix_quarantined(connection_, {{{"payments", 10'000'000'000'000, ""}, {{"amount", "7"}}}});
  replay_quarantined(connection_, {}, ingest_.expectations);
  EXPECT_EQ(ids(), "payments-10000000000000");
}

TEST_F(TopicTest, ARepeatedMessageIsQuarantinedAsInFiles) {
  MemoryTopic topic;
  topic.append(0, transfer("T1"));
  topic.append(1, transfer("T1"));
  auto reader = reader_of(topic, {.batch_messages = 1});
  const auto outcomes = load_all(reader);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[1].quarantined_by_reason, (Counts{{"transfer_id_is_unique", 1}}));
}

TEST_F(TopicTest, KeysThatMakeTooManyColumnsTogetherMakeBatches) {
  MemoryTopic topic;
  for (int i = 0; i < 5; ++i) {
    std::string more;
    for (int key = 0; key < 300; ++key) more += fmt::format(R"(, "m{}k{}": 1)", i, key);
    topic.append(0, transfer("T" + std::to_string(i), i, more));
  }
  auto reader = reader_of(topic);
  std::vector<std::uint64_t> sizes;
  for (const auto& outcome : load_all(reader)) sizes.push_back(outcome.rows_loaded);
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{3, 2}));
  EXPECT_EQ(query("SELECT count(*) FROM bronze.transfers, jsonb_object_keys(rescued)"), "1500");
}

TEST_F(TopicTest, AReaderThatAnotherOneOvertookLoadsNothingTwice) {
  MemoryTopic topic;
  for (int i = 0; i < 10; ++i) topic.append(i % 2, transfer("T" + std::to_string(i), i));
  auto overtaken = reader_of(topic, {.batch_messages = 4});
  auto faster = reader_of(topic, {.batch_messages = 3});
  Connection other = database_.connect();
  bool is_first = true;
  topic.on_read = [&] {
    if (!std::exchange(is_first, false)) return;
    EXPECT_EQ(faster.load_batch(other, 0ms)->rows_loaded, 3U);
  };
  EXPECT_FALSE(overtaken.load_batch(connection_, 0ms));
  EXPECT_EQ(query("SELECT count(*) FROM aml.ingested_files"), "1");
  load_all(overtaken);
  EXPECT_EQ(query("SELECT count(*), count(DISTINCT transfer_id) FROM bronze.transfers"), "10|10");
  EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), "0");
  EXPECT_FALSE(faster.load_batch(other, 0ms));
}

TEST_F(TopicTest, MessagesThatRetentionDeletedUnreadAreToldAndGoneBehindOnlyWhenAsked) {
  MemoryTopic topic;
  for (int i = 0; i < 6; ++i) topic.append(0, transfer("T" + std::to_string(i), i));
  auto reader = reader_of(topic, {.batch_messages = 2});
  ASSERT_EQ(reader.load_batch(connection_, 0ms)->rows_loaded, 2U);
  topic.delete_before(0, 5);
  auto next = reader_of(topic);
  const auto refused = next.load_batch(connection_, 0ms);
  ASSERT_EQ(refused->kind, Kind::kRefused);
  EXPECT_NE(
      refused->message.find("begins at offset 5, but was read only up to 2: its retention has "
                            "deleted up to 3 messages unread"),
      std::string::npos)
      << refused->message;
  EXPECT_EQ(positions(), "0:2");
  auto accepting = reader_of(topic, {.accept_gaps = true});
  EXPECT_EQ(load_one(accepting).rows_loaded, 1U);
  EXPECT_EQ(ids(), "T0 T1 T5");
  EXPECT_EQ(query("SELECT source, part, lost_from, lost_to FROM aml.source_gaps"),
            "payments|0|2|5");
}

TEST_F(TopicTest, WhatIsDeletedBeforeTheFirstMessageOfAPartitionIsReadIsToldToo) {
  MemoryTopic topic;
  topic.append(0, transfer("T0"));
  topic.partitions[1];
  auto reader = reader_of(topic);
  load_one(reader);
  for (int i = 1; i < 4; ++i) topic.append(1, transfer("T" + std::to_string(i), i));
  topic.delete_before(1, 2);
  auto next = reader_of(topic);
  EXPECT_EQ(next.load_batch(connection_, 0ms)->kind, Kind::kRefused);
}

TEST_F(TopicTest, ATopicThatEndsBeforeWhatWasReadIsAnotherTopic) {
  MemoryTopic topic;
  for (int i = 0; i < 3; ++i) topic.append(0, transfer("T" + std::to_string(i), i));
  auto reader = reader_of(topic);
  load_one(reader);
  MemoryTopic anew;
  anew.append(0, transfer("T9"));
  auto next = reader_of(anew);
  const auto refused = next.load_batch(connection_, 0ms);
  ASSERT_EQ(refused->kind, Kind::kRefused);
  EXPECT_NE(refused->message.find("was read up to offset 3, but ends at 1"), std::string::npos)
      << refused->message;
  EXPECT_EQ(ids(), "T0 T1 T2");
}

TEST_F(TopicTest, PartitionsThatAreAddedAreReadFromTheirBeginning) {
  MemoryTopic topic;
  topic.append(0, transfer("T0"));
  auto reader = reader_of(topic, {.look_for_partitions = 0ms});
  load_one(reader);
  topic.append(1, transfer("T1"));
  topic.append(1, transfer("T2"));
  EXPECT_EQ(load_one(reader).rows_loaded, 2U);
  EXPECT_EQ(positions(), "0:1 1:2");
}

TEST_F(TopicTest, ABatchThatAnExpectationRefusesChangesNothingAndComesAgain) {
  MemoryTopic topic;
  topic.append(0, transfer("T0"));
  topic.append(0, transfer("T1", 1, R"(, "amount_in_words": "no")"));
  auto strict = ingest_;
  strict.expectations.push_back({.name = "no_words",
                                 .dataset = "transfers",
                                 .condition = RowCheck("rescued IS NULL"),
                                 .policy = ExpectationPolicy::kFail,
                                 .description = "Nothing unknown."});
  TopicReader refusing(source_, strict, {}, [&] { return std::make_unique<MemoryLog>(topic); });
  for (int i = 0; i < 2; ++i) {
    const auto refused = refusing.load_batch(connection_, 0ms);
    ASSERT_EQ(refused->kind, Kind::kRefused);
    EXPECT_NE(refused->message.find("no_words"), std::string::npos);
  }
  EXPECT_EQ(query("SELECT count(*) FROM aml.ingested_files"), "0");
  EXPECT_EQ(positions(), "0:0");
  auto reader = reader_of(topic);
  EXPECT_EQ(load_one(reader).rows_loaded, 2U);
}

TEST_F(TopicTest, LagsAreWhatLiesUnread) {
  MemoryTopic topic;
  for (int i = 0; i < 5; ++i) topic.append(0, transfer("T" + std::to_string(i), i));
  topic.append(1, transfer("T9"));
  auto reader = reader_of(topic, {.batch_messages = 3});
  ASSERT_TRUE(reader.load_batch(connection_, 0ms));
  EXPECT_TRUE(reader.is_behind());
  reader.record_lags(connection_);
  EXPECT_EQ(query("SELECT part, lag FROM aml.source_positions ORDER BY 1"), "0|2\n1|1");
  load_all(reader);
  reader.record_lags(connection_);
  EXPECT_EQ(query("SELECT part, lag FROM aml.source_positions ORDER BY 1"), "0|0\n1|0");
}

/// Readers that come and go at random, with batches of random sizes, against the list of what was
/// produced.
TEST_F(TopicTest, BatchesOfAnySizeAndReadersThatDieGiveWhatWasProduced) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    database_.empty();
    std::mt19937 random(seed);
    MemoryTopic topic;
    std::set<std::string> wanted;
    std::uint64_t bad = 0;
    auto reader = reader_of(topic);
    const auto produce = [&] {
      for (auto i = random() % 40; i > 0; --i) {
        const auto partition = static_cast<std::int32_t>(random() % 3);
        const auto what = random() % 10;
        if (what == 0) topic.skip(partition);
        if (what == 1 && ++bad > 0) topic.append(partition, "{");
        if (what <= 1) continue;
        const std::string id = fmt::format("T{:05}", wanted.size());
        wanted.insert(id);
        topic.append(partition,
                     transfer(id, static_cast<int>(what), what % 2 == 0 ? R"(, "note": 1)" : ""));
      }
    };
    for (int look = 0; look < 12; ++look) {
      produce();
      if (random() % 3 == 0) {
        reader =
            reader_of(topic, {.batch_messages = 1 + random() % 30, .look_for_partitions = 0ms});
      }
      reader.load_batch(connection_, 0ms);
    }
    reader = reader_of(topic);
    load_all(reader);
    EXPECT_EQ(ids(), fmt::format("{}", fmt::join(wanted, " ")));
    EXPECT_EQ(query("SELECT count(*) FROM quarantine.rows"), std::to_string(bad));
    EXPECT_EQ(query("SELECT count(*) FROM bronze.transfers"), std::to_string(wanted.size()));
    for (const auto& [number, partition] : topic.partitions) {
      EXPECT_GT(std::stoll(query(fmt::format(
                    "SELECT position FROM aml.source_positions WHERE part = '{}'", number))),
                partition.messages.rbegin()->first);
    }
  }
}

class KafkaTest : public TopicTest {
 protected:
  KafkaTest() {
    source_.brokers = broker_.address();
    broker_.create_topic(source_.topic, 2);
  }

  TopicReader reader(TopicOptions options = {}) {
    return {source_, ingest_, options, [this] { return open_kafka_topic(source_); }};
  }

  test::KafkaBroker broker_;
};

TEST_F(KafkaTest, MessagesOfABrokerComeOnce) {
  constexpr int kMessages = 3000;
  for (int i = 0; i < kMessages; ++i)
    broker_.produce(source_.topic, i % 2, transfer(fmt::format("T{}", i), i));
  broker_.produce(source_.topic, 0, std::nullopt, "deleted-account");
  broker_.produce(source_.topic, 1, "");
  broker_.produce(source_.topic, 1, "{\"note\": \"" + std::string(3 << 20, 'x') + "\"}");
  broker_.flush();
  broker_.refuse_fetches(3);
  auto first = reader({.batch_messages = 700});
  load_all(first);
  EXPECT_EQ(query("SELECT count(*), count(DISTINCT transfer_id) FROM silver.transfers"),
            "3000|3000");
  EXPECT_EQ(query("SELECT line, reasons[1], CASE WHEN length(raw) < 100 THEN convert_from(raw, "
                  "'UTF8') ELSE length(raw)::text END FROM quarantine.rows ORDER BY line"),
            "1500|no_payload|deleted-account\n10000000001500|not_a_json_object|\n"
            "10000000001501|line_too_long|3145740");
  EXPECT_EQ(positions(), "0:1501 1:1502");

  broker_.produce(source_.topic, 1, transfer("LATE"));
  broker_.flush();
  auto second = reader();
  EXPECT_EQ(load_one(second).rows_loaded, 1U);
}

TEST_F(KafkaTest, ABrokerThatIsGoneIsUnreachableAndReadingGoesOnWhenItIsBack) {
  broker_.produce(source_.topic, 0, transfer("T1"));
  broker_.flush();
  auto following = reader({.look_for_partitions = 0ms});
  load_all(following);
  broker_.set_up(false);
  const auto lost = following.load_batch(connection_, 0ms);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->kind, Kind::kUnreachable);
  EXPECT_NE(lost->message.find("topic bank.payments: its partitions cannot be read"),
            std::string::npos)
      << lost->message;
  broker_.set_up(true);
  broker_.produce(source_.topic, 0, transfer("T2"));
  broker_.flush();
  load_all(following);
  EXPECT_EQ(ids(), "T1 T2");
}

TEST_F(KafkaTest, ATopicThatWasDeletedIsUnreachable) {
  auto following = reader({.look_for_partitions = 0ms});
  EXPECT_FALSE(following.load_batch(connection_, 0ms));
  broker_.delete_topic(source_.topic);
  const auto outcome = following.load_batch(connection_, 0ms);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::kUnreachable);
  EXPECT_NE(outcome->message.find("Unknown topic"), std::string::npos) << outcome->message;
}

TEST_F(KafkaTest, WhatRetentionDeletedWhileNobodyReadIsTold) {
  broker_.produce(source_.topic, 0, transfer("T1"));
  broker_.flush();
  auto first = reader();
  load_all(first);
  const std::string megabyte(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 8; ++i) {
    broker_.produce(source_.topic, 0, megabyte);
    broker_.flush();
  }
  auto next = reader();
  const auto refused = next.load_batch(connection_, 0ms);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Kind::kRefused);
  EXPECT_NE(refused->message.find("but was read only up to 1"), std::string::npos)
      << refused->message;
}

TEST_F(KafkaTest, NoMessageShowsASecret) {
  ::setenv("AML_TEST_KAFKA_PASSWORD", "hunter2secret", 1);
  source_.properties = {{"security.protocol", "SASL_PLAINTEXT"},
                        {"sasl.mechanism", "PLAIN"},
                        {"sasl.username", "$ConnectionString"}};
  source_.secrets = {
      {"sasl.password", {SecretPlace::Kind::kEnvironment, "AML_TEST_KAFKA_PASSWORD"}}};
  auto refused = reader();
  testing::internal::CaptureStderr();
  const auto outcome = refused.load_batch(connection_, 0ms);
  const std::string talk = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::kUnreachable);
  EXPECT_EQ((outcome->message + talk).find("hunter2"), std::string::npos);
  EXPECT_EQ(talk, "");
  EXPECT_EQ(query("SELECT count(*) FROM aml.versions WHERE operation_parameters::text LIKE "
                  "'%hunter2%'"),
            "0");
}

/// What opening the source says against it.
std::string objection(const KafkaSource& source) {
  try {
    open_kafka_topic(source);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(KafkaSource, PropertiesThatAreNotASourcesToSetAreRefused) {
  KafkaSource source{"payments", Dataset::kTransfers, "nowhere:1", "bank.payments"};
  EXPECT_EQ(objection(source), "");
  for (const std::string name :
       {"group.id", "enable.auto.commit", "auto.offset.reset", "isolation.level", "debug",
        "plugin.library.paths", "sasl.kerberos.kinit.cmd", "ssl.engine.location", "no.such"}) {
    source.properties = {{name, "x"}};
    EXPECT_EQ(objection(source), name + ": no property that a source may set");
  }
  source.properties = {{"sasl.password", "plain"}};
  EXPECT_EQ(objection(source),
            "sasl.password: name an environment variable or a file that holds it");
  source.properties = {{"security.protocol", "carrier pigeon"}};
  EXPECT_NE(objection(source).find("security.protocol"), std::string::npos);
  source.properties.clear();
  source.secrets = {{"sasl.password", {SecretPlace::Kind::kEnvironment, "AML_TEST_NOT_SET"}}};
  EXPECT_EQ(objection(source),
            "sasl.password: the environment variable AML_TEST_NOT_SET that should hold it is not "
            "set");
  source.secrets = {{"sasl.password", {SecretPlace::Kind::kFile, "/no/such/file"}}};
  EXPECT_EQ(objection(source),
            "sasl.password: the file /no/such/file that should hold it cannot be read");
}

TEST(KafkaSource, EveryPropertyIsKnownToTheLibrary) {
  for (const auto& property : kafka_properties()) {
    KafkaSource source{"payments", Dataset::kTransfers, "nowhere:1", "bank.payments"};
    source.properties = {{std::string(property.name), "\x01"}};
    EXPECT_EQ(objection(source).find("No such configuration property"), std::string::npos)
        << property.name;
  }
}

}  // namespace
}  // namespace aml::store
