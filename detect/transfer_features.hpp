// SPDX-License-Identifier: Apache-2.0
// What one transfer looks like at the moment it is made, as numbers: nothing that happens later is
// in them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "detect/account_flows.hpp"
#include "detect/feature_definition.hpp"
#include "detect/features.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

std::span<const FeatureDefinition> transfer_feature_definitions();

/// The features of every transfer of a graph, handed out in blocks.
///
/// They depend on the transfer and on those before it in (booked_at, transfer key) order. One thing
/// does not: which accounts are hubs, and so in no pattern, is judged by all transfers. A transfer
/// from an account to itself has only those of its own time and amount, and is in no window.
class TransferFeatures {
 public:
  /// Looks for patterns and describes each transfer from the side of its receiver. The graph must
  /// outlive it.
  /// Throws: std::invalid_argument if base_currency_exponent is outside 0..9.
  /// Cost:   one sweep over the transfers of each account, parallel, the same result for any number
  ///         of threads. Memory: 4 bytes for each transfer and feature of the receiver or a pattern.
  TransferFeatures(const graph::TransferGraph& graph, int base_currency_exponent,
                   const PatternLimits& limits = {});

  /// Calls block(first, values) for one block of transfers after the other, in order of their edge
  /// ids. Shape: row-major, a row for each transfer from `first` on; NaN: there is none, for example
  /// no earlier transfer to compare with.
  /// Cost: as above, from the side of the sender; memory for the rows of a block.
  void for_each_block(
      const std::function<void(graph::Edge first, std::span<const float> values)>& block) const;

  const std::vector<std::string>& notes() const { return notes_; }  ///< as FeatureSet::notes
  bool truncated() const { return truncated_; }

 private:
  const graph::TransferGraph& graph_;
  FeatureScale scale_;
  std::vector<float> kept_;  ///< of each transfer: what its receiver and the patterns know
  std::vector<std::string> notes_;
  bool truncated_ = false;
};

}  // namespace aml::detect
