// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace aml::store {

/// What becomes of a row that breaks an expectation: it is loaded and counted; it is kept in
/// quarantine; its whole file is refused.
enum class ExpectationPolicy { kWarn, kQuarantine, kFail };

/// A condition that every row of a dataset is expected to meet, as an SQL boolean over the
/// dataset's typed row. As with a CHECK constraint, a row breaks it only if the condition is false
/// (null passes).
struct Expectation {
  std::string name;     ///< for example amount_is_not_negative; unique inside its dataset
  std::string dataset;  ///< transfers, accounts, parties or fx_rates
  std::string
      check;  ///< SQL boolean over the columns of "typed" in store/sql/query/split_<dataset>.sql
  ExpectationPolicy policy = ExpectationPolicy::kQuarantine;
  std::string description;  ///< what is expected, for people
};

}  // namespace aml::store
