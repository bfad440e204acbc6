// SPDX-License-Identifier: Apache-2.0
// The input is a CSV file.
#include "store/csv_reader.hpp"

#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/promises.hpp"
#include "tests/fuzz/records.hpp"

namespace aml::fuzz {
namespace {

std::unique_ptr<store::RecordReader> make_reader(store::LineBuffer::Source source,
                                                 const std::string& path) {
  return std::make_unique<store::CsvReader>(std::move(source), path);
}

void append_row(std::string& text, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) text += ',';
    text += '"';
    for (const char c : fields[i]) {
      if (c == '"') text += c;
      text += c;
    }
    text += '"';
  }
  text += '\n';
}

/// Rows that are written and read again are the same rows.
void check_round_trip(const Content& content) {
  if (content.header.empty()) return;
  std::string text;
  append_row(text, content.header);
  std::vector<std::vector<std::string>> rows;
  for (const KeptRecord& record : content.records) {
    if (record.defect != store::LineDefect::kNone) continue;
    expect(record.fields.size() == content.header.size(), "a record has the columns of the header");
    rows.push_back(record.fields);
    append_row(text, record.fields);
  }
  const Content again = content_of(make_reader, text, text.size());
  expect(again.header == content.header, "a header reads as it is written", text);
  expect(again.records.size() == rows.size(), "as many rows are read as are written", text);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    expect(again.records[i].fields == rows[i], "a row reads as it is written", text);
  }
}

/// Any text in a quoted value is one row, or the file is refused.
void check_value(std::string_view value) {
  std::string text = "id,note\n";
  append_row(text, {"1", std::string(value)});
  append_row(text, {"2", ""});
  const Content content = content_of(make_reader, text, text.size());
  if (!content.refusal.empty()) return;
  expect(content.records.size() == 2, "a text makes no rows", text);
  const KeptRecord& first = content.records.front();
  expect(first.defect != store::LineDefect::kNone || first.fields.back() == value,
         "a text reads as it is written", text);
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = aml::fuzz::text_of(bytes, size);
  aml::fuzz::check_round_trip(aml::fuzz::checked_content(aml::fuzz::make_reader, text));
  aml::fuzz::check_value(text);
  return 0;
}
