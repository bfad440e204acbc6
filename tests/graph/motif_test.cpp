// SPDX-License-Identifier: Apache-2.0
// Expected values: GraphFrames' PatternMatchSuite on its graph of four vertices.
#include "graph/motif.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/motif_oracle.hpp"

namespace aml::graph {
namespace {

using testing::graph_of;
using testing::Transfer;
using Rows = std::vector<std::string>;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

MotifConstraints literal() {
  MotifConstraints constraints;
  constraints.distinct_vertices = false;
  constraints.distinct_edges = false;
  return constraints;
}

/// Keys of the named vertices and then of the named edges, of every match, sorted.
std::vector<std::vector<std::string>> rows_of(const TransferGraph& graph, std::string_view motif,
                                              const MotifConstraints& constraints) {
  const MotifPattern pattern = parse_motif(motif);
  std::vector<std::vector<std::string>> rows;
  find_motif(graph, pattern, constraints, [&](const MotifMatch& match) {
    std::vector<std::string> row;
    for (std::size_t v = 0; v < match.vertices.size(); ++v) {
      if (!pattern.vertices[v].empty()) row.emplace_back(graph.key(match.vertices[v]));
    }
    for (std::size_t e = 0; e < match.edges.size(); ++e) {
      if (!pattern.edges[e].name.empty()) row.emplace_back(graph.transfer_key(match.edges[e]));
    }
    rows.push_back(row);
  });
  std::ranges::sort(rows);
  return rows;
}

/// The same with each row as one string of one-letter keys.
Rows rows(const TransferGraph& graph, std::string_view motif,
          const MotifConstraints& constraints = literal()) {
  Rows joined;
  for (const auto& row : rows_of(graph, motif, constraints)) {
    joined.emplace_back();
    for (const std::string& key : row) joined.back() += key;
  }
  return joined;
}

Rows starting_with(char first, Rows all) {
  std::erase_if(all, [&](const std::string& row) { return row[0] != first; });
  return all;
}

Rows sorted(Rows all) {
  std::ranges::sort(all);
  return all;
}

std::vector<Transfer> suite_transfers() {
  return {{"0", "1", 0, 1, "p"},
          {"1", "0", 0, 1, "q"},
          {"1", "2", 0, 1, "r"},
          {"2", "3", 0, 1, "s"},
          {"2", "0", 0, 1, "t"}};
}
TransferGraph suite_graph() {
  return graph_of(suite_transfers());
}

TEST(MotifSemantics, LoneVertexIsEveryVertex) {
  EXPECT_EQ(rows(suite_graph(), "(a)"), (Rows{"0", "1", "2", "3"}));
}

TEST(MotifSemantics, EmptyMotifHasNoMatch) {
  EXPECT_TRUE(rows(suite_graph(), "").empty());
}

TEST(MotifSemantics, OneEdge) {
  EXPECT_EQ(rows(suite_graph(), "(u)-[]->(v)"), (Rows{"01", "10", "12", "20", "23"}));
  EXPECT_EQ(rows(suite_graph(), "(u)-[]->()"), (Rows{"0", "1", "1", "2", "2"}));
  EXPECT_EQ(rows(suite_graph(), "()-[uv]->()"), (Rows{"p", "q", "r", "s", "t"}));
  EXPECT_EQ(rows(suite_graph(), "(v)<-[e]-(u)"), (Rows{"01p", "10q", "12r", "20t", "23s"}));
}

TEST(MotifSemantics, EveryRotationOfATriangle) {
  EXPECT_EQ(rows(suite_graph(), "(a)-[]->(b);(b)-[]->(c);(c)-[]->(a)"),
            (Rows{"012", "120", "201"}));
}

TEST(MotifSemantics, DisconnectedTermsAreACrossJoin) {
  const Rows all = rows(suite_graph(), "(a)-[]->(b);(b)-[]->(c);(d)-[]->(e)");
  const auto closed =
      std::ranges::count_if(all, [](const std::string& r) { return r[2] == r[3] && r[4] == r[0]; });
  EXPECT_EQ(closed, 3);
  EXPECT_EQ(rows(suite_graph(), "(a)-[]->(b);(c)-[]->(d)").size(), 25U);
}

TEST(MotifSemantics, NegatedEdgeIsAnAntiJoin) {
  const TransferGraph graph = suite_graph();
  EXPECT_EQ(rows(graph, "(a)-[]->(b); !(b)-[]->(a)"), (Rows{"12", "20", "23"}));
  EXPECT_EQ(rows(graph, "(a)-[]->(b);(b)-[]->(c);!(c)-[]->(a)"), (Rows{"010", "101", "123"}));
  EXPECT_EQ(rows(graph, "(u)-[]->(v);(v)-[]->(w);!(u)-[]->(w);!(w)-[]->(u)"),
            (Rows{"010", "101", "123"}));
  EXPECT_EQ(rows(graph, "(a)-[]->(b);!(b)-[]->()"), (Rows{"23"}));
  EXPECT_EQ(rows(graph, "!(v)-[]->()"), (Rows{"3"}));
  EXPECT_EQ(rows(graph, "()-[e]->(v);!(v)-[]->()"), (Rows{"3s"}));
  EXPECT_TRUE(rows(graph, "(a)-[]->(b);!(a)-[]->(b)").empty());
}

TEST(MotifSemantics, DistinctVerticesLeaveOutRowsThatRepeatOne) {
  MotifConstraints constraints = literal();
  constraints.distinct_vertices = true;
  EXPECT_EQ(rows(suite_graph(), "(u)-[]->(v);(v)-[]->(w);!(u)-[]->(w);!(w)-[]->(u)", constraints),
            (Rows{"123"}));
}

TEST(MotifSemantics, VertexOnlyInNegatedTermsRangesOverAllVertices) {
  const TransferGraph graph = suite_graph();
  EXPECT_EQ(rows(graph, "(a)-[]->(b);!(b)-[]->(c)"),
            sorted({"011", "013", "100", "102", "103", "121", "122", "230", "231", "232", "233",
                    "200", "202", "203"}));
  EXPECT_EQ(rows(graph, "(a)-[]->(b);!(c)-[]->()"), sorted({"013", "103", "123", "233", "203"}));
  EXPECT_EQ(rows(graph, "(a)-[]->(b);!(b)-[]->(c);!(c)-[]->(a)"),
            sorted({"013", "102", "103", "121", "122", "230", "232", "233", "200", "202", "203"}));
  EXPECT_EQ(rows(graph, "!(u)-[]->(v)"),
            sorted({"00", "02", "03", "11", "13", "21", "22", "30", "31", "32", "33"}));
}

TEST(MotifSemantics, TwoVerticesOnlyInNegatedTerms) {
  const Rows all = rows(suite_graph(), "(a)-[]->(b);!(c)-[]->(d)");
  EXPECT_EQ(all.size(), 55U);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 55U);
  EXPECT_EQ(starting_with('0', rows(suite_graph(), "(a)-[]->(b);!(a)-[]->(c);!(c)-[]->(d)")),
            (Rows{"0100", "0102", "0103", "0121", "0122", "0130", "0131", "0132", "0133"}));
}

TEST(MotifSemantics, SelfLoops) {
  auto transfers = suite_transfers();
  transfers.push_back({"1", "1", 0, 1, "x"});
  transfers.push_back({"3", "3", 0, 1, "y"});
  const TransferGraph graph = graph_of(transfers);
  EXPECT_EQ(rows(graph, "(a)-[]->(a)"), (Rows{"1", "3"}));
  MotifConstraints distinct = literal();
  distinct.distinct_vertices = true;
  EXPECT_EQ(rows(graph, "(a)-[]->(b);(a)-[]->(a)", distinct), (Rows{"10", "12"}));
}

TEST(MotifSemantics, ParallelTransfersGiveAMatchEachEvenWhenAnonymous) {
  auto transfers = suite_transfers();
  transfers.push_back({"1", "0", 0, 1, "x"});
  transfers.push_back({"1", "2", 0, 1, "y"});
  EXPECT_EQ(starting_with('1', rows(graph_of(transfers), "(a)-[]->(b)")),
            (Rows{"10", "10", "12", "12"}));
}

TEST(MotifSemantics, FixedLengthWrittenOut) {
  const TransferGraph graph = suite_graph();
  EXPECT_EQ(starting_with('0', rows(graph, "(u)-[]->(a);(a)-[]->(b);(b)-[]->(v)")),
            (Rows{"0101", "0120", "0123"}));
  EXPECT_EQ(rows(graph, "(u)-[]->();()-[]->(v)").size(), 25U);
  EXPECT_EQ(rows(graph, "(u)-[]->(a);(a)-[]->(v)").size(), 6U);
  EXPECT_EQ(rows(graph, "(u)-[]->(a);(a)-[]->(b);(b)-[]->(c);(c)-[]->(v)").size(), 11U);
  EXPECT_EQ(rows(graph, "(u)-[]->(a);(a)-[]->(b);(b)-[]->(c);(c)-[]->(d);(d)-[]->(v)").size(), 14U);
}

TEST(MotifSemantics, NegatedTermCollapsesRowsThatOnlyAnonymousTransfersTellApart) {
  const TransferGraph graph = graph_of({{"a", "b", 0, 1, "x"}, {"a", "b", 0, 1, "y"}, {"b", "c"}});
  EXPECT_EQ(rows(graph, "(u)-[]->(v); !(v)-[]->(u)"), (Rows{"ab", "bc"}));
  EXPECT_EQ(rows(graph, "(u)-[e]->(v); !(v)-[]->(u); (v)-[]->(w)"), (Rows{"abcx", "abcy"}));
  // A term after the last negated one multiplies again.
  EXPECT_EQ(rows(graph, "!(v)-[]->(u); (u)-[]->(v)"), (Rows{"ba", "ba", "cb"}));
}

TEST(MotifConstraints, AmountBoundsExcludeTheirUpperEnd) {
  const TransferGraph graph =
      graph_of({{"a", "b", 0, 8000, "w"}, {"a", "b", 0, 9999, "x"}, {"a", "b", 0, 10'000, "y"}});
  MotifConstraints constraints;
  constraints.amounts = {{.at_least = 8000, .below = 10'000}};
  EXPECT_EQ(rows(graph, "(u)-[e]->(v)", constraints), (Rows{"abw", "abx"}));
}

TEST(MotifConstraints, WindowIncludesItsEnd) {
  const TransferGraph graph = graph_of({{"a", "b", 10}, {"b", "c", 15}, {"b", "d", 16}});
  MotifConstraints constraints;
  constraints.window = 5;
  EXPECT_EQ(rows(graph, "(u)-[]->(v);(v)-[]->(w)", constraints), (Rows{"abc"}));
}

TEST(MotifConstraints, FollowsHoldsUnderTheChosenOrder) {
  const TransferGraph graph = graph_of(
      {{"a", "b", 5, 1, "5"}, {"b", "c", 5, 1, "7"}, {"b", "c", 6, 1, "8"}, {"b", "c", 4, 1, "9"}});
  MotifConstraints constraints;
  constraints.follows = {{0, 1}};
  constraints.time_order = TimeOrder::kLoose;
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints), (Rows{"abc57", "abc58"}));
  constraints.time_order = TimeOrder::kStrict;
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints), (Rows{"abc58"}));
  constraints.time_order = TimeOrder::kNone;
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints),
            (Rows{"abc57", "abc58", "abc59"}));
}

TEST(MotifConstraints, AmountRatioIsExact) {
  const TransferGraph graph = graph_of({{"a", "b", 0, 3'000'000'000'000'000'000, "1"},
                                        {"b", "c", 0, 2'100'000'000'000'000'000, "2"},
                                        {"b", "c", 0, 2'099'999'999'999'999'999, "3"}});
  MotifConstraints constraints;
  constraints.ratios = {
      {.earlier = 0, .later = 1, .at_least_permille = 700, .at_most_permille = 1050}};
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints), (Rows{"abc12"}));
}

TEST(MotifConstraints, DistinctEdgesLeaveOutRowsThatUseOneTwice) {
  const TransferGraph graph = graph_of({{"a", "b", 0, 1, "1"}, {"a", "b", 0, 1, "2"}});
  MotifConstraints constraints = literal();
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(u)-[f]->(v)", constraints).size(), 4U);
  constraints.distinct_edges = true;
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(u)-[f]->(v)", constraints), (Rows{"ab12", "ab21"}));
}

TEST(MotifConstraints, StructuringMotifFindsBothOrdersOfItsBranches) {
  const TransferGraph graph = graph_of({{"a", "b", 1, 9000},
                                        {"d", "f", 1, 9000},
                                        {"b", "c", 2, 8900},
                                        {"f", "c", 3, 8900},
                                        {"c", "g", 4, 17'000}});
  MotifConstraints constraints;
  constraints.follows = {{0, 1}, {2, 3}, {1, 4}, {3, 4}};
  EXPECT_EQ(rows(graph, "(a)-[e1]->(b);(b)-[e2]->(c);(d)-[e3]->(f);(f)-[e4]->(c);(c)-[e5]->(g)",
                 constraints),
            (Rows{"abcdfgT1T3T2T4T5", "dfcabgT2T4T1T3T5"}));
}

TEST(MotifConstraints, WrongEdgesAreRefused) {
  const TransferGraph graph = suite_graph();
  const MotifPattern pattern = parse_motif("(a)-[e]->(b); !(b)-[]->(a)");
  const auto refused = [&](auto&& spoil) {
    MotifConstraints constraints;
    spoil(constraints);
    EXPECT_THROW(find_motif(graph, pattern, constraints, [](const MotifMatch&) {}),
                 std::invalid_argument);
  };
  refused([](MotifConstraints& c) { c.follows = {{0, 2}}; });
  refused([](MotifConstraints& c) { c.follows = {{-1, 0}}; });
  refused([](MotifConstraints& c) { c.follows = {{0, 1}}; });
  refused([](MotifConstraints& c) { c.ratios = {{1, 0, 0, 1000}}; });
  refused([](MotifConstraints& c) { c.amounts = {{}}; });
  refused([](MotifConstraints& c) { c.amounts = {{}, {.at_least = 5}}; });
  refused([](MotifConstraints& c) { c.window = -1; });
}

TEST(MotifSearch, NegatedEdgesAndTheirAnonymousEndsAreUnbound) {
  const TransferGraph graph = suite_graph();
  find_motif(graph, parse_motif("(a)-[]->(b); !(b)-[]->()"), literal(),
             [](const MotifMatch& match) {
               EXPECT_EQ(match.edges[1], kNoEdge);
               EXPECT_EQ(match.vertices[2], kNoVertex);
             });
}

TEST(MotifSearch, StopsAtItsBudgetWithAPrefixOfTheMatches) {
  const TransferGraph graph = suite_graph();
  const MotifPattern pattern = parse_motif("(a)-[]->(b);(b)-[]->(c)");
  const auto run = [&](std::uint64_t max_steps, std::vector<std::vector<Edge>>& found) {
    MotifConstraints constraints = literal();
    constraints.max_steps = max_steps;
    return find_motif(graph, pattern, constraints, [&](const MotifMatch& match) {
      found.emplace_back(match.edges.begin(), match.edges.end());
    });
  };
  std::vector<std::vector<Edge>> all;
  const MotifSearch whole = run(kNoLimit, all);
  EXPECT_FALSE(whole.truncated);
  EXPECT_EQ(whole.matches, all.size());
  for (std::uint64_t budget = 0; budget <= whole.steps; ++budget) {
    std::vector<std::vector<Edge>> found;
    const MotifSearch search = run(budget, found);
    EXPECT_EQ(search.truncated, budget < whole.steps);
    EXPECT_EQ(search.steps, budget);
    ASSERT_LE(found.size(), all.size());
    EXPECT_TRUE(std::equal(found.begin(), found.end(), all.begin()));
  }
}

/// Random constraints over the positive edges of a pattern.
MotifConstraints any_constraints(const MotifPattern& pattern) {
  std::vector<int> positive;
  for (std::size_t e = 0; e < pattern.edges.size(); ++e) {
    if (!pattern.edges[e].negated) positive.push_back(static_cast<int>(e));
  }
  MotifConstraints constraints;
  constraints.distinct_vertices = *rc::gen::arbitrary<bool>();
  constraints.distinct_edges = *rc::gen::arbitrary<bool>();
  constraints.time_order =
      *rc::gen::element(TimeOrder::kStrict, TimeOrder::kLoose, TimeOrder::kNone);
  if (*rc::gen::arbitrary<bool>()) constraints.window = *rc::gen::inRange<Micros>(0, 8);
  if (positive.size() > 1 && *rc::gen::arbitrary<bool>()) {
    constraints.follows.push_back({*rc::gen::elementOf(positive), *rc::gen::elementOf(positive)});
  }
  if (positive.size() > 1 && *rc::gen::arbitrary<bool>()) {
    constraints.ratios.push_back({*rc::gen::elementOf(positive), *rc::gen::elementOf(positive),
                                  *rc::gen::inRange<std::int64_t>(0, 1500),
                                  *rc::gen::inRange<std::int64_t>(500, 3000)});
  }
  if (*rc::gen::arbitrary<bool>()) {
    constraints.amounts.resize(pattern.edges.size());
    for (const int e : positive) {
      constraints.amounts[static_cast<std::size_t>(e)] = {*rc::gen::inRange<MinorUnits>(0, 3),
                                                          *rc::gen::inRange<MinorUnits>(3, 7)};
    }
  }
  return constraints;
}

RC_GTEST_PROP(MotifSearch, AgreesWithTheEnumerationOfAllTuples, ()) {
  const auto motif = *rc::gen::element<std::string>(
      "(a)-[e]->(b)", "(a)-[e]->(b);(b)-[f]->(c)", "(a)-[e]->(b);(b)-[f]->(c);(c)-[g]->(a)",
      "(a)-[e]->(b);(c)-[f]->(b);(b)-[g]->(d)", "(a)-[e]->(b);(c)-[f]->(d)", "(a)-[e]->(a)",
      "(a)-[e]->(b);(a)-[f]->(b)", "(a)-[]->(b);(b)-[]->()", "()-[e]->(b);(b)-[]->(a)",
      "(a)-[e]->(b);(c)", "(a)-[e]->(b);!(b)-[]->(a)", "(a)-[]->(b);(b)-[]->(c);!(c)-[]->(a)",
      "(a)-[]->(b);!(b)-[]->(c)", "(a)-[]->(b);!(b)-[]->();(b)<-[]-(c)", "(a)-[]->(b);!()-[]->(a)",
      "!(a)-[]->(b);(a)-[]->(c)", "!(a)-[]->(b)", "(a)-[]->();!(a)-[]->(b);(a)-[e]->()");
  const MotifPattern pattern = parse_motif(motif);
  const auto transfers = *testing::transfers_among(4, 9);
  const std::vector<std::string> vertices = {"0", "1", "2", "3", "4"};
  const MotifConstraints constraints = any_constraints(pattern);
  const auto found = rows_of(graph_of(transfers, vertices), motif, constraints);
  RC_CLASSIFY(!found.empty(), "with matches");
  RC_ASSERT(found == oracle::motif_rows(vertices, transfers, pattern, constraints));
}

}  // namespace
}  // namespace aml::graph
