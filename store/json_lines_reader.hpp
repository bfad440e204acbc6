// SPDX-License-Identifier: Apache-2.0
// JSON lines: one object a line. For the sources of this folder only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/json_rows.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// Each line is an object, its members the values of a row; which keys there are and in which order
/// may change from line to line. Blank lines are skipped, CRLF and a missing last line end are
/// accepted. A line that is no such object is defective, and reading goes on behind it.
///
/// Cost: one pass; memory is that of the longest line, at most kMaxLineBytes.
class JsonLinesReader : public RecordReader {
 public:
  /// The header begins with `keys`: with those of the whole file every record has all columns.
  JsonLinesReader(LineBuffer lines, std::vector<std::string> keys);

  const std::vector<std::string>& header() const override { return rows_.columns(); }
  std::uint64_t header_line() const override { return header_line_; }

  /// Throws: also StoreError kRefusedData at more than JsonRows::kMaxKeys keys.
  bool next(Record& record) override;

 private:
  bool begin_line();

  LineBuffer lines_;  // begins with the current line
  std::uint64_t line_ = 0;
  std::size_t line_end_ = 0;  // without CR and LF
  std::size_t next_line_ = 0;
  std::uint64_t header_line_ = 0;  // 0: no object yet
  JsonRows rows_;
};

}  // namespace aml::store
