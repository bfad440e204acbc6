// SPDX-License-Identifier: Apache-2.0
// Two-paths that leave one vertex over different middles and meet again in another, close together
// in time.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "graph/legs.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct TwoPathBundleParams {
  std::uint32_t min_middles = 3;  ///< distinct middles of a window, >= 2
  Micros window =
      10 * kMicrosPerDay;  ///< first leg .. last leg of the paths that count together; > 0
  TimeOrder time_order = TimeOrder::kLoose;  ///< of the two legs of a path: kStrict or kLoose
  PassOn pass_on = {};                       ///< second leg / first leg
  MinorUnits leg_at_least_minor = 0;         ///< smaller transfers are no legs
  std::uint32_t max_counterparties = 0;      ///< see hub_vertices: hubs are left out; 0 = no cap
  std::uint64_t max_steps = 2'000'000'000;   ///< transfers looked at, over the whole search
  std::uint64_t max_paths = 1'000'000;       ///< paths in the result
  std::stop_token stop = {};                 ///< a stopped search returns early, truncated
};

/// (source)-[first]->(middle); (middle)-[second]->(target)
struct TwoPath {
  Edge first;
  Edge second;
  Vertex middle;
};

struct TwoPathBundle {
  Vertex source;
  Vertex target;
  std::vector<TwoPath> paths;  ///< by first, then second leg, in time order
};

struct TwoPathBundles {
  std::vector<TwoPathBundle> bundles;  ///< by source, target, then first leg
  std::vector<Vertex> hubs;            ///< vertices left out by max_counterparties, ascending
  std::uint64_t steps = 0;
  bool truncated = false;  ///< a budget was reached or a stop requested: later bundles are missing
};

/// All two-paths over enough middles. A path counts if its second leg may follow the first, lies at
/// most `window` after it and passes on what `pass_on` allows; source, middle and target differ. A
/// window begins with a first leg and holds the paths that lie in it as a whole; it counts if they
/// have `min_middles` distinct middles. The windows of one source and target that share a transfer
/// make one bundle, with all their paths. A result that is truncated holds what a search of one
/// source after the other had found when it was spent.
/// Throws: std::invalid_argument from out-of-range params.
/// Cost:   each transfer is a first leg once and looks at the out-edges of its target in the
///         window; then a sort of the paths of one source at a time: there is no table of pairs.
///         Parallel over sources, the same result for any number of threads. Memory: 12 bytes for
///         each path of the source at hand and thread, and each path of the result.
TwoPathBundles find_two_path_bundles(const TransferGraph& graph, const TwoPathBundleParams& params);

}  // namespace aml::graph
