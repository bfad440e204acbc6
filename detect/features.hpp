// SPDX-License-Identifier: Apache-2.0
// What an account does, as numbers.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct FeatureDefinition {
  std::string_view name;         ///< snake_case, for example "out_in_ratio"
  std::string_view unit;         ///< for example "transfers", "share", "base currency", "hours"
  std::string_view description;  ///< one sentence, also read by docs and SQL comments
};

/// The features in the order of the columns of account_features().
std::span<const FeatureDefinition> feature_definitions();

/// Shape: row-major, num_vertices x feature_definitions().size(), finite.
struct FeatureMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;
  std::span<const float> row(std::size_t i) const { return std::span(values).subspan(i * columns, columns); }
};

/// The features of every vertex of the graph, over all its transfers; self-loops do not count.
/// Cost: one pass over out- and in-edges, parallel over vertices; the same result for any number of threads.
FeatureMatrix account_features(const graph::TransferGraph& graph, int base_currency_exponent);

}  // namespace aml::detect
