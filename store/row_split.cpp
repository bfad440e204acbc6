// SPDX-License-Identifier: Apache-2.0
#include "store/row_split.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <pqxx/pqxx>

#include "store/error.hpp"
#include "store/expectation_sql.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

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

/// It says nothing against the statement: resources, locks, a shutdown, the system.
bool is_trouble_of_the_server(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 6> kClasses{"08", "40", "53", "55", "57", "58"};
  return std::ranges::find(kClasses, sqlstate.substr(0, 2)) != kClasses.end();
}

/// What the server says against a statement; nothing if it accepts it.
std::optional<std::string> objection(Connection& connection, const std::string& statement) {
  const std::string name = "aml_check_expectations";
  const auto session = begin<pqxx::nontransaction>(connection);
  pqxx::connection& server = connection.pqxx();
  return as_statement("check of expectations", [&]() -> std::optional<std::string> {
    try {
      server.prepare(name, statement);
      server.prepare_now(name);
    } catch (const pqxx::sql_error& error) {
      if (server.is_open()) server.unprepare(name);
      if (!server.is_open() || is_trouble_of_the_server(error.sqlstate())) throw;
      constexpr std::string_view kUndefinedFunction = "42883";
      const bool lacks_schema = error.sqlstate() == kUndefinedFunction;
      return one_line(error.what()) +
             (lacks_schema
                  ? "; what is not PostgreSQL's own needs its schema: public.similarity(a, "
                    "b), a OPERATOR(public.%) b"
                  : "");
    }
    server.unprepare(name);
    return {};
  });
}

std::vector<std::string> names(const std::vector<Expectation>& expectations) {
  std::vector<std::string> found;
  found.reserve(expectations.size());
  for (const auto& expectation : expectations) found.push_back(expectation.name);
  return found;
}

/// split_transfers.sql without what it does about ids that are taken.
std::string without_taken_ids(std::string statement) {
  constexpr std::string_view kFirst = "  ORDER BY line  -- of two good rows";
  constexpr std::string_view kLast = "  ON CONFLICT (transfer_id) DO NOTHING\n";
  const std::size_t begin = statement.find(kFirst);
  const std::size_t end = statement.find(kLast);
  assert(begin != std::string::npos && end != std::string::npos);
  return statement.erase(begin, end + kLast.size() - begin);
}

Parameter array_of(const std::optional<std::vector<std::uint64_t>>& numbers) {
  if (!numbers) return std::nullopt;
  return fmt::format("{{{}}}", fmt::join(*numbers, ","));
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
  std::string columns;
  std::string measures;
  for (std::size_t i = 0; i < of_files.size(); ++i) {
    const std::string column = measured_column(of_files[i], i);
    if (!column.empty()) columns += ",\n         " + column;
    measures += "\nUNION ALL\n" + measure(of_files[i], i);
  }
  return with_broken_numbers(split_statement(dataset_).text, of_rows, columns) + measures;
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

SplitOutcome RowSplit::run(LoadTransaction& transaction, const BronzeFile& file,
                           const BaseCurrencySetting& base_currency, Ids ids) const {
  std::vector<Parameter> parameters{to_parameter(file.file_id)};
  if (dataset_ == Dataset::kTransfers) {
    parameters.push_back(file.content_name);
    parameters.push_back(base_currency.code);
    parameters.push_back(to_parameter(base_currency.exponent));
  }
  parameters.push_back(text_array(names(of_rows_)));
  parameters.push_back(to_parameter(std::ranges::count_if(of_rows_, stops_rows)));
  if (dataset_ == Dataset::kTransfers) parameters.push_back(array_of(file.unplain_transfers));
  const std::string statement = ids == Ids::kAreNew ? without_taken_ids(statement_) : statement_;

  SplitOutcome outcome;
  std::uint64_t repeated = 0;
  const Rows rows = transaction.run({split_statement(dataset_).file, statement}, parameters);
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
        transaction.run(query::quarantine_repeated_transfers, {to_parameter(file.file_id)});
    outcome.quarantined_by_reason["transfer_id_is_unique"] =
        static_cast<std::uint64_t>(found.number(0, 0));
  }
  return outcome;
}

}  // namespace aml::store
