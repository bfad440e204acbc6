// SPDX-License-Identifier: Apache-2.0
// The value types of money movement that every other folder shares.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string_view>

namespace aml::graph {

/// Dense index of an account or party in one graph: its position in key order.
using Vertex = std::uint32_t;
/// Dense index of a transfer in one graph: its position in (source, booked_at, transfer key) order.
using Edge = std::uint32_t;
inline constexpr Vertex kNoVertex = std::numeric_limits<Vertex>::max();
inline constexpr Edge kNoEdge = std::numeric_limits<Edge>::max();

/// A point in time or a length of time, in microseconds (points: since 1970-01-01 UTC).
using Micros = std::int64_t;
inline constexpr Micros kMicrosPerSecond = 1'000'000;
inline constexpr Micros kMicrosPerHour = 3600 * kMicrosPerSecond;
inline constexpr Micros kMicrosPerDay = 24 * kMicrosPerHour;

/// Money in minor units of the base currency (cents, for USD). Never a floating-point number.
using MinorUnits = std::int64_t;
/// A sum of money: wide enough for any number of MinorUnits.
__extension__ typedef __int128 MinorSum;  // __extension__: standard C++ has no such type

/// How transfers that follow each other must lie in time.
///   kStrict: each later than the one before
///   kLoose:  never earlier, ties in order of transfer key
///   kNone:   any order
enum class TimeOrder : std::uint8_t { kStrict, kLoose, kNone };

/// The order of external keys: shorter first, then byte by byte, so that 9 < 10 and T9 < T10.
/// It names components and breaks ties in time.
/// In SQL: ORDER BY octet_length(key), key COLLATE "C".
constexpr std::strong_ordering compare_keys(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}
constexpr bool key_less(std::string_view a, std::string_view b) {
  return compare_keys(a, b) < 0;
}

}  // namespace aml::graph
