// SPDX-License-Identifier: Apache-2.0
#include "detect/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/common_counterparties.hpp"
#include "graph/require.hpp"

namespace aml::detect {
namespace {

using graph::CommonCounterparties;
using graph::Edge;
using graph::MinorSum;
using graph::PairsWithCommonCounterparties;
using graph::require;
using graph::TransferGraph;
using graph::Vertex;

constexpr double kCompletenessWeight = 0.4;
constexpr double kPairsWeight = 0.3;
constexpr double kIncomeWeight = 0.3;
constexpr std::size_t kAccountsNamed = 3;

using Accounts = std::vector<Vertex>;  ///< ascending

/// The transfers from one layer of accounts to the next.
struct Step {
  std::vector<Edge> transfers;  ///< in time order
  Accounts payers;
  Accounts payees;
  std::size_t pairs_paid = 0;

  std::size_t pairs() const { return payers.size() * payees.size(); }
};

/// How the steps are called in a story and how fast their number of pairs saturates the score.
struct Shape {
  std::vector<std::string_view> transfer_roles;  ///< one for each step
  std::vector<std::string_view> account_roles;   ///< one more
  double pairs_at_half;  ///< the smallest pattern: half of the score for size
  graph::Micros window;
};

struct Story {
  std::vector<Step> steps;
  Vertex subject = 0;
  Edge earliest = 0;  ///< of the first step
  graph::Micros first_activity = 0;
  graph::Micros last_activity = 0;
  std::vector<Edge> transfers;  ///< of all steps, each once, in time order
  std::size_t pairs_paid = 0;
  std::size_t pairs = 0;
  MinorSum income = 0;  ///< all that the payees of any step received in the same time
  MinorSum sum = 0;

  graph::Micros duration() const { return last_activity - first_activity; }
  double completeness() const {
    return static_cast<double>(pairs_paid) / static_cast<double>(pairs);
  }
};

Step step_of(const TransferGraph& graph, std::vector<Edge> transfers) {
  Step step;
  step.transfers = in_time_order(graph, std::move(transfers));
  std::set<std::pair<Vertex, Vertex>> pairs;
  std::set<Vertex> payers;
  std::set<Vertex> payees;
  for (const Edge e : step.transfers) {
    const Vertex payer = graph.source(e);
    payers.insert(payer);
    payees.insert(graph.target(e));
    pairs.emplace(payer, graph.target(e));
  }
  step.payers.assign(payers.begin(), payers.end());
  step.payees.assign(payees.begin(), payees.end());
  step.pairs_paid = pairs.size();
  return step;
}

Story story_of(const TransferGraph& graph, std::vector<Step> steps) {
  Story story;
  story.steps = std::move(steps);
  story.earliest = story.steps.front().transfers.front();
  story.subject = graph.source(story.earliest);
  Accounts paid;
  for (const Step& step : story.steps) {
    story.transfers.insert(story.transfers.end(), step.transfers.begin(), step.transfers.end());
    paid.insert(paid.end(), step.payees.begin(), step.payees.end());
    story.pairs_paid += step.pairs_paid;
    story.pairs += step.pairs();
  }
  story.transfers = in_time_order(graph, std::move(story.transfers));
  story.first_activity = graph.booked_at(story.transfers.front());
  story.last_activity = graph.booked_at(story.transfers.back());
  std::ranges::sort(paid);
  paid.erase(std::ranges::unique(paid).begin(), paid.end());
  story.income = income_between(graph, paid, story.first_activity, story.last_activity);
  story.sum = sum_of(graph, story.transfers);
  return story;
}

struct ScoreParts {
  double completeness;
  double pairs;
  double income;
  double sum() const { return completeness + pairs + income; }
};

ScoreParts score_of(const Story& story, const Shape& shape) {
  return {
      kCompletenessWeight * story.completeness(),
      kPairsWeight * (1 - std::exp2(-static_cast<double>(story.pairs_paid) / shape.pairs_at_half)),
      kIncomeWeight * share_of(story.sum, story.income)};
}

/// "2 payers, 3 middles and 2 payees".
std::string layers_text(const Story& story, const Shape& shape) {
  std::vector<std::string> layers;
  layers.push_back(
      count_of(story.steps.front().payers.size(), std::string(shape.account_roles[0])));
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    layers.push_back(
        count_of(story.steps[i].payees.size(), std::string(shape.account_roles[i + 1])));
  }
  return list_of(layers, layers.size());
}

std::vector<EvidenceItem> evidence_of(const Story& story, const Shape& shape,
                                      const BaseCurrency& currency) {
  const ScoreParts score = score_of(story, shape);
  const double income_share = share_of(story.sum, story.income);
  return {{"completeness", share_text(story.completeness()), std::nullopt, score.completeness,
           fmt::format("{} of the pairs of a payer and a payee were paid.",
                       percent_text(story.completeness()))},
          {"pairs_paid", std::to_string(story.pairs_paid), std::nullopt, score.pairs,
           fmt::format("{} of a payer and a payee were paid.", count_of(story.pairs_paid, "pair"))},
          {"income_share", share_text(income_share), std::nullopt, score.income,
           fmt::format("The transfers are {} of all that the payees received in that time.",
                       percent_text(income_share))},
          {"layers", layers_text(story, shape), std::nullopt, std::nullopt,
           fmt::format("There are {}.", layers_text(story, shape))},
          {"amount", plain_money(story.sum, currency), std::nullopt, std::nullopt,
           fmt::format("{} moved in {}.", format_money(story.sum, currency),
                       count_of(story.transfers.size(), "transfer"))},
          {"duration_hours", hours_text(story.duration()), hours_text(shape.window), std::nullopt,
           fmt::format("All took place {}.", within(story.duration()))}};
}

std::string explanation_of(const TransferGraph& graph, const Story& story,
                           const BaseCurrency& currency) {
  std::string text =
      fmt::format("{} ({})", count_of(story.steps.front().payers.size(), "account"),
                  list_of(keys_of(graph, story.steps.front().payers), kAccountsNamed));
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    text += fmt::format("{} paid the same {} ({})", i == 0 ? "" : ", who",
                        count_of(story.steps[i].payees.size(), "account"),
                        list_of(keys_of(graph, story.steps[i].payees), kAccountsNamed));
  }
  return fmt::format("{}: {} in {}, {} of all pairs, {} ({} to {}).", text,
                     format_money(story.sum, currency),
                     count_of(story.transfers.size(), "transfer"),
                     percent_text(story.completeness()), within(story.duration()),
                     format_time(story.first_activity), format_time(story.last_activity));
}

/// Sender by sender, by their first transfer, leaving out what has been told.
void tell_step(Finding& finding, const TransferGraph& graph, const Step& step,
               std::string_view role, std::set<Edge>& told) {
  std::vector<std::pair<Vertex, std::vector<Edge>>> by_payer;
  for (const Edge e : step.transfers) {
    if (!told.insert(e).second) continue;
    const Vertex payer = graph.source(e);
    auto at = std::ranges::find(by_payer, payer, &std::pair<Vertex, std::vector<Edge>>::first);
    if (at == by_payer.end()) at = by_payer.insert(by_payer.end(), {payer, {}});
    at->second.push_back(e);
  }
  int branch = 0;
  for (const auto& [payer, transfers] : by_payer) tell(finding, graph, transfers, role, ++branch);
}

Finding finding_of(const TransferGraph& graph, std::vector<Step> steps, const Shape& shape,
                   const BaseCurrency& currency) {
  const Story story = story_of(graph, std::move(steps));
  Finding finding;
  finding.subject = graph.key(story.subject);
  finding.evidence_key =
      fmt::format("{} from {}", finding.subject, graph.transfer_key(story.earliest));
  finding.score = score_of(story, shape).sum();
  finding.amount_minor = to_minor_units(story.sum);
  finding.first_activity = story.first_activity;
  finding.last_activity = story.last_activity;
  finding.explanation = explanation_of(graph, story, currency);
  std::set<Edge> told;
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    tell_step(finding, graph, story.steps[i], shape.transfer_roles[i], told);
  }
  name(finding, graph, story.steps.front().payers, shape.account_roles[0]);
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    name(finding, graph, story.steps[i].payees, shape.account_roles[i + 1]);
  }
  finding.evidence = evidence_of(story, shape, currency);
  return finding;
}

/// The pairs that hang together by shared transfers, made one.
struct Group {
  std::set<Vertex> pair_members;
  std::vector<Edge> in;
  std::vector<Edge> out;
};

std::vector<Group> groups_of(const PairsWithCommonCounterparties& found) {
  std::vector<std::vector<Edge>> pieces;
  pieces.reserve(found.pairs.size());
  for (const CommonCounterparties& pair : found.pairs) {
    pieces.push_back(pair.in);
    pieces.back().insert(pieces.back().end(), pair.out.begin(), pair.out.end());
  }
  std::vector<Group> groups;
  for (const std::vector<std::size_t>& ids : hanging_together({pieces.begin(), pieces.end()})) {
    Group& group = groups.emplace_back();
    for (const std::size_t id : ids) {
      const CommonCounterparties& pair = found.pairs[id];
      group.pair_members.insert({pair.first, pair.second});
      group.in.insert(group.in.end(), pair.in.begin(), pair.in.end());
      group.out.insert(group.out.end(), pair.out.begin(), pair.out.end());
    }
  }
  return groups;
}

Detection detection_of(const TransferGraph& graph, const PairsWithCommonCounterparties& found,
                       std::uint32_t max_counterparties) {
  Detection detection;
  detection.truncated = found.truncated;
  detection.ignored = hub_sentences(graph, found.hubs, max_counterparties);
  detection.counts = {{"bicliques", static_cast<std::int64_t>(found.pairs.size())},
                      {"hubs", static_cast<std::int64_t>(found.hubs.size())},
                      {"steps", static_cast<std::int64_t>(found.steps)}};
  return detection;
}

}  // namespace

void validate(const BipartiteParams& params) {
  require(params.min_sources >= 2,
          fmt::format("min_sources is {}, must be at least 2", params.min_sources));
  require(params.min_sinks >= 2,
          fmt::format("min_sinks is {}, must be at least 2", params.min_sinks));
  require_duration(params.window, "window");
  require_search(params.leg_at_least_minor, params.max_steps);
  require(params.max_transfers > 0, "max_transfers is 0, must be above 0");
}

void validate(const StackParams& params) {
  require(params.min_per_layer >= 2,
          fmt::format("min_per_layer is {}, must be at least 2", params.min_per_layer));
  require(params.time_order != graph::TimeOrder::kStrict,
          "time_order is strict, must be loose or none");
  require_duration(params.window, "window");
  require_search(params.leg_at_least_minor, params.max_steps);
  require(params.max_transfers > 0, "max_transfers is 0, must be above 0");
}

Detection detect_bipartite(const TransferGraph& graph, const BipartiteParams& params,
                           const BaseCurrency& currency, std::stop_token stop) {
  validate(params);
  const PairsWithCommonCounterparties found =
      graph::find_common_counterparties(graph, {.min_payees = params.min_sinks,
                                                .min_payers = 0,
                                                .window = params.window,
                                                .time_order = graph::TimeOrder::kNone,
                                                .leg_at_least_minor = params.leg_at_least_minor,
                                                .max_counterparties = params.max_counterparties,
                                                .max_steps = params.max_steps,
                                                .max_transfers = params.max_transfers,
                                                .stop = std::move(stop)});
  const Shape shape{{"leg"}, {"source", "sink"}, 6, params.window};
  Detection detection = detection_of(graph, found, params.max_counterparties);
  for (const Group& group : groups_of(found)) {
    if (group.pair_members.size() < params.min_sources) continue;
    detection.findings.push_back(finding_of(graph, {step_of(graph, group.out)}, shape, currency));
  }
  return detection;
}

Detection detect_stack(const TransferGraph& graph, const StackParams& params,
                       const BaseCurrency& currency, std::stop_token stop) {
  validate(params);
  const PairsWithCommonCounterparties found =
      graph::find_common_counterparties(graph, {.min_payees = params.min_per_layer,
                                                .min_payers = params.min_per_layer,
                                                .window = params.window,
                                                .time_order = params.time_order,
                                                .leg_at_least_minor = params.leg_at_least_minor,
                                                .max_counterparties = params.max_counterparties,
                                                .max_steps = params.max_steps,
                                                .max_transfers = params.max_transfers,
                                                .stop = std::move(stop)});
  const Shape shape{{"first leg", "second leg"}, {"payer", "middle", "payee"}, 8, params.window};
  Detection detection = detection_of(graph, found, params.max_counterparties);
  for (const Group& group : groups_of(found)) {
    if (group.pair_members.size() < params.min_per_layer) continue;
    detection.findings.push_back(
        finding_of(graph, {step_of(graph, group.in), step_of(graph, group.out)}, shape, currency));
  }
  return detection;
}

}  // namespace aml::detect
