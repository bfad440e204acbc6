// SPDX-License-Identifier: Apache-2.0
// What a source gives, without what it gave before. For the sources of this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "store/connection.hpp"
#include "store/content_hash.hpp"
#include "store/erased_keys.hpp"
#include "store/error.hpp"
#include "store/load_transaction.hpp"
#include "store/record_reader.hpp"
#include "store/source_mark.hpp"

namespace aml::store {

/// The rows that a server gives as records, of which those that are known are left out and the others
/// remembered in aml.source_rows, some thousands at a time. A record is what the server sent as one
/// row: no line end in a value makes two of it. Its line is its number among the new ones. While some
/// rows are dealt with, a thread of its own reads and hashes the next ones, so the source and the own
/// server work at the same time. Memory: some ten megabytes, more only while a longer row is in it.
class NewRows : public RecordReader {
 public:
  struct Rules {
    bool is_replacing;  ///< a new content of a key takes the place of the old one
    std::int64_t
        known_by_key_until;  ///< the newest batch of whose keys another content is not new; 0: none
    bool are_taken_for_new;  ///< nothing is looked up, see begin()
  };
  /// How far the marks of a record are hidden: not, only that of its content, or that of its key too.
  enum class Hidden { kNothing, kContent, kAll };
  using HowHidden = std::function<Hidden(const Record&)>;

  /// Points `row` to the next row, as COPY writes CSV, with its line end, until the next call; false
  /// after the last one. Called by one thread at a time.
  using NextRow = std::function<bool(std::string_view& row)>;

  /// The first `key_columns` columns are the key. Of records that `how_hidden` tells of the marks are hashed again with the secret of
  /// `erased`, so that they are known, and nobody can test a guess with what is remembered.
  NewRows(std::string source, std::vector<std::string> columns, std::size_t key_columns,
          Rules rules, NextRow next_row, ErasedKeys& erased, HowHidden how_hidden);
  NewRows(const NewRows&) = delete;
  NewRows& operator=(const NewRows&) = delete;

  /// Whether there is a row that is not known. Writes nothing. Requires: called once, first of all.
  bool find_first(Connection& connection);

  /// From here on next() gives what is new, which becomes part of the batch. Rows that are taken for
  /// new are not looked up: what the source gives first, and only that, is new by itself. Both must
  /// outlive this.
  void begin(LoadTransaction& transaction, std::int64_t file_id);

  const std::vector<std::string>& header() const override { return columns_; }
  std::uint64_t header_line() const override { return 1; }
  /// Throws: StoreError kRefusedData if a row is longer than kMaxLineBytes; one of which
  ///         is_of_repeated_row() is true if a row that was taken for new is known: then the
  ///         transaction is lost, and nothing but looking up all rows will do.
  bool next(Record& record) override;

  std::uint64_t known() const { return known_; }
  std::uint64_t bytes() const { return bytes_; }  ///< of the new rows

  /// Completes what is remembered. Returns the SHA-256 of the batch's id and the new rows.
  /// Requires: called once, at the end. Throws: as next().
  std::string finish();

 private:
  /// Rows behind each other, where each ends, their marks.
  struct Chunk {
    std::string rows;
    std::vector<std::size_t> ends;
    std::vector<SourceMark> marks;
    bool is_last = false;
  };

  bool advance();
  Chunk collect();
  void hide_marks();
  std::vector<bool> known_of_chunk();
  std::unordered_set<std::int32_t> remembered_buckets();
  void keep_new_rows();
  void remember(const std::vector<SourceMark>& marks);
  void split(std::string_view row, Record& record);
  void fill_fields(std::string_view row, Record& record);
  std::string_view plain(std::string_view value);

  const std::string source_;
  const std::vector<std::string> columns_;
  const Rules rules_;
  const NextRow next_row_;
  ErasedKeys& erased_;
  const HowHidden how_hidden_;
  SourceMarker marker_;
  Chunk chunk_;  // the newest; judged unless is_pending_
  bool is_pending_ = false;
  bool has_ended_ = false;
  LoadTransaction* transaction_ = nullptr;
  std::int64_t file_id_ = 0;
  std::uint64_t remembered_ = 0;
  bool is_key_dropped_ = false;
  std::vector<std::string_view> new_;  // of the chunk
  std::size_t given_ = 0;              // of the new ones
  std::string unescaped_;  // values of the current row whose doubled quotes had to be undone
  std::uint64_t line_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t bytes_ = 0;
  Sha256 batch_hash_;
  std::future<Chunk> ahead_;  // last: its thread uses what stands above
};

/// Whether the error says that rows which were taken for new are known.
bool is_of_repeated_row(const StoreError& error);

}  // namespace aml::store
