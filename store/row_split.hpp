// SPDX-License-Identifier: Apache-2.0
// Expectations as SQL: the rows of a file from bronze into silver or quarantine. For the sources of
// this folder only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/connection.hpp"
#include "store/expectation.hpp"
#include "store/input_format.hpp"
#include "store/load_transaction.hpp"
#include "store/migrations.hpp"

namespace aml::store {

/// A file, or a replay, whose rows are in bronze and nowhere else.
struct BronzeFile {
  struct Part {
    Dataset dataset;
    std::uint64_t rows;
  };
  std::int64_t file_id = 0;
  std::string path;          ///< for messages
  std::string content_name;  ///< begins the ids of transfers that have none
  std::vector<Part> parts;
  std::optional<std::vector<std::uint64_t>>
      unplain_transfers;  ///< see BronzeWriter; nullopt: perhaps all
};

struct BrokenExpectation {
  std::uint64_t rows = 0;
  std::uint64_t first_line = 0;
  std::string sample_lines = "{}";  ///< of the first five rows, as an array of PostgreSQL
  std::string sample_keys = "{}";
};

/// What an expectation about a file as a whole observed.
struct MeasuredExpectation {
  bool is_met = false;
  std::string observed;  ///< empty: nothing was there to observe
  std::string expected;
};

struct SplitOutcome {
  std::uint64_t rows_loaded = 0;
  std::map<std::string, std::uint64_t> quarantined_by_reason;
  std::map<std::string, BrokenExpectation>
      broken;  ///< expectations of any policy that a row broke, by name
  std::map<std::string, MeasuredExpectation> measured;  ///< all about the file as a whole, by name
};

/// The statement that splits one dataset. It is the text of store/sql/query/split_<dataset>.sql
/// with the conditions of the expectations put into its one marked place, and what is measured of the
/// whole file added at its end: the only SQL that is composed at run time.
///
/// That is safe because a check is configuration of the operator, as a migration is: whoever may
/// write the expectations file runs the load with his own rights. No byte of the input becomes part
/// of it. A check that is not one SQL condition cannot get through: the statement is prepared,
/// which takes a single statement only, before anything is loaded.
class RowSplit {
 public:
  /// Takes the expectations of the dataset out of all of them.
  RowSplit(Dataset dataset, const std::vector<Expectation>& expectations);

  /// Throws: StoreError kStatement with the name and the check of an expectation that is not an SQL
  /// condition over the columns, or looks values up in a table without an index for it.
  void prepare(Connection& connection) const;

  /// Whether ids of transfers can be taken already.
  enum class Ids { kAreNew, kCanBeTaken };

  /// Throws: StoreError with sqlstate kUniqueViolation if one is taken that was said to be new.
  SplitOutcome run(LoadTransaction& transaction, const BronzeFile& file,
                   const BaseCurrencySetting& base_currency, Ids ids) const;

  Dataset dataset() const { return dataset_; }
  const std::vector<Expectation>& of_rows() const {
    return of_rows_;
  }  ///< those that only warn last
  const std::vector<Expectation>& of_files() const { return of_files_; }

 private:
  std::string statement_with(const std::vector<Expectation>& of_rows,
                             const std::vector<Expectation>& of_files) const;
  void require_index(Connection& connection, const Expectation& expectation) const;
  [[noreturn]] void refuse(const Expectation& expectation, const std::string& why) const;

  Dataset dataset_;
  std::vector<Expectation> of_rows_;
  std::vector<Expectation> of_files_;
  std::string statement_;
};

}  // namespace aml::store
