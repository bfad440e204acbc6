// SPDX-License-Identifier: Apache-2.0
#include "detect/aggregation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "detect/account_sweep.hpp"
#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/hubs.hpp"
#include "graph/require.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::Micros;
using graph::MinorSum;
using graph::MinorUnits;
using graph::require;
using graph::TransferGraph;
using graph::Vertex;

constexpr double kTransfersWeight = 0.4;
constexpr double kMoneyWeight = 0.4;
constexpr double kTimeWeight = 0.2;
constexpr std::size_t kCounterpartiesNamed = 3;
constexpr std::ptrdiff_t kStandingTransfers = 3;

struct Leg {
  Edge edge = 0;
  Micros at = 0;
  MinorUnits amount = 0;
  std::uint32_t counterparty = 0;  ///< position in AccountLegs::counterparties
};

/// What one account received, or paid, in time order.
struct AccountLegs {
  std::vector<Leg> legs;
  std::vector<Vertex> counterparties;  ///< of the legs, each once, ascending
  // All transfers of the direction but those to itself, legs or not.
  std::vector<Micros> all_times;
  std::vector<MinorSum> all_sums;  ///< all_sums[i]: money of the first i

  /// Positions of the transfers booked in [first, last].
  std::pair<std::size_t, std::size_t> between(Micros first, Micros last) const {
    const auto begin = std::ranges::lower_bound(all_times, first);
    const auto end = std::ranges::upper_bound(all_times, last);
    return {static_cast<std::size_t>(begin - all_times.begin()),
            static_cast<std::size_t>(end - all_times.begin())};
  }
};

bool is_leg(const TransferGraph& graph, Edge e, const AggregationParams& params) {
  const MinorUnits amount = graph.amount_minor(e);
  if (amount < params.leg_at_least_minor) return false;
  if (params.leg_below_minor > 0 && amount >= params.leg_below_minor) return false;
  if (params.multiples_of_minor > 0 && amount % params.multiples_of_minor != 0) return false;
  return params.types.empty() ||
         std::ranges::find(params.types, graph.type(e)) != params.types.end();
}

/// Calls visit(edge, counterparty) for each transfer of the direction in time order, but for those
/// to itself.
template <typename Visit>
void for_each_transfer(const TransferGraph& graph, Vertex v, Direction direction, Visit visit) {
  if (direction == Direction::kIn) {
    for (const Edge position : graph.in_edges(v)) {
      if (graph.in_source(position) != v) visit(graph.in_edge(position), graph.in_source(position));
    }
  } else {
    for (const Edge e : graph.out_edges(v)) {
      if (graph.target(e) != v) visit(e, graph.target(e));
    }
  }
}

/// The counterparties that have dealt with the account often and for long, ascending.
std::vector<Vertex> standing_counterparties(const TransferGraph& graph, Vertex v,
                                            const AggregationParams& params) {
  std::vector<Vertex> standing;
  if (params.counterparties == Counterparties::kAny) return standing;
  std::vector<std::pair<Vertex, Micros>> dealings;
  for_each_transfer(graph, v, params.direction, [&](Edge e, Vertex counterparty) {
    dealings.emplace_back(counterparty, graph.booked_at(e));
  });
  std::ranges::sort(dealings);
  for (auto first = dealings.begin(); first != dealings.end();) {
    const auto next = std::ranges::find_if(
        first, dealings.end(), [&](const auto& dealing) { return dealing.first != first->first; });
    if (next - first >= kStandingTransfers &&
        std::prev(next)->second - first->second > params.standing_after) {
      standing.push_back(first->first);
    }
    first = next;
  }
  return standing;
}

AccountLegs legs_of(const TransferGraph& graph, Vertex v, const AggregationParams& params) {
  AccountLegs account;
  account.all_sums.push_back(0);
  const std::vector<Vertex> standing = standing_counterparties(graph, v, params);
  for_each_transfer(graph, v, params.direction, [&](Edge e, Vertex counterparty) {
    account.all_times.push_back(graph.booked_at(e));
    account.all_sums.push_back(account.all_sums.back() + graph.amount_minor(e));
    if (!is_leg(graph, e, params) || std::ranges::binary_search(standing, counterparty)) return;
    account.legs.push_back({e, graph.booked_at(e), graph.amount_minor(e), counterparty});
    account.counterparties.push_back(counterparty);
  });
  std::ranges::sort(account.counterparties);
  const auto repeated = std::ranges::unique(account.counterparties);
  account.counterparties.erase(repeated.begin(), repeated.end());
  for (Leg& leg : account.legs) {
    const auto at = std::ranges::lower_bound(account.counterparties, leg.counterparty);
    leg.counterparty = static_cast<std::uint32_t>(at - account.counterparties.begin());
  }
  return account;
}

/// part / whole >= share, to a thousandth.
bool reaches(std::size_t part, std::size_t whole, double share) {
  return static_cast<std::int64_t>(part) * 1000 >=
         std::llround(share * 1000) * static_cast<std::int64_t>(whole);
}

/// The legs between two positions, with what the conditions ask of them; moves forward only.
class Window {
 public:
  explicit Window(const AccountLegs& account)
      : account_(account), legs_by_counterparty_(account.counterparties.size()) {}

  std::size_t end() const { return end_; }

  void advance_end(Micros first, Micros window) {
    const auto& legs = account_.legs;
    for (; end_ < legs.size() && legs[end_].at - first < window; ++end_) {
      sum_ += legs[end_].amount;
      if (legs_by_counterparty_[legs[end_].counterparty]++ == 0) ++counterparties_;
    }
  }
  void advance_begin(std::size_t to) {
    for (; begin_ < to; ++begin_) {
      const Leg& leg = account_.legs[begin_];
      sum_ -= leg.amount;
      if (--legs_by_counterparty_[leg.counterparty] == 0) --counterparties_;
    }
  }

  bool holds(const AggregationParams& params) const {
    const std::size_t transfers = end_ - begin_;
    if (transfers < params.min_transfers || counterparties_ < params.min_counterparties ||
        sum_ <= params.total_above_minor) {
      return false;
    }
    const auto& legs = account_.legs;
    const auto [first, last] = account_.between(legs[begin_].at, legs[end_ - 1].at);
    return reaches(transfers, last - first, params.min_share);
  }

 private:
  const AccountLegs& account_;
  std::vector<std::uint32_t> legs_by_counterparty_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  MinorSum sum_ = 0;
  std::size_t counterparties_ = 0;
};

/// Positions of the legs of each episode: windows that hold, put together where they share a leg.
std::vector<std::pair<std::size_t, std::size_t>> episodes_of(const AccountLegs& account,
                                                             const AggregationParams& params) {
  std::vector<std::pair<std::size_t, std::size_t>> episodes;
  Window window(account);
  for (std::size_t anchor = 0; anchor < account.legs.size(); ++anchor) {
    const Micros at = account.legs[anchor].at;
    // A window holds all legs of its first moment: it begins with the first of them.
    if (anchor > 0 && account.legs[anchor - 1].at == at) continue;
    window.advance_end(at, params.window);
    window.advance_begin(anchor);
    if (!window.holds(params)) continue;
    if (!episodes.empty() && anchor < episodes.back().second) {
      episodes.back().second = window.end();
    } else {
      episodes.emplace_back(anchor, window.end());
    }
  }
  return episodes;
}

/// An episode with the figures that its story needs.
struct Episode {
  Vertex account = 0;
  std::span<const Leg> legs;
  std::vector<Vertex> counterparties;  ///< ascending
  MinorSum total = 0;
  MinorUnits smallest = 0;
  MinorUnits largest = 0;
  std::size_t all_transfers = 0;  ///< of the direction, from the first leg to the last
  MinorSum all_money = 0;

  Micros first() const { return legs.front().at; }
  Micros last() const { return legs.back().at; }
  Micros duration() const { return last() - first(); }
};

Episode episode_of(const AccountLegs& account, Vertex v, std::size_t begin, std::size_t end) {
  Episode episode;
  episode.account = v;
  episode.legs = std::span(account.legs).subspan(begin, end - begin);
  for (const Leg& leg : episode.legs) {
    episode.total += leg.amount;
    episode.counterparties.push_back(account.counterparties[leg.counterparty]);
  }
  std::ranges::sort(episode.counterparties);
  const auto repeated = std::ranges::unique(episode.counterparties);
  episode.counterparties.erase(repeated.begin(), repeated.end());
  const auto [smallest, largest] = std::ranges::minmax(episode.legs, {}, &Leg::amount);
  episode.smallest = smallest.amount;
  episode.largest = largest.amount;
  const auto [first, last] = account.between(episode.first(), episode.last());
  episode.all_transfers = last - first;
  episode.all_money = account.all_sums[last] - account.all_sums[first];
  return episode;
}

struct ScoreParts {
  double transfers;
  double money;
  double time;
  double sum() const { return transfers + money + time; }
};

double money_share(const Episode& episode) {
  return share_of(episode.total, episode.all_money);
}

ScoreParts score_of(const Episode& episode, const AggregationParams& params) {
  const double used_window =
      static_cast<double>(episode.duration()) / static_cast<double>(params.window);
  return {kTransfersWeight * (1 - std::exp2(-static_cast<double>(episode.legs.size()) /
                                            static_cast<double>(params.min_transfers))),
          kMoneyWeight * money_share(episode), kTimeWeight * (1 - std::min(1.0, used_window))};
}

/// The words of a direction.
struct Words {
  const char* moved;
  const char* from;
  const char* subject;
  const char* counterparty;
  const char* transfer;
};

constexpr Words words_of(Direction direction) {
  return direction == Direction::kIn ? Words{"received", "from", "collector", "payer", "incoming"}
                                     : Words{"paid", "to", "distributor", "payee", "outgoing"};
}

/// ", each at least 8,000.00 USD and below 10,000.00 USD"; empty if no bound was asked for.
std::string bounds_text(const AggregationParams& params, const BaseCurrency& currency) {
  std::string text;
  if (params.leg_at_least_minor > 0) {
    text = fmt::format(", each at least {}", format_money(params.leg_at_least_minor, currency));
  }
  if (params.leg_below_minor > 0) {
    text += fmt::format("{} below {}", text.empty() ? ", each" : " and",
                        format_money(params.leg_below_minor, currency));
  }
  if (params.multiples_of_minor > 0) {
    text += fmt::format(", all multiples of {}", format_money(params.multiples_of_minor, currency));
  }
  return text;
}

std::string explanation_of(const TransferGraph& graph, const Episode& episode,
                           const AggregationParams& params, const BaseCurrency& currency) {
  const Words words = words_of(params.direction);
  return fmt::format("{} {} {} in {} {} {} {} ({} to {}){}.", graph.key(episode.account),
                     words.moved, format_money(episode.total, currency),
                     count_of(episode.legs.size(), "transfer"), words.from,
                     list_of(keys_of(graph, episode.counterparties), kCounterpartiesNamed),
                     within(episode.duration()), format_time(episode.first()),
                     format_time(episode.last()), bounds_text(params, currency));
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const Episode& episode,
                                      const AggregationParams& params,
                                      const BaseCurrency& currency) {
  const Words words = words_of(params.direction);
  const ScoreParts score = score_of(episode, params);
  const auto account = graph.key(episode.account);
  const double transfer_share =
      static_cast<double>(episode.legs.size()) / static_cast<double>(episode.all_transfers);
  return {
      {"transfers", std::to_string(episode.legs.size()), std::to_string(params.min_transfers),
       score.transfers,
       fmt::format("{} {} {}; a window needs {}.", account, words.moved,
                   count_of(episode.legs.size(), "such transfer"), params.min_transfers)},
      {"money_share", share_text(money_share(episode)), std::nullopt, score.money,
       fmt::format("They are {} of all the money that {} {} in that time.",
                   percent_text(money_share(episode)), account, words.moved)},
      {"duration_hours", hours_text(episode.duration()), hours_text(params.window), score.time,
       fmt::format("From the first to the last of them it took {} hours.",
                   hours_text(episode.duration()))},
      {"counterparties", std::to_string(episode.counterparties.size()),
       std::to_string(params.min_counterparties), std::nullopt,
       fmt::format("{} {} on the other side.",
                   count_of(episode.counterparties.size(), words.counterparty),
                   episode.counterparties.size() == 1 ? "stands" : "stand")},
      {"total", plain_money(episode.total, currency),
       plain_money(params.total_above_minor, currency), std::nullopt,
       fmt::format("Together they come to {}.", format_money(episode.total, currency))},
      {"largest_leg", plain_money(episode.largest, currency), std::nullopt, std::nullopt,
       fmt::format("The largest is {}, the smallest {}.", format_money(episode.largest, currency),
                   format_money(episode.smallest, currency))},
      {"transfer_share", share_text(transfer_share), share_text(params.min_share), std::nullopt,
       fmt::format("They are {} of the {} that {} {} in that time.", percent_text(transfer_share),
                   count_of(episode.all_transfers, "transfer"), account, words.moved)}};
}

Finding finding_of(const TransferGraph& graph, const Episode& episode,
                   const AggregationParams& params, const BaseCurrency& currency) {
  const Words words = words_of(params.direction);
  Finding finding;
  finding.subject = graph.key(episode.account);
  finding.evidence_key =
      fmt::format("{} from {}", finding.subject, graph.transfer_key(episode.legs.front().edge));
  finding.score = score_of(episode, params).sum();
  finding.amount_minor = to_minor_units(episode.total);
  finding.first_activity = episode.first();
  finding.last_activity = episode.last();
  finding.explanation = explanation_of(graph, episode, params, currency);
  for (const Leg& leg : episode.legs) {
    const int step = static_cast<int>(finding.transfers.size()) + 1;
    finding.transfers.push_back(
        {std::string(graph.transfer_key(leg.edge)), words.transfer, step, 0});
  }
  finding.entities.push_back({EntityKind::kAccount, finding.subject, words.subject});
  name(finding, graph, episode.counterparties, words.counterparty);
  finding.evidence = evidence_of(graph, episode, params, currency);
  return finding;
}

}  // namespace

void validate(const AggregationParams& params) {
  require_search(params.leg_at_least_minor, params.max_steps);
  require(
      params.leg_below_minor == 0 || params.leg_below_minor > params.leg_at_least_minor,
      fmt::format("leg_below is {} minor units, must be 0 (no bound) or above leg_at_least ({})",
                  params.leg_below_minor, params.leg_at_least_minor));
  require(
      params.multiples_of_minor >= 0,
      fmt::format("multiples_of is {} minor units, must be at least 0", params.multiples_of_minor));
  require_duration(params.standing_after, "standing_after");
  require_duration(params.window, "window");
  require(params.min_transfers > 0, "min_transfers is 0, must be above 0");
  require(params.min_counterparties > 0 && params.min_counterparties <= params.min_transfers,
          fmt::format("min_counterparties is {}, must be in 1..min_transfers ({})",
                      params.min_counterparties, params.min_transfers));
  require(
      params.total_above_minor >= 0,
      fmt::format("total_above is {} minor units, must be at least 0", params.total_above_minor));
  require(params.min_share >= 0 && params.min_share <= 1,
          fmt::format("min_share is {}, must be in 0..1", params.min_share));
}

Detection detect_aggregation(const TransferGraph& graph, const AggregationParams& params,
                             const BaseCurrency& currency, const std::stop_token& stop) {
  validate(params);
  const std::vector<char> is_hub = graph::hub_vertices(graph, params.max_counterparties);
  const auto search = [&](Vertex v, std::uint64_t budget, std::vector<Finding>& findings) {
    if (is_hub[v]) return std::uint64_t{0};
    const std::uint64_t degree =
        params.direction == Direction::kIn ? graph.in_edges(v).size() : graph.out_edges(v).size();
    if (degree > budget || degree < params.min_transfers) return degree;
    const AccountLegs account = legs_of(graph, v, params);
    for (const auto& [begin, end] : episodes_of(account, params)) {
      findings.push_back(finding_of(graph, episode_of(account, v, begin, end), params, currency));
    }
    return degree;
  };
  AccountSweep sweep = sweep_accounts(graph.num_vertices(), params.max_steps, stop, search);
  return detection_of(graph, std::move(sweep), is_hub, params.max_counterparties, "episodes");
}

}  // namespace aml::detect
