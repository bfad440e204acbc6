// SPDX-License-Identifier: Apache-2.0
// Conditions on the matches of a motif, in a subset of SQL's expressions: docs/motifs.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_pattern.hpp"
#include "graph/motif_value.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// A node of an expression with its operands.
struct Expression {
  enum class Kind : std::uint8_t {
    kLiteral,
    kColumn,   ///< element.column
    kElement,  ///< a vertex or an edge itself: the operand of kCountDistinct and kTotal
    kNot,
    kAnd,  ///< of two or more
    kOr,   ///< of two or more
    kEqual,
    kNotEqual,
    kLess,
    kAtMost,
    kGreater,
    kAtLeast,
    kIn,  ///< the first operand is one of the others
    kIsNull,
    kAdd,
    kSubtract,
    kMultiply,
    kNegate,
    kCountRows,
    kCountDistinct,
    kSum,
    kMin,
    kMax,
    kTotal,  ///< the sum of the amounts of the distinct transfers that an edge is bound to
  };
  /// Which column of an element: a built-in one or a property.
  enum class Column : std::uint8_t { kId, kAmount, kTime, kType, kProperty };
  using Literal = std::variant<std::monostate, bool, Decimal, std::string, TimePoint, TimeSpan>;

  Kind kind = Kind::kLiteral;
  std::size_t position = 0;  ///< byte offset in the text
  std::vector<Expression> operands;
  int depth = 1;            ///< levels of nodes, this one included
  std::size_t size = 1;     ///< number of nodes, this one included
  Literal literal;          ///< of kLiteral
  std::string element;      ///< of kColumn and kElement
  std::string column_name;  ///< of kColumn

  // Set by check_expression():
  ValueType type = ValueType::kNull;
  bool is_edge = false;  ///< the element is an edge, otherwise a vertex
  Column column = Column::kId;
  std::size_t property = 0;  ///< of Column::kProperty: position in the schema
  /// Set by placed(): position of the element in a branch's pattern, -1 if it has none. Of an
  /// aggregate: position in EvaluationInput::aggregates, set by whoever collects them.
  int slot = -1;

  bool is_aggregate() const { return kind >= Kind::kCountRows; }
};

/// The expression that the text says, its syntax only. `subject` names the text in errors.
/// Throws: MotifError; also for an expression nested more than 100 deep or of more than 100,000
///         parts.
Expression parse_expression(std::string_view text, std::string_view subject);

struct ExpressionScope {
  const Motif& motif;
  const PropertySchema& schema;
  bool of_groups = false;  ///< aggregates are meant; columns only inside them
};

/// Finds each element and column and gives every node its type.
/// Throws: MotifError with the position of what does not exist or does not fit.
void check_expression(Expression& expression, const ExpressionScope& scope, std::string_view text,
                      std::string_view subject);

/// The conditions that must all hold for the expression to hold: the operands of its outermost
/// "and", or itself.
std::vector<Expression> conjuncts(Expression expression);

/// The expression with the slots of its elements in the pattern.
Expression placed(Expression expression, const MotifPattern& pattern);

/// What an expression is evaluated on.
struct EvaluationInput {
  const TransferGraph& graph;
  const GraphProperties& properties;
  MotifMatch match;
  std::span<const Value> aggregates = {};
};

/// The value of a checked and placed expression in SQL's three-valued logic. Columns of an element
/// that the branch does not have are null.
/// Throws: std::overflow_error if a number gets more than 38 digits.
Value evaluate(const Expression& expression, const EvaluationInput& input);

/// True if the condition is true, not false or null.
inline bool holds(const Expression& condition, const EvaluationInput& input) {
  const Value value = evaluate(condition, input);
  return !is_null(value) && std::get<bool>(value);
}

/// Calls use for the expression and every node below it.
template <typename Node, typename Use>
void for_each_node(Node& expression, const Use& use) {
  use(expression);
  for (auto& operand : expression.operands) for_each_node(operand, use);
}

}  // namespace aml::graph
