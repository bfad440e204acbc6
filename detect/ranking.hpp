// SPDX-License-Identifier: Apache-2.0
// How well scores put rows in order: against labels, or against other scores.
#pragma once

#include <optional>
#include <vector>

namespace aml::detect {

/// The chance that an anomaly scores above an ordinary row, ties counted half. Absent: all rows are of
/// one kind. Requires: a label for each score. Cost: sorts. Source: Mann, Whitney 1947.
std::optional<double> roc_auc(const std::vector<double>& scores,
                              const std::vector<bool>& is_anomaly);

/// Sum over falling scores of precision times the recall gained, rows of one score taken together, as
/// scikit-learn's average_precision_score. Absent: no row is an anomaly. Requires and cost: likewise.
std::optional<double> average_precision(const std::vector<double>& scores,
                                        const std::vector<bool>& is_anomaly);

/// Spearman's: 1 if both order the rows alike, -1 if they do it the other way round; tied rows share
/// their mean rank. Absent: one of them does not tell any rows apart. Requires: as many in a as in b.
std::optional<double> rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace aml::detect
