// SPDX-License-Identifier: Apache-2.0
#include "store/source_mark.hpp"

#include <algorithm>
#include <utility>

#include "store/hex.hpp"

namespace aml::store {
namespace {

// Ids that are counted up share all but their last digits with a thousand others.
constexpr std::size_t kDifferInBucket = 3;

std::int32_t first_bytes(const SourceMark::Hash& hash) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    number = number << 8 | static_cast<unsigned char>(hash[i]);
  return static_cast<std::int32_t>(number);
}

/// With the highest byte first.
template <typename Number>
void append_number(std::string& out, Number number) {
  for (int shift = 8 * (int{sizeof(Number)} - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

template <typename Number>
void append_number_field(std::string& out, Number number) {
  append_number(out, std::int32_t{sizeof(Number)});
  append_number(out, number);
}

void append_hash_field(std::string& out, const SourceMark::Hash& hash) {
  append_number(out, static_cast<std::int32_t>(hash.size()));
  out.append(hash.data(), hash.size());
}

}  // namespace

std::size_t value_end(std::string_view row, std::size_t from) {
  bool is_quoted = false;
  std::size_t at = from;
  for (; at < row.size(); ++at) {
    if (row[at] == '"') is_quoted = !is_quoted;
    if (!is_quoted && (row[at] == ',' || row[at] == '\n')) break;
  }
  return at;
}

SourceMarker::SourceMarker(std::string source, std::size_t key_columns)
    : source_(std::move(source) + '\n'), key_columns_(key_columns) {}

SourceMark SourceMarker::mark(std::string_view row) {
  const SourceMark::Hash content = hash(row);
  const std::string_view key = key_of(row);
  if (key.empty()) return {first_bytes(content), content, content};
  return {bucket(key), hash(key), content};
}

std::int32_t SourceMarker::bucket(std::string_view key) {
  key.remove_suffix(std::min(key.size(), kDifferInBucket));
  if (key != bucket_name_) {
    bucket_name_ = key;
    bucket_ = first_bytes(hash(key));
  }
  return bucket_;
}

SourceMark::Hash SourceMarker::hash(std::string_view bytes) {
  hash_.restart();
  hash_.update(source_);
  hash_.update(bytes);
  const auto whole = hash_.finish();
  SourceMark::Hash half;
  std::copy_n(whole.begin(), half.size(), half.begin());
  return half;
}

/// The values of the key as they stand in the row; empty if one of them is.
std::string_view SourceMarker::key_of(std::string_view row) const {
  std::size_t end = 0;
  for (std::size_t column = 0; column < key_columns_; ++column) {
    const std::size_t begin = column == 0 ? 0 : end + 1;
    end = value_end(row, begin);
    const auto value = row.substr(begin, end - begin);
    if (value.empty() || value == "\"\"") return {};
  }
  return row.substr(0, end);
}

MarkArrays arrays_of(const std::vector<SourceMark>& marks) {
  MarkArrays arrays{"{", "{", "{"};
  for (const SourceMark& mark : marks) {
    const char* separator = &mark == marks.data() ? "" : ",";
    arrays.buckets.append(separator).append(std::to_string(mark.bucket));
    append_hex(arrays.keys.append(separator), {mark.key.data(), mark.key.size()});
    append_hex(arrays.contents.append(separator), {mark.content.data(), mark.content.size()});
  }
  for (std::string* array : {&arrays.buckets, &arrays.keys, &arrays.contents}) *array += '}';
  return arrays;
}

// In the binary format: the server takes several times as long to read a uuid that is written in
// digits.
std::string copy_of(const std::vector<SourceMark>& marks, std::int64_t file_id) {
  constexpr std::string_view kBegin{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
  constexpr std::int16_t kFields = 4;
  constexpr std::int16_t kEnd = -1;
  std::string rows(kBegin);
  for (const SourceMark& mark : marks) {
    append_number(rows, kFields);
    append_number_field(rows, mark.bucket);
    append_hash_field(rows, mark.key);
    append_hash_field(rows, mark.content);
    append_number_field(rows, file_id);
  }
  append_number(rows, kEnd);
  return rows;
}

}  // namespace aml::store
