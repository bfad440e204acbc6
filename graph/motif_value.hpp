// SPDX-License-Identifier: Apache-2.0
// The values that conditions on motifs compute with.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "graph/transfer.hpp"

namespace aml::graph {

/// An exact number: units * 10^-scale. Never a floating-point number.
struct Decimal {
  MinorSum units = 0;
  int scale = 0;
};

/// Throw: std::overflow_error if the result has more than 38 digits.
Decimal operator+(const Decimal& a, const Decimal& b);
Decimal operator-(const Decimal& a);
Decimal operator*(const Decimal& a, const Decimal& b);

std::strong_ordering compare(const Decimal& a, const Decimal& b);

/// The number that plain digits such as "12" or "0.90" say; nullopt for any other text and for more
/// than 38 digits.
std::optional<Decimal> parse_decimal(std::string_view text);
std::string to_string(const Decimal& number);

struct TimePoint {
  MinorSum micros = 0;  ///< since 1970-01-01 UTC
};
struct TimeSpan {
  MinorSum micros = 0;
};

/// The point in time that "2024-02-29", "2024-02-29 13:05" or "2024-02-29T13:05:00.25+01:00" says,
/// UTC if it names no zone; nullopt for any other text.
std::optional<TimePoint> parse_time_point(std::string_view text);
/// The length that "20 days" or "1 day 12 hours" says, in weeks, days, hours, minutes and seconds,
/// each count 0 .. 99999; nullopt for any other text.
std::optional<TimeSpan> parse_time_span(std::string_view text);

/// Null, or a value of one type. Texts are owned by the graph, its properties or the expression.
using Value = std::variant<std::monostate, bool, Decimal, std::string_view, TimePoint, TimeSpan>;
enum class ValueType : std::uint8_t { kNull, kBoolean, kNumber, kText, kTime, kInterval };

inline bool is_null(const Value& value) {
  return value.index() == 0;
}

/// Texts are compared byte by byte, false comes before true.
/// Requires: neither is null, both are of one type.
std::strong_ordering compare(const Value& a, const Value& b);

}  // namespace aml::graph
