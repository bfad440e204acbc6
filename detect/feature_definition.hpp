// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace aml::detect {

/// What a column of numbers means: tables of features, documentation and SQL comments all read it
/// from here.
struct FeatureDefinition {
  std::string_view name;  ///< snake_case, for example "out_in_ratio"
  std::string_view unit;  ///< see docs/features.md
  /// How long the transfers that count lie apart at most, for example "7 days"; "whole period": all
  /// of them.
  std::string_view window;
  std::string_view description;  ///< one sentence
  std::string_view phrase = {};  ///< what an account did, with {} for the value: "paid {}"
};

inline constexpr std::string_view kWholePeriod = "whole period";

}  // namespace aml::detect
