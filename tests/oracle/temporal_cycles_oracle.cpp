// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/temporal_cycles_oracle.hpp"

#include <algorithm>
#include <set>

namespace aml::oracle {
namespace {

bool is_before(const Transfer* a, const Transfer* b) {
  return may_follow(*a, *b, graph::TimeOrder::kLoose);
}

bool is_cycle(const std::vector<const Transfer*>& sequence,
              const graph::TemporalCycleParams& params) {
  const auto length = static_cast<int>(sequence.size());
  if (length < params.min_length || length > params.max_length) return false;
  const auto earliest = std::ranges::min_element(sequence, is_before);
  const auto latest = std::ranges::max_element(sequence, is_before);
  if (earliest != sequence.begin() ||
      (*latest)->booked_at - (*earliest)->booked_at > params.window) {
    return false;
  }
  std::set<std::string> payers;
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    const Transfer& hop = *sequence[i];
    const Transfer& next = *sequence[(i + 1) % sequence.size()];
    if (hop.target != next.source || !payers.insert(hop.source).second) return false;
  }
  return true;
}

void extend(const std::vector<Transfer>& transfers, const graph::TemporalCycleParams& params,
            std::vector<const Transfer*>& sequence, std::vector<std::vector<std::string>>& cycles) {
  if (!sequence.empty() && is_cycle(sequence, params)) {
    std::vector<std::string> keys;
    for (const Transfer* hop : sequence) keys.push_back(hop->key);
    cycles.push_back(keys);
  }
  if (static_cast<int>(sequence.size()) == params.max_length) return;
  for (const Transfer& next : transfers) {
    if (!sequence.empty() && (sequence.back()->target != next.source ||
                              !may_follow(*sequence.back(), next, params.time_order))) {
      continue;
    }
    sequence.push_back(&next);
    extend(transfers, params, sequence, cycles);
    sequence.pop_back();
  }
}

}  // namespace

std::vector<std::vector<std::string>> temporal_cycles(const std::vector<Transfer>& transfers,
                                                      const graph::TemporalCycleParams& params) {
  std::vector<std::vector<std::string>> cycles;
  std::vector<const Transfer*> sequence;
  extend(transfers, params, sequence, cycles);
  std::ranges::sort(cycles);
  return cycles;
}

}  // namespace aml::oracle
