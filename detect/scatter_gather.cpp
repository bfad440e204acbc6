// SPDX-License-Identifier: Apache-2.0
#include "detect/scatter_gather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>
#include <utility>

#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/require.hpp"
#include "graph/two_path_bundles.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::MinorSum;
using graph::require;
using graph::TransferGraph;
using graph::TwoPath;
using graph::TwoPathBundle;
using graph::Vertex;

constexpr double kMiddlesWeight = 0.4;
constexpr double kPassedOnWeight = 0.3;
constexpr double kEvennessWeight = 0.3;
constexpr std::size_t kMiddlesNamed = 3;

/// What went over one account in between.
struct Branch {
  Vertex middle;
  std::vector<Edge> in;   ///< in time order
  std::vector<Edge> out;  ///< in time order
  MinorSum received = 0;
};

struct Story {
  Vertex source;
  Vertex sink;
  std::vector<Branch> branches;  ///< by first leg in
  std::vector<Vertex> middles;
  MinorSum sent = 0;
  MinorSum gathered = 0;
  MinorSum smallest = 0;  ///< sum that a middle received
  MinorSum largest = 0;
  Edge earliest = 0;
  graph::Micros first_activity = 0;
  graph::Micros last_activity = 0;

  graph::Micros duration() const { return last_activity - first_activity; }
};

std::vector<Branch> branches_of(const TransferGraph& graph, const TwoPathBundle& bundle) {
  std::vector<Branch> branches;
  std::unordered_map<Vertex, std::size_t> branch_over;
  for (const TwoPath& path : bundle.paths) {
    const auto [at, is_new] = branch_over.try_emplace(path.middle, branches.size());
    if (is_new) branches.push_back({path.middle, {}, {}});
    branches[at->second].in.push_back(path.first);
    branches[at->second].out.push_back(path.second);
  }
  for (Branch& branch : branches) {
    branch.in = in_time_order(graph, std::move(branch.in));
    branch.out = in_time_order(graph, std::move(branch.out));
    branch.received = sum_of(graph, branch.in);
  }
  return branches;
}

Story story_of(const TransferGraph& graph, const TwoPathBundle& bundle) {
  Story story;
  story.source = bundle.source;
  story.sink = bundle.target;
  story.branches = branches_of(graph, bundle);
  story.earliest = bundle.paths.front().first;
  story.first_activity = graph.booked_at(story.earliest);
  story.smallest = story.branches.front().received;
  for (const Branch& branch : story.branches) {
    story.middles.push_back(branch.middle);
    story.sent += branch.received;
    story.gathered += sum_of(graph, branch.out);
    story.smallest = std::min(story.smallest, branch.received);
    story.largest = std::max(story.largest, branch.received);
    story.last_activity = std::max(story.last_activity, graph.booked_at(branch.out.back()));
  }
  return story;
}

struct ScoreParts {
  double middles;
  double passed_on;
  double evenness;
  double sum() const { return middles + passed_on + evenness; }
};

ScoreParts score_of(const Story& story) {
  return {kMiddlesWeight * (1 - std::exp2(2 - static_cast<double>(story.middles.size()))),
          kPassedOnWeight * likeness_of(story.sent, story.gathered),
          kEvennessWeight * share_of(story.smallest, story.largest)};
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const Story& story,
                                      const ScatterGatherParams& params,
                                      const BaseCurrency& currency) {
  const ScoreParts score = score_of(story);
  const auto source = graph.key(story.source);
  const auto sink = graph.key(story.sink);
  const double passed_on = share_of(story.gathered, story.sent);
  const double evenness = share_of(story.smallest, story.largest);
  return {
      {"middles", std::to_string(story.middles.size()), std::to_string(params.min_middles),
       score.middles,
       fmt::format("The money went from {} over {} to {}.", source,
                   count_of(story.middles.size(), "account"), sink)},
      {"passed_on_share", share_text(passed_on), std::nullopt, score.passed_on,
       fmt::format("They passed on {} of what they got.", percent_text(passed_on))},
      {"evenness", share_text(evenness), std::nullopt, score.evenness,
       fmt::format("Each of them got between {} and {}.", format_money(story.smallest, currency),
                   format_money(story.largest, currency))},
      {"amount_sent", plain_money(story.sent, currency), std::nullopt, std::nullopt,
       fmt::format("{} sent {}.", source, format_money(story.sent, currency))},
      {"amount_gathered", plain_money(story.gathered, currency), std::nullopt, std::nullopt,
       fmt::format("{} came together in {}.", format_money(story.gathered, currency), sink)},
      {"duration_hours", hours_text(story.duration()), hours_text(params.window), std::nullopt,
       fmt::format("All took place {}.", within(story.duration()))}};
}

std::string explanation_of(const TransferGraph& graph, const Story& story,
                           const BaseCurrency& currency) {
  return fmt::format(
      "{} paid {} to {} ({}), who passed {} ({}) on to {}, {} ({} to {}).", graph.key(story.source),
      format_money(story.sent, currency), count_of(story.middles.size(), "account"),
      list_of(keys_of(graph, story.middles), kMiddlesNamed), format_money(story.gathered, currency),
      percent_text(share_of(story.gathered, story.sent)), graph.key(story.sink),
      within(story.duration()), format_time(story.first_activity),
      format_time(story.last_activity));
}

Finding finding_of(const TransferGraph& graph, const TwoPathBundle& bundle,
                   const ScatterGatherParams& params, const BaseCurrency& currency) {
  const Story story = story_of(graph, bundle);
  Finding finding;
  finding.subject = graph.key(story.source);
  finding.evidence_key = fmt::format("{}>{} from {}", finding.subject, graph.key(story.sink),
                                     graph.transfer_key(story.earliest));
  finding.score = score_of(story).sum();
  finding.amount_minor = to_minor_units(story.gathered);
  finding.first_activity = story.first_activity;
  finding.last_activity = story.last_activity;
  finding.explanation = explanation_of(graph, story, currency);
  int number = 0;
  for (const Branch& branch : story.branches) {
    tell(finding, graph, branch.in, "scatter", ++number);
    tell(finding, graph, branch.out, "gather", number);
  }
  name(finding, graph, std::span(&story.source, 1), "source");
  name(finding, graph, story.middles, "middle");
  name(finding, graph, std::span(&story.sink, 1), "sink");
  finding.evidence = evidence_of(graph, story, params, currency);
  return finding;
}

graph::TwoPathBundleParams search_params(const ScatterGatherParams& params, std::stop_token stop) {
  return {.min_middles = params.min_middles,
          .window = params.window,
          .time_order = params.time_order,
          .pass_on = {permille(params.pass_on_at_least), permille(params.pass_on_at_most)},
          .leg_at_least_minor = params.leg_at_least_minor,
          .max_counterparties = params.max_counterparties,
          .max_steps = params.max_steps,
          .max_paths = params.max_paths,
          .stop = std::move(stop)};
}

}  // namespace

void validate(const ScatterGatherParams& params) {
  require(params.min_middles >= 2,
          fmt::format("min_middles is {}, must be at least 2", params.min_middles));
  require(params.time_order != graph::TimeOrder::kNone,
          "time_order is none, must be strict or loose");
  require_pass_on(params.pass_on_at_least, params.pass_on_at_most);
  require_duration(params.window, "window");
  require_search(params.leg_at_least_minor, params.max_steps);
  require(params.max_paths > 0, "max_paths is 0, must be above 0");
}

Detection detect_scatter_gather(const TransferGraph& graph, const ScatterGatherParams& params,
                                const BaseCurrency& currency, std::stop_token stop) {
  validate(params);
  const graph::TwoPathBundles found =
      graph::find_two_path_bundles(graph, search_params(params, std::move(stop)));
  Detection detection;
  std::size_t paths = 0;
  for (const TwoPathBundle& bundle : found.bundles) {
    detection.findings.push_back(finding_of(graph, bundle, params, currency));
    paths += bundle.paths.size();
  }
  detection.truncated = found.truncated;
  detection.ignored = hub_sentences(graph, found.hubs, params.max_counterparties);
  detection.counts = {{"episodes", static_cast<std::int64_t>(detection.findings.size())},
                      {"paths", static_cast<std::int64_t>(paths)},
                      {"hubs", static_cast<std::int64_t>(found.hubs.size())},
                      {"steps", static_cast<std::int64_t>(found.steps)}};
  return detection;
}

}  // namespace aml::detect
