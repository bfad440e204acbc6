// SPDX-License-Identifier: Apache-2.0
// A Kafka broker inside the test program: librdkafka's mock cluster, which other processes reach too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace aml::test {

/// Keeps at most 5 MiB of each partition, as if its retention had deleted what is older. It makes no
/// difference between aborted transactions and others.
class KafkaBroker {
 public:
  KafkaBroker();
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  /// host:port
  std::string address() const;

  void create_topic(const std::string& topic, int partitions);
  void delete_topic(const std::string& topic);

  /// Appends a message, a tombstone if there is no payload; it is there after flush().
  void produce(const std::string& topic, std::int32_t partition,
               const std::optional<std::string>& payload, const std::string& key = {});
  void flush();

  /// Nobody reaches it until it is up again.
  void set_up(bool up);

  /// Refuses the next requests for messages as a broker that has just lost its partitions.
  void refuse_fetches(int requests);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aml::test
