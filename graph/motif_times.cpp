// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_times.hpp"

#include <algorithm>

namespace aml::graph {

MotifTimes::MotifTimes(std::size_t edges)
    : edges_(edges), max_gap_(edges * edges, kUnbounded), before_(edges * edges, 0) {
  for (std::size_t e = 0; e < edges; ++e) limit(e, e, 0);
}

MotifTimes::MotifTimes(const MotifPattern& pattern, const MotifConstraints& constraints)
    : MotifTimes(pattern.edges.size()) {
  for (std::size_t a = 0; a < edges_; ++a) {
    for (std::size_t b = 0; b < edges_; ++b) {
      if (!pattern.edges[a].negated && !pattern.edges[b].negated) limit(a, b, constraints.window);
    }
  }
  for (const MotifConstraints::Follows& follows : constraints.follows) {
    const auto earlier = static_cast<std::size_t>(follows.earlier);
    const auto later = static_cast<std::size_t>(follows.later);
    limit(earlier, later, follows.within);
    if (constraints.time_order == TimeOrder::kNone) continue;
    limit(later, earlier, constraints.time_order == TimeOrder::kStrict ? -1 : 0);
    before_[earlier * edges_ + later] = 1;
  }
  close();
}

MotifTimes MotifTimes::restricted_to(
    const std::vector<std::pair<std::size_t, std::size_t>>& pairs) const {
  MotifTimes restricted(edges_);
  for (const auto& [a, b] : pairs) {
    for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
      restricted.limit(from, to, max_gap(from, to));
      restricted.before_[from * edges_ + to] = before_[from * edges_ + to];
    }
  }
  restricted.close();
  return restricted;
}

void MotifTimes::limit(std::size_t a, std::size_t b, Micros gap) {
  Micros& now = max_gap_[a * edges_ + b];
  now = std::min(now, gap);
}

/// All shortest paths, and all that comes before by way of others (Floyd, Warshall).
void MotifTimes::close() {
  for (std::size_t k = 0; k < edges_; ++k) {
    for (std::size_t a = 0; a < edges_; ++a) {
      for (std::size_t b = 0; b < edges_; ++b) {
        if (before(a, k) && before(k, b)) before_[a * edges_ + b] = 1;
        if (max_gap(a, k) == kUnbounded || max_gap(k, b) == kUnbounded) continue;
        limit(a, b, later_by(max_gap(a, k), max_gap(k, b)));
      }
    }
  }
}

bool MotifTimes::satisfiable() const {
  for (std::size_t e = 0; e < edges_; ++e) {
    if (max_gap(e, e) < 0 || before(e, e)) return false;
  }
  return true;
}

}  // namespace aml::graph
