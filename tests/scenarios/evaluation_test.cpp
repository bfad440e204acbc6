// SPDX-License-Identifier: Apache-2.0
#include "scenarios/evaluation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "store/gold_writer.hpp"
#include "store/run_ledger.hpp"
#include "tests/support/commit_gold.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

detect::Finding alert_of_transfers(const std::string& subject,
                                   const std::vector<std::string>& transfers) {
  detect::Finding finding;
  finding.subject = subject;
  finding.score = 0.5;
  finding.explanation = "test";
  for (const std::string& key : transfers)
    finding.transfers.push_back({key, "hop", static_cast<int>(finding.transfers.size()) + 1, 0});
  return finding;
}

/// The first party is the subject.
detect::Finding alert_of_parties(const std::vector<std::string>& parties) {
  detect::Finding finding = alert_of_transfers(parties.front(), {});
  finding.subject_kind = detect::EntityKind::kParty;
  for (const std::string& key : parties)
    finding.entities.push_back({detect::EntityKind::kParty, key, "member"});
  return finding;
}

class Evaluation : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(labels_); }

  /// One run that finds exactly these for a typology.
  void find(const std::string& typology, const std::vector<detect::Finding>& findings) {
    const store::RunLock lock(connection_);
    const auto run_id = store::start_run(connection_, {"test", 1, 0, {typology}});
    store::GoldWriter writer(connection_, run_id, "USD", 2);
    std::vector<store::GradedFinding> graded;
    for (const auto& finding : findings) graded.push_back({&finding, "low"});
    writer.write({typology, 1, "t", typology, "test", "{}"}, graded, {});
    test::commit_gold(writer, 0);
  }
  std::map<std::string, TypologyQuality> evaluate_against(const std::string& rows) {
    write("typology,instance,entity_kind,entity_id,role,transfer_id\n" + rows);
    std::map<std::string, TypologyQuality> by_typology;
    for (TypologyQuality& quality : evaluate(connection_, labels_))
      by_typology[quality.typology] = std::move(quality);
    return by_typology;
  }
  void write(const std::string& text) const { std::ofstream(labels_, std::ios::binary) << text; }
  std::string refusal(const std::string& text) {
    write(text);
    try {
      evaluate(connection_, labels_);
    } catch (const ScenarioError& error) {
      return std::string(error.what()).substr(labels_.size());
    }
    return "(accepted)";
  }

  test::TestDatabase database_;
  store::Connection connection_ = database_.connect();
  const std::string labels_ =
      (std::filesystem::path(testing::TempDir()) / fmt::format("aml_labels_{}.csv", getpid()))
          .string();
};

const std::string kTwoRings =
    "round_tripping,ring-1,account,A1,member,\n"
    "round_tripping,ring-1,,,hop,T1\n"
    "round_tripping,ring-1,,,hop,T2\n"
    "round_tripping,ring-2,,,hop,T3\n"
    "round_tripping,ring-2,,,hop,T4\n";

TEST_F(Evaluation, AnInstanceIsFoundByAnAlertThatHoldsAllItsTransfers) {
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T9", "T2"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.planted, 2);
  EXPECT_EQ(quality.found, 1);
  EXPECT_EQ(quality.alerts, 1);
  EXPECT_EQ(quality.true_alerts, 1);
  EXPECT_EQ(quality.missed, std::vector<std::string>{"ring-2"});
  EXPECT_EQ(quality.recall(), 0.5);
  EXPECT_EQ(quality.precision(), 1);
}

TEST_F(Evaluation, AnAlertWithSomeOfTheTransfersIsTrueButFindsNothing) {
  find("round_tripping", {alert_of_transfers("A1", {"T1"}), alert_of_transfers("A2", {"T2"}),
                          alert_of_transfers("A3", {"T7", "T8"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.found, 0);
  EXPECT_EQ(quality.alerts, 3);
  EXPECT_EQ(quality.true_alerts, 2);
  EXPECT_EQ(quality.missed, (std::vector<std::string>{"ring-1", "ring-2"}));
}

TEST_F(Evaluation, OneAlertMayFindSeveralInstances) {
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T2", "T3", "T4"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.found, 2);
  EXPECT_EQ(quality.true_alerts, 1);
}

TEST_F(Evaluation, AnAlertOfAnotherTypologyFindsNothing) {
  find("structuring", {alert_of_transfers("A1", {"T1", "T2"})});
  auto qualities = evaluate_against(kTwoRings);
  EXPECT_EQ(qualities["round_tripping"].found, 0);
  EXPECT_EQ(qualities["round_tripping"].alerts, 0);
  EXPECT_EQ(qualities["round_tripping"].precision(), 1);
  EXPECT_EQ(qualities["structuring"].planted, 0);
  EXPECT_EQ(qualities["structuring"].alerts, 1);
  EXPECT_EQ(qualities["structuring"].true_alerts, 0);
  EXPECT_EQ(qualities["structuring"].recall(), 1);
}

TEST_F(Evaluation, WhatTheNewestRunNoLongerFindsDoesNotCount) {
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T2"})});
  find("round_tripping", {alert_of_transfers("A5", {"T5"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.found, 0);
  EXPECT_EQ(quality.alerts, 1);
  EXPECT_EQ(quality.true_alerts, 0);
}

const std::string kThreeMembers =
    "synthetic_identity,ring,party,P1,member,\n"
    "synthetic_identity,ring,party,P2,member,\n"
    "synthetic_identity,ring,party,P3,member,\n";

TEST_F(Evaluation, WithoutTransfersAllEntitiesMustBeNamed) {
  find("synthetic_identity", {alert_of_parties({"P1", "P9", "P3", "P2"})});
  const TypologyQuality quality = evaluate_against(kThreeMembers)["synthetic_identity"];
  EXPECT_EQ(quality.found, 1);
  EXPECT_EQ(quality.true_alerts, 1);
}

TEST_F(Evaluation, WithoutTransfersTwoEntitiesMakeAnAlertTrueOneDoesNot) {
  find("synthetic_identity", {alert_of_parties({"P1", "P2"}), alert_of_parties({"P3", "P8"})});
  const TypologyQuality quality = evaluate_against(kThreeMembers)["synthetic_identity"];
  EXPECT_EQ(quality.found, 0);
  EXPECT_EQ(quality.alerts, 2);
  EXPECT_EQ(quality.true_alerts, 1);
}

TEST_F(Evaluation, ASingleEntityMustBeTheSubject) {
  find("risk_exposure", {alert_of_parties({"P1", "P2"}), alert_of_parties({"P3", "P4"})});
  const TypologyQuality quality = evaluate_against(
      "risk_exposure,first,party,P1,exposed,\n"
      "risk_exposure,second,party,P4,exposed,\n"
      "risk_exposure,third,account,P3,exposed,\n")["risk_exposure"];
  EXPECT_EQ(quality.planted, 3);
  EXPECT_EQ(quality.found, 1);
  EXPECT_EQ(quality.alerts, 2);
  EXPECT_EQ(quality.true_alerts, 1);
  EXPECT_EQ(quality.missed, (std::vector<std::string>{"second", "third"}));
}

TEST_F(Evaluation, TheSameInstanceNameInTwoTypologiesIsTwoInstances) {
  find("structuring", {alert_of_transfers("A1", {"T1"})});
  auto qualities = evaluate_against("structuring,1,,,leg,T1\nround_tripping,1,,,hop,T1\n");
  EXPECT_EQ(qualities["structuring"].found, 1);
  EXPECT_EQ(qualities["round_tripping"].found, 0);
}

TEST_F(Evaluation, TypologiesStandInAlphabeticalOrder) {
  find("structuring", {alert_of_transfers("A1", {"T1"})});
  write("typology,instance,entity_kind,entity_id,role,transfer_id\n" + kThreeMembers + kTwoRings);
  std::vector<std::string> typologies;
  for (const TypologyQuality& quality : evaluate(connection_, labels_))
    typologies.push_back(quality.typology);
  EXPECT_EQ(typologies,
            (std::vector<std::string>{"round_tripping", "structuring", "synthetic_identity"}));
}

TEST_F(Evaluation, LabelsOfAnotherShapeAreRefusedWithTheirLine) {
  const std::string header = "typology,instance,entity_kind,entity_id,role,transfer_id\n";
  EXPECT_EQ(refusal("typology,instance\nx,y\n"),
            ":1:1: expected the columns typology,instance,entity_kind,entity_id,role,transfer_id");
  EXPECT_EQ(refusal(header + "t,i,,,hop,T1\nt,i,account,A1,member,T1\n"),
            ":3:1: a label names either a transfer or an entity");
  EXPECT_EQ(refusal(header + "t,i,,,hop,\n"), ":2:1: a label names either a transfer or an entity");
  EXPECT_EQ(refusal(header + "t,i,person,A1,member,\n"),
            ":2:1: entity_kind is account or party for an entity, empty for a transfer");
  EXPECT_EQ(refusal(header + "t,i,party,,hop,T1\n"),
            ":2:1: entity_kind is account or party for an entity, empty for a transfer");
  EXPECT_EQ(refusal(header + ",i,,,hop,T1\n"), ":2:1: no typology or no instance");
  EXPECT_EQ(refusal(header + "t,i\n"), ":2:1: wrong_column_count");
}

TEST_F(Evaluation, AMissingFileIsAStoreError) {
  EXPECT_THROW(evaluate(connection_, labels_ + ".missing"), store::StoreError);
}

}  // namespace
}  // namespace aml::scenarios
