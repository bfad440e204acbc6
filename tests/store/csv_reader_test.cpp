// SPDX-License-Identifier: Apache-2.0
#include "store/csv_reader.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

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

TEST(CsvReader, BlanksAroundTheQuotesOfAValueDoNotCount) {
  EXPECT_EQ(read_all("a, b\n x , \" y\n9,9 \" \r\n\t\"\"\t,\" \"\n"),
            (Reads{good(2, {" x ", " y\n9,9 "}), good(4, {"", " "})}));
  EXPECT_EQ(read_all("a\tb\n\t\"x\" \n"), (Reads{good(2, {"", "x"})}));
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
  EXPECT_EQ(read_all("a,b\n1,\"x\"y\"\n2,2\n"),
            (Reads{bad(2, "bad_quoting", "1,\"x\"y\""), good(3, {"2", "2"})}));
}

// ---- where a record ends

constexpr std::string_view kWhatToDo =
    "\n  what follows could be text or rows; close the value, write a quote inside a value twice "
    "(\"\"), or deliver the file as JSON lines";

std::string refused_value(std::uint64_t line, const std::string& why) {
  return "t.csv:" + std::to_string(line) + ": a quoted value begins here that " + why +
         std::string(kWhatToDo);
}

TEST(CsvReader, ADefectiveRecordIsDefectiveWithAllItsLines) {
  EXPECT_EQ(read_all("a,b\n1,\"x\n9,9\n\",3\n2,2\n"),
            (Reads{bad(2, "wrong_column_count", "1,\"x\n9,9\n\",3"), good(5, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\r\n1\r\n\"x\r\n9,9\r\n\"\r\n2,2\r\n"),
            (Reads{bad(2, "wrong_column_count", "1"),
                   bad(3, "wrong_column_count", "\"x\r\n9,9\r\n\""), good(6, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n5\" pipe,\"x\n9,9\n\"\n2,2\n"),
            (Reads{bad(2, "bad_quoting", "5\" pipe,\"x\n9,9\n\""), good(5, {"2", "2"})}));
  EXPECT_EQ(read_all("a,b\n\xFF,\"x\n9,9\n\"\n2,2\n"),
            (Reads{bad(2, "invalid_utf8", "\xFF,\"x\n9,9\n\""), good(5, {"2", "2"})}));
}

TEST(CsvReader, AStrayQuoteThatCannotBeTheBeginningOfAValueSpoilsOnlyItsOwnLine) {
  for (const std::string stray : {"1,5\" pipe", "1,\"5\" pipe\"", "\"5\" a, 6\" b\",2",
                                  "\"\"\"5\"\"\" pipe\",2", "1,\"a\"b\",\"c\"d\"\""}) {
    EXPECT_EQ(read_all("a,b\n" + stray + "\n2,2\n"),
              (Reads{bad(2, "bad_quoting", stray), good(3, {"2", "2"})}));
  }
}

TEST(CsvReader, AValueThatIsNotClosedRefusesTheFile) {
  const std::string cut_off = "does not end: is the file cut off?";
  EXPECT_EQ(refusal("a,b\n2,2\n1,\"x\n3,3\n4,4\n"), refused_value(3, cut_off));
  for (const std::string end : {"1,\"", "1,\"\n", "1,\"\r\n", "1,\"x\"\"", "\"1\",\"x\n\n\r\n"})
    EXPECT_EQ(refusal("a,b\n" + end), refused_value(2, cut_off)) << end;
  // The line is that of the quote, not that of its record.
  EXPECT_EQ(refusal("a,b\n\"1\n\n1\",\"x\n3,3\n"), refused_value(4, cut_off));
}

TEST(CsvReader, AValueWithTextBehindItsClosingQuoteAndNoOtherEndOnTheLineRefusesTheFile) {
  const std::string no_end =
      "has text behind a quote that would end it, and no other end on that line";
  // By a writer that does not double quotes: 5" pipe, and in the next line of the text 9,9.
  EXPECT_EQ(refusal("a,b\n1,\"5\" pipe\n9,9\n\"\n2,2\n"), refused_value(2, no_end));
  EXPECT_EQ(refusal("a,b\n1,\"x\"y\n2,2\n"), refused_value(2, no_end));
  // A stray quote in line 2, and a good value in line 4 whose opening quote seems to close it.
  EXPECT_EQ(refusal("a,b\n1,\"stray\n2,2\n3,\"x\n9,9\n\"\n"), refused_value(2, no_end));
}

TEST(CsvReader, ARecordOfAThousandLinesIsReadAndOneOfMoreRefusesTheFile) {
  const auto record_of_lines = [](std::size_t lines) {
    std::string content = "a,b\n\"";
    for (std::size_t i = 1; i < lines; ++i) content += "9,9\n";
    return content + "\",2\n9,9\n";
  };
  const Reads whole = read_all(record_of_lines(CsvReader::kMaxRecordLines));
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole[0].fields.size(), 2U);
  EXPECT_EQ(refusal(record_of_lines(CsvReader::kMaxRecordLines + 1)),
            refused_value(2, "does not end within 1000 lines and 1 MiB"));
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

TEST(CsvReader, AQuotedValueOfMoreThanAMebibyteRefusesTheFileUnlessItEndsOnItsLine) {
  const std::string too_long = refused_value(2, "does not end within 1000 lines and 1 MiB");
  const std::string huge(3U << 20, 'x');
  EXPECT_EQ(refusal("a,b\n1,\"x\n" + huge + "\n9,9\n\"\n2,2\n"), too_long);
  EXPECT_EQ(refusal("a,b\n1,\"" + huge + "\n9,9\n\"\n2,2\n"), too_long);
  EXPECT_EQ(read_all("a,b\n1,\"" + huge + "\"\n2,2\n"),
            (Reads{bad(2, "line_too_long", "1,\"" + huge + '"'), good(3, {"2", "2"})}));
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
  EXPECT_EQ(refusal("a,\"b\n1,2\n"), refused_value(1, "does not end: is the file cut off?"));
  for (const std::string header : {"a,\"b\nc\"", "a,b\"c", "a,\"b\"c\""}) {
    EXPECT_EQ(refusal(header + "\n1,2\n"),
              "t.csv:1: the header line has a name of several lines, or text beside a quote");
  }
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

// A slow, independent reader of the same language, byte by byte.
namespace oracle {

enum class State {
  kStart,
  kPlain,
  kQuoted,
  kQuoteInQuoted,
  kBlankBehindQuoted,
  kBehindQuote,
  kQuoteBehindQuote,
};

State after(State state, char c) {
  const bool is_quote = c == '"';
  const bool is_blank = c == ' ' || c == '\t';
  switch (state) {
    case State::kStart:
      return is_quote ? State::kQuoted : c == ',' || is_blank ? State::kStart : State::kPlain;
    case State::kPlain:
      return c == ',' ? State::kStart : State::kPlain;
    case State::kQuoted:
      return is_quote ? State::kQuoteInQuoted : State::kQuoted;
    case State::kQuoteInQuoted:
      if (is_quote) return State::kQuoted;
      [[fallthrough]];
    case State::kBlankBehindQuoted:
      return c == ','   ? State::kStart
             : is_blank ? State::kBlankBehindQuoted
             : is_quote ? State::kQuoteBehindQuote
                        : State::kBehindQuote;
    case State::kQuoteBehindQuote:
      if (is_blank) return state;
      [[fallthrough]];
    case State::kBehindQuote:
      return is_quote                                        ? State::kQuoteBehindQuote
             : c == ',' && state == State::kQuoteBehindQuote ? State::kStart
                                                             : State::kBehindQuote;
  }
  return state;
}

/// Nothing if the file is refused.
std::optional<Reads> read(const std::string& content, std::size_t columns) {
  Reads reads;
  std::uint64_t line = 2;
  for (std::size_t at = content.find('\n') + 1; at < content.size();) {
    const std::size_t begin = at;
    const std::uint64_t first_line = line;
    State state = State::kStart;
    std::vector<std::string> fields{""};
    bool is_well_quoted = true;
    for (; at < content.size(); ++at) {
      const char c = content[at];
      if (c == '\n' && state == State::kBehindQuote) return {};
      if (c == '\n' && state != State::kQuoted) break;
      if (c == '\n') ++line;
      const bool is_line_end = c == '\r' && (at + 1 == content.size() || content[at + 1] == '\n');
      if (is_line_end && state != State::kQuoted) continue;
      const State next = after(state, c);
      is_well_quoted &= next != State::kBehindQuote && next != State::kQuoteBehindQuote &&
                        !(c == '"' && state == State::kPlain);
      if (c == ',' && next == State::kStart) {
        fields.emplace_back();
      } else if (c == '"' && state == State::kStart) {
        fields.back().clear();  // blanks before the quote
      } else if (!(c == '"' && state == State::kQuoted) && next != State::kBlankBehindQuoted) {
        fields.back() += c;
      }
      state = next;
    }
    if (state == State::kQuoted || state == State::kBehindQuote) return {};
    std::string text = content.substr(begin, at - begin);
    ++at;
    ++line;
    if (text.find_first_not_of(" \r\t") == std::string::npos) continue;
    if (text.ends_with('\r')) text.pop_back();
    if (text.find('\0') != std::string::npos) {
      reads.push_back(bad(first_line, "nul_byte", text));
    } else if (!is_valid_utf8(text)) {
      reads.push_back(bad(first_line, "invalid_utf8", text));
    } else if (!is_well_quoted) {
      reads.push_back(bad(first_line, "bad_quoting", text));
    } else if (fields.size() != columns) {
      reads.push_back(bad(first_line, "wrong_column_count", text));
    } else {
      reads.push_back(good(first_line, fields));
    }
  }
  return reads;
}

}  // namespace oracle

/// Nothing if the file is refused.
std::optional<Reads> read_or_refuse(const std::string& content, std::size_t piece = 1 << 20) {
  try {
    return read_all(content, piece);
  } catch (const StoreError& error) {
    EXPECT_EQ(error.failure(), StoreFailure::kRefusedData);
    return {};
  }
}

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
  int refused = 0;
  for (int round = 0; round < 10'000; ++round) {
    const std::string content = "one,two,three\n" + random_text(random);
    const auto expected = oracle::read(content, 3);
    ASSERT_EQ(read_or_refuse(content), expected) << "round " << round << '\n' << content;
    if (!expected) ++refused;
  }
  EXPECT_GT(refused, 1'000);
  EXPECT_LT(refused, 9'000);
}

TEST(CsvReader, TheSizeOfThePiecesDoesNotMatter) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const std::string content = "one,two\n" + random_text(random);
    ASSERT_EQ(read_or_refuse(content), read_or_refuse(content, 1 + random() % 7))
        << "round " << round;
  }
}

TEST(CsvReader, RandomBytesAsHeaderAreReadOrRefusedButNeverCrash) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 5'000; ++round)
    read_or_refuse(random_text(random), 1 + random() % 50);
}

std::string in_quotes(const std::string& value) {
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
    content += in_quotes(row[0]) + ',' + in_quotes(row[1]) + ',' + in_quotes(row[2]) + "\r\n";
  }
  std::vector<std::vector<std::string>> found;
  for (const auto& read : read_all(content)) found.push_back(read.fields);
  RC_ASSERT(found == rows);
}

// Whoever writes the texts of others into a file quotes them. That he knows no better what to do with
// a comma or a quote in a name makes rows defective, and the text still no row.
TEST(CsvReader, NoTextInAQuotedValueMakesARowOrHidesOne) {
  std::mt19937_64 random(99);
  const auto any_of = [&](std::string_view letters, std::size_t up_to) {
    std::string text;
    for (std::size_t length = random() % (up_to + 1); length > 0; --length)
      text += letters[random() % letters.size()];
    return text;
  };
  int read = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::string content = "id,name,note\n";
    Reads written;
    std::uint64_t line = 2;
    for (int row = 0; row < 5; ++row) {
      const std::string name = any_of(random() % 2 == 0 ? "ab" : "ab,", 4);
      const std::string inches = random() % 8 == 0 ? "5\"" : "";
      std::string note;
      const std::size_t lines = random() % 60 == 0 ? random() % 2000 : random() % 4;
      for (std::size_t i = 0; i < lines; ++i) {
        const bool is_row = random() % 2 == 0;
        note += (is_row ? "T9,x,y" : any_of("ab,\"\"\n\r", 9)) + '\n';
      }
      const std::string text =
          "T," + inches + name + (random() % 2 == 0 ? "," : ", ") + in_quotes(note);
      if (!inches.empty()) {
        written.push_back(bad(line, "bad_quoting", text));
      } else if (name.find(',') != std::string::npos) {
        written.push_back(bad(line, "wrong_column_count", text));
      } else {
        written.push_back(good(line, {"T", name, note}));
      }
      content += text + '\n';
      line += 1 + static_cast<std::uint64_t>(std::ranges::count(note, '\n'));
    }
    const auto found = read_or_refuse(content);
    if (!found) continue;
    ASSERT_EQ(*found, written) << "round " << round;
    ++read;
  }
  EXPECT_GT(read, 1'500);
  EXPECT_LT(read, 2'000);
}

}  // namespace
}  // namespace aml::store
