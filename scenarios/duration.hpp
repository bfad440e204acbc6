// SPDX-License-Identifier: Apache-2.0
// Lengths of time as scenario files write them: "20 days", "36 hours", "90 minutes".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/transfer.hpp"

namespace aml::scenarios {

/// The length that the text says: a whole number from 1 to 99999, one space, and seconds, minutes,
/// hours, days or weeks (the singular is as good). A day is 24 hours and a week 7 days; months and
/// years are no lengths of time. nullopt for any other text.
std::optional<graph::Micros> parse_duration(std::string_view text);

/// What people type on a command line: also "7d", "36h", "90 min", and a bare number of seconds.
/// nullopt for any other text.
std::optional<graph::Micros> parse_typed_duration(std::string_view text);

/// The text that parse_duration() reads as this length, in the largest unit up to days that divides
/// it, because people compare windows in days; in weeks only if days are too many.
/// Requires: parse_duration() can return this length.
std::string format_duration(graph::Micros duration);

}  // namespace aml::scenarios
