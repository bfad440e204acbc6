// SPDX-License-Identifier: Apache-2.0
// What the order in time, the gaps and the window of a motif say about any two of its edges.
#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "graph/motif.hpp"
#include "graph/transfer.hpp"

namespace aml::graph {

inline constexpr Micros kUnbounded = std::numeric_limits<Micros>::max();
inline constexpr Micros kEarliest = std::numeric_limits<Micros>::min();
inline constexpr Micros kLatest = std::numeric_limits<Micros>::max();

/// a + b and a - b, held inside the range of Micros; kUnbounded leads to its end.
constexpr Micros later_by(Micros a, Micros b) {
  Micros sum = 0;
  if (b == kUnbounded) return kLatest;
  return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? kLatest : kEarliest) : sum;
}
constexpr Micros earlier_by(Micros a, Micros b) {
  Micros difference = 0;
  if (b == kUnbounded) return kEarliest;
  return __builtin_sub_overflow(a, b, &difference) ? (b > 0 ? kEarliest : kLatest) : difference;
}

/// The constraints on time as differences between edges, closed under implication: a -> b -> c
/// inside a window bounds a and c from each other although no constraint names the two. Positions
/// are those of MotifPattern::edges; about a negated edge nothing is said.
class MotifTimes {
 public:
  /// Cost: O(k^3) for k edges of the pattern.
  MotifTimes(const MotifPattern& pattern, const MotifConstraints& constraints);

  /// The relations that follow from what is said about the given pairs of edges alone.
  MotifTimes restricted_to(const std::vector<std::pair<std::size_t, std::size_t>>& pairs) const;

  /// booked_at(b) - booked_at(a) <= max_gap(a, b) in every match; kUnbounded: no limit.
  Micros max_gap(std::size_t a, std::size_t b) const { return max_gap_[a * edges_ + b]; }
  /// a comes before b in (booked_at, transfer key) order in every match.
  bool before(std::size_t a, std::size_t b) const { return before_[a * edges_ + b] != 0; }
  /// Whether the constraints say anything about the two.
  bool related(std::size_t a, std::size_t b) const {
    return max_gap(a, b) != kUnbounded || max_gap(b, a) != kUnbounded;
  }
  /// False if no times at all can meet the constraints.
  bool satisfiable() const;

  bool operator==(const MotifTimes&) const = default;

 private:
  explicit MotifTimes(std::size_t edges);
  void limit(std::size_t a, std::size_t b, Micros gap);
  void close();

  std::size_t edges_;
  std::vector<Micros> max_gap_;
  std::vector<char> before_;
};

}  // namespace aml::graph
