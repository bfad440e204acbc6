// SPDX-License-Identifier: Apache-2.0
#include "store/run_ledger.hpp"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/error.hpp"
#include "store/lock_holders.hpp"
#include "store/result_fields.hpp"
#include "store/server_facts.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::store {
namespace {

std::string describe_holder(Connection& connection) {
  const auto holders = lock_holders(connection, HeldLock::kOfLoadsAndRuns);
  if (holders.empty()) return "it ended just now; try again";
  return holders.front() + "\n  wait until it has ended, then try again";
}

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(storable_text(text));
}

}  // namespace

RunLock::RunLock(Connection& connection) : connection_(connection) {
  require_writable(connection_);  // a standby gives the lock, too
  {
    auto session = begin<pqxx::nontransaction>(connection_);
    if (run(session, query::try_run_lock)[0][0].as<bool>()) return;
  }
  throw StoreError(StoreFailure::kLocked,
                   fmt::format("another load or run is at work in {}: {}",
                               describe(connection_.target()), describe_holder(connection_)),
                   std::string(query::try_run_lock.file), {}, /*retryable=*/true);
}

RunLock::~RunLock() {
  try {
    auto session = begin<pqxx::nontransaction>(connection_);
    run(session, query::release_run_lock);
  } catch (const std::exception&) {  // the connection is lost, and the lock with it
  }
}

std::optional<int> try_watch_lock(Connection& connection,
                                  const std::vector<std::string>& scenarios) {
  auto session = begin<pqxx::nontransaction>(connection);
  return optional<int>(run(session, query::try_watch_lock, text_array(scenarios))[0][0]);
}

std::int64_t start_run(Connection& connection, const RunStart& start) {
  auto transaction = begin<pqxx::work>(connection);
  const auto run_id = start_run(transaction, start);
  as_statement(query::start_run.file, [&] { transaction.commit(); });
  return run_id;
}

std::int64_t start_run(pqxx::transaction_base& transaction, const RunStart& start) {
  std::vector<std::string> overrides;
  for (const auto& text : start.overrides) overrides.push_back(storable_text(text));
  run(transaction, query::mark_dead_runs);
  // The column is signed: seeds from 2^63 on are stored as their two's complement.
  return run(transaction, query::start_run, start.program_version, start.threads,
             static_cast<std::int64_t>(start.seed), text_array(start.scenarios),
             start.as_of ? Parameter(time_text(*start.as_of)) : Parameter(), text_array(overrides),
             start.as_of_version, start.kind == RunKind::kFull ? "full" : "incremental",
             start.seconds_so_far)[0][0]
      .as<std::int64_t>();
}

void record_snapshot(Connection& connection, std::int64_t run_id, const RunSnapshotFacts& facts) {
  auto transaction = begin<pqxx::work>(connection);
  record_snapshot(transaction, run_id, facts);
  as_statement(query::record_snapshot.file, [&] { transaction.commit(); });
}

void record_snapshot(pqxx::transaction_base& transaction, std::int64_t run_id,
                     const RunSnapshotFacts& facts) {
  run(transaction, query::record_snapshot, run_id, facts.snapshot, facts.last_file_id,
      facts.accounts, facts.parties, facts.transfers, facts.version);
}

void record_step(Connection& connection, std::int64_t run_id, int step, const RunStep& facts) {
  auto transaction = begin<pqxx::work>(connection);
  record_step(transaction, run_id, step, facts);
  as_statement(query::record_step.file, [&] { transaction.commit(); });
}

void record_step(pqxx::transaction_base& transaction, std::int64_t run_id, int step,
                 const RunStep& facts) {
  const bool is_scenario = !facts.scenario.empty();
  std::vector<std::string> notes;
  for (const auto* told : {&facts.notes, &facts.warnings})
    for (const auto& note : *told) notes.push_back(storable_text(note));
  run(transaction, query::record_step, run_id, step, facts.name, text_or_null(facts.scenario),
      is_scenario ? std::optional(facts.scenario_version) : std::nullopt,
      text_or_null(facts.parameters_json), facts.rows, facts.seconds, facts.peak_memory_bytes,
      facts.outcome, text_array(notes));
}

void finish_run(Connection& connection, std::int64_t run_id, const std::string& status,
                const std::string& error, std::int64_t peak_memory_bytes) {
  auto transaction = begin<pqxx::work>(connection);
  run(transaction, query::finish_run, run_id, status, text_or_null(error), peak_memory_bytes);
  as_statement(query::finish_run.file, [&] { transaction.commit(); });
}

bool has_unseen_data(Connection& connection, const std::vector<std::string>& scenarios,
                     std::int64_t seen) {
  auto session = begin<pqxx::nontransaction>(connection);
  return run(session, query::has_unseen_data, text_array(scenarios), seen)[0][0].as<bool>();
}

}  // namespace aml::store
