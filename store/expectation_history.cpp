// SPDX-License-Identifier: Apache-2.0
#include "store/expectation_history.hpp"

#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/result_fields.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

ExpectationResult result_of(const pqxx::row& row) {
  ExpectationResult result;
  result.dataset = text(row["dataset"]);
  result.expectation = text(row["expectation"]);
  result.policy = text(row["policy"]);
  result.file_id = row["file_id"].as<std::int64_t>();
  result.path = text(row["path"]);
  result.loaded_at = text(row["loaded_at"]);
  result.passed = row["passed"].as<std::int64_t>();
  result.failed = row["failed"].as<std::int64_t>();
  result.pass_rate = optional<double>(row["pass_rate"]);
  result.observed = text(row["observed"]);
  result.expected = text(row["expected"]);
  result.sample_lines = texts(row["sample_lines"]);
  result.sample_keys = texts(row["sample_keys"]);
  return result;
}

}  // namespace

std::vector<ExpectationResult> list_expectation_results(Connection& connection,
                                                        const ExpectationResultFilter& filter) {
  auto session = begin<pqxx::nontransaction>(connection);
  return rows_as(run(session, query::list_expectation_results, given(filter.dataset),
                     given(filter.expectation), given(filter.file), filter.only_broken,
                     filter.limit > 0 ? std::optional(filter.limit) : std::nullopt),
                 result_of);
}

}  // namespace aml::store
