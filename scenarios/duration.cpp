// SPDX-License-Identifier: Apache-2.0
#include "scenarios/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace aml::scenarios {
namespace {

struct Unit {
  std::string_view name;  ///< singular
  graph::Micros length;
};

constexpr graph::Micros kLargestCount = 99'999;
constexpr std::array<Unit, 5> kUnits{{{"second", graph::kMicrosPerSecond},
                                      {"minute", 60 * graph::kMicrosPerSecond},
                                      {"hour", graph::kMicrosPerHour},
                                      {"day", graph::kMicrosPerDay},
                                      {"week", 7 * graph::kMicrosPerDay}}};

std::optional<graph::Micros> unit_length(std::string_view name) {
  if (name.ends_with('s')) name.remove_suffix(1);
  for (const Unit& unit : kUnits)
    if (unit.name == name) return unit.length;
  return std::nullopt;
}

}  // namespace

std::optional<graph::Micros> parse_duration(std::string_view text) {
  graph::Micros count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || text.front() == '0') return std::nullopt;
  if (count < 1 || count > kLargestCount) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(' ')) return std::nullopt;
  const auto length = unit_length(text.substr(1));
  if (!length) return std::nullopt;
  return count * *length;
}

std::optional<graph::Micros> parse_typed_duration(std::string_view text) {
  graph::Micros count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShort{{{"", "second"},
                                                                                 {"s", "second"},
                                                                                 {"m", "minute"},
                                                                                 {"min", "minute"},
                                                                                 {"h", "hour"},
                                                                                 {"d", "day"},
                                                                                 {"w", "week"}}};
  for (const auto& [typed, name] : kShort) {
    if (unit == typed) unit = name;
  }
  const auto length = unit_length(unit);
  if (!length || count < 1 || count > kLargestCount * graph::kMicrosPerDay / *length) {
    return std::nullopt;
  }
  return count * *length;
}

std::string format_duration(graph::Micros duration) {
  const Unit* best = kUnits.data();
  for (const Unit& unit : kUnits) {
    const bool exact = duration % unit.length == 0;
    const bool too_long_in_best = duration / best->length > kLargestCount;
    if (exact && (unit.name != "week" || too_long_in_best)) best = &unit;
  }
  const graph::Micros count = duration / best->length;
  return fmt::format("{} {}{}", count, best->name, count == 1 ? "" : "s");
}

}  // namespace aml::scenarios
