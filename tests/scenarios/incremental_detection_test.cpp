// SPDX-License-Identifier: Apache-2.0
// Findings that were kept up to date against those of a detection over everything.
#include "scenarios/incremental_detection.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "scenarios/locality.hpp"
#include "store/gold_writer.hpp"
#include "tests/detect/detection_text.hpp"

namespace aml::scenarios {
namespace {

using graph::kMicrosPerHour;

constexpr const char* kCountries[] = {"", "DE", "FR"};
constexpr const char* kTypes[] = {"TRANSFER", "CASH"};

/// Every detector of local reach, with bounds so low that a few dozen transfers among a dozen
/// accounts give findings, and with caps that some of the accounts reach on the way.
std::vector<Scenario> small_scenarios(std::mt19937& random) {
  const auto cap = [&] {
    return static_cast<std::uint32_t>(random() % 3 == 0 ? 0 : 3 + random() % 4);
  };
  const auto order = [&] {
    return random() % 2 == 0 ? graph::TimeOrder::kStrict : graph::TimeOrder::kLoose;
  };
  const graph::Micros window = static_cast<graph::Micros>(5 + random() % 30) * kMicrosPerHour;
  std::vector<DetectorParams> params;
  for (const auto direction : {detect::Direction::kIn, detect::Direction::kOut}) {
    detect::AggregationParams aggregation;
    aggregation.direction = direction;
    aggregation.leg_at_least_minor = 20;
    aggregation.standing_after = 40 * kMicrosPerHour;
    aggregation.window = window;
    aggregation.min_transfers = 3;
    aggregation.min_counterparties = 2;
    aggregation.counterparties =
        random() % 2 == 0 ? detect::Counterparties::kAny : detect::Counterparties::kOccasional;
    aggregation.min_share = random() % 2 == 0 ? 0 : 0.7;
    aggregation.max_counterparties = cap();
    params.emplace_back(aggregation);
  }
  detect::FlowThroughParams flow;
  flow.leg_at_least_minor = 10;
  flow.in_at_least_minor = 60;
  flow.window = flow.holding = window;
  flow.out_in_at_least = 0.4;
  flow.out_in_at_most = 1.6;
  flow.gathered_first = random() % 2 == 0 ? 0 : 0.5;
  flow.min_other_countries = random() % 3 == 0 ? 1 : 0;
  flow.max_counterparties = cap();
  params.emplace_back(flow);
  flow.accounts = detect::AccountAge::kNew;
  flow.new_within = 60 * kMicrosPerHour;
  flow.dormant_for = 40 * kMicrosPerHour;
  params.emplace_back(flow);
  params.emplace_back(detect::DormantReactivationParams{.silence = 50 * kMicrosPerHour,
                                                        .window = 20 * kMicrosPerHour,
                                                        .moved_at_least_minor = 50,
                                                        .grown_at_least_minor = 20,
                                                        .max_counterparties = cap()});
  params.emplace_back(detect::CyclesParams{.min_length = 2,
                                           .max_length = 5,
                                           .window = window,
                                           .time_order = order(),
                                           .max_counterparties = cap()});
  detect::StructuringParams structuring;
  structuring.threshold_minor = 90;
  structuring.leg_at_least_minor = 5;
  structuring.window = window;
  structuring.time_order = order();
  structuring.pass_on_at_least = 0.1;
  structuring.pass_on_at_most = 10;
  structuring.forwarded_at_least = 0.2;
  structuring.max_counterparties = cap();
  params.emplace_back(structuring);
  params.emplace_back(detect::ScatterGatherParams{.min_middles = 2,
                                                  .window = window,
                                                  .time_order = order(),
                                                  .pass_on_at_least = 0.2,
                                                  .pass_on_at_most = 5,
                                                  .leg_at_least_minor = 5,
                                                  .max_counterparties = cap()});
  params.emplace_back(detect::BipartiteParams{
      .min_sinks = 2, .window = window, .leg_at_least_minor = 5, .max_counterparties = cap()});
  params.emplace_back(detect::StackParams{
      .window = window,
      .time_order = random() % 2 == 0 ? graph::TimeOrder::kNone : graph::TimeOrder::kLoose,
      .leg_at_least_minor = 5,
      .max_counterparties = cap()});
  params.emplace_back(
      detect::ChainsParams{.min_length = 2 + static_cast<std::uint32_t>(random() % 2),
                           .hop_within = window / 3,
                           .time_order = order(),
                           .pass_on_at_least = 0.5,
                           .pass_on_at_most = 1.5,
                           .leg_at_least_minor = 5,
                           .max_counterparties = cap()});
  std::vector<Scenario> scenarios;
  for (DetectorParams& each : params) {
    Scenario scenario;
    scenario.id = fmt::format("scenario_{}", scenarios.size());
    scenario.params = std::move(each);
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

struct Account {
  std::string party;
  std::size_t country = 0;
  std::optional<graph::Micros> opened_at;
};

/// Transfers in the order of their arrival, mostly that of their time.
struct History {
  std::vector<Account> accounts;
  std::vector<store::AddedTransfer> transfers;
};

std::string account_key(std::size_t account) {
  return "A" + std::to_string(account);
}

History random_history(std::mt19937& random) {
  History history;
  const std::size_t accounts = 4 + random() % 9;
  for (std::size_t i = 0; i < accounts; ++i) {
    Account account{"P" + std::to_string(random() % accounts), random() % 3, std::nullopt};
    if (random() % 2 == 0)
      account.opened_at = static_cast<graph::Micros>(random() % 200) * kMicrosPerHour;
    history.accounts.push_back(std::move(account));
  }
  const int lateness = static_cast<int>(random() % 3) * 20;
  std::vector<std::pair<graph::Micros, store::AddedTransfer>> arrivals;
  const auto add = [&](std::size_t from, std::size_t to, graph::Micros hour) {
    const auto late = lateness > 0 ? static_cast<graph::Micros>(random()) % lateness : 0;
    const auto amount = static_cast<graph::MinorUnits>(1 + random() % 100);
    arrivals.push_back({hour + late,
                        {"T" + std::to_string(random() % 1000 * 1000 + arrivals.size()),
                         account_key(from % accounts), account_key(to % accounts),
                         hour * kMicrosPerHour, amount, kTypes[random() % 2]}});
  };
  for (std::size_t i = 10 + random() % 60; i > 0; --i)
    add(random(), random(), static_cast<graph::Micros>(random() % 200));
  // Two layers of transfers between neighbours: what chance alone seldom makes.
  for (std::size_t i = random() % 3; i > 0; --i) {
    const std::size_t first = random();
    const std::size_t collectors = 1 + random() % 2;
    const auto hour = static_cast<graph::Micros>(random() % 180);
    for (std::size_t payer = 0; payer < 2; ++payer) {
      for (std::size_t middle = 2; middle < 4; ++middle) {
        add(first + payer, first + middle, hour + static_cast<graph::Micros>(random() % 4));
        for (std::size_t payee = 4; payer == 0 && payee < 4 + collectors; ++payee)
          add(first + middle, first + payee, hour + 4 + static_cast<graph::Micros>(random() % 4));
      }
    }
    add(first + 4, first + 6, hour + 8);
  }
  std::ranges::stable_sort(arrivals, {}, &std::pair<graph::Micros, store::AddedTransfer>::first);
  for (auto& [at, transfer] : arrivals) history.transfers.push_back(std::move(transfer));
  return history;
}

/// The graphs of the first transfers, with the accounts that they name.
Graphs graphs_of(const History& history, std::size_t transfers) {
  store::Snapshot snapshot;
  snapshot.country_names = {kCountries[0], kCountries[1], kCountries[2]};
  snapshot.transfers.type_names = {kTypes[0], kTypes[1]};
  std::map<std::string, graph::Vertex> accounts;
  std::map<std::string, graph::Vertex> parties;
  const auto position = [&](const std::string& key) {
    const auto [known, is_new] = accounts.emplace(key, accounts.size());
    if (!is_new) return known->second;
    const Account& account = history.accounts[std::stoul(key.substr(1))];
    snapshot.transfers.vertex_keys.push_back(key);
    snapshot.country.push_back(static_cast<std::uint16_t>(account.country));
    snapshot.opened_at.push_back(account.opened_at);
    const auto party = parties.emplace(account.party, parties.size());
    if (party.second) {
      snapshot.attributes.party_keys.push_back(account.party);
      snapshot.base_risk.push_back(0);
    }
    snapshot.party_of_account.push_back(party.first->second);
    return known->second;
  };
  for (std::size_t i = 0; i < transfers; ++i) {
    const store::AddedTransfer& transfer = history.transfers[i];
    snapshot.transfers.source.push_back(position(transfer.from));
    snapshot.transfers.target.push_back(position(transfer.to));
    snapshot.transfers.booked_at.push_back(transfer.booked_at);
    snapshot.transfers.amount_minor.push_back(transfer.amount_minor);
    snapshot.transfers.type.push_back(transfer.type == kTypes[0] ? 0 : 1);
    snapshot.transfers.transfer_keys.push_back(transfer.key);
  }
  return build_graphs(std::move(snapshot));
}

store::AddedRows rows_of(const History& history, std::size_t first, std::size_t last,
                         const IncrementalDetection& detection) {
  store::AddedRows rows;
  std::set<std::string> added;
  for (std::size_t i = first; i < last; ++i) {
    const store::AddedTransfer& transfer = history.transfers[i];
    for (const std::string& key : {transfer.from, transfer.to}) {
      if (detection.has_account(key) || !added.insert(key).second) continue;
      const Account& account = history.accounts[std::stoul(key.substr(1))];
      rows.accounts.push_back({key, account.party, kCountries[account.country], account.opened_at});
    }
    rows.transfers.push_back(transfer);
  }
  return rows;
}

using Told = std::map<std::string, std::string>;  ///< alert id, everything about the finding

Told told(const Scenario& scenario, const std::vector<detect::Finding>& findings) {
  Told told;
  for (const auto& finding : findings)
    told[store::alert_id(scenario.id, finding)] = detect::finding_text(finding);
  return told;
}

/// Applies the changes; a change that changes nothing, or takes away what is not there, is an error.
void apply(const FindingChanges& changes, const Scenario& scenario, Told& told_so_far) {
  for (const std::string& id : changes.gone) EXPECT_EQ(told_so_far.erase(id), 1u) << scenario.id;
  for (const auto& [id, text] : told(scenario, changes.changed)) {
    EXPECT_NE(told_so_far[id], text) << scenario.id << " was told again as it was";
    told_so_far[id] = text;
  }
}

struct Tally {
  std::vector<std::size_t> changed, gone;
  std::size_t started_again = 0;
};

/// One history in random batches, all scenarios after each of them against a full detection.
void follow(unsigned seed, Tally& tally) {
  std::mt19937 random(seed);
  const std::vector<Scenario> scenarios = small_scenarios(random);
  const History history = random_history(random);
  tally.changed.resize(scenarios.size());
  tally.gone.resize(scenarios.size());

  std::unique_ptr<IncrementalDetection> incremental;
  std::vector<Told> told_so_far(scenarios.size());
  const auto start = [&](std::size_t transfers) {
    const Graphs graphs = graphs_of(history, transfers);
    incremental = std::make_unique<IncrementalDetection>(graphs, scenarios, detect::BaseCurrency{});
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      const auto detection = detect(graphs, scenarios[i], {});
      incremental->know(i, detection);
      ASSERT_TRUE(incremental->is_kept(i));
      told_so_far[i] = told(scenarios[i], detection.findings);
    }
  };
  std::size_t done = random() % 10;
  start(done);
  while (done < history.transfers.size() && !testing::Test::HasFailure()) {
    const std::size_t next = std::min(history.transfers.size(), done + 1 + random() % 12);
    const auto changes = incremental->add(rows_of(history, done, next, *incremental));
    done = next;
    if (!changes) {  // a transfer before all others
      ++tally.started_again;
      start(done);
      continue;
    }
    const Graphs graphs = graphs_of(history, done);
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      tally.changed[i] += (*changes)[i].changed.size();
      tally.gone[i] += (*changes)[i].gone.size();
      apply((*changes)[i], scenarios[i], told_so_far[i]);
      ASSERT_EQ(told_so_far[i], told(scenarios[i], detect(graphs, scenarios[i], {}).findings))
          << scenarios[i].id << ", seed " << seed << ", after " << done << " transfers";
    }
  }
}

TEST(Locality, OfAChainIsASpanHoweverLongItsHops) {
  const detect::ChainsParams params{.min_length = std::numeric_limits<std::uint32_t>::max(),
                                    .hop_within = 99'999 * 7 * graph::kMicrosPerDay};
  const Locality locality = locality_of(params);
  EXPECT_EQ(locality.reach, Reach::kWindow);
  EXPECT_GE(locality.span, params.hop_within);
  EXPECT_LE(locality.span, std::numeric_limits<graph::Micros>::max() / 8);
}

TEST(IncrementalDetection, FindsWhatADetectionOverEverythingFindsInRandomHistories) {
  const char* histories = std::getenv("AML_HISTORIES");
  Tally tally;
  for (unsigned seed = 1; seed <= (histories ? std::stoul(histories) : 500) && !HasFailure();
       ++seed)
    follow(seed, tally);
  for (std::size_t i = 0; i < tally.changed.size(); ++i) {
    EXPECT_GT(tally.changed[i], 30u) << i << ": the histories hardly touch this scenario";
    EXPECT_GT(tally.gone[i], 0u) << i << ": nothing ever went away";
  }
  EXPECT_GT(tally.started_again, 0u);
}

}  // namespace
}  // namespace aml::scenarios
