// SPDX-License-Identifier: Apache-2.0
// Chain layering: a sum that is passed on from account to account, nearly whole and soon each time.
#pragma once

#include <cstdint>
#include <stop_token>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct ChainsParams {
  std::uint32_t min_length = 3;                            ///< transfers, >= 2
  graph::Micros hop_within = 48 * graph::kMicrosPerHour;   ///< from one transfer to the next, > 0
  graph::TimeOrder time_order = graph::TimeOrder::kLoose;  ///< strict or loose
  double pass_on_at_least = 0.8;  ///< transfer / the one before, 0..pass_on_at_most
  double pass_on_at_most = 1.05;  ///< pass_on_at_least..1000
  /// Minor units of the base currency; smaller transfers are everyday payments; >= 0.
  graph::MinorUnits leg_at_least_minor = 200'000;
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
  /// Transfers in paths, before they are put together, at which the search likewise ends; > 0.
  std::uint64_t max_transfers = 10'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const ChainsParams& params);

/// One finding for each set of maximal paths that hang together: those that share a transfer (a
/// chain that branches, chains that run together) are one finding with all their transfers.
///
/// A path is a chain of transfers over distinct accounts, each of which may follow the one before
/// within hop_within and carries [pass_on_at_least, pass_on_at_most] of it, compared to a
/// thousandth. It is maximal if no transfer can be put before or after it; it counts from
/// min_length transfers on.
///
/// Subject:  the account that sends the earliest transfer.
/// Evidence key: the subject and the earliest transfer.
/// Steps:    in time order, role "hop"; branch is the transfer's place in its path, in the last one
///           if it has several.
/// Score:    in [0, 1], of the longest path (of equals the first by its transfers), the sum of
///             0.4 * (1 - 2^(2 - length))                      evidence length
///             0.3 * smaller / larger of first and last amount evidence retained_share
///             0.3 * (1 - mean time of a hop / hop_within)     evidence mean_hop_hours
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_chains(const graph::TransferGraph& graph, const ChainsParams& params,
                        const BaseCurrency& currency, std::stop_token stop = {});

}  // namespace aml::detect
