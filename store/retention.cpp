// SPDX-License-Identifier: Apache-2.0
#include "store/retention.hpp"

#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/run_ledger.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

/// A transaction that is not committed is the dry run: what it counts is what would go.
template <typename... Arguments>
std::vector<RemovedRows> run_removal(Connection& connection, bool dry_run,
                                     const query::Embedded& statement,
                                     const Arguments&... arguments) {
  const RunLock lock(connection);
  auto transaction = begin<pqxx::work>(connection);
  std::vector<RemovedRows> removed;
  for (const pqxx::row& row : run(transaction, statement, arguments...))
    removed.push_back({row[0].as<std::string>(), row[1].as<std::int64_t>()});
  if (!dry_run) as_statement("COMMIT", [&] { transaction.commit(); });
  return removed;
}

}  // namespace

std::vector<RemovedRows> prune(Connection& connection, const PruneRequest& request) {
  return run_removal(connection, request.dry_run, query::prune, request.keep_years,
                     given(request.override_duty));
}

std::vector<RemovedRows> erase(Connection& connection, const ErasureRequest& request) {
  return run_removal(connection, request.dry_run, query::erase, request.kind,
                     storable_text(request.key), storable_text(request.reference),
                     storable_text(request.reason), given(storable_text(request.override_duty)));
}

RetentionFacts retention_facts(Connection& connection) {
  auto session = begin<pqxx::nontransaction>(connection);
  const auto row = run(session, query::retention_facts)[0];
  return {.oldest_version = row[0].as<std::int64_t>(),
          .newest_version = row[1].as<std::int64_t>(),
          .oldest_at = row[2].c_str(),
          .history_bytes = row[3].as<std::int64_t>(),
          .erasures = row[4].as<std::int64_t>()};
}

}  // namespace aml::store
