// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aml::store {

/// What becomes of what breaks an expectation. A row: it is loaded and counted; it is kept in
/// quarantine; its whole file is refused. A file as a whole: it is loaded and counted; it is
/// refused.
enum class ExpectationPolicy { kWarn, kQuarantine, kFail };

/// An SQL boolean over the columns of "typed" in store/sql/query/split_<dataset>.sql. As with a
/// CHECK constraint, a row breaks it only if the condition is false (null passes).
using RowCheck = std::string;

/// Every value of a column stands in a column of another table; a row without a value passes. As a
/// foreign key, it needs an index that begins with that column.
struct Reference {
  std::string column;
  std::string schema;
  std::string table;
  std::string key;
  std::string where;  ///< SQL boolean over the rows of the table that count; empty: all
};

/// No two rows have the same values, neither in the file nor in silver; a row without one of them
/// passes, and a row that goes to quarantine for another reason does not count.
struct Uniqueness {
  std::vector<std::string> columns;
};

/// How many records the file has, readable or not.
struct RowCount {
  std::optional<std::int64_t> at_least;
  std::optional<std::int64_t> at_most;
  /// How far it may be from the mean of earlier files of the dataset; judged only once there are as
  /// many.
  struct Deviation {
    std::int64_t files;
    double at_most;  ///< share of the mean
  };
  std::optional<Deviation> deviation;
};

/// The records, or the sum of a column over all readable ones, are what the file's control file
/// says. Without a control file that says it, the expectation is broken.
struct ControlTotal {
  std::string total;  ///< "rows" or a column
};

/// The newest time in a column that is not in the future is at most this old.
struct Freshness {
  std::string column;
  std::int64_t within_micros;
};

/// The share of rows without a value in a column is not above a limit.
struct NullShare {
  std::string column;
  double at_most;
};

using Condition =
    std::variant<RowCheck, Reference, Uniqueness, RowCount, ControlTotal, Freshness, NullShare>;

/// True if a condition says of each row whether it breaks it; false if it is about a file as a
/// whole, which cannot be quarantined.
inline bool names_rows(const Condition& condition) {
  return std::holds_alternative<RowCheck>(condition) ||
         std::holds_alternative<Reference>(condition) ||
         std::holds_alternative<Uniqueness>(condition);
}

/// What is expected of a dataset.
struct Expectation {
  std::string name;     ///< for example amount_is_not_negative; unique inside its dataset
  std::string dataset;  ///< transfers, accounts, parties or fx_rates; json.<name> for rows that are
                        ///< JSON objects, see json_check.hpp
  Condition condition;
  ExpectationPolicy policy = ExpectationPolicy::kQuarantine;
  std::string description;  ///< what is expected, for people
};

/// As the ledger and expectation files write it: warn, quarantine, fail.
std::string_view name_of(ExpectationPolicy policy);

/// Throws: std::invalid_argument if an expectation cannot be held against a file that is loaded: its
/// dataset is no dataset of files, its name is there twice, it would quarantine a file as a whole,
/// or a column, table or total is no plain name (lower-case letters, digits, underscores).
void validate(const std::vector<Expectation>& expectations);

}  // namespace aml::store
