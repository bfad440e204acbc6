// SPDX-License-Identifier: Apache-2.0
// What came into silver after a version, if nothing but new rows did.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/transfer.hpp"
#include "store/connection.hpp"

namespace aml::store {

struct AddedAccount {
  std::string key;
  std::string party;
  std::string country;                     ///< empty: not known
  std::optional<graph::Micros> opened_at;  ///< midnight UTC
};

struct AddedTransfer {
  std::string key;
  std::string from;
  std::string to;
  graph::Micros booked_at = 0;
  graph::MinorUnits amount_minor = 0;
  std::string type;
};

struct AddedRows {
  std::vector<AddedAccount> accounts;    ///< those of the transfers that were not known before
  std::vector<AddedTransfer> transfers;  ///< in key order
  std::int64_t more_accounts =
      0;  ///< in silver than there were at `version`, with transfers or not
  std::int64_t more_parties = 0;
  std::string snapshot;  ///< as Snapshot::id
  std::optional<std::int64_t> last_file_id;
  std::int64_t version = 0;  ///< the newest of the data
};

/// The transfers that came after `version`, read from one REPEATABLE READ view, with those of their
/// accounts that are not known. nullopt if transfers or accounts were changed or deleted since, if
/// transfers came that are of no new file (a restore writes such), if there are more than `most`, or
/// if one of them cannot be read: then read_snapshot() reads all
/// anew, or says what is wrong.
/// Throws: StoreError.
/// Cost:   the rows that are returned, by indexes.
std::optional<AddedRows> read_added_rows(Connection& connection, std::int64_t version,
                                         std::size_t most,
                                         const std::function<bool(std::string_view key)>& is_known);

}  // namespace aml::store
