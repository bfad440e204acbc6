// SPDX-License-Identifier: Apache-2.0
// The groups of a query's matches: one for each vertex that they are grouped by.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_query.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

struct MotifGroup {
  Vertex vertex = kNoVertex;
  std::vector<Value> values;  ///< one for each column of the grouping
};

/// The group of a vertex, from the values of the grouping's aggregates; nullopt unless `having`
/// holds.
std::optional<MotifGroup> finished_group(const MotifGrouping& grouping, const TransferGraph& graph,
                                         const GraphProperties& properties, Vertex vertex,
                                         std::span<const Value> aggregates);

/// Collects the matches of a query and aggregates them. The result does not depend on their order.
/// Memory: each distinct vertex or transfer that count(distinct x) or total(e) saw in a group.
/// Not thread-safe: one for each thread, or a lock.
class GroupedMatches {
 public:
  /// Requires: the query has a grouping; query, graph and properties live as long as this.
  GroupedMatches(const MotifQuery& query, const TransferGraph& graph,
                 const GraphProperties& properties);

  /// Throws: std::overflow_error if a sum gets more than 38 digits.
  void add(std::size_t branch, const MotifMatch& match);

  /// The groups for which `having` is true, by vertex.
  std::vector<MotifGroup> groups() const;

 private:
  /// Of one aggregate in one group.
  struct State {
    std::uint64_t rows = 0;
    std::set<std::uint32_t> elements;
    Value value;  ///< of sum, min and max so far
  };

  void update(State& state, const Expression& aggregate, const EvaluationInput& input) const;
  Value value_of(const State& state, const Expression& aggregate) const;

  const MotifGrouping& grouping_;
  const TransferGraph& graph_;
  const GraphProperties& properties_;
  std::vector<int> group_slots_;                     ///< of each branch: the vertex grouped by
  std::vector<std::vector<Expression>> aggregates_;  ///< of each branch, placed
  std::map<Vertex, std::vector<State>> states_;
};

}  // namespace aml::graph
