// SPDX-License-Identifier: Apache-2.0
// Sorting of key columns by position: what makes a graph independent of the order of its input
// rows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graph/key_column.hpp"

namespace aml::graph {

/// The positions of the keys in key order (compare_keys), equal keys in order of position.
/// Requires: fewer than 2^32 - 1 keys.
/// Cost:     O(k log k) comparisons of mostly 12 bytes, parallel; O(k) if the keys are in order
/// already.
std::vector<std::uint32_t> key_order(const KeyColumn& keys);

/// The same for keys that must be unique.
/// Throws: std::invalid_argument that names a key that repeats; `what` says which key it is
/// ("vertex key").
std::vector<std::uint32_t> unique_key_order(const KeyColumn& keys, std::string_view what);

/// keys[order[0]], keys[order[1]], ...
KeyColumn in_order(const KeyColumn& keys, std::span<const std::uint32_t> order);

/// The rank of every position: ranks[order[i]] = i.
std::vector<std::uint32_t> ranks_of(std::span<const std::uint32_t> order);

/// True if order[i] = i for all i: the keys were in order already.
bool is_identity(std::span<const std::uint32_t> order);

}  // namespace aml::graph
