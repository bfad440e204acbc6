// SPDX-License-Identifier: Apache-2.0
// A motif's plan in words: what `aml scenario explain` prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/motif_search.hpp"

namespace aml::graph {

/// One line of a plan.
struct MotifPlanLine {
  std::string binds;             ///< "(a)-[e1]->(b)" or "(a)"
  std::string by;                ///< "all", "from (a)", "into (b)", "between (a) and (b)", ...
  std::uint64_t candidates = 0;  ///< left after the reduction, in the whole graph
  double estimated_rows = 0;     ///< partial matches after the step
  std::optional<std::uint64_t> actual_rows;  ///< absent without a complete run
  std::string checks;  ///< what is settled at this step: "not (c)-[]->(a)", "order", ...
};

/// The steps of the plan, in order, with the actual rows of a run that is complete.
std::vector<MotifPlanLine> explain(const MotifPlan& plan, const MotifRun* run = nullptr);

/// The same as a table, below a line that says how many rows there are or at most can be and
/// whether counting them takes an enumeration. Ends with a newline.
std::string describe(const MotifPlan& plan, const MotifRun* run = nullptr);

/// In decimal digits.
std::string text_of(RowCount rows);

}  // namespace aml::graph
