// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_search.hpp"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <list>
#include <span>

#include "graph/motif_walk.hpp"

namespace aml::graph {
namespace {

// The schedule depends on these numbers and on the plan, never on the number of threads.
constexpr std::uint64_t kRootsPerTask = 256;
constexpr std::size_t kTasksPerWave = 256;
/// Fewer tasks than this that have something to do are split.
constexpr std::size_t kTasksToShare = 32;
constexpr std::uint64_t kStepsPerWave = 1 << 17;  ///< of one task
constexpr std::size_t kRowsPerTask = 1 << 11;     ///< that wait for their turn

/// Walks over consecutive parts of the search, in order. In each wave every walk that may goes on
/// for a while, in parallel; then the rows of the first ones are handed over, as far as they are
/// complete.
class Schedule {
 public:
  Schedule(const MotifPlan& plan, std::uint64_t max_rows,
           const std::function<void(const MotifMatch&)>* visit)
      : plan_(plan),
        program_(plan),
        max_rows_(max_rows),
        visit_(visit),
        num_roots_(MotifWalk::num_roots(program_)),
        // Where one witness is enough for all, the search cannot be parted.
        roots_per_task_(plan.num_telling_steps() == 0 ? std::uint64_t{num_roots_} + 1
                                                      : kRootsPerTask) {
    program_.find_possible_roots();
    run_.rows_after_step.assign(plan.steps().size(), 0);
  }

  MotifRun run() && {
    refill();
    while (!tasks_.empty() && !run_.truncated) {
      if (plan_.constraints().stop.stop_requested()) {
        run_.truncated = true;
        break;
      }
      run_wave();
      while (!run_.truncated && !tasks_.empty() && hand_over(tasks_.front())) tasks_.pop_front();
      refill();
      split_tasks();
    }
    if (run_.truncated) run_.rows_after_step.clear();
    return std::move(run_);
  }

 private:
  struct Task {
    MotifWalk walk;
    MotifRows rows;
    std::uint64_t steps_handed_over = 0;
    std::uint64_t rows_handed_over = 0;
  };

  void refill() {
    while (tasks_.size() < kTasksPerWave && next_root_ < num_roots_) {
      const std::uint64_t end = std::min(next_root_ + roots_per_task_, std::uint64_t{num_roots_});
      tasks_.push_back(
          {MotifWalk(program_, static_cast<Edge>(next_root_), static_cast<Edge>(end)), {}});
      next_root_ = end;
    }
  }

  static bool can_go_on(const Task& task) {
    return !task.walk.is_done() && task.rows.found_at_step.size() < kRowsPerTask;
  }

  void run_wave() {
    std::vector<Task*> active;
    for (Task& task : tasks_) {
      if (can_go_on(task)) active.push_back(&task);
    }
    // Steps that the tasks before have spent count as well, so none needs more than what is left.
    const std::uint64_t steps_left = plan_.constraints().max_steps - run_.steps;
    oneapi::tbb::parallel_for(std::size_t{0}, active.size(), [&](std::size_t i) {
      Task& task = *active[i];
      const std::uint64_t taken = task.walk.steps();
      const std::uint64_t most = taken + std::min(kStepsPerWave, kNoLimit - taken);
      const std::uint64_t all =
          task.steps_handed_over + std::min(steps_left, kNoLimit - 1 - task.steps_handed_over) + 1;
      task.walk.run(std::min(most, all), kRowsPerTask, visit_ == nullptr ? nullptr : &task.rows);
    });
  }

  /// Hands over what the first task has found; true if it is done.
  bool hand_over(Task& task) {
    if (visit_ != nullptr) visit_rows(task);
    const std::uint64_t steps = task.walk.steps() - task.steps_handed_over;
    if (!run_.truncated) {
      run_.truncated = steps > plan_.constraints().max_steps - run_.steps;
      run_.steps = run_.truncated ? plan_.constraints().max_steps : run_.steps + steps;
      if (visit_ == nullptr && !run_.truncated) {
        run_.rows += task.walk.rows() - task.rows_handed_over;
        task.rows_handed_over = task.walk.rows();
      }
    }
    task.steps_handed_over = task.walk.steps();
    if (!task.walk.is_done()) return false;
    for (std::size_t s = 0; s < run_.rows_after_step.size(); ++s) {
      run_.rows_after_step[s] += task.walk.bindings()[s];
    }
    return true;
  }

  void visit_rows(Task& task) {
    const std::size_t vertices = plan_.pattern().vertices.size();
    const std::size_t width = vertices + plan_.pattern().edges.size();
    const std::span<const std::uint32_t> elements = task.rows.elements;
    for (std::size_t i = 0; i < task.rows.found_at_step.size(); ++i) {
      const std::uint64_t steps = task.rows.found_at_step[i] - task.steps_handed_over;
      if (steps > plan_.constraints().max_steps - run_.steps) break;  // cut off by hand_over()
      if (run_.rows == max_rows_) {
        run_.truncated = true;
        run_.steps += steps;
        break;
      }
      ++run_.rows;
      const auto row = elements.subspan(i * width, width);
      (*visit_)({row.first(vertices), row.subspan(vertices)});
    }
    task.rows.elements.clear();
    task.rows.found_at_step.clear();
  }

  /// When few tasks have something to do, they share it.
  void split_tasks() {
    std::size_t active = 0;
    for (const Task& task : tasks_) active += can_go_on(task) ? 1 : 0;
    for (auto task = tasks_.begin(); task != tasks_.end() && active < kTasksToShare; ++task) {
      if (!can_go_on(*task)) continue;
      if (auto rest = task->walk.split()) {
        task = tasks_.insert(std::next(task), Task{std::move(*rest), {}});
        ++active;
      }
    }
  }

  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  const MotifPlan& plan_;
  MotifProgram program_;
  const std::uint64_t max_rows_;
  const std::function<void(const MotifMatch&)>* visit_;
  const Edge num_roots_;
  const std::uint64_t roots_per_task_;
  std::uint64_t next_root_ = 0;
  std::list<Task> tasks_;
  MotifRun run_;
};

}  // namespace

MotifRun enumerate_motif(const MotifPlan& plan, std::uint64_t max_rows,
                         const std::function<void(const MotifMatch&)>& visit) {
  if (!plan.is_satisfiable()) return {};
  if (max_rows != kNoRowLimit) {
    const MotifEstimate estimate = plan.estimate();
    if (estimate.exact && estimate.rows_at_most > max_rows) {
      MotifRun refused;
      refused.refused = true;
      refused.rows_known = estimate.rows_at_most;
      return refused;
    }
  }
  return Schedule(plan, max_rows, &visit).run();
}

MotifCount count_motif(const MotifPlan& plan) {
  MotifCount count;
  if (plan.shape().is_exact() || !plan.is_satisfiable()) {
    const MotifEstimate estimate = plan.estimate();
    count.rows = estimate.rows_at_most;
    count.overflowed = estimate.overflowed;
    count.factorised = true;
    return count;
  }
  const MotifRun run = Schedule(plan, kNoRowLimit, nullptr).run();
  count.rows = run.rows;
  count.steps = run.steps;
  count.truncated = run.truncated;
  return count;
}

}  // namespace aml::graph
