// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/target.hpp"
#include "store/version_history.hpp"

namespace aml::cli {
namespace {

Cell number_or_nothing(const std::optional<std::int64_t>& number) {
  return number ? Cell{*number} : Cell{};
}

}  // namespace

int run_history(const GlobalOptions& global, const HistoryOptions& options) {
  auto connection = connect_ready(global);
  const auto table = options.table.empty() ? std::string()
                                           : store::find_versioned_table(connection, options.table);
  Table printed{{"version", "committed_at", "user", "operation", "parameters", "metrics",
                 "read_version", "run", "files", "client", "program", "readable"},
                {}};
  for (const auto& row : store::version_history(connection, table, options.limit)) {
    printed.rows.push_back({row.version, row.committed_at, row.user, row.operation, row.parameters,
                            row.metrics, number_or_nothing(row.read_version),
                            number_or_nothing(row.run_id),
                            row.files.empty() ? Cell{} : Cell{row.files}, row.client,
                            row.program_version ? Cell{*row.program_version} : Cell{},
                            std::string(row.is_readable ? "yes" : "no")});
  }
  print(printed, effective_format(global.format));
  return kOk;
}

}  // namespace aml::cli
