// SPDX-License-Identifier: Apache-2.0
// What the loads of one command share: the lock, the expectations, who was erased, the session through which they write. For the
// sources of this folder only.
#pragma once

#include <vector>

#include "store/erased_keys.hpp"
#include "store/ingest.hpp"
#include "store/migrations.hpp"
#include "store/raw_connection.hpp"
#include "store/row_split.hpp"
#include "store/run_ledger.hpp"

namespace aml::store {

/// Thread safety: one thread at a time; both arguments must outlive it.
class LoadSession {
 public:
  /// Requires: the expectations are valid.
  /// Throws:   StoreError kLocked if another load or run is at work, kStatement if an expectation
  ///           cannot be evaluated.
  LoadSession(Connection& connection, const IngestOptions& options);

  const IngestOptions& options() const { return options_; }
  const std::vector<RowSplit>& splits() const { return splits_; }
  const BaseCurrencySetting& base_currency() const { return base_currency_; }
  ErasedKeys& erased() { return erased_; }
  RawConnection& loader() { return loader_; }

  /// For the planner, after so many rows were loaded, if they are a good part of all.
  void analyze(std::uint64_t rows);

 private:
  Connection& connection_;
  const IngestOptions& options_;
  RunLock lock_;
  BaseCurrencySetting base_currency_;
  std::vector<RowSplit> splits_;
  ErasedKeys erased_;
  RawConnection& loader_;
};

}  // namespace aml::store
