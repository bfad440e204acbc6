// SPDX-License-Identifier: Apache-2.0
#include "detect/transfer_features.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "detect/moving_window.hpp"
#include "detect/pattern_search.hpp"

namespace aml::detect {
namespace {

using graph::Edge;
using graph::Micros;
using graph::MinorSum;
using graph::TransferGraph;
using graph::Vertex;

constexpr Micros kWeek = 7 * graph::kMicrosPerDay;
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

/// The first kKept columns are known from the receiver and the patterns, the others from the
/// transfer and its sender.
enum class Column : std::uint8_t {
  kReceiverGap,
  kToReceiverMean,
  kReceiverTransfersWeek,
  kReceiverAmountWeek,
  kReceiverPayersDay,
  kReceiverPayersWeek,
  kClosesCycles3,
  kClosesCycles4,
  kScatterGatherMiddles,
  kHour,
  kWeekday,
  kRound,
  kJustBelow,
  kSenderGap,
  kArrivalGap,
  kToLastArrival,
  kToSenderMean,
  kSenderTransfersDay,
  kSenderTransfersWeek,
  kSenderAmountDay,
  kSenderAmountWeek,
  kSenderPayeesDay,
  kSenderPayeesWeek,
  kSenderReceivedDay,
  kSenderReceivedWeek,
  kSenderPayersWeek,
  kEarlierOfPair,
  kReturnedWeek,
};
constexpr std::size_t kKept = 9;

constexpr std::string_view kNow = "none";
constexpr std::string_view kDayWindow = "1 day";
constexpr std::string_view kWeekWindow = "7 days";

constexpr std::array<FeatureDefinition, 28> kDefinitions{{
    {"receiver_gap_hours", "hours", kWholePeriod,
     "Time since the receiver last received a transfer; missing if it never did."},
    {"amount_to_receiver_mean", "ratio", kWholePeriod,
     "Amount divided by the mean of what the receiver had received before; missing if that is "
     "nothing."},
    {"receiver_transfers_7d", "transfers", kWeekWindow,
     "Transfers that the receiver received in the 7 days up to this one, which counts."},
    {"receiver_amount_7d", "base currency", kWeekWindow,
     "Sum that the receiver received in the 7 days up to this transfer, which counts."},
    {"receiver_payers_1d", "accounts", kDayWindow,
     "Distinct accounts that paid the receiver in the day up to this transfer, which counts."},
    {"receiver_payers_7d", "accounts", kWeekWindow,
     "Distinct accounts that paid the receiver in the 7 days up to this transfer, which counts."},
    {"closes_cycles_3_7d", "cycles", kWeekWindow,
     "Cycles of three transfers in time order within 7 days whose last one this is."},
    {"closes_cycles_4_7d", "cycles", kWeekWindow,
     "Cycles of four transfers in time order within 7 days whose last one this is."},
    {"scatter_gather_middles_7d", "accounts", kWeekWindow,
     "Most accounts over which one account has paid the receiver in the 7 days up to this "
     "transfer, which is the last leg, in transfers of 500 units or more; 0 below three."},
    {"hour_of_day", "hours", kNow, "Time since midnight (UTC)."},
    {"weekday", "day of the week", kNow, "1 is Monday, 7 is Sunday (UTC)."},
    {"is_round_amount", "0 or 1", kNow,
     "1 if the amount is a multiple of 100 units of the base currency."},
    {"is_just_below_threshold", "0 or 1", kNow,
     "1 if the amount is at least 9,000 and less than 10,000 units of the base currency."},
    {"sender_gap_hours", "hours", kWholePeriod,
     "Time since the sender last sent a transfer; missing if it never did."},
    {"arrival_gap_hours", "hours", kWholePeriod,
     "Time since the sender last received a transfer; missing if it never did."},
    {"amount_to_last_arrival", "ratio", kWholePeriod,
     "Amount divided by the amount that the sender last received; missing if that is nothing."},
    {"amount_to_sender_mean", "ratio", kWholePeriod,
     "Amount divided by the mean of what the sender had sent before; missing if that is nothing."},
    {"sender_transfers_1d", "transfers", kDayWindow,
     "Transfers that the sender sent in the day up to this one, which counts."},
    {"sender_transfers_7d", "transfers", kWeekWindow,
     "Transfers that the sender sent in the 7 days up to this one, which counts."},
    {"sender_amount_1d", "base currency", kDayWindow,
     "Sum that the sender sent in the day up to this transfer, which counts."},
    {"sender_amount_7d", "base currency", kWeekWindow,
     "Sum that the sender sent in the 7 days up to this transfer, which counts."},
    {"sender_payees_1d", "accounts", kDayWindow,
     "Distinct accounts that the sender paid in the day up to this transfer, which counts."},
    {"sender_payees_7d", "accounts", kWeekWindow,
     "Distinct accounts that the sender paid in the 7 days up to this transfer, which counts."},
    {"sender_received_1d", "base currency", kDayWindow,
     "Sum that the sender received in the day before this transfer."},
    {"sender_received_7d", "base currency", kWeekWindow,
     "Sum that the sender received in the 7 days before this transfer."},
    {"sender_payers_7d", "accounts", kWeekWindow,
     "Distinct accounts that paid the sender in the 7 days before this transfer."},
    {"earlier_transfers_of_pair", "transfers", kWholePeriod,
     "Transfers from this sender to this receiver before; 0: it is their first."},
    {"returned_7d", "transfers", kWeekWindow,
     "Transfers from the receiver back to the sender in the 7 days before this one."},
}};
constexpr std::size_t kColumns = kDefinitions.size();

/// Writes the features of one transfer by name.
class TransferRow {
 public:
  explicit TransferRow(std::span<float> values) : values_(values) {}
  void set(Column column, double value) const {
    values_[static_cast<std::size_t>(column)] = static_cast<float>(value);
  }

 private:
  std::span<float> values_;
};

/// What one side of an account has done so far.
struct SoFar {
  std::uint64_t transfers = 0;
  MinorSum sum = 0;
  std::optional<Flow> last;

  void add(const Flow& flow) {
    ++transfers;
    sum += flow.amount_minor;
    last = flow;
  }
  double gap_hours(Micros now) const { return last ? hours(now - last->booked_at) : kMissing; }
  double ratio_to_mean(graph::MinorUnits amount) const {
    if (sum == 0) return kMissing;
    return static_cast<double>(amount) * static_cast<double>(transfers) / static_cast<double>(sum);
  }
};

/// The past of an account at each of its transfers.
struct Past {
  AccountFlows flows;
  MovingWindow day{graph::kMicrosPerDay};
  MovingWindow week{kWeek};
  SoFar in;
  SoFar out;
  std::vector<std::uint32_t> sent_to;  ///< transfers to each counterparty
};

/// Calls visit(flow, past) for each transfer of an account in order; it is in the windows of `past`
/// already, but not in what was so far.
template <typename Visit>
void replay(const TransferGraph& graph, Vertex account, Past& past, const Visit& visit) {
  past.flows.collect(graph, account);
  past.day.restart(past.flows);
  past.week.restart(past.flows);
  past.in = {};
  past.out = {};
  past.sent_to.assign(past.flows.counterparties(), 0);
  for (const Flow& flow : past.flows.in_time()) {
    past.day.advance();
    past.week.advance();
    visit(flow, std::as_const(past));
    (flow.outgoing ? past.out : past.in).add(flow);
    if (flow.outgoing) ++past.sent_to[flow.counterparty];
  }
}

void describe_receiver(const Flow& flow, const Past& past, const FeatureScale& scale,
                       const TransferRow& row) {
  row.set(Column::kReceiverGap, past.in.gap_hours(flow.booked_at));
  row.set(Column::kToReceiverMean, past.in.ratio_to_mean(flow.amount_minor));
  row.set(Column::kReceiverTransfersWeek, past.week.in().transfers);
  row.set(Column::kReceiverAmountWeek, scale.units(past.week.in().sum));
  row.set(Column::kReceiverPayersDay, past.day.in().counterparties);
  row.set(Column::kReceiverPayersWeek, past.week.in().counterparties);
}

void describe_sender(const Flow& flow, const Past& past, const FeatureScale& scale,
                     const TransferRow& row) {
  const auto& last_in = past.in.last;
  row.set(Column::kSenderGap, past.out.gap_hours(flow.booked_at));
  row.set(Column::kArrivalGap, past.in.gap_hours(flow.booked_at));
  row.set(Column::kToLastArrival, last_in && last_in->amount_minor != 0
                                      ? share_of(flow.amount_minor, last_in->amount_minor)
                                      : kMissing);
  row.set(Column::kToSenderMean, past.out.ratio_to_mean(flow.amount_minor));
  row.set(Column::kSenderTransfersDay, past.day.out().transfers);
  row.set(Column::kSenderTransfersWeek, past.week.out().transfers);
  row.set(Column::kSenderAmountDay, scale.units(past.day.out().sum));
  row.set(Column::kSenderAmountWeek, scale.units(past.week.out().sum));
  row.set(Column::kSenderPayeesDay, past.day.out().counterparties);
  row.set(Column::kSenderPayeesWeek, past.week.out().counterparties);
  row.set(Column::kSenderReceivedDay, scale.units(past.day.in().sum));
  row.set(Column::kSenderReceivedWeek, scale.units(past.week.in().sum));
  row.set(Column::kSenderPayersWeek, past.week.in().counterparties);
  row.set(Column::kEarlierOfPair, past.sent_to[flow.counterparty]);
  row.set(Column::kReturnedWeek, past.week.in_from(flow.counterparty));
}

void describe_itself(const TransferGraph& graph, Edge edge, const FeatureScale& scale,
                     const TransferRow& row) {
  const Micros at = graph.booked_at(edge);
  row.set(Column::kHour, hours(time_of_day(at)));
  row.set(Column::kWeekday, static_cast<double>(weekday_of(at) + 1));
  row.set(Column::kRound, scale.is_round(graph.amount_minor(edge)) ? 1 : 0);
  row.set(Column::kJustBelow, scale.is_just_below_threshold(graph.amount_minor(edge)) ? 1 : 0);
}

void set_missing(const TransferRow& row, std::initializer_list<Column> columns) {
  for (const Column column : columns) row.set(column, kMissing);
}

/// The out-edges of an account into their rows.
void describe_out_edges(const TransferGraph& graph, Vertex sender, const FeatureScale& scale,
                        Past& past, std::span<float> rows) {
  const auto row_of = [&](Edge position) {
    return TransferRow(rows.subspan(std::size_t{position} * kColumns, kColumns));
  };
  const auto edges = graph.out_edges(sender);
  for (Edge i = 0; i < edges.size(); ++i) {
    describe_itself(graph, edges[i], scale, row_of(i));
    if (graph.target(edges[i]) == sender) {
      set_missing(row_of(i), {Column::kSenderGap, Column::kArrivalGap, Column::kToLastArrival,
                              Column::kToSenderMean});
    }
  }
  Edge next = 0;
  replay(graph, sender, past, [&](const Flow& flow, const Past& until) {
    if (!flow.outgoing) return;
    while (graph.target(edges[next]) == sender) ++next;
    describe_sender(flow, until, scale, row_of(next++));
  });
}

/// The in-edges of an account into what is kept.
void describe_in_edges(const TransferGraph& graph, Vertex receiver, const FeatureScale& scale,
                       Past& past, std::span<float> kept) {
  const auto row_of = [&](Edge edge) {
    return TransferRow(kept.subspan(std::size_t{edge} * kKept, kKept));
  };
  const auto positions = graph.in_edges(receiver);
  for (const Edge position : positions) {
    if (graph.in_source(position) != receiver) continue;
    set_missing(row_of(graph.in_edge(position)), {Column::kReceiverGap, Column::kToReceiverMean});
  }
  auto next = positions.begin();
  replay(graph, receiver, past, [&](const Flow& flow, const Past& until) {
    if (flow.outgoing) return;
    while (graph.in_source(*next) == receiver) ++next;
    describe_receiver(flow, until, scale, row_of(graph.in_edge(*next++)));
  });
}

/// The middles over which a source has reached a target, as time goes by.
class ActiveMiddles {
 public:
  void add(Vertex middle, Micros paid_at) {
    const auto [known, is_new] = paid_at_.emplace(middle, paid_at);
    if (!is_new && known->second >= paid_at) return;
    if (!is_new) by_time_.erase({known->second, middle});
    known->second = paid_at;
    by_time_.emplace(paid_at, middle);
  }
  std::size_t within_week_before(Micros now) {
    while (!by_time_.empty() && now - by_time_.begin()->first >= kWeek) {
      paid_at_.erase(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
    }
    return by_time_.size();
  }

 private:
  std::map<Vertex, Micros> paid_at_;  ///< the latest first leg of each middle
  std::set<std::pair<Micros, Vertex>> by_time_;
};

/// For each last leg the middles that were known then. Fewer than three are not told: that they are
/// part of a bundle shows only later.
void count_middles(const TransferGraph& graph, const graph::TwoPathBundle& bundle,
                   std::span<float> kept) {
  constexpr std::size_t kFewest = 3;
  auto paths = bundle.paths;
  std::ranges::sort(paths, [&](const graph::TwoPath& a, const graph::TwoPath& b) {
    return graph.before(a.second, b.second);
  });
  ActiveMiddles middles;
  for (auto path = paths.begin(); path != paths.end();) {
    const Edge last_leg = path->second;
    for (; path != paths.end() && path->second == last_leg; ++path) {
      middles.add(path->middle, graph.booked_at(path->first));
    }
    const std::size_t active = middles.within_week_before(graph.booked_at(last_leg));
    float& most = kept[std::size_t{last_leg} * kKept +
                       static_cast<std::size_t>(Column::kScatterGatherMiddles)];
    if (active >= kFewest) most = std::max(most, static_cast<float>(active));
  }
}

void count_patterns(const TransferGraph& graph, const FoundPatterns& found, std::span<float> kept) {
  for (std::size_t i = 0; i < found.cycles.size(); ++i) {
    const auto cycle = found.cycles[i];
    const Column column = cycle.size() == 3 ? Column::kClosesCycles3 : Column::kClosesCycles4;
    kept[std::size_t{cycle.back()} * kKept + static_cast<std::size_t>(column)] += 1;
  }
  for (const auto& bundle : found.bundles.bundles) count_middles(graph, bundle, kept);
}

/// Vertices from `first` on that together have about as many out-edges as a block should hold.
Vertex end_of_block(const TransferGraph& graph, Vertex first) {
  constexpr Edge kEdgesOfBlock = 1U << 16U;
  const auto offsets = graph.out_offsets();
  Vertex last = first + 1;
  while (last < graph.num_vertices() && offsets[last + 1] - offsets[first] <= kEdgesOfBlock) ++last;
  return last;
}

template <typename Describe>
void for_each_vertex(Vertex first, Vertex last, const Describe& describe) {
  tbb::enumerable_thread_specific<Past> pasts;
  tbb::parallel_for(tbb::blocked_range<Vertex>(first, last, 64), [&](const auto& range) {
    Past& past = pasts.local();
    for (Vertex v = range.begin(); v != range.end(); ++v) describe(v, past);
  });
}

}  // namespace

std::span<const FeatureDefinition> transfer_feature_definitions() {
  return kDefinitions;
}

TransferFeatures::TransferFeatures(const TransferGraph& graph, int base_currency_exponent,
                                   const PatternLimits& limits)
    : graph_(graph), scale_(graph, base_currency_exponent), kept_(kKept * graph.num_edges()) {
  FoundPatterns found = find_patterns(graph, scale_, limits);
  count_patterns(graph, found, kept_);
  notes_ = std::move(found.notes);
  truncated_ = found.truncated();
  for_each_vertex(0, graph.num_vertices(),
                  [&](Vertex v, Past& past) { describe_in_edges(graph, v, scale_, past, kept_); });
}

void TransferFeatures::for_each_block(
    const std::function<void(Edge first, std::span<const float> values)>& block) const {
  const auto offsets = graph_.out_offsets();
  std::vector<float> rows;
  for (Vertex first = 0; first < graph_.num_vertices();) {
    const Vertex last = end_of_block(graph_, first);
    const Edge first_edge = offsets[first];
    rows.assign(std::size_t{offsets[last] - first_edge} * kColumns, 0);
    for_each_vertex(first, last, [&](Vertex v, Past& past) {
      describe_out_edges(graph_, v, scale_, past,
                         std::span(rows).subspan((offsets[v] - first_edge) * kColumns));
    });
    for (Edge edge = first_edge; edge < offsets[last]; ++edge) {
      std::copy_n(
          kept_.begin() + static_cast<std::ptrdiff_t>(std::size_t{edge} * kKept), kKept,
          rows.begin() + static_cast<std::ptrdiff_t>(std::size_t{edge - first_edge} * kColumns));
    }
    if (!rows.empty()) block(first_edge, rows);
    first = last;
  }
}

}  // namespace aml::detect
