// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "scenarios/locality.hpp"
#include "scenarios/scenario.hpp"

namespace aml::test {

/// The ids of the shipped scenarios of local reach: an incremental run leaves of them what a full run does.
inline std::vector<std::string> local_scenarios() {
  std::vector<std::string> ids;
  for (const auto& scenario : scenarios::shipped_scenarios({}))
    if (scenarios::locality_of(scenario.params).reach != scenarios::Reach::kAllData)
      ids.push_back(scenario.id);
  return ids;
}

}  // namespace aml::test
