// SPDX-License-Identifier: Apache-2.0
// aml graph motif: the motif language on CSV files.
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/graph_files.hpp"
#include "detect/money_text.hpp"
#include "graph/motif_answer.hpp"
#include "graph/motif_binding.hpp"
#include "graph/motif_describe.hpp"
#include "graph/motif_query.hpp"
#include "scenarios/graph_properties.hpp"

namespace aml::cli {
namespace {

using graph::MotifColumn;
using graph::TransferGraph;

graph::Distinct distinct_argument(const std::string& name) {
  if (name == "vertices") return graph::Distinct::kVertices;
  return name == "edges" ? graph::Distinct::kEdges : graph::Distinct::kNone;
}

/// "name=expression"
std::pair<std::string, std::string> aggregate_argument(const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos || sign == 0) {
    throw std::invalid_argument(fmt::format(
        "--aggregate: '{}' is not name=expression, for example payers=count(distinct a)", text));
  }
  return {text.substr(0, sign), text.substr(sign + 1)};
}

/// Columns that the file does not have must not be asked for: they would all be equal.
void require_columns(const graph::MotifQueryText& query, const LoadedGraph& loaded) {
  const auto names = [&](const char* column) {
    bool is_named = (query.where + query.having).find(column) != std::string::npos;
    for (const auto& [name, expression] : query.aggregates) {
      is_named = is_named || expression.find(column) != std::string::npos;
    }
    return is_named;
  };
  if (names(".amount") && !loaded.edges.has_amount) {
    throw std::invalid_argument("the edges have no column 'amount'");
  }
  if (names(".time") && !loaded.edges.has_time) {
    throw std::invalid_argument("the edges have no column 'time'");
  }
}

graph::MotifQueryText query_text(const GraphMotifOptions& options, const LoadedGraph& loaded) {
  graph::MotifQueryText query;
  query.motif = options.motif;
  query.mode =
      options.mode == "graphframes" ? graph::MotifMode::kGraphFrames : graph::MotifMode::kMoney;
  query.where = options.where;
  if (!options.time_order.empty()) {
    query.time_order = time_order_argument(options.time_order, loaded);
  } else if (query.mode == graph::MotifMode::kMoney && !loaded.edges.has_time) {
    query.time_order = graph::TimeOrder::kNone;
  }
  if (!options.window.empty()) query.window = duration_argument("--window", options.window);
  if (!options.hop_window.empty()) {
    query.hop_window = duration_argument("--hop-window", options.hop_window);
  }
  if ((query.window || query.hop_window) && !loaded.edges.has_time) {
    throw std::invalid_argument("the edges have no column 'time' for a window");
  }
  if (!options.distinct.empty()) query.distinct = distinct_argument(options.distinct);
  query.group_by = options.group_by;
  for (const std::string& text : options.aggregates) {
    query.aggregates.push_back(aggregate_argument(text));
  }
  query.having = options.having;
  query.max_counterparties = options.max_counterparties;
  query.max_rows = options.max_rows;
  require_columns(query, loaded);
  return query;
}

Cell cell_of(const graph::Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return std::string(*flag ? "true" : "false");
  if (const auto* number = std::get_if<graph::Decimal>(&value)) return graph::to_string(*number);
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* time = std::get_if<graph::TimePoint>(&value)) {
    return detect::iso_time(static_cast<graph::Micros>(time->micros));
  }
  if (const auto* span = std::get_if<graph::TimeSpan>(&value)) {
    return static_cast<std::int64_t>(span->micros / graph::kMicrosPerSecond);
  }
  return {};
}

std::vector<Cell> row_of_match(const graph::Motif& motif, std::size_t branch_number,
                               const graph::MotifMatch& match, const TransferGraph& graph) {
  const graph::MotifBranch& branch = motif.branches[branch_number];
  std::vector<Cell> row;
  for (std::size_t i = 0; i < motif.columns.size(); ++i) {
    const int position = branch.positions[i];
    const auto element = static_cast<std::size_t>(position);
    switch (motif.columns[i].kind) {
      case MotifColumn::Kind::kVertex:
        row.push_back(position < 0 ? Cell{} : id_of(graph, match.vertices[element]));
        break;
      case MotifColumn::Kind::kEdge:
        row.push_back(position < 0 ? Cell{} : row_of(graph, match.edges[element]));
        break;
      case MotifColumn::Kind::kHop:
        row.push_back(text_or_nothing(branch.hop));
        break;
      case MotifColumn::Kind::kPattern:
        row.push_back(text_or_nothing(branch.written));
        break;
      case MotifColumn::Kind::kDirection:
        row.push_back(text_or_nothing(branch.direction));
        break;
    }
  }
  return row;
}

[[noreturn]] void refuse(graph::RowCount rows, std::uint64_t max_rows) {
  throw std::invalid_argument(fmt::format(
      "the motif has {} rows, more than the {} that are enumerated\n"
      "  count them:  --count    group them:  --group-by VERTEX    some of them:  --limit N",
      graph::text_of(rows), human_count(max_rows)));
}

int print_rows(const GlobalOptions& global, const graph::MotifQuery& query,
               const graph::BoundMotif& bound, const TransferGraph& graph, std::uint64_t limit) {
  std::vector<std::string> columns;
  for (const MotifColumn& column : query.motif.columns) columns.push_back(column.name);
  RowPrinter printer(std::move(columns), effective_format(global.format), CsvText::kAsItIs);
  const graph::MotifRun run = graph::visit_rows(
      query, bound, graph, limit, [&](std::size_t branch, const graph::MotifMatch& match) {
        printer.add(row_of_match(query.motif, branch, match, graph));
      });
  if (run.refused) refuse(run.rows_known, query.max_rows);
  printer.end();
  if (!run.truncated) return kOk;
  if (limit <= query.max_rows) {
    say(fmt::format("The first {} rows; there are more.", human_count(run.rows)));
    return kOk;
  }
  warn(fmt::format("these are the first {} rows, there are more: raise --max-rows",
                   human_count(run.rows)));
  return kFailed;
}

int print_groups(const GlobalOptions& global, const graph::MotifQuery& query,
                 const graph::MotifGrouping& grouping, const graph::BoundMotif& bound,
                 const LoadedGraph& loaded, const graph::GraphProperties& properties) {
  const graph::QueryGroups found = graph::group_rows(query, bound, loaded.graph, properties);
  if (found.refused) refuse(found.rows_known, query.max_rows);
  if (found.truncated) {
    throw std::invalid_argument("the groups have too many rows to be enumerated: raise --max-rows");
  }
  Table table{{grouping.vertex}, {}};
  for (const auto& column : grouping.columns) table.columns.push_back(column.name);
  for (const graph::MotifGroup& group : found.groups) {
    std::vector<Cell> row{id_of(loaded.graph, group.vertex)};
    for (const graph::Value& value : group.values) row.push_back(cell_of(value));
    table.rows.push_back(std::move(row));
  }
  print(table, effective_format(global.format), CsvText::kAsItIs);
  return kOk;
}

int print_count(const GlobalOptions& global, const graph::BoundMotif& bound,
                const TransferGraph& graph) {
  const graph::MotifCount count = graph::count_rows(bound, graph);
  if (count.overflowed) throw std::overflow_error("the number of rows has more than 38 digits");
  print({{"count"}, {{graph::text_of(count.rows)}}}, effective_format(global.format),
        CsvText::kAsItIs);
  return kOk;
}

}  // namespace

int run_graph_motif(const GlobalOptions& global, const GraphMotifOptions& options) {
  const LoadedGraph loaded = load_graph(options.files);
  const graph::GraphProperties properties = scenarios::graph_properties(
      loaded.edges, loaded.vertices ? &*loaded.vertices : nullptr, loaded.graph);
  const graph::MotifQuery query =
      graph::parse_query(query_text(options, loaded), graph::schema_of(properties));
  const graph::BoundMotif bound = graph::bind_query(query, loaded.graph, properties);
  if (!bound.hubs.empty()) {
    say(fmt::format("{} vertices with more than {} counterparties are left out.",
                    human_count(bound.hubs.size()), query.max_counterparties));
  }
  if (options.count) return print_count(global, bound, loaded.graph);
  if (query.grouping)
    return print_groups(global, query, *query.grouping, bound, loaded, properties);
  return print_rows(global, query, bound, loaded.graph,
                    options.limit > 0 ? options.limit : graph::kNoRowLimit);
}

}  // namespace aml::cli
