// SPDX-License-Identifier: Apache-2.0
#include "detect/cycles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "detect/sentences.hpp"
#include "detect/shape_story.hpp"
#include "graph/require.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::MinorSum;
using graph::require;
using graph::TemporalCycles;
using graph::TransferGraph;
using graph::Vertex;

constexpr int kMaxLength = 12;
constexpr double kReturnedWeight = 0.45;
constexpr double kEvennessWeight = 0.45;
constexpr double kSpeedWeight = 0.1;
constexpr std::size_t kAccountsNamed = 11;

/// The accounts of every cycle from the smallest on: equal for all rotations of one cycle.
class AccountOrders {
 public:
  AccountOrders(const TransferGraph& graph, const TemporalCycles& cycles) : cycles_(cycles) {
    accounts_.reserve(cycles.edges.size());
    for (const Edge e : cycles.edges) accounts_.push_back(graph.target(e));
    for (std::size_t i = 0; i < cycles.size(); ++i) {
      const auto first = accounts_.begin() + static_cast<std::ptrdiff_t>(cycles.offsets[i]);
      const auto last = accounts_.begin() + static_cast<std::ptrdiff_t>(cycles.offsets[i + 1]);
      std::rotate(first, std::min_element(first, last), last);
    }
  }

  std::span<const Vertex> operator[](std::size_t cycle) const {
    const std::size_t first = cycles_.offsets[cycle];
    return std::span(accounts_).subspan(first, cycles_.offsets[cycle + 1] - first);
  }

 private:
  const TemporalCycles& cycles_;
  std::vector<Vertex> accounts_;
};

using CycleIds = std::vector<std::size_t>;

/// Cycles over the same accounts, parted into those that hang together by transfers they share.
std::vector<CycleIds> episodes_of(const TemporalCycles& cycles, std::span<const std::size_t> ids) {
  std::vector<std::span<const Edge>> pieces;
  pieces.reserve(ids.size());
  for (const std::size_t id : ids) pieces.push_back(cycles[id]);
  std::vector<CycleIds> episodes = hanging_together(pieces);
  for (CycleIds& episode : episodes) {
    for (std::size_t& cycle : episode) cycle = ids[cycle];
  }
  return episodes;
}

/// Money that goes round the same accounts, once or more.
struct RoundTrip {
  std::vector<Vertex> accounts;   ///< from the origin on, in the order the money takes
  std::vector<Edge> transfers;    ///< in time order
  std::vector<std::size_t> hops;  ///< hops[i]: which account sends transfers[i]
  std::vector<MinorSum> sums;     ///< sums[h]: money that account h sent on
  graph::Micros fastest = 0;      ///< first to last transfer of the fastest instance
  std::size_t instances = 0;

  MinorSum sent() const { return sums.front(); }
  MinorSum returned() const { return sums.back(); }
};

RoundTrip round_trip_of(const TransferGraph& graph, const TemporalCycles& cycles,
                        std::span<const Vertex> account_order, const CycleIds& episode) {
  RoundTrip trip;
  trip.instances = episode.size();
  trip.fastest = std::numeric_limits<graph::Micros>::max();
  for (const std::size_t id : episode) {
    const auto cycle = cycles[id];
    trip.transfers.insert(trip.transfers.end(), cycle.begin(), cycle.end());
    trip.fastest =
        std::min(trip.fastest, graph.booked_at(cycle.back()) - graph.booked_at(cycle.front()));
  }
  trip.transfers = in_time_order(graph, std::move(trip.transfers));

  trip.accounts.assign(account_order.begin(), account_order.end());
  std::ranges::rotate(trip.accounts,
                      std::ranges::find(trip.accounts, graph.source(trip.transfers.front())));
  trip.sums.resize(trip.accounts.size());
  for (const Edge e : trip.transfers) {
    const auto sender = std::ranges::find(trip.accounts, graph.source(e));
    trip.hops.push_back(static_cast<std::size_t>(sender - trip.accounts.begin()));
    trip.sums[trip.hops.back()] += graph.amount_minor(e);
  }
  return trip;
}

std::string evidence_key(const TransferGraph& graph, std::span<const Vertex> account_order,
                         Edge earliest) {
  return fmt::format("{} from {}", fmt::join(keys_of(graph, account_order), ">"),
                     graph.transfer_key(earliest));
}

struct ScoreParts {
  double returned;
  double evenness;
  double speed;
  double sum() const { return returned + evenness + speed; }
};

double evenness_of(const RoundTrip& trip) {
  const auto [smallest, largest] = std::ranges::minmax(trip.sums);
  return share_of(smallest, largest);
}

ScoreParts score_of(const RoundTrip& trip, const CyclesParams& params) {
  const double used_window = static_cast<double>(trip.fastest) / static_cast<double>(params.window);
  return {kReturnedWeight * likeness_of(trip.sent(), trip.returned()),
          kEvennessWeight * evenness_of(trip), kSpeedWeight * (1 - std::min(1.0, used_window))};
}

std::vector<EvidenceItem> evidence_of(const TransferGraph& graph, const RoundTrip& trip,
                                      const ScoreParts& score, const CyclesParams& params,
                                      const BaseCurrency& currency) {
  const std::string origin(graph.key(trip.accounts.front()));
  const graph::Micros duration =
      graph.booked_at(trip.transfers.back()) - graph.booked_at(trip.transfers.front());
  const double returned_share = share_of(trip.returned(), trip.sent());
  const auto [smallest, largest] = std::ranges::minmax(trip.sums);
  return {{"returned_share", share_text(returned_share), std::nullopt, score.returned,
           fmt::format("{} of what {} sent came back.", percent_text(returned_share), origin)},
          {"hop_evenness", share_text(evenness_of(trip)), std::nullopt, score.evenness,
           fmt::format("The hops carried between {} and {}.", format_money(smallest, currency),
                       format_money(largest, currency))},
          {"fastest_round_hours", hours_text(trip.fastest), hours_text(params.window), score.speed,
           fmt::format("The fastest round was complete {}.", within(trip.fastest))},
          {"length", std::to_string(trip.accounts.size()), std::nullopt, std::nullopt,
           fmt::format("The money went over {}.", count_of(trip.accounts.size(), "account"))},
          {"amount_sent", plain_money(trip.sent(), currency), std::nullopt, std::nullopt,
           fmt::format("{} sent {}.", origin, format_money(trip.sent(), currency))},
          {"amount_returned", plain_money(trip.returned(), currency), std::nullopt, std::nullopt,
           fmt::format("{} came back to {}.", format_money(trip.returned(), currency), origin)},
          {"duration_hours", hours_text(duration), std::nullopt, std::nullopt,
           fmt::format("All {} took place {}.", count_of(trip.transfers.size(), "transfer"),
                       within(duration))},
          {"instances", std::to_string(trip.instances), std::nullopt, std::nullopt,
           fmt::format("The transfers make {}.", count_of(trip.instances, "complete round"))}};
}

std::string explanation_of(const TransferGraph& graph, const RoundTrip& trip,
                           const BaseCurrency& currency) {
  const std::vector<std::string> others =
      keys_of(graph, std::span<const Vertex>(trip.accounts).subspan(1));
  const Edge first = trip.transfers.front();
  const Edge last = trip.transfers.back();
  return fmt::format(
      "{} sent {} over {} from {} on and got {} ({}) back by {}, {} and in {}.",
      graph.key(trip.accounts.front()), format_money(trip.sent(), currency),
      list_of(others, kAccountsNamed), format_time(graph.booked_at(first)),
      format_money(trip.returned(), currency), percent_text(share_of(trip.returned(), trip.sent())),
      format_time(graph.booked_at(last)), within(graph.booked_at(last) - graph.booked_at(first)),
      count_of(trip.transfers.size(), "transfer"));
}

Finding finding_of(const TransferGraph& graph, const RoundTrip& trip,
                   std::span<const Vertex> account_order, const CyclesParams& params,
                   const BaseCurrency& currency) {
  const ScoreParts score = score_of(trip, params);
  Finding finding;
  finding.subject = graph.key(trip.accounts.front());
  finding.evidence_key = evidence_key(graph, account_order, trip.transfers.front());
  finding.score = score.sum();
  finding.amount_minor = to_minor_units(trip.sent());
  finding.first_activity = graph.booked_at(trip.transfers.front());
  finding.last_activity = graph.booked_at(trip.transfers.back());
  finding.explanation = explanation_of(graph, trip, currency);
  for (std::size_t i = 0; i < trip.transfers.size(); ++i) {
    finding.transfers.push_back({std::string(graph.transfer_key(trip.transfers[i])), "hop",
                                 static_cast<int>(i + 1), static_cast<int>(trip.hops[i] + 1)});
  }
  for (const Vertex account : trip.accounts) {
    const bool is_origin = account == trip.accounts.front();
    finding.entities.push_back({EntityKind::kAccount, std::string(graph.key(account)),
                                is_origin ? "origin" : "intermediary"});
  }
  finding.evidence = evidence_of(graph, trip, score, params, currency);
  return finding;
}

std::vector<Finding> findings_of(const TransferGraph& graph, const TemporalCycles& cycles,
                                 const CyclesParams& params, const BaseCurrency& currency) {
  const AccountOrders accounts(graph, cycles);
  const auto compare = [&](std::size_t a, std::size_t b) {
    const auto left = accounts[a];
    const auto right = accounts[b];
    return std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(),
                                                  right.end());
  };
  CycleIds ids(cycles.size());
  std::iota(ids.begin(), ids.end(), std::size_t{0});
  std::ranges::stable_sort(ids,
                           [&](std::size_t a, std::size_t b) { return std::is_lt(compare(a, b)); });

  std::vector<Finding> findings;
  for (std::size_t first = 0; first < ids.size();) {
    std::size_t last = first + 1;
    while (last < ids.size() && std::is_eq(compare(ids[first], ids[last]))) ++last;
    const auto account_order = accounts[ids[first]];
    for (const CycleIds& episode :
         episodes_of(cycles, std::span(ids).subspan(first, last - first))) {
      const RoundTrip trip = round_trip_of(graph, cycles, account_order, episode);
      findings.push_back(finding_of(graph, trip, account_order, params, currency));
    }
    first = last;
  }
  return findings;
}

graph::TemporalCycleParams search_params(const CyclesParams& params, std::stop_token stop) {
  return {.min_length = params.min_length,
          .max_length = params.max_length,
          .window = params.window,
          .time_order = params.time_order,
          .max_counterparties = params.max_counterparties,
          .max_steps = params.max_steps,
          .max_cycles = params.max_cycles,
          .stop = std::move(stop)};
}

}  // namespace

void validate(const CyclesParams& params) {
  require(params.max_length >= 2 && params.max_length <= kMaxLength,
          fmt::format("max_length is {}, must be in 2..{}", params.max_length, kMaxLength));
  require(params.min_length >= 2 && params.min_length <= params.max_length,
          fmt::format("min_length is {}, must be in 2..max_length ({})", params.min_length,
                      params.max_length));
  require_duration(params.window, "window");
  require(params.time_order != graph::TimeOrder::kNone,
          "time_order is none, must be strict or loose");
  require(params.max_steps > 0, "max_steps is 0, must be above 0");
  require(params.max_cycles > 0, "max_cycles is 0, must be above 0");
}

Detection detect_cycles(const TransferGraph& graph, const CyclesParams& params,
                        const BaseCurrency& currency, std::stop_token stop) {
  validate(params);
  const TemporalCycles cycles =
      graph::find_temporal_cycles(graph, search_params(params, std::move(stop)));
  Detection detection;
  detection.findings = findings_of(graph, cycles, params, currency);
  detection.truncated = cycles.truncated;
  detection.ignored = hub_sentences(graph, cycles.hubs, params.max_counterparties);
  detection.counts = {{"cycles", static_cast<std::int64_t>(detection.findings.size())},
                      {"instances", static_cast<std::int64_t>(cycles.size())},
                      {"hubs", static_cast<std::int64_t>(cycles.hubs.size())},
                      {"steps", static_cast<std::int64_t>(cycles.steps)}};
  return detection;
}

}  // namespace aml::detect
