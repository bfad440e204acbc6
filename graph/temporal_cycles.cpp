// SPDX-License-Identifier: Apache-2.0
#include "graph/temporal_cycles.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "graph/cycle_search.hpp"
#include "graph/hubs.hpp"
#include "graph/legs.hpp"
#include "graph/require.hpp"
#include "graph/triangle_filter.hpp"
#include "graph/unordered_cycles.hpp"

namespace aml::graph {
namespace {

constexpr int kMaxLength =
    64;  ///< far beyond what can be searched; bounds the depth of the recursion

void validate(const TemporalCycleParams& params) {
  require(params.min_length >= 2,
          "min_length is " + std::to_string(params.min_length) + ", must be at least 2");
  require(params.max_length >= params.min_length && params.max_length <= kMaxLength,
          "max_length is " + std::to_string(params.max_length) + ", must be in min_length (" +
              std::to_string(params.min_length) + ") .. " + std::to_string(kMaxLength));
  require(params.window > 0, "window is " + std::to_string(params.window) + ", must be above 0");
}

/// The search from one root transfer A -> B at a time. First backwards from A, one hop a round: the
/// latest departure of every vertex from which A can still be reached in at most that many hops.
/// Departures of one vertex are consecutive edge ids in time order, so a label is an edge id, and a
/// better label only opens in-edges that no earlier round has looked at: all rounds together look
/// at each in-edge once. Then forwards from B, never beyond a label.
class TimeOrderedSearch {
 public:
  TimeOrderedSearch(const TransferGraph& graph, const TemporalCycleParams& params,
                    const detail::CycleExclusions& exclusions)
      : graph_(graph),
        exclusions_(exclusions),
        order_(params.time_order),
        window_(params.window),
        min_length_(params.min_length),
        max_length_(params.max_length),
        source_of_(graph),
        slot_of_(graph.num_vertices(), kNoSlot) {}

  /// Tells the log the cycles whose earliest transfer is the root.
  void operator()(std::uint64_t root, detail::CycleLog& log) {
    log_ = &log;
    search_root(static_cast<Edge>(root));
  }

 private:
  static constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();

  /// What the backward search knows of a vertex it has reached.
  struct Reached {
    Vertex vertex = kNoVertex;
    Edge best_end = 0;          ///< one past the latest departure found in any round
    Edge scanned_to = kNoEdge;  ///< reverse position up to which its in-edges have been looked at
  };

  void search_root(Edge root) {
    root_ = root;
    a_ = source_of_(root);
    const Vertex b = graph_.target(root);
    log_->count_step();
    if (exclusions_.exclude(root, a_, b)) return;
    const Micros start = graph_.booked_at(root);
    const Micros window_end = end_of_window(start, window_);

    const Edge b_begin = first_out_after(b, root);
    const Edge b_end = out_end(b, window_end);
    if (b_begin >= b_end) return;
    earliest_ = graph_.booked_at(b_begin);
    const Edge a_begin = first_usable_in(a_);
    const Edge a_end = in_end(a_, window_end);
    if (a_begin >= a_end) return;

    label_departures(b, a_begin, a_end);
    path_edges_.assign(1, root);
    path_vertices_.assign(1, b);
    extend(b_begin, b_end, max_length_ - 1);
    for (const Reached& reached : reached_) slot_of_[reached.vertex] = kNoSlot;
    reached_.clear();
  }

  void label_departures(Vertex b, Edge a_begin, Edge a_end) {
    // Hops are 1 .. max_length - 2: B itself has max_length - 1 left, but its departures are all
    // tried anyway.
    departure_end_.clear();
    improved_.clear();
    if (max_length_ > 2) scan_in_edges(a_begin, a_end, 1);
    for (int hops = 2; hops <= max_length_ - 2 && !improved_.empty() && !log_->stopped(); ++hops) {
      frontier_.swap(improved_);
      improved_.clear();
      for (const std::uint32_t slot : frontier_) {
        Reached& reached = reached_[slot];
        if (reached.vertex == b) continue;  // no cycle comes back to B
        const Edge label = departure_end(slot, hops - 1) - 1;
        if (reached.scanned_to == kNoEdge) reached.scanned_to = first_usable_in(reached.vertex);
        const Edge begin = reached.scanned_to;
        const Edge end = in_end_before(reached.vertex, begin, label);
        reached.scanned_to = end;
        scan_in_edges(begin, end, hops);
      }
    }
    // A vertex that returns in h hops also returns in at most h + 1.
    for (std::uint32_t slot = 0; slot < reached_.size(); ++slot) {
      for (int hops = 2; hops <= max_length_ - 2; ++hops) {
        departure_end(slot, hops) =
            std::max(departure_end(slot, hops), departure_end(slot, hops - 1));
      }
    }
  }

  void scan_in_edges(Edge begin, Edge end, int hops) {
    for (Edge position = begin; position < end && !log_->stopped(); ++position) {
      log_->count_step();
      const Vertex payer = graph_.in_source(position);
      if (payer == a_ || exclusions_.is_hub[payer]) continue;
      const std::uint32_t slot = slot_for(payer);
      const Edge departure = graph_.in_edge(position) + 1;
      if (departure <= reached_[slot].best_end) continue;
      reached_[slot].best_end = departure;
      Edge& end_now = departure_end(slot, hops);
      if (end_now == 0) improved_.push_back(slot);
      end_now = departure;
    }
  }

  /// Tries the departures [begin, end) of the last vertex of the path, with `hops_left` transfers
  /// still allowed.
  void extend(Edge begin, Edge end, int hops_left) {
    for (Edge departure = begin; departure < end && !log_->stopped(); ++departure) {
      log_->count_step();
      const Vertex next = graph_.target(departure);
      path_edges_.push_back(departure);
      if (next == a_) {
        if (static_cast<int>(path_edges_.size()) >= min_length_) log_->emit(path_edges_, 1);
      } else if (hops_left > 1 && slot_of_[next] != kNoSlot && !on_path(next)) {
        const Edge next_end = departure_end(slot_of_[next], hops_left - 1);
        if (next_end > 0 && graph_.may_follow(departure, next_end - 1, order_)) {
          path_vertices_.push_back(next);
          extend(first_out_after(next, departure), next_end, hops_left - 1);
          path_vertices_.pop_back();
        }
      }
      path_edges_.pop_back();
    }
  }

  bool on_path(Vertex v) const {
    return std::ranges::find(path_vertices_, v) != path_vertices_.end();
  }

  std::uint32_t slot_for(Vertex v) {
    if (slot_of_[v] == kNoSlot) {
      slot_of_[v] = static_cast<std::uint32_t>(reached_.size());
      reached_.push_back({.vertex = v});
      departure_end_.resize(departure_end_.size() + static_cast<std::size_t>(max_length_ - 1));
    }
    return slot_of_[v];
  }
  /// One past the latest departure that returns to A in at most `hops` hops, 1 .. max_length - 2;
  /// 0: none.
  Edge& departure_end(std::uint32_t slot, int hops) {
    return departure_end_[std::size_t{slot} * static_cast<std::size_t>(max_length_ - 1) +
                          static_cast<std::size_t>(hops)];
  }

  /// The first in-edge of v that a cycle of this root can use: after the root, and not earlier than
  /// B's first departure.
  Edge first_usable_in(Vertex v) const {
    return *std::ranges::partition_point(graph_.in_edges(v), [&](Edge position) {
      return graph_.in_booked_at(position) < earliest_ || !arrives_after(position, root_);
    });
  }
  /// One past the last in-edge of v, from reverse position `begin` on, after which v may still
  /// depart by `departure`.
  Edge in_end_before(Vertex v, Edge begin, Edge departure) const {
    const EdgeRange positions(begin, *graph_.in_edges(v).end());
    return *std::ranges::partition_point(
        positions, [&](Edge position) { return arrives_before(position, departure); });
  }
  /// may_follow(e, in_edge(position)), without a look at the edge itself unless the times are
  /// equal.
  bool arrives_after(Edge position, Edge e) const {
    const Micros at = graph_.in_booked_at(position);
    if (at != graph_.booked_at(e)) return at > graph_.booked_at(e);
    return graph_.may_follow(e, graph_.in_edge(position), order_);
  }
  /// may_follow(in_edge(position), e), likewise.
  bool arrives_before(Edge position, Edge e) const {
    const Micros at = graph_.in_booked_at(position);
    if (at != graph_.booked_at(e)) return at < graph_.booked_at(e);
    return graph_.may_follow(graph_.in_edge(position), e, order_);
  }
  Edge first_out_after(Vertex v, Edge arrival) const {
    return *std::ranges::partition_point(
        graph_.out_edges(v), [&](Edge e) { return !graph_.may_follow(arrival, e, order_); });
  }
  Edge in_end(Vertex v, Micros window_end) const {
    return *std::ranges::partition_point(graph_.in_edges(v), [&](Edge position) {
      return graph_.in_booked_at(position) < window_end;
    });
  }
  Edge out_end(Vertex v, Micros window_end) const {
    return *std::ranges::partition_point(graph_.out_edges(v),
                                         [&](Edge e) { return graph_.booked_at(e) < window_end; });
  }

  const TransferGraph& graph_;
  const detail::CycleExclusions& exclusions_;
  const TimeOrder order_;
  const Micros window_;
  const int min_length_;
  const int max_length_;

  detail::RootSource source_of_;
  detail::CycleLog* log_ = nullptr;
  Edge root_ = kNoEdge;
  Micros earliest_ = 0;                 ///< booked_at of B's first departure after the root
  Vertex a_ = kNoVertex;                ///< where the cycle starts and ends
  std::vector<std::uint32_t> slot_of_;  ///< position in reached_, for each vertex
  std::vector<Reached> reached_;
  std::vector<Edge> departure_end_;
  std::vector<std::uint32_t> frontier_;
  std::vector<std::uint32_t> improved_;
  std::vector<Edge> path_edges_;
  std::vector<Vertex> path_vertices_;
};

/// The transfers that a cycle may begin with; empty: each may. Known beforehand for cycles of three.
std::vector<char> possible_roots(const TransferGraph& graph, const TemporalCycleParams& params) {
  if (params.min_length != 3 || params.max_length != 3) return {};
  const CandidateEdges all(graph);
  return may_be_in_triangle({.first = all,
                             .first_end = End::kTarget,
                             .second = all,
                             .second_end = End::kSource,
                             .third = all,
                             .third_end = End::kTarget,
                             .max_lead = 0,
                             .max_lag = params.window},
                            graph.num_edges());
}

}  // namespace

TemporalCycles find_temporal_cycles(const TransferGraph& graph, const TemporalCycleParams& params) {
  validate(params);
  const detail::CycleExclusions exclusions{hub_vertices(graph, params.max_counterparties),
                                           possible_roots(graph, params)};
  const detail::SearchBudget budget{params.max_steps, params.max_cycles, params.stop};
  auto found = params.time_order == TimeOrder::kNone
                   ? detail::search_roots<detail::CycleList>(
                         graph.num_edges(), budget,
                         [&] { return detail::UnorderedCycleSearch(graph, params, exclusions); })
                   : detail::search_roots<detail::CycleList>(graph.num_edges(), budget, [&] {
                       return TimeOrderedSearch(graph, params, exclusions);
                     });
  return {.edges = std::move(found.instances.edges),
          .offsets = std::move(found.instances.offsets),
          .hubs = list_hubs(exclusions.is_hub),
          .steps = found.steps,
          .truncated = found.truncated};
}

}  // namespace aml::graph
