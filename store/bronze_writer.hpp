// SPDX-License-Identifier: Apache-2.0
// Records of a file into bronze. For the sources of this folder only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/erased_keys.hpp"
#include "store/input_format.hpp"
#include "store/load_transaction.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// Writes each record as it came, and each line that is no record byte for byte. But of those whose data were erased nothing reaches the
/// server: their keys come in as pseudonyms, without the facts and the unknown columns of the rows that name them; another text that names
/// them, and a line that is no record, is replaced by the pseudonyms.
/// Memory: a buffer of about a megabyte for each table, more only while a longer line is in it.
class BronzeWriter {
 public:
  /// All arguments must outlive it.
  BronzeWriter(LoadTransaction& transaction, std::int64_t file_id, const FilePlan& plan,
               ErasedKeys& erased);

  void write(const Record& record);

  /// Sends what is still buffered. Requires: called once, after the last write.
  void close();

  std::uint64_t records() const { return records_; }
  std::uint64_t readable_records() const { return readable_records_; }

  std::uint64_t records_of_erased() const { return records_of_erased_; }
  /// By pseudonym; a record can name several.
  const std::map<std::string, std::uint64_t>& named_erased() const { return named_erased_; }

  /// Lines of the transfers that have a value which is not plain (store/plain_values.hpp); nullopt if
  /// there are too many to name.
  const std::optional<std::vector<std::uint64_t>>& unplain_transfers() const {
    return unplain_transfers_;
  }

 private:
  struct Column {
    const ColumnSource* source;          // null: not in the file
    bool (*is_plain)(std::string_view);  // null: nobody asks
    Personal holds;
    const std::string* pseudonym;  // of whom the current record names in it; null: of nobody
  };
  struct Table {
    const copy::Embedded& statement;
    std::vector<Column> columns;  // in the order of the statement
    bool keeps_rescued;
    bool names_erased;  // in the current record
    std::string lines;
  };

  void find_erased(const Record& record);
  void count_erased();
  void write_row(Table& table, const Record& record);
  static std::optional<std::string_view> covered(const Column& column,
                                                 std::optional<std::string_view> value);
  std::string rescued_json(const Record& record);
  std::string pseudonyms_in(std::string_view text);
  void note_unplain(std::uint64_t line);
  void write_unreadable(const Record& record);
  void send(const copy::Embedded& statement, std::string& lines);

  LoadTransaction& transaction_;
  const FilePlan& plan_;
  ErasedKeys& erased_;
  std::string row_start_;  // the file_id and its tab
  std::vector<Table> tables_;
  std::string unreadable_lines_;
  std::optional<std::vector<std::uint64_t>> unplain_transfers_{std::in_place};
  std::set<std::string_view> named_;  // in the current record
  std::map<std::string, std::uint64_t> named_erased_;
  std::uint64_t records_of_erased_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t readable_records_ = 0;
};

}  // namespace aml::store
