// SPDX-License-Identifier: Apache-2.0
// What the stories of findings have in common: transfers told and summed, accounts named; and their parameters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/finding.hpp"
#include "graph/legs.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Transfers in time order, each once.
std::vector<graph::Edge> in_time_order(const graph::TransferGraph& graph,
                                       std::vector<graph::Edge> transfers);

/// The keys of the vertices, in their order.
template <typename Graph, typename Vertices>
std::vector<std::string> keys_of(const Graph& of, const Vertices& vertices) {
  std::vector<std::string> keys;
  keys.reserve(vertices.size());
  for (const graph::Vertex v : vertices) keys.emplace_back(of.key(v));
  return keys;
}

graph::MinorSum sum_of(const graph::TransferGraph& graph, std::span<const graph::Edge> transfers);

/// part / whole; 0 if there is no whole.
double share_of(graph::MinorSum part, graph::MinorSum whole);
/// The smaller / the larger of two sums; 0 if there is no larger one.
double likeness_of(graph::MinorSum a, graph::MinorSum b);

/// All that the accounts received from others between the two moments, both included.
graph::MinorSum income_between(const graph::TransferGraph& graph,
                               std::span<const graph::Vertex> accounts, graph::Micros first,
                               graph::Micros last);

/// The positions of the pieces, parted into those that hang together by transfers they share. In
/// the order of the first piece of each.
std::vector<std::vector<std::size_t>> hanging_together(
    const std::vector<std::span<const graph::Edge>>& pieces);

/// Adds the transfers as the next steps of the story.
void tell(Finding& finding, const graph::TransferGraph& graph,
          std::span<const graph::Edge> transfers, std::string_view role, int branch);
/// Adds the accounts.
template <typename Accounts>
void name(Finding& finding, const graph::TransferGraph& graph, const Accounts& accounts,
          std::string_view role) {
  for (std::string& key : keys_of(graph, accounts))
    finding.entities.push_back({EntityKind::kAccount, std::move(key), std::string(role)});
}

/// Thousandths of a share that a parameter gives as a real number.
std::int64_t permille(double share);

/// For the parameters pass_on_at_least and pass_on_at_most: 0 <= at_least <= at_most <= 1000.
void require_pass_on(double at_least, double at_most);
/// For a parameter that is a length of time, by its name.
void require_duration(graph::Micros value, std::string_view parameter);
/// For the parameters every search has: leg_at_least_minor and max_steps.
void require_search(graph::MinorUnits leg_at_least_minor, std::uint64_t max_steps);

}  // namespace aml::detect
