// SPDX-License-Identifier: Apache-2.0
#include "store/column_types.hpp"

#include <algorithm>

#include "store/value_text.hpp"

namespace aml::store {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Digits, of which the first is no zero unless it is the only one.
bool is_whole_number(std::string_view text) {
  return is_digits(text) && (text.front() != '0' || text.size() == 1);
}

}  // namespace

ColumnTypes::Type ColumnTypes::type_of(std::string_view value) {
  if (value == "true" || value == "false") return Type::kBoolean;
  std::string_view magnitude = value;
  if (magnitude.starts_with('-')) magnitude.remove_prefix(1);
  if (is_whole_number(magnitude)) return Type::kInteger;
  const std::size_t point = magnitude.find('.');
  if (point != std::string_view::npos && is_whole_number(magnitude.substr(0, point)) &&
      is_digits(magnitude.substr(point + 1))) {
    return Type::kNumeric;
  }
  constexpr std::size_t kDayLength = 10;  // YYYY-MM-DD
  if (value.size() >= kDayLength && value[4] == '-' && parse_time(value)) {
    return value.size() == kDayLength ? Type::kDate : Type::kTimestamp;
  }
  return Type::kText;
}

ColumnTypes::Type ColumnTypes::common(Type a, Type b) {
  if (a == b || a == Type::kUnknown) return b;
  const auto [low, high] = std::minmax(a, b);
  if (low == Type::kInteger && high == Type::kNumeric) return Type::kNumeric;
  if (low == Type::kDate && high == Type::kTimestamp) return Type::kTimestamp;
  return Type::kText;
}

void ColumnTypes::observe(const Record& record) {
  if (record.defect != LineDefect::kNone || observed_ == kSampleRecords) return;
  ++observed_;
  for (std::size_t i = 0; i < types_.size(); ++i) {
    std::string_view value = record.fields[i];
    const std::size_t first = value.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) continue;
    value = value.substr(first, value.find_last_not_of(" \t\r\n") - first + 1);
    const char begin = record.json.empty() ? '\0' : record.json[i].front();
    const bool is_nested = begin == '{' || begin == '[';
    types_[i] = common(types_[i], is_nested ? Type::kJson : type_of(value));
  }
}

std::vector<std::string> ColumnTypes::names() const {
  constexpr std::string_view kNames[]{"unknown", "integer",     "numeric", "boolean",
                                      "date",    "timestamptz", "json",    "text"};
  std::vector<std::string> names;
  names.reserve(types_.size());
  for (const Type type : types_) names.emplace_back(kNames[static_cast<std::size_t>(type)]);
  return names;
}

}  // namespace aml::store
