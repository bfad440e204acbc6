// SPDX-License-Identifier: Apache-2.0
// Round tripping: money that returns to the account it left.
#pragma once

#include <stop_token>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/temporal_cycles.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct CyclesParams {
  int min_length = 3;                                ///< transfers in the cycle, 2..max_length
  int max_length = 8;                                ///< transfers in the cycle, min_length..12
  graph::Micros window = 20 * graph::kMicrosPerDay;  ///< first to last transfer, > 0
  graph::TimeOrder time_order = graph::TimeOrder::kLoose;  ///< strict or loose
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Edges looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
  /// Single rounds found, before they are put together, at which the search likewise ends; > 0.
  std::uint64_t max_cycles = 1'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const CyclesParams& params);

/// One finding for each cycle of accounts and episode: cycles over the same accounts in the same
/// order that share a transfer are one finding with all their transfers; each cycle is reported
/// once, not once for each rotation.
///
/// Subject:  the account that sends the earliest transfer (it gets the money back).
/// Evidence key: the accounts in order from the smallest key, and the earliest transfer.
/// Steps:    transfers in time order; branch is the transfer's hop along the accounts, from 1 at
///           the subject, so that parallel transfers of one hop share it.
/// Score:    in [0, 1], the sum of
///             0.45 * smaller / larger of what was sent and returned evidence returned_share
///             0.45 * smallest / largest sum of money over the hops  evidence hop_evenness
///             0.1  * (1 - time of the fastest round / window)       evidence fastest_round_hours
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_cycles(const graph::TransferGraph& graph, const CyclesParams& params,
                        const BaseCurrency& currency, std::stop_token stop = {});

}  // namespace aml::detect
