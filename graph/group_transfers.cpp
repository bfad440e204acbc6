// SPDX-License-Identifier: Apache-2.0
#include "graph/group_transfers.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "graph/motif_factor.hpp"
#include "graph/motif_plan.hpp"
#include "graph/motif_reach.hpp"
#include "graph/motif_search.hpp"

namespace aml::graph {
namespace {

/// The transfers of one branch's rows.
class BranchTransfers {
 public:
  BranchTransfers(const MotifPlan& plan, std::size_t branch, std::size_t vertex,
                  std::span<const Vertex> groups, GroupTransfers& found)
      : plan_(plan), branch_(branch), vertex_(vertex), groups_(groups), found_(found) {
    const auto& edges = plan.pattern().edges;
    const std::size_t component = plan.shape().component_of(vertex);
    for (std::size_t e = 0; e < edges.size(); ++e) {
      if (edges[e].negated || (plan.dropped().any && plan.dropped().edges[e])) continue;
      const auto source = static_cast<std::size_t>(edges[e].source);
      if (plan.shape().component_of(source) == component) told_.push_back(e);
    }
  }

  void collect() {
    if (plan_.shape().is_exact()) {
      reach_all();
    } else {
      enumerate();
    }
  }

 private:
  void reach_all() {
    const MotifTree tree = plan_.shape().tree(vertex_);
    CheckedArithmetic arithmetic;
    const auto rows = factor_rows(plan_.graph(), plan_.candidates(), tree, arithmetic);
    const auto alive = factor_alive(plan_.graph(), plan_.candidates(), tree, arithmetic);
    std::vector<MotifReach> reaches;
    for (const std::size_t e : told_) {
      reaches.emplace_back(plan_.graph(), plan_.candidates(), tree, alive, e);
    }
    const MotifConstraints& constraints = plan_.constraints();
    for (std::size_t g = 0; g < groups_.size() && !found_.truncated; ++g) {
      if (rows[groups_[g]] == 0) continue;  // its rows are those of another branch
      std::uint64_t steps = 0;
      for (std::size_t i = 0; i < told_.size(); ++i) {
        for (const Edge e : reaches[i].transfers_from({&groups_[g], 1})) add(g, told_[i], e);
        steps += reaches[i].steps();
      }
      found_.truncated = steps > constraints.max_steps || constraints.stop.stop_requested();
    }
  }

  void enumerate() {
    std::vector<std::unordered_set<std::uint64_t>> seen(told_.size());  ///< group and transfer
    const MotifRun run = enumerate_motif(plan_, kNoRowLimit, [&](const MotifMatch& match) {
      const auto group = std::ranges::lower_bound(groups_, match.vertices[vertex_]);
      const auto g = static_cast<std::size_t>(group - groups_.begin());
      for (std::size_t i = 0; i < told_.size(); ++i) {
        const Edge transfer = match.edges[told_[i]];
        if (seen[i].insert(std::uint64_t{g} << 32 | transfer).second) add(g, told_[i], transfer);
      }
    });
    found_.truncated = found_.truncated || run.truncated;
  }

  void add(std::size_t group, std::size_t element, Edge transfer) {
    found_.of_group[group].push_back({branch_, element, transfer});
  }

  const MotifPlan& plan_;
  const std::size_t branch_;
  const std::size_t vertex_;
  const std::span<const Vertex> groups_;
  GroupTransfers& found_;
  std::vector<std::size_t> told_;  ///< edges of the motif
};

/// The constraints with the vertex bound to one of the groups.
MotifConstraints bound_to_groups(MotifConstraints constraints, std::size_t vertex,
                                 const TransferGraph& graph, std::span<const Vertex> groups) {
  std::vector<char>& mask = constraints.allowed_vertices[vertex];
  std::vector<char> of_groups(graph.num_vertices(), 0);
  // A group of another branch may be one that the mask of this branch leaves out.
  for (const Vertex group : groups) of_groups[group] = mask.empty() || mask[group] != 0 ? 1 : 0;
  mask = std::move(of_groups);
  return constraints;
}

}  // namespace

GroupTransfers group_transfers(const MotifQuery& query, const BoundMotif& bound,
                               const TransferGraph& graph, std::span<const Vertex> groups) {
  assert(query.grouping.has_value());
  GroupTransfers found;
  found.of_group.resize(groups.size());
  if (groups.empty()) return found;
  for (std::size_t b = 0; b < bound.branches.size() && !found.truncated; ++b) {
    const MotifPattern& pattern = bound.branches[b].pattern;
    const auto at = std::ranges::find(pattern.vertices, query.grouping->vertex);
    const auto vertex = static_cast<std::size_t>(at - pattern.vertices.begin());
    const MotifConstraints constraints =
        bound_to_groups(bound.branches[b].constraints, vertex, graph, groups);
    const MotifPlan plan(graph, pattern, constraints);
    const MotifEstimate rows = plan.estimate();
    if (!plan.is_satisfiable() || (rows.rows_at_most == 0 && !rows.overflowed)) continue;
    BranchTransfers(plan, b, vertex, groups, found).collect();
  }
  for (auto& transfers : found.of_group) std::ranges::sort(transfers);
  return found;
}

}  // namespace aml::graph
