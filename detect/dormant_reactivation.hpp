// SPDX-License-Identifier: Apache-2.0
// Dormant reactivation: an account that lay still for months and then moves a lot of money at once.
#pragma once

#include <cstdint>
#include <stop_token>

#include "detect/account_history.hpp"
#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct DormantReactivationParams {
  graph::Micros silence = 180 * graph::kMicrosPerDay;  ///< without any transfer, at least; > 0
  graph::Micros window =
      7 * graph::kMicrosPerDay;  ///< after the wake-up, [t, t + window); 1..silence
  /// Minor units; money moved in the window from which a wake-up is suspicious by itself; > 0.
  graph::MinorUnits moved_at_least_minor = 500'000;
  /// How many times what it moved in a month before its silence, on average; 1..1000.
  int times_earlier_mean = 10;
  /// Minor units; the comparison with the earlier mean needs at least this much moved; >= 0.
  graph::MinorUnits grown_at_least_minor = 100'000;
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const DormantReactivationParams& params);

/// One finding for each wake-up (see AccountHistories) in whose window the account moved at least
/// moved_at_least, or at least grown_at_least and times_earlier_mean times its monthly mean before.
/// What is moved is the larger of what comes in and what goes out, transfers to itself apart. The
/// mean is taken over the time from the account's first transfer to its last one before the
/// silence, at least over a month of 30 days; without earlier transfers there is no mean.
///
/// Subject:  the account.
/// Evidence key: the account and the earliest transfer after the silence.
/// Steps:    the transfers of the window in time order, role "incoming" or "outgoing".
/// Score:    in [0, 1], the sum of
///             0.5 * (1 - 2^(-moved / moved_at_least))    evidence moved
///             0.3 * (1 - 2^(-time silent / silence))     evidence silent_days
///             0.2 * smaller / larger of in and out       evidence passed_on_share
/// Cost:     O(d) for an account of degree d and each of its wake-ups; parallel over accounts.
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_dormant_reactivation(const graph::TransferGraph& graph, const AccountFacts& facts,
                                      const DormantReactivationParams& params,
                                      const BaseCurrency& currency,
                                      const std::stop_token& stop = {});

}  // namespace aml::detect
