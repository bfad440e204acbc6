// SPDX-License-Identifier: Apache-2.0
// What of the past goes: old versions, and the data of a person. docs/operations.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

struct RemovedRows {
  std::string table;
  std::int64_t rows = 0;
};

struct PruneRequest {
  int keep_years = 0;
  std::string override_duty = {};  ///< why less is kept than the law asks; empty: it is not less
  bool dry_run = false;
};
/// Drops what only versions older than the years need, but none that a share shows. That is a version of its own, unless nothing is that old.
/// With dry_run the same, and taken back.
/// Returns: rows by table; tables without are left out.
/// Throws:  StoreError kLocked if a load or run is at work; kStatement if less than a year is to be kept, or less than the law asks and
///          nothing overrides it.
/// Cost:    deletes rows: reads the history and bronze whole.
std::vector<RemovedRows> prune(Connection& connection, const PruneRequest& request);

struct ErasureRequest {
  std::string kind;  ///< account or party
  std::string key;
  std::string reference, reason;
  std::string override_duty =
      {};  ///< why, though the law asks to keep the data; empty: it does not
  bool dry_run = false;
};
/// Takes the data of a party and its accounts, or of an account, out of all tables and versions; transfers and alerts stay under a
/// pseudonym. That is a version of its own. With dry_run the same, and taken back.
/// Returns: rows by table.
/// Throws:  StoreError kLocked if a load or run is at work; kStatement if nothing names the subject, or if the law asks to keep its data
///          and nothing overrides it.
/// Cost:    reads every table that holds personal data.
std::vector<RemovedRows> erase(Connection& connection, const ErasureRequest& request);

struct RetentionFacts {
  std::int64_t oldest_version = 0, newest_version = 0;
  std::string oldest_at;  ///< ISO 8601 UTC
  std::int64_t history_bytes = 0;
  std::int64_t erasures = 0;
};
RetentionFacts retention_facts(Connection& connection);

}  // namespace aml::store
