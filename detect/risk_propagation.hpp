// SPDX-License-Identifier: Apache-2.0
// Risk that flows with the money: each round a party's score is its base risk plus a share of the
// scores of its payers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// How much of a payer's score a payee inherits. Payments to oneself count in literal mode only.
enum class PropagationMode {
  kLiteral,     ///< all of it for each transfer: GraphFrames' behaviour; n transfers count n times
  kDistinct,    ///< all of it once, however many transfers
  kNormalised,  ///< its transfers' share of all transfers that the payer sent: risk is divided
  kAmountWeighted,  ///< its amount's share of all money that the payee received: risk is diluted
};

/// No risk is larger than this, so that every score stays a number.
inline constexpr double kLargestRisk = 1e100;

struct RiskPropagationParams {
  PropagationMode mode = PropagationMode::kDistinct;
  int rounds = 3;                  ///< 1..100
  double decay = 0.5;              ///< share of what is inherited that stays, in (0, 1)
  double max_risk = kLargestRisk;  ///< no score grows beyond this, in (0, 1e100]; the default is no
                                   ///< limit in practice
  double score_cap = 10.0;         ///< a risk of this size is a score of 1, > 0
  double alert_at =
      5.0;  ///< inherited risk (score minus base) from which a party is a finding, > 0
  std::uint32_t max_counterparties = 2000;  ///< parties with more distinct payers or payees neither
                                            ///< send nor receive, and are reported; 0 = no cap
  int top_payers = 5;                       ///< payers named in the explanation, 1..50
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const RiskPropagationParams& params);

struct PropagatedRisk {
  std::vector<double> scores;  ///< one for each vertex
  double residual = 0;  ///< sum over all parties of how much their inherited risk changed in the
                        ///< last round, without sign
};

/// The propagated risk of every party after params.rounds rounds, and nothing else: what the
/// published example shows. In each round, all at once,
///
///   score(v) = min(max_risk, base(v) + decay * sum of share(u, v) * score(u) over the payers u)
///
///   literal          share = number of transfers from u to v
///   distinct         share = 1
///   normalised       share = transfers from u to v / all transfers from u to others
///   amount_weighted  share = amount from u to v / all money to v from others
///
/// The base is added afresh each round, so after k rounds the score sums the walks of length <= k.
///
/// Bounds:   in normalised mode the shares of a payer sum to 1 at most, so all scores together stay
///           below (sum of base) / (1 - decay); in amount_weighted mode those of a payee do, so no
///           score exceeds (largest base) / (1 - decay). In both, the scores converge, and none is
///           further than decay / (1 - decay) * residual from its limit. Literal and distinct
///           scores grow without end where the spectral radius of the shares is 1 / decay or more;
///           there max_risk ends it, and the residual says how far they were from rest.
/// Shape:    base_risk and the scores have one value for each vertex; a hub keeps its base risk.
/// Throws:   std::invalid_argument for parameters out of range, another number of values, or one
///           that is negative, not finite or above 1e100.
/// Cost:     O(rounds * m), parallel over vertices; bit-identical for any number of threads.
/// Source:   literal: Databricks, The Big Book of Data Engineering. amount_weighted is the
///           "haircut" rule for tainted money (Moeser, Boehme, Breuker 2014), with decay.
PropagatedRisk propagate_risk(const graph::TransferGraph& graph, std::span<const double> base_risk,
                              const RiskPropagationParams& params);

/// Scores "base_risk" and "risk_score" of every party with a risk above zero, and a finding for
/// each party whose inherited risk reaches alert_at. The evidence names the top payers, each with
/// its part of the inherited risk, and the transfers by which they paid (role "risk inflow", the
/// first 20 of each payer). A payer's part is decay * share * its score in the round before the
/// last, so the parts of all payers add up to the inherited risk; where max_risk cut that, each part
/// is cut in proportion.
/// Findings by falling risk score, then in key order.
/// Subject: the party.   Evidence key: empty; a party has one such alert.
Detection detect_risk(const graph::TransferGraph& parties, std::span<const double> base_risk,
                      const RiskPropagationParams& params, const BaseCurrency& currency);

}  // namespace aml::detect
