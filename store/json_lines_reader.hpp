// SPDX-License-Identifier: Apache-2.0
// JSON lines: one object a line. For the sources of this folder only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/json_object.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// Each line is an object, its members the values of a row; which keys there are and in which order
/// may change from line to line. Blank lines are skipped, CRLF and a missing last line end are
/// accepted. A line that is no such object is defective, and reading goes on behind it.
///
/// Cost: one pass; memory is that of the longest line, at most kMaxLineBytes.
class JsonLinesReader : public RecordReader {
 public:
  static constexpr std::size_t kMaxKeys = 1000;  ///< of all lines together

  /// The header begins with `keys`: with those of the whole file every record has all columns.
  JsonLinesReader(LineBuffer lines, std::vector<std::string> keys);

  const std::vector<std::string>& header() const override { return header_; }
  std::uint64_t header_line() const override { return header_line_; }

  /// Throws: also StoreError kRefusedData at more than kMaxKeys keys.
  bool next(Record& record) override;

 private:
  bool begin_line();
  LineDefect read_line(Record& record);
  std::size_t column_of(std::string_view key, std::size_t guess);

  LineBuffer lines_;  // begins with the current line
  std::uint64_t line_ = 0;
  std::size_t line_end_ = 0;  // without CR and LF
  std::size_t next_line_ = 0;
  std::vector<std::string> header_;
  std::map<std::string, std::size_t, std::less<>> columns_;  // of header_, by name
  std::uint64_t header_line_ = 0;                            // 0: no object yet
  JsonObject object_;
};

}  // namespace aml::store
