// SPDX-License-Identifier: Apache-2.0
// Connected components that grow with their edges: join, ask, join again, without a rebuild.
//
// A forest in one array: parent_of_[v] <= v always, so a tree's root is its smallest vertex. Joining
// hooks the larger of two roots below the smaller one with a compare-and-swap; finding a root halves
// the path to it. Parents only ever become smaller ancestors, so threads may do both at once, and
// the forest's roots do not depend on who came first.
//
// Thread safety: join, component_of, connected and components may run at the same time from any
// number of threads. An answer is right for all joins that ended before it was asked, and may know
// of others that run beside it. Construction, add_vertices and moves need the object for themselves.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "graph/transfer.hpp"

namespace aml::graph {

/// An undirected edge between two vertices.
using VertexPair = std::pair<Vertex, Vertex>;

class IncrementalComponents {
 public:
  /// Vertices 0 .. num_vertices - 1, each a component of its own.
  explicit IncrementalComponents(std::size_t num_vertices);
  /// Goes on from components found before, for example by weak_components().
  /// Throws: std::invalid_argument unless each vertex is given the smallest of its component.
  explicit IncrementalComponents(std::vector<Vertex> components);

  std::size_t num_vertices() const { return parent_of_.size(); }
  /// Adds vertices, each a component of its own, with the next numbers.
  void add_vertices(std::size_t count);

  /// Makes the components of a and b one. Requires: both are vertices.
  /// Cost: amortised O(log n), in practice a few steps.
  void join(Vertex a, Vertex b) {
    while (true) {
      a = root_of(a);
      b = root_of(b);
      if (a == b) return;
      if (a < b) std::swap(a, b);
      // Fails if another thread hooked a below something else; then there is a new root to look for.
      Vertex root = a;
      if (parent(a).compare_exchange_strong(root, b, std::memory_order_acq_rel)) return;
    }
  }
  /// The same for many edges, in parallel.
  /// Throws: std::invalid_argument, before it joins any, if an edge has an end that is no vertex.
  void join(std::span<const VertexPair> edges);

  /// The smallest vertex of v's component. Requires: v is a vertex.
  Vertex component_of(Vertex v) { return root_of(v); }
  /// True if a and b are in one component: exact also while other threads join.
  bool connected(Vertex a, Vertex b);
  /// For each vertex the smallest of its component.
  /// Cost: O(n), parallel.
  std::vector<Vertex> components();

 private:
  std::atomic_ref<Vertex> parent(Vertex v) { return std::atomic_ref(parent_of_[v]); }

  // Acquire and release, so that who reads a halved path also sees every hook it leads over:
  // connected() relies on it.
  Vertex root_of(Vertex v) {
    Vertex up = parent(v).load(std::memory_order_acquire);
    while (up != v) {
      const Vertex above = parent(up).load(std::memory_order_acquire);
      // Not a swap: v is no root and will never be one again, and each of its ancestors will do.
      if (above != up) parent(v).store(above, std::memory_order_release);
      v = up;
      up = above;
    }
    return v;
  }

  std::vector<Vertex> parent_of_;
};

}  // namespace aml::graph
