// SPDX-License-Identifier: Apache-2.0
// libpq itself, for the binary COPY that libpqxx 6 does not offer. For the sources of this folder
// only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/connection.hpp"

struct pg_conn;
struct pg_result;

namespace aml::store {

struct FinishConnection {
  void operator()(pg_conn* connection) const;
};
struct ClearResult {
  void operator()(pg_result* result) const;
};
using RawResult = std::unique_ptr<pg_result, ClearResult>;

/// A connection with the same settings as Connection, without libpqxx around it.
class RawConnection {
 public:
  /// Throws: StoreError kUnreachable.
  explicit RawConnection(const Target& target);

  /// To a database of somebody else, whose search_path it keeps. `defaults` are options as key=value
  /// pairs; what the target names counts more. Throws: StoreError kUnreachable.
  RawConnection(const Target& target, const std::string& defaults);

  /// Throws: StoreError that names `statement` if the server refuses it.
  RawResult execute(std::string_view statement, std::string_view text);
  /// The same of a single statement with its $n bound; absent is null.
  RawResult execute(std::string_view statement, std::string_view text,
                    const std::vector<std::optional<std::string>>& parameters);

  /// Throws the StoreError for what the connection or the result says went wrong; result may be
  /// null.
  [[noreturn]] void fail(std::string_view statement, const pg_result* result) const;

  /// Whether its server answers, and is in no transaction.
  bool is_idle() const;

  pg_conn* get() const { return connection_.get(); }

 private:
  RawResult checked(std::string_view statement, RawResult result) const;

  std::unique_ptr<pg_conn, FinishConnection> connection_;
};

}  // namespace aml::store
