// SPDX-License-Identifier: Apache-2.0
// What a source gives, without what it gave before. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/content_hash.hpp"
#include "store/load_transaction.hpp"
#include "store/record_reader.hpp"

namespace aml::store {

/// The rows that a server gives as records, of which those that are known are left out and the others
/// remembered in aml.source_rows, some thousands at a time. A record is what the server sent as one
/// row: no line end in a value makes two of it. Its line is its number among the new ones. Memory: a
/// few megabytes, more only while a longer row is in it.
class NewRows : public RecordReader {
 public:
  struct Batch {
    std::int64_t file_id;
    std::string source;
    std::vector<std::string> columns;
    std::size_t key_columns;  ///< the first so many columns are the key
    bool is_replacing;        ///< a new content of a key takes the place of the old one
    bool is_known_by_key;     ///< another content of a known key is not new
  };
  /// Puts the next row, as COPY writes CSV, with its line end, into `row`; false after the last one.
  using NextRow = std::function<bool(std::string& row)>;

  NewRows(LoadTransaction& transaction, Batch batch, NextRow next_row);

  const std::vector<std::string>& header() const override { return batch_.columns; }
  std::uint64_t header_line() const override { return 1; }
  bool next(Record& record) override;

  std::uint64_t known() const { return known_; }
  std::uint64_t bytes() const { return bytes_; }  ///< of the new rows

  /// SHA-256 of the batch's id and the new rows. Requires: called once, at the end.
  std::string finish_hash() { return hash_.finish_hex(); }

 private:
  bool collect();
  void keep_new_rows();
  std::string key_of(std::string_view row) const;
  void split(std::string_view row, Record& record);
  std::string_view plain(std::string_view value);

  LoadTransaction& transaction_;
  Batch batch_;
  NextRow next_row_;
  // What was collected: rows behind each other, where each ends, their hashes, which of them are new.
  std::string collected_;
  std::vector<std::size_t> ends_;
  std::vector<std::string> keys_;
  std::vector<std::string> contents_;
  std::vector<std::string_view> new_;
  std::size_t given_ = 0;  // of the new ones
  std::string unescaped_;  // values of the current row whose doubled quotes had to be undone
  std::uint64_t line_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t bytes_ = 0;
  Sha256 hash_;
};

}  // namespace aml::store
