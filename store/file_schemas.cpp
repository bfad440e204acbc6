// SPDX-License-Identifier: Apache-2.0
#include "store/file_schemas.hpp"

#include <optional>
#include <pqxx/pqxx>

#include "store/result_fields.hpp"
#include "store/statement.hpp"

namespace aml::store {

namespace {

FileColumn file_column(const pqxx::row& row) {
  FileColumn column;
  column.schema_id = row["schema_id"].as<std::int64_t>();
  column.dataset = text(row["dataset"]);
  column.format = text(row["format"]);
  column.position = row["position"].as<std::int64_t>();
  column.name = text(row["name"]);
  column.type = text(row["type"]);
  column.added_as = text(row["added_as"]);
  column.first_seen_in = text(row["first_seen_in"]);
  column.first_seen_at = text(row["first_seen_at"]);
  column.files = row["files"].as<std::int64_t>();
  return column;
}

}  // namespace

std::vector<FileColumn> list_file_columns(Connection& connection, int limit) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto most = limit > 0 ? std::optional(limit) : std::nullopt;
  return rows_as(run(session, query::list_file_columns, most), file_column);
}

}  // namespace aml::store
