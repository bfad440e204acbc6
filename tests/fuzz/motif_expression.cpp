// SPDX-License-Identifier: Apache-2.0
// The input is an expression, read as a condition on matches and as one on groups.
#include "graph/motif_expression.hpp"

#include <optional>

#include "scenarios/motif_sql_expression.hpp"
#include "tests/fuzz/promises.hpp"
#include "tests/graph/random_motifs.hpp"

namespace aml::fuzz {
namespace {

using graph::Expression;
using graph::Value;
using graph::ValueType;

/// What expressions are about: "f[2]" is null in the second branch.
struct Subject {
  Subject() {
    graph::testing::Random random(1);
    bank = random_bank(random);
  }
  graph::testing::Bank bank;
  graph::TransferGraph graph = graph_of(bank);
  graph::GraphProperties properties = properties_of(bank, graph);
  graph::PropertySchema schema = graph::testing::bank_schema();
  graph::Motif motif = graph::read_motif("(a)-[e]->(b);(b)-[f*1..2]->(c)");
};

const Subject& subject() {
  static const Subject kSubject;
  return kSubject;
}

void for_each_match(const graph::MotifPattern& pattern,
                    const std::function<void(const graph::EvaluationInput&)>& use) {
  const auto& [bank, graph, properties, schema, motif] = subject();
  for (graph::Edge first = 0; first < graph.num_edges(); ++first) {
    std::vector<graph::Edge> edges;
    std::vector<graph::Vertex> vertices;
    for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
      edges.push_back(static_cast<graph::Edge>((first + 3 * e) % graph.num_edges()));
    }
    for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
      vertices.push_back(static_cast<graph::Vertex>((first + v) % graph.num_vertices()));
    }
    use({graph, properties, {vertices, edges}});
  }
}

/// nullopt: a number got too large.
std::optional<Value> value_of(const Expression& expression, const graph::EvaluationInput& input) {
  try {
    return evaluate(expression, input);
  } catch (const std::overflow_error&) {
    return std::nullopt;
  }
}

void check_values(const Expression& expression, std::string_view text) {
  const std::vector<Expression> parts =
      expression.type == ValueType::kBoolean ? conjuncts(expression) : std::vector{expression};
  for (const graph::MotifBranch& branch : subject().motif.branches) {
    const Expression whole = placed(expression, branch.pattern);
    std::vector<Expression> placed_parts;
    for (const Expression& part : parts) placed_parts.push_back(placed(part, branch.pattern));
    for_each_match(branch.pattern, [&](const graph::EvaluationInput& input) {
      const std::optional<Value> value = value_of(whole, input);
      if (!value) return;
      expect(is_null(*value) || static_cast<ValueType>(value->index()) == whole.type,
             "a value is null or of the type that the check found", text);
      if (expression.type != ValueType::kBoolean) return;
      bool all_hold = true;
      for (const Expression& part : placed_parts) {
        const std::optional<Value> truth = value_of(part, input);
        if (!truth) return;
        all_hold = all_hold && !is_null(*truth) && std::get<bool>(*truth);
      }
      expect(all_hold == (!is_null(*value) && std::get<bool>(*value)),
             "a condition holds when its parts hold", text);
    });
  }
}

void check(std::string_view text, bool of_groups) {
  constexpr const char* kSubject = "where";
  try {
    Expression expression = graph::parse_expression(text, kSubject);
    expect(expression.depth <= 100, "an expression is nested 100 deep at most", text);
    check_expression(expression, {subject().motif, subject().schema, of_groups}, text, kSubject);
    expect_closed_sql(
        scenarios::sql_expression(expression, [](const Expression&) { return "leaf"; }));
    if (!of_groups) check_values(expression, text);
  } catch (const graph::MotifError& error) {
    expect_motif_error(error, kSubject, text);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = aml::fuzz::text_of(bytes, size);
  aml::fuzz::check(text, false);
  aml::fuzz::check(text, true);
  return 0;
}
