// SPDX-License-Identifier: Apache-2.0
// The input is a file of JSON lines. Another JSON parser judges every line too.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "store/json_lines_reader.hpp"
#include "store/utf8.hpp"
#include "tests/fuzz/promises.hpp"
#include "tests/fuzz/records.hpp"

namespace aml::fuzz {
namespace {

using nlohmann::json;
using store::LineDefect;

std::unique_ptr<store::RecordReader> make_reader(store::LineBuffer::Source source,
                                                 const std::string& path) {
  return std::make_unique<store::JsonLinesReader>(store::LineBuffer(std::move(source), path),
                                                  std::vector<std::string>{});
}

void check_values(const KeptRecord& record, const Content& content, const json& object) {
  std::size_t members = 0;
  for (std::size_t i = 0; i < record.json.size(); ++i) {
    if (record.json[i].empty()) continue;
    ++members;
    const json& value = object.at(content.header[i]);
    expect(json::parse(record.json[i]) == value, "a value is kept as it is written",
           record.json[i]);
    const std::string plain = value.is_null()     ? ""
                              : value.is_string() ? value.get<std::string>()
                                                  : record.json[i];
    expect(record.fields[i] == plain, "a column has the text of a string", record.fields[i]);
  }
  expect(members == object.size(), "every member of the object has its column");
}

/// The line that the other parser can judge: the reader only looks at text that is UTF-8 and short.
void check_verdict(const KeptRecord& record, const Content& content, std::string_view line) {
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  const bool is_object = !object.is_discarded() && object.is_object();
  switch (record.defect) {
    case LineDefect::kNone:
      expect(is_object, "what is read as an object is one", line);
      return check_values(record, content, object);
    case LineDefect::kNotAJsonObject:
      return expect(!is_object, "what is refused as no object is none", line);
    default:
      return;
  }
}

void check(std::string_view text) {
  const Content content = checked_content(make_reader, text);
  for (const KeptRecord& record : content.records) {
    const std::size_t begin = text.rfind('\n', record.end - 1) + 1;
    std::string_view line = text.substr(begin, record.end - begin);
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (begin == 0 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    // The other parser takes one before any text.
    if (!line.starts_with(kByteOrderMark)) check_verdict(record, content, line);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
