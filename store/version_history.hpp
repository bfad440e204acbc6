// SPDX-License-Identifier: Apache-2.0
// The versions of silver and gold: what was done, what differs between two of them, and back to one. docs/versions.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/transfer.hpp"
#include "store/connection.hpp"

namespace aml::store {

struct VersionRow {
  std::int64_t version = 0;
  std::string committed_at;  ///< ISO 8601 UTC
  std::string user, operation;
  std::string parameters, metrics;  ///< JSON; metrics: rows inserted, updated and deleted by table
  std::optional<std::int64_t> read_version, run_id;
  std::string files;   ///< ids in aml.ingested_files, separated by blanks
  std::string client;  ///< application_name
  std::optional<std::string> program_version;
  bool is_readable = true;  ///< false: dropped, see store/retention.hpp
};

/// Newest first: those that wrote the table, or all if it is empty. limit 0: all.
std::vector<VersionRow> version_history(Connection& connection, const std::string& table,
                                        int limit);

std::int64_t newest_version(Connection& connection);

/// The newest version that was committed until then; the same for ever.
/// Throws: StoreError kStatement if the moment is still to come, or before the first version.
std::int64_t version_at(Connection& connection, graph::Micros moment);

/// The full name, such as silver.transfers, of a table that keeps its history. The name may lack the schema.
/// Throws: std::invalid_argument if there is none, or two.
std::string find_versioned_table(Connection& connection, const std::string& name);

struct RowChange {
  std::string change;                        ///< added, changed, removed
  std::string key;                           ///< JSON: columns of the primary key
  std::optional<std::string> before, after;  ///< JSON: of a changed row the columns that differ
};
struct TableDiff {
  std::int64_t added = 0, changed = 0, removed = 0;
  std::vector<RowChange> rows;  ///< by kind and key
};
/// Requires: a full name of find_versioned_table(). limit 0: all rows. Throws: StoreError kStatement if there is no such version.
/// Cost: reads the table as of both.
TableDiff diff_table(Connection& connection, const std::string& table, std::int64_t earlier,
                     std::int64_t later, int limit);

struct RestoredTable {
  std::string table;
  std::int64_t written = 0, deleted = 0;
};
/// Makes tables of silver what they were at a version. That is a new version, unless nothing differs.
/// Requires: full names. Throws: StoreError kLocked if a load or run is at work; kStatement if there is no such version, or if what is
///           left would refer to rows that are not there any more.
std::vector<RestoredTable> restore_tables(Connection& connection,
                                          const std::vector<std::string>& tables,
                                          std::int64_t version);

}  // namespace aml::store
