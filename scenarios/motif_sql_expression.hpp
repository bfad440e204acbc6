// SPDX-License-Identifier: Apache-2.0
// Conditions on motifs as PostgreSQL expressions.
#pragma once

#include <functional>
#include <string>

#include "graph/motif_expression.hpp"

namespace aml::scenarios {

/// The text of a checked expression that means the same. leaf() gives the text of columns,
/// elements and aggregates.
std::string sql_expression(const graph::Expression& expression,
                           const std::function<std::string(const graph::Expression&)>& leaf);

}  // namespace aml::scenarios
