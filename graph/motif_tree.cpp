// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_tree.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

namespace aml::graph {
namespace {

class DisjointSets {
 public:
  explicit DisjointSets(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t x) const {
    while (parent_[x] != x) x = parent_[x];
    return x;
  }
  /// False if the two were together already.
  bool unite(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
    return a != b;
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

EdgeRange TimeLink::within(const TransferGraph& graph, const CandidateEdges& list, End end,
                           EdgeRange range, const BookedEdge& other) const {
  const TimesBeside allowed = beside(other);
  const auto edge_at = [&](Edge position) {
    return [&list, end, position] { return list.edge(end, position); };
  };
  const auto first = std::ranges::partition_point(range, [&](Edge position) {
    return allowed.too_early(graph, list.booked_at(end, position), edge_at(position));
  });
  const auto last =
      std::ranges::partition_point(std::ranges::subrange(first, range.end()), [&](Edge position) {
        return !allowed.too_late(graph, list.booked_at(end, position), edge_at(position));
      });
  return {*first, *last};
}

bool is_bound_vertex(const MotifPattern& pattern, std::size_t vertex) {
  const int v = static_cast<int>(vertex);
  return !pattern.vertices[vertex].empty() ||
         std::ranges::any_of(pattern.edges, [&](const MotifEdge& edge) {
           return !edge.negated && (edge.source == v || edge.target == v);
         });
}

std::vector<std::pair<std::size_t, std::size_t>> pairs_to_tell_apart(
    const MotifPattern& pattern, const MotifConstraints& constraints, const MotifTimes& times) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  if (constraints.distinct_edges) {
    for (std::size_t b = 0; b < pattern.edges.size(); ++b) {
      for (std::size_t a = 0; a < b; ++a) {
        if (!pattern.edges[a].negated && !pattern.edges[b].negated) pairs.emplace_back(a, b);
      }
    }
  } else {
    for (const MotifConstraints::Follows& follows : constraints.follows) {
      const auto& [a, b] = std::minmax(follows.earlier, follows.later);
      pairs.emplace_back(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
    }
  }
  std::erase_if(pairs, [&](const auto& pair) {
    return times.before(pair.first, pair.second) || times.before(pair.second, pair.first);
  });
  return pairs;
}

MotifShape::MotifShape(const MotifPattern& pattern, const MotifConstraints& constraints,
                       const MotifTimes& times, const MotifCandidates& candidates)
    : pattern_(pattern),
      constraints_(constraints),
      times_(times),
      component_of_(pattern.vertices.size(), 0),
      is_tree_edge_(pattern.edges.size(), 0) {
  find_components();
  link_edges_at_vertices();
  is_exact_ = holds_all(constraints, candidates);
}

std::size_t MotifShape::end_of(std::size_t edge, End end) const {
  return static_cast<std::size_t>(end == End::kSource ? pattern_.edges[edge].source
                                                      : pattern_.edges[edge].target);
}

void MotifShape::find_components() {
  DisjointSets sets(pattern_.vertices.size());
  std::vector<std::size_t> closing;
  for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
    if (pattern_.edges[e].negated) continue;
    const std::size_t source = end_of(e, End::kSource);
    const std::size_t target = end_of(e, End::kTarget);
    if (source == target || sets.unite(source, target)) {
      is_tree_edge_[e] = 1;
    } else {
      closing.push_back(e);
    }
  }
  std::vector<std::size_t> number(pattern_.vertices.size(), pattern_.vertices.size());
  for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
    if (!is_bound_vertex(pattern_, v)) continue;
    std::size_t& component = number[sets.find(v)];
    if (component == pattern_.vertices.size()) {
      component = components_.size();
      components_.emplace_back();
    }
    component_of_[v] = component;
    components_[component].vertices.push_back(v);
  }
  for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
    if (is_tree_edge_[e]) components_[component_of_[end_of(e, End::kSource)]].edges.push_back(e);
  }
  for (const std::size_t e : closing) {
    components_[component_of_[end_of(e, End::kSource)]].closing_edges.push_back(e);
  }
}

std::vector<std::size_t> MotifShape::edges_at(std::size_t vertex) const {
  std::vector<std::size_t> edges;
  for (const std::size_t e : components_[component_of_[vertex]].edges) {
    if (end_of(e, End::kSource) == vertex || end_of(e, End::kTarget) == vertex) edges.push_back(e);
  }
  return edges;
}

/// Ties edges that meet at a vertex and are related in time, as long as the ties make no circle:
/// then the choices for one edge never depend on those for two others. What `follows` says outright
/// comes before what is only implied.
void MotifShape::link_edges_at_vertices() {
  const auto is_stated = [&](std::size_t a, std::size_t b) {
    return std::ranges::any_of(constraints_.follows, [&](const MotifConstraints::Follows& follows) {
      const auto earlier = static_cast<std::size_t>(follows.earlier);
      const auto later = static_cast<std::size_t>(follows.later);
      return (earlier == a && later == b) || (earlier == b && later == a);
    });
  };
  for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
    if (components_.empty() || !is_bound_vertex(pattern_, v)) continue;
    const std::vector<std::size_t> edges = edges_at(v);
    DisjointSets tied(pattern_.edges.size());
    for (const bool stated : {true, false}) {
      for (const std::size_t a : edges) {
        for (const std::size_t b : edges) {
          if (a < b && times_.related(a, b) && is_stated(a, b) == stated && tied.unite(a, b)) {
            links_.emplace_back(a, b);
          }
        }
      }
    }
  }
}

bool MotifShape::are_linked(std::size_t a, std::size_t b) const {
  return std::ranges::find(links_, std::pair(std::min(a, b), std::max(a, b))) != links_.end();
}

bool MotifShape::holds_all(const MotifConstraints& constraints,
                           const MotifCandidates& candidates) const {
  for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
    if (pattern_.edges[e].negated && !candidates.settles(e)) return false;
  }
  std::size_t bound_vertices = 0;
  for (const Component& component : components_) {
    if (!component.closing_edges.empty()) return false;
    bound_vertices += component.vertices.size();
  }
  return !(constraints.distinct_vertices && bound_vertices > 1) && constraints.ratios.empty() &&
         constraints.symmetries.empty() && !constraints.where && !dropped_elements(pattern_).any &&
         pairs_to_tell_apart(pattern_, constraints, times_).empty() &&
         times_.restricted_to(links_) == times_;
}

MotifTree MotifShape::tree(std::size_t root) const {
  MotifTree tree{root, {}, {}};
  std::vector<char> placed(pattern_.edges.size(), 0);
  tree.root_children = hang_unlinked(tree, root, placed);
  return tree;
}

/// Hangs the edges at the vertex that are not in the tree yet: one of each group of linked edges,
/// the others follow at it.
std::vector<std::size_t> MotifShape::hang_unlinked(MotifTree& tree, std::size_t vertex,
                                                   std::vector<char>& placed) const {
  std::vector<std::size_t> children;
  for (const std::size_t e : edges_at(vertex)) {
    if (!placed[e]) children.push_back(add_node(tree, e, vertex, nullptr, placed));
  }
  return children;
}

/// Adds the edge, hanging at the vertex and linked to `parent` if there is one, with all below it.
/// Children are added before their parents, so that nodes in order are messages in order.
std::size_t MotifShape::add_node(MotifTree& tree, std::size_t edge, std::size_t vertex,
                                 const std::size_t* parent, std::vector<char>& placed) const {
  placed[edge] = 1;
  MotifTreeNode node;
  node.edge = edge;
  node.near = end_of(edge, End::kSource) == vertex ? End::kSource : End::kTarget;
  if (parent != nullptr) {
    node.linked = true;
    node.link = {times_.max_gap(edge, *parent), times_.max_gap(*parent, edge),
                 times_.before(*parent, edge), times_.before(edge, *parent)};
  }
  for (const std::size_t e : edges_at(vertex)) {
    if (!placed[e] && are_linked(edge, e)) {
      node.near_children.push_back(add_node(tree, e, vertex, &edge, placed));
    }
  }
  const std::size_t far = end_of(edge, opposite(node.near));
  if (far != vertex) {
    for (const std::size_t e : edges_at(far)) {
      if (!placed[e] && are_linked(edge, e)) {
        node.far_children.push_back(add_node(tree, e, far, &edge, placed));
      }
    }
    const auto unlinked = hang_unlinked(tree, far, placed);
    node.far_children.insert(node.far_children.end(), unlinked.begin(), unlinked.end());
  }
  tree.nodes.push_back(std::move(node));
  return tree.nodes.size() - 1;
}

}  // namespace aml::graph
