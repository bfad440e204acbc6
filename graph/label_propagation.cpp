// SPDX-License-Identifier: Apache-2.0
#include "graph/label_propagation.hpp"

#include <numeric>
#include <utility>

#include "graph/most_frequent.hpp"
#include "graph/pregel.hpp"

namespace aml::graph {
namespace {

struct LabelProgram {
  using State = Vertex;
  using Message = std::vector<Vertex>;

  void along(const Triplet<Vertex>& transfer, auto& send) const { send(transfer.payer_state); }
  void against(const Triplet<Vertex>& transfer, auto& send) const { send(transfer.payee_state); }
  void combine(std::vector<Vertex>& labels, Vertex label) const { labels.push_back(label); }
  Vertex update(Vertex old, std::vector<Vertex>* labels, auto& self) const {
    const Vertex label = labels == nullptr ? old : most_frequent(*labels);
    if (label == old) self.vote_to_halt();
    return label;
  }
};

}  // namespace

std::vector<Vertex> label_propagation(const TransferGraph& graph, int rounds) {
  std::vector<Vertex> own(graph.num_vertices());
  std::iota(own.begin(), own.end(), Vertex{0});
  return run_pregel(graph, LabelProgram{}, std::move(own),
                    {.max_supersteps = rounds, .stop_when_all_halted = true})
      .states;
}

}  // namespace aml::graph
