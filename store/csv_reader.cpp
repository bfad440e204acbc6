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
  delimiter_ = most_frequent_delimiter(lines_.text(0, content_end()));
  const Shape shape = split_quoted();
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
  if (shape != Shape::kWhole || record_lines_ != 1) {
    refuse_file(lines_.path(), line_,
                "the header line has a quote that does not end, or text beside a quote");
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
    const bool is_blank = std::all_of(line.begin(), line.end(), [&](char c) {
      return c == ' ' || c == '\r' || (c == '\t' && delimiter_ != '\t');
    });
    if (!is_blank) return true;
  }
}

void CsvReader::read_record(Record& record) {
  if (first_line_end_ > kMaxRecordBytes) return give_up(record, LineDefect::kLineTooLong);
  Shape shape = Shape::kWhole;
  if (contains(lines_.text(0, first_line_end_), '"')) {
    shape = split_quoted();
  } else {
    split_unquoted(lines_.text(0, content_end()));
  }
  const bool is_misfit = shape != Shape::kWhole || fields_.size() != header_.size();
  if (record_lines_ > 1 && is_misfit) shape = Shape::kRunaway;
  if (shape == Shape::kRunaway) {
    record_end_ = first_line_end_;
    record_lines_ = 1;
  }
  // Damaged bytes come first: they explain the other defects.
  const std::string_view content = lines_.text(0, content_end());
  if (contains(content, '\0')) return give_up(record, LineDefect::kNulByte);
  if (!is_valid_utf8(content)) return give_up(record, LineDefect::kInvalidUtf8);
  if (shape == Shape::kRunaway) return give_up(record, LineDefect::kUnterminatedQuote);
  if (shape == Shape::kBadQuoting) return give_up(record, LineDefect::kBadQuoting);
  if (is_misfit) return give_up(record, LineDefect::kWrongColumnCount);
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

CsvReader::Shape CsvReader::split_quoted() {
  fields_.clear();
  unescaped_.clear();
  std::size_t position = 0;
  for (;;) {
    const std::size_t start = position;
    if (position < content_end() && lines_.at(position) == '"') {
      bool has_escapes = false;
      ++position;
      if (!find_closing_quote(position, has_escapes)) return Shape::kRunaway;
      keep_quoted_field(start + 1, position - start - 1, has_escapes);
      ++position;
      if (position < content_end() && lines_.at(position) != delimiter_) return Shape::kBadQuoting;
    } else {
      while (position < content_end() && lines_.at(position) != delimiter_) {
        if (lines_.at(position) == '"') return Shape::kBadQuoting;
        ++position;
      }
      fields_.push_back({start, position - start, false});
    }
    if (position >= content_end()) return Shape::kWhole;
    ++position;
  }
}

bool CsvReader::find_closing_quote(std::size_t& position, bool& has_escapes) {
  for (;;) {
    const std::string_view rest = lines_.text(position, record_end_ - position);
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) {
      position = record_end_ + 1;
      if (!extend_record()) return false;
    } else if (quote + 1 < rest.size() && rest[quote + 1] == '"') {
      has_escapes = true;
      position += quote + 2;
    } else {
      position += quote;
      return true;
    }
  }
}

/// Adds the next physical line to the record; false if there is none or the record would be too
/// long.
bool CsvReader::extend_record() {
  const std::size_t next_line = record_end_ + 1;
  if (record_end_ == lines_.available() || record_lines_ == kMaxRecordLines) return false;
  const std::size_t line_end = lines_.find_line_end(next_line, kMaxRecordBytes);
  if (line_end == LineBuffer::kNotFound || next_line == lines_.available()) return false;
  record_end_ = line_end;
  ++record_lines_;
  return true;
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
