// SPDX-License-Identifier: Apache-2.0
#include "scenarios/motif_sql_expression.hpp"

#include <vector>

#include "scenarios/sql_text.hpp"

namespace aml::scenarios {
namespace {

using graph::Expression;
using graph::ValueType;
using Kind = Expression::Kind;

std::string_view operator_of(Kind kind) {
  switch (kind) {
    case Kind::kAnd:
      return " AND ";
    case Kind::kOr:
      return " OR ";
    case Kind::kEqual:
      return " = ";
    case Kind::kNotEqual:
      return " <> ";
    case Kind::kLess:
      return " < ";
    case Kind::kAtMost:
      return " <= ";
    case Kind::kGreater:
      return " > ";
    case Kind::kAtLeast:
      return " >= ";
    case Kind::kAdd:
      return " + ";
    case Kind::kSubtract:
      return " - ";
    default:
      return " * ";
  }
}

bool compares_order(Kind kind) {
  return kind == Kind::kLess || kind == Kind::kAtMost || kind == Kind::kGreater ||
         kind == Kind::kAtLeast;
}

std::string literal(const Expression& node, ValueType type_of_null) {
  struct Printer {
    ValueType type_of_null;
    std::string operator()(std::monostate) const { return null_literal(type_of_null); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const graph::Decimal& number) const { return to_string(number); }
    std::string operator()(const std::string& text) const { return quoted_text(text); }
    std::string operator()(const graph::TimePoint& time) const {
      return timestamp_literal(time.micros);
    }
    std::string operator()(const graph::TimeSpan& span) const {
      return interval_literal(span.micros);
    }
  };
  return std::visit(Printer{type_of_null}, node.literal);
}

/// The type that null has beside these operands.
ValueType common_type(const std::vector<Expression>& operands) {
  for (const Expression& operand : operands) {
    if (operand.type != ValueType::kNull) return operand.type;
  }
  return ValueType::kBoolean;
}

}  // namespace

std::string sql_expression(const Expression& node,
                           const std::function<std::string(const Expression&)>& leaf) {
  if (node.kind == Kind::kLiteral) return literal(node, ValueType::kBoolean);
  if (node.kind == Kind::kColumn || node.kind == Kind::kElement || node.is_aggregate()) {
    return leaf(node);
  }
  const ValueType type = common_type(node.operands);
  std::vector<std::string> operands;
  for (const Expression& operand : node.operands) {
    const bool is_null = operand.kind == Kind::kLiteral && operand.type == ValueType::kNull;
    operands.push_back(is_null ? null_literal(type) : sql_expression(operand, leaf));
    if (compares_order(node.kind) && type == ValueType::kText) operands.back() += " COLLATE \"C\"";
  }
  switch (node.kind) {
    case Kind::kNot:
      return "(NOT " + operands[0] + ")";
    case Kind::kNegate:
      return "(- " + operands[0] + ")";
    case Kind::kIsNull:
      return "(" + operands[0] + " IS NULL)";
    case Kind::kIn: {
      const std::vector<std::string> others(operands.begin() + 1, operands.end());
      return "(" + operands[0] + " IN (" + joined(others, ", ") + "))";
    }
    default:
      return "(" + joined(operands, operator_of(node.kind)) + ")";
  }
}

}  // namespace aml::scenarios
