// SPDX-License-Identifier: Apache-2.0
#include "detect/shape_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/pending/disjoint_sets.hpp>
#include <cmath>
#include <utility>

#include "graph/require.hpp"

namespace aml::detect {

using graph::Edge;
using graph::MinorSum;
using graph::require;
using graph::TransferGraph;
using graph::Vertex;

std::vector<Edge> in_time_order(const TransferGraph& graph, std::vector<Edge> transfers) {
  std::ranges::sort(transfers, [&](Edge a, Edge b) { return graph.before(a, b); });
  const auto repeated = std::ranges::unique(transfers);
  transfers.erase(repeated.begin(), repeated.end());
  return transfers;
}

MinorSum sum_of(const TransferGraph& graph, std::span<const Edge> transfers) {
  MinorSum sum = 0;
  for (const Edge e : transfers) sum += graph.amount_minor(e);
  return sum;
}

double share_of(MinorSum part, MinorSum whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double likeness_of(MinorSum a, MinorSum b) {
  const auto [less, more] = std::minmax({a, b});
  return share_of(less, more);
}

MinorSum income_between(const TransferGraph& graph, std::span<const Vertex> accounts,
                        graph::Micros first, graph::Micros last) {
  MinorSum income = 0;
  for (const Vertex account : accounts) {
    for (const Edge position : graph.in_edges(account, first, graph::end_of_window(last, 0))) {
      if (graph.in_source(position) != account)
        income += graph.amount_minor(graph.in_edge(position));
    }
  }
  return income;
}

std::vector<std::vector<std::size_t>> hanging_together(
    const std::vector<std::span<const Edge>>& pieces) {
  std::vector<std::pair<Edge, std::size_t>> uses;
  for (std::size_t piece = 0; piece < pieces.size(); ++piece) {
    for (const Edge e : pieces[piece]) uses.emplace_back(e, piece);
  }
  std::ranges::sort(uses);
  boost::disjoint_sets_with_storage<> sets(pieces.size());
  for (std::size_t i = 1; i < uses.size(); ++i) {
    if (uses[i].first == uses[i - 1].first) sets.union_set(uses[i].second, uses[i - 1].second);
  }
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> group_of_root(pieces.size(), kNone);
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t piece = 0; piece < pieces.size(); ++piece) {
    std::size_t& group = group_of_root[sets.find_set(piece)];
    if (group == kNone) {
      group = groups.size();
      groups.emplace_back();
    }
    groups[group].push_back(piece);
  }
  return groups;
}

void tell(Finding& finding, const TransferGraph& graph, std::span<const Edge> transfers,
          std::string_view role, int branch) {
  for (const Edge e : transfers) {
    finding.transfers.push_back({std::string(graph.transfer_key(e)), std::string(role),
                                 static_cast<int>(finding.transfers.size()) + 1, branch});
  }
}

std::int64_t permille(double share) {
  return std::llround(share * 1000);
}

void require_pass_on(double at_least, double at_most) {
  constexpr double kMost = 1000;
  require(at_most >= 0 && at_most <= kMost,
          fmt::format("pass_on_at_most is {}, must be in 0..{}", at_most, kMost));
  require(
      at_least >= 0 && at_least <= at_most,
      fmt::format("pass_on_at_least is {}, must be in 0..pass_on_at_most ({})", at_least, at_most));
}

void require_duration(graph::Micros value, std::string_view parameter) {
  require(value > 0, fmt::format("{} is {} microseconds, must be above 0", parameter, value));
}

void require_search(graph::MinorUnits leg_at_least_minor, std::uint64_t max_steps) {
  require(leg_at_least_minor >= 0,
          fmt::format("leg_at_least is {} minor units, must be at least 0", leg_at_least_minor));
  require(max_steps > 0, "max_steps is 0, must be above 0");
}

}  // namespace aml::detect
