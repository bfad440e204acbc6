// SPDX-License-Identifier: Apache-2.0
// Searches that start from every root in turn: parallel over chunks of roots, in waves, and cut by
// their budgets as if the roots had been searched one after the other. Internal to graph/.
#pragma once

#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>
#include <vector>

namespace aml::graph::detail {

/// What a whole search may spend. A unit is what an instance holds in memory: one path, one
/// transfer.
struct SearchBudget {
  std::uint64_t max_steps = 0;
  std::uint64_t max_units = 0;
  std::stop_token stop = {};
};

/// The instances in the order of their roots. `Instances` is a vector, or grows and is read like one.
template <typename Instances>
struct SearchResult {
  Instances instances;
  std::uint64_t units = 0;
  std::uint64_t steps = 0;
  bool truncated = false;
};

/// What the chunks of one wave have spent so far. A chunk may stop as soon as the chunks up to and
/// including itself have spent a limit: whatever it would find later is cut off when the chunks are
/// put together in order.
class SpentByChunks {
 public:
  SpentByChunks(std::size_t chunks, std::uint64_t max_steps, std::uint64_t max_units)
      : spent_(chunks), max_steps_(max_steps), max_units_(max_units) {}

  void report(std::size_t chunk, std::uint64_t steps, std::uint64_t units) {
    spent_[chunk].steps.store(steps, std::memory_order_relaxed);
    spent_[chunk].units.store(units, std::memory_order_relaxed);
  }
  bool exhausted(std::size_t chunk) const {
    std::uint64_t steps = 0;
    std::uint64_t units = 0;
    for (std::size_t i = 0; i <= chunk; ++i) {
      steps += spent_[i].steps.load(std::memory_order_relaxed);
      units += spent_[i].units.load(std::memory_order_relaxed);
    }
    return steps > max_steps_ || units > max_units_;
  }

 private:
  struct Spent {
    std::atomic<std::uint64_t> steps = 0;
    std::atomic<std::uint64_t> units = 0;
  };
  std::vector<Spent> spent_;
  std::uint64_t max_steps_;
  std::uint64_t max_units_;
};

/// The instances of consecutive roots, each with its units and the number of steps after which it
/// was found.
template <typename Instances>
struct FoundInChunk {
  struct Cost {
    std::uint64_t units;
    std::uint64_t at_step;
  };
  Instances instances;
  std::vector<Cost> costs;
  std::uint64_t units = 0;
  std::uint64_t steps = 0;
};

/// What the search of one chunk finds and spends.
template <typename Instances>
class SearchLog {
 public:
  SearchLog(std::size_t chunk, FoundInChunk<Instances>& found, SpentByChunks& spent,
            const std::stop_token& stop)
      : chunk_(chunk), found_(found), spent_(spent), stop_(stop), stopped_(stop.stop_requested()) {}
  ~SearchLog() { spent_.report(chunk_, found_.steps, found_.units); }
  SearchLog(const SearchLog&) = delete;
  SearchLog& operator=(const SearchLog&) = delete;

  /// For each transfer that is looked at.
  void count_step() {
    ++found_.steps;
    if (++since_report_ >= kStepsBetweenReports) look_up();
  }
  bool stopped() const { return stopped_; }

  void emit(typename Instances::value_type instance, std::uint64_t units) {
    found_.units += units;
    found_.instances.push_back(std::move(instance));
    found_.costs.push_back({units, found_.steps});
    since_report_ += units;
    if (since_report_ >= kStepsBetweenReports) look_up();
  }

 private:
  static constexpr std::uint64_t kStepsBetweenReports = 1 << 12;

  void look_up() {
    since_report_ = 0;
    spent_.report(chunk_, found_.steps, found_.units);
    stopped_ = spent_.exhausted(chunk_) || stop_.stop_requested();
  }

  std::size_t chunk_;
  FoundInChunk<Instances>& found_;
  SpentByChunks& spent_;
  const std::stop_token& stop_;
  std::uint64_t since_report_ = 0;
  bool stopped_;
};

/// Adds the instances of a chunk as far as the budgets reach.
template <typename Instances>
void append(FoundInChunk<Instances>&& chunk, const SearchBudget& budget,
            SearchResult<Instances>& result) {
  const std::uint64_t steps_left = budget.max_steps - result.steps;
  std::uint64_t steps = std::min(chunk.steps, steps_left);
  result.truncated = chunk.steps > steps_left;
  for (std::size_t i = 0; i < chunk.costs.size(); ++i) {
    const auto [units, at_step] = chunk.costs[i];
    if (at_step > steps_left) break;
    if (units > budget.max_units - result.units) {
      result.truncated = true;
      steps = at_step;
      break;
    }
    result.units += units;
    result.instances.push_back(std::move(chunk.instances[i]));
  }
  result.steps += steps;
}

/// `new_search()` makes a search for one thread; search(root, log) looks for the instances of one
/// root, counts its steps, and soon returns once log.stopped().
template <typename Instances, typename NewSearch>
SearchResult<Instances> search_roots(std::uint64_t roots, const SearchBudget& budget,
                                     NewSearch new_search) {
  // Waves let a spent budget end the search soon; chunks are what a thread takes at a time.
  constexpr std::uint64_t kRootsPerWave = 1 << 14;
  constexpr std::uint64_t kRootsPerChunk = 1 << 6;

  oneapi::tbb::enumerable_thread_specific<decltype(new_search())> searches(new_search);
  SearchResult<Instances> result;
  for (std::uint64_t wave = 0; wave < roots && !result.truncated; wave += kRootsPerWave) {
    const std::uint64_t wave_end = std::min(roots, wave + kRootsPerWave);
    std::vector<FoundInChunk<Instances>> chunks((wave_end - wave + kRootsPerChunk - 1) /
                                                kRootsPerChunk);
    SpentByChunks spent(chunks.size(), budget.max_steps - result.steps,
                        budget.max_units - result.units);
    oneapi::tbb::parallel_for(std::size_t{0}, chunks.size(), [&](std::size_t chunk) {
      const std::uint64_t first = wave + chunk * kRootsPerChunk;
      const std::uint64_t last = std::min(wave_end, first + kRootsPerChunk);
      SearchLog<Instances> log(chunk, chunks[chunk], spent, budget.stop);
      auto& search = searches.local();
      for (std::uint64_t root = first; root < last && !log.stopped(); ++root) search(root, log);
    });
    for (auto& chunk : chunks) {
      if (!result.truncated) append(std::move(chunk), budget, result);
    }
    if (budget.stop.stop_requested()) result.truncated = true;
  }
  return result;
}

}  // namespace aml::graph::detail
