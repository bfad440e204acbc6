// SPDX-License-Identifier: Apache-2.0
// Named, typed columns beside a transfer graph: what conditions on motifs may ask about beyond
// amount, time, type and id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer.hpp"

namespace aml::graph {

enum class PropertyType : std::uint8_t { kNumber, kText, kBoolean, kTime };

struct NumberColumn {
  std::vector<std::int64_t> units;  ///< each number times 10^scale
  int scale = 0;                    ///< digits after the point, 0 .. 18
};
struct BooleanColumn {
  std::vector<char> flags;
};
struct TimeColumn {
  std::vector<Micros> times;
};

/// Entry i belongs to edge i or vertex i of the graph.
struct PropertyColumn {
  std::string name;
  std::variant<NumberColumn, KeyColumn, BooleanColumn, TimeColumn> values;  ///< as PropertyType
  std::vector<char> is_null;  ///< empty: no entry is null

  PropertyType type() const { return static_cast<PropertyType>(values.index()); }
};

struct GraphProperties {
  std::vector<PropertyColumn> edges;
  std::vector<PropertyColumn> vertices;
  int amount_scale = 2;  ///< digits after the point of an amount: the currency's exponent
  /// Empty, or for each vertex whether only transfers name it. As in GraphFrames a named vertex of
  /// a motif never binds such a vertex, an anonymous one may.
  std::vector<char> is_dangling;
};

/// The names and types of the columns: what a condition is checked against before there is a graph.
struct PropertySchema {
  using Column = std::pair<std::string, PropertyType>;
  std::vector<Column> edges;
  std::vector<Column> vertices;
};

inline PropertySchema schema_of(const GraphProperties& properties) {
  PropertySchema schema;
  for (const PropertyColumn& column : properties.edges) {
    schema.edges.emplace_back(column.name, column.type());
  }
  for (const PropertyColumn& column : properties.vertices) {
    schema.vertices.emplace_back(column.name, column.type());
  }
  return schema;
}

}  // namespace aml::graph
