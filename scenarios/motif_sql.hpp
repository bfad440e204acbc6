// SPDX-License-Identifier: Apache-2.0
// A motif query as one PostgreSQL query: the same rows without our engine.
#pragma once

#include <string>
#include <vector>

#include "graph/motif_query.hpp"
#include "graph/properties.hpp"

namespace aml::scenarios {

/// The tables that transfers and vertices stand in. Properties are columns of their own name; those
/// that are dates are times at midnight UTC.
struct MotifTables {
  struct Table {
    std::string schema;  ///< empty: as the search path finds it
    std::string name;
  };
  Table transfers{"silver", "transfers"};
  std::string transfer_id = "transfer_id";
  std::string source = "from_account_id";
  std::string target = "to_account_id";
  std::string booked_at = "booked_at";
  std::string amount = "amount_base";  ///< numeric, in units of the base currency
  std::string type = "type";
  Table vertices{"silver", "accounts"};
  std::string vertex_id = "account_id";
  std::vector<std::string> dates = {"opened_on"};
};

/// One SELECT whose rows are those of the query, repeated as often: the columns of the motif with
/// vertices and transfers as their ids, or the vertex of each group and its columns. Vertices that
/// only transfers name are dangling. max_rows has no counterpart in it.
/// Source: docs/motifs.md; the anti-join of a negated term makes rows distinct as GraphFrames' does.
std::string motif_sql(const graph::MotifQuery& query, const graph::PropertySchema& schema,
                      const MotifTables& tables = {});

}  // namespace aml::scenarios
