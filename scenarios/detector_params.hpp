// SPDX-License-Identifier: Apache-2.0
// The parameters of each detector as a scenario file writes them. Internal to scenarios/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/money_text.hpp"
#include "scenarios/json_document.hpp"
#include "scenarios/scenario.hpp"

namespace aml::scenarios {

/// What a scenario can name as its detector, and what such a scenario's subject is.
struct DetectorKind {
  std::string_view name;
  std::string_view subject;
  /// What such a scenario can look for, beside kCustomTypology. Empty: any typology.
  std::vector<std::string_view> typologies;
  DetectorParams defaults;
};
/// A pattern of the bank's own.
inline constexpr std::string_view kCustomTypology = "custom";
std::span<const DetectorKind> detector_kinds();

/// The parameters of one scenario: what `params` and `hubs` say (nullptr: absent), the struct's
/// defaults for the rest. Throws: ScenarioError with the pointer of the parameter; what
/// detect::validate() refuses is told in its words.
DetectorParams read_params(const DetectorKind& kind, const Json* params, const Json* hubs,
                           const std::string& file, const detect::BaseCurrency& currency);

/// Every parameter with its effective value, written as a scenario file writes it, hubs beside the
/// rest.
Json effective_params(const DetectorParams& params, const detect::BaseCurrency& currency);

/// How a file writes a parameter.
enum class ParamForm { kNumber, kText, kLines, kObject };
struct NamedParam {
  std::string name;  ///< "window", "hubs.max_counterparties"
  ParamForm form;
};
/// Every parameter of a detector, in the order of the documentation.
std::vector<NamedParam> named_params(const DetectorKind& kind);

}  // namespace aml::scenarios
