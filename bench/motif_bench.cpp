// SPDX-License-Identifier: Apache-2.0
// Motifs on one random graph whose degrees are skewed as those of payment networks are: what the
// planner needs, each answer checked against another way to it. One thread unless told otherwise.

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/random_transfers.hpp"
#include "graph/motif.hpp"
#include "graph/motif_describe.hpp"
#include "graph/motif_group.hpp"
#include "graph/motif_plan.hpp"
#include "graph/motif_search.hpp"
#include "graph/temporal_cycles.hpp"
#include "graph/transfer_graph.hpp"

namespace {

using namespace aml::graph;

constexpr int kRounds = 5;
const char* const kBookMotif =
    "(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(d); (e)-[e4]->(f); (f)-[e5]->(c); (c)-[e6]->(g)";

double seconds(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Prints minimum and median time of an answer that must be the expected one each time.
void measure(std::string_view what, RowCount expected, const std::function<RowCount()>& answer) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    RowCount rows = 0;
    times.push_back(seconds([&] { rows = answer(); }));
    if (rows != expected) {
      throw std::runtime_error(
          fmt::format("{}: {} rows, expected {}", what, text_of(rows), text_of(expected)));
    }
  }
  std::ranges::sort(times);
  fmt::print("{:44} {:>18} {:9.4f} {:9.4f}\n", what, text_of(expected), times.front(),
             times[kRounds / 2]);
}

MotifConstraints literal() {
  MotifConstraints constraints;
  constraints.distinct_vertices = false;
  constraints.distinct_edges = false;
  return constraints;
}

RowCount count(const TransferGraph& graph, const std::string& motif,
               const MotifConstraints& constraints) {
  const MotifPattern pattern = parse_motif(motif);
  return count_motif(MotifPlan(graph, pattern, constraints)).rows;
}

RowCount enumerate(const TransferGraph& graph, const std::string& motif,
                   const MotifConstraints& constraints) {
  const MotifPattern pattern = parse_motif(motif);
  return enumerate_motif(MotifPlan(graph, pattern, constraints), kNoRowLimit,
                         [](const MotifMatch&) {})
      .rows;
}

RowCount matcher(const TransferGraph& graph, const std::string& motif,
                 const MotifConstraints& constraints) {
  return find_motif(graph, parse_motif(motif), constraints, [](const MotifMatch&) {}).matches;
}

/// Payments in one band, passed on within the window, two branches into one collector, each pair of
/// branches once.
MotifConstraints structuring() {
  MotifConstraints constraints;
  constraints.amounts = {
      {200'000, 1'000'000}, {200'000, 1'000'000}, {200'000, 1'000'000}, {200'000, 1'000'000}, {}};
  constraints.follows = {{0, 1}, {2, 3}, {1, 4}, {3, 4}};
  constraints.ratios = {{0, 1, 700, 1050}, {2, 3, 700, 1050}};
  constraints.window = 5 * kMicrosPerDay;
  constraints.symmetries = {{{3, 4, 2, 0, 1, 5}, {2, 3, 0, 1, 4}}};
  return constraints;
}

void bench(const TransferGraph& graph) {
  RowCount two_paths = 0;
  RowCount book = 0;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    const RowCount out = graph.out_edges(v).size();
    RowCount into = 0;
    for (const Edge position : graph.in_edges(v))
      into += graph.in_edges(graph.in_source(position)).size();
    two_paths += graph.in_edges(v).size() * out;
    book += into * into * out * out;
  }
  const std::string two = "(a)-[e1]->(b); (b)-[e2]->(c)";
  fmt::print("{:44} {:>18} {:>9} {:>9}\n", "", "rows", "min s", "median s");
  measure("two-path, counted", two_paths, [&] { return count(graph, two, literal()); });
  measure("two-path, enumerated", two_paths, [&] { return enumerate(graph, two, literal()); });
  measure("the book's motif, counted", book, [&] { return count(graph, kBookMotif, literal()); });

  measure("the book's motif, rows of each (g)", book, [&] {
    const MotifPattern pattern = parse_motif(kBookMotif);
    const MotifConstraints constraints = literal();
    const MotifPlan plan(graph, pattern, constraints);
    const std::vector<MotifAggregate> rows = {{MotifAggregate::Measure::kRows, 0}};
    const MotifGroups groups = group_motif(plan, pattern.vertices.size() - 1, rows);
    RowCount sum = 0;
    for (const MinorSum of_group : groups.columns[0]) {
      sum += static_cast<RowCount>(of_group);
    }
    return sum;
  });

  MotifConstraints in_order = literal();
  in_order.follows = {{0, 1, kMicrosPerDay}};
  in_order.time_order = TimeOrder::kStrict;
  measure("two-path inside a day, counted", matcher(graph, two, in_order),
          [&] { return count(graph, two, in_order); });

  const std::string triangle = "(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(a)";
  MotifConstraints cycle;
  cycle.follows = {{0, 1}, {1, 2}};
  cycle.time_order = TimeOrder::kStrict;
  for (const int days : {1, 7}) {
    cycle.window = days * kMicrosPerDay;
    TemporalCycleParams params;
    params.min_length = params.max_length = 3;
    params.window = cycle.window;
    params.time_order = TimeOrder::kStrict;
    const RowCount cycles = find_temporal_cycles(graph, params).size();
    measure(fmt::format("3-cycles in time order, {} days, enumerated", days), cycles,
            [&] { return enumerate(graph, triangle, cycle); });
    measure(fmt::format("  the same by find_temporal_cycles", days), cycles,
            [&] { return find_temporal_cycles(graph, params).size(); });
  }
  measure("triangles, any order, counted", matcher(graph, triangle, literal()),
          [&] { return count(graph, triangle, literal()); });

  const std::string branches =
      "(a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (c)-[e5]->(g)";
  const RowCount networks = matcher(graph, branches, structuring());
  measure("structuring motif, 5 days, enumerated", networks,
          [&] { return enumerate(graph, branches, structuring()); });
  measure("  the same by find_motif", networks,
          [&] { return matcher(graph, branches, structuring()); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::uint64_t seed = argc > 1 ? std::stoull(argv[1]) : 1;
    const std::size_t threads = argc > 2 ? std::stoull(argv[2]) : 1;
    const auto edges = static_cast<Edge>(argc > 3 ? std::stoull(argv[3]) : 2'000'000);
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              threads);
    const TransferGraph graph(aml::bench::random_transfers(edges / 10, edges, seed));
    double load = 0;
    std::ifstream("/proc/loadavg") >> load;
    fmt::print("{} vertices, {} transfers in 30 days, seed {}, {} thread(s) of {}, load {}\n",
               graph.num_vertices(), graph.num_edges(), seed, threads,
               sysconf(_SC_NPROCESSORS_ONLN), load);
    bench(graph);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\nusage: motif_bench [SEED [THREADS [TRANSFERS]]]\n",
               error.what());
    return 1;
  }
}
