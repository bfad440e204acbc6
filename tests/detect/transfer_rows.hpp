// SPDX-License-Identifier: Apache-2.0
// Small transfer graphs written row by row in a test.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/transfer_graph.hpp"

namespace aml::testing_graphs {

struct TransferRow {
  std::string source;
  std::string target;
  graph::MinorUnits amount_minor = 100;
  graph::Micros booked_at = 0;
  std::string key = {};  ///< empty: "T" and the position of the row
};

/// The graph of the rows, and of the vertices in `also` that no row names.
inline graph::TransferGraph graph_of(const std::vector<TransferRow>& rows,
                                     const std::vector<std::string>& also = {}) {
  graph::TransferColumns columns;
  columns.type_names = {"TRANSFER"};
  std::map<std::string, graph::Vertex> positions;
  const auto position = [&](const std::string& key) {
    const auto [found, is_new] =
        positions.emplace(key, static_cast<graph::Vertex>(positions.size()));
    if (is_new) columns.vertex_keys.push_back(key);
    return found->second;
  };
  for (const TransferRow& row : rows) {
    columns.source.push_back(position(row.source));
    columns.target.push_back(position(row.target));
    columns.booked_at.push_back(row.booked_at);
    columns.amount_minor.push_back(row.amount_minor);
    columns.type.push_back(0);
    columns.transfer_keys.push_back(row.key.empty() ? "T" + std::to_string(columns.source.size())
                                                    : row.key);
  }
  for (const std::string& key : also) position(key);
  return graph::TransferGraph(std::move(columns));
}

}  // namespace aml::testing_graphs
