// SPDX-License-Identifier: Apache-2.0
// PostgreSQL as an independent judge of motif queries.
#include "scenarios/motif_sql.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "graph/grouped_matches.hpp"
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

/// The rows of the query by our own search, in the same form.
Rows rows_of_search(const graph::MotifQuery& query, const graph::TransferGraph& graph,
                    const graph::GraphProperties& properties) {
  const graph::BoundMotif bound = bind_query(query, graph, properties);
  Rows rows;
  std::optional<graph::GroupedMatches> groups;
  if (query.grouping) groups.emplace(query, graph, properties);
  for (std::size_t b = 0; b < bound.branches.size(); ++b) {
    const graph::MotifBranch& branch = query.motif.branches[b];
    const auto& [pattern, constraints] = bound.branches[b];
    find_motif(graph, pattern, constraints, [&](const graph::MotifMatch& match) {
      if (groups) return groups->add(b, match);
      rows.emplace_back();
      for (std::size_t c = 0; c < branch.positions.size(); ++c) {
        const auto position = static_cast<std::size_t>(branch.positions[c]);
        const bool is_missing = branch.positions[c] < 0;
        switch (query.motif.columns[c].kind) {
          case graph::MotifColumn::Kind::kVertex:
            rows.back() += is_missing ? "-" : graph.key(match.vertices[position]);
            break;
          case graph::MotifColumn::Kind::kEdge:
            rows.back() += is_missing ? "-" : graph.transfer_key(match.edges[position]);
            break;
          case graph::MotifColumn::Kind::kHop:
            rows.back() += branch.hop;
            break;
          case graph::MotifColumn::Kind::kPattern:
            rows.back() += branch.written;
            break;
          case graph::MotifColumn::Kind::kDirection:
            rows.back() += branch.direction;
            break;
        }
        rows.back() += "|";
      }
    });
  }
  if (groups) {
    for (const graph::MotifGroup& group : groups->groups()) {
      rows.emplace_back(std::string(graph.key(group.vertex)) + "|");
      for (const graph::Value& value : group.values) rows.back() += text_of(value);
    }
  }
  std::ranges::sort(rows);
  return rows;
}

TEST(MotifSql, GivesTheRowsOfTheSearch) {
  const test::TestDatabase database;
  store::Connection connection = database.connect();
  pqxx::nontransaction session(connection.pqxx());
  session.exec("SET jit = off");  // compiling costs more than these tables
  session.exec(kCreateTables);
  Random random(graph::testing::printed_seed());
  int with_rows = 0;
  constexpr int kBanks = 60;
  constexpr int kQueriesPerBank = 10;
  for (int i = 0; i < kBanks; ++i) {
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
      const Rows rows = rows_of_search(query, graph, properties);
      with_rows += !rows.empty();
      ASSERT_EQ(rows, rows_of_sql(session, sql))
          << "bank " << i << ", query " << j << ": " << graph::testing::description(text) << "\n\n"
          << sql << '\n'
          << insert_statements(bank);
    }
  }
  EXPECT_GT(with_rows, kBanks * kQueriesPerBank / 5);
  std::cout << kBanks * kQueriesPerBank << " queries, " << with_rows << " of them with rows\n";
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
