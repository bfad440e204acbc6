// SPDX-License-Identifier: Apache-2.0
// The search behind detect_structuring: collectors, their windows and the networks these make. No
// story yet.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "detect/structuring.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// (sender)-[first_leg]->(middleman); (middleman)-[second_leg]->(collector)
struct StructuringBranch {
  graph::Edge first_leg;
  graph::Edge second_leg;
  graph::Vertex sender;
  graph::Vertex middleman;
};

struct StructuringNetwork {
  graph::Vertex collector;
  std::vector<StructuringBranch> branches;  ///< by first leg, then second leg, in time order
  std::vector<graph::Edge> exits;           ///< in time order
};

struct StructuringSearch {
  std::vector<StructuringNetwork> networks;  ///< by collector, then by first exit
  std::uint64_t collectors = 0;              ///< accounts that could be one and were searched
  std::uint64_t steps = 0;                   ///< candidate transfers of these accounts
  bool truncated = false;  ///< max_steps was reached or a stop requested: collectors are left out
};

/// The networks that detect_structuring describes, over all accounts that are no hubs.
/// Shape:    is_hub has one value for each vertex.
/// Requires: validate(params) passed; required_branches >= 1; no amount is negative.
/// Cost:     one pass over all transfers for what every account might collect and forward; then,
///           only for the accounts that forward enough inside some window, their second legs once
///           for each window and the first legs of these once. The steps are counted before the
///           search, from the sizes of ranges in time, so that the same collectors are searched
///           whatever the number of threads.
StructuringSearch find_structuring_networks(const graph::TransferGraph& graph,
                                            const StructuringParams& params,
                                            std::size_t required_branches,
                                            const std::vector<char>& is_hub,
                                            const std::stop_token& stop = {});

}  // namespace aml::detect
