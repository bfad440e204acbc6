// SPDX-License-Identifier: Apache-2.0
#include "detect/risk_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <utility>

#include "graph/hubs.hpp"
#include "graph/pregel.hpp"

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

  std::span<const double> base_risk;
  std::span<const char> is_hub;
  std::span<const Edge> sent_transfers;
  std::span<const double> incoming_amounts;
  std::span<const double> received;
  double decay;
  double max_risk;

  /// What each transfer of a party carries of its score.
  double gives(Vertex v) const {
    if (is_hub[v]) return 0;
    if constexpr (kMode != PropagationMode::kNormalised) return 1;
    return sent_transfers[v] == 0 ? 0 : 1 / static_cast<double>(sent_transfers[v]);
  }
  double visible(double inherited, Vertex v) const {
    return gives(v) * std::min(max_risk, base_risk[v] + inherited);
  }

  void along(const graph::Triplet<double>& transfer, auto& send) const {
    if (kMode != PropagationMode::kLiteral && transfer.payer == transfer.payee) return;
    if constexpr (kMode == PropagationMode::kAmountWeighted) {
      send(transfer.payer_state * incoming_amounts[transfer.position]);
    } else {
      send(transfer.payer_state);
    }
  }
  void combine(double& sum, double message) const { sum += message; }
  /// What a party inherits of what comes in.
  double takes(Vertex v) const {
    if (is_hub[v]) return 0;
    if constexpr (kMode != PropagationMode::kAmountWeighted) return decay;
    return received[v] == 0 ? 0 : decay / received[v];
  }
  double update(double old, const double* carried, auto& self) const {
    return carried == nullptr ? old : std::min(max_risk, takes(self.vertex()) * *carried);
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
      read_income();
      propagate<PropagationMode::kAmountWeighted>();
      break;
  }
}

void RiskFlow::count_sent_transfers() {
  sent_transfers_.resize(graph_.num_vertices());
  const auto offsets = graph_.out_offsets();
  const auto targets = graph_.targets();
  // Payments to oneself are rare. Whether a block of payers has any is seen in one long loop over
  // their payees, which is faster than a short one for each payer.
  constexpr Vertex kBlock = 64;
  for (std::size_t first = 0; first < sent_transfers_.size(); first += kBlock) {
    const std::size_t end = std::min(first + kBlock, sent_transfers_.size());
    Edge inside = 0;
    for (Edge e = offsets[first]; e < offsets[end]; ++e) {
      inside += targets[e] - static_cast<Vertex>(first) < kBlock ? 1 : 0;
    }
    for (std::size_t v = first; v < end; ++v) {
      sent_transfers_[v] = offsets[v + 1] - offsets[v];
      if (inside == 0) continue;
      for (Edge e = offsets[v]; e < offsets[v + 1]; ++e)
        sent_transfers_[v] -= targets[e] == v ? 1 : 0;
    }
  }
}

/// Once, and not in each round: amounts lie in the order of payers, which is a jump for each transfer.
void RiskFlow::read_income() {
  incoming_amounts_.resize(graph_.num_edges());
  received_.resize(graph_.num_vertices());
  for (Vertex payee = 0; payee < graph_.num_vertices(); ++payee) {
    MinorSum received = 0;
    for (const Edge position : graph_.in_edges(payee)) {
      const graph::MinorUnits amount = graph_.amount_minor(graph_.in_edge(position));
      incoming_amounts_[position] = static_cast<double>(amount);
      received += graph_.in_source(position) == payee ? 0 : amount;
    }
    received_[payee] = static_cast<double>(received);
  }
}

template <PropagationMode kMode>
void RiskFlow::propagate() {
  const RiskProgram<kMode> program{base_risk_, is_hub_,       sent_transfers_, incoming_amounts_,
                                   received_,  params_.decay, params_.max_risk};
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

graph::MinorSum RiskFlow::received_minor(Vertex payee) const {
  MinorSum received = 0;
  for (const Edge position : graph_.in_edges(payee)) {
    if (graph_.in_source(position) != payee)
      received += graph_.amount_minor(graph_.in_edge(position));
  }
  return received;
}

/// What the transfers of one payer weigh together for a payee that received so much, with its decay.
double RiskFlow::weight_of(const RiskInflow& inflow, MinorSum received) const {
  switch (params_.mode) {
    case PropagationMode::kLiteral:
    case PropagationMode::kNormalised:
      return params_.decay * static_cast<double>(inflow.transfers);
    case PropagationMode::kDistinct:
      return params_.decay;
    case PropagationMode::kAmountWeighted:
      return received == 0 ? 0
                           : params_.decay * static_cast<double>(inflow.amount_minor) /
                                 static_cast<double>(received);
  }
  return 0;
}

std::vector<RiskInflow> RiskFlow::inflows_to(Vertex payee) const {
  if (is_hub(payee)) return {};
  const bool from_itself = params_.mode == PropagationMode::kLiteral;
  const MinorSum received = received_minor(payee);
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
    last->contribution = carried_[last->payer] * weight_of(*last, received);
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
