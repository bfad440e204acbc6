// SPDX-License-Identifier: Apache-2.0
#include "reports/html.hpp"

#include <algorithm>

namespace aml::reports {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20U && c != '\n' && c != '\t') {
          result += "\xEF\xBF\xBD";
        } else {
          result += c;
        }
    }
  }
  return result;
}

std::string group_thousands(std::string_view number) {
  const std::size_t first = number.starts_with('-') ? 1 : 0;
  const std::size_t point = std::min(number.find('.'), number.size());
  const bool plain =
      point > first && std::all_of(number.begin() + static_cast<std::ptrdiff_t>(first),
                                   number.begin() + static_cast<std::ptrdiff_t>(point), is_digit);
  std::string result(number);
  if (!plain) return result;
  for (std::size_t i = point; i > first + 3;) {
    i -= 3;
    result.insert(i, ",");
  }
  return result;
}

std::string group_thousands(std::int64_t number) {
  return group_thousands(std::to_string(number));
}

std::string short_time(std::string_view iso) {
  if (iso.size() < 20 || iso[10] != 'T') return std::string(iso);
  const auto time = iso.substr(11, 8);
  std::string result(iso.substr(0, 10));
  if (time != "00:00:00") result += " " + std::string(time.substr(0, 5));
  return result;
}

std::string shortened(std::string_view text, std::size_t length) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_code_point(text[i]) && ++seen > length) {
      std::size_t end = i;
      do {
        --end;
      } while (end > 0 && !starts_code_point(text[end]));
      return std::string(text.substr(0, end)) + "\xE2\x80\xA6";
    }
  }
  return std::string(text);
}

}  // namespace aml::reports
