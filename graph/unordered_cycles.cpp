// SPDX-License-Identifier: Apache-2.0
#include "graph/unordered_cycles.hpp"

#include <algorithm>

#include "graph/legs.hpp"

namespace aml::graph::detail {

UnorderedCycleSearch::UnorderedCycleSearch(const TransferGraph& graph,
                                           const TemporalCycleParams& params,
                                           const CycleExclusions& exclusions)
    : graph_(graph),
      exclusions_(exclusions),
      window_(params.window),
      min_length_(params.min_length),
      max_length_(params.max_length),
      source_of_(graph),
      hops_to_a_(graph.num_vertices(), kFar) {}

void UnorderedCycleSearch::operator()(std::uint64_t root, CycleLog& log) {
  log_ = &log;
  search_root(static_cast<Edge>(root));
}

void UnorderedCycleSearch::search_root(Edge root) {
  root_ = root;
  a_ = source_of_(root);
  const Vertex b = graph_.target(root);
  log_->count_step();
  if (exclusions_.exclude(root, a_, b)) return;
  from_ = graph_.booked_at(root);
  to_ = end_of_window(from_, window_);

  measure_hops(b);
  if (hops_to_a_[b] < max_length_) {
    path_edges_.assign(1, root);
    path_vertices_.assign(1, b);
    extend(b, max_length_ - 1);
  }
  for (const Vertex v : reached_) hops_to_a_[v] = kFar;
}

/// Breadth first, and no farther than a cycle can be long.
void UnorderedCycleSearch::measure_hops(Vertex b) {
  reached_.assign(1, a_);
  hops_to_a_[a_] = 0;
  for (std::size_t next = 0; next < reached_.size() && !log_->stopped(); ++next) {
    const Vertex v = reached_[next];
    const int hops = hops_to_a_[v] + 1;
    if (v == b || hops >= max_length_) continue;
    for (const Edge position : graph_.in_edges(v, from_, to_)) {
      log_->count_step();
      const Vertex payer = graph_.in_source(position);
      if (hops_to_a_[payer] != kFar || exclusions_.is_hub[payer] ||
          !is_usable(graph_.in_edge(position))) {
        continue;
      }
      hops_to_a_[payer] = hops;
      reached_.push_back(payer);
    }
  }
}

void UnorderedCycleSearch::extend(Vertex from, int hops_left) {
  for (const Edge e : graph_.out_edges(from, from_, to_)) {
    if (log_->stopped()) return;
    log_->count_step();
    const Vertex next = graph_.target(e);
    if (hops_to_a_[next] >= hops_left || !is_usable(e)) continue;
    path_edges_.push_back(e);
    if (next == a_) {
      if (static_cast<int>(path_edges_.size()) >= min_length_) log_->emit(path_edges_, 1);
    } else if (!on_path(next)) {
      path_vertices_.push_back(next);
      extend(next, hops_left - 1);
      path_vertices_.pop_back();
    }
    path_edges_.pop_back();
  }
}

/// Later than the root, which is the earliest transfer of its cycles. Requires: in the window.
bool UnorderedCycleSearch::is_usable(Edge e) const {
  return graph_.before(root_, e);
}

bool UnorderedCycleSearch::on_path(Vertex v) const {
  return std::ranges::find(path_vertices_, v) != path_vertices_.end();
}

}  // namespace aml::graph::detail
