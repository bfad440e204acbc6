// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_expression.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>
#include <string>

#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;

constexpr std::string_view kMotif = "(a)-[e1]->(b); (b)-[e2]->(c)";

/// a pays b 90.00 on 2024-02-28 12:00, b pays c 81.00 a day later.
class Payments {
 public:
  Payments() {
    KeyColumn countries;
    for (const char* country : {"NL", "", "DE"}) countries.push_back(country);
    properties_.vertices.push_back({"country", countries, {0, 1, 0}});
    properties_.vertices.push_back({"is_company", BooleanColumn{{1, 0, 1}}, {}});
    properties_.vertices.push_back({"risk", NumberColumn{{125, -50, 0}, 3}, {0, 0, 1}});
    properties_.edges.push_back({"valued", TimeColumn{{kNoon, 0}}, {0, 1}});
  }

  Expression parse(std::string_view text, bool of_groups = false) const {
    Expression expression = parse_expression(text, "where");
    check_expression(expression, {motif_, schema_of(properties_), of_groups}, text, "where");
    return placed(std::move(expression), motif_.branches.front().pattern);
  }

  /// "true", "false", "null", or the value as text.
  std::string value(std::string_view text) const {
    const std::vector<Vertex> vertices{0, 1, 2};
    const std::vector<Edge> edges{0, 1};
    const Expression expression = parse(text);
    const Value result = evaluate(expression, {graph_, properties_, {vertices, edges}});
    if (const auto* flag = std::get_if<bool>(&result)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<Decimal>(&result)) return to_string(*number);
    if (const auto* word = std::get_if<std::string_view>(&result)) return std::string(*word);
    if (const auto* time = std::get_if<TimePoint>(&result)) return to_string(Decimal{time->micros});
    if (const auto* span = std::get_if<TimeSpan>(&result)) return to_string(Decimal{span->micros});
    return "null";
  }

  static constexpr Micros kNoon = 1'709'121'600 * kMicrosPerSecond;

 private:
  TransferGraph graph_ =
      graph_of({{"a", "b", kNoon, 9000, "T1"}, {"b", "c", kNoon + kMicrosPerDay, 8100, "T2"}});
  GraphProperties properties_;
  Motif motif_ = read_motif(kMotif);
};

TEST(Expression, NumbersAreExactDecimals) {
  const Payments on;
  EXPECT_EQ(on.value("0.1 + 0.2"), "0.3");
  EXPECT_EQ(on.value("0.1 + 0.2 = 0.30"), "true");
  EXPECT_EQ(on.value("1 - 2 * 3"), "-5");
  EXPECT_EQ(on.value("(1 - 2) * 3"), "-3");
  EXPECT_EQ(on.value("- -1.50"), "1.50");
  EXPECT_EQ(on.value("-0.05"), "-0.05");
  EXPECT_EQ(on.value("99999999999999999999999999999999999999 > 0.5"), "true");
  EXPECT_EQ(on.value("-99999999999999999999999999999999999999 < 0.00001"), "true");
}

TEST(Expression, TooLargeNumbersAreAnErrorNotAWrongAnswer) {
  const Payments on;
  EXPECT_THROW(on.value("99999999999999999999999999999999999999 * 10 > 0"), std::overflow_error);
  EXPECT_THROW(on.value("99999999999999999999 * 99999999999999999999 > 0"), std::overflow_error);
  EXPECT_THROW(on.value("99999999999999999999999999999999999999 + 0.1 > 0"), std::overflow_error);
  EXPECT_THROW(on.value("99999999999999999999999999999999999999 + 1 > 0"), std::overflow_error);
  EXPECT_THROW(on.value("-99999999999999999999999999999999999999 - 1 < 0"), std::overflow_error);
}

TEST(Expression, ColumnsOfTransfersAndVertices) {
  const Payments on;
  EXPECT_EQ(on.value("e1.amount"), "90.00");
  EXPECT_EQ(on.value("e2.amount >= 0.9 * e1.amount"), "true");
  EXPECT_EQ(on.value("e2.amount > 0.9 * e1.amount"), "false");
  EXPECT_EQ(on.value("e1.id"), "T1");
  EXPECT_EQ(on.value("e1.type"), "TRANSFER");
  EXPECT_EQ(on.value("\"a\".id"), "a");
  EXPECT_EQ(on.value("a.country"), "NL");
  EXPECT_EQ(on.value("b.country"), "null");
  EXPECT_EQ(on.value("a.is_company"), "true");
  EXPECT_EQ(on.value("a.risk + b.risk"), "0.075");
  EXPECT_EQ(on.value("a.risk + c.risk"), "null");
  EXPECT_EQ(on.value("e1.valued = e1.time"), "true");
  EXPECT_EQ(on.value("e2.valued"), "null");
}

TEST(Expression, TimesAndIntervals) {
  const Payments on;
  EXPECT_EQ(on.value("e1.time = timestamp '2024-02-28 12:00'"), "true");
  EXPECT_EQ(on.value("e1.time = timestamp '2024-02-28T13:00:00.0+01:00'"), "true");
  EXPECT_EQ(on.value("timestamp '2024-02-28' < e1.time"), "true");
  EXPECT_EQ(on.value("e2.time - e1.time = interval '1 day'"), "true");
  EXPECT_EQ(on.value("e2.time <= e1.time + interval '23 hours 60 minutes'"), "true");
  EXPECT_EQ(on.value("e2.time - interval '1 week' + interval '6 days' = e1.time"), "true");
  EXPECT_EQ(on.value("interval '1 day' + e1.time = e2.time"), "true");
  EXPECT_EQ(on.value("e1.time - e2.time = - interval '86400 seconds'"), "true");
  EXPECT_EQ(on.value("timestamp '1969-12-31 23:59:59.999999'"), "-1");
}

TEST(Expression, ThreeTruthValues) {
  const Payments on;
  EXPECT_EQ(on.value("null and false"), "false");
  EXPECT_EQ(on.value("null and true"), "null");
  EXPECT_EQ(on.value("null or true"), "true");
  EXPECT_EQ(on.value("null or false"), "null");
  EXPECT_EQ(on.value("not null"), "null");
  EXPECT_EQ(on.value("null = null"), "null");
  EXPECT_EQ(on.value("b.country = 'NL'"), "null");
  EXPECT_EQ(on.value("b.country is null"), "true");
  EXPECT_EQ(on.value("b.country = 'NL' is null"), "true");
  EXPECT_EQ(on.value("a.country is not null"), "true");
  EXPECT_EQ(on.value("1 in (2, null)"), "null");
  EXPECT_EQ(on.value("1 in (2, null, 1)"), "true");
  EXPECT_EQ(on.value("1 not in (2, 3)"), "true");
  EXPECT_EQ(on.value("1 not in (2, null)"), "null");
  EXPECT_EQ(on.value("null between 1 and 2"), "null");
  EXPECT_EQ(on.value("3 between null and 2"), "false");
}

TEST(Expression, OperatorsBindAsInSql) {
  const Payments on;
  EXPECT_EQ(on.value("true or false and false"), "true");
  EXPECT_EQ(on.value("not true or true"), "true");
  EXPECT_EQ(on.value("not 1 = 2"), "true");
  EXPECT_EQ(on.value("2 between 1 and 3 and false"), "false");
  EXPECT_EQ(on.value("2 not between 1 and 3"), "false");
  EXPECT_EQ(on.value("NOT a.id <> 'a' AND 1 != 2"), "true");
  EXPECT_EQ(on.value("'it''s' = 'it''s'"), "true");
  EXPECT_EQ(on.value("'B' < 'a'"), "true");
}

TEST(Expression, ConjunctsAreTheOutermostAnds) {
  const Payments on;
  EXPECT_EQ(conjuncts(on.parse("1 = 1 and (2 = 2 and 3 = 3) and (true or false and true)")).size(),
            4U);
  EXPECT_EQ(conjuncts(on.parse("e1.amount between 1 and 2")).size(), 2U);
  EXPECT_EQ(conjuncts(on.parse("not (true and false)")).size(), 1U);
}

struct Refusal {
  std::string text;
  std::size_t position;
  std::string reason;
  bool of_groups = false;
};

class ExpressionRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(ExpressionRefusal, IsRefusedAtItsPositionWithItsReason) {
  const auto& [text, position, reason, of_groups] = GetParam();
  try {
    Payments().parse(text, of_groups);
    FAIL() << "accepted: " << text;
  } catch (const MotifError& error) {
    EXPECT_EQ(std::string(error.what()),
              "bad where: " + reason + "\n  " + text + "\n  " + std::string(position, ' ') + "^");
    EXPECT_EQ(error.position(), position);
  }
}

const std::string kValue = "expected a value: a literal, element.column or '('";

INSTANTIATE_TEST_SUITE_P(
    Syntax, ExpressionRefusal,
    ::testing::Values(
        Refusal{"", 0, kValue}, Refusal{"e1.amount >", 11, kValue}, Refusal{"1 +", 3, kValue},
        Refusal{"(1 = 1", 6, "expected ')'"},
        Refusal{"1 = 1)", 5, "expected the end, or an operator"},
        Refusal{"e1 = 1", 3, "expected '.'"},
        Refusal{"e1. = 1", 4, "expected the name of a column"},
        Refusal{"1 < 2 < 3", 6, "comparisons cannot be chained"},
        Refusal{"1 is 2", 5, "expected 'null'"},
        Refusal{"1 not 2", 6, "expected 'between' or 'in'"},
        Refusal{"1 between 2 or 3", 12, "expected 'and'"}, Refusal{"1 in ()", 6, kValue},
        Refusal{"1 in 2", 5, "expected '('"},
        Refusal{"a.id = 'b", 7, "this text has no closing quote"},
        Refusal{"\"a.id", 0, "this name has no closing quote"},
        Refusal{"1 ? 2", 2, "unexpected character"},
        Refusal{"e1.amount > 10k", 14,
                "a number ends with a digit; names that start with one need double quotes"},
        Refusal{"and = 1", 0, "expected a value; an element of this name needs double quotes"},
        Refusal{"upper(a.id)", 0, "there is no function of this name: count, sum, min, max, total"},
        Refusal{"100000000000000000000000000000000000000 > 1", 0, "a number has at most 38 digits"},
        Refusal{"e1.time > timestamp '2023-02-29'", 20,
                "expected a time such as '2024-02-29' or '2024-02-29 13:05:00+01:00'"},
        Refusal{"e1.time > timestamp '2023-02-28 24:00'", 20,
                "expected a time such as '2024-02-29' or '2024-02-29 13:05:00+01:00'"},
        Refusal{"e2.time - e1.time < interval '1 month'", 29,
                "expected a length such as '2 days' or '1 day 12 hours'; months and years have "
                "none"}));

INSTANTIATE_TEST_SUITE_P(
    NamesAndTypes, ExpressionRefusal,
    ::testing::Values(
        Refusal{"e3.amount > 1", 0, "the motif has no element 'e3'"},
        Refusal{"1 = 1 and a.amount > 1", 10,
                "a vertex has no column 'amount': id, country, is_company, risk"},
        Refusal{"e1.country = 'NL'", 0,
                "a transfer has no column 'country': id, amount, time, type, valued"},
        Refusal{"e1.amount = '9'", 12, "a number cannot be compared with a text"},
        Refusal{"e1.time > '2024-02-29'", 10, "a time cannot be compared with a text"},
        Refusal{"e1.amount in (1, 2, 'x')", 20, "a number cannot be compared with a text"},
        Refusal{"interval '1 day' = 1", 19, "an interval cannot be compared with a number"},
        Refusal{"a.is_company < true", 0, "booleans have no order"},
        Refusal{"e1.amount and true", 0, "expected a boolean, this is a number"},
        Refusal{"not 'x'", 4, "expected a boolean, this is a text"},
        Refusal{"e1.time + e2.time = e1.time", 8, "there is no time + time"},
        Refusal{"interval '1 day' - e1.time = e1.time", 17, "there is no interval - time"},
        Refusal{"1 + null = 1", 2, "there is no number + null"},
        Refusal{"2 * interval '1 day' = interval '1 day'", 4,
                "expected a number, this is an interval"},
        Refusal{"- a.id = 'x'", 2, "expected a number, this is a text"},
        Refusal{"count(*) > 1", 0, "an aggregate is for groups, not for single matches"}));

INSTANTIATE_TEST_SUITE_P(
    Aggregates, ExpressionRefusal,
    ::testing::Values(Refusal{"e1.amount > 1", 0,
                              "a group has no single value of a column: use sum, min or max", true},
                      Refusal{"count(a)", 6, "expected '*' or 'distinct'", true},
                      Refusal{"count(distinct x) > 1", 15, "the motif has no element 'x'", true},
                      Refusal{"sum(e1) > 1", 6, "expected '.'", true},
                      Refusal{"sum(a.country) > 1", 4, "expected a number, this is a text", true},
                      Refusal{"max(a.is_company)", 4, "booleans have no order", true},
                      Refusal{"total(a) > 1", 6, "total is of a transfer, 'a' is a vertex", true},
                      Refusal{"sum(sum(e1.amount))", 7, "expected '.'", true}));

TEST(Expression, DepthIsBounded) {
  const Payments on;
  const auto nested = [](std::size_t levels, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    text += "true";
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
  };
  EXPECT_EQ(on.value(nested(90, "(", ")")), "true");
  EXPECT_EQ(on.value(nested(90, "not ", "")), "true");
  for (const auto& [open, close] :
       {std::pair("(", ")"), std::pair("not ", ""), std::pair("", " is null"), std::pair("- ", ""),
        std::pair("not (", ")")}) {
    EXPECT_THROW(on.parse(nested(100'000, open, close)), MotifError) << open << close;
  }
  EXPECT_THROW(on.parse(nested(200, "1 + ", "")), MotifError);
  std::string wide = "true";
  for (int i = 0; i < 10'000; ++i) wide += " and true";
  EXPECT_EQ(on.value(wide), "true");
}

TEST(Expression, NestedBetweenIsRefusedBeforeItsCopiesFillTheMemory) {
  const Payments on;
  std::string nested = "1";
  for (int i = 0; i < 45; ++i) nested = "(" + nested + " between 0 and 2)";
  try {
    on.parse(nested);
    FAIL() << "2^45 copies of 1";
  } catch (const MotifError& error) {
    EXPECT_NE(std::string(error.what()).find("more than 100,000 parts"), std::string::npos)
        << error.what();
  }
}

RC_GTEST_PROP(Expression, AnyTextIsParsedOrRefusedInsideItself, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "e1.amount", "a.id", "b.country", "e2.time", "1", "0.5", "'x'", "null", "true", "+", "-", "*",
      "(", ")", "=", "<", ">=", "<>", "and", "or", "not", "in", "between", "is", ",", ".", "\"a\"",
      "timestamp '2024-01-01'", "interval '1 day'", "count(*)", "'", "\x80", "e1", "?"));
  std::string text;
  for (const std::string& word : words) text += word + " ";
  try {
    Payments().value(text);
  } catch (const MotifError& error) {
    RC_ASSERT(error.position() <= text.size());
  }
}

}  // namespace
}  // namespace aml::graph
