// SPDX-License-Identifier: Apache-2.0
// Transfers as a plain list: what the oracles work on, so that they share no data structure with
// what they check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/transfer.hpp"

namespace aml::oracle {

struct Transfer {
  std::string source;
  std::string target;
  graph::Micros booked_at = 0;
  graph::MinorUnits amount = 100;
  std::string key = {};
};

/// True if b may come after a: strictly later, or for kLoose at the same time with the larger key.
inline bool may_follow(const Transfer& a, const Transfer& b, graph::TimeOrder order) {
  if (order == graph::TimeOrder::kNone) return a.key != b.key;
  if (a.booked_at != b.booked_at) return a.booked_at < b.booked_at;
  if (order == graph::TimeOrder::kStrict) return false;
  return a.key.size() != b.key.size() ? a.key.size() < b.key.size() : a.key < b.key;
}

}  // namespace aml::oracle
