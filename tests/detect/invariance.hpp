// SPDX-License-Identifier: Apache-2.0
// What no detection may depend on.
#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {

/// Requires the same text of the transfers with one thread, with two, and in any order; returns it.
template <typename TextOf>
std::string text_for_any_order_and_threads(const std::vector<oracle::Transfer>& transfers,
                                           TextOf text_of) {
  std::string one_thread = with_threads(1, [&] { return text_of(transfers); });
  RC_ASSERT(with_threads(2, [&] { return text_of(transfers); }) == one_thread);
  std::vector<oracle::Transfer> shuffled;
  for (const std::size_t i : *graph::testing::permutation(transfers.size())) {
    shuffled.push_back(transfers[i]);
  }
  RC_ASSERT(text_of(shuffled) == one_thread);
  return one_thread;
}

}  // namespace aml::detect
