// SPDX-License-Identifier: Apache-2.0
#include "detect/flow_through.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "detect/account_sweep.hpp"
#include "detect/flow_windows.hpp"
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

constexpr double kPassedOnWeight = 0.5;
constexpr double kTimeWeight = 0.3;
constexpr double kIncomeWeight = 0.2;
constexpr std::size_t kAccountsNamed = 3;

/// An episode with the figures that its story needs.
struct Story {
  Vertex account = 0;
  std::vector<Edge> transfers;  ///< deposits and withdrawals in time order
  std::set<Vertex> senders;     ///< accounts
  std::set<Vertex> receivers;   ///< accounts
  std::size_t deposits = 0;
  std::size_t other_countries = 0;
  MinorSum in = 0;
  MinorSum out = 0;
  MinorSum income = 0;  ///< from other parties, first transfer to last
  std::optional<Micros> new_since;
  Micros first = 0;
  Micros last = 0;

  Micros duration() const { return last - first; }
};

MinorSum income_between(const TransferGraph& graph, const AccountFacts& facts, Vertex account,
                        Micros first, Micros last) {
  MinorSum income = 0;
  for (const Edge position : graph.in_edges(account, first, last + 1)) {
    if (facts.owner[graph.in_source(position)] == facts.owner[account]) continue;
    income += graph.amount_minor(graph.in_edge(position));
  }
  return income;
}

Story story_of(const TransferGraph& graph, const AccountFacts& facts, Vertex account,
               const FlowEpisode& episode) {
  Story story;
  story.account = account;
  story.transfers = episode.deposits;
  story.transfers.insert(story.transfers.end(), episode.withdrawals.begin(),
                         episode.withdrawals.end());
  story.transfers = in_time_order(graph, std::move(story.transfers));
  story.deposits = episode.deposits.size();
  std::set<std::uint16_t> countries;
  for (const Edge e : episode.deposits) {
    const Vertex sender = graph.source(e);
    story.senders.insert(sender);
    story.in += graph.amount_minor(e);
    const bool is_other = facts.country[sender] != 0 && facts.country[account] != 0 &&
                          facts.country[sender] != facts.country[account];
    if (is_other) countries.insert(facts.country[sender]);
  }
  story.other_countries = countries.size();
  for (const Edge e : episode.withdrawals) {
    story.receivers.insert(graph.target(e));
    story.out += graph.amount_minor(e);
  }
  story.new_since = episode.new_since;
  story.first = graph.booked_at(story.transfers.front());
  story.last = graph.booked_at(story.transfers.back());
  story.income = income_between(graph, facts, account, story.first, story.last);
  return story;
}

struct ScoreParts {
  double passed_on;
  double time;
  double income;
  double sum() const { return passed_on + time + income; }
};

ScoreParts score_of(const Story& story, const FlowThroughParams& params) {
  const double used_window =
      static_cast<double>(story.duration()) / static_cast<double>(params.window);
  return {kPassedOnWeight * likeness_of(story.in, story.out),
          kTimeWeight * (1 - std::min(1.0, used_window)),
          kIncomeWeight * share_of(story.in, story.income)};
}

std::string explanation_of(const TransferGraph& graph, const Story& story,
                           const FlowThroughParams& params, const BaseCurrency& currency) {
  std::string bound;
  if (params.deposit_below_minor > 0) {
    bound = fmt::format(", each below {},", format_money(params.deposit_below_minor, currency));
  }
  const std::string since =
      story.new_since ? fmt::format(", in use since {},", format_time(*story.new_since)) : "";
  return fmt::format("{}{} received {} in {}{} from {} and paid {} ({}) to {} {} ({} to {}).",
                     graph.key(story.account), since, format_money(story.in, currency),
                     count_of(story.deposits, "transfer"), bound,
                     list_of(keys_of(graph, story.senders), kAccountsNamed),
                     format_money(story.out, currency), percent_text(share_of(story.out, story.in)),
                     list_of(keys_of(graph, story.receivers), kAccountsNamed),
                     within(story.duration()), format_time(story.first), format_time(story.last));
}

/// What the score is made of.
std::vector<EvidenceItem> scored_evidence(const TransferGraph& graph, const Story& story,
                                          const FlowThroughParams& params) {
  const ScoreParts score = score_of(story, params);
  const auto account = graph.key(story.account);
  return {{"passed_on_share", share_text(share_of(story.out, story.in)),
           share_text(params.out_in_at_least), score.passed_on,
           fmt::format("{} of what came in went out; a window needs {}.",
                       percent_text(share_of(story.out, story.in)),
                       percent_text(params.out_in_at_least))},
          {"duration_hours", hours_text(story.duration()), hours_text(params.window), score.time,
           fmt::format("From the first deposit to the last transfer it took {} hours.",
                       hours_text(story.duration()))},
          {"income_share", share_text(share_of(story.in, story.income)), std::nullopt, score.income,
           fmt::format("The deposits are {} of all that {} received from others in that time.",
                       percent_text(share_of(story.in, story.income)), account)}};
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const Story& story,
                                      const FlowThroughParams& params,
                                      const BaseCurrency& currency) {
  std::vector<EvidenceItem> evidence = scored_evidence(graph, story, params);
  const auto account = graph.key(story.account);
  evidence.push_back(
      {"amount_in", plain_money(story.in, currency),
       plain_money(params.in_at_least_minor, currency), std::nullopt,
       fmt::format("{} received {} in {}.", account, format_money(story.in, currency),
                   count_of(story.deposits, "deposit"))});
  evidence.push_back(
      {"amount_out", plain_money(story.out, currency), std::nullopt, std::nullopt,
       fmt::format("{} paid {} in {}.", account, format_money(story.out, currency),
                   count_of(story.transfers.size() - story.deposits, "withdrawal"))});
  evidence.push_back(
      {"senders", std::to_string(story.senders.size()), std::to_string(params.min_senders),
       std::nullopt,
       fmt::format("The deposits came from {}.", count_of(story.senders.size(), "account"))});
  evidence.push_back(
      {"receivers", std::to_string(story.receivers.size()), std::to_string(params.min_receivers),
       std::nullopt,
       fmt::format("The withdrawals went to {}.", count_of(story.receivers.size(), "account"))});
  if (params.min_other_countries > 0) {
    evidence.push_back({"other_countries", std::to_string(story.other_countries),
                        std::to_string(params.min_other_countries), std::nullopt,
                        fmt::format("Senders stand in {} countries other than the account's own.",
                                    story.other_countries)});
  }
  if (story.new_since) {
    evidence.push_back(
        {"new_since", iso_time(*story.new_since), std::nullopt, std::nullopt,
         fmt::format("{} is in use since {}.", account, format_time(*story.new_since))});
  }
  return evidence;
}

Finding finding_of(const TransferGraph& graph, const Story& story, Edge earliest,
                   const FlowThroughParams& params, const BaseCurrency& currency) {
  Finding finding;
  finding.subject = graph.key(story.account);
  finding.evidence_key = fmt::format("{} from {}", finding.subject, graph.transfer_key(earliest));
  finding.score = score_of(story, params).sum();
  finding.amount_minor = to_minor_units(story.in);
  finding.first_activity = story.first;
  finding.last_activity = story.last;
  finding.explanation = explanation_of(graph, story, params, currency);
  for (const Edge e : story.transfers) {
    const int step = static_cast<int>(finding.transfers.size()) + 1;
    const char* role = graph.target(e) == story.account ? "incoming" : "outgoing";
    finding.transfers.push_back({std::string(graph.transfer_key(e)), role, step, 0});
  }
  finding.entities.push_back({EntityKind::kAccount, finding.subject, "intermediary"});
  name(finding, graph, story.senders, "sender");
  name(finding, graph, story.receivers, "receiver");
  finding.evidence = evidence_of(graph, story, params, currency);
  return finding;
}

}  // namespace

void validate(const FlowThroughParams& params) {
  const auto require_count = [&](const char* name, std::uint32_t count) {
    require(count > 0, fmt::format("{} is 0, must be above 0", name));
  };
  require_search(params.leg_at_least_minor, params.max_steps);
  require(params.deposit_below_minor == 0 || params.deposit_below_minor > params.leg_at_least_minor,
          fmt::format(
              "deposit_below is {} minor units, must be 0 (no bound) or above leg_at_least ({})",
              params.deposit_below_minor, params.leg_at_least_minor));
  require_duration(params.window, "window");
  require_duration(params.holding, "holding");
  require(params.in_at_least_minor > 0,
          fmt::format("in_at_least is {} minor units, must be above 0", params.in_at_least_minor));
  require(std::isfinite(params.out_in_at_most) && params.out_in_at_most >= 0,
          fmt::format("out_in_at_most is {}, must be a number >= 0", params.out_in_at_most));
  require(params.out_in_at_least >= 0 && params.out_in_at_least <= params.out_in_at_most,
          fmt::format("out_in_at_least is {}, must be in 0..out_in_at_most ({})",
                      params.out_in_at_least, params.out_in_at_most));
  require(params.gathered_first >= 0 && params.gathered_first <= 1,
          fmt::format("gathered_first is {}, must be in 0..1", params.gathered_first));
  require_count("min_deposits", params.min_deposits);
  require_count("min_senders", params.min_senders);
  require_count("min_receivers", params.min_receivers);
  require_duration(params.new_within, "new_within");
  require_duration(params.dormant_for, "dormant_for");
}

Detection detect_flow_through(const TransferGraph& graph, const AccountFacts& facts,
                              const FlowThroughParams& params, const BaseCurrency& currency,
                              const std::stop_token& stop) {
  validate(params);
  const AccountHistories histories(graph, facts);
  const std::vector<char> is_hub = graph::hub_vertices(graph, params.max_counterparties);
  const auto search = [&](Vertex v, std::uint64_t budget, std::vector<Finding>& findings) {
    if (is_hub[v]) return std::uint64_t{0};
    FlowWindows windows(graph, facts, histories, params, v, budget);
    for (const FlowEpisode& episode : windows.episodes()) {
      const Story story = story_of(graph, facts, v, episode);
      findings.push_back(finding_of(graph, story, episode.deposits.front(), params, currency));
    }
    return windows.steps();
  };
  AccountSweep sweep = sweep_accounts(graph.num_vertices(), params.max_steps, stop, search);
  return detection_of(graph, std::move(sweep), is_hub, params.max_counterparties, "episodes");
}

}  // namespace aml::detect
