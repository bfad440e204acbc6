// SPDX-License-Identifier: Apache-2.0
// The schema: numbered files of store/sql/schema, applied once, in order, each in a transaction,
// checksummed.
#pragma once

#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

struct Migration {
  int number = 0;
  std::string name;
};

struct InitOptions {
  std::string base_currency;  ///< ISO 4217; fixed at the first init, a later different one is
                              ///< refused; empty: USD at the first init, then whatever it was
  std::string program_version;
};

/// Applies what is missing and returns it, in order; nothing on a second call. Safe to run from two
/// processes at once. What is made belongs to the owner of the schema; where the plan of rights was
/// applied before (store/grants.hpp), it covers what is new.
/// Throws: StoreError kUnreachable if the database is not in UTF-8, if an applied migration's text has changed since, if the database
///         is newer than this program or its base currency is another one than asked for;
///         kStatement if a migration fails.
std::vector<Migration> migrate(Connection& connection, const InitOptions& options);

/// The migrations that migrate() would apply now.
std::vector<Migration> pending_migrations(Connection& connection);

/// Throws: StoreError kUnreachable "run `aml init`" if the schema is missing or older than this
/// program, "newer" if newer.
void require_schema(Connection& connection);

struct BaseCurrencySetting {
  std::string code;
  int exponent = 2;
};
/// The base currency this database was made with.
BaseCurrencySetting base_currency(Connection& connection);

}  // namespace aml::store
