// SPDX-License-Identifier: Apache-2.0
#include "graph/motif.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
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

TEST(MotifSemantics, DistinctVerticesLeaveOutRowsThatRepeatOne) {
  MotifConstraints constraints = literal();
  constraints.distinct_vertices = true;
  EXPECT_EQ(rows(suite_graph(), "(u)-[]->(v);(v)-[]->(w);!(u)-[]->(w);!(w)-[]->(u)", constraints),
            (Rows{"123"}));
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

TEST(MotifConstraints, HopWindowIncludesItsEnd) {
  const TransferGraph graph = graph_of({{"a", "b", 10}, {"b", "c", 15}, {"b", "d", 16}});
  MotifConstraints constraints;
  constraints.follows = {{.earlier = 0, .later = 1, .within = 5}};
  EXPECT_EQ(rows(graph, "(u)-[]->(v);(v)-[]->(w)", constraints), (Rows{"abc"}));
}

TEST(MotifConstraints, MasksSayWhichTransfersAndVerticesMayBind) {
  const TransferGraph graph = graph_of(
      {{"a", "b", 0, 1, "1"}, {"a", "c", 0, 1, "2"}, {"b", "c", 0, 1, "3"}, {"c", "a", 0, 1, "4"}});
  MotifConstraints constraints;
  constraints.allowed_edges = {{0, 1, 1, 1}, {}};
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints), (Rows{"bca34", "cab41"}));
  constraints.allowed_vertices = {{}, {}, {0, 1, 1}};
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints), (Rows{"cab41"}));
}

TEST(MotifConstraints, OpenSidesOfARatioHoldForAmountsOfZero) {
  const TransferGraph graph = graph_of({{"a", "b", 0, 0, "1"}, {"b", "c", 0, 7, "2"}});
  MotifConstraints constraints;
  constraints.ratios = {{.earlier = 0, .later = 1, .at_least_permille = 900}};
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints).size(), 1U);
  constraints.ratios[0].at_most_permille = 5000;
  EXPECT_TRUE(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints).empty());
}

TEST(MotifConstraints, SymmetricMatchesCountOnce) {
  const TransferGraph graph = graph_of(
      {{"a", "c", 0, 1, "1"}, {"b", "c", 0, 1, "2"}, {"a", "c", 0, 1, "3"}, {"d", "c", 0, 1, "4"}});
  MotifConstraints constraints;
  constraints.symmetries = {{.vertices = {2, 1, 0}, .edges = {1, 0}}};
  EXPECT_EQ(rows(graph, "(u)-[e]->(w);(v)-[f]->(w)", constraints),
            (Rows{"acb12", "acb32", "acd14", "acd34", "bcd24"}));
  // Rows that a negated term makes distinct are compared without what it drops.
  constraints.symmetries = {{.vertices = {2, 1, 0}, .edges = {1, 0, 3, 2}}};
  EXPECT_EQ(rows(graph, "(u)-[]->(w);(v)-[]->(w);!(w)-[]->(u);!(w)-[]->(v)", constraints),
            (Rows{"acb", "acd", "bcd"}));
}

TEST(MotifConstraints, SymmetriesOfVerticesThatNoTransferBinds) {
  MotifConstraints constraints = literal();
  constraints.symmetries = {{.vertices = {1, 0}, .edges = {}}};
  EXPECT_EQ(rows(graph_of({}, {"a", "b"}), "(u);(v)", constraints), (Rows{"aa", "ab", "bb"}));
}

TEST(MotifConstraints, WhereIsAskedOfMatchesThatMeetEverythingElse) {
  const TransferGraph graph =
      graph_of({{"a", "b", 1, 5, "1"}, {"b", "c", 2, 7, "2"}, {"c", "d", 3}});
  MotifConstraints constraints;
  constraints.amounts = {{}, {.at_least = 6}};
  int asked = 0;
  constraints.where = [&](const MotifMatch& match) {
    ++asked;
    return graph.key(match.vertices[2]) != "d";
  };
  EXPECT_EQ(rows(graph, "(u)-[e]->(v);(v)-[f]->(w)", constraints), (Rows{"abc12"}));
  EXPECT_EQ(asked, 2);
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
  refused([](MotifConstraints& c) { c.follows = {{0, 0, -1}}; });
  refused([](MotifConstraints& c) { c.allowed_edges = {{}}; });
  refused([](MotifConstraints& c) { c.allowed_edges = {{1, 1}, {}}; });
  refused([](MotifConstraints& c) { c.allowed_edges = {{}, {1, 1, 1, 1, 1}}; });
  refused([](MotifConstraints& c) { c.allowed_vertices = {{}}; });
  refused([](MotifConstraints& c) { c.allowed_vertices = {{1}, {}}; });
  refused([](MotifConstraints& c) { c.symmetries = {{{1, 0}, {0, 1}}}; });
  refused([](MotifConstraints& c) { c.symmetries = {{{0, 1}, {0, 0}}}; });
  refused([](MotifConstraints& c) { c.symmetries = {{{0}, {0, 1}}}; });
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

/// Mostly ones, or empty.
std::vector<char> any_mask(std::size_t size) {
  if (*rc::gen::inRange(0, 3) > 0) return {};
  return *rc::gen::container<std::vector<char>>(size, rc::gen::element<char>(0, 1, 1, 1));
}

/// Random constraints over the positive edges of a pattern.
MotifConstraints any_constraints(const TransferGraph& graph, const MotifPattern& pattern) {
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
    constraints.follows.push_back({*rc::gen::elementOf(positive), *rc::gen::elementOf(positive),
                                   *rc::gen::inRange<Micros>(0, 12)});
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
  constraints.allowed_edges.resize(pattern.edges.size());
  for (const int e : positive) {
    constraints.allowed_edges[static_cast<std::size_t>(e)] = any_mask(graph.num_edges());
  }
  constraints.allowed_vertices.resize(pattern.vertices.size());
  for (std::size_t v = 0; v < pattern.vertices.size(); ++v) {
    if (!pattern.vertices[v].empty()) {
      constraints.allowed_vertices[v] = any_mask(graph.num_vertices());
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
  const TransferGraph graph = graph_of(transfers, vertices);
  const MotifConstraints constraints = any_constraints(graph, pattern);
  const auto found = rows_of(graph, motif, constraints);
  RC_CLASSIFY(!found.empty(), "with matches");
  RC_ASSERT(found == oracle::motif_rows(vertices, transfers, pattern, constraints));
}

}  // namespace
}  // namespace aml::graph
