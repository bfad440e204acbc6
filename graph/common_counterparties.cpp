// SPDX-License-Identifier: Apache-2.0
#include "graph/common_counterparties.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "graph/hubs.hpp"
#include "graph/require.hpp"
#include "graph/root_search.hpp"

namespace aml::graph {
namespace {

void validate(const CommonCounterpartiesParams& params) {
  require(params.min_payees >= 1, "min_payees is 0, must be at least 1");
  require(params.window > 0, "window is " + std::to_string(params.window) + ", must be above 0");
  require(params.time_order != TimeOrder::kStrict, "time_order is strict, must be loose or none");
}

using Log = detail::SearchLog<std::vector<CommonCounterparties>>;

/// A transfer between a pair and one of the others.
struct PairTransfer {
  Edge edge;
  Vertex other;
  bool is_in;           ///< from the other to the pair
  unsigned char whose;  ///< 1: the first of the pair, 2: the second
};

constexpr unsigned char kBoth = 3;

/// The windows of one pair.
class PairWindows {
 public:
  PairWindows(const TransferGraph& graph, const CommonCounterpartiesParams& params)
      : graph_(graph), params_(params) {}

  std::vector<PairTransfer>& transfers() { return transfers_; }

  void emit_all(Vertex first, Vertex second, Log& log) {
    prepare();
    last_emitted_.clear();
    std::size_t end = 0;
    for (std::size_t begin = 0; begin < transfers_.size() && !log.stopped(); ++begin) {
      const Micros at = booked_at(begin);
      if (begin > 0 && booked_at(begin - 1) == at) continue;
      const Micros window_end = end_of_window(at, params_.window);
      while (end < transfers_.size() && booked_at(end) < window_end) ++end;
      if (params_.time_order == TimeOrder::kNone) {
        emit({first, second, {}, {}}, begin, end, std::nullopt, log);
        continue;
      }
      for (std::size_t split = begin; split < end && !log.stopped(); ++split) {
        if (!transfers_[split].is_in) emit({first, second, {}, {}}, begin, end, split, log);
      }
    }
  }

 private:
  Micros booked_at(std::size_t i) const { return graph_.booked_at(transfers_[i].edge); }

  void prepare() {
    std::ranges::sort(transfers_, [&](const PairTransfer& a, const PairTransfer& b) {
      return graph_.before(a.edge, b.edge);
    });
    others_.clear();
    for (const PairTransfer& transfer : transfers_) others_.push_back(transfer.other);
    std::ranges::sort(others_);
    others_.erase(std::ranges::unique(others_).begin(), others_.end());
    slots_.clear();
    for (const PairTransfer& transfer : transfers_) {
      slots_.push_back(static_cast<std::size_t>(std::ranges::lower_bound(others_, transfer.other) -
                                                others_.begin()));
    }
  }

  bool is_used(std::size_t i, std::optional<std::size_t> split) const {
    return !split || (transfers_[i].is_in ? i < *split : i >= *split);
  }
  bool is_common_payee(std::size_t slot) const { return paid_by_[slot] == kBoth; }
  bool is_common_payer(std::size_t slot) const { return pays_[slot] == kBoth; }

  bool has_enough() const {
    std::size_t payees = 0;
    std::size_t payers = 0;
    std::size_t both = 0;
    for (std::size_t slot = 0; slot < others_.size(); ++slot) {
      payees += is_common_payee(slot) ? 1 : 0;
      payers += is_common_payer(slot) ? 1 : 0;
      both += is_common_payee(slot) && is_common_payer(slot) ? 1 : 0;
    }
    return payees >= params_.min_payees && payers >= params_.min_payers &&
           payees + payers - both >= std::size_t{params_.min_payees} + params_.min_payers;
  }

  /// Emits the window of the transfers [begin, end) if it has enough in common.
  void emit(CommonCounterparties pair, std::size_t begin, std::size_t end,
            std::optional<std::size_t> split, Log& log) {
    paid_by_.assign(others_.size(), 0);
    pays_.assign(others_.size(), 0);
    for (std::size_t i = begin; i < end; ++i) {
      log.count_step();
      if (!is_used(i, split)) continue;
      auto& sides = transfers_[i].is_in ? pays_[slots_[i]] : paid_by_[slots_[i]];
      sides = static_cast<unsigned char>(sides | transfers_[i].whose);
    }
    if (!has_enough()) return;
    emitted_.clear();
    for (std::size_t i = begin; i < end; ++i) {
      const bool counts =
          transfers_[i].is_in ? is_common_payer(slots_[i]) : is_common_payee(slots_[i]);
      if (!counts || !is_used(i, split)) continue;
      (transfers_[i].is_in ? pair.in : pair.out).push_back(transfers_[i].edge);
      emitted_.push_back(i);
    }
    if (std::ranges::includes(last_emitted_, emitted_)) return;
    last_emitted_ = emitted_;
    log.emit(std::move(pair), emitted_.size());
  }

  const TransferGraph& graph_;
  const CommonCounterpartiesParams& params_;
  std::vector<PairTransfer> transfers_;  ///< in time order
  std::vector<Vertex> others_;           ///< ascending
  std::vector<std::size_t> slots_;       ///< of each transfer: position of the other in others_
  std::vector<unsigned char> paid_by_;   ///< of each other: by whom of the pair
  std::vector<unsigned char> pays_;      ///< of each other: whom of the pair
  std::vector<std::size_t> emitted_;
  std::vector<std::size_t> last_emitted_;
};

class PairSearch {
 public:
  PairSearch(const TransferGraph& graph, const CommonCounterpartiesParams& params,
             const std::vector<char>& is_hub)
      : graph_(graph), params_(params), is_hub_(is_hub), windows_(graph, params) {}

  /// The pairs whose smaller vertex is the root.
  void operator()(std::uint64_t root, Log& log) {
    first_ = static_cast<Vertex>(root);
    if (is_hub_[first_]) return;
    collect_shared(log);
    for (std::size_t begin = 0; begin < shared_.size() && !log.stopped();) {
      std::size_t end = begin + 1;
      while (end < shared_.size() && shared_[end].second == shared_[begin].second) ++end;
      if (end - begin >= params_.min_payees)
        search_pair(std::span(shared_).subspan(begin, end - begin), log);
      begin = end;
    }
  }

 private:
  /// Somebody else who pays a payee of the root, close in time.
  struct Shared {
    Vertex second;
    Vertex payee;
    auto operator<=>(const Shared&) const = default;
  };

  bool is_leg(Edge e, Vertex from, Vertex to) const {
    return from != to && !is_hub_[from] && !is_hub_[to] &&
           graph_.amount_minor(e) >= params_.leg_at_least_minor;
  }

  void collect_shared(Log& log) {
    shared_.clear();
    for (const Edge e : graph_.out_edges(first_)) {
      const Vertex payee = graph_.target(e);
      log.count_step();
      if (log.stopped()) return;
      if (!is_leg(e, first_, payee)) continue;
      const Micros at = graph_.booked_at(e);
      for (const Edge position : graph_.in_edges(payee, start_of_window(at, params_.window),
                                                 end_of_window(at, params_.window))) {
        log.count_step();
        if (log.stopped()) return;
        const Vertex second = graph_.in_source(position);
        if (second > first_ && is_leg(graph_.in_edge(position), second, payee))
          shared_.push_back({second, payee});
      }
    }
    std::ranges::sort(shared_);
    shared_.erase(std::ranges::unique(shared_).begin(), shared_.end());
  }

  void search_pair(std::span<const Shared> payees, Log& log) {
    windows_.transfers().clear();
    const Vertex second = payees.front().second;
    const auto is_payee = [&](Vertex v) {
      return std::ranges::binary_search(payees, v, {}, &Shared::payee);
    };
    const auto add_out = [&](Vertex payer, unsigned char whose) {
      for (const Edge e : graph_.out_edges(payer)) {
        log.count_step();
        if (is_leg(e, payer, graph_.target(e)) && is_payee(graph_.target(e)))
          windows_.transfers().push_back({e, graph_.target(e), false, whose});
      }
    };
    add_out(first_, 1);
    add_out(second, 2);
    if (params_.min_payers > 0 && !add_in(second, log)) return;
    windows_.emit_all(first_, second, log);
  }

  /// False if too few pay both.
  bool add_in(Vertex second, Log& log) {
    const auto payers_of = [&](Vertex payee) {
      std::vector<Vertex> payers;
      for (const Edge position : graph_.in_edges(payee)) {
        log.count_step();
        if (is_leg(graph_.in_edge(position), graph_.in_source(position), payee))
          payers.push_back(graph_.in_source(position));
      }
      std::ranges::sort(payers);
      payers.erase(std::ranges::unique(payers).begin(), payers.end());
      return payers;
    };
    const std::vector<Vertex> of_first = payers_of(first_);
    if (of_first.size() < params_.min_payers) return false;
    const std::vector<Vertex> of_second = payers_of(second);
    std::vector<Vertex> payers;
    std::ranges::set_intersection(of_first, of_second, std::back_inserter(payers));
    if (payers.size() < params_.min_payers) return false;
    for (const auto& [payee, whose] : {std::pair(first_, 1), std::pair(second, 2)}) {
      for (const Edge position : graph_.in_edges(payee)) {
        const Vertex payer = graph_.in_source(position);
        if (std::ranges::binary_search(payers, payer) &&
            is_leg(graph_.in_edge(position), payer, payee))
          windows_.transfers().push_back(
              {graph_.in_edge(position), payer, true, static_cast<unsigned char>(whose)});
      }
    }
    return true;
  }

  const TransferGraph& graph_;
  const CommonCounterpartiesParams& params_;
  const std::vector<char>& is_hub_;
  Vertex first_ = kNoVertex;
  std::vector<Shared> shared_;  ///< by second, then payee
  PairWindows windows_;
};

}  // namespace

PairsWithCommonCounterparties find_common_counterparties(const TransferGraph& graph,
                                                         const CommonCounterpartiesParams& params) {
  validate(params);
  const std::vector<char> is_hub = hub_vertices(graph, params.max_counterparties);
  PairsWithCommonCounterparties result;
  result.hubs = list_hubs(is_hub);
  auto found = detail::search_roots<std::vector<CommonCounterparties>>(
      graph.num_vertices(), {params.max_steps, params.max_transfers, params.stop},
      [&] { return PairSearch(graph, params, is_hub); });
  result.pairs = std::move(found.instances);
  result.steps = found.steps;
  result.truncated = found.truncated;
  return result;
}

}  // namespace aml::graph
