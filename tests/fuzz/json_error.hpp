// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "scenarios/scenario.hpp"

namespace aml::fuzz {

/// The error names the file and, in it, a place that the text has: a line and column, or the
/// pointer of a value or of a key that could stand there.
void expect_error_inside(const scenarios::ScenarioError& error, std::string_view text,
                         std::string_view file);

}  // namespace aml::fuzz
