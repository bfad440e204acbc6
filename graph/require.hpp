// SPDX-License-Identifier: Apache-2.0
// How a parameter or a column is refused.
#pragma once

#include <stdexcept>
#include <string>

namespace aml::graph {

/// Throws: std::invalid_argument with the message unless the condition holds.
inline void require(bool holds, const std::string& message) {
  if (!holds) throw std::invalid_argument(message);
}

}  // namespace aml::graph
