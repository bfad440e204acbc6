// SPDX-License-Identifier: Apache-2.0
// Maximal temporal paths by trying every sequence of transfers, then asking of each whether it can
// be made longer.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph/temporal_paths.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::oracle {

/// The transfer keys of every path. Knows no hubs and no budget.
std::set<std::vector<std::string>> maximal_temporal_paths(const std::vector<Transfer>& transfers,
                                                          const graph::TemporalPathParams& params);

}  // namespace aml::oracle
