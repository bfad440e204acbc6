// SPDX-License-Identifier: Apache-2.0
// How risk flows between parties: the numbers behind risk_propagation, without findings.
//
// Every mode is one formula,
//   score(v) = min(max_risk, base(v) + inherited(v))
//   inherited(v) = min(max_risk, takes(v) * sum of gives(u) * score(u) * weight(e) over v's payers)
// with what a party gives to each transfer it sends, what a transfer weighs, and what a party takes
// of what comes in. Hubs give and take nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "detect/risk_propagation.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// What one payer passed on to one payee in the last round.
struct RiskInflow {
  graph::Vertex payer;
  std::size_t transfers;         ///< all that it paid by, whichever of them counted
  graph::MinorSum amount_minor;  ///< sum of these
  double contribution;           ///< its part of the payee's inherited risk
};

/// Thread safety: immutable after construction; concurrent reads need no lock. Refers to the graph
/// and to base_risk.
class RiskFlow {
 public:
  /// Makes params.rounds rounds. Throws and costs what propagate_risk() does.
  RiskFlow(const graph::TransferGraph& graph, std::span<const double> base_risk,
           const RiskPropagationParams& params);

  double score(graph::Vertex v) const {
    return std::min(params_.max_risk, base_risk_[v] + inherited(v));
  }
  double inherited(graph::Vertex v) const { return inherited_[v]; }
  bool is_hub(graph::Vertex v) const { return is_hub_[v] != 0; }
  double residual() const { return residual_; }

  /// The payers that passed risk on to a party, the largest contribution first, ties in key order.
  /// Their contributions add up to what it inherited.
  std::vector<RiskInflow> inflows_to(graph::Vertex payee) const;

  /// Transfers that a party sent to others. Requires: mode normalised.
  graph::Edge sent_transfers(graph::Vertex payer) const { return sent_transfers_[payer]; }
  /// Money that a party received from others. Cost: O(transfers that it received).
  graph::MinorSum received_minor(graph::Vertex payee) const;

 private:
  template <PropagationMode kMode>
  void propagate();
  void count_sent_transfers();
  void read_income();
  double weight_of(const RiskInflow& inflow, graph::MinorSum received) const;

  const graph::TransferGraph& graph_;
  std::span<const double> base_risk_;
  RiskPropagationParams params_;
  std::vector<char> is_hub_;
  std::vector<graph::Edge> sent_transfers_;  ///< of each party, in mode normalised
  // In mode amount_weighted, as weights: of each incoming transfer, and all of a party.
  std::vector<double> incoming_amounts_;
  std::vector<double> received_;
  std::vector<double> inherited_;  ///< kept apart from scores: score - base would lose digits
  std::vector<double> carried_;    ///< by each transfer of a party in the last round
  double residual_ = 0;
};

}  // namespace aml::detect
