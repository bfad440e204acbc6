// SPDX-License-Identifier: Apache-2.0
// The rows of a text file, whatever its syntax: what CSV and JSON lines have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/line_buffer.hpp"

namespace aml::store {

/// Why a line is no row. A value, not an error: the rows around it are good.
enum class LineDefect {
  kNone,
  kInvalidUtf8,  ///< in JSON also half of a surrogate pair
  kNulByte,      ///< in JSON also \u0000
  kLineTooLong,  ///< more than RecordReader::kMaxRecordBytes
  // CSV
  kWrongColumnCount,
  kBadQuoting,  ///< a quote inside an unquoted value, or text after a closing quote
  // JSON
  kNotAJsonObject,   ///< not JSON, or no object
  kRepeatedKey,      ///< one of two values would be lost
  kNestedTooDeeply,  ///< more than JsonObject::kMaxDepth
  kNumberTooLong,    ///< more than PostgreSQL can be trusted to keep exactly
  kTooManyKeys,      ///< more columns than a table may have
  // messages
  kNoPayload,  ///< a tombstone: its key was deleted
};

/// The name under which a defect stands in quarantine, for example "wrong_column_count".
std::string_view name_of(LineDefect defect);

struct Record {
  std::uint64_t line = 0;  ///< of its first physical line, from 1
  std::uint64_t end = 0;   ///< how many bytes of the content lie before the end of its text, the
                           ///< line end not counted
  LineDefect defect = LineDefect::kNone;
  std::vector<std::string_view>
      fields;  ///< one for each column of the header: valid UTF-8 without NUL, empty if there is no
               ///< value; of JSON the text of a string, else the value as it is written. None if
               ///< defective
  std::vector<std::string_view> json;  ///< the same as JSON, empty if the key is not there; of CSV
                                       ///< there is none
  std::string_view raw;                ///< its bytes without the last line end, if defective
};

/// Goes over the records of a file once.
class RecordReader {
 public:
  static constexpr std::size_t kMaxRecordBytes = std::size_t{1}
                                                 << 20;  ///< a longer record is defective
  static constexpr std::size_t kMaxLineBytes =
      std::size_t{16} << 20;  ///< a longer line is not kept: the file is refused

  virtual ~RecordReader() = default;

  /// The columns as they came; none if the file has no line. JSON lines name theirs row by row: the
  /// list is complete when next() has returned false.
  virtual const std::vector<std::string>& header() const = 0;

  /// Where the columns are named: the header line, or the first object.
  virtual std::uint64_t header_line() const = 0;

  /// Goes to the next record; false at the end. What `record` points to is valid until the next
  /// call. Throws: StoreError kRefusedData with file and line if a line is longer than
  /// kMaxLineBytes; what the source throws.
  virtual bool next(Record& record) = 0;
};

/// The columns of a content, and the line that names them. Of JSON lines that is all keys of the
/// file in order of first appearance.
struct ContentHeader {
  std::vector<std::string> columns;
  std::uint64_t line = 1;
};

/// Reads as much of the source as that takes: the header line of CSV, all of JSON lines.
/// Throws: StoreError kRefusedData if the content is empty or neither CSV nor JSON lines.
ContentHeader read_header(LineBuffer::Source source, const std::string& path);

/// The reader for what the content begins with: JSON lines if that is an opening brace, else CSV.
/// `header` is what read_header returned for it; other columns than these show that the file has
/// changed since.
/// Throws: StoreError kRefusedData if the header line is defective or another one.
std::unique_ptr<RecordReader> open_records(LineBuffer::Source source, const std::string& path,
                                           const std::vector<std::string>& header);

}  // namespace aml::store
