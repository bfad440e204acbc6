// SPDX-License-Identifier: Apache-2.0
#include "store/plain_values.hpp"

#include <algorithm>

#include "graph/motif_value.hpp"

namespace aml::store {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  return value;
}

bool is_plain_text(std::string_view value) {
  return value.empty() || (!is_blank(value.front()) && !is_blank(value.back()));
}

bool is_plain_word(std::string_view value) {
  return !value.empty() && is_plain_text(value);
}

bool is_plain_code(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); });
}

bool is_plain_time(std::string_view value) {
  return graph::parse_time_point(value).has_value();
}

bool is_plain_number(std::string_view value) {
  constexpr std::size_t kMostCharacters = 1000;  // as aml.try_numeric()
  if (value.size() > kMostCharacters) return false;
  if (value.starts_with('-') || value.starts_with('+')) value.remove_prefix(1);
  const std::size_t point = value.find('.');
  const auto is_digits = [](std::string_view digits) {
    return !digits.empty() && std::ranges::all_of(digits, is_digit);
  };
  return is_digits(value.substr(0, point)) &&
         (point == std::string_view::npos || is_digits(value.substr(point + 1)));
}

}  // namespace aml::store
