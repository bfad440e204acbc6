// SPDX-License-Identifier: Apache-2.0
#include "store/new_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "store/input_file.hpp"
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

bool NewRows::next(Record& record) {
  while (given_ == new_.size()) {
    if (!collect()) return false;
    keep_new_rows();
  }
  const std::string_view row = new_[given_++];
  hash_.update(row);
  bytes_ += row.size();
  record.line = ++line_;
  record.end = bytes_;
  split(row.substr(0, row.size() - 1), record);
  return true;
}

/// Fetches the next rows; false if there are none left.
bool NewRows::collect() {
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
  return !ends_.empty();
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
  new_.clear();
  given_ = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    const std::string_view row(collected_.data() + begin, ends_[i] - begin);
    // Of rows that are the same to the last byte the first is the row.
    if (unseen.erase(contents_[i]) > 0) {
      new_.push_back(row);
    } else {
      ++known_;
    }
    begin = ends_[i];
  }
}

/// Fills all of the record but its place. The server has checked that it is UTF-8.
void NewRows::split(std::string_view row, Record& record) {
  if (row.size() > kMaxLineBytes) {
    refuse_file("source " + batch_.source, record.line,
                fmt::format("a row longer than {} MiB cannot be kept\n  leave its long column out, "
                            "or cut it in a query",
                            kMaxLineBytes >> 20));
  }
  record.fields.clear();
  record.json.clear();
  record.raw = {};
  record.defect = LineDefect::kNone;
  if (row.size() > kMaxRecordBytes) {
    record.defect = LineDefect::kLineTooLong;
    record.raw = row;
    return;
  }
  unescaped_.clear();
  unescaped_.reserve(row.size());
  for (std::size_t begin = 0, end = 0; begin <= row.size(); begin = end + 1) {
    end = value_end(row, begin);
    record.fields.push_back(plain(row.substr(begin, end - begin)));
  }
}

/// A value without its quotes.
std::string_view NewRows::plain(std::string_view value) {
  if (!value.starts_with('"')) return value;
  value = value.substr(1, value.size() - 2);
  if (value.find('"') == std::string_view::npos) return value;
  const std::size_t start = unescaped_.size();
  for (std::size_t i = 0; i < value.size(); ++i) {
    unescaped_ += value[i];
    if (value[i] == '"') ++i;  // the quote's double
  }
  return std::string_view(unescaped_).substr(start);
}

}  // namespace aml::store
