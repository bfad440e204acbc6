// SPDX-License-Identifier: Apache-2.0
// What each step of a plan has to look at: worked out once, before the search.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "graph/motif_plan.hpp"
#include "graph/pair_index.hpp"
#include "graph/triangle_filter.hpp"

namespace aml::graph {

/// What each step of a plan has to do, worked out once for all walks.
/// Thread safety: safe to share; the pair indexes are built by whoever needs one first.
class MotifProgram {
 public:
  /// Where an edge lies in time, seen from one that is bound or whose candidates are known.
  struct Relation {
    std::size_t edge;
    bool is_bound;  ///< at the time it is used; else its candidates are known
    Micros max_lag;
    Micros max_lead;
  };
  /// The candidates of an edge that is bound later, looked up as soon as one of its ends is.
  struct Lookahead {
    std::size_t edge;
    const CandidateEdges* candidates;
    End end;
    std::size_t vertex;  ///< of the motif, at that end
    bool is_filtered;    ///< the other end is bound by another edge, at a later step: see Closing
    std::vector<Relation> relations;
  };
  /// A vertex that is bound now, at the other end of an edge whose candidates were looked up before.
  struct Closing {
    std::size_t edge;
    const CandidateEdges* candidates;
    std::size_t vertex;
  };
  struct NewVertex {
    std::size_t vertex;
    std::vector<std::size_t> must_differ;  ///< vertices bound before
  };
  struct Order {
    std::size_t edge;  ///< bound before
    bool is_before;
  };
  struct Step {
    MotifStep plan;
    const CandidateEdges* candidates = nullptr;  ///< of the edge that is bound
    std::size_t source = 0;                      ///< its ends, as vertices of the motif
    std::size_t target = 0;
    bool source_bound = false;  ///< before the step
    bool target_bound = false;
    End root_end =
        End::kSource;  ///< of a first step: candidates of one vertex at this end come together
    bool always_fits = false;  ///< every candidate in time is a match of the whole
    std::vector<Relation> relations;
    std::vector<NewVertex> new_vertices;
    std::vector<std::size_t> must_differ;  ///< edges bound before
    std::vector<Order> orders;
    std::vector<MotifConstraints::AmountRatio> ratios;
    std::vector<Lookahead> lookaheads;
    std::vector<Closing> closings;
    std::vector<std::size_t> absent;  ///< negated edges whose ends are bound now
    /// For each symmetry how much of the row is known now; empty: no more than before.
    std::vector<std::size_t> known_row;
  };

  explicit MotifProgram(const MotifPlan& plan);

  const MotifPlan& plan() const { return plan_; }
  const std::vector<Step>& steps() const { return steps_; }
  bool has_closings() const { return has_closings_; }  ///< whether any step has one
  /// Whether the arrangement of a match, as far as it is known, is the smallest of its symmetric
  /// ones.
  bool may_be_smallest(const Step& step, std::span<const Vertex> vertices,
                       std::span<const Edge> edges) const;
  /// Finds out which transfers the first step need not try, where that is worth it.
  void find_possible_roots();
  /// False for a transfer that the first step, if it binds an edge, need not try.
  bool may_be_root(Edge e) const { return may_be_root_.empty() || may_be_root_[e] != 0; }
  /// The index of pairs over the candidates of an edge.
  const PairIndex& pairs(std::size_t edge) const;

 private:
  struct LazyPairs {
    std::once_flag once;
    std::unique_ptr<const PairIndex> index;
  };
  struct RowElement {
    bool is_edge;
    std::size_t element;
  };
  class Builder;
  void note_known_rows();
  std::optional<TrianglePattern> triangle_at(std::size_t edge) const;
  static std::size_t image(const Symmetry& symmetry, const RowElement& element);

  const MotifPlan& plan_;
  std::vector<Step> steps_;
  bool has_closings_ = false;
  std::vector<RowElement> row_;
  std::vector<char> may_be_root_;
  mutable std::vector<LazyPairs> pairs_;
};

}  // namespace aml::graph
