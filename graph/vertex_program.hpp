// SPDX-License-Identifier: Apache-2.0
// What a vertex program for run_pregel() is: a small struct of types and functions, for example
//
//   struct LargestUpstream {                        // the largest value that has reached a vertex
//     using State = int;
//     using Message = int;
//     void along(const Triplet<int>& transfer, auto& send) const { send(transfer.payer_state); }
//     void combine(int& total, int message) const { total = std::max(total, message); }
//     int update(int old, const int* received, auto&) const {
//       return received == nullptr ? old : std::max(old, *received);
//     }
//   };
#pragma once

#include <concepts>

#include "graph/transfer.hpp"

namespace aml::graph {

/// One transfer with what is visible of the states of both its ends, as they were when the
/// superstep began.
template <typename Visible>
struct Triplet {
  Edge edge;
  Vertex payer;
  Vertex payee;
  /// With MessagePolicy::kEveryTransfer: of along() the position in the reverse arrays of the graph,
  /// of against() in the forward ones. So columns of a program's own can be read in one stream.
  Edge position;
  const Visible& payer_state;
  const Visible& payee_state;
};

/// The Aggregate of programs that have none.
struct NoAggregate {};

namespace detail {

template <typename Program>
struct DeclaredVisible {
  using Type = typename Program::State;
};
template <typename Program>
  requires requires { typename Program::Visible; }
struct DeclaredVisible<Program> {
  using Type = typename Program::Visible;
};

template <typename Program>
struct DeclaredAggregate {
  using Type = NoAggregate;
};
template <typename Program>
  requires requires { typename Program::Aggregate; }
struct DeclaredAggregate<Program> {
  using Type = typename Program::Aggregate;
};

}  // namespace detail

template <typename Program>
using VisibleOf = typename detail::DeclaredVisible<Program>::Type;

template <typename Program>
using AggregateOf = typename detail::DeclaredAggregate<Program>::Type;

/// Takes the messages to one vertex and combines them: the `send` of along() and against().
template <typename Program>
class Inbox {
 public:
  explicit Inbox(const Program& program) : program_(program) {}

  /// Any value that the program's combine() takes as its second argument.
  template <typename Value>
  void operator()(const Value& message) {
    program_.combine(total_, message);
    any_ = true;
  }
  bool any() const { return any_; }
  typename Program::Message& total() { return total_; }

 private:
  const Program& program_;
  typename Program::Message total_{};
  bool any_ = false;
};

/// What update() may know and do beside its arguments.
template <typename Aggregate>
class Self {
 public:
  Self(Vertex vertex, int superstep, const Aggregate& aggregate)
      : aggregate_(aggregate), superstep_(superstep), vertex_(vertex) {}

  Vertex vertex() const { return vertex_; }
  int superstep() const { return superstep_; }  ///< 1, 2, ...
  /// Of the states when the superstep began.
  const Aggregate& aggregate() const { return aggregate_; }

  /// A vote counts for this superstep only: without another one the vertex is active again.
  void vote_to_halt() { voted_ = true; }
  bool voted() const { return voted_; }

 private:
  const Aggregate& aggregate_;
  int superstep_;
  Vertex vertex_;
  bool voted_ = false;
};

template <typename Program>
concept SendsAlong = requires(const Program& program, const Triplet<VisibleOf<Program>>& transfer,
                              Inbox<Program>& send) { program.along(transfer, send); };

template <typename Program>
concept SendsAgainst = requires(const Program& program, const Triplet<VisibleOf<Program>>& transfer,
                                Inbox<Program>& send) { program.against(transfer, send); };

template <typename Program>
concept ShowsPart = requires(const Program& program, const typename Program::State& state) {
  { program.visible(state, Vertex{}) } -> std::same_as<typename Program::Visible>;
};

template <typename Program>
concept Aggregates = requires(const Program& program, const typename Program::State& state,
                              typename Program::Aggregate& total) {
  program.contribute(total, state, state, Vertex{});
  program.merge(total, total);
};

/// State      what a vertex knows. Not bool: neighbours in a vector<bool> cannot be written apart.
/// Message    what the messages to a vertex are combined into. Message{} is the empty sum: combining
///            m into it must give m.
///
/// along(transfer, send)      sends to the payee, against(transfer, send) to the payer; a program
///            has at least one of them. Each may call send(message) never, once or several times.
/// combine(Message& total, message)      called in a fixed order, see run_pregel().
/// update(const State& old, Message* received, Self& self) -> State      called for every vertex;
///            received is nullptr if no message came, else the program's to change.
///
/// Visible    optional: what counterparties see of a state, by visible(const State&, Vertex) ->
///            Visible. along() and against() then get that in its place, and the pull loop reads
///            fewer bytes. Absent: the whole state.
///
/// Aggregate  optional: a value over all vertices that the next superstep's updates may read.
///            Aggregate{} is the empty one. contribute(Aggregate& total, const State& before, const
///            State& now, Vertex) adds a vertex, merge(Aggregate& total, const Aggregate& more) adds
///            the total of vertices that come later.
///
/// The functions are const and may be called from several threads at once.
template <typename Program>
concept VertexProgram =
    std::copyable<typename Program::State> && !std::same_as<typename Program::State, bool> &&
    (std::same_as<VisibleOf<Program>, typename Program::State> ||
     ShowsPart<Program>)&&std::default_initializable<typename Program::Message> &&
    (SendsAlong<Program> || SendsAgainst<Program>)&&(
        std::same_as<AggregateOf<Program>, NoAggregate> ||
        Aggregates<Program>)&&requires(const Program& program, const typename Program::State& state,
                                       typename Program::Message* received,
                                       Self<AggregateOf<Program>>& self) {
      { program.update(state, received, self) } -> std::same_as<typename Program::State>;
    };

}  // namespace aml::graph
