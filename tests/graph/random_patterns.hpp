// SPDX-License-Identifier: Apache-2.0
// Random motifs with random constraints: small enough for the plain matcher, odd enough to reach
// every branch of the planner.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_pattern.hpp"

namespace aml::graph::testing {

/// Up to `most_edges` edges, some negated or anonymous, among up to four named vertices and some
/// anonymous ones; self-loops, parallel edges, cycles, several components, lone vertices.
inline rc::Gen<MotifPattern> motifs(int most_edges) {
  // Small sizes draw mostly zeros: nothing but self-loops of one kind.
  return rc::gen::resize(rc::kNominalSize, rc::gen::exec([most_edges] {
                           MotifPattern pattern;
                           const int named = *rc::gen::inRange(1, 5);
                           const auto vertex = [&](int number) {
                             const std::string name(1, static_cast<char>('a' + number));
                             const auto at = std::ranges::find(pattern.vertices, name);
                             if (at != pattern.vertices.end())
                               return static_cast<int>(at - pattern.vertices.begin());
                             pattern.vertices.push_back(name);
                             return static_cast<int>(pattern.vertices.size()) - 1;
                           };
                           const auto anonymous = [&] {
                             pattern.vertices.emplace_back();
                             return static_cast<int>(pattern.vertices.size()) - 1;
                           };
                           const auto edges = *rc::gen::container<std::vector<std::vector<int>>>(
                               static_cast<std::size_t>(*rc::gen::inRange(1, most_edges + 1)),
                               rc::gen::container<std::vector<int>>(5, rc::gen::inRange(0, 1000)));
                           for (const std::vector<int>& draw : edges) {
                             MotifEdge edge;
                             edge.source = draw[0] % 7 == 0 ? anonymous() : vertex(draw[0] % named);
                             edge.target = draw[1] % 7 == 0 && draw[0] % 7 != 0
                                               ? anonymous()
                                               : vertex(draw[1] % named);
                             edge.negated = draw[2] % 5 == 0;
                             if (!edge.negated && draw[3] % 3 != 0) {
                               edge.name = "e" + std::to_string(pattern.edges.size());
                             }
                             pattern.edges.push_back(edge);
                           }
                           if (edges[0][4] % 8 == 0) vertex(named);
                           return pattern;
                         }));
}

/// A tree of up to `most_edges` named edges, each in either direction.
inline rc::Gen<MotifPattern> tree_motifs(int most_edges) {
  return rc::gen::exec([most_edges] {
    MotifPattern pattern{{"v0"}, {}};
    const int edges = *rc::gen::inRange(1, most_edges + 1);
    for (int e = 0; e < edges; ++e) {
      const int at = *rc::gen::inRange(0, e + 1);
      const bool inwards = *rc::gen::arbitrary<bool>();
      pattern.vertices.push_back("v" + std::to_string(e + 1));
      pattern.edges.push_back(
          {"e" + std::to_string(e), inwards ? e + 1 : at, inwards ? at : e + 1, false});
    }
    return pattern;
  });
}

/// Puts edges that meet in order, with or without a limit to the gap, such that each edge is tied
/// to at most one that was written before it.
inline void order_edges_that_meet(const MotifPattern& pattern, MotifConstraints& constraints) {
  const auto meet = [&](const MotifEdge& a, const MotifEdge& b) {
    return a.source == b.source || a.source == b.target || a.target == b.source ||
           a.target == b.target;
  };
  for (std::size_t later = 1; later < pattern.edges.size(); ++later) {
    std::vector<int> earlier;
    for (std::size_t e = 0; e < later; ++e) {
      if (meet(pattern.edges[e], pattern.edges[later])) earlier.push_back(static_cast<int>(e));
    }
    if (*rc::gen::inRange(0, 4) == 0) continue;
    MotifConstraints::Follows follows{*rc::gen::elementOf(earlier), static_cast<int>(later)};
    if (*rc::gen::arbitrary<bool>()) std::swap(follows.earlier, follows.later);
    if (*rc::gen::inRange(0, 3) == 0) follows.within = *rc::gen::inRange<Micros>(0, 6);
    constraints.follows.push_back(follows);
  }
}

inline std::vector<int> positive_edges(const MotifPattern& pattern) {
  std::vector<int> positive;
  for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
    if (!pattern.edges[e].negated) positive.push_back(static_cast<int>(e));
  }
  return positive;
}

/// Every symmetry that the matcher takes, but for the identity.
inline std::vector<Symmetry> symmetries_of(const TransferGraph& graph,
                                           const MotifPattern& pattern) {
  std::vector<Symmetry> found;
  Symmetry symmetry;
  symmetry.vertices.resize(pattern.vertices.size());
  symmetry.edges.resize(pattern.edges.size());
  std::iota(symmetry.vertices.begin(), symmetry.vertices.end(), 0);
  do {
    std::iota(symmetry.edges.begin(), symmetry.edges.end(), 0);
    do {
      MotifConstraints constraints;
      constraints.symmetries = {symmetry};
      try {
        validate(graph, pattern, constraints);
        found.push_back(symmetry);
      } catch (const std::invalid_argument&) {
        continue;
      }
    } while (std::ranges::next_permutation(symmetry.edges).found);
  } while (std::ranges::next_permutation(symmetry.vertices).found);
  found.erase(found.begin());
  return found;
}

/// Conditions that hold for a single element: amounts and masks.
inline void restrict_elements(const TransferGraph& graph, const MotifPattern& pattern,
                              MotifConstraints& constraints) {
  if (*rc::gen::arbitrary<bool>()) {
    constraints.amounts.resize(pattern.edges.size());
    for (const int e : positive_edges(pattern)) {
      constraints.amounts[static_cast<std::size_t>(e)] = {*rc::gen::inRange<MinorUnits>(0, 3),
                                                          *rc::gen::inRange<MinorUnits>(4, 7)};
    }
  }
  const auto mask = [](std::size_t size) {
    return *rc::gen::container<std::vector<char>>(size, rc::gen::element<char>(0, 1, 1, 1));
  };
  if (*rc::gen::inRange(0, 3) == 0) {
    constraints.allowed_edges.resize(pattern.edges.size());
    for (const int e : positive_edges(pattern)) {
      if (*rc::gen::arbitrary<bool>()) continue;
      constraints.allowed_edges[static_cast<std::size_t>(e)] = mask(graph.num_edges());
    }
  }
  if (*rc::gen::inRange(0, 3) == 0) {
    constraints.allowed_vertices.resize(pattern.vertices.size());
    for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
      if (pattern.vertices[v].empty() || *rc::gen::arbitrary<bool>()) continue;
      constraints.allowed_vertices[v] = mask(graph.num_vertices());
    }
  }
}

/// Order in time, gaps, a window over the whole match.
inline void restrict_times(const MotifPattern& pattern, MotifConstraints& constraints) {
  const std::vector<int> positive = positive_edges(pattern);
  constraints.time_order =
      *rc::gen::element(TimeOrder::kStrict, TimeOrder::kLoose, TimeOrder::kLoose, TimeOrder::kNone);
  if (*rc::gen::inRange(0, 3) == 0) constraints.window = *rc::gen::inRange<Micros>(0, 8);
  for (std::size_t i = 0; i + 1 < positive.size(); ++i) {
    if (*rc::gen::arbitrary<bool>()) continue;
    MotifConstraints::Follows follows{positive[i], positive[i + 1]};
    if (*rc::gen::inRange(0, 4) == 0) {
      follows = {*rc::gen::elementOf(positive), *rc::gen::elementOf(positive)};
    }
    if (*rc::gen::inRange(0, 3) == 0) follows.within = *rc::gen::inRange<Micros>(0, 6);
    constraints.follows.push_back(follows);
  }
}

/// Conditions that tie any elements to each other.
inline void restrict_pairs(const TransferGraph& graph, const MotifPattern& pattern,
                           MotifConstraints& constraints) {
  const std::vector<int> positive = positive_edges(pattern);
  constraints.distinct_vertices = *rc::gen::arbitrary<bool>();
  constraints.distinct_edges = *rc::gen::arbitrary<bool>();
  if (positive.size() > 1 && *rc::gen::inRange(0, 3) == 0) {
    constraints.ratios.push_back({*rc::gen::elementOf(positive), *rc::gen::elementOf(positive),
                                  *rc::gen::inRange<std::int64_t>(0, 1500),
                                  *rc::gen::inRange<std::int64_t>(500, 3000)});
  }
  if (*rc::gen::inRange(0, 3) == 0) {
    for (const Symmetry& symmetry : symmetries_of(graph, pattern)) {
      if (*rc::gen::inRange(0, 3) > 0) constraints.symmetries.push_back(symmetry);
    }
  }
  if (*rc::gen::inRange(0, 4) == 0) {
    constraints.where = [](const MotifMatch& match) {
      std::uint64_t sum = 0;
      for (const Vertex v : match.vertices) sum += v == kNoVertex ? 0 : v;
      for (const Edge e : match.edges) sum += e == kNoEdge ? 0 : e;
      return sum % 3 != 0;
    };
  }
}

}  // namespace aml::graph::testing
