// SPDX-License-Identifier: Apache-2.0
// Comma, semicolon or tab separated text, record by record, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/input_file.hpp"

namespace aml::store {

/// Why a record cannot be split into the columns of its header. A value, not an error: the records
/// around it are good.
enum class CsvDefect {
  kNone,
  kWrongColumnCount,
  kInvalidUtf8,
  kNulByte,
  kLineTooLong,        ///< more than kMaxRecordBytes
  kUnterminatedQuote,  ///< a quoted value that does not end, or not where a record could go on
  kBadQuoting,         ///< a quote inside an unquoted value, or text after a closing quote
};

/// The name under which a defect stands in quarantine, for example "wrong_column_count".
std::string_view name_of(CsvDefect defect);

struct CsvRecord {
  std::uint64_t line = 0;  ///< of its first physical line, from 1
  CsvDefect defect = CsvDefect::kNone;
  std::vector<std::string_view>
      fields;            ///< valid UTF-8 without NUL, as many as the header has; empty if defective
  std::string_view raw;  ///< its bytes without the line end, if defective
};

/// Reads RFC 4180 text: values may be quoted, a quote in a quoted value is doubled, a quoted value
/// may span lines. A UTF-8 byte order mark, CRLF and a missing last line end are accepted; blank
/// lines are skipped. The delimiter is the one the header line has most of.
///
/// One stray quote must not swallow the rows behind it. So a record that begins a quoted value and
/// does not become a whole, well-formed record within kMaxRecordLines and kMaxRecordBytes is given
/// up: only its first physical line is defective, and reading goes on with the next physical line.
///
/// Cost: one pass; memory is that of the longest record, at most kMaxLineBytes.
class CsvReader {
 public:
  static constexpr std::size_t kMaxRecordBytes = std::size_t{1}
                                                 << 20;  ///< a longer record is defective
  static constexpr std::size_t kMaxRecordLines = 100;
  static constexpr std::size_t kMaxLineBytes =
      std::size_t{16} << 20;  ///< a longer line is not kept: the file is refused

  /// Puts up to `size` bytes into `buffer` and returns how many; 0 only at the end.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;

  /// Reads the header line. `path` is for messages only.
  /// Throws: StoreError kRefusedData with file and line if the header line itself is defective.
  CsvReader(Source source, std::string path);

  const std::vector<std::string>& header() const {
    return header_;
  }  ///< as it came; empty if the file has no line
  std::uint64_t header_line() const { return header_line_; }
  char delimiter() const { return delimiter_; }

  /// Goes to the next record; false at the end. What `record` points to is valid until the next
  /// call. Throws: StoreError kRefusedData with file and line if a line is longer than
  /// kMaxLineBytes; what the source throws.
  bool next(CsvRecord& record);

 private:
  struct Field {
    std::size_t offset;  // in unread text, or in unescaped_
    std::size_t length;
    bool is_unescaped;
  };
  enum class Shape { kWhole, kBadQuoting, kRunaway };

  std::size_t available() const { return end_ - begin_; }
  char at(std::size_t offset) const { return buffer_[begin_ + offset]; }
  std::string_view text(std::size_t offset, std::size_t length) const {
    return {buffer_.data() + begin_ + offset, length};
  }
  bool fill();
  std::size_t find_line_end(std::size_t from, std::size_t limit);
  bool begin_line();
  bool extend_record();
  void read_header();
  void read_record(CsvRecord& record);
  void split_unquoted(std::string_view line);
  Shape split_quoted();
  bool find_closing_quote(std::size_t& position, bool& has_escapes);
  void keep_quoted_field(std::size_t offset, std::size_t length, bool has_escapes);
  std::size_t content_end() const;
  void point_to_fields(CsvRecord& record) const;
  void give_up(CsvRecord& record, CsvDefect defect);

  Source source_;
  std::string path_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of the current record in buffer_
  std::size_t end_ = 0;
  bool at_end_ = false;  // of the source

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

/// Whether bytes are UTF-8 as PostgreSQL accepts it: no overlong forms, no surrogates, nothing
/// above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

}  // namespace aml::store
