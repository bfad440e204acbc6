// SPDX-License-Identifier: Apache-2.0
#include "store/shares.hpp"

#include <fmt/format.h>

#include <pqxx/pqxx>
#include <stdexcept>
#include <string_view>

#include "store/result_fields.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

std::string without_schema(const std::string& table) {
  constexpr std::string_view kGold = "gold.";
  return table.starts_with(kGold) ? table.substr(kGold.size()) : table;
}

template <typename... Arguments>
void run_and_commit(Connection& connection, const query::Embedded& statement,
                    const Arguments&... arguments) {
  auto transaction = begin<pqxx::work>(connection);
  run(transaction, statement, arguments...);
  as_statement("COMMIT", [&] { transaction.commit(); });
}

}  // namespace

void create_share(Connection& connection, const NewShare& share) {
  std::vector<std::string> tables;
  std::vector<std::string> conditions;
  for (const auto& [table, condition] : share.tables) {
    tables.push_back(storable_text(without_schema(table)));
    conditions.push_back(storable_text(condition));
  }
  run_and_commit(connection, query::create_share, storable_text(share.name), share.version,
                 text_array(tables), text_array(conditions));
}

void grant_share(Connection& connection, const std::string& share, const std::string& role,
                 graph::Micros until) {
  run_and_commit(connection, query::grant_share, storable_text(share), storable_text(role),
                 time_text(until));
}

void revoke_share(Connection& connection, const std::string& share, const std::string& role) {
  run_and_commit(connection, query::revoke_share, storable_text(share), storable_text(role));
}

void move_share(Connection& connection, const std::string& share, std::int64_t version) {
  run_and_commit(connection, query::move_share, storable_text(share), version);
}

void drop_share(Connection& connection, const std::string& share) {
  run_and_commit(connection, query::drop_share, storable_text(share));
}

std::vector<ShareRow> list_shares(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_as<ShareRow>(run(session, query::list_shares), [](const pqxx::row& row) {
    return ShareRow{.share = text(row["share"]),
                    .version = row["version"].as<std::int64_t>(),
                    .tables = text(row["tables"]),
                    .recipients = text(row["recipients"]),
                    .reads = row["reads"].as<std::int64_t>(),
                    .created_at = text(row["created_at"]),
                    .created_by = text(row["created_by"])};
  });
}

std::vector<ShareFact> describe_share(Connection& connection, const std::string& share) {
  auto session = begin<pqxx::nontransaction>(connection);
  auto facts = rows_as<ShareFact>(
      run(session, query::describe_share, storable_text(share)), [](const pqxx::row& row) {
        return ShareFact{text(row[0]), text(row[1]), text(row[2]), text(row[3])};
      });
  if (facts.empty())
    throw std::invalid_argument(
        fmt::format("share {}: there is none, and never was\n  see:  aml share list", share));
  return facts;
}

}  // namespace aml::store
