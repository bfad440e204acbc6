// SPDX-License-Identifier: Apache-2.0
// aml expectations: what is expected of the data, and how it was met.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/target.hpp"
#include "scenarios/duration.hpp"
#include "scenarios/json_schema.hpp"
#include "scenarios/scenario.hpp"
#include "store/expectation_history.hpp"
#include "store/json_check.hpp"

namespace aml::cli {
namespace {

std::string told(const store::RowCheck& check) {
  return check;
}
std::string told(const store::Reference& reference) {
  return fmt::format("{} stands in {}.{}.{}{}", reference.column, reference.schema, reference.table,
                     reference.key, reference.where.empty() ? "" : " where " + reference.where);
}
std::string told(const store::Uniqueness& unique) {
  return fmt::format("{} are unique", fmt::join(unique.columns, ", "));
}
std::string told(const store::RowCount& count) {
  std::vector<std::string> limits;
  if (count.at_least) limits.push_back(fmt::format("at least {}", *count.at_least));
  if (count.at_most) limits.push_back(fmt::format("at most {}", *count.at_most));
  if (count.deviation) {
    limits.push_back(fmt::format("within {} of the mean of {} files", count.deviation->at_most,
                                 count.deviation->files));
  }
  return fmt::format("records: {}", fmt::join(limits, ", "));
}
std::string told(const store::ControlTotal& control) {
  return fmt::format("{} as the control file says", control.total);
}
std::string told(const store::Freshness& freshness) {
  return fmt::format("newest {} within {}", freshness.column,
                     scenarios::format_duration(freshness.within_micros));
}
std::string told(const store::NullShare& share) {
  return fmt::format("{} empty in at most {} of the rows", share.column, share.at_most);
}

bool is_of(const ExpectationsOptions& options, const std::string& dataset) {
  return options.dataset.empty() || dataset == options.dataset;
}

scenarios::SchemaTarget target_of(const ExpectationsOptions& options) {
  scenarios::SchemaTarget target;
  target.dataset = options.dataset;
  for (const auto& mapping : options.column_map) {
    const std::size_t equals = mapping.find('=');
    if (equals == std::string::npos || equals == 0)
      throw std::invalid_argument(
          fmt::format("--column-map {}: expected PROPERTY=COLUMN", mapping));
    target.columns[mapping.substr(0, equals)] = mapping.substr(equals + 1);
  }
  return target;
}

std::vector<store::Expectation> converted(const ExpectationsOptions& options) {
  auto schema = scenarios::expectations_from_schema(options.schema, target_of(options));
  for (const auto& note : schema.notes) warn(note);
  return std::move(schema.expectations);
}

}  // namespace

int run_expectations_list(const GlobalOptions& global, const ExpectationsOptions& options) {
  Table table{{"dataset", "expectation", "policy", "expects", "description"}, {}};
  for (const auto& expectation : scenarios::load_expectations(options.expectations)) {
    if (!is_of(options, expectation.dataset)) continue;
    table.rows.push_back(
        {expectation.dataset, expectation.name, std::string(store::name_of(expectation.policy)),
         std::visit([](const auto& condition) { return told(condition); }, expectation.condition),
         expectation.description});
  }
  print(table, effective_format(global.format));
  return kOk;
}

int run_expectations_results(const GlobalOptions& global, const ExpectationsOptions& options) {
  auto connection = connect_ready(global);
  Table table{{"file", "path", "dataset", "expectation", "policy", "passed", "failed", "pass_rate",
               "observed", "expected", "first_lines", "first_keys", "loaded_at"},
              {}};
  for (const auto& result :
       store::list_expectation_results(connection, {.dataset = options.dataset,
                                                   .expectation = options.expectation,
                                                   .file = options.file,
                                                   .only_broken = options.only_broken,
                                                   .limit = options.limit})) {
    table.rows.push_back(
        {result.file_id, result.path, result.dataset, result.expectation, result.policy,
         result.passed, result.failed, result.pass_rate ? Cell{*result.pass_rate} : Cell{},
         text_or_nothing(result.observed), text_or_nothing(result.expected),
         text_or_nothing(fmt::format("{}", fmt::join(result.sample_lines, " "))),
         text_or_nothing(fmt::format("{}", fmt::join(result.sample_keys, " "))), result.loaded_at});
  }
  print(table, effective_format(global.format));
  return kOk;
}

int run_expectations_from_schema(const GlobalOptions&, const ExpectationsOptions& options) {
  std::fputs(scenarios::expectations_json(converted(options)).c_str(), stdout);
  return kOk;
}

int run_expectations_check(const GlobalOptions& global, const ExpectationsOptions& options) {
  if (options.schema.empty() == options.expectations.empty())
    throw std::invalid_argument("expected either --schema or --expectations");
  auto expectations = options.schema.empty() ? scenarios::load_expectations(options.expectations)
                                             : converted(options);
  std::erase_if(expectations, [&](const store::Expectation& expectation) {
    return !expectation.dataset.starts_with("json.") || !is_of(options, expectation.dataset);
  });
  if (expectations.empty())
    throw std::invalid_argument(
        fmt::format("{}: expects nothing of {}: there is nothing to check",
                    options.schema + options.expectations,
                    options.dataset.empty() ? "rows that are JSON objects" : options.dataset));
  auto connection = connect(global);
  const auto results = store::check_json_rows(connection, options.file, expectations);
  Table table{
      {"dataset", "expectation", "policy", "passed", "failed", "first_lines", "description"}, {}};
  bool is_refused = false;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& expectation = expectations[i];
    table.rows.push_back({expectation.dataset, expectation.name,
                          std::string(store::name_of(expectation.policy)), results[i].passed,
                          results[i].failed,
                          text_or_nothing(fmt::format("{}", fmt::join(results[i].lines, " "))),
                          expectation.description});
    is_refused = is_refused ||
                 (results[i].failed > 0 && expectation.policy == store::ExpectationPolicy::kFail);
  }
  print(table, effective_format(global.format));
  return is_refused ? kRefusedData : kOk;
}

}  // namespace aml::cli
