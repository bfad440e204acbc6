// SPDX-License-Identifier: Apache-2.0
#include "detect/motif_matches.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "detect/account_properties.hpp"
#include "detect/match_collection.hpp"
#include "detect/motif_story.hpp"
#include "graph/motif_answer.hpp"
#include "tests/detect/detection_text.hpp"
#include "tests/detect/invariance.hpp"
#include "tests/detect/march_2024.hpp"
#include "tests/detect/small_accounts.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::TimeOrder;
using graph::testing::graph_of;
using oracle::Transfer;
using Words = std::vector<std::string>;

MotifMatchesParams params_of(const std::string& motif) {
  MotifMatchesParams params;
  params.motif = motif;
  params.window = 10 * kMicrosPerDay;
  return params;
}

/// Every account has the party "owner of <account>" unless the facts name another.
Detection detect(const std::vector<Transfer>& transfers, const MotifMatchesParams& params,
                 const KnownFacts& known = {}, const Words& country_names = {""}) {
  const graph::TransferGraph accounts = graph_of(transfers);
  AccountFacts facts = facts_of(accounts, known);
  facts.country_names = country_names;
  std::vector<Transfer> party_transfers;  // only the keys matter
  Words parties;
  const auto owners = static_cast<std::size_t>(
      facts.owner.empty() ? 0 : 1 + *std::ranges::max_element(facts.owner));
  for (std::size_t i = 0; i < owners; ++i) parties.push_back("P" + std::to_string(i + 10));
  const Detection detection =
      detect_motif_matches(accounts, facts, graph_of(party_transfers, parties), params, {});
  expect_well_formed(detection);
  return detection;
}

Words entities_of(const Finding& finding) {
  Words entities;
  for (const FindingEntity& entity : finding.entities) {
    entities.push_back(entity.key + " " + entity.role);
  }
  return entities;
}

Words subjects_of(const Detection& detection) {
  Words subjects;
  for (const Finding& finding : detection.findings) subjects.push_back(finding.subject);
  return subjects;
}

/// A and B pay C, who pays D; E pays F, unconnected.
std::vector<Transfer> collector() {
  return {{"A", "C", march(1), 900'000, "T1"},
          {"B", "C", march(2), 800'000, "T2"},
          {"C", "D", march(4), 1'600'000, "T3"},
          {"E", "F", march(5), 100'000, "T4"}};
}

TEST(MotifMatches, AMatchIsToldByTheNamesOfItsMotif) {
  const Detection detection = detect({collector()[0], collector()[2]},
                                     params_of("(payer)-[paid]->(c); (c)-[out]->(payee)"));
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "A");
  EXPECT_EQ(finding.evidence_key, "A from T1");
  EXPECT_EQ(finding.amount_minor, 900'000);
  EXPECT_EQ(finding.first_activity, march(1));
  EXPECT_EQ(finding.last_activity, march(4));
  EXPECT_EQ(steps_of(finding), (Words{"T1 paid 1", "T3 out 2"}));
  EXPECT_EQ(entities_of(finding), (Words{"A payer", "C c", "D payee"}));
  EXPECT_EQ(finding.explanation,
            "A is payer in 1 match of the motif: 2 transfers moved 9,000.00 USD within 3 days "
            "(2024-03-01 to 2024-03-04).");
  EXPECT_EQ(observed(finding, "moved"), "9000.00");
  EXPECT_EQ(observed(finding, "transfers"), "2");
  EXPECT_EQ(observed(finding, "duration_hours"), "72");
  EXPECT_EQ(observed(finding, "matches"), "1");
}

TEST(MotifMatches, ScoreIsOneHalfWhereTheFileSaysSo) {
  MotifMatchesParams params = params_of("(a)-[e]->(b)");
  params.score_half_at_minor = 450'000;
  EXPECT_DOUBLE_EQ(detect({collector()[0]}, params).findings.at(0).score, 0.75);
  params.score_half_at_minor = 900'000;
  EXPECT_DOUBLE_EQ(detect({collector()[0]}, params).findings.at(0).score, 0.5);
}

TEST(MotifMatches, MatchesOfOneSubjectThatShareATransferAreOneFinding) {
  MotifMatchesParams params = params_of("(payer)-[paid]->(c); (c)-[out]->(payee)");
  params.subject_vertex = "c";
  std::vector<Transfer> transfers = collector();
  transfers.push_back({"A", "C", march(40), 100'000, "T5"});
  transfers.push_back({"C", "E", march(41), 90'000, "T6"});
  const Detection detection = detect(transfers, params);
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(subjects_of(detection), (Words{"C", "C"}));
  EXPECT_EQ(steps_of(detection.findings[0]), (Words{"T1 paid 1", "T2 paid 1", "T3 out 2"}));
  EXPECT_EQ(observed(detection.findings[0], "matches"), "2");
  EXPECT_EQ(observed(detection.findings[0], "moved"), "17000.00") << "the larger of in and out";
  EXPECT_EQ(entities_of(detection.findings[0]), (Words{"A payer", "B payer", "C c", "D payee"}));
  EXPECT_EQ(detection.findings[1].evidence_key, "C from T5");
}

TEST(MotifMatches, OfASubjectThatTakesNoPartTheWholeCounts) {
  MotifMatchesParams params = params_of("(a)-[e]->(b); !(a)-[]->(x)");
  params.subject_vertex = "x";
  params.where = "x.id = 'F' and a.id = 'A'";
  const Detection detection = detect({collector()[0], collector()[3]}, params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings[0].subject, "F");
  EXPECT_EQ(steps_of(detection.findings[0]), (Words{"T1 e 1"}));
  EXPECT_EQ(evidence_of(detection.findings[0], "moved").sentence,
            "All together moved 9,000.00 USD in these transfers.");
}

TEST(MotifMatches, MatchesThatShareATransferButNoSubjectStayApart) {
  const Detection detection =
      detect(collector(), params_of("(payer)-[paid]->(c); (c)-[out]->(payee)"));
  EXPECT_EQ(subjects_of(detection), (Words{"A", "B"}));
}

TEST(MotifMatches, WhatHasNoNameIsCalledByWhatItIs) {
  MotifMatchesParams params = params_of("()-[]->(c); (c)-[out]->()");
  const Detection detection = detect({collector()[0], collector()[2]}, params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings[0].subject, "C");
  EXPECT_EQ(steps_of(detection.findings[0]), (Words{"T1 transfer 1", "T3 out 2"}));
  EXPECT_EQ(entities_of(detection.findings[0]), (Words{"A counterparty", "D counterparty", "C c"}));
}

TEST(MotifMatches, ATransferWithTwoRolesStandsOnceUnderTheFirst) {
  const Detection detection = detect({{"A", "B", march(1), 500, "T1"},
                                      {"B", "A", march(2), 500, "T2"},
                                      {"A", "B", march(3), 500, "T3"}},
                                     params_of("(a)-[go]->(b); (b)-[back]->(a)"));
  ASSERT_EQ(detection.findings.size(), 2U);
  EXPECT_EQ(steps_of(detection.findings[0]), (Words{"T1 go 1", "T2 back 2"}));
  MotifMatchesParams params = params_of("(a)-[one]->(b); (c)-[two]->(d)");
  params.distinct = graph::Distinct::kNone;
  params.time_order = TimeOrder::kNone;
  params.where = "one.id = 'T1'";
  const Detection pairs =
      detect({{"A", "B", march(1), 500, "T1"}, {"C", "D", march(1), 7, "T2"}}, params);
  ASSERT_EQ(pairs.findings.size(), 1U);
  EXPECT_EQ(steps_of(pairs.findings[0]), (Words{"T1 one 1", "T2 two 2"}));
  EXPECT_EQ(entities_with_role(pairs.findings[0], "c"), (Words{"A", "C"}));
}

TEST(MotifMatches, WhatANegationLeavesOutIsNotTold) {
  const Detection detection = detect(collector(), params_of("(a)-[e]->(b); !(b)-[]->()"));
  EXPECT_EQ(subjects_of(detection), (Words{"C", "E"}));
  MotifMatchesParams params = params_of("(a)-[]->(b); !(b)-[]->()");
  params.subject_vertex = "b";
  const Detection silent = detect(collector(), params);
  EXPECT_EQ(subjects_of(silent), (Words{"D", "F"}));
  EXPECT_TRUE(silent.findings[0].transfers.empty());
  EXPECT_EQ(silent.findings[0].evidence_key, "D");
  EXPECT_EQ(silent.findings[0].amount_minor, std::nullopt);
  EXPECT_EQ(silent.findings[0].explanation, "D is b in 1 match of the motif.");
  params.group_by = "b";
  const Detection groups = detect(collector(), params);
  EXPECT_EQ(subjects_of(groups), (Words{"D", "F"}));
  EXPECT_EQ(entities_of(groups.findings[0]), (Words{"D b"}));
}

TEST(MotifMatches, WalksOfSeveralLengthsAreTold) {
  MotifMatchesParams params = params_of("(a)-[hop*1..3]->(z)");
  params.where = "a.id = 'A' and z.id = 'D'";
  const Detection detection = detect(collector(), params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(steps_of(detection.findings[0]), (Words{"T1 hop[1] 1", "T3 hop[2] 2"}));
  EXPECT_EQ(entities_of(detection.findings[0]), (Words{"A a", "C hop(1)", "D z"}));
}

TEST(MotifMatches, ConditionsAskAboutAccountsAndMoney) {
  MotifMatchesParams params = params_of("(a)-[e]->(b)");
  const KnownFacts known{.owner = {{"A", "x"}, {"C", "x"}},
                         .country = {{"A", 1}, {"B", 2}, {"C", 2}},
                         .opened_at = {{"C", march(1) - 5 * kMicrosPerDay}}};
  const auto subjects = [&](const std::string& where) {
    params.where = where;
    return subjects_of(detect(collector(), params, known, {"", "NL", "CY"}));
  };
  EXPECT_EQ(subjects("a.country = 'NL'"), (Words{"A"}));
  EXPECT_EQ(subjects("b.country = 'CY'"), (Words{"A", "B"}));
  EXPECT_EQ(subjects("a.country is null"), (Words{"E"}));
  EXPECT_EQ(subjects("a.party_id = b.party_id"), (Words{"A"}));
  EXPECT_EQ(subjects("e.time - b.opened_on <= interval '5 days'"), (Words{"A"}));
  EXPECT_EQ(subjects("e.amount between 8000 and 8999.99"), (Words{"B"}));
  EXPECT_EQ(subjects("e.type = 'TRANSFER' and a.id = 'E'"), (Words{"E"}));
}

MotifMatchesParams grouped() {
  MotifMatchesParams params = params_of("(p)-[paid]->(c); (c)-[out]->(q)");
  params.group_by = "c";
  params.aggregates = {{"payers", "count(distinct p)"}, {"paid_in", "total(paid)"}};
  params.having = "count(distinct p) >= 2";
  return params;
}

TEST(MotifMatches, AGroupIsOneFindingWithItsAggregates) {
  const Detection detection = detect(collector(), grouped());
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject, "C");
  EXPECT_EQ(finding.evidence_key, "c");
  EXPECT_EQ(finding.evidence.front().feature, "payers");
  EXPECT_EQ(finding.evidence.front().sentence, "payers is 2: count(distinct p).");
  EXPECT_EQ(observed(finding, "paid_in"), "17000.00");
  EXPECT_EQ(observed(finding, "moved"), "17000.00");
  EXPECT_EQ(steps_of(finding), (Words{"T1 paid 1", "T2 paid 1", "T3 out 2"}));
  EXPECT_EQ(entities_of(finding), (Words{"A p", "B p", "C c", "D q"}));
  EXPECT_EQ(finding.explanation,
            "C is c of the motif with payers 2, paid_in 17000.00: 3 transfers moved 17,000.00 USD "
            "within 3 days (2024-03-01 to 2024-03-04).");
}

TEST(MotifMatches, OfALargeGroupTheFirstTransfersStand) {
  std::vector<Transfer> transfers;
  const auto most = static_cast<int>(kMostTransfersOfGroup);
  for (int i = 0; i <= most; ++i) {
    transfers.push_back({"S" + std::to_string(i), "C", march(1) + i, 100, {}});
  }
  MotifMatchesParams params = params_of("(p)-[paid]->(c)");
  params.group_by = "c";
  const Detection detection = detect(transfers, params);
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.transfers.size(), kMostTransfersOfGroup);
  EXPECT_EQ(finding.transfers.back().transfer_key, "T" + std::to_string(most));
  EXPECT_EQ(finding.entities.size(), kMostTransfersOfGroup + 1);
  EXPECT_EQ(observed(finding, "transfers"), std::to_string(most + 1));
  EXPECT_EQ(evidence_of(finding, "transfers").sentence,
            "1,001 transfers in the pattern; the first 1,000 transfers stand here.");
  EXPECT_EQ(observed(finding, "moved"), "1001.00") << "the whole group";
}

TEST(MotifMatches, HubsAreLeftOutAndReported) {
  MotifMatchesParams params = params_of("(a)-[e]->(b)");
  params.max_counterparties = 1;
  const Detection detection = detect(collector(), params);
  EXPECT_EQ(subjects_of(detection), (Words{"E"}));
  ASSERT_EQ(detection.ignored.size(), 1U);
  EXPECT_EQ(detection.ignored[0],
            "C is a hub with 2 payers and 1 payee, more than 1 on one side: left out.");
}

TEST(MotifMatches, MoreMatchesThanTheBudgetAreRefusedBeforeWorkWithTheirNumber) {
  MotifMatchesParams params = params_of("(a)-[e]->(b); (c)-[f]->(d)");
  params.distinct = graph::Distinct::kNone;
  params.time_order = TimeOrder::kNone;
  params.window.reset();
  params.mode = graph::MotifMode::kGraphFrames;
  params.max_counterparties = 0;
  EXPECT_FALSE(detect(collector(), params).truncated);
  params.max_rows = 15;
  try {
    detect(collector(), params);
    FAIL() << "16 matches were accepted";
  } catch (const std::length_error& error) {
    EXPECT_TRUE(
        std::string(error.what())
            .starts_with(
                "the motif has 16 matches, more than the 15 of max_rows: none was looked at"))
        << error.what();
  }
}

TEST(MotifMatches, ABudgetReachedOnTheWayIsTruncated) {
  MotifMatchesParams params = params_of("(p)-[paid]->(c); (c)-[out]->(q)");
  params.max_rows = 1;
  const Detection rows = detect(collector(), params);
  EXPECT_TRUE(rows.truncated);
  EXPECT_EQ(rows.findings.size(), 1U);
  params.max_rows = 2;
  EXPECT_FALSE(detect(collector(), params).truncated);
  params.max_steps = 1;
  EXPECT_TRUE(detect(collector(), params).truncated);
}

TEST(MotifMatches, GroupsOfWhichMatchesAreMissingAreRefused) {
  MotifMatchesParams params = grouped();
  params.aggregates.emplace_back("last_in", "max(paid.time)");
  EXPECT_EQ(observed(detect(collector(), params).findings.at(0), "last_in"),
            "2024-03-02T00:00:00Z");
  params.max_rows = 1;
  EXPECT_THROW(detect(collector(), params), std::length_error);
  params.aggregates.pop_back();
  EXPECT_THROW(detect(collector(), params), std::length_error);
}

TEST(MotifMatches, GroupsOfWhichTransfersAreMissingAreRefused) {
  std::vector<Transfer> transfers;
  for (const std::string collector : {"C1", "C2", "C3"}) {
    for (int i = 0; i < 4; ++i) {
      transfers.push_back({"P" + std::to_string(i), collector, march(1) + i, 100, {}});
      transfers.push_back({collector, "Q" + std::to_string(i), march(2) + i, 100, {}});
    }
  }
  MotifMatchesParams params = params_of("(p)-[paid]->(c); (c)-[out]->(q)");
  params.distinct = graph::Distinct::kNone;
  params.group_by = "c";
  params.aggregates = {{"n", "count(*)"}, {"paid_in", "total(paid)"}};
  const std::vector<Finding> whole = detect(transfers, params).findings;
  ASSERT_EQ(whole.size(), 3U);
  int refused = 0;
  int complete = 0;
  for (params.max_steps = 1; params.max_steps <= 100; ++params.max_steps) {
    SCOPED_TRACE(params.max_steps);
    try {
      const Detection detection = detect(transfers, params);
      ASSERT_LE(detection.findings.size(), whole.size());
      EXPECT_EQ(detection.truncated, detection.findings.size() < whole.size());
      for (std::size_t i = 0; i < detection.findings.size(); ++i) {
        EXPECT_EQ(finding_text(detection.findings[i]), finding_text(whole[i]));
      }
      complete += detection.truncated ? 0 : 1;
    } catch (const std::length_error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("the groups reached max_rows or max_steps"))
          << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(complete, 0);
}

TEST(MotifMatches, AStopEndsTheSearch) {
  const graph::TransferGraph accounts = graph_of(collector());
  std::stop_source stop;
  stop.request_stop();
  MotifMatchesParams without_rows = grouped();
  without_rows.distinct = graph::Distinct::kNone;
  for (const MotifMatchesParams& params :
       {params_of("(p)-[paid]->(c); (c)-[out]->(q)"), grouped(), without_rows}) {
    AccountFacts facts = facts_of(accounts, {});
    facts.country_names = {""};
    EXPECT_TRUE(
        detect_motif_matches(accounts, facts, accounts, params, {}, stop.get_token()).truncated);
  }
}

TEST(MotifMatches, AStopEndsPuttingTogetherAndTelling) {
  const graph::TransferGraph accounts = graph_of(collector());
  AccountFacts facts = facts_of(accounts, {});
  facts.country_names = {""};
  const MotifMatchesParams params = params_of("(p)-[paid]->(c); (c)-[out]->(q)");
  const graph::MotifQuery query = motif_query(params);
  const graph::GraphProperties properties = account_properties(facts, accounts, 2);
  const graph::BoundMotif bound = bind_accounts(query, params, accounts, properties);
  const MotifRoles roles(query);
  const BaseCurrency currency;
  const MotifTeller teller(accounts, params, roles, "p", currency);
  const auto stories = [&](const std::stop_token& stop) {
    MatchCollection collection(query, roles, "p");
    graph::visit_rows(
        query, bound, accounts, graph::kNoRowLimit,
        [&](std::size_t branch, const graph::MotifMatch& match) { collection.add(branch, match); });
    return std::move(collection).stories(stop);
  };
  std::stop_source stop;
  EXPECT_EQ(stories(stop.get_token()).size(), 2U);
  EXPECT_EQ(teller.findings_of(stories({}), stop.get_token()).size(), 2U);
  stop.request_stop();
  EXPECT_TRUE(stories(stop.get_token()).empty());
  EXPECT_TRUE(teller.findings_of(stories({}), stop.get_token()).empty());
}

TEST(MotifMatches, WhetherTransfersAreToldFollowsFromTheMotif) {
  const auto tells = [](const std::string& motif) {
    MotifMatchesParams params = params_of(motif);
    return tells_transfers(motif_query(params));
  };
  EXPECT_TRUE(tells("(a)-[e]->(b)"));
  EXPECT_TRUE(tells("(a)-[]->(b)"));
  EXPECT_TRUE(tells("(a)-[e]->(b); !(b)-[]->()"));
  EXPECT_TRUE(tells("(a)-[]->(b); (b)-[e]->(c); !(c)-[]->(a)"));
  EXPECT_FALSE(tells("(a)-[]->(b); !(b)-[]->()"));
}

std::string refused(const std::string& motif,
                    const std::function<void(MotifMatchesParams&)>& change) {
  MotifMatchesParams params = params_of(motif);
  change(params);
  return refusal([&] { validate(params); });
}

TEST(MotifMatches, ParametersOutOfRangeAreRefusedByName) {
  const auto of = [](const std::function<void(MotifMatchesParams&)>& change) {
    return refused("(a)-[e]->(b); (b)-[f]->(c)", change);
  };
  EXPECT_EQ(of([](auto&) {}), "accepted");
  EXPECT_EQ(of([](auto& p) { p.motif.clear(); }),
            "motif is missing: write one such as \"(a)-[e1]->(b); (b)-[e2]->(c)\"");
  EXPECT_EQ(of([](auto& p) { p.window.reset(); }),
            "window is missing: a match needs a bound in time, such as \"10 days\"");
  EXPECT_EQ(of([](auto& p) { p.window = 0; }), "window is 0 microseconds, must be above 0");
  EXPECT_EQ(of([](auto& p) { p.hop_window = -1; }),
            "hop_window is -1 microseconds, must be above 0");
  EXPECT_EQ(of([](auto& p) { p.score_half_at_minor = 0; }),
            "score_half_at is 0 minor units, must be above 0");
  EXPECT_EQ(of([](auto& p) { p.max_rows = 0; }), "max_rows is 0, must be above 0");
  EXPECT_EQ(of([](auto& p) { p.max_steps = 0; }), "max_steps is 0, must be above 0");
  EXPECT_EQ(of([](auto& p) { p.subject_vertex = "x"; }),
            "subject_vertex is x, must be a vertex of the motif in every branch");
  EXPECT_EQ(of([](auto& p) {
              p.group_by = "b";
              p.subject_vertex = "a";
            }),
            "subject_vertex is a, must be the vertex of the groups, b");
  EXPECT_EQ(of([](auto& p) {
              p.group_by = "b";
              p.aggregates = {{"moved", "count(*)"}};
            }),
            "aggregates: every finding has evidence called moved, choose another name");
  EXPECT_EQ(refused("(a)-[]->(b)", [](auto&) {}),
            "subject_vertex is missing: the motif names no transfer with a named sender");
  EXPECT_EQ(refused("(a)-[e", [](auto&) {}).substr(0, 10), "bad motif:");
  EXPECT_EQ(of([](auto& p) { p.where = "e.amount > 'x'"; }).substr(0, 10), "bad where:");
}

TEST(MotifMatches, WhatGraphFramesDoesNotKnowMustBeWrittenAsNone) {
  const auto graphframes = [](MotifMatchesParams& p) {
    p.mode = graph::MotifMode::kGraphFrames;
    p.time_order = TimeOrder::kNone;
    p.distinct = graph::Distinct::kNone;
    p.window.reset();
    p.max_counterparties = 0;
  };
  const auto of = [&](const std::function<void(MotifMatchesParams&)>& change) {
    return refused("(a)-[e]->(b)", [&](MotifMatchesParams& p) {
      graphframes(p);
      change(p);
    });
  };
  EXPECT_EQ(of([](auto&) {}), "accepted");
  const std::string all =
      " in mode graphframes, where time_order and distinct are none, max_counterparties is 0, and "
      "window, hop_window and group_by are absent";
  EXPECT_EQ(of([](auto& p) { p.time_order = TimeOrder::kLoose; }), "time_order must be none" + all);
  EXPECT_EQ(of([](auto& p) { p.distinct = graph::Distinct::kEdges; }),
            "distinct must be none" + all);
  EXPECT_EQ(of([](auto& p) { p.window = 1; }), "window must be absent" + all);
  EXPECT_EQ(of([](auto& p) { p.group_by = "a"; }), "group_by must be absent" + all);
  EXPECT_EQ(of([](auto& p) { p.max_counterparties = 1; }), "max_counterparties must be 0" + all);
}

RC_GTEST_PROP(MotifMatches, DoNotDependOnRowOrderOrThreads, ()) {
  const auto transfers = *rc::gen::resize(rc::kNominalSize, graph::testing::transfers_among(8, 50));
  MotifMatchesParams params = params_of(*rc::gen::element<std::string>(
      "(a)-[e]->(b); (b)-[f]->(c)", "(a)-[e]->(c); (b)-[f]->(c); !(a)-[]->(b)", "(a)-[e*1..2]->(b)",
      "(a)-[e]->(b); (b)-[]->(c); (c)-[f]->(a)", "(a)-[e]-(b)"));
  params.window = *rc::gen::element<graph::Micros>(2, 100);
  params.max_counterparties = *rc::gen::element(0U, 5U);
  params.max_rows = *rc::gen::element<std::uint64_t>(20, 1'000'000);
  params.max_steps = *rc::gen::element<std::uint64_t>(40, 1'000'000);
  if (*rc::gen::arbitrary<bool>()) {
    params.group_by = "b";
    params.aggregates = {{"n", "count(distinct a)"}};
  }
  const auto text_of = [&](const std::vector<Transfer>& rows) -> std::string {
    try {
      return detection_text(detect(rows, params));
    } catch (const std::length_error& error) {
      return error.what();
    }
  };
  text_for_any_order_and_threads(transfers, text_of);
}

}  // namespace
}  // namespace aml::detect
