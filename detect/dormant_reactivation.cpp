// SPDX-License-Identifier: Apache-2.0
#include "detect/dormant_reactivation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "detect/account_sweep.hpp"
#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/hubs.hpp"
#include "graph/require.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::Micros;
using graph::MinorSum;
using graph::require;
using graph::TransferGraph;
using graph::Vertex;

constexpr double kMovedWeight = 0.5;
constexpr double kSilenceWeight = 0.3;
constexpr double kPassedOnWeight = 0.2;
constexpr Micros kMonth = 30 * graph::kMicrosPerDay;
constexpr std::size_t kCounterpartiesNamed = 3;

/// What an account received and paid, transfers to itself apart.
struct Turnover {
  MinorSum in = 0;
  MinorSum out = 0;
  MinorSum moved() const { return std::max(in, out); }
  double passed_on_share() const { return likeness_of(in, out); }
};

/// An account's transfers booked in [from, to), in time order.
std::vector<Edge> transfers_between(const TransferGraph& graph, Vertex account, Micros from,
                                    Micros to) {
  std::vector<Edge> transfers;
  for (const Edge position : graph.in_edges(account, from, to)) {
    if (graph.in_source(position) != account) transfers.push_back(graph.in_edge(position));
  }
  for (const Edge e : graph.out_edges(account, from, to)) {
    if (graph.target(e) != account) transfers.push_back(e);
  }
  return in_time_order(graph, std::move(transfers));
}

Turnover turnover_of(const TransferGraph& graph, Vertex account,
                     const std::vector<Edge>& transfers) {
  Turnover turnover;
  for (const Edge e : transfers) {
    (graph.target(e) == account ? turnover.in : turnover.out) += graph.amount_minor(e);
  }
  return turnover;
}

/// What an account did after a silence, with the figures that its story needs.
struct Reactivation {
  Vertex account = 0;
  WakeUp wake_up;
  std::vector<Edge> transfers;
  Turnover turnover;
  MinorSum earlier = 0;     ///< moved before the silence
  Micros earlier_span = 0;  ///< from the first transfer to the last before the silence, >= kMonth
  bool was_active = false;  ///< there are transfers before the silence

  Micros silence() const { return wake_up.at - wake_up.silent_since; }
  double earlier_monthly_mean() const {
    return static_cast<double>(earlier) * static_cast<double>(kMonth) /
           static_cast<double>(earlier_span);
  }
};

Reactivation reactivation_of(const TransferGraph& graph, Vertex account, const WakeUp& wake_up,
                             const DormantReactivationParams& params) {
  Reactivation reactivation;
  reactivation.account = account;
  reactivation.wake_up = wake_up;
  reactivation.transfers =
      transfers_between(graph, account, wake_up.at, wake_up.at + params.window);
  reactivation.turnover = turnover_of(graph, account, reactivation.transfers);
  const auto before = transfers_between(graph, account, kNotKnown, wake_up.at);
  if (before.empty()) return reactivation;
  reactivation.was_active = true;
  reactivation.earlier = turnover_of(graph, account, before).moved();
  reactivation.earlier_span =
      std::max(kMonth, graph.booked_at(before.back()) - graph.booked_at(before.front()));
  return reactivation;
}

bool is_suspicious(const Reactivation& reactivation, const DormantReactivationParams& params) {
  const MinorSum moved = reactivation.turnover.moved();
  if (moved >= params.moved_at_least_minor) return true;
  return reactivation.was_active && moved > 0 && moved >= params.grown_at_least_minor &&
         moved * reactivation.earlier_span >=
             reactivation.earlier * params.times_earlier_mean * kMonth;
}

struct ScoreParts {
  double moved;
  double silence;
  double passed_on;
  double sum() const { return moved + silence + passed_on; }
};

ScoreParts score_of(const Reactivation& reactivation, const DormantReactivationParams& params) {
  const double moved = static_cast<double>(reactivation.turnover.moved()) /
                       static_cast<double>(params.moved_at_least_minor);
  const double silence =
      static_cast<double>(reactivation.silence()) / static_cast<double>(params.silence);
  return {kMovedWeight * (1 - std::exp2(-moved)), kSilenceWeight * (1 - std::exp2(-silence)),
          kPassedOnWeight * reactivation.turnover.passed_on_share()};
}

std::size_t days(Micros duration) {
  return static_cast<std::size_t>(duration / graph::kMicrosPerDay);
}

Vertex counterparty(const TransferGraph& graph, Vertex account, Edge e) {
  return graph.target(e) == account ? graph.source(e) : graph.target(e);
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const Reactivation& reactivation,
                                      const DormantReactivationParams& params,
                                      const BaseCurrency& currency) {
  const ScoreParts score = score_of(reactivation, params);
  const auto account = graph.key(reactivation.account);
  const Turnover& turnover = reactivation.turnover;
  const auto mean = static_cast<MinorSum>(
      reactivation.was_active ? std::llround(reactivation.earlier_monthly_mean()) : 0);
  return {
      {"moved", plain_money(turnover.moved(), currency),
       plain_money(params.moved_at_least_minor, currency), score.moved,
       fmt::format("{} moved {} within {} days of waking.", account,
                   format_money(turnover.moved(), currency), days(params.window))},
      {"silent_days", std::to_string(days(reactivation.silence())),
       std::to_string(days(params.silence)), score.silence,
       fmt::format("It had been silent since {}, {}.",
                   format_time(reactivation.wake_up.silent_since),
                   count_of(days(reactivation.silence()), "day"))},
      {"passed_on_share", share_text(turnover.passed_on_share()), std::nullopt, score.passed_on,
       fmt::format("{} came in and {} went out.", format_money(turnover.in, currency),
                   format_money(turnover.out, currency))},
      {"earlier_monthly_mean", plain_money(mean, currency), std::nullopt, std::nullopt,
       reactivation.was_active ? fmt::format("Before its silence it moved {} a month on average.",
                                             format_money(mean, currency))
                               : std::string("Before its silence no transfer of it is known.")},
      {"woke_at", iso_time(reactivation.wake_up.at), std::nullopt, std::nullopt,
       fmt::format("It woke on {}.", format_time(reactivation.wake_up.at))}};
}

Finding finding_of(const TransferGraph& graph, const Reactivation& reactivation,
                   const DormantReactivationParams& params, const BaseCurrency& currency) {
  Finding finding;
  const Vertex account = reactivation.account;
  const Edge earliest = reactivation.transfers.front();
  finding.subject = graph.key(account);
  finding.evidence_key = fmt::format("{} from {}", finding.subject, graph.transfer_key(earliest));
  finding.score = score_of(reactivation, params).sum();
  finding.amount_minor = to_minor_units(reactivation.turnover.moved());
  finding.first_activity = graph.booked_at(earliest);
  finding.last_activity = graph.booked_at(reactivation.transfers.back());
  finding.entities.push_back({EntityKind::kAccount, finding.subject, "reactivated"});
  std::set<Vertex> counterparties;
  for (const Edge e : reactivation.transfers) {
    const int step = static_cast<int>(finding.transfers.size()) + 1;
    finding.transfers.push_back({std::string(graph.transfer_key(e)),
                                 graph.target(e) == account ? "incoming" : "outgoing", step, 0});
    counterparties.insert(counterparty(graph, account, e));
  }
  name(finding, graph, counterparties, "counterparty");
  finding.explanation = fmt::format(
      "{} was silent for {} until {}, then moved {} in {} with {} {}.", finding.subject,
      count_of(days(reactivation.silence()), "day"), format_time(reactivation.wake_up.at),
      format_money(reactivation.turnover.moved(), currency),
      count_of(reactivation.transfers.size(), "transfer"),
      list_of(keys_of(graph, counterparties), kCounterpartiesNamed),
      within(*finding.last_activity - *finding.first_activity));
  finding.evidence = evidence_of(graph, reactivation, params, currency);
  return finding;
}

}  // namespace

void validate(const DormantReactivationParams& params) {
  require_duration(params.silence, "silence");
  require(params.window > 0 && params.window <= params.silence,
          fmt::format("window is {} microseconds, must be above 0 and at most silence ({})",
                      params.window, params.silence));
  require(params.moved_at_least_minor > 0,
          fmt::format("moved_at_least is {} minor units, must be above 0",
                      params.moved_at_least_minor));
  require(params.times_earlier_mean >= 1 && params.times_earlier_mean <= 1000,
          fmt::format("times_earlier_mean is {}, must be in 1..1000", params.times_earlier_mean));
  require(params.grown_at_least_minor >= 0,
          fmt::format("grown_at_least is {} minor units, must be at least 0",
                      params.grown_at_least_minor));
  require(params.max_steps > 0, "max_steps is 0, must be above 0");
}

Detection detect_dormant_reactivation(const TransferGraph& graph, const AccountFacts& facts,
                                      const DormantReactivationParams& params,
                                      const BaseCurrency& currency, const std::stop_token& stop) {
  validate(params);
  const AccountHistories histories(graph, facts);
  const std::vector<char> is_hub = graph::hub_vertices(graph, params.max_counterparties);
  const auto search = [&](Vertex v, std::uint64_t budget, std::vector<Finding>& findings) {
    if (is_hub[v]) return std::uint64_t{0};
    const std::uint64_t degree = graph.in_edges(v).size() + graph.out_edges(v).size();
    std::uint64_t steps = degree;
    if (steps > budget) return steps;
    for (const WakeUp& wake_up : histories.wake_ups(v, params.silence)) {
      steps += degree;
      if (steps > budget) return steps;
      const Reactivation reactivation = reactivation_of(graph, v, wake_up, params);
      if (!is_suspicious(reactivation, params)) continue;
      findings.push_back(finding_of(graph, reactivation, params, currency));
    }
    return steps;
  };
  AccountSweep sweep = sweep_accounts(graph.num_vertices(), params.max_steps, stop, search);
  return detection_of(graph, std::move(sweep), is_hub, params.max_counterparties, "reactivations");
}

}  // namespace aml::detect
