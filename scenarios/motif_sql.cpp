// SPDX-License-Identifier: Apache-2.0
#include "scenarios/motif_sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "scenarios/motif_sql_expression.hpp"
#include "scenarios/sql_text.hpp"

namespace aml::scenarios {
namespace {

using graph::Expression;
using graph::Micros;
using graph::MotifColumn;
using graph::ValueType;
using Kind = Expression::Kind;
using Texts = std::vector<std::string>;

/// Windows from here on (some 200,000 years) bound nothing that PostgreSQL can store.
constexpr Micros kLongestWindow = Micros{200'000} * 365 * graph::kMicrosPerDay;

/// The order of keys: shorter first, then byte by byte.
std::string key_order(const std::string& key) {
  return "octet_length(" + key + "), " + key + " COLLATE \"C\"";
}

std::string table_name(const MotifTables::Table& table) {
  const std::string name = quoted_name(table.name);
  return table.schema.empty() ? name : quoted_name(table.schema) + "." + name;
}

/// The SELECT of one branch. Transfer i of the pattern is table e<i>, vertex i is v<i>.
class BranchSql {
 public:
  BranchSql(const graph::MotifQuery& query, std::size_t branch, const graph::PropertySchema& schema,
            const MotifTables& tables)
      : query_(query),
        motif_branch_(query.motif.branches[branch]),
        branch_(query.branches[branch]),
        pattern_(motif_branch_.pattern),
        dropped_(graph::dropped_elements(pattern_)),
        schema_(schema),
        tables_(tables) {
    find_vertex_ids();
  }

  /// `outputs` says which values the rows have, as (value, name) texts.
  using Outputs = std::vector<std::pair<std::string, std::string>>;

  std::string select(const Outputs& outputs) const {
    if (pattern_.vertices.empty()) return "SELECT WHERE false";
    if (!dropped_.any) return select_list("SELECT ", outputs) + from_and_where();
    // Rows are distinct without what a negated term drops: by everything that is kept, under names
    // that no output has, and by the outputs, which depend on it.
    Outputs inner;
    Outputs outer;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::string name = fmt::format("c{}", i);
      inner.emplace_back(outputs[i].first, name);
      outer.emplace_back(quoted_name(name), outputs[i].second);
    }
    for (const std::string& key : kept_ids()) {
      inner.emplace_back(key, fmt::format("c{}", inner.size()));
    }
    return select_list("SELECT ", outer) + "\nFROM (" + select_list("SELECT DISTINCT ", inner) +
           from_and_where() + ") AS distinct_matches";
  }

  Outputs columns_of_motif() const {
    Outputs outputs;
    const auto& columns = query_.motif.columns;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      outputs.emplace_back(column_of_motif(columns[c], motif_branch_.positions[c]),
                           columns[c].name);
    }
    return outputs;
  }

  /// g is the vertex of the group, a<i> the argument of aggregate i, k<i> the transfer whose amount
  /// it is.
  Outputs columns_for_groups(const graph::MotifGrouping& grouping) const {
    const auto& vertices = pattern_.vertices;
    const auto group = std::ranges::find(vertices, grouping.vertex);
    Outputs outputs{{vertex_ids_[static_cast<std::size_t>(group - vertices.begin())], "g"}};
    const auto& aggregates = grouping.aggregates;
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
      if (aggregates[i].operands.empty()) continue;
      const Expression operand = placed(aggregates[i].operands[0], pattern_);
      const bool is_total = aggregates[i].kind == Kind::kTotal;
      if (is_total) outputs.emplace_back(element_id(operand), fmt::format("k{}", i));
      const std::string argument = !is_total          ? leaf(operand)
                                   : operand.slot < 0 ? null_literal(ValueType::kNumber)
                                                      : transfer(operand.slot, tables_.amount);
      outputs.emplace_back(argument, fmt::format("a{}", i));
    }
    return outputs;
  }

 private:
  static std::string select_list(const std::string& select, const Outputs& outputs) {
    Texts list;
    for (const auto& [value, name] : outputs) list.push_back(value + " AS " + quoted_name(name));
    return select + joined(list, ", ");
  }

  std::string transfer(int edge, const std::string& column) const {
    return fmt::format("e{}.{}", edge, quoted_name(column));
  }
  std::string transfer_id(int edge) const { return transfer(edge, tables_.transfer_id); }

  void find_vertex_ids() {
    vertex_ids_.resize(pattern_.vertices.size());
    for (std::size_t e = 0; e < pattern_.edges.size(); ++e) {
      const graph::MotifEdge& edge = pattern_.edges[e];
      if (edge.negated) continue;
      positive_.push_back(static_cast<int>(e));
      vertex_ids_[static_cast<std::size_t>(edge.source)] =
          transfer(positive_.back(), tables_.source);
      vertex_ids_[static_cast<std::size_t>(edge.target)] =
          transfer(positive_.back(), tables_.target);
    }
    for (std::size_t v = 0; v < vertex_ids_.size(); ++v) {
      if (pattern_.vertices[v].empty()) continue;
      vertex_ids_[v] = fmt::format("v{}.{}", v, quoted_name(tables_.vertex_id));
    }
  }

  std::string column_of_motif(const MotifColumn& column, int position) const {
    switch (column.kind) {
      case MotifColumn::Kind::kVertex:
        return position < 0 ? null_literal(ValueType::kText)
                            : vertex_ids_[static_cast<std::size_t>(position)];
      case MotifColumn::Kind::kEdge:
        return position < 0 ? null_literal(ValueType::kText) : transfer_id(position);
      case MotifColumn::Kind::kHop:
        return quoted_text(motif_branch_.hop);
      case MotifColumn::Kind::kPattern:
        return quoted_text(motif_branch_.written);
      case MotifColumn::Kind::kDirection:
        return quoted_text(motif_branch_.direction);
    }
    return {};
  }

  std::string element_id(const Expression& element) const {
    if (element.slot < 0) return null_literal(ValueType::kText);
    return element.is_edge ? transfer_id(element.slot)
                           : vertex_ids_[static_cast<std::size_t>(element.slot)];
  }

  /// A column or an element.
  std::string leaf(const Expression& node) const {
    if (node.kind == Kind::kElement) return element_id(node);
    if (node.slot < 0) return null_literal(node.type);
    switch (node.column) {
      case Expression::Column::kId:
        return element_id(node);
      case Expression::Column::kAmount:
        return transfer(node.slot, tables_.amount);
      case Expression::Column::kTime:
        return transfer(node.slot, tables_.booked_at);
      case Expression::Column::kType:
        return transfer(node.slot, tables_.type);
      case Expression::Column::kProperty:
        break;
    }
    const auto& columns = node.is_edge ? schema_.edges : schema_.vertices;
    const std::string& name = columns[node.property].first;
    const std::string column =
        fmt::format("{}{}.{}", node.is_edge ? 'e' : 'v', node.slot, quoted_name(name));
    const bool is_date = std::ranges::count(tables_.dates, name) > 0;
    return is_date ? "(" + column + "::timestamp AT TIME ZONE 'UTC')" : column;
  }

  Texts kept_ids() const {
    Texts ids;
    for (const int e : positive_) {
      if (!dropped_.edges[static_cast<std::size_t>(e)]) ids.push_back(transfer_id(e));
    }
    for (std::size_t v = 0; v < vertex_ids_.size(); ++v) {
      if (!dropped_.vertices[v] && !vertex_ids_[v].empty()) ids.push_back(vertex_ids_[v]);
    }
    return ids;
  }

  std::string from_and_where() const {
    Texts from;
    for (const int e : positive_) {
      from.push_back(fmt::format("{} AS e{}", table_name(tables_.transfers), e));
    }
    for (std::size_t v = 0; v < pattern_.vertices.size(); ++v) {
      if (pattern_.vertices[v].empty()) continue;
      from.push_back(fmt::format("{} AS v{}", table_name(tables_.vertices), v));
    }
    Texts where;
    add_joins(where);
    add_distinctness(where);
    add_times(where);
    add_hubs(where);
    add_negated_edges(where);
    for (const Expression& condition : branch_.conditions) {
      where.push_back(
          sql_expression(condition, [&](const Expression& node) { return leaf(node); }));
    }
    for (const graph::Symmetry& symmetry : branch_.symmetries) add_symmetry(where, symmetry);
    return "\nFROM " + joined(from, ", ") +
           (where.empty() ? "" : "\nWHERE " + joined(where, "\n  AND "));
  }

  /// Each end of a transfer is its vertex.
  void add_joins(Texts& where) const {
    for (const int e : positive_) {
      const graph::MotifEdge& edge = pattern_.edges[static_cast<std::size_t>(e)];
      const auto join = [&](int v, const std::string& column) {
        const std::string end = transfer(e, column);
        const std::string& id = vertex_ids_[static_cast<std::size_t>(v)];
        if (end != id) where.push_back(fmt::format("{} = {}", end, id));
      };
      join(edge.source, tables_.source);
      join(edge.target, tables_.target);
    }
  }

  void add_distinctness(Texts& where) const {
    const auto add_pairs = [&](const Texts& ids) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) where.push_back(ids[j] + " <> " + ids[i]);
      }
    };
    if (query_.distinct_vertices) add_pairs(bound_vertex_ids());
    Texts transfers;
    for (const int e : positive_) transfers.push_back(transfer_id(e));
    if (query_.distinct_edges) add_pairs(transfers);
  }

  Texts bound_vertex_ids() const {
    Texts ids = vertex_ids_;
    std::erase(ids, std::string());
    return ids;
  }

  void add_times(Texts& where) const {
    const auto time = [&](int edge) { return transfer(edge, tables_.booked_at); };
    for (const auto& [earlier, later, within] : branch_.follows) {
      if (query_.time_order == graph::TimeOrder::kStrict) {
        where.push_back(time(earlier) + " < " + time(later));
      } else {
        where.push_back(fmt::format("({}, {}) < ({}, {})", time(earlier),
                                    key_order(transfer_id(earlier)), time(later),
                                    key_order(transfer_id(later))));
      }
      if (within < kLongestWindow) {
        where.push_back(
            fmt::format("{} - {} <= {}", time(later), time(earlier), interval_literal(within)));
      }
    }
    if (positive_.size() < 2 || query_.window >= kLongestWindow) return;
    Texts times;
    for (const int e : positive_) times.push_back(time(e));
    const std::string list = joined(times, ", ");
    where.push_back(
        fmt::format("greatest({}) - least({}) <= {}", list, list, interval_literal(query_.window)));
  }

  void add_hubs(Texts& where) const {
    if (query_.max_counterparties == 0) return;
    for (const std::string& id : bound_vertex_ids()) {
      where.push_back("NOT EXISTS (SELECT FROM hubs WHERE hubs.id = " + id + ")");
    }
  }

  void add_negated_edges(Texts& where) const {
    for (const graph::MotifEdge& edge : pattern_.edges) {
      if (!edge.negated) continue;
      Texts ends;
      const auto add_end = [&](int v, const std::string& column) {
        const std::string& id = vertex_ids_[static_cast<std::size_t>(v)];
        if (!id.empty()) ends.push_back("n." + quoted_name(column) + " = " + id);
      };
      add_end(edge.source, tables_.source);
      add_end(edge.target, tables_.target);
      where.push_back(fmt::format("NOT EXISTS (SELECT FROM {} AS n WHERE {})",
                                  table_name(tables_.transfers), joined(ends, " AND ")));
    }
  }

  /// The match is not larger than its rearrangement: transfers in the graph's order (source, time,
  /// key), then vertices by key. Elements that stay where they are make no difference.
  void add_symmetry(Texts& where, const graph::Symmetry& symmetry) const {
    Texts original;
    Texts rearranged;
    for (const int e : positive_) {
      const int image = symmetry.edges[static_cast<std::size_t>(e)];
      if (image == e || dropped_.edges[static_cast<std::size_t>(e)]) continue;
      original.push_back(transfer_order(e));
      rearranged.push_back(transfer_order(image));
    }
    for (std::size_t v = 0; v < vertex_ids_.size(); ++v) {
      const auto image = static_cast<std::size_t>(symmetry.vertices[v]);
      if (image == v || dropped_.vertices[v] || vertex_ids_[v].empty()) continue;
      original.push_back(key_order(vertex_ids_[v]));
      rearranged.push_back(key_order(vertex_ids_[image]));
    }
    if (original.empty()) return;
    where.push_back("(" + joined(original, ", ") + ") <= (" + joined(rearranged, ", ") + ")");
  }

  std::string transfer_order(int edge) const {
    return key_order(transfer(edge, tables_.source)) + ", " + transfer(edge, tables_.booked_at) +
           ", " + key_order(transfer_id(edge));
  }

  const graph::MotifQuery& query_;
  const graph::MotifBranch& motif_branch_;
  const graph::MotifQueryBranch& branch_;
  const graph::MotifPattern& pattern_;
  const graph::DroppedElements dropped_;
  const graph::PropertySchema& schema_;
  const MotifTables& tables_;
  std::vector<int> positive_;  ///< edges that are not negated
  Texts vertex_ids_;           ///< of each vertex; empty: it is never bound
};

/// Vertices with too many counterparties, themselves not counted.
std::string hubs_sql(const graph::MotifQuery& query, const MotifTables& tables) {
  const auto side = [&](const std::string& vertex, const std::string& other) {
    return fmt::format(
        "SELECT {0} AS id FROM {2} WHERE {0} <> {1} GROUP BY {0} HAVING count(DISTINCT {1}) > {3}",
        quoted_name(vertex), quoted_name(other), table_name(tables.transfers),
        query.max_counterparties);
  };
  return "WITH hubs AS (\n  " + side(tables.source, tables.target) + "\n  UNION\n  " +
         side(tables.target, tables.source) + "\n)\n";
}

std::string aggregate_sql(const Expression& node, const std::vector<Expression>& aggregates) {
  const Expression& aggregate = aggregates[static_cast<std::size_t>(node.slot)];
  const std::string argument = fmt::format("a{}", node.slot);
  switch (aggregate.kind) {
    case Kind::kCountRows:
      return "count(*)";
    case Kind::kCountDistinct:
      return "count(DISTINCT " + argument + ")";
    case Kind::kSum:
      return "sum(" + argument + ")";
    case Kind::kTotal:
      return fmt::format("sum({}) FILTER (WHERE n{} = 1)", argument, node.slot);
    default: {
      const std::string collation = aggregate.type == ValueType::kText ? " COLLATE \"C\"" : "";
      return (aggregate.kind == Kind::kMin ? "min(" : "max(") + argument + collation + ")";
    }
  }
}

/// The groups of the matches that a query gives.
std::string groups_sql(const graph::MotifGrouping& grouping, const std::string& matches) {
  std::string numbered = matches;
  Texts numbers;
  for (std::size_t i = 0; i < grouping.aggregates.size(); ++i) {
    if (grouping.aggregates[i].kind != Kind::kTotal) continue;
    // The first match of each transfer in a group carries its amount.
    numbers.push_back(fmt::format("row_number() OVER (PARTITION BY g, k{0}) AS n{0}", i));
  }
  if (!numbers.empty()) {
    numbered = "SELECT *, " + joined(numbers, ", ") + "\nFROM (" + matches + ") AS matches";
  }
  const auto text = [&](const Expression& expression) {
    return sql_expression(expression, [&](const Expression& node) {
      return aggregate_sql(node, grouping.aggregates);
    });
  };
  Texts columns{"g AS " + quoted_name(grouping.vertex)};
  for (const auto& [name, value] : grouping.columns) {
    columns.push_back(text(value) + " AS " + quoted_name(name));
  }
  return "SELECT " + joined(columns, ", ") + "\nFROM (" + numbered + ") AS rows_of_groups" +
         "\nGROUP BY g" + (grouping.having ? "\nHAVING " + text(*grouping.having) : "");
}

}  // namespace

std::string motif_sql(const graph::MotifQuery& query, const graph::PropertySchema& schema,
                      const MotifTables& tables) {
  Texts branches;
  for (std::size_t i = 0; i < query.branches.size(); ++i) {
    const BranchSql branch(query, i, schema, tables);
    branches.push_back(branch.select(query.grouping ? branch.columns_for_groups(*query.grouping)
                                                    : branch.columns_of_motif()));
  }
  const std::string matches = joined(branches, "\nUNION ALL\n");
  return (query.max_counterparties > 0 ? hubs_sql(query, tables) : "") +
         (query.grouping ? groups_sql(*query.grouping, matches) : matches) + "\n";
}

}  // namespace aml::scenarios
