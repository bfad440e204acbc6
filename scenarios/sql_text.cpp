// SPDX-License-Identifier: Apache-2.0
#include "scenarios/sql_text.hpp"

#include <fmt/format.h>

#include <chrono>

namespace aml::scenarios {
namespace {

std::string between_quotes(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

/// "05:30:00.250000" of a length of at least zero.
std::string clock_text(graph::MinorSum micros) {
  const auto seconds = static_cast<std::int64_t>(micros / graph::kMicrosPerSecond);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     static_cast<std::int64_t>(micros % graph::kMicrosPerSecond));
}

}  // namespace

std::string quoted_name(std::string_view name) {
  return between_quotes(name, '"');
}

std::string quoted_text(std::string_view text) {
  // A backslash means itself only while standard_conforming_strings is on; E'' says so itself.
  if (text.find('\\') == std::string_view::npos) return between_quotes(text, '\'') + "::text";
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') escaped += c;
    escaped += c;
  }
  return "E" + between_quotes(escaped, '\'') + "::text";
}

std::string timestamp_literal(graph::MinorSum micros) {
  graph::MinorSum day = micros / graph::kMicrosPerDay;
  if (micros % graph::kMicrosPerDay < 0) --day;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(day)))};
  const int year = static_cast<int>(date.year());
  return fmt::format("timestamptz '{:04}-{:02}-{:02} {}+00{}'", year > 0 ? year : 1 - year,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock_text(micros - day * graph::kMicrosPerDay), year > 0 ? "" : " BC");
}

std::string interval_literal(graph::MinorSum micros) {
  return "interval '" + clock_text(micros) + "'";
}

std::string null_literal(graph::ValueType type) {
  switch (type) {
    case graph::ValueType::kNumber:
      return "NULL::numeric";
    case graph::ValueType::kText:
      return "NULL::text";
    case graph::ValueType::kTime:
      return "NULL::timestamptz";
    case graph::ValueType::kInterval:
      return "NULL::interval";
    case graph::ValueType::kNull:
    case graph::ValueType::kBoolean:
      break;
  }
  return "NULL::boolean";
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

}  // namespace aml::scenarios
