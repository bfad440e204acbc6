// SPDX-License-Identifier: Apache-2.0
// Values of a file that a cast alone turns into what silver holds: nearly all. The server converts
// the others with functions that look at every character and cost ten times as much. For the sources
// of this folder only.
#pragma once

#include <string_view>

namespace aml::store {

/// What aml.trimmed() takes away around a text.
bool is_blank(char c);

/// As aml.trimmed() has it.
std::string_view trimmed(std::string_view value);

/// Nothing to trim: aml.trimmed() gives the same text.
bool is_plain_text(std::string_view value);

/// A plain text that is not empty.
bool is_plain_word(std::string_view value);

/// A plain text of digits and of capitals of ASCII, which upper() leaves as they are.
bool is_plain_code(std::string_view value);

/// PostgreSQL reads it, in the time zone UTC, as the time that aml.try_timestamptz() finds.
bool is_plain_time(std::string_view value);

/// PostgreSQL reads it as the number that aml.try_numeric() finds.
bool is_plain_number(std::string_view value);

}  // namespace aml::store
