// SPDX-License-Identifier: Apache-2.0
// PostgreSQL as an independent judge of motif queries.
#include "scenarios/motif_sql.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "graph/grouped_matches.hpp"
#include "graph/motif_answer.hpp"
#include "graph/motif_binding.hpp"
#include "scenarios/sql_text.hpp"
#include "tests/graph/random_motifs.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

using graph::MotifQueryText;
using graph::testing::Bank;
using graph::testing::Random;
using Rows = std::vector<std::string>;

const MotifTables kPlainTables{.transfers = {"", "pay ments"},
                               .transfer_id = "id",
                               .source = "from",
                               .target = "to",
                               .booked_at = "at",
                               .amount = "amount",
                               .type = "type",
                               .vertices = {"", "accounts"},
                               .vertex_id = "id"};

constexpr const char* kCreateTables = R"(
  CREATE TABLE accounts (id text, country text, is_company boolean, risk numeric(10, 1));
  CREATE TABLE "pay ments" (id text, "from" text, "to" text, at timestamptz, amount numeric(20, 2),
                            type text, note text, valued_at timestamptz);
)";

std::string text_or_null(const std::optional<std::string>& text) {
  return text ? quoted_text(*text) : "NULL";
}

std::string insert_statements(const Bank& bank) {
  std::string sql = "TRUNCATE accounts, \"pay ments\";\n";
  for (const Bank::Account& account : bank.accounts) {
    if (account.is_dangling) continue;
    sql += fmt::format(
        "INSERT INTO accounts VALUES ({}, {}, {}, {});\n", quoted_text(account.key),
        text_or_null(account.country),
        account.is_company ? (*account.is_company ? "true" : "false") : "NULL",
        account.risk_tenths ? to_string(graph::Decimal{*account.risk_tenths, 1}) : "NULL");
  }
  for (const auto& [transfer, type, note, valued_at] : bank.payments) {
    sql += fmt::format("INSERT INTO \"pay ments\" VALUES ({}, {}, {}, {}, {}, {}, {}, {});\n",
                       quoted_text(transfer.key), quoted_text(transfer.source),
                       quoted_text(transfer.target), timestamp_literal(transfer.booked_at),
                       to_string(graph::Decimal{transfer.amount, 2}), quoted_text(type),
                       text_or_null(note), valued_at ? timestamp_literal(*valued_at) : "NULL");
  }
  return sql;
}

Rows rows_of_sql(pqxx::nontransaction& session, const std::string& sql) {
  Rows rows;
  for (const auto& row : session.exec(sql)) {
    rows.emplace_back();
    for (const auto& field : row) {
      rows.back() += field.is_null() ? "-|" : std::string(field.c_str()) + "|";
    }
  }
  std::ranges::sort(rows);
  return rows;
}

std::string text_of(const graph::Value& value) {
  if (const auto* number = std::get_if<graph::Decimal>(&value)) return to_string(*number) + "|";
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text) + "|";
  return "-|";
}

/// A query on a graph.
struct Search {
  const graph::MotifQuery& query;
  const graph::TransferGraph& graph;
  const graph::GraphProperties& properties;
  graph::BoundMotif bound = bind_query(query, graph, properties);
};

std::string row_of_match(const Search& search, std::size_t branch_number,
                         const graph::MotifMatch& match) {
  const graph::MotifBranch& branch = search.query.motif.branches[branch_number];
  std::string row;
  for (std::size_t c = 0; c < branch.positions.size(); ++c) {
    const auto position = static_cast<std::size_t>(branch.positions[c]);
    const bool is_missing = branch.positions[c] < 0;
    switch (search.query.motif.columns[c].kind) {
      case graph::MotifColumn::Kind::kVertex:
        row += is_missing ? "-" : search.graph.key(match.vertices[position]);
        break;
      case graph::MotifColumn::Kind::kEdge:
        row += is_missing ? "-" : search.graph.transfer_key(match.edges[position]);
        break;
      case graph::MotifColumn::Kind::kHop:
        row += branch.hop;
        break;
      case graph::MotifColumn::Kind::kPattern:
        row += branch.written;
        break;
      case graph::MotifColumn::Kind::kDirection:
        row += branch.direction;
        break;
    }
    row += "|";
  }
  return row;
}

Rows rows_of_groups(const Search& search, const std::vector<graph::MotifGroup>& groups) {
  Rows rows;
  for (const graph::MotifGroup& group : groups) {
    rows.emplace_back(std::string(search.graph.key(group.vertex)) + "|");
    for (const graph::Value& value : group.values) rows.back() += text_of(value);
  }
  std::ranges::sort(rows);
  return rows;
}

/// By plain backtracking.
Rows rows_of_matcher(const Search& search) {
  Rows rows;
  std::optional<graph::GroupedMatches> groups;
  if (search.query.grouping) groups.emplace(search.query, search.graph, search.properties);
  for (std::size_t b = 0; b < search.bound.branches.size(); ++b) {
    const auto& [pattern, constraints] = search.bound.branches[b];
    find_motif(search.graph, pattern, constraints, [&](const graph::MotifMatch& match) {
      if (groups) return groups->add(b, match);
      rows.push_back(row_of_match(search, b, match));
    });
  }
  if (groups) return rows_of_groups(search, groups->groups());
  std::ranges::sort(rows);
  return rows;
}

/// By the planner.
Rows rows_of_plan(const Search& search) {
  if (search.query.grouping) {
    return rows_of_groups(
        search, group_rows(search.query, search.bound, search.graph, search.properties).groups);
  }
  Rows rows;
  visit_rows(search.query, search.bound, search.graph, graph::kNoRowLimit,
             [&](std::size_t branch, const graph::MotifMatch& match) {
               rows.push_back(row_of_match(search, branch, match));
             });
  std::ranges::sort(rows);
  return rows;
}

/// The banks of AML_BANKS, or `few`: each has its own random graph and queries.
int number_of_banks(int few) {
  const char* given = std::getenv("AML_BANKS");
  return given != nullptr ? std::atoi(given) : few;
}

TEST(MotifSql, GivesTheRowsOfThePlannerAndOfTheMatcher) {
  const test::TestDatabase database;
  store::Connection connection = database.connect();
  pqxx::nontransaction session(connection.pqxx());
  // Compiling costs more than these tables.
  session.exec("RESET search_path; SET jit = off");
  session.exec(kCreateTables);
  Random random(graph::testing::printed_seed());
  int with_rows = 0;
  const int banks = number_of_banks(60);
  constexpr int kQueriesPerBank = 10;
  for (int i = 0; i < banks; ++i) {
    const Bank bank = graph::testing::random_bank(random);
    const graph::TransferGraph graph = graph::testing::graph_of(bank);
    const graph::GraphProperties properties = graph::testing::properties_of(bank, graph);
    const graph::PropertySchema schema = graph::testing::bank_schema();
    session.exec(insert_statements(bank));
    for (int j = 0; j < kQueriesPerBank; ++j) {
      const MotifQueryText text = graph::testing::random_query(
          random, j % 3 == 0 ? graph::MotifMode::kGraphFrames : graph::MotifMode::kMoney);
      const graph::MotifQuery query = parse_query(text, schema);
      const std::string sql = motif_sql(query, schema, kPlainTables);
      const Rows rows = rows_of_sql(session, sql);
      with_rows += !rows.empty();
      const Search search{query, graph, properties};
      const auto what = [&] {
        return fmt::format("bank {}, query {}: {}\n\n{}\n{}", i, j,
                           graph::testing::description(text), sql, insert_statements(bank));
      };
      ASSERT_EQ(rows_of_matcher(search), rows) << what();
      ASSERT_EQ(rows_of_plan(search), rows) << what();
    }
  }
  EXPECT_GT(with_rows, banks * kQueriesPerBank / 5);
  std::cout << banks * kQueriesPerBank << " queries, " << with_rows << " of them with rows\n";
}

TEST(MotifSql, RunsOnSilver) {
  const test::TestDatabase database;
  MotifQueryText text{.motif = "(a)-[e1]->(c);(b)-[e2]->(c);!(c)-[]->(a);(c)-[e3*1..2]->(d)",
                      .where = "e1.amount >= 8000 and a.country <> 'NL'",
                      .window = 5 * graph::kMicrosPerDay};
  text.max_counterparties = 2000;
  const graph::PropertySchema schema{.edges = {},
                                     .vertices = {{"country", graph::PropertyType::kText}}};
  EXPECT_EQ(database.query(motif_sql(parse_query(text, schema), schema)), "");
  text.group_by = "c";
  text.aggregates = {{"paid in", "total(e1) + total(e2)"}};
  text.having = "total(e1) > 10000";
  EXPECT_EQ(database.query(motif_sql(parse_query(text, schema), schema)), "");
}

TEST(MotifSql, QuotesWhatWouldBreakOut) {
  EXPECT_EQ(quoted_name("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
  EXPECT_EQ(quoted_text("it's"), "'it''s'::text");
  EXPECT_EQ(quoted_text("\\'"), "E'\\\\'''::text");
  const test::TestDatabase database;
  for (const std::string setting : {"on", "off"}) {
    EXPECT_EQ(database.query("SET standard_conforming_strings = " + setting + "; SELECT " +
                             quoted_text("a\\'; SELECT 1; --")),
              "a\\'; SELECT 1; --");
  }
}

TEST(MotifSql, TimesAreExact) {
  const test::TestDatabase database;
  for (const graph::Micros micros :
       {graph::Micros{0}, graph::Micros{-1}, graph::Micros{1'709'164'800'000'001},
        graph::Micros{-62'135'596'800'000'001}, graph::Micros{253'402'300'800'000'000}}) {
    EXPECT_EQ(database.query("SELECT (extract(epoch from " + timestamp_literal(micros) +
                             ") * 1000000)::bigint"),
              std::to_string(micros));
  }
  EXPECT_EQ(
      database.query("SELECT (extract(epoch from " +
                     interval_literal(99'999 * graph::kMicrosPerDay + 7) + ") * 1000000)::bigint"),
      std::to_string(99'999 * graph::kMicrosPerDay + 7));
}

}  // namespace
}  // namespace aml::scenarios
