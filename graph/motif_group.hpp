// SPDX-License-Identifier: Apache-2.0
// The rows of a motif, summed up for each vertex that one of its vertices is bound to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/motif_plan.hpp"
#include "graph/motif_search.hpp"

namespace aml::graph {

struct MotifAggregate {
  enum class Measure : std::uint8_t {
    kRows,              ///< number of rows; `element` is not used
    kRowSum,            ///< sum over the rows of the amount of edge `element`
    kDistinctVertices,  ///< number of vertices that vertex `element` is bound to, each once
    kDistinctEdges,     ///< number of transfers that edge `element` is bound to, each once
    kDistinctSum,       ///< sum of their amounts
    kLeastAmount,       ///< the smallest of their amounts
    kLargestAmount
  };
  Measure measure = Measure::kRows;
  std::size_t element = 0;  ///< position in MotifPattern::vertices or edges
};

struct MotifGroups {
  std::vector<Vertex> vertices;  ///< those with rows, ascending
  /// columns[i][g]: aggregate i of the group of vertices[g]; amounts in minor units.
  std::vector<std::vector<MinorSum>> columns;
  bool factorised = false;  ///< no row was enumerated
  bool overflowed = false;  ///< a value does not fit: none can be trusted
  std::uint64_t steps = 0;  ///< candidates looked at, row by row or on the way to distinct elements
  /// max_steps or max_rows was reached. Factorised: the last groups are missing, those that are here are whole.
  /// Else rows are missing, from any group.
  bool truncated = false;
};

/// The aggregates over the rows of each group: rows are in one group if they bind `vertex` to the
/// same vertex. Where MotifPlan::estimate() is exact nothing is enumerated: rows and their sums are
/// counted along the tree of the motif, distinct elements are reached along it from each group's
/// vertex. Elsewhere the rows are enumerated one by one, the first max_rows of them. Both stay inside the constraints' max_steps.
/// Throws: std::invalid_argument if an element is out of range, negated, never bound, or left out of
///         the rows by a negated term.
/// Cost:   factorised, O(n + m) for each edge of the motif; for a distinct element as well, in each
///         group, the transfers on the way to it. Else that of enumerate_motif(), and memory for the
///         distinct elements of each group.
MotifGroups group_motif(const MotifPlan& plan, std::size_t vertex,
                        std::span<const MotifAggregate> aggregates,
                        std::uint64_t max_rows = kNoRowLimit);

}  // namespace aml::graph
