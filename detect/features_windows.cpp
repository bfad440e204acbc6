// SPDX-License-Identifier: Apache-2.0
// The most that happened to an account within a day, a week, 30 days, and the money that leaves it
// soon after it came.
#include <algorithm>
#include <array>

#include "detect/feature_groups.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::Micros;
using graph::MinorSum;
using graph::MinorUnits;

/// The first six of each length are written by describe_peaks() in this order.
enum class Windowed : std::uint8_t {
  kDay,
  kWeek = kDay + 6,
  kMonth = kWeek + 6,
  kPassedOnDay = kMonth + 6,
  kPassedOnWeek,
  kTwoPathsDay,
  kBackAndForthWeek,
  kGatherScatterWeek,
};

constexpr std::string_view kOneDay = "1 day";
constexpr std::string_view kSevenDays = "7 days";
constexpr std::string_view kThirtyDays = "30 days";

constexpr std::array<FeatureDefinition, 23> kDefinitions{{
    {"most_transfers_in_1d", "transfers", kOneDay, "Most transfers received within 1 day."},
    {"most_transfers_out_1d", "transfers", kOneDay, "Most transfers sent within 1 day."},
    {"most_amount_in_1d", "base currency", kOneDay, "Largest sum received within 1 day."},
    {"most_amount_out_1d", "base currency", kOneDay, "Largest sum sent within 1 day."},
    {"most_payers_1d", "accounts", kOneDay,
     "Most distinct accounts that paid the account within 1 day."},
    {"most_payees_1d", "accounts", kOneDay,
     "Most distinct accounts that the account paid within 1 day."},
    {"most_transfers_in_7d", "transfers", kSevenDays, "Most transfers received within 7 days."},
    {"most_transfers_out_7d", "transfers", kSevenDays, "Most transfers sent within 7 days."},
    {"most_amount_in_7d", "base currency", kSevenDays, "Largest sum received within 7 days."},
    {"most_amount_out_7d", "base currency", kSevenDays, "Largest sum sent within 7 days."},
    {"most_payers_7d", "accounts", kSevenDays,
     "Most distinct accounts that paid the account within 7 days."},
    {"most_payees_7d", "accounts", kSevenDays,
     "Most distinct accounts that the account paid within 7 days."},
    {"most_transfers_in_30d", "transfers", kThirtyDays, "Most transfers received within 30 days."},
    {"most_transfers_out_30d", "transfers", kThirtyDays, "Most transfers sent within 30 days."},
    {"most_amount_in_30d", "base currency", kThirtyDays, "Largest sum received within 30 days."},
    {"most_amount_out_30d", "base currency", kThirtyDays, "Largest sum sent within 30 days."},
    {"most_payers_30d", "accounts", kThirtyDays,
     "Most distinct accounts that paid the account within 30 days."},
    {"most_payees_30d", "accounts", kThirtyDays,
     "Most distinct accounts that the account paid within 30 days."},
    {"passed_on_share_1d", "share", kOneDay,
     "Share of the money received that was sent on within 1 day, where each transfer sent uses up "
     "the oldest money that came within the day before it."},
    {"passed_on_share_7d", "share", kSevenDays,
     "Share of the money received that was sent on within 7 days, where each transfer sent uses up "
     "the oldest money that came within the 7 days before it."},
    {"two_paths_1d", "pairs of transfers", kOneDay,
     "Pairs of a transfer received and a later one sent to another account within 1 day: chains "
     "that lead through the account."},
    {"back_and_forth_7d", "pairs of transfers", kSevenDays,
     "Pairs of transfers between the account and one other, one each way, within 7 days: cycles of "
     "two transfers."},
    {"gather_scatter_7d", "accounts", kSevenDays,
     "The largest n for which n distinct accounts paid the account in the 7 days up to one of the "
     "transfers that it sent, and n distinct accounts were paid in the 7 days from that transfer "
     "on."},
}};

/// Pairs of transfers inside a window.
struct Pairs {
  std::uint64_t two_paths = 0;
  std::uint64_t back_and_forth = 0;
};

/// Moves the window over all transfers; writes the most that it ever held. `payers_before` becomes
/// the distinct payers in it at each transfer that the account sent.
Pairs describe_peaks(const AccountFlows& flows, const FeatureScale& scale, MovingWindow& window,
                     std::vector<std::uint32_t>& payers_before, std::span<double> values) {
  Pairs pairs;
  payers_before.clear();
  std::array<MovingWindow::Side, 2> most;
  window.restart(flows);
  for (const Flow& flow : flows.in_time()) {
    window.advance();
    const std::uint32_t from = window.in_from(flow.counterparty);
    if (flow.outgoing) {
      pairs.two_paths += window.in().transfers - from;
      payers_before.push_back(window.in().counterparties);
    }
    pairs.back_and_forth += flow.outgoing ? from : window.out_to(flow.counterparty);
    const MovingWindow::Side& side = flow.outgoing ? window.out() : window.in();
    MovingWindow::Side& peak = most[flow.outgoing ? 1 : 0];
    peak.transfers = std::max(peak.transfers, side.transfers);
    peak.sum = std::max(peak.sum, side.sum);
    peak.counterparties = std::max(peak.counterparties, side.counterparties);
  }
  const auto& [in, out] = most;
  std::ranges::copy(
      std::array<double, 6>{static_cast<double>(in.transfers), static_cast<double>(out.transfers),
                            scale.units(in.sum), scale.units(out.sum),
                            static_cast<double>(in.counterparties),
                            static_cast<double>(out.counterparties)},
      values.begin());
  return pairs;
}

double passed_on_share(std::span<const Flow> flows, Micros length, std::vector<Arrival>& arrivals) {
  arrivals.clear();
  std::size_t oldest = 0;
  MinorSum received = 0;
  MinorSum passed_on = 0;
  for (const Flow& flow : flows) {
    if (!flow.outgoing) {
      arrivals.push_back({flow.booked_at, flow.amount_minor});
      received += flow.amount_minor;
      continue;
    }
    while (oldest < arrivals.size() && flow.booked_at - arrivals[oldest].at >= length) ++oldest;
    for (MinorUnits to_send = flow.amount_minor; to_send > 0 && oldest < arrivals.size();) {
      const MinorUnits used = std::min(to_send, arrivals[oldest].left);
      passed_on += used;
      to_send -= used;
      arrivals[oldest].left -= used;
      if (arrivals[oldest].left == 0) ++oldest;
    }
  }
  return share_of(passed_on, received);
}

/// See the definition of gather_scatter_7d.
std::uint32_t gather_scatter(const AccountFlows& account, Micros length,
                             std::span<const std::uint32_t> payers_before,
                             std::vector<std::uint32_t>& sent_ahead) {
  const auto flows = account.in_time();
  sent_ahead.assign(account.counterparties(), 0);
  auto payers = payers_before.begin();
  std::uint32_t payees = 0;
  std::uint32_t most = 0;
  std::size_t ahead = 0;
  for (const Flow& flow : flows) {
    if (!flow.outgoing) continue;
    for (; ahead < flows.size() && flows[ahead].booked_at - flow.booked_at < length; ++ahead) {
      if (flows[ahead].outgoing) payees += sent_ahead[flows[ahead].counterparty]++ == 0;
    }
    most = std::max(most, std::min(*payers++, payees));
    payees -= --sent_ahead[flow.counterparty] == 0;
  }
  return most;
}

}  // namespace

std::span<const FeatureDefinition> window_definitions() {
  return kDefinitions;
}

void describe_windows(FeatureScratch& scratch, const FeatureScale& scale,
                      std::span<double> values) {
  const AccountFlows& flows = scratch.flows;
  const auto peaks = [&](MovingWindow& window, Windowed first) {
    return describe_peaks(flows, scale, window, scratch.payers_before,
                          values.subspan(static_cast<std::size_t>(first)));
  };
  constexpr Micros kWeekLength = 7 * kMicrosPerDay;
  const FeatureRow<Windowed> row(values);
  peaks(scratch.month, Windowed::kMonth);
  row.set(Windowed::kTwoPathsDay,
          static_cast<double>(peaks(scratch.day, Windowed::kDay).two_paths));
  const Pairs of_week = peaks(scratch.week, Windowed::kWeek);
  row.set(Windowed::kBackAndForthWeek, static_cast<double>(of_week.back_and_forth));
  row.set(Windowed::kGatherScatterWeek,
          gather_scatter(flows, kWeekLength, scratch.payers_before, scratch.sent_ahead));
  row.set(Windowed::kPassedOnDay,
          passed_on_share(flows.in_time(), kMicrosPerDay, scratch.arrivals));
  row.set(Windowed::kPassedOnWeek, passed_on_share(flows.in_time(), kWeekLength, scratch.arrivals));
}

}  // namespace aml::detect
