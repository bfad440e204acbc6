// SPDX-License-Identifier: Apache-2.0
// Which rearrangements of a pattern nobody could tell from the original.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_expression.hpp"

namespace aml::graph {

/// What a symmetry must leave as it is beside the pattern.
struct SymmetryConditions {
  const std::vector<MotifConstraints::Follows>& follows;
  const std::vector<Expression>& conditions;  ///< placed; their order does not matter
  std::vector<char> fixed_vertices;           ///< for each vertex: it must stay where it is
  std::vector<char> fixed_edges;
};

/// What may still be spent on looking for symmetries: those of all branches of a query together.
struct SymmetryBudget {
  std::size_t steps = 10'000'000;
};

/// Every symmetry of the pattern but the identity, in a fixed order; with it they are a group.
/// Named elements go to named ones. Conditions are compared as they are written, up to the order of
/// operands: "a.id <> b.id" is "b.id <> a.id" and "x < y" is "y > x".
/// Throws: std::invalid_argument if there are more than 5040, or too many to look through: the
///         budget is spent.
std::vector<Symmetry> symmetries_of(const MotifPattern& pattern,
                                    const SymmetryConditions& conditions, SymmetryBudget& budget);

}  // namespace aml::graph
