// SPDX-License-Identifier: Apache-2.0
// Pairs of vertices that pay, or are paid by, the same others within a window: the smallest
// complete bipartite patterns.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "graph/legs.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct CommonCounterpartiesParams {
  std::uint32_t min_payees = 3;        ///< that both pay, >= 1
  std::uint32_t min_payers = 0;        ///< that pay both; 0: payers do not matter
  Micros window = 10 * kMicrosPerDay;  ///< first to last transfer, > 0
  TimeOrder time_order =
      TimeOrder::kNone;  ///< kLoose: all transfers in before all transfers out; or kNone
  MinorUnits leg_at_least_minor = 0;        ///< smaller transfers do not count
  std::uint32_t max_counterparties = 0;     ///< see hub_vertices: hubs are left out; 0 = no cap
  std::uint64_t max_steps = 2'000'000'000;  ///< transfers looked at, over the whole search
  std::uint64_t max_transfers =
      10'000'000;             ///< transfers in the result, counted anew in each pair and window
  std::stop_token stop = {};  ///< a stopped search returns early, truncated
};

/// A pair with the transfers of one window between it and its common counterparties, in time order.
struct CommonCounterparties {
  Vertex first;  ///< the smaller one
  Vertex second;
  std::vector<Edge> in;   ///< from common payers; empty if payers do not matter
  std::vector<Edge> out;  ///< to common payees
};

struct PairsWithCommonCounterparties {
  std::vector<CommonCounterparties> pairs;  ///< by first, second, then window
  std::vector<Vertex> hubs;                 ///< vertices left out by max_counterparties, ascending
  std::uint64_t steps = 0;
  bool truncated = false;  ///< a budget was reached or a stop requested: later pairs are missing
};

/// Every pair and window with enough common counterparties. A window begins with a transfer between
/// the pair and a counterparty. A common payee of the window is one that both pay in it; a common
/// payer one that pays both. An account may be both, as long as min_payees and min_payers can be
/// chosen without it standing on both sides. In kLoose order a window is parted by each of its
/// transfers out: in-transfers before it, out-transfers from it on. A window that holds no transfer
/// beyond those of the one before it is left out.
/// Throws: std::invalid_argument from out-of-range params.
/// Cost:   each transfer looks at the other transfers to its target within the window on both
///         sides, so hubs are dear; then each pair with enough payees looks at its windows.
///         Parallel over vertices, the same result for any number of threads.
PairsWithCommonCounterparties find_common_counterparties(const TransferGraph& graph,
                                                         const CommonCounterpartiesParams& params);

}  // namespace aml::graph
