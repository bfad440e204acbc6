// SPDX-License-Identifier: Apache-2.0
// Simple cycles that follow time, or at least lie close together in it: money that returns to where it started.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct TemporalCycleParams {
  int min_length = 3;                        ///< transfers, >= 2
  int max_length = 8;                        ///< transfers, min_length .. 64
  Micros window = 20 * kMicrosPerDay;        ///< last booked_at - first booked_at <= window; > 0
  TimeOrder time_order = TimeOrder::kLoose;  ///< kNone: in any order inside the window
  std::uint32_t max_counterparties = 0;      ///< see hub_vertices: hubs are left out; 0 = no cap
  std::uint64_t max_steps = 2'000'000'000;   ///< edges looked at, over the whole search
  std::uint64_t max_cycles = 1'000'000;      ///< cycles in the result
  std::stop_token stop = {};                 ///< a stopped search returns early, truncated
};

/// Cycle i is edges[offsets[i] .. offsets[i+1]), in the order of its path from its earliest transfer
/// (booked_at, transfer key): in time order, unless TimeOrder::kNone was asked for.
struct TemporalCycles {
  std::vector<Edge> edges;
  std::vector<std::uint64_t> offsets{0};
  std::vector<Vertex> hubs;  ///< vertices left out by max_counterparties, ascending
  std::uint64_t steps = 0;
  bool truncated = false;  ///< a budget was reached: later cycles are missing

  std::size_t size() const { return offsets.size() - 1; }
  std::span<const Edge> operator[](std::size_t i) const {
    return std::span(edges).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

/// Every simple cycle whose transfers follow each other in time inside the window, each once, in
/// order of its first edge id, then lexicographically by edge ids. No vertex repeats; parallel
/// transfers give a cycle each; self-loops none. A result that is truncated by a budget holds what a
/// search of one root after the other had found when it was spent: the first cycles of the whole.
/// Throws: std::invalid_argument from out-of-range params.
/// Cost:   for each root transfer a backward search for latest departures, then a forward search
///         along vertices that can still return; parallel over roots, the same result for any
///         number of threads. Memory: 4 bytes a vertex for each thread, and for each of at most
///         max_cycles cycles 24 bytes and 4 a transfer; while searching up to that for each thread.
///         TimeOrder::kNone looks at all transfers in the window around a root instead: many more.
///         For cycles of three alone most roots are ruled out first by may_be_in_triangle(): 3 to 5
///         bytes a transfer; what that looks at are no steps.
/// Source: latest-departure pruning as in 2SCENT (Kumar, Calders 2018) and Blanusa et al., SPAA
///         2022; ours labels vertices per root and number of hops instead of keeping closing times.
TemporalCycles find_temporal_cycles(const TransferGraph& graph, const TemporalCycleParams& params);

}  // namespace aml::graph
