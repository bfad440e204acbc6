// SPDX-License-Identifier: Apache-2.0
// The transfer graph: an immutable, time-sorted multigraph in dual compressed sparse rows.
//
// Forward arrays are ordered by (source, booked_at, transfer key) and the edge id is the forward
// position, so out-edges and their attributes need no indirection. Reverse arrays are ordered by
// (target, booked_at, transfer key) and carry their own copy of booked_at. A window in time is a
// binary search on either side, never a filter over all edges. Vertices are numbered in key order
// (compare_keys), so the graph does not depend on the order of its input rows.
//
// Thread safety: immutable after construction; concurrent reads need no lock.
#pragma once

#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_columns.hpp"

namespace aml::graph {

/// Consecutive edge ids (out-edges) or consecutive reverse positions (in-edges).
using EdgeRange = std::ranges::iota_view<Edge, Edge>;

/// What the transfers of a part do not tell of the graph that it was cut from.
struct WholeGraph {
  /// For each vertex the larger of its distinct payers and payees, itself apart; a lower bound that
  /// is above every cap on counterparties will do.
  std::vector<std::uint32_t> counterparties;
  Micros begin = 0;  ///< the first transfer of all
};

class TransferGraph {
 public:
  /// The graph of the given transfers; consumes them.
  /// Throws:   std::invalid_argument if a column's length differs, an index is out of range, a
  ///           vertex key or a transfer key repeats, or there are 2^32 - 1 vertices or transfers.
  /// Cost:     O(m log m) time, O(m) if keys and times come in order; while building at most twice
  ///           the graph's size in memory.
  explicit TransferGraph(TransferColumns&& columns);

  /// A part of a larger graph. Requires: the vertex keys come in key order, and
  /// whole.counterparties with them.
  TransferGraph(TransferColumns&& columns, WholeGraph&& whole);

  /// The same transfers between groups of vertices, for example the parties that own the accounts.
  /// Shape:    group_of[v] is a position in group_keys. Transfers inside a group become self-loops.
  /// Throws:   std::invalid_argument if group_of has another size than this graph has vertices or
  ///           points outside, or if a group key repeats.
  TransferGraph grouped(std::span<const Vertex> group_of, const KeyColumn& group_keys) const;

  Vertex num_vertices() const { return static_cast<Vertex>(out_offsets_.size() - 1); }
  Edge num_edges() const { return static_cast<Edge>(target_.size()); }

  // Forward: out-edges of v as edge ids, in (booked_at, transfer key) order.
  EdgeRange out_edges(Vertex v) const { return {out_offsets_[v], out_offsets_[v + 1]}; }
  /// Out-edges of v booked in [from, to).
  EdgeRange out_edges(Vertex v, Micros from, Micros to) const;
  Vertex source(Edge e) const;  ///< O(log n): binary search in the offsets
  Vertex target(Edge e) const { return target_[e]; }
  Micros booked_at(Edge e) const { return booked_at_[e]; }
  MinorUnits amount_minor(Edge e) const { return amount_minor_[e]; }
  std::string_view type(Edge e) const { return type_names_[type_[e]]; }

  // Reverse: in-edges of v as reverse positions, in (booked_at, transfer key) order.
  EdgeRange in_edges(Vertex v) const { return {in_offsets_[v], in_offsets_[v + 1]}; }
  /// In-edges of v booked in [from, to), as reverse positions.
  EdgeRange in_edges(Vertex v, Micros from, Micros to) const;
  Vertex in_source(Edge position) const { return in_source_[position]; }
  Edge in_edge(Edge position) const { return in_edge_[position]; }
  Micros in_booked_at(Edge position) const { return in_booked_at_[position]; }

  /// True if edge a comes before edge b in (booked_at, transfer key) order, total over all edges.
  bool before(Edge a, Edge b) const {
    return booked_at_[a] != booked_at_[b] ? booked_at_[a] < booked_at_[b]
                                          : key_rank_[a] < key_rank_[b];
  }
  /// True if b may follow a under the given order: see TimeOrder.
  bool may_follow(Edge a, Edge b, TimeOrder order) const {
    if (order == TimeOrder::kNone) return a != b;
    return order == TimeOrder::kStrict ? booked_at_[a] < booked_at_[b] : before(a, b);
  }

  std::string_view key(Vertex v) const { return (*vertex_keys_)[v]; }
  std::optional<Vertex> find(std::string_view vertex_key) const;  ///< O(log n)
  std::string_view transfer_key(Edge e) const { return (*transfer_keys_)[key_rank_[e]]; }

  /// For the vertices of a part, in their order; null: this graph is the whole.
  const WholeGraph* whole() const { return whole_ ? &*whole_ : nullptr; }

  std::size_t memory_bytes() const;  ///< resident size of all arrays, keys included

  // The arrays themselves, for kernels that stream over them.
  std::span<const Edge> out_offsets() const { return out_offsets_; }
  std::span<const Vertex> targets() const { return target_; }
  std::span<const Micros> times() const { return booked_at_; }
  std::span<const Edge> in_offsets() const { return in_offsets_; }
  std::span<const Vertex> in_sources() const { return in_source_; }
  std::span<const Edge> in_edge_ids() const { return in_edge_; }
  std::span<const Micros> in_times() const { return in_booked_at_; }

 private:
  TransferGraph() = default;
  void build(std::vector<Vertex> source, std::vector<Vertex> target, std::vector<Micros> booked_at,
             std::vector<MinorUnits> amount_minor, std::vector<std::uint16_t> type,
             std::vector<std::uint32_t> key_rank);

  std::vector<Edge> out_offsets_;
  std::vector<Vertex> target_;
  std::vector<Micros> booked_at_;
  std::vector<MinorUnits> amount_minor_;
  std::vector<std::uint16_t> type_;
  std::vector<std::uint32_t>
      key_rank_;  ///< rank of the edge's transfer key among all keys = position in transfer_keys_
  std::vector<Edge> in_offsets_;
  std::vector<Vertex> in_source_;
  std::vector<Edge> in_edge_;
  std::vector<Micros> in_booked_at_;
  std::vector<std::string> type_names_;
  std::optional<WholeGraph> whole_;
  std::shared_ptr<const KeyColumn> vertex_keys_;    ///< in key order
  std::shared_ptr<const KeyColumn> transfer_keys_;  ///< in key order, shared with grouped() graphs
};

}  // namespace aml::graph
