// SPDX-License-Identifier: Apache-2.0
// Two-tier structuring as detect/structuring.hpp defines it, by trying every pair of transfers as a
// branch and every choice of branches: no search in time, no sums kept, no matching.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "detect/structuring.hpp"
#include "tests/oracle/merge_sharing.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::oracle {

struct StructuringAnswer {
  std::set<std::string>
      closing_exits;  ///< exits whose window holds enough branches over distinct accounts
  std::set<std::string> anchors;  ///< of them, those for which the sums hold too
  std::set<Piece> networks;       ///< collector and the transfers of each network
};

/// The number of branches is given; params.motif is not read.
StructuringAnswer structuring(const std::vector<Transfer>& transfers,
                              const detect::StructuringParams& params, int required_branches);

}  // namespace aml::oracle
