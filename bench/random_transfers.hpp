// SPDX-License-Identifier: Apache-2.0
// The random transfers of the benchmarks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "graph/transfer_columns.hpp"

namespace aml::bench {

/// Degrees fall off as a power of the rank, payers and payees independent of each other; times are
/// uniform over 30 days, amounts log-normal.
inline graph::TransferColumns random_transfers(graph::Vertex vertices, graph::Edge transfers,
                                               std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  std::vector<graph::Vertex> payer(vertices);
  std::iota(payer.begin(), payer.end(), graph::Vertex{0});
  std::vector<graph::Vertex> payee = payer;
  std::shuffle(payer.begin(), payer.end(), random);
  std::shuffle(payee.begin(), payee.end(), random);
  const auto rank = [&] {
    return std::min(vertices - 1, static_cast<graph::Vertex>(vertices * std::pow(uniform(), 1.6)));
  };
  graph::TransferColumns columns;
  columns.type_names = {"TRANSFER"};
  for (graph::Vertex v = 0; v < vertices; ++v) columns.vertex_keys.push_back(std::to_string(v));
  for (graph::Edge e = 0; e < transfers; ++e) {
    columns.source.push_back(payer[rank()]);
    columns.target.push_back(payee[rank()]);
    columns.booked_at.push_back(static_cast<graph::Micros>(uniform() * 30 * 86400) *
                                graph::kMicrosPerSecond);
    const double normal =
        std::sqrt(-2 * std::log(1 - uniform())) * std::cos(6.283185307179586 * uniform());
    columns.amount_minor.push_back(static_cast<graph::MinorUnits>(std::exp(11.5 + 1.5 * normal)));
    columns.type.push_back(0);
    columns.transfer_keys.push_back(std::to_string(e));
  }
  return columns;
}

}  // namespace aml::bench
