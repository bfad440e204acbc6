// SPDX-License-Identifier: Apache-2.0
// Conditions that only add up amounts, or times, of transfers: what bounds, ratios and windows can
// say instead of an expression.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_expression.hpp"

namespace aml::graph {

/// sum of factor * amount (or time, in microseconds) of each edge, plus constant, is at most (or
/// below, or equal to) zero.
struct LinearCondition {
  enum class Relation : std::uint8_t { kBelow, kAtMost, kEqual };
  bool of_times = false;
  std::vector<std::pair<int, Decimal>> terms;  ///< edge and its factor, not zero; by edge
  Decimal constant;
  Relation relation = Relation::kAtMost;
};

/// The comparison in this form; nullopt if it has none, or not with 38 digits. It asks for no
/// column that can be null.
/// Requires: the condition is checked and placed.
std::optional<LinearCondition> linear_condition(const Expression& condition);

/// The amounts in minor units that a condition on one amount allows; nullopt if it is no such
/// condition. amount_scale: digits after the point of an amount.
std::optional<MotifConstraints::AmountBounds> amount_bounds(const LinearCondition& condition,
                                                            int amount_scale);

/// The ratio that a condition on two amounts asks for; nullopt if whole permille cannot say it.
std::optional<MotifConstraints::AmountRatio> amount_ratio(const LinearCondition& condition);

/// later - earlier <= within, in microseconds; within may be negative.
struct TimeDifference {
  int earlier = 0;
  int later = 0;
  MinorSum within = 0;
};
/// The difference that a condition on two times bounds from above; nullopt if it is no such one.
std::optional<TimeDifference> time_difference(const LinearCondition& condition);

}  // namespace aml::graph
