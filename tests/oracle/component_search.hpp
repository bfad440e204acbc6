// SPDX-License-Identifier: Apache-2.0
// Connected components by breadth-first search.
#pragma once

#include <cstdint>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace aml::oracle {

/// For each vertex the first one, in ascending order, from which a search reaches it.
inline std::vector<std::uint32_t> components_by_search(
    std::size_t vertices, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& edges) {
  std::vector<std::vector<std::uint32_t>> neighbours(vertices);
  for (const auto& [a, b] : edges) {
    neighbours[a].push_back(b);
    neighbours[b].push_back(a);
  }
  constexpr auto kUnseen = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> component(vertices, kUnseen);
  for (std::uint32_t start = 0; start < vertices; ++start) {
    if (component[start] != kUnseen) continue;
    std::queue<std::uint32_t> queue({start});
    component[start] = start;
    while (!queue.empty()) {
      for (const std::uint32_t next : neighbours[queue.front()]) {
        if (component[next] != kUnseen) continue;
        component[next] = start;
        queue.push(next);
      }
      queue.pop();
    }
  }
  return component;
}

}  // namespace aml::oracle
