// SPDX-License-Identifier: Apache-2.0
// The transfers of one account as features read them. Internal to detect/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// One transfer as seen from an account.
struct Flow {
  graph::Micros booked_at;
  graph::MinorUnits amount_minor;
  std::uint32_t counterparty;  ///< number of the other account, see AccountFlows::counterparties
  bool outgoing;
};

/// Made once and filled for one account after the other.
class AccountFlows {
 public:
  /// Takes in the transfers of an account; self-loops do not count.
  void collect(const graph::TransferGraph& graph, graph::Vertex account);

  /// In (booked_at, transfer key) order.
  std::span<const Flow> in_time() const { return flows_; }
  /// Counterparties are numbered from 0 in the order of their vertices.
  std::uint32_t counterparties() const { return counterparties_; }
  /// Positions in in_time(), by counterparty, then in time order.
  std::span<const std::uint32_t> by_counterparty() const { return by_counterparty_; }

 private:
  void number_counterparties();

  std::vector<Flow> flows_;
  std::vector<std::uint64_t> sorted_;  ///< counterparty and position, to be sorted as one number
  std::vector<std::uint32_t> by_counterparty_;
  std::uint32_t counterparties_ = 0;
};

/// What all accounts of one graph are measured by.
struct FeatureScale {
  graph::Micros period = 0;  ///< from the first to the last transfer of the data
  graph::MinorUnits minor_per_unit = 1;

  /// Throws: std::invalid_argument if base_currency_exponent is outside 0..9.
  FeatureScale(const graph::TransferGraph& graph, int base_currency_exponent);

  double units(graph::MinorSum minor) const {
    return static_cast<double>(minor) / static_cast<double>(minor_per_unit);
  }
  bool is_round(graph::MinorUnits minor) const {
    return minor > 0 && minor % (kRoundUnits * minor_per_unit) == 0;
  }
  bool is_just_below_threshold(graph::MinorUnits minor) const {
    return minor >= kJustBelowUnits * minor_per_unit && minor < kThresholdUnits * minor_per_unit;
  }

 private:
  static constexpr graph::MinorUnits kRoundUnits = 100;
  /// The reporting threshold in force almost everywhere is 10,000 units (31 CFR 1010.311).
  static constexpr graph::MinorUnits kThresholdUnits = 10'000;
  static constexpr graph::MinorUnits kJustBelowUnits = 9'000;
};

/// Writes the features of one group by name.
template <typename FeatureOfGroup>
class FeatureRow {
 public:
  explicit FeatureRow(std::span<double> values) : values_(values) {}
  void set(FeatureOfGroup feature, double value) const {
    values_[static_cast<std::size_t>(feature)] = value;
  }

 private:
  std::span<double> values_;
};

inline double share_of(graph::MinorSum part, graph::MinorSum whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

inline double hours(graph::Micros length) {
  return static_cast<double>(length) / static_cast<double>(graph::kMicrosPerHour);
}
inline double days(graph::Micros length) {
  return static_cast<double>(length) / static_cast<double>(graph::kMicrosPerDay);
}

/// Days since 1970-01-01, UTC.
constexpr graph::Micros day_of(graph::Micros at) {
  const graph::Micros day = at / graph::kMicrosPerDay;
  return at < day * graph::kMicrosPerDay ? day - 1 : day;
}
constexpr graph::Micros time_of_day(graph::Micros at) {
  return at - day_of(at) * graph::kMicrosPerDay;
}
/// 0 is Monday.
constexpr graph::Micros weekday_of(graph::Micros at) {
  // 1970-01-01 was a Thursday.
  return ((day_of(at) + 3) % 7 + 7) % 7;
}

}  // namespace aml::detect
