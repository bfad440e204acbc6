// SPDX-License-Identifier: Apache-2.0
#include "store/expectation_sql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <iterator>

namespace aml::store {
namespace {

std::string typed(const std::string& column) {
  return fmt::format("typed.\"{}\"", column);
}

/// What silver keys the rows of a dataset by.
std::string key_of(const std::string& dataset, std::string_view row) {
  if (dataset == "transfers") return fmt::format("{}.transfer_id", row);
  if (dataset == "accounts") return fmt::format("{}.account_id", row);
  if (dataset == "parties") return fmt::format("{}.party_id", row);
  return fmt::format("({0}.currency_code, {0}.rate_date)", row);
}

// The line feeds end a comment that the operator's own SQL may end with.

std::string reference_condition(const Reference& reference) {
  const std::string counts =
      reference.where.empty() ? "" : fmt::format(" AND ({}\n)", reference.where);
  return fmt::format(
      "{0} IS NULL OR {0}::text = '' OR EXISTS (SELECT FROM \"{1}\".\"{2}\" AS referred WHERE "
      "referred.\"{3}\" = {0}{4})",
      typed(reference.column), reference.schema, reference.table, reference.key, counts);
}

std::string plain_condition(const Expectation& expectation) {
  const auto* check = std::get_if<RowCheck>(&expectation.condition);
  return check ? *check : reference_condition(std::get<Reference>(expectation.condition));
}

/// True for rows that no check or reference stops: only they take the values that must be unique.
std::string is_good(const std::vector<Expectation>& stopping) {
  std::string all = "true";
  for (const auto& other : stopping)
    all += fmt::format(" AND ({}\n) IS NOT FALSE", plain_condition(other));
  return all;
}

std::string uniqueness_condition(const Expectation& expectation,
                                 const std::vector<Expectation>& stopping) {
  std::vector<std::string> columns;
  std::string lacks_one;
  std::string same_as_known;
  for (const auto& column : std::get<Uniqueness>(expectation.condition).columns) {
    columns.push_back(typed(column));
    lacks_one += fmt::format("{} IS NULL OR ", typed(column));
    same_as_known += fmt::format("known.\"{}\" = {} AND ", column, typed(column));
  }
  const std::string good = is_good(stopping);
  return fmt::format(
      "{lacks_one}({good}) IS FALSE OR "
      "(row_number() OVER (PARTITION BY {columns}, {good} ORDER BY typed.line) = 1 AND "
      "NOT EXISTS (SELECT FROM silver.{dataset} AS known WHERE {same_as_known}{known_key} <> "
      "{typed_key}))",
      fmt::arg("lacks_one", lacks_one), fmt::arg("good", good),
      fmt::arg("columns", fmt::join(columns, ", ")), fmt::arg("dataset", expectation.dataset),
      fmt::arg("same_as_known", same_as_known),
      fmt::arg("known_key", key_of(expectation.dataset, "known")),
      fmt::arg("typed_key", key_of(expectation.dataset, "typed")));
}

/// What is taken of all rows, whether that is as it should be, and how it should be.
struct Measure {
  std::string value;
  std::string is_met;    // over "of_all.value" and "of_all.reference"
  std::string expected;  // a text
  std::string reference = "NULL::numeric";
};

constexpr std::string_view kRecords =
    "count(*) + (SELECT count(*) FROM bronze.unreadable_lines WHERE file_id = $1)";

Measure measure_of(const RowCount& count, const std::string& dataset, const std::string&) {
  Measure measure{std::string(kRecords), "true", "''"};
  std::vector<std::string> words;
  if (count.at_least) {
    measure.is_met += fmt::format(" AND of_all.value >= {}", *count.at_least);
    words.push_back(fmt::format("at least {}", *count.at_least));
  }
  if (count.at_most) {
    measure.is_met += fmt::format(" AND of_all.value <= {}", *count.at_most);
    words.push_back(fmt::format("at most {}", *count.at_most));
  }
  measure.expected = fmt::format("'{}'", fmt::join(words, ", "));
  if (!count.deviation) return measure;
  measure.reference = fmt::format(
      "(SELECT CASE WHEN count(*) = {0} THEN avg(lines_read) END FROM (SELECT lines_read FROM "
      "aml.ingested_files WHERE dataset = '{1}' AND operation = 'LOAD' AND file_id < $1 ORDER BY "
      "file_id DESC LIMIT {0}) AS earlier)",
      count.deviation->files, dataset);
  measure.is_met += fmt::format(
      " AND (of_all.reference IS NULL OR abs(of_all.value - of_all.reference) <= {} * "
      "of_all.reference)",
      count.deviation->at_most);
  measure.expected += fmt::format(
      " || coalesce('{}within ' || {} || ' of ' || round(of_all.reference, 1) || ', the mean of "
      "{} files', '')",
      words.empty() ? "" : ", ", count.deviation->at_most, count.deviation->files);
  return measure;
}

Measure measure_of(const ControlTotal& control, const std::string&, const std::string& column) {
  return {
      control.total == "rows" ? std::string(kRecords) : fmt::format("coalesce(sum({}), 0)", column),
      "coalesce(of_all.value = of_all.reference, false)",
      "coalesce(of_all.reference::text, 'a control file that says it')",
      fmt::format("(SELECT value FROM aml.control_totals WHERE file_id = $1 AND total = '{}')",
                  control.total)};
}

Measure measure_of(const Freshness& freshness, const std::string&, const std::string& column) {
  const std::string age = fmt::format("interval '{} microseconds'", freshness.within_micros);
  return {fmt::format("max({0}) FILTER (WHERE {0} <= now())", column),
          fmt::format("coalesce(of_all.value >= now() - {}, false)", age),
          fmt::format("'not older than ' || justify_hours({})", age)};
}

Measure measure_of(const NullShare& share, const std::string&, const std::string& column) {
  return {fmt::format("round(count(*) FILTER (WHERE coalesce({}::text, '') = '')::numeric / "
                      "nullif(count(*), 0), 6)",
                      column),
          fmt::format("coalesce(of_all.value <= {}, true)", share.at_most),
          fmt::format("'at most {}'", share.at_most)};
}

template <typename NamesRows>
Measure measure_of(const NamesRows&, const std::string&, const std::string&) {
  return {};
}

std::string column_of(const Condition& condition) {
  if (const auto* control = std::get_if<ControlTotal>(&condition))
    return control->total == "rows" ? std::string() : control->total;
  if (const auto* freshness = std::get_if<Freshness>(&condition)) return freshness->column;
  if (const auto* share = std::get_if<NullShare>(&condition)) return share->column;
  return {};
}

/// True if a row breaks the expectation. The line feed ends a comment that the check may end with.
std::string is_broken(const Expectation& expectation, const std::vector<Expectation>& stopping) {
  return fmt::format("({}\n) IS FALSE", std::holds_alternative<Uniqueness>(expectation.condition)
                                            ? uniqueness_condition(expectation, stopping)
                                            : plain_condition(expectation));
}

/// Nearly all rows break none, so the array is built only for those that do.
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

}  // namespace

bool stops_rows(const Expectation& expectation) {
  return expectation.policy != ExpectationPolicy::kWarn;
}

std::string with_broken_numbers(std::string_view statement,
                                const std::vector<Expectation>& expectations,
                                const std::string& more_columns) {
  // Valid SQL as it is: no expectation, no row breaks any.
  constexpr std::string_view kMarkedPlace = "NULL::integer[] AS broken";
  std::string text(statement);
  const std::size_t place = text.find(kMarkedPlace);
  assert(place != std::string::npos);
  assert(text.find(kMarkedPlace, place + 1) == std::string::npos);
  const std::string numbers =
      expectations.empty() ? std::string(kMarkedPlace) : broken_numbers(expectations);
  return text.replace(place, kMarkedPlace.size(), numbers + more_columns);
}

std::string measured_column(const Expectation& expectation, std::size_t number) {
  const std::string column = column_of(expectation.condition);
  return column.empty() ? "" : fmt::format("{} AS measured_{}", typed(column), number);
}

std::string measure(const Expectation& expectation, std::size_t number) {
  const Measure measure = std::visit(
      [&](const auto& condition) {
        return measure_of(condition, expectation.dataset, fmt::format("measured_{}", number));
      },
      expectation.condition);
  return fmt::format(
      "SELECT 'measured', '{}', CASE WHEN {} THEN 1 ELSE 0 END, NULL, NULL, NULL, "
      "of_all.value::text, {}\nFROM (SELECT {} AS value, {} AS reference FROM checked) AS of_all",
      number, measure.is_met, measure.expected, measure.value, measure.reference);
}

}  // namespace aml::store
