// SPDX-License-Identifier: Apache-2.0
// Makes TransferGraph a Boost graph: VertexListGraph, IncidenceGraph, BidirectionalGraph,
// EdgeListGraph, AdjacencyGraph and AdjacencyMatrix, so that any algorithm of Boost.Graph runs on
// it without a copy. Our own kernels use the arrays.
//
// Beware of the two-argument boost::connected_components: on a directed graph it compiles in
// Boost 1.74 and answers wrongly. Use weak_components().
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

#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// An edge as Boost algorithms see it. Its id says which one; the endpoints spare a search in the
/// offsets.
struct TransferEdge {
  Vertex source = kNoVertex;
  Vertex target = kNoVertex;
  Edge id = kNoEdge;

  friend bool operator==(const TransferEdge& a, const TransferEdge& b) { return a.id == b.id; }
  friend bool operator<(const TransferEdge& a, const TransferEdge& b) { return a.id < b.id; }
};

namespace detail {

struct TransferGraphTraversal : boost::bidirectional_graph_tag,
                                boost::adjacency_graph_tag,
                                boost::vertex_list_graph_tag,
                                boost::edge_list_graph_tag,
                                boost::adjacency_matrix_tag {};

/// Edge id -> descriptor, for the out-edges of one vertex.
struct OutEdgeOf {
  const TransferGraph* graph = nullptr;
  Vertex source = kNoVertex;
  TransferEdge operator()(Edge e) const { return {source, graph->target(e), e}; }
};

/// Reverse position -> descriptor, for the in-edges of one vertex.
struct InEdgeOf {
  const TransferGraph* graph = nullptr;
  Vertex target = kNoVertex;
  TransferEdge operator()(Edge position) const {
    return {graph->in_source(position), target, graph->in_edge(position)};
  }
};

struct TargetOf {
  const TransferGraph* graph = nullptr;
  Vertex operator()(Edge e) const { return graph->target(e); }
};

using EdgeCounter = boost::counting_iterator<Edge, std::random_access_iterator_tag, std::ptrdiff_t>;

/// All edges in order of id. It carries the source along, so that a step is amortised O(1).
class EdgeIterator : public boost::iterator_facade<EdgeIterator, TransferEdge,
                                                   boost::forward_traversal_tag, TransferEdge> {
 public:
  EdgeIterator() = default;
  EdgeIterator(const TransferGraph& graph, Edge edge) : graph_(&graph), edge_(edge) {
    if (edge_ < graph.num_edges()) source_ = graph.source(edge_);
  }

 private:
  friend class boost::iterator_core_access;

  TransferEdge dereference() const { return {source_, graph_->target(edge_), edge_}; }
  bool equal(const EdgeIterator& other) const { return edge_ == other.edge_; }
  void increment() {
    ++edge_;
    if (edge_ == graph_->num_edges()) return;
    while (graph_->out_offsets()[source_ + 1] <= edge_) ++source_;
  }

  const TransferGraph* graph_ = nullptr;
  Edge edge_ = 0;
  Vertex source_ = 0;
};

}  // namespace detail
}  // namespace aml::graph

namespace boost {

template <>
struct graph_traits<aml::graph::TransferGraph> {
  using vertex_descriptor = aml::graph::Vertex;
  using edge_descriptor = aml::graph::TransferEdge;
  using directed_category = bidirectional_tag;
  using edge_parallel_category = allow_parallel_edge_tag;
  using traversal_category = aml::graph::detail::TransferGraphTraversal;

  using vertices_size_type = std::uint32_t;
  using edges_size_type = std::uint32_t;
  using degree_size_type = std::uint32_t;

  using vertex_iterator =
      counting_iterator<aml::graph::Vertex, std::random_access_iterator_tag, std::ptrdiff_t>;
  using edge_iterator = aml::graph::detail::EdgeIterator;
  using out_edge_iterator =
      transform_iterator<aml::graph::detail::OutEdgeOf, aml::graph::detail::EdgeCounter>;
  using in_edge_iterator =
      transform_iterator<aml::graph::detail::InEdgeOf, aml::graph::detail::EdgeCounter>;
  using adjacency_iterator =
      transform_iterator<aml::graph::detail::TargetOf, aml::graph::detail::EdgeCounter>;

  static vertex_descriptor null_vertex() { return aml::graph::kNoVertex; }
};

template <>
struct graph_traits<const aml::graph::TransferGraph> : graph_traits<aml::graph::TransferGraph> {};

template <>
struct property_map<aml::graph::TransferGraph, vertex_index_t> {
  using type = typed_identity_property_map<aml::graph::Vertex>;
  using const_type = type;
};

}  // namespace boost

namespace aml::graph {

/// edge_index of Boost: the edge id.
struct EdgeIndexMap {
  using value_type = Edge;
  using reference = Edge;
  using key_type = TransferEdge;
  using category = boost::readable_property_map_tag;
  friend Edge get(EdgeIndexMap, const TransferEdge& edge) { return edge.id; }
  Edge operator[](const TransferEdge& edge) const { return edge.id; }
};

}  // namespace aml::graph

namespace boost {
template <>
struct property_map<aml::graph::TransferGraph, edge_index_t> {
  using type = aml::graph::EdgeIndexMap;
  using const_type = type;
};
}  // namespace boost

namespace aml::graph {

using TransferGraphTraits = boost::graph_traits<TransferGraph>;

// VertexListGraph
inline std::pair<TransferGraphTraits::vertex_iterator, TransferGraphTraits::vertex_iterator>
vertices(const TransferGraph& graph) {
  using Iterator = TransferGraphTraits::vertex_iterator;
  return {Iterator(0), Iterator(graph.num_vertices())};
}
inline Vertex num_vertices(const TransferGraph& graph) {
  return graph.num_vertices();
}

// EdgeListGraph
inline std::pair<TransferGraphTraits::edge_iterator, TransferGraphTraits::edge_iterator> edges(
    const TransferGraph& graph) {
  return {{graph, 0}, {graph, graph.num_edges()}};
}
inline Edge num_edges(const TransferGraph& graph) {
  return graph.num_edges();
}
inline Vertex source(const TransferEdge& edge, const TransferGraph&) {
  return edge.source;
}
inline Vertex target(const TransferEdge& edge, const TransferGraph&) {
  return edge.target;
}

// IncidenceGraph
inline std::pair<TransferGraphTraits::out_edge_iterator, TransferGraphTraits::out_edge_iterator>
out_edges(Vertex v, const TransferGraph& graph) {
  using Iterator = TransferGraphTraits::out_edge_iterator;
  const EdgeRange range = graph.out_edges(v);
  const detail::OutEdgeOf edge_of{&graph, v};
  return {Iterator(detail::EdgeCounter(*range.begin()), edge_of),
          Iterator(detail::EdgeCounter(*range.end()), edge_of)};
}
inline std::uint32_t out_degree(Vertex v, const TransferGraph& graph) {
  return static_cast<std::uint32_t>(graph.out_edges(v).size());
}

// BidirectionalGraph
inline std::pair<TransferGraphTraits::in_edge_iterator, TransferGraphTraits::in_edge_iterator>
in_edges(Vertex v, const TransferGraph& graph) {
  using Iterator = TransferGraphTraits::in_edge_iterator;
  const EdgeRange range = graph.in_edges(v);
  const detail::InEdgeOf edge_of{&graph, v};
  return {Iterator(detail::EdgeCounter(*range.begin()), edge_of),
          Iterator(detail::EdgeCounter(*range.end()), edge_of)};
}
inline std::uint32_t in_degree(Vertex v, const TransferGraph& graph) {
  return static_cast<std::uint32_t>(graph.in_edges(v).size());
}
inline std::uint32_t degree(Vertex v, const TransferGraph& graph) {
  return out_degree(v, graph) + in_degree(v, graph);
}

// AdjacencyGraph
inline std::pair<TransferGraphTraits::adjacency_iterator, TransferGraphTraits::adjacency_iterator>
adjacent_vertices(Vertex v, const TransferGraph& graph) {
  using Iterator = TransferGraphTraits::adjacency_iterator;
  const EdgeRange range = graph.out_edges(v);
  const detail::TargetOf target_of{&graph};
  return {Iterator(detail::EdgeCounter(*range.begin()), target_of),
          Iterator(detail::EdgeCounter(*range.end()), target_of)};
}

// AdjacencyMatrix
/// The first transfer from u to v in (booked_at, transfer key) order, if there is one.
/// Cost: the smaller of u's out-degree and v's in-degree.
inline std::pair<TransferEdge, bool> edge(Vertex u, Vertex v, const TransferGraph& graph) {
  if (out_degree(u, graph) <= in_degree(v, graph)) {
    for (const Edge e : graph.out_edges(u)) {
      if (graph.target(e) == v) return {{u, v, e}, true};
    }
  } else {
    for (const Edge position : graph.in_edges(v)) {
      if (graph.in_source(position) == u) return {{u, v, graph.in_edge(position)}, true};
    }
  }
  return {{}, false};
}

inline boost::typed_identity_property_map<Vertex> get(boost::vertex_index_t, const TransferGraph&) {
  return {};
}
inline EdgeIndexMap get(boost::edge_index_t, const TransferGraph&) {
  return {};
}
inline Vertex get(boost::vertex_index_t, const TransferGraph&, Vertex v) {
  return v;
}
inline Edge get(boost::edge_index_t, const TransferGraph&, const TransferEdge& edge) {
  return edge.id;
}

}  // namespace aml::graph
