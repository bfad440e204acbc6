// SPDX-License-Identifier: Apache-2.0
// How far values have moved away from those that a model was trained on.
#pragma once

#include <string>
#include <vector>

#include "detect/baseline.hpp"
#include "detect/feature_matrix.hpp"

namespace aml::detect {

/// Bins by the nine deciles of the values. A value that fills more than a tenth of the rows is a bin
/// of its own, so that a feature which is nearly always zero cannot move unseen to either side.
/// Cost: sorts the values.
Baseline baseline_of(std::string measure, std::vector<double> values);

/// psi: sum over the bins, missing values one of them, of (a - e) ln(a / e), where e and a are the
/// bin's share of the training rows and of these; a share below 1e-4 counts as 1e-4, so that an
/// empty bin has a logarithm. ks: the largest difference of the two cumulative shares at an edge,
/// over rows with a value. That of the values themselves is never smaller, and larger by at most the
/// largest share of a bin; ks_p (asymptotic, with Stephens' correction) is therefore never too
/// small. level, by custom: none below a psi of 0.1, moderate up to 0.25, act above. No rows on either
/// side: nothing has moved.
/// Cost:   O(rows log bins).
/// Source: Siddiqi, Credit Risk Scorecards, 2006 (psi); Press et al., Numerical Recipes, 14.3 (ks_p).
Drift drift_from(const Baseline& baseline, const std::vector<double>& values);

/// Baselines of the score, called anomaly_score, and of each column. Requires: a score for each row,
/// a name for each column. Cost: parallel over the columns.
std::vector<Baseline> baselines_of(const FeatureView& data, const std::vector<std::string>& names,
                                   const std::vector<double>& scores);

/// The drift of each of these baselines. Requires: those of baselines_of() over as many columns.
std::vector<Drift> drifts_from(const std::vector<Baseline>& baselines, const FeatureView& data,
                               const std::vector<double>& scores);

}  // namespace aml::detect
