// SPDX-License-Identifier: Apache-2.0
#include "detect/account_flows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace aml::detect {

using graph::Edge;
using graph::Micros;
using graph::TransferGraph;
using graph::Vertex;

namespace {

/// The times of in-edges lie together, their other columns do not: those are read for ties alone.
bool arrives_before(const TransferGraph& graph, Edge in_position, Edge out) {
  const Micros arrival = graph.in_booked_at(in_position);
  const Micros departure = graph.booked_at(out);
  return arrival != departure ? arrival < departure : graph.before(graph.in_edge(in_position), out);
}

}  // namespace

void AccountFlows::collect(const TransferGraph& graph, Vertex account) {
  flows_.clear();
  const auto ins = graph.in_edges(account);
  const auto outs = graph.out_edges(account);
  auto in = ins.begin();
  auto out = outs.begin();
  while (in != ins.end() || out != outs.end()) {
    if (out == outs.end() || (in != ins.end() && arrives_before(graph, *in, *out))) {
      if (graph.in_source(*in) != account) {
        flows_.push_back({graph.in_booked_at(*in), graph.amount_minor(graph.in_edge(*in)),
                          graph.in_source(*in), false});
      }
      ++in;
    } else {
      if (graph.target(*out) != account) {
        flows_.push_back(
            {graph.booked_at(*out), graph.amount_minor(*out), graph.target(*out), true});
      }
      ++out;
    }
  }
  number_counterparties();
}

void AccountFlows::number_counterparties() {
  constexpr unsigned kPositionBits = 32;
  sorted_.clear();
  for (std::uint64_t i = 0; i < flows_.size(); ++i) {
    sorted_.push_back(std::uint64_t{flows_[i].counterparty} << kPositionBits | i);
  }
  std::ranges::sort(sorted_);
  by_counterparty_.clear();
  counterparties_ = 0;
  std::uint64_t vertex = 0;
  for (const std::uint64_t entry : sorted_) {
    if (by_counterparty_.empty() || entry >> kPositionBits != vertex) {
      vertex = entry >> kPositionBits;
      ++counterparties_;
    }
    const auto position = static_cast<std::uint32_t>(entry);
    by_counterparty_.push_back(position);
    flows_[position].counterparty = counterparties_ - 1;
  }
}

FeatureScale::FeatureScale(const TransferGraph& graph, int base_currency_exponent) {
  if (base_currency_exponent < 0 || base_currency_exponent > 9) {
    throw std::invalid_argument(
        fmt::format("base_currency_exponent: {} is outside 0..9", base_currency_exponent));
  }
  for (int i = 0; i < base_currency_exponent; ++i) minor_per_unit *= 10;
  Micros first = std::numeric_limits<Micros>::max();
  Micros last = std::numeric_limits<Micros>::min();
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    const auto edges = graph.out_edges(v);
    if (edges.empty()) continue;
    first = std::min(first, graph.booked_at(edges.front()));
    last = std::max(last, graph.booked_at(edges.back()));
  }
  if (first <= last) period = last - first;
}

}  // namespace aml::detect
