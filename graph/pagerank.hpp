// SPDX-License-Identifier: Apache-2.0
// PageRank over transfers: who receives much from those who receive much. A vertex program.
#pragma once

#include <vector>

#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// What all ranks come to, and what each vertex starts with.
///   kOne:          each starts with 1/n; without loss the sum stays 1 (LDBC, Brin and Page)
///   kVertices:     each starts with 1; without loss the sum stays n (GraphFrames, GraphX)
enum class RankTotal { kOne, kVertices };

/// What becomes of the rank of vertices that pay nobody.
///   kLost:   it leaves the graph (GraphFrames)
///   kShared: all vertices get an equal part of it (LDBC)
enum class DanglingRank { kLost, kShared };

struct PageRankParams {
  int rounds = 20;        ///< >= 1; every round is made
  double damping = 0.85;  ///< share of a rank that is passed on, in [0, 1]
  RankTotal total = RankTotal::kOne;
  DanglingRank dangling = DanglingRank::kShared;
};

struct PageRanks {
  std::vector<double> ranks;  ///< one for each vertex
  double residual = 0;        ///< sum of the changes of all ranks in the last round, without signs
};

/// The ranks after params.rounds rounds of
///   rank = (1 - damping) * start + damping * (sum over incoming transfers of rank / out-degree of
///          the payer + the vertex's part of the dangling ranks)
/// Each transfer counts. Bit-identical for any number of threads.
/// Throws: std::invalid_argument for parameters outside their range.
/// Cost:   O(rounds * m), parallel over vertices. The residual falls at least by the factor damping
///         a round.
/// Source: LDBC Graphalytics specification 1.0, section 2.3.2; GraphFrames' PageRank and PregelSuite.
PageRanks pagerank(const TransferGraph& graph, const PageRankParams& params);

}  // namespace aml::graph
