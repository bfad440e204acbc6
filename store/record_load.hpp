// SPDX-License-Identifier: Apache-2.0
// Records through bronze into silver or quarantine, wherever they come from. For the sources of this
// folder only.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/error.hpp"
#include "store/ingest.hpp"
#include "store/input_format.hpp"
#include "store/load_session.hpp"
#include "store/load_transaction.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// The part of a load that begins when its row in aml.ingested_files is written and ends before the
/// commit. Its steps are called in their order; what becomes of the records is told in the outcome.
class RecordLoad {
 public:
  /// `path` is for messages. All arguments must outlive it.
  RecordLoad(LoadSession& session, LoadTransaction& transaction, const std::string& path,
             const FilePlan& plan, FileOutcome& outcome);

  /// Throws: StoreError kRefusedData if there are columns that no file of the kind had before and
  /// the options refuse them.
  void find_new_columns();

  /// The records that end behind `known_bytes` into bronze.
  void copy_into_bronze(std::int64_t file_id, RecordReader& reader, std::uint64_t known_bytes);

  /// From there into silver, and the counts into the ledger. `content_name` begins the ids of
  /// transfers that have none. Throws: as load_silver().
  void load_into_silver(const std::string& content_name);

 private:
  bool may_rebuild_key() const;

  LoadSession& session_;
  LoadTransaction& transaction_;
  const std::string& path_;
  const FilePlan& plan_;
  FileOutcome& outcome_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::int64_t file_id_ = 0;
  std::uint64_t readable_records_ = 0;
  std::uint64_t records_of_erased_ = 0;
  std::vector<std::string> column_types_;
  std::optional<std::vector<std::uint64_t>> unplain_transfers_;
};

FileOutcome outcome_of(const std::string& path, FileOutcome::Kind kind, std::string message);

/// Whether the server says it against rows that no expectation stopped: their values do not fit
/// silver, or a check fails on them.
bool is_fault_of_the_data(const StoreError& error);

/// Runs `load`; a refusal of the file becomes its outcome.
template <typename Load>
auto refusal_as_outcome(const std::string& path, Load&& load) -> decltype(load()) {
  try {
    return load();
  } catch (const StoreError& error) {
    if (error.failure() == StoreFailure::kRefusedData)
      return outcome_of(path, FileOutcome::Kind::kRefused, error.what());
    if (!is_fault_of_the_data(error)) throw;
    return outcome_of(
        path, FileOutcome::Kind::kRefused,
        fmt::format("{}: {}\n  no expectation stops such a row; nothing of the file was loaded",
                    path, error.what()));
  }
}

}  // namespace aml::store
