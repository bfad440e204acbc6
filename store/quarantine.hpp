// SPDX-License-Identifier: Apache-2.0
// Rows in quarantine: looked at, fixed, replayed into silver, or dropped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/connection.hpp"
#include "store/expectation.hpp"

namespace aml::store {

/// Which rows; an empty field takes all.
struct QuarantineFilter {
  std::string reason;
  std::string dataset;
  std::string file;  ///< a file_id, or the path under which a file was loaded
};

/// Where a quarantined row stood. A line of some formats gives rows to two datasets.
struct QuarantinePlace {
  std::string file;  ///< a file_id, or a path: the newest file that was loaded under it
  std::int64_t line = 0;
  std::string dataset = {};  ///< empty: the only one
};

struct QuarantinedRow {
  std::int64_t file_id = 0;
  std::string path;
  std::int64_t line = 0;
  std::string dataset;
  std::string state;  ///< open, replayed, dropped
  std::vector<std::string> reasons;
  std::string quarantined_at;
  /// As it came and as it is fixed, by column of bronze; null is absent. Empty if the line could not
  /// be read and nobody fixed it.
  std::map<std::string, std::string> values;
  std::string raw;        ///< a line that could not be read, what is not text as \ooo
  std::string closed_at;  ///< empty while open
  std::string closed_by;
  std::string drop_reason;
  std::int64_t replayed_as_file_id = 0;  ///< 0: it was not
  std::int64_t replayed_as_line = 0;
};

struct QuarantineFix {
  std::string fixed_at;
  std::string fixed_by;
  std::map<std::string, std::string> values;
};

struct QuarantineCount {
  std::string dataset;
  std::string reason;
  std::int64_t file_id = 0;
  std::string path;
  std::int64_t open = 0;
  std::int64_t fixed = 0;  ///< of the open ones
};

/// Open rows by dataset, reason and file; a row with two reasons counts for both.
std::vector<QuarantineCount> count_quarantined(Connection& connection,
                                               const QuarantineFilter& filter);

/// Open rows in the order of files and lines.
std::vector<QuarantinedRow> list_quarantined(Connection& connection,
                                             const QuarantineFilter& filter);

/// The rows of one line, whatever their state. Throws: StoreError kRefusedData if there is none.
std::vector<QuarantinedRow> read_quarantined(Connection& connection, const QuarantinePlace& place);

/// What was corrected of a row, in order.
std::vector<QuarantineFix> read_fixes(Connection& connection, const QuarantinedRow& row);

/// The columns of a dataset that can be corrected, in the order of bronze.
std::vector<std::string> bronze_columns(Connection& connection, const std::string& dataset);

struct RowFix {
  QuarantinePlace place;
  std::map<std::string, std::string> values;  ///< by column of bronze
};

/// Records corrected values: all of them, or none. The rows stay as they came and wait for a replay. Returns how many fixes say
/// something new.
/// Throws: StoreError kRefusedData if a row is not there, is not open, is there for two datasets, or
/// a column is not one of its dataset.
std::size_t fix_quarantined(Connection& connection, const std::vector<RowFix>& fixes);

/// The fixes in a CSV file with the columns file, line, optionally dataset, and those of bronze that
/// are corrected. Throws: StoreError kRefusedData with file and line.
std::vector<RowFix> read_fixes_file(const std::string& path);

/// Takes a row that nobody needs out of those that wait. It stays in quarantine, with the reason.
/// Throws: as fix_quarantined().
void drop_quarantined(Connection& connection, const QuarantinePlace& place,
                      const std::string& reason);

/// A row that the server refuses although it breaks no expectation: its values do not fit silver, or a check fails on it.
struct RefusedRow {
  std::int64_t file_id = 0;
  std::int64_t line = 0;
  std::string dataset;
  std::string why;
};

struct ReplayOutcome {
  std::int64_t file_id = 0;  ///< the replay in aml.ingested_files; 0 if no row passed
  std::string dataset;       ///< of the files that the rows come from
  std::string format;
  std::uint64_t rows_tried = 0;
  std::uint64_t rows_replayed = 0;
  std::map<std::string, std::uint64_t> still_broken;  ///< by reason; a row can have several
  std::vector<RefusedRow> refused;
};

/// Puts open rows, with their fixes, through the same split as a file, in the order in which they
/// came, with these expectations; those about whole files do not count, and a row that breaks one
/// with policy fail stays where it is. A row that passes is in silver exactly once, under the file_id
/// and line of the replay; one that does not gets its new reasons and leaves nothing else behind; one
/// that the server refuses stays as it was, and costs the others a few attempts more.
/// Lines that could not be read take part once they are fixed. One outcome for each kind of file;
/// all in one database transaction under the run lock.
/// Throws: StoreError kLocked if a load or run is at work; kRefusedData if the server refuses more
/// than a hundred rows; kStatement for what else it says.
std::vector<ReplayOutcome> replay_quarantined(Connection& connection,
                                              const QuarantineFilter& filter,
                                              const std::vector<Expectation>& expectations);

}  // namespace aml::store
