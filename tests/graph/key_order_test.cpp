// SPDX-License-Identifier: Apache-2.0
#include "graph/key_order.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

#include "graph/transfer.hpp"

namespace aml::graph {
namespace {

KeyColumn column_of(const std::vector<std::string>& keys) {
  KeyColumn column;
  for (const std::string& key : keys) column.push_back(key);
  return column;
}

std::vector<std::string> sorted(const std::vector<std::string>& keys) {
  const KeyColumn column = column_of(keys);
  const KeyColumn ordered = in_order(column, key_order(column));
  std::vector<std::string> result;
  for (std::size_t i = 0; i < ordered.size(); ++i) result.emplace_back(ordered[i]);
  return result;
}

TEST(KeyOrder, ShorterKeysComeFirstAndBytesDecideAmongEquallyLong) {
  EXPECT_EQ(sorted({"10", "9", "A", "T10", "T9", ""}),
            (std::vector<std::string>{"", "9", "A", "10", "T9", "T10"}));
}

TEST(KeyOrder, BytesAreComparedUnsigned) {
  EXPECT_EQ(sorted({"\xc3\xa9", "zz"}), (std::vector<std::string>{"zz", "\xc3\xa9"}));
}

TEST(KeyOrder, KeysThatDifferOnlyBeyondEightBytesAfterTheirSharedPrefixAreTold) {
  const std::string shared = "account-0000000000-";
  EXPECT_EQ(
      sorted({shared + "12345678b", shared + "12345678a", shared + "02345678z"}),
      (std::vector<std::string>{shared + "02345678z", shared + "12345678a", shared + "12345678b"}));
}

TEST(KeyOrder, EqualKeysKeepTheirOrder) {
  EXPECT_EQ(key_order(column_of({"b", "a", "b", "a"})), (std::vector<std::uint32_t>{1, 3, 0, 2}));
}

TEST(KeyOrder, RepeatedKeyIsNamed) {
  EXPECT_EQ(unique_key_order(column_of({"b", "a"}), "party key"),
            (std::vector<std::uint32_t>{1, 0}));
  try {
    unique_key_order(column_of({"x", "b", "a", "b"}), "party key");
    FAIL() << "a repeated key was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "party key 'b' repeats (rows 1 and 3)");
  }
}

TEST(KeyOrder, EmptyColumnHasAnEmptyOrder) {
  EXPECT_TRUE(key_order(KeyColumn()).empty());
}

TEST(KeyOrder, RanksInvertTheOrder) {
  EXPECT_EQ(ranks_of(std::vector<std::uint32_t>{2, 0, 1}), (std::vector<std::uint32_t>{1, 2, 0}));
}

RC_GTEST_PROP(KeyOrder, AgreesWithAStableSortByCompareKeys, ()) {
  // Few letters, so that shared prefixes and repetitions are frequent.
  const auto keys = *rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab\xff"))));
  std::vector<std::uint32_t> expected(keys.size());
  for (std::uint32_t i = 0; i < expected.size(); ++i) expected[i] = i;
  std::ranges::stable_sort(expected, key_less, [&](std::uint32_t i) { return keys[i]; });
  RC_ASSERT(key_order(column_of(keys)) == expected);
}

}  // namespace
}  // namespace aml::graph
