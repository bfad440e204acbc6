// SPDX-License-Identifier: Apache-2.0
// Records of a file into bronze. For the sources of this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/input_format.hpp"
#include "store/load_transaction.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// Writes each record as it came, and each line that is no record byte for byte.
/// Memory: a buffer of about a megabyte for each table, more only while a longer line is in it.
class BronzeWriter {
 public:
  BronzeWriter(LoadTransaction& transaction, std::int64_t file_id, const FilePlan& plan);

  void write(const Record& record);

  /// Sends what is still buffered. Requires: called once, after the last write.
  void close();

  std::uint64_t records() const { return records_; }
  std::uint64_t readable_records() const { return readable_records_; }

  /// Lines of the transfers that have a value which is not plain (store/plain_values.hpp); nullopt if
  /// there are too many to name.
  const std::optional<std::vector<std::uint64_t>>& unplain_transfers() const {
    return unplain_transfers_;
  }

 private:
  struct Column {
    const ColumnSource* source;          // null: not in the file
    bool (*is_plain)(std::string_view);  // null: nobody asks
  };
  struct Table {
    const copy::Embedded& statement;
    std::vector<Column> columns;  // in the order of the statement
    bool keeps_rescued;
    std::string lines;
  };

  void write_row(Table& table, const Record& record);
  void note_unplain(std::uint64_t line);
  void write_unreadable(const Record& record);
  void send(const copy::Embedded& statement, std::string& lines);

  LoadTransaction& transaction_;
  const FilePlan& plan_;
  std::string row_start_;  // the file_id and its tab
  std::vector<Table> tables_;
  std::string unreadable_lines_;
  std::optional<std::vector<std::uint64_t>> unplain_transfers_{std::in_place};
  std::uint64_t records_ = 0;
  std::uint64_t readable_records_ = 0;
};

}  // namespace aml::store
