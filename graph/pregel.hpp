// SPDX-License-Identifier: Apache-2.0
// Vertex programs in supersteps over the transfer graph, after Pregel (Malewicz et al., SIGMOD
// 2010) with the rules of GraphFrames' Pregel: the state of every vertex is replaced at once at the
// end of a superstep; a message may be withheld; a vertex without messages keeps its place and may
// still update itself.
//
// Ours differs in that messages are pulled over the reverse arrays in a fixed order (booked_at,
// transfer key of the in-edge), so that sums of floating-point numbers are bit-identical for any
// number of threads.
#pragma once

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <atomic>
#include <concepts>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// A vertex program.
///   State    what a vertex knows;  Message  what travels along a transfer from payer to payee
///   message(state of payer, graph, edge) -> std::optional<Message>   nullopt: nothing is sent
///   combine(Message, Message) -> Message                              called in the fixed order
///   update(old state, const Message* or nullptr, vertex) -> State     nullptr: no message came
///   halted(old state, new state) -> bool                              this vertex votes to halt
template <typename Program>
concept VertexProgram =
    requires(const Program& program, const typename Program::State& state,
             const typename Program::Message& message, const TransferGraph& graph) {
      {
        program.message(state, graph, Edge{})
      } -> std::same_as<std::optional<typename Program::Message>>;
      { program.combine(message, message) } -> std::same_as<typename Program::Message>;
      { program.update(state, &message, Vertex{}) } -> std::same_as<typename Program::State>;
      { program.halted(state, state) } -> std::same_as<bool>;
    };

/// Who sends when there are several transfers from the same payer to the same payee.
///   kEveryTransfer: each transfer sends (GraphFrames' literal behaviour)
///   kDistinctPayer: only the first transfer of each payer-payee pair sends
enum class MessagePolicy { kEveryTransfer, kDistinctPayer };

struct PregelParams {
  int max_supersteps = 10;  ///< >= 1
  MessagePolicy messages = MessagePolicy::kEveryTransfer;
};

template <typename State>
struct PregelResult {
  std::vector<State> states;  ///< one for each vertex
  int supersteps = 0;         ///< how many were run
  bool converged = false;     ///< true if every vertex voted to halt or no message was sent
};

namespace detail {

/// For each reverse position: true if it is the first transfer from that payer to that payee.
std::vector<char> first_from_each_payer(const TransferGraph& graph);

/// The combined messages to one vertex, pulled over its in-edges in their order. An empty mask lets
/// every transfer send.
template <VertexProgram Program>
std::optional<typename Program::Message> pull(const TransferGraph& graph, const Program& program,
                                              const std::vector<typename Program::State>& states,
                                              const std::vector<char>& sends, Vertex v) {
  std::optional<typename Program::Message> inbox;
  for (const Edge position : graph.in_edges(v)) {
    if (!sends.empty() && !sends[position]) continue;
    std::optional<typename Program::Message> message =
        program.message(states[graph.in_source(position)], graph, graph.in_edge(position));
    if (!message) continue;
    inbox = inbox ? program.combine(*inbox, *message) : std::move(*message);
  }
  return inbox;
}

}  // namespace detail

/// Runs the program from the given initial states (one for each vertex). Ends early after a
/// superstep in which every vertex voted to halt or no message was sent; its updates count.
/// Requires: the program's functions may be called from several threads at once.
/// Throws:   std::invalid_argument if initial has another size than the graph has vertices, or
///           max_supersteps < 1.
/// Cost:     O(supersteps * m), parallel over vertices.
template <VertexProgram Program>
PregelResult<typename Program::State> run_pregel(const TransferGraph& graph, const Program& program,
                                                 std::vector<typename Program::State> initial,
                                                 const PregelParams& params) {
  using State = typename Program::State;
  using Message = typename Program::Message;
  static_assert(!std::same_as<State, bool>, "neighbours in a vector<bool> cannot be written apart");
  if (initial.size() != graph.num_vertices()) {
    throw std::invalid_argument("run_pregel needs one initial state for each vertex");
  }
  if (params.max_supersteps < 1) throw std::invalid_argument("max_supersteps must be at least 1");

  const std::vector<char> sends = params.messages == MessagePolicy::kDistinctPayer
                                      ? detail::first_from_each_payer(graph)
                                      : std::vector<char>();
  PregelResult<State> result{std::move(initial)};
  std::vector<State> next = result.states;
  while (result.supersteps < params.max_supersteps && !result.converged) {
    std::atomic<bool> any_message = false;
    std::atomic<bool> all_halted = true;
    const auto advance = [&](const oneapi::tbb::blocked_range<Vertex>& vertices) {
      for (Vertex v = vertices.begin(); v != vertices.end(); ++v) {
        const std::optional<Message> inbox = detail::pull(graph, program, result.states, sends, v);
        next[v] = program.update(result.states[v], inbox ? &*inbox : nullptr, v);
        if (inbox) any_message.store(true, std::memory_order_relaxed);
        if (!program.halted(result.states[v], next[v])) {
          all_halted.store(false, std::memory_order_relaxed);
        }
      }
    };
    oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<Vertex>(0, graph.num_vertices(), 1024),
                              advance);
    result.states.swap(next);
    ++result.supersteps;
    result.converged = all_halted || !any_message;
  }
  return result;
}

}  // namespace aml::graph
