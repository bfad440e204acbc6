// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace aml::store {

/// What callers can do about a StoreError; cli maps it to an exit code.
enum class StoreFailure {
  kUnreachable,  ///< no server or one that only reads, no rights to connect, schema missing or too old: exit code 3
  kRefusedData,  ///< an expectation with policy fail, or a file that cannot be read as its format: exit code 4
  kLocked,     ///< another load or run holds the lock, or another session a table: exit code 75
  kStatement,  ///< a statement failed: exit code 1
};

/// The sqlstate of a row that a key does not take, because it is there.
inline constexpr std::string_view kUniqueViolation = "23505";
/// Of a row that names another which is not there, or of one that is named and goes.
inline constexpr std::string_view kForeignKeyViolation = "23503";
/// Of what a trigger does not let in.
inline constexpr std::string_view kRestrictViolation = "23001";

/// The environment failed. what() says what was tried, why it failed and what to do next; it never holds a password.
class StoreError : public std::runtime_error {
 public:
  StoreError(StoreFailure failure, const std::string& message, std::string statement = {},
             std::string sqlstate = {}, bool retryable = false)
      : std::runtime_error(message),
        failure_(failure),
        statement_(std::move(statement)),
        sqlstate_(std::move(sqlstate)),
        retryable_(retryable) {}
  StoreFailure failure() const { return failure_; }
  const std::string& statement() const {
    return statement_;
  }  ///< name of the SQL file, empty if none
  const std::string& sqlstate() const {
    return sqlstate_;
  }  ///< five characters, empty if the server said nothing
  bool retryable() const {
    return retryable_;
  }  ///< connection lost, serialization failure, deadlock, server starting

 private:
  StoreFailure failure_;
  std::string statement_;
  std::string sqlstate_;
  bool retryable_;
};

}  // namespace aml::store
