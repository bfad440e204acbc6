// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "graph/transfer.hpp"

namespace aml::graph {

/// The most frequent of the vertices, the smallest of several; kNoVertex if there are none. Sorts
/// them.
inline Vertex most_frequent(std::vector<Vertex>& vertices) {
  std::ranges::sort(vertices);
  Vertex winner = kNoVertex;
  std::ptrdiff_t most = 0;
  for (auto begin = vertices.begin(); begin != vertices.end();) {
    const auto end = std::upper_bound(begin, vertices.end(), *begin);
    if (end - begin > most) {
      most = end - begin;
      winner = *begin;
    }
    begin = end;
  }
  return winner;
}

}  // namespace aml::graph
