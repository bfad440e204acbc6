// SPDX-License-Identifier: Apache-2.0
// Findings kept up to date as transfers come in: what is found again is only what a new transfer can
// have changed, and the result is that of a detection over everything.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "scenarios/runner.hpp"
#include "store/added_rows.hpp"

namespace aml::scenarios {

/// What new transfers changed in the findings of one scenario.
struct FindingChanges {
  std::vector<detect::Finding> changed;  ///< new, or told otherwise than before
  std::vector<std::string> gone;         ///< alert ids
};

/// Every transfer so far in memory, and what the scenarios of local reach found in them (see
/// Locality; the others are left to runs over all data).
///
/// Around one account: all transfers of the accounts that a new transfer touches are looked at
/// again. In windows: with W the span of a scenario and t the earliest new transfer, all transfers
/// since t - 2W. A piece that reaches before that lies before t - W as a whole, so what hangs
/// together from t - W on is complete. A finding that has transfers both before t - W and since t
/// is looked for again further back, until there is none; if an account became a hub, in everything.
class IncrementalDetection {
 public:
  /// Cost: O(m log m); memory see GrowingGraph.
  IncrementalDetection(const Graphs& graphs, std::vector<Scenario> scenarios,
                       detect::BaseCurrency currency);
  ~IncrementalDetection();

  /// Whether add() looks after the scenario: its reach is local and know() was told all it found.
  bool is_kept(std::size_t scenario) const;

  /// What a detection over the data of the constructor found. One that is truncated is not kept.
  void know(std::size_t scenario, const detect::Detection& detection);

  /// How many findings there are now. Requires: the scenario is kept.
  Counts by_severity(std::size_t scenario) const;

  /// Adds rows; returns what changed for each scenario, nothing for those that are not kept.
  /// nullopt: it cannot be told, because the first transfer of all data is now another one, because
  /// a search reached a budget or was stopped, or because a row names an account that is in neither.
  /// Then, and after an exception, this object is of no more use.
  std::optional<std::vector<FindingChanges>> add(const store::AddedRows& rows,
                                                 const std::stop_token& stop = {});

  bool has_account(std::string_view key) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aml::scenarios
