// SPDX-License-Identifier: Apache-2.0
// What is asked of a fitted forest about one row at a time. No threads: it also runs inside a
// PostgreSQL backend.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "detect/isolation_forest.hpp"

namespace aml::detect {
namespace {

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
    : trees_(std::move(trees)),
      columns_(columns),
      sample_size_(sample_size),
      normal_depth_(average_path_length(sample_size) * static_cast<double>(trees_.size())) {}

void IsolationForest::require_columns(std::size_t columns) const {
  if (columns != columns_) {
    throw std::invalid_argument(
        fmt::format("isolation forest: {} columns, but it was fitted on {}", columns, columns_));
  }
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

double IsolationForest::depth_sum(std::span<const float> row) const {
  double sum = 0;
  for (const IsolationTree& tree : trees_) sum += tree.expected_depth[tree.leaf_of(row.data())];
  return sum;
}

double IsolationForest::score_of(double depth_sum) const {
  return std::exp2(-depth_sum / normal_depth_);
}

double IsolationForest::depth(std::span<const float> row) const {
  require_columns(row.size());
  return depth_sum(row) / static_cast<double>(trees_.size());
}

}  // namespace aml::detect
