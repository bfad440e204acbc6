// SPDX-License-Identifier: Apache-2.0
#include "store/json_lines_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "store/error.hpp"

namespace aml::store {
namespace {

struct Read {
  std::uint64_t line;
  std::string defect;
  std::vector<std::string> fields;
  std::string raw;
  bool operator==(const Read&) const = default;
};
using Reads = std::vector<Read>;
using Columns = std::vector<std::string>;

std::ostream& operator<<(std::ostream& out, const Read& read) {
  out << "line " << read.line << ' ' << read.defect;
  for (const auto& field : read.fields) out << " [" << field << ']';
  return out << " raw [" << read.raw << ']';
}

Read good(std::uint64_t line, std::vector<std::string> fields) {
  return {line, "none", std::move(fields), ""};
}
Read bad(std::uint64_t line, std::string defect, std::string raw) {
  return {line, std::move(defect), {}, std::move(raw)};
}

/// A source that hands out at most `piece` bytes at a time.
LineBuffer::Source in_pieces(const std::string& content, std::size_t piece) {
  return [&content, piece, position = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t taken = std::min({piece, size, content.size() - position});
    content.copy(buffer, taken, position);
    position += taken;
    return taken;
  };
}

Columns columns_of(const std::string& content) {
  return read_header(in_pieces(content, 7), "t.jsonl").columns;
}

/// As a load does it: the columns first, then the rows.
Reads read_all(const std::string& content, std::size_t piece = 1 << 20) {
  const auto reader = open_records(in_pieces(content, piece), "t.jsonl", columns_of(content));
  Reads reads;
  Record record;
  while (reader->next(record)) {
    reads.push_back({record.line,
                     std::string(name_of(record.defect)),
                     {record.fields.begin(), record.fields.end()},
                     std::string(record.raw)});
  }
  return reads;
}

std::string refusal(const std::string& content) {
  try {
    read_all(content);
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
    return error.what();
  }
  return "not refused";
}

/// What becomes of a line of a file that has good ones too.
std::string defect_of(const std::string& line) {
  const Reads reads = read_all("{\"a\":0}\n" + line + "\n{\"a\":9}\n");
  EXPECT_EQ(reads.size(), 3U) << line;
  EXPECT_EQ(reads.back().defect, "none") << line;
  EXPECT_EQ(reads[1].raw, reads[1].defect == "none" ? "" : line);
  return reads[1].defect;
}

TEST(JsonLines, ColumnsAreAllKeysOfTheFileInOrderOfFirstAppearance) {
  const std::string content = "{\"b\":1,\"a\":2}\n{\"a\":3,\"c\":4}\n{}\n";
  EXPECT_EQ(columns_of(content), (Columns{"b", "a", "c"}));
  EXPECT_EQ(read_all(content),
            (Reads{good(1, {"1", "2", ""}), good(2, {"", "3", "4"}), good(3, {"", "", ""})}));
}

TEST(JsonLines, NumbersKeepTheirExactText) {
  EXPECT_EQ(read_all("{\"amount\":12345678901234567.89}\n{\"amount\":0.1}\n{\"amount\":1.10}\n"
                     "{\"amount\":-0}\n{\"amount\":98765432109876543210}\n{\"amount\":1e-7}\n"),
            (Reads{good(1, {"12345678901234567.89"}), good(2, {"0.1"}), good(3, {"1.10"}),
                   good(4, {"-0"}), good(5, {"98765432109876543210"}), good(6, {"1e-7"})}));
}

TEST(JsonLines, StringsAreUnescapedNullIsNothingAndOtherValuesAreKeptAsWritten) {
  EXPECT_EQ(read_all(R"({"a":"say \"hi\" \\ \/ \b\f\n\r\t \u00e9\u20ac\ud83d\ude00","b":null})"
                     "\n"
                     R"({ "\u0061" : true , "b" : { "x" : [1, "2"] } })"),
            (Reads{good(1, {"say \"hi\" \\ / \b\f\n\r\t é€😀", ""}),
                   good(2, {"true", R"({ "x" : [1, "2"] })"})}));
}

TEST(JsonLines, ByteOrderMarkCrlfBlankLinesAndMissingLastLineEndAreAccepted) {
  const std::string content = "\xEF\xBB\xBF\r\n\n{\"a\":1}\r\n \t\r\n{\"a\":2}";
  for (const std::size_t piece : {1, 2, 3, 1000}) {
    EXPECT_EQ(read_all(content, piece), (Reads{good(3, {"1"}), good(5, {"2"})}));
  }
  EXPECT_EQ(read_header(in_pieces(content, 1), "t.jsonl").line, 3U);
}

TEST(JsonLines, EachDefectIsNamedWithItsBytesAndTheNextRowIsRead) {
  using namespace std::string_literals;
  EXPECT_EQ(read_all("{\"a\":1}\n{\"a\":\n{\"a\":2}\n"),
            (Reads{good(1, {"1"}), bad(2, "not_a_json_object", "{\"a\":"), good(3, {"2"})}));
  for (const std::string line : {"[1]",
                                 "1",
                                 "\"a\"",
                                 "null",
                                 "{\"a\":1} x",
                                 "{\"a\":1}{\"a\":2}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{\"a\" 1}",
                                 "{\"a\":01}",
                                 "{\"a\":+1}",
                                 "{\"a\":.5}",
                                 "{\"a\":1.}",
                                 "{\"a\":1e}",
                                 "{\"a\":-}",
                                 "{\"a\":NaN}",
                                 "{\"a\":Infinity}",
                                 "{\"a\":tru}",
                                 "{\"a\":\"x\ty\"}",
                                 "{\"a\":\"\\x\"}",
                                 "{\"a\":\"\\u12\"}",
                                 "{\"a\":\"\\u12g4\"}",
                                 "{\"a\":\"x}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":[1}",
                                 "// {}",
                                 "a,b",
                                 "{",
                                 "\\",
                                 "{\"\\"}) {
    EXPECT_EQ(defect_of(line), "not_a_json_object") << line;
  }
  EXPECT_EQ(defect_of("{\"a\":\"\xC3\x28\"}"), "invalid_utf8");
  EXPECT_EQ(defect_of(R"({"a":"\ud800"})"), "invalid_utf8");
  EXPECT_EQ(defect_of(R"({"a":"\ud800\u0041"})"), "invalid_utf8");
  EXPECT_EQ(defect_of(R"({"a":"\udc00"})"), "invalid_utf8");
  EXPECT_EQ(defect_of("{\"a\":\"\0\"}"s), "nul_byte");
  EXPECT_EQ(defect_of(R"({"a":"\u0000"})"), "nul_byte");
  EXPECT_EQ(defect_of(R"({"\u0000":1})"), "nul_byte");
}

TEST(JsonLines, AKeyThatStandsThereTwiceMakesALineUnreadableAtAnyDepthAndInAnySpelling) {
  EXPECT_EQ(defect_of(R"({"a":1,"b":2,"a":3})"), "repeated_key");
  EXPECT_EQ(defect_of(R"({"a":1,"\u0061":3})"), "repeated_key");
  EXPECT_EQ(defect_of(R"({"a":[{"x":1,"y":{"z":1,"z":1}}]})"), "repeated_key");
  EXPECT_EQ(defect_of(R"({"a":[{"x":1},{"x":1}],"b":{"a":1}})"), "none");
}

TEST(JsonLines, NestingAndNumbersAreBounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(defect_of(nested(JsonObject::kMaxDepth - 1)), "none");
  EXPECT_EQ(defect_of(nested(JsonObject::kMaxDepth)), "nested_too_deeply");
  EXPECT_EQ(defect_of("{\"a\":" + std::string(900'000, '[') + "}"), "nested_too_deeply");
  EXPECT_EQ(defect_of("{\"a\":" + std::string(100, '1') + "}"), "none");
  EXPECT_EQ(defect_of("{\"a\":" + std::string(101, '1') + "}"), "number_too_long");
  EXPECT_EQ(defect_of("{\"a\":1e200}"), "none");
  EXPECT_EQ(defect_of("{\"a\":1e201}"), "number_too_long");
  EXPECT_EQ(defect_of("{\"a\":1E-99999999999999999999}"), "number_too_long");
}

TEST(JsonLines, LongLinesAreBoundedAsInCsv) {
  const auto line_of = [](std::size_t bytes) {
    return R"({"a":")" + std::string(bytes - 8, 'x') + "\"}";
  };
  EXPECT_EQ(defect_of(line_of(RecordReader::kMaxRecordBytes)), "none");
  EXPECT_EQ(defect_of(line_of(RecordReader::kMaxRecordBytes + 1)), "line_too_long");
  EXPECT_EQ(refusal("{}\n" + line_of(RecordReader::kMaxLineBytes + 1)),
            "t.jsonl:2: a line longer than 16 MiB cannot be kept");
}

TEST(JsonLines, ATextMakesNoRowWhateverStandsInIt) {
  std::mt19937_64 random(5);
  const std::vector<std::string> pieces{"{\"a\":1}", "\n", "\r\n", "\"", "\\", "}", "\u2028", "\f"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (auto left = random() % 300; left > 0; --left) text += pieces[random() % pieces.size()];
    const std::string line = nlohmann::json{{"a", text}}.dump();
    ASSERT_EQ(read_all(line + '\n' + line), (Reads{good(1, {text}), good(2, {text})}));
  }
  // A line end inside a string is not JSON, so it ends a line here as it does for every other reader.
  EXPECT_EQ(read_all("{\"a\":1}\n{\"a\":\"x\n\"}\n"),
            (Reads{good(1, {"1"}), bad(2, "not_a_json_object", "{\"a\":\"x"),
                   bad(3, "not_a_json_object", "\"}")}));
}

TEST(JsonLines, FilesThatAreOtherJsonAreRefusedWithWhatToDo) {
  EXPECT_EQ(refusal("[{\"a\":1},\n{\"a\":2}]\n"),
            "t.jsonl:1: is a JSON array; JSON lines have one object on each line\n"
            "  convert it:  jq -c '.[]' < old.json > new.jsonl");
  EXPECT_EQ(refusal("\n{\n  \"a\": 1\n}\n"),
            "t.jsonl:2: begins like JSON, but no line of it is a JSON object\n"
            "  JSON lines have one object on each line:  jq -c . < old.json > new.jsonl");
  std::string many = "{}\n";
  for (std::size_t i = 0; i <= JsonRows::kMaxKeys; ++i)
    many += "{\"k" + std::to_string(i) + "\":1}\n";
  EXPECT_EQ(refusal(many).substr(0, 60),
            "t.jsonl:1002: its objects have more than 1000 different keys");
}

/// Ours and another parser agree on random texts: on what an object is, and on every value in it.
TEST(JsonLines, AgreesWithAnotherParserOnRandomLines) {
  using nlohmann::json;
  const std::vector<std::string> pieces{"{",           "}",
                                        "[",           "]",
                                        ",",           ":",
                                        "\"a\"",       "\"b\"",
                                        "\"\\u0061\"", "1",
                                        "-2.50",       "1e3",
                                        "0",           "true",
                                        "null",        " ",
                                        "\"x\\n\"",    "\"\\ud83d\\ude00\"",
                                        "\"a\":",      "\"b\":[1,{\"c\":",
                                        "}]"};
  std::mt19937 random(11);
  std::size_t objects = 0;
  JsonObject object;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = random() % 8 == 0 ? "" : "{\"a\":";
    for (auto left = random() % 6; left > 0; --left) text += pieces[random() % pieces.size()];
    if (random() % 8 != 0) text += '}';
    const LineDefect defect = object.read(text);
    const json other = json::parse(text, nullptr, /*allow_exceptions=*/false);
    // The other keeps the last of two values, and bounds numbers elsewhere.
    if (defect == LineDefect::kRepeatedKey || defect == LineDefect::kNumberTooLong) continue;
    ASSERT_EQ(defect == LineDefect::kNone, other.is_object()) << text;
    if (defect != LineDefect::kNone) continue;
    ++objects;
    ASSERT_EQ(object.members().size(), other.size()) << text;
    for (const auto& [key, value] : object.members()) {
      const json& same = other.at(std::string(key));
      ASSERT_EQ(json::parse(value), same) << text;
      if (same.is_string()) {
        ASSERT_EQ(object.plain_text(value), same.get<std::string>());
      }
    }
  }
  EXPECT_GT(objects, 1000U);
}

}  // namespace
}  // namespace aml::store
