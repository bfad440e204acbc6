// SPDX-License-Identifier: Apache-2.0
// aml graph: kernels on CSV files, as a user without a database meets them.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace aml::test
