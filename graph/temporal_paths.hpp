// SPDX-License-Identifier: Apache-2.0
// Maximal simple paths whose transfers follow each other closely and pass on nearly the same
// amount.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "graph/legs.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct TemporalPathParams {
  std::uint32_t min_length = 3;              ///< transfers, >= 2
  Micros hop_within = 48 * kMicrosPerHour;   ///< from one transfer to the next, > 0
  TimeOrder time_order = TimeOrder::kLoose;  ///< kStrict or kLoose
  PassOn pass_on = {};                       ///< one transfer / the one before
  MinorUnits leg_at_least_minor = 0;         ///< smaller transfers are no hops
  std::uint32_t max_counterparties = 0;      ///< see hub_vertices: hubs are left out; 0 = no cap
  std::uint64_t max_steps = 2'000'000'000;   ///< transfers looked at, over the whole search
  std::uint64_t max_transfers = 10'000'000;  ///< transfers in the result, counted anew in each path
  std::stop_token stop = {};                 ///< a stopped search returns early, truncated
};

struct TemporalPaths {
  std::vector<std::vector<Edge>> paths;  ///< by first edge id, then lexicographically
  std::vector<Vertex> hubs;              ///< vertices left out by max_counterparties, ascending
  std::uint64_t steps = 0;
  bool truncated = false;  ///< a budget was reached or a stop requested: later paths are missing
};

/// All maximal paths of at least min_length transfers: no vertex repeats, each transfer may follow
/// the one before it within hop_within and passes on what `pass_on` allows, and no transfer can be
/// put before the first or after the last so that all this still holds.
/// Throws: std::invalid_argument from out-of-range params.
/// Cost:   a depth-first search from each transfer that can begin a path; the number of paths can
///         grow exponentially where they branch, which the budgets bound. Parallel over transfers,
///         the same result for any number of threads.
TemporalPaths find_maximal_temporal_paths(const TransferGraph& graph,
                                          const TemporalPathParams& params);

}  // namespace aml::graph
