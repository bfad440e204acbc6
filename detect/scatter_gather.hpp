// SPDX-License-Identifier: Apache-2.0
// Scatter-gather: one account pays many, and what it paid comes together again in another.
#pragma once

#include <cstdint>
#include <stop_token>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct ScatterGatherParams {
  std::uint32_t min_middles = 3;                           ///< accounts in between, >= 2
  graph::Micros window = 10 * graph::kMicrosPerDay;        ///< first leg in to last leg out, > 0
  graph::TimeOrder time_order = graph::TimeOrder::kLoose;  ///< strict or loose
  double pass_on_at_least = 0.8;  ///< leg out / leg in of a middle, 0..pass_on_at_most
  double pass_on_at_most = 1.05;  ///< pass_on_at_least..1000
  /// Minor units of the base currency; smaller transfers are everyday payments; >= 0.
  graph::MinorUnits leg_at_least_minor = 50'000;
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
  /// Pairs of a leg in and a leg out in findings, at which the search likewise ends; > 0.
  std::uint64_t max_paths = 1'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const ScatterGatherParams& params);

/// One finding for each source, sink and episode.
///
/// A path is a leg in (source)-[]->(middle) that a leg out (middle)-[]->(sink) may follow, where
/// leg out / leg in lies in [pass_on_at_least, pass_on_at_most], compared to a thousandth; the
/// three accounts differ. A window of the given length begins with a leg in; it counts if the paths
/// that lie in it as a whole lead over min_middles accounts. Windows of one source and sink that
/// share a transfer are one episode.
///
/// Subject:  the source.
/// Evidence key: the source, the sink and the episode's earliest transfer.
/// Steps:    middle by middle, by their first leg in: its legs in ("scatter"), then its legs out
///           ("gather"), in time order; branch is the number of the middle.
/// Score:    in [0, 1], the sum of
///             0.4 * (1 - 2^(2 - middles))                                evidence middles
///             0.3 * smaller / larger of what was sent and gathered       evidence passed_on_share
///             0.3 * smallest / largest sum that a middle got             evidence evenness
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_scatter_gather(const graph::TransferGraph& graph,
                                const ScatterGatherParams& params, const BaseCurrency& currency,
                                std::stop_token stop = {});

}  // namespace aml::detect
