// SPDX-License-Identifier: Apache-2.0
#include "store/record_load.hpp"

#include <fmt/ranges.h>

#include "store/bronze_writer.hpp"
#include "store/column_types.hpp"
#include "store/file_columns.hpp"
#include "store/input_file.hpp"
#include "store/silver_load.hpp"

namespace aml::store {

RecordLoad::RecordLoad(LoadSession& session, LoadTransaction& transaction, const std::string& path,
                       const FilePlan& plan, FileOutcome& outcome)
    : session_(session), transaction_(transaction), path_(path), plan_(plan), outcome_(outcome) {}

void RecordLoad::find_new_columns() {
  outcome_.new_columns = unseen_columns(transaction_, plan_);
  if (outcome_.new_columns.empty() || session_.options().schema_evolution != SchemaEvolution::kFail)
    return;
  refuse_file(path_, fmt::format("has columns that no file of {} had before: {}; nothing of the "
                                 "file was loaded\n  to keep them in bronze, load it with "
                                 "--schema-evolution rescue; to have them in silver, with add",
                                 outcome_.dataset, fmt::join(outcome_.new_columns, ", ")));
}

void RecordLoad::copy_into_bronze(std::int64_t file_id, RecordReader& reader,
                                  std::uint64_t known_bytes) {
  file_id_ = file_id;
  const bool rebuilds_key = may_rebuild_key();
  if (rebuilds_key) transaction_.run(command::drop_bronze_transfers_key);
  BronzeWriter writer(transaction_, file_id_, plan_, session_.erased());
  Record record;
  ColumnTypes types(plan_.header.size());
  while (reader.next(record)) {
    if (record.end <= known_bytes) continue;
    writer.write(record);
    types.observe(record);
  }
  writer.close();
  if (rebuilds_key) transaction_.run(command::create_bronze_transfers_key);
  outcome_.rows_read = writer.records();
  readable_records_ = writer.readable_records();
  records_of_erased_ = writer.records_of_erased();
  outcome_.of_erased = writer.named_erased();
  column_types_ = types.names();
  // AMLworld's own words for times, accounts and currencies are plain to nobody.
  if (plan_.format != InputFormat::kAmlworld) unplain_transfers_ = writer.unplain_transfers();
}

bool RecordLoad::may_rebuild_key() const {
  return plan_.dataset() == Dataset::kTransfers &&
         transaction_.run(query::may_rebuild_indexes, {"{bronze.transfers}"}).text(0, 0) == "t";
}

void RecordLoad::load_into_silver(const std::string& content_name) {
  record_columns(transaction_, file_id_, plan_, column_types_);
  if (session_.options().schema_evolution == SchemaEvolution::kAdd)
    outcome_.added_columns = add_columns(transaction_, file_id_, plan_, column_types_);
  BronzeFile file{file_id_, path_, content_name, {}, std::move(unplain_transfers_)};
  for (const auto& given : plan_.datasets) file.parts.push_back({given.dataset, readable_records_});
  auto silver = load_silver(transaction_, file, session_.splits(), session_.base_currency());
  outcome_.rows_quarantined = silver.lines_quarantined;
  outcome_.rows_loaded = outcome_.rows_read - outcome_.rows_quarantined;
  outcome_.quarantined_by_reason = std::move(silver.quarantined_by_reason);
  outcome_.warnings = std::move(silver.warnings);
  outcome_.unmet = std::move(silver.unmet);
  for (const auto& [column, rows] : fill_added_columns(transaction_, file_id_, plan_))
    outcome_.warnings[fmt::format("the type of column {}", column)] = rows;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started_;
  outcome_.seconds = elapsed.count();
  transaction_.run(query::record_file_counts,
                   {to_parameter(file_id_), to_parameter(outcome_.rows_read),
                    to_parameter(outcome_.rows_loaded), to_parameter(outcome_.rows_quarantined),
                    to_parameter(outcome_.seconds), to_parameter(records_of_erased_)});
}

FileOutcome outcome_of(const std::string& path, FileOutcome::Kind kind, std::string message) {
  FileOutcome outcome;
  outcome.path = path;
  outcome.kind = kind;
  outcome.message = std::move(message);
  return outcome;
}

bool is_fault_of_the_data(const StoreError& error) {
  const std::string& state = error.sqlstate();
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("54");
}

}  // namespace aml::store
