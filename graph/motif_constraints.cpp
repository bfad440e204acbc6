// SPDX-License-Identifier: Apache-2.0
// Constraints that belong to a pattern.
#include <algorithm>
#include <string>

#include "graph/motif.hpp"
#include "graph/require.hpp"

namespace aml::graph {
namespace {

bool is_permutation_of_positions(const std::vector<int>& positions, std::size_t size) {
  std::vector<int> sorted = positions;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<int>(i)) return false;
  }
  return sorted.size() == size;
}

/// Throws std::invalid_argument, which says what is wrong, if the constraints are not ones of the
/// pattern.
class Validation {
 public:
  Validation(const TransferGraph& graph, const MotifPattern& pattern,
             const MotifConstraints& constraints)
      : graph_(graph), pattern_(pattern), constraints_(constraints) {}

  void run() const {
    for (const auto& [earlier, later, within] : constraints_.follows) {
      require_positive_edge(earlier, "follows");
      require_positive_edge(later, "follows");
      require(within >= 0, "within must not be negative");
    }
    for (const MotifConstraints::AmountRatio& ratio : constraints_.ratios) {
      require_positive_edge(ratio.earlier, "amount ratio");
      require_positive_edge(ratio.later, "amount ratio");
    }
    require(constraints_.window >= 0, "window must not be negative");
    check_amounts();
    check_edge_masks();
    check_vertex_masks();
    for (const Symmetry& symmetry : constraints_.symmetries) check_symmetry(symmetry);
  }

 private:
  void require_positive_edge(int edge, const char* constraint) const {
    const std::string where = std::string(constraint) + " names edge " + std::to_string(edge);
    require(edge >= 0 && static_cast<std::size_t>(edge) < pattern_.edges.size(),
            where + ", the motif has " + std::to_string(pattern_.edges.size()));
    require(!pattern_.edges[static_cast<std::size_t>(edge)].negated, where + ", which is negated");
  }

  void check_amounts() const {
    require(constraints_.amounts.empty() || constraints_.amounts.size() == pattern_.edges.size(),
            "amounts must be empty or have one entry for each edge of the motif");
    for (std::size_t i = 0; i < constraints_.amounts.size(); ++i) {
      const auto& [at_least, below] = constraints_.amounts[i];
      const MotifConstraints::AmountBounds unbounded;
      if (at_least != unbounded.at_least || below != unbounded.below) {
        require_positive_edge(static_cast<int>(i), "an amount bound");
      }
    }
  }

  void check_edge_masks() const {
    const auto& masks = constraints_.allowed_edges;
    require(masks.empty() || masks.size() == pattern_.edges.size(),
            "allowed_edges must be empty or have one mask for each edge of the motif");
    for (std::size_t e = 0; e < masks.size(); ++e) {
      if (masks[e].empty()) continue;
      require_positive_edge(static_cast<int>(e), "a mask of allowed edges");
      require(masks[e].size() == graph_.num_edges(),
              "a mask of allowed edges must have one flag for each edge of the graph");
    }
  }

  void check_vertex_masks() const {
    const auto& masks = constraints_.allowed_vertices;
    require(masks.empty() || masks.size() == pattern_.vertices.size(),
            "allowed_vertices must be empty or have one mask for each vertex of the motif");
    for (std::size_t v = 0; v < masks.size(); ++v) {
      if (masks[v].empty()) continue;
      require(is_ever_bound(v), "a mask of allowed vertices is for vertex " + std::to_string(v) +
                                    ", which is never bound");
      require(masks[v].size() == graph_.num_vertices(),
              "a mask of allowed vertices must have one flag for each vertex of the graph");
    }
  }

  bool is_ever_bound(std::size_t vertex) const {
    const int v = static_cast<int>(vertex);
    return !pattern_.vertices[vertex].empty() ||
           std::ranges::any_of(pattern_.edges, [&](const MotifEdge& edge) {
             return !edge.negated && (edge.source == v || edge.target == v);
           });
  }

  void check_symmetry(const Symmetry& symmetry) const {
    require(is_permutation_of_positions(symmetry.vertices, pattern_.vertices.size()) &&
                is_permutation_of_positions(symmetry.edges, pattern_.edges.size()),
            "a symmetry must be a permutation of the motif's vertices and of its edges");
    const DroppedElements dropped = dropped_elements(pattern_);
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      const auto image = static_cast<std::size_t>(symmetry.vertices[v]);
      require(dropped.vertices[v] == dropped.vertices[image] &&
                  pattern_.vertices[v].empty() == pattern_.vertices[image].empty(),
              "a symmetry must map named vertices to named vertices");
    }
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      const auto at = static_cast<std::size_t>(symmetry.edges[e]);
      const MotifEdge& edge = pattern_.edges[e];
      const MotifEdge& image = pattern_.edges[at];
      require(edge.negated == image.negated && edge.name.empty() == image.name.empty() &&
                  dropped.edges[e] == dropped.edges[at] &&
                  symmetry.vertices[static_cast<std::size_t>(edge.source)] == image.source &&
                  symmetry.vertices[static_cast<std::size_t>(edge.target)] == image.target,
              "a symmetry must map the motif's edges to edges of the same kind");
    }
  }

  const TransferGraph& graph_;
  const MotifPattern& pattern_;
  const MotifConstraints& constraints_;
};

}  // namespace

DroppedElements dropped_elements(const MotifPattern& pattern) {
  DroppedElements dropped{std::vector<char>(pattern.edges.size()),
                          std::vector<char>(pattern.vertices.size()), false};
  const auto last_negated = std::find_if(pattern.edges.rbegin(), pattern.edges.rend(),
                                         [](const MotifEdge& edge) { return edge.negated; });
  for (auto edge = pattern.edges.begin(); edge != last_negated.base(); ++edge) {
    if (edge->negated) continue;
    if (edge->name.empty()) {
      dropped.edges[static_cast<std::size_t>(edge - pattern.edges.begin())] = 1;
      dropped.any = true;
    }
    for (const int v : {edge->source, edge->target}) {
      const auto vertex = static_cast<std::size_t>(v);
      if (pattern.vertices[vertex].empty()) dropped.vertices[vertex] = 1;
    }
  }
  return dropped;
}

void validate(const TransferGraph& graph, const MotifPattern& pattern,
              const MotifConstraints& constraints) {
  Validation(graph, pattern, constraints).run();
}

}  // namespace aml::graph
