// SPDX-License-Identifier: Apache-2.0
// Vertex programs in supersteps over the transfer graph, after Pregel (Malewicz et al., SIGMOD
// 2010) with the rules of GraphFrames' Pregel. In a superstep
//   1. each transfer sends what the program says, by the states of its ends;
//   2. the messages to each vertex are combined;
//   3. every vertex, with messages or without, is updated on its old state, all at the same time.
//
// Ours differs from GraphFrames in two ways. Messages are pulled by their receiver in a fixed
// order, so that sums of floating-point numbers are bit-identical for any number of threads. And
// what skip_messages_from_halted withholds depends on the sender alone, as said there, where
// GraphFrames withholds by one end or by both as the columns in use happen to need a join.
#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "graph/message_paths.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"
#include "graph/vertex_program.hpp"

namespace aml::graph {

/// Who sends when there are several transfers from the same payer to the same payee.
///   kEveryTransfer: each transfer sends (GraphFrames' literal behaviour)
///   kFirstOfEachPair: only the first one, in (booked_at, transfer key) order
enum class MessagePolicy { kEveryTransfer, kFirstOfEachPair };

struct PregelParams {
  int max_supersteps = 10;  ///< >= 1
  MessagePolicy messages = MessagePolicy::kEveryTransfer;
  /// A superstep in which no message is sent is not made: its updates are dropped.
  bool stop_without_messages = false;
  /// Ends after a superstep in which every vertex voted to halt; its updates count.
  bool stop_when_all_halted = false;
  /// A vertex that voted to halt in the superstep before sends nothing: along() is not called for
  /// the transfers it pays, against() not for those it receives. The vote of the vertex at the
  /// other end changes nothing. It is updated like any other.
  bool skip_messages_from_halted = false;
};

enum class PregelEnd { kMaxSupersteps, kNoMessages, kAllHalted };

template <VertexProgram Program>
struct PregelResult {
  std::vector<typename Program::State> states;  ///< one for each vertex
  int supersteps = 0;                           ///< how many were made
  PregelEnd end = PregelEnd::kMaxSupersteps;
  AggregateOf<Program> aggregate{};  ///< of the last superstep made, or of the initial states
  /// What the messages of the last superstep were made of: what was visible when it began. Empty
  /// after kNoMessages.
  std::vector<VisibleOf<Program>> visible_before;
};

namespace detail {

template <VertexProgram Program, typename Incoming, typename Outgoing>
class PregelRun {
 public:
  using State = typename Program::State;
  using Visible = VisibleOf<Program>;

  PregelRun(const Program& program, const Incoming& incoming, const Outgoing& outgoing,
            std::vector<State> initial, const PregelParams& params)
      : program_(program),
        incoming_(incoming),
        outgoing_(outgoing),
        params_(params),
        states_(std::move(initial)),
        in_place_(ShowsPart<Program> && !params.stop_without_messages),
        next_(in_place_ ? std::vector<State>() : states_),
        halted_(params.skip_messages_from_halted ? states_.size() : 0),
        next_halted_(halted_.size()),
        tallies_((states_.size() + kBlock - 1) / kBlock) {
    if constexpr (ShowsPart<Program>) {
      shown_.reserve(states_.size());
      for (std::size_t v = 0; v < states_.size(); ++v)
        shown_.push_back(program.visible(states_[v], static_cast<Vertex>(v)));
      next_shown_ = shown_;
    }
  }

  PregelResult<Program> run() && {
    PregelResult<Program> result;
    // Before the first superstep nothing has changed: the aggregate is that of the initial states.
    result.aggregate = tally([this](Vertex v, Tally& block) {
                         contribute(block, states_[v], states_[v], v);
                       }).aggregate;
    while (result.supersteps < params_.max_supersteps && result.end == PregelEnd::kMaxSupersteps) {
      Tally made = superstep(result.supersteps + 1, result.aggregate);
      if (params_.stop_without_messages && !made.any_message) {
        result.end = PregelEnd::kNoMessages;
        break;
      }
      if (!in_place_) states_.swap(next_);
      shown_.swap(next_shown_);
      halted_.swap(next_halted_);
      ++result.supersteps;
      result.aggregate = std::move(made.aggregate);
      if (params_.stop_when_all_halted && made.all_halted) result.end = PregelEnd::kAllHalted;
    }
    result.states = std::move(states_);
    if (result.end != PregelEnd::kNoMessages) {
      if constexpr (ShowsPart<Program>) {
        result.visible_before = std::move(next_shown_);
      } else {
        result.visible_before = std::move(next_);
      }
    }
    return result;
  }

 private:
  /// Vertices of one task. Aggregates are merged block by block, so it is part of what fixes their
  /// last bits.
  static constexpr std::size_t kBlock = 1024;

  /// What one block of vertices, or all, did in a superstep.
  struct Tally {
    AggregateOf<Program> aggregate{};
    bool any_message = false;
    bool all_halted = true;
  };

  Tally superstep(int number, const AggregateOf<Program>& aggregate) {
    std::vector<State>& next = in_place_ ? states_ : next_;
    const auto advance = [&]<bool kSkips>(Vertex v, Tally& block) {
      Inbox<Program> inbox = pull<kSkips>(v);
      Self<AggregateOf<Program>> self(v, number, aggregate);
      State now = program_.update(states_[v], inbox.any() ? &inbox.total() : nullptr, self);
      if constexpr (ShowsPart<Program>) next_shown_[v] = program_.visible(now, v);
      block.any_message |= inbox.any();
      block.all_halted &= self.voted();
      if (kSkips) next_halted_[v] = self.voted();
      contribute(block, states_[v], now, v);
      next[v] = std::move(now);
    };
    // Two loops, so that the one that is needed most does not look at votes.
    if (params_.skip_messages_from_halted) {
      return tally([&](Vertex v, Tally& block) { advance.template operator()<true>(v, block); });
    }
    return tally([&](Vertex v, Tally& block) { advance.template operator()<false>(v, block); });
  }

  /// What counterparties see of each state.
  const std::vector<Visible>& visible() const {
    if constexpr (ShowsPart<Program>) {
      return shown_;
    } else {
      return states_;
    }
  }

  template <bool kSkips>
  Inbox<Program> pull(Vertex v) const {
    const std::vector<Visible>& seen = visible();
    Inbox<Program> inbox(program_);
    if constexpr (SendsAlong<Program>) {
      for (const Edge position : incoming_.positions(v)) {
        __builtin_prefetch(value_ahead(incoming_, position, seen));
        const Vertex payer = incoming_.other_end(position);
        if (kSkips && halted_[payer]) continue;
        program_.along(
            Triplet<Visible>{incoming_.edge(position), payer, v, position, seen[payer], seen[v]},
            inbox);
      }
    }
    if constexpr (SendsAgainst<Program>) {
      for (const Edge position : outgoing_.positions(v)) {
        __builtin_prefetch(value_ahead(outgoing_, position, seen));
        const Vertex payee = outgoing_.other_end(position);
        if (kSkips && halted_[payee]) continue;
        program_.against(
            Triplet<Visible>{outgoing_.edge(position), v, payee, position, seen[v], seen[payee]},
            inbox);
      }
    }
    return inbox;
  }

  void contribute(Tally& block, const State& before, const State& now, Vertex v) const {
    if constexpr (Aggregates<Program>) program_.contribute(block.aggregate, before, now, v);
  }

  /// Visits every vertex, blocks in parallel, and merges the blocks' tallies in order.
  template <typename Visit>
  Tally tally(const Visit& visit) {
    oneapi::tbb::parallel_for(std::size_t{0}, tallies_.size(), [&](std::size_t i) {
      Tally block;
      const std::size_t end = std::min((i + 1) * kBlock, states_.size());
      for (std::size_t v = i * kBlock; v < end; ++v) visit(static_cast<Vertex>(v), block);
      tallies_[i] = std::move(block);
    });
    Tally total;
    for (const Tally& block : tallies_) {
      if constexpr (Aggregates<Program>) program_.merge(total.aggregate, block.aggregate);
      total.any_message |= block.any_message;
      total.all_halted &= block.all_halted;
    }
    return total;
  }

  const Program& program_;
  const Incoming& incoming_;
  const Outgoing& outgoing_;
  const PregelParams& params_;
  std::vector<State> states_;
  /// New states replace the old ones at once: nobody else reads those, and no superstep is dropped.
  bool in_place_;
  std::vector<State> next_;     ///< empty if in place
  std::vector<Visible> shown_;  ///< empty if all of a state is visible
  std::vector<Visible> next_shown_;
  std::vector<char> halted_;       ///< who voted in the superstep before; empty if nobody asks
  std::vector<char> next_halted_;  ///< who votes in this one
  std::vector<Tally> tallies_;     ///< one for each block
};

}  // namespace detail

/// Runs the program from the given initial states, one for each vertex.
/// Order:    the messages to a vertex are combined in (booked_at, transfer key) order, those of
///           along() before those of against(); aggregates are merged in the order of vertices.
///           So states and aggregate are bit-identical for any number of threads.
/// Throws:   std::invalid_argument if initial has another size than the graph has vertices, or
///           max_supersteps < 1.
/// Cost:     O(supersteps * m) for each direction, parallel over vertices. Memory: two states a
///           vertex, or, with a Visible, two of these and a state (two states if
///           stop_without_messages); and see FirstOfEachPair.
template <VertexProgram Program>
PregelResult<Program> run_pregel(const TransferGraph& graph, const Program& program,
                                 std::vector<typename Program::State> initial,
                                 const PregelParams& params) {
  if (initial.size() != graph.num_vertices()) {
    throw std::invalid_argument("run_pregel needs one initial state for each vertex");
  }
  if (params.max_supersteps < 1) throw std::invalid_argument("max_supersteps must be at least 1");

  const auto run = [&](const auto& incoming, const auto& outgoing) {
    return detail::PregelRun(program, incoming, outgoing, std::move(initial), params).run();
  };
  const EveryIncoming every_incoming{graph};
  const EveryOutgoing every_outgoing{graph};
  if (params.messages == MessagePolicy::kEveryTransfer) return run(every_incoming, every_outgoing);
  if constexpr (!SendsAgainst<Program>) {
    return run(FirstOfEachPair::incoming(graph), every_outgoing);
  } else if constexpr (!SendsAlong<Program>) {
    return run(every_incoming, FirstOfEachPair::outgoing(graph));
  } else {
    return run(FirstOfEachPair::incoming(graph), FirstOfEachPair::outgoing(graph));
  }
}

}  // namespace aml::graph
