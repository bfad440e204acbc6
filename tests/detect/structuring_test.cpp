// SPDX-License-Identifier: Apache-2.0
#include "detect/structuring.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "detect/structuring_search.hpp"
#include "graph/motif.hpp"
#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/structuring_oracle.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using graph::TimeOrder;
using graph::testing::graph_of;
using oracle::Transfer;

const std::string kThreeBranches =
    "(a)-[]->(b); (b)-[]->(c); (d)-[]->(e); (e)-[]->(c); (f)-[]->(h); (h)-[]->(c); (c)-[]->(g)";

/// Noon of the given day, counted from 1 March 2024.
graph::Micros day(int number) {
  return kMarch2024 + (number - 1) * kMicrosPerDay + 12 * kMicrosPerHour;
}

Detection detect(const std::vector<Transfer>& transfers, const StructuringParams& params = {}) {
  Detection detection = detect_structuring(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

/// Two branches, 9,000 and 8,000 USD at the second legs, 16,500 forwarded.
std::vector<Transfer> planted() {
  return {{"A1", "B1", day(1), 920'000, "T1"},
          {"B1", "C", day(2), 900'000, "T2"},
          {"A2", "B2", day(1), 810'000, "T3"},
          {"B2", "C", day(3), 800'000, "T4"},
          {"C", "X", day(4), 1'650'000, "T5"}};
}

/// planted() with one transfer changed.
template <typename Change>
std::vector<Transfer> planted_but(std::size_t position, Change change) {
  std::vector<Transfer> transfers = planted();
  change(transfers.at(position));
  return transfers;
}

std::set<oracle::Piece> networks_of(const Detection& detection) {
  std::set<oracle::Piece> networks;
  for (const Finding& finding : detection.findings) {
    networks.insert({finding.subject, transfer_keys(finding)});
  }
  return networks;
}

TEST(Structuring, PlantedNetworkIsTold) {
  const Detection detection = detect(planted());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "C");
  EXPECT_EQ(finding.evidence_key, "C from T1");
  EXPECT_EQ(finding.amount_minor, 1'700'000);
  EXPECT_EQ(finding.first_activity, day(1));
  EXPECT_EQ(finding.last_activity, day(4));
  EXPECT_EQ(finding.explanation,
            "2 branches brought 17,000.00 USD in 4 payments, each below 10,000.00 USD, to C, which "
            "forwarded 16,500.00 USD to X within 3 days (2024-03-01 12:00 to 2024-03-04 12:00).");
  EXPECT_EQ(entities_with_role(finding, "collector"), (std::vector<std::string>{"C"}));
  EXPECT_EQ(entities_with_role(finding, "sender"), (std::vector<std::string>{"A1", "A2"}));
  EXPECT_EQ(entities_with_role(finding, "middleman"), (std::vector<std::string>{"B1", "B2"}));
  EXPECT_EQ(entities_with_role(finding, "exit"), (std::vector<std::string>{"X"}));
  EXPECT_EQ(detection.counts.front(), (std::pair<std::string, std::int64_t>("networks", 1)));
  EXPECT_FALSE(detection.truncated);
}

TEST(Structuring, StepsGoBranchByBranchAndExitsComeLast) {
  const Detection detection = detect(planted());
  ASSERT_EQ(detection.findings.size(), 1U);
  std::vector<std::string> steps;
  for (const FindingTransfer& transfer : detection.findings.front().transfers) {
    steps.push_back(fmt::format("{} {} {}", transfer.transfer_key, transfer.role, transfer.branch));
  }
  EXPECT_EQ(steps, (std::vector<std::string>{"T1 first leg 1", "T2 second leg 1", "T3 first leg 2",
                                             "T4 second leg 2", "T5 exit 0"}));
}

TEST(Structuring, EvidenceHoldsTheFiguresAndTheirThresholds) {
  const Detection detection = detect(planted());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  const auto item = [&](const std::string& feature) {
    const EvidenceItem& evidence = evidence_of(finding, feature);
    return evidence.observed + " / " + evidence.threshold.value_or("-");
  };
  EXPECT_EQ(item("branches"), "2 / 2");
  EXPECT_EQ(item("largest_leg"), "9200.00 / 10000.00");
  EXPECT_EQ(item("mean_leg"), "8575.00 / 10000.00");
  EXPECT_EQ(item("inflow"), "17000.00 / 10000.00");
  EXPECT_EQ(item("forwarded_sum"), "16500.00 / 10000.00");
  EXPECT_EQ(item("forwarded_share"), "0.9706 / 0.7");
  EXPECT_EQ(item("duration_hours"), "72 / -");
  EXPECT_EQ(item("exits"), "1 / -");
  EXPECT_EQ(item("income_share"), "1 / -");
}

TEST(Structuring, ScoreIsTheDocumentedSum) {
  std::vector<Transfer> transfers = planted();
  transfers.push_back({"Employer", "C", day(2), 1'700'000, "T6"});
  transfers.push_back({"Employer", "C", day(20), 1'700'000, "T7"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_DOUBLE_EQ(detection.findings.front().score, 0.3 * 0.5 + 0.4 * 0.8575 + 0.3 * 0.5);
}

TEST(Structuring, LegAtTheThresholdOrAboveIsNoLeg) {
  for (const std::size_t leg : {0U, 1U}) {
    for (const graph::MinorUnits amount : {1'000'000, 1'000'001}) {
      EXPECT_TRUE(
          detect(planted_but(leg, [&](Transfer& t) { t.amount = amount; })).findings.empty())
          << leg << " " << amount;
    }
  }
  // One cent less, passed on within the allowed share: a branch again.
  std::vector<Transfer> transfers = planted();
  transfers[0].amount = 999'999;
  transfers[1].amount = 999'999;
  EXPECT_EQ(detect(transfers).findings.size(), 1U);
}

TEST(Structuring, LegBelowTheSmallestIsNoLeg) {
  StructuringParams params;
  params.leg_at_least_minor = 800'000;
  EXPECT_EQ(detect(planted(), params).findings.size(), 1U);
  params.leg_at_least_minor = 800'001;
  EXPECT_TRUE(detect(planted(), params).findings.empty());
}

TEST(Structuring, LegsOutOfOrderAreNoBranch) {
  EXPECT_TRUE(detect(planted_but(0, [](Transfer& t) { t.booked_at = day(3); })).findings.empty());
  EXPECT_TRUE(detect(planted_but(3, [](Transfer& t) { t.booked_at = day(5); })).findings.empty());
}

TEST(Structuring, EqualTimesFollowByKeyInLooseOrderOnly) {
  std::vector<Transfer> transfers = planted();
  for (Transfer& transfer : transfers) transfer.booked_at = day(1);
  EXPECT_EQ(detect(transfers).findings.size(), 1U);
  StructuringParams strict;
  strict.time_order = TimeOrder::kStrict;
  EXPECT_TRUE(detect(transfers, strict).findings.empty());
  EXPECT_EQ(detect(planted(), strict).findings.size(), 1U);
  transfers[4].key = "T0";  // now the exit comes first
  EXPECT_TRUE(detect(transfers).findings.empty());
}

TEST(Structuring, FirstLegMustLieInsideTheWindowOfTheExit) {
  StructuringParams params;
  params.window = 3 * kMicrosPerDay;
  EXPECT_EQ(detect(planted(), params).findings.size(), 1U);
  params.window -= 1;
  EXPECT_TRUE(detect(planted(), params).findings.empty());
}

TEST(Structuring, SumMustExceedTheThreshold) {
  const auto with_second_legs = [](graph::MinorUnits one, graph::MinorUnits two) {
    std::vector<Transfer> transfers = planted();
    transfers[0].amount = transfers[1].amount = one;
    transfers[2].amount = transfers[3].amount = two;
    return transfers;
  };
  EXPECT_TRUE(detect(with_second_legs(500'000, 500'000)).findings.empty());
  EXPECT_EQ(detect(with_second_legs(500'000, 500'001)).findings.size(), 1U);
}

TEST(Structuring, ForwardedSumMustExceedTheThresholdAndTheShare) {
  const auto with_exit = [](graph::MinorUnits amount) {
    return planted_but(4, [&](Transfer& t) { t.amount = amount; });
  };
  EXPECT_TRUE(detect(with_exit(1'189'999)).findings.empty());
  EXPECT_EQ(detect(with_exit(1'190'000)).findings.size(), 1U);  // 70 % of 17,000.00
  StructuringParams params;
  params.forwarded_at_least = 0;
  EXPECT_TRUE(detect(with_exit(1'000'000), params).findings.empty());
  EXPECT_EQ(detect(with_exit(1'000'001), params).findings.size(), 1U);
}

TEST(Structuring, ExitsOfAnySizeAddUp) {
  std::vector<Transfer> transfers = planted();
  transfers[4].amount = 600'000;
  EXPECT_TRUE(detect(transfers).findings.empty());
  transfers.push_back({"C", "Y", day(5), 650'000, "T6"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(observed(detection.findings.front(), "forwarded_sum"), "12500.00");
  EXPECT_EQ(entities_with_role(detection.findings.front(), "exit"),
            (std::vector<std::string>{"X", "Y"}));
}

TEST(Structuring, ForwardedIsNeverMoreThanCameIn) {
  const Detection detection = detect(planted_but(4, [](Transfer& t) { t.amount = 5'000'000; }));
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(observed(detection.findings.front(), "forwarded_sum"), "17000.00");
  EXPECT_EQ(observed(detection.findings.front(), "forwarded_share"), "1");
}

TEST(Structuring, PaymentsBeforeTheMoneyCameAreNoExits) {
  std::vector<Transfer> transfers = planted();
  transfers[4].amount = 600'000;
  transfers.push_back({"C", "Y", day(1), 900'000, "T6"});
  EXPECT_TRUE(detect(transfers).findings.empty());
}

TEST(Structuring, MiddlemanMustPassOnAboutWhatCameIn) {
  // Second leg / first leg: exactly 0.7 and 1.05, then a cent beyond.
  const auto with_first_leg = [](graph::MinorUnits first, graph::MinorUnits second) {
    std::vector<Transfer> transfers = planted();
    transfers[0].amount = first;
    transfers[1].amount = second;
    return transfers;
  };
  EXPECT_EQ(detect(with_first_leg(900'000, 630'000)).findings.size(), 1U);
  EXPECT_TRUE(detect(with_first_leg(900'000, 629'999)).findings.empty());
  EXPECT_EQ(detect(with_first_leg(800'000, 840'000)).findings.size(), 1U);
  EXPECT_TRUE(detect(with_first_leg(800'000, 840'001)).findings.empty());
}

TEST(Structuring, SharedAccountsAreNotTwoBranches) {
  EXPECT_TRUE(detect(planted_but(2, [](Transfer& t) { t.source = "A1"; })).findings.empty());
  std::vector<Transfer> one_middleman = planted();
  one_middleman[2].target = "B1";
  one_middleman[3].source = "B1";
  EXPECT_TRUE(detect(one_middleman).findings.empty());
  // A sender who is the other branch's middleman.
  EXPECT_TRUE(detect(planted_but(2, [](Transfer& t) { t.source = "B1"; })).findings.empty());
}

TEST(Structuring, CollectorThatPaysBackASenderIsNoExit) {
  EXPECT_TRUE(detect(planted_but(4, [](Transfer& t) { t.target = "A1"; })).findings.empty());
  EXPECT_TRUE(detect(planted_but(4, [](Transfer& t) { t.target = "B2"; })).findings.empty());
  EXPECT_TRUE(detect(planted_but(4, [](Transfer& t) { t.target = "C"; })).findings.empty());
}

TEST(Structuring, NetworkAppearsOnceWithParallelExits) {
  std::vector<Transfer> transfers = planted();
  transfers.push_back({"C", "X", day(4), 1'650'000, "T6"});
  transfers.push_back({"C", "Y", day(5), 1'650'000, "T7"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings.front().transfers.size(), 7U);
  EXPECT_EQ(observed(detection.findings.front(), "exits"), "3");
}

TEST(Structuring, BranchOfSeveralWindowsStandsOnceInTheNetwork) {
  std::vector<Transfer> transfers = planted();
  transfers.push_back({"C", "X", day(5), 1'650'000, "T6"});
  const graph::TransferGraph graph = graph_of(transfers);
  const std::vector<char> no_hubs(graph.num_vertices());
  const StructuringSearch search = find_structuring_networks(graph, {}, 2, no_hubs);
  ASSERT_EQ(search.networks.size(), 1U);
  EXPECT_EQ(search.networks.front().branches.size(), 2U);
  EXPECT_EQ(search.networks.front().exits.size(), 2U);
}

TEST(Structuring, WindowsAreJoinedOverOneThatSeesLess) {
  // T10 pays back A1, so its window does not see the branch over A1; it has lost sight of A2's too.
  // T11's window sees A1's branch again, and with it T5: all exits belong to one network.
  std::vector<Transfer> transfers = planted();
  transfers[0].booked_at = transfers[1].booked_at = day(3);
  const std::vector<Transfer> later = {
      {"A3", "B3", day(5), 900'000, "T6"},    {"B3", "C", day(6), 900'000, "T7"},
      {"A4", "B4", day(5), 800'000, "T8"},    {"B4", "C", day(6), 800'000, "T9"},
      {"C", "A1", day(12), 1'300'000, "T10"}, {"C", "X", day(13), 100'000, "T11"}};
  transfers.insert(transfers.end(), later.begin(), later.end());
  const Detection detection = detect(transfers);
  EXPECT_EQ(networks_of(detection), oracle::structuring(transfers, {}, 2).networks);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings.front().transfers.size(), transfers.size());
}

TEST(Structuring, EpisodesWithoutACommonTransferAreTwoNetworks) {
  std::vector<Transfer> transfers = planted();
  for (Transfer transfer : planted()) {
    transfer.booked_at += 60 * kMicrosPerDay;
    transfer.key = "L" + transfer.key;
    transfers.push_back(transfer);
  }
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(detection.findings[0].evidence_key, "C from T1");
  EXPECT_EQ(detection.findings[1].evidence_key, "C from LT1");
}

TEST(Structuring, ParallelLegsArePairedAndEachStandsOnce) {
  // A1 pays B1 twice and B1 pays C twice: four matches, told as two branches.
  std::vector<Transfer> transfers = planted_but(4, [](Transfer& t) { t.amount = 2'600'000; });
  transfers.push_back({"A1", "B1", day(1) + 1, 920'000, "T6"});
  transfers.push_back({"B1", "C", day(2) + 1, 900'000, "T7"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  std::map<std::string, int> branch;
  for (const FindingTransfer& t : detection.findings.front().transfers) {
    branch[t.transfer_key] = t.branch;
  }
  EXPECT_EQ(branch,
            (std::map<std::string, int>{
                {"T1", 1}, {"T2", 1}, {"T3", 2}, {"T4", 2}, {"T6", 3}, {"T7", 3}, {"T5", 0}}));
}

TEST(Structuring, LegSharedByTwoBranchesStandsUnderTheFirst) {
  std::vector<Transfer> transfers = planted();
  transfers.push_back({"A9", "B1", day(1) + 1, 910'000, "T6"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  std::vector<std::string> steps;
  for (const FindingTransfer& t : detection.findings.front().transfers) {
    steps.push_back(fmt::format("{} {}", t.transfer_key, t.branch));
  }
  EXPECT_EQ(steps, (std::vector<std::string>{"T1 1", "T2 1", "T3 2", "T4 2", "T6 3", "T5 0"}));
  EXPECT_EQ(observed(detection.findings.front(), "inflow"), "17000.00");
}

TEST(Structuring, MotifSaysHowManyBranchesAreRequired) {
  StructuringParams params;
  params.motif = kThreeBranches;
  EXPECT_TRUE(detect(planted(), params).findings.empty());
  std::vector<Transfer> transfers = planted_but(4, [](Transfer& t) { t.amount = 2'400'000; });
  transfers.push_back({"A3", "B3", day(2), 700'000, "T6"});
  transfers.push_back({"B3", "C", day(3), 700'000, "T7"});
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
}

TEST(Structuring, PoorGreedyChoiceOfBranchesDoesNotHideABetterOne) {
  // Taken latest first, (A1, B1) comes first and blocks both (A1, B2) and (A2, B1), which are two
  // branches.
  const std::vector<Transfer> transfers = {
      {"A1", "B2", day(1), 600'000, "T1"}, {"B2", "C", day(3), 600'000, "T2"},
      {"A2", "B1", day(1), 600'000, "T3"}, {"A1", "B1", day(1) + 1, 600'000, "T4"},
      {"B1", "C", day(2), 600'000, "T5"},  {"C", "X", day(4), 1'200'000, "T6"}};
  EXPECT_EQ(detect(transfers).findings.size(), 1U);
}

TEST(Structuring, HubsAreLeftOutAndReported) {
  std::vector<Transfer> transfers = planted();
  for (int i = 0; i < 5; ++i) transfers.push_back({"Z" + std::to_string(i), "B1", day(1), 100});
  StructuringParams params;
  params.max_counterparties = 6;
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
  EXPECT_TRUE(detect(transfers, params).ignored.empty());
  params.max_counterparties = 5;
  const Detection detection = detect(transfers, params);
  EXPECT_TRUE(detection.findings.empty());
  EXPECT_EQ(detection.ignored,
            (std::vector<std::string>{
                "B1 is a hub with 6 payers and 1 payee, more than 5 on one side: left out."}));
  params.max_counterparties = 0;
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
}

TEST(Structuring, BudgetCutsCollectorsAndSaysSo) {
  std::vector<Transfer> transfers = planted();
  for (Transfer transfer : planted()) {
    for (std::string* key : {&transfer.source, &transfer.target, &transfer.key}) *key = "Z" + *key;
    transfers.push_back(transfer);
  }
  const Detection whole = detect(transfers);
  ASSERT_EQ(whole.findings.size(), 2U);
  const auto steps = static_cast<std::uint64_t>(whole.counts.back().second);
  StructuringParams params;
  params.max_steps = steps;
  EXPECT_FALSE(detect(transfers, params).truncated);
  params.max_steps = steps - 1;
  const Detection cut = detect(transfers, params);
  EXPECT_TRUE(cut.truncated);
  ASSERT_EQ(cut.findings.size(), 1U);
  EXPECT_EQ(cut.findings.front().subject, "C");
  params.max_steps = 1;
  EXPECT_TRUE(detect(transfers, params).findings.empty());
}

TEST(Structuring, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    StructuringParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.threshold_minor = 0; }),
            "threshold is 0 minor units, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.leg_at_least_minor = 1'000'001; }),
            "leg_at_least is 1000001 minor units, must be in 0..threshold (1000000)");
  EXPECT_EQ(refused([](auto& p) { p.leg_at_least_minor = -1; }),
            "leg_at_least is -1 minor units, must be in 0..threshold (1000000)");
  EXPECT_EQ(refused([](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.time_order = TimeOrder::kNone; }),
            "time_order is none, must be strict or loose");
  EXPECT_EQ(refused([](auto& p) { p.pass_on_at_least = 1.1; }),
            "pass_on_at_least is 1.1, must be in 0..pass_on_at_most (1.05)");
  EXPECT_EQ(refused([](auto& p) { p.pass_on_at_most = INFINITY; }),
            "pass_on_at_most is inf, must be a number >= 0");
  EXPECT_EQ(refused([](auto& p) { p.forwarded_at_least = 1.5; }),
            "forwarded_at_least is 1.5, must be in 0..1");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
}

TEST(Structuring, MotifsOfAnotherShapeAreRefused) {
  const auto verdict = [](const std::string& motif) {
    StructuringParams params;
    params.motif = motif;
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(verdict("()-[]->(b); (b)-[]->(c); (d)-[]->(f); (f)-[]->(c); (c)-[]->()"), "accepted");
  EXPECT_EQ(verdict(kThreeBranches), "accepted");
  for (const std::string motif : {
           "(a)-[]->(b); (b)-[]->(c); (c)-[]->(g)",                            // one branch
           "(a)-[]->(b); (b)-[]->(c); (d)-[]->(f); (f)-[]->(c)",               // no exit
           "(a)-[]->(b); (b)-[]->(c); (a)-[]->(f); (f)-[]->(c); (c)-[]->(g)",  // one sender
           "(a)-[]->(b); (b)-[]->(c); (d)-[]->(f); (f)-[]->(c); (c)-[]->(a)",  // exit to a sender
           "(a)-[]->(b); (b)-[]->(c); (d)-[]->(c); (x)-[]->(y); (c)-[]->(g)",  // short branch
           "(a)-[]->(b); (b)-[]->(c); (d)-[]->(f); (f)-[]->(c); (c)-[]->(g); (z)",  // lone vertex
           "(a)-[]->(b); (b)-[]->(c); (d)-[]->(f); (f)-[]->(c); !(c)-[]->(g)",  // no exit wanted
           "(b)-[]->(a); (b)-[]->(c); (d)-[]->(f); (f)-[]->(c); (c)-[]->(g)",   // leg turned round
       }) {
    EXPECT_NE(verdict(motif).find("collector c that pays one exit"), std::string::npos) << motif;
  }
  StructuringParams broken;
  broken.motif = "(a)-[e1]->(b";
  EXPECT_THROW(validate(broken), graph::MotifError);
}

// Random networks, small enough for the oracles, dense enough to be full of networks, ties, cycles
// and near misses.

class RandomTransfers {
 public:
  explicit RandomTransfers(std::uint32_t seed) : random_(seed) {}

  std::vector<Transfer> next() {
    std::vector<Transfer> transfers;
    const std::size_t count = 14 + below(30);
    for (std::size_t i = 0; i < count; ++i) {
      Transfer transfer = layered();
      transfer.booked_at = static_cast<graph::Micros>(below(9));
      transfer.amount = amount(transfer);
      transfer.key = std::to_string(i * 7 % 101);
      transfers.push_back(transfer);
    }
    return transfers;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string account(const std::string& layer, std::size_t accounts) {
    return layer + std::to_string(below(accounts));
  }
  Transfer layered() {
    switch (below(9)) {
      case 0:
      case 1:
      case 2:
        return {account("A", 3), account("B", 3)};
      case 3:
      case 4:
      case 5:
        return {account("B", 3), account("C", 2)};
      case 6:
      case 7:
        return {account("C", 2), account("X", 2)};
      default: {
        const std::vector<std::string> all = {"A0", "A1", "B0", "B1", "C0", "C1", "X0"};
        return {all[below(all.size())], all[below(all.size())]};
      }
    }
  }
  graph::MinorUnits amount(const Transfer& transfer) {
    if (transfer.source.starts_with('C')) return std::vector{4, 11, 20, 35}[below(4)];
    return std::vector{2, 5, 6, 6, 7, 7, 9, 10}[below(8)];
  }

  std::mt19937 random_;
};

StructuringParams random_params(RandomTransfers& random) {
  StructuringParams params;
  params.threshold_minor = 10;
  params.leg_at_least_minor = 3;
  params.window = 3 + static_cast<graph::Micros>(random.below(5));
  params.time_order = random.below(2) == 0 ? TimeOrder::kLoose : TimeOrder::kStrict;
  params.pass_on_at_least = 0.8;
  params.pass_on_at_most = 1.2;
  params.forwarded_at_least = random.below(2) == 0 ? 0.7 : 1.0;
  params.max_counterparties = random.below(4) == 0 ? 3 : 0;
  return params;
}

std::string described(const std::vector<Transfer>& transfers) {
  std::string text;
  for (const Transfer& t : transfers) {
    text += fmt::format("{} {}->{} at {} {}\n", t.key, t.source, t.target, t.booked_at, t.amount);
  }
  return text;
}

/// The exits of all matches of the whole motif, by the plain matcher.
std::set<std::string> exits_of_motif(const std::vector<Transfer>& transfers,
                                     const StructuringParams& params, int branches) {
  using graph::MotifConstraints;
  const graph::TransferGraph graph = graph_of(transfers);
  const auto pattern =
      graph::parse_motif(branches == 2 ? StructuringParams{}.motif : kThreeBranches);
  MotifConstraints constraints;
  const int exit = 2 * branches;
  const auto permille = [](double share) {
    return static_cast<std::int64_t>(std::lround(1000 * share));
  };
  for (int leg = 0; leg < exit; ++leg) {
    constraints.amounts.push_back({params.leg_at_least_minor, params.threshold_minor});
  }
  constraints.amounts.emplace_back();
  for (int first = 0; first < exit; first += 2) {
    constraints.follows.push_back({first, first + 1});
    constraints.follows.push_back({first + 1, exit});
    constraints.ratios.push_back(
        {first, first + 1, permille(params.pass_on_at_least), permille(params.pass_on_at_most)});
  }
  constraints.time_order = params.time_order;
  constraints.window = params.window;
  std::set<std::string> exits;
  graph::find_motif(graph, pattern, constraints, [&](const graph::MotifMatch& match) {
    exits.emplace(graph.transfer_key(match.edges[static_cast<std::size_t>(exit)]));
  });
  return exits;
}

TEST(Structuring, AgreesWithBruteForceOnRandomNetworks) {
  RandomTransfers random(20240301);
  std::size_t networks = 0;
  std::size_t merged = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::vector<Transfer> transfers = random.next();
    StructuringParams params = random_params(random);
    const int branches = round % 4 == 0 ? 3 : 2;
    if (branches == 3) params.motif = kThreeBranches;
    const oracle::StructuringAnswer answer = oracle::structuring(transfers, params, branches);
    const Detection detection = detect(transfers, params);
    ASSERT_EQ(networks_of(detection), answer.networks) << "round " << round << "\n"
                                                       << described(transfers);
    networks += answer.networks.size();
    merged += answer.anchors.size() - answer.networks.size();
  }
  EXPECT_GT(networks, 300U);
  EXPECT_GT(merged, 50U);
}

TEST(Structuring, EveryNetworkClosesTheMotifOfThePlainMatcher) {
  RandomTransfers random(7);
  std::size_t networks = 0;
  std::size_t closing = 0;
  for (int round = 0; round < 400; ++round) {
    const std::vector<Transfer> transfers = random.next();
    StructuringParams params = random_params(random);
    params.max_counterparties = 0;  // the plain matcher knows no hubs
    const int branches = round % 4 == 0 ? 3 : 2;
    if (branches == 3) params.motif = kThreeBranches;
    const std::set<std::string> exits = exits_of_motif(transfers, params, branches);
    ASSERT_EQ(oracle::structuring(transfers, params, branches).closing_exits, exits)
        << "round " << round << "\n"
        << described(transfers);
    for (const Finding& finding : detect(transfers, params).findings) {
      const auto closes = [&](const std::string& key) { return exits.contains(key); };
      EXPECT_TRUE(std::ranges::any_of(transfer_keys(finding), closes)) << described(transfers);
    }
    networks += detect(transfers, params).findings.size();
    closing += exits.size();
  }
  EXPECT_GT(networks, 30U);
  EXPECT_GT(closing, networks);
}

RC_GTEST_PROP(Structuring, FindingsDoNotDependOnRowOrderOrThreads, (std::uint32_t seed)) {
  RandomTransfers random(seed);
  std::vector<Transfer> transfers;
  for (int copy = 0; copy < 40; ++copy) {
    for (Transfer transfer : random.next()) {
      for (std::string* key : {&transfer.source, &transfer.target, &transfer.key}) {
        *key += "c" + std::to_string(copy);
      }
      transfers.push_back(transfer);
    }
  }
  StructuringParams params = random_params(random);
  params.max_steps = 200 + random.below(4000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    return detection_text(detect_structuring(graph_of(rows), params, {}));
  };
  const std::string text = text_for_any_order_and_threads(transfers, text_of);
  RC_CLASSIFY(text.find("branches brought") != std::string::npos, "with networks");
  RC_CLASSIFY(text.find("truncated true") != std::string::npos, "truncated");
}

}  // namespace
}  // namespace aml::detect
