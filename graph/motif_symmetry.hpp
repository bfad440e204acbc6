// SPDX-License-Identifier: Apache-2.0
// Which rearrangements of a pattern nobody could tell from the original.
#pragma once

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

/// Every symmetry of the pattern but the identity, in a fixed order; with it they are a group.
/// Named elements go to named ones. Conditions are compared as they are written, up to the order of
/// operands: "a.id <> b.id" is "b.id <> a.id" and "x < y" is "y > x".
/// Throws: std::invalid_argument if there are more than 5040, or too many to look through.
std::vector<Symmetry> symmetries_of(const MotifPattern& pattern,
                                    const SymmetryConditions& conditions);

}  // namespace aml::graph
