// SPDX-License-Identifier: Apache-2.0
// Shares: tables of gold as of one version, filtered by row, for roles outside until a date. docs/access.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/transfer.hpp"
#include "store/connection.hpp"

namespace aml::store {

struct SharedTable {
  std::string table;               ///< of gold, with or without that schema
  std::string condition = "true";  ///< a boolean over its columns: which rows
};
struct NewShare {
  std::string name;  ///< a-z, 0-9 and _, at most 57, a letter first
  std::int64_t version = 0;
  std::vector<SharedTable> tables;
};
/// Makes it, with nobody who may read it.
/// Throws: StoreError kStatement if the name was ever used, a table has no past, the version is not there, or a condition is none on one row
///         that stays the same for ever.
void create_share(Connection& connection, const NewShare& share);

/// Lets a member of aml_recipient read the share until then, in place of what was granted to it before.
/// Throws: StoreError kStatement if there is no such share or role, or that time is past.
void grant_share(Connection& connection, const std::string& share, const std::string& role,
                 graph::Micros until);
/// Takes it away at once. Throws: StoreError kStatement if it was not granted.
void revoke_share(Connection& connection, const std::string& share, const std::string& role);

/// Approves another version, which it shows from now on.
void move_share(Connection& connection, const std::string& share, std::int64_t version);

/// Takes it away for good; its name, its grants and its reads stay in the ledger.
void drop_share(Connection& connection, const std::string& share);

struct ShareRow {
  std::string share;
  std::int64_t version = 0;
  std::string tables, recipients;  ///< separated by blanks; recipients whose grant is in force
  std::int64_t reads = 0;
  std::string created_at, created_by;
};
/// Those that are there, by name.
std::vector<ShareRow> list_shares(Connection& connection);

struct ShareFact {
  std::string section;  ///< share, table, version, grant, read, refused read
  std::string name, value, detail;
};
/// Tables, versions, grants and reads of a share, also of one that was dropped; the newest first.
/// Throws: std::invalid_argument if there never was one.
std::vector<ShareFact> describe_share(Connection& connection, const std::string& share);

}  // namespace aml::store
