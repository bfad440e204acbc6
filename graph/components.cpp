// SPDX-License-Identifier: Apache-2.0
#include "graph/components.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>

#include "graph/incremental_components.hpp"
#include "graph/most_frequent.hpp"

namespace aml::graph {
namespace {

/// Vertices that one task takes at least.
constexpr Vertex kGrain = 2048;

/// Transfers of each vertex that are joined before the largest component is guessed. Two connect
/// most of a giant component; more cost more than they save (Sutton et al., figure 7).
constexpr Edge kFirstTransfers = 2;

template <typename Visit>
void for_each_vertex(Vertex begin, Vertex end, const Visit& visit) {
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<Vertex>(begin, end, kGrain),
                            [&](const oneapi::tbb::blocked_range<Vertex>& range) {
                              for (Vertex v = range.begin(); v != range.end(); ++v) visit(v);
                            });
}

/// The component that most of a sample of vertices is in. A wrong guess costs time only.
Vertex likely_largest(IncrementalComponents& sets) {
  constexpr std::size_t kSample = 1024;
  const std::size_t step = std::max<std::size_t>(1, sets.num_vertices() / kSample);
  std::vector<Vertex> sample;
  for (std::size_t v = 0; v < sets.num_vertices(); v += step)
    sample.push_back(sets.component_of(static_cast<Vertex>(v)));
  return most_frequent(sample);
}

}  // namespace

std::vector<Vertex> weak_components(const TransferGraph& graph) {
  const Vertex size = graph.num_vertices();
  IncrementalComponents sets(size);
  for (Edge first = 0; first < kFirstTransfers; ++first) {
    for_each_vertex(0, size, [&](Vertex v) {
      const EdgeRange edges = graph.out_edges(v);
      if (first < edges.size()) sets.join(v, graph.target(edges[first]));
    });
  }
  // A transfer between the largest component and another vertex is seen from its other end, so both
  // directions are looked at there.
  const Vertex largest = likely_largest(sets);
  for_each_vertex(0, size, [&](Vertex v) {
    if (sets.component_of(v) == largest) return;
    const EdgeRange edges = graph.out_edges(v);
    for (Edge e = std::min(*edges.begin() + kFirstTransfers, *edges.end()); e < *edges.end(); ++e)
      sets.join(v, graph.target(e));
    for (const Edge position : graph.in_edges(v)) sets.join(v, graph.in_source(position));
  });
  return sets.components();
}

std::vector<Vertex> components(const IdentityGraph& graph,
                               const std::function<bool(Vertex attribute)>& is_ignored) {
  IncrementalComponents sets(graph.num_vertices());
  for_each_vertex(graph.num_parties(), graph.num_vertices(), [&](Vertex attribute) {
    if (is_ignored && is_ignored(attribute)) return;
    for (const Vertex party : graph.neighbours(attribute)) sets.join(party, attribute);
  });
  return sets.components();
}

}  // namespace aml::graph
