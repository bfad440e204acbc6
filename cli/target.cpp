// SPDX-License-Identifier: Apache-2.0
#include "cli/target.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "cli/version.hpp"
#include "store/error.hpp"
#include "store/lock_holders.hpp"
#include "store/migrations.hpp"
#include "store/private_cluster.hpp"

namespace aml::cli {
namespace {

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::string{} : std::string{value};
}

bool libpq_is_configured() {
  for (const char* variable : {"PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"}) {
    if (!environment(variable).empty()) return true;
  }
  return false;
}

}  // namespace

std::optional<store::Target> find_target(const GlobalOptions& global) {
  if (!global.database.empty()) return store::Target{global.database, "--database"};
  if (const auto url = environment("AML_DATABASE_URL"); !url.empty())
    return store::Target{url, "AML_DATABASE_URL"};
  if (libpq_is_configured()) return store::Target{"", "PG* variables"};
  return store::cluster_target(global.directory);
}

store::Target choose_target(const GlobalOptions& global) {
  if (auto target = find_target(global)) return *std::move(target);
  throw store::StoreError(
      store::StoreFailure::kUnreachable,
      fmt::format("no database: neither --database, AML_DATABASE_URL nor a PG* variable is set, "
                  "and no private database runs "
                  "in {}\n  start one with:  aml db start{}\n  or name yours:   aml -d "
                  "postgresql:///bank ...",
                  global.directory,
                  global.directory == ".aml" ? "" : " --dir " + global.directory));
}

store::Connection connect(const GlobalOptions& global) {
  auto target = choose_target(global);
  target.program_version = kVersion;
  detail(fmt::format("database: {} ({})", store::describe(target), target.origin));
  return store::Connection(target);
}

store::Connection connect_ready(const GlobalOptions& global) {
  auto connection = connect(global);
  store::require_schema(connection);
  return connection;
}

std::string explain(const store::StoreError& error, const GlobalOptions& global) {
  std::string words = error.what();
  const bool is_named = error.sqlstate().empty();  // by the lock of loads and runs
  if (error.failure() != store::StoreFailure::kLocked || is_named) return words;
  try {
    auto connection = connect(global);
    for (const auto& holder : store::lock_holders(connection, store::HeldLock::kAny))
      words += "\n  held by " + holder;
  } catch (const store::StoreError&) {  // then the error alone must do
  }
  return words;
}

}  // namespace aml::cli
