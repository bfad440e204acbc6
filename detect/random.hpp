// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same everywhere.
#pragma once

#include <cstdint>

namespace aml::detect {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). The standard's distributions differ from library
/// to library, so the mapping to ranges is ours too.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound), without bias (Lemire 2019). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t reject = (0 - bound) % bound;
    for (;;) {
      const auto product = Wide{next()} * bound;
      if (static_cast<std::uint64_t>(product) >= reject) {
        return static_cast<std::uint64_t>(product >> 64);
      }
    }
  }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  __extension__ using Wide = unsigned __int128;
  std::uint64_t state_;
};

}  // namespace aml::detect
