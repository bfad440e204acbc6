// SPDX-License-Identifier: Apache-2.0
#include "cli/lineage.hpp"

#include <fmt/format.h>

#include "store/server_facts.hpp"

namespace aml::cli {

std::vector<reports::LineageDataset> lineage_tables(store::Connection& connection,
                                                    const NamedTables& tables) {
  const auto facts = store::server_facts(connection);
  const bool is_local = facts.host.empty() || facts.host.starts_with('/');
  const auto space =
      fmt::format("postgres://{}:{}", is_local ? "localhost" : facts.host, facts.port);
  std::vector<reports::LineageDataset> datasets;
  for (const auto& [table, rows] : tables)
    datasets.push_back({space, facts.database + '.' + table, rows});
  return datasets;
}

}  // namespace aml::cli
