// SPDX-License-Identifier: Apache-2.0
#include "graph/identity_graph_boost.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/concept/assert.hpp>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/graph/core_numbers.hpp>
#include <boost/graph/graph_concepts.hpp>
#include <set>

#include "graph/components.hpp"
#include "tests/graph/small_identity_graphs.hpp"

namespace aml::graph {
namespace {

using testing::identity_graph_of;
using testing::statements_among;

BOOST_CONCEPT_ASSERT((boost::VertexListGraphConcept<IdentityGraph>));
BOOST_CONCEPT_ASSERT((boost::IncidenceGraphConcept<IdentityGraph>));
BOOST_CONCEPT_ASSERT((boost::BidirectionalGraphConcept<IdentityGraph>));
BOOST_CONCEPT_ASSERT((boost::EdgeListGraphConcept<IdentityGraph>));
BOOST_CONCEPT_ASSERT((boost::AdjacencyGraphConcept<IdentityGraph>));
BOOST_CONCEPT_ASSERT((boost::AdjacencyMatrixConcept<IdentityGraph>));
BOOST_CONCEPT_ASSERT(
    (boost::ReadablePropertyGraphConcept<IdentityGraph, Vertex, boost::vertex_index_t>));

template <typename Graph>
std::vector<Vertex> boost_components(const Graph& graph) {
  std::vector<Vertex> component(num_vertices(graph));
  boost::connected_components(
      graph, boost::make_iterator_property_map(component.begin(), get(boost::vertex_index, graph)));
  return component;
}

template <typename Graph>
std::vector<int> cores(const Graph& graph) {
  std::vector<int> core(num_vertices(graph));
  boost::core_numbers(
      graph, boost::make_iterator_property_map(core.begin(), get(boost::vertex_index, graph)));
  return core;
}

TEST(IdentityGraphBoost, EdgesAreTheStatementsAndEqualFromEitherEnd) {
  const IdentityGraph graph =
      identity_graph_of({{"P1", "phone", "7"}, {"P2", "phone", "7"}}, {"P0", "P3"});
  std::vector<std::pair<Vertex, Vertex>> seen;
  for (auto [it, end] = edges(graph); it != end; ++it) {
    seen.emplace_back(source(*it, graph), target(*it, graph));
  }
  EXPECT_EQ(seen, (std::vector<std::pair<Vertex, Vertex>>{{1, 4}, {2, 4}}));
  EXPECT_TRUE(edge(1, 4, graph).second);
  EXPECT_TRUE(edge(4, 1, graph).second);
  EXPECT_EQ(edge(1, 4, graph).first, edge(4, 1, graph).first);
  EXPECT_FALSE(edge(1, 2, graph).second);
  EXPECT_FALSE(edge(0, 4, graph).second);
}

RC_GTEST_PROP(IdentityGraphBoost, InEdgesMirrorOutEdges, ()) {
  const IdentityGraph graph = identity_graph_of(*statements_among(6, 30));
  std::size_t ends = 0;
  for (auto [v, last] = vertices(graph); v != last; ++v) {
    auto in = in_edges(*v, graph).first;
    for (auto [out, end] = out_edges(*v, graph); out != end; ++out, ++in, ++ends) {
      RC_ASSERT(source(*out, graph) == *v && target(*in, graph) == *v);
      RC_ASSERT(target(*out, graph) == source(*in, graph));
      RC_ASSERT(*out == *in);
    }
    RC_ASSERT(degree(*v, graph) == graph.neighbours(*v).size());
  }
  RC_ASSERT(ends == 2 * num_edges(graph));
}

RC_GTEST_PROP(IdentityGraphBoost, ConnectedComponentsOfBoostAreOurs, ()) {
  const IdentityGraph graph = identity_graph_of(*statements_among(8, 12), {"P0", "P1", "P9"});
  const std::vector<Vertex> ours = components(graph);
  const std::vector<Vertex> boosts = boost_components(graph);
  std::set<std::pair<Vertex, Vertex>> pairs;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) pairs.emplace(ours[v], boosts[v]);
  RC_ASSERT(pairs.size() == std::set<Vertex>(ours.begin(), ours.end()).size());
  RC_ASSERT(pairs.size() == std::set<Vertex>(boosts.begin(), boosts.end()).size());
}

RC_GTEST_PROP(IdentityGraphBoost, CoreNumbersAgreeWithAdjacencyList, ()) {
  const IdentityGraph graph = identity_graph_of(*statements_among(6, 30));
  boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> list(graph.num_vertices());
  for (auto [it, end] = edges(graph); it != end; ++it) {
    add_edge(source(*it, graph), target(*it, graph), list);
  }
  RC_ASSERT(cores(graph) == cores(list));
}

}  // namespace
}  // namespace aml::graph
