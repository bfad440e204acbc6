// SPDX-License-Identifier: Apache-2.0
// aml share: tables of gold for readers outside.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cli/asked_time.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "store/shares.hpp"

namespace aml::cli {
namespace {

/// Each table with its condition, which is given as "current_alerts: severity = 'high'".
std::vector<store::SharedTable> tables_of(const ShareOptions& options) {
  std::vector<store::SharedTable> tables;
  for (const auto& table : options.tables) tables.push_back({.table = table});
  for (const auto& where : options.where) {
    const std::size_t colon = where.find(':');
    const auto name = where.substr(0, colon);
    const auto table = std::ranges::find_if(tables, [&](const store::SharedTable& shared) {
      return shared.table == name || shared.table == "gold." + name ||
             "gold." + shared.table == name;
    });
    if (colon == std::string::npos || table == tables.end())
      throw std::invalid_argument(
          fmt::format("--where {}: expected TABLE: CONDITION for one of the shared tables, such as "
                      "\"{}: score > 0.5\"",
                      where, options.tables.front()));
    table->condition = where.substr(colon + 1);
  }
  return tables;
}

}  // namespace

int run_share_create(const GlobalOptions& global, const ShareOptions& options) {
  const auto tables = tables_of(options);
  auto connection = connect_ready(global);
  const auto version = asked_version(connection, "--version", options.version);
  store::create_share(connection, {options.share, version, tables});
  say(
      fmt::format("Share {} shows version {}; nobody may read it until:  aml share grant {} --to "
                  "ROLE --until DATE",
                  options.share, version, options.share));
  return kOk;
}

int run_share_grant(const GlobalOptions& global, const ShareOptions& options) {
  const auto until = asked_time("--until", options.until).until;
  auto connection = connect_ready(global);
  store::grant_share(connection, options.share, options.role, until);
  say(fmt::format("{} may read the views of the schema share_{}; each read is recorded.",
                  options.role, options.share));
  return kOk;
}

int run_share_revoke(const GlobalOptions& global, const ShareOptions& options) {
  auto connection = connect_ready(global);
  store::revoke_share(connection, options.share, options.role);
  say(fmt::format("{} may no longer read share {}.", options.role, options.share));
  return kOk;
}

int run_share_move(const GlobalOptions& global, const ShareOptions& options) {
  auto connection = connect_ready(global);
  const auto version = asked_version(connection, "--version", options.version);
  store::move_share(connection, options.share, version);
  say(fmt::format("Share {} shows version {} from now on.", options.share, version));
  return kOk;
}

int run_share_drop(const GlobalOptions& global, const ShareOptions& options) {
  auto connection = connect_ready(global);
  store::drop_share(connection, options.share);
  say(fmt::format("Share {} is gone; who had it and who read it stays:  aml share show {}",
                  options.share, options.share));
  return kOk;
}

int run_share_list(const GlobalOptions& global, const ShareOptions&) {
  auto connection = connect_ready(global);
  Table table{{"share", "version", "tables", "recipients", "reads", "created_at", "created_by"},
              {}};
  for (const auto& row : store::list_shares(connection)) {
    table.rows.push_back({row.share, row.version, row.tables, text_or_nothing(row.recipients),
                          row.reads, row.created_at, row.created_by});
  }
  print(table, effective_format(global.format));
  return kOk;
}

int run_share_show(const GlobalOptions& global, const ShareOptions& options) {
  auto connection = connect_ready(global);
  Table table{{"section", "name", "value", "detail"}, {}};
  for (const auto& fact : store::describe_share(connection, options.share))
    table.rows.push_back({fact.section, fact.name, fact.value, text_or_nothing(fact.detail)});
  print(table, effective_format(global.format));
  return kOk;
}

}  // namespace aml::cli
