// SPDX-License-Identifier: Apache-2.0
#include "graph/temporal_paths.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "graph/hubs.hpp"
#include "graph/require.hpp"
#include "graph/root_search.hpp"

namespace aml::graph {
namespace {

void validate(const TemporalPathParams& params) {
  require(params.min_length >= 2,
          "min_length is " + std::to_string(params.min_length) + ", must be at least 2");
  require(params.hop_within > 0,
          "hop_within is " + std::to_string(params.hop_within) + ", must be above 0");
  require(params.time_order != TimeOrder::kNone, "time_order is none, must be strict or loose");
}

using Path = std::vector<Edge>;
using Log = detail::SearchLog<std::vector<Path>>;

class PathSearch {
 public:
  PathSearch(const TransferGraph& graph, const TemporalPathParams& params,
             const std::vector<char>& is_hub)
      : graph_(graph), params_(params), is_hub_(is_hub), on_path_(graph.num_vertices(), 0) {}

  void operator()(std::uint64_t root, Log& log) {
    const auto first = static_cast<Edge>(root);
    log.count_step();
    const Vertex source = graph_.source(first);
    if (!is_hop(first, source)) return;
    if (!collect_payers_before(first, source, log)) return;
    push(first);
    on_path_[source] = 1;
    search(log);
    on_path_[source] = 0;
  }

 private:
  /// A hop of the path at hand, with the part of its target's transfers that has not been tried
  /// yet.
  struct Hop {
    Edge edge;
    Edge next;
    Edge end;
    bool extended = false;
  };

  bool is_hop(Edge e, Vertex from) const {
    return graph_.target(e) != from && !is_hub_[from] && !is_hub_[graph_.target(e)] &&
           graph_.amount_minor(e) >= params_.leg_at_least_minor;
  }
  bool passes_on(Edge before, Edge after) const {
    return graph_.may_follow(before, after, params_.time_order) &&
           params_.pass_on.holds(graph_.amount_minor(before), graph_.amount_minor(after));
  }

  /// Who could come before the root. A path from the root is maximal only if it leads over all of
  /// them: false if one of them is paid no more.
  bool collect_payers_before(Edge first, Vertex source, Log& log) {
    payers_before_.clear();
    const Micros at = graph_.booked_at(first);
    for (const Edge position :
         graph_.in_edges(source, start_of_window(at, params_.hop_within), end_of_window(at, 0))) {
      log.count_step();
      const Edge before = graph_.in_edge(position);
      const Vertex payer = graph_.in_source(position);
      if (!is_hop(before, payer) || !passes_on(before, first)) continue;
      const EdgeRange paid = graph_.in_edges(payer);
      if (paid.empty() || graph_.in_booked_at(paid.back()) < at) return false;
      payers_before_.push_back(payer);
    }
    return true;
  }

  void push(Edge e) {
    const Micros at = graph_.booked_at(e);
    const Vertex target = graph_.target(e);
    const EdgeRange next = graph_.out_edges(target, at, end_of_window(at, params_.hop_within));
    path_.push_back({e, *next.begin(), *next.end()});
    on_path_[target] = 1;
  }

  void pop() {
    on_path_[graph_.target(path_.back().edge)] = 0;
    path_.pop_back();
  }

  void search(Log& log) {
    while (!path_.empty()) {
      Hop& last = path_.back();
      if (last.next == last.end || log.stopped()) {
        if (!last.extended && !log.stopped()) emit_if_maximal(log);
        pop();
        continue;
      }
      log.count_step();
      const Edge e = last.next++;
      const Vertex from = graph_.target(last.edge);
      if (on_path_[graph_.target(e)] || !is_hop(e, from) || !passes_on(last.edge, e)) continue;
      last.extended = true;
      push(e);
    }
  }

  void emit_if_maximal(Log& log) {
    if (path_.size() < params_.min_length) return;
    if (!std::ranges::all_of(payers_before_, [&](Vertex v) { return on_path_[v] != 0; })) return;
    Path edges;
    for (const Hop& hop : path_) edges.push_back(hop.edge);
    const std::uint64_t size = edges.size();
    log.emit(std::move(edges), size);
  }

  const TransferGraph& graph_;
  const TemporalPathParams& params_;
  const std::vector<char>& is_hub_;
  std::vector<char> on_path_;  ///< for each vertex
  std::vector<Vertex> payers_before_;
  std::vector<Hop> path_;
};

}  // namespace

TemporalPaths find_maximal_temporal_paths(const TransferGraph& graph,
                                          const TemporalPathParams& params) {
  validate(params);
  const std::vector<char> is_hub = hub_vertices(graph, params.max_counterparties);
  TemporalPaths result;
  result.hubs = list_hubs(is_hub);
  auto found = detail::search_roots<std::vector<Path>>(
      graph.num_edges(), {params.max_steps, params.max_transfers, params.stop},
      [&] { return PathSearch(graph, params, is_hub); });
  result.paths = std::move(found.instances);
  result.steps = found.steps;
  result.truncated = found.truncated;
  return result;
}

}  // namespace aml::graph
