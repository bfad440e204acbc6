// SPDX-License-Identifier: Apache-2.0
// The database transaction of one file. For the sources of this folder only.
#pragma once

#include <string_view>
#include <vector>

#include "aml_command.hpp"
#include "aml_copy.hpp"
#include "aml_query.hpp"
#include "store/raw_connection.hpp"
#include "store/statement.hpp"

namespace aml::store {

/// The rows of a statement, as text.
class Rows {
 public:
  explicit Rows(RawResult result) : result_(std::move(result)) {}
  int size() const;
  std::string_view text(int row, int column) const;  ///< empty if null
  std::int64_t number(int row, int column) const;    ///< 0 if null
  bool is_null(int row, int column) const;

 private:
  RawResult result_;
};

/// Everything between begin and commit; without commit() the destructor rolls back.
///
/// libpq and not libpqxx, because COPY FROM has to take text in pieces of any size from our own
/// buffer: libpqxx 6 takes one tuple of a size known at compile time, and copies each value four
/// times on the way.
class LoadTransaction {
 public:
  explicit LoadTransaction(RawConnection& connection);
  ~LoadTransaction();
  LoadTransaction(const LoadTransaction&) = delete;
  LoadTransaction& operator=(const LoadTransaction&) = delete;

  /// Runs an embedded statement with its $n bound to the parameters. Throws: StoreError that names
  /// it.
  Rows run(const query::Embedded& statement, const std::vector<Parameter>& parameters);

  /// Runs an embedded command (DDL). Throws: StoreError that names it.
  void run(const command::Embedded& statement);

  /// Sends whole lines in COPY's text format. Throws: StoreError that names the statement.
  void copy(const copy::Embedded& statement, std::string_view lines);

  void commit();

 private:
  RawConnection& connection_;
  bool is_open_ = false;
};

}  // namespace aml::store
