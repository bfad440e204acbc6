// SPDX-License-Identifier: Apache-2.0
// The features of one transfer by their definitions, over the plain rows up to it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/account_features_oracle.hpp"

namespace aml::oracle {

/// By feature name, for amounts in hundredths; NaN where there is none.
inline std::map<std::string, double> transfer_features_of(const Row& row,
                                                          const std::vector<Row>& all) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const bool to_itself = row.source == row.target;
  std::vector<Row> past;  // this transfer and those before it, none of an account to itself
  for (const Row& other : all) {
    if (!later(other, row) && other.source != other.target) past.push_back(other);
  }
  const auto amount = static_cast<double>(row.amount_minor) / 100;
  std::map<std::string, double> f;
  const std::tm at = utc(row.booked_at);
  f["hour_of_day"] = at.tm_hour + at.tm_min / 60.0 + at.tm_sec / 3600.0;
  f["weekday"] = at.tm_wday == 0 ? 7 : at.tm_wday;
  f["is_round_amount"] = row.amount_minor != 0 && row.amount_minor % 10'000 == 0;
  f["is_just_below_threshold"] = amount >= 9000 && amount < 10'000;

  // Of those before it: what `party` sent (or received).
  struct Before {
    double transfers = 0;
    double sum = 0;
    const Row* last = nullptr;
  };
  const auto before = [&](const std::string& party, bool sent) {
    Before found;
    for (const Row& other : past) {
      if (other.key == row.key || (sent ? other.source : other.target) != party) continue;
      found.transfers += 1;
      found.sum += static_cast<double>(other.amount_minor) / 100;
      if (found.last == nullptr || later(other, *found.last)) found.last = &other;
    }
    return found;
  };
  const auto gap = [&](const Before& of) {
    if (of.last == nullptr || to_itself) return std::nan("");
    return static_cast<double>(row.booked_at - of.last->booked_at) / 3600e6;
  };
  const auto to_mean = [&](const Before& of) {
    return of.sum == 0 || to_itself ? std::nan("") : amount / (of.sum / of.transfers);
  };
  const Before received = before(row.target, false);
  const Before sent = before(row.source, true);
  const Before arrived = before(row.source, false);
  f["receiver_gap_hours"] = gap(received);
  f["amount_to_receiver_mean"] = to_mean(received);
  f["sender_gap_hours"] = gap(sent);
  f["arrival_gap_hours"] = gap(arrived);
  f["amount_to_sender_mean"] = to_mean(sent);
  f["amount_to_last_arrival"] =
      arrived.last == nullptr || arrived.last->amount_minor == 0 || to_itself
          ? std::nan("")
          : amount * 100 / static_cast<double>(arrived.last->amount_minor);
  if (to_itself) return f;

  for (const auto& [name, length] :
       std::map<std::string, std::int64_t>{{"1d", kDay}, {"7d", 7 * kDay}}) {
    std::map<std::string, std::set<std::string>> names;
    for (const Row& other : past) {
      if (row.booked_at - other.booked_at >= length) continue;
      const auto money = static_cast<double>(other.amount_minor) / 100;
      if (other.source == row.source) {
        f["sender_transfers_" + name] += 1;
        f["sender_amount_" + name] += money;
        names["sender_payees_" + name].insert(other.target);
      }
      if (other.target == row.source) {
        f["sender_received_" + name] += money;
        names["sender_payers_" + name].insert(other.source);
        f["returned_" + name] += other.source == row.target;
      }
      if (other.target == row.target) {
        f["receiver_transfers_" + name] += 1;
        f["receiver_amount_" + name] += money;
        names["receiver_payers_" + name].insert(other.source);
      }
    }
    for (const auto& [feature, accounts] : names) f[feature] = static_cast<double>(accounts.size());
  }
  f["earlier_transfers_of_pair"] =
      static_cast<double>(std::count_if(past.begin(), past.end(), [&](const Row& other) {
        return other.key != row.key && other.source == row.source && other.target == row.target;
      }));

  for_each_cycle(past, [&](const std::vector<const Row*>& cycle) {
    f[cycle.size() == 3 ? "closes_cycles_3_7d" : "closes_cycles_4_7d"] +=
        cycle.back()->key == row.key;
  });
  for (const auto& [ends, paths] : paths_over_middles(past)) {
    std::set<std::string> middles;
    bool is_last_leg = false;
    for (const Path& path : paths) {
      is_last_leg |= path.second->key == row.key;
      if (row.booked_at - path.first->booked_at < 7 * kDay) middles.insert(path.first->target);
    }
    double& most = f["scatter_gather_middles_7d"];
    if (is_last_leg && middles.size() >= 3)
      most = std::max(most, static_cast<double>(middles.size()));
  }
  return f;
}

}  // namespace aml::oracle
