// SPDX-License-Identifier: Apache-2.0
// The patterns of several accounts that features count. Internal to detect/.
#pragma once

#include <string>
#include <vector>

#include "detect/account_flows.hpp"
#include "detect/features.hpp"
#include "graph/temporal_cycles.hpp"
#include "graph/transfer_graph.hpp"
#include "graph/two_path_bundles.hpp"

namespace aml::detect {

struct FoundPatterns {
  graph::TemporalCycles cycles;    ///< of three and four transfers
  graph::TwoPathBundles bundles;   ///< over three middles or more
  std::vector<std::string> notes;  ///< hubs and spent budgets, in sentences

  bool truncated() const { return cycles.truncated || bundles.truncated; }
};

/// Both inside 7 days, in (booked_at, transfer key) order.
FoundPatterns find_patterns(const graph::TransferGraph& graph, const FeatureScale& scale,
                            const PatternLimits& limits);

}  // namespace aml::detect
