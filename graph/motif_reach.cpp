// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_reach.hpp"

#include <algorithm>
#include <limits>

namespace aml::graph {
namespace {

/// Extends the path from the given nodes down to the one of the edge; false if it is not below.
bool find_path(const MotifTree& tree, const std::vector<std::size_t>& nodes, std::size_t edge,
               std::vector<std::size_t>& path) {
  for (const std::size_t node : nodes) {
    path.push_back(node);
    if (tree.nodes[node].edge == edge ||
        find_path(tree, tree.nodes[node].near_children, edge, path) ||
        find_path(tree, tree.nodes[node].far_children, edge, path)) {
      return true;
    }
    path.pop_back();
  }
  return false;
}

}  // namespace

void MotifReach::Marks::clear(std::size_t size) {
  if (round_of_.size() != size || round_ == std::numeric_limits<std::uint32_t>::max()) {
    round_of_.assign(size, 0);
    round_ = 0;
  }
  ++round_;
}

bool MotifReach::Marks::add(std::uint32_t x) {
  if (round_of_[x] == round_) return false;
  round_of_[x] = round_;
  return true;
}

MotifReach::MotifReach(const TransferGraph& graph, const MotifCandidates& candidates,
                       const MotifTree& tree, const std::vector<std::vector<char>>& alive,
                       std::size_t edge)
    : graph_(graph), candidates_(candidates), tree_(tree), alive_(alive) {
  find_path(tree, tree.root_children, edge, path_);
  positions_.resize(path_.size());
  vertices_.resize(path_.size());
}

const CandidateEdges& MotifReach::list(std::size_t node) const {
  return candidates_.edge(tree_.nodes[node].edge);
}

std::vector<Edge> MotifReach::transfers_from(std::span<const Vertex> roots) {
  walk(roots);
  const MotifTreeNode& last = tree_.nodes[path_.back()];
  std::vector<Edge> transfers;
  for (const Reached& at : reached_) {
    transfers.push_back(list(path_.back()).edge(last.near, at.position));
  }
  return transfers;
}

std::vector<Vertex> MotifReach::vertices_from(std::span<const Vertex> roots) {
  walk(roots);
  const MotifTreeNode& last = tree_.nodes[path_.back()];
  ends_.clear(graph_.num_vertices());
  std::vector<Vertex> ends;
  for (const Reached& at : reached_) {
    const Vertex end = list(path_.back()).other(last.near, at.position);
    if (ends_.add(end)) ends.push_back(end);
  }
  return ends;
}

void MotifReach::walk(std::span<const Vertex> roots) {
  for (std::size_t level = 0; level < path_.size(); ++level) {
    positions_[level].clear(list(path_[level]).size());
    vertices_[level].clear(graph_.num_vertices());
  }
  reached_.clear();
  const std::size_t first = path_.front();
  for (const Vertex root : roots) {
    add_alive(0, root, list(first).at(tree_.nodes[first].near, root), reached_);
  }
  for (std::size_t level = 1; level < path_.size(); ++level) step_to(level);
}

void MotifReach::step_to(std::size_t level) {
  const MotifTreeNode& parent = tree_.nodes[path_[level - 1]];
  const MotifTreeNode& node = tree_.nodes[path_[level]];
  const CandidateEdges& above = list(path_[level - 1]);
  const CandidateEdges& edges = list(path_[level]);
  const bool is_near =
      std::ranges::find(parent.near_children, path_[level]) != parent.near_children.end();
  std::vector<Reached> next;
  for (const Reached& at : reached_) {
    const Vertex meet = is_near ? at.near : above.other(parent.near, at.position);
    EdgeRange range = edges.at(node.near, meet);
    if (node.linked) {
      const BookedEdge other{above.edge(parent.near, at.position),
                             above.booked_at(parent.near, at.position)};
      range = node.link.within(graph_, edges, node.near, range, other);
    } else if (!vertices_[level].add(meet)) {
      continue;
    }
    add_alive(level, meet, range, next);
  }
  reached_ = std::move(next);
}

void MotifReach::add_alive(std::size_t level, Vertex near, EdgeRange range,
                           std::vector<Reached>& reached) {
  steps_ += range.size();
  for (const Edge position : range) {
    if (alive_[path_[level]][position] && positions_[level].add(position)) {
      reached.push_back({position, near});
    }
  }
}

}  // namespace aml::graph
