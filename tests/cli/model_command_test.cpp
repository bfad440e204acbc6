// SPDX-License-Identifier: Apache-2.0
// aml model, as a model owner meets it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/cli/process.hpp"
#include "tests/scenarios/small_bank.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

class ModelCommand : public testing::Test {
 protected:
  void SetUp() override { insert_small_bank(database_); }

  Ended aml(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-d", database_.target().conninfo});
    return run_aml(arguments);
  }
  Ended model(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "model");
    return aml(std::move(arguments));
  }
  void train(int seed) const {
    const Ended ended = model({"train", "account_anomalies", "--seed", std::to_string(seed)});
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
  }

  TestDatabase database_;
  TemporaryFolder folder_;
};

TEST_F(ModelCommand, TellsTheStoryOfAModelFromTheFirstRunToARollback) {
  ASSERT_EQ(aml({"run", "anomalies"}).exit_code, 0);
  EXPECT_NE(aml({"explain", "A40"}).out.find("\n  Scored by account_anomalies version 1.\n"),
            std::string::npos);
  const Ended trained =
      model({"train", "account_anomalies", "--seed", "7", "--contamination", "0.1"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(trained.out.starts_with(
      "model,version,stage,rows,threshold,share_above_threshold,score_p50,score_p90,score_p99,"
      "score_max\naccount_anomalies,2,None,120,"))
      << trained.out;
  EXPECT_NE(trained.err.find("aml model promote account_anomalies 2 --reason"), std::string::npos);

  const Ended promoted =
      model({"promote", "account_anomalies", "latest", "--reason", "fewer false alerts"});
  EXPECT_EQ(promoted.exit_code, 0) << promoted.err;
  EXPECT_NE(promoted.err.find("version 2 is in production; version 1 was archived"),
            std::string::npos)
      << promoted.err;
  EXPECT_NE(aml({"run", "anomalies"}).out.find("anomalies,2,ok,"), std::string::npos);
  EXPECT_EQ(database_.query("SELECT DISTINCT model_version FROM gold.scores"), "2");
  EXPECT_EQ(model({"alias", "account_anomalies", "1", "champion", "--reason", "proven"}).exit_code,
            0);
  EXPECT_EQ(model({"promote", "account_anomalies", "champion", "--reason", "back"}).exit_code, 0);

  const std::string history = model({"history", "account_anomalies"}).out;
  EXPECT_TRUE(history.starts_with("changed_at,version,change,changed_by,reason\n")) << history;
  for (const char* line : {",1,registered,", ",1,None to Production,", ",1,Production to Archived,",
                           ",2,None to Production,", ",fewer false alerts\n", ",1,alias champion,",
                           ",1,Archived to Production,", ",version 1 takes its place: back\n"})
    EXPECT_NE(history.find(line), std::string::npos) << line << "\n" << history;

  const std::string today = database_.query("SELECT (now() AT TIME ZONE 'UTC')::date");
  const std::string periods = model({"history", "account_anomalies", "--on", today}).out;
  EXPECT_TRUE(periods.starts_with("version,since,until,promoted_by,reason\n1,")) << periods;
  EXPECT_EQ(model({"history", "account_anomalies", "--on", "2001-01-01"}).out,
            "version,since,until,promoted_by,reason\n");

  const std::string versions = model({"list"}).out;
  EXPECT_NE(versions.find("account_anomalies,2,Archived,,"), std::string::npos) << versions;
  EXPECT_NE(versions.find("account_anomalies,1,Production,champion,"), std::string::npos)
      << versions;
}

TEST_F(ModelCommand, ShowsAndComparesVersions) {
  ASSERT_EQ(aml({"run", "anomalies"}).exit_code, 0);
  train(7);
  const std::string shown = model({"show", "account_anomalies"}).out;
  for (const char* line :
       {"section,name,value,detail\n", "\nversion,version,1,\n", "\nversion,stage,Production,",
        "\ntraining,rows,120,\n", "\nparameter,seed,42,\n", "\nmetric,threshold,0.5,\n",
        "\ninput,transfers_in,double,\n", "\noutput,is_anomaly,boolean,\n",
        "None to Production,by ", "\ndrift,anomaly_score,0,\"none; run 1, anomalies, 120 rows"})
    EXPECT_NE(shown.find(line), std::string::npos) << line << "\n" << shown;
  EXPECT_NE(model({"show", "account_anomalies", "2"}).out.find("\nparameter,seed,7,\n"),
            std::string::npos);

  const Ended compared = model({"compare", "account_anomalies", "production", "2"});
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  for (const char* line : {"section,name,a,b,both\n", "\nparameter,seed,42,7,\n",
                           "\nnow,rows,,,120\n", "\nnow,rank_correlation,,,0.", "\nnow,flagged,"})
    EXPECT_NE(compared.out.find(line), std::string::npos) << line << "\n" << compared.out;
}

TEST_F(ModelCommand, WhatDoesNotScoreAccountsIsComparedByItsFiguresOnly) {
  const std::string rows = folder_.write("rows.csv", "size,weight\n1,2\n2,3\n3,3\n9,1\n");
  for (const char* seed : {"1", "2"})
    ASSERT_EQ(model({"train", "shoes", "--data", rows, "--seed", seed}).exit_code, 0);
  const Ended compared = model({"compare", "shoes", "1", "2"});
  EXPECT_EQ(compared.exit_code, 0);
  EXPECT_NE(compared.out.find("\nparameter,seed,1,2,\n"), std::string::npos) << compared.out;
  EXPECT_NE(compared.err.find("'size' is no feature of accounts"), std::string::npos)
      << compared.err;
}

TEST_F(ModelCommand, ARunWarnsOfDriftThatCallsForAction) {
  ASSERT_EQ(aml({"run", "anomalies"}).exit_code, 0);
  database_.write(
      "UPDATE silver.transfers SET valid_from = DEFAULT, amount_base = amount_base * 50");
  const Ended run = aml({"run", "anomalies"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.err.find("warning: anomalies: what is scored is no longer like what "
                         "account_anomalies version 1 was trained on: "),
            std::string::npos)
      << run.err;
  EXPECT_NE(model({"show", "account_anomalies"}).out.find(",\"act; run 2, anomalies, 120 rows"),
            std::string::npos);
}

TEST_F(ModelCommand, AConditionThatIsNotMetIsSaidAndIsNoSuccess) {
  train(1);
  const Ended worse = model({"train", "account_anomalies", "--promote-if", "rows>=1000"});
  EXPECT_EQ(worse.exit_code, 1);
  EXPECT_NE(worse.out.find("\naccount_anomalies,2,None,"), std::string::npos) << worse.out;
  EXPECT_NE(worse.err.find("--promote-if is not met: rows 120 >= 1000"), std::string::npos)
      << worse.err;
  const Ended better = model({"train", "account_anomalies", "--promote-if", "rows>=100"});
  EXPECT_EQ(better.exit_code, 0) << better.err;
  EXPECT_NE(better.out.find("\naccount_anomalies,3,Production,"), std::string::npos) << better.out;
}

TEST_F(ModelCommand, ExportsPrivatelyAndImportsWhatItExported) {
  train(1);
  const std::string file = folder_.path("m.forest");
  ASSERT_EQ(model({"export", "account_anomalies", "1", "--out", file}).exit_code, 0);
  for (const std::string& written : {file, file + ".json"}) {
    struct stat facts {};
    ASSERT_EQ(stat(written.c_str(), &facts), 0) << written;
    EXPECT_EQ(facts.st_mode & 0777U, 0600U) << written;
  }
  EXPECT_EQ(run_aml({"forest", "score", "--model", file, "--data",
                     folder_.write("no_rows.csv", "transfers_in\n1\n")})
                .exit_code,
            4)
      << "it is a model that aml forest reads, of columns that this file lacks";
  const Ended imported = model({"import", file});
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(database_.query("SELECT count(DISTINCT artifact_sha256), count(*) FROM "
                            "aml.model_versions"),
            "1|2");
  std::ofstream(file, std::ios::app) << "x";
  const Ended damaged = model({"import", file});
  EXPECT_EQ(damaged.exit_code, 4);
  EXPECT_NE(damaged.err.find("m.forest is not the artifact that "), std::string::npos)
      << damaged.err;
  std::ofstream(file + ".json") << "{}";
  EXPECT_EQ(model({"import", file}).exit_code, 2);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions"), "2");
}

TEST_F(ModelCommand, ADamagedVersionCannotBePutToUseButPutAway) {
  train(1);
  database_.query(
      "SET session_replication_role = replica; UPDATE aml.model_versions SET artifact = '\\x00'");
  const Ended promoted = model({"promote", "account_anomalies", "1", "--reason", "try"});
  EXPECT_EQ(promoted.exit_code, 4);
  EXPECT_NE(promoted.err.find("account_anomalies version 1 is damaged"), std::string::npos)
      << promoted.err;
  EXPECT_EQ(
      model({"export", "account_anomalies", "1", "--out", folder_.path("m.forest")}).exit_code, 4);
  EXPECT_EQ(model({"archive", "account_anomalies", "1", "--reason", "damaged"}).exit_code, 0);
}

TEST_F(ModelCommand, WrongUsageIsSaidWithWhatIsThere) {
  EXPECT_EQ(model({"list"}).out,
            "model,version,stage,aliases,trained_at,rows,window_until,roc_auc,average_precision,"
            "created_by,reason\n");
  const auto complaint = [&](const std::vector<std::string>& arguments) {
    const Ended ended = model(arguments);
    EXPECT_EQ(ended.exit_code, 2) << ended.err;
    return ended.err;
  };
  EXPECT_NE(complaint({"show", "m"}).find("there is no model 'm'"), std::string::npos);
  train(1);
  EXPECT_NE(complaint({"promote", "account_anomalies", "7", "--reason", "x"})
                .find("model account_anomalies has no version '7'"),
            std::string::npos);
  EXPECT_NE(complaint({"promote", "account_anomalies", "1"}).find("--reason is required"),
            std::string::npos);
  EXPECT_NE(complaint({"train", "Mine"}).find("model name 'Mine'"), std::string::npos);
  EXPECT_NE(complaint({"train", "mine", "--promote-if", "beauty>1"}).find("no metric 'beauty'"),
            std::string::npos);
  EXPECT_NE(complaint({"train", "mine", "--promote-if", "roc_auc>0.5"}).find("--labels"),
            std::string::npos);
  EXPECT_NE(complaint({"history", "account_anomalies", "--on", "soon"}).find("--on: expected"),
            std::string::npos);
  EXPECT_EQ(database_.query("SELECT count(*) FROM aml.model_versions"), "1");
}

}  // namespace
}  // namespace aml::test
