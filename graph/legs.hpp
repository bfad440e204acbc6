// SPDX-License-Identifier: Apache-2.0
// What two transfers that follow each other are held against: the time between them and the share
// that is passed on.
#pragma once

#include <cstdint>
#include <limits>

#include "graph/transfer.hpp"

namespace aml::graph {

/// One past the last moment of a window that includes both of its ends; never overflows.
/// Requires: window >= 0.
constexpr Micros end_of_window(Micros start, Micros window) {
  constexpr Micros kLatest = std::numeric_limits<Micros>::max() - 1;
  return (start > kLatest - window ? kLatest : start + window) + 1;
}
/// The first moment of a window that ends at `last`; never overflows. Requires: window >= 0.
constexpr Micros start_of_window(Micros last, Micros window) {
  constexpr Micros kEarliest = std::numeric_limits<Micros>::min();
  return last < kEarliest + window ? kEarliest : last - window;
}

/// How much of one transfer the next one passes on, in thousandths, both ends included: exact,
/// unlike a quotient.
struct PassOn {
  std::int64_t at_least_permille = 0;
  std::int64_t at_most_permille = std::numeric_limits<std::int64_t>::max();

  constexpr bool holds(MinorUnits first, MinorUnits second) const {
    const MinorSum thousandths = static_cast<MinorSum>(second) * 1000;
    return thousandths >= static_cast<MinorSum>(first) * at_least_permille &&
           thousandths <= static_cast<MinorSum>(first) * at_most_permille;
  }
};

}  // namespace aml::graph
