// SPDX-License-Identifier: Apache-2.0
#include "store/json_lines_reader.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "store/input_file.hpp"

namespace aml::store {

JsonLinesReader::JsonLinesReader(LineBuffer lines, std::vector<std::string> keys)
    : lines_(std::move(lines)), rows_(std::move(keys)) {}

bool JsonLinesReader::next(Record& record) {
  if (!begin_line()) return false;
  record.line = line_;
  record.end = lines_.position() + line_end_;
  rows_.read(lines_.text(0, line_end_), record);
  if (record.defect == LineDefect::kTooManyKeys) {
    refuse_file(lines_.path(), line_,
                fmt::format("its objects have more than {} different keys: is it a table?\n"
                            "  put what varies from line to line into one nested object",
                            JsonRows::kMaxKeys));
  }
  if (record.defect == LineDefect::kNone && header_line_ == 0) header_line_ = line_;
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

}  // namespace aml::store
