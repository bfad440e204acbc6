// SPDX-License-Identifier: Apache-2.0
// The input is a CSV file.
#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "store/csv_reader.hpp"
#include "store/error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

using store::CsvDefect;

constexpr const char* kPath = "fuzzed.csv";

struct Record {
  std::uint64_t line = 0;
  CsvDefect defect = CsvDefect::kNone;
  std::vector<std::string> fields;
  std::string raw;
  bool operator==(const Record&) const = default;
};

struct Content {
  std::vector<std::string> header;
  char delimiter = ',';
  std::vector<Record> records;
  std::string refusal;  ///< why the file cannot be read; empty: it can
  bool operator==(const Content&) const = default;
};

/// What the reader makes of the text when it comes in pieces.
Content content_of(std::string_view text, std::size_t piece) {
  Content content;
  try {
    store::CsvReader reader(
        [&](char* buffer, std::size_t size) {
          const std::size_t taken = std::min({size, piece, text.size()});
          if (taken > 0) std::memcpy(buffer, text.data(), taken);
          text.remove_prefix(taken);
          return taken;
        },
        kPath);
    content.header = reader.header();
    content.delimiter = reader.delimiter();
    store::CsvRecord record;
    while (reader.next(record)) {
      content.records.push_back({record.line,
                                 record.defect,
                                 {record.fields.begin(), record.fields.end()},
                                 std::string(record.raw)});
    }
  } catch (const store::StoreError& error) {
    content.refusal = error.what();
    expect(error.failure() == store::StoreFailure::kRefusedData, "a bad file is refused data");
    expect(content.refusal.starts_with(std::string(kPath) + ":"), "a refusal names the file",
           content.refusal);
  }
  return content;
}

void append_row(std::string& text, const std::vector<std::string>& fields, char delimiter) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) text += delimiter;
    text += '"';
    for (const char c : fields[i]) {
      if (c == '"') text += c;
      text += c;
    }
    text += '"';
  }
  text += '\n';
}

void check_records(const Content& content, std::string_view text) {
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
  std::uint64_t line = 1;
  for (const Record& record : content.records) {
    expect(record.line > line && record.line <= lines, "each record begins on a later line",
           record.raw);
    line = record.line;
    if (record.defect != CsvDefect::kNone) {
      expect(record.fields.empty() && text.find(record.raw) != std::string_view::npos,
             "a defective record is kept as it came", record.raw);
      continue;
    }
    expect(record.fields.size() == content.header.size(), "a record has the columns of the header");
    for (const std::string& field : record.fields) {
      expect(store::is_valid_utf8(field) && field.find('\0') == std::string::npos,
             "a value is text", field);
    }
  }
}

/// Rows that are written and read again are the same rows.
void check_round_trip(const Content& content) {
  if (content.header.empty()) return;
  std::string text;
  append_row(text, content.header, content.delimiter);
  std::vector<std::vector<std::string>> rows;
  for (const Record& record : content.records) {
    if (record.defect != CsvDefect::kNone) continue;
    rows.push_back(record.fields);
    append_row(text, record.fields, content.delimiter);
  }
  const Content again = content_of(text, text.size());
  expect(again.header == content.header, "a header reads as it is written", text);
  expect(again.records.size() == rows.size(), "as many rows are read as are written", text);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    expect(again.records[i].fields == rows[i], "a row reads as it is written", text);
  }
}

void check(std::string_view text) {
  const Content content = content_of(text, text.size());
  expect(content_of(text, 1 + text.size() % 7) == content,
         "records do not depend on how the bytes come in");
  check_records(content, text);
  check_round_trip(content);
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
