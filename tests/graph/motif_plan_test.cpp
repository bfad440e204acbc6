// SPDX-License-Identifier: Apache-2.0
// The plan, checked against the plain matcher: graph/motif.cpp.
#include "graph/motif_plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "tests/graph/random_patterns.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;

MotifConstraints literal() {
  MotifConstraints constraints;
  constraints.distinct_vertices = false;
  constraints.distinct_edges = false;
  return constraints;
}

RowCount rows_found(const TransferGraph& graph, const MotifPattern& pattern,
                    const MotifConstraints& constraints) {
  return find_motif(graph, pattern, constraints, [](const MotifMatch&) {}).matches;
}

RC_GTEST_PROP(MotifEstimate, ExactCountsAreThoseOfTheMatcher, ()) {
  const TransferGraph graph =
      graph_of(*rc::gen::resize(rc::kNominalSize, testing::transfers_among(5, 12)),
               {"0", "1", "2", "3", "4"});
  const MotifPattern pattern = *testing::motifs(4);
  MotifConstraints constraints = literal();
  testing::restrict_elements(graph, pattern, constraints);
  testing::restrict_times(pattern, constraints);
  const MotifEstimate estimate = MotifPlan(graph, pattern, constraints).estimate();
  const RowCount rows = rows_found(graph, pattern, constraints);
  RC_CLASSIFY(estimate.exact && rows > 0, "exact, with rows");
  RC_CLASSIFY(estimate.exact && rows > 0 && !constraints.follows.empty(), "exact, in time order");
  RC_ASSERT(!estimate.overflowed);
  RC_ASSERT((estimate.exact ? estimate.rows_at_most == rows : estimate.rows_at_most >= rows));
}

RC_GTEST_PROP(MotifEstimate, TreesInTimeOrderAreCountedExactly, ()) {
  const TransferGraph graph = graph_of(*testing::transfers_among(4, 25));
  const MotifPattern pattern = *testing::tree_motifs(5);
  MotifConstraints constraints = literal();
  constraints.time_order = *rc::gen::element(TimeOrder::kStrict, TimeOrder::kLoose);
  testing::order_edges_that_meet(pattern, constraints);
  const MotifEstimate estimate = MotifPlan(graph, pattern, constraints).estimate();
  const RowCount rows = rows_found(graph, pattern, constraints);
  RC_CLASSIFY(rows > 0, "with rows");
  RC_ASSERT(estimate.exact);
  RC_ASSERT(estimate.rows_at_most == rows);
}

RC_GTEST_PROP(MotifEstimate, IsNeverBelowTheRows, ()) {
  const TransferGraph graph =
      graph_of(*rc::gen::resize(rc::kNominalSize, testing::transfers_among(5, 10)),
               {"0", "1", "2", "3", "4"});
  const MotifPattern pattern = *testing::motifs(4);
  MotifConstraints constraints;
  testing::restrict_elements(graph, pattern, constraints);
  testing::restrict_times(pattern, constraints);
  testing::restrict_pairs(graph, pattern, constraints);
  const MotifEstimate estimate = MotifPlan(graph, pattern, constraints).estimate();
  const RowCount rows = rows_found(graph, pattern, constraints);
  RC_ASSERT((estimate.exact ? estimate.rows_at_most == rows : estimate.rows_at_most >= rows));
}

TEST(MotifEstimate, BookMotifIsTheClosedFormula) {
  const MotifPattern pattern = parse_motif(
      "(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(d); (e)-[e4]->(f); (f)-[e5]->(c); (c)-[e6]->(g)");
  std::vector<testing::Transfer> transfers;
  for (std::size_t i = 0; i < 400; ++i) {
    transfers.push_back({std::to_string(i * i % 23), std::to_string((7 * i + i / 23) % 23)});
  }
  const TransferGraph graph = graph_of(transfers);
  RowCount expected = 0;
  for (Vertex c = 0; c < graph.num_vertices(); ++c) {
    RowCount two_paths = 0;
    for (const Edge position : graph.in_edges(c)) {
      two_paths += graph.in_edges(graph.in_source(position)).size();
    }
    const RowCount out = graph.out_edges(c).size();
    expected += two_paths * two_paths * out * out;
  }
  const MotifConstraints constraints = literal();
  const MotifEstimate estimate = MotifPlan(graph, pattern, constraints).estimate();
  EXPECT_TRUE(estimate.exact);
  EXPECT_TRUE(estimate.rows_at_most == expected);
  EXPECT_TRUE(expected > 1'000'000'000);
}

TEST(MotifEstimate, TooManyRowsAreSaidToBeTooMany) {
  std::vector<testing::Transfer> transfers(1000, {"a", "a"});
  const TransferGraph graph = graph_of(transfers);
  std::string motif = "(a)-[e0]->(b)";
  for (int e = 1; e < 13; ++e) {
    motif += ";(a)-[e" + std::to_string(e) + "]->(b" + std::to_string(e) + ")";
  }
  const MotifConstraints constraints = literal();
  const MotifPattern twelve = parse_motif(motif.substr(0, motif.rfind(';')));
  const MotifPattern thirteen = parse_motif(motif);
  const MotifEstimate fits = MotifPlan(graph, twelve, constraints).estimate();
  EXPECT_FALSE(fits.overflowed);
  RowCount expected = 1;
  for (int e = 0; e < 12; ++e) expected *= 1000;
  EXPECT_TRUE(fits.rows_at_most == expected);
  const MotifEstimate overflows = MotifPlan(graph, thirteen, constraints).estimate();
  EXPECT_TRUE(overflows.overflowed);
  EXPECT_TRUE(overflows.rows_at_most == kRowsMax);
}

}  // namespace
}  // namespace aml::graph
