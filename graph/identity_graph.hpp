// SPDX-License-Identifier: Apache-2.0
// The identity graph: parties on one side, typed and normalised attributes (address, e-mail, phone,
// ...) on the other, an undirected edge wherever a party gave an attribute. Parties are vertices
// 0..num_parties-1 in key order, attributes follow in (kind, value) order, so the graph does not
// depend on the order of its input rows. Immutable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer.hpp"

namespace aml::graph {

inline constexpr std::size_t kMostKinds = 255;

/// Party -> attribute statements in any order; row i of every column belongs together. Values are
/// already normalised.
struct AttributeColumns {
  KeyColumn party_keys;       ///< every party, also those without attributes; unique, in any order
  std::vector<Vertex> party;  ///< position in party_keys
  std::vector<std::uint8_t> kind;  ///< position in kind_names
  KeyColumn value;  ///< normalised value; the same value under two kinds is two attributes
  std::vector<std::string> kind_names;  ///< for example address, email, phone; at most kMostKinds
};

class IdentityGraph {
 public:
  /// Repeated statements (same party, kind and value) are kept once.
  /// Throws: std::invalid_argument if a column's length differs, an index is out of range, a party
  ///         key repeats, or there are 2^32 - 1 vertices.
  explicit IdentityGraph(const AttributeColumns& columns);

  Vertex num_vertices() const { return static_cast<Vertex>(offsets_.size() - 1); }
  Vertex num_parties() const { return static_cast<Vertex>(party_keys_.size()); }
  std::size_t num_edges() const { return neighbours_.size() / 2; }  ///< undirected edges
  bool is_party(Vertex v) const { return v < num_parties(); }

  /// Sorted: the attributes of a party, or the parties of an attribute.
  std::span<const Vertex> neighbours(Vertex v) const {
    return std::span(neighbours_).subspan(offsets_[v], offsets_[v + 1] - offsets_[v]);
  }
  /// External key of a party, normalised value of an attribute.
  std::string_view key(Vertex v) const {
    return is_party(v) ? party_keys_[v] : values_[v - num_parties()];
  }
  /// Kind of an attribute, for example "email". Requires: !is_party(v).
  std::string_view kind(Vertex v) const { return kind_names_[kinds_[v - num_parties()]]; }

  std::size_t memory_bytes() const;

  // The arrays themselves, for the Boost adapter.
  std::span<const std::size_t> offsets() const { return offsets_; }
  std::span<const Vertex> all_neighbours() const { return neighbours_; }

 private:
  KeyColumn party_keys_;
  KeyColumn values_;
  std::vector<std::uint8_t> kinds_;
  std::vector<std::string> kind_names_;
  std::vector<std::size_t> offsets_;
  std::vector<Vertex> neighbours_;
};

}  // namespace aml::graph
