// SPDX-License-Identifier: Apache-2.0
// JSON files that people write: comments allowed; duplicate keys, unknown keys, wrong types and
// values out of range refused, each with its place in the file, what was expected, what stands
// there and a hint. Internal to scenarios/.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aml::scenarios {

using Json = nlohmann::ordered_json;  ///< keeps the keys in the order of the file

/// The content of a file of at most 1 MiB.
/// Throws: ScenarioError if it cannot be read or is larger.
std::string read_text(const std::string& file);

/// Throws: ScenarioError with file, line, column and reason if the text is not JSON with comments;
/// with the JSON pointer if a
///         key stands twice in one object or values are nested deeper than any file of ours.
Json parse_json(std::string_view text, const std::string& file);

/// The same, of a text whose numbers are read as double: one that has more digits than a double keeps is
/// refused with its JSON pointer, as it would be another one.
Json parse_json_exactly(std::string_view text, const std::string& file);

/// `hint` when one of `words` is within a few typing errors of `word`: "  hint: did you mean
/// \"window\"?", else empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

/// A name of lower-case letters, digits and underscores, a letter first, at most 63 long.
bool is_name(std::string_view text);

struct RealRange {
  double low = 0;
  bool low_included = true;
  std::optional<double> high = std::nullopt;  ///< absent: no upper limit
  bool high_included = true;

  bool contains(double value) const;
  std::string text()
      const;  ///< "a number from 0 to 1", "a number above 0 and below 1", "a number above 0"
};

/// One JSON object, read key by key.
class JsonObject {
 public:
  /// Throws: ScenarioError if the value is not an object or has a key that is not among `keys`.
  JsonObject(const Json& value, std::string file, std::string pointer,
             std::span<const std::string_view> keys);

  /// The value of a key, nullptr if it is absent. Requires: the key is one of `keys`.
  const Json* find(std::string_view key) const;

  // Each throws ScenarioError if the key is absent or its value is not what is asked for.
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) const;
  double real(std::string_view key, const RealRange& range) const;
  /// One line of 1 to max_characters characters, no control characters.
  std::string line(std::string_view key, std::size_t max_characters) const;
  /// At most max_items lines, each as line() reads one.
  std::vector<std::string> lines(std::string_view key, std::size_t max_items,
                                 std::size_t max_characters) const;
  /// The members of an object with 1 to max_items, in its order: each key as name() reads one,
  /// each value as line().
  std::vector<std::pair<std::string, std::string>> named_lines(std::string_view key,
                                                               std::size_t max_items,
                                                               std::size_t max_characters) const;
  /// A text that is_name().
  std::string name(std::string_view key) const;
  /// 1 to max_items different names.
  std::vector<std::string> names(std::string_view key, std::size_t max_items) const;
  /// The position of the value among `choices`.
  std::size_t choice(std::string_view key, std::span<const std::string_view> choices) const;
  const Json& array(std::string_view key, std::size_t min_items, std::size_t max_items) const;

  /// Throws: ScenarioError "expected <expected>, got <value>  hint: <hint>" at the key.
  [[noreturn]] void refuse(std::string_view key, std::string_view expected,
                           std::string_view hint = {}) const;
  /// Throws: ScenarioError with the message as it is, at the key.
  [[noreturn]] void fail(std::string_view key, const std::string& message) const;

  std::string pointer(std::string_view key) const;

 private:
  const Json& value_;
  std::string file_;
  std::string pointer_;
};

}  // namespace aml::scenarios
