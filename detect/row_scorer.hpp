// SPDX-License-Identifier: Apache-2.0
// Scores of an isolation forest for rows that come one at a time.
//
// IsolationForest::score() gains its speed from many rows that walk one tree side by side. Here many
// trees are walked by one row side by side, in a copy of the forest that is made for it: all nodes in
// one array, the upper levels of a tree together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detect/isolation_forest.hpp"

namespace aml::detect {

/// Thread safety: immutable; concurrent reads need no lock. Uses no threads itself.
class RowScorer {
 public:
  /// Requires: the forest outlives it. Cost: linear, memory about that of the forest.
  explicit RowScorer(const IsolationForest& forest);

  /// The score of the row, IsolationForest::score() to the last bit. Requires: a value for each
  /// column, none infinite. Cost: O(trees * depth); several times that if a value is missing or the
  /// splits are oblique.
  double score(std::span<const float> row) const;

 private:
  struct Node {
    float threshold;     ///< a leaf has infinity
    std::uint32_t left;  ///< children are left and left + 1; a leaf has itself
    std::uint32_t column;
  };

  double depth_sum(const float* row) const;

  const IsolationForest& forest_;
  std::vector<Node> nodes_;           ///< of all trees; none if the splits are oblique
  std::vector<double> depth_;         ///< of each node that is a leaf
  std::vector<std::uint32_t> roots_;  ///< filled up with empty trees to whole groups
  std::vector<std::uint32_t> steps_;  ///< of each group: to its deepest leaf
};

}  // namespace aml::detect
