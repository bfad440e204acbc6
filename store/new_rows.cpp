// SPDX-License-Identifier: Apache-2.0
#include "store/new_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pqxx/pqxx>
#include <utility>

#include "store/input_file.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

// One look-up for so many rows, and as many are read ahead: about what BronzeWriter sends together, so
// that neither waits long for the other.
constexpr std::size_t kRowsTogether = 16'384;
constexpr std::size_t kBytesTogether = std::size_t{2} << 20;

// Where aml.hide_source_rows() has hashes of hashes.
constexpr std::int32_t kHiddenBucket = 0;

/// As aml.keyed_uuid() does.
void hide(SourceMark::Hash& hash, ErasedKeys& erased) {
  const auto keyed = erased.keyed_hash({hash.data(), hash.size()});
  std::copy_n(keyed.begin(), hash.size(), hash.begin());
}

}  // namespace

NewRows::NewRows(std::string source, std::vector<std::string> columns, std::size_t key_columns,
                 Rules rules, NextRow next_row, ErasedKeys& erased, HowHidden how_hidden)
    : source_(std::move(source)),
      columns_(std::move(columns)),
      rules_(rules),
      next_row_(std::move(next_row)),
      erased_(erased),
      how_hidden_(std::move(how_hidden)),
      marker_(source_, key_columns) {}

bool NewRows::find_first(Connection& connection) {
  while (advance()) {
    if (rules_.are_taken_for_new) return true;
    const MarkArrays marks = arrays_of(chunk_.marks);
    auto session = store::begin<pqxx::nontransaction>(connection);
    const auto known = run(session, query::known_source_rows, marks.buckets, marks.keys,
                           marks.contents, rules_.known_by_key_until);
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

bool NewRows::next(Record& record) {
  while (given_ == new_.size()) {
    if (!is_pending_ && !advance()) return false;
    keep_new_rows();
  }
  const std::string_view row = new_[given_++];
  batch_hash_.update(row);
  bytes_ += row.size();
  record.line = ++line_;
  record.end = bytes_;
  split(row.substr(0, row.size() - 1), record);
  return true;
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
  if (!erased_.empty()) hide_marks();
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
    chunk.marks.push_back(marker_.mark(row));
  }
  return chunk;
}

/// Not while they are read ahead: what is known of the erased is for one thread.
void NewRows::hide_marks() {
  Record record;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < chunk_.ends.size(); begin = chunk_.ends[i++]) {
    const auto row = std::string_view(chunk_.rows).substr(begin, chunk_.ends[i] - 1 - begin);
    if (row.size() > kMaxLineBytes) continue;  // it is refused
    fill_fields(row, record);                  // also of what is too long to be a record
    const Hidden hidden = how_hidden_(record);
    if (hidden == Hidden::kNothing) continue;
    SourceMark& mark = chunk_.marks[i];
    hide(mark.content, erased_);
    if (hidden == Hidden::kContent) continue;
    hide(mark.key, erased_);
    mark.bucket = kHiddenBucket;
  }
}

std::vector<bool> NewRows::known_of_chunk() {
  std::vector<bool> is_known(chunk_.ends.size());
  if (rules_.are_taken_for_new) return is_known;
  const auto buckets = remembered_buckets();
  std::vector<SourceMark> asked;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < chunk_.marks.size(); ++i) {
    if (!buckets.contains(chunk_.marks[i].bucket)) continue;
    asked.push_back(chunk_.marks[i]);
    rows.push_back(i);
  }
  if (asked.empty()) return is_known;
  const MarkArrays marks = arrays_of(asked);
  const Rows known = transaction_->run(
      query::known_source_rows,
      {marks.buckets, marks.keys, marks.contents, to_parameter(rules_.known_by_key_until)});
  for (int i = 0; i < known.size(); ++i)
    is_known[rows[static_cast<std::size_t>(known.number(i, 0)) - 1]] = true;
  return is_known;
}

/// Those of the chunk's: rows with keys that are counted up are mostly the first of their bucket, and
/// need not be looked up one by one.
std::unordered_set<std::int32_t> NewRows::remembered_buckets() {
  std::unordered_set<std::int32_t> buckets;
  std::string array;
  for (const SourceMark& mark : chunk_.marks) {
    if (!buckets.insert(mark.bucket).second) continue;
    array += (array.empty() ? '{' : ',') + std::to_string(mark.bucket);
  }
  const Rows found = transaction_->run(query::remembered_buckets, {array + '}'});
  buckets.clear();
  for (int i = 0; i < found.size(); ++i)
    buckets.insert(static_cast<std::int32_t>(found.number(i, 0)));
  return buckets;
}

void NewRows::keep_new_rows() {
  is_pending_ = false;
  new_.clear();
  given_ = 0;
  const std::vector<bool> is_known = known_of_chunk();
  std::unordered_set<std::string_view> seen;
  std::vector<SourceMark> new_marks;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < chunk_.ends.size(); begin = chunk_.ends[i++]) {
    // Of rows that are the same to the last byte the first is the row.
    const SourceMark::Hash& content = chunk_.marks[i].content;
    if (is_known[i] || !seen.insert({content.data(), content.size()}).second) continue;
    new_.emplace_back(chunk_.rows.data() + begin, chunk_.ends[i] - begin);
    new_marks.push_back(chunk_.marks[i]);
  }
  known_ += chunk_.ends.size() - new_marks.size();
  if (!new_marks.empty()) remember(new_marks);
}

void NewRows::remember(const std::vector<SourceMark>& marks) {
  if (rules_.is_replacing && !rules_.are_taken_for_new) {
    const MarkArrays arrays = arrays_of(marks);
    transaction_->run(query::forget_replaced_source_rows,
                      {arrays.buckets, arrays.keys, to_parameter(file_id_)});
  }
  // Entry by entry the index takes many times as long as one that is built behind the last row.
  if (rules_.are_taken_for_new && remembered_ > 0 && !is_key_dropped_) {
    is_key_dropped_ =
        transaction_->run(query::may_rebuild_source_rows_key, {to_parameter(remembered_)})
            .text(0, 0) == "t";
    if (is_key_dropped_) transaction_->run(command::drop_source_rows_key);
  }
  transaction_->copy(copy::source_rows, copy_of(marks, file_id_));
  remembered_ += marks.size();
}

/// Fills all of the record but its place. The server has checked that it is UTF-8.
void NewRows::split(std::string_view row, Record& record) {
  if (row.size() > kMaxLineBytes) {
    refuse_file("source " + source_, record.line,
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
  fill_fields(row, record);
}

void NewRows::fill_fields(std::string_view row, Record& record) {
  record.fields.clear();
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

bool is_of_repeated_row(const StoreError& error) {
  return error.sqlstate() == kUniqueViolation &&
         (error.statement() == copy::source_rows.file ||
          error.statement() == command::create_source_rows_key.file);
}

}  // namespace aml::store
