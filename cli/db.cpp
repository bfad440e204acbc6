// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/removal.hpp"
#include "cli/target.hpp"
#include "cli/version.hpp"
#include "store/conninfo.hpp"
#include "store/error.hpp"
#include "store/migrations.hpp"
#include "store/private_cluster.hpp"

namespace aml::cli {
namespace {

int start(const GlobalOptions& global, const DbOptions& options) {
  Stage stage("start private database");
  const auto target = store::start_cluster({.directory = global.directory, .durable = true});
  store::Connection connection(target);
  store::migrate(connection, {.base_currency = options.base_currency, .program_version = kVersion});
  stage.done(store::cluster_status(global.directory).data_directory);
  say(fmt::format("Open it with:  psql \"$(aml db url{})\"",
                  global.directory == ".aml" ? "" : " --dir " + global.directory));
  return kOk;
}

int status(const GlobalOptions& global) {
  const auto now = store::cluster_status(global.directory);
  Table table{
      {"running", "pid", "server_version", "data_directory", "socket_directory", "log_file"}, {}};
  table.rows.push_back({std::string(now.running ? "yes" : (now.initialised ? "no" : "not created")),
                        static_cast<std::int64_t>(now.pid), now.server_version, now.data_directory,
                        now.socket_directory, now.log_file});
  print(table, effective_format(global.format));
  return now.running ? kOk : kUnreachable;
}

/// The connection string as psql's arguments may show it to every user of the machine; the password goes into PGPASSWORD.
std::string without_password(const std::string& conninfo) {
  auto options = store::parse_conninfo(conninfo);
  std::erase_if(options, [](const store::ConninfoOption& option) {
    if (option.keyword != "password") return false;
    ::setenv("PGPASSWORD", option.value.c_str(), 1);
    return true;
  });
  return store::quote_conninfo(options);
}

[[noreturn]] void exec_psql(const GlobalOptions& global, const DbOptions& options) {
  const auto target = choose_target(global);
  std::vector<std::string> words{"psql"};
  if (!target.conninfo.empty())
    words.insert(words.end(), {"-d", without_password(target.conninfo)});
  words.insert(words.end(), options.psql_arguments.begin(), options.psql_arguments.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp("psql", arguments.data());
  throw std::system_error(errno, std::generic_category(),
                          "cannot start psql (Debian package postgresql-client-15)");
}

int remove(const GlobalOptions& global, const DbOptions& options) {
  const auto now = store::cluster_status(global.directory);
  if (!now.initialised) {
    say(fmt::format("There is no private database in {}.", global.directory));
    return kOk;
  }
  if (!confirmed(
          fmt::format("Delete the private database in {} with all its data?", now.data_directory),
          options.yes)) {
    say("Nothing was deleted.");
    return kUsage;
  }
  store::remove_cluster(global.directory);
  say(fmt::format("Deleted {}.", now.data_directory));
  return kOk;
}

}  // namespace

int run_db(const GlobalOptions& global, const DbOptions& options) {
  switch (options.action) {
    case DbOptions::Action::kStart:
      return start(global, options);
    case DbOptions::Action::kStop:
      say(store::stop_cluster(global.directory) ? "Stopped." : "It was not running.");
      return kOk;
    case DbOptions::Action::kStatus:
      return status(global);
    case DbOptions::Action::kUrl: {
      const auto target = store::cluster_target(global.directory);
      if (!target) {
        throw store::StoreError(
            store::StoreFailure::kUnreachable,
            fmt::format("no private database runs in {}\n  start one with:  aml db start",
                        global.directory));
      }
      fmt::print("{}\n", target->conninfo);
      return kOk;
    }
    case DbOptions::Action::kPsql:
      exec_psql(global, options);
    case DbOptions::Action::kRemove:
      return remove(global, options);
  }
  return kUsage;
}

}  // namespace aml::cli
