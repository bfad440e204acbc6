// SPDX-License-Identifier: Apache-2.0
#include "store/value_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "detect/money_text.hpp"

namespace aml::store {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using graph::kMicrosPerSecond;

constexpr graph::Micros kMarchFirst = 1'709'251'200'000'000;  // 2024-03-01T00:00:00Z

TEST(ParseTime, ReadsIso8601) {
  EXPECT_EQ(parse_time("2024-03-01"), kMarchFirst);
  EXPECT_EQ(parse_time("2024-03-01T12:30"), kMarchFirst + 25 * kMicrosPerHour / 2);
  EXPECT_EQ(parse_time("2024-03-01 00:00:01.25Z"), kMarchFirst + 1'250'000);
  EXPECT_EQ(parse_time("2024-03-01T00:00:00.000001"), kMarchFirst + 1);
  EXPECT_EQ(parse_time("2024-03-01T01:00:00+01:00"), kMarchFirst);
  EXPECT_EQ(parse_time("2024-02-29T19:00-0500"), kMarchFirst);
  EXPECT_EQ(parse_time("2024-03-01T05:30+0530"), kMarchFirst);
  EXPECT_EQ(parse_time("2024-03-01T14+14"), std::nullopt);
  EXPECT_EQ(parse_time("0001-01-01"), -62'135'596'800 * kMicrosPerSecond);
}

TEST(ParseTime, ReadsSecondsSince1970) {
  EXPECT_EQ(parse_time("0"), 0);
  EXPECT_EQ(parse_time("1709251200"), kMarchFirst);
  EXPECT_EQ(parse_time("-1.5"), -1'500'000);
  EXPECT_EQ(parse_time("20240301"), 20240301 * kMicrosPerSecond);
}

TEST(ParseTime, RefusesSecondsOutsideTheYearsOfIso8601) {
  EXPECT_EQ(parse_time("-62135596800"), parse_time("0001-01-01"));
  EXPECT_EQ(parse_time("-62135596800.000001"), std::nullopt);
  EXPECT_EQ(parse_time("253402300799.999999"), parse_time("9999-12-31T23:59:59.999999"));
  EXPECT_EQ(parse_time("253402300800"), std::nullopt);
  EXPECT_EQ(parse_time("1709251200000"), std::nullopt);  // milliseconds
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           " ",
                           "x",
                           "2024-13-01",
                           "2024-02-30",
                           "2023-02-29",
                           "2024-3-1",
                           "2024-03-01T",
                           "2024-03-01T24:00",
                           "2024-03-01T12",
                           "2024-03-01T12:60",
                           "2024-03-01T12:00:60",
                           "2024-03-01T12:00:00.",
                           "2024-03-01T12:00:00.1234567",
                           "2024-03-01T12:00+",
                           "2024-03-01T12:00+1",
                           "2024-03-01T12:00+16",
                           "2024-03-01T12:00+14:01",
                           "2024-03-01T12:00-1430",
                           "2024-03-01T12:00ZZ",
                           "2024-03-01x",
                           "2024-03-01Z",
                           "1e9",
                           "1.1234567",
                           "99999999999999999999"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(ParseTime, ReadsWhatIsoTimeWrites, ()) {
  const auto day = *rc::gen::inRange<graph::Micros>(-700'000, 2'900'000);
  const graph::Micros at = day * kMicrosPerDay + *rc::gen::inRange<graph::Micros>(0, kMicrosPerDay);
  RC_ASSERT(parse_time(detect::iso_time(at)) == at);
}

TEST(ParseDecimal, KeepsEveryDigit) {
  const auto is = [](std::string_view text, std::int64_t mantissa, int decimals) {
    const auto number = parse_decimal(text);
    return number && number->mantissa == mantissa && number->decimals == decimals;
  };
  EXPECT_TRUE(is("12.50", 1250, 2));
  EXPECT_TRUE(is("-3", -3, 0));
  EXPECT_TRUE(is("+.5", 5, 1));
  EXPECT_TRUE(is("7.", 7, 0));
  EXPECT_TRUE(is("0.000000000000000001", 1, 18));
  EXPECT_TRUE(is("9223372036854775807", INT64_MAX, 0));
  EXPECT_TRUE(is("-9223372036854775808", INT64_MIN, 0));
  for (const char* text : {"", "-", ".", "1,000", "1e3", "0x1", " 1", "1 ", "1.2.3", "--1", "NaN",
                           "9223372036854775808", "-9223372036854775809", "0.0000000000000000000",
                           "0.0000000000000000001"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Rescaled, IsExactOrNothing) {
  EXPECT_EQ(rescaled({125, 1}, 3), 12'500);
  EXPECT_EQ(rescaled({12'500, 3}, 1), 125);
  EXPECT_EQ(rescaled({12'501, 3}, 1), std::nullopt);
  EXPECT_EQ(rescaled({INT64_MAX, 0}, 1), std::nullopt);
}

TEST(NumberText, IsShortAndReadsBackAsTheSameNumber) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(-3), "-3");
  EXPECT_EQ(number_text(100'000), "100000") << "bigint reads no exponent";
  EXPECT_EQ(number_text(9'007'199'254'740'991), "9007199254740991");
  EXPECT_EQ(number_text(12'345'678.9), "12345678.9");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(std::stod(number_text(1.0 / 3)), 1.0 / 3);
  EXPECT_EQ(std::stod(number_text(1e300)), 1e300);
}

}  // namespace
}  // namespace aml::store
