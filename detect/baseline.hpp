// SPDX-License-Identifier: Apache-2.0
// How values were spread when a model was trained, and how far they have moved since.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aml::detect {

/// How the training rows were spread over one measure: the score or a feature.
struct Baseline {
  std::string measure;
  std::vector<double> edges;  ///< rising; bin i holds what is above edges[i - 1] up to edges[i]
  std::vector<std::int64_t> rows;  ///< of each bin: edges.size() + 1, the last has no upper limit
  std::int64_t missing = 0;        ///< rows without a value (NaN)
};

/// See drift_from() in detect/drift.hpp.
struct Drift {
  std::int64_t rows = 0;       ///< that were held against the baseline
  double psi = 0;              ///< population stability index, >= 0
  double ks = 0;               ///< Kolmogorov-Smirnov statistic, in [0, 1]
  double ks_p = 1;             ///< chance of a ks as large if nothing has moved
  std::string level = "none";  ///< none, moderate, act: by psi
};

}  // namespace aml::detect
