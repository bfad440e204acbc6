// SPDX-License-Identifier: Apache-2.0
// How a motif is matched: what is left out first, in which order elements are bound, what is known
// about the number of rows before any work is done.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_candidates.hpp"
#include "graph/motif_factor.hpp"
#include "graph/motif_times.hpp"
#include "graph/motif_tree.hpp"

namespace aml::graph {

/// One step of the search. After it, the ends of a bound edge are bound too.
struct MotifStep {
  enum class Kind : std::uint8_t {
    kEdge,       ///< binds edge `element` to a transfer
    kNeighbour,  ///< binds vertex `element` to each end of the transfers of edge `over`, once
    kVertex      ///< binds vertex `element`, which nothing bound leads to
  };
  Kind kind = Kind::kEdge;
  std::size_t element = 0;
  std::size_t over = 0;
  double estimated_rows = 0;  ///< partial matches after this step
};

/// What is known about the number of rows without enumerating any.
struct MotifEstimate {
  RowCount rows_at_most = 0;
  bool exact = false;       ///< it is the number of rows
  bool overflowed = false;  ///< the number is above kRowsMax, or a sum on the way to it was
};

/// The plan of one motif on one graph.
/// Thread safety: immutable after construction.
class MotifPlan {
 public:
  /// Requires: graph, pattern and constraints outlive the plan.
  /// Throws:   std::invalid_argument from validate().
  /// Cost:     O(n + m) for each element with a condition of its own; O(n) for each pair of edges
  ///           that meet at a vertex.
  MotifPlan(const TransferGraph& graph, const MotifPattern& pattern,
            const MotifConstraints& constraints);
  MotifPlan(const MotifPlan&) = delete;  // its parts refer to each other
  MotifPlan& operator=(const MotifPlan&) = delete;

  const TransferGraph& graph() const { return graph_; }
  const MotifPattern& pattern() const { return pattern_; }
  const MotifConstraints& constraints() const { return constraints_; }
  const MotifTimes& times() const { return times_; }
  const MotifCandidates& candidates() const { return candidates_; }
  const MotifShape& shape() const { return shape_; }
  const DroppedElements& dropped() const { return dropped_; }

  /// False if there can be no rows: an empty motif, or times that contradict each other.
  bool is_satisfiable() const { return is_satisfiable_; }
  const std::vector<MotifStep>& steps() const { return steps_; }
  /// How many of the steps, from the first, tell rows apart. The others only look for one witness.
  std::size_t num_telling_steps() const { return num_telling_steps_; }

  /// A bound from above for the rows, often their exact number: the factorised count of the trees
  /// that the components of the motif are without their closing edges, times the largest number of
  /// parallel transfers for each closing edge. What ties more than two elements together, and
  /// distinctness, only make rows fewer.
  /// Cost: of factor_rows() for each component.
  MotifEstimate estimate() const;

 private:
  const TransferGraph& graph_;
  const MotifPattern& pattern_;
  const MotifConstraints& constraints_;
  MotifTimes times_;
  MotifCandidates candidates_;
  MotifShape shape_;
  DroppedElements dropped_;
  bool is_satisfiable_ = false;
  std::vector<MotifStep> steps_;
  std::size_t num_telling_steps_ = 0;
};

/// The tree of a component, rooted where its messages cost least.
MotifTree cheapest_tree(const MotifShape& shape, std::size_t component);

}  // namespace aml::graph
