// SPDX-License-Identifier: Apache-2.0
// Bundles of two-paths by trying every pair of transfers and every window: no sweep, no order of
// anchors.
#pragma once

#include <set>
#include <vector>

#include "graph/two_path_bundles.hpp"
#include "tests/oracle/merge_sharing.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::oracle {

/// "source>target" and the transfers of each bundle. Knows no hubs and no budget.
std::set<Piece> two_path_bundles(const std::vector<Transfer>& transfers,
                                 const graph::TwoPathBundleParams& params);

}  // namespace aml::oracle
