// SPDX-License-Identifier: Apache-2.0
#include "store/csv_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "store/input_file.hpp"
#include "store/utf8.hpp"

namespace aml::store {
namespace {

bool contains(std::string_view text, char wanted) {
  return std::memchr(text.data(), wanted, text.size()) != nullptr;
}

/// The delimiter that a header line has most of outside quotes; a comma if it has none.
char most_frequent_delimiter(std::string_view line) {
  constexpr std::array<char, 3> kDelimiters{',', ';', '\t'};
  std::array<std::size_t, 3> counts{};
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') is_quoted = !is_quoted;
    const auto* found = std::find(kDelimiters.begin(), kDelimiters.end(), c);
    if (!is_quoted && found != kDelimiters.end()) {
      ++counts[static_cast<std::size_t>(found - kDelimiters.begin())];
    }
  }
  return kDelimiters[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) -
                                              counts.begin())];
}

}  // namespace

CsvReader::CsvReader(LineBuffer::Source source, std::string path)
    : CsvReader(LineBuffer(std::move(source), std::move(path))) {}

CsvReader::CsvReader(LineBuffer lines) : lines_(std::move(lines)) {
  read_header();
}

bool CsvReader::next(Record& record) {
  record.fields.clear();
  record.json.clear();
  record.raw = {};
  record.defect = LineDefect::kNone;
  if (header_.empty() || !begin_line()) return false;
  record.line = line_;
  read_record(record);
  record.end = lines_.position() + content_end();
  return true;
}

void CsvReader::read_header() {
  if (!begin_line()) return;
  header_line_ = line_;
  if (first_line_end_ > kMaxRecordBytes)
    refuse_file(lines_.path(), line_, "the header line is longer than 1 MiB");
  const std::string_view content = lines_.text(0, content_end());
  if (contains(content, '\0'))
    refuse_file(lines_.path(), line_, "the header line holds a NUL byte; is this a text file?");
  if (!is_valid_utf8(content))
    refuse_file(lines_.path(), line_, "the header line is not UTF-8 text");
  if (contains(content, '\r')) {
    refuse_file(lines_.path(), line_,
                "a line ends with a carriage return alone; lines end with LF or CRLF\n"
                "  convert it:  tr '\\r' '\\n' < old.csv > new.csv");
  }
  delimiter_ = most_frequent_delimiter(content);
  if (!split_quoted() || record_lines_ != 1) {
    refuse_file(lines_.path(), line_,
                "the header line has a name of several lines, or text beside a quote");
  }
  Record record;
  point_to_fields(record);
  header_.assign(record.fields.begin(), record.fields.end());
}

/// Goes to the next physical line that is not blank.
bool CsvReader::begin_line() {
  for (;;) {
    if (record_lines_ > 0) lines_.skip(record_end_ + (record_end_ < lines_.available() ? 1 : 0));
    line_ += std::exchange(record_lines_, 0);
    if (lines_.available() == 0 && !lines_.fill()) return false;
    first_line_end_ = lines_.find_line_end(0, kMaxLineBytes);
    if (first_line_end_ == LineBuffer::kNotFound) {
      refuse_file(lines_.path(), line_,
                  fmt::format("a line longer than {} MiB cannot be kept", kMaxLineBytes >> 20));
    }
    record_end_ = first_line_end_;
    record_lines_ = 1;
    const std::string_view line = lines_.text(0, first_line_end_);
    const auto is_nothing = [&](char c) { return c == '\r' || is_blank(c); };
    if (!std::all_of(line.begin(), line.end(), is_nothing)) return true;
  }
}

void CsvReader::read_record(Record& record) {
  bool is_well_quoted = true;
  if (contains(lines_.text(0, first_line_end_), '"')) {
    is_well_quoted = split_quoted();
  } else {
    split_unquoted(lines_.text(0, content_end()));
  }
  if (record_end_ > kMaxRecordBytes) return give_up(record, LineDefect::kLineTooLong);
  // Damaged bytes come first: they explain the other defects.
  const std::string_view content = lines_.text(0, content_end());
  if (contains(content, '\0')) return give_up(record, LineDefect::kNulByte);
  if (!is_valid_utf8(content)) return give_up(record, LineDefect::kInvalidUtf8);
  if (!is_well_quoted) return give_up(record, LineDefect::kBadQuoting);
  if (fields_.size() != header_.size()) return give_up(record, LineDefect::kWrongColumnCount);
  point_to_fields(record);
}

void CsvReader::give_up(Record& record, LineDefect defect) {
  record.defect = defect;
  record.raw = lines_.text(0, content_end());
}

void CsvReader::split_unquoted(std::string_view line) {
  fields_.clear();
  std::size_t start = 0;
  for (;;) {
    const void* hit = std::memchr(line.data() + start, delimiter_, line.size() - start);
    if (hit == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(hit) - line.data());
    fields_.push_back({start, end - start, false});
    start = end + 1;
  }
  fields_.push_back({start, line.size() - start, false});
}

/// Whether all quotes are where RFC 4180 has them. Quotes in an unquoted value are taken for part of
/// it.
bool CsvReader::split_quoted() {
  fields_.clear();
  unescaped_.clear();
  bool is_well_quoted = true;
  for (std::size_t position = 0;; ++position) {
    const std::size_t start = position;
    position = skip_blanks(position);
    if (position < content_end() && lines_.at(position) == '"') {
      is_well_quoted &= split_quoted_value(position);
    } else {
      for (; !ends_value(position); ++position) is_well_quoted &= lines_.at(position) != '"';
      fields_.push_back({start, position - start, false});
    }
    if (position >= content_end()) return is_well_quoted;
  }
}

/// Moves `position` from the opening quote to the end of the value; false if text follows the
/// closing quote.
bool CsvReader::split_quoted_value(std::size_t& position) {
  const std::uint64_t opened_in = line_ + record_lines_ - 1;
  const std::size_t start = ++position;
  bool has_escapes = false;
  for (;;) {
    position = find_quote(position);
    if (position >= record_end_) {
      extend_record(opened_in);
    } else if (position + 1 < record_end_ && lines_.at(position + 1) == '"') {
      has_escapes = true;
      ++position;
    } else {
      break;
    }
    ++position;
  }
  keep_quoted_field(start, position - start, has_escapes);
  position = skip_blanks(position + 1);
  if (ends_value(position)) return true;
  // Perhaps a quote of the text that was not doubled: the value may go on to one that could end it.
  while (!ends_value(position)) {
    position = find_quote(position);
    if (position == record_end_) {
      refuse_value(opened_in,
                   "has text behind a quote that would end it, and no other end on that line");
    }
    position = skip_blanks(position + 1);
  }
  return false;
}

/// The next quote in the lines of the record; where they end if there is none.
std::size_t CsvReader::find_quote(std::size_t from) const {
  return from + std::min(lines_.text(from, record_end_ - from).find('"'), record_end_ - from);
}

bool CsvReader::is_blank(char c) const {
  return c == ' ' || (c == '\t' && delimiter_ != '\t');
}

std::size_t CsvReader::skip_blanks(std::size_t position) const {
  while (position < content_end() && is_blank(lines_.at(position))) ++position;
  return position;
}

bool CsvReader::ends_value(std::size_t position) const {
  return position >= content_end() || lines_.at(position) == delimiter_;
}

/// Adds the next physical line to the record, whose last value began in line `opened_in`.
void CsvReader::extend_record(std::uint64_t opened_in) {
  constexpr std::string_view kCutOff = "does not end: is the file cut off?";
  if (record_end_ == lines_.available()) refuse_value(opened_in, kCutOff);
  const std::size_t next_line = record_end_ + 1;
  const std::size_t line_end = record_lines_ == kMaxRecordLines
                                   ? LineBuffer::kNotFound
                                   : lines_.find_line_end(next_line, kMaxRecordBytes);
  if (line_end == LineBuffer::kNotFound) {
    refuse_value(opened_in, fmt::format("does not end within {} lines and {} MiB", kMaxRecordLines,
                                        kMaxRecordBytes >> 20));
  }
  if (next_line == lines_.available()) refuse_value(opened_in, kCutOff);
  record_end_ = line_end;
  ++record_lines_;
}

void CsvReader::refuse_value(std::uint64_t opened_in, std::string_view why) const {
  refuse_file(lines_.path(), opened_in,
              fmt::format("a quoted value begins here that {}\n  what follows could be text or "
                          "rows; close the value, write a quote inside a value twice (\"\"), or "
                          "deliver the file as JSON lines",
                          why));
}

void CsvReader::keep_quoted_field(std::size_t offset, std::size_t length, bool has_escapes) {
  if (!has_escapes) {
    fields_.push_back({offset, length, false});
    return;
  }
  const std::size_t start = unescaped_.size();
  const std::string_view quoted = lines_.text(offset, length);
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    unescaped_ += quoted[i];
    if (quoted[i] == '"') ++i;  // the quote's double
  }
  fields_.push_back({start, unescaped_.size() - start, true});
}

/// Where the record's text ends, the carriage return of a CRLF not counted.
std::size_t CsvReader::content_end() const {
  const bool ends_with_return = record_end_ > 0 && lines_.at(record_end_ - 1) == '\r';
  return record_end_ - (ends_with_return ? 1 : 0);
}

void CsvReader::point_to_fields(Record& record) const {
  record.fields.reserve(fields_.size());
  for (const Field& field : fields_) {
    record.fields.push_back(field.is_unescaped
                                ? std::string_view(unescaped_).substr(field.offset, field.length)
                                : lines_.text(field.offset, field.length));
  }
}

}  // namespace aml::store
