// SPDX-License-Identifier: Apache-2.0
// The detectors on the AMLSim data with 12,043 accounts, if they lie beside the repository.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "detect/cycles.hpp"
#include "detect/structuring.hpp"
#include "tests/detect/amlsim.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

class AmlSim : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!amlsim::is_there()) GTEST_SKIP() << "SKIPPED: no AMLSim data at " << amlsim::folder();
    transfers_ = amlsim::transfers();
  }

  std::vector<oracle::Transfer> transfers_;
};

TEST_F(AmlSim, EachLabelledCycleLiesInOneRoundTrip) {
  ASSERT_EQ(transfers_.size(), 201'571U);
  const auto labelled = amlsim::labelled("cycle");
  ASSERT_EQ(labelled.size(), 40U);
  const Detection detection = detect_cycles(graph::testing::graph_of(transfers_), {}, {});
  expect_well_formed(detection);
  EXPECT_FALSE(detection.truncated);
  std::vector<std::set<std::string>> found;
  for (const Finding& finding : detection.findings) found.push_back(transfer_keys(finding));
  RecordProperty("findings", static_cast<int>(found.size()));
  for (const std::set<std::string>& cycle : labelled) {
    EXPECT_EQ(std::ranges::count_if(
                  found, [&](const auto& keys) { return std::ranges::includes(keys, cycle); }),
              1)
        << "cycle with transfer " << *cycle.begin();
  }
}

TEST_F(AmlSim, NetworksAppearOnlyAtAThresholdOfTheSizeOfItsAmounts) {
  // Amounts lie between 0 and 1,000 USD: there are no networks at 10,000, and there are some at
  // 900.
  const graph::TransferGraph graph = graph::testing::graph_of(transfers_);
  EXPECT_TRUE(detect_structuring(graph, {}, {}).findings.empty());
  StructuringParams low;
  low.threshold_minor = 90'000;
  low.leg_at_least_minor = 10'000;
  const Detection detection = detect_structuring(graph, low, {});
  expect_well_formed(detection);
  EXPECT_FALSE(detection.truncated);
  EXPECT_FALSE(detection.findings.empty());
  RecordProperty("networks", static_cast<int>(detection.findings.size()));
}

}  // namespace
}  // namespace aml::detect
