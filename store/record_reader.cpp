// SPDX-License-Identifier: Apache-2.0
#include "store/record_reader.hpp"

#include <utility>

#include "store/csv_reader.hpp"
#include "store/input_file.hpp"
#include "store/json_lines_reader.hpp"

namespace aml::store {
namespace {

ContentHeader json_keys(LineBuffer lines) {
  const std::string path = lines.path();
  JsonLinesReader reader(std::move(lines), {});
  Record record;
  std::uint64_t first_line = 0;
  while (reader.next(record)) {
    if (first_line == 0) first_line = record.line;
  }
  if (reader.header_line() == 0) {
    refuse_file(path, first_line,
                "begins like JSON, but no line of it is a JSON object\n"
                "  JSON lines have one object on each line:  jq -c . < old.json > new.jsonl");
  }
  return {reader.header(), reader.header_line()};
}

}  // namespace

std::string_view name_of(LineDefect defect) {
  switch (defect) {
    case LineDefect::kNone:
      return "none";
    case LineDefect::kInvalidUtf8:
      return "invalid_utf8";
    case LineDefect::kNulByte:
      return "nul_byte";
    case LineDefect::kLineTooLong:
      return "line_too_long";
    case LineDefect::kWrongColumnCount:
      return "wrong_column_count";
    case LineDefect::kBadQuoting:
      return "bad_quoting";
    case LineDefect::kNotAJsonObject:
      return "not_a_json_object";
    case LineDefect::kRepeatedKey:
      return "repeated_key";
    case LineDefect::kNestedTooDeeply:
      return "nested_too_deeply";
    case LineDefect::kNumberTooLong:
      return "number_too_long";
    case LineDefect::kTooManyKeys:
      return "too_many_keys";
    case LineDefect::kNoPayload:
      return "no_payload";
  }
  return "unknown";
}

ContentHeader read_header(LineBuffer::Source source, const std::string& path) {
  LineBuffer lines(std::move(source), path);
  const char first = lines.first_visible();
  if (first == '{') return json_keys(std::move(lines));
  if (first == '[') {
    refuse_file(path, 1,
                "is a JSON array; JSON lines have one object on each line\n"
                "  convert it:  jq -c '.[]' < old.json > new.jsonl");
  }
  const CsvReader reader(std::move(lines));
  return {reader.header(), reader.header_line()};
}

std::unique_ptr<RecordReader> open_records(LineBuffer::Source source, const std::string& path,
                                           const std::vector<std::string>& header) {
  LineBuffer lines(std::move(source), path);
  if (lines.first_visible() == '{')
    return std::make_unique<JsonLinesReader>(std::move(lines), header);
  auto reader = std::make_unique<CsvReader>(std::move(lines));
  if (reader->header() != header)
    refuse_file(path, "has changed since its header was read; load it again");
  return reader;
}

}  // namespace aml::store
