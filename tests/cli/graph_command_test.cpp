// SPDX-License-Identifier: Apache-2.0
// aml graph: kernels on CSV files, as a user without a database meets them.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/process.hpp"

namespace aml::test {
namespace {

class GraphCommand : public testing::Test {
 protected:
  Ended run(const std::string& command, const std::string& edges,
            std::vector<std::string> options = {}) const {
    std::vector<std::string> arguments{"graph", command, "--edges", folder_.write("e.csv", edges)};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_aml(arguments);
  }

  TemporaryFolder folder_;
};

const char* const kRound =
    "src,dst,time,amount\n"
    "a,b,2024-01-01,10.5\n"
    "b,c,2024-01-02T10:00,3\n"
    "c,a,2024-01-03,4.125\n"
    "d,d,1704067200,1\n";

TEST_F(GraphCommand, ComponentsAreNamedByTheirSmallestId) {
  const Ended ended = run("components", kRound);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "id,component\na,a\nb,a\nc,a\nd,d\n");
}

TEST_F(GraphCommand, VerticesWithoutEdgesAreComponentsOfTheirOwn) {
  const Ended ended = run("components", "src,dst\n10,9\n",
                          {"--vertices", folder_.write("v.csv", "id\n9\n8\n10\n")});
  EXPECT_EQ(ended.out, "id,component\n8,8\n9,9\n10,9\n");
}

TEST_F(GraphCommand, IdsStayWhatTheyAreInCsv) {
  EXPECT_EQ(run("components", "src,dst\n=1+1,\"x,\"\"y\"\n").out,
            "id,component\n=1+1,=1+1\n\"x,\"\"y\",=1+1\n");
}

TEST_F(GraphCommand, CyclesAreTheirEdgesInOrder) {
  const Ended ended = run("cycles", kRound, {"--max-length", "4", "--window", "2 days"});
  EXPECT_EQ(ended.out, "cycle,step,src,dst,edge\n0,0,a,b,0\n0,1,b,c,1\n0,2,c,a,2\n");
  EXPECT_EQ(run("cycles", kRound, {"--max-length", "4", "--window", "47h"}).out,
            "cycle,step,src,dst,edge\n");
  EXPECT_EQ(run("cycles", kRound, {"--max-length", "2", "--window", "172800"}).out,
            "cycle,step,src,dst,edge\n");
}

TEST_F(GraphCommand, CyclesWithoutTimesNeedNoOrder) {
  const std::string edges = "src,dst\nb,a\na,b\n";
  const Ended refused = run("cycles", edges, {"--max-length", "3", "--window", "1d"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--time-order none"), std::string::npos) << refused.err;
  EXPECT_EQ(
      run("cycles", edges, {"--max-length", "3", "--window", "1d", "--time-order", "none"}).out,
      "cycle,step,src,dst,edge\n0,0,b,a,0\n0,1,a,b,1\n");
}

TEST_F(GraphCommand, MoreCyclesThanTheLimitIsSaidAndFails) {
  const Ended ended = run("cycles", "src,dst,time\na,b,1\nb,a,2\na,b,3\nb,a,4\n",
                          {"--max-length", "2", "--window", "60", "--limit", "2"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.err.find("raise --limit"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.out, "cycle,step,src,dst,edge\n0,0,a,b,0\n0,1,b,a,1\n1,0,a,b,0\n1,1,b,a,3\n");
}

const char* const kFriends =
    "src,dst,relationship\n0,1,friend\n1,0,follow\n1,2,friend\n2,3,follow\n2,0,unknown\n";

TEST_F(GraphCommand, MotifsHaveAColumnForEachNameAndRowsForEdges) {
  const std::string vertices = folder_.write("v.csv", "id,attr\n0,a\n1,b\n2,c\n3,d\n");
  const auto motif = [&](const std::string& pattern, std::vector<std::string> options) {
    options.insert(options.begin(), {pattern, "--vertices", vertices});
    return run("motif", kFriends, options);
  };
  EXPECT_EQ(motif("(a)-[]->(b);(b)-[]->(c);(c)-[]->(a)", {"--mode", "graphframes"}).out,
            "a,b,c\n0,1,2\n1,2,0\n2,0,1\n");
  EXPECT_EQ(motif("(a)-[]->(b);(b)-[]->(c);(c)-[]->(a)", {}).out, "a,b,c\n0,1,2\n");
  EXPECT_EQ(motif("(a)-[e]->(b)", {"--where", "e.relationship = 'friend' and b.attr <> 'b'"}).out,
            "a,e,b\n1,2,2\n");
  EXPECT_EQ(motif("(u)-[e*2..3]->(v)", {"--mode", "graphframes", "--count"}).out, "count\n14\n");
  EXPECT_EQ(motif("(a)-[e]->(b)", {"--limit", "1"}).out, "a,e,b\n0,0,1\n");
  EXPECT_EQ(motif("(a)-[e]->(b)",
                  {"--group-by", "b", "--aggregate", "n=count(*)", "--having", "count(*) > 1"})
                .out,
            "b,n\n0,2\n");
}

TEST_F(GraphCommand, WrongMotifsAreRefusedWithTheirPosition) {
  const Ended motif = run("motif", kFriends, {"(a)-[e->(b)"});
  EXPECT_EQ(motif.exit_code, 2);
  EXPECT_NE(motif.err.find("  (a)-[e->(b)\n        ^"), std::string::npos) << motif.err;
  EXPECT_EQ(run("motif", kFriends, {"(a)-[e]->(b)", "--where", "e.amount > 1"}).exit_code, 2);
  EXPECT_EQ(run("motif", kFriends, {"(a)-[e]->(b)", "--window", "1d"}).exit_code, 2);
  const Ended rows =
      run("motif", kFriends, {"(a)-[e]->(b)", "--distinct", "none", "--max-rows", "4"});
  EXPECT_EQ(rows.exit_code, 2);
  EXPECT_NE(rows.err.find("has 5 rows, more than the 4"), std::string::npos) << rows.err;
}

TEST_F(GraphCommand, OptionsOfAMotifThatWouldBeIgnoredAreRefused) {
  const std::vector<std::string> grouped{"(a)-[e]->(b)", "--group-by", "b", "--aggregate",
                                         "n=count(*)"};
  ASSERT_EQ(run("motif", kFriends, grouped).exit_code, 0);
  std::vector<std::string> counted = grouped;
  counted.push_back("--count");
  EXPECT_EQ(run("motif", kFriends, counted).exit_code, 2);
  std::vector<std::string> limited = grouped;
  limited.insert(limited.end(), {"--limit", "1"});
  EXPECT_EQ(run("motif", kFriends, limited).exit_code, 2);
  EXPECT_EQ(run("motif", kFriends, {"(a)-[e]->(b)", "--count", "--limit", "1"}).exit_code, 2);
  const Ended none = run("motif", kFriends, {"(a)-[e]->(b)", "--limit", "0"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.err.find("not in range 1 to"), std::string::npos) << none.err;
  EXPECT_EQ(none.err.find("0.000000"), std::string::npos) << none.err;
}

TEST_F(GraphCommand, RiskFlowsAsInThePublishedTable) {
  const std::string edges = "src,dst\n3,4\n3,5\n3,6\n4,7\n5,7\n6,9\n";
  const std::string vertices = folder_.write("v.csv", "id,risk\n3,10\n8,\n");
  EXPECT_EQ(run("propagate", edges, {"--vertices", vertices, "--rounds", "2"}).out,
            "id,risk,risk_score\n3,10,10\n4,0,5\n5,0,5\n6,0,5\n7,0,5\n8,0,0\n9,0,2.5\n");
  EXPECT_EQ(run("propagate", edges, {"--vertices", folder_.write("w.csv", "id\n3\n")}).exit_code,
            2);
  EXPECT_EQ(run("propagate", edges, {"--vertices", folder_.write("x.csv", "id,risk\n3,high\n")})
                .exit_code,
            2);
}

TEST_F(GraphCommand, StatisticsCountWhatIsThere) {
  const Ended ended = run("stats", kRound);
  for (const char* line :
       {"vertices,4\n", "edges,4\n", "self_loops,1\n", "weak_components,2\n",
        "largest_component,3\n", "total_amount,18.625\n", "first_time,2024-01-01T00:00:00Z\n",
        "last_time,2024-01-03T00:00:00Z\n"}) {
    EXPECT_NE(ended.out.find(line), std::string::npos) << line << ended.out;
  }
  EXPECT_EQ(run("stats", "src,dst\n").exit_code, 0);
}

TEST_F(GraphCommand, BadFilesAndWindowsAreRefused) {
  const Ended file = run("stats", "src,dst\na\n");
  EXPECT_EQ(file.exit_code, 4);
  EXPECT_NE(file.err.find("e.csv:2"), std::string::npos) << file.err;
  EXPECT_EQ(run("cycles", kRound, {"--max-length", "4", "--window", "soon"}).exit_code, 2);
  EXPECT_EQ(run("cycles", kRound, {"--max-length", "400", "--window", "1d"}).exit_code, 2);
}

TEST_F(GraphCommand, FeaturesOfAnEdgeFileAreAMatrixThatTheForestReads) {
  const std::string edges = folder_.write("e.csv",
                                          "src,dst,time,amount\na,b,2024-01-01T06:00,12.50\n"
                                          "\"c,d\",a,2024-01-01T18:00,100000\n");
  const std::string out = folder_.path("accounts.csv");
  const Ended ended = run_aml({"features", "--edges", edges, "--out", out});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(std::filesystem::status(out).permissions(), std::filesystem::perms(0600));
  const Ended accounts = run_aml({"features", "--edges", edges});
  EXPECT_EQ(accounts.out, content_of(out));
  EXPECT_TRUE(accounts.out.starts_with("account_id,transfers_in,transfers_out,amount_in,"));
  EXPECT_NE(accounts.out.find("\na,1,1,100000,12.5,100000,12.5,"), std::string::npos)
      << accounts.out;
  EXPECT_NE(accounts.out.find("\n\"c,d\",0,1,0,100000,"), std::string::npos) << accounts.out;
  const Ended fitted = run_aml({"forest", "fit", "--data", out, "--label", "account_id", "--model",
                                folder_.path("accounts.forest")});
  EXPECT_EQ(fitted.exit_code, 0) << fitted.err;

  const Ended transfers = run_aml({"features", "--transfers", "--edges", edges});
  EXPECT_TRUE(transfers.out.starts_with(
      "transfer_id,from_account_id,to_account_id,booked_at,amount,receiver_gap_hours,"))
      << transfers.out;
  EXPECT_NE(transfers.out.find("\n0,a,b,2024-01-01T06:00:00Z,12.50,,,1,12.5,1,1,0,0,0,6,1,"),
            std::string::npos)
      << transfers.out;
}

TEST_F(GraphCommand, FeaturesAreListedWithTheirMeaning) {
  const Ended accounts = run_aml({"--format", "csv", "features", "--list"});
  EXPECT_TRUE(
      accounts.out.starts_with("name,unit,window,description\ntransfers_in,transfers,"
                               "whole period,Transfers that the account received.\n"))
      << accounts.out;
  const Ended transfers = run_aml({"--format", "json", "features", "--transfers", "--list"});
  EXPECT_NE(transfers.out.find("\"name\": \"sender_gap_hours\""), std::string::npos);
}

TEST_F(GraphCommand, FeaturesNeedTimesAndAmountsAndAreCsv) {
  const std::string edges = folder_.write("e.csv", "src,dst,time\na,b,2024-01-01\n");
  const Ended ended = run_aml({"features", "--edges", edges});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("e.csv has no column 'amount'"), std::string::npos) << ended.err;
  EXPECT_EQ(run_aml({"--format", "json", "features", "--edges", edges}).exit_code, 2);
  EXPECT_EQ(run_aml({"features", "--edges", edges, "--as-of", "2024-01-01"}).exit_code, 2);
  EXPECT_EQ(run_aml({"features", "--list", "--out", folder_.path("x.csv")}).exit_code, 2);
}

}  // namespace
}  // namespace aml::test
