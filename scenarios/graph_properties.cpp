// SPDX-License-Identifier: Apache-2.0
#include "scenarios/graph_properties.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "store/value_text.hpp"

namespace aml::scenarios {
namespace {

using graph::Edge;
using graph::PropertyColumn;
using graph::TransferGraph;
using graph::Vertex;
using store::TextColumn;

constexpr std::size_t kNoRow = static_cast<std::size_t>(-1);

/// The values of a column in the order of `rows`; kNoRow is null.
class ColumnReader {
 public:
  ColumnReader(const TextColumn& column, const std::vector<std::size_t>& rows)
      : column_(column), rows_(rows) {}

  PropertyColumn read() const {
    PropertyColumn property{.name = column_.name, .values = {}, .is_null = {}};
    for (const std::size_t row : rows_) property.is_null.push_back(is_null(row) ? 1 : 0);
    if (auto numbers = read_numbers()) {
      property.values = *std::move(numbers);
    } else if (auto flags = read_each<graph::BooleanColumn, char>(&read_flag)) {
      property.values = *std::move(flags);
    } else if (auto times = read_each<graph::TimeColumn, graph::Micros>(&store::parse_time)) {
      property.values = *std::move(times);
    } else {
      graph::KeyColumn texts;
      for (const std::size_t row : rows_) texts.push_back(is_null(row) ? "" : column_.values[row]);
      property.values = std::move(texts);
    }
    return property;
  }

 private:
  bool is_null(std::size_t row) const { return row == kNoRow || column_.is_null[row] != 0; }

  static std::optional<char> read_flag(std::string_view text) {
    if (text == "true") return 1;
    if (text == "false") return 0;
    return std::nullopt;
  }

  template <typename Column, typename Element>
  std::optional<Column> read_each(std::optional<Element> (*parse)(std::string_view)) const {
    std::vector<Element> values;
    for (const std::size_t row : rows_) {
      const auto value = is_null(row) ? std::optional(Element{}) : parse(column_.values[row]);
      if (!value) return std::nullopt;
      values.push_back(*value);
    }
    return Column{std::move(values)};
  }

  std::optional<graph::NumberColumn> read_numbers() const {
    std::vector<store::Decimal> numbers;
    graph::NumberColumn column;
    for (const std::size_t row : rows_) {
      const auto number = is_null(row) ? std::optional(store::Decimal{})
                                       : store::parse_decimal(column_.values[row]);
      if (!number) return std::nullopt;
      numbers.push_back(*number);
      column.scale = std::max(column.scale, number->decimals);
    }
    for (const store::Decimal& number : numbers) {
      const auto units = store::rescaled(number, column.scale);
      if (!units) return std::nullopt;
      column.units.push_back(*units);
    }
    return column;
  }

  const TextColumn& column_;
  const std::vector<std::size_t>& rows_;
};

std::vector<PropertyColumn> read_columns(const std::vector<TextColumn>& columns,
                                         const std::vector<std::size_t>& rows) {
  std::vector<PropertyColumn> properties;
  for (const TextColumn& column : columns) {
    properties.push_back(ColumnReader(column, rows).read());
  }
  return properties;
}

/// The row of each edge in its file is its key.
std::vector<std::size_t> edge_rows(const TransferGraph& graph) {
  std::vector<std::size_t> rows(graph.num_edges());
  for (Edge e = 0; e < graph.num_edges(); ++e) {
    const std::string_view key = graph.transfer_key(e);
    std::from_chars(key.data(), key.data() + key.size(), rows[e]);
  }
  return rows;
}

/// The row of each vertex in its file; kNoRow: the file does not list it.
std::vector<std::size_t> vertex_rows(const TransferGraph& graph, const store::VertexFile& file) {
  std::vector<std::size_t> rows(graph.num_vertices(), kNoRow);
  for (std::size_t row = 0; row < file.ids.size(); ++row) rows[*graph.find(file.ids[row])] = row;
  return rows;
}

}  // namespace

graph::GraphProperties graph_properties(const store::EdgeFile& edges,
                                        const store::VertexFile* vertices,
                                        const TransferGraph& graph) {
  graph::GraphProperties properties;
  properties.amount_scale = edges.amount_decimals;
  if (!edges.columns.empty()) properties.edges = read_columns(edges.columns, edge_rows(graph));
  if (vertices == nullptr) return properties;
  const std::vector<std::size_t> rows = vertex_rows(graph, *vertices);
  properties.vertices = read_columns(vertices->columns, rows);
  for (const std::size_t row : rows) properties.is_dangling.push_back(row == kNoRow ? 1 : 0);
  return properties;
}

}  // namespace aml::scenarios
