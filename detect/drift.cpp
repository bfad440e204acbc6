// SPDX-License-Identifier: Apache-2.0
#include "detect/drift.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

namespace aml::detect {
namespace {

constexpr std::size_t kBins = 10;
constexpr double kLeastShare = 1e-4;
constexpr double kModerate = 0.1;
constexpr double kAct = 0.25;

/// Requires: sorted, without missing values.
std::vector<double> edges_of(const std::vector<double>& sorted) {
  std::vector<double> edges;
  if (sorted.empty()) return edges;
  for (std::size_t decile = 1; decile < kBins; ++decile) {
    const double value = sorted[(sorted.size() * decile + kBins - 1) / kBins - 1];
    const bool repeated = !edges.empty() && edges.back() == value;
    if (!repeated) {
      edges.push_back(value);
      continue;
    }
    const double below = std::nextafter(value, -std::numeric_limits<double>::infinity());
    if (edges.size() < 2 || edges[edges.size() - 2] != below) edges.insert(edges.end() - 1, below);
  }
  return edges;
}

/// Adds to rows and missing of a baseline that has its edges.
void count(const std::vector<double>& values, Baseline& baseline) {
  baseline.rows.assign(baseline.edges.size() + 1, 0);
  baseline.missing = 0;
  for (const double value : values) {
    if (std::isnan(value)) {
      ++baseline.missing;
      continue;
    }
    ++baseline.rows[static_cast<std::size_t>(std::ranges::lower_bound(baseline.edges, value) -
                                             baseline.edges.begin())];
  }
}

double share(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

double psi_term(std::int64_t expected_rows, std::int64_t expected_total, std::int64_t actual_rows,
                std::int64_t actual_total) {
  const double expected = std::max(share(expected_rows, expected_total), kLeastShare);
  const double actual = std::max(share(actual_rows, actual_total), kLeastShare);
  return (actual - expected) * std::log(actual / expected);
}

double largest_difference(const Baseline& a, std::int64_t a_total, const Baseline& b,
                          std::int64_t b_total) {
  double largest = 0;
  std::int64_t a_below = 0;
  std::int64_t b_below = 0;
  for (std::size_t bin = 0; bin < a.rows.size(); ++bin) {
    a_below += a.rows[bin];
    b_below += b.rows[bin];
    largest = std::max(largest, std::abs(share(a_below, a_total) - share(b_below, b_total)));
  }
  return largest;
}

double ks_chance(double ks, std::int64_t rows_a, std::int64_t rows_b) {
  const double size = std::sqrt(static_cast<double>(rows_a) * static_cast<double>(rows_b) /
                                static_cast<double>(rows_a + rows_b));
  const double lambda = (size + 0.12 + 0.11 / size) * ks;
  constexpr int kMostTerms = 100;
  constexpr double kPrecision = 1e-12;
  double sum = 0;
  double sign = 2;
  for (int k = 1; k <= kMostTerms; ++k) {
    const double term = std::exp(-2 * lambda * lambda * k * k);
    sum += sign * term;
    if (term < kPrecision) return std::clamp(sum, 0.0, 1.0);
    sign = -sign;
  }
  return 1;  // the series does not settle below 0.04, where the chance is 1 to all digits
}

std::string level_of(double psi) {
  if (psi < kModerate) return "none";
  return psi <= kAct ? "moderate" : "act";
}

std::vector<double> column_of(const FeatureView& data, std::size_t column) {
  std::vector<double> values(data.rows());
  for (std::size_t row = 0; row < values.size(); ++row) values[row] = data.at(row, column);
  return values;
}

}  // namespace

Baseline baseline_of(std::string measure, std::vector<double> values) {
  Baseline baseline{.measure = std::move(measure), .edges = {}, .rows = {}};
  std::vector<double> sorted;
  std::ranges::copy_if(values, std::back_inserter(sorted), [](double v) { return !std::isnan(v); });
  std::ranges::sort(sorted);
  baseline.edges = edges_of(sorted);
  count(values, baseline);
  return baseline;
}

Drift drift_from(const Baseline& baseline, const std::vector<double>& values) {
  Baseline now{.measure = {}, .edges = baseline.edges, .rows = {}};
  count(values, now);
  const auto total = [](const Baseline& of) {
    return std::accumulate(of.rows.begin(), of.rows.end(), std::int64_t{0});
  };
  const std::int64_t valued_then = total(baseline);
  const std::int64_t valued_now = total(now);
  const std::int64_t then = valued_then + baseline.missing;
  Drift drift{.rows = valued_now + now.missing};
  if (then == 0 || drift.rows == 0) return drift;
  drift.psi = psi_term(baseline.missing, then, now.missing, drift.rows);
  for (std::size_t bin = 0; bin < now.rows.size(); ++bin) {
    drift.psi += psi_term(baseline.rows[bin], then, now.rows[bin], drift.rows);
  }
  drift.level = level_of(drift.psi);
  if (valued_then == 0 || valued_now == 0) return drift;
  drift.ks = largest_difference(baseline, valued_then, now, valued_now);
  drift.ks_p = ks_chance(drift.ks, valued_then, valued_now);
  return drift;
}

std::vector<Baseline> baselines_of(const FeatureView& data, const std::vector<std::string>& names,
                                   const std::vector<double>& scores) {
  assert(names.size() == data.columns() && scores.size() == data.rows());
  std::vector<Baseline> baselines(data.columns() + 1);
  tbb::parallel_for(std::size_t{0}, baselines.size(), [&](std::size_t i) {
    baselines[i] = i == 0 ? baseline_of("anomaly_score", scores)
                          : baseline_of(names[i - 1], column_of(data, i - 1));
  });
  return baselines;
}

std::vector<Drift> drifts_from(const std::vector<Baseline>& baselines, const FeatureView& data,
                               const std::vector<double>& scores) {
  assert(baselines.size() == data.columns() + 1 && scores.size() == data.rows());
  std::vector<Drift> drifts(baselines.size());
  tbb::parallel_for(std::size_t{0}, drifts.size(), [&](std::size_t i) {
    drifts[i] = drift_from(baselines[i], i == 0 ? scores : column_of(data, i - 1));
  });
  return drifts;
}

}  // namespace aml::detect
