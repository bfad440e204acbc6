// SPDX-License-Identifier: Apache-2.0
#include "scenarios/continuous_detection.hpp"

#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <iterator>
#include <utility>

#include "scenarios/stop_on_interrupt.hpp"
#include "store/added_rows.hpp"
#include "store/gold_reader.hpp"
#include "store/gold_writer.hpp"
#include "store/migrations.hpp"
#include "store/run_ledger.hpp"

namespace aml::scenarios {
namespace {

/// From here on it is faster to read and look at everything.
constexpr std::size_t kMostAddedTransfers = 200'000;

}  // namespace

ContinuousDetection::ContinuousDetection(std::vector<Scenario> scenarios, RunOptions options,
                                         Clock::duration full_every)
    : scenarios_(std::move(scenarios)), options_(std::move(options)), full_every_(full_every) {
  for (const Scenario& scenario : scenarios_) scenario_ids_.push_back(scenario.id);
  facts_.version = -1;
}

int ContinuousDetection::threads() const {
  return options_.threads > 0 ? options_.threads : tbb::info::default_concurrency();
}

bool ContinuousDetection::is_due(store::Connection& connection) const {
  return (has_left_something_ && Clock::now() - last_full_run_ >= full_every_) ||
         store::has_unseen_data(connection, scenario_ids_, facts_.version);
}

RunOutcome ContinuousDetection::run(store::Connection& connection) {
  if (kept_ && Clock::now() - last_full_run_ < full_every_) {
    if (auto outcome = run_incrementally(connection)) return *std::move(outcome);
  }
  return run_fully(connection);
}

RunOutcome ContinuousDetection::run_fully(store::Connection& connection) {
  kept_.reset();
  const auto started = Clock::now();
  const auto currency = store::base_currency(connection);
  currency_ = {currency.code, currency.exponent};
  RunOptions options = options_;
  options.written = [&](const Graphs& graphs, const std::vector<const detect::Detection*>& found) {
    kept_ = std::make_unique<IncrementalDetection>(graphs, scenarios_, currency_);
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] != nullptr) kept_->know(i, *found[i]);
  };
  RunOutcome outcome = scenarios::run(connection, scenarios_, options);
  if (outcome.status == "interrupted") return outcome;
  last_full_run_ = started;
  last_run_id_ = outcome.run_id;
  facts_ = outcome.snapshot;
  has_left_something_ = outcome.status == "failed";
  return outcome;
}

/// nullopt: it takes a full run.
std::optional<RunOutcome> ContinuousDetection::run_incrementally(store::Connection& connection) {
  const auto started = Clock::now();
  const store::RunLock lock(connection);
  if (!store::is_gold_as_left(connection, last_run_id_, scenario_ids_)) return std::nullopt;
  const auto rows =
      store::read_added_rows(connection, facts_.version, kMostAddedTransfers,
                             [&](std::string_view key) { return kept_->has_account(key); });
  if (!rows) return std::nullopt;
  // Until all is written: what is kept is of no use if that fails.
  auto kept = std::exchange(kept_, nullptr);
  std::optional<std::vector<FindingChanges>> changes;
  {
    const StopOnInterrupt stop(options_.interrupted);
    tbb::task_arena(threads()).execute([&] { changes = kept->add(*rows, stop.token()); });
  }
  if (!changes) return std::nullopt;

  store::RunSnapshotFacts facts{rows->snapshot,
                                rows->last_file_id,
                                facts_.accounts + rows->more_accounts,
                                facts_.parties + rows->more_parties,
                                facts_.transfers + std::ssize(rows->transfers),
                                rows->version};
  has_left_something_ = true;
  RunOutcome outcome = write(connection, std::move(facts), *kept, *changes, started);
  last_run_id_ = outcome.run_id;
  facts_ = outcome.snapshot;
  kept_ = std::move(kept);
  return outcome;
}

/// One transaction, one step: a ledger of every part would cost more than the run.
RunOutcome ContinuousDetection::write(store::Connection& connection,
                                      store::RunSnapshotFacts&& facts,
                                      const IncrementalDetection& kept,
                                      const std::vector<FindingChanges>& changes,
                                      Clock::time_point started) const {
  store::RunStart start;
  start.program_version = options_.program_version;
  start.threads = threads();
  start.kind = store::RunKind::kIncremental;
  start.seconds_so_far = seconds_since(started);
  std::vector<store::ScenarioChanges> written;
  RunOutcome outcome;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (!kept.is_kept(i)) continue;
    const Scenario& scenario = scenarios_[i];
    start.scenarios.push_back(scenario.id);
    written.push_back(
        {identity_of(scenario), graded(changes[i].changed, scenario), changes[i].gone});
    ScenarioOutcome& told = outcome.scenarios.emplace_back();
    told.id = scenario.id;
    told.version = scenario.version;
    told.title = scenario.title;
    told.by_severity = kept.by_severity(i);
  }
  store::GoldWriter writer(connection, start, facts, currency_.code, currency_.exponent);
  const auto counts = writer.write_changes(written);
  for (std::size_t i = 0; i < counts.size(); ++i) outcome.scenarios[i].counts = counts[i];
  writer.complete_run(peak_memory_bytes());
  outcome.run_id = writer.run_id();
  outcome.kind = store::RunKind::kIncremental;
  outcome.status = "succeeded";
  outcome.snapshot = std::move(facts);
  outcome.seconds = seconds_since(started);
  outcome.peak_memory_bytes = peak_memory_bytes();
  store::RunStep step;
  step.name = "incremental run";
  for (const auto& scenario : written)
    step.rows += static_cast<std::int64_t>(scenario.findings.size() + scenario.gone.size());
  step.seconds = outcome.seconds;
  step.peak_memory_bytes = outcome.peak_memory_bytes;
  outcome.steps.push_back(std::move(step));
  writer.commit(1, outcome.steps.back());
  return outcome;
}

}  // namespace aml::scenarios
