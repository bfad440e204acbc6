// SPDX-License-Identifier: Apache-2.0
#include "store/grants.hpp"

#include <pqxx/pqxx>

#include "store/error.hpp"
#include "store/result_fields.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

std::vector<std::string> first_column(const pqxx::result& result) {
  return rows_as<std::string>(result, [](const pqxx::row& row) { return text(row[0]); });
}

}  // namespace

std::vector<RoleAccess> list_access(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_as<RoleAccess>(run(session, query::list_access), [](const pqxx::row& row) {
    return RoleAccess{text(row[0]), text(row[1]), text(row[2]),
                      text(row[3]), text(row[4]), text(row[5])};
  });
}

AccessCounts count_access(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto row = run(session, query::count_access).front();
  return {.is_applied = row[0].as<bool>(),
          .missing = row[1].as<std::int64_t>(),
          .beyond = row[2].as<std::int64_t>(),
          .by_hand = row[3].as<std::int64_t>()};
}

std::vector<std::string> access_statements(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  return first_column(run(session, query::list_access_statements));
}

std::vector<std::string> apply_access(Connection& connection) {
  constexpr std::string_view kInsufficientPrivilege = "42501";
  auto transaction = begin<pqxx::work>(connection);
  try {
    auto applied = first_column(run(transaction, query::apply_access));
    as_statement("COMMIT", [&] { transaction.commit(); });
    return applied;
  } catch (const StoreError& error) {
    if (error.sqlstate() != kInsufficientPrivilege) throw;
    throw StoreError(error.failure(),
                     std::string(error.what()) +
                         "\n  nothing was changed; who administers the server may run what this "
                         "prints:  aml grants --sql",
                     error.statement(), error.sqlstate());
  }
}

}  // namespace aml::store
