// SPDX-License-Identifier: Apache-2.0
#include "detect/risk_propagation.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "detect/risk_flow.hpp"
#include "detect/sentences.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::TransferGraph;
using graph::Vertex;

constexpr std::size_t kTransfersPerPayer = 20;

/// "2.5": at most ten significant digits, which hides the rounding of binary fractions.
std::string risk_text(double risk) {
  return fmt::format("{:.10g}", risk);
}
/// For sentences.
std::string short_risk_text(double risk) {
  return fmt::format("{:.4g}", risk);
}

/// Builds the finding of one party.
class RiskStory {
 public:
  RiskStory(const TransferGraph& graph, const RiskPropagationParams& params,
            const BaseCurrency& currency, Vertex subject, double base, const RiskFlow& flow)
      : graph_(graph),
        params_(params),
        currency_(currency),
        flow_(flow),
        subject_(subject),
        base_(base),
        score_(flow.score(subject)),
        inherited_(flow.inherited(subject)),
        inflows_(flow.inflows_to(subject)),
        named_(std::min(inflows_.size(), static_cast<std::size_t>(params.top_payers))) {}

  Finding finding() {
    finding_.subject_kind = EntityKind::kParty;
    finding_.subject = graph_.key(subject_);
    finding_.score = std::min(1.0, score_ / params_.score_cap);
    finding_.entities.push_back({EntityKind::kParty, finding_.subject, "exposed"});
    add_totals();
    add_transfers();
    for (std::size_t rank = 0; rank < named_; ++rank) add_payer(inflows_[rank]);
    explain();
    return std::move(finding_);
  }

 private:
  void add_totals() {
    finding_.evidence.push_back(
        {"base_risk", risk_text(base_), std::nullopt, std::nullopt,
         fmt::format("Its own risk, before any payment, is {}.", short_risk_text(base_))});
    finding_.evidence.push_back(
        {"inherited_risk", risk_text(inherited_), risk_text(params_.alert_at), std::nullopt,
         fmt::format("It inherited a risk of {} from {} over {}; alerts start at {}.",
                     short_risk_text(inherited_), count_of(inflows_.size(), "payer"),
                     count_of(static_cast<std::size_t>(params_.rounds), "round"),
                     short_risk_text(params_.alert_at))});
    finding_.evidence.push_back(
        {"risk_score", risk_text(score_), std::nullopt, std::nullopt,
         fmt::format("Own and inherited risk make {}; {} or more gives the highest score.",
                     short_risk_text(score_), short_risk_text(params_.score_cap))});
  }

  /// The transfers of the named payers, payer by payer, each payer's first ones in time order.
  void add_transfers() {
    std::vector<std::vector<Edge>> edges_of(named_);
    for (const Edge position : graph_.in_edges(subject_)) {
      const auto begin = inflows_.begin();
      const auto end = begin + static_cast<std::ptrdiff_t>(named_);
      const auto payer = std::find_if(begin, end, [&](const RiskInflow& inflow) {
        return inflow.payer == graph_.in_source(position);
      });
      if (payer == end) continue;
      auto& edges = edges_of[static_cast<std::size_t>(payer - begin)];
      if (edges.size() < kTransfersPerPayer) edges.push_back(graph_.in_edge(position));
    }
    for (std::size_t rank = 0; rank < named_; ++rank) {
      for (const Edge edge : edges_of[rank]) {
        listed_minor_ += graph_.amount_minor(edge);
        add_transfer(edge, static_cast<int>(rank) + 1);
      }
    }
    finding_.amount_minor = to_minor_units(listed_minor_);
  }

  void add_transfer(Edge edge, int branch) {
    const graph::Micros at = graph_.booked_at(edge);
    finding_.first_activity = std::min(finding_.first_activity.value_or(at), at);
    finding_.last_activity = std::max(finding_.last_activity.value_or(at), at);
    finding_.transfers.push_back({std::string(graph_.transfer_key(edge)), "risk inflow",
                                  static_cast<int>(finding_.transfers.size()) + 1, branch});
  }

  void add_payer(const RiskInflow& inflow) {
    const std::string key(graph_.key(inflow.payer));
    std::string sentence =
        fmt::format("{} paid it with {} and passed on a risk of {}, {} of what it inherited.", key,
                    share_of(inflow), short_risk_text(inflow.contribution),
                    percent_text(inflow.contribution / inherited_));
    if (inflow.transfers > kTransfersPerPayer) {
      sentence += fmt::format(" The first {} of them are listed.", kTransfersPerPayer);
    }
    finding_.evidence.push_back({"payer", key, std::nullopt, inflow.contribution, sentence});
    finding_.entities.push_back({EntityKind::kParty, key, "payer"});
  }

  /// What a payer paid by, beside what the mode compares it with.
  std::string share_of(const RiskInflow& inflow) const {
    switch (params_.mode) {
      case PropagationMode::kNormalised:
        return fmt::format("{} of its {}", inflow.transfers,
                           count_of(flow_.sent_transfers(inflow.payer), "transfer"));
      case PropagationMode::kAmountWeighted:
        return fmt::format("{}, {} of the money it received,",
                           count_of(inflow.transfers, "transfer"),
                           percent_text(static_cast<double>(inflow.amount_minor) /
                                        static_cast<double>(flow_.received_minor(subject_))));
      case PropagationMode::kLiteral:
      case PropagationMode::kDistinct:
        break;
    }
    return count_of(inflow.transfers, "transfer");
  }

  void explain() {
    std::vector<std::string> payers;
    for (std::size_t rank = 0; rank < named_; ++rank) {
      payers.push_back(fmt::format("{} ({})", graph_.key(inflows_[rank].payer),
                                   short_risk_text(inflows_[rank].contribution)));
    }
    finding_.explanation =
        fmt::format("Inherited a risk of {} from {} over {}{}{}; the listed payments come to {}.",
                    short_risk_text(inherited_), count_of(inflows_.size(), "payer"),
                    count_of(static_cast<std::size_t>(params_.rounds), "round"),
                    named_ < inflows_.size() ? ", the largest parts from " : ": ",
                    list_of(payers, payers.size()), format_money(listed_minor_, currency_));
  }

  const TransferGraph& graph_;
  const RiskPropagationParams& params_;
  const BaseCurrency& currency_;
  const RiskFlow& flow_;
  Vertex subject_;
  double base_;
  double score_;
  double inherited_;
  std::vector<RiskInflow> inflows_;
  std::size_t named_;                 ///< how many of the inflows are named
  graph::MinorSum listed_minor_ = 0;  ///< sum of the transfers that the finding lists
  Finding finding_;
};

void add_scores(const TransferGraph& graph, std::span<const double> base_risk, const RiskFlow& flow,
                Detection& detection) {
  ScoreTable base{EntityKind::kParty, "base_risk", {}};
  ScoreTable risk{EntityKind::kParty, "risk_score", {}};
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    if (flow.score(v) <= 0) continue;
    base.values.emplace_back(graph.key(v), base_risk[v]);
    risk.values.emplace_back(graph.key(v), flow.score(v));
  }
  detection.counts.emplace_back("parties_with_risk", risk.values.size());
  detection.scores.push_back(std::move(base));
  detection.scores.push_back(std::move(risk));
}

}  // namespace

void validate(const RiskPropagationParams& params) {
  const auto require = [](bool holds, const char* name, double value, const char* range) {
    if (!holds)
      throw std::invalid_argument(fmt::format("{}: {} is outside {}", name, value, range));
  };
  require(params.rounds >= 1 && params.rounds <= 100, "rounds", params.rounds, "1..100");
  require(params.decay > 0 && params.decay < 1, "decay", params.decay, "(0, 1)");
  require(params.max_risk > 0 && params.max_risk <= kLargestRisk, "max_risk", params.max_risk,
          "(0, 1e+100]");
  require(params.score_cap > 0 && std::isfinite(params.score_cap), "score_cap", params.score_cap,
          "(0, infinity)");
  require(params.alert_at > 0 && std::isfinite(params.alert_at), "alert_at", params.alert_at,
          "(0, infinity)");
  require(params.top_payers >= 1 && params.top_payers <= 50, "top_payers", params.top_payers,
          "1..50");
}

Detection detect_risk(const TransferGraph& parties, std::span<const double> base_risk,
                      const RiskPropagationParams& params, const BaseCurrency& currency) {
  const RiskFlow flow(parties, base_risk, params);
  std::vector<Vertex> hubs;
  std::vector<Vertex> exposed;
  for (Vertex v = 0; v < parties.num_vertices(); ++v) {
    if (flow.is_hub(v)) hubs.push_back(v);
    if (flow.inherited(v) >= params.alert_at) exposed.push_back(v);
  }
  std::ranges::stable_sort(exposed, std::greater<>(), [&](Vertex v) { return flow.score(v); });

  Detection detection;
  add_scores(parties, base_risk, flow, detection);
  detection.findings.resize(exposed.size());
  tbb::parallel_for(std::size_t{0}, exposed.size(), [&](std::size_t i) {
    const Vertex v = exposed[i];
    detection.findings[i] = RiskStory(parties, params, currency, v, base_risk[v], flow).finding();
  });
  detection.ignored = hub_sentences(parties, hubs, params.max_counterparties);
  detection.counts.emplace_back("hubs", hubs.size());
  return detection;
}

}  // namespace aml::detect
