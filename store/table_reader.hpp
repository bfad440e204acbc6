// SPDX-License-Identifier: Apache-2.0
// The source's side of a table that is read again and again. For the sources of this folder only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/copy_out.hpp"
#include "store/error.hpp"
#include "store/raw_connection.hpp"
#include "store/table_source.hpp"

namespace aml::store {

/// The source in one consistent view after the other, over a connection that stays open in between.
/// Whatever goes wrong there is a StoreError that names the source in its message, and origin() as its
/// statement.
///
/// Statements over the source have its names in them, which cannot be bound. They are put together and
/// quoted by its own server (store/sql/query/source_*_text.sql) and run as single statements. Its
/// query and its condition stand in them as they are, which is safe for the reason that row_split.hpp
/// gives: they are configuration of the operator, in a transaction that only reads.
class TableReader {
 public:
  explicit TableReader(TableSource source);

  const TableSource& source() const { return source_; }
  const std::string& origin() const { return origin_; }

  /// Connects, if that is not done or the connection has broken since, takes a view and looks whether
  /// what the source names is there. Requires: end() whatever it throws.
  void begin();

  /// Gives the view up. The connection stays unless something went wrong or was not read to its end.
  void end() noexcept;

  /// The greatest watermark that is not below `least`; absent if there is none. One that is infinite,
  /// or a time still to come and later than `known`, does not count. Requires: begin().
  std::optional<std::string> newest(const std::optional<std::string>& least,
                                    const std::optional<std::string>& known);

  /// Starts to copy the rows with watermarks from `least` on, and those without one, as CSV.
  /// Requires: begin(); reads of its rows stand in at_source().
  CopyOut copy(const std::optional<std::string>& least);

  /// Runs `action`; a StoreError that it throws becomes one of the source.
  template <typename Action>
  decltype(auto) at_source(Action&& action) const {
    try {
      return action();
    } catch (const StoreError& error) {
      rethrow(error);
    }
  }

 private:
  using Parameters = std::vector<std::optional<std::string>>;

  /// The one value of a statement; absent if it is null.
  std::optional<std::string> value_of(const std::string& statement, std::string_view text,
                                      const Parameters& parameters = {});
  bool begin_on_kept_connection();
  void find_rows();
  void take_watermark(const std::string& type);
  [[noreturn]] void refuse(const std::string& why) const;
  [[noreturn]] void rethrow(const StoreError& error) const;

  TableSource source_;
  std::string origin_;
  std::unique_ptr<RawConnection> connection_;
  std::string rows_;       // what stands behind FROM
  std::string condition_;  // what stands behind WHERE
  std::string watermark_type_;
};

}  // namespace aml::store
