// SPDX-License-Identifier: Apache-2.0
// What an account does, as numbers.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "detect/feature_definition.hpp"
#include "detect/feature_matrix.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// The columns of account_features(), in their order: the behaviour that the anomaly forest reads.
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

/// The features in the order of the columns of account_features(); each has a phrase.
std::span<const FeatureDefinition> feature_definitions();

/// The features of every vertex of the graph, over all its transfers; self-loops do not count. A
/// vertex without transfers has zeros. Shape: num_vertices x feature_definitions().size(), finite.
/// Throws: std::invalid_argument if base_currency_exponent is outside 0..9.
/// Cost:   one pass over out- and in-edges and one sort of each vertex's counterparties, parallel
///         over vertices; the same result for any number of threads.
FeatureMatrix account_features(const graph::TransferGraph& graph, int base_currency_exponent);

/// What bounds the search for patterns of several accounts.
struct PatternLimits {
  /// Accounts with more distinct payers or payees are hubs: they take part in no pattern.
  std::uint32_t max_counterparties = 2000;
  std::uint64_t max_steps = 500'000'000;    ///< transfers looked at, for each kind of pattern
  std::uint64_t max_instances = 2'000'000;  ///< cycles, and likewise two-paths, in all
  std::stop_token stop = {};
};

/// The complete set: feature_definitions(), then amounts, rhythm, windows and patterns. Names are
/// distinct.
std::span<const FeatureDefinition> feature_set_definitions();

struct FeatureSet {
  std::size_t columns = 0;
  std::vector<double> values;      ///< row-major, a row for each vertex; finite
  std::vector<std::string> notes;  ///< hubs and spent budgets, in sentences
  bool truncated = false;          ///< a budget was reached: some accounts are in more patterns

  std::span<const double> row(graph::Vertex v) const {
    return std::span(values).subspan(v * columns, columns);
  }
};

/// The complete set of every vertex. Self-loops do not count; a vertex without transfers has zeros.
/// Throws: std::invalid_argument if base_currency_exponent is outside 0..9.
/// Cost:   as account_features(), with a sort of each vertex's amounts and six sweeps over its
///         transfers; two bounded searches for patterns before it. Parallel, the same result for
///         any number of threads. Memory: 8 bytes for each vertex and feature.
FeatureSet account_feature_set(const graph::TransferGraph& graph, int base_currency_exponent,
                               const PatternLimits& limits = {});

}  // namespace aml::detect
