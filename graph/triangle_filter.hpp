// SPDX-License-Identifier: Apache-2.0
// Which transfers cannot lie in a triangle: found out for all of them at once, far faster than by a
// search from each.
#pragma once

#include <vector>

#include "graph/motif_candidates.hpp"
#include "graph/transfer.hpp"

namespace aml::graph {

/// Three edges of a pattern. The first and the second meet at one vertex, the third joins their
/// other ends. Requires: the candidates outlive this.
struct TrianglePattern {
  const CandidateEdges& first;
  End first_end;  ///< of the first edge, where it meets the second
  const CandidateEdges& second;
  End second_end;
  const CandidateEdges& third;
  End third_end;    ///< of the third edge, where it meets the first
  Micros max_lead;  ///< the second is booked at most so long before the first
  Micros max_lag;   ///< and at most so long after it; either may be negative
};

/// For each transfer of the graph whether it may be the first edge: false only if it cannot be.
/// Shape: one flag for each of `num_edges` transfers, 0 for those that are not candidates.
/// Cost:  O(n + m), and up to 64 second edges for each first one: a transfer with more is kept
///        without a look. Memory 1 byte a transfer, while searching 2 to 4 more for each candidate
///        of the third edge. Parallel; the same for any number of threads.
std::vector<char> may_be_in_triangle(const TrianglePattern& triangle, Edge num_edges);

}  // namespace aml::graph
