// SPDX-License-Identifier: Apache-2.0
// The search for the matches of a planned motif, one after the other, that can stop anywhere, go on
// later and give away part of what is left.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "graph/motif_program.hpp"

namespace aml::graph {

/// Which vertices may lie at the other ends of some candidates: false for most that do not.
class VertexFilter {
 public:
  void set(const CandidateEdges& candidates, End end, EdgeRange range);
  bool may_hold(Vertex v) const { return (words_[word(v)] >> (v % 64) & 1) != 0; }

 private:
  static constexpr std::size_t kWords = 64;
  static std::size_t word(Vertex v) { return v / 64 % kWords; }
  std::array<std::uint64_t, kWords> words_{};
  End end_ = End::kSource;  ///< what the filter was set to last
  std::pair<Edge, Edge> positions_{0, 0};
};

/// Matches as rows of bound vertices and edges, each with the number of steps after which it was
/// found.
struct MotifRows {
  std::vector<std::uint32_t> elements;  ///< vertices, then edges, of each match
  std::vector<std::uint64_t> found_at_step;
};

class MotifWalk {
 public:
  /// The matches whose first element is one of the candidates [first, last): positions of the
  /// step's root_end for an edge, vertices for a vertex.
  /// Requires: the program outlives the walk.
  MotifWalk(const MotifProgram& program, Edge first, Edge last);
  /// How many candidates the first element has.
  static Edge num_roots(const MotifProgram& program);

  /// Goes on until the walk is done or has taken, in all, `max_steps` steps or holds `max_rows`
  /// matches. Null: matches are counted only, and a last step that every candidate meets is one
  /// step.
  void run(std::uint64_t max_steps, std::size_t max_rows, MotifRows* rows);
  bool is_done() const { return is_done_; }
  std::uint64_t steps() const { return steps_taken_; }
  std::uint64_t rows() const { return rows_found_; }
  /// For each step how many times it has bound its element.
  std::span<const std::uint64_t> bindings() const { return bindings_; }

  /// Gives away the later part of what is left to do, to be done after this walk; nullopt: what is
  /// left cannot be parted. Its steps, rows and bindings begin at 0.
  std::optional<MotifWalk> split();

 private:
  /// The candidates of a step that are left.
  struct Frame {
    enum class Source : std::uint8_t { kPositions, kPairs, kVertices, kNeighbours };
    Source source = Source::kPositions;
    End end = End::kSource;
    bool is_free = false;     ///< positions of all vertices, in order
    bool is_closing = false;  ///< both ends are bound
    Edge next = 0;
    Edge last = 0;
    Vertex vertex = 0;         ///< whose candidates the positions are
    Vertex other = kNoVertex;  ///< the other end, if the frame is closing
    Micros from = kEarliest;
    Micros to = kLatest;
    std::span<const Edge> pairs;
  };
  struct Interval {
    Micros first = kEarliest;
    Micros last = kLatest;
  };
  /// The candidates of a Lookahead.
  struct Known {
    EdgeRange range;
    End end = End::kSource;
    Vertex vertex = 0;
  };

  void enter(std::size_t depth);
  void enter_edge(const MotifProgram::Step& step, Frame& frame);
  void shorten(const MotifProgram::Step& step, Frame& frame);
  void collect_neighbours(const MotifProgram::Step& step, std::size_t depth, Frame& frame);
  bool advance(std::size_t depth);
  bool bind_position(const MotifProgram::Step& step, Frame& frame, Edge position);
  bool bind_new(const MotifProgram::NewVertex& binding, Vertex v);
  bool settle(const MotifProgram::Step& step);
  bool look_ahead(const MotifProgram::Lookahead& lookahead);
  bool is_absent(std::size_t negated_edge);
  Interval interval(std::span<const MotifProgram::Relation> relations) const;
  void found(MotifRows* rows);
  void count_all(std::size_t depth);

  const MotifProgram* program_;
  std::size_t depth_ = 0;
  std::size_t base_ = 0;  ///< the walk is done when this step has no more candidates
  bool is_done_ = false;
  std::uint64_t steps_taken_ = 0;
  std::uint64_t rows_found_ = 0;
  std::vector<std::uint64_t> bindings_;
  std::vector<Frame> frames_;
  std::vector<std::vector<Vertex>> neighbours_;
  std::vector<Vertex> vertices_;
  std::vector<Edge> edges_;
  std::vector<Interval> bound_at_;  ///< for each edge of the motif that is bound
  std::vector<Interval> known_at_;  ///< for each whose candidates are known
  std::vector<Known> known_;
  std::vector<VertexFilter> filters_;  ///< for each edge that closes a cycle
};

}  // namespace aml::graph
