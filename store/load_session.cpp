// SPDX-License-Identifier: Apache-2.0
#include "store/load_session.hpp"

#include <array>
#include <pqxx/pqxx>

#include "aml_query.hpp"
#include "store/statement.hpp"

namespace aml::store {
namespace {

std::vector<RowSplit> prepared_splits(Connection& connection,
                                      const std::vector<Expectation>& expectations) {
  constexpr std::array<Dataset, 4> kDatasets{Dataset::kFxRates, Dataset::kParties,
                                             Dataset::kAccounts, Dataset::kTransfers};
  std::vector<RowSplit> splits;
  for (const Dataset dataset : kDatasets) {
    splits.emplace_back(dataset, expectations);
    splits.back().prepare(connection);
  }
  return splits;
}

}  // namespace

LoadSession::LoadSession(Connection& connection, const IngestOptions& options)
    : connection_(connection),
      options_(options),
      lock_(connection),
      base_currency_(store::base_currency(connection)),
      splits_(prepared_splits(connection, options.expectations)),
      erased_(connection),
      loader_(connection.loader()) {}

void LoadSession::analyze(std::uint64_t rows) {
  auto session = begin<pqxx::nontransaction>(connection_);
  run(session, query::analyze_silver, rows);
}

}  // namespace aml::store
