// SPDX-License-Identifier: Apache-2.0
#include "scenarios/duration.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>

namespace aml::scenarios {
namespace {

TEST(Duration, EveryUnitHasItsLength) {
  EXPECT_EQ(parse_duration("1 second"), 1'000'000);
  EXPECT_EQ(parse_duration("90 minutes"), 5'400'000'000);
  EXPECT_EQ(parse_duration("36 hours"), 129'600'000'000);
  EXPECT_EQ(parse_duration("20 days"), 1'728'000'000'000);
  EXPECT_EQ(parse_duration("2 weeks"), 1'209'600'000'000);
}

TEST(Duration, SingularAndPluralReadAlike) {
  EXPECT_EQ(parse_duration("1 days"), parse_duration("1 day"));
  EXPECT_EQ(parse_duration("3 hour"), parse_duration("3 hours"));
}

TEST(Duration, TheLargestCountFitsInEveryUnit) {
  EXPECT_EQ(parse_duration("99999 weeks"), 99'999LL * 7 * 24 * 3600 * 1'000'000);
}

TEST(Duration, AnythingElseIsRefused) {
  for (const char* text :
       {"",         " ",        "20",       "20days",      "20  days",
        " 20 days", "20 days ", "020 days", "0 days",      "-1 day",
        "+1 day",   "1.5 days", "1e2 days", "100000 days", "99999999999999999999 days",
        "3 months", "1 year",   "5 Days",   "5 dayss",     "days",
        "5 s",      "5 d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << '"' << text << '"';
}

TEST(Duration, CanBeTypedShort) {
  EXPECT_EQ(parse_typed_duration("7d"), 7 * graph::kMicrosPerDay);
  EXPECT_EQ(parse_typed_duration("36h"), 36 * graph::kMicrosPerHour);
  EXPECT_EQ(parse_typed_duration("90 min"), parse_duration("90 minutes"));
  EXPECT_EQ(parse_typed_duration("2 weeks"), parse_duration("14 days"));
  EXPECT_EQ(parse_typed_duration("604800"), parse_duration("7 days"));
  EXPECT_EQ(parse_typed_duration("0777s"), 777 * graph::kMicrosPerSecond);
  for (const char* text : {"", "d", "0d", "-1d", "7x", "7  days", "1.5h", "7 d ",
                           "99999999999 days", "9223372036854775807"})
    EXPECT_EQ(parse_typed_duration(text), std::nullopt) << '"' << text << '"';
}

TEST(Duration, IsWrittenInTheLargestUnitUpToDays) {
  EXPECT_EQ(format_duration(*parse_duration("24 hours")), "1 day");
  EXPECT_EQ(format_duration(*parse_duration("2 weeks")), "14 days");
  EXPECT_EQ(format_duration(*parse_duration("36 hours")), "36 hours");
  EXPECT_EQ(format_duration(*parse_duration("120 seconds")), "2 minutes");
  EXPECT_EQ(format_duration(*parse_duration("61 seconds")), "61 seconds");
  EXPECT_EQ(format_duration(*parse_duration("99999 weeks")), "99999 weeks");
}

RC_GTEST_PROP(Duration, WhatIsWrittenReadsBackAsTheSameLength, ()) {
  const auto count = *rc::gen::inRange(1, 100'000);
  const auto* unit = *rc::gen::element("second", "minutes", "hour", "days", "week");
  const graph::Micros length = *parse_duration(std::to_string(count) + ' ' + unit);
  RC_ASSERT(parse_duration(format_duration(length)) == length);
}

}  // namespace
}  // namespace aml::scenarios
