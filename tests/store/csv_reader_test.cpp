// SPDX-License-Identifier: Apache-2.0
#include "store/csv_reader.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "store/error.hpp"
#include "store/utf8.hpp"

namespace aml::store {
namespace {

struct Read {
  std::uint64_t line;
  std::string defect;
  std::vector<std::string> fields;
  std::string raw;
  bool operator==(const Read&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
  out << "line " << read.line << ' ' << read.defect;
  for (const auto& field : read.fields) out << " [" << field << ']';
  return out << " raw [" << read.raw << ']';
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

std::vector<Read> read_all(const std::string& content, std::size_t piece = 1 << 20) {
  CsvReader reader(in_pieces(content, piece), "t.csv");
  std::vector<Read> reads;
  Record record;
  while (reader.next(record)) {
    reads.push_back({record.line,
                     std::string(name_of(record.defect)),
                     {record.fields.begin(), record.fields.end()},
                     std::string(record.raw)});
  }
  return reads;
}

Read good(std::uint64_t line, std::vector<std::string> fields) {
  return {line, "none", std::move(fields), ""};
}
Read bad(std::uint64_t line, std::string defect, std::string raw) {
  return {line, std::move(defect), {}, std::move(raw)};
}

using Reads = std::vector<Read>;

std::string refusal(const std::string& content) {
  try {
    read_all(content);
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
    return error.what();
  }
  return "not refused";
}

TEST(CsvReader, PlainRecordsAreSplitAtTheDelimiterOfTheHeader) {
  EXPECT_EQ(read_all("a,b,c\n1,2,3\n4,,\n"),
            (Reads{good(2, {"1", "2", "3"}), good(3, {"4", "", ""})}));
  EXPECT_EQ(read_all("a;b\n1,5;2\n"), (Reads{good(2, {"1,5", "2"})}));
  EXPECT_EQ(read_all("a\tb\n\t2\n"), (Reads{good(2, {"", "2"})}));
  EXPECT_EQ(read_all("\"a;x;y\",b\n1,2\n"), (Reads{good(2, {"1", "2"})}));
}

TEST(CsvReader, QuotedValuesHoldDelimitersQuotesAndLineEnds) {
  EXPECT_EQ(
      read_all(
          "a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"one\ntwo\r\nthree\",2\n\"\",\"\"\"\"\nlast,row\n"),
      (Reads{good(2, {"x, y", "say \"hi\""}), good(3, {"one\ntwo\r\nthree", "2"}),
             good(6, {"", "\""}), good(7, {"last", "row"})}));
}

TEST(CsvReader, ByteOrderMarkCrlfBlankLinesAndMissingLastLineEndAreAccepted) {
  EXPECT_EQ(read_all("\xEF\xBB\xBF\r\n\na,b\r\n\r\n1,2\r\n   \n\n3,4"),
            (Reads{good(5, {"1", "2"}), good(8, {"3", "4"})}));
  const std::string content =
      "\xEF\xBB\xBF"
      "a,b\n1,2";
  CsvReader reader(in_pieces(content, 1), "t.csv");
  EXPECT_EQ(reader.header(), (std::vector<std::string>{"a", "b"}));
}

TEST(CsvReader, ALineOfDelimitersIsARecordNotABlankLine) {
  EXPECT_EQ(read_all("a\tb\n\t\n"), (Reads{good(2, {"", ""})}));
  EXPECT_EQ(read_all("a,b\n,\n"), (Reads{good(2, {"", ""})}));
}

TEST(CsvReader, EachDefectIsNamedWithItsLineAndBytesAndTheNextRowIsRead) {
  using namespace std::string_literals;
  EXPECT_EQ(read_all("a,b\n1\n2,2\n"),
            (Reads{bad(2, "wrong_column_count", "1"), good(3, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n1,2,3\r\n2,2\n"),
            (Reads{bad(2, "wrong_column_count", "1,2,3"), good(3, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n1,\xC3\x28\n2,2\n"),
            (Reads{bad(2, "invalid_utf8", "1,\xC3\x28"), good(3, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n1,\0x\n2,2\n"s),
            (Reads{bad(2, "nul_byte", "1,\0x"s), good(3, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n1,x\"y\n2,2\n"),
            (Reads{bad(2, "bad_quoting", "1,x\"y"), good(3, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n1,\"x\"y\n2,2\n"),
            (Reads{bad(2, "bad_quoting", "1,\"x\"y"), good(3, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n1,\"x\n2,2\n"),
            (Reads{bad(2, "unterminated_quote", "1,\"x"), good(3, {"2", "2"})}));
}

TEST(CsvReader, OneStrayQuoteSpoilsOnlyItsOwnLine) {
  std::string content = "a,b\n1,\"stray\n";
  Reads expected{bad(2, "unterminated_quote", "1,\"stray")};
  for (std::uint64_t line = 3; line < 5000; ++line) {
    content += "x,y\n";
    expected.push_back(good(line, {"x", "y"}));
  }
  EXPECT_EQ(read_all(content), expected);
  // A quote far below closes the value, but what comes of it does not fit the header.
  EXPECT_EQ(read_all("a,b\n1,\"stray\n2,2\n3,3\n4,q\",4\n5,5\n"),
            (Reads{bad(2, "unterminated_quote", "1,\"stray"), good(3, {"2", "2"}),
                   good(4, {"3", "3"}), bad(5, "bad_quoting", "4,q\",4"), good(6, {"5", "5"})}));
}

TEST(CsvReader, ARecordOfAHundredLinesIsReadAndOneOfMoreIsNot) {
  const auto record_of_lines = [](std::size_t lines) {
    std::string content = "a,b\n\"";
    for (std::size_t i = 1; i < lines; ++i) content += "t\n";
    return content + "\",2\n9,9\n";
  };
  const Reads whole = read_all(record_of_lines(CsvReader::kMaxRecordLines));
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole[0].fields.size(), 2U);
  const Reads runaway = read_all(record_of_lines(CsvReader::kMaxRecordLines + 1));
  EXPECT_EQ(runaway[0], bad(2, "unterminated_quote", "\"t"));
  EXPECT_EQ(runaway.back(), good(103, {"9", "9"}));
}

TEST(CsvReader, LongLinesAreDefectiveAndWholeUpToALimitAndThenRefused) {
  const std::string longest_good(CsvReader::kMaxRecordBytes - 2, 'x');
  EXPECT_EQ(read_all("a,b\n1," + longest_good + "\n2,2\n"),
            (Reads{good(2, {"1", longest_good}), good(3, {"2", "2"})}));
  const std::string ten_megabytes(10U << 20, 'x');
  EXPECT_EQ(read_all("a,b\n1," + ten_megabytes + "\n2,2\n"),
            (Reads{bad(2, "line_too_long", "1," + ten_megabytes), good(3, {"2", "2"})}));
  const std::string beyond(CsvReader::kMaxLineBytes + 1, 'x');
  EXPECT_EQ(refusal("a,b\n1,2\n" + beyond + "\n3,3\n").substr(0, 20), "t.csv:3: a line long");
  EXPECT_EQ(refusal("a,b\n1,2\n" + beyond).substr(0, 20), "t.csv:3: a line long");
}

TEST(CsvReader, AQuotedValueThatRunsIntoAHugeLineSpoilsOnlyItsOwnLine) {
  const std::string huge(3U << 20, 'x');
  EXPECT_EQ(read_all("a,b\n1,\"x\n" + huge + "\n2,2\n"),
            (Reads{bad(2, "unterminated_quote", "1,\"x"), bad(3, "line_too_long", huge),
                   good(4, {"2", "2"})}));
}

TEST(CsvReader, AFileWithoutALineHasNoHeaderAndNoRecord) {
  for (const std::string content : {"", "\n\r\n  \n", "\xEF\xBB\xBF"}) {
    CsvReader reader(in_pieces(content, 10), "t.csv");
    EXPECT_TRUE(reader.header().empty());
    Record record;
    EXPECT_FALSE(reader.next(record));
  }
}

TEST(CsvReader, ADefectiveHeaderIsRefusedWithFileAndLine) {
  using namespace std::string_literals;
  EXPECT_EQ(refusal("\na,\0b\n1,2\n"s),
            "t.csv:2: the header line holds a NUL byte; is this a text file?");
  EXPECT_EQ(refusal("a,b\r1,2\r"),
            "t.csv:1: a line ends with a carriage return alone; lines end with LF or CRLF\n"
            "  convert it:  tr '\\r' '\\n' < old.csv > new.csv");
  EXPECT_EQ(refusal("a,\xFFz\n1,2\n"), "t.csv:1: the header line is not UTF-8 text");
  EXPECT_EQ(refusal("\xFF\xFE"
                    "a\n"),
            "t.csv:1: is UTF-16 text; save it as UTF-8");
  EXPECT_EQ(refusal("a,\"b\n1,2\n").substr(0, 36), "t.csv:1: the header line has a quote");
}

TEST(CsvReader, Utf8IsJudgedAsPostgresqlDoes) {
  for (const std::string valid :
       {"", "ascii", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "12345678\xC3\xA9"
        "12345678"}) {
    EXPECT_TRUE(is_valid_utf8(valid)) << valid;
  }
  for (const std::string invalid :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "1234567\xC3"}) {
    EXPECT_FALSE(is_valid_utf8(invalid)) << invalid;
  }
}

// A slow, independent reader of the same language: it looks at whole lines and tries ever longer
// records.
namespace oracle {

enum class State { kStart, kPlain, kQuoted, kQuoteInQuoted, kBroken };

struct Split {
  State state = State::kStart;
  std::vector<std::string> fields{""};
};

Split split(std::string text) {
  Split result;
  if (text.ends_with('\r')) {
    Split inside = split(text + "x");
    if (inside.state != State::kQuoted) text.pop_back();
  }
  for (const char c : text) {
    State& state = result.state;
    if (state == State::kQuoted) {
      if (c == '"') {
        state = State::kQuoteInQuoted;
      } else {
        result.fields.back() += c;
      }
    } else if (c == ',') {
      state = State::kStart;
      result.fields.emplace_back();
    } else if (c == '"' && state == State::kStart) {
      state = State::kQuoted;
    } else if (c == '"' && state == State::kQuoteInQuoted) {
      state = State::kQuoted;
      result.fields.back() += c;
    } else if (c == '"' || state == State::kQuoteInQuoted) {
      state = State::kBroken;
      return result;
    } else {
      state = State::kPlain;
      result.fields.back() += c;
    }
  }
  return result;
}

Reads read(const std::string& content, std::size_t columns) {
  std::vector<std::string> lines;
  std::istringstream in(content);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  Reads reads;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].find_first_not_of(" \r\t") == std::string::npos) continue;
    std::string text = lines[i];
    std::size_t used = 1;
    Split found = split(text);
    while (found.state == State::kQuoted && i + used < lines.size() &&
           used < CsvReader::kMaxRecordLines) {
      text += '\n' + lines[i + used++];
      found = split(text);
    }
    const bool is_whole = found.state != State::kQuoted && found.state != State::kBroken;
    const bool fits = is_whole && found.fields.size() == columns;
    std::string defect = "none";
    if (!fits && (used > 1 || found.state == State::kQuoted)) {
      defect = "unterminated_quote";
    } else if (!is_whole) {
      defect = "bad_quoting";
    } else if (!fits) {
      defect = "wrong_column_count";
    }
    if (!fits) {
      used = 1;
      text = lines[i];
    }
    if (text.ends_with('\r')) text.pop_back();
    if (!is_valid_utf8(text)) defect = "invalid_utf8";
    if (text.find('\0') != std::string::npos) defect = "nul_byte";
    reads.push_back(defect == "none" ? good(i + 1, found.fields) : bad(i + 1, defect, text));
    i += used - 1;
  }
  return reads;
}

}  // namespace oracle

std::string random_text(std::mt19937_64& random) {
  // Few letters, so that quotes meet delimiters and line ends often.
  static constexpr std::string_view kLetters{"aab,,,\"\"\"\n\n\n\r \t\0\xC3\xA9", 18};
  std::string text;
  const auto length = random() % 120;
  for (std::size_t i = 0; i < length; ++i) text += kLetters[random() % kLetters.size()];
  return text;
}

TEST(CsvReader, TenThousandRandomTextsAreReadAsTheIndependentReaderReadsThem) {
  std::mt19937_64 random(20240229);
  for (int round = 0; round < 10'000; ++round) {
    const std::string content = "one,two,three\n" + random_text(random);
    ASSERT_EQ(read_all(content), oracle::read(content, 3)) << "round " << round;
  }
}

TEST(CsvReader, TheSizeOfThePiecesDoesNotMatter) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const std::string content = "one,two\n" + random_text(random);
    ASSERT_EQ(read_all(content), read_all(content, 1 + random() % 7)) << "round " << round;
  }
}

TEST(CsvReader, RandomBytesAsHeaderAreReadOrRefusedButNeverCrash) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 5'000; ++round) {
    const std::string content = random_text(random);
    try {
      read_all(content, 1 + random() % 50);
    } catch (const StoreError& error) {
      ASSERT_EQ(error.failure(), StoreFailure::kRefusedData);
    }
  }
}

std::string quoted(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

RC_GTEST_PROP(CsvReader, WhatIsWrittenQuotedIsReadBack, ()) {
  const auto value =
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab \",;\n\r\t")));
  const auto rows = *rc::gen::container<std::vector<std::vector<std::string>>>(
      rc::gen::container<std::vector<std::string>>(3, value));
  std::string content = "a,b,c\n";
  for (const auto& row : rows) {
    content += quoted(row[0]) + ',' + quoted(row[1]) + ',' + quoted(row[2]) + "\r\n";
  }
  std::vector<std::vector<std::string>> found;
  for (const auto& read : read_all(content)) found.push_back(read.fields);
  RC_ASSERT(found == rows);
}

}  // namespace
}  // namespace aml::store
