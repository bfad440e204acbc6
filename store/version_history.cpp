// SPDX-License-Identifier: Apache-2.0
#include "store/version_history.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <pqxx/pqxx>
#include <stdexcept>

#include "aml_query.hpp"
#include "store/error.hpp"
#include "store/run_ledger.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

template <typename Value>
std::optional<Value> value_or_absent(const pqxx::field& field) {
  if (field.is_null()) return {};
  return field.as<Value>();
}

std::optional<std::int64_t> at_most(int limit) {
  return limit == 0 ? std::nullopt : std::optional<std::int64_t>(limit);
}

/// A foreign key says no where a table alone is not enough.
pqxx::result restore(pqxx::work& transaction, const std::vector<std::string>& tables,
                     std::int64_t version) {
  try {
    return run(transaction, query::restore_tables, text_array(tables), version);
  } catch (const StoreError& error) {
    if (error.sqlstate() != kForeignKeyViolation) throw;
    throw StoreError(
        StoreFailure::kStatement,
        fmt::format(
            "{} cannot be restored to version {} while other tables stay as they are: {}\n  "
            "nothing was restored; restore all, or the other table, too",
            fmt::join(tables, ", "), version, error.what()),
        error.statement(), error.sqlstate());
  }
}

}  // namespace

std::vector<VersionRow> version_history(Connection& connection, const std::string& table,
                                        int limit) {
  auto session = begin<pqxx::nontransaction>(connection);
  std::vector<VersionRow> versions;
  for (const auto& row : run(session, query::list_versions,
                             table.empty() ? Parameter() : Parameter(table), at_most(limit))) {
    versions.push_back({.version = row["version"].as<std::int64_t>(),
                        .committed_at = row["committed_at"].c_str(),
                        .user = row["user_name"].c_str(),
                        .operation = row["operation"].c_str(),
                        .parameters = row["parameters"].c_str(),
                        .metrics = row["metrics"].c_str(),
                        .read_version = value_or_absent<std::int64_t>(row["read_version"]),
                        .run_id = value_or_absent<std::int64_t>(row["run_id"]),
                        .files = row["files"].c_str(),
                        .client = row["client"].c_str(),
                        .program_version = value_or_absent<std::string>(row["program_version"]),
                        .is_readable = row["is_readable"].as<bool>()});
  }
  return versions;
}

std::int64_t newest_version(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  return run(session, query::newest_version)[0][0].as<std::int64_t>();
}

std::int64_t version_at(Connection& connection, graph::Micros moment) {
  auto session = begin<pqxx::nontransaction>(connection);
  return run(session, query::version_at, time_text(moment))[0][0].as<std::int64_t>();
}

std::string find_versioned_table(Connection& connection, const std::string& name) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto found = run(session, query::find_versioned_table, storable_text(name));
  if (found.size() == 1) return found[0][0].as<std::string>();
  throw std::invalid_argument(
      found.empty() ? fmt::format("table {}: there is no such table in silver or gold", name)
                    : fmt::format("table {}: there are {} and {}; name the schema, too", name,
                                  found[0][0].c_str(), found[1][0].c_str()));
}

TableDiff diff_table(Connection& connection, const std::string& table, std::int64_t earlier,
                     std::int64_t later, int limit) {
  auto session = begin<pqxx::nontransaction>(connection);
  TableDiff diff;
  for (const auto& row : run(session, query::diff_table, table, earlier, later)) {
    const std::string change = row["change"].c_str();
    ++(change == "added" ? diff.added : change == "changed" ? diff.changed : diff.removed);
    if (limit != 0 && diff.rows.size() == static_cast<std::size_t>(limit)) continue;
    diff.rows.push_back({change, row["key"].c_str(), value_or_absent<std::string>(row["before"]),
                         value_or_absent<std::string>(row["after"])});
  }
  return diff;
}

std::vector<RestoredTable> restore_tables(Connection& connection,
                                          const std::vector<std::string>& tables,
                                          std::int64_t version) {
  const RunLock lock(connection);
  auto transaction = begin<pqxx::work>(connection);
  std::vector<RestoredTable> restored;
  for (const auto& row : restore(transaction, tables, version)) {
    restored.push_back(
        {row[0].as<std::string>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()});
  }
  std::int64_t differed = 0;
  for (const auto& table : restored) differed += table.written + table.deleted;
  if (differed == 0) return restored;
  run(transaction, query::analyze_silver, differed);
  as_statement("COMMIT", [&] { transaction.commit(); });
  return restored;
}

}  // namespace aml::store
