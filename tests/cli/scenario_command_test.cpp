// SPDX-License-Identifier: Apache-2.0
// aml scenario, as a user meets it.
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

std::string scenario_text(const std::string& id, const std::string& detector,
                          const std::string& params) {
  return R"({"schema_version": 1, "id": ")" + id +
         R"(", "version": 1, "title": "Two hops", "typology": "custom", "subject": "account", )" +
         R"("detector": ")" + detector + R"(", "params": )" + params + "}";
}

const char* const kTwoHops =
    R"json({"motif": "(a)-[e1]->(b); (b)-[e2]->(c)", "window": "3 days"})json";

TEST(ScenarioCommand, SqlGivesTheMatchesAndExplainTheirPlan) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const std::string target = database.target().conninfo;
  ASSERT_EQ(run_aml({"-d", target, "load",
                     folder.write("transfers.csv",
                                  "transfer_id,booked_at,from_account,to_account,amount\n"
                                  "T1,2024-03-01,A,B,5000.00\nT2,2024-03-02,B,C,4900.00\n")})
                .exit_code,
            0);
  const std::string file =
      folder.write("two_hops.json", scenario_text("two_hops", "motif", kTwoHops));
  const Ended sql = run_aml({"-d", target, "scenario", "sql", file});
  EXPECT_EQ(sql.exit_code, 0) << sql.err;
  EXPECT_TRUE(sql.out.starts_with("-- two_hops v1: Two hops\n")) << sql.out;
  EXPECT_TRUE(sql.out.ends_with(";\n")) << sql.out;
  EXPECT_EQ(database.query(sql.out), "A|T1|B|T2|C");

  const Ended plan = run_aml({"-d", target, "scenario", "explain", file});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_TRUE(plan.out.starts_with("two_hops v1: Two hops\n")) << plan.out;
  EXPECT_NE(plan.out.find("(a)-[e1]->(b)"), std::string::npos) << plan.out;

  const Ended run = run_aml({"-d", target, "run", file});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("two_hops,1,ok,1,"), std::string::npos) << run.out;
}

TEST(ScenarioCommand, OnlyAMotifIsAQuery) {
  const TemporaryFolder folder;
  const Ended ended = run_aml({"--dir", folder.path("none"), "scenario", "sql", "round_tripping"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("scenario round_tripping has detector cycles: only one with detector "
                           "motif is a query"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(
      run_aml({"--dir", folder.path("none"), "scenario", "explain", "round_tripping"}).exit_code,
      3);
}

TEST(ScenarioCommand, ExplainRefusesOtherDetectorsBeforeTheSnapshotIsRead) {
  const TestDatabase database;
  const Ended ended =
      run_aml({"-d", database.target().conninfo, "scenario", "explain", "round_tripping"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("scenario round_tripping has detector cycles"), std::string::npos)
      << ended.err;
  EXPECT_EQ(ended.err.find("read snapshot"), std::string::npos) << ended.err;
}

TEST(ScenarioCommand, AWrongMotifIsShownWithItsPlace) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "wrong.json",
      scenario_text(
          "wrong", "motif",
          R"json({"motif": "(a)-[e1]->(b)", "window": "1 day", "where": "e1.amout > 5"})json"));
  const Ended ended = run_aml({"--dir", folder.path("none"), "scenario", "check", file});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find(file + ": /params/where: bad where: "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("\n  e1.amout > 5\n"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("^"), std::string::npos) << ended.err;
}

TEST(ScenarioCommand, CheckWarnsOfTheIdOfAShippedScenario) {
  const TemporaryFolder folder;
  const auto check = [&](const std::string& id) {
    const Ended ended = run_aml({"--dir", folder.path("none"), "scenario", "check",
                                 folder.write("x.json", scenario_text(id, "motif", kTwoHops))});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.err;
  };
  EXPECT_NE(check("structuring").find("/id: structuring is a scenario that comes with the program"),
            std::string::npos);
  EXPECT_EQ(check("my_structuring").find("/id:"), std::string::npos);
}

TEST(ScenarioCommand, CheckWarnsOfAlertsWithoutTransfers) {
  const TemporaryFolder folder;
  const auto check = [&](const std::string& motif) {
    const std::string file = folder.write(
        "x.json", scenario_text("x", "motif",
                                R"json({"motif": ")json" + motif +
                                    R"json(", "window": "1 day", "subject_vertex": "b"})json"));
    const Ended ended = run_aml({"--dir", folder.path("none"), "scenario", "check", file});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.err;
  };
  EXPECT_NE(check("(a)-[]->(b); !(b)-[]->()")
                .find("/params/motif: there will be alerts without transfers"),
            std::string::npos);
  EXPECT_EQ(check("(a)-[e]->(b); !(b)-[]->()").find("/params/motif"), std::string::npos);
}

TEST(ScenarioCommand, CheckReadsMoneyInTheBaseCurrencyOfTheDatabase) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "x.json",
      scenario_text(
          "x", "motif",
          R"json({"motif": "(a)-[e]->(b)", "window": "1 day", "score_half_at": "0.125"})json"));
  const Ended in_dollars = run_aml({"-d", database.target().conninfo, "scenario", "check", file});
  EXPECT_EQ(in_dollars.exit_code, 2);
  EXPECT_NE(in_dollars.err.find("/params/score_half_at"), std::string::npos) << in_dollars.err;
  database.query(
      "UPDATE aml.properties SET value = CASE property WHEN 'base_currency' THEN 'BHD' ELSE '3' "
      "END "
      "WHERE property IN ('base_currency', 'base_currency_exponent')");
  EXPECT_EQ(run_aml({"-d", database.target().conninfo, "scenario", "check", file}).exit_code, 0);
  const Ended unknown = run_aml({"--dir", folder.path("none"), "scenario", "check", file});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("amounts are read as USD"), std::string::npos) << unknown.err;
  EXPECT_EQ(run_aml({"-d", "postgresql://127.0.0.1:1/bank", "scenario", "check", file}).exit_code,
            3);
  for (const char* name : {"AML_DATABASE_URL=postgresql://127.0.0.1:1/bank", "PGHOST=/nowhere"}) {
    const Ended named = run_aml({"--dir", folder.path("none"), "scenario", "check", file}, {name});
    EXPECT_EQ(named.exit_code, 3) << named.err;
    EXPECT_EQ(named.err.find("amounts are read as USD"), std::string::npos) << named.err;
  }
}

TEST(FeaturesCommand, GivesWhatARunWritesToGold) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const std::string target = database.target().conninfo;
  ASSERT_EQ(run_aml({"-d", target, "load",
                     folder.write("transfers.csv",
                                  "transfer_id,booked_at,from_account,to_account,amount\n"
                                  "T1,2024-03-01,A,B,5000.00\nT2,2024-03-02,B,C,4900.10\n"
                                  "T3,2024-03-05,C,A,0.07\n")})
                .exit_code,
            0);
  ASSERT_EQ(run_aml({"-d", target, "run", "fan_in"}).exit_code, 0);
  const Ended now = run_aml({"-d", target, "features"});
  ASSERT_EQ(now.exit_code, 0) << now.err;
  database.query(
      "CREATE TABLE from_csv (LIKE gold.account_features); "
      "ALTER TABLE from_csv DROP COLUMN run_id, DROP COLUMN valid_from");
  const std::string rows = now.out.substr(now.out.find('\n') + 1);
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t comma = rows.find(',', begin);
    const std::size_t end = rows.find('\n', begin);
    database.query("INSERT INTO from_csv VALUES ('" + rows.substr(begin, comma - begin) + "'" +
                   rows.substr(comma, end - comma) + ")");
    begin = end + 1;
  }
  EXPECT_EQ(database.query("SELECT * FROM from_csv ORDER BY account_id"),
            database.query("SELECT n.* FROM from_csv n JOIN gold.account_features f "
                           "ON ROW(n.*, f.run_id, f.valid_from) = ROW(f.*) ORDER BY n.account_id"));
  const Ended then = run_aml({"-d", target, "features", "--as-of", "2024-03-02"});
  EXPECT_NE(then.out.find("\nC,1,0,4900.1,0,"), std::string::npos) << then.out;
}

}  // namespace
}  // namespace aml::test
