// SPDX-License-Identifier: Apache-2.0
// A graph in two CSV files of an analyst's own, without a database.
#pragma once

#include <string>
#include <vector>

#include "graph/key_column.hpp"
#include "graph/transfer_columns.hpp"

namespace aml::store {

/// A column that the file has beside those that have a meaning here.
struct TextColumn {
  std::string name;
  graph::KeyColumn values;
  std::vector<char> is_null;  ///< 1 where the file has nothing
};

/// Vertices as `id` and any other columns.
struct VertexFile {
  graph::KeyColumn ids;  ///< in the order of the file
  std::vector<TextColumn> columns;

  const TextColumn* find(std::string_view name) const;
};

/// Edges as `src`, `dst`, and optionally `time`, `amount` and any other columns.
struct EdgeFile {
  /// The key of row i, from 0, is i. Vertices are numbered as in the vertex file, then in the order
  /// in which rows name them. booked_at is 0 if there is no time, amount_minor if there is no amount.
  graph::TransferColumns transfers;
  bool has_time = false;
  bool has_amount = false;
  int amount_decimals =
      0;  ///< amount_minor is in units of 10^-amount_decimals: as many as the file uses
  std::vector<TextColumn> columns;
};

/// Plain or .gz. Names of columns are compared without case and outer blanks; ids are kept as they
/// are written.
/// Throws: StoreError kRefusedData with file and line if a row cannot be read, an id stands twice or
///         is empty, or a column is missing or stands twice.
VertexFile read_vertex_file(const std::string& path);
/// Likewise. Times as parse_time() reads them, amounts as parse_decimal().
EdgeFile read_edge_file(const std::string& path, const VertexFile& vertices = {});

}  // namespace aml::store
