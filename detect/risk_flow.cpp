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

struct RiskState {
  double carried;    ///< by each transfer that the party sends
  double inherited;  ///< kept apart: score - base would lose digits
};

template <PropagationMode kMode>
struct RiskProgram {
  using State = RiskState;
  using Message = double;
  using Aggregate = double;  ///< sum of the changes of inherited risk

  const TransferGraph& graph;
  std::span<const double> base_risk;
  std::span<const double> gives;
  std::span<const double> takes;
  double max_risk;

  double score(Vertex v, double inherited) const {
    return std::min(max_risk, base_risk[v] + inherited);
  }

  void along(const graph::Triplet<RiskState>& transfer, auto& send) const {
    if (kMode != PropagationMode::kLiteral && transfer.payer == transfer.payee) return;
    if constexpr (kMode == PropagationMode::kAmountWeighted) {
      send(transfer.payer_state.carried * static_cast<double>(graph.amount_minor(transfer.edge)));
    } else {
      send(transfer.payer_state.carried);
    }
  }
  void combine(double& sum, double message) const { sum += message; }
  RiskState update(const RiskState& old, const double* received, auto& self) const {
    if (received == nullptr) return old;
    const Vertex v = self.vertex();
    const double inherited = std::min(max_risk, takes[v] * *received);
    return {gives[v] * score(v, inherited), inherited};
  }
  void contribute(double& change, const RiskState& before, const RiskState& now, Vertex) const {
    change += std::abs(now.inherited - before.inherited);
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
    : graph_(graph), params_(params) {
  validate(params);
  require_base_risk(graph, base_risk);
  is_hub_ = graph::hub_vertices(graph, params.max_counterparties);
  gives_.assign(graph.num_vertices(), 1);
  takes_.assign(graph.num_vertices(), params.decay);
  if (params.mode == PropagationMode::kNormalised) count_sent_transfers();
  if (params.mode == PropagationMode::kAmountWeighted) sum_received();
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    if (is_hub(v)) gives_[v] = takes_[v] = 0;
  }
  switch (params.mode) {
    case PropagationMode::kLiteral:
      propagate<PropagationMode::kLiteral>(base_risk);
      break;
    case PropagationMode::kDistinct:
      propagate<PropagationMode::kDistinct>(base_risk);
      break;
    case PropagationMode::kNormalised:
      propagate<PropagationMode::kNormalised>(base_risk);
      break;
    case PropagationMode::kAmountWeighted:
      propagate<PropagationMode::kAmountWeighted>(base_risk);
      break;
  }
}

void RiskFlow::count_sent_transfers() {
  sent_transfers_.assign(graph_.num_vertices(), 0);
  for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
    for (const Edge e : graph_.out_edges(v)) sent_transfers_[v] += graph_.target(e) != v;
    if (sent_transfers_[v] > 0) gives_[v] = 1 / static_cast<double>(sent_transfers_[v]);
  }
}

void RiskFlow::sum_received() {
  received_minor_.assign(graph_.num_vertices(), 0);
  for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
    for (const Edge e : graph_.out_edges(v)) {
      if (graph_.target(e) != v) received_minor_[graph_.target(e)] += graph_.amount_minor(e);
    }
  }
  for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
    const auto received = static_cast<double>(received_minor_[v]);
    takes_[v] = received > 0 ? params_.decay / received : 0;
  }
}

template <PropagationMode kMode>
void RiskFlow::propagate(std::span<const double> base_risk) {
  const RiskProgram<kMode> program{graph_, base_risk, gives_, takes_, params_.max_risk};
  std::vector<RiskState> initial(graph_.num_vertices());
  for (Vertex v = 0; v < graph_.num_vertices(); ++v)
    initial[v] = {gives_[v] * program.score(v, 0), 0};
  constexpr auto kMessages = kMode == PropagationMode::kDistinct
                                 ? graph::MessagePolicy::kFirstOfEachPair
                                 : graph::MessagePolicy::kEveryTransfer;
  const auto result = graph::run_pregel(graph_, program, std::move(initial),
                                        {.max_supersteps = params_.rounds, .messages = kMessages});
  residual_ = result.aggregate;
  score_.resize(graph_.num_vertices());
  inherited_.resize(graph_.num_vertices());
  carried_.resize(graph_.num_vertices());
  for (Vertex v = 0; v < graph_.num_vertices(); ++v) {
    inherited_[v] = result.states[v].inherited;
    score_[v] = program.score(v, inherited_[v]);
    carried_[v] = result.states_before[v].carried;
  }
}

/// What the transfers of one payer to one payee weigh together.
double RiskFlow::weight_of(const RiskInflow& inflow) const {
  switch (params_.mode) {
    case PropagationMode::kLiteral:
    case PropagationMode::kNormalised:
      return static_cast<double>(inflow.transfers);
    case PropagationMode::kDistinct:
      return 1;
    case PropagationMode::kAmountWeighted:
      return static_cast<double>(inflow.amount_minor);
  }
  return 0;
}

std::vector<RiskInflow> RiskFlow::inflows_to(Vertex payee) const {
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
    last->contribution = takes_[payee] * carried_[last->payer] * weight_of(*last);
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
  return {flow.scores(), flow.residual()};
}

}  // namespace aml::detect
