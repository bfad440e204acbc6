// SPDX-License-Identifier: Apache-2.0
#include "graph/growing_graph.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <stdexcept>
#include <tuple>

namespace aml::graph {

GrowingGraph::GrowingGraph(const TransferGraph& graph, std::uint32_t most_counterparties)
    : GrowingGraph(most_counterparties) {
  for (Vertex v = 0; v < graph.num_vertices(); ++v) add_vertex(graph.key(v));
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) {
      add_transfer(v, graph.target(e), graph.booked_at(e), graph.amount_minor(e), graph.type(e),
                   graph.transfer_key(e));
    }
  }
}

Vertex GrowingGraph::add_vertex(std::string_view key) {
  const auto number = static_cast<Vertex>(vertices_.size());
  numbers_.emplace(key, number);
  const auto at = std::ranges::upper_bound(in_key_order_, key, key_less,
                                           [this](Vertex v) { return vertex_keys_[v]; });
  in_key_order_.insert(at, number);
  vertex_keys_.push_back(key);
  vertices_.emplace_back();
  return number;
}

std::optional<Vertex> GrowingGraph::find(std::string_view vertex_key) const {
  const auto found = numbers_.find(std::string(vertex_key));
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

void GrowingGraph::count(std::vector<Vertex>& counterparties, Vertex counterparty) const {
  if (counterparties.size() > most_counterparties_) return;
  const auto at = std::ranges::lower_bound(counterparties, counterparty);
  if (at == counterparties.end() || *at != counterparty) counterparties.insert(at, counterparty);
}

std::uint32_t GrowingGraph::counterparties(Vertex v) const {
  return static_cast<std::uint32_t>(
      std::max(vertices_[v].payers.size(), vertices_[v].payees.size()));
}

std::uint16_t GrowingGraph::type_number(std::string_view name) {
  const auto known = std::ranges::find(type_names_, name);
  if (known != type_names_.end()) return static_cast<std::uint16_t>(known - type_names_.begin());
  if (type_names_.size() == kMostTypes) {
    throw std::invalid_argument("there may be at most " + std::to_string(kMostTypes) +
                                " type names");
  }
  type_names_.emplace_back(name);
  return static_cast<std::uint16_t>(type_names_.size() - 1);
}

void GrowingGraph::add_transfer(Vertex source, Vertex target, Micros booked_at,
                                MinorUnits amount_minor, std::string_view type,
                                std::string_view key) {
  const auto number = static_cast<std::uint32_t>(source_.size());
  source_.push_back(source);
  target_.push_back(target);
  booked_at_.push_back(booked_at);
  amount_minor_.push_back(amount_minor);
  type_.push_back(type_number(type));
  transfer_keys_.push_back(key);
  begin_ = std::min(begin_, booked_at);
  vertices_[source].transfers.push_back(number);
  vertices_[target].transfers.push_back(number);
  if (source == target) return;
  count(vertices_[source].payees, target);
  count(vertices_[target].payers, source);
}

GrowingGraph::Part GrowingGraph::around(std::span<const Vertex> vertices) const {
  std::vector<std::uint32_t> transfers;
  for (const Vertex v : vertices) {
    transfers.insert(transfers.end(), vertices_[v].transfers.begin(), vertices_[v].transfers.end());
  }
  std::ranges::sort(transfers);
  transfers.erase(std::ranges::unique(transfers).begin(), transfers.end());
  return part(transfers);
}

void GrowingGraph::order_in_time() {
  const auto earlier = [this](std::uint32_t a, std::uint32_t b) {
    return std::tie(booked_at_[a], a) < std::tie(booked_at_[b], b);
  };
  const auto ordered = static_cast<std::ptrdiff_t>(in_time_.size());
  in_time_.resize(source_.size());
  const auto added = in_time_.begin() + ordered;
  std::iota(added, in_time_.end(), static_cast<std::uint32_t>(ordered));
  std::sort(added, in_time_.end(), earlier);
  if (added == in_time_.end()) return;
  std::inplace_merge(std::upper_bound(in_time_.begin(), added, *added, earlier), added,
                     in_time_.end(), earlier);
}

GrowingGraph::Part GrowingGraph::since(Micros from) {
  order_in_time();
  const auto first = std::ranges::lower_bound(
      in_time_, from, {}, [this](std::uint32_t transfer) { return booked_at_[transfer]; });
  return part({first, in_time_.end()});
}

/// In key order.
std::vector<Vertex> GrowingGraph::vertices_of(std::span<const std::uint32_t> transfers) const {
  std::vector<char> is_end(vertices_.size());
  for (const std::uint32_t transfer : transfers)
    is_end[source_[transfer]] = is_end[target_[transfer]] = 1;
  std::vector<Vertex> vertices;
  std::ranges::copy_if(in_key_order_, std::back_inserter(vertices),
                       [&](Vertex v) { return is_end[v] != 0; });
  return vertices;
}

GrowingGraph::Part GrowingGraph::part(std::span<const std::uint32_t> transfers) const {
  std::vector<Vertex> numbers = vertices_of(transfers);
  std::vector<Vertex> place(vertices_.size());
  TransferColumns columns;
  WholeGraph whole{{}, begin_};
  for (Vertex i = 0; i < numbers.size(); ++i) {
    place[numbers[i]] = i;
    columns.vertex_keys.push_back(vertex_keys_[numbers[i]]);
    whole.counterparties.push_back(counterparties(numbers[i]));
  }
  columns.type_names = type_names_;
  columns.source.reserve(transfers.size());
  columns.target.reserve(transfers.size());
  columns.booked_at.reserve(transfers.size());
  columns.amount_minor.reserve(transfers.size());
  columns.type.reserve(transfers.size());
  for (const std::uint32_t transfer : transfers) {
    columns.source.push_back(place[source_[transfer]]);
    columns.target.push_back(place[target_[transfer]]);
    columns.booked_at.push_back(booked_at_[transfer]);
    columns.amount_minor.push_back(amount_minor_[transfer]);
    columns.type.push_back(type_[transfer]);
    columns.transfer_keys.push_back(transfer_keys_[transfer]);
  }
  return {TransferGraph(std::move(columns), std::move(whole)), std::move(numbers)};
}

}  // namespace aml::graph
