// SPDX-License-Identifier: Apache-2.0
// Temporal cycles by trying every sequence of transfers.
#pragma once

#include <string>
#include <vector>

#include "graph/temporal_cycles.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::oracle {

/// The transfer keys of every cycle, earliest transfer first, sorted. Knows no hubs and no budget.
std::vector<std::vector<std::string>> temporal_cycles(const std::vector<Transfer>& transfers,
                                                      const graph::TemporalCycleParams& params);

}  // namespace aml::oracle
