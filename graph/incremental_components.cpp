// SPDX-License-Identifier: Apache-2.0
#include "graph/incremental_components.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace aml::graph {
namespace {

/// Vertices or edges that one task takes at least.
constexpr std::size_t kGrain = 8192;

void require_room(std::size_t num_vertices) {
  if (num_vertices >= kNoVertex)
    throw std::invalid_argument("there may be fewer than 2^32 - 1 vertices");
}

}  // namespace

IncrementalComponents::IncrementalComponents(std::size_t num_vertices) {
  require_room(num_vertices);
  parent_of_.resize(num_vertices);
  std::iota(parent_of_.begin(), parent_of_.end(), Vertex{0});
}

IncrementalComponents::IncrementalComponents(std::vector<Vertex> components)
    : parent_of_(std::move(components)) {
  require_room(parent_of_.size());
  for (std::size_t v = 0; v < parent_of_.size(); ++v) {
    if (parent_of_[v] > v || parent_of_[parent_of_[v]] != parent_of_[v]) {
      throw std::invalid_argument("vertex " + std::to_string(v) + ": component " +
                                  std::to_string(parent_of_[v]) +
                                  " is not named by its smallest vertex");
    }
  }
}

void IncrementalComponents::add_vertices(std::size_t count) {
  const std::size_t before = parent_of_.size();
  if (count >= kNoVertex) require_room(count);
  require_room(before + count);
  parent_of_.resize(before + count);
  std::iota(parent_of_.begin() + static_cast<std::ptrdiff_t>(before), parent_of_.end(),
            static_cast<Vertex>(before));
}

void IncrementalComponents::join(std::span<const VertexPair> edges) {
  const auto outside = std::ranges::find_if(edges, [this](const VertexPair& edge) {
    return std::max(edge.first, edge.second) >= parent_of_.size();
  });
  if (outside != edges.end()) {
    throw std::invalid_argument("edge " + std::to_string(outside - edges.begin()) +
                                " has an end that is not below " +
                                std::to_string(parent_of_.size()));
  }
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<std::size_t>(0, edges.size(), kGrain),
                            [&](const oneapi::tbb::blocked_range<std::size_t>& range) {
                              for (const auto& [a, b] : edges.subspan(range.begin(), range.size()))
                                join(a, b);
                            });
}

bool IncrementalComponents::connected(Vertex a, Vertex b) {
  while (true) {
    a = root_of(a);
    b = root_of(b);
    if (a == b) return true;
    // Two roots at different moments prove nothing; a that is still a root after b was found does.
    if (parent(a).load(std::memory_order_acquire) == a) return false;
  }
}

std::vector<Vertex> IncrementalComponents::components() {
  std::vector<Vertex> roots(parent_of_.size());
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<std::size_t>(0, roots.size(), kGrain),
                            [&](const oneapi::tbb::blocked_range<std::size_t>& range) {
                              for (std::size_t v = range.begin(); v != range.end(); ++v)
                                roots[v] = root_of(static_cast<Vertex>(v));
                            });
  return roots;
}

}  // namespace aml::graph
