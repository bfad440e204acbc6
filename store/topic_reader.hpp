// SPDX-License-Identifier: Apache-2.0
// A topic into bronze, and from there into silver or quarantine, batch by batch: each message exactly
// once, whatever happens in between.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "store/connection.hpp"
#include "store/ingest.hpp"
#include "store/kafka_source.hpp"

namespace aml::store {

struct TopicOptions {
  std::size_t batch_messages =
      50'000;  ///< at most; a batch and its rows are one database transaction
  std::size_t batch_bytes = std::size_t{32} << 20;  ///< of payloads, or of one larger message
  std::chrono::milliseconds look_for_partitions{
      10'000};               ///< how often; that also shows whether the
                             ///< brokers are still there
  bool accept_gaps = false;  ///< go on behind messages that the topic's retention deleted unread
};

/// Reads a topic from where the database says it was read to. Each batch is a file of the ledger and
/// a version of the data; where the next one begins is written in the same database transaction,
/// and only if nobody else has moved it since. So a batch is there whole, once, or not at all.
///
/// Each message is a row: a JSON object with the columns of docs/loading.md. What is none goes to
/// quarantine. bronze and quarantine name it by its line, which is partition * 10^13 + offset.
///
/// Memory: that of a batch and what librdkafka fetches ahead, at most 32 MiB.
class TopicReader {
 public:
  using OpenLog = std::function<std::unique_ptr<TopicLog>()>;

  /// `open` is called at the first batch, and again after an error.
  TopicReader(KafkaSource source, IngestOptions ingest, TopicOptions options, OpenLog open);
  ~TopicReader();
  TopicReader(TopicReader&&) noexcept;
  TopicReader& operator=(TopicReader&&) noexcept;

  const KafkaSource& source() const;

  /// Loads what has come, at most one batch; waits for the first message as long as `patience`.
  /// Returns: kLoaded; kRefused if the batch, or what should be read next, cannot be loaded;
  ///          kUnreachable if the topic cannot be read; none if nothing came, or if another reader of
  ///          the source was faster. Unless it is kLoaded, nothing has changed, and the next call
  ///          begins where the database says.
  /// Throws:  StoreError kLocked if another load or run is at work; kUnreachable and kStatement for
  ///          what the own server says; std::invalid_argument if the source cannot be opened so.
  std::optional<FileOutcome> load_batch(Connection& connection, std::chrono::milliseconds patience);

  /// Whether all is loaded that was there when reading began.
  bool has_caught_up() const;

  /// Whether the newest batch was as large as a batch may be: more lies there already.
  bool is_behind() const;

  /// Writes how many messages lie unread in each partition, for open_metrics().
  void record_lags(Connection& connection);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aml::store
