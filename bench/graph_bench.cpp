// SPDX-License-Identifier: Apache-2.0
// How long the kernels of graph/ take on a skewed random graph, each beside a plain peer in the same
// process whose answer must be the same:
//   components   weak_components() beside Boost's disjoint_sets
//   propagation  three rounds of propagate_risk() in each mode beside the loops of scipy: its sparse
//                product (csr_matvec) three times over a matrix that is ready, and the same with the
//                making of that matrix from a column of payers, of payees and of amounts
// Rounds alternate between the kernels, so that a noisy machine is noisy for all of them. With one
// thread, seconds are those of the processor: a kernel does not pay for waiting behind other work.

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <boost/pending/disjoint_sets.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>
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

constexpr int kRounds = 15;

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

/// The transfers as scipy would have them, and what its functions make of them with the same loops.
struct Columns {
  std::vector<std::int32_t> payer;
  std::vector<std::int32_t> payee;
  std::vector<double> amount;
};

Columns columns_of(const TransferGraph& graph) {
  Columns columns;
  for (Vertex v = 0; v < graph.num_vertices(); ++v) {
    for (const Edge e : graph.out_edges(v)) {
      columns.payer.push_back(static_cast<std::int32_t>(v));
      columns.payee.push_back(static_cast<std::int32_t>(graph.target(e)));
      columns.amount.push_back(static_cast<double>(graph.amount_minor(e)));
    }
  }
  return columns;
}

/// Shares of payers in compressed sparse rows, one row for each payee.
struct ShareMatrix {
  std::vector<std::int32_t> offsets;
  std::vector<std::int32_t> payers;
  std::vector<double> shares;
};

/// coo_tocsr
ShareMatrix to_rows(const Columns& columns, const std::vector<double>& shares, Vertex vertices) {
  const std::size_t size = columns.payee.size();
  ShareMatrix matrix{std::vector<std::int32_t>(vertices + std::size_t{1}),
                     std::vector<std::int32_t>(size), std::vector<double>(size)};
  for (const auto row : columns.payee) ++matrix.offsets[static_cast<std::size_t>(row) + 1];
  std::partial_sum(matrix.offsets.begin(), matrix.offsets.end(), matrix.offsets.begin());
  std::vector<std::int32_t> next(matrix.offsets.begin(), matrix.offsets.end() - 1);
  for (std::size_t i = 0; i < size; ++i) {
    const auto place = static_cast<std::size_t>(next[static_cast<std::size_t>(columns.payee[i])]++);
    matrix.payers[place] = columns.payer[i];
    matrix.shares[place] = shares[i];
  }
  return matrix;
}

/// csr_sum_duplicates, for shares of 1 that stay 1. Rows are in the order of their payers already.
void drop_duplicates(ShareMatrix& matrix) {
  std::size_t kept = 0;
  std::size_t begin = 0;
  for (std::size_t row = 0; row + 1 < matrix.offsets.size(); ++row) {
    const auto end = static_cast<std::size_t>(matrix.offsets[row + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      if (i > begin && matrix.payers[i] == matrix.payers[i - 1]) continue;
      matrix.payers[kept] = matrix.payers[i];
      matrix.shares[kept++] = matrix.shares[i];
    }
    begin = end;
    matrix.offsets[row + 1] = static_cast<std::int32_t>(kept);
  }
  matrix.payers.resize(kept);
  matrix.shares.resize(kept);
}

ShareMatrix share_matrix(const Columns& columns, Vertex vertices, PropagationMode mode) {
  std::vector<double> shares(columns.payer.size(), 1.0);
  if (mode == PropagationMode::kLiteral) return to_rows(columns, shares, vertices);
  const bool by_amount = mode == PropagationMode::kAmountWeighted;
  if (by_amount) shares = columns.amount;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (columns.payer[i] == columns.payee[i]) shares[i] = 0;
  }
  if (mode != PropagationMode::kDistinct) {
    const auto& divided = by_amount ? columns.payee : columns.payer;
    std::vector<double> whole(vertices);  // numpy.bincount
    for (std::size_t i = 0; i < shares.size(); ++i)
      whole[static_cast<std::size_t>(divided[i])] += shares[i];
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] != 0) shares[i] /= whole[static_cast<std::size_t>(divided[i])];
    }
  }
  ShareMatrix matrix = to_rows(columns, shares, vertices);
  if (mode == PropagationMode::kDistinct) drop_duplicates(matrix);
  return matrix;
}

std::vector<double> propagated_by_matrix(const ShareMatrix& matrix, const std::vector<double>& base,
                                         double decay, int rounds) {
  std::vector<double> scores = base;
  std::vector<double> next(base.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t row = 0; row < base.size(); ++row) {
      double sum = 0;
      for (std::int32_t i = matrix.offsets[row]; i < matrix.offsets[row + 1]; ++i) {
        const auto at = static_cast<std::size_t>(i);
        sum += matrix.shares[at] * scores[static_cast<std::size_t>(matrix.payers[at])];
      }
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

/// Seconds of the processor if there is one thread, else of the wall clock.
class Clock {
 public:
  explicit Clock(std::size_t threads) : threads_(threads) {}
  double now() const {
    if (threads_ == 1) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

 private:
  std::size_t threads_;
};

struct Measurement {
  std::string name;
  std::vector<double> seconds = {};
};

template <typename Action>
auto timed(const Clock& clock, Measurement& measurement, const Action& action) {
  const double start = clock.now();
  auto result = action();
  measurement.seconds.push_back(clock.now() - start);
  return result;
}

double minimum(const Measurement& measurement) {
  return std::ranges::min(measurement.seconds);
}
double median(Measurement measurement) {
  std::ranges::sort(measurement.seconds);
  return measurement.seconds[measurement.seconds.size() / 2];
}

void print(const Measurement& ours, const std::vector<Measurement>& peers) {
  fmt::print("{:28} minimum {:.4f} s, median {:.4f} s\n", ours.name, minimum(ours), median(ours));
  for (const Measurement& peer : peers) {
    fmt::print("  {:26} minimum {:.4f} s, median {:.4f} s: {:.2f} and {:.2f} of ours\n", peer.name,
               minimum(peer), median(peer), minimum(peer) / minimum(ours),
               median(peer) / median(ours));
  }
}

void require_same(bool same, std::string_view what) {
  if (!same) throw std::runtime_error(fmt::format("{}: the answers differ", what));
}

void bench_components(const TransferGraph& graph, const Clock& clock) {
  Measurement ours{"components"};
  Measurement boost{"Boost disjoint_sets"};
  for (int round = 0; round < kRounds; ++round) {
    const auto found = timed(clock, ours, [&] { return weak_components(graph); });
    const auto expected = timed(clock, boost, [&] { return components_by_boost(graph); });
    require_same(found == expected, ours.name);
  }
  print(ours, {boost});
}

void bench_propagation(const TransferGraph& graph, const Clock& clock, std::string_view name,
                       PropagationMode mode) {
  aml::detect::RiskPropagationParams params;
  params.mode = mode;
  params.max_counterparties = 0;
  std::mt19937_64 random(graph.num_edges());
  std::vector<double> base(graph.num_vertices());
  for (double& risk : base) risk = static_cast<double>(random() % 1001) / 100;
  const Columns columns = columns_of(graph);
  const auto product = [&](const ShareMatrix& matrix) {
    return propagated_by_matrix(matrix, base, params.decay, params.rounds);
  };
  const ShareMatrix matrix = share_matrix(columns, graph.num_vertices(), mode);
  Measurement ours{fmt::format("propagation, {}", name)};
  Measurement ready{"products, matrix ready"};
  Measurement whole{"matrix and products"};
  for (int round = 0; round < kRounds; ++round) {
    const auto found =
        timed(clock, ours, [&] { return propagate_risk(graph, base, params).scores; });
    const auto expected = timed(clock, ready, [&] { return product(matrix); });
    const auto made = timed(
        clock, whole, [&] { return product(share_matrix(columns, graph.num_vertices(), mode)); });
    require_same(nearly_equal(found, expected) && made == expected, ours.name);
  }
  print(ours, {ready, whole});
}

void bench(const Sizes& sizes) {
  const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                          sizes.threads);
  fmt::print("{} vertices, {} transfers, seed {}, {} thread(s), {} rounds\n", sizes.vertices,
             sizes.transfers, sizes.seed, sizes.threads, kRounds);
  const TransferGraph graph = random_graph(sizes);
  const Clock clock(sizes.threads);
  bench_components(graph, clock);
  bench_propagation(graph, clock, "literal", PropagationMode::kLiteral);
  bench_propagation(graph, clock, "distinct", PropagationMode::kDistinct);
  bench_propagation(graph, clock, "normalised", PropagationMode::kNormalised);
  bench_propagation(graph, clock, "amount_weighted", PropagationMode::kAmountWeighted);
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
