// SPDX-License-Identifier: Apache-2.0
// The planned search, checked against the plain matcher: graph/motif.cpp.
#include "graph/motif_search.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/graph/random_patterns.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using Row = std::vector<std::uint32_t>;

MotifConstraints literal() {
  MotifConstraints constraints;
  constraints.distinct_vertices = false;
  constraints.distinct_edges = false;
  return constraints;
}

/// A match without the elements that a negated term leaves out of the row.
Row row_of(const MotifPattern& pattern, const MotifMatch& match) {
  const DroppedElements dropped = dropped_elements(pattern);
  Row row;
  for (std::size_t v = 0; v < match.vertices.size(); ++v) {
    if (!dropped.vertices[v] || !dropped.any) row.push_back(match.vertices[v]);
  }
  for (std::size_t e = 0; e < match.edges.size(); ++e) {
    if (!dropped.edges[e]) row.push_back(match.edges[e]);
  }
  return row;
}

std::vector<Row> sorted(std::vector<Row> rows) {
  std::ranges::sort(rows);
  return rows;
}

std::vector<Row> rows_of_matcher(const TransferGraph& graph, const MotifPattern& pattern,
                                 const MotifConstraints& constraints) {
  std::vector<Row> rows;
  find_motif(graph, pattern, constraints,
             [&](const MotifMatch& match) { rows.push_back(row_of(pattern, match)); });
  return sorted(rows);
}

struct Enumerated {
  std::vector<Row> rows;  ///< vertices and edges of each match, as visited
  MotifRun run;
};

Enumerated enumerate(const TransferGraph& graph, const MotifPattern& pattern,
                     const MotifConstraints& constraints, std::uint64_t max_rows = kNoRowLimit) {
  Enumerated result;
  const MotifPlan plan(graph, pattern, constraints);
  result.run = enumerate_motif(plan, max_rows, [&](const MotifMatch& match) {
    Row row(match.vertices.begin(), match.vertices.end());
    row.insert(row.end(), match.edges.begin(), match.edges.end());
    result.rows.push_back(std::move(row));
  });
  return result;
}

std::vector<Row> rows_of_plan(const TransferGraph& graph, const MotifPattern& pattern,
                              const MotifConstraints& constraints) {
  std::vector<Row> rows;
  enumerate_motif(MotifPlan(graph, pattern, constraints), kNoRowLimit,
                  [&](const MotifMatch& match) { rows.push_back(row_of(pattern, match)); });
  return sorted(rows);
}

TransferGraph any_graph(int vertices, int transfers) {
  std::vector<std::string> keys;
  for (int v = 0; v <= vertices; ++v) keys.push_back(std::to_string(v));
  return graph_of(*rc::gen::resize(rc::kNominalSize, testing::transfers_among(vertices, transfers)),
                  keys);
}

MotifConstraints any_constraints(const TransferGraph& graph, const MotifPattern& pattern) {
  MotifConstraints constraints = literal();
  if (*rc::gen::arbitrary<bool>()) testing::restrict_elements(graph, pattern, constraints);
  testing::restrict_times(pattern, constraints);
  if (*rc::gen::inRange(0, 3) > 0) testing::restrict_pairs(graph, pattern, constraints);
  return constraints;
}

RC_GTEST_PROP(MotifEnumeration, RowsAndCountsAreThoseOfTheMatcher, ()) {
  const TransferGraph graph = any_graph(5, 12);
  const MotifPattern pattern = *testing::motifs(4);
  const MotifConstraints constraints = any_constraints(graph, pattern);
  const std::vector<Row> expected = rows_of_matcher(graph, pattern, constraints);
  RC_CLASSIFY(!expected.empty(), "with rows");
  RC_CLASSIFY(!expected.empty() && dropped_elements(pattern).any, "with rows made distinct");
  RC_CLASSIFY(!expected.empty() && !constraints.symmetries.empty(), "with symmetries");
  RC_ASSERT(rows_of_plan(graph, pattern, constraints) == expected);
  RC_ASSERT((count_motif(MotifPlan(graph, pattern, constraints)).rows == expected.size()));
}

RC_GTEST_PROP(MotifEnumeration, RowsMadeDistinctHaveOneWitnessEach, ()) {
  const TransferGraph graph = any_graph(4, 10);
  const MotifPattern pattern = parse_motif(*rc::gen::element<std::string>(
      "(a)-[]->(b);!(b)-[]->(a)", "(a)-[]->();!(a)-[]->(b);(b)-[]->()",
      "(a)-[]->(b);(b)-[]->(c);!(a)-[]->(c)", "()-[e]->(a);(a)-[]->(b);!(b)-[]->();(c)-[]->(a)",
      "(a)-[]->(b);(a)-[f]->(c);!(b)-[]->(c);(c)-[]->(d)", "(a)-[]->(b);(c)-[]->(d);!(a)-[]->(d)"));
  const MotifConstraints constraints = any_constraints(graph, pattern);
  const std::vector<Row> expected = rows_of_matcher(graph, pattern, constraints);
  RC_CLASSIFY(!expected.empty(), "with rows");
  RC_ASSERT(rows_of_plan(graph, pattern, constraints) == expected);
  RC_ASSERT((count_motif(MotifPlan(graph, pattern, constraints)).rows == expected.size()));
}

RC_GTEST_PROP(MotifEnumeration, SymmetricMatchesAreLeftOutAsTheMatcherDoes, ()) {
  const TransferGraph graph = any_graph(4, 10);
  const MotifPattern pattern = parse_motif(*rc::gen::element<std::string>(
      "(a)-[e]->(b);(c)-[f]->(b)", "(a)-[e]->(b);(b)-[f]->(c);(c)-[g]->(a)",
      "(a)-[e]->(b);(a)-[f]->(b);(a)-[g]->(b)", "(a)-[e]->(b);(c)-[f]->(d)",
      "(a)-[]->(b);(c)-[]->(b);!(b)-[]->(d)",
      "(a)-[e]->(b);(b)-[f]->(c);(d)-[g]->(h);(h)-[i]->(c)"));
  MotifConstraints constraints = any_constraints(graph, pattern);
  constraints.symmetries = testing::symmetries_of(graph, pattern);
  const std::vector<Row> expected = rows_of_matcher(graph, pattern, constraints);
  RC_CLASSIFY(!expected.empty(), "with rows");
  RC_ASSERT(rows_of_plan(graph, pattern, constraints) == expected);
}

/// Busy vertices: closing edges are looked up from their shorter end and in the pair index.
RC_GTEST_PROP(MotifEnumeration, BusyVerticesMakeNoDifference, ()) {
  const TransferGraph graph = any_graph(3, 90);
  const MotifPattern pattern = parse_motif(*rc::gen::element<std::string>(
      "(a)-[e]->(b);(b)-[f]->(a)", "(a)-[e]->(b);(a)-[f]->(b)", "(a)-[e]->(b);!(b)-[]->(a)",
      "(a)-[e]->(b);(c)-[f]->(b);!(a)-[]->(c)", "(a)-[e]->(a);(a)-[f]->(b)"));
  MotifConstraints constraints = literal();
  testing::restrict_times(pattern, constraints);
  RC_ASSERT(rows_of_plan(graph, pattern, constraints) ==
            rows_of_matcher(graph, pattern, constraints));
}

/// A few thousand transfers, most of them at a few vertices: many tasks, some split again and again.
TransferGraph skewed_graph(std::size_t transfers) {
  std::vector<testing::Transfer> list;
  std::uint64_t state = 1;
  const auto draw = [&](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % below;
  };
  for (std::size_t i = 0; i < transfers; ++i) {
    const auto vertex = [&] { return std::to_string(draw(1 + draw(1 + draw(400)))); };
    list.push_back({vertex(), vertex(), static_cast<Micros>(draw(500)),
                    static_cast<MinorUnits>(draw(1000)), std::to_string(i)});
  }
  return graph_of(list);
}

struct Question {
  std::string motif;
  MotifConstraints constraints;
};

/// Motifs of every kind that a tree cannot hold.
std::vector<Question> questions() {
  std::vector<Question> questions;
  questions.push_back({"(a)-[e]->(b);(b)-[f]->(c);(c)-[g]->(a)", {}});
  questions.back().constraints.follows = {{0, 1}, {1, 2}};
  questions.back().constraints.window = 200;
  questions.push_back({"(a)-[e]->(b);(b)-[f]->(c);(d)-[g]->(c)", {}});
  questions.back().constraints.window = 12;
  questions.push_back({"(a)-[]->(b);(b)-[]->(c);!(c)-[]->(a)", literal()});
  questions.back().constraints.window = 25;
  // Many rows of few roots: tasks wait for their turn and are split.
  questions.push_back({"(a)-[e]->(b);(c)-[f]->(b)", {}});
  questions.push_back({"(a)-[e]->(b);(c)-[f]->(b)", {}});
  questions.back().constraints.window = 60;
  questions.back().constraints.symmetries = {{{2, 1, 0}, {1, 0}}};
  return questions;
}

TEST(MotifEnumeration, IsTheSameForAnyNumberOfThreads) {
  const TransferGraph graph = skewed_graph(6000);
  for (const Question& question : questions()) {
    const MotifPattern pattern = parse_motif(question.motif);
    const auto run = [&](std::size_t threads) {
      const oneapi::tbb::global_control control(
          oneapi::tbb::global_control::max_allowed_parallelism, threads);
      return enumerate(graph, pattern, question.constraints);
    };
    const Enumerated alone = run(1);
    const Enumerated together = run(2);
    EXPECT_GT(alone.rows.size(), 20'000U) << question.motif;
    EXPECT_TRUE(alone.rows == together.rows) << question.motif;
    EXPECT_EQ(alone.run.steps, together.run.steps);
    EXPECT_EQ(alone.run.rows_after_step, together.run.rows_after_step);
    EXPECT_EQ(alone.run.rows, alone.rows.size());
    EXPECT_FALSE(alone.run.truncated);
    const MotifCount count = count_motif(MotifPlan(graph, pattern, question.constraints));
    EXPECT_TRUE(count.rows == alone.rows.size()) << question.motif;
  }
}

TEST(MotifEnumeration, RowsComeInTheOrderOfTheirFirstElementAtOneOfItsEnds) {
  const TransferGraph graph = skewed_graph(6000);
  std::vector<Edge> position_at_target(graph.num_edges());
  for (Edge position = 0; position < graph.num_edges(); ++position) {
    position_at_target[graph.in_edge(position)] = position;
  }
  for (const Question& question : questions()) {
    const MotifPattern pattern = parse_motif(question.motif);
    const MotifPlan plan(graph, pattern, question.constraints);
    const MotifStep& root = plan.steps().front();
    const bool is_edge = root.kind == MotifStep::Kind::kEdge;
    std::vector<std::uint32_t> roots;
    enumerate_motif(plan, kNoRowLimit, [&](const MotifMatch& match) {
      roots.push_back(is_edge ? match.edges[root.element] : match.vertices[root.element]);
    });
    const auto by_target = [&](Edge e) { return position_at_target[e]; };
    EXPECT_TRUE(std::ranges::is_sorted(roots) ||
                (is_edge && std::ranges::is_sorted(roots, {}, by_target)))
        << question.motif;
  }
}

TEST(MotifEnumeration, StepsAreTheCandidatesLookedAt) {
  const TransferGraph graph = skewed_graph(6000);
  // Nothing but the meeting vertex ties the two edges: each candidate of the second is a row.
  const Enumerated two_paths =
      enumerate(graph, parse_motif("(a)-[e]->(b);(b)-[f]->(c)"), literal());
  std::uint64_t rows = 0;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    rows += std::uint64_t{graph.in_edges(v).size()} * graph.out_edges(v).size();
  }
  EXPECT_GT(rows, 500'000U);
  EXPECT_EQ(two_paths.run.rows, rows);
  EXPECT_EQ(two_paths.run.steps, graph.num_edges() + rows);
  EXPECT_EQ(two_paths.run.rows_after_step.back(), rows);
}

TEST(MotifEnumeration, StepsCutOffTheRowsAfterThem) {
  const TransferGraph graph = skewed_graph(3000);
  for (const Question& question : questions()) {
    const MotifPattern pattern = parse_motif(question.motif);
    const Enumerated whole = enumerate(graph, pattern, question.constraints);
    std::size_t before = 0;
    for (std::uint64_t part = 0; part <= 16; ++part) {
      MotifConstraints constraints = question.constraints;
      constraints.max_steps = whole.run.steps * part / 16;
      const Enumerated cut = enumerate(graph, pattern, constraints);
      EXPECT_EQ(cut.run.truncated, part < 16);
      EXPECT_EQ(cut.run.steps, constraints.max_steps);
      EXPECT_EQ(cut.run.rows, cut.rows.size());
      ASSERT_LE(cut.rows.size(), whole.rows.size());
      EXPECT_TRUE(std::equal(cut.rows.begin(), cut.rows.end(), whole.rows.begin()));
      EXPECT_GE(cut.rows.size(), before);
      before = cut.rows.size();
    }
    EXPECT_EQ(before, whole.rows.size());
  }
}

TEST(MotifEnumeration, RowLimitCutsOffWhatIsOnlyKnownToBeBounded) {
  const TransferGraph graph = skewed_graph(2000);
  for (const Question& question : questions()) {
    const MotifPattern pattern = parse_motif(question.motif);
    const Enumerated whole = enumerate(graph, pattern, question.constraints);
    for (const std::uint64_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{3000},
                                      whole.rows.size() - 1, whole.rows.size()}) {
      const Enumerated cut = enumerate(graph, pattern, question.constraints, limit);
      EXPECT_EQ(cut.rows.size(), std::min<std::size_t>(limit, whole.rows.size()));
      EXPECT_EQ(cut.run.truncated, limit < whole.rows.size());
      EXPECT_FALSE(cut.run.refused);
      EXPECT_TRUE(std::equal(cut.rows.begin(), cut.rows.end(), whole.rows.begin()));
    }
  }
}

TEST(MotifEnumeration, TooManyRowsAreRefusedBeforeAnyWork) {
  const TransferGraph graph = skewed_graph(2000);
  const MotifPattern pattern = parse_motif(
      "(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(d); (e)-[e4]->(f); (f)-[e5]->(c); (c)-[e6]->(g)");
  const MotifConstraints constraints = literal();
  const MotifPlan plan(graph, pattern, constraints);
  const MotifRun run = enumerate_motif(plan, 1'000'000, [](const MotifMatch&) { FAIL(); });
  EXPECT_TRUE(run.refused);
  EXPECT_EQ(run.rows, 0U);
  EXPECT_EQ(run.steps, 0U);
  EXPECT_TRUE(run.rows_known == count_motif(plan).rows);
  EXPECT_TRUE(run.rows_known > 1'000'000);
}

TEST(MotifEnumeration, AsManyRowsAsTheLimitAreNotRefused) {
  const TransferGraph graph = skewed_graph(500);
  const MotifPattern pattern = parse_motif("(a)-[e]->(b);(b)-[f]->(c)");
  const Enumerated whole = enumerate(graph, pattern, literal());
  const Enumerated fits = enumerate(graph, pattern, literal(), whole.rows.size());
  EXPECT_FALSE(fits.run.refused);
  EXPECT_EQ(fits.rows, whole.rows);
  EXPECT_TRUE(enumerate(graph, pattern, literal(), whole.rows.size() - 1).run.refused);
}

TEST(MotifEnumeration, ErrorsOfTheVisitorReachTheCaller) {
  const TransferGraph graph = skewed_graph(500);
  const MotifPattern pattern = parse_motif("(a)-[e]->(b)");
  MotifConstraints constraints;
  const MotifPlan plan(graph, pattern, constraints);
  EXPECT_THROW(enumerate_motif(plan, kNoRowLimit,
                               [](const MotifMatch&) { throw std::runtime_error("enough"); }),
               std::runtime_error);
}

TEST(MotifEnumeration, TimesThatContradictEachOtherHaveNoRows) {
  const TransferGraph graph = skewed_graph(500);
  const MotifPattern pattern = parse_motif("(a)-[e]->(b);(b)-[f]->(c)");
  for (const TimeOrder order : {TimeOrder::kStrict, TimeOrder::kLoose}) {
    MotifConstraints constraints = literal();
    constraints.time_order = order;
    constraints.follows = {{0, 1}, {1, 0}};
    EXPECT_FALSE(MotifPlan(graph, pattern, constraints).is_satisfiable());
    EXPECT_TRUE(enumerate(graph, pattern, constraints).rows.empty());
    EXPECT_TRUE(count_motif(MotifPlan(graph, pattern, constraints)).rows == 0);
  }
}

}  // namespace
}  // namespace aml::graph
