// SPDX-License-Identifier: Apache-2.0
// The labelled anomaly sets of ADBench, where they are present.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detect/feature_matrix.hpp"

namespace aml::detect {

struct LabelledSet {
  FeatureMatrix data;
  std::vector<bool> is_anomaly;
};

inline constexpr const char* kMissingSet = " is missing (labelled sets of ADBench, optional)";

/// Columns f0..fN,label with a header line. Absent: there is no such file in ../shared/data/anomaly.
std::optional<LabelledSet> read_labelled_set(const std::string& file);

}  // namespace aml::detect
