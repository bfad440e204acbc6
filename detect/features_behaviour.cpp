// SPDX-License-Identifier: Apache-2.0
// The behaviour that the anomaly forest reads.
#include <algorithm>
#include <array>
#include <limits>

#include "detect/feature_groups.hpp"

namespace aml::detect {
namespace {

using graph::Micros;
using graph::MinorSum;
using graph::MinorUnits;
using Behaviour = FeatureRow<Feature>;

constexpr Micros kNightEnds = 6 * graph::kMicrosPerHour;

constexpr std::array<FeatureDefinition, kFeatures> kDefinitions{{
    {"transfers_in", "transfers", kWholePeriod, "Transfers that the account received.",
     "received {}"},
    {"transfers_out", "transfers", kWholePeriod, "Transfers that the account sent.", "sent {}"},
    {"amount_in", "base currency", kWholePeriod, "Sum of the amounts that the account received.",
     "received {} in all"},
    {"amount_out", "base currency", kWholePeriod, "Sum of the amounts that the account sent.",
     "sent {} in all"},
    {"mean_amount_in", "base currency", kWholePeriod,
     "Mean amount of the transfers that the account received.", "received {} in a mean transfer"},
    {"mean_amount_out", "base currency", kWholePeriod,
     "Mean amount of the transfers that the account sent.", "sent {} in a mean transfer"},
    {"largest_amount_in", "base currency", kWholePeriod,
     "Largest amount that the account received at once.", "received {} in its largest transfer"},
    {"largest_amount_out", "base currency", kWholePeriod,
     "Largest amount that the account sent at once.", "sent {} in its largest transfer"},
    {"payers", "accounts", kWholePeriod, "Distinct accounts that paid the account.",
     "was paid by {}"},
    {"payees", "accounts", kWholePeriod, "Distinct accounts that the account paid.", "paid {}"},
    {"out_in_ratio", "ratio", kWholePeriod,
     "Sum sent divided by sum received, at most 10; 10 if the account sent money and received "
     "none.",
     "sent {} times what it received"},
    {"reciprocity_share", "share", kWholePeriod,
     "Share of the account's counterparties that both paid it and were paid by it.",
     "exchanged money both ways with {} of its counterparties"},
    {"top_counterparty_share", "share", kWholePeriod,
     "Share of all money sent and received that was exchanged with one counterparty, the largest.",
     "exchanged {} of its money with one counterparty"},
    {"round_amount_share", "share", kWholePeriod,
     "Share of transfers, sent and received, whose amount is a multiple of 100 units of the base "
     "currency.",
     "moved round amounts in {} of its transfers"},
    {"just_below_threshold_share", "share", kWholePeriod,
     "Share of transfers, sent and received, of at least 9,000 and less than 10,000 units of the "
     "base currency.",
     "moved amounts just below 10,000 in {} of its transfers"},
    {"pass_through_hours", "hours", kWholePeriod,
     "Median time from a transfer received to the next one sent; if none was sent after one "
     "received, the time from the first to the last transfer of the data.",
     "passed money on after {} (median)"},
    {"active_days", "days", kWholePeriod, "Days (UTC) with at least one transfer.",
     "was active on {}"},
    {"span_days", "days", kWholePeriod, "Time from the account's first transfer to its last.",
     "was in use for {}"},
    {"transfers_per_active_day", "transfers per day", kWholePeriod,
     "Transfers, sent and received, divided by active_days.", "made {} on an active day"},
    {"busiest_day_share", "share", kWholePeriod,
     "Share of all money sent and received that moved on the account's busiest day (UTC).",
     "moved {} of its money on one day"},
    {"night_share", "share", kWholePeriod,
     "Share of transfers, sent and received, booked after 00:00 and before 06:00 UTC; exactly "
     "00:00 is a day without a time.",
     "moved money at night in {} of its transfers"},
    {"weekend_share", "share", kWholePeriod,
     "Share of transfers, sent and received, booked on a Saturday or Sunday (UTC).",
     "moved money at weekends in {} of its transfers"},
}};

bool at_night(Micros at) {
  return time_of_day(at) > 0 && time_of_day(at) < kNightEnds;
}

bool at_weekend(Micros at) {
  constexpr Micros kSaturday = 5;
  return weekday_of(at) >= kSaturday;
}

void describe_sides(std::span<const Flow> flows, const FeatureScale& scale, const Behaviour& row) {
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
    round += scale.is_round(flow.amount_minor);
    just_below += scale.is_just_below_threshold(flow.amount_minor);
  }
  const auto& [in, out] = sides;
  const auto per_unit = static_cast<MinorSum>(scale.minor_per_unit);
  row.set(Feature::kTransfersIn, static_cast<double>(in.transfers));
  row.set(Feature::kTransfersOut, static_cast<double>(out.transfers));
  row.set(Feature::kAmountIn, share_of(in.sum, per_unit));
  row.set(Feature::kAmountOut, share_of(out.sum, per_unit));
  row.set(Feature::kMeanAmountIn, share_of(in.sum, per_unit * static_cast<MinorSum>(in.transfers)));
  row.set(Feature::kMeanAmountOut,
          share_of(out.sum, per_unit * static_cast<MinorSum>(out.transfers)));
  row.set(Feature::kLargestAmountIn, share_of(in.largest, per_unit));
  row.set(Feature::kLargestAmountOut, share_of(out.largest, per_unit));
  const double sent_alone = out.sum > 0 ? kMaxOutInRatio : 0;
  row.set(Feature::kOutInRatio,
          in.sum > 0 ? std::min(kMaxOutInRatio, share_of(out.sum, in.sum)) : sent_alone);
  row.set(Feature::kRoundAmountShare, share_of(round, flows.size()));
  row.set(Feature::kJustBelowThresholdShare, share_of(just_below, flows.size()));
}

/// Requires: flows in time order, not empty.
void describe_days(std::span<const Flow> flows, const Behaviour& row) {
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
  row.set(Feature::kSpanDays, days(span));
  row.set(Feature::kTransfersPerActiveDay, share_of(flows.size(), active_days));
  row.set(Feature::kBusiestDayShare, share_of(busiest, turnover));
  row.set(Feature::kNightShare, share_of(at_nights, flows.size()));
  row.set(Feature::kWeekendShare, share_of(at_weekends, flows.size()));
}

/// Requires: flows in time order.
void describe_pass_through(std::span<const Flow> flows, const FeatureScale& scale,
                           FeatureScratch& scratch, const Behaviour& row) {
  scratch.waiting.clear();
  scratch.lengths.clear();
  for (const Flow& flow : flows) {
    if (!flow.outgoing) {
      scratch.waiting.push_back(flow.booked_at);
      continue;
    }
    for (const Micros arrived : scratch.waiting)
      scratch.lengths.push_back(flow.booked_at - arrived);
    scratch.waiting.clear();
  }
  Micros median = scale.period;
  if (!scratch.lengths.empty()) median = lower_median(scratch.lengths);
  row.set(Feature::kPassThroughHours, hours(median));
}

void describe_counterparties(const AccountFlows& flows, const Behaviour& row) {
  std::size_t payers = 0;
  std::size_t payees = 0;
  MinorSum turnover = 0;
  MinorSum top = 0;
  const auto order = flows.by_counterparty();
  for (auto next = order.begin(); next != order.end();) {
    const std::uint32_t counterparty = flows.in_time()[*next].counterparty;
    MinorSum exchanged = 0;
    bool pays = false;
    bool is_paid = false;
    for (; next != order.end(); ++next) {
      const Flow& flow = flows.in_time()[*next];
      if (flow.counterparty != counterparty) break;
      exchanged += flow.amount_minor;
      (flow.outgoing ? is_paid : pays) = true;
    }
    payers += pays;
    payees += is_paid;
    turnover += exchanged;
    top = std::max(top, exchanged);
  }
  const std::size_t counterparties = flows.counterparties();
  row.set(Feature::kPayers, static_cast<double>(payers));
  row.set(Feature::kPayees, static_cast<double>(payees));
  row.set(Feature::kReciprocityShare, share_of(payers + payees - counterparties, counterparties));
  row.set(Feature::kTopCounterpartyShare, share_of(top, turnover));
}

}  // namespace

std::span<const FeatureDefinition> behaviour_definitions() {
  return kDefinitions;
}

void describe_behaviour(FeatureScratch& scratch, const FeatureScale& scale,
                        std::span<double> values) {
  const auto flows = scratch.flows.in_time();
  const Behaviour row(values);
  describe_sides(flows, scale, row);
  describe_days(flows, row);
  describe_pass_through(flows, scale, scratch, row);
  describe_counterparties(scratch.flows, row);
}

}  // namespace aml::detect
