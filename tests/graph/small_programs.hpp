// SPDX-License-Identifier: Apache-2.0
// Small vertex programs for tests of Pregel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "graph/pregel.hpp"

namespace aml::graph::testing {

/// score <- base + half the sum of the payers' scores, if there is a payer.
struct RiskProgram {
  using State = double;
  using Message = double;
  std::vector<double> base;

  void along(const Triplet<double>& transfer, auto& send) const { send(transfer.payer_state / 2); }
  void combine(double& sum, double message) const { sum += message; }
  double update(double old, const double* sum, auto& self) const {
    return sum == nullptr ? old : base[self.vertex()] + *sum;
  }
};

inline std::vector<double> risk(const TransferGraph& graph, std::vector<double> base,
                                int supersteps,
                                MessagePolicy messages = MessagePolicy::kEveryTransfer) {
  const RiskProgram program{base};
  const PregelParams params{.max_supersteps = supersteps, .messages = messages};
  return run_pregel(graph, program, std::move(base), params).states;
}

/// The largest value that has reached a vertex; values are positive, 0 is none. A vertex without a
/// message votes to halt.
struct LargestProgram {
  using State = int;
  using Message = int;
  void combine(int& largest, int message) const { largest = std::max(largest, message); }
  int update(int old, const int* largest, auto& self) const {
    if (largest == nullptr) self.vote_to_halt();
    return largest == nullptr ? old : std::max(old, *largest);
  }
};
struct LargestUpstream : LargestProgram {
  void along(const Triplet<int>& transfer, auto& send) const {
    if (transfer.payer_state != 0) send(transfer.payer_state);
  }
};
struct LargestDownstream : LargestProgram {
  void against(const Triplet<int>& transfer, auto& send) const {
    if (transfer.payee_state != 0) send(transfer.payee_state);
  }
};

/// A superstep in which every vertex receives the sum of what `Sends` says, and keeps its old value
/// if nothing comes.
template <typename Sends>
struct SumProgram : Sends {
  using State = typename Sends::State;
  using Message = std::int64_t;
  void combine(std::int64_t& sum, std::int64_t message) const { sum += message; }
  State update(State old, const std::int64_t* sum, auto&) const {
    if (sum != nullptr) Sends::value_of(old) = *sum;
    return old;
  }
};
struct Value {
  using State = std::int64_t;
  static std::int64_t& value_of(std::int64_t& state) { return state; }
};

struct AmountsToPayee : Value {
  const TransferGraph& graph;
  explicit AmountsToPayee(const TransferGraph& of) : graph(of) {}
  void along(const Triplet<std::int64_t>& transfer, auto& send) const {
    send(graph.amount_minor(transfer.edge));
  }
};
struct AmountsToPayer : Value {
  const TransferGraph& graph;
  explicit AmountsToPayer(const TransferGraph& of) : graph(of) {}
  void against(const Triplet<std::int64_t>& transfer, auto& send) const {
    send(graph.amount_minor(transfer.edge));
  }
};
struct AmountsToBoth : AmountsToPayee {
  using AmountsToPayee::AmountsToPayee;
  void against(const Triplet<std::int64_t>& transfer, auto& send) const {
    send(graph.amount_minor(transfer.edge));
  }
};

template <typename Sends>
std::vector<std::int64_t> received(const TransferGraph& graph, MessagePolicy messages) {
  const SumProgram<Sends> program{Sends(graph)};
  std::vector<std::int64_t> zeros(graph.num_vertices(), 0);
  return run_pregel(graph, program, std::move(zeros), {.max_supersteps = 1, .messages = messages})
      .states;
}

}  // namespace aml::graph::testing
