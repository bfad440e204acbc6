// SPDX-License-Identifier: Apache-2.0
// What the stories of patterns over several accounts have in common: transfers told and summed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/finding.hpp"
#include "graph/legs.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Transfers in time order, each once.
std::vector<graph::Edge> in_time_order(const graph::TransferGraph& graph,
                                       std::vector<graph::Edge> transfers);

/// The keys of the vertices, in their order.
std::vector<std::string> keys_of(const graph::TransferGraph& graph,
                                 std::span<const graph::Vertex> vertices);

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
    std::span<const std::vector<graph::Edge>> pieces);

/// Adds the transfers as the next steps of the story.
void tell(Finding& finding, const graph::TransferGraph& graph,
          std::span<const graph::Edge> transfers, std::string_view role, int branch);
/// Adds the accounts.
void name(Finding& finding, const graph::TransferGraph& graph,
          std::span<const graph::Vertex> accounts, std::string_view role);

/// Thousandths of a share that a parameter gives as a real number.
std::int64_t permille(double share);

/// For the parameters pass_on_at_least and pass_on_at_most: 0 <= at_least <= at_most <= 1000.
void require_pass_on(double at_least, double at_most);
/// For a parameter that is a length of time, by its name.
void require_duration(graph::Micros value, std::string_view parameter);
/// For the parameters every search has: leg_at_least_minor and max_steps.
void require_search(graph::MinorUnits leg_at_least_minor, std::uint64_t max_steps);

}  // namespace aml::detect
