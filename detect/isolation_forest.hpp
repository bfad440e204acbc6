// SPDX-License-Identifier: Apache-2.0
// Isolation forest with the semantics of scikit-learn 1.2 (see Source).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detect/features.hpp"

namespace aml::detect {

struct IsolationForestParams {
  int trees = 100;  ///< 1..10,000
  int sample_size =
      256;  ///< 2..65,536; min(sample_size, rows) rows without replacement for each tree
  std::uint64_t seed = 42;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const IsolationForestParams& params);

/// Thread safety: immutable after fit(); concurrent reads need no lock.
class IsolationForest {
 public:
  /// Fits params.trees trees. A feature that is constant in a node is never chosen while another
  /// varies. Requires: at least 2 rows, at least 1 column, every value finite. Throws:
  /// std::invalid_argument otherwise. Cost:     O(trees * sample_size * log sample_size); parallel
  /// over trees, the same forest for any number of threads. Source:   Liu, Ting, Zhou, ICDM 2008;
  /// scikit-learn's variant: threshold uniform in (min, max) of the node,
  ///           depth limit ceil(log2(sample_size)), c(n) by the logarithm approximation. Ours
  ///           differs in that a feature is constant when min = max, not when max - min <= 1e-7:
  ///           the forest does not depend on units.
  static IsolationForest fit(const FeatureMatrix& data, const IsolationForestParams& params);

  /// 2^(-E[h(x)] / c(sample_size)), in (0, 1]; 0.5 is ordinary, towards 1 is anomalous. One score
  /// for each row. Throws: std::invalid_argument if data has other columns than the forest was
  /// fitted on, or a value is not finite. Cost:   O(rows * trees * depth), parallel over rows.
  std::vector<double> score(const FeatureMatrix& data) const;

  /// Additive reasons of one row: mean_depth() + sum of the result = the row's mean depth, to
  /// rounding. A negative value shortened the path, so it made the row more anomalous. One value
  /// for each column. Throws: std::invalid_argument if the row has another number of columns than
  /// the forest was fitted on. Source: each step of a path credits E[depth | child] - E[depth |
  /// node] to the feature the node splits on.
  std::vector<double> depth_contributions(std::span<const float> row) const;
  double mean_depth() const;  ///< expected depth over the training samples
  double depth(
      std::span<const float> row) const;  ///< mean depth of one row, the E[h(x)] of score()

  int trees() const { return static_cast<int>(roots_.size()); }
  int sample_size() const { return sample_size_; }

 private:
  friend class IsolationTreeBuilder;
  struct Node {
    std::int32_t feature = -1;  ///< -1: leaf
    float threshold = 0;        ///< x[feature] <= threshold goes left
    std::int32_t left = 0;      ///< children are left and left + 1
    double expected_depth = 0;  ///< leaf: depth + c(rows); inner: row-weighted mean of the children
  };
  const Node& child(const Node& node, const float* row) const;
  const Node& leaf(std::int32_t root, const float* row) const;
  void require_columns(std::size_t columns) const;

  std::vector<Node> nodes_;  ///< tree after tree
  std::vector<std::int32_t> roots_;
  int sample_size_ = 0;
  std::size_t columns_ = 0;
};

/// The mean depth of an unsuccessful search among n rows: 0, 1 for n = 2, else 2(ln(n-1) + gamma) -
/// 2(n-1)/n.
double average_path_length(double n);

}  // namespace aml::detect
