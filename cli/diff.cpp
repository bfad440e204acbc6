// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "cli/asked_time.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/run.hpp"
#include "cli/target.hpp"
#include "store/gold_reader.hpp"
#include "store/version_history.hpp"

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

int diff_runs(const GlobalOptions& global, std::int64_t earlier, std::int64_t later) {
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

int diff_versions(const GlobalOptions& global, const std::string& name, const std::string& earlier,
                  const std::string& later, int limit) {
  auto connection = connect_ready(global);
  const auto table = store::find_versioned_table(connection, name);
  const auto v1 = asked_version(connection, "earlier version", earlier);
  const auto v2 = asked_version(connection, "later version", later);
  const auto diff = store::diff_table(connection, table, v1, v2, limit);
  say(fmt::format("{} from version {} to {}: {} added, {} changed, {} removed", table, v1, v2,
                  diff.added, diff.changed, diff.removed));
  Table printed{{"change", "key", "before", "after"}, {}};
  for (const auto& row : diff.rows)
    printed.rows.push_back({row.change, row.key, cell(row.before), cell(row.after)});
  print(printed, effective_format(global.format));
  return kOk;
}

std::int64_t run_number(const std::string& text) {
  std::int64_t run = 0;
  const auto end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, run);
      read.ec != std::errc() || read.ptr != end)
    throw std::invalid_argument(
        fmt::format("expected the number of a run, or a table and two versions, got \"{}\"", text));
  return run;
}

}  // namespace

int run_diff(const GlobalOptions& global, const DiffOptions& options) {
  const auto& what = options.what;
  if (what.size() == 2) return diff_runs(global, run_number(what[0]), run_number(what[1]));
  return diff_versions(global, what[0], what[1], what[2], options.limit);
}

}  // namespace aml::cli
