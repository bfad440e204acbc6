// SPDX-License-Identifier: Apache-2.0
// What one element of a tree-shaped motif can be bound to when its root is bound: each binding
// once, however many rows it is in.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/motif_factor.hpp"
#include "graph/motif_tree.hpp"

namespace aml::graph {

class MotifReach {
 public:
  /// Requires: `alive` is that of factor_alive() for the tree; edge is one of the tree's, by its
  ///           position in the pattern; what is referred to outlives this.
  MotifReach(const TransferGraph& graph, const MotifCandidates& candidates, const MotifTree& tree,
             const std::vector<std::vector<char>>& alive, std::size_t edge);

  /// The transfers that the edge is bound to in the rows that bind the root to one of `roots`, each
  /// once, in no particular order. Requires: each root is in a row of the tree.
  /// Cost: the pairs of transfers that follow each other on the way to the edge.
  std::vector<Edge> transfers_from(std::span<const Vertex> roots);
  /// The same for the vertex at the end of the edge that lies away from the root.
  std::vector<Vertex> vertices_from(std::span<const Vertex> roots);
  /// Candidates looked at in all calls.
  std::uint64_t steps() const { return steps_; }

 private:
  /// A candidate of a node, by its position on the near side, and the vertex at that side.
  struct Reached {
    Edge position;
    Vertex near;
  };
  /// A set of small numbers that is emptied at no cost.
  class Marks {
   public:
    void clear(std::size_t size);
    bool add(std::uint32_t x);  ///< false if it was in already

   private:
    std::vector<std::uint32_t> round_of_;
    std::uint32_t round_ = 0;
  };

  void walk(std::span<const Vertex> roots);
  void step_to(std::size_t level);
  void add_alive(std::size_t level, Vertex near, EdgeRange range, std::vector<Reached>& reached);
  const CandidateEdges& list(std::size_t node) const;

  const TransferGraph& graph_;
  const MotifCandidates& candidates_;
  const MotifTree& tree_;
  const std::vector<std::vector<char>>& alive_;
  std::vector<std::size_t> path_;  ///< nodes from the root to the edge
  std::vector<Marks> positions_;   ///< seen, for each of them
  std::vector<Marks> vertices_;    ///< whose candidates have all been added, for each of them
  Marks ends_;
  std::vector<Reached> reached_;
  std::uint64_t steps_ = 0;
};

}  // namespace aml::graph
