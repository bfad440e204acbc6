// SPDX-License-Identifier: Apache-2.0
#include "detect/risk_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <utility>

#include "graph/pregel.hpp"
#include "graph/temporal_cycles.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::MinorSum;
using graph::TransferGraph;
using graph::Vertex;

template <PropagationMode kMode>
struct RiskProgram {
  using State = double;    ///< inherited risk
  using Visible = double;  ///< what each transfer of the party carries
  using Message = double;
  using Aggregate = double;  ///< sum of the changes of inherited risk

  const TransferGraph& graph;
  std::span<const double> base_risk;
  std::span<const char> is_hub;
  std::span<const Edge> sent_transfers;
  std::span<const MinorSum> received_minor;
  double decay;
  double max_risk;

  /// What each transfer of a party carries of its score.
  double gives(Vertex v) const {
    if (is_hub[v]) return 0;
    if constexpr (kMode != PropagationMode::kNormalised) return 1;
    return sent_transfers[v] == 0 ? 0 : 1 / static_cast<double>(sent_transfers[v]);
  }
  /// What a party inherits of what comes in.
  double takes(Vertex v) const {
    if (is_hub[v]) return 0;
    if constexpr (kMode != PropagationMode::kAmountWeighted) return decay;
    return received_minor[v] == 0 ? 0 : decay / static_cast<double>(received_minor[v]);
  }
  double visible(double inherited, Vertex v) const {
    return gives(v) * std::min(max_risk, base_risk[v] + inherited);
  }

  void along(const graph::Triplet<double>& transfer, auto& send) const {
    if (kMode != PropagationMode::kLiteral && transfer.payer == transfer.payee) return;
    if constexpr (kMode == PropagationMode::kAmountWeighted) {
      send(transfer.payer_state * static_cast<double>(graph.amount_minor(transfer.edge)));
    } else {
      send(transfer.payer_state);
    }
  }
  void combine(double& sum, double message) const { sum += message; }
  double update(double old, const double* received, auto& self) const {
    return received == nullptr ? old : std::min(max_risk, takes(self.vertex()) * *received);
  }
  void contribute(double& change, double before, double now, Vertex) const {
    change += std::abs(now - before);
  }
  void merge(double& change, double more) const { change += more; }
};

void require_base_risk(const TransferGraph& graph, std::span<const double> base_risk) {
  if (base_risk.size() != graph.num_vertices()) {
    throw std::invalid_argument(fmt::format("base_risk: {} values for {} vertices",
                                            base_risk.size(), graph.num_vertices()));
  }
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    if (!(base_risk[v] >= 0 && base_risk[v] <= kLargestRisk)) {
      throw std::invalid_argument(fmt::format("base_risk: {} of {} is outside 0..{}", base_risk[v],
                                              graph.key(v), kLargestRisk));
    }
  }
}

}  // namespace

RiskFlow::RiskFlow(const TransferGraph& graph, std::span<const double> base_risk,
                   const RiskPropagationParams& params)
    : graph_(graph), base_risk_(base_risk), params_(params) {
  validate(params);
  require_base_risk(graph, base_risk);
  is_hub_ = graph::hub_vertices(graph, params.max_counterparties);
  switch (params.mode) {
    case PropagationMode::kLiteral:
      propagate<PropagationMode::kLiteral>();
      break;
    case PropagationMode::kDistinct:
      propagate<PropagationMode::kDistinct>();
      break;
    case PropagationMode::kNormalised:
      count_sent_transfers();
      propagate<PropagationMode::kNormalised>();
      break;
    case PropagationMode::kAmountWeighted:
      sum_received();
      propagate<PropagationMode::kAmountWeighted>();
      break;
  }
}

void RiskFlow::count_sent_transfers() {
  sent_transfers_.assign(graph_.num_vertices(), 0);
  for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
    for (const Edge e : graph_.out_edges(v)) sent_transfers_[v] += graph_.target(e) != v ? 1 : 0;
  }
}

void RiskFlow::sum_received() {
  received_minor_.assign(graph_.num_vertices(), 0);
  for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
    for (const Edge e : graph_.out_edges(v)) {
      if (graph_.target(e) != v) received_minor_[graph_.target(e)] += graph_.amount_minor(e);
    }
  }
}

template <PropagationMode kMode>
void RiskFlow::propagate() {
  const RiskProgram<kMode> program{graph_,          base_risk_,    is_hub_,         sent_transfers_,
                                   received_minor_, params_.decay, params_.max_risk};
  constexpr auto kMessages = kMode == PropagationMode::kDistinct
                                 ? graph::MessagePolicy::kFirstOfEachPair
                                 : graph::MessagePolicy::kEveryTransfer;
  std::vector<double> nothing(graph_.num_vertices(), 0.0);
  auto result = graph::run_pregel(graph_, program, std::move(nothing),
                                  {.max_supersteps = params_.rounds, .messages = kMessages});
  inherited_ = std::move(result.states);
  carried_ = std::move(result.visible_before);
  residual_ = result.aggregate;
}

/// What the transfers of one payer to one payee weigh together, with the payee's decay.
double RiskFlow::weight_of(const RiskInflow& inflow, Vertex payee) const {
  switch (params_.mode) {
    case PropagationMode::kLiteral:
    case PropagationMode::kNormalised:
      return params_.decay * static_cast<double>(inflow.transfers);
    case PropagationMode::kDistinct:
      return params_.decay;
    case PropagationMode::kAmountWeighted:
      return received_minor_[payee] == 0
                 ? 0
                 : params_.decay * static_cast<double>(inflow.amount_minor) /
                       static_cast<double>(received_minor_[payee]);
  }
  return 0;
}

std::vector<RiskInflow> RiskFlow::inflows_to(Vertex payee) const {
  if (is_hub(payee)) return {};
  const bool from_itself = params_.mode == PropagationMode::kLiteral;
  std::vector<RiskInflow> inflows;  // first one for each transfer
  for (const Edge position : graph_.in_edges(payee)) {
    const Vertex payer = graph_.in_source(position);
    if (carried_[payer] > 0 && (from_itself || payer != payee))
      inflows.push_back({payer, 1, graph_.amount_minor(graph_.in_edge(position)), 0});
  }
  std::ranges::sort(inflows, {}, &RiskInflow::payer);
  double total = 0;
  auto last = inflows.begin();
  for (auto first = inflows.begin(); first != inflows.end(); ++last) {
    *last = *first;
    while (++first != inflows.end() && first->payer == last->payer) {
      last->transfers += first->transfers;
      last->amount_minor += first->amount_minor;
    }
    last->contribution = carried_[last->payer] * weight_of(*last, payee);
    total += last->contribution;
  }
  inflows.erase(last, inflows.end());
  if (total > params_.max_risk) {  // each has its part of what was let through
    for (RiskInflow& inflow : inflows) inflow.contribution *= params_.max_risk / total;
  }
  std::erase_if(inflows, [](const RiskInflow& inflow) { return inflow.contribution <= 0; });
  std::ranges::stable_sort(inflows, std::greater<>(), &RiskInflow::contribution);
  return inflows;
}

PropagatedRisk propagate_risk(const TransferGraph& graph, std::span<const double> base_risk,
                              const RiskPropagationParams& params) {
  const RiskFlow flow(graph, base_risk, params);
  PropagatedRisk risk{{}, flow.residual()};
  risk.scores.reserve(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) risk.scores.push_back(flow.score(v));
  return risk;
}

}  // namespace aml::detect
