// SPDX-License-Identifier: Apache-2.0
// In how many cycles and scatter-gathers an account takes part.
#include <algorithm>
#include <array>
#include <utility>

#include "detect/feature_groups.hpp"
#include "detect/pattern_search.hpp"

namespace aml::detect {
namespace {

using graph::Vertex;

enum class Pattern : std::uint8_t { kCycles3, kCycles4, kScatters, kMiddles, kGathers };

constexpr std::array<FeatureDefinition, 5> kDefinitions{{
    {"cycles_3_7d", "cycles", "7 days",
     "Cycles of three transfers in time order through the account within 7 days."},
    {"cycles_4_7d", "cycles", "7 days",
     "Cycles of four transfers in time order through the account within 7 days."},
    {"scatter_gather_source_7d", "scatter-gathers", "7 days",
     "Times that the account paid at least three others, in transfers of 500 units or more, who "
     "all paid one same account within 7 days; a series of overlapping windows counts once."},
    {"scatter_gather_middle_7d", "scatter-gathers", "7 days",
     "Scatter-gathers in which the account is one of those in between."},
    {"scatter_gather_sink_7d", "scatter-gathers", "7 days",
     "Scatter-gathers in which the money comes together again in the account."},
}};

/// The count of each vertex and pattern.
class Counter {
 public:
  explicit Counter(std::vector<std::uint32_t>& counts) : counts_(counts) {}
  void add(Vertex v, Pattern pattern) {
    ++counts_[v * kDefinitions.size() + static_cast<std::size_t>(pattern)];
  }

 private:
  std::vector<std::uint32_t>& counts_;
};

void count_cycles(const graph::TransferGraph& graph, const graph::TemporalCycles& cycles,
                  Counter count) {
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    const Pattern pattern = cycles[i].size() == 3 ? Pattern::kCycles3 : Pattern::kCycles4;
    for (const graph::Edge edge : cycles[i]) count.add(graph.target(edge), pattern);
  }
}

void count_bundles(const graph::TwoPathBundles& bundles, Counter count) {
  std::vector<Vertex> middles;
  for (const graph::TwoPathBundle& bundle : bundles.bundles) {
    count.add(bundle.source, Pattern::kScatters);
    count.add(bundle.target, Pattern::kGathers);
    middles.clear();
    for (const graph::TwoPath& path : bundle.paths) middles.push_back(path.middle);
    std::ranges::sort(middles);
    const auto repeated = std::ranges::unique(middles);
    middles.erase(repeated.begin(), repeated.end());
    for (const Vertex middle : middles) count.add(middle, Pattern::kMiddles);
  }
}

}  // namespace

std::span<const FeatureDefinition> pattern_definitions() {
  return kDefinitions;
}

PatternCounts::PatternCounts(const graph::TransferGraph& graph, const FeatureScale& scale,
                             const PatternLimits& limits)
    : columns_(kDefinitions.size()), counts_(columns_ * graph.num_vertices()) {
  FoundPatterns found = find_patterns(graph, scale, limits);
  count_cycles(graph, found.cycles, Counter(counts_));
  count_bundles(found.bundles, Counter(counts_));
  notes_ = std::move(found.notes);
  truncated_ = found.truncated();
}

}  // namespace aml::detect
