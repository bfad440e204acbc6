// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_forest.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <unordered_set>

namespace aml::detect {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kMaxTrees = 10'000;
constexpr int kMaxSampleSize = 65'536;
constexpr double kEulerGamma = 0.5772156649015329;
/// Rows scored tree by tree together: small enough for their depths to stay in the first-level
/// cache, large enough to read each tree once for many rows.
constexpr std::size_t kRowsPerBlock = 512;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). The standard's distributions differ from library
/// to library, so the mapping to ranges is ours too.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound), without bias (Lemire 2019). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t reject = (0 - bound) % bound;
    for (;;) {
      const auto product = Wide{next()} * bound;
      if (static_cast<std::uint64_t>(product) >= reject) {
        return static_cast<std::uint64_t>(product >> 64);
      }
    }
  }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

void require_finite_matrix(const FeatureMatrix& data) {
  if (data.values.size() != data.rows * data.columns) {
    throw std::invalid_argument(
        fmt::format("feature matrix: {} values do not make {} rows of {} columns",
                    data.values.size(), data.rows, data.columns));
  }
  const auto bad = std::find_if_not(data.values.begin(), data.values.end(),
                                    [](float value) { return std::isfinite(value); });
  if (bad != data.values.end()) {
    const auto position = static_cast<std::size_t>(bad - data.values.begin());
    throw std::invalid_argument(fmt::format("feature matrix: row {}, column {} is not finite",
                                            position / data.columns, position % data.columns));
  }
}

/// `count` different rows out of `rows`, each set equally likely (Floyd's algorithm): no pass over
/// all rows.
std::vector<std::size_t> sample_rows(std::size_t rows, std::size_t count, Random& random) {
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

}  // namespace

void validate(const IsolationForestParams& params) {
  if (params.trees < 1 || params.trees > kMaxTrees) {
    throw std::invalid_argument(fmt::format("trees: {} is outside 1..{}", params.trees, kMaxTrees));
  }
  if (params.sample_size < 2 || params.sample_size > kMaxSampleSize) {
    throw std::invalid_argument(
        fmt::format("sample_size: {} is outside 2..{}", params.sample_size, kMaxSampleSize));
  }
}

double average_path_length(double n) {
  if (n <= 1) return 0;
  if (n == 2) return 1;
  return 2 * (std::log(n - 1) + kEulerGamma) - 2 * (n - 1) / n;
}

/// Grows one tree over its own copy of the sampled rows.
class IsolationTreeBuilder {
 public:
  using Node = IsolationForest::Node;

  IsolationTreeBuilder(const FeatureMatrix& data, std::size_t sample_size, std::uint64_t seed)
      : random_(seed),
        columns_(data.columns),
        depth_limit_(static_cast<int>(std::ceil(std::log2(static_cast<double>(sample_size))))),
        features_(data.columns),
        rows_(sample_size) {
    values_.reserve(sample_size * columns_);
    for (const std::size_t row : sample_rows(data.rows, sample_size, random_)) {
      const auto values = data.row(row);
      values_.insert(values_.end(), values.begin(), values.end());
    }
    std::iota(features_.begin(), features_.end(), 0);
    std::iota(rows_.begin(), rows_.end(), 0);
  }

  /// The nodes of the tree, the root first; children are positions in the result.
  std::vector<Node> grow() {
    nodes_.emplace_back();
    grow(0, rows_, 0);
    return std::move(nodes_);
  }

 private:
  struct Split {
    std::size_t feature;
    float threshold;
  };

  void grow(std::int32_t node, std::span<std::size_t> rows, int depth) {
    Split split{};
    if (depth == depth_limit_ || rows.size() < 2 || !choose_split(rows, split)) {
      nodes_[node].expected_depth = depth + average_path_length(static_cast<double>(rows.size()));
      return;
    }
    const auto middle = std::partition(rows.begin(), rows.end(), [&](std::size_t row) {
      return value(row, split.feature) <= split.threshold;
    });
    const auto left_rows = static_cast<std::size_t>(middle - rows.begin());
    const auto left = static_cast<std::int32_t>(nodes_.size());
    nodes_.resize(nodes_.size() + 2);
    grow(left, rows.first(left_rows), depth + 1);
    grow(left + 1, rows.subspan(left_rows), depth + 1);

    const double left_share = static_cast<double>(left_rows) / static_cast<double>(rows.size());
    nodes_[node] = {static_cast<std::int32_t>(split.feature), split.threshold, left,
                    left_share * nodes_[left].expected_depth +
                        (1 - left_share) * nodes_[left + 1].expected_depth};
  }

  /// Draws features in random order until one varies over the rows. False: all rows are equal.
  bool choose_split(std::span<const std::size_t> rows, Split& split) {
    for (std::size_t untried = columns_; untried > 0; --untried) {
      std::swap(features_[random_.below(untried)], features_[untried - 1]);
      const std::size_t feature = features_[untried - 1];
      float low = std::numeric_limits<float>::max();
      float high = std::numeric_limits<float>::lowest();
      for (const std::size_t row : rows) {
        low = std::min(low, value(row, feature));
        high = std::max(high, value(row, feature));
      }
      if (low < high) {
        split = {feature, threshold_between(low, high)};
        return true;
      }
    }
    return false;
  }

  /// Rounding to float may reach the maximum, which would leave nothing on the right.
  float threshold_between(float low, float high) {
    const auto threshold = static_cast<float>(low + random_.unit() * (double{high} - double{low}));
    return threshold < high ? threshold : low;
  }

  float value(std::size_t row, std::size_t feature) const {
    return values_[row * columns_ + feature];
  }

  Random random_;
  std::size_t columns_;
  int depth_limit_;
  std::vector<std::size_t> features_;  ///< a permutation of the columns
  std::vector<std::size_t> rows_;      ///< positions in the sample, partitioned as the tree grows
  std::vector<float> values_;          ///< the sampled rows, row-major
  std::vector<Node> nodes_;
};

IsolationForest IsolationForest::fit(const FeatureMatrix& data,
                                     const IsolationForestParams& params) {
  validate(params);
  require_finite_matrix(data);
  if (data.rows < 2 || data.columns < 1) {
    throw std::invalid_argument(
        fmt::format("isolation forest: {} rows of {} columns, needs at least 2 rows of 1 column",
                    data.rows, data.columns));
  }
  IsolationForest forest;
  forest.columns_ = data.columns;
  forest.sample_size_ = static_cast<int>(
      std::min<std::size_t>(data.rows, static_cast<std::size_t>(params.sample_size)));

  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(params.trees));
  Random seeder(params.seed);
  std::generate(seeds.begin(), seeds.end(), [&] { return seeder.next(); });

  std::vector<std::vector<Node>> grown(seeds.size());
  tbb::parallel_for(std::size_t{0}, seeds.size(), [&](std::size_t tree) {
    const auto sample_size = static_cast<std::size_t>(forest.sample_size_);
    grown[tree] = IsolationTreeBuilder(data, sample_size, seeds[tree]).grow();
  });
  for (const auto& tree : grown) {
    const auto root = static_cast<std::int32_t>(forest.nodes_.size());
    forest.roots_.push_back(root);
    forest.nodes_.insert(forest.nodes_.end(), tree.begin(), tree.end());
    for (auto node = forest.nodes_.begin() + root; node != forest.nodes_.end(); ++node) {
      if (node->feature >= 0) node->left += root;
    }
  }
  return forest;
}

const IsolationForest::Node& IsolationForest::child(const Node& node, const float* row) const {
  const bool goes_right = row[node.feature] > node.threshold;
  return nodes_[static_cast<std::size_t>(node.left) + (goes_right ? 1 : 0)];
}

const IsolationForest::Node& IsolationForest::leaf(std::int32_t root, const float* row) const {
  const Node* node = &nodes_[static_cast<std::size_t>(root)];
  while (node->feature >= 0) node = &child(*node, row);
  return *node;
}

void IsolationForest::require_columns(std::size_t columns) const {
  if (columns != columns_) {
    throw std::invalid_argument(
        fmt::format("isolation forest: {} columns, but it was fitted on {}", columns, columns_));
  }
}

std::vector<double> IsolationForest::score(const FeatureMatrix& data) const {
  require_columns(data.columns);
  require_finite_matrix(data);
  const double normal_depth = average_path_length(sample_size_) * trees();
  std::vector<double> scores(data.rows, 0.0);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, data.rows, kRowsPerBlock),
      [&](const tbb::blocked_range<std::size_t>& block) {
        for (const std::int32_t root : roots_) {
          for (std::size_t row = block.begin(); row != block.end(); ++row) {
            scores[row] += leaf(root, data.values.data() + row * columns_).expected_depth;
          }
        }
        for (std::size_t row = block.begin(); row != block.end(); ++row) {
          scores[row] = std::exp2(-scores[row] / normal_depth);
        }
      },
      tbb::simple_partitioner());
  return scores;
}

std::vector<double> IsolationForest::depth_contributions(std::span<const float> row) const {
  require_columns(row.size());
  std::vector<double> contributions(columns_, 0.0);
  for (const std::int32_t root : roots_) {
    const Node* node = &nodes_[static_cast<std::size_t>(root)];
    while (node->feature >= 0) {
      const Node& next = child(*node, row.data());
      contributions[static_cast<std::size_t>(node->feature)] +=
          next.expected_depth - node->expected_depth;
      node = &next;
    }
  }
  for (double& contribution : contributions) contribution /= trees();
  return contributions;
}

double IsolationForest::mean_depth() const {
  double sum = 0;
  for (const std::int32_t root : roots_)
    sum += nodes_[static_cast<std::size_t>(root)].expected_depth;
  return sum / trees();
}

double IsolationForest::depth(std::span<const float> row) const {
  require_columns(row.size());
  double sum = 0;
  for (const std::int32_t root : roots_) sum += leaf(root, row.data()).expected_depth;
  return sum / trees();
}

}  // namespace aml::detect
