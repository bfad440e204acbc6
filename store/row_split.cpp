// SPDX-License-Identifier: Apache-2.0
#include "store/row_split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <pqxx/pqxx>

#include "store/error.hpp"
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
std::string is_broken(const Expectation& expectation) {
  return fmt::format("({}\n) IS FALSE", expectation.check);
}

/// The numbers (from 1) of the expectations that a row breaks, or null. Nearly all rows break none,
/// so the array is built only for those that do.
std::string broken_numbers(const std::vector<Expectation>& expectations) {
  std::string any;
  std::string numbers;
  for (std::size_t i = 0; i < expectations.size(); ++i) {
    const std::string condition = is_broken(expectations[i]);
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
    if (expectation.dataset == name_of(dataset)) expectations_.push_back(expectation);
  }
  std::ranges::stable_partition(
      expectations_, [](const Expectation& e) { return e.policy != ExpectationPolicy::kWarn; });
  statement_ = statement_with(expectations_);
}

std::string RowSplit::statement_with(const std::vector<Expectation>& expectations) const {
  std::string text(split_statement(dataset_).text);
  if (expectations.empty()) return text;
  const std::size_t place = text.find(kMarkedPlace);
  assert(place != std::string::npos);
  assert(text.find(kMarkedPlace, place + 1) == std::string::npos);
  return text.replace(place, kMarkedPlace.size(), broken_numbers(expectations));
}

void RowSplit::prepare(Connection& connection) const {
  const auto whole = objection(connection, statement_);
  if (!whole) return;
  const auto fail = [&](const std::string& message) {
    throw StoreError(StoreFailure::kStatement, message,
                     std::string(split_statement(dataset_).file));
  };
  for (const auto& expectation : expectations_) {
    const auto single = objection(connection, statement_with({expectation}));
    if (!single) continue;
    fail(
        fmt::format("expectation {} of {} is not an SQL condition over its columns: {}\n  its "
                    "check is: {}\n  nothing was loaded",
                    expectation.name, expectation.dataset, *single, expectation.check));
  }
  fail(fmt::format("the expectations of {} cannot be evaluated together: {}\n  nothing was loaded",
                   name_of(dataset_), *whole));
}

SplitOutcome RowSplit::run(LoadTransaction& transaction, std::int64_t file_id,
                           const std::string& content_name,
                           const BaseCurrencySetting& base_currency) const {
  const auto stopping = std::ranges::count_if(
      expectations_, [](const Expectation& e) { return e.policy != ExpectationPolicy::kWarn; });
  std::vector<Parameter> parameters{to_parameter(file_id)};
  if (dataset_ == Dataset::kTransfers) {
    parameters.push_back(content_name);
    parameters.push_back(base_currency.code);
    parameters.push_back(to_parameter(base_currency.exponent));
  }
  parameters.push_back(text_array(names(expectations_)));
  parameters.push_back(to_parameter(stopping));

  SplitOutcome outcome;
  std::uint64_t repeated = 0;
  const Rows rows = transaction.run({split_statement(dataset_).file, statement_}, parameters);
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name(rows.text(row, 1));
    const auto count = static_cast<std::uint64_t>(rows.number(row, 2));
    if (rows.text(row, 0) == "loaded") {
      outcome.rows_loaded = count;
    } else if (rows.text(row, 0) == "repeated") {
      repeated = count;
    } else if (rows.text(row, 0) == "quarantined") {
      outcome.quarantined_by_reason[name] = count;
    } else {
      outcome.broken[name] = {count, static_cast<std::uint64_t>(rows.number(row, 3))};
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
