// SPDX-License-Identifier: Apache-2.0
// A question about motifs: a pattern with its conditions, parsed and checked, before it meets a
// graph. docs/motifs.md is the page of the language.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/motif.hpp"
#include "graph/motif_expression.hpp"
#include "graph/motif_pattern.hpp"
#include "graph/properties.hpp"

namespace aml::graph {

enum class Distinct : std::uint8_t {
  kVertices,  ///< no vertex and no transfer twice in a match
  kEdges,     ///< no transfer twice
  kNone
};

/// A query as it is written. Unset is the default of the mode; kGraphFrames has neither order,
/// windows, distinctness, hubs nor groups, and refuses them.
struct MotifQueryText {
  std::string motif = {};
  MotifMode mode = MotifMode::kMoney;
  std::string where = {};  ///< a condition on each match; empty: none
  /// How a transfer lies after those that it follows: a transfer follows each one written before it
  /// that ends where it starts. Default: kLoose.
  std::optional<TimeOrder> time_order = {};
  std::optional<Micros> window = {};      ///< last - first booked_at of a match; >= 0
  std::optional<Micros> hop_window = {};  ///< between a transfer and each that follows it; >= 0
  std::optional<Distinct> distinct = {};  ///< default: kVertices
  std::string group_by = {};              ///< a vertex; empty: rows are matches
  /// Columns of the groups beside the vertex: name and expression over aggregates.
  std::vector<std::pair<std::string, std::string>> aggregates = {};
  std::string having = {};               ///< a condition on each group; empty: none
  std::uint32_t max_counterparties = 0;  ///< vertices with more are left out; 0: none are
  /// Matches that may be visited: more are refused, not cut off.
  std::uint64_t max_rows = std::numeric_limits<std::uint64_t>::max();
};

/// What a branch of the motif adds to it.
struct MotifQueryBranch {
  std::vector<Expression> conditions;  ///< all must hold; placed in the branch's pattern
  std::vector<MotifConstraints::Follows> follows;
  std::vector<Symmetry> symmetries;  ///< without the identity; with it they are a group
};

struct MotifGrouping {
  struct Column {
    std::string name;
    Expression value;
  };
  std::string vertex;
  std::vector<Column> columns;
  std::optional<Expression> having;
  /// The aggregates that columns and having are made of; an aggregate's slot is its position here.
  std::vector<Expression> aggregates;
};

struct MotifQuery {
  MotifMode mode = MotifMode::kMoney;
  Motif motif;
  std::vector<MotifQueryBranch> branches;  ///< one for each branch of the motif
  TimeOrder time_order = TimeOrder::kNone;
  Micros window = std::numeric_limits<Micros>::max();
  bool distinct_vertices = false;
  bool distinct_edges = false;
  std::uint32_t max_counterparties = 0;
  std::optional<MotifGrouping> grouping;
  std::uint64_t max_rows = std::numeric_limits<std::uint64_t>::max();
};

/// The query, checked against the columns that there are.
/// Throws: MotifError for a wrong text; std::invalid_argument for options that do not go together
///         and for a motif with more than 5040 symmetric arrangements.
MotifQuery parse_query(const MotifQueryText& text, const PropertySchema& schema);

}  // namespace aml::graph
