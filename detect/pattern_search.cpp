// SPDX-License-Identifier: Apache-2.0
#include "detect/pattern_search.hpp"

#include <fmt/format.h>

#include "detect/sentences.hpp"

namespace aml::detect {
namespace {

/// The searches include both ends of a window; features leave out what is exactly as old.
constexpr graph::Micros kWindow = 7 * graph::kMicrosPerDay - 1;
/// Below it payments are everyday ones, and everybody shares many counterparties with everybody.
constexpr graph::MinorUnits kSmallestLegUnits = 500;

graph::TemporalCycles find_cycles(const graph::TransferGraph& graph, const PatternLimits& limits) {
  graph::TemporalCycleParams params;
  params.min_length = 3;
  params.max_length = 4;
  params.window = kWindow;
  params.max_counterparties = limits.max_counterparties;
  params.max_steps = limits.max_steps;
  params.max_cycles = limits.max_instances;
  params.stop = limits.stop;
  return graph::find_temporal_cycles(graph, params);
}

graph::TwoPathBundles find_bundles(const graph::TransferGraph& graph, const FeatureScale& scale,
                                   const PatternLimits& limits) {
  graph::TwoPathBundleParams params;
  params.window = kWindow;
  params.leg_at_least_minor = kSmallestLegUnits * scale.minor_per_unit;
  params.max_counterparties = limits.max_counterparties;
  params.max_steps = limits.max_steps;
  params.max_paths = limits.max_instances;
  params.stop = limits.stop;
  return graph::find_two_path_bundles(graph, params);
}

}  // namespace

FoundPatterns find_patterns(const graph::TransferGraph& graph, const FeatureScale& scale,
                            const PatternLimits& limits) {
  FoundPatterns found{find_cycles(graph, limits), find_bundles(graph, scale, limits), {}};
  found.notes = hub_sentences(graph, found.cycles.hubs, limits.max_counterparties);
  const auto say = [&](bool truncated, const char* patterns) {
    if (!truncated) return;
    found.notes.push_back(fmt::format(
        "budget reached: {} were searched from some accounts only, the features that count them "
        "are too low elsewhere",
        patterns));
  };
  say(found.cycles.truncated, "cycles");
  say(found.bundles.truncated, "scatter-gathers");
  return found;
}

}  // namespace aml::detect
