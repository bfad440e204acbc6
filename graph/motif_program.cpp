// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_program.hpp"

#include <algorithm>

namespace aml::graph {

/// Goes through the steps of a plan and notes what becomes known when.
class MotifProgram::Builder {
 public:
  explicit Builder(const MotifPlan& plan)
      : plan_(plan),
        pattern_(plan.pattern()),
        apart_(pairs_to_tell_apart(pattern_, plan.constraints(), plan.times())),
        is_vertex_bound_(pattern_.vertices.size(), 0),
        is_edge_bound_(pattern_.edges.size(), 0),
        is_edge_known_(pattern_.edges.size(), 0),
        is_checked_(pattern_.edges.size(), 0) {}

  std::vector<Step> steps() {
    std::vector<Step> steps;
    for (const MotifStep& planned : plan_.steps()) {
      Step step;
      step.plan = planned;
      if (planned.kind == MotifStep::Kind::kEdge) {
        bind_edge(planned.element, step);
      } else {
        if (planned.kind == MotifStep::Kind::kNeighbour) step.relations = relations(planned.over);
        bind_vertex(planned.element, step);
      }
      add_closings(step);
      add_lookaheads(step);
      add_absent(step);
      steps.push_back(std::move(step));
    }
    for (Step& step : steps) {
      for (Lookahead& lookahead : step.lookaheads)
        lookahead.is_filtered = closes_later(lookahead.edge, steps);
    }
    if (!steps.empty()) steps.front().root_end = root_end(steps.front());
    return steps;
  }

 private:
  std::size_t end_of(std::size_t edge, End end) const {
    return static_cast<std::size_t>(end == End::kSource ? pattern_.edges[edge].source
                                                        : pattern_.edges[edge].target);
  }

  void bind_edge(std::size_t e, Step& step) {
    step.candidates = &plan_.candidates().edge(e);
    step.source = end_of(e, End::kSource);
    step.target = end_of(e, End::kTarget);
    step.relations = relations(e);
    step.source_bound = is_vertex_bound_[end_of(e, End::kSource)] != 0;
    step.target_bound = is_vertex_bound_[end_of(e, End::kTarget)] != 0;
    for (std::size_t other = 0; other < pattern_.edges.size(); ++other) {
      if (!is_edge_bound_[other]) continue;
      if (must_tell_apart(e, other)) step.must_differ.push_back(other);
      add_order(e, other, step);
    }
    is_edge_bound_[e] = 1;
    bind_vertex(end_of(e, End::kSource), step);
    bind_vertex(end_of(e, End::kTarget), step);
    for (const MotifConstraints::AmountRatio& ratio : plan_.constraints().ratios) {
      const auto earlier = static_cast<std::size_t>(ratio.earlier);
      const auto later = static_cast<std::size_t>(ratio.later);
      if ((earlier == e || later == e) && is_edge_bound_[earlier] && is_edge_bound_[later]) {
        step.ratios.push_back(ratio);
      }
    }
  }

  void bind_vertex(std::size_t v, Step& step) {
    if (is_vertex_bound_[v]) return;
    NewVertex binding{v, {}};
    if (plan_.constraints().distinct_vertices) {
      for (std::size_t other = 0; other < pattern_.vertices.size(); ++other) {
        if (is_vertex_bound_[other]) binding.must_differ.push_back(other);
      }
    }
    is_vertex_bound_[v] = 1;
    step.new_vertices.push_back(std::move(binding));
  }

  /// What bound edges, and edges whose candidates are known, say about when e is booked.
  std::vector<Relation> relations(std::size_t e) const {
    std::vector<Relation> relations;
    for (std::size_t other = 0; other < pattern_.edges.size(); ++other) {
      if (other == e || !(is_edge_bound_[other] || is_edge_known_[other])) continue;
      if (!plan_.times().related(other, e)) continue;
      relations.push_back({other, is_edge_bound_[other] != 0, plan_.times().max_gap(other, e),
                           plan_.times().max_gap(e, other)});
    }
    return relations;
  }

  /// Distinct vertices make transfers between different ones differ by themselves.
  bool must_tell_apart(std::size_t a, std::size_t b) const {
    const bool parallel = end_of(a, End::kSource) == end_of(b, End::kSource) &&
                          end_of(a, End::kTarget) == end_of(b, End::kTarget);
    if (plan_.constraints().distinct_vertices && !parallel) return false;
    return std::ranges::find(apart_, std::pair(std::min(a, b), std::max(a, b))) != apart_.end();
  }

  /// The gap between two edges settles their order, unless they may be booked at the same time.
  void add_order(std::size_t e, std::size_t other, Step& step) const {
    const MotifTimes& times = plan_.times();
    if (times.before(other, e) && times.max_gap(e, other) == 0)
      step.orders.push_back({other, true});
    if (times.before(e, other) && times.max_gap(other, e) == 0) {
      step.orders.push_back({other, false});
    }
  }

  void add_lookaheads(Step& step) {
    for (const NewVertex& binding : step.new_vertices) {
      for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
        if (pattern_.edges[e].negated || is_edge_bound_[e] || is_edge_known_[e]) continue;
        for (const End end : {End::kSource, End::kTarget}) {
          if (is_edge_known_[e] || end_of(e, end) != binding.vertex) continue;
          step.lookaheads.push_back(
              {e, &plan_.candidates().edge(e), end, binding.vertex, false, relations(e)});
          is_edge_known_[e] = 1;
        }
      }
    }
  }

  void add_closings(Step& step) {
    for (const NewVertex& binding : step.new_vertices) {
      for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
        if (pattern_.edges[e].negated || is_edge_bound_[e] || !is_edge_known_[e]) continue;
        for (const End end : {End::kSource, End::kTarget}) {
          if (end_of(e, end) == binding.vertex) {
            step.closings.push_back({e, &plan_.candidates().edge(e), binding.vertex});
          }
        }
      }
    }
  }

  static bool closes_later(std::size_t edge, const std::vector<Step>& steps) {
    return std::ranges::any_of(steps, [&](const Step& step) {
      return std::ranges::any_of(step.closings,
                                 [&](const Closing& closing) { return closing.edge == edge; });
    });
  }

  /// Roots that share the vertex from which the search goes on find its candidates in the cache.
  static End root_end(const Step& root) {
    const auto leads_on = [&](std::size_t vertex) {
      return std::ranges::find(root.lookaheads, vertex, &Lookahead::vertex) !=
             root.lookaheads.end();
    };
    return root.plan.kind == MotifStep::Kind::kEdge && leads_on(root.target) &&
                   !leads_on(root.source)
               ? End::kTarget
               : End::kSource;
  }

  void add_absent(Step& step) {
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      if (!pattern_.edges[e].negated || is_checked_[e] || plan_.candidates().settles(e) ||
          !is_vertex_bound_[end_of(e, End::kSource)] ||
          !is_vertex_bound_[end_of(e, End::kTarget)]) {
        continue;
      }
      is_checked_[e] = 1;
      step.absent.push_back(e);
    }
  }

  const MotifPlan& plan_;
  const MotifPattern& pattern_;
  const std::vector<std::pair<std::size_t, std::size_t>> apart_;
  std::vector<char> is_vertex_bound_;
  std::vector<char> is_edge_bound_;
  std::vector<char> is_edge_known_;
  std::vector<char> is_checked_;
};

MotifProgram::MotifProgram(const MotifPlan& plan)
    : plan_(plan), steps_(Builder(plan).steps()), pairs_(plan.pattern().edges.size()) {
  has_closings_ = std::ranges::any_of(steps_, [](const Step& s) { return !s.closings.empty(); });
  note_known_rows();
  if (steps_.empty()) return;
  Step& last = steps_.back();
  const bool from_one_end = last.source_bound != last.target_bound;
  last.always_fits = last.plan.kind == MotifStep::Kind::kEdge && from_one_end &&
                     last.new_vertices.front().must_differ.empty() && last.must_differ.empty() &&
                     last.orders.empty() && last.ratios.empty() && last.absent.empty() &&
                     last.known_row.empty() && !plan.constraints().where &&
                     plan.num_telling_steps() == steps_.size();
}

/// For each symmetry and step how many elements of the row are bound, and their images too.
void MotifProgram::note_known_rows() {
  const MotifPattern& pattern = plan_.pattern();
  const DroppedElements& dropped = plan_.dropped();
  std::vector<std::size_t> edge_step(pattern.edges.size(), 0);
  std::vector<std::size_t> vertex_step(pattern.vertices.size(), 0);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    if (steps_[s].plan.kind == MotifStep::Kind::kEdge) edge_step[steps_[s].plan.element] = s;
    for (const NewVertex& binding : steps_[s].new_vertices) vertex_step[binding.vertex] = s;
  }
  for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
    if (!dropped.edges[e]) row_.push_back({true, e});
  }
  for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
    if (!dropped.vertices[v]) row_.push_back({false, v});
  }
  const auto& symmetries = plan_.constraints().symmetries;
  std::vector<std::size_t> known(symmetries.size(), 0);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const std::vector<std::size_t> before = known;
    for (std::size_t i = 0; i < symmetries.size(); ++i) {
      const auto is_known = [&](const RowElement& element) {
        const auto& step_of = element.is_edge ? edge_step : vertex_step;
        return step_of[element.element] <= s && step_of[image(symmetries[i], element)] <= s;
      };
      while (known[i] < row_.size() && is_known(row_[known[i]])) ++known[i];
    }
    if (known != before) steps_[s].known_row = known;
  }
}

std::size_t MotifProgram::image(const Symmetry& symmetry, const RowElement& element) {
  const auto& images = element.is_edge ? symmetry.edges : symmetry.vertices;
  return static_cast<std::size_t>(images[element.element]);
}

bool MotifProgram::may_be_smallest(const Step& step, std::span<const Vertex> vertices,
                                   std::span<const Edge> edges) const {
  const auto& symmetries = plan_.constraints().symmetries;
  for (std::size_t i = 0; i < step.known_row.size(); ++i) {
    for (std::size_t k = 0; k < step.known_row[i]; ++k) {
      const auto& bound = row_[k].is_edge ? edges : vertices;
      const std::uint32_t here = bound[row_[k].element];
      const std::uint32_t there = bound[image(symmetries[i], row_[k])];
      if (there < here) return false;
      if (here < there) break;
    }
  }
  return true;
}

/// Worth it where the search would go through a good part of all transfers for its first step.
void MotifProgram::find_possible_roots() {
  const Step& root = steps_.front();
  if (root.plan.kind != MotifStep::Kind::kEdge || plan_.num_telling_steps() == 0) return;
  const auto triangle = triangle_at(root.plan.element);
  if (!triangle || triangle->first.size() < triangle->third.size() / 4) return;
  may_be_root_ = may_be_in_triangle(*triangle, plan_.graph().num_edges());
}

/// A triangle of the pattern that begins with the edge, if there is one.
std::optional<TrianglePattern> MotifProgram::triangle_at(std::size_t edge) const {
  const MotifPattern& pattern = plan_.pattern();
  const auto vertex = [&](std::size_t e, End end) {
    return end == End::kSource ? pattern.edges[e].source : pattern.edges[e].target;
  };
  const auto list = [&](std::size_t e) -> const CandidateEdges& {
    return plan_.candidates().edge(e);
  };
  std::vector<std::pair<std::size_t, End>> ends;
  for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
    if (pattern.edges[e].negated || e == edge) continue;
    ends.insert(ends.end(), {{e, End::kSource}, {e, End::kTarget}});
  }
  for (const End meet : {End::kSource, End::kTarget}) {
    const int near = vertex(edge, opposite(meet));
    for (const auto& [second, second_end] : ends) {
      const int far = vertex(second, opposite(second_end));
      if (vertex(second, second_end) != vertex(edge, meet) || far == near ||
          far == vertex(edge, meet) || near == vertex(edge, meet)) {
        continue;
      }
      for (const auto& [third, third_end] : ends) {
        if (vertex(third, third_end) != near || vertex(third, opposite(third_end)) != far) continue;
        return TrianglePattern{list(edge),
                               meet,
                               list(second),
                               second_end,
                               list(third),
                               third_end,
                               plan_.times().max_gap(second, edge),
                               plan_.times().max_gap(edge, second)};
      }
    }
  }
  return std::nullopt;
}

const PairIndex& MotifProgram::pairs(std::size_t edge) const {
  LazyPairs& pairs = pairs_[edge];
  std::call_once(pairs.once, [&] {
    pairs.index = plan_.pattern().edges[edge].negated
                      ? std::make_unique<const PairIndex>(CandidateEdges(plan_.graph()))
                      : std::make_unique<const PairIndex>(plan_.candidates().edge(edge));
  });
  return *pairs.index;
}

}  // namespace aml::graph
