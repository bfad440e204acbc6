// SPDX-License-Identifier: Apache-2.0
// By what a row of a source is known when it is read again. For the sources of this folder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/content_hash.hpp"

namespace aml::store {

/// A row as aml.source_rows remembers it.
struct SourceMark {
  /// Half of a SHA-256: no two rows of any source will ever share one.
  using Hash = std::array<char, 16>;

  std::int32_t bucket = 0;  ///< where it is remembered: beside those that mostly come with it
  Hash key{};  ///< of a row without a key its content: such rows have nothing in common
  Hash content{};
};

/// Where the value of a row of CSV that begins at `from` ends: at a comma or the line end that is not
/// quoted, or at the end of the row.
std::size_t value_end(std::string_view row, std::size_t from);

/// Gives marks to the rows of a source.
class SourceMarker {
 public:
  /// The first `key_columns` columns are the key.
  SourceMarker(std::string source, std::size_t key_columns);

  /// The mark of a row of CSV.
  SourceMark mark(std::string_view row);

 private:
  SourceMark::Hash hash(std::string_view bytes);
  std::int32_t bucket(std::string_view key);
  std::string_view key_of(std::string_view row) const;

  std::string source_;
  std::size_t key_columns_;
  Sha256 hash_;
  std::optional<std::string> bucket_name_;  // of the newest row with a key
  std::int32_t bucket_ = 0;
};

/// Marks as parameters: integer[], uuid[] and uuid[] as PostgreSQL writes them.
struct MarkArrays {
  std::string buckets;
  std::string keys;
  std::string contents;
};
MarkArrays arrays_of(const std::vector<SourceMark>& marks);

/// Marks as store/sql/copy/source_rows.sql takes them.
std::string copy_of(const std::vector<SourceMark>& marks, std::int64_t file_id);

}  // namespace aml::store
