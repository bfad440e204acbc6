// SPDX-License-Identifier: Apache-2.0
// Which files can be loaded: what a header line must hold, and which bronze column each of its
// columns fills.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aml::store {

enum class InputFormat { kAuto, kAml, kAmlsim, kAmlworld };

/// In the order in which they are loaded: what is needed comes before what needs it.
enum class Dataset : std::uint8_t { kFxRates, kParties, kAccounts, kTransfers };

/// As it stands in quarantine.rows, in the ledger and in expectations: fx_rates, parties, accounts,
/// transfers.
std::string_view name_of(Dataset dataset);

/// How a bronze column is filled from a record.
struct ColumnSource {
  std::string_view column;  ///< of the bronze table
  std::vector<std::size_t>
      positions;  ///< in the record; several are joined, the empty ones left out
  std::string_view joined_by;
  bool null_if_empty = false;  ///< an empty value means that the row has no such column
};

/// The rows that a file gives to one bronze table, one for each record.
struct DatasetPlan {
  Dataset dataset;
  std::vector<ColumnSource> columns;  ///< only those that the file has
};

/// A column of the file that nothing else uses; it is kept in bronze's rescued jsonb.
struct RescuedColumn {
  std::string key;  ///< its name; "name (column 7)" if the name is empty or stands there twice
  std::size_t position;
};

/// A file whose header was recognised.
struct FilePlan {
  InputFormat format;
  std::vector<DatasetPlan> datasets;  ///< the first one names the file; rescued columns go to it
  std::vector<RescuedColumn> rescued;
  std::vector<std::string> header = {};  ///< the header line that the positions are for
  Dataset dataset() const { return datasets.front().dataset; }
};

/// A file that belongs to a known format and holds nothing to load, with the reason.
struct IgnoredFile {
  std::string reason;
};

/// A header that fits no format: what was found, what was expected, what was perhaps meant.
struct UnknownHeader {
  std::string why;
  bool is_near_miss = false;  ///< it has two known columns or more: somebody meant it to be loaded
};

using Recognition = std::variant<FilePlan, IgnoredFile, UnknownHeader>;

/// Recognises a file by its header line. Names are compared without case and outer blanks;
/// docs/loading.md lists them. kAuto looks for the format whose columns fit best.
Recognition recognise(const std::vector<std::string>& header, InputFormat wanted);

/// A plan for rows of the dataset in format aml that do not come in a file: no header binds them, so
/// each stands for itself, and an optional column without a value is one that the row does not have.
/// A column of the table with several positions is one that rows name differently.
FilePlan plan_rows(Dataset dataset, const std::vector<std::string>& columns);

/// "expected a header line such as <example>", for files without one.
std::string example_header(InputFormat wanted);

std::string_view name_of(InputFormat format);

/// A column name as it is compared: without capitals (of ASCII) and outer blanks.
std::string folded(std::string_view name);

}  // namespace aml::store
