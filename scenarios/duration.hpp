// SPDX-License-Identifier: Apache-2.0
// Lengths of time as scenario files write them: "20 days", "36 hours", "90 minutes".
#pragma once

#include <string>
#include <string_view>

#include "graph/transfer.hpp"

namespace aml::scenarios {

/// A whole number from 1 to 99999, one space, and seconds, minutes, hours, days or weeks (the
/// singular is as good). A day is 24 hours and a week 7 days: windows are lengths of time, not
/// dates of a calendar. Throws: std::invalid_argument with what is expected and a hint, the text
/// itself left out.
graph::Micros parse_duration(std::string_view text);

/// The text that parse_duration() reads as this length, in the largest unit that divides it; "1
/// day", not "24 hours", and days rather than weeks because people compare windows in days.
/// Requires: duration was returned by parse_duration() or is a whole number of seconds below 100000
/// of some unit.
std::string format_duration(graph::Micros duration);

}  // namespace aml::scenarios
