// SPDX-License-Identifier: Apache-2.0
// Lineage events around a load or a run, for --lineage.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/version.hpp"
#include "reports/lineage.hpp"
#include "store/connection.hpp"

namespace aml::cli {

/// "silver.transfers" and its rows, absent if they are not counted.
using NamedTables = std::vector<std::pair<std::string, std::optional<std::int64_t>>>;

/// Tables of the database under the names that data catalogues give them.
std::vector<reports::LineageDataset> lineage_tables(store::Connection& connection,
                                                    const NamedTables& tables);

struct LineageEnd {
  reports::LineageRun::End how = reports::LineageRun::End::kComplete;
  std::vector<reports::LineageDataset> outputs;
  std::string error = {};
};

/// Calls action(), with an event before it and one after it, which ended(result) describes, in the file; without a file just calls it.
/// What action() throws is told as a failure and passed on.
template <typename Action, typename Ended>
auto with_lineage(const std::string& file, const std::string& job,
                  std::vector<reports::LineageDataset> inputs, Action&& action, Ended&& ended) {
  if (file.empty()) return action();
  const reports::LineageRun run(file, job, kVersion, std::move(inputs));
  auto result = [&] {
    try {
      return action();
    } catch (const std::exception& error) {
      run.end(reports::LineageRun::End::kFail, {}, error.what());
      throw;
    }
  }();
  const LineageEnd end = ended(result);
  run.end(end.how, end.outputs, end.error);
  return result;
}

}  // namespace aml::cli
