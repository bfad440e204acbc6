// SPDX-License-Identifier: Apache-2.0
#include "graph/identity_graph.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "graph/key_order.hpp"
#include "graph/require.hpp"

namespace aml::graph {
namespace {

void validate(const AttributeColumns& columns) {
  const std::size_t rows = columns.party.size();
  require(columns.kind.size() == rows, "column kind has another length than column party");
  require(columns.value.size() == rows, "column value has another length than column party");
  require(columns.party_keys.size() + rows < kNoVertex,
          "an identity graph holds fewer than 2^32 - 1 vertices");
  require(
      std::ranges::all_of(columns.party, [&](Vertex p) { return p < columns.party_keys.size(); }),
      "column party points outside party_keys");
  require(std::ranges::all_of(columns.kind,
                              [&](std::uint8_t k) { return k < columns.kind_names.size(); }),
          "column kind points outside kind_names");
}

/// The statements in (kind, value) order.
std::vector<std::uint32_t> by_kind_and_value(const AttributeColumns& columns) {
  std::vector<std::uint32_t> rows = key_order(columns.value);
  std::ranges::stable_sort(rows, {}, [&](std::uint32_t row) { return columns.kind[row]; });
  return rows;
}

}  // namespace

IdentityGraph::IdentityGraph(const AttributeColumns& columns) : kind_names_(columns.kind_names) {
  validate(columns);
  const std::vector<std::uint32_t> party_order = unique_key_order(columns.party_keys, "party key");
  const std::vector<Vertex> party_rank = ranks_of(party_order);
  party_keys_ = in_order(columns.party_keys, party_order);

  using Statement = std::pair<Vertex, Vertex>;  // party, attribute
  std::vector<Statement> statements;
  statements.reserve(columns.party.size());
  for (const std::uint32_t row : by_kind_and_value(columns)) {
    if (kinds_.empty() || kinds_.back() != columns.kind[row] ||
        values_[values_.size() - 1] != columns.value[row]) {
      kinds_.push_back(columns.kind[row]);
      values_.push_back(columns.value[row]);
    }
    const auto attribute = static_cast<Vertex>(num_parties() + values_.size() - 1);
    statements.emplace_back(party_rank[columns.party[row]], attribute);
  }
  std::ranges::sort(statements);
  statements.erase(std::unique(statements.begin(), statements.end()), statements.end());

  offsets_.assign(num_parties() + values_.size() + 1, 0);
  for (const auto& [party, attribute] : statements) {
    ++offsets_[party + 1];
    ++offsets_[attribute + 1];
  }
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  neighbours_.resize(2 * statements.size());
  std::vector<std::size_t> next(offsets_.begin(), offsets_.end() - 1);
  for (const auto& [party, attribute] : statements) {
    neighbours_[next[party]++] = attribute;
    neighbours_[next[attribute]++] = party;
  }
}

std::size_t IdentityGraph::memory_bytes() const {
  return party_keys_.memory_bytes() + values_.memory_bytes() + kinds_.capacity() +
         offsets_.capacity() * sizeof(std::size_t) + neighbours_.capacity() * sizeof(Vertex);
}

}  // namespace aml::graph
