// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_query.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "graph/grouped_matches.hpp"
#include "graph/motif_binding.hpp"
#include "graph/motif_search.hpp"
#include "tests/graph/random_motifs.hpp"
#include "tests/graph/small_graphs.hpp"
#include "tests/oracle/motif_oracle.hpp"

namespace aml::graph {
namespace {

using testing::Bank;
using testing::Random;
using Rows = std::vector<std::vector<std::string>>;

const GraphProperties kNoProperties;

/// Keys of named vertices, then of named edges.
std::vector<std::string> row_of(const TransferGraph& graph, const MotifPattern& pattern,
                                const MotifMatch& match) {
  std::vector<std::string> row;
  for (std::size_t v = 0; v < match.vertices.size(); ++v) {
    if (!pattern.vertices[v].empty()) row.emplace_back(graph.key(match.vertices[v]));
  }
  for (std::size_t e = 0; e < match.edges.size(); ++e) {
    if (!pattern.edges[e].name.empty()) row.emplace_back(graph.transfer_key(match.edges[e]));
  }
  return row;
}

/// The row of every match of a branch, sorted.
Rows rows_of(const TransferGraph& graph, const MotifPattern& pattern,
             const MotifConstraints& constraints) {
  Rows rows;
  find_motif(graph, pattern, constraints,
             [&](const MotifMatch& match) { rows.push_back(row_of(graph, pattern, match)); });
  std::ranges::sort(rows);
  return rows;
}

/// The same by plan.
Rows planned_rows_of(const TransferGraph& graph, const MotifPattern& pattern,
                     const MotifConstraints& constraints) {
  Rows rows;
  enumerate_motif(MotifPlan(graph, pattern, constraints), kNoRowLimit,
                  [&](const MotifMatch& match) { rows.push_back(row_of(graph, pattern, match)); });
  std::ranges::sort(rows);
  return rows;
}

/// The rows of a query of one branch, each as one string.
std::vector<std::string> rows(const TransferGraph& graph, const MotifQueryText& text) {
  const MotifQuery query = parse_query(text, {});
  const BoundMotif bound = bind_query(query, graph, kNoProperties);
  std::vector<std::string> joined;
  for (const auto& row : rows_of(graph, bound.branches[0].pattern, bound.branches[0].constraints)) {
    joined.emplace_back();
    for (const std::string& key : row) joined.back() += key;
  }
  return joined;
}

MotifConstraints bound(const MotifQueryText& text) {
  static const TransferGraph kGraph =
      testing::graph_of(std::vector<testing::Transfer>{{"a", "b"}, {"b", "c"}});
  return bind_query(parse_query(text, {}), kGraph, kNoProperties).branches[0].constraints;
}

MotifQueryText two_hops(const std::string& where, std::optional<TimeOrder> order = {}) {
  return {.motif = "(a)-[x]->(b);(b)-[y]->(c)", .where = where, .time_order = order};
}

TEST(MotifQuery, TransferFollowsThoseWrittenBeforeThatEndWhereItStarts) {
  const auto follows = [](const std::string& motif) {
    std::string text;
    for (const auto& [earlier, later, within] : bound({.motif = motif}).follows) {
      text += std::to_string(earlier) + "<" + std::to_string(later) + " ";
    }
    return text;
  };
  EXPECT_EQ(follows("(a)-[]->(b);(b)-[]->(c);(c)-[]->(a)"), "0<1 1<2 ");
  EXPECT_EQ(follows("(a)-[]->(c);(b)-[]->(c);(c)-[]->(d)"), "0<2 1<2 ");
  EXPECT_EQ(follows("(b)-[]->(c);(a)-[]->(b)"), "");
  EXPECT_EQ(follows("(a)-[]->(b);!(b)-[]->(a);(b)-[]->(c)"), "0<2 ");
  EXPECT_EQ(follows("(a)-[*3]->(b)"), "0<1 1<2 ");
}

TEST(MotifQuery, MoneyIsDistinctAndInOrderByDefaultAndGraphFramesIsNeither) {
  const MotifConstraints money = bound(two_hops(""));
  EXPECT_TRUE(money.distinct_vertices && money.distinct_edges);
  EXPECT_EQ(money.time_order, TimeOrder::kLoose);
  const MotifConstraints plain = bound({.motif = "(a)-[x]->(b)", .mode = MotifMode::kGraphFrames});
  EXPECT_FALSE(plain.distinct_vertices || plain.distinct_edges);
  EXPECT_TRUE(plain.follows.empty());
}

TEST(MotifQuery, AmountsBecomeBounds) {
  const auto bounds = [](const std::string& where) {
    const MotifConstraints constraints = bound(two_hops(where));
    EXPECT_FALSE(constraints.where);
    EXPECT_TRUE(constraints.allowed_edges[0].empty());
    return std::pair(constraints.amounts[0].at_least, constraints.amounts[0].below);
  };
  const MotifConstraints::AmountBounds any;
  EXPECT_EQ(bounds("x.amount >= 80"), std::pair(MinorUnits{8000}, any.below));
  EXPECT_EQ(bounds("x.amount > 80"), std::pair(MinorUnits{8001}, any.below));
  EXPECT_EQ(bounds("x.amount >= 80.001"), std::pair(MinorUnits{8001}, any.below));
  EXPECT_EQ(bounds("x.amount < 80.001"), std::pair(any.at_least, MinorUnits{8001}));
  EXPECT_EQ(bounds("100 > x.amount"), std::pair(any.at_least, MinorUnits{10'000}));
  EXPECT_EQ(bounds("x.amount between 80 and 99.99"),
            std::pair(MinorUnits{8000}, MinorUnits{10'000}));
  EXPECT_EQ(bounds("x.amount = 80"), std::pair(MinorUnits{8000}, MinorUnits{8001}));
  EXPECT_EQ(bounds("x.amount = 80.001"), std::pair(MinorUnits{8001}, MinorUnits{8001}));
  EXPECT_EQ(bounds("-3 * x.amount <= -10"), std::pair(MinorUnits{334}, any.below));
  EXPECT_EQ(bounds("x.amount + x.amount < 5 - x.amount"), std::pair(any.at_least, MinorUnits{167}));
  EXPECT_EQ(bounds("x.amount < 99999999999999999999"), std::pair(any.at_least, any.below));
  EXPECT_EQ(bounds("x.amount > 99999999999999999999"), std::pair(any.below, any.at_least));
}

TEST(MotifQuery, AmountsOfTwoTransfersBecomeRatiosWhereTheseSayTheSame) {
  const auto ratio = [](const std::string& where) -> std::string {
    const MotifConstraints constraints = bound(two_hops(where));
    if (constraints.ratios.empty()) return constraints.where ? "residual" : "nothing";
    const auto& [earlier, later, at_least, at_most] = constraints.ratios[0];
    const MotifConstraints::AmountRatio open;
    return std::to_string(earlier) + "," + std::to_string(later) + ": " +
           (at_least == open.at_least_permille ? "" : std::to_string(at_least)) + ".." +
           (at_most == open.at_most_permille ? "" : std::to_string(at_most));
  };
  EXPECT_EQ(ratio("y.amount >= 0.9 * x.amount"), "0,1: 900..");
  EXPECT_EQ(ratio("0.9 * x.amount <= y.amount"), "0,1: 900..");
  EXPECT_EQ(ratio("y.amount <= 1.05 * x.amount"), "0,1: ..1050");
  EXPECT_EQ(ratio("y.amount = x.amount"), "1,0: 1000..1000");
  EXPECT_EQ(ratio("y.amount >= 0.9999 * x.amount"), "residual");
  EXPECT_EQ(ratio("y.amount > 0.9 * x.amount"), "residual");
  EXPECT_EQ(ratio("y.amount + x.amount >= 5"), "residual");
  EXPECT_EQ(ratio("y.amount >= x.amount - 5"), "residual");
}

TEST(MotifQuery, TimesOfTwoTransfersBecomeWindowsAndOrder) {
  const auto within = [](const std::string& where) {
    const MotifConstraints constraints = bound(two_hops(where));
    return constraints.where ? -1 : constraints.follows[0].within;
  };
  EXPECT_EQ(within("y.time - x.time <= interval '2 days'"), 2 * kMicrosPerDay);
  EXPECT_EQ(within("y.time < x.time + interval '2 days'"), 2 * kMicrosPerDay - 1);
  EXPECT_EQ(within("x.time >= y.time - interval '2 days'"), 2 * kMicrosPerDay);
  EXPECT_EQ(within("x.time - y.time <= interval '2 days'"), -1);
  EXPECT_EQ(within("x.time < y.time"), -1);

  EXPECT_FALSE(bound(two_hops("x.time < y.time", TimeOrder::kStrict)).where);
  const MotifConstraints ordered =
      bound(two_hops("y.time > x.time and y.time - x.time <= interval '1 day'", TimeOrder::kNone));
  EXPECT_EQ(ordered.time_order, TimeOrder::kStrict);
  ASSERT_EQ(ordered.follows.size(), 1U);
  EXPECT_EQ(ordered.follows[0].earlier, 0);
  EXPECT_EQ(ordered.follows[0].within, kMicrosPerDay);
  EXPECT_FALSE(ordered.where);
}

TEST(MotifQuery, ConditionsOnOneElementBecomeMasks) {
  const MotifConstraints constraints = bound(
      two_hops("b.id <> 'c' and (x.type = 'TRANSFER' or x.amount * x.amount > 3) and b.id <> 'b'"));
  EXPECT_FALSE(constraints.where);
  EXPECT_EQ(constraints.allowed_edges[0], (std::vector<char>{1, 1}));
  EXPECT_TRUE(constraints.allowed_edges[1].empty());
  EXPECT_EQ(constraints.allowed_vertices[1], (std::vector<char>{1, 0, 0}));
}

TEST(MotifQuery, SymmetriesLeaveConditionsAsTheyAre) {
  const auto count = [](const MotifQueryText& text) {
    return parse_query(text, {}).branches[0].symmetries.size();
  };
  const std::string fan = "(a)-[x]->(c);(b)-[y]->(c)";
  EXPECT_EQ(count({.motif = fan}), 1U);
  EXPECT_EQ(count({.motif = "(a)-[x]->(c);(b)-[]->(c)"}), 0U);
  EXPECT_EQ(count({.motif = fan, .where = "a.id <> b.id and x.amount + y.amount > 5"}), 1U);
  EXPECT_EQ(count({.motif = fan, .where = "x.amount > 5"}), 0U);
  EXPECT_EQ(count({.motif = fan, .where = "x.amount > 5 and 5 < y.amount"}), 1U);
  EXPECT_EQ(count({.motif = fan, .where = "x.amount < y.amount"}), 0U);
  EXPECT_EQ(count({.motif = fan, .group_by = "c"}), 1U);
  EXPECT_EQ(count({.motif = fan, .group_by = "a"}), 0U);
  EXPECT_EQ(count({.motif = fan, .group_by = "c", .aggregates = {{"n", "count(distinct a)"}}}), 0U);
  EXPECT_EQ(count({.motif = fan + ";(c)-[z]->(d);(d)-[w]->(e)"}), 1U);
  EXPECT_EQ(count({.motif = fan, .mode = MotifMode::kGraphFrames}), 0U);
  const std::string ring = "(a)-[x]->(b);(b)-[y]->(c);(c)-[z]->(a)";
  EXPECT_EQ(count({.motif = ring}), 0U);  // the order in time begins with x
  EXPECT_EQ(count({.motif = ring, .time_order = TimeOrder::kNone}), 2U);
  EXPECT_EQ(count({.motif = "(a)-[]->(h);(b)-[]->(h);(c)-[]->(h);(d)-[]->(h)"}), 23U);
  EXPECT_EQ(count({.motif = "(a);(b)"}), 1U);
  EXPECT_EQ(count({.motif = "(a)-[]->(b);(a)-[]->(c);!(b)-[]->(c)"}), 0U);
  EXPECT_EQ(count({.motif = "(a)-[]->(b);(a)-[]->(c);!(b)-[]->(c);!(c)-[]->(b)"}), 1U);
  EXPECT_THROW(count({.motif = "(a)-[]->(h);(b)-[]->(h);(c)-[]->(h);(d)-[]->(h);(e)-[]->(h);"
                               "(f)-[]->(h);(g)-[]->(h);(i)-[]->(h)"}),
               std::invalid_argument);
}

std::string refusal_of(const MotifQueryText& text) {
  try {
    parse_query(text, {});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MotifQuery, PartsThatOnlyALongSearchTellsApartAreRefusedForAllBranchesTogether) {
  // Each payer looks like the others until all nine are placed.
  MotifQueryText text{.motif = "(h)-[x]-(y)"};
  std::string where;
  for (int i = 1; i <= 9; ++i) {
    const std::string next = "e" + std::to_string(i % 9 + 1);
    text.motif += ";(v" + std::to_string(i) + ")-[e" + std::to_string(i) + "]->(h)";
    where += (i == 1 ? "e" : " and e") + std::to_string(i) + ".amount < " + next + ".amount";
  }
  text.where = where;
  EXPECT_EQ(refusal_of(text), "the motif has too many parts that look alike");
}

TEST(MotifQuery, AConditionIsNotCopiedToMoreBranchesThanFit) {
  MotifQueryText text{.motif = "(a)-[x*1..100]-(b)", .where = "a.id in ('0'"};
  for (int i = 1; i < 6000; ++i) text.where += ",'" + std::to_string(i) + "'";
  text.where += ")";
  EXPECT_EQ(refusal_of(text),
            "where has 6002 parts for each of 200 combinations of lengths and directions: together "
            "more than a million");
  text.motif = "(a)-[x]->(b)";
  EXPECT_EQ(refusal_of(text), "accepted");
}

TEST(MotifQuery, SymmetricMatchesCountOnce) {
  const TransferGraph graph =
      testing::graph_of({{"a", "c", 0, 1, "1"}, {"b", "c", 0, 1, "2"}, {"d", "c", 0, 1, "3"}});
  EXPECT_EQ(rows(graph, {.motif = "(u)-[e]->(w);(v)-[f]->(w)"}),
            (std::vector<std::string>{"acb12", "acd13", "bcd23"}));
}

TEST(MotifQuery, HubsAreLeftOutAndReported) {
  const TransferGraph graph =
      testing::graph_of({{"a", "h"}, {"b", "h"}, {"c", "h"}, {"a", "b"}, {"h", "z"}});
  const MotifQueryText text{.motif = "(u)-[e]->(v)", .max_counterparties = 2};
  EXPECT_EQ(rows(graph, text), (std::vector<std::string>{"abT4"}));
  const BoundMotif bound = bind_query(parse_query(text, {}), graph, kNoProperties);
  ASSERT_EQ(bound.hubs.size(), 1U);
  EXPECT_EQ(graph.key(bound.hubs[0]), "h");
}

TEST(MotifQuery, DanglingVerticesBindOnlyWithoutAName) {
  const TransferGraph graph = testing::graph_of({{"a", "b", 0, 1, "1"}, {"b", "c", 0, 1, "2"}});
  GraphProperties properties;
  properties.is_dangling = {0, 0, 1};
  const auto matches = [&](const std::string& motif) {
    const auto bound = bind_query(
        parse_query({.motif = motif, .mode = MotifMode::kGraphFrames}, {}), graph, properties);
    return rows_of(graph, bound.branches[0].pattern, bound.branches[0].constraints).size();
  };
  EXPECT_EQ(matches("(u)-[e]->(v)"), 1U);
  EXPECT_EQ(matches("(u)-[e]->()"), 2U);
  EXPECT_EQ(matches("()-[e]->()"), 2U);
  EXPECT_EQ(matches("(u)"), 2U);
}

TEST(MotifQuery, FiltersOfGraphFramesSuite) {
  // Its graph of four vertices: three hops over different vertices, at least two of them friends.
  const TransferGraph graph = testing::graph_of({{"0", "1", 0, 1, "p"},
                                                 {"1", "0", 0, 1, "q"},
                                                 {"1", "2", 0, 1, "r"},
                                                 {"2", "3", 0, 1, "s"},
                                                 {"2", "0", 0, 1, "t"}});
  KeyColumn relationships;
  for (const char* relationship : {"friend", "follow", "friend", "follow", "unknown"}) {
    relationships.push_back(relationship);  // of p, q, r, s, t, which is the order of the graph
  }
  GraphProperties properties;
  properties.edges = {{"relationship", std::move(relationships), {}}};
  const MotifQueryText text{.motif = "(a)-[ab]->(b);(b)-[bc]->(c);(c)-[cd]->(d)",
                            .mode = MotifMode::kGraphFrames,
                            .where =
                                "a.id <> b.id and b.id <> c.id and c.id <> a.id and ("
                                "ab.relationship = 'friend' and bc.relationship = 'friend' or "
                                "ab.relationship = 'friend' and cd.relationship = 'friend' or "
                                "bc.relationship = 'friend' and cd.relationship = 'friend')"};
  const auto bound = bind_query(parse_query(text, schema_of(properties)), graph, properties);
  EXPECT_EQ(rows_of(graph, bound.branches[0].pattern, bound.branches[0].constraints).size(), 4U);
}

TEST(MotifQuery, GroupsAggregateExactly) {
  // a and b pay the collector c twice each, c pays d.
  const TransferGraph graph = testing::graph_of({{"a", "c", 1, 90'00, "1"},
                                                 {"a", "c", 2, 80'00, "2"},
                                                 {"b", "c", 1, 70'00, "3"},
                                                 {"c", "d", 5, 200'00, "4"}});
  MotifQueryText text{.motif = "(p)-[in]->(c);(c)-[out]->(q)"};
  text.group_by = "c";
  text.aggregates = {{"rows", "count(*)"},
                     {"payers", "count(distinct p)"},
                     {"paid in", "total(\"in\")"},
                     {"paid out", "total(out)"},
                     {"paid out in rows", "sum(out.amount)"},
                     {"first", "min(\"in\".amount)"},
                     {"last", "max(\"in\".id)"}};
  const auto groups = [&] {
    const MotifQuery query = parse_query(text, {});
    const BoundMotif bound = bind_query(query, graph, kNoProperties);
    GroupedMatches found(query, graph, kNoProperties);
    find_motif(graph, bound.branches[0].pattern, bound.branches[0].constraints,
               [&](const MotifMatch& match) { found.add(0, match); });
    std::vector<std::string> all;
    for (const MotifGroup& group : found.groups()) {
      all.emplace_back(graph.key(group.vertex));
      for (const Value& value : group.values) {
        const auto* number = std::get_if<Decimal>(&value);
        all.push_back(number != nullptr ? to_string(*number)
                                        : std::string(std::get<std::string_view>(value)));
      }
    }
    return all;
  };
  EXPECT_EQ(groups(),
            (std::vector<std::string>{"c", "3", "2", "240.00", "200.00", "600.00", "70.00", "3"}));
  text.having = "total(\"in\") > total(out) and count(distinct p) >= 2";
  EXPECT_EQ(groups().size(), 8U);
  text.having = "total(\"in\") > 240";
  EXPECT_TRUE(groups().empty());
}

TEST(MotifQuery, OptionsThatDoNotGoTogetherAreRefused) {
  const auto refused = [](MotifQueryText text) {
    text.motif = "(a)-[x]->(b)";
    EXPECT_THROW(parse_query(text, {}), std::invalid_argument);
  };
  const MotifQueryText graphframes{.mode = MotifMode::kGraphFrames};
  const auto with = [](MotifQueryText text, auto set) {
    set(text);
    return text;
  };
  refused(with(graphframes, [](auto& q) { q.time_order = TimeOrder::kLoose; }));
  refused(with(graphframes, [](auto& q) { q.window = 1; }));
  refused(with(graphframes, [](auto& q) { q.hop_window = 1; }));
  refused(with(graphframes, [](auto& q) { q.distinct = Distinct::kNone; }));
  refused(with(graphframes, [](auto& q) { q.max_counterparties = 5; }));
  refused(with(graphframes, [](auto& q) { q.group_by = "a"; }));
  refused(with({}, [](auto& q) { q.window = -1; }));
  refused(with({}, [](auto& q) { q.hop_window = -1; }));
  refused(with({}, [](auto& q) {
    q.hop_window = 1;
    q.time_order = TimeOrder::kNone;
  }));
  refused(with({}, [](auto& q) { q.having = "count(*) > 1"; }));
  refused(with({}, [](auto& q) { q.aggregates = {{"n", "count(*)"}}; }));
  refused(with({}, [](auto& q) { q.group_by = "x"; }));
  refused(with({}, [](auto& q) {
    q.group_by = "a";
    q.aggregates = {{"a", "count(*)"}};
  }));
  refused(with({}, [](auto& q) {
    q.group_by = "a";
    q.having = "count(*)";
  }));
  refused(with({}, [](auto& q) { q.where = "x.amount"; }));
  EXPECT_THROW(parse_query({.motif = "(a)-[x*1..2]->(b)", .group_by = "x(1)"}, {}),
               std::invalid_argument);
}

/// What the query says, without any of the means that binding has.
MotifConstraints literal(const MotifQuery& query, std::size_t branch, const Bank& bank,
                         const TransferGraph& graph, const GraphProperties& properties) {
  MotifConstraints constraints;
  constraints.follows = query.branches[branch].follows;
  constraints.time_order = query.time_order;
  constraints.window = query.window;
  constraints.distinct_vertices = query.distinct_vertices;
  constraints.distinct_edges = query.distinct_edges;
  constraints.symmetries = query.branches[branch].symmetries;
  const auto counterparties = [&bank](std::string_view key, bool as_payer) {
    std::set<std::string> others;
    for (const auto& transfer : bank.transfers()) {
      const auto& own = as_payer ? transfer.source : transfer.target;
      const auto& other = as_payer ? transfer.target : transfer.source;
      if (own == key && other != key) others.insert(other);
    }
    return others.size();
  };
  const MotifPattern& pattern = query.motif.branches[branch].pattern;
  constraints.where = [&, branch, counterparties](const MotifMatch& match) {
    for (std::size_t v = 0; v < match.vertices.size(); ++v) {
      if (match.vertices[v] == kNoVertex) continue;
      const std::string_view key = graph.key(match.vertices[v]);
      const auto& account = *std::ranges::find(bank.accounts, key, &Bank::Account::key);
      if (account.is_dangling && !pattern.vertices[v].empty()) return false;
      if (query.max_counterparties > 0 &&
          std::max(counterparties(key, true), counterparties(key, false)) >
              query.max_counterparties) {
        return false;
      }
    }
    return std::ranges::all_of(query.branches[branch].conditions, [&](const Expression& condition) {
      return holds(condition, {graph, properties, match});
    });
  };
  return constraints;
}

TEST(MotifQuery, BoundSearchesAgreeWithTheEnumerationOfAllTuples) {
  Random random(testing::printed_seed());
  int with_matches = 0;
  constexpr int kQueries = 1500;
  for (int i = 0; i < kQueries; ++i) {
    const Bank bank = testing::random_bank(random);
    const TransferGraph graph = testing::graph_of(bank);
    const GraphProperties properties = testing::properties_of(bank, graph);
    const MotifQueryText text =
        testing::random_query(random, i % 3 == 0 ? MotifMode::kGraphFrames : MotifMode::kMoney);
    const MotifQuery query = parse_query(text, testing::bank_schema());
    const BoundMotif bound = bind_query(query, graph, properties);
    for (std::size_t b = 0; b < bound.branches.size(); ++b) {
      const auto& [pattern, constraints] = bound.branches[b];
      const Rows found = rows_of(graph, pattern, constraints);
      with_matches += !found.empty();
      ASSERT_EQ(planned_rows_of(graph, pattern, constraints), found)
          << "query " << i << ", branch " << b << ": " << testing::description(text);
      ASSERT_EQ(count_motif(MotifPlan(graph, pattern, constraints)).rows, found.size())
          << "query " << i << ", branch " << b << ": " << testing::description(text);
      ASSERT_EQ(found, oracle::motif_rows(bank.keys(), bank.transfers(), pattern,
                                          literal(query, b, bank, graph, properties)))
          << "query " << i << ", branch " << b << ": " << testing::description(text);
    }
  }
  EXPECT_GT(with_matches, kQueries / 10);
}

TEST(MotifQuery, EverySymmetryTurnsMatchesIntoMatches) {
  Random random(testing::printed_seed());
  int turned = 0;
  for (int i = 0; i < 1500; ++i) {
    const Bank bank = testing::random_bank(random);
    const TransferGraph graph = testing::graph_of(bank);
    const GraphProperties properties = testing::properties_of(bank, graph);
    const MotifQueryText text = testing::random_query(random, MotifMode::kMoney);
    BoundMotif bound = bind_query(parse_query(text, testing::bank_schema()), graph, properties);
    for (auto& [pattern, constraints] : bound.branches) {
      // What a negated term drops is bound to the first that fits, which need not turn.
      if (dropped_elements(pattern).any) continue;
      const std::vector<Symmetry> symmetries = std::move(constraints.symmetries);
      constraints.symmetries.clear();
      std::set<std::pair<std::vector<Edge>, std::vector<Vertex>>> matches;
      find_motif(graph, pattern, constraints, [&](const MotifMatch& match) {
        matches.emplace(std::vector(match.edges.begin(), match.edges.end()),
                        std::vector(match.vertices.begin(), match.vertices.end()));
      });
      for (const Symmetry& symmetry : symmetries) {
        for (const auto& [edges, vertices] : matches) {
          std::pair<std::vector<Edge>, std::vector<Vertex>> image;
          for (const int e : symmetry.edges) {
            image.first.push_back(edges[static_cast<std::size_t>(e)]);
          }
          for (const int v : symmetry.vertices) {
            image.second.push_back(vertices[static_cast<std::size_t>(v)]);
          }
          ASSERT_TRUE(matches.contains(image)) << testing::description(text);
          ++turned;
        }
      }
    }
  }
  EXPECT_GT(turned, 10);
}

}  // namespace
}  // namespace aml::graph
