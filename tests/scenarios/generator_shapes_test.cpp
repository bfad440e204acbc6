// SPDX-License-Identifier: Apache-2.0
// Planted patterns that span several accounts, judged by the generator's files alone.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/scenarios/generated_bank.hpp"

namespace aml::test {
namespace {

constexpr std::int64_t kHourSeconds = 3'600;
constexpr std::int64_t kDaySeconds = 24 * kHourSeconds;

class PlantedShapes : public testing::TestWithParam<std::uint64_t> {
 protected:
  std::vector<LabelledInstance> instances(const std::string& typology) const {
    std::vector<LabelledInstance> found;
    for (const auto& [name, instance] : bank_.instances_of(typology)) found.push_back(instance);
    EXPECT_EQ(found.size(), 8U) << typology;
    return found;
  }

  /// In the order of the file, which is that of time.
  std::vector<TransferRow> transfers(const LabelledInstance& instance,
                                     const std::string& role) const {
    std::set<std::string> wanted;
    for (const LabelRow& label : instance.transfers)
      if (label.role == role) wanted.insert(label.transfer);
    std::vector<TransferRow> found;
    for (const TransferRow& transfer : bank_.transfers)
      if (wanted.contains(transfer.id)) found.push_back(transfer);
    return found;
  }

  static std::set<std::string> accounts(const LabelledInstance& instance, const std::string& role) {
    std::set<std::string> found;
    for (const LabelRow& label : instance.entities)
      if (label.role == role) found.insert(label.entity);
    return found;
  }

  const GeneratedBank& bank_ =
      generated({.accounts = 2'000, .days = 90, .seed = GetParam(), .instances = 8});
};

INSTANTIATE_TEST_SUITE_P(Seeds, PlantedShapes, testing::Values(1, 2, 3));

std::int64_t span_of(const std::vector<TransferRow>& transfers) {
  return transfers.back().seconds - transfers.front().seconds;
}

TEST_P(PlantedShapes, ScatterGatherPassesOverEachMiddleOnceInOrder) {
  std::set<std::size_t> sizes;
  for (const LabelledInstance& instance : instances("scatter_gather")) {
    const auto middles = accounts(instance, "middle");
    sizes.insert(middles.size());
    const auto in = transfers(instance, "scatter"), out = transfers(instance, "gather");
    ASSERT_EQ(in.size(), middles.size());
    ASSERT_EQ(out.size(), middles.size());
    std::map<std::string, TransferRow> got;
    for (const TransferRow& leg : in) {
      EXPECT_EQ(accounts(instance, "source"), (std::set<std::string>{leg.from}));
      EXPECT_GE(leg.base_cents, 99'999);
      EXPECT_LE(leg.base_cents, 900'001);
      got[leg.to] = leg;
    }
    ASSERT_EQ(got.size(), middles.size());
    for (const TransferRow& leg : out) {
      EXPECT_EQ(accounts(instance, "sink"), (std::set<std::string>{leg.to}));
      const TransferRow& before = got.at(leg.from);
      EXPECT_LT(before.seconds, leg.seconds);
      EXPECT_GE(leg.base_cents * 1'000, before.base_cents * 899);
      EXPECT_LE(leg.base_cents, before.base_cents + 2);
    }
    EXPECT_LE(out.back().seconds - in.front().seconds, 9 * kDaySeconds);
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{3, 4, 5, 6, 7}));
}

/// Everybody pays everybody in the next layer once.
void expect_complete(const std::vector<TransferRow>& legs, const std::set<std::string>& payers,
                     const std::set<std::string>& payees) {
  std::set<std::pair<std::string, std::string>> pairs;
  for (const TransferRow& leg : legs) {
    EXPECT_TRUE(payers.contains(leg.from));
    EXPECT_TRUE(payees.contains(leg.to));
    EXPECT_TRUE(pairs.emplace(leg.from, leg.to).second);
    EXPECT_GE(leg.base_cents, 149'999);
    EXPECT_LE(leg.base_cents, 900'001);
  }
  EXPECT_EQ(pairs.size(), payers.size() * payees.size());
}

TEST_P(PlantedShapes, BipartiteIsCompleteWithinNineDays) {
  std::set<std::size_t> sources, sinks;
  for (const LabelledInstance& instance : instances("bipartite")) {
    const auto legs = transfers(instance, "leg");
    expect_complete(legs, accounts(instance, "source"), accounts(instance, "sink"));
    sources.insert(accounts(instance, "source").size());
    sinks.insert(accounts(instance, "sink").size());
    EXPECT_LE(span_of(legs), 9 * kDaySeconds);
  }
  EXPECT_EQ(sources, (std::set<std::size_t>{2, 3, 4}));
  EXPECT_EQ(sinks, (std::set<std::size_t>{3, 4, 5}));
}

TEST_P(PlantedShapes, StackIsCompleteInBothStepsWithinEighteenDays) {
  for (const LabelledInstance& instance : instances("stack")) {
    const auto first = transfers(instance, "first leg"), second = transfers(instance, "second leg");
    const auto middles = accounts(instance, "middle");
    EXPECT_GE(middles.size(), 2U);
    expect_complete(first, accounts(instance, "payer"), middles);
    expect_complete(second, middles, accounts(instance, "payee"));
    EXPECT_LE(second.back().seconds - first.front().seconds, 18 * kDaySeconds);
    EXPECT_LE(first.back().seconds - second.front().seconds, 18 * kDaySeconds);
  }
}

TEST_P(PlantedShapes, ChainsPassNearlyTheWholeOnWithin45Hours) {
  std::set<std::size_t> lengths;
  for (const LabelledInstance& instance : instances("chain_layering")) {
    const auto hops = transfers(instance, "hop");
    ASSERT_GE(hops.size(), 3U);
    lengths.insert(hops.size());
    std::set<std::string> members{hops[0].from};
    for (std::size_t i = 0; i < hops.size(); ++i) {
      EXPECT_TRUE(members.insert(hops[i].to).second);
      EXPECT_GE(hops[i].base_cents, 300'000);
      if (i == 0) continue;
      EXPECT_EQ(hops[i - 1].to, hops[i].from);
      EXPECT_GE(hops[i].seconds - hops[i - 1].seconds, kHourSeconds);
      EXPECT_LE(hops[i].seconds - hops[i - 1].seconds, 45 * kHourSeconds);
      EXPECT_GE(hops[i].base_cents * 1'000, hops[i - 1].base_cents * 919);
      EXPECT_LE(hops[i].base_cents, hops[i - 1].base_cents + 2);
    }
    EXPECT_EQ(accounts(instance, "member"), members);
  }
  EXPECT_EQ(lengths, (std::set<std::size_t>{3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace aml::test
