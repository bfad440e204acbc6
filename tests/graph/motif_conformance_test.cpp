// SPDX-License-Identifier: Apache-2.0
// What GraphFrames answers to motifs, on the graph of four vertices of its PatternMatchSuite.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "graph/motif.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::Transfer;
using Rows = std::vector<std::string>;

/// 0->1 friend, 1->0 follow, 1->2 friend, 2->3 follow, 2->0 unknown.
std::vector<Transfer> suite_transfers() {
  return {{"0", "1", 0, 1, "p"},
          {"1", "0", 0, 1, "q"},
          {"1", "2", 0, 1, "r"},
          {"2", "3", 0, 1, "s"},
          {"2", "0", 0, 1, "t"}};
}

std::string cell(const TransferGraph& graph, const MotifColumn& column, int position,
                 const MotifMatch& match) {
  if (position < 0) return "-";
  const auto at = static_cast<std::size_t>(position);
  return std::string(column.kind == MotifColumn::Kind::kVertex
                         ? graph.key(match.vertices[at])
                         : graph.transfer_key(match.edges[at]));
}

/// Every row of the motif as its keys in the order of the columns; "-" for an element that the row
/// does not have.
Rows rows(const std::string& text, const std::vector<Transfer>& transfers = suite_transfers()) {
  const TransferGraph graph = graph_of(transfers);
  const Motif motif = read_motif(text, MotifMode::kGraphFrames);
  MotifConstraints literal;
  literal.distinct_vertices = false;
  literal.distinct_edges = false;
  Rows all;
  for (const MotifBranch& branch : motif.branches) {
    find_motif(graph, branch.pattern, literal, [&](const MotifMatch& match) {
      std::string row;
      for (std::size_t c = 0; c < motif.columns.size(); ++c) {
        const MotifColumn& column = motif.columns[c];
        if (column.kind == MotifColumn::Kind::kHop) row += branch.hop;
        if (column.kind == MotifColumn::Kind::kDirection) row += branch.direction;
        if (column.kind != MotifColumn::Kind::kVertex && column.kind != MotifColumn::Kind::kEdge) {
          continue;
        }
        row += cell(graph, column, branch.positions[c], match);
      }
      all.push_back(row);
    });
  }
  std::ranges::sort(all);
  return all;
}

Rows starting_with(char first, Rows all) {
  std::erase_if(all, [&](const std::string& row) { return row[0] != first; });
  return all;
}

Rows sorted(Rows all) {
  std::ranges::sort(all);
  return all;
}

TEST(MotifConformance, VerticesAndEdges) {
  EXPECT_EQ(rows("(a)"), (Rows{"0", "1", "2", "3"}));
  EXPECT_EQ(rows("(u)-[]->(v)"), (Rows{"01", "10", "12", "20", "23"}));
  EXPECT_EQ(rows("(u)-[]->()"), (Rows{"0", "1", "1", "2", "2"}));
  EXPECT_EQ(rows("()-[uv]->()"), (Rows{"p", "q", "r", "s", "t"}));
  EXPECT_TRUE(rows("").empty());
}

TEST(MotifConformance, JoinsAndCrossJoins) {
  EXPECT_EQ(rows("(a)-[]->(b);(b)-[]->(c);(c)-[]->(a)"), (Rows{"012", "120", "201"}));
  Rows closed = rows("(a)-[]->(b);(b)-[]->(c);(d)-[]->(e)");
  std::erase_if(closed, [](const std::string& r) { return r[2] != r[3] || r[4] != r[0]; });
  EXPECT_EQ(closed, (Rows{"01220", "12001", "20112"}));
  EXPECT_EQ(rows("(a)-[]->(b);(c)-[]->(d)").size(), 25U);
}

TEST(MotifConformance, Negation) {
  EXPECT_EQ(rows("(a)-[]->(b); !(b)-[]->(a)"), (Rows{"12", "20", "23"}));
  EXPECT_EQ(rows("(a)-[]->(b);(b)-[]->(c);!(c)-[]->(a)"), (Rows{"010", "101", "123"}));
  EXPECT_EQ(rows("(u)-[]->(v);(v)-[]->(w);!(u)-[]->(w);!(w)-[]->(u)"), (Rows{"010", "101", "123"}));
  EXPECT_EQ(rows("(a)-[]->(b);!(b)-[]->()"), (Rows{"23"}));
  EXPECT_EQ(rows("()-[e]->(v);!(v)-[]->()"), (Rows{"s3"}));
  EXPECT_TRUE(rows("(a)-[]->(b);!(a)-[]->(b)").empty());
}

TEST(MotifConformance, VerticesOnlyInNegatedTerms) {
  EXPECT_EQ(rows("(a)-[]->(b);!(b)-[]->(c)"),
            sorted({"011", "013", "100", "102", "103", "121", "122", "230", "231", "232", "233",
                    "200", "202", "203"}));
  const Rows pairs = rows("(a)-[]->(b);!(c)-[]->(d)");
  EXPECT_EQ(pairs.size(), 55U);
  EXPECT_EQ(std::set<std::string>(pairs.begin(), pairs.end()).size(), 55U);
  EXPECT_EQ(rows("(a)-[]->(b);!(c)-[]->()"), sorted({"013", "103", "123", "233", "203"}));
  EXPECT_EQ(rows("(a)-[]->(b);!(b)-[]->(c);!(c)-[]->(a)"),
            sorted({"013", "102", "103", "121", "122", "230", "232", "233", "200", "202", "203"}));
  EXPECT_EQ(starting_with('0', rows("(a)-[]->(b);!(a)-[]->(c);!(c)-[]->(d)")),
            (Rows{"0100", "0102", "0103", "0121", "0122", "0130", "0131", "0132", "0133"}));
  EXPECT_EQ(rows("!(v)-[]->()"), (Rows{"3"}));
  EXPECT_EQ(rows("!(u)-[]->(v)"),
            sorted({"00", "02", "03", "11", "13", "21", "22", "30", "31", "32", "33"}));
}

TEST(MotifConformance, SelfLoops) {
  auto transfers = suite_transfers();
  transfers.push_back({"1", "1", 0, 1, "x"});
  transfers.push_back({"3", "3", 0, 1, "y"});
  EXPECT_EQ(rows("(a)-[]->(a)", transfers), (Rows{"1", "3"}));
  Rows different = rows("(a)-[]->(b);(a)-[]->(a)", transfers);
  std::erase_if(different, [](const std::string& row) { return row[0] == row[1]; });
  EXPECT_EQ(different, (Rows{"10", "12"}));
}

TEST(MotifConformance, ParallelTransfersMultiplyRowsUnlessANegatedTermFollows) {
  auto transfers = suite_transfers();
  transfers.push_back({"1", "0", 0, 1, "x"});
  transfers.push_back({"1", "2", 0, 1, "y"});
  EXPECT_EQ(starting_with('1', rows("(a)-[]->(b)", transfers)), (Rows{"10", "10", "12", "12"}));
  EXPECT_EQ(starting_with('1', rows("(a)-[]->(b);!(b)-[]->(a)", transfers)), (Rows{"12"}));
  EXPECT_EQ(starting_with('1', rows("(a)-[e]->(b);!(b)-[]->(a)", transfers)), (Rows{"1r2", "1y2"}));
}

TEST(MotifConformance, FixedLengths) {
  const Rows three = {"0101", "0120", "0123"};
  EXPECT_EQ(starting_with('0', rows("(u)-[*3]->(v)")), three);
  EXPECT_EQ(starting_with('0', rows("(u)-[*2]->(v);(v)-[]->(w)")), three);
  EXPECT_EQ(starting_with('0', rows("(u)-[]->(v);(v)-[*2]->(w)")), three);
  const Rows five = sorted({"012010", "010101", "012012", "010120", "010123"});
  EXPECT_EQ(starting_with('0', rows("(u)-[*5]->(v)")), five);
  EXPECT_EQ(starting_with('0', rows("(u)-[*2]->(v);(v)-[*3]->(w)")), five);
  const Rows last_named = starting_with('0', rows("(u)-[*2]->(v);(v)-[*2]->(w);(w)-[e]->(x)"));
  EXPECT_EQ(last_named, sorted({"01201q0", "01010p1", "01201r2", "01012t0", "01012s3"}));
  EXPECT_EQ(rows("(u)-[*2]->(v)").size(), 6U);
  EXPECT_EQ(rows("(u)-[*3]->(v)").size(), 8U);
  EXPECT_EQ(rows("(u)-[*4]->(v)").size(), 11U);
  EXPECT_EQ(rows("(u)-[*5]->(v)").size(), 14U);
  EXPECT_EQ(rows("()-[e*3]->()").size(), 8U);
  EXPECT_EQ(rows("(v)<-[*2]-(u)"), rows("(u)-[*2]->(v)"));
}

TEST(MotifConformance, RangesOfLengths) {
  EXPECT_EQ(rows("(u)-[*2..3]->(v)").size(), 14U);
  EXPECT_EQ(rows("(u)-[*3..5]->(v)").size(), 33U);
  EXPECT_EQ(rows("(u)-[e*1..3]-(v)").size(), 38U);
  EXPECT_EQ(rows("(u)-[e*3]-(v)").size(), 16U);
  // u _uv1 v _hop _direction, and the shorter length without the middle vertex.
  EXPECT_EQ(starting_with('0', rows("(u)-[*1..2]->(v)")), (Rows{"0-11out", "0102out", "0122out"}));
}

TEST(MotifConformance, UndirectedTerms) {
  const Rows from_zero = starting_with('0', rows("(u)-[]-(v)"));
  EXPECT_EQ(from_zero, (Rows{"01in", "01out", "02in"}));
  EXPECT_EQ(rows("(u)-[]-(v)").size(), 10U);
  const Rows joined = starting_with('0', rows("(u)-[]-(v);(v)-[]->(k)"));
  std::set<std::string> walks;
  for (const std::string& row : joined) walks.insert(row.substr(0, 2) + row.back());
  EXPECT_EQ(walks, (std::set<std::string>{"012", "010", "020", "023"}));
  EXPECT_EQ(starting_with('0', rows("(u)-[e]-(v)")), (Rows{"0p1out", "0q1in", "0t2in"}));
  EXPECT_EQ(rows("(a)-[e]-(a)", {{"a", "a", 0, 1, "l"}}), (Rows{"alin", "alout"}));
}

TEST(MotifConformance, BidirectionalTerms) {
  EXPECT_EQ(rows("(a)<-[e]->(b)"), (Rows{"0p1q", "1q0p"}));
  EXPECT_EQ(rows("(a)<-[]->(b)"), (Rows{"01", "10"}));
}

}  // namespace
}  // namespace aml::graph
