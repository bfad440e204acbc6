// SPDX-License-Identifier: Apache-2.0
#include "graph/transfer_graph_boost.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/concept/assert.hpp>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/core_numbers.hpp>
#include <boost/graph/graph_concepts.hpp>
#include <boost/graph/page_rank.hpp>
#include <boost/graph/strong_components.hpp>
#include <cmath>
#include <map>
#include <set>

#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::transfers_among;
using BoostList = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;

// One a line: the macro names its typedef by __LINE__.
BOOST_CONCEPT_ASSERT((boost::VertexListGraphConcept<TransferGraph>));
BOOST_CONCEPT_ASSERT((boost::IncidenceGraphConcept<TransferGraph>));
BOOST_CONCEPT_ASSERT((boost::BidirectionalGraphConcept<TransferGraph>));
BOOST_CONCEPT_ASSERT((boost::EdgeListGraphConcept<TransferGraph>));
BOOST_CONCEPT_ASSERT((boost::AdjacencyGraphConcept<TransferGraph>));
BOOST_CONCEPT_ASSERT((boost::AdjacencyMatrixConcept<TransferGraph>));
BOOST_CONCEPT_ASSERT(
    (boost::ReadablePropertyGraphConcept<TransferGraph, Vertex, boost::vertex_index_t>));
BOOST_CONCEPT_ASSERT(
    (boost::ReadablePropertyGraphConcept<TransferGraph, TransferEdge, boost::edge_index_t>));

BoostList adjacency_list_of(const TransferGraph& graph) {
  BoostList list(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) add_edge(v, graph.target(e), list);
  }
  return list;
}

/// The components named in order of first appearance, so that two numberings of the same partition
/// are equal.
std::vector<int> canonical(const std::vector<int>& component) {
  std::map<int, int> name;
  std::vector<int> result;
  for (const int c : component) {
    result.push_back(name.try_emplace(c, static_cast<int>(name.size())).first->second);
  }
  return result;
}

template <typename Graph>
std::vector<int> strong(const Graph& graph) {
  std::vector<int> component(num_vertices(graph));
  boost::strong_components(
      graph, boost::make_iterator_property_map(component.begin(), get(boost::vertex_index, graph)));
  return canonical(component);
}

template <typename Graph>
std::vector<int> cores(const Graph& graph) {
  std::vector<int> core(num_vertices(graph));
  boost::core_numbers(
      graph, boost::make_iterator_property_map(core.begin(), get(boost::vertex_index, graph)));
  return core;
}

template <typename Graph>
std::vector<double> ranks(const Graph& graph) {
  std::vector<double> rank(num_vertices(graph));
  boost::graph::page_rank(
      graph, boost::make_iterator_property_map(rank.begin(), get(boost::vertex_index, graph)),
      boost::graph::n_iterations(5));
  return rank;
}

TEST(TransferGraphBoost, StrongComponentsOfTwoCyclesJoinedByABridge) {
  const TransferGraph graph = graph_of(
      {{"a", "b"}, {"b", "c"}, {"c", "a"}, {"c", "d"}, {"d", "e"}, {"e", "d"}, {"e", "e"}}, {"f"});
  EXPECT_EQ(strong(graph), (std::vector<int>{0, 0, 0, 1, 1, 2}));
}

TEST(TransferGraphBoost, EdgeIsTheFirstTransferOfAPair) {
  const TransferGraph graph =
      graph_of({{"a", "b", 2, 1, "T1"}, {"a", "b", 1, 1, "T2"}, {"b", "c", 1, 1, "T3"}});
  const auto [found, exists] = edge(0, 1, graph);
  ASSERT_TRUE(exists);
  EXPECT_EQ(graph.transfer_key(found.id), "T2");
  EXPECT_EQ(source(found, graph), 0U);
  EXPECT_EQ(target(found, graph), 1U);
  EXPECT_FALSE(edge(1, 0, graph).second);
  EXPECT_FALSE(edge(2, 2, graph).second);
}

TEST(TransferGraphBoost, EdgeIteratorStepsOverVerticesWithoutOutEdges) {
  const TransferGraph graph = graph_of({{"b", "a"}, {"e", "a"}, {"e", "b"}}, {"c", "d", "f"});
  std::vector<std::string> seen;
  for (auto [it, end] = edges(graph); it != end; ++it) {
    seen.push_back(std::string(graph.key((*it).source)) + std::string(graph.key((*it).target)));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"ba", "ea", "eb"}));
}

TEST(TransferGraphBoost, EmptyGraphHasNoVerticesAndNoEdges) {
  const TransferGraph graph = graph_of({});
  EXPECT_EQ(vertices(graph).first, vertices(graph).second);
  EXPECT_EQ(edges(graph).first, edges(graph).second);
}

RC_GTEST_PROP(TransferGraphBoost, EveryEdgeIsSeenOnceFromEitherEnd, ()) {
  const TransferGraph graph = graph_of(*transfers_among(6, 40));
  std::set<Edge> all;
  std::set<Edge> out;
  std::set<Edge> in;
  for (auto [it, end] = edges(graph); it != end; ++it) {
    const TransferEdge e = *it;
    RC_ASSERT(all.insert(get(get(boost::edge_index, graph), e)).second);
    RC_ASSERT(e.source == graph.source(e.id) && e.target == graph.target(e.id));
  }
  for (auto [v, last] = vertices(graph); v != last; ++v) {
    auto neighbour = adjacent_vertices(*v, graph).first;
    for (auto [it, end] = out_edges(*v, graph); it != end; ++it, ++neighbour) {
      RC_ASSERT(source(*it, graph) == *v && target(*it, graph) == *neighbour);
      RC_ASSERT(out.insert((*it).id).second);
    }
    RC_ASSERT(neighbour == adjacent_vertices(*v, graph).second);
    for (auto [it, end] = in_edges(*v, graph); it != end; ++it) {
      RC_ASSERT(target(*it, graph) == *v && source(*it, graph) == graph.source((*it).id));
      RC_ASSERT(in.insert((*it).id).second);
    }
    RC_ASSERT(degree(*v, graph) == out_degree(*v, graph) + in_degree(*v, graph));
  }
  RC_ASSERT(all.size() == num_edges(graph));
  RC_ASSERT(out == all);
  RC_ASSERT(in == all);
}

RC_GTEST_PROP(TransferGraphBoost, AlgorithmsAgreeWithAdjacencyList, ()) {
  const TransferGraph graph = graph_of(*transfers_among(8, 30), {"0", "1", "2", "3", "4", "5"});
  const BoostList list = adjacency_list_of(graph);
  RC_ASSERT(strong(graph) == strong(list));
  RC_ASSERT(cores(graph) == cores(list));
  // In-edges come in another order, so sums may differ in their last bits.
  const std::vector<double> ours = ranks(graph);
  const std::vector<double> boosts = ranks(list);
  for (Vertex v = 0; v < graph.num_vertices(); ++v)
    RC_ASSERT(std::abs(ours[v] - boosts[v]) < 1e-12);
}

}  // namespace
}  // namespace aml::graph
