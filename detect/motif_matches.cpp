// SPDX-License-Identifier: Apache-2.0
#include "detect/motif_matches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "detect/account_properties.hpp"
#include "detect/match_collection.hpp"
#include "detect/motif_story.hpp"
#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/group_transfers.hpp"
#include "graph/motif_answer.hpp"
#include "graph/motif_describe.hpp"
#include "graph/require.hpp"

namespace aml::detect {
namespace {

using graph::require;
using graph::TransferGraph;
using graph::Vertex;

void require_graphframes(const MotifMatchesParams& params) {
  const auto require_none = [](bool is_none, std::string_view parameter, std::string_view none) {
    require(is_none, fmt::format("{} must be {} in mode graphframes, where time_order and distinct "
                                 "are none, max_counterparties is 0, and window, hop_window and "
                                 "group_by are absent",
                                 parameter, none));
  };
  require_none(params.time_order == graph::TimeOrder::kNone, "time_order", "none");
  require_none(params.distinct == graph::Distinct::kNone, "distinct", "none");
  require_none(!params.window, "window", "absent");
  require_none(!params.hop_window, "hop_window", "absent");
  require_none(params.group_by.empty(), "group_by", "absent");
  require_none(params.max_counterparties == 0, "max_counterparties", "0");
}

graph::MotifQueryText query_text(const MotifMatchesParams& params) {
  graph::MotifQueryText text;
  text.motif = params.motif;
  text.mode = params.mode;
  text.where = params.where;
  if (params.mode == graph::MotifMode::kMoney) {
    text.time_order = params.time_order;
    text.distinct = params.distinct;
  }
  text.window = params.window;
  text.hop_window = params.hop_window;
  text.group_by = params.group_by;
  text.aggregates = params.aggregates;
  text.having = params.having;
  text.max_counterparties = params.max_counterparties;
  text.max_rows = params.max_rows;
  return text;
}

/// Who sends the first transfer with a name, as it is written.
std::string first_named_sender(const graph::MotifQuery& query) {
  const graph::MotifPattern& pattern = query.motif.branches.front().pattern;
  const auto edge = std::ranges::find_if(
      pattern.edges, [](const graph::MotifEdge& e) { return !e.negated && !e.name.empty(); });
  if (edge == pattern.edges.end()) return {};
  return pattern.vertices[static_cast<std::size_t>(edge->source)];
}

/// The name of the vertex that findings are about.
std::string subject_vertex(const MotifMatchesParams& params, const graph::MotifQuery& query) {
  if (!params.group_by.empty()) {
    require(params.subject_vertex.empty() || params.subject_vertex == params.group_by,
            fmt::format("subject_vertex is {}, must be the vertex of the groups, {}",
                        params.subject_vertex, params.group_by));
    return params.group_by;
  }
  std::string name =
      params.subject_vertex.empty() ? first_named_sender(query) : params.subject_vertex;
  require(!name.empty(),
          "subject_vertex is missing: the motif names no transfer with a named sender");
  for (const graph::MotifBranch& branch : query.motif.branches) {
    require(
        std::ranges::count(branch.pattern.vertices, name) > 0,
        fmt::format("subject_vertex is {}, must be a vertex of the motif in every branch", name));
  }
  return name;
}

std::string value_text(const graph::Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<graph::Decimal>(&value)) return graph::to_string(*number);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* time = std::get_if<graph::TimePoint>(&value)) {
    return iso_time(static_cast<graph::Micros>(time->micros));
  }
  if (const auto* span = std::get_if<graph::TimeSpan>(&value)) {
    return hours_text(static_cast<graph::Micros>(span->micros)) + " hours";
  }
  return "null";
}

[[noreturn]] void refuse(const std::string& rows, std::uint64_t max_rows) {
  throw std::length_error(fmt::format(
      "the motif has {} matches, more than the {} of max_rows: none was looked at, and "
      "the alerts of earlier runs stay; narrow the motif, group it by a vertex, or raise "
      "max_rows",
      rows, max_rows));
}

[[noreturn]] void refuse_groups() {
  throw std::length_error(
      "the groups reached max_rows or max_steps before all their matches were seen: none can "
      "be trusted, and the alerts of earlier runs stay; narrow the motif, or raise them");
}

/// One search with its parts.
class MotifMatchSearch {
 public:
  MotifMatchSearch(const TransferGraph& accounts, const graph::GraphProperties& properties,
                   const MotifMatchesParams& params, const BaseCurrency& currency,
                   const std::stop_token& stop)
      : graph_(accounts),
        properties_(properties),
        params_(params),
        stop_(stop),
        query_(motif_query(params)),
        bound_(bind_accounts(query_, params, accounts, properties, stop)),
        subject_(subject_vertex(params, query_)),
        roles_(query_),
        teller_(accounts, params, roles_, subject_, currency) {}

  Detection run() {
    Detection detection = query_.grouping ? groups() : matches();
    detection.truncated = detection.truncated || stop_.stop_requested();
    detection.ignored = hub_sentences(graph_, bound_.hubs, params_.max_counterparties);
    detection.counts.insert(detection.counts.begin(),
                            {query_.grouping ? "groups" : "findings",
                             static_cast<std::int64_t>(detection.findings.size())});
    detection.counts.emplace_back("hubs", static_cast<std::int64_t>(bound_.hubs.size()));
    return detection;
  }

 private:
  Detection matches() {
    MatchCollection collection(query_, roles_, subject_);
    const graph::MotifRun run = graph::visit_rows(
        query_, bound_, graph_, graph::kNoRowLimit,
        [&](std::size_t branch, const graph::MotifMatch& match) { collection.add(branch, match); });
    if (run.refused) refuse(graph::text_of(run.rows_known), params_.max_rows);
    Detection detection;
    detection.truncated = run.truncated;
    detection.findings = teller_.findings_of(std::move(collection).stories(stop_), stop_);
    detection.counts = {{"matches", static_cast<std::int64_t>(run.rows)},
                        {"steps", static_cast<std::int64_t>(run.steps)}};
    return detection;
  }

  Detection groups() {
    Detection detection;
    const graph::QueryGroups found = graph::group_rows(query_, bound_, graph_, properties_);
    if (found.refused) refuse(graph::text_of(found.rows_known), params_.max_rows);
    if (stop_.stop_requested()) return detection;
    if (found.truncated && !found.factorised) refuse_groups();
    detection.truncated = found.truncated;
    std::vector<Vertex> vertices;
    for (const graph::MotifGroup& group : found.groups) vertices.push_back(group.vertex);
    graph::GroupTransfers transfers = graph::group_transfers(query_, bound_, graph_, vertices);
    if (stop_.stop_requested()) return detection;
    if (transfers.truncated) refuse_groups();
    std::vector<MotifStory> stories;
    for (std::size_t g = 0; g < found.groups.size(); ++g) {
      stories.push_back({.subject = vertices[g],
                         .uses = std::move(transfers.of_group[g]),
                         .aggregates = aggregates_of(found.groups[g])});
    }
    detection.findings = teller_.findings_of(std::move(stories), stop_);
    return detection;
  }

  std::vector<EvidenceItem> aggregates_of(const graph::MotifGroup& group) const {
    std::vector<EvidenceItem> items;
    for (std::size_t i = 0; i < params_.aggregates.size(); ++i) {
      const auto& [name, expression] = params_.aggregates[i];
      const std::string value = value_text(group.values[i]);
      items.push_back({name, value, std::nullopt, std::nullopt,
                       fmt::format("{} is {}: {}.", name, value, expression)});
    }
    return items;
  }

  const TransferGraph& graph_;
  const graph::GraphProperties& properties_;
  const MotifMatchesParams& params_;
  const std::stop_token& stop_;
  const graph::MotifQuery query_;
  const graph::BoundMotif bound_;
  const std::string subject_;
  const MotifRoles roles_;
  const MotifTeller teller_;
};

}  // namespace

graph::MotifQuery motif_query(const MotifMatchesParams& params) {
  return graph::parse_query(query_text(params), account_schema());
}

graph::BoundMotif bind_accounts(const graph::MotifQuery& query, const MotifMatchesParams& params,
                                const TransferGraph& accounts,
                                const graph::GraphProperties& properties,
                                const std::stop_token& stop) {
  graph::BoundMotif bound = graph::bind_query(query, accounts, properties);
  for (graph::BoundMotif::Branch& branch : bound.branches) {
    branch.constraints.max_steps = params.max_steps;
    branch.constraints.stop = stop;
  }
  return bound;
}

bool tells_transfers(const graph::MotifQuery& query) {
  return std::ranges::all_of(query.motif.branches, [](const graph::MotifBranch& branch) {
    const graph::DroppedElements dropped = graph::dropped_elements(branch.pattern);
    for (std::size_t e = 0; e < branch.pattern.edges.size(); ++e) {
      if (!branch.pattern.edges[e].negated && !dropped.edges[e]) return true;
    }
    return false;
  });
}

void validate(const MotifMatchesParams& params) {
  require(!params.motif.empty(),
          "motif is missing: write one such as \"(a)-[e1]->(b); (b)-[e2]->(c)\"");
  if (params.mode == graph::MotifMode::kGraphFrames) {
    require_graphframes(params);
  } else {
    require(params.window.has_value(),
            "window is missing: a match needs a bound in time, such as \"10 days\"");
  }
  if (params.window) require_duration(*params.window, "window");
  if (params.hop_window) require_duration(*params.hop_window, "hop_window");
  require(
      params.score_half_at_minor > 0,
      fmt::format("score_half_at is {} minor units, must be above 0", params.score_half_at_minor));
  require(params.max_rows > 0, "max_rows is 0, must be above 0");
  require(params.max_steps > 0, "max_steps is 0, must be above 0");
  for (const auto& [name, expression] : params.aggregates) {
    require(
        std::ranges::count(motif_evidence_names(), name) == 0,
        fmt::format("aggregates: every finding has evidence called {}, choose another name", name));
  }
  subject_vertex(params, motif_query(params));
}

Detection detect_motif_matches(const TransferGraph& accounts, const AccountFacts& facts,
                               const TransferGraph& parties, const MotifMatchesParams& params,
                               const BaseCurrency& currency, const std::stop_token& stop) {
  validate(params);
  const graph::GraphProperties properties = account_properties(facts, parties, currency.exponent);
  return MotifMatchSearch(accounts, properties, params, currency, stop).run();
}

}  // namespace aml::detect
