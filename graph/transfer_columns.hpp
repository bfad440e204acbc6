// SPDX-License-Identifier: Apache-2.0
// Transfers as columns, in any order: what a snapshot reader fills and a TransferGraph is built
// from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer.hpp"

namespace aml::graph {

inline constexpr std::size_t kMostTypes = 65'535;

/// Row i of every column belongs to the same transfer.
struct TransferColumns {
  KeyColumn vertex_keys;       ///< external key of each vertex; unique, in any order
  std::vector<Vertex> source;  ///< position in vertex_keys
  std::vector<Vertex> target;  ///< position in vertex_keys
  std::vector<Micros> booked_at;
  std::vector<MinorUnits> amount_minor;  ///< in the base currency
  std::vector<std::uint16_t> type;       ///< position in type_names
  KeyColumn transfer_keys;               ///< external key of each transfer; unique
  std::vector<std::string> type_names;   ///< for example TRANSFER, CASH; at most kMostTypes
};

}  // namespace aml::graph
