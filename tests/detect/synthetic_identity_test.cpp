// SPDX-License-Identifier: Apache-2.0
#include "detect/synthetic_identity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "tests/detect/detection_text.hpp"
#include "tests/detect/story_checks.hpp"

namespace aml::detect {
namespace {

enum Kind : std::uint8_t { kAddress, kEmail, kPhone };

struct Statement {
  std::string party;
  Kind kind;
  std::string value;
};

graph::IdentityGraph identity_graph(const std::vector<Statement>& statements) {
  graph::AttributeColumns columns;
  columns.kind_names = {"address", "email", "phone"};
  std::map<std::string, graph::Vertex> positions;
  for (const Statement& statement : statements) {
    const auto [at, is_new] =
        positions.try_emplace(statement.party, static_cast<graph::Vertex>(positions.size()));
    if (is_new) columns.party_keys.push_back(statement.party);
    columns.party.push_back(at->second);
    columns.kind.push_back(statement.kind);
    columns.value.push_back(statement.value);
  }
  return graph::IdentityGraph(columns);
}

Detection detect(const std::vector<Statement>& statements,
                 const SyntheticIdentityParams& params = {}) {
  Detection detection = detect_synthetic_identities(identity_graph(statements), params);
  expect_well_formed(detection);
  return detection;
}

std::vector<std::string> parties(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back("P" + std::to_string(100 + i));
  return keys;
}

std::vector<Statement> sharing(int count, Kind kind, const std::string& value) {
  std::vector<Statement> statements;
  for (const std::string& party : parties(count)) statements.push_back({party, kind, value});
  return statements;
}

TEST(SyntheticIdentities, ChainOfSharedAttributesIsOneFinding) {
  const Detection detection = detect({{"P2", kEmail, "x@y.example"},
                                      {"P1", kEmail, "x@y.example"},
                                      {"P2", kPhone, "+15550100"},
                                      {"P3", kPhone, "+15550100"},
                                      {"P3", kAddress, "1 high st"},
                                      {"P4", kAddress, "2 low st"}});
  ASSERT_EQ(detection.findings.size(), 1U);
  const Finding& finding = detection.findings.front();
  EXPECT_EQ(finding.subject_kind, EntityKind::kParty);
  EXPECT_EQ(finding.subject, "P1");
  EXPECT_EQ(finding.evidence_key, "P1");
  EXPECT_EQ(finding.amount_minor, std::nullopt);
  EXPECT_TRUE(finding.transfers.empty());
  EXPECT_EQ(entities_with_role(finding, "member"), (std::vector<std::string>{"P1", "P2", "P3"}));
  EXPECT_EQ(
      finding.explanation,
      "3 parties (P1, P2 and P3) are connected by 1 email and 1 phone that two or more of them "
      "gave.");
  EXPECT_EQ(observed(finding, "parties"), "3");
  EXPECT_EQ(observed(finding, "kinds"), "2");
  EXPECT_EQ(observed(finding, "shared_email"), "x@y.example");
  EXPECT_EQ(evidence_of(finding, "shared_phone").sentence,
            "2 parties gave the phone \"+15550100\": P2 and P3.");
  EXPECT_EQ(finding.evidence.size(), 4U) << "what one party alone gave is no evidence";
}

TEST(SyntheticIdentities, SameValueOfTwoKindsConnectsNobody) {
  EXPECT_TRUE(detect({{"P1", kEmail, "1"}, {"P2", kPhone, "1"}}).findings.empty());
}

TEST(SyntheticIdentities, AttributeGivenTwiceByOnePartyIsNotShared) {
  EXPECT_TRUE(
      detect({{"P1", kEmail, "a"}, {"P1", kEmail, "a"}, {"P2", kEmail, "b"}}).findings.empty());
}

TEST(SyntheticIdentities, BandOfTheScoreIsSetByTheKinds) {
  const auto score_of = [](int count, int kinds) {
    std::vector<Statement> statements;
    for (const Kind kind : {kAddress, kEmail, kPhone}) {
      if (kind >= kinds) continue;
      const auto more = sharing(count, kind, "v");
      statements.insert(statements.end(), more.begin(), more.end());
    }
    return detect(statements).findings.at(0).score;
  };
  EXPECT_DOUBLE_EQ(score_of(2, 1), 0.2);
  EXPECT_DOUBLE_EQ(score_of(2, 2), 0.5);
  EXPECT_DOUBLE_EQ(score_of(2, 3), 0.8);
  for (int kinds = 1; kinds <= 3; ++kinds) {
    EXPECT_LT(score_of(2, kinds), score_of(3, kinds));
    EXPECT_LT(score_of(3, kinds), score_of(50, kinds));
  }
  EXPECT_LT(score_of(50, 1), 0.5);
  EXPECT_LT(score_of(50, 2), 0.8);
  EXPECT_LE(score_of(50, 3), 1.0);
}

TEST(SyntheticIdentities, OverSharedAttributeIsLeftOutAndReported) {
  std::vector<Statement> statements = sharing(4, kPhone, "switchboard");
  statements.push_back({"P100", kEmail, "a"});
  statements.push_back({"P101", kEmail, "a"});
  SyntheticIdentityParams params;
  params.max_parties_per_attribute = 3;
  const Detection detection = detect(statements, params);
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(entities_with_role(detection.findings.front(), "member"),
            (std::vector<std::string>{"P100", "P101"}));
  EXPECT_EQ(observed(detection.findings.front(), "kinds"), "1");
  EXPECT_EQ(detection.ignored,
            (std::vector<std::string>{
                "The phone \"switchboard\" was given by 4 parties, more than 3: left out."}));
  params.max_parties_per_attribute = 4;
  EXPECT_EQ(detect(statements, params).findings.at(0).entities.size(), 4U);
  EXPECT_TRUE(detect(statements, params).ignored.empty());
}

TEST(SyntheticIdentities, SmallAndOneSidedComponentsCanBeLeftOut) {
  std::vector<Statement> statements = sharing(3, kEmail, "a");
  statements.push_back({"Q1", kEmail, "b"});
  statements.push_back({"Q2", kEmail, "b"});
  statements.push_back({"Q1", kPhone, "b"});
  statements.push_back({"Q2", kPhone, "b"});
  const auto subjects = [&](std::uint32_t min_parties, std::uint32_t min_kinds) {
    SyntheticIdentityParams params;
    params.min_parties = min_parties;
    params.min_kinds = min_kinds;
    std::vector<std::string> found;
    for (const Finding& finding : detect(statements, params).findings) {
      found.push_back(finding.subject);
    }
    return found;
  };
  EXPECT_EQ(subjects(2, 1), (std::vector<std::string>{"Q1", "P100"}));
  EXPECT_EQ(subjects(3, 1), (std::vector<std::string>{"P100"}));
  EXPECT_EQ(subjects(2, 2), (std::vector<std::string>{"Q1"}));
  EXPECT_TRUE(subjects(3, 2).empty());
}

TEST(SyntheticIdentities, SentencesNameTenPartiesAndCountTheRest) {
  const Detection detection = detect(sharing(13, kAddress, "1 high st"));
  ASSERT_EQ(detection.findings.size(), 1U);
  EXPECT_EQ(detection.findings.front().entities.size(), 13U);
  EXPECT_NE(detection.findings.front().explanation.find("P109 and 3 more)"), std::string::npos);
}

TEST(SyntheticIdentities, ParametersOutOfRangeAreRefusedByName) {
  const auto refused = [](SyntheticIdentityParams params) {
    return refusal([&] { validate(params); });
  };
  EXPECT_EQ(refused({}), "accepted");
  EXPECT_EQ(refused({.max_parties_per_attribute = 1}),
            "max_parties_per_attribute is 1, must be at least 2");
  EXPECT_EQ(refused({.min_parties = 1}), "min_parties is 1, must be at least 2");
  EXPECT_EQ(refused({.min_kinds = 0}), "min_kinds is 0, must be in 1..3");
  EXPECT_EQ(refused({.min_kinds = 4}), "min_kinds is 4, must be in 1..3");
}

std::vector<Statement> random_statements() {
  const auto statement = rc::gen::construct<Statement>(
      rc::gen::map(rc::gen::inRange(0, 15), [](int i) { return "P" + std::to_string(i); }),
      rc::gen::element(kAddress, kEmail, kPhone),
      rc::gen::map(rc::gen::inRange(0, 8), [](int i) { return "v" + std::to_string(i); }));
  return *rc::gen::container<std::vector<Statement>>(statement);
}

/// The parties of each component with two or more, by spreading labels until nothing changes.
std::set<std::set<std::string>> expected_components(const std::vector<Statement>& statements,
                                                    std::size_t cap) {
  std::map<std::pair<int, std::string>, std::set<std::string>> givers;
  for (const Statement& s : statements) givers[{s.kind, s.value}].insert(s.party);
  std::map<std::string, std::string> label;
  for (const Statement& s : statements) label[s.party] = s.party;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [attribute, sharers] : givers) {
      if (sharers.size() > cap) continue;
      for (const std::string& a : sharers) {
        for (const std::string& b : sharers) {
          if (label[a] >= label[b]) continue;
          label[b] = label[a];
          changed = true;
        }
      }
    }
  }
  std::map<std::string, std::set<std::string>> components;
  for (const auto& [party, name] : label) components[name].insert(party);
  std::set<std::set<std::string>> shared;
  for (const auto& [name, members] : components) {
    if (members.size() >= 2) shared.insert(members);
  }
  return shared;
}

RC_GTEST_PROP(SyntheticIdentities, ComponentsAgreeWithSpreadingLabels, ()) {
  const auto statements = random_statements();
  SyntheticIdentityParams params;
  params.max_parties_per_attribute = *rc::gen::inRange(2U, 5U);
  const Detection detection = detect_synthetic_identities(identity_graph(statements), params);
  std::set<std::set<std::string>> found;
  for (const Finding& finding : detection.findings) {
    const auto members = entities_with_role(finding, "member");
    found.emplace(members.begin(), members.end());
  }
  RC_CLASSIFY(!found.empty(), "with components");
  RC_ASSERT(found == expected_components(statements, params.max_parties_per_attribute));
}

RC_GTEST_PROP(SyntheticIdentities, DoNotDependOnRowOrderOrThreads, ()) {
  const auto statements = random_statements();
  SyntheticIdentityParams params;
  params.max_parties_per_attribute = 3;
  const auto text_of = [&](const std::vector<Statement>& rows) {
    return detection_text(detect_synthetic_identities(identity_graph(rows), params));
  };
  const std::string one_thread = with_threads(1, [&] { return text_of(statements); });
  RC_ASSERT(with_threads(2, [&] { return text_of(statements); }) == one_thread);
  std::vector<Statement> reversed(statements.rbegin(), statements.rend());
  RC_ASSERT(text_of(reversed) == one_thread);
}

}  // namespace
}  // namespace aml::detect
