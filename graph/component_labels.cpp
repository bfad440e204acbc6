// SPDX-License-Identifier: Apache-2.0
#include "graph/component_labels.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "graph/pregel.hpp"

namespace aml::graph {
namespace {

struct Smallest {
  Vertex label = kNoVertex;
};

/// A vertex whose label did not change has nothing new to say: it votes to halt and is silent.
struct ComponentProgram {
  using State = Vertex;
  using Message = Smallest;

  void along(const Triplet<Vertex>& transfer, auto& send) const { send(transfer.payer_state); }
  void against(const Triplet<Vertex>& transfer, auto& send) const { send(transfer.payee_state); }
  void combine(Smallest& smallest, Vertex label) const {
    smallest.label = std::min(smallest.label, label);
  }
  Vertex update(Vertex old, const Smallest* received, auto& self) const {
    const Vertex label = received == nullptr ? old : std::min(old, received->label);
    if (label == old) self.vote_to_halt();
    return label;
  }
};

}  // namespace

ComponentLabels component_labels(const TransferGraph& graph, int max_rounds) {
  std::vector<Vertex> own(graph.num_vertices());
  std::iota(own.begin(), own.end(), Vertex{0});
  auto result = run_pregel(graph, ComponentProgram{}, std::move(own),
                           {.max_supersteps = max_rounds,
                            .stop_when_all_halted = true,
                            .skip_messages_from_halted = true});
  return {std::move(result.states), result.supersteps, result.end == PregelEnd::kAllHalted};
}

}  // namespace aml::graph
