// SPDX-License-Identifier: Apache-2.0
// What is known of accounts beside their transfers, and when an account was at rest.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "graph/transfer_graph.hpp"

namespace aml::detect {

inline constexpr graph::Micros kNotKnown = std::numeric_limits<graph::Micros>::min();

/// Row v of every column but country_names belongs to vertex v of the graph of accounts.
struct AccountFacts {
  std::vector<graph::Vertex> owner;             ///< accounts of one party have the same
  std::vector<std::uint16_t> country;           ///< position in country_names, 0 = not known
  std::vector<graph::Micros> opened_at;         ///< midnight UTC; kNotKnown if it is not known
  std::vector<std::string> country_names = {};  ///< only those who name countries need them
};

/// The end of a silence.
struct WakeUp {
  graph::Micros silent_since = 0;
  graph::Micros at = 0;  ///< the first transfer after it
};

/// When the accounts of one graph began, fell silent and woke.
///
/// What came before the first transfer of all data is not known. So an account that was opened
/// before counts as silent from that moment until its own first transfer, and one whose opening is
/// not known has no silence before its first transfer.
/// The graph and the facts must outlive it.
class AccountHistories {
 public:
  /// Throws: std::invalid_argument if a column of the facts has another size than the graph has
  /// vertices.
  AccountHistories(const graph::TransferGraph& graph, const AccountFacts& facts);

  /// The wake-ups of an account after silences of at least this length, in time order. Every
  /// transfer ends a silence, one to itself too.
  /// Cost: O(d) for an account of degree d.
  std::vector<WakeUp> wake_ups(graph::Vertex account, graph::Micros silence) const;

  /// When an account was opened; where that is not known, the time of its first transfer, unless
  /// this lies less than `reserve` after the first transfer of all: then nobody can tell.
  std::optional<graph::Micros> beginning(graph::Vertex account, graph::Micros reserve) const;

 private:
  std::vector<graph::Micros> activity(graph::Vertex account) const;

  const graph::TransferGraph& graph_;
  const AccountFacts& facts_;
  graph::Micros data_begin_ = 0;  ///< the first transfer of all
};

}  // namespace aml::detect
