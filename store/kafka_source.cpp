// SPDX-License-Identifier: Apache-2.0
#include "store/kafka_source.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

namespace aml::store {
namespace {

constexpr std::array kProperties{
    KafkaProperty{"broker.address.family", false},
    KafkaProperty{"client.id", false},
    KafkaProperty{"client.rack", false},
    KafkaProperty{"enable.ssl.certificate.verification", false},
    KafkaProperty{"fetch.max.bytes", false},
    KafkaProperty{"fetch.wait.max.ms", false},
    KafkaProperty{"max.partition.fetch.bytes", false},
    KafkaProperty{"metadata.max.age.ms", false},
    KafkaProperty{"receive.message.max.bytes", false},
    KafkaProperty{"reconnect.backoff.max.ms", false},
    KafkaProperty{"sasl.kerberos.keytab", false},
    KafkaProperty{"sasl.kerberos.principal", false},
    KafkaProperty{"sasl.kerberos.service.name", false},
    KafkaProperty{"sasl.mechanism", false},
    KafkaProperty{"sasl.password", true},
    KafkaProperty{"sasl.username", false},
    KafkaProperty{"security.protocol", false},
    KafkaProperty{"socket.keepalive.enable", false},
    KafkaProperty{"socket.timeout.ms", false},
    KafkaProperty{"ssl.ca.location", false},
    KafkaProperty{"ssl.certificate.location", false},
    KafkaProperty{"ssl.endpoint.identification.algorithm", false},
    KafkaProperty{"ssl.key.location", false},
    KafkaProperty{"ssl.key.password", true},
};

// How long a broker may take to answer a question. A source that is down delays whoever asks.
constexpr int kAnswerMs = 5000;

struct FreeConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct FreeClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct FreeTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct FreeQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct FreeMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
struct FreeMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};

std::string secret_at(const std::string& property, const SecretPlace& place) {
  if (place.kind == SecretPlace::Kind::kEnvironment) {
    if (const char* value = std::getenv(place.name.c_str())) return value;
    throw std::invalid_argument(fmt::format(
        "{}: the environment variable {} that should hold it is not set", property, place.name));
  }
  std::ifstream file(place.name, std::ios::binary);
  std::string value{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    throw std::invalid_argument(
        fmt::format("{}: the file {} that should hold it cannot be read", property, place.name));
  }
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  return value;
}

class KafkaTopic : public TopicLog {
 public:
  explicit KafkaTopic(const KafkaSource& source) : topic_name_(source.topic) {
    std::unique_ptr<rd_kafka_conf_t, FreeConf> conf(rd_kafka_conf_new());
    configure(conf.get(), source);
    std::array<char, 512> why{};
    client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why.data(), why.size()));
    if (!client_)
      throw std::invalid_argument(fmt::format("the properties of source {} do not go together: {}",
                                              source.name, scrubbed(why.data())));
    static_cast<void>(conf.release());  // the client's now
    topic_.reset(rd_kafka_topic_new(client_.get(), topic_name_.c_str(), nullptr));
    queue_.reset(rd_kafka_queue_new(client_.get()));
  }

  ~KafkaTopic() override {
    for (const std::int32_t partition : started_) rd_kafka_consume_stop(topic_.get(), partition);
  }

  std::vector<std::int32_t> partitions() override {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client_.get(), 0, topic_.get(), &raw, kAnswerMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(error, "its partitions");
    const std::unique_ptr<const rd_kafka_metadata_t, FreeMetadata> metadata(raw);
    if (metadata->topic_cnt != 1) fail(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "its partitions");
    const rd_kafka_metadata_topic_t& topic = metadata->topics[0];
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(topic.err, "its partitions");
    std::vector<std::int32_t> numbers;
    for (int i = 0; i < topic.partition_cnt; ++i) numbers.push_back(topic.partitions[i].id);
    return numbers;
  }

  OffsetRange range(std::int32_t partition) override {
    OffsetRange found;
    const auto error = rd_kafka_query_watermark_offsets(
        client_.get(), topic_name_.c_str(), partition, &found.begin, &found.end, kAnswerMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(error, fmt::format("partition {}", partition));
    return found;
  }

  void start(std::int32_t partition, std::int64_t offset) override {
    if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue_.get()) != 0)
      fail(rd_kafka_last_error(), fmt::format("partition {}", partition));
    started_.push_back(partition);
  }

  std::optional<TopicMessage> next(std::chrono::milliseconds patience) override {
    const std::unique_ptr<rd_kafka_message_t, FreeMessage> message(
        rd_kafka_consume_queue(queue_.get(), static_cast<int>(patience.count())));
    if (message) return taken(*message);
    rd_kafka_poll(client_.get(), 0);  // serves on_error
    return {};
  }

  std::optional<std::int64_t> known_end(std::int32_t partition) override {
    OffsetRange range;
    const auto error = rd_kafka_get_watermark_offsets(client_.get(), topic_name_.c_str(), partition,
                                                      &range.begin, &range.end);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || range.end < 0) return {};
    return range.end;
  }

 private:
  void configure(rd_kafka_conf_t* conf, const KafkaSource& source) {
    for (const auto& [name, value] : source.properties) {
      if (is_secret(name))
        throw std::invalid_argument(name +
                                    ": name an environment variable or a file that holds it");
      set(conf, name, value);
    }
    for (const auto& [name, place] : source.secrets) {
      secrets_.push_back(secret_at(name, place));
      is_secret(name);
      set(conf, name, secrets_.back());
    }
    set(conf, "bootstrap.servers", source.brokers);
    set(conf, "allow.auto.create.topics", "false");
    set(conf, "auto.offset.reset", "error");  // a gap is told, never jumped over
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "isolation.level", "read_committed");
    set(conf, "queued.max.messages.kbytes", "32768");
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, drop_log_line);
  }

  /// Throws: std::invalid_argument if no source may set the property.
  static bool is_secret(const std::string& name) {
    const auto known = std::ranges::find(kProperties, name, &KafkaProperty::name);
    if (known == kProperties.end())
      throw std::invalid_argument(name + ": no property that a source may set");
    return known->is_secret;
  }

  void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) const {
    std::array<char, 512> why{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK)
      throw std::invalid_argument(fmt::format("{}: {}", name, scrubbed(why.data())));
  }

  TopicMessage taken(const rd_kafka_message_t& message) {
    const bool is_end = message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end)
      fail(message.err, fmt::format("partition {}", message.partition));
    TopicMessage found{message.partition, message.offset, is_end, std::nullopt, {}};
    if (is_end) return found;  // its payload would be words of the library
    if (message.payload != nullptr)
      found.payload.emplace(static_cast<const char*>(message.payload), message.len);
    if (message.key != nullptr)
      found.key.assign(static_cast<const char*>(message.key), message.key_len);
    return found;
  }

  [[noreturn]] void fail(rd_kafka_resp_err_t error, const std::string& what) {
    rd_kafka_poll(client_.get(), 0);
    std::string why = rd_kafka_err2str(error);
    if (!last_error_.empty()) why += ": " + last_error_;
    throw TopicError(fmt::format("topic {}: {} cannot be read: {}", topic_name_, what, why));
  }

  std::string scrubbed(std::string text) const {
    for (const auto& secret : secrets_) {
      for (std::size_t at = 0;
           !secret.empty() && (at = text.find(secret, at)) != std::string::npos;)
        text.replace(at, secret.size(), "***");
    }
    return text;
  }

  static void on_error(rd_kafka_t* /*client*/, int /*error*/, const char* reason, void* opaque) {
    auto* const self = static_cast<KafkaTopic*>(opaque);
    self->last_error_ = self->scrubbed(reason);
  }

  // What matters comes as an error as well; the log could hold what a broker said of a login.
  static void drop_log_line(const rd_kafka_t* /*client*/, int /*level*/, const char* /*facility*/,
                            const char* /*line*/) {}

  std::string topic_name_;
  std::vector<std::string> secrets_;
  std::string last_error_;
  std::unique_ptr<rd_kafka_t, FreeClient> client_;
  std::unique_ptr<rd_kafka_topic_t, FreeTopic> topic_;
  std::unique_ptr<rd_kafka_queue_t, FreeQueue> queue_;
  std::vector<std::int32_t> started_;
};

}  // namespace

std::span<const KafkaProperty> kafka_properties() {
  return kProperties;
}

std::unique_ptr<TopicLog> open_kafka_topic(const KafkaSource& source) {
  return std::make_unique<KafkaTopic>(source);
}

}  // namespace aml::store
