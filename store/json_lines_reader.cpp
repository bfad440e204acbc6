// SPDX-License-Identifier: Apache-2.0
#include "store/json_lines_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/input_file.hpp"
#include "store/utf8.hpp"

namespace aml::store {

JsonLinesReader::JsonLinesReader(LineBuffer lines, std::vector<std::string> keys)
    : lines_(std::move(lines)), header_(std::move(keys)) {
  for (std::size_t i = 0; i < header_.size(); ++i) columns_.emplace(header_[i], i);
}

bool JsonLinesReader::next(Record& record) {
  if (!begin_line()) return false;
  record.line = line_;
  record.end = lines_.position() + line_end_;
  record.fields.clear();
  record.json.clear();
  record.raw = {};
  record.defect = read_line(record);
  if (record.defect != LineDefect::kNone) record.raw = lines_.text(0, line_end_);
  return true;
}

/// Goes to the next line that is not blank.
bool JsonLinesReader::begin_line() {
  for (;;) {
    lines_.skip(std::exchange(next_line_, 0));
    ++line_;
    if (lines_.available() == 0 && !lines_.fill()) return false;
    const std::size_t end = lines_.find_line_end(0, kMaxLineBytes);
    if (end == LineBuffer::kNotFound) {
      refuse_file(lines_.path(), line_,
                  fmt::format("a line longer than {} MiB cannot be kept", kMaxLineBytes >> 20));
    }
    next_line_ = end + (end < lines_.available() ? 1 : 0);
    const std::string_view line = lines_.text(0, end);
    line_end_ = end - (line.ends_with('\r') ? 1 : 0);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) return true;
  }
}

LineDefect JsonLinesReader::read_line(Record& record) {
  const std::string_view line = lines_.text(0, line_end_);
  if (line.size() > kMaxRecordBytes) return LineDefect::kLineTooLong;
  if (line.find('\0') != std::string_view::npos) return LineDefect::kNulByte;
  if (!is_valid_utf8(line)) return LineDefect::kInvalidUtf8;
  const LineDefect defect = object_.read(line);
  if (defect != LineDefect::kNone) return defect;
  if (header_line_ == 0) header_line_ = line_;
  record.json.resize(header_.size());
  std::size_t column = 0;
  for (const auto& member : object_.members()) {
    column = column_of(member.key, column);
    record.json.resize(header_.size());
    record.json[column++] = member.value;
  }
  record.fields.reserve(record.json.size());
  for (const std::string_view value : record.json)
    record.fields.push_back(object_.plain_text(value));
  return LineDefect::kNone;
}

/// The column of a key, a new one if there is none. Most lines have their keys in the same order,
/// so the guess is nearly always right.
std::size_t JsonLinesReader::column_of(std::string_view key, std::size_t guess) {
  if (guess < header_.size() && header_[guess] == key) return guess;
  const auto known = columns_.find(key);
  if (known != columns_.end()) return known->second;
  if (header_.size() == kMaxKeys) {
    refuse_file(lines_.path(), line_,
                fmt::format("its objects have more than {} different keys: is it a table?\n"
                            "  put what varies from line to line into one nested object",
                            kMaxKeys));
  }
  header_.emplace_back(key);
  columns_.emplace(key, header_.size() - 1);
  return header_.size() - 1;
}

}  // namespace aml::store
