// SPDX-License-Identifier: Apache-2.0
#include "graph/pair_index.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;

TEST(PairIndex, ParallelTransfersComeInTimeOrder) {
  const TransferGraph graph = graph_of(
      {{"a", "b", 7, 1, "x"}, {"a", "c", 1}, {"a", "b", 2, 1, "y"}, {"a", "b", 2, 1, "z"}});
  const PairIndex pairs{CandidateEdges(graph)};
  std::vector<std::string> keys;
  for (const Edge e : pairs.between(0, 1)) keys.emplace_back(graph.transfer_key(e));
  EXPECT_EQ(keys, (std::vector<std::string>{"y", "z", "x"}));
  EXPECT_TRUE(pairs.between(1, 0).empty());
}

RC_GTEST_PROP(PairIndex, HoldsEachTransferAtItsPairAlone, ()) {
  const TransferGraph graph = graph_of(*testing::transfers_among(5, 30), {"0", "1", "2", "3", "4"});
  const PairIndex pairs{CandidateEdges(graph)};
  for (Vertex source = 0; source < graph.num_vertices(); ++source) {
    std::vector<Vertex> payees;
    for (Vertex target = 0; target < graph.num_vertices(); ++target) {
      std::vector<Edge> expected;
      for (const Edge e : graph.out_edges(source)) {
        if (graph.target(e) == target) expected.push_back(e);
      }
      if (!expected.empty()) payees.push_back(target);
      RC_ASSERT(std::ranges::equal(pairs.between(source, target), expected));
    }
    RC_ASSERT(std::ranges::equal(pairs.payees(source), payees));
  }
}

}  // namespace
}  // namespace aml::graph
