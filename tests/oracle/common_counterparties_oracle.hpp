// SPDX-License-Identifier: Apache-2.0
// Complete bipartite patterns around pairs, by trying every pair of accounts and every window with
// sets of names.
#pragma once

#include <set>
#include <vector>

#include "graph/common_counterparties.hpp"
#include "tests/oracle/merge_sharing.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::oracle {

/// The transfers of all pairs and windows that have enough in common, those that share one put
/// together; every piece has the subject "". Knows no hubs and no budget.
std::set<Piece> bicliques_put_together(const std::vector<Transfer>& transfers,
                                       const graph::CommonCounterpartiesParams& params);

}  // namespace aml::oracle
