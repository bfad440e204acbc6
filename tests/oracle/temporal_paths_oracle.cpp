// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/temporal_paths_oracle.hpp"

#include <algorithm>

namespace aml::oracle {
namespace {

using Sequence = std::vector<const Transfer*>;

bool is_path(const Sequence& sequence, const graph::TemporalPathParams& params) {
  std::set<std::string> seen{sequence.front()->source};
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    const Transfer& hop = *sequence[i];
    if (!seen.insert(hop.target).second || hop.amount < params.leg_at_least_minor) return false;
    if (i == 0) continue;
    const Transfer& before = *sequence[i - 1];
    if (before.target != hop.source || !may_follow(before, hop, params.time_order) ||
        hop.booked_at - before.booked_at > params.hop_within ||
        hop.amount * 1000 < before.amount * params.pass_on.at_least_permille ||
        hop.amount * 1000 > before.amount * params.pass_on.at_most_permille) {
      return false;
    }
  }
  return true;
}

bool can_be_longer(const Sequence& sequence, const std::vector<Transfer>& transfers,
                   const graph::TemporalPathParams& params) {
  return std::ranges::any_of(transfers, [&](const Transfer& more) {
    Sequence longer = sequence;
    longer.push_back(&more);
    if (is_path(longer, params)) return true;
    longer.pop_back();
    longer.insert(longer.begin(), &more);
    return is_path(longer, params);
  });
}

void extend(Sequence& sequence, const std::vector<Transfer>& transfers,
            const graph::TemporalPathParams& params, std::set<std::vector<std::string>>& paths) {
  if (sequence.size() >= params.min_length && !can_be_longer(sequence, transfers, params)) {
    std::vector<std::string> keys;
    for (const Transfer* hop : sequence) keys.push_back(hop->key);
    paths.insert(keys);
  }
  for (const Transfer& next : transfers) {
    sequence.push_back(&next);
    if (is_path(sequence, params)) extend(sequence, transfers, params, paths);
    sequence.pop_back();
  }
}

}  // namespace

std::set<std::vector<std::string>> maximal_temporal_paths(const std::vector<Transfer>& transfers,
                                                          const graph::TemporalPathParams& params) {
  std::set<std::vector<std::string>> paths;
  Sequence sequence;
  extend(sequence, transfers, params, paths);
  return paths;
}

}  // namespace aml::oracle
