// SPDX-License-Identifier: Apache-2.0
// Small graphs for tests, written down or generated.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/transfer_graph.hpp"
#include "tests/oracle/transfer_list.hpp"

namespace aml::graph::testing {

using oracle::Transfer;

/// The columns of the transfers, in the order given; transfers without a key are called T1, T2, ...
/// by position.
inline TransferColumns columns_of(const std::vector<Transfer>& transfers,
                                  const std::vector<std::string>& more_vertices = {}) {
  TransferColumns columns;
  columns.type_names = {"TRANSFER"};
  std::map<std::string, Vertex> vertices;
  const auto vertex = [&](const std::string& key) {
    const auto [at, is_new] = vertices.try_emplace(key, static_cast<Vertex>(vertices.size()));
    if (is_new) columns.vertex_keys.push_back(key);
    return at->second;
  };
  for (const std::string& key : more_vertices) vertex(key);
  for (const Transfer& transfer : transfers) {
    columns.source.push_back(vertex(transfer.source));
    columns.target.push_back(vertex(transfer.target));
    columns.booked_at.push_back(transfer.booked_at);
    columns.amount_minor.push_back(transfer.amount);
    columns.type.push_back(0);
    columns.transfer_keys.push_back(
        transfer.key.empty() ? "T" + std::to_string(columns.source.size()) : transfer.key);
  }
  return columns;
}

inline TransferGraph graph_of(const std::vector<Transfer>& transfers,
                              const std::vector<std::string>& more_vertices = {}) {
  return TransferGraph(columns_of(transfers, more_vertices));
}

/// Up to `most` transfers among the vertices 0 .. vertices - 1 at times 0 .. 9, amounts 1 .. 5:
/// parallel transfers, equal times and self-loops are frequent. Keys are unique and do not follow
/// the order of the list.
inline rc::Gen<std::vector<Transfer>> transfers_among(int vertices, int most) {
  const auto transfer = rc::gen::construct<Transfer>(
      rc::gen::map(rc::gen::inRange(0, vertices), [](int v) { return std::to_string(v); }),
      rc::gen::map(rc::gen::inRange(0, vertices), [](int v) { return std::to_string(v); }),
      rc::gen::inRange<Micros>(0, 10), rc::gen::inRange<MinorUnits>(1, 6),
      rc::gen::just(std::string()));
  return rc::gen::map(rc::gen::mapcat(rc::gen::inRange(0, most + 1),
                                      [=](int size) {
                                        return rc::gen::container<std::vector<Transfer>>(
                                            static_cast<std::size_t>(size), transfer);
                                      }),
                      [](std::vector<Transfer> transfers) {
                        for (std::size_t i = 0; i < transfers.size(); ++i) {
                          // 7 and 101 are coprime: a fixed shuffle of 0 .. 100 in which keys have
                          // one, two and three digits.
                          transfers[i].key = std::to_string(i < 101 ? i * 7 % 101 : i);
                        }
                        return transfers;
                      });
}

/// A permutation of 0 .. size - 1.
inline rc::Gen<std::vector<std::size_t>> permutation(std::size_t size) {
  return rc::gen::map(rc::gen::container<std::vector<int>>(size, rc::gen::arbitrary<int>()),
                      [](const std::vector<int>& weights) {
                        std::vector<std::pair<int, std::size_t>> order;
                        for (std::size_t i = 0; i < weights.size(); ++i) {
                          order.emplace_back(weights[i], i);
                        }
                        std::ranges::sort(order);
                        std::vector<std::size_t> positions;
                        for (const auto& [weight, i] : order) positions.push_back(i);
                        return positions;
                      });
}

}  // namespace aml::graph::testing
