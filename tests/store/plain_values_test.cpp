// SPDX-License-Identifier: Apache-2.0
#include "store/plain_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/test_database.hpp"

namespace aml::store {
namespace {

/// Texts a few changes away from the given ones that `is_plain` calls plain, joined by '|'.
std::string plain_neighbours(const std::vector<std::string>& texts, std::string_view characters,
                             bool (*is_plain)(std::string_view)) {
  std::mt19937 random(20240229);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  std::set<std::string> found;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = texts[below(texts.size())];
    for (std::size_t changes = below(4); changes > 0 && !text.empty(); --changes) {
      const std::size_t place = below(text.size());
      const char character = characters[below(characters.size())];
      switch (below(3)) {
        case 0:
          text[place] = character;
          break;
        case 1:
          text.insert(place, 1, character);
          break;
        default:
          text.erase(place, 1);
      }
    }
    if (is_plain(text)) found.insert(text);
  }
  EXPECT_GT(found.size(), 500U);
  return fmt::format("{}", fmt::join(found, "|"));
}

TEST(PlainValues, AreReadByACastAsTheFunctionsReadThem) {
  const test::TestDatabase database;
  const auto misread = [&](const std::string& plain, const std::string& function,
                           const std::string& type) {
    return database.query(fmt::format(
        "SELECT text FROM unnest(string_to_array($plain${}$plain$, '|')) AS text WHERE CASE WHEN "
        "{}(aml.trimmed(text)) IS NULL THEN true ELSE text::{} <> {}(aml.trimmed(text)) END",
        plain, function, type, function));
  };
  const std::vector<std::string> times{"2024-02-29",
                                       "2024-02-29 23:59",
                                       "2024-12-31T23:59:59Z",
                                       "0001-01-01T00:00:00.123456+14:00",
                                       "9999-12-31 23:59:59.9-0130",
                                       "1900-02-28T10:00+05"};
  EXPECT_EQ(misread(plain_neighbours(times, "0123456789-:.+TZ /tz", is_plain_time),
                    "aml.try_timestamptz", "timestamptz"),
            "");
  const std::vector<std::string> numbers{"0", "-1.50", "+12.345", "00012345678901234567890.1"};
  EXPECT_EQ(misread(plain_neighbours(numbers, "0123456789.+-eE,x_N ", is_plain_number),
                    "aml.try_numeric", "numeric"),
            "");
  const std::vector<std::string> words{"USD", "A1", "Transfer", " a b "};
  EXPECT_EQ(misread(plain_neighbours(words, "ABZaz019 \t\r\n", is_plain_code), "upper", "text"),
            "");
  EXPECT_EQ(misread(plain_neighbours(words, "ABZaz019 \t\r\n", is_plain_word), "", "text"), "");
}

}  // namespace
}  // namespace aml::store
