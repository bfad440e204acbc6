// SPDX-License-Identifier: Apache-2.0
// The features of one account by their definitions, over plain rows: sets, maps and quadratic
// searches, no graph.
#pragma once

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace aml::oracle {

struct Row {
  std::string source;
  std::string target;
  std::int64_t amount_minor;
  std::int64_t booked_at;
  std::string key;
};

inline std::tm utc(std::int64_t micros) {
  std::int64_t seconds = micros / 1'000'000;
  if (seconds * 1'000'000 > micros) --seconds;
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

inline bool later(const Row& a, const Row& b) {
  return std::tuple(a.booked_at, a.key.size(), a.key) >
         std::tuple(b.booked_at, b.key.size(), b.key);
}

/// By feature name, for amounts in hundredths.
inline std::map<std::string, double> features_of(const std::string& account,
                                                 const std::vector<Row>& all) {
  std::vector<Row> in;
  std::vector<Row> out;
  std::vector<Row> both;
  std::int64_t first = all.empty() ? 0 : all[0].booked_at;
  std::int64_t last = first;
  for (const Row& row : all) {
    first = std::min(first, row.booked_at);
    last = std::max(last, row.booked_at);
    if (row.source == row.target) continue;
    if (row.target == account) in.push_back(row);
    if (row.source == account) out.push_back(row);
    if (row.target == account || row.source == account) both.push_back(row);
  }
  std::map<std::string, double> f;
  if (both.empty()) return f;

  const auto sum = [](const std::vector<Row>& rows) {
    double total = 0;
    for (const Row& row : rows) total += static_cast<double>(row.amount_minor) / 100;
    return total;
  };
  const auto largest = [](const std::vector<Row>& rows) {
    double most = 0;
    for (const Row& row : rows) most = std::max(most, static_cast<double>(row.amount_minor) / 100);
    return most;
  };
  const auto n_in = static_cast<double>(in.size());
  const auto n_out = static_cast<double>(out.size());
  const auto n = n_in + n_out;
  f["transfers_in"] = n_in;
  f["transfers_out"] = n_out;
  f["amount_in"] = sum(in);
  f["amount_out"] = sum(out);
  f["mean_amount_in"] = in.empty() ? 0 : sum(in) / n_in;
  f["mean_amount_out"] = out.empty() ? 0 : sum(out) / n_out;
  f["largest_amount_in"] = largest(in);
  f["largest_amount_out"] = largest(out);
  f["out_in_ratio"] = sum(in) > 0 ? std::min(10.0, sum(out) / sum(in)) : sum(out) > 0 ? 10 : 0;

  std::set<std::string> payers;
  std::set<std::string> payees;
  std::map<std::string, double> exchanged;
  std::map<std::tuple<int, int>, double> days;
  double weekends = 0;
  double nights = 0;
  double round = 0;
  double just_below = 0;
  for (const Row& row : both) {
    const bool incoming = row.target == account;
    (incoming ? payers : payees).insert(incoming ? row.source : row.target);
    const double amount = static_cast<double>(row.amount_minor) / 100;
    exchanged[incoming ? row.source : row.target] += amount;
    const std::tm at = utc(row.booked_at);
    days[{at.tm_year, at.tm_yday}] += amount;
    weekends += at.tm_wday == 0 || at.tm_wday == 6;
    nights += at.tm_hour < 6 && row.booked_at % 86'400'000'000 != 0;
    round += row.amount_minor != 0 && row.amount_minor % 10'000 == 0;
    just_below += amount >= 9000 && amount < 10'000;
  }
  double reciprocal = 0;
  double top = 0;
  for (const auto& [counterparty, amount] : exchanged) {
    reciprocal += payers.count(counterparty) == 1 && payees.count(counterparty) == 1;
    top = std::max(top, amount);
  }
  double busiest = 0;
  for (const auto& [day, amount] : days) busiest = std::max(busiest, amount);
  const double turnover = sum(both);
  f["payers"] = static_cast<double>(payers.size());
  f["payees"] = static_cast<double>(payees.size());
  f["reciprocity_share"] = reciprocal / static_cast<double>(exchanged.size());
  f["top_counterparty_share"] = turnover > 0 ? top / turnover : 0;
  f["round_amount_share"] = round / n;
  f["just_below_threshold_share"] = just_below / n;
  f["active_days"] = static_cast<double>(days.size());
  f["transfers_per_active_day"] = n / static_cast<double>(days.size());
  f["busiest_day_share"] = turnover > 0 ? busiest / turnover : 0;
  f["night_share"] = nights / n;
  f["weekend_share"] = weekends / n;

  const auto by_time = [](const Row& a, const Row& b) { return later(b, a); };
  const auto [earliest, latest] = std::minmax_element(both.begin(), both.end(), by_time);
  f["span_days"] = static_cast<double>(latest->booked_at - earliest->booked_at) / 86'400e6;

  std::vector<double> waits;
  for (const Row& arrival : in) {
    const Row* next = nullptr;
    for (const Row& departure : out) {
      if (later(departure, arrival) && (next == nullptr || later(*next, departure)))
        next = &departure;
    }
    if (next != nullptr)
      waits.push_back(static_cast<double>(next->booked_at - arrival.booked_at) / 3600e6);
  }
  std::sort(waits.begin(), waits.end());
  f["pass_through_hours"] =
      waits.empty() ? static_cast<double>(last - first) / 3600e6 : waits[(waits.size() - 1) / 2];
  return f;
}

}  // namespace aml::oracle
