// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/records.hpp"

#include <algorithm>
#include <cstring>

#include "store/error.hpp"
#include "store/utf8.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

void check_records(const Content& content, std::string_view text) {
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
  std::uint64_t line = 0;
  std::uint64_t end = 0;
  for (const KeptRecord& record : content.records) {
    expect(record.line > line && record.line <= lines, "each record begins on a later line",
           record.raw);
    expect(record.end > end && record.end <= text.size(), "each record ends further on",
           record.raw);
    line = record.line;
    end = record.end;
    if (record.defect != store::LineDefect::kNone) {
      expect(record.fields.empty() && text.substr(0, record.end).ends_with(record.raw),
             "a defective record is kept as it came", record.raw);
      continue;
    }
    expect(record.fields.size() <= content.header.size(), "a value belongs to a column");
    for (const std::string& field : record.fields) {
      expect(store::is_valid_utf8(field) && field.find('\0') == std::string::npos,
             "a value is text", field);
    }
  }
}

}  // namespace

Content content_of(const MakeReader& make_reader, std::string_view text, std::size_t piece) {
  const std::string path = "fuzzed.txt";
  Content content;
  try {
    const auto reader = make_reader(
        [&](char* buffer, std::size_t size) {
          const std::size_t taken = std::min({size, piece, text.size()});
          if (taken > 0) std::memcpy(buffer, text.data(), taken);
          text.remove_prefix(taken);
          return taken;
        },
        path);
    store::Record record;
    while (reader->next(record)) {
      content.records.push_back({record.line,
                                 record.end,
                                 record.defect,
                                 {record.fields.begin(), record.fields.end()},
                                 {record.json.begin(), record.json.end()},
                                 std::string(record.raw)});
    }
    content.header = reader->header();
  } catch (const store::StoreError& error) {
    content.records.clear();  // nothing of a refused file counts
    content.refusal = error.what();
    expect(error.failure() == store::StoreFailure::kRefusedData, "a bad file is refused data");
    expect(content.refusal.starts_with(path + ":"), "a refusal names the file", content.refusal);
  }
  return content;
}

Content checked_content(const MakeReader& make_reader, std::string_view text) {
  const Content content = content_of(make_reader, text, text.size());
  expect(content_of(make_reader, text, 1 + text.size() % 7) == content,
         "records do not depend on how the bytes come in");
  check_records(content, text);
  return content;
}

}  // namespace aml::fuzz
