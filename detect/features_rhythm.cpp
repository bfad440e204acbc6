// SPDX-License-Identifier: Apache-2.0
// How the transfers of an account follow each other in time.
#include <algorithm>
#include <array>
#include <cmath>

#include "detect/feature_groups.hpp"

namespace aml::detect {
namespace {

using graph::Micros;

enum class Rhythm : std::uint8_t { kMedianGap, kLongestGap, kBurstiness };

constexpr std::array<FeatureDefinition, 3> kDefinitions{{
    {"median_gap_hours", "hours", kWholePeriod,
     "Median time from a transfer of the account, sent or received, to its next one, the lower one "
     "of two middle times; 0 with fewer than two transfers."},
    {"longest_gap_days", "days", kWholePeriod,
     "Longest time from a transfer of the account, sent or received, to its next one."},
    {"burstiness", "burstiness", kWholePeriod,
     "(s - m) / (s + m) for the mean m and the standard deviation s of the times from one transfer "
     "to the next (Goh and Barabasi): -1 like a clock, 0 at random, towards 1 in bursts; 0 with "
     "fewer than three transfers or if all have the same time."},
}};

/// Goh, Barabasi 2008, Eq. 1. Requires: gaps is not empty.
double burstiness_of(const std::vector<Micros>& gaps) {
  const auto n = static_cast<double>(gaps.size());
  double sum = 0;
  for (const Micros gap : gaps) sum += static_cast<double>(gap);
  const double mean = sum / n;
  double squares = 0;
  for (const Micros gap : gaps) {
    const double off = static_cast<double>(gap) - mean;
    squares += off * off;
  }
  const double deviation = std::sqrt(squares / n);
  return deviation + mean > 0 ? (deviation - mean) / (deviation + mean) : 0;
}

}  // namespace

std::span<const FeatureDefinition> rhythm_definitions() {
  return kDefinitions;
}

void describe_rhythm(FeatureScratch& scratch, std::span<double> values) {
  const auto flows = scratch.flows.in_time();
  std::vector<Micros>& gaps = scratch.lengths;
  gaps.clear();
  for (std::size_t i = 1; i < flows.size(); ++i) {
    gaps.push_back(flows[i].booked_at - flows[i - 1].booked_at);
  }
  if (gaps.empty()) return;
  const FeatureRow<Rhythm> row(values);
  if (gaps.size() >= 2) row.set(Rhythm::kBurstiness, burstiness_of(gaps));
  row.set(Rhythm::kLongestGap, days(std::ranges::max(gaps)));
  row.set(Rhythm::kMedianGap, hours(lower_median(gaps)));
}

}  // namespace aml::detect
