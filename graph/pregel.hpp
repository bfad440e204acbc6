// SPDX-License-Identifier: Apache-2.0
// Vertex programs in supersteps over the transfer graph, after Pregel (Malewicz et al., SIGMOD 2010) with the rules of
// GraphFrames' Pregel: the state of every vertex is replaced at once at the end of a superstep; a message may be
// withheld; a vertex without messages keeps its place and may still update itself.
//
// Ours differs in that messages are pulled over the reverse arrays in a fixed order (booked_at, transfer key of the
// in-edge), so that sums of floating-point numbers are bit-identical for any number of threads.
#pragma once

#include <concepts>
#include <optional>
#include <span>
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
concept VertexProgram = requires(const Program& program, const typename Program::State& state,
                                 const typename Program::Message& message, const TransferGraph& graph) {
  { program.message(state, graph, Edge{}) } -> std::same_as<std::optional<typename Program::Message>>;
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

/// Runs the program from the given initial states (one for each vertex).
/// Throws: std::invalid_argument if initial has another size than the graph has vertices, or max_supersteps < 1.
/// Cost:   O(supersteps * m), parallel over vertices.
template <VertexProgram Program>
PregelResult<typename Program::State> run_pregel(const TransferGraph& graph, const Program& program,
                                                 std::vector<typename Program::State> initial,
                                                 const PregelParams& params);

}  // namespace aml::graph
