// SPDX-License-Identifier: Apache-2.0
// One JSON object as text: its members, each value exactly as it is written. For the sources of
// this folder only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "store/record_reader.hpp"

namespace aml::store {

/// A text with the escapes of JSON undone wherever they stand, whether it is JSON or not; to look for words in, not to be kept.
std::string without_escapes(std::string_view text);

/// Splits the text of one object into its members. No value passes through a number type: an amount
/// keeps every digit. What is accepted is JSON as RFC 8259 defines it, and PostgreSQL's jsonb takes
/// every value of it without loss: no key twice, no NUL, no half of a surrogate pair, bounded
/// nesting and numbers.
class JsonObject {
 public:
  static constexpr std::size_t kMaxDepth = 64;
  static constexpr std::size_t kMaxNumberLength = 100;  ///< of its text
  static constexpr int kMaxExponent = 200;              ///< of ten, either sign

  struct Member {
    std::string_view key;    ///< its text
    std::string_view value;  ///< as it is written, without the blanks around it
  };

  /// kNone, or why the text is no such object. The members point into the text and into this object
  /// until the next call. Requires: valid UTF-8.
  /// Cost: one pass.
  LineDefect read(std::string_view text);

  /// In the order of the text.
  const std::vector<Member>& members() const { return members_; }

  /// What stands in a column for the value: the text of a string, nothing for null, else the value
  /// as it is written. Valid until the next read().
  std::string_view plain_text(std::string_view value);

 private:
  void skip_blanks();
  bool take(char wanted);
  bool take(std::string_view word);
  bool fail(LineDefect defect);
  bool read_value(std::size_t depth);
  bool read_object(std::size_t depth);
  bool read_array(std::size_t depth);
  bool read_string();
  bool read_escape();
  bool read_number();
  bool read_digits();
  std::string_view unescaped(std::string_view quoted);
  bool has_repeated_key(std::size_t first_key);

  std::string_view text_;
  std::size_t position_ = 0;
  LineDefect defect_ = LineDefect::kNone;
  std::vector<Member> members_;
  std::vector<std::string_view> keys_;  // of the objects that are not finished, outermost first
  std::string unescaped_;               // never longer than the text, so what points into it stays
};

}  // namespace aml::store
