// SPDX-License-Identifier: Apache-2.0
// aml graph: the kernels on CSV files, without a database.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <utility>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/graph_files.hpp"
#include "detect/money_text.hpp"
#include "detect/risk_propagation.hpp"
#include "graph/components.hpp"
#include "graph/temporal_cycles.hpp"
#include "graph/transfer_graph.hpp"
#include "scenarios/duration.hpp"
#include "store/graph_file.hpp"

namespace aml::cli {
namespace {

using graph::Edge;
using graph::TransferGraph;
using graph::Vertex;

std::int64_t distinct_pairs(const TransferGraph& graph) {
  std::int64_t pairs = 0;
  std::vector<Vertex> payees;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    payees.clear();
    for (const Edge e : graph.out_edges(v)) payees.push_back(graph.target(e));
    std::ranges::sort(payees);
    pairs += std::ranges::unique(payees).begin() - payees.begin();
  }
  return pairs;
}

/// Number of components and of the vertices in the largest one.
std::pair<std::int64_t, std::int64_t> component_sizes(const TransferGraph& graph) {
  std::vector<std::int64_t> size(graph.num_vertices());
  for (const Vertex name : graph::weak_components(graph)) ++size[name];
  const auto largest = std::ranges::max_element(size);
  return {std::ranges::count_if(size, [](std::int64_t n) { return n > 0; }),
          largest == size.end() ? 0 : *largest};
}

constexpr const char* kRiskColumn = "risk";

/// The column `risk` of the vertex file, for each vertex of the graph; 0 where it says nothing.
std::vector<double> base_risk(const LoadedGraph& loaded, const GraphFiles& files) {
  const store::TextColumn* column = loaded.vertices ? loaded.vertices->find(kRiskColumn) : nullptr;
  if (column == nullptr) {
    throw std::invalid_argument(fmt::format("{} has no column '{}'", files.vertices, kRiskColumn));
  }
  std::vector<double> risk(loaded.graph.num_vertices());
  for (std::size_t row = 0; row < loaded.vertices->ids.size(); ++row) {
    if (column->is_null[row] != 0) continue;
    const std::string text(column->values[row]);
    char* end = nullptr;
    risk[*loaded.graph.find(loaded.vertices->ids[row])] = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size()) {
      throw std::invalid_argument(fmt::format("{}: vertex '{}': risk '{}' is no number",
                                              files.vertices, loaded.vertices->ids[row], text));
    }
  }
  return risk;
}

detect::PropagationMode propagation_mode(const std::string& name) {
  if (name == "literal") return detect::PropagationMode::kLiteral;
  if (name == "distinct") return detect::PropagationMode::kDistinct;
  if (name == "normalised") return detect::PropagationMode::kNormalised;
  return detect::PropagationMode::kAmountWeighted;
}

}  // namespace

LoadedGraph load_graph(const GraphFiles& files) {
  std::optional<store::VertexFile> vertices;
  if (!files.vertices.empty()) vertices = store::read_vertex_file(files.vertices);
  store::EdgeFile edges =
      store::read_edge_file(files.edges, vertices ? *vertices : store::VertexFile{});
  TransferGraph graph(std::move(edges.transfers));
  return {std::move(vertices), std::move(edges), std::move(graph)};
}

Cell id_of(const TransferGraph& graph, Vertex v) {
  return std::string(graph.key(v));
}

Cell row_of(const TransferGraph& graph, Edge e) {
  return std::string(graph.transfer_key(e));
}

graph::Micros duration_argument(const char* option, const std::string& text) {
  if (const auto duration = scenarios::parse_typed_duration(text)) return *duration;
  throw std::invalid_argument(fmt::format(
      "{}: '{}' is no length of time\n  for example:  7 days, 36h, 90 min, 604800 (seconds)",
      option, text));
}

graph::TimeOrder time_order_argument(const std::string& name, const LoadedGraph& loaded) {
  if (name == "none") return graph::TimeOrder::kNone;
  if (!loaded.edges.has_time) {
    throw std::invalid_argument(
        "the edges have no column 'time'\n  without times:  --time-order none");
  }
  return name == "strict" ? graph::TimeOrder::kStrict : graph::TimeOrder::kLoose;
}

int run_graph_components(const GlobalOptions& global, const GraphFiles& files) {
  const TransferGraph graph = load_graph(files).graph;
  Table table{{"id", "component"}, {}};
  const std::vector<Vertex> names = graph::weak_components(graph);
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    table.rows.push_back({id_of(graph, v), id_of(graph, names[v])});
  }
  print(table, effective_format(global.format), CsvText::kAsItIs);
  return kOk;
}

int run_graph_cycles(const GlobalOptions& global, const GraphCycleOptions& options) {
  const LoadedGraph loaded = load_graph(options.files);
  const TransferGraph& graph = loaded.graph;
  graph::TemporalCycleParams params;
  params.min_length = options.min_length;
  params.max_length = options.max_length;
  params.window = duration_argument("--window", options.window);
  params.time_order = time_order_argument(options.time_order, loaded);
  params.max_cycles = options.limit;
  const graph::TemporalCycles cycles = graph::find_temporal_cycles(graph, params);
  Table table{{"cycle", "step", "src", "dst", "edge"}, {}};
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    Vertex payer = graph.source(cycles[i].front());
    for (std::size_t step = 0; step < cycles[i].size(); ++step) {
      const Edge e = cycles[i][step];
      table.rows.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(step),
                            id_of(graph, payer), id_of(graph, graph.target(e)), row_of(graph, e)});
      payer = graph.target(e);
    }
  }
  print(table, effective_format(global.format), CsvText::kAsItIs);
  if (cycles.truncated) {
    warn(fmt::format(
        "there are more cycles than the {} that are shown: raise --limit or narrow the window",
        human_count(cycles.size())));
    return kFailed;
  }
  return kOk;
}

int run_graph_propagate(const GlobalOptions& global, const GraphPropagateOptions& options) {
  const LoadedGraph loaded = load_graph(options.files);
  const TransferGraph& graph = loaded.graph;
  const std::vector<double> base = base_risk(loaded, options.files);
  detect::RiskPropagationParams params;
  params.rounds = options.rounds;
  params.mode = propagation_mode(options.mode);
  params.max_counterparties = 0;
  if (params.mode == detect::PropagationMode::kAmountWeighted && !loaded.edges.has_amount) {
    throw std::invalid_argument("the edges have no column 'amount' to weigh by");
  }
  const detect::PropagatedRisk risk = detect::propagate_risk(graph, base, params);
  Table table{{"id", "risk", "risk_score"}, {}};
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    table.rows.push_back({id_of(graph, v), base[v], risk.scores[v]});
  }
  print(table, effective_format(global.format), CsvText::kAsItIs);
  say(fmt::format("Residual of the last round: {:.6g}", risk.residual));
  return kOk;
}

int run_graph_stats(const GlobalOptions& global, const GraphFiles& files) {
  const LoadedGraph loaded = load_graph(files);
  const TransferGraph& graph = loaded.graph;
  std::int64_t self_loops = 0;
  std::size_t most_out = 0;
  std::size_t most_in = 0;
  std::int64_t isolated = 0;
  graph::MinorSum amount = 0;
  std::pair<graph::Micros, graph::Micros> times{std::numeric_limits<graph::Micros>::max(),
                                                std::numeric_limits<graph::Micros>::min()};
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    most_out = std::max<std::size_t>(most_out, graph.out_edges(v).size());
    most_in = std::max<std::size_t>(most_in, graph.in_edges(v).size());
    isolated += graph.out_edges(v).empty() && graph.in_edges(v).empty() ? 1 : 0;
    for (const Edge e : graph.out_edges(v)) {
      self_loops += graph.target(e) == v ? 1 : 0;
      amount += graph.amount_minor(e);
      times = {std::min(times.first, graph.booked_at(e)),
               std::max(times.second, graph.booked_at(e))};
    }
  }
  const auto [components, largest] = component_sizes(graph);
  Table table{{"measure", "value"}, {}};
  const auto add = [&](const char* measure, Cell value) {
    table.rows.push_back({std::string(measure), std::move(value)});
  };
  const auto count = [](auto number) { return Cell{static_cast<std::int64_t>(number)}; };
  add("vertices", count(graph.num_vertices()));
  add("edges", count(graph.num_edges()));
  add("distinct_pairs", count(distinct_pairs(graph)));
  add("self_loops", count(self_loops));
  add("isolated_vertices", count(isolated));
  add("weak_components", count(components));
  add("largest_component", count(largest));
  add("largest_out_degree", count(most_out));
  add("largest_in_degree", count(most_in));
  if (loaded.edges.has_amount) {
    add("total_amount", detect::plain_money(amount, {"", loaded.edges.amount_decimals}));
  }
  if (loaded.edges.has_time && graph.num_edges() > 0) {
    add("first_time", detect::iso_time(times.first));
    add("last_time", detect::iso_time(times.second));
  }
  add("memory_bytes", count(graph.memory_bytes()));
  print(table, effective_format(global.format), CsvText::kAsItIs);
  return kOk;
}

}  // namespace aml::cli
