// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "cli/target.hpp"
#include "store/gold_reader.hpp"

namespace aml::cli {
namespace {

template <typename Value>
Cell cell(const std::optional<Value>& value) {
  return value ? Cell{*value} : Cell{};
}

void tell_what_only_one_ran(const store::RunRow& run, const store::RunRow& other) {
  for (const std::string& scenario : run.scenarios) {
    if (std::ranges::find(other.scenarios, scenario) == other.scenarios.end()) {
      say(fmt::format("{}: only run {} ran it", scenario, run.run_id));
    }
  }
}

}  // namespace

int run_diff(const GlobalOptions& global, std::int64_t earlier, std::int64_t later) {
  auto connection = connect_ready(global);
  const store::RunRow before = require_run(connection, earlier);
  const store::RunRow after = require_run(connection, later);
  tell_what_only_one_ran(before, after);
  tell_what_only_one_ran(after, before);
  Table table{{"change", "scenario", "alert", "subject_kind", "subject", "severity_before",
               "severity_after", "score_before", "score_after", "why", "explanation"},
              {}};
  for (const auto& row : store::diff_runs(connection, earlier, later)) {
    table.rows.push_back({row.change, row.scenario, row.alert_id, row.subject_kind, row.subject,
                          cell(row.severity_before), cell(row.severity_after),
                          cell(row.score_before), cell(row.score_after), row.why, row.explanation});
  }
  print(table, effective_format(global.format));
  return kOk;
}

}  // namespace aml::cli
