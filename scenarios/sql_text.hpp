// SPDX-License-Identifier: Apache-2.0
// Pieces of PostgreSQL text: names and literals that mean what they say whatever is in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/motif_value.hpp"

namespace aml::scenarios {

std::string quoted_name(std::string_view name);         ///< "a ""b"""
std::string quoted_text(std::string_view text);         ///< 'it''s'::text
std::string timestamp_literal(graph::MinorSum micros);  ///< of a point in time, UTC
std::string interval_literal(graph::MinorSum micros);   ///< in hours: days vary in length
std::string null_literal(graph::ValueType type);        ///< NULL::numeric
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace aml::scenarios
