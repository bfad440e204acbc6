// SPDX-License-Identifier: Apache-2.0
// Times and decimal numbers as files write them, read exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "graph/transfer.hpp"

namespace aml::store {

/// A point in time: ISO 8601 (2024-03-01, 2024-03-01T12:30, 2024-03-01 12:30:15.25+01:00; UTC if it
/// names no zone) or seconds since 1970-01-01 UTC, both to the microsecond. nullopt for any other
/// text, for zones beyond 14 hours, for finer fractions and for seconds outside the years 1 .. 9999.
std::optional<graph::Micros> parse_time(std::string_view text);

/// "2024-03-01 12:30:15.250000+00": what PostgreSQL reads as this time.
std::string time_text(graph::Micros at);

inline constexpr int kMostDecimals = 18;  ///< 10^18 is the largest power of ten in 64 bits

/// mantissa * 10^-decimals
struct Decimal {
  std::int64_t mantissa = 0;
  int decimals = 0;  ///< 0 .. kMostDecimals
};

/// "12.50", "-3", "+.5": no exponent, no separators. nullopt for any other text and for more digits
/// than fit, more than kMostDecimals after the point among them. The decimals are those that are
/// written, zeros at the end included.
std::optional<Decimal> parse_decimal(std::string_view text);

/// The shortest text that reads back as the same number, without an exponent if it is whole and
/// below 2^53: what numeric, double precision and bigint read. Requires: finite.
std::string number_text(double number);

/// The number with exactly this many decimals. nullopt if it does not fit or would lose digits.
std::optional<std::int64_t> rescaled(Decimal number, int decimals);

}  // namespace aml::store
