// SPDX-License-Identifier: Apache-2.0
#include "store/server_facts.hpp"

#include <fmt/format.h>

#include <ctime>

#include "store/error.hpp"
#include "store/result_fields.hpp"
#include "store/statement.hpp"

namespace aml::store {

namespace {

std::string text_of(const char* text) {
  return text == nullptr ? std::string{} : std::string{text};
}

}  // namespace

ServerFacts server_facts(Connection& connection) {
  auto transaction = begin<pqxx::read_transaction>(connection);
  const auto row = run(transaction, query::server_facts).front();
  return {.version_number = row[0].as<int>(),
          .version = row[1].as<std::string>(),
          .encoding = row[2].as<std::string>(),
          .database = row[3].as<std::string>(),
          .user = row[4].as<std::string>(),
          .host = text_of(connection.pqxx().hostname()),
          .port = text_of(connection.pqxx().port()),
          .may_create = row[5].as<bool>(),
          .is_standby = row[6].as<bool>(),
          .size_bytes = row[7].as<std::int64_t>(),
          .clock_skew_seconds =
              row[8].as<std::int64_t>() - static_cast<std::int64_t>(std::time(nullptr)),
          .extension = text(row[9]),
          .extension_available = text(row[10])};
}

void require_writable(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  if (!run(session, query::is_read_only)[0][0].as<bool>()) return;
  throw StoreError(StoreFailure::kUnreachable,
                   fmt::format("database {} can only be read: its server is a standby, or the role "
                               "or the database is set so\n"
                               "  connect to the primary server, as a role that may write",
                               describe(connection.target())),
                   std::string(query::is_read_only.file));
}

}  // namespace aml::store
