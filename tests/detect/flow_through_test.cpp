// SPDX-License-Identifier: Apache-2.0
#include "detect/flow_through.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/small_accounts.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using oracle::Transfer;
using Keys = std::vector<std::string>;

/// So many hours after midnight of 1 March 2024.
graph::Micros hour(int number) {
  return kMarch2024 + number * kMicrosPerHour;
}

FlowThroughParams pass_through() {
  FlowThroughParams params;
  params.leg_at_least_minor = 0;
  return params;
}

/// 10,000 in from B and C, 9,000 out to D and E.
std::vector<Transfer> flow() {
  return {{"B", "A", hour(0), 600'000, "T1"},
          {"C", "A", hour(10), 400'000, "T2"},
          {"A", "D", hour(12), 500'000, "T3"},
          {"A", "E", hour(24), 400'000, "T4"}};
}

Detection detect(const std::vector<Transfer>& transfers, const FlowThroughParams& params,
                 const KnownFacts& known = {}) {
  const graph::TransferGraph graph = graph::testing::graph_of(transfers);
  Detection detection = detect_flow_through(graph, facts_of(graph, known), params, {});
  expect_well_formed(detection);
  return detection;
}

std::vector<std::string> roles_of(const Finding& finding) {
  std::vector<std::string> steps;
  for (const FindingTransfer& t : finding.transfers) steps.push_back(t.transfer_key + " " + t.role);
  return steps;
}

TEST(FlowThrough, MoneyThatLeavesSoonIsToldInTimeOrder) {
  const Detection detection = detect(flow(), pass_through());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "A");
  EXPECT_EQ(finding.evidence_key, "A from T1");
  EXPECT_EQ(finding.amount_minor, 1'000'000);
  EXPECT_EQ(
      finding.explanation,
      "A received 10,000.00 USD in 2 transfers from B and C and paid 9,000.00 USD (90 %) to D "
      "and E within 24 hours (2024-03-01 to 2024-03-02).");
  EXPECT_EQ(roles_of(finding), (Keys{"T1 incoming", "T2 incoming", "T3 outgoing", "T4 outgoing"}));
  EXPECT_EQ(entities_with_role(finding, "intermediary"), (Keys{"A"}));
  EXPECT_EQ(entities_with_role(finding, "sender"), (Keys{"B", "C"}));
  EXPECT_EQ(entities_with_role(finding, "receiver"), (Keys{"D", "E"}));
}

TEST(FlowThrough, EvidenceHoldsTheFiguresAndTheScoreIsTheDocumentedSum) {
  auto transfers = flow();
  transfers.push_back({"F", "A", hour(11), 100'000, "T5"});
  FlowThroughParams params = pass_through();
  params.leg_at_least_minor = 200'000;
  const Detection detection = detect(transfers, params);
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(observed(finding, "passed_on_share"), "0.9");
  EXPECT_EQ(observed(finding, "duration_hours"), "24");
  EXPECT_EQ(observed(finding, "income_share"), "0.9091");
  EXPECT_EQ(observed(finding, "amount_in"), "10000.00");
  EXPECT_EQ(observed(finding, "amount_out"), "9000.00");
  EXPECT_EQ(observed(finding, "senders"), "2");
  EXPECT_EQ(observed(finding, "receivers"), "2");
  EXPECT_DOUBLE_EQ(finding.score, 0.5 * 0.9 + 0.3 * (1 - 24. / 48) + 0.2 * (10. / 11));
}

TEST(FlowThrough, WhatWentOutBeforeItCameInDoesNotCount) {
  auto transfers = flow();
  transfers[2].booked_at = hour(-1);
  EXPECT_TRUE(detect(transfers, pass_through()).findings.empty());
}

TEST(FlowThrough, AtTheSameMomentTheTransferKeyDecides) {
  std::vector<Transfer> transfers{{"B", "A", hour(0), 600'000, "T2"},
                                  {"A", "C", hour(0), 600'000, "T3"}};
  EXPECT_EQ(detect(transfers, pass_through()).findings.size(), 1U);
  transfers[1].key = "T1";
  EXPECT_TRUE(detect(transfers, pass_through()).findings.empty());
}

TEST(FlowThrough, SharesAreInsideTheBand) {
  auto transfers = flow();
  transfers[3].amount = 300'000;  // exactly 80 %
  EXPECT_EQ(detect(transfers, pass_through()).findings.size(), 1U);
  transfers[3].amount = 299'000;
  EXPECT_TRUE(detect(transfers, pass_through()).findings.empty());
  transfers[3].amount = 550'000;  // exactly 105 %
  EXPECT_EQ(detect(transfers, pass_through()).findings.size(), 1U);
  transfers[3].amount = 551'000;
  EXPECT_TRUE(detect(transfers, pass_through()).findings.empty());
}

TEST(FlowThrough, HoldingIsCountedFromTheLatestDepositBefore) {
  auto transfers = flow();
  FlowThroughParams params = pass_through();
  params.window = 10 * kMicrosPerDay;
  params.holding = 14 * kMicrosPerHour;  // T4 is 14 hours after T2
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
  params.holding -= 1;
  EXPECT_TRUE(detect(transfers, params).findings.empty());
}

TEST(FlowThrough, WithdrawalsBeforeEnoughHasGatheredDoNotCount) {
  auto transfers = flow();
  transfers[2].booked_at = hour(5);  // between the deposits: 60 % are in
  FlowThroughParams params = pass_through();
  params.gathered_first = 0.6;
  EXPECT_EQ(detect(transfers, params).findings.size(), 1U);
  params.gathered_first = 0.8;
  EXPECT_TRUE(detect(transfers, params).findings.empty());
}

TEST(FlowThrough, AccountsOfOnePartyAreOneSenderAndOwnTransfersDoNotCount) {
  FlowThroughParams params = pass_through();
  params.min_senders = 2;
  EXPECT_EQ(detect(flow(), params).findings.size(), 1U);
  EXPECT_TRUE(detect(flow(), params, {.owner = {{"B", "X"}, {"C", "X"}}}).findings.empty());
  EXPECT_TRUE(detect(flow(), params, {.owner = {{"A", "X"}, {"C", "X"}}}).findings.empty());
  params.min_senders = 1;
  params.min_receivers = 2;
  EXPECT_EQ(detect(flow(), params).findings.size(), 1U);
  EXPECT_TRUE(detect(flow(), params, {.owner = {{"D", "X"}, {"E", "X"}}}).findings.empty());
}

TEST(FlowThrough, DepositsFromOtherCountriesAreThoseOfKnownOnes) {
  FlowThroughParams params = pass_through();
  params.min_other_countries = 2;
  const auto found = [&](const std::map<std::string, std::uint16_t>& country) {
    return detect(flow(), params, {.owner = {}, .country = country}).findings.size();
  };
  EXPECT_EQ(found({{"A", 1}, {"B", 2}, {"C", 3}}), 1U);
  EXPECT_EQ(found({{"A", 1}, {"B", 2}, {"C", 2}}), 0U);
  EXPECT_EQ(found({{"A", 1}, {"B", 2}, {"C", 1}}), 0U);
  EXPECT_EQ(found({{"A", 1}, {"B", 2}}), 0U) << "C's is not known";
  EXPECT_EQ(found({{"B", 2}, {"C", 3}}), 0U) << "A's is not known";
  params.min_other_countries = 0;
  EXPECT_EQ(found({}), 1U);
}

TEST(FlowThrough, DepositsStayBelowTheirBound) {
  FlowThroughParams params = pass_through();
  params.deposit_below_minor = 600'001;
  const Detection detection = detect(flow(), params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_NE(detection.findings[0].explanation.find("in 2 transfers, each below 6,000.01 USD,"),
            std::string::npos);
  params.deposit_below_minor = 600'000;
  EXPECT_TRUE(detect(flow(), params).findings.empty());
}

TEST(FlowThrough, NewAccountsAreOpenedOrWokenAShortTimeAgo) {
  FlowThroughParams params = pass_through();
  params.accounts = AccountAge::kNew;
  const auto found = [&](std::vector<Transfer> transfers, const KnownFacts& known) {
    for (const Transfer& t : flow()) transfers.push_back(t);
    std::size_t about_a = 0;
    for (const Finding& finding : detect(transfers, params, known).findings) {
      about_a += finding.subject == "A" ? 1 : 0;
    }
    return about_a;
  };
  EXPECT_EQ(found({}, {.opened_at = {{"A", hour(-90 * 24)}}}), 1U);
  EXPECT_EQ(found({}, {.opened_at = {{"A", hour(-90 * 24) - 1}}}), 0U);
  EXPECT_EQ(found({}, {}), 0U) << "the data begin with the account: nobody can tell";
  const Transfer other{"Y", "Z", hour(-90 * 24), 100, "X1"};
  EXPECT_EQ(found({other}, {}), 1U) << "its first transfer is 90 days into the data";
  const Transfer before{"A", "Z", hour(-180 * 24), 100, "X1"};
  const KnownFacts old{.opened_at = {{"A", hour(-9999 * 24)}}};
  EXPECT_EQ(found({before}, old), 1U) << "it woke";
  const Transfer between{"A", "Z", hour(-179 * 24), 100, "X2"};
  EXPECT_EQ(found({before, between}, old), 0U);
}

TEST(FlowThrough, ANewAccountSaysSinceWhen) {
  FlowThroughParams params = pass_through();
  params.accounts = AccountAge::kNew;
  const Detection detection = detect(flow(), params, {.opened_at = {{"A", hour(-24)}}});
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(observed(detection.findings[0], "new_since"), "2024-02-29T00:00:00Z");
  EXPECT_TRUE(
      detection.findings[0].explanation.starts_with("A, in use since 2024-02-29, received"));
}

TEST(FlowThrough, WindowsThatShareATransferAreOneFindingAndOthersAreTwo) {
  std::vector<Transfer> transfers = flow();
  for (Transfer t : flow()) {
    t.booked_at += 47 * kMicrosPerHour;
    t.key = "L" + t.key;
    transfers.push_back(t);
  }
  // The window of T2 reaches into the second flow.
  EXPECT_EQ(detect(transfers, pass_through()).findings.size(), 1U);
  for (Transfer& t : transfers) {
    if (t.key.starts_with("L")) t.booked_at += 10 * kMicrosPerDay;
  }
  const Detection detection = detect(transfers, pass_through());
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(detection.findings[1].evidence_key, "A from LT1");
}

TEST(FlowThrough, HubIsLeftOutAndBudgetReported) {
  FlowThroughParams params = pass_through();
  params.max_counterparties = 1;
  EXPECT_EQ(detect(flow(), params).ignored,
            (Keys{"A is a hub with 2 payers and 2 payees, more than 1 on one side: left out."}));
  params.max_counterparties = 0;
  params.max_steps = 7;  // four transfers of A, and as many in its window
  EXPECT_TRUE(detect(flow(), params).truncated);
  EXPECT_TRUE(detect(flow(), params).findings.empty());
  params.max_steps = 100;
  EXPECT_FALSE(detect(flow(), params).truncated);
}

TEST(FlowThrough, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](auto change) {
    FlowThroughParams params;
    change(params);
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_EQ(refused([](auto& p) { p.leg_at_least_minor = -1; }),
            "leg_at_least is -1 minor units, must be at least 0");
  EXPECT_EQ(refused([](auto& p) { p.deposit_below_minor = 50'000; }),
            "deposit_below is 50000 minor units, must be 0 (no bound) or above leg_at_least "
            "(50000)");
  EXPECT_EQ(refused([](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.holding = -1; }),
            "holding is -1 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.in_at_least_minor = 0; }),
            "in_at_least is 0 minor units, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.out_in_at_most = INFINITY; }),
            "out_in_at_most is inf, must be a number >= 0");
  EXPECT_EQ(refused([](auto& p) { p.out_in_at_least = 1.1; }),
            "out_in_at_least is 1.1, must be in 0..out_in_at_most (1.05)");
  EXPECT_EQ(refused([](auto& p) { p.gathered_first = -0.5; }),
            "gathered_first is -0.5, must be in 0..1");
  EXPECT_EQ(refused([](auto& p) { p.min_deposits = 0; }), "min_deposits is 0, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.min_senders = 0; }), "min_senders is 0, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.min_receivers = 0; }), "min_receivers is 0, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.new_within = 0; }),
            "new_within is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.dormant_for = 0; }),
            "dormant_for is 0 microseconds, must be above 0");
  EXPECT_EQ(refused([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
}

TEST(FlowThrough, FactsOfAnotherNumberOfAccountsAreRefused) {
  const graph::TransferGraph graph = graph::testing::graph_of(flow());
  AccountFacts facts = facts_of(graph, {});
  facts.country.pop_back();
  EXPECT_EQ(refusal([&] { detect_flow_through(graph, facts, pass_through(), {}); }),
            "facts are of 4 accounts, the graph has 5");
}

RC_GTEST_PROP(FlowThrough, DoesNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *graph::testing::transfers_among(8, 100);
  FlowThroughParams params = pass_through();
  params.in_at_least_minor = 2;
  params.out_in_at_least = 0.3;
  params.window = *rc::gen::inRange<graph::Micros>(1, 8);
  params.holding = *rc::gen::inRange<graph::Micros>(1, 5);
  params.gathered_first = *rc::gen::element(0.0, 0.5);
  params.max_counterparties = *rc::gen::element(0U, 4U);
  params.max_steps = *rc::gen::element<std::uint64_t>(50, 200, 1'000'000);
  const auto text_of = [&](const std::vector<Transfer>& rows) {
    return detection_text(detect(rows, params, {.owner = {{"1", "X"}, {"2", "X"}}}));
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
