// SPDX-License-Identifier: Apache-2.0
// Flow through an account: money comes in and goes out again soon. Pass-through, gather-scatter,
// funnel accounts and mules are parameters of it.
#pragma once

#include <cstdint>
#include <stop_token>

#include "detect/account_history.hpp"
#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Which accounts can be the subject: all, or those that are new: opened, or woken after a long
/// silence, a short time ago.
enum class AccountAge : std::uint8_t { kAny, kNew };

struct FlowThroughParams {
  /// Minor units; smaller transfers are everyday payments, in both directions; >= 0.
  graph::MinorUnits leg_at_least_minor = 50'000;
  /// Minor units; each transfer that comes in is below it; 0 = no bound, else above leg_at_least.
  graph::MinorUnits deposit_below_minor = 0;
  graph::Micros window = 2 * graph::kMicrosPerDay;  ///< a window holds [t, t + window); > 0
  graph::Micros holding =
      2 * graph::kMicrosPerDay;                   ///< from the latest deposit to a withdrawal, at
                                                  ///< most; > 0
  graph::MinorUnits in_at_least_minor = 500'000;  ///< sum of a window's deposits, > 0
  double out_in_at_least = 0.8;     ///< withdrawals / deposits of a window, 0..out_in_at_most
  double out_in_at_most = 1.05;     ///< >= out_in_at_least
  double gathered_first = 0;        ///< share of the deposits that a withdrawal must follow, 0..1
  std::uint32_t min_deposits = 1;   ///< in a window, >= 1
  std::uint32_t min_senders = 1;    ///< distinct parties, in a window, >= 1
  std::uint32_t min_receivers = 1;  ///< distinct parties, in a window, >= 1
  /// Distinct countries of senders, each other than the account's own; 0 = any.
  std::uint32_t min_other_countries = 0;
  AccountAge accounts = AccountAge::kAny;
  graph::Micros new_within = 90 * graph::kMicrosPerDay;    ///< since its beginning or wake-up, > 0
  graph::Micros dormant_for = 180 * graph::kMicrosPerDay;  ///< silence before a wake-up, > 0
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const FlowThroughParams& params);

/// One finding for each account and episode. Transfers between accounts of one party do not count.
///
/// Every deposit opens a window at its time. To the window belong its deposits, and the withdrawals
/// that follow, in order of time and transfer key, a deposit of the window that is at most `holding`
/// old and a share of at least gathered_first of all its deposits. Windows that hold what the
/// parameters ask for and share a transfer make one episode with all their transfers.
///
/// A new account (AccountAge::kNew) is one whose beginning (see AccountHistories; reserve: new_within)
/// or latest wake-up from a silence of dormant_for lies at most new_within before the first deposit
/// of the window, or after it.
///
/// Shares are compared to a thousandth.
/// Subject:  the account.
/// Evidence key: the account and the episode's earliest deposit.
/// Steps:    deposits and withdrawals in time order, role "incoming" or "outgoing".
/// Score:    in [0, 1], the sum of
///             0.5 * smaller / larger of deposits and withdrawals       evidence passed_on_share
///             0.3 * (1 - duration / window), at least 0                evidence duration_hours
///             0.2 * deposits / all that the account received from
///                   other parties from the first transfer to the last  evidence income_share
/// Cost:     O(d) for an account of degree d and, for each window whose sums could hold, the number
///           of its transfers; parallel over accounts.
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_flow_through(const graph::TransferGraph& graph, const AccountFacts& facts,
                              const FlowThroughParams& params, const BaseCurrency& currency,
                              const std::stop_token& stop = {});

}  // namespace aml::detect
