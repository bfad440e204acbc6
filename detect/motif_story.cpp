// SPDX-License-Identifier: Apache-2.0
#include "detect/motif_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"

namespace aml::detect {

using graph::Edge;
using graph::GroupTransfer;
using graph::MinorSum;
using graph::Vertex;

namespace {

constexpr std::string_view kAnonymousTransfer = "transfer";
constexpr std::string_view kAnonymousAccount = "counterparty";

}  // namespace

std::span<const std::string_view> motif_evidence_names() {
  static constexpr std::array<std::string_view, 4> kNames{"moved", "transfers", "duration_hours",
                                                          "matches"};
  return kNames;
}

MotifRoles::MotifRoles(const graph::MotifQuery& query) {
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
    for (const std::string& vertex : pattern.vertices) {
      const std::string_view name = vertex.empty() ? kAnonymousAccount : vertex;
      branch.vertices.push_back(number_of(name));
      if (branch.vertices.back() == names_.size()) names_.emplace_back(name);
    }
    branch.dropped = graph::dropped_elements(pattern);
  }
}

std::size_t MotifRoles::number_of(std::string_view vertex) const {
  return static_cast<std::size_t>(std::ranges::find(names_, vertex) - names_.begin());
}

const MotifRoles::OfTransfer& MotifRoles::of_transfer(const GroupTransfer& use) const {
  return branches_[use.branch].edges[use.element];
}

std::pair<std::size_t, std::size_t> MotifRoles::of_ends(const GroupTransfer& use) const {
  const auto [source, target] = branches_[use.branch].ends[use.element];
  return {of_vertex(use.branch, static_cast<std::size_t>(source)),
          of_vertex(use.branch, static_cast<std::size_t>(target))};
}

std::size_t MotifRoles::of_vertex(std::size_t branch, std::size_t vertex) const {
  return branches_[branch].vertices[vertex];
}

const graph::DroppedElements& MotifRoles::dropped(std::size_t branch) const {
  return branches_[branch].dropped;
}

std::vector<Finding> MotifTeller::findings_of(std::vector<MotifStory> stories,
                                              const std::stop_token& stop) const {
  std::vector<Finding> findings;
  for (MotifStory& story : stories) {
    if (stop.stop_requested()) break;
    findings.push_back(finding_of(std::move(story)));
  }
  return findings;
}

Finding MotifTeller::finding_of(MotifStory story) const {
  std::vector<Edge> transfers;
  for (const GroupTransfer& use : story.uses) transfers.push_back(use.transfer);
  transfers = in_time_order(graph_, std::move(transfers));
  const Totals totals = totals_of(story.subject, transfers);
  const bool is_group = story.matches == 0;

  Finding finding;
  finding.subject = graph_.key(story.subject);
  finding.evidence_key = is_group            ? params_.group_by
                         : transfers.empty() ? finding.subject
                                             : fmt::format("{} from {}", finding.subject,
                                                           graph_.transfer_key(transfers.front()));
  finding.score = 1 - std::exp2(-static_cast<double>(totals.moved) /
                                static_cast<double>(params_.score_half_at_minor));
  if (!transfers.empty()) {
    finding.amount_minor = to_minor_units(totals.moved);
    finding.first_activity = totals.first;
    finding.last_activity = totals.last;
  }
  finding.explanation = explanation_of(finding, story, totals);
  finding.evidence = evidence_of(finding, story, totals);
  if (is_group) transfers.resize(std::min(transfers.size(), kMostTransfersOfGroup));
  tell_transfers(finding, story, transfers);
  return finding;
}

MotifTeller::Totals MotifTeller::totals_of(Vertex subject,
                                           std::span<const Edge> in_time_order) const {
  if (in_time_order.empty()) return {};
  Totals totals{.transfers = in_time_order.size(),
                .first = graph_.booked_at(in_time_order.front()),
                .last = graph_.booked_at(in_time_order.back())};
  MinorSum in = 0;
  MinorSum out = 0;
  for (const Edge e : in_time_order) {
    const bool pays = graph_.source(e) == subject;
    const bool receives = graph_.target(e) == subject;
    if (pays) out += graph_.amount_minor(e);
    if (receives) in += graph_.amount_minor(e);
    totals.takes_part = totals.takes_part || pays || receives;
  }
  totals.moved = totals.takes_part ? std::max(in, out) : sum_of(graph_, in_time_order);
  return totals;
}

/// The transfers with their roles, and the accounts.
void MotifTeller::tell_transfers(Finding& finding, MotifStory& story,
                                 std::span<const Edge> transfers) const {
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
  story.accounts.emplace(roles_.number_of(subject_role_), story.subject);
  for (const Edge e : transfers) tell(finding, graph_, {&e, 1}, role_of[e].name, role_of[e].place);
  for (const auto& [role, account] : story.accounts) {
    name(finding, graph_, std::span(&account, 1), roles_.name(role));
  }
}

std::string MotifTeller::explanation_of(const Finding& finding, const MotifStory& story,
                                        const Totals& totals) const {
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
  if (totals.transfers == 0) return text + ".";
  return text + fmt::format(": {} moved {} {} ({} to {}).", count_of(totals.transfers, "transfer"),
                            format_money(totals.moved, currency_),
                            within(totals.last - totals.first), format_time(totals.first),
                            format_time(totals.last));
}

std::vector<EvidenceItem> MotifTeller::evidence_of(const Finding& finding, const MotifStory& story,
                                                   const Totals& totals) const {
  const auto plain = [](std::string feature, std::string observed, std::string sentence) {
    return EvidenceItem{std::move(feature), std::move(observed), std::nullopt, std::nullopt,
                        std::move(sentence)};
  };
  std::vector<EvidenceItem> evidence = story.aggregates;
  evidence.push_back({"moved", plain_money(totals.moved, currency_), std::nullopt, finding.score,
                      fmt::format("{} moved {} in these transfers.",
                                  totals.takes_part ? finding.subject : "All together",
                                  format_money(totals.moved, currency_))});
  const bool is_cut = story.matches == 0 && totals.transfers > kMostTransfersOfGroup;
  const std::string cut =
      is_cut ? "; the first " + count_of(kMostTransfersOfGroup, "transfer") + " stand here" : "";
  evidence.push_back(plain("transfers", std::to_string(totals.transfers),
                           count_of(totals.transfers, "transfer") + " in the pattern" + cut + "."));
  if (totals.transfers > 0) {
    evidence.push_back(
        plain("duration_hours", hours_text(totals.last - totals.first),
              fmt::format("All took place {}.", within(totals.last - totals.first))));
  }
  if (story.matches > 0) {
    evidence.push_back(plain("matches", std::to_string(story.matches),
                             count_of(story.matches, "match") + " of the motif put together."));
  }
  return evidence;
}

}  // namespace aml::detect
