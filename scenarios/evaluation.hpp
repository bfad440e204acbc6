// SPDX-License-Identifier: Apache-2.0
// Alerts held against labels: how much of what was planted was found, how much of what was found
// was planted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/connection.hpp"

namespace aml::scenarios {

struct TypologyQuality {
  std::string typology;
  std::int64_t planted = 0;         ///< instances in the labels
  std::int64_t found = 0;           ///< of them named by an alert of their own typology
  std::int64_t alerts = 0;          ///< current alerts of the typology
  std::int64_t true_alerts = 0;     ///< of them that name a planted instance
  std::vector<std::string> missed;  ///< instances not found
  double recall() const {
    return planted ? static_cast<double>(found) / static_cast<double>(planted) : 1.0;
  }
  double precision() const {
    return alerts ? static_cast<double>(true_alerts) / static_cast<double>(alerts) : 1.0;
  }
};

/// An instance with transfers is found by a current alert of its typology that holds all its
/// transfers; one without by an alert that names all its entities or, if it has a single one, is
/// about it. An alert is true if it holds a labelled transfer, or two labelled entities of an
/// instance without transfers, or is about its single one. One row for each typology of the labels
/// or of gold.current_alerts, in alphabetical order. Throws: ScenarioError if the labels file is
/// not as generate() writes it; StoreError kRefusedData if it cannot be read,
///         kStatement if the server refuses.
std::vector<TypologyQuality> evaluate(store::Connection& connection,
                                      const std::string& labels_file);

}  // namespace aml::scenarios
