// SPDX-License-Identifier: Apache-2.0
// How a tree of an isolation forest is grown.
#pragma once

#include <cstdint>

#include "detect/feature_matrix.hpp"
#include "detect/isolation_forest.hpp"
#include "detect/isolation_tree.hpp"

namespace aml::detect {

/// A tree over its own sample of the rows. The same seed gives the same tree; where every row is
/// sampled the order of the rows does not matter. Requires: params are valid, data are not infinite,
/// params.sample_size <= data.rows(). Cost: O(sample_size * depth), with pooled gain times its
/// logarithm, with oblique splits times the columns.
IsolationTree grow_isolation_tree(const FeatureView& data, const IsolationForestParams& params,
                                  std::uint64_t seed);

}  // namespace aml::detect
