// SPDX-License-Identifier: Apache-2.0
// Files into bronze, and from there into silver or quarantine: each file content exactly once, in
// one database transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/connection.hpp"
#include "store/expectation.hpp"
#include "store/input_format.hpp"

namespace aml::store {

/// What becomes of columns that amlgraph does not know.
enum class SchemaEvolution {
  kRescue,  ///< kept in bronze's rescued jsonb
  kAdd,     ///< and become columns of silver, in the transaction of the load
  kFail,    ///< one that no file of its kind had before refuses the file
};

struct IngestOptions {
  InputFormat format = InputFormat::kAuto;
  std::vector<Expectation> expectations;
  SchemaEvolution schema_evolution = SchemaEvolution::kRescue;
  /// What the control file of a path says: plain decimals by name, none if there is no such file;
  /// may be empty. Throws: StoreError kRefusedData if it cannot be read, which refuses the file.
  std::function<std::map<std::string, std::string>(const std::string& path)> control_totals;
  /// Called now and then with the path, bytes read so far and bytes in the file; may be empty.
  std::function<void(const std::string& path, std::uint64_t bytes_read, std::uint64_t bytes_total)>
      progress;
};

struct FileOutcome {
  enum class Kind {
    kLoaded,
    kAlreadyKnown,
    kIgnored,
    kRefused,
    kUnreachable  ///< a source that does not answer; trying again may help
  };
  std::string path;  ///< or the name of a source
  Kind kind = Kind::kLoaded;
  std::string dataset;  ///< transfers, accounts, parties, fx_rates
  std::string message;  ///< why it was ignored or refused (with file and line), or the path under
                        ///< which it, or what it begins with, is known
  std::uint64_t rows_read = 0;   ///< records of the file, the header and those of a known beginning
                                 ///< not counted
  std::uint64_t rows_known = 0;  ///< of a source: it gave them before, they are not read again
  std::uint64_t rows_loaded = 0;                               ///< reached silver
  std::uint64_t rows_quarantined = 0;                          ///< read = loaded + quarantined
  std::map<std::string, std::uint64_t> quarantined_by_reason;  ///< a row can have several reasons
  std::map<std::string, std::uint64_t> warnings;  ///< failed expectations with policy warn
  std::map<std::string, std::uint64_t>
      of_erased;  ///< rows that name somebody whose data were erased, by the pseudonym under
                  ///< which they came in
  std::vector<std::string> new_columns;  ///< unknown ones that no file of its kind had before
  std::map<std::string, std::string> added_columns;  ///< name in silver by name in the file
  std::map<std::string, std::string> unmet;  ///< those about the file as a whole, with what was
                                             ///< observed and expected
  double seconds = 0;
};

/// Loads files and folders (their files, not their sub-folders), parties before accounts before
/// transfers whatever the order of paths. CSV or JSON lines, plain, gzip or zstd: by content, not by
/// name. Formats are recognised by the columns, which docs/loading.md lists. A content that begins
/// with one that is known (a file to which lines were added) gives only what follows. A refused file changes nothing
/// in the database; the others are still loaded and its outcome is kRefused, as that of a path which is not there or cannot be read.
/// Throws: StoreError kRefusedData if no file was recognised; kLocked if another load or run is at work;
///         kStatement for what the server says.
/// Cost:   one sequential read to hash and one to load, of JSON lines one more for the keys; memory does not grow with the file.
std::vector<FileOutcome> ingest(Connection& connection, const std::vector<std::string>& paths,
                                const IngestOptions& options);

}  // namespace aml::store
