// SPDX-License-Identifier: Apache-2.0
// What the tests of risk propagation share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "detect/risk_propagation.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::testing_graphs {

inline const detect::BaseCurrency kUsd{"USD", 2};

inline detect::RiskPropagationParams after(
    int rounds, detect::PropagationMode mode = detect::PropagationMode::kLiteral) {
  detect::RiskPropagationParams params;
  params.rounds = rounds;
  params.mode = mode;
  return params;
}

inline std::vector<double> base_of(const graph::TransferGraph& graph,
                                   const std::map<std::string, double>& risks) {
  std::vector<double> base(graph.num_vertices(), 0.0);
  for (const auto& [key, risk] : risks) base[graph.find(key).value()] = risk;
  return base;
}

using Scores = std::map<std::string, double>;

/// Scores by key, zeros left out.
inline Scores scores(const graph::TransferGraph& graph, const std::map<std::string, double>& risks,
                     const detect::RiskPropagationParams& params) {
  const auto values = detect::propagate_risk(graph, base_of(graph, risks), params).scores;
  Scores by_key;
  for (graph::Vertex v = 0; v < graph.num_vertices(); ++v) {
    if (values[v] != 0) by_key[std::string(graph.key(v))] = values[v];
  }
  return by_key;
}

}  // namespace aml::testing_graphs
