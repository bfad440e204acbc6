// SPDX-License-Identifier: Apache-2.0
// Our side of `./run bench --peers`, in the protocol of bench/peers/peer.py: reads the graph of a
// folder, says what that took, then answers each task that a line of standard input names with one
// line of JSON. Vertices are numbered in key order, so with ids from 0 a vertex is its id.

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "detect/risk_propagation.hpp"
#include "graph/components.hpp"
#include "graph/motif_describe.hpp"
#include "graph/motif_plan.hpp"
#include "graph/motif_search.hpp"
#include "graph/temporal_cycles.hpp"
#include "graph/transfer_graph.hpp"
#include "store/graph_file.hpp"

namespace {

using namespace aml::graph;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A line of /proc/self/status in bytes: VmRSS, or VmHWM, its peak.
double memory_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kibibytes = 0;
    if (word == name + ":" && status >> kibibytes) return kibibytes * 1024;
  }
  throw std::runtime_error("/proc/self/status has no " + name);
}

/// What a graph's arrays take; the rest of its memory holds the keys of vertices and transfers.
double array_bytes(const TransferGraph& graph) {
  // Amounts, types and ranks of keys are not shown as spans.
  constexpr std::size_t kNotShown =
      sizeof(MinorUnits) + sizeof(std::uint16_t) + sizeof(std::uint32_t);
  return static_cast<double>(graph.out_offsets().size_bytes() + graph.targets().size_bytes() +
                             graph.times().size_bytes() + graph.in_offsets().size_bytes() +
                             graph.in_sources().size_bytes() + graph.in_edge_ids().size_bytes() +
                             graph.in_times().size_bytes() + graph.num_edges() * kNotShown);
}

struct Input {
  TransferGraph graph;
  std::vector<double> risk;
};

/// Reads and builds, and prints the first line of the protocol.
Input read_input(const std::string& folder) {
  const double before = memory_bytes("VmRSS");
  const auto start = std::chrono::steady_clock::now();
  const aml::store::VertexFile vertices = aml::store::read_vertex_file(folder + "/vertices.csv");
  aml::store::EdgeFile edges = aml::store::read_edge_file(folder + "/edges.csv", vertices);
  const double load = seconds_since(start);
  const auto loaded = std::chrono::steady_clock::now();
  Input input{TransferGraph(std::move(edges.transfers)), {}};
  const double build = seconds_since(loaded);
  const double peak = memory_bytes("VmHWM") - before;
  const aml::store::TextColumn* risk = vertices.find("risk");
  if (risk == nullptr) throw std::runtime_error("vertices.csv has no column risk");
  input.risk.resize(input.graph.num_vertices());
  for (std::size_t row = 0; row < vertices.ids.size(); ++row) {
    input.risk[*input.graph.find(vertices.ids[row])] =
        std::strtod(std::string(risk->values[row]).c_str(), nullptr);
  }
  const double edge_count = input.graph.num_edges();
  fmt::print(
      R"({{"name": "amlgraph", "version": "{}", "load_seconds": {:.3f}, "build_seconds": {:.3f}, )"
      R"("bytes_an_edge": {:.1f}, "array_bytes_an_edge": {:.1f}, "peak_bytes_an_edge": {:.1f}}})"
      "\n",
      AML_VERSION, load, build, static_cast<double>(input.graph.memory_bytes()) / edge_count,
      array_bytes(input.graph) / edge_count, peak / edge_count);
  std::fflush(stdout);
  return input;
}

/// A task does the work, and returns what makes the answer of it when the clock has stopped.
using Digest = std::function<std::string()>;
using Task = std::function<Digest()>;

MotifConstraints literal() {
  MotifConstraints constraints;
  constraints.distinct_vertices = false;
  constraints.distinct_edges = false;
  return constraints;
}

RowCount count(const TransferGraph& graph, const std::string& motif,
               const MotifConstraints& constraints) {
  const MotifPattern pattern = parse_motif(motif);
  const MotifCount found = count_motif(MotifPlan(graph, pattern, constraints));
  if (found.overflowed || found.truncated) throw std::runtime_error(motif + ": not counted");
  return found.rows;
}

/// Each transfer later than the one before it, by a day at most.
RowCount count_inside_days(const TransferGraph& graph, const std::string& motif, int edges) {
  MotifConstraints constraints = literal();
  constraints.time_order = TimeOrder::kStrict;
  for (int e = 1; e < edges; ++e) constraints.follows.push_back({e - 1, e, kMicrosPerDay});
  return count(graph, motif, constraints);
}

constexpr const char* kBranches =
    "(a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (c)-[e5]->(g)";

/// bench/peers/sql/structuring.sql
MotifConstraints structuring() {
  const MotifConstraints::AmountBounds leg{200'000, 1'000'000};
  MotifConstraints constraints;
  constraints.amounts = {leg, leg, leg, leg, {}};
  constraints.follows = {{0, 1}, {2, 3}, {1, 4}, {3, 4}};
  constraints.ratios = {{0, 1, 700, 1050}, {2, 3, 700, 1050}};
  constraints.time_order = TimeOrder::kStrict;
  constraints.window = 5 * kMicrosPerDay;
  constraints.symmetries = {{{3, 4, 2, 0, 1, 5}, {2, 3, 0, 1, 4}}};
  return constraints;
}

/// Number of matches, and sums of the vertices of the branches, of the collectors and of the payees.
std::string digest_of_branches(const std::vector<std::vector<Vertex>>& matches) {
  std::uint64_t branches = 0;
  std::uint64_t collectors = 0;
  std::uint64_t payees = 0;
  for (const std::vector<Vertex>& match : matches) {
    branches += std::uint64_t{match[0]} + match[1] + match[3] + match[4];
    collectors += match[2];
    payees += match[5];
  }
  return fmt::format("[{}, {}, {}, {}]", matches.size(), branches, collectors, payees);
}

Digest structuring_matches(const TransferGraph& graph) {
  const MotifPattern pattern = parse_motif(kBranches);
  const MotifConstraints constraints = structuring();
  std::vector<std::vector<Vertex>> matches;
  enumerate_motif(MotifPlan(graph, pattern, constraints), kNoRowLimit,
                  [&](const MotifMatch& match) {
                    matches.emplace_back(match.vertices.begin(), match.vertices.end());
                  });
  return [found = std::move(matches)] { return digest_of_branches(found); };
}

TemporalCycles cycles_in_a_week(const TransferGraph& graph) {
  TemporalCycleParams params;
  params.min_length = params.max_length = 3;
  params.window = 7 * kMicrosPerDay;
  params.time_order = TimeOrder::kStrict;
  params.max_cycles = std::numeric_limits<std::uint64_t>::max();
  return find_temporal_cycles(graph, params);
}

Digest number(RowCount rows) {
  return [rows] { return fmt::format("[{}]", text_of(rows)); };
}

/// Number of components, and the sum of smallest vertex x (vertex + 1) modulo 2^64.
std::string digest_of_components(const std::vector<Vertex>& smallest) {
  std::uint64_t components = 0;
  std::uint64_t sum = 0;
  for (std::uint64_t v = 0; v < smallest.size(); ++v) {
    components += smallest[v] == v ? 1 : 0;
    sum += smallest[v] * (v + 1);
  }
  return fmt::format("[{}, {}]", components, sum);
}

std::string digest_of_scores(const std::vector<double>& scores) {
  double sum = 0;
  double squares = 0;
  double weighted = 0;
  for (std::size_t v = 0; v < scores.size(); ++v) {
    sum += scores[v];
    squares += scores[v] * scores[v];
    weighted += scores[v] * static_cast<double>(v + 1);
  }
  return fmt::format("[{:.17g}, {:.17g}, {:.17g}]", sum, squares, weighted);
}

/// Number of cycles, and the sum of vertices weighted by their place in the cycle.
std::string digest_of_cycles(const TransferGraph& graph, const TemporalCycles& cycles) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    for (std::uint64_t place = 0; place < cycles[i].size(); ++place)
      sum += (place + 1) * graph.source(cycles[i][place]);
  }
  return fmt::format("[{}, {}]", cycles.size(), sum);
}

std::map<std::string, Task> tasks_on(const Input& input) {
  const TransferGraph& graph = input.graph;
  const std::string two = "(a)-[e1]->(b); (b)-[e2]->(c)";
  const std::string three = two + "; (c)-[e3]->(d)";
  const std::string book = three + "; (e)-[e4]->(f); (f)-[e5]->(c); (c)-[e6]->(g)";
  const std::string triangle = two + "; (c)-[e3]->(a)";
  return {
      {"components",
       [&graph]() -> Digest {
         return [found = weak_components(graph)] { return digest_of_components(found); };
       }},
      {"propagation",
       [&input]() -> Digest {
         aml::detect::RiskPropagationParams params;
         params.mode = aml::detect::PropagationMode::kLiteral;
         params.max_counterparties = 0;
         return [scores = propagate_risk(input.graph, input.risk, params).scores] {
           return digest_of_scores(scores);
         };
       }},
      {"cycles",
       [&graph]() -> Digest {
         return
             [&graph, found = cycles_in_a_week(graph)] { return digest_of_cycles(graph, found); };
       }},
      {"structuring", [&graph] { return structuring_matches(graph); }},
      {"two_paths", [&graph, two] { return number(count(graph, two, literal())); }},
      {"book_motif", [&graph, book] { return number(count(graph, book, literal())); }},
      {"triangles", [&graph, triangle] { return number(count(graph, triangle, literal())); }},
      {"two_paths_in_order", [&graph, two] { return number(count_inside_days(graph, two, 2)); }},
      {"chains_in_order", [&graph, three] { return number(count_inside_days(graph, three, 3)); }},
  };
}

void serve(const std::string& folder) {
  const Input input = read_input(folder);
  const std::map<std::string, Task> tasks = tasks_on(input);
  for (std::string name; std::getline(std::cin, name);) {
    const auto start = std::chrono::steady_clock::now();
    const Digest digest = tasks.at(name)();
    const double seconds = seconds_since(start);
    fmt::print(R"({{"task": "{}", "seconds": {:.6f}, "answer": {}}})"
               "\n",
               name, seconds, digest());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: peer_bench FOLDER     one thread; see bench/peers/peer.py\n");
    return 2;
  }
  try {
    const oneapi::tbb::global_control one(oneapi::tbb::global_control::max_allowed_parallelism, 1);
    serve(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
