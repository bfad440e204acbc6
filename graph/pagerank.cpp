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
  using State = double;    ///< the rank
  using Visible = double;  ///< what each outgoing transfer carries: divided once, not at its ends
  using Message = double;
  struct Aggregate {
    double dangling = 0;
    double change = 0;
  };

  const TransferGraph& graph;
  PageRankParams params;
  double start;

  double visible(double rank, Vertex v) const {
    const std::size_t transfers = graph.out_edges(v).size();
    return transfers == 0 ? 0.0 : rank / static_cast<double>(transfers);
  }
  void along(const Triplet<double>& transfer, auto& send) const { send(transfer.payer_state); }
  void combine(double& sum, double part) const { sum += part; }
  double update(double, const double* received, auto& self) const {
    double incoming = received == nullptr ? 0.0 : *received;
    if (params.dangling == DanglingRank::kShared)
      incoming += self.aggregate().dangling / graph.num_vertices();
    return (1 - params.damping) * start + params.damping * incoming;
  }
  void contribute(Aggregate& total, double before, double now, Vertex v) const {
    if (graph.out_edges(v).empty()) total.dangling += now;
    total.change += std::abs(now - before);
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
  std::vector<double> initial(graph.num_vertices(), start);
  auto result = run_pregel(graph, program, std::move(initial), {.max_supersteps = params.rounds});
  return {std::move(result.states), result.aggregate.change};
}

}  // namespace aml::graph
