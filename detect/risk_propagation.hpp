// SPDX-License-Identifier: Apache-2.0
// Risk that flows with the money: each round a party's score is its base risk plus a share of the
// scores of its payers.
#pragma once

#include <span>
#include <vector>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/pregel.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

enum class PropagationMode {
  kLiteral,   ///< each transfer sends: GraphFrames' behaviour; n parallel transfers count n times
  kDistinct,  ///< each payer sends once to each payee; a party is not its own payer
};

struct RiskPropagationParams {
  PropagationMode mode = PropagationMode::kDistinct;
  int rounds = 3;           ///< 1..100
  double decay = 0.5;       ///< share of the payer's score that a payee inherits, in (0, 1)
  double score_cap = 10.0;  ///< a risk of this size is a score of 1, > 0
  double alert_at =
      5.0;  ///< inherited risk (score minus base) from which a party is a finding, > 0
  std::uint32_t max_counterparties = 2000;  ///< parties with more distinct payers or payees neither
                                            ///< send nor receive, and are reported; 0 = no cap
  int top_payers = 5;                       ///< payers named in the explanation, 1..50
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const RiskPropagationParams& params);

/// The propagated risk of every party after params.rounds rounds, and nothing else: what the
/// published example shows. Shape:  base_risk and the result have one value for each vertex; a hub
/// keeps its base risk. Throws: std::invalid_argument for another number of values, or one that is
/// negative, not finite or above 1e100. Cost:   O(rounds * m), parallel over vertices;
/// bit-identical for any number of threads. Source: Databricks, The Big Book of Data Engineering:
/// score = base + decay * sum of the payers' scores if the vertex has
///         an in-edge, else unchanged; the base is added afresh each round, so after k rounds the
///         score sums the walks of length <= k. Literal scores diverge where parallel transfers run
///         in a circle (spectral radius of the transfer counts >= 1 / decay): ours stop at 1e100,
///         so that every score stays a number.
std::vector<double> propagate_risk(const graph::TransferGraph& graph,
                                   std::span<const double> base_risk,
                                   const RiskPropagationParams& params);

/// Scores "base_risk" and "risk_score" of every party with a risk above zero, and a finding for
/// each party whose inherited risk reaches alert_at. The evidence names the top payers, each with
/// its part of the inherited risk, and the transfers by which they paid (role "risk inflow", the
/// first 20 of each payer). A payer's part is decay times its score in the round before the last,
/// times its transfers in literal mode: the parts of all payers add up to the inherited risk.
/// Findings by falling risk score, then in key order.
/// Subject: the party.   Evidence key: empty; a party has one such alert.
Detection detect_risk(const graph::TransferGraph& parties, std::span<const double> base_risk,
                      const RiskPropagationParams& params, const BaseCurrency& currency);

}  // namespace aml::detect
