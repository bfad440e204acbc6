// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_tree_growth.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "detect/random.hpp"

namespace aml::detect {
namespace {

/// A plane through a random point of a node's box may leave all rows on one side; after so many the
/// node is split on one column.
constexpr int kObliqueAttempts = 10;

using Rows = std::span<std::uint32_t>;

/// `count` different rows out of `rows`, each set equally likely (Floyd's algorithm): no pass over
/// all rows.
std::vector<std::size_t> distinct_rows(std::size_t rows, std::size_t count, Random& random) {
  std::vector<std::size_t> sample;
  sample.reserve(count);
  std::unordered_set<std::size_t> taken;
  taken.reserve(count);
  for (std::size_t last = rows - count; last < rows; ++last) {
    const std::size_t candidate = random.below(last + 1);
    sample.push_back(taken.insert(candidate).second ? candidate : last);
    taken.insert(sample.back());
  }
  return sample;
}

/// Drawn with replacement; a row that is drawn twice counts once, as in scikit-learn, whose trees
/// see the number of draws only as a weight.
std::vector<std::size_t> bootstrap_rows(std::size_t rows, std::size_t count, Random& random) {
  std::vector<std::size_t> sample(count);
  for (std::size_t& row : sample) row = random.below(rows);
  std::ranges::sort(sample);
  sample.erase(std::ranges::unique(sample).begin(), sample.end());
  return sample;
}

/// The largest float that is not above the value: x <= result exactly if x <= value, for any float
/// x.
float float_below(double value) {
  const auto nearest = static_cast<float>(value);
  return nearest > value ? std::nextafter(nearest, std::numeric_limits<float>::lowest()) : nearest;
}

/// How heavy the tails of values are: fourth central moment over squared variance; 0 if constant.
double kurtosis(std::span<const float> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double second = 0;
  double fourth = 0;
  for (const float value : values) {
    const double square = (value - mean) * (value - mean);
    second += square;
    fourth += square * square;
  }
  return second > 0 ? count * fourth / (second * second) : 0;
}

/// For each i the standard deviation of values[0..i] times their number.
std::vector<double> running_spread(std::span<const float> values) {
  std::vector<double> spread;
  spread.reserve(values.size());
  double mean = 0;
  double squares = 0;  // Welford: sum of squared distances from the mean
  for (const float value : values) {
    const double count = static_cast<double>(spread.size()) + 1;
    const double distance = value - mean;
    mean += distance / count;
    squares += distance * (value - mean);
    spread.push_back(std::sqrt(squares * count));
  }
  return spread;
}

/// The threshold whose two sides have the least standard deviation, weighted by their rows.
/// Requires: values ascend and are not all equal.
float pooled_gain_threshold(std::vector<float>& values) {
  const std::vector<double> below = running_spread(values);
  std::vector<float> descending(values.rbegin(), values.rend());
  const std::vector<double> above = running_spread(descending);
  double least = std::numeric_limits<double>::infinity();
  float threshold = values.front();
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    const double spread = below[i] + above[values.size() - 2 - i];
    if (values[i] == values[i + 1] || spread >= least) continue;
    least = spread;
    threshold = float_below(std::midpoint(double{values[i]}, double{values[i + 1]}));
  }
  return threshold;
}

/// Grows one tree over its own copy of the sampled rows.
class TreeGrower {
 public:
  TreeGrower(const FeatureView& data, const IsolationForestParams& params, std::uint64_t seed)
      : random_(seed),
        splits_(params.splits),
        columns_(data.columns()),
        depth_limit_(depth_limit(params.sample_size)) {
    const auto count = static_cast<std::size_t>(params.sample_size);
    const auto sample = params.bootstrap ? bootstrap_rows(data.rows(), count, random_)
                                         : distinct_rows(data.rows(), count, random_);
    values_.reserve(sample.size() * columns_);
    for (const std::size_t row : sample) {
      for (std::size_t column = 0; column < columns_; ++column) {
        values_.push_back(data.at(row, column));
      }
    }
    rows_.resize(sample.size());
    std::iota(rows_.begin(), rows_.end(), 0U);
    draw_tree_columns(params.max_features);
    if (splits_ == SplitRule::kKurtosis || splits_ == SplitRule::kPooledGain) weigh_columns();
  }

  IsolationTree grow() {
    grow(tree_.add_leaf(), rows_, 0);
    if (splits_ == SplitRule::kOblique) {
      tree_.first_term.resize(tree_.nodes.size());
      tree_.term_count.resize(tree_.nodes.size());
    }
    tree_.complete();
    return std::move(tree_);
  }

 private:
  struct Range {
    std::uint16_t column = 0;
    float low = std::numeric_limits<float>::max();
    float high = std::numeric_limits<float>::lowest();

    bool varies() const { return low < high; }
  };

  void grow(std::uint32_t node, Rows rows, int depth) {
    std::optional<std::size_t> left_rows;
    if (depth < depth_limit_ && rows.size() > 1) {
      left_rows = splits_ == SplitRule::kOblique ? split_obliquely(node, rows)
                                                 : split_on_column(node, rows);
    }
    if (!left_rows) {
      tree_.rows[node] = static_cast<std::uint32_t>(rows.size());
      return;
    }
    const std::uint32_t left = tree_.nodes[node].left;
    grow(left, rows.first(*left_rows), depth + 1);
    grow(left + 1, rows.subspan(*left_rows), depth + 1);
  }

  /// Splits the node and puts the rows of its left child first. Returns: how many these are;
  /// nullopt if all rows are equal.
  std::optional<std::size_t> split_on_column(std::uint32_t node, Rows rows) {
    const auto range = draw_varying_column(rows);
    if (!range) return std::nullopt;
    const float threshold = splits_ == SplitRule::kPooledGain
                                ? gain_threshold(rows, range->column)
                                : threshold_between(range->low, range->high);
    tree_.split(node, range->column, threshold);
    return partition(rows, threshold, [&](std::uint32_t row) { return value(row, range->column); });
  }

  /// Puts the rows first whose value is not above the threshold. Rows without a value go with the
  /// larger part of the others, to the left if both are equal.
  template <typename Value>
  static std::size_t partition(Rows rows, float threshold, const Value& value_of) {
    const auto missing = std::partition(
        rows.begin(), rows.end(), [&](std::uint32_t row) { return !std::isnan(value_of(row)); });
    const auto middle = std::partition(
        rows.begin(), missing, [&](std::uint32_t row) { return value_of(row) <= threshold; });
    const bool missing_goes_right = missing - middle > middle - rows.begin();
    const auto left_end = missing_goes_right ? middle : std::rotate(middle, missing, rows.end());
    return static_cast<std::size_t>(left_end - rows.begin());
  }

  /// The columns that the tree may use. No number is drawn where it may use all.
  void draw_tree_columns(double share) {
    tree_columns_.resize(columns_);
    std::iota(tree_columns_.begin(), tree_columns_.end(), std::uint16_t{0});
    const auto wanted =
        std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(columns_)));
    if (wanted == columns_) return;
    for (std::size_t drawn = 0; drawn < wanted; ++drawn) {
      std::swap(tree_columns_[drawn], tree_columns_[drawn + random_.below(columns_ - drawn)]);
    }
    tree_columns_.resize(wanted);
  }

  void weigh_columns() {
    weights_.resize(columns_);
    for (const std::uint16_t column : tree_columns_) {
      weights_[column] = kurtosis(sorted_values(rows_, column));
    }
  }

  /// Draws columns until one varies over the rows.
  std::optional<Range> draw_varying_column(Rows rows) {
    for (std::size_t untried = tree_columns_.size(); untried > 0; --untried) {
      std::swap(tree_columns_[draw_position(untried)], tree_columns_[untried - 1]);
      const Range range = range_of(rows, tree_columns_[untried - 1]);
      if (range.varies()) return range;
    }
    return std::nullopt;
  }

  std::size_t draw_position(std::size_t untried) {
    if (weights_.empty()) return random_.below(untried);
    const auto weight = [&](std::size_t position) { return weights_[tree_columns_[position]]; };
    double total = 0;
    for (std::size_t i = 0; i < untried; ++i) total += weight(i);
    double rest = random_.unit() * total;
    std::size_t position = 0;
    while (position + 1 < untried && rest >= weight(position)) rest -= weight(position++);
    return position;
  }

  Range range_of(Rows rows, std::uint16_t column) const {
    Range range{.column = column};
    for (const std::uint32_t row : rows) {  // a missing value is neither below nor above
      const float x = value(row, column);
      range.low = x < range.low ? x : range.low;
      range.high = x > range.high ? x : range.high;
    }
    return range;
  }

  float threshold_between(float low, float high) {
    return float_below(low + random_.unit() * (double{high} - double{low}));
  }

  float gain_threshold(Rows rows, std::size_t column) const {
    std::vector<float> values = sorted_values(rows, column);
    return pooled_gain_threshold(values);
  }

  /// Without those that are missing.
  std::vector<float> sorted_values(Rows rows, std::size_t column) const {
    std::vector<float> values;
    for (const std::uint32_t row : rows) {
      if (const float x = value(row, column); !std::isnan(x)) values.push_back(x);
    }
    std::ranges::sort(values);
    return values;
  }

  /// As split_on_column(), by a plane of random direction through a random point of the rows' box.
  std::optional<std::size_t> split_obliquely(std::uint32_t node, Rows rows) {
    std::vector<Range> ranges;
    for (const std::uint16_t column : tree_columns_) {
      const Range range = range_of(rows, column);
      if (range.varies()) ranges.push_back(range);
    }
    if (ranges.empty()) return std::nullopt;
    std::vector<ObliqueTerm> terms;
    for (int attempt = 0; attempt < kObliqueAttempts; ++attempt) {
      terms.clear();
      for (const Range& range : ranges) terms.push_back(random_term(range));
      const std::size_t left_rows = partition_by(terms, rows);
      if (left_rows == 0 || left_rows == rows.size()) continue;
      tree_.split(node, terms);
      return left_rows;
    }
    const Range& range = ranges[random_.below(ranges.size())];
    terms = {{1, threshold_between(range.low, range.high), range.column}};
    tree_.split(node, terms);
    return partition_by(terms, rows);
  }

  /// Scaled by the column's range in the node, so that units do not matter.
  ObliqueTerm random_term(const Range& range) {
    const double direction = 2 * random_.unit() - 1;
    return {direction / (double{range.high} - double{range.low}),
            threshold_between(range.low, range.high), range.column};
  }

  std::size_t partition_by(const std::vector<ObliqueTerm>& terms, Rows rows) const {
    return partition(
        rows, 0, [&](std::uint32_t row) { return oblique_sum(terms, &values_[row * columns_]); });
  }

  float value(std::uint32_t row, std::size_t column) const {
    return values_[row * columns_ + column];
  }

  Random random_;
  SplitRule splits_;
  std::size_t columns_;
  int depth_limit_;
  std::vector<std::uint16_t> tree_columns_;  ///< those that the tree may use, in any order
  std::vector<double> weights_;              ///< of each column in the draw; empty: all are equal
  std::vector<std::uint32_t> rows_;  ///< positions in the sample, partitioned as the tree grows
  std::vector<float> values_;        ///< the sampled rows, row-major
  IsolationTree tree_;
};

}  // namespace

IsolationTree grow_isolation_tree(const FeatureView& data, const IsolationForestParams& params,
                                  std::uint64_t seed) {
  return TreeGrower(data, params, seed).grow();
}

}  // namespace aml::detect
