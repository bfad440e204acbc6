// SPDX-License-Identifier: Apache-2.0
// How long the kernels of graph/ take on a skewed random graph, each beside a plain peer in the same
// process whose answer must be the same:
//   components    weak_components() beside Boost's incremental_components on the same graph
// Rounds alternate between the kernels, so that a noisy machine is noisy for all of them.

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <boost/graph/incremental_components.hpp>
#include <boost/pending/disjoint_sets.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "graph/components.hpp"
#include "graph/transfer_graph.hpp"

namespace {

using aml::graph::TransferGraph;
using aml::graph::Vertex;

constexpr int kRounds = 7;

struct Sizes {
  Vertex vertices = 200'000;
  std::size_t transfers = 2'000'000;
  std::uint32_t seed = 1;
  std::size_t threads = 1;
};

/// Payers and payees are drawn by u^2 and u^3 of a uniform u: few vertices have most of the
/// transfers, as in payments. Vertices are numbered at random, so that hubs are not neighbours in
/// memory.
TransferGraph random_graph(const Sizes& sizes) {
  std::mt19937_64 random(sizes.seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
  std::vector<Vertex> number(sizes.vertices);
  for (Vertex v = 0; v < sizes.vertices; ++v) number[v] = v;
  for (Vertex v = sizes.vertices; v > 1; --v) std::swap(number[v - 1], number[random() % v]);
  const auto draw = [&](double power) {
    return number[static_cast<std::size_t>(std::pow(uniform(), power) * sizes.vertices)];
  };
  aml::graph::TransferColumns columns;
  columns.type_names = {"TRANSFER"};
  for (Vertex v = 0; v < sizes.vertices; ++v) columns.vertex_keys.push_back(std::to_string(v));
  for (std::size_t row = 0; row < sizes.transfers; ++row) {
    columns.source.push_back(draw(2));
    columns.target.push_back(draw(3));
    columns.booked_at.push_back(static_cast<aml::graph::Micros>(random() % 1'000'000));
    columns.amount_minor.push_back(static_cast<aml::graph::MinorUnits>(1 + random() % 1'000'000));
    columns.type.push_back(0);
    columns.transfer_keys.push_back(std::to_string(row));
  }
  return TransferGraph(std::move(columns));
}

/// For each vertex the smallest vertex of its component.
std::vector<Vertex> components_by_boost(const TransferGraph& graph) {
  std::vector<Vertex> rank(graph.num_vertices());
  std::vector<Vertex> parent(graph.num_vertices());
  boost::disjoint_sets<Vertex*, Vertex*> sets(rank.data(), parent.data());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) sets.make_set(v);
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const aml::graph::Edge e : graph.out_edges(v)) sets.union_set(v, graph.target(e));
  }
  std::vector<Vertex> smallest(graph.num_vertices(), aml::graph::kNoVertex);
  std::vector<Vertex> components(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    Vertex& name = smallest[sets.find_set(v)];
    if (name == aml::graph::kNoVertex) name = v;
    components[v] = name;
  }
  return components;
}

struct Measurement {
  std::string name;
  std::vector<double> seconds;
};

template <typename Action>
auto timed(Measurement& measurement, const Action& action) {
  const auto start = std::chrono::steady_clock::now();
  auto result = action();
  measurement.seconds.push_back(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return result;
}

double median(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

void print_pair(const Measurement& ours, const Measurement& peer) {
  const double own = median(ours.seconds);
  fmt::print("{:28} {:9.4f} s   {:40} {:9.4f} s   peer/ours {:6.2f}\n", ours.name, own, peer.name,
             median(peer.seconds), median(peer.seconds) / own);
}

void require_same(bool same, std::string_view what) {
  if (!same) throw std::runtime_error(fmt::format("{}: the answers differ", what));
}

void bench(const Sizes& sizes) {
  const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                          sizes.threads);
  fmt::print("{} vertices, {} transfers, seed {}, {} thread(s), medians of {} rounds\n",
             sizes.vertices, sizes.transfers, sizes.seed, sizes.threads, kRounds);
  const TransferGraph graph = random_graph(sizes);
  Measurement components{"components", {}};
  Measurement components_boost{"Boost disjoint_sets", {}};
  for (int round = 0; round < kRounds; ++round) {
    const auto ours = timed(components, [&] { return weak_components(graph); });
    const auto peer = timed(components_boost, [&] { return components_by_boost(graph); });
    require_same(ours == peer, "components");
  }
  print_pair(components, components_boost);
}

}  // namespace

int main(int argc, char** argv) {
  Sizes sizes;
  const auto number = [&](int position, auto& value) {
    if (position >= argc) return true;
    const std::string_view text = argv[position];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value > 0;
  };
  if (argc > 5 || !number(1, sizes.vertices) || !number(2, sizes.transfers) ||
      !number(3, sizes.seed) || !number(4, sizes.threads)) {
    fmt::print(stderr, "usage: graph_bench [VERTICES [TRANSFERS [SEED [THREADS]]]]\n");
    return 2;
  }
  try {
    bench(sizes);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
