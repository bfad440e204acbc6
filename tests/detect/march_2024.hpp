// SPDX-License-Identifier: Apache-2.0
// The time in which most written-down transfers happen.
#pragma once

#include "graph/transfer.hpp"

namespace aml::detect {

inline constexpr graph::Micros kMarch2024 = 1'709'251'200 * graph::kMicrosPerSecond;

/// Midnight of the given day, counted from 1 March 2024.
constexpr graph::Micros march(int number) {
  return kMarch2024 + (number - 1) * graph::kMicrosPerDay;
}

}  // namespace aml::detect
