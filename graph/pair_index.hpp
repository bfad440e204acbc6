// SPDX-License-Identifier: Apache-2.0
// All transfers between two given vertices, without a look at their other transfers.
#pragma once

#include <span>
#include <vector>

#include "graph/motif_candidates.hpp"

namespace aml::graph {

/// For each vertex its distinct payees, sorted, each with the transfers to it in time order. Worth
/// its memory where edges between busy vertices are looked up again and again.
/// Thread safety: immutable after construction.
class PairIndex {
 public:
  /// Cost: O(n + m); 4 bytes for each vertex and candidate, 8 for each distinct pair.
  explicit PairIndex(const CandidateEdges& edges);

  /// The payees of a vertex, each once, ascending.
  std::span<const Vertex> payees(Vertex source) const;
  /// The source positions (see CandidateEdges) of the candidates between the two, in
  /// (booked_at, transfer key) order. Cost: O(log of the number of payees).
  std::span<const Edge> between(Vertex source, Vertex target) const;

 private:
  std::vector<Edge> pair_offsets_;      ///< of each vertex's pairs
  std::vector<Vertex> payee_;           ///< of each pair
  std::vector<Edge> transfer_offsets_;  ///< of each pair's transfers
  std::vector<Edge> positions_;
};

}  // namespace aml::graph
