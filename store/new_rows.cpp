// SPDX-License-Identifier: Apache-2.0
#include "store/new_rows.hpp"

#include <pqxx/pqxx>
#include <unordered_set>
#include <utility>

#include "store/statement.hpp"

namespace aml::store {
namespace {

// One look-up for so many rows, and as many are read ahead: about what BronzeWriter sends together, so
// that neither waits long for the other.
constexpr std::size_t kRowsTogether = 16'384;
constexpr std::size_t kBytesTogether = std::size_t{2} << 20;

constexpr std::size_t kDigits = 32;

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

void NewRows::Hashes::add(std::string_view digits) {
  if (!digits_.empty()) digits_ += ',';
  digits_ += digits;
}

std::string_view NewRows::Hashes::operator[](std::size_t i) const {
  return std::string_view(digits_).substr(i * (kDigits + 1), kDigits);
}

std::string NewRows::Hashes::as_array() const {
  return '{' + digits_ + '}';
}

NewRows::NewRows(std::string source, Rules rules, NextRow next_row)
    : source_(std::move(source) + '\n'), rules_(rules), next_row_(std::move(next_row)) {}

bool NewRows::find_first(Connection& connection) {
  std::string_view header;
  if (!next_row_(header)) return false;
  text_ = header;
  while (advance()) {
    if (rules_.are_taken_for_new) return true;
    auto session = store::begin<pqxx::nontransaction>(connection);
    const auto known = run(session, query::known_source_rows, chunk_.keys.as_array(),
                           chunk_.contents.as_array(), rules_.is_known_by_key, std::nullopt);
    if (known.size() < chunk_.ends.size()) return true;
    known_ += chunk_.ends.size();
  }
  return false;
}

void NewRows::begin(LoadTransaction& transaction, std::int64_t file_id) {
  transaction_ = &transaction;
  file_id_ = file_id;
  batch_hash_.update(std::to_string(file_id) + '\n');
}

std::size_t NewRows::read(char* buffer, std::size_t size) {
  while (given_ == text_.size()) {
    text_.clear();
    given_ = 0;
    if (!is_pending_ && !advance()) return 0;
    keep_new_rows();
  }
  const std::size_t count = text_.copy(buffer, size, given_);
  batch_hash_.update({buffer, count});
  given_ += count;
  bytes_ += count;
  return count;
}

std::string NewRows::finish() {
  if (is_key_dropped_) transaction_->run(command::create_source_rows_key);
  return batch_hash_.finish_hex();
}

/// Goes on to the next rows, and begins to read those behind them; false if there are none left.
bool NewRows::advance() {
  if (has_ended_) return false;
  chunk_ = ahead_.valid() ? ahead_.get() : collect();
  has_ended_ = chunk_.is_last;
  is_pending_ = !chunk_.ends.empty();
  if (!has_ended_) ahead_ = std::async(std::launch::async, [this] { return collect(); });
  return is_pending_;
}

NewRows::Chunk NewRows::collect() {
  Chunk chunk;
  std::string_view row;
  while (chunk.ends.size() < kRowsTogether && chunk.rows.size() < kBytesTogether) {
    chunk.is_last = !next_row_(row);
    if (chunk.is_last) break;
    chunk.rows += row;
    chunk.ends.push_back(chunk.rows.size());
    const std::string content = fingerprint(row);
    const std::string key = key_of(row);
    chunk.contents.add(content);
    // Rows without a key have nothing in common.
    chunk.keys.add(key.empty() ? content : fingerprint(key));
  }
  return chunk;
}

std::string NewRows::fingerprint(std::string_view bytes) {
  row_hash_.restart();
  row_hash_.update(source_);
  row_hash_.update(bytes);
  return row_hash_.finish_hex().substr(0, kDigits);
}

/// The values of the key as they stand in the row; empty if one of them is.
std::string NewRows::key_of(std::string_view row) const {
  std::size_t end = 0;
  for (std::size_t column = 0; column < rules_.key_columns; ++column) {
    const std::size_t begin = column == 0 ? 0 : end + 1;
    end = value_end(row, begin);
    const auto value = row.substr(begin, end - begin);
    if (value.empty() || value == "\"\"") return {};
  }
  return std::string(row.substr(0, end));
}

void NewRows::keep_new_rows() {
  is_pending_ = false;
  std::vector<bool> is_known(chunk_.ends.size());
  if (!rules_.are_taken_for_new) {
    const Rows known = transaction_->run(
        query::known_source_rows, {chunk_.keys.as_array(), chunk_.contents.as_array(),
                                   to_parameter(rules_.is_known_by_key), to_parameter(file_id_)});
    for (int i = 0; i < known.size(); ++i)
      is_known[static_cast<std::size_t>(known.number(i, 0)) - 1] = true;
  }
  const std::string line_end = '\t' + std::to_string(file_id_) + '\n';
  std::unordered_set<std::string_view> seen;
  Hashes new_keys;
  std::string lines;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < chunk_.ends.size(); begin = chunk_.ends[i++]) {
    // Of rows that are the same to the last byte the first is the row.
    if (is_known[i] || !seen.insert(chunk_.contents[i]).second) continue;
    text_.append(chunk_.rows, begin, chunk_.ends[i] - begin);
    lines.append(chunk_.keys[i]).append("\t").append(chunk_.contents[i]).append(line_end);
    if (rules_.is_replacing) new_keys.add(chunk_.keys[i]);
  }
  known_ += chunk_.ends.size() - seen.size();
  if (lines.empty()) return;
  if (rules_.is_replacing && !rules_.are_taken_for_new)
    transaction_->run(query::forget_replaced_source_rows,
                      {new_keys.as_array(), to_parameter(file_id_)});
  remember(lines, seen.size());
}

void NewRows::remember(const std::string& lines, std::uint64_t count) {
  // Entry by entry the index takes several times as long as one that is built behind the last row.
  if (rules_.are_taken_for_new && remembered_ > 0 && !is_key_dropped_) {
    is_key_dropped_ =
        transaction_->run(query::may_rebuild_source_rows_key, {to_parameter(remembered_)})
            .text(0, 0) == "t";
    if (is_key_dropped_) transaction_->run(command::drop_source_rows_key);
  }
  transaction_->copy(copy::source_rows, lines);
  remembered_ += count;
}

bool is_of_repeated_row(const StoreError& error) {
  return error.sqlstate() == "23505" && (error.statement() == copy::source_rows.file ||
                                         error.statement() == command::create_source_rows_key.file);
}

}  // namespace aml::store
