// SPDX-License-Identifier: Apache-2.0
#include "store/csv_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace aml::store {
namespace {

constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);
constexpr std::size_t kFirstBufferBytes = std::size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool contains(std::string_view text, char wanted) {
  return std::memchr(text.data(), wanted, text.size()) != nullptr;
}

/// Length of the UTF-8 sequence that begins the text, 0 if it is none (Unicode 15, table 3-7).
std::size_t utf8_sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](std::size_t i, unsigned char low, unsigned char high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// Number of leading bytes below 0x80, eight at a time: nearly all text is ASCII.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t position = 0;
  while (position + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + position, sizeof eight);
    if ((eight & kHighBits) != 0) break;
    position += sizeof eight;
  }
  while (position < text.size() && static_cast<unsigned char>(text[position]) < 0x80) ++position;
  return position;
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

std::string_view name_of(CsvDefect defect) {
  switch (defect) {
    case CsvDefect::kNone:
      return "none";
    case CsvDefect::kWrongColumnCount:
      return "wrong_column_count";
    case CsvDefect::kInvalidUtf8:
      return "invalid_utf8";
    case CsvDefect::kNulByte:
      return "nul_byte";
    case CsvDefect::kLineTooLong:
      return "line_too_long";
    case CsvDefect::kUnterminatedQuote:
      return "unterminated_quote";
    case CsvDefect::kBadQuoting:
      return "bad_quoting";
  }
  return "unknown";
}

bool is_valid_utf8(std::string_view bytes) {
  for (;;) {
    bytes.remove_prefix(ascii_prefix(bytes));
    if (bytes.empty()) return true;
    const std::size_t length = utf8_sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
}

CsvReader::CsvReader(Source source, std::string path)
    : source_(std::move(source)), path_(std::move(path)), buffer_(kFirstBufferBytes) {
  while (available() < kByteOrderMark.size() && fill()) {
  }
  if (available() >= 2 && (text(0, 2) == "\xFF\xFE" || text(0, 2) == "\xFE\xFF")) {
    refuse_file(path_, 1, "is UTF-16 text; save it as UTF-8");
  }
  if (available() >= kByteOrderMark.size() && text(0, kByteOrderMark.size()) == kByteOrderMark) {
    begin_ += kByteOrderMark.size();
  }
  read_header();
}

bool CsvReader::next(CsvRecord& record) {
  record.fields.clear();
  record.raw = {};
  record.defect = CsvDefect::kNone;
  if (header_.empty() || !begin_line()) return false;
  record.line = line_;
  read_record(record);
  return true;
}

void CsvReader::read_header() {
  if (!begin_line()) return;
  header_line_ = line_;
  if (first_line_end_ > kMaxRecordBytes)
    refuse_file(path_, line_, "the header line is longer than 1 MiB");
  delimiter_ = most_frequent_delimiter(text(0, content_end()));
  const Shape shape = split_quoted();
  const std::string_view content = text(0, content_end());
  if (contains(content, '\0'))
    refuse_file(path_, line_, "the header line holds a NUL byte; is this a text file?");
  if (!is_valid_utf8(content)) refuse_file(path_, line_, "the header line is not UTF-8 text");
  if (contains(content, '\r')) {
    refuse_file(path_, line_,
                "a line ends with a carriage return alone; lines end with LF or CRLF\n"
                "  convert it:  tr '\\r' '\\n' < old.csv > new.csv");
  }
  if (shape != Shape::kWhole || record_lines_ != 1) {
    refuse_file(path_, line_,
                "the header line has a quote that does not end, or text beside a quote");
  }
  CsvRecord record;
  point_to_fields(record);
  header_.assign(record.fields.begin(), record.fields.end());
}

/// Goes to the next physical line that is not blank.
bool CsvReader::begin_line() {
  for (;;) {
    if (record_lines_ > 0) begin_ += record_end_ + (record_end_ < available() ? 1 : 0);
    line_ += std::exchange(record_lines_, 0);
    if (available() == 0 && !fill()) return false;
    first_line_end_ = find_line_end(0, kMaxLineBytes);
    if (first_line_end_ == kNotFound) {
      refuse_file(path_, line_,
                  fmt::format("a line longer than {} MiB cannot be kept", kMaxLineBytes >> 20));
    }
    record_end_ = first_line_end_;
    record_lines_ = 1;
    const std::string_view line = text(0, first_line_end_);
    const bool is_blank = std::all_of(line.begin(), line.end(), [&](char c) {
      return c == ' ' || c == '\r' || (c == '\t' && delimiter_ != '\t');
    });
    if (!is_blank) return true;
  }
}

void CsvReader::read_record(CsvRecord& record) {
  if (first_line_end_ > kMaxRecordBytes) return give_up(record, CsvDefect::kLineTooLong);
  Shape shape = Shape::kWhole;
  if (contains(text(0, first_line_end_), '"')) {
    shape = split_quoted();
  } else {
    split_unquoted(text(0, content_end()));
  }
  const bool is_misfit = shape != Shape::kWhole || fields_.size() != header_.size();
  if (record_lines_ > 1 && is_misfit) shape = Shape::kRunaway;
  if (shape == Shape::kRunaway) {
    record_end_ = first_line_end_;
    record_lines_ = 1;
  }
  // Damaged bytes come first: they explain the other defects.
  const std::string_view content = text(0, content_end());
  if (contains(content, '\0')) return give_up(record, CsvDefect::kNulByte);
  if (!is_valid_utf8(content)) return give_up(record, CsvDefect::kInvalidUtf8);
  if (shape == Shape::kRunaway) return give_up(record, CsvDefect::kUnterminatedQuote);
  if (shape == Shape::kBadQuoting) return give_up(record, CsvDefect::kBadQuoting);
  if (is_misfit) return give_up(record, CsvDefect::kWrongColumnCount);
  point_to_fields(record);
}

void CsvReader::give_up(CsvRecord& record, CsvDefect defect) {
  record.defect = defect;
  record.raw = text(0, content_end());
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
    if (position < content_end() && at(position) == '"') {
      bool has_escapes = false;
      ++position;
      if (!find_closing_quote(position, has_escapes)) return Shape::kRunaway;
      keep_quoted_field(start + 1, position - start - 1, has_escapes);
      ++position;
      if (position < content_end() && at(position) != delimiter_) return Shape::kBadQuoting;
    } else {
      while (position < content_end() && at(position) != delimiter_) {
        if (at(position) == '"') return Shape::kBadQuoting;
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
    const std::string_view rest = text(position, record_end_ - position);
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
  if (record_end_ == available() || record_lines_ == kMaxRecordLines) return false;
  const std::size_t line_end = find_line_end(next_line, kMaxRecordBytes);
  if (line_end == kNotFound || next_line == available()) return false;
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
  const std::string_view quoted = text(offset, length);
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    unescaped_ += quoted[i];
    if (quoted[i] == '"') ++i;  // the quote's double
  }
  fields_.push_back({start, unescaped_.size() - start, true});
}

/// Where the record's text ends, the carriage return of a CRLF not counted.
std::size_t CsvReader::content_end() const {
  const bool ends_with_return = record_end_ > 0 && at(record_end_ - 1) == '\r';
  return record_end_ - (ends_with_return ? 1 : 0);
}

void CsvReader::point_to_fields(CsvRecord& record) const {
  record.fields.reserve(fields_.size());
  for (const Field& field : fields_) {
    record.fields.push_back(field.is_unescaped
                                ? std::string_view(unescaped_).substr(field.offset, field.length)
                                : text(field.offset, field.length));
  }
}

/// Offset of the next line feed from `from` on, or of the end of the source; kNotFound if it lies
/// behind `limit`.
std::size_t CsvReader::find_line_end(std::size_t from, std::size_t limit) {
  std::size_t searched = from;
  for (;;) {
    const std::size_t found = text(0, available()).find('\n', searched);
    if (found != std::string_view::npos) return found <= limit ? found : kNotFound;
    searched = std::max(from, available());
    if (available() > limit) return kNotFound;
    if (!fill()) return available();
  }
}

/// Reads more behind what is there; false at the end of the source.
bool CsvReader::fill() {
  if (at_end_) return false;
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const std::size_t got = source_(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  at_end_ = got == 0;
  return !at_end_;
}

}  // namespace aml::store
