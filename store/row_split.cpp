// SPDX-License-Identifier: Apache-2.0
#include "store/row_split.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <optional>
#include <pqxx/pqxx>

#include "store/error.hpp"
#include "store/expectation_sql.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

// Stands once in each split_<dataset>.sql, which is valid SQL as it is: no expectation, no row
// breaks any.
constexpr std::string_view kMarkedPlace = "NULL::integer[] AS broken";

const query::Embedded& split_statement(Dataset dataset) {
  switch (dataset) {
    case Dataset::kTransfers:
      return query::split_transfers;
    case Dataset::kAccounts:
      return query::split_accounts;
    case Dataset::kParties:
      return query::split_parties;
    case Dataset::kFxRates:
      break;
  }
  return query::split_fx_rates;
}

/// True if a row breaks the expectation. The line feed ends a comment that the check may end with.
std::string is_broken(const Expectation& expectation, const std::vector<Expectation>& stopping) {
  return fmt::format("({}\n) IS FALSE", row_condition(expectation, stopping));
}

bool stops_rows(const Expectation& expectation) {
  return expectation.policy != ExpectationPolicy::kWarn;
}

/// The numbers (from 1) of the expectations that a row breaks, or null. Nearly all rows break none,
/// so the array is built only for those that do.
std::string broken_numbers(const std::vector<Expectation>& expectations) {
  std::vector<Expectation> stopping;
  std::ranges::copy_if(expectations, std::back_inserter(stopping), [](const Expectation& e) {
    return stops_rows(e) && !std::holds_alternative<Uniqueness>(e.condition);
  });
  std::string any;
  std::string numbers;
  for (std::size_t i = 0; i < expectations.size(); ++i) {
    const std::string condition = is_broken(expectations[i], stopping);
    any += (i == 0 ? "" : " OR ") + condition;
    numbers += fmt::format("{}CASE WHEN {} THEN {} END", i == 0 ? "" : ", ", condition, i + 1);
  }
  return fmt::format("CASE WHEN {} THEN array_remove(ARRAY[{}], NULL) END AS broken", any, numbers);
}

/// What the server says against a statement; nothing if it accepts it.
std::optional<std::string> objection(Connection& connection, const std::string& statement) {
  const std::string name = "aml_check_expectations";
  pqxx::nontransaction session(connection.pqxx());
  try {
    connection.pqxx().prepare(name, statement);
    connection.pqxx().prepare_now(name);
  } catch (const pqxx::sql_error& error) {
    connection.pqxx().unprepare(name);
    return one_line(error.what());
  }
  connection.pqxx().unprepare(name);
  return {};
}

std::vector<std::string> names(const std::vector<Expectation>& expectations) {
  std::vector<std::string> found;
  found.reserve(expectations.size());
  for (const auto& expectation : expectations) found.push_back(expectation.name);
  return found;
}

}  // namespace

RowSplit::RowSplit(Dataset dataset, const std::vector<Expectation>& expectations)
    : dataset_(dataset) {
  for (const auto& expectation : expectations) {
    if (expectation.dataset != name_of(dataset)) continue;
    (names_rows(expectation.condition) ? of_rows_ : of_files_).push_back(expectation);
  }
  std::ranges::stable_partition(of_rows_, stops_rows);
  statement_ = statement_with(of_rows_, of_files_);
}

std::string RowSplit::statement_with(const std::vector<Expectation>& of_rows,
                                     const std::vector<Expectation>& of_files) const {
  std::string text(split_statement(dataset_).text);
  const std::size_t place = text.find(kMarkedPlace);
  assert(place != std::string::npos);
  assert(text.find(kMarkedPlace, place + 1) == std::string::npos);
  std::string columns = of_rows.empty() ? std::string(kMarkedPlace) : broken_numbers(of_rows);
  std::string measures;
  for (std::size_t i = 0; i < of_files.size(); ++i) {
    const std::string column = measured_column(of_files[i], i);
    if (!column.empty()) columns += ",\n         " + column;
    measures += "\nUNION ALL\n" + measure(of_files[i], i);
  }
  return text.replace(place, kMarkedPlace.size(), columns) + measures;
}

void RowSplit::prepare(Connection& connection) const {
  for (const auto& expectation : of_rows_) require_index(connection, expectation);
  const auto whole = objection(connection, statement_);
  if (!whole) return;
  const auto require = [&](const Expectation& expectation, const std::string& statement) {
    const auto single = objection(connection, statement);
    if (single) refuse(expectation, *single);
  };
  for (const auto& expectation : of_rows_) require(expectation, statement_with({expectation}, {}));
  for (const auto& expectation : of_files_) require(expectation, statement_with({}, {expectation}));
  throw StoreError(
      StoreFailure::kStatement,
      fmt::format("the expectations of {} cannot be evaluated together: {}\n  nothing was loaded",
                  name_of(dataset_), *whole),
      std::string(split_statement(dataset_).file));
}

void RowSplit::refuse(const Expectation& expectation, const std::string& why) const {
  const auto* check = std::get_if<RowCheck>(&expectation.condition);
  throw StoreError(
      StoreFailure::kStatement,
      check
          ? fmt::format("expectation {} of {} is not an SQL condition over its columns: {}\n  its "
                        "check is: {}\n  nothing was loaded",
                        expectation.name, expectation.dataset, why, *check)
          : fmt::format("expectation {} of {} cannot be evaluated: {}\n  nothing was loaded",
                        expectation.name, expectation.dataset, why),
      std::string(split_statement(dataset_).file));
}

/// Without an index each row would read a whole table, whatever the planner does.
void RowSplit::require_index(Connection& connection, const Expectation& expectation) const {
  std::string table;
  std::vector<std::string> columns;
  if (const auto* reference = std::get_if<Reference>(&expectation.condition)) {
    table = fmt::format("\"{}\".\"{}\"", reference->schema, reference->table);
    columns = {reference->key};
  } else if (const auto* unique = std::get_if<Uniqueness>(&expectation.condition)) {
    table = "silver." + expectation.dataset;
    columns = unique->columns;
  } else {
    return;
  }
  auto session = begin<pqxx::nontransaction>(connection);
  const auto found = store::run(session, query::has_index, table, text_array(columns));
  if (found[0][0].as<bool>()) return;
  refuse(expectation,
         fmt::format("no index of {} begins with {}; without one each row would read the whole "
                     "table: CREATE INDEX ON {} ({})",
                     table, fmt::join(columns, " or "), table, columns.front()));
}

SplitOutcome RowSplit::run(LoadTransaction& transaction, std::int64_t file_id,
                           const std::string& content_name,
                           const BaseCurrencySetting& base_currency) const {
  std::vector<Parameter> parameters{to_parameter(file_id)};
  if (dataset_ == Dataset::kTransfers) {
    parameters.push_back(content_name);
    parameters.push_back(base_currency.code);
    parameters.push_back(to_parameter(base_currency.exponent));
  }
  parameters.push_back(text_array(names(of_rows_)));
  parameters.push_back(to_parameter(std::ranges::count_if(of_rows_, stops_rows)));

  SplitOutcome outcome;
  std::uint64_t repeated = 0;
  const Rows rows = transaction.run({split_statement(dataset_).file, statement_}, parameters);
  for (int row = 0; row < rows.size(); ++row) {
    const std::string what(rows.text(row, 0));
    const std::string name(rows.text(row, 1));
    const auto count = static_cast<std::uint64_t>(rows.number(row, 2));
    if (what == "loaded") {
      outcome.rows_loaded = count;
    } else if (what == "repeated") {
      repeated = count;
    } else if (what == "quarantined") {
      outcome.quarantined_by_reason[name] = count;
    } else if (what == "measured") {
      const Expectation& expectation = of_files_[static_cast<std::size_t>(rows.number(row, 1))];
      outcome.measured[expectation.name] = {count > 0, std::string(rows.text(row, 6)),
                                            std::string(rows.text(row, 7))};
    } else {
      outcome.broken[name] = {count, static_cast<std::uint64_t>(rows.number(row, 3)),
                              std::string(rows.text(row, 4)), std::string(rows.text(row, 5))};
    }
  }
  if (repeated > 0) {
    const Rows found =
        transaction.run(query::quarantine_repeated_transfers, {to_parameter(file_id)});
    outcome.quarantined_by_reason["transfer_id_is_unique"] =
        static_cast<std::uint64_t>(found.number(0, 0));
  }
  return outcome;
}

}  // namespace aml::store
