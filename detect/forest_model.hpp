// SPDX-License-Identifier: Apache-2.0
// An isolation forest with what is needed to apply it to data it has not seen.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detect/feature_matrix.hpp"
#include "detect/isolation_forest.hpp"

namespace aml::detect {

struct ForestModel {
  std::vector<std::string> columns;  ///< names, in the order of the forest's columns
  std::vector<float> medians;        ///< of the training rows; NaN where a column had no value
  double threshold;                  ///< a row is an anomaly if its score is strictly above
  IsolationForest forest;

  bool is_anomaly(double score) const { return score > threshold; }
};

/// The score that this share of the scores is above. Requires: scores is not empty, contamination in
/// [0, 1]. Source: minus the offset_ of scikit-learn, that is numpy's percentile of the negated
/// scores, in its order of operations.
double contamination_threshold(std::vector<double> scores, double contamination);

/// The model's threshold is 0.5, or with a contamination that of the training rows' scores. Requires:
/// contamination in (0, 0.5]; one name of 1 to 65,535 bytes for each column, no name twice. Throws:
/// std::invalid_argument otherwise and as IsolationForest::fit(). Cost: that of fitting; with a
/// contamination also that of scoring all rows.
ForestModel fit_forest_model(const FeatureView& data, std::vector<std::string> columns,
                             const IsolationForestParams& params,
                             std::optional<double> contamination);

/// The features that set a row apart, the strongest first, each with the median of the training rows
/// and its share: "amount is 9800, half of all rows 35 or less (71.3 %); payers is missing (12 %)".
/// Those with a share below one percent are left out. Throws: std::invalid_argument if the row has
/// other columns.
std::string reasons_text(const ForestModel& model, std::span<const float> row, std::size_t at_most);

}  // namespace aml::detect
