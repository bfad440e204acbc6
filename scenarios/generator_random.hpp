// SPDX-License-Identifier: Apache-2.0
// Random numbers of the data generator. Integers only: the distributions of <random> and the
// mathematical functions of the C library differ from platform to platform, and the same seed must
// give the same bytes everywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace aml::scenarios::generator {

/// Independent sequences of one seed, so that a change in one part of the generator leaves the
/// others as they are.
enum class Stream : std::uint64_t { kPopulation = 1, kPlanted, kFxRates, kDays, kPlantedShapes };

/// SplitMix64 (Steele, Lea, Flood 2014) and the few distributions a bank needs.
class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint64_t number = 0)
      : state_(mix(mix(mix(seed) + static_cast<std::uint64_t>(stream)) + number)) {}

  std::uint32_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    return static_cast<std::uint32_t>(mix(state_) >> 32U);
  }

  /// Uniform in [0, n). Requires: 0 < n <= 2^32.
  std::uint64_t below(std::uint64_t n) { return (next() * n) >> 32U; }

  /// Uniform in [low, high]. Requires: low <= high < low + 2^32.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  /// True once in a million times `per_million`.
  bool chance(std::uint32_t per_million) { return below(1'000'000) < per_million; }

  /// Log-normal with the given median; sigma of the logarithm in thousandths. Requires: 0 < median
  /// < 2^40.
  std::int64_t log_normal(std::int64_t median, std::int64_t sigma_permille);

  template <typename T>
  const T& pick(std::span<const T> values) {
    return values[below(values.size())];
  }
  template <typename T>
  const T& pick(const std::vector<T>& values) {
    return values[below(values.size())];
  }
  template <typename T, std::size_t N>
  const T& pick(const std::array<T, N>& values) {
    return values[below(N)];
  }

  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  std::uint64_t state_;
};

/// Ranks 0..n-1 with probability proportional to 1 / (rank + 1 + flatness): few are chosen by many,
/// most by few.
class ZipfRanks {
 public:
  explicit ZipfRanks(std::size_t n, std::size_t flatness = 0);
  std::size_t draw(Random& random) const;

 private:
  std::vector<std::uint64_t> cumulative_;
};

}  // namespace aml::scenarios::generator
