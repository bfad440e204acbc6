// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_random.hpp"

#include <algorithm>

namespace aml::scenarios::generator {
namespace {

// Fixed point with 16 bits after the point.
constexpr std::int64_t kOne = 1 << 16;
constexpr std::int64_t kLog2OfE = 94548;     // 1.442695
constexpr std::int64_t kExp2Linear = 43024;  // 0.6565

/// 2^x for x in [0, 1), fixed point; within 0.3 %, exact at both ends.
std::int64_t exp2_fraction(std::int64_t x) {
  return kOne + ((x * (kExp2Linear + (((kOne - kExp2Linear) * x) >> 16U))) >> 16U);
}

}  // namespace

std::int64_t Random::log_normal(std::int64_t median, std::int64_t sigma_permille) {
  // The sum of twelve uniforms has variance 1 and is normal to three sigmas; beyond six it has no
  // tail, which keeps amounts within reason.
  std::int64_t normal = -6 * kOne;
  for (int i = 0; i < 6; ++i) {
    const std::uint32_t bits = next();
    normal += static_cast<std::int64_t>(bits & 0xFFFFU) + static_cast<std::int64_t>(bits >> 16U);
  }
  const std::int64_t exponent = normal * sigma_permille / 1000 * kLog2OfE / kOne;
  const std::int64_t whole = exponent >= 0 ? exponent / kOne : -((kOne - 1 - exponent) / kOne);
  const std::int64_t scaled = (median * exp2_fraction(exponent - whole * kOne)) >> 16U;
  const std::int64_t value = whole >= 0 ? scaled << whole : scaled >> -whole;
  return std::max<std::int64_t>(value, 1);
}

ZipfRanks::ZipfRanks(std::size_t n, std::size_t flatness) {
  cumulative_.reserve(n);
  std::uint64_t sum = 0;
  for (std::size_t rank = 0; rank < n; ++rank) {
    sum += (1U << 24U) / (rank + 1 + flatness) + 1;
    cumulative_.push_back(sum);
  }
}

std::size_t ZipfRanks::draw(Random& random) const {
  const std::uint64_t at = random.below(cumulative_.back());
  return static_cast<std::size_t>(std::ranges::upper_bound(cumulative_, at) - cumulative_.begin());
}

}  // namespace aml::scenarios::generator
