// SPDX-License-Identifier: Apache-2.0
// Expressions to values.
#include <optional>

#include "graph/motif_expression.hpp"

namespace aml::graph {
namespace {

using Kind = Expression::Kind;

/// SQL's three truth values: nullopt is unknown.
using Truth = std::optional<bool>;

class Evaluation {
 public:
  explicit Evaluation(const EvaluationInput& input) : input_(input) {}

  Value value(const Expression& node) const {
    switch (node.kind) {
      case Kind::kLiteral:
        return literal(node);
      case Kind::kColumn:
        return column(node);
      case Kind::kAdd:
      case Kind::kSubtract:
      case Kind::kMultiply:
        return arithmetic(node.kind, value(node.operands[0]), value(node.operands[1]));
      case Kind::kNegate:
        return negated(value(node.operands[0]));
      case Kind::kCountRows:
      case Kind::kCountDistinct:
      case Kind::kSum:
      case Kind::kMin:
      case Kind::kMax:
      case Kind::kTotal:
        return input_.aggregates[static_cast<std::size_t>(node.slot)];
      default: {
        const Truth result = truth(node);
        return result ? Value(*result) : Value();
      }
    }
  }

 private:
  Truth truth(const Expression& node) const {
    switch (node.kind) {
      case Kind::kNot: {
        const Truth operand = boolean(node.operands[0]);
        return operand ? Truth(!*operand) : std::nullopt;
      }
      case Kind::kAnd:
        return all_are(true, node.operands);
      case Kind::kOr:
        return all_are(false, node.operands);
      case Kind::kIn:
        return is_in(node);
      case Kind::kIsNull:
        return is_null(value(node.operands[0]));
      default:
        return comparison(node.kind, value(node.operands[0]), value(node.operands[1]));
    }
  }

  Truth boolean(const Expression& node) const {
    const Value result = value(node);
    return is_null(result) ? Truth() : Truth(std::get<bool>(result));
  }

  /// "and" for neutral = true, "or" for false: the other value decides, unknown comes next.
  Truth all_are(bool neutral, const std::vector<Expression>& operands) const {
    Truth result = neutral;
    for (const Expression& operand : operands) {
      const Truth truth = boolean(operand);
      if (truth == !neutral) return !neutral;
      if (!truth) result = std::nullopt;
    }
    return result;
  }

  Truth is_in(const Expression& node) const {
    const Value needle = value(node.operands[0]);
    Truth result = false;
    for (auto operand = node.operands.begin() + 1; operand != node.operands.end(); ++operand) {
      const Truth equal = comparison(Kind::kEqual, needle, value(*operand));
      if (equal == true) return true;
      if (!equal) result = std::nullopt;
    }
    return result;
  }

  static Truth comparison(Kind kind, const Value& left, const Value& right) {
    if (is_null(left) || is_null(right)) return std::nullopt;
    const std::strong_ordering order = compare(left, right);
    switch (kind) {
      case Kind::kEqual:
        return order == 0;
      case Kind::kNotEqual:
        return order != 0;
      case Kind::kLess:
        return order < 0;
      case Kind::kAtMost:
        return order <= 0;
      case Kind::kGreater:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  static Value negated(const Value& value) {
    if (const auto* number = std::get_if<Decimal>(&value)) return -*number;
    if (const auto* span = std::get_if<TimeSpan>(&value)) return TimeSpan{-span->micros};
    return {};
  }

  static Value arithmetic(Kind kind, const Value& left, const Value& right) {
    if (is_null(left) || is_null(right)) return {};
    if (kind == Kind::kMultiply) return std::get<Decimal>(left) * std::get<Decimal>(right);
    if (const auto* number = std::get_if<Decimal>(&left)) {
      const auto& other = std::get<Decimal>(right);
      return *number + (kind == Kind::kAdd ? other : -other);
    }
    const MinorSum sum =
        kind == Kind::kAdd ? micros(left) + micros(right) : micros(left) - micros(right);
    const bool left_is_time = std::holds_alternative<TimePoint>(left);
    const bool right_is_time = std::holds_alternative<TimePoint>(right);
    return left_is_time != right_is_time ? Value(TimePoint{sum}) : Value(TimeSpan{sum});
  }

  static MinorSum micros(const Value& value) {
    if (const auto* time = std::get_if<TimePoint>(&value)) return time->micros;
    return std::get<TimeSpan>(value).micros;
  }

  static Value literal(const Expression& node) {
    return std::visit(
        [](const auto& content) -> Value {
          using Content = std::decay_t<decltype(content)>;
          if constexpr (std::is_same_v<Content, std::string>)
            return std::string_view(content);
          else
            return content;
        },
        node.literal);
  }

  Value column(const Expression& node) const {
    if (node.slot < 0) return {};
    const auto slot = static_cast<std::size_t>(node.slot);
    const std::uint32_t element =
        node.is_edge ? input_.match.edges[slot] : input_.match.vertices[slot];
    switch (node.column) {
      case Expression::Column::kId:
        return node.is_edge ? input_.graph.transfer_key(element) : input_.graph.key(element);
      case Expression::Column::kAmount:
        return Decimal{input_.graph.amount_minor(element), input_.properties.amount_scale};
      case Expression::Column::kTime:
        return TimePoint{input_.graph.booked_at(element)};
      case Expression::Column::kType:
        return input_.graph.type(element);
      case Expression::Column::kProperty:
        break;
    }
    const auto& columns = node.is_edge ? input_.properties.edges : input_.properties.vertices;
    return property(columns[node.property], element);
  }

  static Value property(const PropertyColumn& column, std::uint32_t element) {
    if (!column.is_null.empty() && column.is_null[element] != 0) return {};
    switch (column.type()) {
      case PropertyType::kNumber: {
        const auto& numbers = std::get<NumberColumn>(column.values);
        return Decimal{numbers.units[element], numbers.scale};
      }
      case PropertyType::kText:
        return std::get<KeyColumn>(column.values)[element];
      case PropertyType::kBoolean:
        return std::get<BooleanColumn>(column.values).flags[element] != 0;
      case PropertyType::kTime:
        return TimePoint{std::get<TimeColumn>(column.values).times[element]};
    }
    return {};
  }

  const EvaluationInput& input_;
};

}  // namespace

Value evaluate(const Expression& expression, const EvaluationInput& input) {
  return Evaluation(input).value(expression);
}

}  // namespace aml::graph
