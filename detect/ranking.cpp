// SPDX-License-Identifier: Apache-2.0
#include "detect/ranking.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace aml::detect {
namespace {

/// Calls back for each group of rows with one score, by falling score.
template <typename Visit>
void each_tie(const std::vector<double>& scores, Visit&& visit) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::greater<>(), [&](std::size_t row) { return scores[row]; });
  for (auto first = order.begin(); first != order.end();) {
    const auto last = std::find_if(first, order.end(),
                                   [&](std::size_t row) { return scores[row] != scores[*first]; });
    visit(first, last);
    first = last;
  }
}

/// From 1 for the highest.
std::vector<double> mean_ranks(const std::vector<double>& scores) {
  std::vector<double> ranks(scores.size());
  double above = 0;
  each_tie(scores, [&](auto first, auto last) {
    const auto tied = static_cast<double>(last - first);
    for (auto row = first; row != last; ++row) ranks[*row] = above + (tied + 1) / 2;
    above += tied;
  });
  return ranks;
}

double count_of_anomalies(const std::vector<bool>& is_anomaly) {
  return static_cast<double>(std::ranges::count(is_anomaly, true));
}

}  // namespace

std::optional<double> roc_auc(const std::vector<double>& scores,
                              const std::vector<bool>& is_anomaly) {
  assert(scores.size() == is_anomaly.size());
  const double anomalies = count_of_anomalies(is_anomaly);
  const double ordinary = static_cast<double>(scores.size()) - anomalies;
  if (anomalies == 0 || ordinary == 0) return std::nullopt;
  const std::vector<double> ranks = mean_ranks(scores);
  double sum = 0;
  for (std::size_t row = 0; row < ranks.size(); ++row) sum += is_anomaly[row] ? ranks[row] : 0;
  return 1 - (sum - anomalies * (anomalies + 1) / 2) / (anomalies * ordinary);
}

std::optional<double> average_precision(const std::vector<double>& scores,
                                        const std::vector<bool>& is_anomaly) {
  assert(scores.size() == is_anomaly.size());
  const double anomalies = count_of_anomalies(is_anomaly);
  if (anomalies == 0) return std::nullopt;
  double taken = 0;
  double right = 0;
  double sum = 0;
  each_tie(scores, [&](auto first, auto last) {
    const auto gained = static_cast<double>(
        std::count_if(first, last, [&](std::size_t row) { return is_anomaly[row]; }));
    taken += static_cast<double>(last - first);
    right += gained;
    sum += gained / anomalies * right / taken;
  });
  return sum;
}

std::optional<double> rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  assert(a.size() == b.size());
  const std::vector<double> ranks_a = mean_ranks(a);
  const std::vector<double> ranks_b = mean_ranks(b);
  const double mean = (static_cast<double>(a.size()) + 1) / 2;
  double covariance = 0;
  double variance_a = 0;
  double variance_b = 0;
  for (std::size_t row = 0; row < a.size(); ++row) {
    covariance += (ranks_a[row] - mean) * (ranks_b[row] - mean);
    variance_a += (ranks_a[row] - mean) * (ranks_a[row] - mean);
    variance_b += (ranks_b[row] - mean) * (ranks_b[row] - mean);
  }
  if (variance_a == 0 || variance_b == 0) return std::nullopt;
  return covariance / std::sqrt(variance_a * variance_b);
}

}  // namespace aml::detect
