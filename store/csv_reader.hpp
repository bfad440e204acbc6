// SPDX-License-Identifier: Apache-2.0
// Comma, semicolon or tab separated text, record by record, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/record_reader.hpp"

namespace aml::store {

/// Reads RFC 4180 text: values may be quoted, a quote in a quoted value is doubled, a quoted value
/// may span lines, blanks around the quotes do not count. A UTF-8 byte order mark, CRLF and a missing
/// last line end are accepted; blank lines are skipped. The delimiter is the one the header line has
/// most of.
///
/// No text in a quoted value becomes a row, however it looks: a record ends at the first line end
/// outside quotes, and a defective one is defective with all its lines. Where the quotes do not tell
/// where a record ends, the file is refused.
///
/// Cost: one pass; memory is that of the longest record, at most kMaxLineBytes.
class CsvReader : public RecordReader {
 public:
  /// Enough for any honest note, and the most rows that two stray quotes can hide between them.
  static constexpr std::size_t kMaxRecordLines = 1000;

  /// Reads the header line. `path` is for messages only.
  /// Throws: StoreError kRefusedData with file and line if the header line itself is defective.
  CsvReader(LineBuffer::Source source, std::string path);
  explicit CsvReader(LineBuffer lines);

  const std::vector<std::string>& header() const override { return header_; }
  std::uint64_t header_line() const override { return header_line_; }

  /// Throws: also StoreError kRefusedData with file and line if a quoted value does not end within
  /// kMaxRecordLines and kMaxRecordBytes, or has text behind its closing quote and no other end on
  /// that line.
  bool next(Record& record) override;

 private:
  struct Field {
    std::size_t offset;  // in unread text, or in unescaped_
    std::size_t length;
    bool is_unescaped;
  };

  bool begin_line();
  void extend_record(std::uint64_t opened_in);
  void read_header();
  void read_record(Record& record);
  void split_unquoted(std::string_view line);
  bool split_quoted();
  bool split_quoted_value(std::size_t& position);
  std::size_t find_quote(std::size_t from) const;
  bool is_blank(char c) const;
  std::size_t skip_blanks(std::size_t position) const;
  bool ends_value(std::size_t position) const;
  [[noreturn]] void refuse_value(std::uint64_t opened_in, std::string_view why) const;
  void keep_quoted_field(std::size_t offset, std::size_t length, bool has_escapes);
  std::size_t content_end() const;
  void point_to_fields(Record& record) const;
  void give_up(Record& record, LineDefect defect);

  LineBuffer lines_;  // begins with the current record

  std::uint64_t line_ = 1;          // of the current record
  std::size_t record_end_ = 0;      // where its last physical line ends, before the line feed
  std::size_t record_lines_ = 0;    // how many physical lines it has
  std::size_t first_line_end_ = 0;  // where its first physical line ends

  char delimiter_ = ',';
  std::vector<std::string> header_;
  std::uint64_t header_line_ = 1;
  std::vector<Field> fields_;
  std::string unescaped_;  // values of the current record whose doubled quotes had to be undone
};

}  // namespace aml::store
