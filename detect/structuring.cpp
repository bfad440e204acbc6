// SPDX-License-Identifier: Apache-2.0
#include "detect/structuring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <stdexcept>
#include <unordered_set>

#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "detect/structuring_search.hpp"
#include "graph/hubs.hpp"
#include "graph/motif_pattern.hpp"
#include "graph/require.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::MinorSum;
using graph::require;
using graph::TransferGraph;
using graph::Vertex;

constexpr double kBranchesWeight = 0.3;
constexpr double kLegsWeight = 0.4;
constexpr double kIncomeWeight = 0.3;
constexpr std::size_t kExitsNamed = 3;

/// How many edges enter and leave each vertex of a motif.
struct MotifDegrees {
  explicit MotifDegrees(const graph::MotifPattern& motif)
      : in(motif.vertices.size()), out(motif.vertices.size()) {
    for (const graph::MotifEdge& edge : motif.edges) {
      ++in[static_cast<std::size_t>(edge.target)];
      ++out[static_cast<std::size_t>(edge.source)];
    }
  }
  bool are(int vertex, std::size_t entering, std::size_t leaving) const {
    const auto v = static_cast<std::size_t>(vertex);
    return in[v] == entering && out[v] == leaving;
  }
  std::vector<std::size_t> in;
  std::vector<std::size_t> out;
};

[[noreturn]] void refuse_motif(const std::string& motif, const std::string& reason) {
  throw std::invalid_argument(fmt::format(
      "motif is \"{}\", must be two or more branches (a)-[]->(b); (b)-[]->(c) into one collector c "
      "that pays one exit (c)-[]->(g): {}",
      motif, reason));
}

/// The number of branches that the motif writes.
/// Throws: graph::MotifError if it does not parse, std::invalid_argument if it has another shape.
std::size_t branches_of(const std::string& text) {
  const graph::MotifPattern motif = graph::parse_motif(text);
  const MotifDegrees degrees(motif);
  const auto most = std::ranges::max_element(degrees.in);
  if (most == degrees.in.end() || *most < 2) {
    refuse_motif(text, "no vertex collects two branches");
  }
  const int collector = static_cast<int>(most - degrees.in.begin());
  const std::size_t branches = *most;
  if (motif.edges.size() != 2 * branches + 1 || motif.vertices.size() != 2 * branches + 2) {
    refuse_motif(text, fmt::format("{} branches make {} edges over {} vertices, it has {} over {}",
                                   branches, 2 * branches + 1, 2 * branches + 2, motif.edges.size(),
                                   motif.vertices.size()));
  }
  for (const graph::MotifEdge& edge : motif.edges) {
    if (edge.negated) refuse_motif(text, "a negated term has no place in it");
    const bool is_first_leg = degrees.are(edge.source, 0, 1) && degrees.are(edge.target, 1, 1);
    const bool is_second_leg = degrees.are(edge.source, 1, 1) && edge.target == collector;
    const bool is_exit = edge.source == collector && degrees.are(edge.target, 1, 0);
    if (!is_first_leg && !is_second_leg && !is_exit) {
      refuse_motif(text, fmt::format("the edge from ({}) to ({}) is neither a leg nor the exit",
                                     motif.vertices[static_cast<std::size_t>(edge.source)],
                                     motif.vertices[static_cast<std::size_t>(edge.target)]));
    }
  }
  return branches;
}

/// A branch as it is told: without a leg that an earlier branch has told.
struct ToldBranch {
  StructuringBranch branch;
  bool tells_first_leg;
  bool tells_second_leg;
};

/// Branches that together hold every leg of the network, those with two new legs first; in time
/// order.
std::vector<ToldBranch> told_branches(const StructuringNetwork& network) {
  std::vector<ToldBranch> told;
  std::unordered_set<Edge> legs;
  for (const StructuringBranch& branch : network.branches) {
    const bool is_new = !legs.contains(branch.first_leg) && !legs.contains(branch.second_leg);
    if (is_new) legs.insert({branch.first_leg, branch.second_leg});
    told.push_back({branch, is_new, is_new});
  }
  for (ToldBranch& candidate : told) {
    if (candidate.tells_first_leg) continue;
    candidate.tells_first_leg = legs.insert(candidate.branch.first_leg).second;
    candidate.tells_second_leg = legs.insert(candidate.branch.second_leg).second;
  }
  std::erase_if(told, [](const ToldBranch& candidate) {
    return !candidate.tells_first_leg && !candidate.tells_second_leg;
  });
  return told;
}

/// A network with the figures that its story needs.
struct Story {
  Vertex collector;
  std::vector<ToldBranch> branches;
  std::vector<Edge> exits;
  std::set<Vertex> senders;
  std::set<Vertex> middlemen;
  std::set<Vertex> payees;
  std::size_t legs = 0;
  MinorSum legs_sum = 0;
  graph::MinorUnits largest_leg = 0;
  MinorSum inflow = 0;  ///< sum of the second legs
  MinorSum exits_sum = 0;
  MinorSum income = 0;  ///< all that the collector received between the first and the last transfer
  Edge earliest = 0;
  graph::Micros first_activity = 0;
  graph::Micros last_activity = 0;

  MinorSum forwarded() const { return std::min(inflow, exits_sum); }
  graph::Micros duration() const { return last_activity - first_activity; }
};

void add_legs(const TransferGraph& graph, Story& story) {
  const auto add = [&](Edge leg) {
    ++story.legs;
    story.legs_sum += graph.amount_minor(leg);
    story.largest_leg = std::max(story.largest_leg, graph.amount_minor(leg));
  };
  for (const ToldBranch& told : story.branches) {
    story.senders.insert(told.branch.sender);
    story.middlemen.insert(told.branch.middleman);
    if (told.tells_first_leg) add(told.branch.first_leg);
    if (!told.tells_second_leg) continue;
    add(told.branch.second_leg);
    story.inflow += graph.amount_minor(told.branch.second_leg);
  }
}

Story story_of(const TransferGraph& graph, const StructuringNetwork& network) {
  Story story;
  story.collector = network.collector;
  story.branches = told_branches(network);
  story.exits = network.exits;
  add_legs(graph, story);
  for (const Edge exit : network.exits) {
    story.payees.insert(graph.target(exit));
    story.exits_sum += graph.amount_minor(exit);
  }
  // Every branch ends before an exit, so the first leg of the first one and the last exit span the
  // network.
  story.earliest = network.branches.front().first_leg;
  story.first_activity = graph.booked_at(story.earliest);
  story.last_activity = graph.booked_at(network.exits.back());
  story.income = income_between(graph, std::span(&network.collector, 1), story.first_activity,
                                story.last_activity);
  return story;
}

struct ScoreParts {
  double branches;
  double legs;
  double income;
  double sum() const { return branches + legs + income; }
};

double mean_leg(const Story& story) {
  return static_cast<double>(story.legs_sum) / static_cast<double>(story.legs);
}

ScoreParts score_of(const Story& story, const StructuringParams& params) {
  const auto branches = static_cast<double>(story.branches.size());
  return {kBranchesWeight * (1 - std::exp2(1 - branches)),
          kLegsWeight * mean_leg(story) / static_cast<double>(params.threshold_minor),
          kIncomeWeight * share_of(story.inflow, story.income)};
}

std::string explanation_of(const TransferGraph& graph, const Story& story,
                           const StructuringParams& params, const BaseCurrency& currency) {
  return fmt::format(
      "{} brought {} in {}, each below {}, to {}, which forwarded {} to {} {} ({} to {}).",
      count_of(story.branches.size(), "branch"), format_money(story.inflow, currency),
      count_of(story.legs, "payment"), format_money(params.threshold_minor, currency),
      graph.key(story.collector), format_money(story.forwarded(), currency),
      list_of(keys_of(graph, story.payees), kExitsNamed), within(story.duration()),
      format_time(story.first_activity), format_time(story.last_activity));
}

/// What the score is made of.
std::vector<EvidenceItem> scored_evidence(const TransferGraph& graph, const Story& story,
                                          std::size_t required_branches,
                                          const StructuringParams& params,
                                          const BaseCurrency& currency) {
  const ScoreParts score = score_of(story, params);
  const auto collector = graph.key(story.collector);
  const auto mean = static_cast<MinorSum>(std::llround(mean_leg(story)));
  const double income_share = share_of(story.inflow, story.income);
  return {{"branches", std::to_string(story.branches.size()), std::to_string(required_branches),
           score.branches,
           fmt::format("{} lead from {} over {} to {}.", count_of(story.branches.size(), "branch"),
                       count_of(story.senders.size(), "sender"),
                       count_of(story.middlemen.size(), "middleman account"), collector)},
          {"mean_leg", plain_money(mean, currency), plain_money(params.threshold_minor, currency),
           score.legs,
           fmt::format(
               "A leg carries {} in the mean, {} of the threshold.", format_money(mean, currency),
               percent_text(mean_leg(story) / static_cast<double>(params.threshold_minor)))},
          {"income_share", share_text(income_share), std::nullopt, score.income,
           fmt::format("The branches brought {} of all that {} received in that time.",
                       percent_text(income_share), collector)}};
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const Story& story,
                                      std::size_t required_branches,
                                      const StructuringParams& params,
                                      const BaseCurrency& currency) {
  const auto collector = graph.key(story.collector);
  const std::string threshold = plain_money(params.threshold_minor, currency);
  const std::string threshold_text = format_money(params.threshold_minor, currency);
  const double forwarded_share = share_of(story.forwarded(), story.inflow);
  std::vector<EvidenceItem> evidence =
      scored_evidence(graph, story, required_branches, params, currency);
  evidence.insert(
      evidence.end(),
      {{"largest_leg", plain_money(story.largest_leg, currency), threshold, std::nullopt,
        fmt::format("The largest leg is {}, below the threshold of {}.",
                    format_money(story.largest_leg, currency), threshold_text)},
       {"inflow", plain_money(story.inflow, currency), threshold, std::nullopt,
        fmt::format("The middlemen brought {} to {}, above {}.",
                    format_money(story.inflow, currency), collector, threshold_text)},
       {"forwarded_sum", plain_money(story.forwarded(), currency), threshold, std::nullopt,
        fmt::format("{} forwarded {} of it, above {}.", collector,
                    format_money(story.forwarded(), currency), threshold_text)},
       {"forwarded_share", share_text(forwarded_share), share_text(params.forwarded_at_least),
        std::nullopt,
        fmt::format("That is {} of what came in; a window needs {}.", percent_text(forwarded_share),
                    percent_text(params.forwarded_at_least))},
       {"duration_hours", hours_text(story.duration()), std::nullopt, std::nullopt,
        fmt::format("From the first payment to the last exit it took {} hours.",
                    hours_text(story.duration()))},
       {"exits", std::to_string(story.exits.size()), std::nullopt, std::nullopt,
        fmt::format("{} paid {} in {} to {}.", collector, format_money(story.exits_sum, currency),
                    count_of(story.exits.size(), "exit"),
                    list_of(keys_of(graph, story.payees), kExitsNamed))}});
  return evidence;
}

std::vector<FindingTransfer> transfers_of(const TransferGraph& graph, const Story& story) {
  std::vector<FindingTransfer> transfers;
  const auto add = [&](Edge e, const char* role, int branch) {
    const int step = static_cast<int>(transfers.size()) + 1;
    transfers.push_back({std::string(graph.transfer_key(e)), role, step, branch});
  };
  int branch = 0;
  for (const ToldBranch& told : story.branches) {
    ++branch;
    if (told.tells_first_leg) add(told.branch.first_leg, "first leg", branch);
    if (told.tells_second_leg) add(told.branch.second_leg, "second leg", branch);
  }
  for (const Edge exit : story.exits) add(exit, "exit", 0);
  return transfers;
}

Finding finding_of(const TransferGraph& graph, const StructuringNetwork& network,
                   std::size_t required_branches, const StructuringParams& params,
                   const BaseCurrency& currency) {
  const Story story = story_of(graph, network);
  Finding finding;
  finding.subject = graph.key(story.collector);
  finding.evidence_key =
      fmt::format("{} from {}", finding.subject, graph.transfer_key(story.earliest));
  finding.score = score_of(story, params).sum();
  finding.amount_minor = to_minor_units(story.inflow);
  finding.first_activity = story.first_activity;
  finding.last_activity = story.last_activity;
  finding.explanation = explanation_of(graph, story, params, currency);
  finding.transfers = transfers_of(graph, story);
  // An account that plays two parts stands once for each.
  name(finding, graph, std::span(&story.collector, 1), "collector");
  name(finding, graph, story.senders, "sender");
  name(finding, graph, story.middlemen, "middleman");
  name(finding, graph, story.payees, "exit");
  finding.evidence = evidence_of(graph, story, required_branches, params, currency);
  return finding;
}

}  // namespace

void validate(const StructuringParams& params) {
  branches_of(params.motif);
  require(params.threshold_minor > 0,
          fmt::format("threshold is {} minor units, must be above 0", params.threshold_minor));
  require(params.leg_at_least_minor >= 0 && params.leg_at_least_minor <= params.threshold_minor,
          fmt::format("leg_at_least is {} minor units, must be in 0..threshold ({})",
                      params.leg_at_least_minor, params.threshold_minor));
  require_duration(params.window, "window");
  require(params.time_order != graph::TimeOrder::kNone,
          "time_order is none, must be strict or loose");
  require(std::isfinite(params.pass_on_at_most) && params.pass_on_at_most >= 0,
          fmt::format("pass_on_at_most is {}, must be a number >= 0", params.pass_on_at_most));
  require(params.pass_on_at_least >= 0 && params.pass_on_at_least <= params.pass_on_at_most,
          fmt::format("pass_on_at_least is {}, must be in 0..pass_on_at_most ({})",
                      params.pass_on_at_least, params.pass_on_at_most));
  require(params.forwarded_at_least >= 0 && params.forwarded_at_least <= 1,
          fmt::format("forwarded_at_least is {}, must be in 0..1", params.forwarded_at_least));
  require(params.max_steps > 0, "max_steps is 0, must be above 0");
}

Detection detect_structuring(const TransferGraph& graph, const StructuringParams& params,
                             const BaseCurrency& currency, const std::stop_token& stop) {
  validate(params);
  const std::size_t required_branches = branches_of(params.motif);
  const std::vector<char> is_hub = graph::hub_vertices(graph, params.max_counterparties);
  const std::vector<Vertex> hubs = graph::list_hubs(is_hub);
  const StructuringSearch search =
      find_structuring_networks(graph, params, required_branches, is_hub, stop);

  Detection detection;
  for (const StructuringNetwork& network : search.networks) {
    detection.findings.push_back(finding_of(graph, network, required_branches, params, currency));
  }
  detection.truncated = search.truncated;
  detection.ignored = hub_sentences(graph, hubs, params.max_counterparties);
  detection.counts = {{"networks", static_cast<std::int64_t>(search.networks.size())},
                      {"collectors", static_cast<std::int64_t>(search.collectors)},
                      {"hubs", static_cast<std::int64_t>(hubs.size())},
                      {"steps", static_cast<std::int64_t>(search.steps)}};
  return detection;
}

}  // namespace aml::detect
