// SPDX-License-Identifier: Apache-2.0
// The matches of a planned motif: counted, or enumerated on all threads in one fixed order.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "graph/motif_plan.hpp"

namespace aml::graph {

inline constexpr std::uint64_t kNoRowLimit = std::numeric_limits<std::uint64_t>::max();

/// How the enumeration of a motif went.
struct MotifRun {
  std::uint64_t rows = 0;   ///< visited
  std::uint64_t steps = 0;  ///< candidates looked at
  /// The constraints' max_steps or the row limit was reached, or a stop was requested: later rows
  /// are missing.
  bool truncated = false;
  /// There are known to be more rows than the limit, `rows_known` of them: no work was done.
  bool refused = false;
  RowCount rows_known = 0;
  /// For each step of the plan the partial matches it bound. Empty if truncated or refused.
  std::vector<std::uint64_t> rows_after_step;
};

/// Calls visit for every match, with the semantics of find_motif(): the same rows, in an order that
/// depends on the plan alone, not on the number of threads. Elements that negated terms leave out
/// of the rows are bound to one witness. A truncated run has visited what a search without threads
/// had found when the limit was reached: the first rows of the whole.
/// Throws: whatever visit or `where` throw.
/// Cost:   the partial matches; if max_rows is given, first that of MotifPlan::estimate(). Memory:
///         at most half a million rows that wait for their turn, however many there are.
MotifRun enumerate_motif(const MotifPlan& plan, std::uint64_t max_rows,
                         const std::function<void(const MotifMatch&)>& visit);

struct MotifCount {
  RowCount rows = 0;
  bool overflowed = false;  ///< the number is above kRowsMax, or a sum on the way to it was
  bool factorised = false;  ///< no row was enumerated
  std::uint64_t steps = 0;
  bool truncated = false;  ///< max_steps was reached: there are at least `rows`
};

/// The number of rows that enumerate_motif() would visit: by MotifPlan::estimate() where that is
/// exact, else by enumeration. The result is the same for any number of threads.
/// Throws: whatever `where` throws.
MotifCount count_motif(const MotifPlan& plan);

}  // namespace aml::graph
