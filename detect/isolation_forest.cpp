// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_forest.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "detect/isolation_tree_growth.hpp"
#include "detect/random.hpp"

namespace aml::detect {
namespace {

constexpr int kMaxTrees = 10'000;

/// Walks that go side by side: one alone waits for memory most of the time.
constexpr std::size_t kWalks = 16;
/// Rows scored tree by tree together. Few enough for their values to stay in the first-level cache,
/// many enough to read each tree once for many rows.
constexpr std::size_t kRowsPerTile = 512;
constexpr std::size_t kTileBytes = std::size_t{24} << 10;

void refuse_infinite(const FeatureView& data) {
  for (std::size_t column = 0; column < data.columns(); ++column) {
    for (std::size_t row = 0; row < data.rows(); ++row) {
      if (std::isinf(data.at(row, column))) {
        throw std::invalid_argument(
            fmt::format("features: row {}, column {} is infinite", row, column));
      }
    }
  }
}

std::size_t rows_per_tile(std::size_t columns) {
  const std::size_t fitting = kTileBytes / (sizeof(float) * columns) / kWalks * kWalks;
  return std::clamp(fitting, kWalks, kRowsPerTile);
}

/// Some rows side by side, filled up with zeros to a multiple of kWalks.
class Tile {
 public:
  Tile(const FeatureView& data, std::size_t begin, std::size_t end)
      : columns_(data.columns()), rows_((end - begin + kWalks - 1) / kWalks * kWalks) {
    values_.resize(rows_ * columns_);
    for (std::size_t column = 0; column < columns_; ++column) {
      for (std::size_t row = begin; row < end; ++row) {
        const float value = data.at(row, column);
        if (!std::isfinite(value)) note_missing(value, row, column);
        values_[(row - begin) * columns_ + column] = value;
      }
    }
  }

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  const float* row(std::size_t i) const { return &values_[i * columns_]; }
  bool has_missing() const { return has_missing_; }

 private:
  void note_missing(float value, std::size_t row, std::size_t column) {
    if (std::isinf(value)) {
      throw std::invalid_argument(
          fmt::format("features: row {}, column {} is infinite", row, column));
    }
    has_missing_ = true;
  }

  std::size_t columns_;
  std::size_t rows_;
  bool has_missing_ = false;
  std::vector<float> values_;
};

/// Adds the depth that each row of the tile has in the tree.
template <bool kHasMissing>
void add_depths(const IsolationTree& tree, const Tile& tile, double* depths) {
  const IsolationNode* nodes = tree.nodes.data();
  const std::size_t columns = tile.columns();
  for (std::size_t first = 0; first < tile.rows(); first += kWalks) {
    const float* row = tile.row(first);
    std::array<std::uint32_t, kWalks> at{};
    for (std::uint32_t step = 0; step < tree.steps; ++step) {
// Without unrolling the positions live in memory: half as fast again.
#pragma GCC unroll 16
      for (std::size_t walk = 0; walk < kWalks; ++walk) {
        const IsolationNode& node = nodes[at[walk]];
        const float value = row[walk * columns + node.column];
        bool goes_right = value > node.threshold;
        if constexpr (kHasMissing) {
          goes_right |= std::isnan(value) && node.missing_goes_right != 0;
        }
        at[walk] = node.left + (goes_right ? 1 : 0);
      }
    }
    for (std::size_t walk = 0; walk < kWalks; ++walk) {
      depths[first + walk] += tree.expected_depth[at[walk]];
    }
  }
}

void add_oblique_depths(const IsolationTree& tree, const Tile& tile, double* depths) {
  for (std::size_t row = 0; row < tile.rows(); ++row) {
    depths[row] += tree.expected_depth[tree.leaf_of(tile.row(row))];
  }
}

/// How much a term says about a row; nothing if its value is missing.
double weight_of(const ObliqueTerm& term, const float* row) {
  const double sum = oblique_sum({&term, 1}, row);
  return std::isnan(sum) ? 0 : std::abs(sum);
}

/// Credits a step's change of the expected depth to the columns of its split.
void credit(const IsolationTree& tree, std::uint32_t node, double change, const float* row,
            std::vector<double>& contributions) {
  if (!tree.is_oblique()) {
    contributions[tree.nodes[node].column] += change;
    return;
  }
  const auto terms = tree.terms_of(node);
  double sum = 0;
  for (const ObliqueTerm& term : terms) sum += weight_of(term, row);
  for (const ObliqueTerm& term : terms) {
    const double share =
        sum > 0 ? weight_of(term, row) / sum : 1 / static_cast<double>(terms.size());
    contributions[term.column] += change * share;
  }
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
  if (!(params.max_features > 0 && params.max_features <= 1)) {
    throw std::invalid_argument(
        fmt::format("max_features: {} is outside (0, 1]", params.max_features));
  }
}

std::vector<Reason> top_reasons(std::span<const double> contributions, std::size_t at_most) {
  double shortening = 0;
  std::vector<Reason> reasons;
  for (std::size_t column = 0; column < contributions.size(); ++column) {
    if (contributions[column] >= 0) continue;
    shortening -= contributions[column];
    reasons.push_back({column, -contributions[column]});
  }
  std::ranges::stable_sort(reasons, std::greater<>(), &Reason::share);
  reasons.resize(std::min(reasons.size(), at_most));
  for (Reason& reason : reasons) reason.share /= shortening;
  return reasons;
}

IsolationForest::IsolationForest(std::vector<IsolationTree> trees, std::size_t columns,
                                 int sample_size)
    : trees_(std::move(trees)), columns_(columns), sample_size_(sample_size) {}

IsolationForest IsolationForest::fit(const FeatureView& data, const IsolationForestParams& params) {
  validate(params);
  if (data.rows() < 2 || data.columns() < 1 || data.columns() > kMaxTreeColumns) {
    throw std::invalid_argument(fmt::format(
        "isolation forest: {} rows of {} columns, needs at least 2 rows of 1 to {} columns",
        data.rows(), data.columns(), kMaxTreeColumns));
  }
  refuse_infinite(data);
  IsolationForestParams fitting = params;
  fitting.sample_size =
      static_cast<int>(std::min(data.rows(), static_cast<std::size_t>(params.sample_size)));

  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(params.trees));
  Random seeder(params.seed);
  std::generate(seeds.begin(), seeds.end(), [&] { return seeder.next(); });
  std::vector<IsolationTree> trees(seeds.size());
  tbb::parallel_for(std::size_t{0}, seeds.size(), [&](std::size_t tree) {
    trees[tree] = grow_isolation_tree(data, fitting, seeds[tree]);
  });
  return {std::move(trees), data.columns(), fitting.sample_size};
}

void IsolationForest::require_columns(std::size_t columns) const {
  if (columns != columns_) {
    throw std::invalid_argument(
        fmt::format("isolation forest: {} columns, but it was fitted on {}", columns, columns_));
  }
}

std::vector<double> IsolationForest::score(const FeatureView& data) const {
  require_columns(data.columns());
  const double normal_depth =
      average_path_length(sample_size_) * static_cast<double>(trees_.size());
  std::vector<double> scores(data.rows());
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, data.rows(), rows_per_tile(columns_)),
      [&](const tbb::blocked_range<std::size_t>& block) {
        const Tile tile(data, block.begin(), block.end());
        std::vector<double> depths(tile.rows());
        for (const IsolationTree& tree : trees_) {
          if (tree.is_oblique()) {
            add_oblique_depths(tree, tile, depths.data());
          } else if (tile.has_missing()) {
            add_depths<true>(tree, tile, depths.data());
          } else {
            add_depths<false>(tree, tile, depths.data());
          }
        }
        for (std::size_t row = block.begin(); row != block.end(); ++row) {
          scores[row] = std::exp2(-depths[row - block.begin()] / normal_depth);
        }
      },
      tbb::simple_partitioner());
  return scores;
}

std::vector<double> IsolationForest::depth_contributions(std::span<const float> row) const {
  require_columns(row.size());
  std::vector<double> contributions(columns_, 0.0);
  for (const IsolationTree& tree : trees_) {
    std::uint32_t node = 0;
    while (!tree.is_leaf(node)) {
      const std::uint32_t next =
          tree.nodes[node].left + (tree.goes_right(node, row.data()) ? 1 : 0);
      credit(tree, node, tree.expected_depth[next] - tree.expected_depth[node], row.data(),
             contributions);
      node = next;
    }
  }
  for (double& contribution : contributions) contribution /= static_cast<double>(trees_.size());
  return contributions;
}

double IsolationForest::mean_depth() const {
  double sum = 0;
  for (const IsolationTree& tree : trees_) sum += tree.expected_depth.front();
  return sum / static_cast<double>(trees_.size());
}

double IsolationForest::depth(std::span<const float> row) const {
  require_columns(row.size());
  double sum = 0;
  for (const IsolationTree& tree : trees_) sum += tree.expected_depth[tree.leaf_of(row.data())];
  return sum / static_cast<double>(trees_.size());
}

}  // namespace aml::detect
