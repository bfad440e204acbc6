// SPDX-License-Identifier: Apache-2.0
// A table of another database, or of the same, that is read again and again: what is new in it comes
// in, each row once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "store/connection.hpp"
#include "store/ingest.hpp"

namespace aml::store {

class TableReader;

/// How far behind the newest watermark a row may still appear: of times a length in microseconds, of
/// numbers a difference.
struct TimeLateness {
  std::int64_t micros = 0;
};
struct NumberLateness {
  std::int64_t difference = 0;
};
using Lateness = std::variant<TimeLateness, NumberLateness>;

struct TableSource {
  std::string name;        ///< under which its rows and its position are known
  std::string connection;  ///< as Target::conninfo; without a password
  std::string dataset;     ///< transfers, accounts, parties, fx_rates
  std::string table;       ///< as SQL writes it; or
  std::string query;       ///< a SELECT; one of the two is empty
  std::string where;       ///< a condition over the columns of the source; empty: all rows
  /// The columns that are wanted: their name in the format aml (or one that it does not know) and in
  /// the source, in this order.
  std::vector<std::pair<std::string, std::string>> columns;
  std::string watermark;  ///< a column of the source that grows with each new or changed row
  Lateness lateness;
};

enum class TableReading {
  kNew,  ///< what can have come since the last time: watermarks from the last one less the lateness
  kAll   ///< every row; those that are known stay known
};

/// A source as it is read again and again: its connection stays open from one load to the next.
class SourceTable {
 public:
  explicit SourceTable(TableSource source);
  ~SourceTable();
  SourceTable(SourceTable&&) noexcept;
  SourceTable& operator=(SourceTable&&) noexcept;

  /// Loads the rows that the source has not given before as one batch: in one database transaction
  /// with the new position, by the same rules as a file. They are read in one REPEATABLE READ view of
  /// the source, in UTC and ISO 8601. A row is known by its key and its content; one with a known key
  /// and another content is new, and the rules for a repeated key decide: a transfer goes to
  /// quarantine, an account, party or rate is replaced. Rows that were deleted from the source stay.
  /// Nothing new makes no batch and no version, and writes nothing but a position that has moved:
  /// kAlreadyKnown. A source that does not answer is kUnreachable; what is wrong with it, or with its
  /// rows, is kRefused: the message says what and nothing was stored.
  /// Throws: std::invalid_argument if an expectation is not valid; StoreError kLocked if another load or
  ///         run is at work, kStatement and kUnreachable for what the own server says.
  /// Cost:   one COPY on the source from the watermark on, one look-up for each row unless the source
  ///         gave none before. If nothing is new, some ten small statements beside that. Memory does not
  ///         grow with the table.
  FileOutcome load(Connection& connection, const IngestOptions& options,
                   TableReading reading = TableReading::kNew);

 private:
  TableSource source_;
  std::unique_ptr<TableReader> reader_;  // from the first load on
};

}  // namespace aml::store
