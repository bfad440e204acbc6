// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "cli/asked_time.hpp"
#include "cli/commands.hpp"
#include "cli/target.hpp"
#include "store/version_history.hpp"

namespace aml::cli {
namespace {

/// "all" is all that files bring; the list of currencies is not of them.
std::vector<std::string> tables_to_restore(store::Connection& connection,
                                           const std::vector<std::string>& asked) {
  if (asked == std::vector<std::string>{"all"})
    return {"silver.fx_rates", "silver.parties", "silver.party_attributes", "silver.accounts",
            "silver.transfers"};
  std::vector<std::string> tables;
  for (const auto& name : asked) {
    tables.push_back(store::find_versioned_table(connection, name));
    if (tables.back().starts_with("gold."))
      throw std::invalid_argument(fmt::format(
          "{} is not restored: gold is what runs found\n  read it as it was with "
          "{}_as_of(VERSION), or run again on older data with:  aml run --as-of-version VERSION",
          tables.back(), tables.back()));
  }
  return tables;
}

}  // namespace

int run_restore(const GlobalOptions& global, const RestoreOptions& options) {
  auto connection = connect_ready(global);
  const auto tables = tables_to_restore(connection, options.tables);
  const auto version = asked_version(connection, "--to", options.version);
  Table printed{{"table", "written", "deleted"}, {}};
  std::int64_t rows = 0;
  for (const auto& table : store::restore_tables(connection, tables, version)) {
    printed.rows.push_back({table.table, table.written, table.deleted});
    rows += table.written + table.deleted;
  }
  print(printed, effective_format(global.format));
  say(rows == 0 ? fmt::format("Nothing differs from version {}: no new version was made.", version)
                : fmt::format("As at version {}; this is version {}. What was before stays in the "
                              "history: aml history.",
                              version, store::newest_version(connection)));
  return kOk;
}

}  // namespace aml::cli
