// SPDX-License-Identifier: Apache-2.0
// Names and types of expressions.
#include <algorithm>
#include <array>

#include "graph/motif_expression.hpp"

namespace aml::graph {
namespace {

using Kind = Expression::Kind;

std::string_view name_of(ValueType type) {
  static constexpr std::array<std::string_view, 6> kNames{"null", "boolean", "number",
                                                          "text", "time",    "interval"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::string a(ValueType type) {
  return (type == ValueType::kInterval ? "an " : "a ") + std::string(name_of(type));
}

ValueType value_type(PropertyType type) {
  switch (type) {
    case PropertyType::kNumber:
      return ValueType::kNumber;
    case PropertyType::kText:
      return ValueType::kText;
    case PropertyType::kBoolean:
      return ValueType::kBoolean;
    case PropertyType::kTime:
      return ValueType::kTime;
  }
  return ValueType::kNull;
}

class Checker {
 public:
  Checker(const ExpressionScope& scope, std::string_view text, std::string_view subject)
      : scope_(scope), text_(text), subject_(subject) {}

  void check(Expression& node) const {
    if (node.is_aggregate() && !scope_.of_groups) {
      fail(node, "an aggregate is for groups, not for single matches");
    }
    if (node.kind == Kind::kColumn && scope_.of_groups) {
      fail(node, "a group has no single value of a column: use sum, min or max");
    }
    if (node.is_aggregate()) return check_aggregate(node);
    for (Expression& operand : node.operands) check(operand);
    node.type = type_of(node);
  }

 private:
  ValueType type_of(Expression& node) const {
    switch (node.kind) {
      case Kind::kLiteral:
        return static_cast<ValueType>(node.literal.index());
      case Kind::kColumn:
        return find_column(node);
      case Kind::kNot:
      case Kind::kAnd:
      case Kind::kOr:
        for (const Expression& operand : node.operands) require(operand, ValueType::kBoolean);
        return ValueType::kBoolean;
      case Kind::kEqual:
      case Kind::kNotEqual:
      case Kind::kIn:
        for (const Expression& operand : node.operands) require_alike(node, operand);
        return ValueType::kBoolean;
      case Kind::kLess:
      case Kind::kAtMost:
      case Kind::kGreater:
      case Kind::kAtLeast:
        require_alike(node, node.operands[1]);
        for (const Expression& operand : node.operands) {
          if (operand.type == ValueType::kBoolean) fail(operand, "booleans have no order");
        }
        return ValueType::kBoolean;
      case Kind::kIsNull:
        return ValueType::kBoolean;
      case Kind::kMultiply:
        for (const Expression& operand : node.operands) require(operand, ValueType::kNumber);
        return ValueType::kNumber;
      case Kind::kNegate:
        if (node.operands[0].type == ValueType::kInterval) return ValueType::kInterval;
        require(node.operands[0], ValueType::kNumber);
        return ValueType::kNumber;
      default:
        return type_of_sum(node);
    }
  }

  /// Of kAdd and kSubtract.
  ValueType type_of_sum(const Expression& node) const {
    const ValueType left = node.operands[0].type;
    const ValueType right = node.operands[1].type;
    const bool subtracts = node.kind == Kind::kSubtract;
    const auto is = [&](ValueType l, ValueType r) { return left == l && right == r; };
    if (is(ValueType::kNumber, ValueType::kNumber)) return ValueType::kNumber;
    if (is(ValueType::kInterval, ValueType::kInterval)) return ValueType::kInterval;
    if (is(ValueType::kTime, ValueType::kInterval)) return ValueType::kTime;
    if (!subtracts && is(ValueType::kInterval, ValueType::kTime)) return ValueType::kTime;
    if (subtracts && is(ValueType::kTime, ValueType::kTime)) return ValueType::kInterval;
    fail(node, std::string("there is no ") + std::string(name_of(left)) +
                   (subtracts ? " - " : " + ") + std::string(name_of(right)));
  }

  void check_aggregate(Expression& node) const {
    node.type = ValueType::kNumber;
    if (node.operands.empty()) return;
    Expression& operand = node.operands[0];
    if (operand.kind == Kind::kElement) {
      find_element(operand);
      if (node.kind == Kind::kTotal && !operand.is_edge) {
        fail(operand, "total is of a transfer, '" + operand.element + "' is a vertex");
      }
      return;
    }
    operand.type = find_column(operand);
    if (node.kind == Kind::kSum) require(operand, ValueType::kNumber);
    if (operand.type == ValueType::kBoolean) fail(operand, "booleans have no order");
    node.type = operand.type;
  }

  void find_element(Expression& node) const {
    using ColumnKind = MotifColumn::Kind;
    const auto& columns = scope_.motif.columns;
    const auto found = std::ranges::find(columns, node.element, &MotifColumn::name);
    if (found == columns.end() ||
        (found->kind != ColumnKind::kVertex && found->kind != ColumnKind::kEdge)) {
      fail(node, "the motif has no element '" + node.element + "'");
    }
    node.is_edge = found->kind == ColumnKind::kEdge;
  }

  ValueType find_column(Expression& node) const {
    find_element(node);
    const std::string& name = node.column_name;
    const auto built_in = [&](Expression::Column column, ValueType type) {
      node.column = column;
      return type;
    };
    if (name == "id") return built_in(Expression::Column::kId, ValueType::kText);
    if (node.is_edge) {
      if (name == "amount") return built_in(Expression::Column::kAmount, ValueType::kNumber);
      if (name == "time") return built_in(Expression::Column::kTime, ValueType::kTime);
      if (name == "type") return built_in(Expression::Column::kType, ValueType::kText);
    }
    const auto& columns = node.is_edge ? scope_.schema.edges : scope_.schema.vertices;
    const auto found = std::ranges::find(columns, name, &PropertySchema::Column::first);
    if (found == columns.end()) fail(node, unknown_column(node, columns));
    node.column = Expression::Column::kProperty;
    node.property = static_cast<std::size_t>(found - columns.begin());
    return value_type(found->second);
  }

  static std::string unknown_column(const Expression& node,
                                    const std::vector<PropertySchema::Column>& columns) {
    std::string known = node.is_edge ? "id, amount, time, type" : "id";
    for (const auto& [name, type] : columns) known += ", " + name;
    return std::string(node.is_edge ? "a transfer" : "a vertex") + " has no column '" +
           node.column_name + "': " + known;
  }

  void require(const Expression& operand, ValueType type) const {
    const bool fits =
        operand.type == type || (operand.type == ValueType::kNull && type == ValueType::kBoolean);
    if (fits) return;
    fail(operand, "expected " + a(type) + ", this is " + a(operand.type));
  }

  /// The operand can be compared with the first one of the node.
  void require_alike(const Expression& node, const Expression& operand) const {
    for (const Expression& other : node.operands) {
      if (&other == &operand) return;
      if (other.type == ValueType::kNull || operand.type == ValueType::kNull) continue;
      if (other.type == operand.type) continue;
      fail(operand, a(other.type) + " cannot be compared with " + a(operand.type));
    }
  }

  [[noreturn]] void fail(const Expression& node, const std::string& reason) const {
    throw MotifError(text_, node.position, reason, subject_);
  }

  const ExpressionScope& scope_;
  std::string_view text_;
  std::string_view subject_;
};

}  // namespace

void check_expression(Expression& expression, const ExpressionScope& scope, std::string_view text,
                      std::string_view subject) {
  Checker(scope, text, subject).check(expression);
}

}  // namespace aml::graph
