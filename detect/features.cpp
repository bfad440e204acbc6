// SPDX-License-Identifier: Apache-2.0
#include "detect/features.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace aml::detect {
namespace {

using graph::Edge;
using graph::Micros;
using graph::MinorSum;
using graph::MinorUnits;
using graph::TransferGraph;
using graph::Vertex;

constexpr MinorUnits kRoundUnits = 100;
/// The reporting threshold in force almost everywhere is 10,000 units (31 CFR 1010.311).
constexpr MinorUnits kThresholdUnits = 10'000;
constexpr MinorUnits kJustBelowUnits = 9'000;
constexpr Micros kNightEnds = 6 * graph::kMicrosPerHour;

constexpr std::array<FeatureDefinition, kFeatures> kDefinitions{{
    {"transfers_in", "transfers", "Transfers that the account received.", "received {}"},
    {"transfers_out", "transfers", "Transfers that the account sent.", "sent {}"},
    {"amount_in", "base currency", "Sum of the amounts that the account received.",
     "received {} in all"},
    {"amount_out", "base currency", "Sum of the amounts that the account sent.", "sent {} in all"},
    {"mean_amount_in", "base currency", "Mean amount of the transfers that the account received.",
     "received {} in a mean transfer"},
    {"mean_amount_out", "base currency", "Mean amount of the transfers that the account sent.",
     "sent {} in a mean transfer"},
    {"largest_amount_in", "base currency", "Largest amount that the account received at once.",
     "received {} in its largest transfer"},
    {"largest_amount_out", "base currency", "Largest amount that the account sent at once.",
     "sent {} in its largest transfer"},
    {"payers", "accounts", "Distinct accounts that paid the account.", "was paid by {}"},
    {"payees", "accounts", "Distinct accounts that the account paid.", "paid {}"},
    {"out_in_ratio", "ratio",
     "Sum sent divided by sum received, at most 10; 10 if the account sent money and received "
     "none.",
     "sent {} times what it received"},
    {"reciprocity_share", "share",
     "Share of the account's counterparties that both paid it and were paid by it.",
     "exchanged money both ways with {} of its counterparties"},
    {"top_counterparty_share", "share",
     "Share of all money sent and received that was exchanged with one counterparty, the largest.",
     "exchanged {} of its money with one counterparty"},
    {"round_amount_share", "share",
     "Share of transfers, sent and received, whose amount is a multiple of 100 units of the base "
     "currency.",
     "moved round amounts in {} of its transfers"},
    {"just_below_threshold_share", "share",
     "Share of transfers, sent and received, of at least 9,000 and less than 10,000 units of the "
     "base currency.",
     "moved amounts just below 10,000 in {} of its transfers"},
    {"pass_through_hours", "hours",
     "Median time from a transfer received to the next one sent; if none was sent after one "
     "received, the time from the first to the last transfer of the data.",
     "passed money on after {} (median)"},
    {"active_days", "days", "Days (UTC) with at least one transfer.", "was active on {}"},
    {"span_days", "days", "Time from the account's first transfer to its last.",
     "was in use for {}"},
    {"transfers_per_active_day", "transfers per day",
     "Transfers, sent and received, divided by active_days.", "made {} on an active day"},
    {"busiest_day_share", "share",
     "Share of all money sent and received that moved on the account's busiest day (UTC).",
     "moved {} of its money on one day"},
    {"night_share", "share",
     "Share of transfers, sent and received, booked after 00:00 and before 06:00 UTC; exactly "
     "00:00 is a day without a time.",
     "moved money at night in {} of its transfers"},
    {"weekend_share", "share",
     "Share of transfers, sent and received, booked on a Saturday or Sunday (UTC).",
     "moved money at weekends in {} of its transfers"},
}};

/// One transfer as seen from an account.
struct Flow {
  Micros booked_at;
  MinorUnits amount_minor;
  Vertex counterparty;
  bool outgoing;
};

struct Scratch {
  std::vector<Flow> flows;
  std::vector<Micros> waiting;  ///< arrivals since the last departure
  std::vector<Micros> waits;    ///< from an arrival to the next departure
};

struct DataBounds {
  Micros period = 0;  ///< from the first to the last transfer of the data
  MinorUnits minor_per_unit = 1;
};

/// Writes features of one account by name.
class FeatureRow {
 public:
  explicit FeatureRow(std::span<float> values) : values_(values) {}
  void set(Feature feature, double value) {
    values_[static_cast<std::size_t>(feature)] = static_cast<float>(value);
  }

 private:
  std::span<float> values_;
};

double ratio(MinorSum part, MinorSum whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Micros day_of(Micros at) {
  const Micros day = at / graph::kMicrosPerDay;
  return at < day * graph::kMicrosPerDay ? day - 1 : day;
}

bool at_weekend(Micros at) {
  // 1970-01-01 was a Thursday: 3 when Monday is 0.
  const Micros weekday = ((day_of(at) + 3) % 7 + 7) % 7;
  return weekday >= 5;
}

bool at_night(Micros at) {
  const Micros time_of_day = at - day_of(at) * graph::kMicrosPerDay;
  return time_of_day > 0 && time_of_day < kNightEnds;
}

/// The transfers of an account in (booked_at, transfer key) order, without self-loops.
void collect_flows(const TransferGraph& graph, Vertex v, std::vector<Flow>& flows) {
  flows.clear();
  const auto ins = graph.in_edges(v);
  const auto outs = graph.out_edges(v);
  auto in = ins.begin();
  auto out = outs.begin();
  while (in != ins.end() || out != outs.end()) {
    const bool take_in =
        out == outs.end() || (in != ins.end() && graph.before(graph.in_edge(*in), *out));
    const Edge edge = take_in ? graph.in_edge(*in) : *out;
    const Vertex counterparty = take_in ? graph.in_source(*in++) : graph.target(*out++);
    if (counterparty == v) continue;
    flows.push_back({graph.booked_at(edge), graph.amount_minor(edge), counterparty, !take_in});
  }
}

void describe_amounts(std::span<const Flow> flows, const DataBounds& data, FeatureRow row) {
  struct Side {
    std::size_t transfers = 0;
    MinorSum sum = 0;
    MinorUnits largest = 0;
  };
  std::array<Side, 2> sides;
  std::size_t round = 0;
  std::size_t just_below = 0;
  for (const Flow& flow : flows) {
    Side& side = sides[flow.outgoing ? 1 : 0];
    ++side.transfers;
    side.sum += flow.amount_minor;
    side.largest = std::max(side.largest, flow.amount_minor);
    round += flow.amount_minor > 0 && flow.amount_minor % (kRoundUnits * data.minor_per_unit) == 0;
    just_below += flow.amount_minor >= kJustBelowUnits * data.minor_per_unit &&
                  flow.amount_minor < kThresholdUnits * data.minor_per_unit;
  }
  const auto& [in, out] = sides;
  const auto per_unit = static_cast<MinorSum>(data.minor_per_unit);
  row.set(Feature::kTransfersIn, static_cast<double>(in.transfers));
  row.set(Feature::kTransfersOut, static_cast<double>(out.transfers));
  row.set(Feature::kAmountIn, ratio(in.sum, per_unit));
  row.set(Feature::kAmountOut, ratio(out.sum, per_unit));
  row.set(Feature::kMeanAmountIn, ratio(in.sum, per_unit * static_cast<MinorSum>(in.transfers)));
  row.set(Feature::kMeanAmountOut, ratio(out.sum, per_unit * static_cast<MinorSum>(out.transfers)));
  row.set(Feature::kLargestAmountIn, ratio(in.largest, per_unit));
  row.set(Feature::kLargestAmountOut, ratio(out.largest, per_unit));
  const double sent_alone = out.sum > 0 ? kMaxOutInRatio : 0;
  row.set(Feature::kOutInRatio,
          in.sum > 0 ? std::min(kMaxOutInRatio, ratio(out.sum, in.sum)) : sent_alone);
  row.set(Feature::kRoundAmountShare, ratio(round, flows.size()));
  row.set(Feature::kJustBelowThresholdShare, ratio(just_below, flows.size()));
}

/// Requires: flows in time order, not empty.
void describe_days(std::span<const Flow> flows, FeatureRow row) {
  std::size_t active_days = 0;
  std::size_t at_nights = 0;
  std::size_t at_weekends = 0;
  MinorSum turnover = 0;
  MinorSum busiest = 0;
  MinorSum today = 0;
  Micros day = std::numeric_limits<Micros>::min();
  for (const Flow& flow : flows) {
    if (day_of(flow.booked_at) != day) {
      day = day_of(flow.booked_at);
      today = 0;
      ++active_days;
    }
    today += flow.amount_minor;
    busiest = std::max(busiest, today);
    turnover += flow.amount_minor;
    at_nights += at_night(flow.booked_at);
    at_weekends += at_weekend(flow.booked_at);
  }
  const Micros span = flows.back().booked_at - flows.front().booked_at;
  row.set(Feature::kActiveDays, static_cast<double>(active_days));
  row.set(Feature::kSpanDays,
          static_cast<double>(span) / static_cast<double>(graph::kMicrosPerDay));
  row.set(Feature::kTransfersPerActiveDay, ratio(flows.size(), active_days));
  row.set(Feature::kBusiestDayShare, ratio(busiest, turnover));
  row.set(Feature::kNightShare, ratio(at_nights, flows.size()));
  row.set(Feature::kWeekendShare, ratio(at_weekends, flows.size()));
}

/// Requires: flows in time order.
void describe_pass_through(std::span<const Flow> flows, const DataBounds& data, Scratch& scratch,
                           FeatureRow row) {
  scratch.waiting.clear();
  scratch.waits.clear();
  for (const Flow& flow : flows) {
    if (!flow.outgoing) {
      scratch.waiting.push_back(flow.booked_at);
      continue;
    }
    for (const Micros arrived : scratch.waiting) scratch.waits.push_back(flow.booked_at - arrived);
    scratch.waiting.clear();
  }
  Micros median = data.period;
  if (!scratch.waits.empty()) {
    const auto middle =
        scratch.waits.begin() + static_cast<std::ptrdiff_t>((scratch.waits.size() - 1) / 2);
    std::nth_element(scratch.waits.begin(), middle, scratch.waits.end());
    median = *middle;
  }
  row.set(Feature::kPassThroughHours,
          static_cast<double>(median) / static_cast<double>(graph::kMicrosPerHour));
}

/// Reorders the flows.
void describe_counterparties(std::span<Flow> flows, FeatureRow row) {
  std::sort(flows.begin(), flows.end(),
            [](const Flow& a, const Flow& b) { return a.counterparty < b.counterparty; });
  std::size_t counterparties = 0;
  std::size_t payers = 0;
  std::size_t payees = 0;
  MinorSum turnover = 0;
  MinorSum top = 0;
  for (auto flow = flows.begin(); flow != flows.end();) {
    const Vertex counterparty = flow->counterparty;
    MinorSum exchanged = 0;
    bool pays = false;
    bool is_paid = false;
    for (; flow != flows.end() && flow->counterparty == counterparty; ++flow) {
      exchanged += flow->amount_minor;
      (flow->outgoing ? is_paid : pays) = true;
    }
    ++counterparties;
    payers += pays;
    payees += is_paid;
    turnover += exchanged;
    top = std::max(top, exchanged);
  }
  row.set(Feature::kPayers, static_cast<double>(payers));
  row.set(Feature::kPayees, static_cast<double>(payees));
  row.set(Feature::kReciprocityShare, ratio(payers + payees - counterparties, counterparties));
  row.set(Feature::kTopCounterpartyShare, ratio(top, turnover));
}

DataBounds bounds_of(const TransferGraph& graph, int base_currency_exponent) {
  if (base_currency_exponent < 0 || base_currency_exponent > 9) {
    throw std::invalid_argument(
        fmt::format("base_currency_exponent: {} is outside 0..9", base_currency_exponent));
  }
  DataBounds data;
  for (int i = 0; i < base_currency_exponent; ++i) data.minor_per_unit *= 10;
  Micros first = std::numeric_limits<Micros>::max();
  Micros last = std::numeric_limits<Micros>::min();
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    const auto edges = graph.out_edges(v);
    if (edges.empty()) continue;
    first = std::min(first, graph.booked_at(edges.front()));
    last = std::max(last, graph.booked_at(edges.back()));
  }
  if (first <= last) data.period = last - first;
  return data;
}

}  // namespace

std::span<const FeatureDefinition> feature_definitions() {
  return kDefinitions;
}

FeatureMatrix account_features(const TransferGraph& graph, int base_currency_exponent) {
  const DataBounds data = bounds_of(graph, base_currency_exponent);
  FeatureMatrix matrix{graph.num_vertices(), kFeatures, {}};
  matrix.values.resize(matrix.rows * matrix.columns);
  tbb::enumerable_thread_specific<Scratch> scratches;
  tbb::parallel_for(
      tbb::blocked_range<Vertex>(0, graph.num_vertices(), 64), [&](const auto& range) {
        Scratch& scratch = scratches.local();
        for (Vertex v = range.begin(); v != range.end(); ++v) {
          collect_flows(graph, v, scratch.flows);
          if (scratch.flows.empty()) continue;
          const FeatureRow row(std::span(matrix.values).subspan(v * kFeatures, kFeatures));
          describe_amounts(scratch.flows, data, row);
          describe_days(scratch.flows, row);
          describe_pass_through(scratch.flows, data, scratch, row);
          describe_counterparties(scratch.flows, row);
        }
      });
  return matrix;
}

}  // namespace aml::detect
