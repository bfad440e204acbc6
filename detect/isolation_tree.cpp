// SPDX-License-Identifier: Apache-2.0
#include "detect/isolation_tree.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace aml::detect {
namespace {

constexpr double kEulerGamma = 0.5772156649015329;

}  // namespace

double average_path_length(double n) {
  if (n <= 1) return 0;
  if (n == 2) return 1;
  return 2 * (std::log(n - 1) + kEulerGamma) - 2 * (n - 1) / n;
}

int depth_limit(int sample_size) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(sample_size - 1)));
}

double oblique_sum(std::span<const ObliqueTerm> terms, const float* row) {
  double sum = 0;
  bool says_something = false;
  for (const ObliqueTerm& term : terms) {
    const float value = row[term.column];
    if (std::isnan(value)) continue;
    sum += term.weight * (double{value} - double{term.point});
    says_something = true;
  }
  return says_something ? sum : std::numeric_limits<double>::quiet_NaN();
}

std::uint32_t IsolationTree::add_leaf() {
  const auto node = static_cast<std::uint32_t>(nodes.size());
  nodes.push_back({.left = node});
  rows.push_back(0);
  return node;
}

std::uint32_t IsolationTree::split(std::uint32_t node, std::uint16_t column, float threshold) {
  const std::uint32_t left = add_leaf();
  add_leaf();
  nodes[node] = {.threshold = threshold, .column = column, .left = left};
  return left;
}

std::uint32_t IsolationTree::split(std::uint32_t node, std::span<const ObliqueTerm> node_terms) {
  const std::uint32_t left = split(node, 0, 0);
  first_term.resize(nodes.size());
  term_count.resize(nodes.size());
  first_term[node] = static_cast<std::uint32_t>(terms.size());
  term_count[node] = static_cast<std::uint32_t>(node_terms.size());
  terms.insert(terms.end(), node_terms.begin(), node_terms.end());
  return left;
}

void IsolationTree::complete() {
  const auto count = static_cast<std::uint32_t>(nodes.size());
  std::vector<std::uint32_t> depth(count, 0);
  for (std::uint32_t node = 0; node < count; ++node) {
    steps = std::max(steps, depth[node]);
    if (is_leaf(node)) continue;
    const std::uint32_t left = nodes[node].left;
    depth[left] = depth[left + 1] = depth[node] + 1;
  }
  expected_depth.resize(count);
  for (std::uint32_t node = count; node-- > 0;) {
    if (is_leaf(node)) {
      expected_depth[node] = depth[node] + average_path_length(rows[node]);
      continue;
    }
    const std::uint32_t left = nodes[node].left;
    rows[node] = rows[left] + rows[left + 1];
    nodes[node].missing_goes_right = rows[left + 1] > rows[left] ? 1 : 0;
    const double left_share = static_cast<double>(rows[left]) / rows[node];
    expected_depth[node] =
        left_share * expected_depth[left] + (1 - left_share) * expected_depth[left + 1];
  }
}

bool IsolationTree::goes_right(std::uint32_t node, const float* row) const {
  const IsolationNode& by = nodes[node];
  const double value = is_oblique() ? oblique_sum(terms_of(node), row) : double{row[by.column]};
  return value > by.threshold || (std::isnan(value) && by.missing_goes_right != 0);
}

std::uint32_t IsolationTree::leaf_of(const float* row) const {
  std::uint32_t node = 0;
  while (!is_leaf(node)) node = nodes[node].left + (goes_right(node, row) ? 1 : 0);
  return node;
}

}  // namespace aml::detect
