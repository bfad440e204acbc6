// SPDX-License-Identifier: Apache-2.0
// At each vertex the candidates for the first and the second edge come in time order, one after the
// other in memory. What lies anywhere in memory is only the bits that say which pairs of vertices
// the third edge may join.
#include "graph/triangle_filter.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "graph/motif_times.hpp"

namespace aml::graph {
namespace {

/// Pairs of vertices, two bits of one word for each (a blocked Bloom filter): may hold some that
/// were not added, about one in sixty.
class PairFilter {
 public:
  explicit PairFilter(std::size_t pairs)
      : words_(std::bit_ceil(pairs / 4 + 1)), shift_(64 - std::countr_zero(words_.size())) {}

  void add(Vertex a, Vertex b) {
    const std::uint64_t hash = hash_of(a, b);
    words_[word(hash)] |= bits(hash);
  }
  /// Has the word of a pair fetched; returns what may_hold() needs later.
  std::uint64_t fetch(Vertex a, Vertex b) const {
    const std::uint64_t hash = hash_of(a, b);
    __builtin_prefetch(&words_[word(hash)]);
    return hash;
  }
  bool may_hold(std::uint64_t hash) const {
    return (words_[word(hash)] & bits(hash)) == bits(hash);
  }

 private:
  static std::uint64_t hash_of(Vertex a, Vertex b) {
    std::uint64_t hash = (std::uint64_t{a} << 32 | b) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
    return hash * 0xd6e8feb86659fd93;
  }
  std::size_t word(std::uint64_t hash) const { return shift_ == 64 ? 0 : hash >> shift_; }
  static std::uint64_t bits(std::uint64_t hash) {
    return std::uint64_t{1} << (hash % 64) | std::uint64_t{1} << (hash / 64 % 64);
  }

  std::vector<std::uint64_t> words_;
  int shift_;
};

PairFilter pairs_of(const CandidateEdges& edges) {
  PairFilter pairs(edges.size());
  for (Vertex v = 0; v < edges.num_vertices(); ++v) {
    for (const Edge position : edges.at(End::kSource, v)) {
      pairs.add(v, edges.other(End::kSource, position));
    }
  }
  return pairs;
}

/// Marks the first edges of what may be triangles, for the vertices that one task goes through.
class Marker {
 public:
  Marker(const TrianglePattern& triangle, const PairFilter& third, std::vector<char>& may_be)
      : triangle_(triangle), third_(third), may_be_(may_be) {}

  /// Looks at the triangles whose first two edges meet at v.
  void meet_at(Vertex v) {
    const auto& [first, first_end, second, second_end, unused, third_end, max_lead, max_lag] =
        triangle_;
    const Edge end = *second.at(second_end, v).end();
    Edge window_begin = *second.at(second_end, v).begin();
    Edge window_end = window_begin;
    for (const Edge position : first.at(first_end, v)) {
      const Micros from = earlier_by(first.booked_at(first_end, position), max_lead);
      const Micros to = later_by(first.booked_at(first_end, position), max_lag);
      while (window_begin < end && second.booked_at(second_end, window_begin) < from) {
        ++window_begin;
      }
      window_end = std::max(window_begin, window_end);
      while (window_end < end && second.booked_at(second_end, window_end) <= to) ++window_end;
      const Edge e = first.edge(first_end, position);
      if (window_end - window_begin > kMostPairs) {
        may_be_[e] = 1;
        continue;
      }
      const Vertex near = first.other(first_end, position);
      for (Edge next = window_begin; next < window_end; ++next) {
        const Vertex far = second.other(second_end, next);
        pairs_.push_back(
            {e, third_end == End::kSource ? third_.fetch(near, far) : third_.fetch(far, near)});
      }
      if (pairs_.size() > kPairsAtOnce) flush();
    }
  }

  void flush() {
    for (const Pair& pair : pairs_) {
      if (third_.may_hold(pair.hash)) may_be_[pair.first] = 1;
    }
    pairs_.clear();
  }

 private:
  /// Beyond so many the search from the transfer itself is no slower.
  static constexpr Edge kMostPairs = 64;
  /// So many words of the filter are on their way from memory together.
  static constexpr std::size_t kPairsAtOnce = 128;

  struct Pair {
    Edge first;
    std::uint64_t hash;
  };

  const TrianglePattern& triangle_;
  const PairFilter& third_;
  std::vector<char>& may_be_;
  std::vector<Pair> pairs_;
};

}  // namespace

std::vector<char> may_be_in_triangle(const TrianglePattern& triangle, Edge num_edges) {
  constexpr Vertex kVerticesPerTask = 1 << 10;
  const PairFilter third = pairs_of(triangle.third);
  std::vector<char> may_be(num_edges, 0);
  oneapi::tbb::parallel_for(
      oneapi::tbb::blocked_range<Vertex>(0, triangle.first.num_vertices(), kVerticesPerTask),
      [&](const auto& vertices) {
        Marker marker(triangle, third, may_be);
        for (Vertex v = vertices.begin(); v != vertices.end(); ++v) marker.meet_at(v);
        marker.flush();
      });
  return may_be;
}

}  // namespace aml::graph
