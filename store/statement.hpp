// SPDX-License-Identifier: Apache-2.0
// Runs the embedded statements and turns what the server or libpqxx says into StoreError. For the
// sources of this folder only.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aml_query.hpp"
#include "store/connection.hpp"

namespace aml::store {

/// A bound value in PostgreSQL's text form; absent is null. It must hold no NUL byte.
using Parameter = std::optional<std::string>;

inline Parameter to_parameter(std::nullopt_t) {
  return std::nullopt;
}
inline Parameter to_parameter(bool value) {
  return value ? "true" : "false";
}
template <std::convertible_to<std::string_view> Text>
Parameter to_parameter(const Text& value) {
  return std::string(std::string_view(value));
}
template <typename Number>
  requires(std::integral<Number> || std::floating_point<Number>)
Parameter to_parameter(Number value) {
  char digits[64];  // the shortest text that reads back as the same number
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  return std::string(std::begin(digits), end);
}
template <typename T>
Parameter to_parameter(const std::optional<T>& value) {
  return value ? to_parameter(*value) : std::nullopt;
}

/// Null for an empty text, as filters write "all".
inline Parameter given(const std::string& text) {
  return text.empty() ? std::nullopt : Parameter(text);
}

/// A text[] literal.
std::string text_array(std::span<const std::string> values);

/// The text with what PostgreSQL's text cannot hold, NUL and invalid UTF-8, each byte replaced by
/// U+FFFD.
std::string storable_text(std::string_view text);

/// One line of the words of a server or library, without "ERROR:" in front.
std::string one_line(std::string_view words);

/// Must be called inside a catch block. Rethrows what libpqxx threw as a StoreError that names the
/// statement: kUnreachable and retryable if the connection is gone, kUnreachable if the database can
/// only be read, kLocked if somebody held a lock for too long, else kStatement; with the SQLSTATE. Other exceptions pass unchanged.
[[noreturn]] void rethrow_as_store_error(std::string_view statement);

/// The StoreError for a statement that failed with this SQLSTATE.
[[noreturn]] void throw_store_error(std::string_view statement, std::string_view words,
                                    std::string_view sqlstate);

/// Runs `action` (a COPY, a commit ...); its errors become StoreErrors under the given statement
/// name.
template <typename Action>
decltype(auto) as_statement(std::string_view statement, Action&& action) {
  try {
    return action();
  } catch (const std::exception&) {
    rethrow_as_store_error(statement);
  }
}

/// A pqxx transaction (pqxx::work, pqxx::nontransaction ...) on the connection.
/// Throws: StoreError kUnreachable and retryable if the connection is lost: libpqxx 6 notices when
/// it begins.
template <typename Transaction>
Transaction begin(Connection& connection) {
  try {
    return Transaction(connection.pqxx());
  } catch (const std::exception&) {
    rethrow_as_store_error("begin");
  }
}

pqxx::result run_with(pqxx::transaction_base& transaction, const query::Embedded& statement,
                      const std::vector<Parameter>& parameters);

/// Runs an embedded statement with its $n bound to the arguments: texts, numbers, booleans,
/// optionals of these, std::nullopt. Throws: StoreError, see rethrow_as_store_error.
template <typename... Arguments>
pqxx::result run(pqxx::transaction_base& transaction, const query::Embedded& statement,
                 const Arguments&... arguments) {
  return run_with(transaction, statement, {to_parameter(arguments)...});
}

}  // namespace aml::store
