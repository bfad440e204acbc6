// SPDX-License-Identifier: Apache-2.0
#include "graph/transfer_graph.hpp"

#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "graph/key_order.hpp"
#include "graph/require.hpp"

namespace aml::graph {
namespace {

void require_length(std::size_t length, std::size_t rows, const char* column) {
  require(length == rows, "column " + std::string(column) + " has " + std::to_string(length) +
                              " rows, the others have " + std::to_string(rows));
}

template <typename Index>
void require_below(const std::vector<Index>& column, std::size_t size, const char* name) {
  const auto wrong = std::ranges::find_if(column, [&](Index index) { return index >= size; });
  if (wrong == column.end()) return;
  throw std::invalid_argument("column " + std::string(name) + ", row " +
                              std::to_string(wrong - column.begin()) + ": index " +
                              std::to_string(+*wrong) + " is not below " + std::to_string(size));
}

void validate(const TransferColumns& columns) {
  const std::size_t rows = columns.source.size();
  require(rows < kNoEdge, "a graph holds fewer than 2^32 - 1 transfers");
  require(columns.vertex_keys.size() < kNoVertex, "a graph holds fewer than 2^32 - 1 vertices");
  require(columns.type_names.size() <= kMostTypes,
          "there may be at most " + std::to_string(kMostTypes) + " type names");
  require_length(columns.target.size(), rows, "target");
  require_length(columns.booked_at.size(), rows, "booked_at");
  require_length(columns.amount_minor.size(), rows, "amount_minor");
  require_length(columns.type.size(), rows, "type");
  require_length(columns.transfer_keys.size(), rows, "transfer_keys");
  require_below(columns.source, columns.vertex_keys.size(), "source");
  require_below(columns.target, columns.vertex_keys.size(), "target");
  require_below(columns.type, columns.type_names.size(), "type");
}

/// The keys in order, without a copy if they are in order already.
std::shared_ptr<const KeyColumn> sorted_keys(KeyColumn&& keys,
                                             std::span<const std::uint32_t> order) {
  if (is_identity(order)) return std::make_shared<const KeyColumn>(std::move(keys));
  return std::make_shared<const KeyColumn>(in_order(keys, order));
}

std::vector<std::uint32_t> by_time_and_key(std::span<const Micros> booked_at,
                                           std::span<const std::uint32_t> key_rank) {
  struct SortRecord {
    Micros booked_at;
    std::uint32_t key_rank;
    std::uint32_t row;
    auto operator<=>(const SortRecord&) const = default;
  };
  std::vector<SortRecord> records(booked_at.size());
  for (std::uint32_t row = 0; row < records.size(); ++row) {
    records[row] = {booked_at[row], key_rank[row], row};
  }
  if (!std::ranges::is_sorted(records)) oneapi::tbb::parallel_sort(records, std::less<>());
  std::vector<std::uint32_t> rows(records.size());
  std::ranges::transform(records, rows.begin(), &SortRecord::row);
  return rows;
}

/// Where the edges of each vertex begin, from the vertex at one end of every edge.
std::vector<Edge> offsets_of(std::span<const Vertex> ends, std::size_t num_vertices) {
  std::vector<Edge> offsets(num_vertices + 1);
  for (const Vertex v : ends) ++offsets[v + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  return offsets;
}

/// Stable counting sort: the place of every row when rows are taken in the given order and put to
/// their vertex.
std::vector<Edge> places(std::span<const std::uint32_t> rows, std::span<const Vertex> ends,
                         std::vector<Edge> offsets) {
  std::vector<Edge> place(rows.size());
  for (const std::uint32_t row : rows) place[row] = offsets[ends[row]]++;
  return place;
}

/// Takes the column by value so that its memory is freed as soon as it has been moved to its
/// places.
template <typename T>
std::vector<T> moved_to(std::vector<T> column, std::span<const Edge> place) {
  std::vector<T> moved(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) moved[place[row]] = column[row];
  return moved;
}

/// The part of [begin, end) whose times lie in [from, to); times ascend over it.
EdgeRange in_window(EdgeRange range, const std::vector<Micros>& times, Micros from, Micros to) {
  const auto begin = times.begin() + *range.begin();
  const auto end = times.begin() + *range.end();
  const auto first = std::lower_bound(begin, end, from);
  const auto last = std::lower_bound(first, end, to);
  return {static_cast<Edge>(first - times.begin()), static_cast<Edge>(last - times.begin())};
}

template <typename T>
std::size_t bytes_of(const std::vector<T>& column) {
  return column.capacity() * sizeof(T);
}

}  // namespace

TransferGraph::TransferGraph(TransferColumns&& columns) {
  validate(columns);
  std::vector<std::uint32_t> order = unique_key_order(columns.transfer_keys, "transfer key");
  transfer_keys_ = sorted_keys(std::move(columns.transfer_keys), order);
  std::vector<std::uint32_t> key_rank = ranks_of(order);

  order = unique_key_order(columns.vertex_keys, "vertex key");
  vertex_keys_ = sorted_keys(std::move(columns.vertex_keys), order);
  const std::vector<Vertex> vertex = ranks_of(order);
  for (Vertex& v : columns.source) v = vertex[v];
  for (Vertex& v : columns.target) v = vertex[v];

  type_names_ = std::move(columns.type_names);
  build(std::move(columns.source), std::move(columns.target), std::move(columns.booked_at),
        std::move(columns.amount_minor), std::move(columns.type), std::move(key_rank));
}

TransferGraph::TransferGraph(TransferColumns&& columns, WholeGraph&& whole)
    : TransferGraph(std::move(columns)) {
  require_length(whole.counterparties.size(), num_vertices(), "counterparties");
  whole_ = std::move(whole);
}

TransferGraph TransferGraph::grouped(std::span<const Vertex> group_of,
                                     const KeyColumn& group_keys) const {
  require_length(group_of.size(), num_vertices(), "group_of");
  require(group_keys.size() < kNoVertex, "a graph holds fewer than 2^32 - 1 vertices");
  std::vector<Vertex> group(group_of.begin(), group_of.end());
  require_below(group, group_keys.size(), "group_of");
  const std::vector<std::uint32_t> order = unique_key_order(group_keys, "group key");
  const std::vector<Vertex> rank = ranks_of(order);
  for (Vertex& g : group) g = rank[g];

  std::vector<Vertex> source(num_edges());
  std::vector<Vertex> target(num_edges());
  for (Vertex v = 0; v < num_vertices(); ++v) {
    for (const Edge e : out_edges(v)) source[e] = group[v];
  }
  std::ranges::transform(target_, target.begin(), [&](Vertex v) { return group[v]; });

  TransferGraph graph;
  graph.type_names_ = type_names_;
  graph.transfer_keys_ = transfer_keys_;
  graph.vertex_keys_ = std::make_shared<const KeyColumn>(in_order(group_keys, order));
  graph.build(std::move(source), std::move(target), booked_at_, amount_minor_, type_, key_rank_);
  return graph;
}

void TransferGraph::build(std::vector<Vertex> source, std::vector<Vertex> target,
                          std::vector<Micros> booked_at, std::vector<MinorUnits> amount_minor,
                          std::vector<std::uint16_t> type, std::vector<std::uint32_t> key_rank) {
  const std::vector<std::uint32_t> rows = by_time_and_key(booked_at, key_rank);
  const std::size_t vertices = vertex_keys_->size();

  out_offsets_ = offsets_of(source, vertices);
  const std::vector<Edge> edge = places(rows, source, out_offsets_);
  key_rank_ = moved_to(std::move(key_rank), edge);
  type_ = moved_to(std::move(type), edge);
  amount_minor_ = moved_to(std::move(amount_minor), edge);

  in_offsets_ = offsets_of(target, vertices);
  const std::vector<Edge> position = places(rows, target, in_offsets_);
  in_source_ = moved_to(std::move(source), position);
  in_edge_ = moved_to(edge, position);
  in_booked_at_ = moved_to(booked_at, position);

  target_ = moved_to(std::move(target), edge);
  booked_at_ = moved_to(std::move(booked_at), edge);
}

EdgeRange TransferGraph::out_edges(Vertex v, Micros from, Micros to) const {
  return in_window(out_edges(v), booked_at_, from, to);
}

EdgeRange TransferGraph::in_edges(Vertex v, Micros from, Micros to) const {
  return in_window(in_edges(v), in_booked_at_, from, to);
}

Vertex TransferGraph::source(Edge e) const {
  const auto after = std::ranges::upper_bound(out_offsets_, e);
  return static_cast<Vertex>(after - out_offsets_.begin() - 1);
}

std::optional<Vertex> TransferGraph::find(std::string_view vertex_key) const {
  const auto vertices = std::views::iota(Vertex{0}, num_vertices());
  const auto at =
      std::ranges::lower_bound(vertices, vertex_key, key_less, [this](Vertex v) { return key(v); });
  if (at == vertices.end() || key(*at) != vertex_key) return std::nullopt;
  return *at;
}

std::size_t TransferGraph::memory_bytes() const {
  return bytes_of(out_offsets_) + bytes_of(target_) + bytes_of(booked_at_) +
         bytes_of(amount_minor_) + bytes_of(type_) + bytes_of(key_rank_) + bytes_of(in_offsets_) +
         bytes_of(in_source_) + bytes_of(in_edge_) + bytes_of(in_booked_at_) +
         vertex_keys_->memory_bytes() + transfer_keys_->memory_bytes();
}

}  // namespace aml::graph
