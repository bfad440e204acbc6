// SPDX-License-Identifier: Apache-2.0
#include "store/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <pqxx/pqxx>
#include <string_view>

#include "aml_query.hpp"
#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

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

/// libpq gives no SQLSTATE for a connection that was never made: its words are all there is.
std::string_view what_to_do(std::string_view reason) {
  const auto says = [&](std::string_view words) {
    return reason.find(words) != std::string_view::npos;
  };
  if (says("database \"") && says("does not exist"))
    return "create it with createdb, or name another with --database";
  if (says("password") || says("authentication failed")) {
    return "put the password into ~/.pgpass or PGPASSWORD, or name another user in --database";
  }
  if (says("starting up") || says("shutting down") || says("too many clients"))
    return "try again in a moment";
  return "start one with:  aml db start\n  or name yours:   aml -d postgresql:///bank ...";
}

[[noreturn]] void unreachable(const Target& target, std::string_view words) {
  const auto reason = without_secrets(one_line(words), target.conninfo);
  throw StoreError(StoreFailure::kUnreachable,
                   fmt::format("cannot connect to {}{}: {}\n  {}", describe(target),
                               target.origin.empty() ? "" : " (" + target.origin + ")", reason,
                               what_to_do(reason)),
                   {}, {}, /*retryable=*/true);
}

std::unique_ptr<pqxx::connection> open(const Target& target) {
  const auto conninfo = libpq_conninfo(target.conninfo);
  try {
    auto connection = std::make_unique<pqxx::connection>(conninfo);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    // A silent reconnect would lose the run's lock and its settings. libpqxx 7 no longer
    // reconnects, hence "deprecated".
    connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
    return connection;
  } catch (const pqxx::failure& failure) {
    unreachable(target, failure.what());
  }
}

}  // namespace

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

Connection::Connection(const Target& target) : target_(target), connection_(open(target)) {
  pqxx::nontransaction session(*connection_, "session settings");
  run(session, query::session_settings);
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

}  // namespace aml::store
