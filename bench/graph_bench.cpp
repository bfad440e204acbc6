// SPDX-License-Identifier: Apache-2.0
// How long the kernels of graph/ take on a skewed random graph, each beside a plain peer in the same
// process whose answer must be the same:
//   components   weak_components() beside Boost's disjoint_sets
//   propagation  three rounds of propagate_risk() in each mode beside the loop of scipy's sparse
//                product (csr_matvec) over a matrix that is ready before the clock starts
// Rounds alternate between the kernels, so that a noisy machine is noisy for all of them.

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <boost/pending/disjoint_sets.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "detect/risk_propagation.hpp"
#include "graph/components.hpp"
#include "graph/transfer_graph.hpp"

namespace {

using aml::detect::PropagationMode;
using aml::graph::Edge;
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
    for (const Edge e : graph.out_edges(v)) sets.union_set(v, graph.target(e));
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

/// Shares of payers in compressed sparse rows, one row for each payee.
struct ShareMatrix {
  std::vector<std::size_t> offsets{0};
  std::vector<Vertex> payers;
  std::vector<double> shares;
};

ShareMatrix share_matrix(const TransferGraph& graph, PropagationMode mode) {
  std::vector<double> sent(graph.num_vertices());
  std::vector<double> received(graph.num_vertices());
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) {
      if (graph.target(e) == v) continue;
      sent[v] += 1;
      received[graph.target(e)] += static_cast<double>(graph.amount_minor(e));
    }
  }
  ShareMatrix matrix;
  std::vector<Vertex> last_payee(graph.num_vertices(), aml::graph::kNoVertex);
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge position : graph.in_edges(v)) {
      const Vertex payer = graph.in_source(position);
      const bool literal = mode == PropagationMode::kLiteral;
      const bool repeated = last_payee[payer] == v && mode == PropagationMode::kDistinct;
      if (repeated || (payer == v && !literal)) continue;
      last_payee[payer] = v;
      const auto amount = static_cast<double>(graph.amount_minor(graph.in_edge(position)));
      matrix.payers.push_back(payer);
      matrix.shares.push_back(mode == PropagationMode::kNormalised       ? 1 / sent[payer]
                              : mode == PropagationMode::kAmountWeighted ? amount / received[v]
                                                                         : 1);
    }
    matrix.offsets.push_back(matrix.payers.size());
  }
  return matrix;
}

std::vector<double> propagated_by_matrix(const ShareMatrix& matrix, const std::vector<double>& base,
                                         double decay, int rounds) {
  std::vector<double> scores = base;
  std::vector<double> next(base.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t row = 0; row < base.size(); ++row) {
      double sum = 0;
      for (std::size_t i = matrix.offsets[row]; i < matrix.offsets[row + 1]; ++i)
        sum += matrix.shares[i] * scores[matrix.payers[i]];
      next[row] = base[row] + decay * sum;
    }
    scores.swap(next);
  }
  return scores;
}

bool nearly_equal(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(
      a, b, [](double x, double y) { return std::abs(x - y) <= 1e-9 * std::max(1.0, y); });
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
  fmt::print("{:28} {:8.4f} s   {:28} {:8.4f} s   peer/ours {:5.2f}\n", ours.name, own, peer.name,
             median(peer.seconds), median(peer.seconds) / own);
}

void require_same(bool same, std::string_view what) {
  if (!same) throw std::runtime_error(fmt::format("{}: the answers differ", what));
}

void bench_components(const TransferGraph& graph) {
  Measurement ours{"components", {}};
  Measurement boost{"Boost disjoint_sets", {}};
  for (int round = 0; round < kRounds; ++round) {
    const auto found = timed(ours, [&] { return weak_components(graph); });
    const auto expected = timed(boost, [&] { return components_by_boost(graph); });
    require_same(found == expected, ours.name);
  }
  print_pair(ours, boost);
}

void bench_propagation(const TransferGraph& graph, std::string_view name, PropagationMode mode) {
  aml::detect::RiskPropagationParams params;
  params.mode = mode;
  params.max_counterparties = 0;
  std::mt19937_64 random(graph.num_edges());
  std::vector<double> base(graph.num_vertices());
  for (double& risk : base) risk = static_cast<double>(random() % 1001) / 100;
  const ShareMatrix matrix = share_matrix(graph, mode);
  Measurement ours{fmt::format("propagation, {}", name), {}};
  Measurement loop{"loop of scipy's csr_matvec", {}};
  for (int round = 0; round < kRounds; ++round) {
    const auto found = timed(ours, [&] { return propagate_risk(graph, base, params).scores; });
    const auto expected = timed(
        loop, [&] { return propagated_by_matrix(matrix, base, params.decay, params.rounds); });
    require_same(nearly_equal(found, expected), ours.name);
  }
  print_pair(ours, loop);
}

void bench(const Sizes& sizes) {
  const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                          sizes.threads);
  fmt::print("{} vertices, {} transfers, seed {}, {} thread(s), medians of {} rounds\n",
             sizes.vertices, sizes.transfers, sizes.seed, sizes.threads, kRounds);
  const TransferGraph graph = random_graph(sizes);
  bench_components(graph);
  bench_propagation(graph, "literal", PropagationMode::kLiteral);
  bench_propagation(graph, "distinct", PropagationMode::kDistinct);
  bench_propagation(graph, "normalised", PropagationMode::kNormalised);
  bench_propagation(graph, "amount_weighted", PropagationMode::kAmountWeighted);
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
