// SPDX-License-Identifier: Apache-2.0
// A topic as whoever reads it sees it: partitions, each a numbered sequence of messages with gaps.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace aml::store {

struct TopicMessage {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  bool is_end =
      false;  ///< no message: all that lie before the offset were given, and there are none
              ///< behind them yet
  std::optional<std::string> payload;  ///< absent: a tombstone
  std::string key;                     ///< empty if there is none

  std::size_t bytes() const { return key.size() + (payload ? payload->size() : 0); }

  /// Where reading goes on behind it.
  std::int64_t next_offset() const { return is_end ? offset : offset + 1; }
};

/// The offsets of a partition whose messages can still be read: [begin, end).
struct OffsetRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The topic cannot be read: nobody answers, it is not there, or one may not. Trying again may help.
class TopicError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thread safety: one thread at a time.
class TopicLog {
 public:
  virtual ~TopicLog() = default;

  /// The numbers of all partitions as of now. Throws: TopicError if nobody answers.
  virtual std::vector<std::int32_t> partitions() = 0;

  /// As of now. Throws: TopicError if nobody answers.
  virtual OffsetRange range(std::int32_t partition) = 0;

  /// Messages of the partition from this offset on will come. Requires: not called for it before.
  virtual void start(std::int32_t partition, std::int64_t offset) = 0;

  /// What has come next, those of a partition in order; waits for it as long as `patience`.
  /// Throws: TopicError if a partition cannot be read.
  virtual std::optional<TopicMessage> next(std::chrono::milliseconds patience) = 0;

  /// The end of a started partition as far as it is known without asking.
  virtual std::optional<std::int64_t> known_end(std::int32_t partition) = 0;
};

}  // namespace aml::store
