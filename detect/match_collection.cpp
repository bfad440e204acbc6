// SPDX-License-Identifier: Apache-2.0
#include "detect/match_collection.hpp"

#include <algorithm>
#include <utility>

#include "detect/shape_story.hpp"

namespace aml::detect {

using graph::Edge;
using graph::GroupTransfer;
using graph::Vertex;

MatchCollection::MatchCollection(const graph::MotifQuery& query, const MotifRoles& roles,
                                 const std::string& subject)
    : query_(query), roles_(roles) {
  for (const graph::MotifBranch& branch : query.motif.branches) {
    const auto& names = branch.pattern.vertices;
    subject_slots_.push_back(
        static_cast<std::size_t>(std::ranges::find(names, subject) - names.begin()));
  }
}

void MatchCollection::add(std::size_t branch, const graph::MotifMatch& match) {
  rows_.push_back({match.vertices[subject_slots_[branch]], branch, elements_.size()});
  elements_.insert(elements_.end(), match.vertices.begin(), match.vertices.end());
  elements_.insert(elements_.end(), match.edges.begin(), match.edges.end());
}

std::vector<MotifStory> MatchCollection::stories(const std::stop_token& stop) && {
  std::ranges::stable_sort(rows_, {}, &Row::subject);
  std::vector<MotifStory> stories;
  for (std::size_t begin = 0; begin < rows_.size() && !stop.stop_requested();) {
    std::size_t end = begin;
    while (end < rows_.size() && rows_[end].subject == rows_[begin].subject) ++end;
    add_stories(std::span(rows_).subspan(begin, end - begin), stories);
    begin = end;
  }
  return stories;
}

void MatchCollection::add_stories(std::span<const Row> rows,
                                  std::vector<MotifStory>& stories) const {
  std::vector<std::vector<GroupTransfer>> uses;
  std::vector<std::vector<Edge>> pieces;
  for (const Row& row : rows) {
    uses.push_back(uses_of(row));
    std::vector<Edge>& piece = pieces.emplace_back();
    for (const GroupTransfer& use : uses.back()) piece.push_back(use.transfer);
  }
  MotifStory without_transfers{.subject = rows.front().subject};
  for (const std::vector<std::size_t>& ids : hanging_together({pieces.begin(), pieces.end()})) {
    MotifStory together{.subject = rows.front().subject};
    MotifStory& story = pieces[ids.front()].empty() ? without_transfers : together;
    for (const std::size_t id : ids) {
      ++story.matches;
      story.uses.insert(story.uses.end(), uses[id].begin(), uses[id].end());
      add_accounts(rows[id], story);
    }
    if (together.matches > 0) stories.push_back(std::move(together));
  }
  if (without_transfers.matches > 0) stories.push_back(std::move(without_transfers));
}

std::vector<GroupTransfer> MatchCollection::uses_of(const Row& row) const {
  const graph::MotifPattern& pattern = query_.motif.branches[row.branch].pattern;
  std::vector<GroupTransfer> uses;
  for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
    if (pattern.edges[e].negated || roles_.dropped(row.branch).edges[e]) continue;
    uses.push_back({row.branch, e, elements_[row.begin + pattern.vertices.size() + e]});
  }
  return uses;
}

void MatchCollection::add_accounts(const Row& row, MotifStory& story) const {
  const graph::MotifPattern& pattern = query_.motif.branches[row.branch].pattern;
  for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
    const Vertex account = elements_[row.begin + v];
    if (account == graph::kNoVertex || roles_.dropped(row.branch).vertices[v]) continue;
    story.accounts.emplace(roles_.of_vertex(row.branch, v), account);
  }
}

}  // namespace aml::detect
