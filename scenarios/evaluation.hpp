// SPDX-License-Identifier: Apache-2.0
// Alerts held against labels: how much of what was planted was found, how much of what was found
// was planted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/labels.hpp"
#include "store/connection.hpp"

namespace aml::scenarios {

/// Counts at one level: of transfers, of entities, or of instances and alerts.
struct Quality {
  std::int64_t labelled = 0;
  std::int64_t found = 0;    ///< of what is labelled
  std::int64_t flagged = 0;  ///< transfers or entities of alerts, or alerts
  std::int64_t right = 0;    ///< of what is flagged

  double recall() const { return share(found, labelled); }
  double precision() const { return share(right, flagged); }
  double f1() const {
    const double sum = recall() + precision();
    return sum > 0 ? 2 * recall() * precision() / sum : 0;
  }

 private:
  static double share(std::int64_t part, std::int64_t whole) {
    return whole ? static_cast<double>(part) / static_cast<double>(whole) : 1.0;
  }
};

struct TypologyQuality {
  std::string typology;
  Quality instances;  ///< flagged: alerts of the typology
  Quality entities;   ///< accounts and parties; the accounts of labelled transfers too
  Quality transfers;
  std::int64_t touched = 0;         ///< instances with a true alert, found in one alert or not
  std::vector<std::string> missed;  ///< instances not found
};

/// What a run found, in production or in a backtest, held against labels; without a run, the current
/// alerts. An instance with transfers is found by an alert of its typology that holds all its
/// transfers; one without by an alert that names all its entities or, if it has a single one, is
/// about it. An alert is right if it holds a labelled transfer, or two labelled entities of an
/// instance without transfers, or is about its single one. One row for each typology of the labels
/// or of the alerts, in alphabetical order.
/// Throws: std::invalid_argument if a newer production run ran a scenario of this one again: gold
///         holds an alert only as the newest run left it; StoreError kStatement if the server
///         refuses.
std::vector<TypologyQuality> evaluate(store::Connection& connection,
                                      const std::vector<Label>& labels,
                                      std::optional<std::int64_t> run_id = std::nullopt);

/// Writes the figures beside the run, in aml.evaluations; measured again with the same labels they
/// replace the earlier ones. `files` says for people where the labels came from.
/// Throws: StoreError kStatement if there is no such run.
void record_evaluation(store::Connection& connection, std::int64_t run_id,
                       const std::vector<Label>& labels, const std::string& files,
                       const std::vector<TypologyQuality>& qualities);

}  // namespace aml::scenarios
