// SPDX-License-Identifier: Apache-2.0
// Aggregation: what one account receives, or pays, within a window of time. Structuring at one
// account, smurfing, fan-in, fan-out and round amounts are parameters of it.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

enum class Direction : std::uint8_t { kIn, kOut };

/// Whose transfers are legs: everybody's, or only those of counterparties without a standing
/// relationship to the account.
enum class Counterparties : std::uint8_t { kAny, kOccasional };

struct AggregationParams {
  Direction direction = Direction::kIn;  ///< what the account receives, or what it pays
  /// Minor units; smaller transfers are everyday payments and no legs; >= 0.
  graph::MinorUnits leg_at_least_minor = 200'000;
  /// Minor units; each leg is below it; 0 = no bound, else above leg_at_least.
  graph::MinorUnits leg_below_minor = 0;
  /// Minor units; each leg is a multiple of it; 0 = any amount.
  graph::MinorUnits multiples_of_minor = 0;
  std::vector<std::string> types;  ///< types of transfers that are legs; empty: all
  Counterparties counterparties = Counterparties::kOccasional;
  /// First to last transfer of a counterparty with the account, from which it is a standing
  /// relationship: a tenant, a customer, an employer; > 0.
  graph::Micros standing_after = 60 * graph::kMicrosPerDay;
  graph::Micros window = 7 * graph::kMicrosPerDay;  ///< a window holds [t, t + window); > 0
  std::uint32_t min_transfers = 5;                  ///< legs in a window, >= 1
  std::uint32_t min_counterparties = 5;             ///< distinct, in a window, 1..min_transfers
  graph::MinorUnits total_above_minor = 0;  ///< sum of a window's legs is strictly above, >= 0
  /// Legs among all transfers of the direction from a window's first leg to its last, by number,
  /// 0..1.
  double min_share = 0;
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const AggregationParams& params);

/// One finding for each account and episode. A leg is a transfer of the account in the direction,
/// not to itself, that fits the bounds; with Counterparties::kOccasional only if its counterparty
/// has fewer than three transfers of the direction with the account in all the data, or all of them
/// within standing_after. Every leg opens a window at its time; windows that hold
/// what the parameters ask for and share a leg make one episode with all their legs.
///
/// Shares are compared to a thousandth.
/// Subject:  the account.
/// Evidence key: the account and the episode's earliest leg.
/// Steps:    the legs in time order, role "incoming" or "outgoing".
/// Score:    in [0, 1], the sum of
///             0.4 * (1 - 2^(-legs / min_transfers))              evidence transfers
///             0.4 * money of the legs / all that the account
///                   received (paid) from first to last leg       evidence money_share
///             0.2 * (1 - duration / window), at least 0          evidence duration_hours
/// Cost:     O(d log d) for an account of degree d; parallel over accounts.
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_aggregation(const graph::TransferGraph& graph, const AggregationParams& params,
                             const BaseCurrency& currency, const std::stop_token& stop = {});

}  // namespace aml::detect
