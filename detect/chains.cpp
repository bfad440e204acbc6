// SPDX-License-Identifier: Apache-2.0
#include "detect/chains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/require.hpp"
#include "graph/temporal_paths.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::require;
using graph::TransferGraph;
using graph::Vertex;

constexpr double kLengthWeight = 0.4;
constexpr double kRetainedWeight = 0.3;
constexpr double kSpeedWeight = 0.3;
constexpr std::size_t kAccountsNamed = 5;

using Path = std::vector<Edge>;

/// Paths that hang together.
struct Story {
  std::vector<Edge> transfers;  ///< in time order
  std::map<Edge, int> place;    ///< of each transfer in its path, from 1
  const Path* longest = nullptr;
  std::size_t paths = 0;
  graph::Micros first_activity = 0;
  graph::Micros last_activity = 0;

  graph::Micros duration() const { return last_activity - first_activity; }
};

Story story_of(const TransferGraph& graph, const std::vector<Path>& paths,
               const std::vector<std::size_t>& ids) {
  Story story;
  story.paths = ids.size();
  for (const std::size_t id : ids) {
    const Path& path = paths[id];
    story.transfers.insert(story.transfers.end(), path.begin(), path.end());
    for (std::size_t hop = 0; hop < path.size(); ++hop) {
      int& place = story.place[path[hop]];
      place = std::max(place, static_cast<int>(hop) + 1);
    }
    if (story.longest == nullptr || path.size() > story.longest->size()) story.longest = &path;
  }
  story.transfers = in_time_order(graph, std::move(story.transfers));
  story.first_activity = graph.booked_at(story.transfers.front());
  story.last_activity = graph.booked_at(story.transfers.back());
  return story;
}

struct ScoreParts {
  double length;
  double retained;
  double speed;
  double sum() const { return length + retained + speed; }
};

graph::Micros mean_hop(const TransferGraph& graph, const Path& path) {
  return (graph.booked_at(path.back()) - graph.booked_at(path.front())) /
         static_cast<graph::Micros>(path.size() - 1);
}

ScoreParts score_of(const TransferGraph& graph, const Path& longest, const ChainsParams& params) {
  const double used =
      static_cast<double>(mean_hop(graph, longest)) / static_cast<double>(params.hop_within);
  return {kLengthWeight * (1 - std::exp2(2 - static_cast<double>(longest.size()))),
          kRetainedWeight *
              likeness_of(graph.amount_minor(longest.front()), graph.amount_minor(longest.back())),
          kSpeedWeight * (1 - used)};
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const Story& story,
                                      const ChainsParams& params, const BaseCurrency& currency) {
  const Path& longest = *story.longest;
  const ScoreParts score = score_of(graph, longest, params);
  const auto sent = graph.amount_minor(longest.front());
  const auto arrived = graph.amount_minor(longest.back());
  const double retained = share_of(arrived, sent);
  const graph::Micros hop = mean_hop(graph, longest);
  return {{"length", std::to_string(longest.size()), std::to_string(params.min_length),
           score.length, fmt::format("The money made {}.", count_of(longest.size(), "hop"))},
          {"retained_share", share_text(retained), std::nullopt, score.retained,
           fmt::format("{} of what was sent arrived at the end.", percent_text(retained))},
          {"mean_hop_hours", hours_text(hop), hours_text(params.hop_within), score.speed,
           fmt::format("It went on {} in the mean.", within(hop))},
          {"amount_sent", plain_money(sent, currency), std::nullopt, std::nullopt,
           fmt::format("{} was sent.", format_money(sent, currency))},
          {"amount_arrived", plain_money(arrived, currency), std::nullopt, std::nullopt,
           fmt::format("{} arrived.", format_money(arrived, currency))},
          {"paths", std::to_string(story.paths), std::nullopt, std::nullopt,
           fmt::format("The transfers make {}.", count_of(story.paths, "path"))},
          {"duration_hours", hours_text(story.duration()), std::nullopt, std::nullopt,
           fmt::format("All {} took place {}.", count_of(story.transfers.size(), "transfer"),
                       within(story.duration()))}};
}

std::string explanation_of(const TransferGraph& graph, const Path& longest,
                           const BaseCurrency& currency) {
  std::vector<Vertex> between;
  for (std::size_t hop = 0; hop + 1 < longest.size(); ++hop) {
    between.push_back(graph.target(longest[hop]));
  }
  const graph::Micros first = graph.booked_at(longest.front());
  const graph::Micros last = graph.booked_at(longest.back());
  const auto sent = graph.amount_minor(longest.front());
  const auto arrived = graph.amount_minor(longest.back());
  return fmt::format(
      "{} sent {}, which was passed on over {} until {} ({}) arrived at {}, {} "
      "({} to {}).",
      graph.key(graph.source(longest.front())), format_money(sent, currency),
      list_of(keys_of(graph, between), kAccountsNamed), format_money(arrived, currency),
      percent_text(share_of(arrived, sent)), graph.key(graph.target(longest.back())),
      within(last - first), format_time(first), format_time(last));
}

/// Who only sends is a head, who only receives a tail.
void name_accounts(Finding& finding, const TransferGraph& graph, const Story& story) {
  std::set<Vertex> senders;
  std::set<Vertex> receivers;
  for (const Edge e : story.transfers) {
    senders.insert(graph.source(e));
    receivers.insert(graph.target(e));
  }
  std::vector<Vertex> heads;
  std::vector<Vertex> between;
  std::vector<Vertex> tails;
  std::ranges::set_difference(senders, receivers, std::back_inserter(heads));
  std::ranges::set_intersection(senders, receivers, std::back_inserter(between));
  std::ranges::set_difference(receivers, senders, std::back_inserter(tails));
  name(finding, graph, heads, "head");
  name(finding, graph, between, "intermediary");
  name(finding, graph, tails, "tail");
}

Finding finding_of(const TransferGraph& graph, const Story& story, const ChainsParams& params,
                   const BaseCurrency& currency) {
  const Edge earliest = story.transfers.front();
  Finding finding;
  finding.subject = graph.key(graph.source(earliest));
  finding.evidence_key = fmt::format("{} from {}", finding.subject, graph.transfer_key(earliest));
  finding.score = score_of(graph, *story.longest, params).sum();
  finding.amount_minor = graph.amount_minor(story.longest->front());
  finding.first_activity = story.first_activity;
  finding.last_activity = story.last_activity;
  finding.explanation = explanation_of(graph, *story.longest, currency);
  for (const Edge e : story.transfers) tell(finding, graph, {&e, 1}, "hop", story.place.at(e));
  name_accounts(finding, graph, story);
  finding.evidence = evidence_of(graph, story, params, currency);
  return finding;
}

}  // namespace

void validate(const ChainsParams& params) {
  require(params.min_length >= 2,
          fmt::format("min_length is {}, must be at least 2", params.min_length));
  require_duration(params.hop_within, "hop_within");
  require(params.time_order != graph::TimeOrder::kNone,
          "time_order is none, must be strict or loose");
  require_pass_on(params.pass_on_at_least, params.pass_on_at_most);
  require_search(params.leg_at_least_minor, params.max_steps);
  require(params.max_transfers > 0, "max_transfers is 0, must be above 0");
}

Detection detect_chains(const TransferGraph& graph, const ChainsParams& params,
                        const BaseCurrency& currency, std::stop_token stop) {
  validate(params);
  const graph::TemporalPaths found = graph::find_maximal_temporal_paths(
      graph, {.min_length = params.min_length,
              .hop_within = params.hop_within,
              .time_order = params.time_order,
              .pass_on = {permille(params.pass_on_at_least), permille(params.pass_on_at_most)},
              .leg_at_least_minor = params.leg_at_least_minor,
              .max_counterparties = params.max_counterparties,
              .max_steps = params.max_steps,
              .max_transfers = params.max_transfers,
              .stop = std::move(stop)});
  Detection detection;
  for (const std::vector<std::size_t>& ids :
       hanging_together({found.paths.begin(), found.paths.end()})) {
    detection.findings.push_back(
        finding_of(graph, story_of(graph, found.paths, ids), params, currency));
  }
  detection.truncated = found.truncated;
  detection.ignored = hub_sentences(graph, found.hubs, params.max_counterparties);
  detection.counts = {{"chains", static_cast<std::int64_t>(detection.findings.size())},
                      {"paths", static_cast<std::int64_t>(found.paths.size())},
                      {"hubs", static_cast<std::int64_t>(found.hubs.size())},
                      {"steps", static_cast<std::int64_t>(found.steps)}};
  return detection;
}

}  // namespace aml::detect
