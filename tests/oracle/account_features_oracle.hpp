// SPDX-License-Identifier: Apache-2.0
// The features of one account by their definitions, over plain rows: sets, maps and quadratic
// searches, no graph.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
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

/// Numbers of transfers within windows of an account, by brute force over pairs of rows.
inline void add_window_features(const std::vector<Row>& in, const std::vector<Row>& out,
                                std::map<std::string, double>& f) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const auto within = [](const Row& first, const Row& row, std::int64_t length) {
    return row.booked_at >= first.booked_at && row.booked_at - first.booked_at < length;
  };
  for (const auto& [name, length] :
       std::map<std::string, std::int64_t>{{"1d", kDay}, {"7d", 7 * kDay}, {"30d", 30 * kDay}}) {
    for (const bool sent : {false, true}) {
      const std::vector<Row>& side = sent ? out : in;
      const std::string suffix = (sent ? "out_" : "in_") + name;
      double& transfers = f["most_transfers_" + suffix];
      double& amount = f["most_amount_" + suffix];
      double& others = f[(sent ? "most_payees_" : "most_payers_") + name];
      for (const Row& first : side) {
        double count = 0;
        double sum = 0;
        std::set<std::string> names;
        for (const Row& row : side) {
          if (!within(first, row, length)) continue;
          count += 1;
          sum += static_cast<double>(row.amount_minor) / 100;
          names.insert(sent ? row.target : row.source);
        }
        transfers = std::max(transfers, count);
        amount = std::max(amount, sum);
        others = std::max(others, static_cast<double>(names.size()));
      }
    }
  }
  for (const Row& arrival : in) {
    for (const Row& departure : out) {
      const bool same = arrival.source == departure.target;
      f["two_paths_1d"] += !same && later(departure, arrival) && within(arrival, departure, kDay);
      f["back_and_forth_7d"] +=
          same && (within(arrival, departure, 7 * kDay) || within(departure, arrival, 7 * kDay));
    }
  }
  double& gather_scatter = f["gather_scatter_7d"];
  for (const Row& departure : out) {
    std::set<std::string> payers;
    std::set<std::string> payees;
    for (const Row& row : in)
      if (later(departure, row) && within(row, departure, 7 * kDay)) payers.insert(row.source);
    for (const Row& row : out)
      if (!later(departure, row) && within(departure, row, 7 * kDay)) payees.insert(row.target);
    gather_scatter =
        std::max(gather_scatter, static_cast<double>(std::min(payers.size(), payees.size())));
  }
}

/// Cent by cent: each one sent is taken from the oldest arrival that has one left.
inline double passed_on_share(std::vector<Row> in, std::vector<Row> out, std::int64_t length) {
  const auto by_time = [](const Row& a, const Row& b) { return later(b, a); };
  std::sort(in.begin(), in.end(), by_time);
  std::sort(out.begin(), out.end(), by_time);
  double received = 0;
  double passed_on = 0;
  for (const Row& arrival : in) received += static_cast<double>(arrival.amount_minor);
  for (Row& departure : out) {
    for (Row& arrival : in) {
      if (!later(departure, arrival) || departure.booked_at - arrival.booked_at >= length) continue;
      const std::int64_t used = std::min(arrival.amount_minor, departure.amount_minor);
      arrival.amount_minor -= used;
      departure.amount_minor -= used;
      passed_on += static_cast<double>(used);
    }
  }
  return received > 0 ? passed_on / received : 0;
}

inline void add_amount_features(const std::vector<Row>& rows, const std::string& side,
                                std::map<std::string, double>& f) {
  if (rows.empty()) return;
  std::vector<double> amounts;
  for (const Row& row : rows) amounts.push_back(static_cast<double>(row.amount_minor) / 100);
  std::sort(amounts.begin(), amounts.end());
  const auto n = static_cast<double>(amounts.size());
  const auto mean_of = [&](double centre, int power) {
    double sum = 0;
    for (const double amount : amounts) sum += std::pow(amount - centre, power);
    return sum / n;
  };
  const double mean = mean_of(0, 1);
  const double deviation = amounts.front() == amounts.back() ? 0 : std::sqrt(mean_of(mean, 2));
  f["smallest_amount_" + side] = amounts.front();
  f["median_amount_" + side] = amounts[(amounts.size() - 1) / 2];
  f["amount_deviation_" + side] = deviation;
  if (deviation == 0) return;
  f["amount_skew_" + side] = mean_of(mean, 3) / std::pow(deviation, 3);
  f["amount_kurtosis_" + side] = mean_of(mean, 4) / std::pow(deviation, 4) - 3;
}

inline void add_rhythm_features(std::vector<Row> both, std::map<std::string, double>& f) {
  std::sort(both.begin(), both.end(), [](const Row& a, const Row& b) { return later(b, a); });
  std::vector<double> gaps;
  for (std::size_t i = 1; i < both.size(); ++i) {
    gaps.push_back(static_cast<double>(both[i].booked_at - both[i - 1].booked_at) / 3600e6);
  }
  if (gaps.empty()) return;
  std::sort(gaps.begin(), gaps.end());
  f["median_gap_hours"] = gaps[(gaps.size() - 1) / 2];
  f["longest_gap_days"] = gaps.back() / 24;
  double mean = 0;
  for (const double gap : gaps) mean += gap / static_cast<double>(gaps.size());
  double variance = 0;
  for (const double gap : gaps) {
    variance += (gap - mean) * (gap - mean) / static_cast<double>(gaps.size());
  }
  const double s = std::sqrt(variance);
  f["burstiness"] = gaps.size() < 2 || s + mean == 0 ? 0 : (s - mean) / (s + mean);
}

/// Cycles that begin with the transfers of `path`, by depth-first search; calls found(path).
template <typename Found>
void extend_cycles(const std::vector<Row>& all, std::vector<const Row*>& path, const Found& found) {
  constexpr std::int64_t kWeek = 7 * 86'400'000'000;
  for (const Row& row : all) {
    const bool follows = later(row, *path.back()) && row.source == path.back()->target &&
                         row.booked_at - path.front()->booked_at < kWeek;
    if (!follows || row.source == row.target) continue;
    path.push_back(&row);
    const bool seen = std::any_of(path.begin() + 1, path.end(),
                                  [&](const Row* step) { return step->source == row.target; });
    if (row.target == path.front()->source) {
      if (path.size() >= 3) found(path);
    } else if (!seen && path.size() < 4) {
      extend_cycles(all, path, found);
    }
    path.pop_back();
  }
}

/// Every cycle of three or four transfers in time order within 7 days.
template <typename Found>
void for_each_cycle(const std::vector<Row>& all, const Found& found) {
  for (const Row& first : all) {
    if (first.source == first.target) continue;
    std::vector<const Row*> path{&first};
    extend_cycles(all, path, found);
  }
}

/// A leg in and a leg out of a middle.
struct Path {
  const Row* first;
  const Row* second;
};

/// Paths over middles in legs of 500 units or more within 7 days, by source and target.
inline std::map<std::pair<std::string, std::string>, std::vector<Path>> paths_over_middles(
    const std::vector<Row>& all) {
  constexpr std::int64_t kWeek = 7 * 86'400'000'000;
  std::map<std::pair<std::string, std::string>, std::vector<Path>> paths;
  for (const Row& first : all) {
    for (const Row& second : all) {
      if (first.target == second.source && later(second, first) &&
          second.booked_at - first.booked_at < kWeek && first.source != first.target &&
          second.source != second.target && first.source != second.target &&
          first.amount_minor >= 50'000 && second.amount_minor >= 50'000) {
        paths[{first.source, second.target}].push_back({&first, &second});
      }
    }
  }
  return paths;
}

/// Windows of one source and target with three middles or more, as sets of transfers; those that
/// share one are put together.
inline std::vector<std::set<const Row*>> scatter_gathers(const std::vector<Path>& paths) {
  constexpr std::int64_t kWeek = 7 * 86'400'000'000;
  std::vector<std::set<const Row*>> bundles;
  for (const Path& start : paths) {
    std::set<const Row*> window;
    std::set<std::string> middles;
    for (const Path& path : paths) {
      if (path.first->booked_at < start.first->booked_at ||
          path.second->booked_at - start.first->booked_at >= kWeek)
        continue;
      window.insert({path.first, path.second});
      middles.insert(path.first->target);
    }
    if (middles.size() < 3) continue;
    std::vector<std::set<const Row*>> apart;
    for (const auto& bundle : bundles) {
      const bool shares = std::any_of(bundle.begin(), bundle.end(),
                                      [&](auto* row) { return window.count(row) == 1; });
      if (shares) {
        window.insert(bundle.begin(), bundle.end());
      } else {
        apart.push_back(bundle);
      }
    }
    apart.push_back(window);
    bundles = apart;
  }
  return bundles;
}

inline void add_pattern_features(const std::string& account, const std::vector<Row>& all,
                                 std::map<std::string, double>& f) {
  for_each_cycle(all, [&](const std::vector<const Row*>& cycle) {
    for (const Row* row : cycle) {
      f[cycle.size() == 3 ? "cycles_3_7d" : "cycles_4_7d"] += row->source == account;
    }
  });
  for (const auto& [ends, paths] : paths_over_middles(all)) {
    for (const auto& bundle : scatter_gathers(paths)) {
      f["scatter_gather_source_7d"] += ends.first == account;
      f["scatter_gather_sink_7d"] += ends.second == account;
      f["scatter_gather_middle_7d"] += std::any_of(
          bundle.begin(), bundle.end(),
          [&](const Row* row) { return row->source == ends.first && row->target == account; });
    }
  }
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

  add_amount_features(in, "in", f);
  add_amount_features(out, "out", f);
  double& most_common = f["most_common_amount_share"];
  for (const Row& row : both) {
    const auto same = std::count_if(both.begin(), both.end(), [&](const Row& other) {
      return other.amount_minor == row.amount_minor;
    });
    most_common = std::max(most_common, static_cast<double>(same) / n);
  }
  add_rhythm_features(both, f);
  add_window_features(in, out, f);
  f["passed_on_share_1d"] = passed_on_share(in, out, 86'400'000'000);
  f["passed_on_share_7d"] = passed_on_share(in, out, 7 * 86'400'000'000);
  add_pattern_features(account, all, f);
  return f;
}

}  // namespace aml::oracle
