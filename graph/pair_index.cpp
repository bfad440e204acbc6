// SPDX-License-Identifier: Apache-2.0
#include "graph/pair_index.hpp"

#include <algorithm>

namespace aml::graph {

PairIndex::PairIndex(const CandidateEdges& edges) {
  const Vertex vertices = edges.num_vertices();
  pair_offsets_.reserve(std::size_t{vertices} + 1);
  pair_offsets_.push_back(0);
  positions_.reserve(edges.size());
  for (Vertex v = 0; v < vertices; ++v) {
    const EdgeRange range = edges.at(End::kSource, v);
    const auto mine = static_cast<std::ptrdiff_t>(positions_.size());
    positions_.insert(positions_.end(), range.begin(), range.end());
    std::stable_sort(positions_.begin() + mine, positions_.end(), [&](Edge a, Edge b) {
      return edges.other(End::kSource, a) < edges.other(End::kSource, b);
    });
    for (auto at = static_cast<std::size_t>(mine); at < positions_.size(); ++at) {
      const Vertex payee = edges.other(End::kSource, positions_[at]);
      if (payee_.size() > pair_offsets_.back() && payee_.back() == payee) continue;
      payee_.push_back(payee);
      transfer_offsets_.push_back(static_cast<Edge>(at));
    }
    pair_offsets_.push_back(static_cast<Edge>(payee_.size()));
  }
  transfer_offsets_.push_back(static_cast<Edge>(positions_.size()));
}

std::span<const Vertex> PairIndex::payees(Vertex source) const {
  return std::span(payee_).subspan(pair_offsets_[source],
                                   pair_offsets_[source + 1] - pair_offsets_[source]);
}

std::span<const Edge> PairIndex::between(Vertex source, Vertex target) const {
  const auto mine = payees(source);
  const auto at = std::ranges::lower_bound(mine, target);
  if (at == mine.end() || *at != target) return {};
  const std::size_t pair = pair_offsets_[source] + static_cast<std::size_t>(at - mine.begin());
  return std::span(positions_)
      .subspan(transfer_offsets_[pair], transfer_offsets_[pair + 1] - transfer_offsets_[pair]);
}

}  // namespace aml::graph
