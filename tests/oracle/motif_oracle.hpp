// SPDX-License-Identifier: Apache-2.0
// Motifs by trying every tuple of transfers: no order of joins, no window search, every condition
// checked at the end.
#pragma once

#include <string>
#include <vector>

#include "graph/motif.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::oracle {

/// The rows of the motif, sorted, repeated where GraphFrames repeats them. A row holds the keys of
/// the named vertices, then of the named edges, each in order of the pattern.
std::vector<std::vector<std::string>> motif_rows(const std::vector<std::string>& vertices,
                                                 const std::vector<Transfer>& transfers,
                                                 const graph::MotifPattern& pattern,
                                                 const graph::MotifConstraints& constraints);

}  // namespace aml::oracle
