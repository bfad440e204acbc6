// SPDX-License-Identifier: Apache-2.0
#include "store/quarantine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/csv_reader.hpp"
#include "store/error.hpp"
#include "store/input_file.hpp"
#include "store/result_fields.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw StoreError(StoreFailure::kRefusedData, message);
}

std::map<std::string, std::string> cells(const pqxx::row& row) {
  const auto names = texts(row["names"]);
  const auto values = texts(row["texts"]);
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < names.size(); ++i) found[names[i]] = values[i];
  return found;
}

QuarantinedRow quarantined_row(const pqxx::row& row) {
  QuarantinedRow held;
  held.file_id = row["file_id"].as<std::int64_t>();
  held.path = text(row["path"]);
  held.line = row["line"].as<std::int64_t>();
  held.dataset = text(row["dataset"]);
  held.state = text(row["state"]);
  held.reasons = texts(row["reasons"]);
  held.quarantined_at = text(row["quarantined_at"]);
  held.values = cells(row);
  held.raw = text(row["raw"]);
  held.closed_at = text(row["closed_at"]);
  held.closed_by = text(row["closed_by"]);
  held.drop_reason = text(row["drop_reason"]);
  held.replayed_as_file_id = number<std::int64_t>(row["replay_file_id"]);
  held.replayed_as_line = number<std::int64_t>(row["replay_line"]);
  return held;
}

QuarantineFix fix_of(const pqxx::row& row) {
  return {text(row["fixed_at"]), text(row["fixed_by"]), cells(row)};
}

QuarantineCount count_of(const pqxx::row& row) {
  return {text(row["dataset"]),
          text(row["reason"]),
          row["file_id"].as<std::int64_t>(),
          text(row["path"]),
          row["open"].as<std::int64_t>(),
          row["fixed"].as<std::int64_t>()};
}

std::string described(const QuarantinePlace& place) {
  return fmt::format("{}:{}", place.file, place.line);
}

std::vector<QuarantinedRow> rows_at(pqxx::transaction_base& transaction,
                                    const QuarantinePlace& place) {
  const auto file = run(transaction, query::newest_file, place.file);
  if (file.empty()) refuse(fmt::format("{}: no such file was loaded", place.file));
  auto rows = rows_as(run(transaction, query::list_quarantined, std::nullopt, given(place.dataset),
                          text(file[0][0]), place.line, std::nullopt),
                      quarantined_row);
  if (rows.empty()) {
    refuse(
        fmt::format("{}: nothing of this line is in quarantine\n  see:  aml quarantine list "
                    "--rows --file {}",
                    described(place), place.file));
  }
  return rows;
}

/// The one open row that is meant.
QuarantinedRow open_row_at(pqxx::transaction_base& transaction, const QuarantinePlace& place) {
  auto rows = rows_at(transaction, place);
  if (rows.size() > 1) {
    refuse(fmt::format("{}: this line gave rows to {} and {}; say which with --dataset",
                       described(place), rows[0].dataset, rows[1].dataset));
  }
  if (rows[0].state != "open") {
    refuse(fmt::format("{}: this row is {} since {}", described(place), rows[0].state,
                       rows[0].closed_at));
  }
  return std::move(rows[0]);
}

[[noreturn]] void refuse_as_taken(const QuarantinePlace& place) {
  refuse(fmt::format("{}: this row was replayed or dropped in the meantime", described(place)));
}

std::vector<std::string> columns_of(pqxx::transaction_base& transaction,
                                    const std::string& dataset) {
  std::vector<std::string> columns;
  for (const auto& column : run(transaction, query::list_bronze_columns, dataset))
    columns.push_back(text(column[0]));
  return columns;
}

void require_columns(pqxx::transaction_base& transaction, const RowFix& fix,
                     const std::string& dataset) {
  const auto known = columns_of(transaction, dataset);
  for (const auto& [name, value] : fix.values) {
    if (std::ranges::find(known, name) != known.end()) continue;
    refuse(fmt::format("{}: {} have no column {}; there are: {}", described(fix.place), dataset,
                       name, fmt::join(known, ", ")));
  }
}

/// False if it says what is known already.
bool record_fix(pqxx::transaction_base& transaction, const RowFix& fix) {
  const QuarantinedRow row = open_row_at(transaction, fix.place);
  require_columns(transaction, fix, row.dataset);
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (const auto& [name, value] : fix.values) {
    const auto now = row.values.find(name);
    if (now != row.values.end() && now->second == value) continue;
    names.push_back(name);
    values.push_back(value);
  }
  if (names.empty()) return false;
  try {
    const auto recorded = run(transaction, query::insert_fix, row.file_id, row.line, row.dataset,
                              text_array(names), text_array(values));
    if (recorded.empty()) refuse_as_taken(fix.place);
    return true;
  } catch (const StoreError& error) {
    if (error.sqlstate() != kRestrictViolation) throw;
    refuse(fmt::format("{}: {}", described(fix.place), error.what()));
  }
}

/// Which columns of a file of fixes say where a row is.
struct FixColumns {
  std::size_t file;
  std::size_t line;
  std::optional<std::size_t> dataset;
};

FixColumns fix_columns(const std::vector<std::string>& header, const std::string& path) {
  const auto position = [&](const char* name) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) return {};
    return static_cast<std::size_t>(found - header.begin());
  };
  const auto file = position("file");
  const auto line = position("line");
  if (!file || !line) {
    refuse_file(
        path,
        "needs the columns file and line, and those that are corrected\n  `aml --format csv "
        "quarantine list --rows --dataset DATASET` writes such a file");
  }
  return {*file, *line, position("dataset")};
}

RowFix fix_in(const Record& record, const std::vector<std::string>& header,
              const FixColumns& columns, const std::string& path) {
  RowFix fix;
  fix.place.file = record.fields[columns.file];
  const std::string_view line = record.fields[columns.line];
  const auto read = std::from_chars(line.data(), line.data() + line.size(), fix.place.line);
  if (read.ec != std::errc{} || read.ptr != line.data() + line.size())
    refuse_file(path, record.line, fmt::format("\"{}\" is no line", line));
  if (columns.dataset) fix.place.dataset = record.fields[*columns.dataset];
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool says_where = i == columns.file || i == columns.line || i == columns.dataset;
    // An empty cell corrects nothing: in a list of rows it also stands for no value.
    if (says_where || header[i] == "reasons" || record.fields[i].empty()) continue;
    fix.values[header[i]] = record.fields[i];
  }
  return fix;
}

}  // namespace

std::vector<QuarantineCount> count_quarantined(Connection& connection,
                                               const QuarantineFilter& filter) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_as(run(session, query::count_quarantined, given(filter.reason), given(filter.dataset),
                     given(filter.file)),
                 count_of);
}

std::vector<QuarantinedRow> list_quarantined(Connection& connection,
                                             const QuarantineFilter& filter) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_as(run(session, query::list_quarantined, given(filter.reason), given(filter.dataset),
                     given(filter.file), std::nullopt, "open"),
                 quarantined_row);
}

std::vector<QuarantinedRow> read_quarantined(Connection& connection, const QuarantinePlace& place) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_at(session, place);
}

std::vector<QuarantineFix> read_fixes(Connection& connection, const QuarantinedRow& row) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_as(run(session, query::list_fixes, row.file_id, row.line, row.dataset), fix_of);
}

std::vector<std::string> bronze_columns(Connection& connection, const std::string& dataset) {
  auto session = begin<pqxx::nontransaction>(connection);
  return columns_of(session, dataset);
}

std::size_t fix_quarantined(Connection& connection, const std::vector<RowFix>& fixes) {
  auto transaction = begin<pqxx::work>(connection);
  const auto recorded =
      std::ranges::count_if(fixes, [&](const RowFix& fix) { return record_fix(transaction, fix); });
  as_statement("commit of fixes", [&] { transaction.commit(); });
  return static_cast<std::size_t>(recorded);
}

std::vector<RowFix> read_fixes_file(const std::string& path) {
  InputFile file(path);
  CsvReader reader([&](char* buffer, std::size_t size) { return file.read(buffer, size); }, path);
  const FixColumns columns = fix_columns(reader.header(), path);
  std::vector<RowFix> fixes;
  Record record;
  while (reader.next(record)) {
    if (record.defect != LineDefect::kNone)
      refuse_file(path, record.line, std::string(name_of(record.defect)));
    RowFix fix = fix_in(record, reader.header(), columns, path);
    if (!fix.values.empty()) fixes.push_back(std::move(fix));
  }
  return fixes;
}

void drop_quarantined(Connection& connection, const QuarantinePlace& place,
                      const std::string& reason) {
  auto transaction = begin<pqxx::work>(connection);
  const QuarantinedRow row = open_row_at(transaction, place);
  const auto dropped =
      run(transaction, query::drop_quarantined, row.file_id, row.line, row.dataset, reason);
  if (dropped.empty()) refuse_as_taken(place);
  as_statement("commit of a drop", [&] { transaction.commit(); });
}

}  // namespace aml::store
