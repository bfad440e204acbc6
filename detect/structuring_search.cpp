// SPDX-License-Identifier: Apache-2.0
#include "detect/structuring_search.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/max_cardinality_matching.hpp>
#include <cmath>
#include <iterator>
#include <utility>

#include "graph/legs.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::Micros;
using graph::MinorSum;
using graph::MinorUnits;
using graph::TransferGraph;
using graph::Vertex;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Shares are compared in integers, to a thousandth. A share that no two payments can have stays
/// inside the range.
std::int64_t permille(double share) {
  return std::llround(std::min(share, 1e12) * 1000);
}

using AccountPair = std::pair<Vertex, Vertex>;  // sender, middleman

template <typename Projection>
std::size_t count_distinct(const std::vector<AccountPair>& pairs, Projection account) {
  std::vector<Vertex> accounts(pairs.size());
  std::ranges::transform(pairs, accounts.begin(), account);
  std::ranges::sort(accounts);
  return accounts.size() - std::ranges::unique(accounts).size();
}

/// The largest number of pairs without a common account: a maximum matching.
std::size_t most_disjoint(const std::vector<AccountPair>& pairs) {
  std::vector<Vertex> accounts;
  for (const auto& [sender, middleman] : pairs) {
    accounts.push_back(sender);
    accounts.push_back(middleman);
  }
  std::ranges::sort(accounts);
  const auto repeated = std::ranges::unique(accounts);
  accounts.erase(repeated.begin(), repeated.end());
  const auto position = [&](Vertex v) {
    return static_cast<std::size_t>(std::ranges::lower_bound(accounts, v) - accounts.begin());
  };
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;
  Graph graph(accounts.size());
  for (const auto& [sender, middleman] : pairs) {
    boost::add_edge(position(sender), position(middleman), graph);
  }
  std::vector<boost::graph_traits<Graph>::vertex_descriptor> mates(accounts.size());
  boost::edmonds_maximum_cardinality_matching(graph, mates.data());
  return boost::matching_size(graph, mates.data());
}

/// Looks for `required` branches without a common account among those that are added.
class DisjointBranches {
 public:
  explicit DisjointBranches(std::size_t required) : required_(required) {}

  /// True as soon as branches taken greedily are enough.
  bool add(Vertex sender, Vertex middleman) {
    pairs_.emplace_back(sender, middleman);
    if (is_taken(sender) || is_taken(middleman)) return false;
    taken_.push_back(sender);
    taken_.push_back(middleman);
    return taken_.size() / 2 >= required_;
  }

  /// The answer after the last branch: the greedy choice may have been a poor one, but never less
  /// than half of the best.
  bool enough() && {
    if (taken_.size() < required_) return false;
    std::ranges::sort(pairs_);
    const auto repeated = std::ranges::unique(pairs_);
    pairs_.erase(repeated.begin(), repeated.end());
    return count_distinct(pairs_, &AccountPair::first) >= required_ &&
           count_distinct(pairs_, &AccountPair::second) >= required_ &&
           most_disjoint(pairs_) >= required_;
  }

 private:
  bool is_taken(Vertex v) const { return std::ranges::find(taken_, v) != taken_.end(); }

  std::size_t required_;
  std::vector<AccountPair> pairs_;
  std::vector<Vertex> taken_;
};

/// Everything that is looked up for one collector at a time; its buffers are used again for the
/// next one.
class CollectorSearch {
 public:
  CollectorSearch(const TransferGraph& graph, const StructuringParams& params,
                  std::size_t required_branches, const std::vector<char>& is_hub)
      : graph_(graph),
        params_(params),
        required_branches_(required_branches),
        is_hub_(is_hub),
        pass_on_at_least_(permille(params.pass_on_at_least)),
        pass_on_at_most_(permille(params.pass_on_at_most)),
        forwarded_at_least_(permille(params.forwarded_at_least)) {}

  /// Candidate transfers that networks() would look at; 0: this account cannot be a collector.
  std::uint64_t steps(Vertex collector) {
    if (!gather(collector)) return 0;
    std::uint64_t steps = second_legs_.size() + exits_.size();
    for (const Window& window : windows_) steps += window.legs_end - window.legs_begin;
    for_each_leg_in_a_window([&](SecondLeg& leg, Micros from) {
      steps += graph_.in_edges(leg.middleman, from, leg.booked_at + 1).size();
    });
    return steps;
  }

  std::vector<StructuringNetwork> networks(Vertex collector) {
    if (!gather(collector)) return {};
    find_first_legs(collector);
    std::erase_if(windows_, [&](Window& window) { return !holds(window); });
    return merged(collector);
  }

 private:
  struct SecondLeg {
    Edge edge;
    Vertex middleman;
    Micros booked_at;
    MinorUnits amount_minor;
    std::size_t first_begin = 0;  ///< its first legs are first_legs_[first_begin .. first_end)
    std::size_t first_end = 0;
  };
  struct FirstLeg {
    Edge edge;
    Vertex sender;
    Micros booked_at;
  };
  struct Exit {
    Edge edge;
    Vertex target;
  };
  /// What the exit `anchor` sees when it looks back: positions in second_legs_ and exits_.
  struct Window {
    std::size_t anchor;
    Micros from;
    std::size_t legs_begin;
    std::size_t legs_end;
    std::size_t exits_begin;  ///< up to and including the anchor
  };

  bool is_in_band(Edge e) const {
    const MinorUnits amount = graph_.amount_minor(e);
    return amount >= params_.leg_at_least_minor && amount < params_.threshold_minor;
  }
  bool passes_on(Edge first, Edge second) const {
    const MinorSum in = graph_.amount_minor(first);
    const MinorSum out = MinorSum{1000} * graph_.amount_minor(second);
    return out >= in * pass_on_at_least_ && out <= in * pass_on_at_most_;
  }
  bool may_follow(Edge earlier, Edge later) const {
    return graph_.may_follow(earlier, later, params_.time_order);
  }
  MinorSum legs_sum(std::size_t begin, std::size_t end) const {
    return leg_sums_[end] - leg_sums_[begin];
  }
  MinorSum exits_sum(std::size_t begin, std::size_t end) const {
    return exit_sums_[end] - exit_sums_[begin];
  }

  /// The collector's candidate second legs, exits and windows. False if it has no window that could
  /// hold.
  bool gather(Vertex collector) {
    if (is_hub_[collector] || graph_.out_edges(collector).empty() ||
        graph_.in_edges(collector).size() < required_branches_) {
      return false;
    }
    gather_second_legs(collector);
    if (second_legs_.size() < required_branches_ || leg_sums_.back() <= params_.threshold_minor) {
      return false;
    }
    gather_exits(collector);
    if (exit_sums_.back() <= params_.threshold_minor) return false;
    gather_windows();
    return !windows_.empty();
  }

  void gather_second_legs(Vertex collector) {
    second_legs_.clear();
    leg_sums_.assign(1, 0);
    for (const Edge position : graph_.in_edges(collector)) {
      const Vertex middleman = graph_.in_source(position);
      const Edge e = graph_.in_edge(position);
      if (middleman == collector || is_hub_[middleman] || !is_in_band(e)) continue;
      second_legs_.push_back({e, middleman, graph_.booked_at(e), graph_.amount_minor(e)});
      leg_sums_.push_back(leg_sums_.back() + graph_.amount_minor(e));
    }
  }

  void gather_exits(Vertex collector) {
    exits_.clear();
    exit_sums_.assign(1, 0);
    for (const Edge e : graph_.out_edges(collector)) {
      const Vertex target = graph_.target(e);
      if (target == collector || is_hub_[target]) continue;
      exits_.push_back({e, target});
      exit_sums_.push_back(exit_sums_.back() + graph_.amount_minor(e));
    }
  }

  /// Windows that would hold if every second leg in them belonged to a branch. Ends and beginnings
  /// only move forward.
  void gather_windows() {
    windows_.clear();
    Window window{};
    for (window.anchor = 0; window.anchor < exits_.size(); ++window.anchor) {
      const Edge anchor = exits_[window.anchor].edge;
      window.from = graph::start_of_window(graph_.booked_at(anchor), params_.window);
      while (window.legs_end < second_legs_.size() &&
             may_follow(second_legs_[window.legs_end].edge, anchor)) {
        ++window.legs_end;
      }
      while (window.legs_begin < window.legs_end &&
             second_legs_[window.legs_begin].booked_at < window.from) {
        ++window.legs_begin;
      }
      if (window.legs_end - window.legs_begin < required_branches_) continue;
      window.exits_begin = first_exit_after(window.legs_begin, window);
      if (legs_sum(window.legs_begin, window.legs_end) > params_.threshold_minor &&
          exits_sum(window.exits_begin, window.anchor + 1) > params_.threshold_minor) {
        windows_.push_back(window);
      }
    }
  }

  /// The first exit of the window that may follow the given second leg. Requires: the anchor may.
  std::size_t first_exit_after(std::size_t leg, const Window& window) const {
    std::size_t exit = window.exits_begin;
    while (!may_follow(second_legs_[leg].edge, exits_[exit].edge)) ++exit;
    return exit;
  }

  /// visit(leg, from) for each second leg that lies in a window; from: where the earliest of its
  /// windows begins.
  template <typename Visit>
  void for_each_leg_in_a_window(Visit visit) {
    std::size_t done = 0;
    for (const Window& window : windows_) {
      for (done = std::max(done, window.legs_begin); done < window.legs_end; ++done) {
        visit(second_legs_[done], window.from);
      }
    }
  }

  void find_first_legs(Vertex collector) {
    first_legs_.clear();
    for_each_leg_in_a_window([&](SecondLeg& leg, Micros from) {
      leg.first_begin = first_legs_.size();
      const auto candidates = graph_.in_edges(leg.middleman, from, leg.booked_at + 1);
      for (const Edge position : candidates) {
        const Vertex sender = graph_.in_source(position);
        const Edge e = graph_.in_edge(position);
        if (sender != leg.middleman && sender != collector && !is_hub_[sender] && is_in_band(e) &&
            may_follow(e, leg.edge) && passes_on(e, leg.edge)) {
          first_legs_.push_back({e, sender, graph_.in_booked_at(position)});
        }
      }
      leg.first_end = first_legs_.size();
    });
  }

  /// visit(position in first_legs_) for each first leg of a branch that belongs to the window,
  /// latest first, until it returns true. Branches over the account that the anchor pays do not
  /// belong to it.
  template <typename Visit>
  void for_each_first_leg(const SecondLeg& leg, const Window& window, Visit visit) const {
    const Vertex exit = exits_[window.anchor].target;
    if (leg.middleman == exit) return;
    for (std::size_t i = leg.first_end; i-- > leg.first_begin;) {
      if (first_legs_[i].booked_at < window.from) return;
      if (first_legs_[i].sender != exit && visit(i)) return;
    }
  }

  bool has_first_leg(const SecondLeg& leg, const Window& window) const {
    bool found = false;
    for_each_first_leg(leg, window, [&](std::size_t) { return found = true; });
    return found;
  }

  /// Whether the anchor holds; narrows the window to its second legs and exits that count.
  bool holds(Window& window) const {
    MinorSum inflow = 0;
    std::size_t earliest = kNone;
    for (std::size_t leg = window.legs_begin; leg < window.legs_end; ++leg) {
      if (!has_first_leg(second_legs_[leg], window)) continue;
      inflow += second_legs_[leg].amount_minor;
      if (earliest == kNone) earliest = leg;
    }
    if (inflow <= params_.threshold_minor) return false;
    window.legs_begin = earliest;
    window.exits_begin = first_exit_after(earliest, window);
    const MinorSum exits = exits_sum(window.exits_begin, window.anchor + 1);
    return exits > params_.threshold_minor && exits * 1000 >= inflow * forwarded_at_least_ &&
           closes_motif(window);
  }

  bool closes_motif(const Window& window) const {
    DisjointBranches branches(required_branches_);
    for (std::size_t leg = window.legs_begin; leg < window.legs_end; ++leg) {
      bool enough = false;
      const Vertex middleman = second_legs_[leg].middleman;
      for_each_first_leg(second_legs_[leg], window, [&](std::size_t first) {
        return enough = branches.add(first_legs_[first].sender, middleman);
      });
      if (enough) return true;
    }
    return std::move(branches).enough();
  }

  /// For each window the position of its network. Windows that share a transfer are one network,
  /// and then they share an exit: the anchor of the earlier one follows the branch they share, so
  /// the later window holds it too. The exits of a window are consecutive, so networks are runs of
  /// windows whose ranges of exits overlap.
  std::vector<std::size_t> networks_of_windows() const {
    std::vector<std::size_t> network_of(windows_.size());
    std::size_t network = 0;  // counted from the last
    std::size_t exits_begin = exits_.size();
    for (std::size_t w = windows_.size(); w-- > 0;) {
      const bool overlaps = w + 1 == windows_.size() || windows_[w].anchor >= exits_begin;
      if (!overlaps) ++network;
      exits_begin =
          overlaps ? std::min(exits_begin, windows_[w].exits_begin) : windows_[w].exits_begin;
      network_of[w] = network;
    }
    for (std::size_t& position : network_of) position = network - position;
    return network_of;
  }

  /// The networks of the windows; each branch and exit stands once.
  std::vector<StructuringNetwork> merged(Vertex collector) const {
    if (windows_.empty()) return {};
    const std::vector<std::size_t> network_of = networks_of_windows();
    std::vector<StructuringNetwork> networks(network_of.back() + 1,
                                             {.collector = collector, .branches = {}, .exits = {}});
    std::vector<char> is_branch_told(first_legs_.size());
    std::vector<char> is_exit_told(exits_.size());
    for (std::size_t w = 0; w < windows_.size(); ++w) {
      StructuringNetwork& network = networks[network_of[w]];
      add_branches(windows_[w], is_branch_told, network.branches);
      for (std::size_t exit = windows_[w].exits_begin; exit <= windows_[w].anchor; ++exit) {
        if (!std::exchange(is_exit_told[exit], 1)) network.exits.push_back(exits_[exit].edge);
      }
    }
    for (StructuringNetwork& network : networks) sort_by_time(network);
    return networks;
  }

  void add_branches(const Window& window, std::vector<char>& is_told,
                    std::vector<StructuringBranch>& branches) const {
    for (std::size_t i = window.legs_begin; i < window.legs_end; ++i) {
      const SecondLeg& leg = second_legs_[i];
      for_each_first_leg(leg, window, [&](std::size_t first) {
        if (!std::exchange(is_told[first], 1)) {
          branches.push_back(
              {first_legs_[first].edge, leg.edge, first_legs_[first].sender, leg.middleman});
        }
        return false;
      });
    }
  }

  void sort_by_time(StructuringNetwork& network) const {
    const auto before = [&](Edge a, Edge b) { return graph_.before(a, b); };
    std::ranges::sort(network.exits, before);
    std::ranges::sort(network.branches,
                      [&](const StructuringBranch& a, const StructuringBranch& b) {
                        return a.first_leg != b.first_leg ? before(a.first_leg, b.first_leg)
                                                          : before(a.second_leg, b.second_leg);
                      });
  }

  const TransferGraph& graph_;
  const StructuringParams& params_;
  std::size_t required_branches_;
  const std::vector<char>& is_hub_;
  std::int64_t pass_on_at_least_;  ///< permille, like the next two
  std::int64_t pass_on_at_most_;
  std::int64_t forwarded_at_least_;

  std::vector<SecondLeg> second_legs_;  ///< in time order
  std::vector<MinorSum> leg_sums_;      ///< leg_sums_[i]: sum of the first i second legs
  std::vector<FirstLeg> first_legs_;    ///< of each second leg in time order
  std::vector<Exit> exits_;             ///< in time order
  std::vector<MinorSum> exit_sums_;
  std::vector<Window> windows_;  ///< by anchor
};

struct Collector {
  Vertex vertex;
  std::uint64_t steps;
};

using Searches = oneapi::tbb::enumerable_thread_specific<CollectorSearch>;

/// The accounts that could be collectors, each with the steps that its search takes.
std::vector<Collector> possible_collectors(Vertex num_vertices, Searches& searches) {
  std::vector<std::uint64_t> steps(num_vertices);
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<Vertex>(0, num_vertices, 256),
                            [&](const oneapi::tbb::blocked_range<Vertex>& vertices) {
                              CollectorSearch& search = searches.local();
                              for (Vertex v = vertices.begin(); v < vertices.end(); ++v) {
                                steps[v] = search.steps(v);
                              }
                            });
  std::vector<Collector> collectors;
  for (Vertex v = 0; v < num_vertices; ++v) {
    if (steps[v] > 0) collectors.push_back({v, steps[v]});
  }
  return collectors;
}

}  // namespace

StructuringSearch find_structuring_networks(const TransferGraph& graph,
                                            const StructuringParams& params,
                                            std::size_t required_branches,
                                            const std::vector<char>& is_hub,
                                            const std::stop_token& stop) {
  Searches searches([&] { return CollectorSearch(graph, params, required_branches, is_hub); });
  const std::vector<Collector> collectors = possible_collectors(graph.num_vertices(), searches);

  StructuringSearch result;
  for (const Collector& collector : collectors) {
    result.truncated = collector.steps > params.max_steps - result.steps;
    if (result.truncated) break;
    result.steps += collector.steps;
    ++result.collectors;
  }
  std::vector<std::vector<StructuringNetwork>> networks(result.collectors);
  oneapi::tbb::parallel_for(std::size_t{0}, networks.size(), [&](std::size_t i) {
    if (!stop.stop_requested()) networks[i] = searches.local().networks(collectors[i].vertex);
  });
  result.truncated = result.truncated || stop.stop_requested();
  for (auto& of_collector : networks) {
    std::ranges::move(of_collector, std::back_inserter(result.networks));
  }
  return result;
}

}  // namespace aml::detect
