// SPDX-License-Identifier: Apache-2.0
// What the searches for cycles share: roots in chunks and waves, parallel, cut by their budgets as if
// the roots had been searched one after the other. Internal to graph/.
#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "graph/temporal_cycles.hpp"
#include "graph/transfer.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::graph::detail {

/// What is known before any root is searched.
struct CycleExclusions {
  std::vector<char> is_hub;       ///< for each vertex: no cycle goes through it
  std::vector<char> may_be_root;  ///< for each transfer; empty: each may be

  bool exclude(Edge root, Vertex source, Vertex target) const {
    return source == target || is_hub[source] || is_hub[target] ||
           (!may_be_root.empty() && !may_be_root[root]);
  }
};

/// The cycles of consecutive roots, each with the number of steps after which it was found.
struct CyclesOfChunk {
  std::vector<Edge> edges;
  std::vector<std::uint64_t> ends;  ///< cycle i ends at edges[ends[i]]
  std::vector<std::uint64_t> found_at_step;
  std::uint64_t steps = 0;
};

/// What the chunks of one wave have spent so far. A chunk may stop as soon as the chunks up to and
/// including itself have spent a limit: whatever it would find later is cut off when the chunks are
/// put together in order.
class WaveBudget {
 public:
  WaveBudget(std::size_t chunks, std::uint64_t max_steps, std::uint64_t max_cycles)
      : spent_(chunks), max_steps_(max_steps), max_cycles_(max_cycles) {}

  void report(std::size_t chunk, const CyclesOfChunk& found) {
    spent_[chunk].steps.store(found.steps, std::memory_order_relaxed);
    spent_[chunk].cycles.store(found.ends.size(), std::memory_order_relaxed);
  }
  bool exhausted(std::size_t chunk) const {
    std::uint64_t steps = 0;
    std::uint64_t cycles = 0;
    for (std::size_t i = 0; i <= chunk; ++i) {
      steps += spent_[i].steps.load(std::memory_order_relaxed);
      cycles += spent_[i].cycles.load(std::memory_order_relaxed);
    }
    return steps > max_steps_ || cycles > max_cycles_;
  }

 private:
  struct Spent {
    std::atomic<std::uint64_t> steps = 0;
    std::atomic<std::uint64_t> cycles = 0;
  };
  std::vector<Spent> spent_;
  std::uint64_t max_steps_;
  std::uint64_t max_cycles_;
};

/// What the search of one chunk finds and spends.
class ChunkLog {
 public:
  ChunkLog(std::size_t chunk, CyclesOfChunk& found, WaveBudget& budget, const std::stop_token& stop)
      : chunk_(chunk),
        found_(found),
        budget_(budget),
        stop_(stop),
        stopped_(stop.stop_requested()) {}
  ~ChunkLog() { budget_.report(chunk_, found_); }
  ChunkLog(const ChunkLog&) = delete;
  ChunkLog& operator=(const ChunkLog&) = delete;

  /// For each edge that is looked at. Between two reports every cycle takes a step at least, so
  /// cycles are counted often enough too.
  void count_step() {
    if (++found_.steps % kStepsBetweenReports != 0) return;
    budget_.report(chunk_, found_);
    stopped_ = budget_.exhausted(chunk_) || stop_.stop_requested();
  }
  bool stopped() const { return stopped_; }

  void emit(std::span<const Edge> cycle) {
    found_.edges.insert(found_.edges.end(), cycle.begin(), cycle.end());
    found_.ends.push_back(found_.edges.size());
    found_.found_at_step.push_back(found_.steps);
  }

 private:
  static constexpr std::uint64_t kStepsBetweenReports = 1 << 12;

  std::size_t chunk_;
  CyclesOfChunk& found_;
  WaveBudget& budget_;
  const std::stop_token& stop_;
  bool stopped_;
};

/// Adds the cycles of a chunk as far as the budgets reach, as if the roots had been searched one
/// after the other.
inline void append(const CyclesOfChunk& chunk, const TemporalCycleParams& params,
                   TemporalCycles& result) {
  const std::uint64_t steps_left = params.max_steps - result.steps;
  std::uint64_t steps = std::min(chunk.steps, steps_left);
  std::uint64_t begin = 0;
  std::size_t added = 0;
  for (; added < chunk.ends.size() && chunk.found_at_step[added] <= steps_left; ++added) {
    if (result.size() == params.max_cycles) {
      steps = chunk.found_at_step[added] - 1;
      break;
    }
    result.edges.insert(result.edges.end(),
                        chunk.edges.begin() + static_cast<std::ptrdiff_t>(begin),
                        chunk.edges.begin() + static_cast<std::ptrdiff_t>(chunk.ends[added]));
    result.offsets.push_back(result.edges.size());
    begin = chunk.ends[added];
  }
  result.truncated = chunk.steps > steps_left || added < chunk.ends.size();
  result.steps += steps;
}

/// Search(graph, params, exclusions).search(first, last, log) looks for the cycles whose roots are the
/// out-edges [first, last), in the order of TemporalCycles.
template <typename Search>
void search_all_roots(const TransferGraph& graph, const TemporalCycleParams& params,
                      const CycleExclusions& exclusions, TemporalCycles& result) {
  // Roots are searched in waves, so that a spent budget ends the search soon; chunks are what a
  // thread takes at a time.
  constexpr std::uint64_t kRootsPerWave = 1 << 16;
  constexpr std::uint64_t kRootsPerChunk = 1 << 8;

  oneapi::tbb::enumerable_thread_specific<Search> searches(
      [&] { return Search(graph, params, exclusions); });
  const std::uint64_t roots = graph.num_edges();
  for (std::uint64_t wave = 0; wave < roots && !result.truncated; wave += kRootsPerWave) {
    const std::uint64_t wave_end = std::min(roots, wave + kRootsPerWave);
    std::vector<CyclesOfChunk> chunks((wave_end - wave + kRootsPerChunk - 1) / kRootsPerChunk);
    WaveBudget budget(chunks.size(), params.max_steps - result.steps,
                      params.max_cycles - result.size());
    oneapi::tbb::parallel_for(std::size_t{0}, chunks.size(), [&](std::size_t chunk) {
      const std::uint64_t first = wave + chunk * kRootsPerChunk;
      const std::uint64_t last = std::min(wave_end, first + kRootsPerChunk);
      ChunkLog log(chunk, chunks[chunk], budget, params.stop);
      searches.local().search(static_cast<Edge>(first), static_cast<Edge>(last), log);
    });
    for (const CyclesOfChunk& chunk : chunks) {
      if (!result.truncated) append(chunk, params, result);
    }
    if (params.stop.stop_requested()) result.truncated = true;
  }
}

}  // namespace aml::graph::detail
