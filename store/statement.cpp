// SPDX-License-Identifier: Apache-2.0
#include "store/statement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "store/error.hpp"

namespace aml::store {
namespace {

bool starts_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings,
                             [&](auto beginning) { return text.starts_with(beginning); });
}

bool is_connection_lost(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 4> kLost{"08", "57P01", "57P02", "57P03"};
  return starts_with_any(sqlstate, kLost);
}

constexpr std::string_view kLockNotAvailable = "55P03";
constexpr std::string_view kReadOnly = "25006";

bool is_retryable(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 3> kTransient{"40", "53300", kLockNotAvailable};
  return is_connection_lost(sqlstate) || starts_with_any(sqlstate, kTransient);
}

std::string_view what_to_do(std::string_view sqlstate) {
  if (sqlstate == "42P01" || sqlstate == "3F000" || sqlstate == "42703") {
    return "\n  the schema is missing or older than this program; run:  aml init";
  }
  if (sqlstate == "42501")
    return "\n  connect as a role that may do so; who may do what:  aml grants, docs/access.md";
  if (sqlstate == kReadOnly)
    return "\n  the server or the role only reads: connect to the primary server, as a role that "
           "may write";
  if (sqlstate == kLockNotAvailable) return "\n  another session holds what this needs";
  if (sqlstate == "53100") return "\n  free disk space on the server";
  if (is_connection_lost(sqlstate)) return "\n  nothing was left half done; run the command again";
  return "";
}

/// Bytes of the character that the text begins with; 0 if they are none that PostgreSQL takes (RFC
/// 3629, and no NUL).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool too_large = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

std::string text_array(std::span<const std::string> values) {
  std::string literal = "{";
  for (const auto& value : values) {
    if (literal.size() > 1) literal += ',';
    literal += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + '}';
}

std::string storable_text(std::string_view text) {
  std::string stored;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text.substr(at));
    stored += length == 0 ? "\uFFFD" : text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return stored;
}

std::string one_line(std::string_view words) {
  std::string line;
  bool gap = false;
  for (const char c : words) {
    if (c == '\n' || c == '\t' || c == ' ') {
      gap = true;
      continue;
    }
    if (gap && !line.empty()) line += ' ';
    gap = false;
    line += c;
  }
  // Where in our functions it was raised helps nobody who reads it.
  line.erase(std::min(line.find(" CONTEXT: PL/pgSQL function"), line.size()));
  for (const std::string_view severity : {"ERROR: ", "FATAL: ", "PANIC: "}) {
    if (line.starts_with(severity)) line.erase(0, severity.size());
  }
  return line;
}

namespace {

/// What a function of ours said with RAISE is written for people: the message, and below it what to do.
std::optional<std::string> raised_by_us(std::string_view statement, std::string_view words) {
  const auto context = words.find("CONTEXT:  PL/pgSQL function");
  if (!statement.starts_with("sql/") || context == std::string_view::npos) return {};
  const auto where = words.substr(context);
  if (!where.substr(0, where.find('\n')).ends_with(" at RAISE")) return {};
  std::string told = one_line(words);
  constexpr std::string_view kHint = " HINT: ";
  if (const auto hint = told.find(kHint); hint != std::string::npos)
    told.replace(hint, kHint.size(), "\n  ");
  return told;
}

/// What PostgreSQL itself said.
std::string failure_of(std::string_view statement, std::string_view words,
                       std::string_view sqlstate) {
  return fmt::format("{} failed: {}{}", statement, one_line(words),
                     sqlstate.empty() ? "" : fmt::format(" (SQLSTATE {})", sqlstate));
}

}  // namespace

void throw_store_error(std::string_view statement, std::string_view words,
                       std::string_view sqlstate) {
  const bool is_out_of_reach = is_connection_lost(sqlstate) || sqlstate == kReadOnly;
  const auto failure = is_out_of_reach                 ? StoreFailure::kUnreachable
                       : sqlstate == kLockNotAvailable ? StoreFailure::kLocked
                                                       : StoreFailure::kStatement;
  throw StoreError(failure,
                   raised_by_us(statement, words)
                       .value_or(failure_of(statement, words, sqlstate))
                       .append(what_to_do(sqlstate)),
                   std::string(statement), std::string(sqlstate), is_retryable(sqlstate));
}

void rethrow_as_store_error(std::string_view statement) {
  // libpqxx 6 keeps no SQLSTATE for these; the standard's codes are the ones it derives them from.
  constexpr std::string_view kConnectionFailure = "08006";
  constexpr std::string_view kSerializationFailure = "40001";
  constexpr std::string_view kDeadlock = "40P01";
  constexpr std::string_view kRollback = "40000";
  constexpr std::string_view kOutcomeUnknown = "08007";
  constexpr std::string_view kInsufficientPrivilege = "42501";
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {
    throw_store_error(statement, error.what(), kConnectionFailure);
  } catch (const pqxx::in_doubt_error& error) {
    throw_store_error(statement, error.what(), kOutcomeUnknown);
  } catch (const pqxx::serialization_failure& error) {
    throw_store_error(statement, error.what(), kSerializationFailure);
  } catch (const pqxx::deadlock_detected& error) {
    throw_store_error(statement, error.what(), kDeadlock);
  } catch (const pqxx::transaction_rollback& error) {
    throw_store_error(statement, error.what(), kRollback);
  } catch (const pqxx::insufficient_privilege& error) {
    throw_store_error(statement, error.what(), kInsufficientPrivilege);
  } catch (const pqxx::sql_error& error) {
    throw_store_error(statement, error.what(), error.sqlstate());
  } catch (const pqxx::failure& error) {
    // A COPY that breaks is told in libpq's words alone.
    const std::string_view words = error.what();
    constexpr std::array<std::string_view, 3> kLost{
        "server closed the connection", "no connection to the server", "could not send data"};
    const bool is_lost = std::ranges::any_of(
        kLost, [&](auto lost) { return words.find(lost) != std::string_view::npos; });
    throw_store_error(statement, words, is_lost ? kConnectionFailure : "");
  }
}

pqxx::result run_with(pqxx::transaction_base& transaction, const query::Embedded& statement,
                      const std::vector<Parameter>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  return as_statement(statement.file, [&] {
    return transaction.exec_params(std::string(statement.text),
                                   pqxx::prepare::make_dynamic_params(values));
  });
}

}  // namespace aml::store
