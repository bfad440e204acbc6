// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_describe.hpp"

#include <gtest/gtest.h>

#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;

TransferGraph chain() {
  return graph_of({{"a", "b", 1}, {"b", "c", 2}, {"c", "d", 3}, {"d", "a", 9}});
}

TEST(MotifDescribe, CountsOfTreesNeedNoEnumeration) {
  const TransferGraph graph = chain();
  const MotifPattern pattern = parse_motif("(x)-[e]->(y);(y)-[f]->(z)");
  MotifConstraints constraints;
  constraints.distinct_vertices = constraints.distinct_edges = false;
  const MotifPlan plan(graph, pattern, constraints);
  EXPECT_EQ(describe(plan),
            "4 rows, counted without enumerating them\n"
            "step  binds         by        candidates  estimated  actual  checks\n"
            "1     (x)-[e]->(y)  all                4          4       -\n"
            "2     (y)-[f]->(z)  from (y)           4          4       -\n");
}

TEST(MotifDescribe, ActualRowsStandBesideTheEstimated) {
  const TransferGraph graph = chain();
  const MotifPattern pattern = parse_motif("(x)-[e]->(y);(y)-[f]->(z);!(z)-[]->(x)");
  MotifConstraints constraints;
  constraints.follows = {{0, 1}};
  constraints.window = 5;
  const MotifPlan plan(graph, pattern, constraints);
  const MotifRun run = enumerate_motif(plan, kNoRowLimit, [](const MotifMatch&) {});
  const auto lines = explain(plan, &run);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].binds, "(x)-[e]->(y)");
  EXPECT_EQ(lines[0].actual_rows, 2U);  // the others have no successor in time
  EXPECT_EQ(lines[1].by, "from (y)");
  EXPECT_EQ(lines[1].checks, "time, not (z)-[]->(x)");
  EXPECT_EQ(lines[1].actual_rows, 2U);
  EXPECT_EQ(run.rows, 2U);
}

TEST(MotifDescribe, RunsThatWereCutOffTellNoActualRows) {
  const TransferGraph graph = chain();
  const MotifPattern pattern = parse_motif("(x)-[e]->(y);(y)-[]->(z)");
  MotifConstraints constraints;
  constraints.max_steps = 1;
  const MotifPlan plan(graph, pattern, constraints);
  const MotifRun run = enumerate_motif(plan, kNoRowLimit, [](const MotifMatch&) {});
  for (const MotifPlanLine& line : explain(plan, &run)) EXPECT_EQ(line.actual_rows, std::nullopt);
}

TEST(MotifDescribe, SaysWhereOneWitnessIsEnough) {
  const TransferGraph graph = chain();
  const MotifPattern pattern = parse_motif("(x)-[]->(y);!(y)-[]->(x)");
  const MotifConstraints constraints;
  const auto lines = explain(MotifPlan(graph, pattern, constraints));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].by, "all");
  EXPECT_EQ(lines[1].by, "ends of (x)-[]->(y)");
  EXPECT_EQ(lines[2].by, "between (x) and (y)");
  EXPECT_EQ(lines[2].checks, "one witness");
}

TEST(MotifDescribe, RowCountsHaveAllTheirDigits) {
  EXPECT_EQ(text_of(0), "0");
  EXPECT_EQ(text_of(495'112'984'953), "495112984953");
  EXPECT_EQ(text_of(kRowsMax), "340282366920938463463374607431768211455");
}

}  // namespace
}  // namespace aml::graph
