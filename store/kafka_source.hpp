// SPDX-License-Identifier: Apache-2.0
// What a Kafka topic as a source is: where it lies and how it is reached.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "store/input_format.hpp"
#include "store/topic_log.hpp"

namespace aml::store {

/// Where a secret is found when it is needed. It is never kept, printed or logged.
struct SecretPlace {
  enum class Kind { kEnvironment, kFile };
  Kind kind = Kind::kEnvironment;
  std::string name;  ///< of the variable, or path of the file, whose last line end does not count
};

struct KafkaSource {
  std::string name;  ///< what was read is remembered under it
  Dataset dataset = Dataset::kTransfers;
  std::string brokers;  ///< host:port, separated by commas
  std::string topic;
  std::map<std::string, std::string> properties = {};  ///< of librdkafka, see kafka_properties()
  std::map<std::string, SecretPlace> secrets = {};     ///< properties that hold one
};

/// A property of librdkafka that a source may set. Those that decide what is read from where are
/// amlgraph's own, and those that load a library or run a command are nobody's.
struct KafkaProperty {
  std::string_view name;
  bool is_secret;
};
std::span<const KafkaProperty> kafka_properties();

/// Opens the topic through librdkafka, without a consumer group: nothing is committed to the broker.
/// Transactions that were aborted are not given. Connects when it is first used.
/// Throws: std::invalid_argument if a property or its value is not known, or a secret is not at its
///         place.
std::unique_ptr<TopicLog> open_kafka_topic(const KafkaSource& source);

}  // namespace aml::store
