// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_forest.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
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
  for (std::size_t row = 0; row < data.rows(); ++row) {
    for (std::size_t column = 0; column < data.columns(); ++column) {
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

/// A number for each float so that the numbers are in the order of the floats, and zero is one
/// number: processors add the outcome of an integer comparison without a detour.
std::uint32_t order_key(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return bits ^ ((0U - (bits >> 31U)) | 0x80000000U);
}

/// Some rows, column by column, as order keys, filled up to `stride` rows. Rows with a missing value
/// stand there with a zero for it, and in a list.
class Tile {
 public:
  Tile(const FeatureView& data, std::size_t begin, std::size_t end, std::size_t stride)
      : rows_(end - begin), keys_(stride * data.columns()) {
    for (std::size_t column = 0; column < data.columns(); ++column) {
      for (std::size_t row = 0; row < rows_; ++row) {
        const float value = data.at(begin + row, column);
        const bool is_number = std::isfinite(value);
        if (!is_number) note_missing(value, begin + row, column);
        keys_[column * stride + row] = is_number ? order_key(value) : 0;
      }
    }
  }

  std::size_t rows() const { return rows_; }
  const std::uint32_t* keys() const { return keys_.data(); }
  const std::vector<std::size_t>& with_missing() const { return with_missing_; }

 private:
  void note_missing(float value, std::size_t row, std::size_t column) {
    if (std::isinf(value)) {
      throw std::invalid_argument(
          fmt::format("features: row {}, column {} is infinite", row, column));
    }
    with_missing_.push_back(row);
  }

  std::size_t rows_;
  std::vector<std::uint32_t> keys_;
  std::vector<std::size_t> with_missing_;  ///< rows of the data, as often as they miss a value
};

using Positions = std::array<std::uint32_t, kWalks>;

/// The first three splits of a tree as a heap: where every row passes, all seven questions can be
/// asked of many rows at once, instead of three questions of one row after the other.
struct Crown {
  static constexpr std::size_t kLevels = 3;
  static constexpr std::size_t kSplits = 7;

  std::array<std::uint32_t, kSplits> threshold;
  std::array<std::uint32_t, kSplits> key_at;
  std::array<std::uint32_t, kSplits + 1> below;  ///< the node that each of the eight ways leads to
};

/// A tree without missing values as many rows walk it. The arrays are by node.
struct WalkTree {
  Crown crown;
  std::vector<std::uint32_t> threshold;  ///< as an order key
  std::vector<std::uint32_t> key_at;     ///< where in a tile the column begins
  std::vector<std::uint32_t> left;
  std::uint32_t steps;

  WalkTree(const IsolationTree& tree, std::size_t stride) : steps(tree.steps) {
    for (const IsolationNode& node : tree.nodes) {
      threshold.push_back(order_key(node.threshold));
      key_at.push_back(static_cast<std::uint32_t>(node.column * stride));
      left.push_back(node.left);
    }
    fill_crown(0, 0);
  }

  /// A leaf above the crown's last level leads back to itself, whatever is asked.
  void fill_crown(std::size_t place, std::uint32_t node) {
    if (place >= Crown::kSplits) {
      crown.below[place - Crown::kSplits] = node;
      return;
    }
    crown.threshold[place] = threshold[node];
    crown.key_at[place] = key_at[node];
    const bool is_leaf = left[node] == node;
    fill_crown(2 * place + 1, left[node]);
    fill_crown(2 * place + 2, is_leaf ? node : left[node] + 1);
  }
};

std::uint32_t choose(std::uint32_t mask, std::uint32_t if_set, std::uint32_t if_not) {
  return (mask & (if_set ^ if_not)) ^ if_not;
}

/// The nodes that kWalks rows come to below the crown.
Positions pass_crown(const Crown& crown, const std::uint32_t* rows) {
  std::array<const std::uint32_t*, Crown::kSplits> keys;
  for (std::size_t split = 0; split < Crown::kSplits; ++split) {
    keys[split] = rows + crown.key_at[split];
  }
  Positions way;
  for (std::size_t walk = 0; walk < kWalks; ++walk) {
    const auto is_above = [&](std::size_t split) {  // all bits, or none
      return keys[split][walk] > crown.threshold[split] ? ~0U : 0U;
    };
    const std::uint32_t first = is_above(0);
    const std::uint32_t second = choose(first, is_above(2), is_above(1));
    const std::uint32_t third = choose(first, choose(second, is_above(6), is_above(5)),
                                       choose(second, is_above(4), is_above(3)));
    way[walk] = (first & 4U) | (second & 2U) | (third & 1U);
  }
  Positions at;
  for (std::size_t walk = 0; walk < kWalks; ++walk) at[walk] = crown.below[way[walk]];
  return at;
}

/// Adds to each row of the tile, those that fill it up included, its depth in the tree.
void add_depths(const WalkTree& tree, const double* expected_depth, const Tile& tile,
                double* depths) {
  const std::uint32_t* threshold = tree.threshold.data();
  const std::uint32_t* key_at = tree.key_at.data();
  const std::uint32_t* left = tree.left.data();
  for (std::size_t first = 0; first < tile.rows(); first += kWalks) {
    const std::uint32_t* rows = tile.keys() + first;
    Positions at = pass_crown(tree.crown, rows);
    for (std::size_t step = Crown::kLevels; step < tree.steps; ++step) {
// Without unrolling the positions live in memory: half as slow again.
#pragma GCC unroll 16
      for (std::size_t walk = 0; walk < kWalks; ++walk) {
        const std::uint32_t node = at[walk];
        at[walk] = left[node] + (threshold[node] < rows[key_at[node] + walk] ? 1U : 0U);
      }
    }
    for (std::size_t walk = 0; walk < kWalks; ++walk) {
      depths[first + walk] += expected_depth[at[walk]];
    }
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

std::vector<double> IsolationForest::score(const FeatureView& data) const {
  require_columns(data.columns());
  const std::size_t stride = rows_per_tile(columns_);
  std::vector<WalkTree> walk_trees;
  for (const IsolationTree& tree : trees_) {
    if (!tree.is_oblique()) walk_trees.emplace_back(tree, stride);
  }
  std::vector<double> scores(data.rows());
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, data.rows(), stride),
      [&](const tbb::blocked_range<std::size_t>& block) {
        const Tile tile(data, block.begin(), block.end(), stride);
        std::vector<double> depths(stride);
        for (std::size_t tree = 0; tree < walk_trees.size(); ++tree) {
          add_depths(walk_trees[tree], trees_[tree].expected_depth.data(), tile, depths.data());
        }
        std::vector<float> values(columns_);
        const auto walk_alone = [&](std::size_t row) {
          for (std::size_t column = 0; column < columns_; ++column) {
            values[column] = data.at(row, column);
          }
          depths[row - block.begin()] = depth_sum(values);
        };
        if (walk_trees.empty()) {
          for (std::size_t row = block.begin(); row != block.end(); ++row) walk_alone(row);
        } else {
          std::ranges::for_each(tile.with_missing(), walk_alone);
        }
        for (std::size_t row = block.begin(); row != block.end(); ++row) {
          scores[row] = score_of(depths[row - block.begin()]);
        }
      },
      tbb::simple_partitioner());
  return scores;
}

}  // namespace aml::detect
