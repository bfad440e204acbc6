// SPDX-License-Identifier: Apache-2.0
#include "detect/account_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace aml::detect {

using graph::Edge;
using graph::Micros;
using graph::Vertex;

AccountHistories::AccountHistories(const graph::TransferGraph& graph, const AccountFacts& facts)
    : graph_(graph), facts_(facts), data_begin_(std::numeric_limits<Micros>::max()) {
  for (const std::size_t size :
       {facts.owner.size(), facts.country.size(), facts.opened_at.size()}) {
    if (size != graph.num_vertices()) {
      throw std::invalid_argument(
          fmt::format("facts are of {} accounts, the graph has {}", size, graph.num_vertices()));
    }
  }
  if (const graph::WholeGraph* whole = graph.whole()) {
    data_begin_ = whole->begin;
    return;
  }
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    const auto out = graph.out_edges(v);
    if (!out.empty()) data_begin_ = std::min(data_begin_, graph.booked_at(out.front()));
  }
}

std::vector<Micros> AccountHistories::activity(Vertex account) const {
  std::vector<Micros> times;
  times.reserve(graph_.in_edges(account).size() + graph_.out_edges(account).size());
  for (const Edge position : graph_.in_edges(account)) {
    times.push_back(graph_.in_booked_at(position));
  }
  const auto received = static_cast<std::ptrdiff_t>(times.size());
  for (const Edge e : graph_.out_edges(account)) times.push_back(graph_.booked_at(e));
  std::ranges::inplace_merge(times, times.begin() + received);
  return times;
}

std::vector<WakeUp> AccountHistories::wake_ups(Vertex account, Micros silence) const {
  std::vector<WakeUp> found;
  const std::vector<Micros> times = activity(account);
  if (times.empty()) return found;
  const auto add = [&](Micros since, Micros until) {
    if (until - since >= silence) found.push_back({since, until});
  };
  const Micros opened = facts_.opened_at[account];
  if (opened != kNotKnown) add(std::max(opened, data_begin_), times.front());
  for (std::size_t i = 1; i < times.size(); ++i) add(times[i - 1], times[i]);
  return found;
}

std::optional<Micros> AccountHistories::beginning(Vertex account, Micros reserve) const {
  if (facts_.opened_at[account] != kNotKnown) return facts_.opened_at[account];
  const auto in = graph_.in_edges(account);
  const auto out = graph_.out_edges(account);
  Micros first = std::numeric_limits<Micros>::max();
  if (!in.empty()) first = graph_.in_booked_at(in.front());
  if (!out.empty()) first = std::min(first, graph_.booked_at(out.front()));
  if ((in.empty() && out.empty()) || first - data_begin_ < reserve) return std::nullopt;
  return first;
}

}  // namespace aml::detect
