// SPDX-License-Identifier: Apache-2.0
// The windows of one account through which money flows: the search of detect/flow_through.hpp.
// Internal to detect/.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "detect/account_history.hpp"
#include "detect/flow_through.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Windows that hold and share a transfer, put together.
struct FlowEpisode {
  std::vector<graph::Edge> deposits;       ///< in time order
  std::vector<graph::Edge> withdrawals;    ///< in time order
  std::optional<graph::Micros> new_since;  ///< beginning or wake-up of a new account
};

class FlowWindows {
 public:
  /// Everything given must outlive it.
  FlowWindows(const graph::TransferGraph& graph, const AccountFacts& facts,
              const AccountHistories& histories, const FlowThroughParams& params,
              graph::Vertex account, std::uint64_t budget);

  /// In time order; incomplete if steps() is above the budget afterwards.
  std::vector<FlowEpisode> episodes();

  /// Transfers looked at.
  std::uint64_t steps() const { return steps_; }

 private:
  struct Leg {
    graph::Edge edge = 0;
    graph::Micros at = 0;
    graph::MinorUnits amount = 0;
    graph::Vertex counterparty = 0;
  };
  /// Positions in deposits_ and withdrawals_, and the sums of what lies between them.
  struct Window {
    std::size_t in_begin = 0, in_end = 0, out_begin = 0, out_end = 0;
    graph::MinorSum in = 0, out = 0;
  };

  /// The withdrawals of a window that count, with what the conditions ask of them.
  struct Outflow {
    std::vector<graph::Edge> withdrawals;
    graph::MinorSum sum = 0;
    std::vector<graph::Vertex> receivers;  ///< parties, one for each withdrawal
  };

  void read_legs();
  void move_to(std::size_t anchor, Window& window) const;
  bool sums_may_hold(const Window& window) const;
  bool senders_hold(const Window& window) const;
  Outflow outflow_of(const Window& window) const;
  bool outflow_holds(const Outflow& outflow, const Window& window) const;
  std::optional<graph::Micros> new_since(graph::Micros at);
  void add(const Window& window, const Outflow& outflow, std::optional<graph::Micros> since);

  const graph::TransferGraph& graph_;
  const AccountFacts& facts_;
  const AccountHistories& histories_;
  const FlowThroughParams& params_;
  graph::Vertex account_;
  std::uint64_t budget_;
  std::uint64_t steps_ = 0;
  std::vector<Leg> deposits_;
  std::vector<Leg> withdrawals_;
  std::optional<std::vector<WakeUp>> wake_ups_;  ///< read when they are asked for
  std::size_t episode_end_ = 0;                  ///< behind the last deposit of the last episode
  std::vector<FlowEpisode> episodes_;
};

}  // namespace aml::detect
