// SPDX-License-Identifier: Apache-2.0
// Files of JSON objects held against expectations, without being loaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/connection.hpp"
#include "store/expectation.hpp"

namespace aml::store {

struct JsonCheckResult {
  std::int64_t passed = 0;  ///< rows
  std::int64_t failed = 0;
  std::vector<std::int64_t> lines;  ///< of the first five rows that failed
};

/// How many rows of a file met each expectation: result[i] belongs to expectations[i]. The file is
/// plain or gzip, with a JSON value on each line that is not blank. Checks see it as the jsonb column
/// "row". PostgreSQL evaluates them, and keeps nothing.
/// Requires: every condition is a check.
/// Throws: StoreError kRefusedData with file and line if a line is not JSON or too long; kStatement
///         if a check is no condition or cannot be evaluated.
std::vector<JsonCheckResult> check_json_rows(Connection& connection, const std::string& path,
                                             const std::vector<Expectation>& expectations);

}  // namespace aml::store
