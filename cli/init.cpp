// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "cli/version.hpp"
#include "store/migrations.hpp"

namespace aml::cli {

int run_init(const GlobalOptions& global, const InitOptions& options) {
  auto connection = connect(global);
  const auto applied = options.dry_run
                           ? store::pending_migrations(connection)
                           : store::migrate(connection, {.base_currency = options.base_currency,
                                                         .program_version = kVersion});
  Table table{{"migration", "name"}, {}};
  for (const auto& migration : applied) {
    table.rows.push_back({static_cast<std::int64_t>(migration.number), migration.name});
  }
  print(table, effective_format(global.format));
  const auto where = store::describe(connection.target());
  if (applied.empty()) {
    say(fmt::format("The schema in {} is up to date.", where));
  } else {
    say(fmt::format("{} {} migrations to {}.", options.dry_run ? "Would apply" : "Applied",
                    applied.size(), where));
  }
  return kOk;
}

}  // namespace aml::cli
