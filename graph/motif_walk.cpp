// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_walk.hpp"

#include <algorithm>

namespace aml::graph {
namespace {

/// Ranges up to here are gone through one by one: cheaper than a binary search.
constexpr std::size_t kShortRange = 8;
/// Edges that close a cycle look from their other end, or up the pair, above so many candidates.
constexpr std::size_t kLongRange = 16;

bool holds(const MotifConstraints::AmountRatio& ratio, MinorSum earlier, MinorSum later) {
  const MotifConstraints::AmountRatio any;
  return (ratio.at_least_permille == any.at_least_permille ||
          earlier * ratio.at_least_permille <= later * 1000) &&
         (ratio.at_most_permille == any.at_most_permille ||
          later * 1000 <= earlier * ratio.at_most_permille);
}

}  // namespace

void VertexFilter::set(const CandidateEdges& candidates, End end, EdgeRange range) {
  const std::pair positions(*range.begin(), *range.end());
  if (end == end_ && positions == positions_)
    return;  // often so: roots at one vertex come together
  end_ = end;
  positions_ = positions;
  words_.fill(0);
  for (const Edge position : range) {
    const Vertex v = candidates.other(end, position);
    words_[word(v)] |= std::uint64_t{1} << (v % 64);
  }
}

MotifWalk::MotifWalk(const MotifProgram& program, Edge first, Edge last)
    : program_(&program),
      bindings_(program.steps().size(), 0),
      frames_(program.steps().size()),
      neighbours_(program.steps().size()),
      vertices_(program.plan().pattern().vertices.size(), kNoVertex),
      edges_(program.plan().pattern().edges.size(), kNoEdge),
      bound_at_(edges_.size()),
      known_at_(edges_.size()),
      known_(edges_.size()),
      filters_(program.has_closings() ? edges_.size() : 0) {
  enter(0);
  Frame& root = frames_.front();
  root.next = first;
  root.last = last;
  if (root.source == Frame::Source::kPositions && first < last) {
    root.vertex = program.steps().front().candidates->vertex_at(root.end, first);
  }
}

Edge MotifWalk::num_roots(const MotifProgram& program) {
  const MotifStep& root = program.steps().front().plan;
  return root.kind == MotifStep::Kind::kEdge ? program.plan().candidates().edge(root.element).size()
                                             : program.plan().graph().num_vertices();
}

void MotifWalk::run(std::uint64_t max_steps, std::size_t max_rows, MotifRows* rows) {
  const std::size_t last = program_->steps().size() - 1;
  while (!is_done_) {
    if (steps_taken_ >= max_steps || (rows != nullptr && rows->found_at_step.size() >= max_rows)) {
      return;
    }
    if (!advance(depth_)) {
      is_done_ = depth_ == base_;
      if (!is_done_) --depth_;
      continue;
    }
    ++bindings_[depth_];
    if (depth_ == last) {
      found(rows);
      continue;
    }
    enter(depth_ + 1);
    if (rows == nullptr && depth_ + 1 == last && program_->steps()[last].always_fits) {
      count_all(last);
    } else {
      ++depth_;
    }
  }
}

void MotifWalk::found(MotifRows* rows) {
  const auto& where = program_->plan().constraints().where;
  if (where && !where({vertices_, edges_})) return;
  ++rows_found_;
  if (rows != nullptr) {
    for (const Vertex v : vertices_) rows->elements.push_back(v);
    for (const Edge e : edges_) rows->elements.push_back(e);
    rows->found_at_step.push_back(steps_taken_);
  }
  // The steps that tell rows apart have said all: other witnesses would repeat the row.
  const std::size_t telling = program_->plan().num_telling_steps();
  if (telling == program_->steps().size()) return;
  is_done_ = telling == 0;
  if (!is_done_) depth_ = telling - 1;
}

/// Every candidate of the last step is a match.
void MotifWalk::count_all(std::size_t depth) {
  const MotifProgram::Step& step = program_->steps()[depth];
  const Frame& frame = frames_[depth];
  const EdgeRange range =
      step.candidates->booked_in(frame.end, {frame.next, frame.last}, frame.from, frame.to);
  ++steps_taken_;
  rows_found_ += range.size();
  bindings_[depth] += range.size();
}

std::optional<MotifWalk> MotifWalk::split() {
  if (is_done_) return std::nullopt;
  const std::size_t telling = program_->plan().num_telling_steps();
  for (std::size_t depth = base_; depth <= depth_ && depth < telling; ++depth) {
    Frame& frame = frames_[depth];
    // What hangs at the present candidate stays here; at the deepest step nothing does.
    const Edge left = frame.last - frame.next;
    const Edge kept = depth < depth_ ? 0 : (left + 1) / 2;
    if (left == kept) continue;
    MotifWalk rest = *this;
    const Edge middle = frame.next + kept;
    frame.last = middle;
    rest.frames_[depth].next = middle;
    rest.base_ = rest.depth_ = depth;
    rest.steps_taken_ = rest.rows_found_ = 0;
    std::ranges::fill(rest.bindings_, 0);
    return rest;
  }
  return std::nullopt;
}

MotifWalk::Interval MotifWalk::interval(std::span<const MotifProgram::Relation> relations) const {
  Interval result;
  for (const MotifProgram::Relation& relation : relations) {
    const Interval& other = relation.is_bound ? bound_at_[relation.edge] : known_at_[relation.edge];
    result.first = std::max(result.first, earlier_by(other.first, relation.max_lead));
    result.last = std::min(result.last, later_by(other.last, relation.max_lag));
  }
  return result;
}

void MotifWalk::enter(std::size_t depth) {
  const MotifProgram::Step& step = program_->steps()[depth];
  Frame& frame = frames_[depth];
  frame = {};
  switch (step.plan.kind) {
    case MotifStep::Kind::kEdge:
      return enter_edge(step, frame);
    case MotifStep::Kind::kNeighbour:
      return collect_neighbours(step, depth, frame);
    case MotifStep::Kind::kVertex:
      frame.source = Frame::Source::kVertices;
      frame.last = program_->plan().graph().num_vertices();
      return;
  }
}

void MotifWalk::enter_edge(const MotifProgram::Step& step, Frame& frame) {
  const Interval times = interval(step.relations);
  frame.from = times.first;
  frame.to = times.last;
  if (!step.source_bound && !step.target_bound) {
    frame.is_free = true;
    frame.end = step.root_end;
    frame.last = step.candidates->size();
    return;
  }
  const Known& known = known_[step.plan.element];
  frame.end = known.end;
  frame.vertex = known.vertex;
  EdgeRange range = known.range;
  if (range.size() > kShortRange) {
    range = step.candidates->booked_in(known.end, range, times.first, times.last);
  }
  frame.next = *range.begin();
  frame.last = *range.end();
  frame.is_closing = step.source_bound && step.target_bound;
  if (frame.is_closing && range.size() > kLongRange) shorten(step, frame);
  frame.other = vertices_[frame.end == End::kSource ? step.target : step.source];
}

/// The frame holds many candidates at one end of an edge whose ends are both bound: looks for a
/// shorter way to it.
void MotifWalk::shorten(const MotifProgram::Step& step, Frame& frame) {
  const Vertex source = vertices_[step.source];
  const Vertex target = vertices_[step.target];
  const End end = opposite(frame.end);
  const Vertex vertex = end == End::kSource ? source : target;
  const EdgeRange range =
      step.candidates->booked_in(end, step.candidates->at(end, vertex), frame.from, frame.to);
  if (range.size() > kLongRange) {
    frame.source = Frame::Source::kPairs;
    frame.pairs = program_->pairs(step.plan.element).between(source, target);
    frame.end = End::kSource;
    frame.vertex = source;
    frame.next = 0;
    frame.last = static_cast<Edge>(frame.pairs.size());
  } else {
    frame.end = end;
    frame.vertex = vertex;
    frame.next = *range.begin();
    frame.last = *range.end();
  }
}

void MotifWalk::collect_neighbours(const MotifProgram::Step& step, std::size_t depth,
                                   Frame& frame) {
  const Interval times = interval(step.relations);
  const CandidateEdges& list = program_->plan().candidates().edge(step.plan.over);
  const Known& known = known_[step.plan.over];
  std::vector<Vertex>& neighbours = neighbours_[depth];
  neighbours.clear();
  for (const Edge position : list.booked_in(known.end, known.range, times.first, times.last)) {
    neighbours.push_back(list.other(known.end, position));
  }
  std::ranges::sort(neighbours);
  const auto repeated = std::ranges::unique(neighbours);
  neighbours.erase(repeated.begin(), repeated.end());
  frame.source = Frame::Source::kNeighbours;
  frame.last = static_cast<Edge>(neighbours.size());
}

/// Binds the element of the step to its next candidate that fits; false if there is none left.
bool MotifWalk::advance(std::size_t depth) {
  const MotifProgram::Step& step = program_->steps()[depth];
  Frame& frame = frames_[depth];
  while (frame.next < frame.last) {
    const Edge candidate = frame.next++;
    ++steps_taken_;
    switch (frame.source) {
      case Frame::Source::kPositions:
        if (bind_position(step, frame, candidate)) return true;
        break;
      case Frame::Source::kPairs:
        if (bind_position(step, frame, frame.pairs[candidate])) return true;
        break;
      case Frame::Source::kVertices:
        if (program_->plan().candidates().vertex(step.plan.element).holds(candidate) &&
            bind_new(step.new_vertices.front(), candidate) && settle(step)) {
          return true;
        }
        break;
      case Frame::Source::kNeighbours:
        if (bind_new(step.new_vertices.front(), neighbours_[depth][candidate]) && settle(step)) {
          return true;
        }
        break;
    }
  }
  return false;
}

bool MotifWalk::bind_position(const MotifProgram::Step& step, Frame& frame, Edge position) {
  const CandidateEdges& list = *step.candidates;
  const Vertex other = list.other(frame.end, position);
  if (frame.is_closing && other != frame.other) return false;
  const Micros at = list.booked_at(frame.end, position);
  if (at < frame.from || at > frame.to) return false;
  if (frame.is_free) {
    while (*list.at(frame.end, frame.vertex).end() <= position) ++frame.vertex;
  }
  const Edge e = list.edge(frame.end, position);
  if (&frame == frames_.data() && !program_->may_be_root(e)) return false;
  const auto is_bound = [&](std::size_t bound) { return edges_[bound] == e; };
  if (std::ranges::any_of(step.must_differ, is_bound)) return false;
  const auto in_order = [&](const MotifProgram::Order& order) {
    const Edge bound = edges_[order.edge];
    const TransferGraph& graph = program_->plan().graph();
    return bound_at_[order.edge].first != at ||
           (order.is_before ? graph.before(bound, e) : graph.before(e, bound));
  };
  if (!std::ranges::all_of(step.orders, in_order)) return false;
  const Vertex source = frame.end == End::kSource ? frame.vertex : other;
  const Vertex target = frame.end == End::kSource ? other : frame.vertex;
  for (const MotifProgram::NewVertex& binding : step.new_vertices) {
    if (!bind_new(binding, binding.vertex == step.source ? source : target)) return false;
  }
  edges_[step.plan.element] = e;
  bound_at_[step.plan.element] = {at, at};
  return settle(step);
}

bool MotifWalk::bind_new(const MotifProgram::NewVertex& binding, Vertex v) {
  for (const std::size_t bound : binding.must_differ) {
    if (vertices_[bound] == v) return false;
  }
  vertices_[binding.vertex] = v;
  return true;
}

/// What has to hold now that the step's element is bound.
bool MotifWalk::settle(const MotifProgram::Step& step) {
  const TransferGraph& graph = program_->plan().graph();
  const auto ratio_holds = [&](const MotifConstraints::AmountRatio& ratio) {
    return holds(ratio, graph.amount_minor(edges_[static_cast<std::size_t>(ratio.earlier)]),
                 graph.amount_minor(edges_[static_cast<std::size_t>(ratio.later)]));
  };
  const auto may_close = [&](const MotifProgram::Closing& closing) {
    const Known& known = known_[closing.edge];
    const Vertex v = vertices_[closing.vertex];
    if (known.range.size() > kLongRange) return filters_[closing.edge].may_hold(v);
    return std::ranges::any_of(known.range, [&](Edge position) {
      return closing.candidates->other(known.end, position) == v;
    });
  };
  return std::ranges::all_of(step.closings, may_close) &&
         std::ranges::all_of(step.ratios, ratio_holds) &&
         (step.known_row.empty() || program_->may_be_smallest(step, vertices_, edges_)) &&
         std::ranges::all_of(step.lookaheads,
                             [&](const auto& lookahead) { return look_ahead(lookahead); }) &&
         std::ranges::all_of(step.absent, [&](std::size_t edge) { return is_absent(edge); });
}

/// False if an edge that is to be bound later has no candidate in time where it has to begin or
/// end.
bool MotifWalk::look_ahead(const MotifProgram::Lookahead& lookahead) {
  const CandidateEdges& list = *lookahead.candidates;
  Known& known = known_[lookahead.edge];
  known.end = lookahead.end;
  known.vertex = vertices_[lookahead.vertex];
  known.range = list.at(known.end, known.vertex);
  if (!lookahead.relations.empty()) {
    const Interval times = interval(lookahead.relations);
    known.range = list.booked_in(known.end, known.range, times.first, times.last);
  }
  if (known.range.empty()) return false;
  known_at_[lookahead.edge] = {list.booked_at(known.end, known.range.front()),
                               list.booked_at(known.end, known.range.back())};
  if (lookahead.is_filtered && known.range.size() > kLongRange) {
    filters_[lookahead.edge].set(list, known.end, known.range);
  }
  return true;
}

bool MotifWalk::is_absent(std::size_t negated_edge) {
  const TransferGraph& graph = program_->plan().graph();
  const MotifEdge& ends = program_->plan().pattern().edges[negated_edge];
  const Vertex source = vertices_[static_cast<std::size_t>(ends.source)];
  const Vertex target = vertices_[static_cast<std::size_t>(ends.target)];
  const EdgeRange out = graph.out_edges(source);
  const EdgeRange in = graph.in_edges(target);
  if (std::min(out.size(), in.size()) > kLongRange) {
    ++steps_taken_;
    return program_->pairs(negated_edge).between(source, target).empty();
  }
  if (out.size() <= in.size()) {
    steps_taken_ += out.size();
    return std::ranges::none_of(out, [&](Edge e) { return graph.target(e) == target; });
  }
  steps_taken_ += in.size();
  return std::ranges::none_of(in,
                              [&](Edge position) { return graph.in_source(position) == source; });
}

}  // namespace aml::graph
