// SPDX-License-Identifier: Apache-2.0
#include "graph/triangle_filter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::Transfer;
using testing::transfers_among;

/// Where the three edges meet, and when the second may be booked.
struct Shape {
  End first_end = End::kTarget;
  End second_end = End::kSource;
  End third_end = End::kTarget;
  Micros max_lead = 0;
  Micros max_lag = 0;
};

std::vector<char> filtered(const TransferGraph& graph, const Shape& shape) {
  const CandidateEdges all(graph);
  return may_be_in_triangle({all, shape.first_end, all, shape.second_end, all, shape.third_end,
                             shape.max_lead, shape.max_lag},
                            graph.num_edges());
}

Vertex end_of(const TransferGraph& graph, Edge e, End end) {
  return end == End::kSource ? graph.source(e) : graph.target(e);
}

/// Every triple of transfers, tried.
std::vector<char> in_triangle(const TransferGraph& graph, const Shape& shape) {
  std::vector<char> is_in(graph.num_edges(), 0);
  const auto at = [&](Edge e, End end) { return end_of(graph, e, end); };
  for (Edge x = 0; x < graph.num_edges(); ++x) {
    for (Edge y = 0; y < graph.num_edges(); ++y) {
      const Micros lag = graph.booked_at(y) - graph.booked_at(x);
      if (at(x, shape.first_end) != at(y, shape.second_end) || lag > shape.max_lag ||
          -lag > shape.max_lead) {
        continue;
      }
      for (Edge z = 0; z < graph.num_edges(); ++z) {
        if (at(z, shape.third_end) == at(x, opposite(shape.first_end)) &&
            at(z, opposite(shape.third_end)) == at(y, opposite(shape.second_end))) {
          is_in[x] = 1;
        }
      }
    }
  }
  return is_in;
}

RC_GTEST_PROP(TriangleFilter, KeepsEveryTransferOfATriangle, ()) {
  const TransferGraph graph = graph_of(*transfers_among(6, 14));
  const auto end = [] { return *rc::gen::element(End::kSource, End::kTarget); };
  const Shape shape{end(), end(), end(), *rc::gen::inRange<Micros>(-3, 5),
                    *rc::gen::inRange<Micros>(-3, 5)};
  const std::vector<char> kept = filtered(graph, shape);
  const std::vector<char> is_in = in_triangle(graph, shape);
  RC_CLASSIFY(std::ranges::count(is_in, 1) > 0, "with triangles");
  for (Edge e = 0; e < graph.num_edges(); ++e) RC_ASSERT(kept[e] >= is_in[e]);
}

TEST(TriangleFilter, LeavesOutMostTransfersThatAreInNone) {
  std::mt19937 random(5);
  std::vector<Transfer> transfers;
  for (int i = 0; i < 20'000; ++i) {
    transfers.push_back(
        {std::to_string(random() % 10'000), std::to_string(random() % 10'000), i % 100});
  }
  const std::vector<char> kept = filtered(graph_of(transfers), {.max_lag = 100});
  EXPECT_LT(std::ranges::count(kept, 1), 2'000);
}

TEST(TriangleFilter, EqualTimesAreInsideAWindowOfZero) {
  const std::vector<Transfer> transfers = {{"a", "b", 5}, {"b", "c", 5}, {"c", "a", 9}};
  EXPECT_EQ(filtered(graph_of(transfers), {}), (std::vector<char>{1, 0, 0}));
}

TEST(TriangleFilter, NoTransfersAreNone) {
  EXPECT_TRUE(filtered(graph_of({}), {}).empty());
}

TEST(TriangleFilter, ATransferWithVeryManyPairsIsKeptUnseen) {
  std::vector<Transfer> transfers = {{"a", "b", 0}};
  for (int i = 0; i < 100; ++i) transfers.push_back({"b", "x" + std::to_string(i), 1});
  const TransferGraph graph = graph_of(transfers);
  EXPECT_EQ(filtered(graph, {.max_lag = 1})[0], 1);
  EXPECT_EQ(filtered(graph, {.max_lag = 0})[0], 0);
}

}  // namespace
}  // namespace aml::graph
