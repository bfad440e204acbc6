// SPDX-License-Identifier: Apache-2.0
// Whose data were erased, as a load recognises them: by keyed hashes, for nobody knows their keys any more. For the sources of this
// folder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/connection.hpp"
#include "store/content_hash.hpp"
#include "store/input_format.hpp"

namespace aml::store {

/// What a column of bronze holds of a person, as aml.personal_columns says.
enum class Personal : std::uint8_t { kNothing, kAccount, kParty, kFact };

/// Thread safety: one thread at a time: what was looked up is remembered.
class ErasedKeys {
 public:
  /// Reads aml.erased_keys and the secret; without the secret nobody is recognised.
  /// Requires: the RunLock is held, so that nobody is erased meanwhile.
  explicit ErasedKeys(Connection& connection);

  /// Nobody was erased: then nothing needs to be looked for.
  bool empty() const { return pseudonyms_.empty(); }

  /// kNothing if nobody was erased.
  Personal held_by(Dataset dataset, std::string_view column) const;

  /// What stands for the account or party; null if it was not erased. The key is as it came in a file. Valid as long as this.
  /// Cost:    two SHA-256 of a short text, mostly saved for keys that come often.
  const std::string* pseudonym(Personal kind, std::string_view key);

  /// A place in a text, and who is named there.
  struct Mention {
    std::size_t begin;
    std::size_t size;
    const std::string* pseudonym;
  };
  /// Where a text that can be anything names accounts or parties that were erased: where their key stands between separators, between
  /// blanks or between what is neither letter nor digit. A key of less than four characters or without a digit is not looked
  /// for: it may be an amount or a word. Nor is one in other capitals, or with blanks inside amid other words.
  std::vector<Mention> mentions(std::string_view text);

  /// The text with pseudonyms for the keys in it.
  std::string without_keys(std::string_view text);

  /// aml.keyed_hash() of bytes. Requires: not empty().
  std::array<char, 32> keyed_hash(std::string_view bytes);

 private:
  struct Remembered {
    Personal kind = Personal::kNothing;
    std::string key;
    const std::string* pseudonym = nullptr;
  };

  const std::string* look_up(Personal kind, std::string_view key);
  const std::string* named(std::string_view word);
  void collect_mentions(std::string_view text, std::string_view part, std::size_t level,
                        std::vector<Mention>& found);

  std::string secret_;
  std::unordered_map<std::string, std::string> pseudonyms_;  // by key_hash
  std::map<std::pair<std::string, std::string>, Personal, std::less<>>
      held_;                            // by table and column
  std::vector<Remembered> remembered_;  // each at the place that its hash gives
  Sha256 inner_;
  Sha256 outer_;
};

}  // namespace aml::store
