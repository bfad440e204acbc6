// SPDX-License-Identifier: Apache-2.0
#include "detect/row_scorer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace aml::detect {
namespace {

/// Trees that are walked side by side: one alone waits for memory most of the time, and the places
/// of more do not fit into registers.
constexpr std::size_t kWalks = 10;

}  // namespace

RowScorer::RowScorer(const IsolationForest& forest) : forest_(forest) {
  if (forest.trees().front().is_oblique()) return;
  std::vector<std::uint32_t> order;  // nodes of a tree, level by level
  for (const IsolationTree& tree : forest.trees()) {
    if (roots_.size() % kWalks == 0) steps_.push_back(0);
    steps_.back() = std::max(steps_.back(), tree.steps);
    const auto root = static_cast<std::uint32_t>(nodes_.size());
    roots_.push_back(root);
    order.assign(1, 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const IsolationNode& node = tree.nodes[order[i]];
      const bool is_leaf = tree.is_leaf(order[i]);
      const std::size_t left = is_leaf ? i : order.size();
      nodes_.push_back({node.threshold, root + static_cast<std::uint32_t>(left), node.column});
      depth_.push_back(tree.expected_depth[order[i]]);
      if (is_leaf) continue;
      order.push_back(node.left);
      order.push_back(node.left + 1);
    }
  }
  const auto nothing = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({std::numeric_limits<float>::infinity(), nothing, 0});
  depth_.push_back(0);
  while (roots_.size() % kWalks != 0) roots_.push_back(nothing);
}

double RowScorer::depth_sum(const float* row) const {
  const Node* nodes = nodes_.data();
  double sum = 0;
  for (std::size_t group = 0; group < steps_.size(); ++group) {
    std::array<std::uint32_t, kWalks> at;
    std::copy_n(roots_.begin() + static_cast<std::ptrdiff_t>(group * kWalks), kWalks, at.begin());
    for (std::uint32_t step = 0; step < steps_[group]; ++step) {
#pragma GCC unroll 16
      for (std::size_t walk = 0; walk < kWalks; ++walk) {
        const Node& node = nodes[at[walk]];
        at[walk] = node.left + (row[node.column] > node.threshold ? 1U : 0U);
      }
    }
    // In the order of the trees, as score() adds: floating-point sums depend on it.
    for (std::size_t walk = 0; walk < kWalks; ++walk) sum += depth_[at[walk]];
  }
  return sum;
}

double RowScorer::score(std::span<const float> row) const {
  const bool is_complete = std::ranges::none_of(row, [](float value) { return std::isnan(value); });
  return forest_.score_of(nodes_.empty() || !is_complete ? forest_.depth_sum(row)
                                                         : depth_sum(row.data()));
}

}  // namespace aml::detect
