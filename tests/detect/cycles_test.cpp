// SPDX-License-Identifier: Apache-2.0
#include "detect/cycles.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/merge_sharing.hpp"
#include "tests/oracle/temporal_cycles_oracle.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::TimeOrder;
using graph::testing::graph_of;
using oracle::Transfer;

Detection detect(const std::vector<Transfer>& transfers, const CyclesParams& params = {}) {
  Detection detection = detect_cycles(graph_of(transfers), params, {});
  expect_well_formed(detection);
  return detection;
}

std::vector<Transfer> round_trip() {
  return {{"B", "C", march(1), 1'000'000, "T1"},
          {"C", "A", march(3), 950'000, "T2"},
          {"A", "B", march(5), 900'000, "T3"}};
}

TEST(RoundTrips, CycleIsToldFromTheAccountThatSentFirst) {
  const Detection detection = detect(round_trip());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "B");
  EXPECT_EQ(finding.evidence_key, "A>B>C from T1");
  EXPECT_EQ(finding.amount_minor, 1'000'000);
  EXPECT_EQ(finding.first_activity, march(1));
  EXPECT_EQ(finding.last_activity, march(5));
  EXPECT_EQ(finding.explanation,
            "B sent 10,000.00 USD over C and A from 2024-03-01 on and got 9,000.00 USD (90 %) back "
            "by 2024-03-05, within 4 days and in 3 transfers.");
  EXPECT_EQ(entities_with_role(finding, "origin"), (std::vector<std::string>{"B"}));
  EXPECT_EQ(entities_with_role(finding, "intermediary"), (std::vector<std::string>{"C", "A"}));
  ASSERT_EQ(finding.transfers.size(), 3U);
  for (int hop = 1; hop <= 3; ++hop) {
    const FindingTransfer& transfer = finding.transfers[static_cast<std::size_t>(hop - 1)];
    EXPECT_EQ(transfer.transfer_key, "T" + std::to_string(hop));
    EXPECT_EQ(transfer.role, "hop");
    EXPECT_EQ(transfer.branch, hop);
  }
}

TEST(RoundTrips, EvidenceHoldsTheFigures) {
  const Detection detection = detect(round_trip());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "length"), "3");
  EXPECT_EQ(observed(finding, "amount_sent"), "10000.00");
  EXPECT_EQ(observed(finding, "amount_returned"), "9000.00");
  EXPECT_EQ(observed(finding, "returned_share"), "0.9");
  EXPECT_EQ(observed(finding, "duration_hours"), "96");
  EXPECT_EQ(observed(finding, "instances"), "1");
}

TEST(RoundTrips, ScoreIsTheDocumentedSum) {
  const Detection detection = detect(round_trip());
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_DOUBLE_EQ(detection.findings.front().score, 0.45 * 0.9 + 0.45 * 0.9 + 0.1 * (1 - 4. / 20));
}

TEST(RoundTrips, MuchMoreBackThanSentIsOtherMoney) {
  std::vector<Transfer> transfers = round_trip();
  transfers[2].amount = 4'000'000;
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(observed(detection.findings.front(), "returned_share"), "4");
  EXPECT_DOUBLE_EQ(*evidence_of(detection.findings.front(), "returned_share").contribution,
                   0.45 / 4);
  EXPECT_DOUBLE_EQ(*evidence_of(detection.findings.front(), "hop_evenness").contribution,
                   0.45 * 950 / 4000);
}

TEST(RoundTrips, WorthlessTransfersScoreForSpeedOnly) {
  std::vector<Transfer> transfers = round_trip();
  for (Transfer& transfer : transfers) transfer.amount = 0;
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_DOUBLE_EQ(detection.findings.front().score, 0.1 * (1 - 4. / 20));
}

TEST(RoundTrips, RotationsOfOneCycleAreOneFinding) {
  // The money goes round twice: the cycle can be read from every account.
  std::vector<Transfer> transfers = round_trip();
  transfers.push_back({"B", "C", march(6), 880'000, "T4"});
  transfers.push_back({"C", "A", march(7), 870'000, "T5"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "B");
  EXPECT_EQ(finding.transfers.size(), 5U);
  EXPECT_EQ(observed(finding, "instances"), "3");
  EXPECT_EQ(observed(finding, "amount_sent"), "18800.00");
  EXPECT_EQ(observed(finding, "fastest_round_hours"), "48");  // T3 T4 T5
}

TEST(RoundTrips, ParallelHopsAreMergedAndShareTheirBranch) {
  std::vector<Transfer> transfers = round_trip();
  transfers.push_back({"C", "A", march(4), 50'000, "T4"});
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 1U);
  std::vector<std::string> steps;
  for (const FindingTransfer& t : detection.findings.front().transfers) {
    steps.push_back(fmt::format("{} {}", t.transfer_key, t.branch));
  }
  EXPECT_EQ(steps, (std::vector<std::string>{"T1 1", "T2 2", "T4 2", "T3 3"}));
  EXPECT_EQ(observed(detection.findings.front(), "instances"), "2");
}

TEST(RoundTrips, EpisodesMonthsApartAreTwoFindings) {
  std::vector<Transfer> transfers = round_trip();
  for (Transfer transfer : round_trip()) {
    transfer.booked_at += 90 * kMicrosPerDay;
    transfer.key = "L" + transfer.key;
    transfers.push_back(transfer);
  }
  const Detection detection = detect(transfers);
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(detection.findings[0].evidence_key, "A>B>C from T1");
  EXPECT_EQ(detection.findings[1].evidence_key, "A>B>C from LT1");
}

TEST(RoundTrips, OppositeDirectionsAreTwoFindings) {
  std::vector<Transfer> transfers = round_trip();
  transfers.push_back({"A", "C", march(1), 500'000, "R1"});
  transfers.push_back({"C", "B", march(2), 500'000, "R2"});
  transfers.push_back({"B", "A", march(3), 500'000, "R3"});
  EXPECT_EQ(detect(transfers).findings.size(), 2U);
}

TEST(RoundTrips, HubIsLeftOutAndReported) {
  std::vector<Transfer> transfers = round_trip();
  for (int i = 0; i < 4; ++i) transfers.push_back({"C", "Z" + std::to_string(i), march(1), 100});
  CyclesParams params;
  params.max_counterparties = 4;
  const Detection detection = detect(transfers, params);
  EXPECT_TRUE(detection.findings.empty());
  EXPECT_EQ(detection.ignored,
            (std::vector<std::string>{
                "C is a hub with 1 payer and 5 payees, more than 4 on one side: left out."}));
  params.max_counterparties = 5;
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
}

TEST(RoundTrips, ReachedBudgetIsReported) {
  CyclesParams params;
  params.max_steps = 1;
  const Detection detection = detect(round_trip(), params);
  EXPECT_TRUE(detection.truncated);
  EXPECT_TRUE(detection.findings.empty());
  EXPECT_FALSE(detect(round_trip()).truncated);
}

TEST(RoundTrips, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    CyclesParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.max_length = 13; }), "max_length is 13, must be in 2..12");
  EXPECT_EQ(refused([](auto& p) { p.min_length = 1; }),
            "min_length is 1, must be in 2..max_length (8)");
  EXPECT_EQ(refused([](auto& p) { p.min_length = 9; }),
            "min_length is 9, must be in 2..max_length (8)");
  EXPECT_EQ(refused([](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.time_order = TimeOrder::kNone; }),
            "time_order is none, must be strict or loose");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
}

/// The findings that follow from the oracle's cycles: accounts in order, from the smallest, and the
/// transfers.
std::set<oracle::Piece> expected_round_trips(const std::vector<Transfer>& transfers,
                                             const CyclesParams& params) {
  std::map<std::string, const Transfer*> by_key;
  for (const Transfer& transfer : transfers) by_key[transfer.key] = &transfer;
  std::vector<oracle::Piece> pieces;
  const auto cycles = oracle::temporal_cycles(transfers, {.min_length = params.min_length,
                                                          .max_length = params.max_length,
                                                          .window = params.window,
                                                          .time_order = params.time_order});
  for (const std::vector<std::string>& cycle : cycles) {
    std::vector<std::string> accounts;
    for (const std::string& key : cycle) accounts.push_back(by_key.at(key)->source);
    std::ranges::rotate(accounts, std::ranges::min_element(accounts));
    pieces.push_back({fmt::format("{}", fmt::join(accounts, ">")), {cycle.begin(), cycle.end()}});
  }
  return oracle::merge_sharing(std::move(pieces));
}

CyclesParams small_params() {
  CyclesParams params;
  params.min_length = 2;
  params.max_length = 4;
  params.window = *rc::gen::inRange<graph::Micros>(1, 8);
  params.time_order = *rc::gen::element(TimeOrder::kLoose, TimeOrder::kStrict);
  return params;
}

RC_GTEST_PROP(RoundTrips, AgreeWithEveryCycleOfTheOracle, ()) {
  const auto transfers = *graph::testing::transfers_among(3, 22);
  const CyclesParams params = small_params();
  const Detection detection = detect_cycles(graph_of(transfers), params, {});
  std::set<oracle::Piece> found;
  for (const Finding& finding : detection.findings) {
    const std::string accounts =
        finding.evidence_key.substr(0, finding.evidence_key.find(" from "));
    found.insert({accounts, transfer_keys(finding)});
  }
  RC_CLASSIFY(!found.empty(), "with round trips");
  RC_ASSERT(found.size() == detection.findings.size());
  RC_ASSERT(found == expected_round_trips(transfers, params));
}

RC_GTEST_PROP(RoundTrips, DoNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *graph::testing::transfers_among(8, 100);
  CyclesParams params = small_params();
  params.max_counterparties = *rc::gen::element(0U, 4U);
  params.max_steps = *rc::gen::element<std::uint64_t>(50, 500, 1'000'000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    return detection_text(detect_cycles(graph_of(rows), params, {}));
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
