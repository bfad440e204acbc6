// SPDX-License-Identifier: Apache-2.0
// A scenario file, typed: what to look for, with which parameters.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "detect/aggregation.hpp"
#include "detect/anomalies.hpp"
#include "detect/chains.hpp"
#include "detect/cycles.hpp"
#include "detect/dormant_reactivation.hpp"
#include "detect/flow_through.hpp"
#include "detect/layers.hpp"
#include "detect/motif_matches.hpp"
#include "detect/risk_propagation.hpp"
#include "detect/scatter_gather.hpp"
#include "detect/structuring.hpp"
#include "detect/synthetic_identity.hpp"
#include "store/expectation.hpp"

namespace aml::scenarios {

/// A scenario or expectation file is wrong. what() is "<file>: <pointer>: <expected, got>  hint:
/// ...".
class ScenarioError : public std::runtime_error {
 public:
  ScenarioError(std::string file, std::string pointer, const std::string& message);
  /// For text that is no JSON at all: what() is "<file>:<line>:<column>: <reason>", counted from 1.
  ScenarioError(std::string file, std::size_t line, std::size_t column, const std::string& reason);
  const std::string& file() const { return file_; }
  const std::string& pointer() const {
    return pointer_;
  }  ///< JSON pointer, empty for the whole file

 private:
  std::string file_;
  std::string pointer_;
};

using DetectorParams =
    std::variant<detect::CyclesParams, detect::StructuringParams, detect::SyntheticIdentityParams,
                 detect::RiskPropagationParams, detect::AnomaliesParams, detect::AggregationParams,
                 detect::FlowThroughParams, detect::DormantReactivationParams,
                 detect::ScatterGatherParams, detect::BipartiteParams, detect::StackParams,
                 detect::ChainsParams, detect::MotifMatchesParams>;

struct SeverityBand {
  double at_least = 0;
  std::string is;  ///< low, medium, high
};

struct Scenario {
  std::string id;
  int version = 1;
  std::string title;
  std::string typology;
  std::string detector;  ///< a name of detector_kinds()
  std::string subject;   ///< account or party
  DetectorParams params;
  std::vector<SeverityBand> severity;  ///< by falling at_least; below all of them: low
  std::string definition_json;         ///< the file without comments, keys in the order of the file
  std::string parameters_json;  ///< every parameter with its effective value, defaults included
  std::vector<std::string> overrides;  ///< "id.parameter=value": what differs from the file

  const std::string& severity_of(double score) const;
};

/// Throws: ScenarioError for anything that is not a valid scenario: unknown key, wrong type, out of
/// range, each with its JSON
///         pointer and what is allowed. Money is a decimal string in units of `currency`; durations
///         are "20 days", "36 hours".
Scenario parse_scenario(std::string_view text, const std::string& file,
                        const detect::BaseCurrency& currency);
Scenario load_scenario(const std::string& file, const detect::BaseCurrency& currency);

/// The scenarios that come with the program, in alphabetical order of id.
std::vector<Scenario> shipped_scenarios(const detect::BaseCurrency& currency);

/// Expectations from a JSON file; the shipped ones if file is empty, in the order of the file.
/// Throws: ScenarioError as parse_scenario().
std::vector<store::Expectation> load_expectations(const std::string& file);

/// What a control file says its file holds: {"rows": 1000, "amount": "52310.75"}. Plain decimals by
/// name: rows, or a column of which they are the sum. Throws: ScenarioError as parse_scenario().
std::map<std::string, std::string> load_control_totals(const std::string& file);

}  // namespace aml::scenarios
