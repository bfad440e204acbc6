// SPDX-License-Identifier: Apache-2.0
// Silver, read once and consistently.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "graph/identity_graph.hpp"
#include "graph/transfer_columns.hpp"
#include "store/connection.hpp"

namespace aml::store {

/// Row counts and an estimate of what reading them takes.
struct SnapshotPlan {
  std::uint64_t accounts = 0;
  std::uint64_t parties = 0;
  std::uint64_t attributes = 0;
  std::uint64_t transfers = 0;
  std::uint64_t memory_bytes = 0;  ///< estimated peak of a run over all of them
};

/// What a run reads. Vertices of `transfers` are accounts; parties are those of `attributes.party_keys`.
struct Snapshot {
  graph::TransferColumns transfers;
  std::vector<graph::Vertex>
      party_of_account;  ///< position in attributes.party_keys for each position in transfers.vertex_keys
  std::vector<std::uint16_t> country;      ///< of each account: position in country_names
  std::vector<std::string> country_names;  ///< the first is empty: not known
  std::vector<std::optional<graph::Micros>> opened_at;  ///< of each account: midnight UTC
  graph::AttributeColumns attributes;
  std::vector<double> base_risk;  ///< for each position in attributes.party_keys
  std::string id;                 ///< pg_current_snapshot() of the view it was read from
  std::optional<std::int64_t>
      last_file_id;          ///< newest loaded file in that view; absent: nothing was ever loaded
  std::int64_t version = 0;  ///< of the data that was read, see docs/versions.md
  double seconds = 0;
};

/// Which data a run reads: what was booked until a moment, as it stood at a version (docs/versions.md). Absent: all, the newest.
struct AsOf {
  std::optional<graph::Micros> booked_until = {};
  std::optional<std::int64_t> version = {};
};

/// Counts in one REPEATABLE READ view, without reading rows.
SnapshotPlan plan_snapshot(Connection& connection, const AsOf& as_of = {});

/// Reads accounts, parties, attributes and transfers from one REPEATABLE READ, READ ONLY view by binary COPY into columns.
/// Transfers booked after `as_of.booked_until` are left out; accounts, parties and attributes have no booking time and are all read.
/// `progress`, if given, is called now and then with the transfers read so far.
/// Throws: StoreError kStatement, also if there is no such version; std::bad_alloc if it does not fit.
/// Cost:   bound by the server's COPY; no allocation per row.
Snapshot read_snapshot(Connection& connection, const AsOf& as_of = {},
                       const std::function<void(std::uint64_t transfers)>& progress = {});

}  // namespace aml::store
