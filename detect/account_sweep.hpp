// SPDX-License-Identifier: Apache-2.0
// A search of one account after the other, in parallel, cut by its budget as if it had been done in
// key order by one thread. Internal to detect/.
#pragma once

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "detect/finding.hpp"
#include "detect/sentences.hpp"
#include "graph/hubs.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

struct AccountSweep {
  std::vector<Finding> findings;  ///< in order of the account, then as its search gave them
  std::uint64_t steps = 0;
  bool truncated = false;
};

/// Calls search(account, budget, findings), which appends the account's findings and returns the
/// steps it took; more than `budget` means that it gave up. Findings of that account and of all
/// after it are then missing.
/// Requires: search depends on its arguments alone and may be called by several threads at once.
template <typename Search>
AccountSweep sweep_accounts(graph::Vertex accounts, std::uint64_t max_steps,
                            const std::stop_token& stop, const Search& search) {
  // Large enough to keep every thread at work, small enough that a spent budget wastes little.
  constexpr graph::Vertex kWave = 1U << 14U;
  AccountSweep sweep;
  for (graph::Vertex first = 0; first < accounts && !sweep.truncated;) {
    const graph::Vertex size = std::min(kWave, accounts - first);
    const std::uint64_t budget = max_steps - sweep.steps;
    std::vector<std::vector<Finding>> findings(size);
    std::vector<std::uint64_t> steps(size);
    using Range = oneapi::tbb::blocked_range<graph::Vertex>;
    oneapi::tbb::parallel_for(Range(0, size, 64), [&](const Range& range) {
      for (graph::Vertex i = range.begin(); i < range.end() && !stop.stop_requested(); ++i) {
        steps[i] = search(first + i, budget, findings[i]);
      }
    });
    sweep.truncated = stop.stop_requested();
    for (graph::Vertex i = 0; i < size && !sweep.truncated; ++i) {
      if (steps[i] > max_steps - sweep.steps) {
        sweep.truncated = true;
        break;
      }
      sweep.steps += steps[i];
      std::ranges::move(findings[i], std::back_inserter(sweep.findings));
    }
    first += size;
  }
  return sweep;
}

/// What a detector returns that swept all accounts but the hubs. `noun` names its findings in the
/// counts of the run step.
inline Detection detection_of(const graph::TransferGraph& graph, AccountSweep&& sweep,
                              const std::vector<char>& is_hub, std::uint32_t max_counterparties,
                              const std::string& noun) {
  const std::vector<graph::Vertex> hubs = graph::list_hubs(is_hub);
  Detection detection;
  detection.findings = std::move(sweep.findings);
  detection.truncated = sweep.truncated;
  detection.ignored = hub_sentences(graph, hubs, max_counterparties);
  detection.counts = {{noun, static_cast<std::int64_t>(detection.findings.size())},
                      {"hubs", static_cast<std::int64_t>(hubs.size())},
                      {"steps", static_cast<std::int64_t>(sweep.steps)}};
  return detection;
}

}  // namespace aml::detect
