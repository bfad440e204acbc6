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

namespace aml::store {

/// CSV of which the rows that are known are left out and the others remembered in aml.source_rows, some
/// thousands at a time. Memory: a few megabytes, more only while a longer row is in it.
class NewRows {
 public:
  struct Batch {
    std::int64_t file_id;
    std::string source;
    std::size_t key_columns;  ///< the first so many columns are the key
    bool is_replacing;        ///< a new content of a key takes the place of the old one
    bool is_known_by_key;     ///< another content of a known key is not new
  };
  /// Puts the next row, with its line end, into `row`; false after the last one. The first is the
  /// header. A row has a line end inside only if a value has one.
  using NextRow = std::function<bool(std::string& row)>;

  NewRows(LoadTransaction& transaction, Batch batch, NextRow next_row);

  /// As LineBuffer::Source: the text of the header and the new rows.
  std::size_t read(char* buffer, std::size_t size);

  std::uint64_t known() const { return known_; }
  std::uint64_t bytes() const { return bytes_; }  ///< of what read() has given

  /// SHA-256 of the batch's id and all that read() has given. Requires: called once, at the end.
  std::string finish_hash() { return hash_.finish_hex(); }

 private:
  bool fetch();
  void collect();
  void keep_new_rows();
  std::string key_of(std::string_view row) const;

  LoadTransaction& transaction_;
  Batch batch_;
  NextRow next_row_;
  bool header_seen_ = false;
  // What was collected and is not judged yet: rows behind each other, where each ends, their hashes.
  std::string collected_;
  std::vector<std::size_t> ends_;
  std::vector<std::string> keys_;
  std::vector<std::string> contents_;
  std::string text_;  // what read() gives next, from given_ on
  std::size_t given_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t bytes_ = 0;
  Sha256 hash_;
};

}  // namespace aml::store
