// SPDX-License-Identifier: Apache-2.0
#include "store/json_object.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace aml::store {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The 16 bits of \uXXXX at the beginning of the text. Requires: the digits are there.
unsigned code_unit(std::string_view escape) {
  unsigned value = 0;
  std::from_chars(escape.data() + 2, escape.data() + 6, value, 16);
  return value;
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      byte(0xE0 | (code >> 12));
    } else {
      byte(0xF0 | (code >> 18));
      byte(0x80 | ((code >> 12) & 0x3F));
    }
    byte(0x80 | ((code >> 6) & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

/// Whether the text begins with \uXXXX.
bool is_code_unit(std::string_view text) {
  return text.size() >= 6 && text.starts_with("\\u") &&
         std::all_of(text.begin() + 2, text.begin() + 6, is_hex_digit);
}

constexpr std::string_view kEscapedLetters = "\"\\/bfnrt";

/// The character of an escape of one letter.
char escaped_letter(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;  // quote, slash, backslash
  }
}

/// Appends what the escape that the text begins with stands for, and returns how long it is. If it is none, the backslash is a character
/// like others.
std::size_t append_escaped(std::string& out, std::string_view text) {
  if (text.size() > 1 && kEscapedLetters.find(text[1]) != std::string_view::npos) {
    out += escaped_letter(text[1]);
    return 2;
  }
  if (!is_code_unit(text)) {
    out += text.front();
    return 1;
  }
  const unsigned unit = code_unit(text);
  const std::string_view behind = text.substr(6);
  if (is_high_surrogate(unit) && is_code_unit(behind) && is_low_surrogate(code_unit(behind))) {
    append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (code_unit(behind) - 0xDC00));
    return 12;
  }
  append_utf8(out, unit);
  return 6;
}

void append_unescaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out.append(text, 0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_escaped(out, text));
  }
}

}  // namespace

std::string without_escapes(std::string_view text) {
  std::string plain;
  append_unescaped(plain, text);
  return plain;
}

LineDefect JsonObject::read(std::string_view text) {
  text_ = text;
  position_ = 0;
  defect_ = LineDefect::kNone;
  members_.clear();
  keys_.clear();
  unescaped_.clear();
  // Each key and each plain_text may be unescaped once.
  unescaped_.reserve(text.size());
  skip_blanks();
  const bool is_object = position_ < text_.size() && text_[position_] == '{' && read_object(1);
  skip_blanks();
  if (is_object && position_ == text_.size()) return LineDefect::kNone;
  members_.clear();
  return defect_ == LineDefect::kNone ? LineDefect::kNotAJsonObject : defect_;
}

std::string_view JsonObject::plain_text(std::string_view value) {
  if (value.empty() || value == "null") return {};
  return value.front() == '"' ? unescaped(value) : value;
}

void JsonObject::skip_blanks() {
  constexpr std::string_view kBlanks = " \t\r\n";
  while (position_ < text_.size() && kBlanks.find(text_[position_]) != std::string_view::npos)
    ++position_;
}

bool JsonObject::take(char wanted) {
  if (position_ == text_.size() || text_[position_] != wanted) return false;
  ++position_;
  return true;
}

bool JsonObject::take(std::string_view word) {
  if (text_.substr(position_, word.size()) != word) return false;
  position_ += word.size();
  return true;
}

bool JsonObject::fail(LineDefect defect) {
  defect_ = defect;
  return false;
}

bool JsonObject::read_value(std::size_t depth) {
  if (position_ == text_.size()) return false;
  switch (text_[position_]) {
    case '{':
      return read_object(depth + 1);
    case '[':
      return read_array(depth + 1);
    case '"':
      return read_string();
    case 't':
      return take("true");
    case 'f':
      return take("false");
    case 'n':
      return take("null");
    default:
      return read_number();
  }
}

bool JsonObject::read_object(std::size_t depth) {
  if (depth > kMaxDepth) return fail(LineDefect::kNestedTooDeeply);
  const std::size_t first_key = keys_.size();
  take('{');
  skip_blanks();
  if (take('}')) return true;
  do {
    skip_blanks();
    const std::size_t key = position_;
    if (!read_string()) return false;
    keys_.push_back(unescaped(text_.substr(key, position_ - key)));
    const std::string_view name = keys_.back();
    skip_blanks();
    if (!take(':')) return false;
    skip_blanks();
    const std::size_t value = position_;
    if (!read_value(depth)) return false;
    if (depth == 1) members_.push_back({name, text_.substr(value, position_ - value)});
    skip_blanks();
  } while (take(','));
  if (!take('}')) return false;
  return !has_repeated_key(first_key) || fail(LineDefect::kRepeatedKey);
}

bool JsonObject::read_array(std::size_t depth) {
  if (depth > kMaxDepth) return fail(LineDefect::kNestedTooDeeply);
  take('[');
  skip_blanks();
  if (take(']')) return true;
  do {
    skip_blanks();
    if (!read_value(depth)) return false;
    skip_blanks();
  } while (take(','));
  return take(']');
}

bool JsonObject::read_string() {
  if (!take('"')) return false;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '\\') {
      if (!read_escape()) return false;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    ++position_;
    if (c == '"') return true;
  }
  return false;
}

bool JsonObject::read_escape() {
  if (position_ + 1 == text_.size()) return false;
  if (kEscapedLetters.find(text_[position_ + 1]) != std::string_view::npos) {
    position_ += 2;
    return true;
  }
  if (!is_code_unit(text_.substr(position_))) return false;
  const unsigned unit = code_unit(text_.substr(position_));
  if (unit == 0) return fail(LineDefect::kNulByte);
  position_ += 6;
  if (is_low_surrogate(unit)) return fail(LineDefect::kInvalidUtf8);
  if (!is_high_surrogate(unit)) return true;
  const std::string_view behind = text_.substr(position_);
  if (!is_code_unit(behind) || !is_low_surrogate(code_unit(behind)))
    return fail(LineDefect::kInvalidUtf8);
  position_ += 6;
  return true;
}

bool JsonObject::read_number() {
  const std::size_t start = position_;
  take('-');
  if (!take('0') && !read_digits()) return false;
  if (take('.') && !read_digits()) return false;
  if (take('e') || take('E')) {
    if (!take('-')) take('+');
    const std::size_t exponent = position_;
    if (!read_digits()) return false;
    int value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + exponent, text_.data() + position_, value);
    if (error != std::errc() || value > kMaxExponent) return fail(LineDefect::kNumberTooLong);
  }
  return position_ - start <= kMaxNumberLength || fail(LineDefect::kNumberTooLong);
}

bool JsonObject::read_digits() {
  const std::size_t start = position_;
  while (position_ < text_.size() && is_digit(text_[position_])) ++position_;
  return position_ > start;
}

/// The text of a string that read_string accepted.
std::string_view JsonObject::unescaped(std::string_view quoted) {
  quoted = quoted.substr(1, quoted.size() - 2);
  if (quoted.find('\\') == std::string_view::npos) return quoted;
  const std::size_t start = unescaped_.size();
  append_unescaped(unescaped_, quoted);
  assert(unescaped_.size() <= text_.size());
  return std::string_view(unescaped_).substr(start);
}

/// Whether two keys of the object that began with this one are the same; takes its keys off.
bool JsonObject::has_repeated_key(std::size_t first_key) {
  const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(first_key);
  std::sort(first, keys_.end());
  const bool is_repeated = std::adjacent_find(first, keys_.end()) != keys_.end();
  keys_.erase(first, keys_.end());
  return is_repeated;
}

}  // namespace aml::store
