// SPDX-License-Identifier: Apache-2.0
#include "tests/support/kafka_broker.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace aml::test {
namespace {

constexpr int kFetchRequest = 1;  // in the protocol
constexpr int kFlushMs = 20'000;

void check(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
}

rd_kafka_t* new_producer(const std::string& brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 256> why{};
  if (!brokers.empty())
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why.data(), why.size());
  rd_kafka_conf_set(conf, "message.max.bytes", "20000000", why.data(), why.size());
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  if (producer == nullptr) throw std::runtime_error(why.data());
  return producer;
}

struct FreeClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct FreeCluster {
  void operator()(rd_kafka_mock_cluster_t* cluster) const {
    rd_kafka_mock_cluster_destroy(cluster);
  }
};

}  // namespace

struct KafkaBroker::State {
  std::unique_ptr<rd_kafka_t, FreeClient> host{new_producer("")};
  std::unique_ptr<rd_kafka_mock_cluster_t, FreeCluster> cluster{
      rd_kafka_mock_cluster_new(host.get(), 1)};
  std::unique_ptr<rd_kafka_t, FreeClient> producer{
      new_producer(rd_kafka_mock_cluster_bootstraps(cluster.get()))};
};

KafkaBroker::KafkaBroker() : state_(new State) {}
KafkaBroker::~KafkaBroker() = default;

std::string KafkaBroker::address() const {
  return rd_kafka_mock_cluster_bootstraps(state_->cluster.get());
}

void KafkaBroker::create_topic(const std::string& topic, int partitions) {
  check(rd_kafka_mock_topic_create(state_->cluster.get(), topic.c_str(), partitions, 1));
}

void KafkaBroker::delete_topic(const std::string& topic) {
  rd_kafka_mock_topic_set_error(state_->cluster.get(), topic.c_str(),
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

void KafkaBroker::produce(const std::string& topic, std::int32_t partition,
                          const std::optional<std::string>& payload, const std::string& key) {
  void* const value = payload ? const_cast<char*>(payload->data()) : nullptr;
  const std::size_t size = payload ? payload->size() : 0;
  for (;;) {
    const auto error = rd_kafka_producev(
        state_->producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, size),
        RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return check(error);
    flush();
  }
}

void KafkaBroker::flush() {
  check(rd_kafka_flush(state_->producer.get(), kFlushMs));
}

void KafkaBroker::set_up(bool up) {
  constexpr int kOnlyBroker = 1;
  check(up ? rd_kafka_mock_broker_set_up(state_->cluster.get(), kOnlyBroker)
           : rd_kafka_mock_broker_set_down(state_->cluster.get(), kOnlyBroker));
}

void KafkaBroker::refuse_fetches(int requests) {
  const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(requests),
                                                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  rd_kafka_mock_push_request_errors_array(state_->cluster.get(), kFetchRequest, errors.size(),
                                          errors.data());
}

}  // namespace aml::test
