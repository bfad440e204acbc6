// SPDX-License-Identifier: Apache-2.0
// How far a word is from the one that was perhaps meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace aml::store {

/// The least number of letters to add, drop or change, and of neighbours to swap, that makes b of a.
/// Cost: time and memory of the product of their lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace aml::store
