// SPDX-License-Identifier: Apache-2.0
// Two-tier structuring: payments below the reporting threshold that travel over middlemen into one
// collector, who forwards the sum.
#pragma once

#include <stop_token>
#include <string>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct StructuringParams {
  /// Two or more two-leg branches into a collector that pays an exit, in the motif language. The
  /// number of branches written is the number of branches required.
  std::string motif = "(a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (c)-[e5]->(g)";
  /// T, minor units of the base currency, > 0: every leg of a branch is below it, the sum above.
  graph::MinorUnits threshold_minor = 1'000'000;
  /// Minor units; smaller legs are everyday payments; 0..threshold.
  graph::MinorUnits leg_at_least_minor = 50'000;
  graph::Micros window = 10 * graph::kMicrosPerDay;  ///< first to last transfer of a match, > 0
  graph::TimeOrder time_order = graph::TimeOrder::kLoose;  ///< strict or loose
  double pass_on_at_least = 0.7;    ///< second leg / first leg of a branch, 0..pass_on_at_most
  double pass_on_at_most = 1.05;    ///< >= pass_on_at_least
  double forwarded_at_least = 0.7;  ///< exits / sum of the second legs, inside the window, 0..1
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
  /// Candidate transfers looked at before the search gives up and says so; > 0.
  std::uint64_t max_steps = 2'000'000'000;
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range;
/// graph::MotifError for the motif, std::invalid_argument when the motif parses but is not of the
/// shape above.
void validate(const StructuringParams& params);

/// One finding for each network: a collector with its branches and exits.
///
/// A branch is a match of (a)-[e1]->(b); (b)-[e2]->(c): both legs in [leg_at_least, T), e2 may
/// follow e1, and e2 / e1 inside [pass_on_at_least, pass_on_at_most]. An exit (c)-[e5]->(g) anchors
/// a window of the given length that ends with it: to the window belong the branches whose e2 it
/// may follow, whose e1 lies inside and that do not lead over g, and the exits that follow one of
/// these. The anchor holds if it closes the written motif (enough branches over distinct accounts)
/// and
///   inflow = sum of the distinct second legs > T,  forwarded = min(inflow, sum of the exits) > T,
///   sum of the exits >= forwarded_at_least * inflow.
/// Shares are compared to a thousandth. Anchors of one collector that share a transfer make one
/// network. Exits may be of any size: what matters is that each payment on the way in stayed below
/// the threshold. In a network of several windows the figures of the evidence are those of all.
///
/// Subject:  the collector.
/// Evidence key: the collector and the network's earliest transfer.
/// Steps:    branch by branch, first leg before second leg, then the exits. A transfer stands once:
///           branches are told such that together they hold every leg, first those whose legs are
///           both new.
/// Score:    in [0, 1], the sum of
///             0.3 * (1 - 2^(1 - branches told))             evidence branches
///             0.4 * mean leg / T                            evidence mean_leg
///             0.3 * inflow / all that the collector
///                   received in the same time               evidence income_share
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_structuring(const graph::TransferGraph& graph, const StructuringParams& params,
                             const BaseCurrency& currency, const std::stop_token& stop = {});

}  // namespace aml::detect
