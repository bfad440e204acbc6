// SPDX-License-Identifier: Apache-2.0
// aml quarantine: what did not reach silver, and how it gets there.
#include "store/quarantine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "scenarios/scenario.hpp"

namespace aml::cli {
namespace {

store::QuarantineFilter filter_of(const QuarantineOptions& options) {
  return {options.reason, options.dataset, options.file};
}

/// "12:345" or "data/transfers.csv:345".
store::QuarantinePlace place_of(const QuarantineOptions& options) {
  const std::size_t colon = options.place.rfind(':');
  store::QuarantinePlace place{options.place.substr(0, colon), 0, options.dataset};
  const std::string line = colon == std::string::npos ? "" : options.place.substr(colon + 1);
  const auto read = std::from_chars(line.data(), line.data() + line.size(), place.line);
  if (line.empty() || read.ec != std::errc{} || read.ptr != line.data() + line.size()) {
    throw std::invalid_argument(fmt::format(
        "{}: expected FILE:LINE, such as 12:345, as `aml quarantine list --rows` shows it",
        options.place));
  }
  return place;
}

Table counts_table(store::Connection& connection, const QuarantineOptions& options) {
  Table table{{"dataset", "reason", "file", "path", "open", "fixed"}, {}};
  for (const auto& count : store::count_quarantined(connection, filter_of(options))) {
    table.rows.push_back(
        {count.dataset, count.reason, count.file_id, count.path, count.open, count.fixed});
  }
  return table;
}

/// Every column that a row of it has, the same for each: what `aml quarantine fix --from` reads.
Table rows_table(store::Connection& connection, const QuarantineOptions& options) {
  if (options.dataset.empty())
    throw std::invalid_argument("--rows needs --dataset: its columns are those of the dataset");
  Table table{{"file", "line", "dataset", "reasons"}, {}};
  const auto columns = store::bronze_columns(connection, options.dataset);
  table.columns.insert(table.columns.end(), columns.begin(), columns.end());
  for (const auto& row : store::list_quarantined(connection, filter_of(options))) {
    auto& cells = table.rows.emplace_back(std::vector<Cell>{
        row.file_id, row.line, row.dataset, fmt::format("{}", fmt::join(row.reasons, " "))});
    for (const auto& column : columns) {
      const auto value = row.values.find(column);
      cells.push_back(value == row.values.end() ? Cell{} : Cell{value->second});
    }
  }
  return table;
}

void add_row(Table& table, const store::QuarantinedRow& row,
             const std::vector<store::QuarantineFix>& fixes) {
  const auto add = [&](const char* section, const std::string& name, Cell value, Cell detail = {}) {
    table.rows.push_back({std::string(section), name, std::move(value), std::move(detail)});
  };
  add("row", "dataset", row.dataset);
  add("row", "place", fmt::format("{}:{}", row.file_id, row.line), row.path);
  add("row", "state", row.state, text_or_nothing(row.drop_reason));
  add("row", "quarantined_at", row.quarantined_at);
  if (!row.closed_at.empty()) add("row", "closed_at", row.closed_at, "by " + row.closed_by);
  if (row.replayed_as_file_id != 0)
    add("row", "replayed_as", fmt::format("{}:{}", row.replayed_as_file_id, row.replayed_as_line));
  for (const auto& reason : row.reasons) add("reason", reason, {});
  if (!row.raw.empty()) add("raw", "line", row.raw);
  for (const auto& [column, value] : row.values) add("value", column, value);
  for (const auto& fix : fixes) {
    for (const auto& [column, value] : fix.values)
      add("fix", column, value, fmt::format("by {} at {}", fix.fixed_by, fix.fixed_at));
  }
}

std::vector<store::RowFix> fixes_of(const QuarantineOptions& options) {
  if (!options.from.empty()) {
    if (!options.place.empty() || !options.set.empty())
      throw std::invalid_argument("--from names rows and values itself: leave FILE:LINE and --set");
    return store::read_fixes_file(options.from);
  }
  if (options.place.empty() || options.set.empty())
    throw std::invalid_argument("expected FILE:LINE with --set COLUMN=VALUE, or --from FILE");
  store::RowFix fix{place_of(options), {}};
  for (const auto& assignment : options.set) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      throw std::invalid_argument(fmt::format("--set {}: expected COLUMN=VALUE", assignment));
    fix.values[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return {fix};
}

/// They may be many, for one and the same reason.
void explain_refused(const std::vector<store::RefusedRow>& refused) {
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(refused.size(), kShown); ++i) {
    const auto& row = refused[i];
    complain(fmt::format("{}:{} of {} was refused, and stays open as it was: {}", row.file_id,
                         row.line, row.dataset, row.why));
  }
  if (refused.size() > kShown)
    complain(fmt::format("and {} rows more were refused", human_count(refused.size() - kShown)));
}

}  // namespace

int run_quarantine_list(const GlobalOptions& global, const QuarantineOptions& options) {
  auto connection = connect_ready(global);
  const Format format = effective_format(global.format);
  if (options.rows) {
    print(rows_table(connection, options), format, CsvText::kAsItIs);
  } else {
    print(counts_table(connection, options), format);
  }
  return kOk;
}

int run_quarantine_show(const GlobalOptions& global, const QuarantineOptions& options) {
  auto connection = connect_ready(global);
  Table table{{"section", "name", "value", "detail"}, {}};
  for (const auto& row : store::read_quarantined(connection, place_of(options)))
    add_row(table, row, store::read_fixes(connection, row));
  print(table, effective_format(global.format));
  return kOk;
}

int run_quarantine_fix(const GlobalOptions& global, const QuarantineOptions& options) {
  const auto fixes = fixes_of(options);
  auto connection = connect_ready(global);
  const auto fixed = store::fix_quarantined(connection, fixes);
  say(fixed == 0 ? "Nothing is fixed: every value given is what is known already."
                 : fmt::format("{} rows are fixed; they wait for:  aml quarantine replay",
                               human_count(fixed)));
  return kOk;
}

int run_quarantine_drop(const GlobalOptions& global, const QuarantineOptions& options) {
  auto connection = connect_ready(global);
  store::drop_quarantined(connection, place_of(options), options.reason);
  say(fmt::format("{} is dropped: it stays in quarantine and is not replayed.", options.place));
  return kOk;
}

int run_quarantine_replay(const GlobalOptions& global, const QuarantineOptions& options) {
  const auto expectations = scenarios::load_expectations(options.expectations);
  auto connection = connect_ready(global);
  Table table{{"dataset", "format", "tried", "replayed", "still_open", "file"}, {}};
  bool was_refused = false;
  for (const auto& outcome :
       store::replay_quarantined(connection, filter_of(options), expectations)) {
    const auto tried = static_cast<std::int64_t>(outcome.rows_tried);
    const auto replayed = static_cast<std::int64_t>(outcome.rows_replayed);
    table.rows.push_back({outcome.dataset, outcome.format, tried, replayed, tried - replayed,
                          outcome.file_id == 0 ? Cell{} : Cell{outcome.file_id}});
    for (const auto& [reason, rows] : outcome.still_broken)
      warn(fmt::format("{}: {} rows stay open: {}", outcome.dataset, human_count(rows), reason));
    explain_refused(outcome.refused);
    was_refused = was_refused || !outcome.refused.empty();
  }
  print(table, effective_format(global.format));
  return was_refused ? kRefusedData : kOk;
}

}  // namespace aml::cli
