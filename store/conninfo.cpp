// SPDX-License-Identifier: Apache-2.0
#include "store/conninfo.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "store/error.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

/// libpq's own rule (recognized_connection_string): anything else is a database name.
bool is_connection_string(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://") ||
         text.find('=') != std::string_view::npos;
}

bool may_hold_password(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text.find("pass") != std::string::npos || text.find('@') != std::string::npos;
}

/// libpq quotes the text it stumbled over, which may be part of a password.
[[noreturn]] void refuse(const std::string& text, std::string reason) {
  while (!reason.empty() && std::isspace(static_cast<unsigned char>(reason.back())))
    reason.pop_back();
  if (may_hold_password(text)) reason = reason.substr(0, reason.find('"'));
  throw StoreError(
      StoreFailure::kUnreachable,
      fmt::format("cannot read the connection string: {}\n  give a database name, key=value pairs "
                  "(host=db.example dbname=bank) or a URI (postgresql://db.example/bank)",
                  reason));
}

std::string describe_defaults() {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> defaults(PQconndefaults(),
                                                                              &PQconninfoFree);
  std::vector<ConninfoOption> shown;
  for (const auto* option = defaults.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    constexpr std::array<std::string_view, 5> kShown{"service", "host", "port", "user", "dbname"};
    if (option->val == nullptr || *option->val == '\0') continue;
    if (std::ranges::find(kShown, option->keyword) == kShown.end()) continue;
    shown.push_back({option->keyword, option->val, false});
  }
  return quote_conninfo(shown);
}

struct Advice {
  std::string_view text;
  bool retryable = false;
};

/// libpq gives no SQLSTATE for a connection that was never made: its words are all there is.
Advice what_to_do(std::string_view reason) {
  const auto says = [&](std::string_view words) {
    return reason.find(words) != std::string_view::npos;
  };
  if (says("database \"") && says("does not exist"))
    return {"create it with createdb, or name another with --database"};
  if (says("password") || says("authentication failed")) {
    return {"put the password into ~/.pgpass or PGPASSWORD, or name another user in --database"};
  }
  if (says("starting up") || says("recovery mode") || says("not yet accepting") ||
      says("shutting down") || says("too many") || says("connection slots"))
    return {"try again in a moment", true};
  return {"start one with:  aml db start\n  or name yours:   aml -d postgresql:///bank ..."};
}

}  // namespace

std::vector<ConninfoOption> parse_conninfo(const std::string& text) {
  if (text.empty()) return {};
  if (!is_connection_string(text)) return {{"dbname", text, false}};
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(text.c_str(), &reason), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> reason_owner(reason, &PQfreemem);
  if (!parsed) refuse(text, reason == nullptr ? "out of memory" : reason);
  std::vector<ConninfoOption> options;
  for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    options.push_back({option->keyword, option->val, option->dispchar[0] == '*'});
  }
  return options;
}

std::string quote_conninfo(const std::vector<ConninfoOption>& options) {
  std::string quoted;
  for (const auto& option : options) {
    if (!quoted.empty()) quoted += ' ';
    quoted += option.keyword + "='";
    for (const char c : option.value) {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
    quoted += '\'';
  }
  return quoted;
}

std::string libpq_conninfo(const std::string& text) {
  std::vector<ConninfoOption> options{{"fallback_application_name", "aml"},
                                      {"keepalives_idle", "30"},
                                      {"keepalives_interval", "10"},
                                      {"keepalives_count", "3"},
                                      {"tcp_user_timeout", "60000"}};
  // Of two with one name libpq takes the later one.
  for (auto& option : parse_conninfo(text)) {
    // libpq would ask the server for a database of that name, and the server logs it.
    if (option.keyword == "dbname" && is_connection_string(option.value) &&
        may_hold_password(option.value))
      throw StoreError(StoreFailure::kUnreachable,
                       "the database name looks like a connection string with a password\n  give "
                       "the string alone, without dbname=");
    options.push_back(std::move(option));
  }
  return quote_conninfo(options);
}

std::string without_secrets(std::string words, const std::string& text) {
  std::vector<std::string> secrets;
  for (const auto& option : parse_conninfo(text)) {
    if (option.is_secret) secrets.push_back(option.value);
    // dbname=postgresql://user:secret@host/bank is taken literally by libpq, and the server repeats
    // it.
    if (option.keyword != "dbname" || !is_connection_string(option.value)) continue;
    secrets.push_back(option.value);
  }
  // The longest first: one that is part of another must not leave the rest of it behind.
  std::ranges::sort(secrets, std::ranges::greater(), &std::string::size);
  for (const auto& secret : secrets) {
    if (secret.empty()) continue;
    for (auto at = words.find(secret); at != std::string::npos; at = words.find(secret, at + 3)) {
      words.replace(at, secret.size(), "***");
    }
  }
  return words;
}

std::string describe(const Target& target) {
  if (target.conninfo.empty()) return describe_defaults();
  std::vector<ConninfoOption> shown;
  try {
    for (auto& option : parse_conninfo(target.conninfo)) {
      if (option.is_secret) continue;
      if (option.keyword == "dbname") option.value = without_secrets(option.value, target.conninfo);
      shown.push_back(std::move(option));
    }
  } catch (const StoreError&) {
    return "an unreadable connection string";
  }
  return quote_conninfo(shown);
}

bool holds_password(const std::string& conninfo) {
  return std::ranges::any_of(parse_conninfo(conninfo), [](const ConninfoOption& option) {
    const bool is_nested = option.keyword == "dbname" && is_connection_string(option.value);
    return option.is_secret ? !option.value.empty() : is_nested && holds_password(option.value);
  });
}

void throw_unreachable(const Target& target, std::string_view words) {
  // In this order: a password may hold line ends.
  const auto reason = one_line(without_secrets(std::string(words), target.conninfo));
  const auto advice = what_to_do(reason);
  const auto origin = target.origin.empty() ? std::string() : fmt::format(" ({})", target.origin);
  throw StoreError(StoreFailure::kUnreachable,
                   fmt::format("cannot connect to {}{}: {}\n  {}", describe(target), origin, reason,
                               advice.text),
                   {}, {}, advice.retryable);
}

}  // namespace aml::store
