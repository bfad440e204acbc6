// SPDX-License-Identifier: Apache-2.0
// All transfers known so far, to which new ones are added, and of which parts are cut as graphs.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph {

/// Vertices and transfers are numbered in the order in which they were added: numbers stay.
/// Memory: 46 bytes for each transfer beside its key, and what vectors keep in reserve.
class GrowingGraph {
 public:
  /// Distinct counterparties of a vertex are counted up to one more than `most_counterparties`.
  explicit GrowingGraph(std::uint32_t most_counterparties)
      : most_counterparties_(most_counterparties) {}

  /// Everything in the graph; its vertices keep their numbers.
  GrowingGraph(const TransferGraph& graph, std::uint32_t most_counterparties);

  /// Requires: no vertex has this key. Cost: O(n) moves of small numbers, O(1) if keys come in order.
  Vertex add_vertex(std::string_view key);
  std::optional<Vertex> find(std::string_view vertex_key) const;

  /// Requires: no transfer has this key. Throws: std::invalid_argument for one type too many. Cost: O(min(degree, most_counterparties)).
  void add_transfer(Vertex source, Vertex target, Micros booked_at, MinorUnits amount_minor,
                    std::string_view type, std::string_view key);

  /// The larger of its distinct payers and payees, see the constructor.
  std::uint32_t counterparties(Vertex v) const;
  /// The first transfer; the largest time if there is none.
  Micros begin() const { return begin_; }

  /// A part as a graph of its own, which knows what it needs to know of the whole.
  struct Part {
    TransferGraph graph;
    std::vector<Vertex> numbers;  ///< here of each vertex of `graph`
  };
  /// All transfers to and from these vertices. Cost: O(n + k log k) for k transfers of n vertices in all.
  Part around(std::span<const Vertex> vertices) const;
  /// The transfers booked at `from` or later. Cost: as around(); what was added since the last call
  /// is first put in its place in time.
  Part since(Micros from);

 private:
  struct VertexFacts {
    std::vector<std::uint32_t> transfers;  ///< in both directions; one to itself stands twice
    std::vector<Vertex> payers;            ///< ascending, at most most_counterparties_ + 1
    std::vector<Vertex> payees;
  };

  void count(std::vector<Vertex>& counterparties, Vertex counterparty) const;
  std::uint16_t type_number(std::string_view name);
  void order_in_time();
  Part part(std::span<const std::uint32_t> transfers) const;
  std::vector<Vertex> vertices_of(std::span<const std::uint32_t> transfers) const;

  std::uint32_t most_counterparties_;
  Micros begin_ = std::numeric_limits<Micros>::max();
  KeyColumn vertex_keys_;
  std::unordered_map<std::string, Vertex> numbers_;
  std::vector<Vertex> in_key_order_;
  std::vector<VertexFacts> vertices_;
  std::vector<Vertex> source_;
  std::vector<Vertex> target_;
  std::vector<Micros> booked_at_;
  std::vector<MinorUnits> amount_minor_;
  std::vector<std::uint16_t> type_;
  KeyColumn transfer_keys_;
  std::vector<std::string> type_names_;
  std::vector<std::uint32_t>
      in_time_;  ///< the first transfers, as many as were put in order of time
};

}  // namespace aml::graph
