// SPDX-License-Identifier: Apache-2.0
#include "store/key_index.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <string>
#include <vector>

namespace aml::store {
namespace {

graph::KeyColumn column_of(const std::vector<std::string>& keys) {
  graph::KeyColumn column;
  for (const auto& key : keys) column.push_back(key);
  return column;
}

TEST(KeyIndex, OfNoKeysFindsNothing) {
  const graph::KeyColumn keys;
  const KeyIndex index(keys);
  EXPECT_EQ(index.find("A"), graph::kNoVertex);
  EXPECT_EQ(index.find(""), graph::kNoVertex);
}

TEST(KeyIndex, TellsKeysOfEveryLengthApart) {
  std::vector<std::string> keys;
  for (std::size_t length = 0; length <= 40; ++length) {
    for (std::size_t different = 0; different < length; ++different) {
      keys.emplace_back(length, 'x');
      keys.back()[different] = 'y';
    }
    keys.emplace_back(length, 'x');
  }
  const auto column = column_of(keys);
  const KeyIndex index(column);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(index.find(keys[i]), i) << keys[i];
  EXPECT_EQ(index.find(std::string(41, 'x')), graph::kNoVertex);
  EXPECT_EQ(index.find(std::string("\0", 1)), graph::kNoVertex);
}

TEST(KeyIndex, FindsKeysThatAreAppendedOneByOne) {
  graph::KeyColumn keys;
  KeyIndex index(keys);
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string key = "account " + std::to_string(i);
    EXPECT_EQ(index.find(key), graph::kNoVertex);
    keys.push_back(key);
    index.add_last();
    for (std::size_t known = 0; known <= i; ++known) {
      ASSERT_EQ(index.find("account " + std::to_string(known)), known);
    }
  }
}

TEST(KeyIndex, FindsWhatALinearSearchFindsAloneAndInBatches) {
  EXPECT_TRUE(rc::check([] {
    // Few letters, so that many keys are prefixes of each other and many look-ups succeed.
    const auto short_text = rc::gen::container<std::string>(rc::gen::element('a', 'b', '\0'));
    const auto unique = *rc::gen::container<std::set<std::string>>(short_text);
    const std::vector<std::string> keys(unique.begin(), unique.end());
    auto wanted = *rc::gen::container<std::vector<std::string>>(short_text);
    wanted.insert(wanted.end(), keys.begin(), keys.end());
    wanted.resize(std::min(wanted.size(), KeyIndex::kBatch));
    const auto column = column_of(keys);
    const KeyIndex index(column);
    const std::vector<std::string_view> views(wanted.begin(), wanted.end());
    std::vector<graph::Vertex> found(wanted.size());
    index.find_all(views, found);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto at = std::find(keys.begin(), keys.end(), wanted[i]);
      const auto expected =
          at == keys.end() ? graph::kNoVertex : static_cast<graph::Vertex>(at - keys.begin());
      RC_ASSERT(found[i] == expected);
      RC_ASSERT(index.find(wanted[i]) == expected);
    }
  }));
}

}  // namespace
}  // namespace aml::store
