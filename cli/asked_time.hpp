// SPDX-License-Identifier: Apache-2.0
// The times and versions of the data that options ask for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graph/transfer.hpp"
#include "store/connection.hpp"

namespace aml::cli {

/// A day from its first to its last microsecond, or a moment.
struct AskedTime {
  graph::Micros from = 0;
  graph::Micros until = 0;
};
/// Throws: std::invalid_argument with the option if the text is neither a day nor a time.
AskedTime asked_time(const char* option, const std::string& text);

/// "As of" a day is as of its end. Throws: std::invalid_argument for what is no time.
std::optional<graph::Micros> as_of_time(const std::optional<std::string>& text);

/// The version that `option` asks for by its number or by a time, a day as of its end. Throws: std::invalid_argument for what is neither,
/// and for a number that the newest version has not reached.
std::int64_t asked_version(store::Connection& connection, const char* option,
                           const std::string& text);

}  // namespace aml::cli
