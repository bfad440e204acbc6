// SPDX-License-Identifier: Apache-2.0
// What an account does, as numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "detect/feature_matrix.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// The columns of account_features(), in their order.
enum class Feature : std::uint8_t {
  kTransfersIn,
  kTransfersOut,
  kAmountIn,
  kAmountOut,
  kMeanAmountIn,
  kMeanAmountOut,
  kLargestAmountIn,
  kLargestAmountOut,
  kPayers,
  kPayees,
  kOutInRatio,
  kReciprocityShare,
  kTopCounterpartyShare,
  kRoundAmountShare,
  kJustBelowThresholdShare,
  kPassThroughHours,
  kActiveDays,
  kSpanDays,
  kTransfersPerActiveDay,
  kBusiestDayShare,
  kNightShare,
  kWeekendShare,
};
inline constexpr std::size_t kFeatures = 22;
/// The ratio of sums has no upper end (one side may be zero): from here on an account only pays.
inline constexpr double kMaxOutInRatio = 10;

struct FeatureDefinition {
  std::string_view name;  ///< snake_case, for example "out_in_ratio"
  std::string_view
      unit;  ///< transfers, accounts, base currency, share, ratio, hours, days or transfers per day
  std::string_view description;  ///< one sentence, also read by docs and SQL comments
  std::string_view phrase;       ///< what an account did, with {} for the value: "paid {}"
};

/// The features in the order of the columns of account_features().
std::span<const FeatureDefinition> feature_definitions();

/// The features of every vertex of the graph, over all its transfers; self-loops do not count. A
/// vertex without transfers has zeros. Shape: num_vertices x feature_definitions().size(), finite.
/// Throws: std::invalid_argument if base_currency_exponent is outside 0..9.
/// Cost:   one pass over out- and in-edges and one sort of each vertex's counterparties, parallel
///         over vertices; the same result for any number of threads.
FeatureMatrix account_features(const graph::TransferGraph& graph, int base_currency_exponent);

}  // namespace aml::detect
