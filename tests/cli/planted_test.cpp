// SPDX-License-Identifier: Apache-2.0
// What the generator plants is found and named in gold by its own scenario.
#include <gtest/gtest.h>

#include <set>

#include "scenarios/evaluation.hpp"
#include "scenarios/generator.hpp"
#include "scenarios/runner.hpp"
#include "store/ingest.hpp"
#include "tests/cli/process.hpp"
#include "tests/support/test_database.hpp"

namespace aml::test {
namespace {

class Planted : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Planted, EveryInstanceIsFoundByItsOwnScenario) {
  const TemporaryFolder folder;
  scenarios::generate(folder.path(),
                      {.accounts = 6000, .days = 210, .seed = GetParam(), .instances = 8});
  const TestDatabase database;
  auto connection = database.connect();
  store::IngestOptions options;
  options.expectations = scenarios::load_expectations("");
  for (const auto& file : store::ingest(connection, {folder.path()}, options)) {
    EXPECT_NE(file.kind, store::FileOutcome::Kind::kRefused) << file.message;
    EXPECT_EQ(file.rows_quarantined, 0U) << file.path;
  }
  const auto outcome = scenarios::run(connection, scenarios::shipped_scenarios({}), {});
  ASSERT_EQ(outcome.status, "succeeded");

  std::set<std::string> typologies;
  for (const auto& row : scenarios::evaluate(
           connection, scenarios::read_labels(connection, folder.path("labels.csv")))) {
    typologies.insert(row.typology);
    EXPECT_EQ(row.instances.labelled, 8) << row.typology;
    EXPECT_EQ(row.instances.found, row.instances.labelled)
        << row.typology << " missed " << testing::PrintToString(row.missed);
    RecordProperty(row.typology + " precision", std::to_string(row.instances.precision()));
  }
  EXPECT_EQ(typologies,
            (std::set<std::string>{
                "account_structuring", "anomalous_behaviour", "bipartite", "chain_layering",
                "dormant_reactivation", "fan_in", "fan_out", "funnel_account", "gather_scatter",
                "mule", "pass_through", "risk_exposure", "round_amounts", "round_tripping",
                "scatter_gather", "smurfing", "stack", "structuring", "synthetic_identity"}));
}

#ifdef __SANITIZE_ADDRESS__  // what it looks for does not depend on the seed, and each takes it a minute
INSTANTIATE_TEST_SUITE_P(Seeds, Planted, testing::Values(1));
#else
INSTANTIATE_TEST_SUITE_P(Seeds, Planted, testing::Values(1, 2, 3, 4, 5));
#endif

}  // namespace
}  // namespace aml::test
