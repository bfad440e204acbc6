// SPDX-License-Identifier: Apache-2.0
#include "detect/motif_matches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <stdexcept>

#include "detect/account_properties.hpp"
#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/group_transfers.hpp"
#include "graph/motif_answer.hpp"
#include "graph/motif_describe.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::GroupTransfer;
using graph::MinorSum;
using graph::TransferGraph;
using graph::Vertex;

constexpr std::string_view kAnonymousTransfer = "transfer";
constexpr std::string_view kAnonymousAccount = "counterparty";
/// What findings tell of themselves: no aggregate may be called so.
constexpr std::array<std::string_view, 4> kOwnEvidence{"moved", "transfers", "duration_hours",
                                                       "matches"};

void require_graphframes(const MotifMatchesParams& params) {
  const auto require_none = [](bool is_none, std::string_view parameter, std::string_view none) {
    require(is_none,
            fmt::format("{} must be {} in mode graphframes, which knows none", parameter, none));
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
  const std::string name =
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

/// What each element of the motif is called in a finding.
class MotifRoles {
 public:
  struct OfTransfer {
    int place = 0;  ///< of its edge among those of its branch that are transfers, from 1
    std::string_view name;
    auto operator<=>(const OfTransfer&) const = default;
  };

  explicit MotifRoles(const graph::MotifQuery& query) {
    for (const graph::MotifBranch& motif_branch : query.motif.branches) {
      const graph::MotifPattern& pattern = motif_branch.pattern;
      Branch& branch = branches_.emplace_back();
      int place = 0;
      for (const graph::MotifEdge& edge : pattern.edges) {
        if (!edge.negated) ++place;
        branch.edges.push_back(
            {place, edge.name.empty() ? kAnonymousTransfer : std::string_view(edge.name)});
        branch.ends.emplace_back(edge.source, edge.target);
      }
      for (const std::string& name : pattern.vertices) {
        branch.vertices.push_back(number_of(name.empty() ? kAnonymousAccount : name));
      }
      branch.dropped = graph::dropped_elements(pattern);
    }
  }

  const OfTransfer& of_transfer(const GroupTransfer& use) const {
    return branches_[use.branch].edges[use.element];
  }
  /// Numbers of the roles of sender and receiver, in the order in which the motif names them.
  std::pair<std::size_t, std::size_t> of_ends(const GroupTransfer& use) const {
    const Branch& branch = branches_[use.branch];
    const auto [source, target] = branch.ends[use.element];
    return {branch.vertices[static_cast<std::size_t>(source)],
            branch.vertices[static_cast<std::size_t>(target)]};
  }
  std::size_t of_vertex(std::size_t branch, std::size_t vertex) const {
    return branches_[branch].vertices[vertex];
  }
  std::size_t number_of(std::string_view name) {
    const auto at = std::ranges::find(names_, name);
    if (at != names_.end()) return static_cast<std::size_t>(at - names_.begin());
    names_.emplace_back(name);
    return names_.size() - 1;
  }
  const std::string& name(std::size_t number) const { return names_[number]; }
  const graph::DroppedElements& dropped(std::size_t branch) const {
    return branches_[branch].dropped;
  }

 private:
  struct Branch {
    std::vector<OfTransfer> edges;
    std::vector<std::pair<int, int>> ends;
    std::vector<std::size_t> vertices;
    graph::DroppedElements dropped;
  };
  std::vector<Branch> branches_;
  std::vector<std::string> names_;
};

/// What a finding is made of.
struct Story {
  Vertex subject = graph::kNoVertex;
  std::vector<GroupTransfer> uses = {};
  std::set<std::pair<std::size_t, Vertex>> accounts = {};  ///< number of the role, account
  std::size_t matches = 0;                                 ///< 0: a group
  std::vector<EvidenceItem> aggregates = {};               ///< of a group
};

/// Turns stories into findings.
class Teller {
 public:
  Teller(const TransferGraph& graph, const MotifMatchesParams& params, const MotifRoles& roles,
         std::string subject_role, const BaseCurrency& currency)
      : graph_(graph),
        params_(params),
        roles_(roles),
        subject_role_(std::move(subject_role)),
        currency_(currency) {}

  Finding finding_of(Story&& story) const {
    std::vector<Edge> transfers;
    for (const GroupTransfer& use : story.uses) transfers.push_back(use.transfer);
    transfers = in_time_order(graph_, std::move(transfers));
    const bool is_group = story.matches == 0;

    Finding finding;
    finding.subject = graph_.key(story.subject);
    finding.evidence_key =
        is_group ? params_.group_by
        : transfers.empty()
            ? finding.subject
            : fmt::format("{} from {}", finding.subject, graph_.transfer_key(transfers.front()));
    const MinorSum moved = moved_by(story.subject, transfers);
    finding.score = 1 - std::exp2(-static_cast<double>(moved) /
                                  static_cast<double>(params_.score_half_at_minor));
    if (!transfers.empty()) {
      finding.amount_minor = to_minor_units(moved);
      finding.first_activity = graph_.booked_at(transfers.front());
      finding.last_activity = graph_.booked_at(transfers.back());
    }
    finding.explanation = explanation_of(finding, story, transfers.size(), moved);
    finding.evidence = evidence_of(finding, story, transfers.size(), moved);
    if (is_group) transfers.resize(std::min(transfers.size(), kMostTransfersOfGroup));
    tell_transfers(finding, story, transfers);
    return finding;
  }

 private:
  MinorSum moved_by(Vertex subject, std::span<const Edge> transfers) const {
    MinorSum in = 0;
    MinorSum out = 0;
    bool takes_part = false;
    for (const Edge e : transfers) {
      const bool pays = graph_.source(e) == subject;
      const bool receives = graph_.target(e) == subject;
      if (pays) out += graph_.amount_minor(e);
      if (receives) in += graph_.amount_minor(e);
      takes_part = takes_part || pays || receives;
    }
    return takes_part ? std::max(in, out) : sum_of(graph_, transfers);
  }

  /// The transfers with their roles, and the accounts.
  void tell_transfers(Finding& finding, Story& story, std::span<const Edge> transfers) const {
    std::map<Edge, MotifRoles::OfTransfer> role_of;
    for (const Edge e : transfers) role_of[e];
    for (const GroupTransfer& use : story.uses) {
      const auto at = role_of.find(use.transfer);
      if (at == role_of.end()) continue;  // cut off
      const MotifRoles::OfTransfer& role = roles_.of_transfer(use);
      if (at->second.place == 0 || role < at->second) at->second = role;
      const auto [sender, receiver] = roles_.of_ends(use);
      story.accounts.emplace(sender, graph_.source(use.transfer));
      story.accounts.emplace(receiver, graph_.target(use.transfer));
    }
    for (const Edge e : transfers)
      tell(finding, graph_, {&e, 1}, role_of[e].name, role_of[e].place);
    for (const auto& [role, account] : story.accounts) {
      name(finding, graph_, {&account, 1}, roles_.name(role));
    }
  }

  std::string explanation_of(const Finding& finding, const Story& story, std::size_t transfers,
                             MinorSum moved) const {
    std::string text = fmt::format("{} is {} ", finding.subject, subject_role_);
    if (story.matches > 0) {
      text += fmt::format("in {} of the motif", count_of(story.matches, "match"));
    } else {
      text += "of the motif";
      for (const EvidenceItem& item : story.aggregates) {
        text += fmt::format("{} {} {}", &item == &story.aggregates.front() ? " with" : ",",
                            item.feature, item.observed);
      }
    }
    if (transfers == 0) return text + ".";
    return text + fmt::format(": {} moved {} {} ({} to {}).", count_of(transfers, "transfer"),
                              format_money(moved, currency_), within(duration_of(finding)),
                              format_time(*finding.first_activity),
                              format_time(*finding.last_activity));
  }

  std::vector<EvidenceItem> evidence_of(const Finding& finding, const Story& story,
                                        std::size_t transfers, MinorSum moved) const {
    std::vector<EvidenceItem> evidence = story.aggregates;
    evidence.push_back({"moved", plain_money(moved, currency_), std::nullopt, finding.score,
                        fmt::format("{} moved {} in these transfers.", finding.subject,
                                    format_money(moved, currency_))});
    const bool is_cut = story.matches == 0 && transfers > kMostTransfersOfGroup;
    evidence.push_back(
        {"transfers", std::to_string(transfers), std::nullopt, std::nullopt,
         fmt::format("{} in the pattern{}.", count_of(transfers, "transfer"),
                     is_cut ? fmt::format("; the first {} stand here", kMostTransfersOfGroup)
                            : std::string())});
    if (transfers > 0) {
      evidence.push_back({"duration_hours", hours_text(duration_of(finding)), std::nullopt,
                          std::nullopt,
                          fmt::format("All took place {}.", within(duration_of(finding)))});
    }
    if (story.matches > 0) {
      evidence.push_back(
          {"matches", std::to_string(story.matches), std::nullopt, std::nullopt,
           fmt::format("{} of the motif put together.", count_of(story.matches, "match"))});
    }
    return evidence;
  }

  static graph::Micros duration_of(const Finding& finding) {
    return *finding.last_activity - *finding.first_activity;
  }

  const TransferGraph& graph_;
  const MotifMatchesParams& params_;
  const MotifRoles& roles_;
  const std::string subject_role_;
  const BaseCurrency& currency_;
};

/// Collects matches and puts together those of one subject that share transfers.
class MatchCollection {
 public:
  MatchCollection(const graph::MotifQuery& query, const MotifRoles& roles,
                  const std::string& subject)
      : query_(query), roles_(roles) {
    for (const graph::MotifBranch& branch : query.motif.branches) {
      const auto& names = branch.pattern.vertices;
      subject_slots_.push_back(
          static_cast<std::size_t>(std::ranges::find(names, subject) - names.begin()));
    }
  }

  void add(std::size_t branch, const graph::MotifMatch& match) {
    rows_.push_back({match.vertices[subject_slots_[branch]], branch, elements_.size()});
    elements_.insert(elements_.end(), match.vertices.begin(), match.vertices.end());
    elements_.insert(elements_.end(), match.edges.begin(), match.edges.end());
  }

  std::vector<Story> stories() && {
    std::ranges::stable_sort(rows_, {}, &Row::subject);
    std::vector<Story> stories;
    for (std::size_t begin = 0; begin < rows_.size();) {
      std::size_t end = begin;
      while (end < rows_.size() && rows_[end].subject == rows_[begin].subject) ++end;
      add_stories(std::span(rows_).subspan(begin, end - begin), stories);
      begin = end;
    }
    return stories;
  }

 private:
  struct Row {
    Vertex subject = graph::kNoVertex;
    std::size_t branch = 0;
    std::size_t begin = 0;  ///< in elements_: vertices, then edges
  };

  void add_stories(std::span<const Row> rows, std::vector<Story>& stories) const {
    std::vector<std::vector<GroupTransfer>> uses;
    std::vector<std::vector<Edge>> pieces;
    for (const Row& row : rows) {
      uses.push_back(uses_of(row));
      std::vector<Edge>& piece = pieces.emplace_back();
      for (const GroupTransfer& use : uses.back()) piece.push_back(use.transfer);
    }
    Story without_transfers{.subject = rows.front().subject};
    for (const std::vector<std::size_t>& ids : hanging_together(pieces)) {
      Story together{.subject = rows.front().subject};
      Story& story = pieces[ids.front()].empty() ? without_transfers : together;
      for (const std::size_t id : ids) {
        ++story.matches;
        story.uses.insert(story.uses.end(), uses[id].begin(), uses[id].end());
        add_accounts(rows[id], story);
      }
      if (together.matches > 0) stories.push_back(std::move(together));
    }
    if (without_transfers.matches > 0) stories.push_back(std::move(without_transfers));
  }

  std::vector<GroupTransfer> uses_of(const Row& row) const {
    const graph::MotifPattern& pattern = query_.motif.branches[row.branch].pattern;
    std::vector<GroupTransfer> uses;
    for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
      if (pattern.edges[e].negated || roles_.dropped(row.branch).edges[e]) continue;
      uses.push_back({row.branch, e, elements_[row.begin + pattern.vertices.size() + e]});
    }
    return uses;
  }

  void add_accounts(const Row& row, Story& story) const {
    const graph::MotifPattern& pattern = query_.motif.branches[row.branch].pattern;
    for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
      const Vertex account = elements_[row.begin + v];
      if (account == graph::kNoVertex || roles_.dropped(row.branch).vertices[v]) continue;
      story.accounts.emplace(roles_.of_vertex(row.branch, v), account);
    }
  }

  const graph::MotifQuery& query_;
  const MotifRoles& roles_;
  std::vector<std::size_t> subject_slots_;  ///< of each branch
  std::vector<Row> rows_;
  std::vector<std::uint32_t> elements_;
};

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
  throw std::length_error(
      fmt::format("the motif has {} matches, more than the {} of max_rows: none was looked at, and "
                  "the alerts of "
                  "earlier runs stay; narrow the motif, group it by a vertex, or raise max_rows",
                  rows, max_rows));
}

/// One search with its parts.
class MotifMatchSearch {
 public:
  MotifMatchSearch(const TransferGraph& accounts, const graph::GraphProperties& properties,
                   const MotifMatchesParams& params, const BaseCurrency& currency,
                   std::stop_token stop)
      : graph_(accounts),
        properties_(properties),
        params_(params),
        query_(motif_query(params)),
        bound_(bind_accounts(query_, params, accounts, properties, std::move(stop))),
        subject_(subject_vertex(params, query_)),
        roles_(query_),
        subject_role_(roles_.number_of(subject_)),
        teller_(accounts, params, roles_, subject_, currency) {}

  Detection run() {
    Detection detection = query_.grouping ? groups() : matches();
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
    for (Story& story : std::move(collection).stories()) {
      detection.findings.push_back(teller_.finding_of(std::move(story)));
    }
    detection.counts = {{"matches", static_cast<std::int64_t>(run.rows)},
                        {"steps", static_cast<std::int64_t>(run.steps)}};
    return detection;
  }

  Detection groups() {
    Detection detection;
    const graph::QueryGroups found = graph::group_rows(query_, bound_, graph_, properties_);
    if (found.refused) refuse(graph::text_of(found.rows_known), params_.max_rows);
    detection.truncated = found.truncated;
    if (bound_.branches.front().constraints.stop.stop_requested()) return detection;
    if (found.truncated && !found.factorised) {
      throw std::length_error(
          "the groups reached max_rows or max_steps before all their matches were seen: none can "
          "be "
          "trusted, and the alerts of earlier runs stay; narrow the motif, or raise them");
    }
    std::vector<Vertex> vertices;
    for (const graph::MotifGroup& group : found.groups) vertices.push_back(group.vertex);
    graph::GroupTransfers transfers = graph::group_transfers(query_, bound_, graph_, vertices);
    detection.truncated = detection.truncated || transfers.truncated;
    for (std::size_t g = 0; g < found.groups.size(); ++g) {
      Story story{.subject = vertices[g], .uses = std::move(transfers.of_group[g])};
      story.accounts.emplace(subject_role_, story.subject);
      story.aggregates = aggregates_of(found.groups[g]);
      detection.findings.push_back(teller_.finding_of(std::move(story)));
    }
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
  const graph::MotifQuery query_;
  const graph::BoundMotif bound_;
  const std::string subject_;
  MotifRoles roles_;
  const std::size_t subject_role_;
  const Teller teller_;
};

}  // namespace

graph::MotifQuery motif_query(const MotifMatchesParams& params) {
  return graph::parse_query(query_text(params), account_schema());
}

graph::BoundMotif bind_accounts(const graph::MotifQuery& query, const MotifMatchesParams& params,
                                const TransferGraph& accounts,
                                const graph::GraphProperties& properties, std::stop_token stop) {
  graph::BoundMotif bound = graph::bind_query(query, accounts, properties);
  for (graph::BoundMotif::Branch& branch : bound.branches) {
    branch.constraints.max_steps = params.max_steps;
    branch.constraints.stop = stop;
  }
  return bound;
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
        std::ranges::count(kOwnEvidence, name) == 0,
        fmt::format("aggregates: every finding has evidence called {}, choose another name", name));
  }
  subject_vertex(params, motif_query(params));
}

Detection detect_motif_matches(const TransferGraph& accounts, const AccountFacts& facts,
                               const TransferGraph& parties, const MotifMatchesParams& params,
                               const BaseCurrency& currency, std::stop_token stop) {
  validate(params);
  const graph::GraphProperties properties = account_properties(facts, parties, currency.exponent);
  return MotifMatchSearch(accounts, properties, params, currency, std::move(stop)).run();
}

}  // namespace aml::detect
