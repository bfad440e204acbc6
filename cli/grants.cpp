// SPDX-License-Identifier: Apache-2.0
// aml grants: who may do what, as it is and as it should be.
#include "store/grants.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"

namespace aml::cli {
namespace {

void print_access(store::Connection& connection, Format format) {
  Table table{{"role", "kind", "schema", "granted", "missing", "beyond"}, {}};
  for (const auto& row : store::list_access(connection)) {
    table.rows.push_back({row.role, row.kind, text_or_nothing(row.schema),
                          text_or_nothing(row.granted), text_or_nothing(row.missing),
                          text_or_nothing(row.beyond)});
  }
  print(table, format);
}

/// For psql: whole or not at all.
void print_sql(const std::vector<std::string>& statements) {
  if (statements.empty()) return;
  fmt::print("BEGIN;\n");
  for (const auto& statement : statements) fmt::print("{};\n", statement);
  fmt::print("COMMIT;\n");
}

void say_counts(const store::AccessCounts& counts) {
  if (counts.by_hand > 0)
    say(fmt::format("{} rights of roles that are not amlgraph's are left alone: look at them.",
                    counts.by_hand));
  if (counts.missing + counts.beyond == 0) {
    say("All is as planned.");
  } else {
    say(
        fmt::format("{} rights are missing, {} are beyond the plan; to mend it:  aml grants "
                    "--apply",
                    counts.missing, counts.beyond));
  }
}

}  // namespace

int run_grants(const GlobalOptions& global, const GrantsOptions& options) {
  auto connection = connect_ready(global);
  if (options.sql) {
    print_sql(store::access_statements(connection));
    return kOk;
  }
  if (options.apply) {
    const auto applied = store::apply_access(connection);
    for (const auto& statement : applied) detail(statement);
    say(fmt::format("Applied {} statements.", applied.size()));
  }
  print_access(connection, effective_format(global.format));
  say_counts(store::count_access(connection));
  return kOk;
}

}  // namespace aml::cli
