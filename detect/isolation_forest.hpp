// SPDX-License-Identifier: Apache-2.0
// Isolation forest with the semantics of scikit-learn (see Source), and ways of splitting beyond it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detect/feature_matrix.hpp"
#include "detect/isolation_tree.hpp"

namespace aml::detect {

/// How a node is split. Where each helps and hurts: docs/forest.md, with figures in bench/README.md.
enum class SplitRule : std::uint8_t {
  kRandom,    ///< a random column, a random threshold: the isolation forest proper
  kKurtosis,  ///< columns are drawn in proportion to how heavy their tails are in the tree's sample
  kPooledGain,  ///< the same, and the threshold leaves the least pooled standard deviation. For rare
                ///< anomalies in a few columns; elsewhere it does harm
  kOblique,     ///< a plane of random direction over all columns. For many columns that belong
                ///< together; slower, and it may do harm on few or discrete columns
};

struct IsolationForestParams {
  int trees = 100;        ///< 1..10,000
  int sample_size = 256;  ///< 2..65,536; min(sample_size, rows) rows for each tree
  std::uint64_t seed = 42;
  double max_features = 1;  ///< share of the columns that each tree draws, at least one; in (0, 1]
  bool bootstrap = false;   ///< rows are drawn with replacement; drawn twice, a row counts once
  SplitRule splits = SplitRule::kRandom;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const IsolationForestParams& params);

/// Reasons with a smaller share distract from those above.
inline constexpr double kLeastShareTold = 0.01;

/// A feature that helped to isolate a row.
struct Reason {
  std::size_t column;
  double share;  ///< of all that shortened the row's paths, in (0, 1]
};

/// The features whose contribution to the depth is negative, the strongest first, ties in order of
/// columns. Shape: contributions as IsolationForest::depth_contributions() gives them.
std::vector<Reason> top_reasons(std::span<const double> contributions, std::size_t at_most);

/// Thread safety: immutable; concurrent reads need no lock.
class IsolationForest {
 public:
  /// Fits params.trees trees. A feature that is constant in a node is never chosen while another
  /// varies. A missing value (NaN) says nothing: it neither widens a range nor decides a split, and
  /// its row goes to the child with more rows. Requires: at least 2 rows, 1 to 65,534 columns, no
  /// value infinite. Throws: std::invalid_argument otherwise. Cost: O(trees * sample_size *
  /// log sample_size) and one look at each value; parallel over trees, the same forest for any
  /// number of threads. Source: Liu, Ting, Zhou, ICDM 2008; scikit-learn's variant: threshold
  /// uniform between the node's extremes, depth limit ceil(log2(sample_size)), c(n) by the logarithm
  /// approximation, a bootstrap that counts a row once. Ours differs in that a feature is constant
  /// when min = max, not when max - min <= 1e-7: the forest does not depend on units. Kurtosis and
  /// pooled gain: isotree's weigh_by_kurtosis and prob_pick_pooled_gain = 1. Oblique: Hariri, Kind,
  /// Brunner 2018, fully extended; ours scales a direction by the node's ranges and draws again when
  /// a plane splits nothing.
  static IsolationForest fit(const FeatureView& data, const IsolationForestParams& params);

  /// Requires: complete trees over `columns` columns, grown on sample_size rows each.
  IsolationForest(std::vector<IsolationTree> trees, std::size_t columns, int sample_size);

  /// 2^(-E[h(x)] / c(sample_size)), in (0, 1]: minus the score_samples() of scikit-learn. 0.5 is
  /// ordinary, towards 1 is anomalous. One score for each row. Throws: std::invalid_argument if data
  /// has other columns than the forest was fitted on, or a value is infinite. Cost: O(rows * trees *
  /// depth), parallel over rows; memory beside the result: a tile of rows for each thread.
  std::vector<double> score(const FeatureView& data) const;

  /// Additive reasons of one row: mean_depth() + sum of the result = the row's mean depth, to
  /// rounding. A negative value shortened the path, so it made the row more anomalous. One value
  /// for each column. Throws: std::invalid_argument if the row has another number of columns than
  /// the forest was fitted on. Source: each step of a path credits E[depth | child] - E[depth |
  /// node] to the feature the node splits on; an oblique step credits its features by the size of
  /// their terms.
  std::vector<double> depth_contributions(std::span<const float> row) const;
  double mean_depth() const;  ///< expected depth over the training samples
  double depth(
      std::span<const float> row) const;  ///< mean depth of one row, the E[h(x)] of score()

  /// The depths of one row, summed over the trees, and the score that such a sum means: together the
  /// score() of the row to the last bit. Requires for depth_sum(): a value for each column, none
  /// infinite. Cost: O(trees * depth); many rows are faster with RowScorer (row_scorer.hpp).
  double depth_sum(std::span<const float> row) const;
  double score_of(double depth_sum) const;

  std::span<const IsolationTree> trees() const { return trees_; }
  std::size_t columns() const { return columns_; }
  int sample_size() const { return sample_size_; }

 private:
  void require_columns(std::size_t columns) const;

  std::vector<IsolationTree> trees_;
  std::size_t columns_;
  int sample_size_;
  double normal_depth_;  ///< what an ordinary row's depth_sum() is
};

}  // namespace aml::detect
