// SPDX-License-Identifier: Apache-2.0
// Text for HTML: everything that comes from the database passes through here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aml::reports {

/// The text with & < > " ' escaped: safe in elements and in quoted attributes. Control characters
/// become U+FFFD.
std::string escape(std::string_view text);

/// "12345.60" -> "12,345.60". Anything that is not a plain decimal number is returned unchanged.
std::string group_thousands(std::string_view number);
std::string group_thousands(std::int64_t number);

/// "2024-03-01T14:05:00Z" -> "2024-03-01 14:05", without the time when it is midnight. Other texts
/// unchanged.
std::string short_time(std::string_view iso);

/// At most `length` code points, the last one an ellipsis if something was cut.
std::string shortened(std::string_view text, std::size_t length);

}  // namespace aml::reports
