// SPDX-License-Identifier: Apache-2.0
// Makes IdentityGraph an undirected Boost graph: VertexListGraph, IncidenceGraph,
// BidirectionalGraph, EdgeListGraph, AdjacencyGraph and AdjacencyMatrix.
#pragma once

#include <algorithm>
#include <boost/graph/graph_traits.hpp>
#include <boost/graph/properties.hpp>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/iterator/iterator_facade.hpp>
#include <boost/iterator/transform_iterator.hpp>
#include <boost/property_map/property_map.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "graph/identity_graph.hpp"

namespace aml::graph {

/// An undirected edge as seen from one end: party - attribute and attribute - party are the same
/// edge.
struct IdentityEdge {
  Vertex source = kNoVertex;
  Vertex target = kNoVertex;

  std::pair<Vertex, Vertex> ends() const { return std::minmax({source, target}); }
  friend bool operator==(const IdentityEdge& a, const IdentityEdge& b) {
    return a.ends() == b.ends();
  }
  friend bool operator<(const IdentityEdge& a, const IdentityEdge& b) {
    return a.ends() < b.ends();
  }
};

namespace detail {

struct IdentityGraphTraversal : boost::bidirectional_graph_tag,
                                boost::adjacency_graph_tag,
                                boost::vertex_list_graph_tag,
                                boost::edge_list_graph_tag,
                                boost::adjacency_matrix_tag {};

/// Neighbour -> edge that leaves v, or that arrives at v.
struct EdgeFrom {
  Vertex v = kNoVertex;
  IdentityEdge operator()(Vertex neighbour) const { return {v, neighbour}; }
};
struct EdgeTo {
  Vertex v = kNoVertex;
  IdentityEdge operator()(Vertex neighbour) const { return {neighbour, v}; }
};

/// Every edge once, from its party: the neighbours of the parties fill the first half of
/// all_neighbours().
class IdentityEdgeIterator
    : public boost::iterator_facade<IdentityEdgeIterator, IdentityEdge,
                                    boost::forward_traversal_tag, IdentityEdge> {
 public:
  IdentityEdgeIterator() = default;
  IdentityEdgeIterator(const IdentityGraph& graph, std::size_t position)
      : graph_(&graph), position_(position) {
    find_party();
  }

 private:
  friend class boost::iterator_core_access;

  IdentityEdge dereference() const { return {party_, graph_->all_neighbours()[position_]}; }
  bool equal(const IdentityEdgeIterator& other) const { return position_ == other.position_; }
  void increment() {
    ++position_;
    find_party();
  }
  void find_party() {
    if (position_ >= graph_->num_edges()) return;
    while (graph_->offsets()[party_ + 1] <= position_) ++party_;
  }

  const IdentityGraph* graph_ = nullptr;
  std::size_t position_ = 0;
  Vertex party_ = 0;
};

}  // namespace detail
}  // namespace aml::graph

namespace boost {

template <>
struct graph_traits<aml::graph::IdentityGraph> {
  using vertex_descriptor = aml::graph::Vertex;
  using edge_descriptor = aml::graph::IdentityEdge;
  using directed_category = undirected_tag;
  using edge_parallel_category = disallow_parallel_edge_tag;
  using traversal_category = aml::graph::detail::IdentityGraphTraversal;

  using vertices_size_type = std::uint32_t;
  using edges_size_type = std::size_t;
  using degree_size_type = std::size_t;

  using vertex_iterator =
      counting_iterator<aml::graph::Vertex, std::random_access_iterator_tag, std::ptrdiff_t>;
  using edge_iterator = aml::graph::detail::IdentityEdgeIterator;
  using adjacency_iterator = const aml::graph::Vertex*;
  using out_edge_iterator = transform_iterator<aml::graph::detail::EdgeFrom, adjacency_iterator>;
  using in_edge_iterator = transform_iterator<aml::graph::detail::EdgeTo, adjacency_iterator>;

  static vertex_descriptor null_vertex() { return aml::graph::kNoVertex; }
};

template <>
struct graph_traits<const aml::graph::IdentityGraph> : graph_traits<aml::graph::IdentityGraph> {};

template <>
struct property_map<aml::graph::IdentityGraph, vertex_index_t> {
  using type = typed_identity_property_map<aml::graph::Vertex>;
  using const_type = type;
};

}  // namespace boost

namespace aml::graph {

using IdentityGraphTraits = boost::graph_traits<IdentityGraph>;

// VertexListGraph
inline std::pair<IdentityGraphTraits::vertex_iterator, IdentityGraphTraits::vertex_iterator>
vertices(const IdentityGraph& graph) {
  using Iterator = IdentityGraphTraits::vertex_iterator;
  return {Iterator(0), Iterator(graph.num_vertices())};
}
inline Vertex num_vertices(const IdentityGraph& graph) {
  return graph.num_vertices();
}

// EdgeListGraph
inline std::pair<IdentityGraphTraits::edge_iterator, IdentityGraphTraits::edge_iterator> edges(
    const IdentityGraph& graph) {
  return {{graph, 0}, {graph, graph.num_edges()}};
}
inline std::size_t num_edges(const IdentityGraph& graph) {
  return graph.num_edges();
}
inline Vertex source(const IdentityEdge& edge, const IdentityGraph&) {
  return edge.source;
}
inline Vertex target(const IdentityEdge& edge, const IdentityGraph&) {
  return edge.target;
}

// AdjacencyGraph
inline std::pair<const Vertex*, const Vertex*> adjacent_vertices(Vertex v,
                                                                 const IdentityGraph& graph) {
  const std::span<const Vertex> neighbours = graph.neighbours(v);
  return {neighbours.data(), neighbours.data() + neighbours.size()};
}

// IncidenceGraph
inline std::pair<IdentityGraphTraits::out_edge_iterator, IdentityGraphTraits::out_edge_iterator>
out_edges(Vertex v, const IdentityGraph& graph) {
  using Iterator = IdentityGraphTraits::out_edge_iterator;
  const auto [begin, end] = adjacent_vertices(v, graph);
  return {Iterator(begin, {v}), Iterator(end, {v})};
}
inline std::size_t out_degree(Vertex v, const IdentityGraph& graph) {
  return graph.neighbours(v).size();
}

// BidirectionalGraph
inline std::pair<IdentityGraphTraits::in_edge_iterator, IdentityGraphTraits::in_edge_iterator>
in_edges(Vertex v, const IdentityGraph& graph) {
  using Iterator = IdentityGraphTraits::in_edge_iterator;
  const auto [begin, end] = adjacent_vertices(v, graph);
  return {Iterator(begin, {v}), Iterator(end, {v})};
}
inline std::size_t in_degree(Vertex v, const IdentityGraph& graph) {
  return out_degree(v, graph);
}
inline std::size_t degree(Vertex v, const IdentityGraph& graph) {
  return out_degree(v, graph);
}

// AdjacencyMatrix
/// Cost: O(log degree of u).
inline std::pair<IdentityEdge, bool> edge(Vertex u, Vertex v, const IdentityGraph& graph) {
  return {{u, v}, std::ranges::binary_search(graph.neighbours(u), v)};
}

inline boost::typed_identity_property_map<Vertex> get(boost::vertex_index_t, const IdentityGraph&) {
  return {};
}
inline Vertex get(boost::vertex_index_t, const IdentityGraph&, Vertex v) {
  return v;
}

}  // namespace aml::graph
