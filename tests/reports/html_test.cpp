// SPDX-License-Identifier: Apache-2.0
#include "reports/html.hpp"

#include <gtest/gtest.h>

namespace aml::reports {
namespace {

TEST(Html, EscapesEverythingThatCouldEndATextOrAnAttribute) {
  EXPECT_EQ(escape("<script>\"&'"), "&lt;script&gt;&quot;&amp;&#39;");
  EXPECT_EQ(escape(std::string("a\x01z", 3)), "a\xEF\xBF\xBDz");
  EXPECT_EQ(escape("Zürich\n"), "Zürich\n");
}

TEST(Html, GroupsThousandsOfPlainNumbersOnly) {
  EXPECT_EQ(group_thousands("1234567.50"), "1,234,567.50");
  EXPECT_EQ(group_thousands("-1234"), "-1,234");
  EXPECT_EQ(group_thousands("123"), "123");
  EXPECT_EQ(group_thousands("-123"), "-123");
  EXPECT_EQ(group_thousands("C1234"), "C1234");
  EXPECT_EQ(group_thousands("2024-03-01T00:00:00Z"), "2024-03-01T00:00:00Z");
  EXPECT_EQ(group_thousands(""), "");
}

TEST(Html, ShortTimeLeavesOutMidnight) {
  EXPECT_EQ(short_time("2024-03-01T14:05:09Z"), "2024-03-01 14:05");
  EXPECT_EQ(short_time("2024-03-01T00:00:00Z"), "2024-03-01");
  EXPECT_EQ(short_time(""), "");
  EXPECT_EQ(short_time("no time"), "no time");
}

TEST(Html, ShortensByCodePointsNotBytes) {
  EXPECT_EQ(shortened("Zürich", 6), "Zürich");
  EXPECT_EQ(shortened("Zürichsee", 6), "Züric…");
  EXPECT_EQ(shortened("", 3), "");
}

}  // namespace
}  // namespace aml::reports
