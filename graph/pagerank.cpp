// SPDX-License-Identifier: Apache-2.0
#include "graph/pagerank.hpp"

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "graph/pregel.hpp"

namespace aml::graph {
namespace {

struct PageRankProgram {
  struct State {
    double rank;
    double part;  ///< what each outgoing transfer carries: divided once, not once a transfer
  };
  using Message = double;
  struct Aggregate {
    double dangling = 0;
    double change = 0;
  };

  const TransferGraph& graph;
  PageRankParams params;
  double start;

  State state(double rank, Vertex v) const {
    const std::size_t transfers = graph.out_edges(v).size();
    return {rank, transfers == 0 ? 0.0 : rank / static_cast<double>(transfers)};
  }

  void along(const Triplet<State>& transfer, auto& send) const { send(transfer.payer_state.part); }
  void combine(double& sum, double part) const { sum += part; }
  State update(const State&, const double* received, auto& self) const {
    double incoming = received == nullptr ? 0.0 : *received;
    if (params.dangling == DanglingRank::kShared)
      incoming += self.aggregate().dangling / graph.num_vertices();
    return state((1 - params.damping) * start + params.damping * incoming, self.vertex());
  }
  void contribute(Aggregate& total, const State& before, const State& now, Vertex v) const {
    if (graph.out_edges(v).empty()) total.dangling += now.rank;
    total.change += std::abs(now.rank - before.rank);
  }
  void merge(Aggregate& total, const Aggregate& more) const {
    total.dangling += more.dangling;
    total.change += more.change;
  }
};

void validate(const PageRankParams& params) {
  if (params.rounds < 1) {
    throw std::invalid_argument("rounds: " + std::to_string(params.rounds) + " is below 1");
  }
  if (!(params.damping >= 0 && params.damping <= 1)) {
    throw std::invalid_argument("damping: " + std::to_string(params.damping) + " is outside 0..1");
  }
}

}  // namespace

PageRanks pagerank(const TransferGraph& graph, const PageRankParams& params) {
  validate(params);
  const double start = params.total == RankTotal::kOne ? 1.0 / graph.num_vertices() : 1.0;
  const PageRankProgram program{graph, params, start};
  std::vector<PageRankProgram::State> initial;
  initial.reserve(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) initial.push_back(program.state(start, v));

  const auto result =
      run_pregel(graph, program, std::move(initial), {.max_supersteps = params.rounds});
  PageRanks ranks{{}, result.aggregate.change};
  ranks.ranks.reserve(result.states.size());
  for (const auto& state : result.states) ranks.ranks.push_back(state.rank);
  return ranks;
}

}  // namespace aml::graph
