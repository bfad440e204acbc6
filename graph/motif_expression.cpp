// SPDX-License-Identifier: Apache-2.0
// Recursive descent, by rising precedence:
//   or      := and { "or" and }
//   and     := not { "and" not }
//   not     := "not" not | predicate
//   predicate := ( sum [ comparison sum | [ "not" ] between | [ "not" ] in ] ) { "is" [ "not" ] "null" }
//   sum     := product { ( "+" | "-" ) product }
//   product := sign { "*" sign }
//   sign    := "-" sign | primary
//   primary := "(" or ")" | literal | aggregate | element "." column
#include "graph/motif_expression.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "graph/motif_tokens.hpp"

namespace aml::graph {
namespace {

using Kind = Expression::Kind;
using Token = ExpressionToken;

constexpr int kMostLevels = 100;
constexpr std::size_t kMostNodes = 100'000;  ///< "between" writes its operand twice: nested, 2^50

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::string_view subject)
      : text_(text), subject_(subject), tokens_(tokens_of(text, subject)) {}

  Expression parse() && {
    Expression expression = parse_or();
    if (token().kind != Token::Kind::kEnd) fail("expected the end, or an operator");
    return expression;
  }

 private:
  Expression parse_or() {
    return parse_list("or", Kind::kOr, [this] {
      return parse_list("and", Kind::kAnd, [this] { return parse_not(); });
    });
  }

  template <typename Parse>
  Expression parse_list(std::string_view word, Kind kind, const Parse& parse) {
    Expression first = parse();
    if (!at_word(word)) return first;
    const std::size_t position = token().position;
    std::vector<Expression> operands;
    operands.push_back(std::move(first));
    while (accept_word(word)) operands.push_back(parse());
    return node(kind, position, std::move(operands));
  }

  Expression parse_not() {
    const Level level(*this);
    const std::size_t position = token().position;
    if (accept_word("not")) return node(Kind::kNot, position, list(parse_not()));
    return parse_predicate();
  }

  Expression parse_predicate() {
    Expression left = parse_comparison();
    while (at_word("is")) {
      const std::size_t position = token().position;
      advance();
      const bool negated = accept_word("not");
      if (!accept_word("null")) fail("expected 'null'");
      left = node(Kind::kIsNull, position, list(std::move(left)));
      if (negated) left = node(Kind::kNot, position, list(std::move(left)));
    }
    return left;
  }

  Expression parse_comparison() {
    Expression left = parse_sum();
    const std::size_t position = token().position;
    if (const std::optional<Kind> kind = comparison()) {
      advance();
      Expression right = parse_sum();
      if (comparison()) fail("comparisons cannot be chained");
      return node(*kind, position, list(std::move(left), std::move(right)));
    }
    const bool negated = at_word("not");
    if (negated) advance();
    if (accept_word("between")) {
      left = parse_between(std::move(left), position);
    } else if (accept_word("in")) {
      left = parse_in(std::move(left), position);
    } else if (negated) {
      fail("expected 'between' or 'in'");
    } else {
      return left;
    }
    return negated ? node(Kind::kNot, position, list(std::move(left))) : left;
  }

  std::optional<Kind> comparison() const {
    struct Operator {
      std::string_view symbol;
      Kind kind;
    };
    static constexpr std::array<Operator, 7> kOperators{{{"=", Kind::kEqual},
                                                         {"<>", Kind::kNotEqual},
                                                         {"!=", Kind::kNotEqual},
                                                         {"<", Kind::kLess},
                                                         {"<=", Kind::kAtMost},
                                                         {">", Kind::kGreater},
                                                         {">=", Kind::kAtLeast}}};
    if (token().kind != Token::Kind::kSymbol) return std::nullopt;
    const auto* const found = std::ranges::find(kOperators, token().text, &Operator::symbol);
    return found == kOperators.end() ? std::nullopt : std::optional(found->kind);
  }

  /// "x between a and b" is "x >= a and x <= b".
  Expression parse_between(Expression value, std::size_t position) {
    Expression least = parse_sum();
    if (!accept_word("and")) fail("expected 'and'");
    Expression most = parse_sum();
    Expression copy = value;
    return node(Kind::kAnd, position,
                list(node(Kind::kAtLeast, position, list(std::move(copy), std::move(least))),
                     node(Kind::kAtMost, position, list(std::move(value), std::move(most)))));
  }

  Expression parse_in(Expression value, std::size_t position) {
    std::vector<Expression> operands;
    operands.push_back(std::move(value));
    expect("(");
    do {
      operands.push_back(parse_sum());
    } while (accept(","));
    expect(")");
    return node(Kind::kIn, position, std::move(operands));
  }

  Expression parse_sum() {
    Expression left = parse_product();
    while (at_symbol("+") || at_symbol("-")) {
      const Kind kind = at_symbol("+") ? Kind::kAdd : Kind::kSubtract;
      const std::size_t position = token().position;
      advance();
      left = node(kind, position, list(std::move(left), parse_product()));
    }
    return left;
  }

  Expression parse_product() {
    Expression left = parse_sign();
    while (at_symbol("*")) {
      const std::size_t position = token().position;
      advance();
      left = node(Kind::kMultiply, position, list(std::move(left), parse_sign()));
    }
    return left;
  }

  Expression parse_sign() {
    const Level level(*this);
    const std::size_t position = token().position;
    if (accept("-")) return node(Kind::kNegate, position, list(parse_sign()));
    return parse_primary();
  }

  Expression parse_primary() {
    const Token& first = token();
    switch (first.kind) {
      case Token::Kind::kNumber: {
        const std::optional<Decimal> number = parse_decimal(first.text);
        if (!number) fail("a number has at most 38 digits");
        return literal(*number);
      }
      case Token::Kind::kText:
        return literal(first.text);
      case Token::Kind::kQuotedName:
        return parse_column();
      case Token::Kind::kWord:
        return parse_word();
      default:
        break;
    }
    if (!accept("(")) fail("expected a value: a literal, element.column or '('");
    Expression inner = parse_or();
    expect(")");
    return inner;
  }

  Expression parse_word() {
    const std::string& word = token().text;
    const std::size_t position = token().position;
    const bool before_text = next().kind == Token::Kind::kText;
    if (word == "null") return literal(std::monostate());
    if (word == "true") return literal(true);
    if (word == "false") return literal(false);
    if (word == "timestamp" && before_text) {
      advance();
      const std::optional<TimePoint> time = parse_time_point(token().text);
      if (!time) fail("expected a time such as '2024-02-29' or '2024-02-29 13:05:00+01:00'");
      return literal(*time, position);
    }
    if (word == "interval" && before_text) {
      advance();
      const std::optional<TimeSpan> span = parse_time_span(token().text);
      if (!span) {
        fail("expected a length such as '2 days' or '1 day 12 hours'; months and years have none");
      }
      return literal(*span, position);
    }
    if (next().kind == Token::Kind::kSymbol && next().text == "(") return parse_aggregate();
    static constexpr std::array<std::string_view, 7> kReserved{"and", "or", "not",     "between",
                                                               "in",  "is", "distinct"};
    if (std::ranges::find(kReserved, word) != kReserved.end()) {
      fail("expected a value; an element of this name needs double quotes");
    }
    return parse_column();
  }

  Expression parse_column() {
    Expression column = parse_element();
    column.kind = Kind::kColumn;
    expect(".");
    if (!at_name()) fail("expected the name of a column");
    column.column_name = name();
    advance();
    return column;
  }

  Expression parse_element() {
    if (!at_name()) fail("expected the name of a vertex or an edge");
    Expression element = node(Kind::kElement, token().position, {});
    element.element = name();
    advance();
    return element;
  }

  Expression parse_aggregate() {
    const std::size_t position = token().position;
    const std::string function = token().text;
    struct Aggregate {
      std::string_view name;
      Kind kind;
    };
    static constexpr std::array<Aggregate, 3> kOfColumns{
        {{"sum", Kind::kSum}, {"min", Kind::kMin}, {"max", Kind::kMax}}};
    const auto* const of_column = std::ranges::find(kOfColumns, function, &Aggregate::name);
    if (of_column == kOfColumns.end() && function != "count" && function != "total") {
      fail("there is no function of this name: count, sum, min, max, total");
    }
    advance();
    expect("(");
    Expression aggregate;
    if (of_column != kOfColumns.end()) {
      aggregate = node(of_column->kind, position, list(parse_column()));
    } else if (function == "total") {
      aggregate = node(Kind::kTotal, position, list(parse_element()));
    } else if (accept("*")) {
      aggregate = node(Kind::kCountRows, position, {});
    } else {
      if (!accept_word("distinct")) fail("expected '*' or 'distinct'");
      aggregate = node(Kind::kCountDistinct, position, list(parse_element()));
    }
    expect(")");
    return aggregate;
  }

  Expression literal(Expression::Literal value) {
    return literal(std::move(value), token().position);
  }

  Expression literal(Expression::Literal value, std::size_t position) {
    Expression expression = node(Kind::kLiteral, position, {});
    expression.literal = std::move(value);
    advance();
    return expression;
  }

  /// Moved, where an initializer list would copy whole trees.
  template <typename... Operands>
  static std::vector<Expression> list(Operands... operands) {
    std::vector<Expression> all;
    all.reserve(sizeof...(operands));
    (all.push_back(std::move(operands)), ...);
    return all;
  }

  Expression node(Kind kind, std::size_t position, std::vector<Expression> operands) const {
    Expression expression;
    expression.kind = kind;
    expression.position = position;
    for (const Expression& operand : operands) {
      expression.depth = std::max(expression.depth, operand.depth + 1);
      expression.size += operand.size;
    }
    if (expression.depth > kMostLevels) fail_too_deep(position);
    if (expression.size > kMostNodes) {
      throw MotifError(text_, position, "this has more than 100,000 parts", subject_);
    }
    expression.operands = std::move(operands);
    return expression;
  }

  /// Counts how deep the descent is while it lives.
  class Level {
   public:
    explicit Level(ExpressionParser& parser) : parser_(parser) {
      if (++parser_.level_ > 2 * kMostLevels) parser_.fail_too_deep(parser_.token().position);
    }
    ~Level() { --parser_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    ExpressionParser& parser_;
  };

  const Token& token() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  void advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool at_word(std::string_view word) const {
    return token().kind == Token::Kind::kWord && token().text == word;
  }
  bool at_symbol(std::string_view symbol) const {
    return token().kind == Token::Kind::kSymbol && token().text == symbol;
  }
  bool at_name() const {
    return token().kind == Token::Kind::kWord || token().kind == Token::Kind::kQuotedName;
  }
  const std::string& name() const {
    return token().kind == Token::Kind::kWord ? token().written : token().text;
  }
  bool accept_word(std::string_view word) {
    if (!at_word(word)) return false;
    advance();
    return true;
  }
  bool accept(std::string_view symbol) {
    if (!at_symbol(symbol)) return false;
    advance();
    return true;
  }
  void expect(std::string_view symbol) {
    if (!accept(symbol)) fail("expected '" + std::string(symbol) + "'");
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw MotifError(text_, token().position, reason, subject_);
  }
  [[noreturn]] void fail_too_deep(std::size_t position) const {
    throw MotifError(text_, position, "this is nested more than 100 deep", subject_);
  }

  std::string_view text_;
  std::string_view subject_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int level_ = 0;
};

}  // namespace

Expression parse_expression(std::string_view text, std::string_view subject) {
  return ExpressionParser(text, subject).parse();
}

std::vector<Expression> conjuncts(Expression expression) {
  if (expression.kind != Kind::kAnd) return {std::move(expression)};
  std::vector<Expression> all;
  for (Expression& operand : expression.operands) {
    for (Expression& conjunct : conjuncts(std::move(operand))) all.push_back(std::move(conjunct));
  }
  return all;
}

Expression placed(Expression expression, const MotifPattern& pattern) {
  const auto position = [](const auto& names, const std::string& name, auto projection) {
    const auto at = std::ranges::find(names, name, projection);
    return at == names.end() ? -1 : static_cast<int>(at - names.begin());
  };
  for_each_node(expression, [&](Expression& node) {
    if (node.kind != Kind::kColumn && node.kind != Kind::kElement) return;
    node.slot = node.is_edge ? position(pattern.edges, node.element, &MotifEdge::name)
                             : position(pattern.vertices, node.element, std::identity());
  });
  return expression;
}

}  // namespace aml::graph
