// SPDX-License-Identifier: Apache-2.0
// How the amounts of an account are distributed.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "detect/feature_groups.hpp"

namespace aml::detect {
namespace {

using graph::MinorSum;
using graph::MinorUnits;

enum class Amount : std::uint8_t {
  kSmallestIn,
  kSmallestOut,
  kMedianIn,
  kMedianOut,
  kDeviationIn,
  kDeviationOut,
  kSkewIn,
  kSkewOut,
  kKurtosisIn,
  kKurtosisOut,
  kMostCommonShare,
};

constexpr std::array<FeatureDefinition, 11> kDefinitions{{
    {"smallest_amount_in", "base currency", kWholePeriod,
     "Smallest amount that the account received at once."},
    {"smallest_amount_out", "base currency", kWholePeriod,
     "Smallest amount that the account sent at once."},
    {"median_amount_in", "base currency", kWholePeriod,
     "Median of the amounts received, the lower one of two middle amounts."},
    {"median_amount_out", "base currency", kWholePeriod,
     "Median of the amounts sent, the lower one of two middle amounts."},
    {"amount_deviation_in", "base currency", kWholePeriod,
     "Standard deviation of the amounts received, of the population."},
    {"amount_deviation_out", "base currency", kWholePeriod,
     "Standard deviation of the amounts sent, of the population."},
    {"amount_skew_in", "skewness", kWholePeriod,
     "Skewness of the amounts received, above 0 if few are much larger than the others; 0 if all "
     "are equal."},
    {"amount_skew_out", "skewness", kWholePeriod,
     "Skewness of the amounts sent, above 0 if few are much larger than the others; 0 if all are "
     "equal."},
    {"amount_kurtosis_in", "excess kurtosis", kWholePeriod,
     "Excess kurtosis of the amounts received, above 0 if rare amounts are far from the others; 0 "
     "if all are equal."},
    {"amount_kurtosis_out", "excess kurtosis", kWholePeriod,
     "Excess kurtosis of the amounts sent, above 0 if rare amounts are far from the others; 0 if "
     "all are equal."},
    {"most_common_amount_share", "share", kWholePeriod,
     "Share of transfers, sent and received, that have the account's most common amount."},
}};

struct Moments {
  double deviation = 0;
  double skew = 0;
  double kurtosis = 0;
};

/// Of the population. Requires: sorted, not empty.
Moments moments_of(const std::vector<MinorUnits>& amounts) {
  if (amounts.front() == amounts.back()) return {};
  MinorSum sum = 0;
  for (const MinorUnits amount : amounts) sum += amount;
  const auto n = static_cast<double>(amounts.size());
  const double mean = static_cast<double>(sum) / n;
  double second = 0;
  double third = 0;
  double fourth = 0;
  for (const MinorUnits amount : amounts) {
    const double off = static_cast<double>(amount) - mean;
    const double square = off * off;
    second += square;
    third += square * off;
    fourth += square * square;
  }
  const double variance = second / n;
  constexpr double kOfNormal = 3;
  return {std::sqrt(variance), third / n / (variance * std::sqrt(variance)),
          fourth / n / (variance * variance) - kOfNormal};
}

/// Requires: sorted.
std::size_t longest_run(const std::vector<MinorUnits>& amounts) {
  std::size_t longest = 0;
  for (auto run = amounts.begin(); run != amounts.end();) {
    const auto end = std::find_if(run, amounts.end(), [&](MinorUnits a) { return a != *run; });
    longest = std::max(longest, static_cast<std::size_t>(end - run));
    run = end;
  }
  return longest;
}

}  // namespace

std::span<const FeatureDefinition> amount_definitions() {
  return kDefinitions;
}

void describe_amounts(FeatureScratch& scratch, const FeatureScale& scale,
                      std::span<double> values) {
  auto& [in, out] = scratch.amounts;
  for (auto* side : {&in, &out}) side->clear();
  for (const Flow& flow : scratch.flows.in_time()) {
    (flow.outgoing ? out : in).push_back(flow.amount_minor);
  }
  const FeatureRow<Amount> row(values);
  const auto describe = [&](std::vector<MinorUnits>& side, Amount smallest, Amount median,
                            Amount deviation, Amount skew, Amount kurtosis) {
    if (side.empty()) return;
    std::ranges::sort(side);
    const Moments moments = moments_of(side);
    row.set(smallest, scale.units(side.front()));
    row.set(median, scale.units(side[(side.size() - 1) / 2]));
    row.set(deviation, moments.deviation / static_cast<double>(scale.minor_per_unit));
    row.set(skew, moments.skew);
    row.set(kurtosis, moments.kurtosis);
  };
  describe(in, Amount::kSmallestIn, Amount::kMedianIn, Amount::kDeviationIn, Amount::kSkewIn,
           Amount::kKurtosisIn);
  describe(out, Amount::kSmallestOut, Amount::kMedianOut, Amount::kDeviationOut, Amount::kSkewOut,
           Amount::kKurtosisOut);
  scratch.all_amounts.clear();
  std::ranges::merge(in, out, std::back_inserter(scratch.all_amounts));
  row.set(Amount::kMostCommonShare,
          share_of(longest_run(scratch.all_amounts), scratch.all_amounts.size()));
}

}  // namespace aml::detect
