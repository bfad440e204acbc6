// SPDX-License-Identifier: Apache-2.0
// The groups that account features are made of: each has its definitions and writes the values of
// one account in their order. Internal to detect/.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "detect/account_flows.hpp"
#include "detect/feature_definition.hpp"
#include "detect/features.hpp"
#include "detect/moving_window.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Arrival of money of which some may still be there.
struct Arrival {
  graph::Micros at;
  graph::MinorUnits left;
};

/// What the groups use while they describe one account: one for each thread.
struct FeatureScratch {
  AccountFlows flows;
  std::vector<graph::Micros> waiting;
  std::vector<graph::Micros> lengths;
  std::array<std::vector<graph::MinorUnits>, 2> amounts;  ///< in and out
  std::vector<graph::MinorUnits> all_amounts;
  std::vector<Arrival> arrivals;
  MovingWindow day{graph::kMicrosPerDay};
  MovingWindow week{7 * graph::kMicrosPerDay};
  MovingWindow month{30 * graph::kMicrosPerDay};
  std::vector<std::uint32_t> payers_before;  ///< of each transfer sent
  std::vector<std::uint32_t> sent_ahead;     ///< to each counterparty
};

/// The 22 features of detect/features.hpp.
std::span<const FeatureDefinition> behaviour_definitions();
/// Requires: scratch.flows holds a transfer; likewise below.
void describe_behaviour(FeatureScratch& scratch, const FeatureScale& scale,
                        std::span<double> values);

/// How amounts are distributed.
std::span<const FeatureDefinition> amount_definitions();
void describe_amounts(FeatureScratch& scratch, const FeatureScale& scale, std::span<double> values);

/// How transfers follow each other.
std::span<const FeatureDefinition> rhythm_definitions();
void describe_rhythm(FeatureScratch& scratch, std::span<double> values);

/// The most that happened within a window, and what happens inside it around the account.
std::span<const FeatureDefinition> window_definitions();
void describe_windows(FeatureScratch& scratch, const FeatureScale& scale, std::span<double> values);

/// In how many patterns of several accounts an account takes part.
std::span<const FeatureDefinition> pattern_definitions();
class PatternCounts {
 public:
  PatternCounts(const graph::TransferGraph& graph, const FeatureScale& scale,
                const PatternLimits& limits);

  /// In the order of pattern_definitions().
  std::span<const std::uint32_t> of(graph::Vertex v) const {
    return std::span(counts_).subspan(v * columns_, columns_);
  }
  const std::vector<std::string>& notes() const { return notes_; }  ///< see FeatureSet
  bool truncated() const { return truncated_; }

 private:
  std::size_t columns_;
  std::vector<std::uint32_t> counts_;
  std::vector<std::string> notes_;
  bool truncated_;
};

/// The lower one of two middle values; reorders. Requires: there is one.
graph::Micros lower_median(std::vector<graph::Micros>& values);

}  // namespace aml::detect
