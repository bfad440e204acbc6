// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_linear.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>

namespace aml::graph {
namespace {

using Kind = Expression::Kind;
using Relation = LinearCondition::Relation;

struct Sum {
  std::map<int, Decimal> terms;
  Decimal constant;
};

Sum times(const Sum& sum, const Decimal& factor) {
  Sum product{{}, sum.constant * factor};
  for (const auto& [edge, coefficient] : sum.terms) product.terms[edge] = coefficient * factor;
  return product;
}

Sum plus(Sum a, const Sum& b) {
  a.constant = a.constant + b.constant;
  for (const auto& [edge, coefficient] : b.terms) {
    a.terms[edge] = a.terms[edge] + coefficient;
  }
  return a;
}

/// Numbers, times and intervals as sums; of the columns only amounts and times of transfers.
std::optional<Sum> sum_of(const Expression& node) {
  std::vector<Sum> operands;
  for (const Expression& operand : node.operands) {
    std::optional<Sum> sum = sum_of(operand);
    if (!sum) return std::nullopt;
    operands.push_back(*std::move(sum));
  }
  switch (node.kind) {
    case Kind::kLiteral:
      if (const auto* number = std::get_if<Decimal>(&node.literal)) return Sum{{}, *number};
      if (const auto* time = std::get_if<TimePoint>(&node.literal)) return Sum{{}, {time->micros}};
      if (const auto* span = std::get_if<TimeSpan>(&node.literal)) return Sum{{}, {span->micros}};
      return std::nullopt;
    case Kind::kColumn: {
      const bool is_additive =
          node.column == Expression::Column::kAmount || node.column == Expression::Column::kTime;
      if (!is_additive || node.slot < 0) return std::nullopt;
      return Sum{{{node.slot, Decimal{1}}}, {}};
    }
    case Kind::kNegate:
      return times(operands[0], Decimal{-1});
    case Kind::kAdd:
      return plus(operands[0], operands[1]);
    case Kind::kSubtract:
      return plus(operands[0], times(operands[1], Decimal{-1}));
    case Kind::kMultiply:
      if (operands[0].terms.empty()) return times(operands[1], operands[0].constant);
      if (operands[1].terms.empty()) return times(operands[0], operands[1].constant);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Relation> relation_of(Kind kind) {
  switch (kind) {
    case Kind::kLess:
    case Kind::kGreater:
      return Relation::kBelow;
    case Kind::kAtMost:
    case Kind::kAtLeast:
      return Relation::kAtMost;
    case Kind::kEqual:
      return Relation::kEqual;
    default:
      return std::nullopt;
  }
}

/// Both numbers as whole ones, times the same power of ten.
std::pair<MinorSum, MinorSum> whole(const Decimal& a, const Decimal& b) {
  // Adding zero of the other's scale brings both to the larger scale.
  return {(a + Decimal{0, b.scale}).units, (b + Decimal{0, a.scale}).units};
}

/// The largest whole number <= a / b, for b > 0.
MinorSum floor_of(MinorSum a, MinorSum b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

constexpr MinorSum kLeast = std::numeric_limits<MinorUnits>::min();
constexpr MinorSum kMost = std::numeric_limits<MinorUnits>::max();

/// Runs the computation; nullopt if a number in it gets too large.
template <typename Compute>
auto unless_too_large(const Compute& compute) -> decltype(compute()) {
  try {
    return compute();
  } catch (const std::overflow_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<LinearCondition> linear_condition(const Expression& condition) {
  const std::optional<Relation> relation = relation_of(condition.kind);
  if (!relation) return std::nullopt;
  const bool is_flipped = condition.kind == Kind::kGreater || condition.kind == Kind::kAtLeast;
  const Expression& left = condition.operands[is_flipped ? 1 : 0];
  const Expression& right = condition.operands[is_flipped ? 0 : 1];
  return unless_too_large([&]() -> std::optional<LinearCondition> {
    const std::optional<Sum> smaller = sum_of(left);
    const std::optional<Sum> larger = sum_of(right);
    if (!smaller || !larger) return std::nullopt;
    const Sum difference = plus(*smaller, times(*larger, Decimal{-1}));
    LinearCondition linear{left.type != ValueType::kNumber, {}, difference.constant, *relation};
    for (const auto& [edge, factor] : difference.terms) {
      if (factor.units != 0) linear.terms.emplace_back(edge, factor);
    }
    return linear;
  });
}

std::optional<MotifConstraints::AmountBounds> amount_bounds(const LinearCondition& condition,
                                                            int amount_scale) {
  if (condition.of_times || condition.terms.size() != 1) return std::nullopt;
  return unless_too_large([&]() -> std::optional<MotifConstraints::AmountBounds> {
    Decimal per_minor_unit = condition.terms[0].second;
    per_minor_unit.scale += amount_scale;
    auto [factor, constant] = whole(per_minor_unit, condition.constant);
    // factor * amount + constant <= 0, < 0 or = 0, in whole numbers.
    const MinorSum size = factor < 0 ? -factor : factor;
    const MinorSum zero = factor < 0 ? constant : (-Decimal{constant}).units;
    const MinorSum floor = floor_of(zero, size);  // the amount of equality, rounded down
    const bool is_whole = zero % size == 0;
    const bool is_below = condition.relation == Relation::kBelow;
    MinorSum least = kLeast;
    MinorSum most = kMost;
    if (factor > 0 || condition.relation == Relation::kEqual) {
      most = is_below && is_whole ? floor - 1 : floor;
    }
    if (factor < 0 || condition.relation == Relation::kEqual) {
      least = is_whole && !is_below ? floor : floor + 1;
    }
    // Nothing is at least kMost and below kLeast.
    if (least > kMost || most < kLeast) {
      return MotifConstraints::AmountBounds{MinorUnits{kMost}, MinorUnits{kLeast}};
    }
    return MotifConstraints::AmountBounds{
        static_cast<MinorUnits>(std::max(least, kLeast)),
        static_cast<MinorUnits>(most >= kMost ? kMost : most + 1)};
  });
}

std::optional<MotifConstraints::AmountRatio> amount_ratio(const LinearCondition& condition) {
  if (condition.of_times || condition.terms.size() != 2 || condition.constant.units != 0 ||
      condition.relation == Relation::kBelow) {
    return std::nullopt;
  }
  auto [small, large] = std::pair(condition.terms[0], condition.terms[1]);
  if (small.second.units < 0) std::swap(small, large);
  if (small.second.units < 0 || large.second.units > 0) return std::nullopt;
  return unless_too_large([&]() -> std::optional<MotifConstraints::AmountRatio> {
    // a * small <= b * large.
    const auto [a, b] = whole(small.second, -large.second);
    const bool is_equal = condition.relation == Relation::kEqual;
    const auto permille = [](MinorSum numerator, MinorSum denominator) -> std::optional<MinorSum> {
      const MinorSum thousandfold = (Decimal{numerator} * Decimal{1000}).units;
      if (thousandfold % denominator != 0 || thousandfold / denominator >= kMost) {
        return std::nullopt;
      }
      return thousandfold / denominator;
    };
    if (const auto at_least = permille(a, b)) {
      MotifConstraints::AmountRatio ratio{.earlier = small.first, .later = large.first};
      ratio.at_least_permille = static_cast<std::int64_t>(*at_least);
      if (is_equal) ratio.at_most_permille = ratio.at_least_permille;
      return ratio;
    }
    if (const auto at_most = permille(b, a)) {
      MotifConstraints::AmountRatio ratio{.earlier = large.first, .later = small.first};
      ratio.at_most_permille = static_cast<std::int64_t>(*at_most);
      if (is_equal) ratio.at_least_permille = ratio.at_most_permille;
      return ratio;
    }
    return std::nullopt;
  });
}

std::optional<TimeDifference> time_difference(const LinearCondition& condition) {
  if (!condition.of_times || condition.terms.size() != 2 ||
      condition.relation == Relation::kEqual) {
    return std::nullopt;
  }
  auto [later, earlier] = std::pair(condition.terms[0], condition.terms[1]);
  if (later.second.units < 0) std::swap(later, earlier);
  if (later.second.units != 1 || earlier.second.units != -1) return std::nullopt;
  // later - earlier + constant <= 0, or < 0.
  const MinorSum strict = condition.relation == Relation::kBelow ? 1 : 0;
  return TimeDifference{earlier.first, later.first, -condition.constant.units - strict};
}

}  // namespace aml::graph
