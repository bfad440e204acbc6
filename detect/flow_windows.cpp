// SPDX-License-Identifier: Apache-2.0
#include "detect/flow_windows.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace aml::detect {
namespace {

using graph::Edge;
using graph::Micros;
using graph::MinorSum;
using graph::Vertex;

/// part / whole compared with a share, to a thousandth.
bool reaches(MinorSum part, MinorSum whole, double share) {
  return part * 1000 >= whole * std::llround(share * 1000);
}
bool stays_within(MinorSum part, MinorSum whole, double share) {
  return part * 1000 <= whole * std::llround(share * 1000);
}

template <typename Value>
std::size_t count_distinct(std::vector<Value> values) {
  std::ranges::sort(values);
  return values.size() - std::ranges::unique(values).size();
}

}  // namespace

FlowWindows::FlowWindows(const graph::TransferGraph& graph, const AccountFacts& facts,
                         const AccountHistories& histories, const FlowThroughParams& params,
                         Vertex account, std::uint64_t budget)
    : graph_(graph),
      facts_(facts),
      histories_(histories),
      params_(params),
      account_(account),
      budget_(budget) {}

void FlowWindows::read_legs() {
  const auto is_own = [&](Vertex v) { return facts_.owner[v] == facts_.owner[account_]; };
  for (const Edge position : graph_.in_edges(account_)) {
    const Vertex sender = graph_.in_source(position);
    const Leg leg{graph_.in_edge(position), graph_.in_booked_at(position),
                  graph_.amount_minor(graph_.in_edge(position)), sender};
    if (is_own(sender) || leg.amount < params_.leg_at_least_minor) continue;
    if (params_.deposit_below_minor > 0 && leg.amount >= params_.deposit_below_minor) continue;
    deposits_.push_back(leg);
  }
  for (const Edge e : graph_.out_edges(account_)) {
    const Leg leg{e, graph_.booked_at(e), graph_.amount_minor(e), graph_.target(e)};
    if (is_own(leg.counterparty) || leg.amount < params_.leg_at_least_minor) continue;
    withdrawals_.push_back(leg);
  }
}

/// The window that the anchor's moment opens; anchors only ever move forward.
void FlowWindows::move_to(std::size_t anchor, Window& window) const {
  const Micros at = deposits_[anchor].at;
  for (; window.in_end < deposits_.size() && deposits_[window.in_end].at - at < params_.window;
       ++window.in_end) {
    window.in += deposits_[window.in_end].amount;
  }
  for (; window.in_begin < anchor; ++window.in_begin)
    window.in -= deposits_[window.in_begin].amount;
  for (; window.out_end < withdrawals_.size() &&
         withdrawals_[window.out_end].at - at < params_.window;
       ++window.out_end) {
    window.out += withdrawals_[window.out_end].amount;
  }
  for (; window.out_begin < window.out_end && withdrawals_[window.out_begin].at < at;
       ++window.out_begin) {
    window.out -= withdrawals_[window.out_begin].amount;
  }
}

/// What can be said without looking at each transfer: not all withdrawals need to count.
bool FlowWindows::sums_may_hold(const Window& window) const {
  return window.in_end - window.in_begin >= params_.min_deposits &&
         window.in >= params_.in_at_least_minor &&
         reaches(window.out, window.in, params_.out_in_at_least);
}

bool FlowWindows::senders_hold(const Window& window) const {
  std::vector<Vertex> senders;
  std::vector<std::uint16_t> other_countries;
  for (std::size_t i = window.in_begin; i < window.in_end; ++i) {
    const Vertex sender = deposits_[i].counterparty;
    senders.push_back(facts_.owner[sender]);
    const std::uint16_t country = facts_.country[sender];
    const std::uint16_t own = facts_.country[account_];
    if (country != 0 && own != 0 && country != own) other_countries.push_back(country);
  }
  return count_distinct(std::move(senders)) >= params_.min_senders &&
         count_distinct(std::move(other_countries)) >= params_.min_other_countries;
}

FlowWindows::Outflow FlowWindows::outflow_of(const Window& window) const {
  Outflow outflow;
  MinorSum received = 0;
  std::size_t next = window.in_begin;  // the first deposit that the withdrawal does not follow
  for (std::size_t i = window.out_begin; i < window.out_end; ++i) {
    const Leg& withdrawal = withdrawals_[i];
    for (; next < window.in_end && graph_.before(deposits_[next].edge, withdrawal.edge); ++next) {
      received += deposits_[next].amount;
    }
    if (next == window.in_begin || withdrawal.at - deposits_[next - 1].at > params_.holding ||
        !reaches(received, window.in, params_.gathered_first)) {
      continue;
    }
    outflow.withdrawals.push_back(withdrawal.edge);
    outflow.sum += withdrawal.amount;
    outflow.receivers.push_back(facts_.owner[withdrawal.counterparty]);
  }
  return outflow;
}

bool FlowWindows::outflow_holds(const Outflow& outflow, const Window& window) const {
  return reaches(outflow.sum, window.in, params_.out_in_at_least) &&
         stays_within(outflow.sum, window.in, params_.out_in_at_most) &&
         count_distinct(outflow.receivers) >= params_.min_receivers;
}

/// Since when the account is in use, if that makes it a new one at the given time.
std::optional<Micros> FlowWindows::new_since(Micros at) {
  if (!wake_ups_) wake_ups_ = histories_.wake_ups(account_, params_.dormant_for);
  std::optional<Micros> since = histories_.beginning(account_, params_.new_within);
  for (const WakeUp& wake_up : *wake_ups_) {
    if (wake_up.at <= at && (!since || wake_up.at > *since)) since = wake_up.at;
  }
  if (!since || at - *since > params_.new_within) return std::nullopt;
  return since;
}

void FlowWindows::add(const Window& window, const Outflow& outflow, std::optional<Micros> since) {
  if (episodes_.empty() || window.in_begin >= episode_end_) {
    episodes_.emplace_back();
    episodes_.back().new_since = since;
    episode_end_ = window.in_begin;
  }
  FlowEpisode& episode = episodes_.back();
  for (; episode_end_ < window.in_end; ++episode_end_) {
    episode.deposits.push_back(deposits_[episode_end_].edge);
  }
  // Edge ids of one account's withdrawals rise with time.
  std::vector<Edge> together;
  std::ranges::set_union(episode.withdrawals, outflow.withdrawals, std::back_inserter(together));
  episode.withdrawals = std::move(together);
}

std::vector<FlowEpisode> FlowWindows::episodes() {
  steps_ = graph_.in_edges(account_).size() + graph_.out_edges(account_).size();
  if (steps_ > budget_) return {};
  read_legs();
  Window window;
  for (std::size_t anchor = 0; anchor < deposits_.size(); ++anchor) {
    const Micros at = deposits_[anchor].at;
    // A window holds all deposits of its first moment: it begins with the first of them.
    if (anchor > 0 && deposits_[anchor - 1].at == at) continue;
    move_to(anchor, window);
    if (!sums_may_hold(window)) continue;
    steps_ += window.in_end - window.in_begin + window.out_end - window.out_begin;
    if (steps_ > budget_) return {};
    if (!senders_hold(window)) continue;
    const Outflow outflow = outflow_of(window);
    if (!outflow_holds(outflow, window)) continue;
    std::optional<Micros> since;
    if (params_.accounts == AccountAge::kNew) {
      since = new_since(at);
      if (!since) continue;
    }
    add(window, outflow, since);
  }
  return std::move(episodes_);
}

}  // namespace aml::detect
