// SPDX-License-Identifier: Apache-2.0
// How files met expectations, as the ledger tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::store {

/// Which results; an empty field takes all.
struct ExpectationResultFilter {
  std::string dataset;
  std::string expectation;
  std::string file;  ///< a file_id, or the path under which a file was loaded
  bool only_broken = false;
  int limit = 0;  ///< 0: all
};

struct ExpectationResult {
  std::string dataset;
  std::string expectation;
  std::string policy;
  std::int64_t file_id = 0;
  std::string path;
  std::string loaded_at;
  std::int64_t passed = 0;  ///< rows; 1 or 0 if the expectation is about the file as a whole
  std::int64_t failed = 0;
  std::optional<double> pass_rate;  ///< absent if there was no row
  std::string observed;             ///< of the file as a whole
  std::string expected;
  std::vector<std::string> sample_lines;  ///< of the first rows that broke it
  std::vector<std::string> sample_keys;
};

/// The newest file first, and of a file what was broken most.
std::vector<ExpectationResult> list_expectation_results(Connection& connection,
                                                        const ExpectationResultFilter& filter);

}  // namespace aml::store
