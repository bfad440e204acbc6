// SPDX-License-Identifier: Apache-2.0
// A window in time that moves over the transfers of one account. Internal to detect/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "detect/account_flows.hpp"

namespace aml::detect {

/// The transfers of the last `length` before and at the newest one, that one included; what is
/// exactly `length` old is out: with whole days as times, a window of a day is one day.
class MovingWindow {
 public:
  struct Side {
    std::uint32_t transfers = 0;
    graph::MinorSum sum = 0;
    std::uint32_t counterparties = 0;  ///< distinct
  };

  explicit MovingWindow(graph::Micros length) : length_(length) {}

  /// Begins before the first transfer of an account, whose flows must outlive the sweep.
  void restart(const AccountFlows& flows) {
    flows_ = flows.in_time();
    begin_ = 0;
    end_ = 0;
    for (auto& counts : transfers_with_) counts.assign(flows.counterparties(), 0);
    sides_ = {};
  }

  /// Takes in the next transfer. Requires: there is one.
  void advance() {
    const Flow& newest = flows_[end_];
    drop_until(newest.booked_at);
    Side& side = sides_[newest.outgoing ? 1 : 0];
    ++side.transfers;
    side.sum += newest.amount_minor;
    side.counterparties += transfers_with_[newest.outgoing ? 1 : 0][newest.counterparty]++ == 0;
    ++end_;
  }

  /// Takes the oldest transfers out that do not belong to a window that ends at `now`.
  void drop_until(graph::Micros now) {
    for (; begin_ < end_ && now - flows_[begin_].booked_at >= length_; ++begin_) {
      const Flow& oldest = flows_[begin_];
      Side& side = sides_[oldest.outgoing ? 1 : 0];
      --side.transfers;
      side.sum -= oldest.amount_minor;
      side.counterparties -= --transfers_with_[oldest.outgoing ? 1 : 0][oldest.counterparty] == 0;
    }
  }

  const Side& in() const { return sides_[0]; }
  const Side& out() const { return sides_[1]; }
  std::uint32_t in_from(std::uint32_t counterparty) const {
    return transfers_with_[0][counterparty];
  }
  std::uint32_t out_to(std::uint32_t counterparty) const {
    return transfers_with_[1][counterparty];
  }

 private:
  graph::Micros length_;
  std::span<const Flow> flows_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<std::vector<std::uint32_t>, 2> transfers_with_;  ///< in and out, by counterparty
  std::array<Side, 2> sides_;                                 ///< in and out
};

}  // namespace aml::detect
