// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "graph/motif.hpp"
#include "tests/graph/random_motifs.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

const GraphProperties kNoProperties;

/// Branch, then what vertices and edges are bound to.
using Row = std::vector<std::uint32_t>;

Row row_of(std::size_t branch, const MotifMatch& match) {
  Row row{static_cast<std::uint32_t>(branch)};
  row.insert(row.end(), match.vertices.begin(), match.vertices.end());
  row.insert(row.end(), match.edges.begin(), match.edges.end());
  return row;
}

/// Two payers with three transfers each into c, which pays twice: 2 * 9 * 2 rows without symmetry.
TransferGraph collector() {
  std::vector<testing::Transfer> transfers;
  for (int i = 0; i < 3; ++i) {
    transfers.push_back({"a", "c", i});
    transfers.push_back({"b", "c", i});
  }
  transfers.push_back({"c", "x", 10});
  transfers.push_back({"c", "y", 11});
  return testing::graph_of(transfers);
}

struct Bound {
  Bound(const MotifQueryText& text, const TransferGraph& graph_in)
      : graph(graph_in),
        query(parse_query(text, {})),
        bound(bind_query(query, graph, kNoProperties)) {}
  MotifRun visit(std::uint64_t limit) {
    rows.clear();
    return visit_rows(query, bound, graph, limit, [&](std::size_t branch, const MotifMatch& match) {
      rows.push_back(row_of(branch, match));
    });
  }

  const TransferGraph& graph;
  MotifQuery query;
  BoundMotif bound;
  std::vector<Row> rows;
};

TEST(MotifAnswer, ALimitGivesTheFirstRows) {
  const TransferGraph graph = collector();
  Bound all({.motif = "(p)-[e]->(c);(c)-[f]->(q)"}, graph);
  EXPECT_FALSE(all.visit(kNoRowLimit).truncated);
  ASSERT_EQ(all.rows.size(), 12U);
  const std::vector<Row> whole = all.rows;
  for (const std::uint64_t limit : {0U, 1U, 5U, 11U, 12U, 13U}) {
    const MotifRun run = all.visit(limit);
    EXPECT_EQ(run.truncated, limit < 12);
    EXPECT_EQ(run.rows, std::min<std::uint64_t>(limit, 12));
    EXPECT_TRUE(std::equal(all.rows.begin(), all.rows.end(), whole.begin()));
  }
}

TEST(MotifAnswer, MoreRowsThanMayBeEnumeratedAreRefusedWithTheirNumberAndStillCountedAndGrouped) {
  const TransferGraph graph = collector();
  MotifQueryText text{.motif = "(p)-[e]->(c);(c)-[f]->(q)", .distinct = Distinct::kNone};
  text.max_rows = 11;
  Bound bound(text, graph);
  const MotifRun run = bound.visit(kNoRowLimit);
  EXPECT_TRUE(run.refused);
  EXPECT_TRUE(run.rows_known == 12);
  EXPECT_TRUE(bound.rows.empty());
  EXPECT_FALSE(bound.visit(3).refused);  // some of them are asked for
  EXPECT_EQ(bound.rows.size(), 3U);
  EXPECT_TRUE(count_rows(bound.bound, graph).rows == 12);

  text.group_by = "c";
  text.aggregates = {{"rows", "count(*)"}, {"payers", "count(distinct p)"}};
  Bound grouped(text, graph);
  const QueryGroups groups = group_rows(grouped.query, grouped.bound, graph, kNoProperties);
  EXPECT_TRUE(groups.factorised);
  ASSERT_EQ(groups.groups.size(), 1U);
  EXPECT_EQ(to_string(std::get<Decimal>(groups.groups[0].values[0])), "12");
  EXPECT_EQ(to_string(std::get<Decimal>(groups.groups[0].values[1])), "2");
}

TEST(MotifAnswer, GroupsThatNeedRowsAreRefusedBeyondTheBudget) {
  const TransferGraph graph = collector();
  MotifQueryText text{.motif = "(p)-[e]->(c);(c)-[f]->(q)", .distinct = Distinct::kNone};
  text.group_by = "c";
  text.aggregates = {{"last", "max(e.id)"}};
  EXPECT_EQ(group_rows(Bound(text, graph).query, Bound(text, graph).bound, graph, kNoProperties)
                .groups.size(),
            1U);
  text.max_rows = 11;
  Bound bound(text, graph);
  EXPECT_TRUE(group_rows(bound.query, bound.bound, graph, kNoProperties).refused);
}

TEST(MotifAnswer, GroupsOfOneBranchThatNeedRowsEndAtTheBudget) {
  const TransferGraph graph = collector();
  MotifQueryText text{.motif = "(p)-[e]->(c);(c)-[f]->(q)"};
  text.group_by = "c";
  text.aggregates = {{"rows", "count(*)"}};
  for (const std::uint64_t most : {11U, 12U}) {
    text.max_rows = most;
    Bound bound(text, graph);
    const QueryGroups groups = group_rows(bound.query, bound.bound, graph, kNoProperties);
    EXPECT_FALSE(groups.factorised);
    EXPECT_FALSE(groups.refused);
    EXPECT_EQ(groups.truncated, most < 12);
  }
}

std::vector<Row> plain_rows(const BoundMotif& bound, const TransferGraph& graph) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < bound.branches.size(); ++i) {
    find_motif(graph, bound.branches[i].pattern, bound.branches[i].constraints,
               [&](const MotifMatch& match) { rows.push_back(row_of(i, match)); });
  }
  return rows;
}

std::vector<std::string> text_of(const std::vector<MotifGroup>& groups) {
  std::vector<std::string> texts;
  for (const MotifGroup& group : groups) {
    texts.push_back(std::to_string(group.vertex));
    for (const Value& value : group.values) {
      const auto* number = std::get_if<Decimal>(&value);
      // Equal numbers may be written with another number of zeros at the end.
      texts.push_back(number == nullptr ? std::to_string(value.index())
                                        : to_string(*number + Decimal{0, 12}));
    }
  }
  return texts;
}

TEST(MotifAnswer, AgreesWithThePlainMatcherOnRandomQueries) {
  testing::Random random(testing::printed_seed());
  int grouped = 0;
  for (int i = 0; i < 400; ++i) {
    const testing::Bank bank = testing::random_bank(random);
    const TransferGraph graph = testing::graph_of(bank);
    const GraphProperties properties = testing::properties_of(bank, graph);
    const MotifQueryText text = testing::random_query(
        random, random.chance(30) ? MotifMode::kGraphFrames : MotifMode::kMoney);
    SCOPED_TRACE(testing::description(text));
    const MotifQuery query = parse_query(text, schema_of(properties));
    const BoundMotif bound = bind_query(query, graph, properties);
    const std::vector<Row> expected = plain_rows(bound, graph);
    const MotifCount count = count_rows(bound, graph);
    EXPECT_FALSE(count.overflowed);
    EXPECT_TRUE(count.rows == expected.size());
    std::uint64_t visited = 0;
    visit_rows(query, bound, graph, kNoRowLimit,
               [&](std::size_t, const MotifMatch&) { ++visited; });
    EXPECT_EQ(visited, expected.size());
    if (!query.grouping) continue;
    ++grouped;
    GroupedMatches plain(query, graph, properties);
    for (std::size_t b = 0; b < bound.branches.size(); ++b) {
      find_motif(graph, bound.branches[b].pattern, bound.branches[b].constraints,
                 [&](const MotifMatch& match) { plain.add(b, match); });
    }
    const QueryGroups groups = group_rows(query, bound, graph, properties);
    EXPECT_EQ(text_of(groups.groups), text_of(plain.groups()));
    const auto& [pattern, constraints] = bound.branches.front();
    EXPECT_EQ(groups_without_rows(query, MotifPlan(graph, pattern, constraints)),
              groups.factorised);
  }
  EXPECT_GT(grouped, 20);
}

/// Eight branches of 4^63 rows each: none of them overflows, together they are 2^129.
TEST(MotifAnswer, MoreRowsInAllBranchesThanCanBeCountedAreAnOverflowAndRefused) {
  const std::vector<testing::Transfer> parallel(4, {"a", "b", 0});
  const TransferGraph graph = testing::graph_of(parallel);
  MotifQueryText text;
  text.mode = MotifMode::kGraphFrames;
  for (int i = 0; i < 60; ++i) text.motif += "()-[d" + std::to_string(i) + "]->();";
  text.motif += "()-[x]-();()-[y]-();()-[z]-()";
  Bound motif(text, graph);
  ASSERT_EQ(motif.bound.branches.size(), 8U);
  for (const BoundMotif::Branch& branch : motif.bound.branches) {
    const MotifCount one = count_motif(MotifPlan(graph, branch.pattern, branch.constraints));
    EXPECT_FALSE(one.overflowed);
    EXPECT_TRUE(one.rows == RowCount{1} << 126);
  }
  EXPECT_TRUE(count_rows(motif.bound, graph).overflowed);
  // A search that is not refused would end after one row.
  motif.query.max_rows = 1;
  EXPECT_TRUE(motif.visit(kNoRowLimit).refused);
  EXPECT_TRUE(motif.rows.empty());
}

}  // namespace
}  // namespace aml::graph
