// SPDX-License-Identifier: Apache-2.0
#include "graph/transfer_graph.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <tuple>

#include "graph/growing_graph.hpp"
#include "graph/hubs.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

using testing::columns_of;
using testing::graph_of;
using testing::Transfer;
using testing::transfers_among;

/// Everything that the accessors tell of one edge.
using EdgeRow = std::tuple<std::string, std::string, Micros, MinorUnits, std::string, std::string>;

EdgeRow row_of(const TransferGraph& graph, Edge e) {
  return {std::string(graph.key(graph.source(e))),
          std::string(graph.key(graph.target(e))),
          graph.booked_at(e),
          graph.amount_minor(e),
          std::string(graph.type(e)),
          std::string(graph.transfer_key(e))};
}

std::vector<EdgeRow> rows_of(const TransferGraph& graph) {
  std::vector<EdgeRow> rows;
  for (Edge e = 0; e < graph.num_edges(); ++e) rows.push_back(row_of(graph, e));
  return rows;
}

std::vector<std::string> vertex_keys(const TransferGraph& graph) {
  std::vector<std::string> keys;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) keys.emplace_back(graph.key(v));
  return keys;
}

std::vector<std::string> out_keys(const TransferGraph& graph, EdgeRange edges) {
  std::vector<std::string> keys;
  for (const Edge e : edges) keys.emplace_back(graph.transfer_key(e));
  return keys;
}

std::vector<std::string> in_keys(const TransferGraph& graph, EdgeRange positions) {
  std::vector<std::string> keys;
  for (const Edge p : positions) keys.emplace_back(graph.transfer_key(graph.in_edge(p)));
  return keys;
}

TEST(TransferGraph, VerticesAreNumberedInKeyOrder) {
  const TransferGraph graph = graph_of({{"10", "9"}, {"9", "B"}}, {"100"});
  EXPECT_EQ(vertex_keys(graph), (std::vector<std::string>{"9", "B", "10", "100"}));
  EXPECT_EQ(graph.find("10"), Vertex{2});
  EXPECT_EQ(graph.find("1"), std::nullopt);
  EXPECT_EQ(graph.find("999"), std::nullopt);
}

TEST(TransferGraph, EdgesOfAVertexAreOrderedByTimeThenTransferKey) {
  const TransferGraph graph = graph_of({{"a", "b", 5, 1, "T10"},
                                        {"a", "c", 5, 2, "T9"},
                                        {"a", "b", 4, 3, "T99"},
                                        {"c", "b", 5, 4, "T1"}});
  EXPECT_EQ(out_keys(graph, graph.out_edges(0)), (std::vector<std::string>{"T99", "T9", "T10"}));
  EXPECT_EQ(in_keys(graph, graph.in_edges(1)), (std::vector<std::string>{"T99", "T1", "T10"}));
}

TEST(TransferGraph, ParallelTransfersAndSelfLoopsAreKept) {
  const TransferGraph graph = graph_of({{"a", "b"}, {"a", "b"}, {"a", "a"}});
  EXPECT_EQ(graph.num_edges(), 3U);
  EXPECT_EQ(graph.out_edges(0).size(), 3U);
  EXPECT_EQ(graph.in_edges(0).size(), 1U);
  EXPECT_EQ(graph.in_edges(1).size(), 2U);
}

TEST(TransferGraph, ColumnsFollowTheirTransfer) {
  TransferColumns columns = columns_of({{"b", "a", 2, 20, "T2"}, {"a", "b", 1, 10, "T1"}});
  columns.type_names = {"TRANSFER", "CASH"};
  columns.type = {1, 0};
  const TransferGraph graph(std::move(columns));
  EXPECT_EQ(rows_of(graph), (std::vector<EdgeRow>{{"a", "b", 1, 10, "TRANSFER", "T1"},
                                                  {"b", "a", 2, 20, "CASH", "T2"}}));
}

TEST(TransferGraph, WindowIncludesItsBeginAndExcludesItsEnd) {
  const TransferGraph graph =
      graph_of({{"a", "b", 1}, {"a", "b", 2}, {"a", "b", 2}, {"a", "b", 3}, {"a", "b", 4}});
  EXPECT_EQ(out_keys(graph, graph.out_edges(0, 2, 4)),
            (std::vector<std::string>{"T2", "T3", "T4"}));
  EXPECT_EQ(in_keys(graph, graph.in_edges(1, 2, 4)), (std::vector<std::string>{"T2", "T3", "T4"}));
  EXPECT_TRUE(graph.out_edges(0, 4, 2).empty());
  EXPECT_TRUE(graph.out_edges(0, 5, 100).empty());
  EXPECT_TRUE(graph.out_edges(1, 0, 100).empty());
  constexpr Micros kMin = std::numeric_limits<Micros>::min();
  constexpr Micros kMax = std::numeric_limits<Micros>::max();
  EXPECT_EQ(graph.out_edges(0, kMin, kMax).size(), 5U);
}

TEST(TransferGraph, LooseOrderBreaksTiesByTransferKeyAndStrictOrderHasNone) {
  const TransferGraph graph =
      graph_of({{"a", "b", 1, 1, "T9"}, {"b", "a", 1, 1, "T10"}, {"b", "a", 2, 1, "T2"}});
  const Edge t9 = 0;
  const Edge t10 = 1;
  const Edge t2 = 2;
  EXPECT_TRUE(graph.may_follow(t9, t10, TimeOrder::kLoose));
  EXPECT_FALSE(graph.may_follow(t10, t9, TimeOrder::kLoose));
  EXPECT_FALSE(graph.may_follow(t9, t10, TimeOrder::kStrict));
  EXPECT_TRUE(graph.may_follow(t10, t2, TimeOrder::kStrict));
  EXPECT_TRUE(graph.may_follow(t2, t9, TimeOrder::kNone));
  EXPECT_FALSE(graph.may_follow(t9, t9, TimeOrder::kNone));
  EXPECT_FALSE(graph.before(t9, t9));
}

TEST(TransferGraph, EmptyColumnsMakeAnEmptyGraph) {
  const TransferGraph graph{TransferColumns()};
  EXPECT_EQ(graph.num_vertices(), 0U);
  EXPECT_EQ(graph.num_edges(), 0U);
  EXPECT_EQ(graph.find("a"), std::nullopt);
}

TEST(TransferGraph, VerticesWithoutTransfersAreKept) {
  const TransferGraph graph = graph_of({}, {"b", "a"});
  EXPECT_EQ(vertex_keys(graph), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(graph.out_edges(0).empty());
  EXPECT_TRUE(graph.in_edges(1).empty());
}

TEST(TransferGraph, SourceIsFoundAcrossVerticesWithoutOutEdges) {
  const TransferGraph graph = graph_of({{"b", "a"}, {"e", "a"}, {"e", "c"}}, {"d", "f"});
  EXPECT_EQ(graph.key(graph.source(0)), "b");
  EXPECT_EQ(graph.key(graph.source(1)), "e");
  EXPECT_EQ(graph.key(graph.source(2)), "e");
}

TEST(TransferGraph, ColumnOfAnotherLengthIsRefused) {
  const auto refused = [](auto&& spoil) {
    TransferColumns columns = columns_of({{"a", "b"}, {"b", "a"}});
    spoil(columns);
    EXPECT_THROW(TransferGraph(std::move(columns)), std::invalid_argument);
  };
  refused([](TransferColumns& c) { c.target.pop_back(); });
  refused([](TransferColumns& c) { c.booked_at.pop_back(); });
  refused([](TransferColumns& c) { c.amount_minor.push_back(1); });
  refused([](TransferColumns& c) { c.type.pop_back(); });
  refused([](TransferColumns& c) { c.transfer_keys.push_back("T3"); });
}

TEST(TransferGraph, IndexOutOfRangeIsRefusedWithColumnAndRow) {
  TransferColumns columns = columns_of({{"a", "b"}, {"b", "a"}});
  columns.target[1] = 2;
  try {
    TransferGraph graph(std::move(columns));
    FAIL() << "an index out of range was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "column target, row 1: index 2 is not below 2");
  }
  columns = columns_of({{"a", "b"}});
  columns.source[0] = 7;
  EXPECT_THROW(TransferGraph(std::move(columns)), std::invalid_argument);
  columns = columns_of({{"a", "b"}});
  columns.type[0] = 1;
  EXPECT_THROW(TransferGraph(std::move(columns)), std::invalid_argument);
}

TEST(TransferGraph, RepeatedKeysAreRefused) {
  EXPECT_THROW(graph_of({{"a", "b", 1, 1, "T1"}, {"b", "a", 1, 1, "T1"}}), std::invalid_argument);
  TransferColumns columns = columns_of({{"a", "b"}});
  columns.vertex_keys.push_back("a");
  EXPECT_THROW(TransferGraph(std::move(columns)), std::invalid_argument);
}

TEST(TransferGraph, MemoryCountsEveryEdge) {
  std::vector<Transfer> transfers(1000, {"a", "b"});
  const TransferGraph graph = graph_of(transfers);
  // 41 bytes of columns an edge, and 8 bytes of offset beside each transfer key.
  EXPECT_GE(graph.memory_bytes(), 1000U * (41 + 8));
  EXPECT_LE(graph.memory_bytes(), 1000U * (41 + 8 + 2 * 8 + 2 * 8));
}

TEST(TransferGraphGrouped, TransfersJoinGroupsAndKeepOrderKeysAndAmounts) {
  const TransferGraph accounts =
      graph_of({{"a1", "b1", 3, 30, "T3"}, {"a2", "b1", 1, 10, "T1"}, {"a1", "a2", 2, 20, "T2"}});
  KeyColumn parties;
  parties.push_back("P2");
  parties.push_back("P1");
  const std::vector<Vertex> owner = {1, 1, 0};  // a1, a2 -> P1; b1 -> P2
  const TransferGraph graph = accounts.grouped(owner, parties);
  EXPECT_EQ(rows_of(graph), (std::vector<EdgeRow>{{"P1", "P2", 1, 10, "TRANSFER", "T1"},
                                                  {"P1", "P1", 2, 20, "TRANSFER", "T2"},
                                                  {"P1", "P2", 3, 30, "TRANSFER", "T3"}}));
}

TEST(TransferGraphGrouped, WrongGroupsAreRefused) {
  const TransferGraph graph = graph_of({{"a", "b"}});
  KeyColumn one;
  one.push_back("P");
  KeyColumn twice = one;
  twice.push_back("P");
  EXPECT_THROW(graph.grouped(std::vector<Vertex>{0}, one), std::invalid_argument);
  EXPECT_THROW(graph.grouped(std::vector<Vertex>{0, 1}, one), std::invalid_argument);
  EXPECT_THROW(graph.grouped(std::vector<Vertex>{0, 1}, twice), std::invalid_argument);
}

RC_GTEST_PROP(TransferGraph, ForwardAndReverseArraysAgreeWithASortedList, ()) {
  const auto transfers = *transfers_among(5, 30);
  const TransferGraph graph = graph_of(transfers);
  RC_ASSERT(graph.num_edges() == transfers.size());
  const auto by_end_and_time = [&](auto end) {
    std::vector<const Transfer*> list;
    for (const Transfer& transfer : transfers) list.push_back(&transfer);
    std::ranges::sort(list, [&](const Transfer* a, const Transfer* b) {
      if (a->*end != b->*end) return a->*end < b->*end;
      return may_follow(*a, *b, TimeOrder::kLoose);
    });
    return list;
  };
  const auto forward = by_end_and_time(&Transfer::source);
  for (Edge e = 0; e < graph.num_edges(); ++e) {
    RC_ASSERT(row_of(graph, e) == EdgeRow(forward[e]->source, forward[e]->target,
                                          forward[e]->booked_at, forward[e]->amount, "TRANSFER",
                                          forward[e]->key));
  }
  const auto reverse = by_end_and_time(&Transfer::target);
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge p : graph.in_edges(v)) {
      RC_ASSERT(graph.key(v) == reverse[p]->target);
      RC_ASSERT(graph.key(graph.in_source(p)) == reverse[p]->source);
      RC_ASSERT(graph.in_booked_at(p) == reverse[p]->booked_at);
      RC_ASSERT(graph.transfer_key(graph.in_edge(p)) == reverse[p]->key);
    }
  }
}

RC_GTEST_PROP(TransferGraph, DoesNotDependOnTheOrderOfItsRows, ()) {
  const auto transfers = *transfers_among(6, 40);
  const auto order = *testing::permutation(transfers.size());
  std::vector<Transfer> shuffled;
  for (const std::size_t i : order) shuffled.push_back(transfers[i]);
  const TransferGraph a = graph_of(transfers, {"5", "4", "3", "2", "1", "0"});
  const TransferGraph b = graph_of(shuffled, {"0", "1", "2", "3", "4", "5"});
  RC_ASSERT(vertex_keys(a) == vertex_keys(b));
  RC_ASSERT(rows_of(a) == rows_of(b));
  for (Vertex v = 0; v < a.num_vertices(); ++v) {
    RC_ASSERT(in_keys(a, a.in_edges(v)) == in_keys(b, b.in_edges(v)));
  }
}

RC_GTEST_PROP(TransferGraph, WindowIsAFilterByTime, ()) {
  const auto transfers = *transfers_among(3, 30);
  const TransferGraph graph = graph_of(transfers);
  const Micros from = *rc::gen::inRange<Micros>(-1, 12);
  const Micros to = *rc::gen::inRange<Micros>(-1, 12);
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    std::vector<Edge> out;
    for (const Edge e : graph.out_edges(v)) {
      if (graph.booked_at(e) >= from && graph.booked_at(e) < to) out.push_back(e);
    }
    const EdgeRange out_window = graph.out_edges(v, from, to);
    RC_ASSERT(std::vector<Edge>(out_window.begin(), out_window.end()) == out);
    std::vector<Edge> in;
    for (const Edge p : graph.in_edges(v)) {
      if (graph.in_booked_at(p) >= from && graph.in_booked_at(p) < to) in.push_back(p);
    }
    const EdgeRange in_window = graph.in_edges(v, from, to);
    RC_ASSERT(std::vector<Edge>(in_window.begin(), in_window.end()) == in);
  }
}

/// The rows of a part against those of a graph that was made of the same transfers.
RC_GTEST_PROP(GrowingGraph, PartsAreGraphsOfTheirTransfersAndKnowTheWhole, ()) {
  const auto transfers = *transfers_among(6, 40);
  const auto cut = *rc::gen::inRange<Micros>(0, 11);
  GrowingGraph growing(100);
  for (const Transfer& transfer : transfers) {
    for (const std::string& key : {transfer.source, transfer.target})
      if (!growing.find(key)) growing.add_vertex(key);
    growing.add_transfer(*growing.find(transfer.source), *growing.find(transfer.target),
                         transfer.booked_at, transfer.amount, "TRANSFER", transfer.key);
    if (transfer.booked_at == cut) growing.since(cut);  // puts some in their place in time
  }
  const TransferGraph whole = graph_of(transfers);
  const auto require_part = [&](const GrowingGraph::Part& part, const auto& belongs) {
    std::vector<Transfer> chosen;
    std::ranges::copy_if(transfers, std::back_inserter(chosen), belongs);
    RC_ASSERT(rows_of(part.graph) == rows_of(graph_of(chosen)));
    for (const std::uint32_t cap : {1U, 2U, 3U}) {
      const auto is_hub = hub_vertices(part.graph, cap);
      for (Vertex v = 0; v < part.graph.num_vertices(); ++v) {
        const auto key = part.graph.key(v);
        RC_ASSERT(part.numbers[v] == *growing.find(key));
        RC_ASSERT(is_hub[v] == hub_vertices(whole, cap)[*whole.find(key)]);
      }
    }
  };
  require_part(growing.since(cut), [&](const Transfer& t) { return t.booked_at >= cut; });
  if (!growing.find("0")) return;
  const Vertex vertex = *growing.find("0");
  require_part(growing.around({&vertex, 1}),
               [&](const Transfer& t) { return t.source == "0" || t.target == "0"; });
}

}  // namespace
}  // namespace aml::graph
