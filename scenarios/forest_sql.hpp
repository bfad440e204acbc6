// SPDX-License-Identifier: Apache-2.0
// A forest as functions in plain SQL, for servers that take no extension.
#pragma once

#include <string>

#include "detect/forest_model.hpp"

namespace aml::scenarios {

struct RegisteredForest {
  std::string model;
  int version;
  std::string sha256;
  detect::ForestModel forest;
};

/// Statements that create three functions of the model's columns in schema aml: MODEL_depth,
/// MODEL_score and MODEL_is_anomaly. The score is that of the forest to 1e-14 of itself, the verdict
/// is the same: also where a value is missing (NaN), rounds to a split, or is too large (an error).
/// A null gives null. Each is one expression, so that PostgreSQL puts it into the query around it.
/// Throws: std::invalid_argument if splits are oblique, there are more than 100 columns (of which a
///         function may have no more), 1,000 trees or 50,000 splits (which no planner likes), or the
///         name leaves no room for the endings. Cost: linear; about 60 bytes of text a split.
std::string forest_sql(const RegisteredForest& registered);

}  // namespace aml::scenarios
