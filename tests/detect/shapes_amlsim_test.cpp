// SPDX-License-Identifier: Apache-2.0
// Scatter-gather on the AMLSim data with 12,043 accounts, if they lie beside the repository.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "detect/scatter_gather.hpp"
#include "tests/detect/amlsim.hpp"
#include "tests/detect/story_checks.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using Keys = std::set<std::string>;

/// How many of the labelled instances lie in one finding as a whole.
std::size_t recalled(const std::vector<Keys>& labelled, const Detection& detection) {
  std::vector<Keys> found;
  for (const Finding& finding : detection.findings) found.push_back(transfer_keys(finding));
  return static_cast<std::size_t>(std::ranges::count_if(labelled, [&](const Keys& keys) {
    return std::ranges::any_of(found,
                               [&](const Keys& of) { return std::ranges::includes(of, keys); });
  }));
}

/// The legs of an instance whose other leg is labelled too: five instances have middles that only
/// got or only paid.
Keys in_pairs(const Keys& keys, const std::map<std::string, oracle::Transfer>& transfers) {
  Keys paired;
  for (const std::string& key : keys) {
    const oracle::Transfer& leg = transfers.at(key);
    const bool has_other = std::ranges::any_of(keys, [&](const std::string& other) {
      return transfers.at(other).source == leg.target || transfers.at(other).target == leg.source;
    });
    if (has_other) paired.insert(key);
  }
  return paired;
}

class ShapesInAmlSim : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!amlsim::is_there()) GTEST_SKIP() << "SKIPPED: no AMLSim data at " << amlsim::folder();
  }
};

TEST_F(ShapesInAmlSim, LabelledScatterGatherIsFoundInAWindowAsLongAsIt) {
  const auto transfers = amlsim::transfers();
  const graph::TransferGraph graph = graph::testing::graph_of(transfers);
  std::map<std::string, oracle::Transfer> by_key;
  for (const oracle::Transfer& transfer : transfers) by_key[transfer.key] = transfer;
  const auto labelled = amlsim::labelled("scatter_gather");
  ASSERT_EQ(labelled.size(), 30U);
  std::vector<Keys> paired;
  for (const Keys& keys : labelled) paired.push_back(in_pairs(keys, by_key));
  const auto lasts_at_most = [&](const Keys& keys, graph::Micros longest) {
    const auto at = [&](const std::string& key) { return by_key.at(key).booked_at; };
    const auto [first, last] = std::ranges::minmax(keys, {}, at);
    return at(last) - at(first) <= longest;
  };
  // Amounts lie below 1,000 USD: the floor of the shipped scenario would hide all.
  ScatterGatherParams params;
  params.leg_at_least_minor = 0;
  params.window = 20 * graph::kMicrosPerDay;
  const Detection long_window = detect_scatter_gather(graph, params, {});
  expect_well_formed(long_window);
  EXPECT_EQ(recalled(paired, long_window), 30U);
  EXPECT_EQ(recalled(labelled, long_window), 25U) << "the rest has legs without another";
  RecordProperty("findings_in_20_days", static_cast<int>(long_window.findings.size()));

  // The labelled instances last 9 to 19 days: ten days hold few of them as a whole.
  params.window = 10 * graph::kMicrosPerDay;
  const Detection short_window = detect_scatter_gather(graph, params, {});
  std::vector<Keys> short_ones;
  std::ranges::copy_if(paired, std::back_inserter(short_ones),
                       [&](const Keys& keys) { return lasts_at_most(keys, params.window); });
  EXPECT_FALSE(short_ones.empty());
  EXPECT_EQ(recalled(short_ones, short_window), short_ones.size());
  RecordProperty("no_longer_than_10_days", static_cast<int>(short_ones.size()));
  RecordProperty("recalled_in_10_days", static_cast<int>(recalled(paired, short_window)));
  RecordProperty("findings_in_10_days", static_cast<int>(short_window.findings.size()));
}

}  // namespace
}  // namespace aml::detect
