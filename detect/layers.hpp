// SPDX-License-Identifier: Apache-2.0
// Layers of accounts that all pay each other: bipartite (two layers) and stack (three).
#pragma once

#include <cstdint>
#include <stop_token>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct BipartiteParams {
  std::uint32_t min_sources = 2;                     ///< >= 2
  std::uint32_t min_sinks = 3;                       ///< that two sources share, >= 2
  graph::Micros window = 10 * graph::kMicrosPerDay;  ///< first to last transfer of a biclique, > 0
  /// Minor units of the base currency; smaller transfers are everyday payments; >= 0.
  graph::MinorUnits leg_at_least_minor = 100'000;
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
  /// Transfers in bicliques of pairs, before they are put together, at which the search likewise
  /// ends; > 0.
  std::uint64_t max_transfers = 10'000'000;
};

struct StackParams {
  std::uint32_t min_per_layer = 2;                   ///< accounts, >= 2
  graph::Micros window = 20 * graph::kMicrosPerDay;  ///< first to last transfer of a biclique, > 0
  graph::TimeOrder time_order = graph::TimeOrder::kNone;  ///< loose: all in before all out; or none
  graph::MinorUnits leg_at_least_minor = 100'000;         ///< as in BipartiteParams, like the rest
  std::uint32_t max_counterparties = 2000;
  std::uint64_t max_steps = 2'000'000'000;
  std::uint64_t max_transfers = 10'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const BipartiteParams& params);
void validate(const StackParams& params);

/// One finding for each set of bicliques that hang together.
///
/// Around each pair of sources and window (of the given length, beginning with one of their
/// transfers) lies one maximal biclique: all sinks that both pay in it, if there are min_sinks.
/// Bicliques that share a transfer are one finding, with all their transfers, if it has min_sources
/// sources. So every source pays every sink in a finding of one biclique; where several are put
/// together, evidence `completeness` says how far that holds.
///
/// Subject:  the source of the earliest transfer.
/// Evidence key: the subject and the earliest transfer.
/// Steps:    source by source, by their first transfer, in time order; branch is the number of the
///           source.
/// Score:    in [0, 1], the sum of
///             0.4 * pairs of source and sink that were paid / all pairs     evidence completeness
///             0.3 * (1 - 2^(-pairs paid / 6))                               evidence pairs_paid
///             0.3 * what the sinks got by these transfers / all that they
///                   received in the same time                               evidence income_share
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_bipartite(const graph::TransferGraph& graph, const BipartiteParams& params,
                           const BaseCurrency& currency, std::stop_token stop = {});

/// The same over three layers. Around each pair of middles and window lie the payers that both are
/// paid by and the payees that both pay in it, if there are min_per_layer of each, all of them
/// different. In loose order a window is parted by each transfer out of the pair: in-transfers
/// before it, out-transfers from it on. What shares a transfer is one finding, if it has
/// min_per_layer middles.
///
/// Subject:  the payer of the earliest transfer into a middle; evidence key: the subject and that
///           transfer.
/// Steps:    first all first legs, payer by payer, then all second legs, middle by middle; branch
///           is the number of the sender within its layer. A transfer that is both (in a stack of
///           more than three layers) is a first leg.
/// Score:    as for bipartite, with the pairs of both steps, 2^(-pairs paid / 8), and the income of
///           middles and payees.
Detection detect_stack(const graph::TransferGraph& graph, const StackParams& params,
                       const BaseCurrency& currency, std::stop_token stop = {});

}  // namespace aml::detect
