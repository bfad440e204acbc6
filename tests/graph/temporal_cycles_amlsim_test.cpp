// SPDX-License-Identifier: Apache-2.0
// Temporal cycles on the AMLSim data with 12,043 accounts, if they lie beside the repository.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "graph/temporal_cycles.hpp"
#include "tests/detect/amlsim.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::graph {
namespace {

class AmlSim12k : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (amlsim::is_there())
      graph_ = std::make_unique<TransferGraph>(testing::graph_of(amlsim::transfers()));
  }
  static void TearDownTestSuite() { graph_.reset(); }

  void SetUp() override {
    if (!graph_) GTEST_SKIP() << "SKIPPED: no AMLSim data at " << amlsim::folder();
  }

  static std::set<std::set<std::string>> transfer_sets(const TemporalCycles& cycles) {
    std::set<std::set<std::string>> sets;
    for (std::size_t i = 0; i < cycles.size(); ++i) {
      std::set<std::string> keys;
      for (const Edge e : cycles[i]) keys.emplace(graph_->transfer_key(e));
      sets.insert(keys);
    }
    return sets;
  }

  static inline std::unique_ptr<TransferGraph> graph_;
};

TEST_F(AmlSim12k, AllLabelledCyclesAreFoundInLooseOrderAndThirteenInStrictOrder) {
  const auto labelled = amlsim::labelled("cycle");
  ASSERT_EQ(labelled.size(), 40U);
  const auto found_with = [&](TimeOrder order) {
    const auto found = transfer_sets(find_temporal_cycles(*graph_, {.time_order = order}));
    return std::ranges::count_if(labelled,
                                 [&](const auto& cycle) { return found.contains(cycle); });
  };
  EXPECT_EQ(found_with(TimeOrder::kLoose), 40);
  EXPECT_EQ(found_with(TimeOrder::kStrict), 13);
}

/// The counts that a search of another make found on these data, parallel transfers counted apart
/// and together.
TEST_F(AmlSim12k, NumbersOfCyclesAgreeWithAnIndependentSearch) {
  const auto distinct_account_cycles = [](const TemporalCycles& cycles) {
    std::set<std::vector<Vertex>> distinct;
    for (std::size_t i = 0; i < cycles.size(); ++i) {
      std::vector<Vertex> payers;
      for (const Edge e : cycles[i]) payers.push_back(graph_->source(e));
      std::ranges::rotate(payers, std::ranges::min_element(payers));
      distinct.insert(payers);
    }
    return distinct.size();
  };
  const TemporalCycles from_two = find_temporal_cycles(*graph_, {.min_length = 2});
  EXPECT_EQ(from_two.size(), 4742U);
  EXPECT_EQ(distinct_account_cycles(from_two), 1259U);
  EXPECT_EQ(distinct_account_cycles(find_temporal_cycles(*graph_, {.min_length = 3})), 941U);
}

}  // namespace
}  // namespace aml::graph
