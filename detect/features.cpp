// SPDX-License-Identifier: Apache-2.0
#include "detect/features.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "detect/feature_groups.hpp"

namespace aml::detect {
namespace {

using graph::TransferGraph;
using graph::Vertex;

/// Calls describe(v, scratch) for each vertex with transfers, which scratch.flows then holds.
template <typename Describe>
void for_each_active(const TransferGraph& graph, const Describe& describe) {
  tbb::enumerable_thread_specific<FeatureScratch> scratches;
  tbb::parallel_for(tbb::blocked_range<Vertex>(0, graph.num_vertices(), 64),
                    [&](const auto& range) {
                      FeatureScratch& scratch = scratches.local();
                      for (Vertex v = range.begin(); v != range.end(); ++v) {
                        scratch.flows.collect(graph, v);
                        if (!scratch.flows.in_time().empty()) describe(v, scratch);
                      }
                    });
}

/// The values of one account, from which each group takes its own from the front.
class Row {
 public:
  explicit Row(std::span<double> values) : rest_(values) {}
  std::span<double> next(std::span<const FeatureDefinition> group) {
    const auto values = rest_.first(group.size());
    rest_ = rest_.subspan(group.size());
    return values;
  }

 private:
  std::span<double> rest_;
};

}  // namespace

graph::Micros lower_median(std::vector<graph::Micros>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::span<const FeatureDefinition> feature_definitions() {
  return behaviour_definitions();
}

std::span<const FeatureDefinition> feature_set_definitions() {
  static const auto kAll = [] {
    std::vector<FeatureDefinition> definitions;
    for (const auto group : {behaviour_definitions(), amount_definitions(), rhythm_definitions(),
                             window_definitions(), pattern_definitions()}) {
      std::ranges::copy(group, std::back_inserter(definitions));
    }
    return definitions;
  }();
  return kAll;
}

FeatureMatrix account_features(const TransferGraph& graph, int base_currency_exponent) {
  const FeatureScale scale(graph, base_currency_exponent);
  FeatureMatrix matrix{graph.num_vertices(), kFeatures, {}};
  matrix.values.resize(matrix.rows * matrix.columns);
  for_each_active(graph, [&](Vertex v, FeatureScratch& scratch) {
    std::array<double, kFeatures> values{};
    describe_behaviour(scratch, scale, values);
    std::ranges::transform(values,
                           matrix.values.begin() + static_cast<std::ptrdiff_t>(v * kFeatures),
                           [](double value) { return static_cast<float>(value); });
  });
  return matrix;
}

FeatureSet account_feature_set(const TransferGraph& graph, int base_currency_exponent,
                               const PatternLimits& limits) {
  const FeatureScale scale(graph, base_currency_exponent);
  const PatternCounts patterns(graph, scale, limits);
  FeatureSet set{feature_set_definitions().size(), {}, patterns.notes(), patterns.truncated()};
  set.values.resize(set.columns * graph.num_vertices());
  for_each_active(graph, [&](Vertex v, FeatureScratch& scratch) {
    Row row(std::span(set.values).subspan(v * set.columns, set.columns));
    describe_behaviour(scratch, scale, row.next(behaviour_definitions()));
    describe_amounts(scratch, scale, row.next(amount_definitions()));
    describe_rhythm(scratch, row.next(rhythm_definitions()));
    describe_windows(scratch, scale, row.next(window_definitions()));
    std::ranges::copy(patterns.of(v), row.next(pattern_definitions()).begin());
  });
  return set;
}

}  // namespace aml::detect
