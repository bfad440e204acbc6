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
    writer.write({{{typology, 1, "t", typology, "test", "{}"}, graded}});
    test::commit_gold(writer, 0);
  }
  std::map<std::string, TypologyQuality> evaluate_against(const std::string& rows) {
    write("typology,instance,entity_kind,entity_id,role,transfer_id\n" + rows);
    std::map<std::string, TypologyQuality> by_typology;
    for (TypologyQuality& quality : evaluate(connection_, read_labels(connection_, labels_)))
      by_typology[quality.typology] = std::move(quality);
    return by_typology;
  }
  void write(const std::string& text) const { std::ofstream(labels_, std::ios::binary) << text; }
  std::string refusal(const std::string& text) {
    write(text);
    try {
      evaluate(connection_, read_labels(connection_, labels_));
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
  EXPECT_EQ(quality.instances.labelled, 2);
  EXPECT_EQ(quality.instances.found, 1);
  EXPECT_EQ(quality.instances.flagged, 1);
  EXPECT_EQ(quality.instances.right, 1);
  EXPECT_EQ(quality.missed, std::vector<std::string>{"ring-2"});
  EXPECT_EQ(quality.instances.recall(), 0.5);
  EXPECT_EQ(quality.instances.precision(), 1);
}

TEST_F(Evaluation, AnAlertWithSomeOfTheTransfersIsTrueButFindsNothing) {
  find("round_tripping", {alert_of_transfers("A1", {"T1"}), alert_of_transfers("A2", {"T2"}),
                          alert_of_transfers("A3", {"T7", "T8"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.instances.found, 0);
  EXPECT_EQ(quality.instances.flagged, 3);
  EXPECT_EQ(quality.instances.right, 2);
  EXPECT_EQ(quality.missed, (std::vector<std::string>{"ring-1", "ring-2"}));
}

TEST_F(Evaluation, OneAlertMayFindSeveralInstances) {
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T2", "T3", "T4"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.instances.found, 2);
  EXPECT_EQ(quality.instances.right, 1);
}

TEST_F(Evaluation, AnAlertOfAnotherTypologyFindsNothing) {
  find("structuring", {alert_of_transfers("A1", {"T1", "T2"})});
  auto qualities = evaluate_against(kTwoRings);
  EXPECT_EQ(qualities["round_tripping"].instances.found, 0);
  EXPECT_EQ(qualities["round_tripping"].instances.flagged, 0);
  EXPECT_EQ(qualities["round_tripping"].instances.precision(), 1);
  EXPECT_EQ(qualities["structuring"].instances.labelled, 0);
  EXPECT_EQ(qualities["structuring"].instances.flagged, 1);
  EXPECT_EQ(qualities["structuring"].instances.right, 0);
  EXPECT_EQ(qualities["structuring"].instances.recall(), 1);
}

TEST_F(Evaluation, WhatTheNewestRunNoLongerFindsDoesNotCount) {
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T2"})});
  find("round_tripping", {alert_of_transfers("A5", {"T5"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.instances.found, 0);
  EXPECT_EQ(quality.instances.flagged, 1);
  EXPECT_EQ(quality.instances.right, 0);
}

const std::string kThreeMembers =
    "synthetic_identity,ring,party,P1,member,\n"
    "synthetic_identity,ring,party,P2,member,\n"
    "synthetic_identity,ring,party,P3,member,\n";

TEST_F(Evaluation, WithoutTransfersAllEntitiesMustBeNamed) {
  find("synthetic_identity", {alert_of_parties({"P1", "P9", "P3", "P2"})});
  const TypologyQuality quality = evaluate_against(kThreeMembers)["synthetic_identity"];
  EXPECT_EQ(quality.instances.found, 1);
  EXPECT_EQ(quality.instances.right, 1);
}

TEST_F(Evaluation, WithoutTransfersTwoEntitiesMakeAnAlertTrueOneDoesNot) {
  find("synthetic_identity", {alert_of_parties({"P1", "P2"}), alert_of_parties({"P3", "P8"})});
  const TypologyQuality quality = evaluate_against(kThreeMembers)["synthetic_identity"];
  EXPECT_EQ(quality.instances.found, 0);
  EXPECT_EQ(quality.instances.flagged, 2);
  EXPECT_EQ(quality.instances.right, 1);
}

TEST_F(Evaluation, ASingleEntityMustBeTheSubject) {
  find("risk_exposure", {alert_of_parties({"P1", "P2"}), alert_of_parties({"P3", "P4"})});
  const TypologyQuality quality = evaluate_against(
      "risk_exposure,first,party,P1,exposed,\n"
      "risk_exposure,second,party,P4,exposed,\n"
      "risk_exposure,third,account,P3,exposed,\n")["risk_exposure"];
  EXPECT_EQ(quality.instances.labelled, 3);
  EXPECT_EQ(quality.instances.found, 1);
  EXPECT_EQ(quality.instances.flagged, 2);
  EXPECT_EQ(quality.instances.right, 1);
  EXPECT_EQ(quality.missed, (std::vector<std::string>{"second", "third"}));
}

TEST_F(Evaluation, TheSameInstanceNameInTwoTypologiesIsTwoInstances) {
  find("structuring", {alert_of_transfers("A1", {"T1"})});
  auto qualities = evaluate_against("structuring,1,,,leg,T1\nround_tripping,1,,,hop,T1\n");
  EXPECT_EQ(qualities["structuring"].instances.found, 1);
  EXPECT_EQ(qualities["round_tripping"].instances.found, 0);
}

TEST_F(Evaluation, LabelsOfAnyTypologyAreHeldAgainstTheAlertsOfAll) {
  find("structuring", {alert_of_transfers("A1", {"T1", "T2"})});
  find("round_tripping", {alert_of_transfers("A1", {"T2", "T9"})});
  auto qualities = evaluate_against("any,1,,,,T1\nany,2,,,,T3\nstructuring,1,,,leg,T1\n");
  const TypologyQuality& any = qualities["any"];
  EXPECT_EQ(any.instances.labelled, 2);
  EXPECT_EQ(any.instances.found, 1);
  EXPECT_EQ(any.instances.flagged, 2);
  EXPECT_EQ(any.instances.right, 1);
  EXPECT_EQ(any.transfers.labelled, 2);
  EXPECT_EQ(any.transfers.found, 1);
  EXPECT_EQ(any.transfers.flagged, 3);  // T2 once
  EXPECT_EQ(any.missed, std::vector<std::string>{"2"});
  EXPECT_EQ(qualities["structuring"].instances.flagged, 1);
  EXPECT_EQ(qualities["round_tripping"].instances.flagged, 1);
}

TEST_F(Evaluation, TypologiesStandInAlphabeticalOrder) {
  find("structuring", {alert_of_transfers("A1", {"T1"})});
  write("typology,instance,entity_kind,entity_id,role,transfer_id\n" + kThreeMembers + kTwoRings);
  std::vector<std::string> typologies;
  for (const TypologyQuality& quality : evaluate(connection_, read_labels(connection_, labels_)))
    typologies.push_back(quality.typology);
  EXPECT_EQ(typologies,
            (std::vector<std::string>{"round_tripping", "structuring", "synthetic_identity"}));
}

TEST_F(Evaluation, LabelsOfAnotherShapeAreRefusedWithTheirLine) {
  const std::string header = "typology,instance,entity_kind,entity_id,role,transfer_id\n";
  EXPECT_EQ(refusal("typology,instance\nx,y\n"),
            ":1:1: expected the columns typology,instance,entity_kind,entity_id,role,transfer_id, "
            "or AMLSim's "
            "alert_transactions or alert_accounts, or AMLworld's *_Patterns.txt or *_Trans.csv");
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

TEST_F(Evaluation, TransfersAndEntitiesAreCountedOneByOne) {
  database_.write(
      "INSERT INTO silver.transfers SELECT 'T' || i, now(), 'A' || i, 'A' || i + 1, 1, 'USD', 1, "
      "'TRANSFER', 1, i FROM generate_series(1, 4) AS i");
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T9"})});
  const TypologyQuality quality = evaluate_against(kTwoRings)["round_tripping"];
  EXPECT_EQ(quality.touched, 1);
  EXPECT_EQ(quality.transfers.labelled, 4);
  EXPECT_EQ(quality.transfers.found, 1);
  EXPECT_EQ(quality.transfers.flagged, 2);
  EXPECT_EQ(quality.transfers.precision(), 0.5);
  EXPECT_EQ(quality.transfers.recall(), 0.25);
  EXPECT_DOUBLE_EQ(quality.transfers.f1(), 1.0 / 3);
  EXPECT_EQ(quality.entities.labelled, 5);  // A1 to A5, of transfers
  EXPECT_EQ(quality.entities.found, 1);
}

TEST_F(Evaluation, AmlsimLabelsAreReadUnderOurNames) {
  write(
      "alert_id,alert_type,is_sar,tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp\n"
      "37,cycle,True,138,692,11750,TRANSFER,881.19,2017-01-01T00:00:00Z\n");
  auto labels = read_labels(connection_, labels_);
  ASSERT_EQ(labels.size(), 1u);
  EXPECT_EQ(labels[0].typology, "round_tripping");
  EXPECT_EQ(labels[0].instance, "37");
  EXPECT_EQ(labels[0].transfer_id, "138");
  EXPECT_EQ(labels[0].entity_id, "");
  write("alert_id,alert_type,acct_id,acct_name,is_sar\n0,fan_in,376,376,True\n");
  labels = read_labels(connection_, labels_);
  ASSERT_EQ(labels.size(), 1u);
  EXPECT_EQ(labels[0].typology, "fan_in");
  EXPECT_EQ(labels[0].entity_kind, "account");
  EXPECT_EQ(labels[0].entity_id, "376");
  EXPECT_EQ(labels[0].transfer_id, "");
}

TEST_F(Evaluation, FilesOfOneAmlsimSetCompleteEachOther) {
  write("alert_id,alert_type,tran_id\n37,cycle,138\n");
  const std::string accounts = labels_ + ".accounts";
  std::ofstream(accounts, std::ios::binary) << "alert_id,alert_type,acct_id\n37,cycle,692\n";
  const auto labels = read_labels(connection_, std::vector{labels_, accounts});
  std::filesystem::remove(accounts);
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].instance, "37");
  EXPECT_EQ(labels[1].instance, "37");
  EXPECT_EQ(evaluate(connection_, labels).at(0).instances.labelled, 1);
}

TEST_F(Evaluation, IsKeptBesideTheRunOnceForTheSameLabels) {
  find("round_tripping", {alert_of_transfers("A1", {"T1", "T2"})});
  write("typology,instance,entity_kind,entity_id,role,transfer_id\n" + kTwoRings);
  const auto labels = read_labels(connection_, labels_);
  for (const char* files : {"old.csv", "new.csv"})
    record_evaluation(connection_, 1, labels, files, evaluate(connection_, labels));
  EXPECT_EQ(database_.query("SELECT level, labels, labelled, found, flagged, right_flags "
                            "FROM aml.evaluations ORDER BY level"),
            "entity|new.csv|1|1|1|1\ninstance|new.csv|2|1|1|1\ntransfer|new.csv|4|2|2|2");
  EXPECT_THROW(record_evaluation(connection_, 99, labels, "x", evaluate(connection_, labels)),
               store::StoreError);
}

TEST_F(Evaluation, AMissingFileIsAStoreError) {
  EXPECT_THROW(read_labels(connection_, labels_ + ".missing"), store::StoreError);
}

}  // namespace
}  // namespace aml::scenarios
