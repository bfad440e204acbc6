// SPDX-License-Identifier: Apache-2.0
#include "detect/risk_propagation.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "detect/sentences.hpp"
#include "graph/temporal_cycles.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::TransferGraph;
using graph::Vertex;

constexpr double kScoreLimit = 1e100;
constexpr std::size_t kTransfersPerPayer = 20;

/// The published vertex program.
class RiskProgram {
 public:
  struct State {
    double score;      ///< base risk and inherited risk
    double inherited;  ///< kept apart: score - base would lose digits
    bool is_hub;
  };
  using Message = double;

  RiskProgram(std::span<const double> base_risk, const RiskPropagationParams& params)
      : base_risk_(base_risk), decay_(params.decay), mode_(params.mode) {}

  void along(const graph::Triplet<State>& transfer, auto& send) const {
    const bool to_itself = transfer.payer == transfer.payee;
    if (transfer.payer_state.is_hub || (to_itself && mode_ == PropagationMode::kDistinct)) return;
    send(transfer.payer_state.score);
  }
  void combine(double& sum, double message) const { sum += message; }
  State update(const State& old, const double* received, auto& self) const {
    if (received == nullptr || old.is_hub) return old;
    const double inherited = std::min(kScoreLimit, decay_ * *received);
    return {std::min(kScoreLimit, base_risk_[self.vertex()] + inherited), inherited, false};
  }

 private:
  std::span<const double> base_risk_;
  double decay_;
  PropagationMode mode_;
};

using States = std::vector<RiskProgram::State>;

struct Propagation {
  States before_last;  ///< one round before the end: what the payers sent last
  States last;
};

void require_base_risk(const TransferGraph& graph, std::span<const double> base_risk) {
  if (base_risk.size() != graph.num_vertices()) {
    throw std::invalid_argument(fmt::format("base_risk: {} values for {} vertices",
                                            base_risk.size(), graph.num_vertices()));
  }
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    if (!(base_risk[v] >= 0 && base_risk[v] <= kScoreLimit)) {
      throw std::invalid_argument(fmt::format("base_risk: {} of {} is outside 0..{}", base_risk[v],
                                              graph.key(v), kScoreLimit));
    }
  }
}

States advance(const TransferGraph& graph, const RiskProgram& program, States states, int rounds,
               PropagationMode mode) {
  if (rounds == 0) return states;
  const auto messages = mode == PropagationMode::kLiteral ? graph::MessagePolicy::kEveryTransfer
                                                          : graph::MessagePolicy::kFirstOfEachPair;
  return graph::run_pregel(graph, program, std::move(states), {rounds, messages}).states;
}

Propagation propagate(const TransferGraph& graph, std::span<const double> base_risk,
                      const std::vector<char>& is_hub, const RiskPropagationParams& params) {
  States states(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) states[v] = {base_risk[v], 0, is_hub[v] != 0};
  const RiskProgram program(base_risk, params);
  Propagation result;
  result.before_last = advance(graph, program, std::move(states), params.rounds - 1, params.mode);
  result.last = advance(graph, program, result.before_last, 1, params.mode);
  return result;
}

/// What one payer passed on to one payee in the last round.
struct Inflow {
  Vertex payer;
  std::size_t transfers;
  double contribution;
};

/// The payers that passed risk on to a vertex, the largest contribution first, ties in key order.
std::vector<Inflow> inflows_to(const TransferGraph& graph, Vertex payee, const States& senders,
                               const RiskPropagationParams& params) {
  const bool literal = params.mode == PropagationMode::kLiteral;
  std::vector<Vertex> payers;
  for (const Edge position : graph.in_edges(payee)) {
    const Vertex payer = graph.in_source(position);
    const bool sends = !senders[payer].is_hub && (literal || payer != payee);
    if (sends && senders[payer].score > 0) payers.push_back(payer);
  }
  std::ranges::sort(payers);
  std::vector<Inflow> inflows;
  for (auto payer = payers.begin(); payer != payers.end();) {
    const auto next = std::upper_bound(payer, payers.end(), *payer);
    const auto transfers = static_cast<std::size_t>(next - payer);
    const double sends = literal ? static_cast<double>(transfers) : 1.0;
    inflows.push_back({*payer, transfers, params.decay * senders[*payer].score * sends});
    payer = next;
  }
  std::ranges::stable_sort(inflows, std::greater<>(), &Inflow::contribution);
  return inflows;
}

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
            const BaseCurrency& currency, Vertex subject, double base,
            const RiskProgram::State& state, const States& senders)
      : graph_(graph),
        params_(params),
        currency_(currency),
        subject_(subject),
        base_(base),
        score_(state.score),
        inherited_(state.inherited),
        inflows_(inflows_to(graph, subject, senders, params)),
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
      const auto payer = std::find_if(begin, end, [&](const Inflow& inflow) {
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

  void add_payer(const Inflow& inflow) {
    const std::string key(graph_.key(inflow.payer));
    std::string sentence =
        fmt::format("{} paid it with {} and passed on a risk of {}, {} of what it inherited.", key,
                    count_of(inflow.transfers, "transfer"), short_risk_text(inflow.contribution),
                    percent_text(inflow.contribution / inherited_));
    if (inflow.transfers > kTransfersPerPayer) {
      sentence += fmt::format(" The first {} of them are listed.", kTransfersPerPayer);
    }
    finding_.evidence.push_back({"payer", key, std::nullopt, inflow.contribution, sentence});
    finding_.entities.push_back({EntityKind::kParty, key, "payer"});
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
  Vertex subject_;
  double base_;
  double score_;
  double inherited_;
  std::vector<Inflow> inflows_;
  std::size_t named_;                 ///< how many of the inflows are named
  graph::MinorSum listed_minor_ = 0;  ///< sum of the transfers that the finding lists
  Finding finding_;
};

void add_scores(const TransferGraph& graph, std::span<const double> base_risk, const States& states,
                Detection& detection) {
  ScoreTable base{EntityKind::kParty, "base_risk", {}};
  ScoreTable risk{EntityKind::kParty, "risk_score", {}};
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    if (states[v].score <= 0) continue;
    base.values.emplace_back(graph.key(v), base_risk[v]);
    risk.values.emplace_back(graph.key(v), states[v].score);
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
  require(params.score_cap > 0 && std::isfinite(params.score_cap), "score_cap", params.score_cap,
          "(0, infinity)");
  require(params.alert_at > 0 && std::isfinite(params.alert_at), "alert_at", params.alert_at,
          "(0, infinity)");
  require(params.top_payers >= 1 && params.top_payers <= 50, "top_payers", params.top_payers,
          "1..50");
}

std::vector<double> propagate_risk(const TransferGraph& graph, std::span<const double> base_risk,
                                   const RiskPropagationParams& params) {
  validate(params);
  require_base_risk(graph, base_risk);
  const auto is_hub = graph::hub_vertices(graph, params.max_counterparties);
  const States states = propagate(graph, base_risk, is_hub, params).last;
  std::vector<double> scores(states.size());
  std::ranges::transform(states, scores.begin(), &RiskProgram::State::score);
  return scores;
}

Detection detect_risk(const TransferGraph& parties, std::span<const double> base_risk,
                      const RiskPropagationParams& params, const BaseCurrency& currency) {
  validate(params);
  require_base_risk(parties, base_risk);
  const auto is_hub = graph::hub_vertices(parties, params.max_counterparties);
  const auto [before_last, last] = propagate(parties, base_risk, is_hub, params);

  std::vector<Vertex> hubs;
  std::vector<Vertex> exposed;
  for (Vertex v = 0; v < parties.num_vertices(); ++v) {
    if (is_hub[v]) hubs.push_back(v);
    if (last[v].inherited >= params.alert_at) exposed.push_back(v);
  }
  std::ranges::stable_sort(exposed, std::greater<>(),
                           [&scores = last](Vertex v) { return scores[v].score; });

  Detection detection;
  add_scores(parties, base_risk, last, detection);
  detection.findings.resize(exposed.size());
  tbb::parallel_for(
      std::size_t{0}, exposed.size(), [&, &senders = before_last, &scores = last](std::size_t i) {
        const Vertex v = exposed[i];
        detection.findings[i] =
            RiskStory(parties, params, currency, v, base_risk[v], scores[v], senders).finding();
      });
  detection.ignored = hub_sentences(parties, hubs, params.max_counterparties);
  detection.counts.emplace_back("hubs", hubs.size());
  return detection;
}

}  // namespace aml::detect
