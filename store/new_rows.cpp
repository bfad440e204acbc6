// SPDX-License-Identifier: Apache-2.0
#include "store/new_rows.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "store/statement.hpp"

namespace aml::store {
namespace {

// One look-up for so many rows: fewer pay more for the statement, more gain nothing.
constexpr std::size_t kRowsTogether = 5000;
constexpr std::size_t kBytesTogether = std::size_t{4} << 20;

/// Half of a SHA-256, as a uuid: no two rows of any source will ever share one.
std::string fingerprint(std::string_view source, std::string_view bytes) {
  constexpr std::size_t kDigits = 32;
  Sha256 hash;
  hash.update(source);
  hash.update("\n");
  hash.update(bytes);
  return hash.finish_hex().substr(0, kDigits);
}

/// Where the value that begins at `from` ends: at a comma or the line end that is not quoted.
std::size_t value_end(std::string_view row, std::size_t from) {
  bool is_quoted = false;
  std::size_t at = from;
  for (; at < row.size(); ++at) {
    if (row[at] == '"') is_quoted = !is_quoted;
    if (!is_quoted && (row[at] == ',' || row[at] == '\n')) break;
  }
  return at;
}

}  // namespace

NewRows::NewRows(LoadTransaction& transaction, Batch batch, NextRow next_row)
    : transaction_(transaction), batch_(std::move(batch)), next_row_(std::move(next_row)) {
  hash_.update(std::to_string(batch_.file_id) + '\n');
}

std::size_t NewRows::read(char* buffer, std::size_t size) {
  while (given_ == text_.size()) {
    if (!fetch()) return 0;
  }
  const std::size_t count = text_.copy(buffer, size, given_);
  hash_.update({buffer, count});
  given_ += count;
  bytes_ += count;
  return count;
}

/// Fetches the next rows, of which perhaps none is new; false if there are none left.
bool NewRows::fetch() {
  text_.clear();
  given_ = 0;
  if (!header_seen_) {
    header_seen_ = true;
    return next_row_(text_);
  }
  collect();
  if (ends_.empty()) return false;
  keep_new_rows();
  return true;
}

void NewRows::collect() {
  collected_.clear();
  ends_.clear();
  keys_.clear();
  contents_.clear();
  std::string row;
  while (ends_.size() < kRowsTogether && collected_.size() < kBytesTogether && next_row_(row)) {
    collected_ += row;
    ends_.push_back(collected_.size());
    contents_.push_back(fingerprint(batch_.source, row));
    const std::string key = key_of(row);
    // Rows without a key have nothing in common.
    keys_.push_back(key.empty() ? contents_.back() : fingerprint(batch_.source, key));
  }
}

/// The values of the key as they stand in the row; empty if one of them is.
std::string NewRows::key_of(std::string_view row) const {
  std::size_t end = 0;
  for (std::size_t column = 0; column < batch_.key_columns; ++column) {
    const std::size_t begin = column == 0 ? 0 : end + 1;
    end = value_end(row, begin);
    const auto value = row.substr(begin, end - begin);
    if (value.empty() || value == "\"\"") return {};
  }
  return std::string(row.substr(0, end));
}

void NewRows::keep_new_rows() {
  const Rows found =
      transaction_.run(query::find_new_source_rows,
                       {to_parameter(batch_.file_id), text_array(keys_), text_array(contents_),
                        to_parameter(batch_.is_replacing), to_parameter(batch_.is_known_by_key)});
  std::unordered_set<std::string> unseen;
  for (int i = 0; i < found.size(); ++i) {
    std::string content(found.text(i, 0));
    std::erase(content, '-');
    unseen.insert(std::move(content));
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    // Of rows that are the same to the last byte the first is the row.
    if (unseen.erase(contents_[i]) > 0) {
      text_.append(collected_, begin, ends_[i] - begin);
    } else {
      ++known_;
    }
    begin = ends_[i];
  }
}

}  // namespace aml::store
