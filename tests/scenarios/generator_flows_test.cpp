// SPDX-License-Identifier: Apache-2.0
// What is planted around one account, judged by the generator's files alone.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/generated_bank.hpp"

namespace aml::test {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kHourSeconds = 3'600;
constexpr std::int64_t kThresholdCents = 1'000'000;

/// One planted instance with its transfers in time order.
struct Flow {
  std::string account;  ///< the first labelled entity: what the instance is about
  std::vector<TransferRow> in, out;

  std::int64_t sum(const std::vector<TransferRow>& transfers) const {
    std::int64_t cents = 0;
    for (const TransferRow& t : transfers) cents += t.base_cents;
    return cents;
  }
  std::set<std::string> senders() const {
    std::set<std::string> accounts;
    for (const TransferRow& t : in) accounts.insert(t.from);
    return accounts;
  }
  std::set<std::string> receivers() const {
    std::set<std::string> accounts;
    for (const TransferRow& t : out) accounts.insert(t.to);
    return accounts;
  }
  double passed_on() const { return static_cast<double>(sum(out)) / static_cast<double>(sum(in)); }
};

class PlantedFlows : public testing::TestWithParam<std::uint64_t> {
 protected:
  void for_each(const std::string& typology, const std::function<void(const Flow&)>& check) const {
    const auto instances = bank_.instances_of(typology);
    EXPECT_EQ(instances.size(), 6U) << typology;
    for (const auto& [name, instance] : instances) {
      SCOPED_TRACE(name);
      check(flow_of(instance));
    }
  }

  const GeneratedBank& bank_ =
      generated({.accounts = 2'000, .days = 210, .seed = GetParam(), .instances = 6});

 private:
  Flow flow_of(const LabelledInstance& instance) const {
    Flow flow;
    flow.account = instance.entities.at(0).entity;
    std::map<std::string, std::string> role;
    for (const LabelRow& label : instance.transfers) role[label.transfer] = label.role;
    for (const TransferRow& t : bank_.transfers) {
      if (!role.contains(t.id)) continue;
      EXPECT_EQ(role[t.id], t.to == flow.account ? "incoming" : "outgoing") << t.id;
      EXPECT_TRUE(t.to == flow.account || t.from == flow.account) << t.id;
      (t.to == flow.account ? flow.in : flow.out).push_back(t);
    }
    EXPECT_EQ(flow.in.size() + flow.out.size(), instance.transfers.size());
    return flow;
  }
};

INSTANTIATE_TEST_SUITE_P(Seeds, PlantedFlows, testing::Values(1, 2));

TEST_P(PlantedFlows, StructuringStaysJustBelowTheThresholdWithinADayOrAWeek) {
  int within_a_day = 0;
  for_each("account_structuring", [&](const Flow& flow) {
    EXPECT_GE(flow.in.size(), 3U);
    for (const TransferRow& t : flow.in) {
      EXPECT_GE(t.base_cents, kThresholdCents * 8 / 10);
      EXPECT_LT(t.base_cents, kThresholdCents);
      EXPECT_EQ(t.type, "cash");
    }
    const std::int64_t span = flow.in.back().seconds - flow.in.front().seconds;
    within_a_day += span < kDaySeconds ? 1 : 0;
    EXPECT_LT(span, 7 * kDaySeconds);
  });
  EXPECT_GE(within_a_day, 3);
  EXPECT_LT(within_a_day, 6);
}

TEST_P(PlantedFlows, SmurfsStayBelowTheThresholdAndSumAboveIt) {
  for_each("smurfing", [&](const Flow& flow) {
    EXPECT_GE(flow.senders().size(), 4U);
    for (const TransferRow& t : flow.in) EXPECT_LT(t.base_cents, kThresholdCents);
    EXPECT_GT(flow.sum(flow.in), kThresholdCents);
    EXPECT_LT(flow.in.back().seconds - flow.in.front().seconds, 7 * kDaySeconds);
  });
}

TEST_P(PlantedFlows, FansHaveFiveCounterpartiesOrMoreWithinAWeek) {
  for_each("fan_in", [&](const Flow& flow) {
    EXPECT_GE(flow.senders().size(), 5U);
    EXPECT_EQ(flow.senders().size(), flow.in.size());
    EXPECT_LT(flow.in.back().seconds - flow.in.front().seconds, 7 * kDaySeconds);
  });
  for_each("fan_out", [&](const Flow& flow) {
    EXPECT_GE(flow.receivers().size(), 5U);
    EXPECT_EQ(flow.receivers().size(), flow.out.size());
    EXPECT_LT(flow.out.back().seconds - flow.out.front().seconds, 7 * kDaySeconds);
  });
}

TEST_P(PlantedFlows, RoundAmountsAreWholeThousands) {
  for_each("round_amounts", [&](const Flow& flow) {
    EXPECT_GE(flow.in.size(), 3U);
    for (const TransferRow& t : flow.in) EXPECT_EQ(t.base_cents % 100'000, 0) << t.id;
    EXPECT_LT(flow.in.back().seconds - flow.in.front().seconds, 30 * kDaySeconds);
  });
}

TEST_P(PlantedFlows, PassThroughIsGoneWithinTwoDays) {
  for_each("pass_through", [&](const Flow& flow) {
    EXPECT_GE(flow.sum(flow.in), kThresholdCents / 2);
    EXPECT_GE(flow.passed_on(), 0.89);
    EXPECT_LE(flow.passed_on(), 0.98);
    EXPECT_LT(flow.in.back().seconds, flow.out.front().seconds);
    EXPECT_LT(flow.out.back().seconds - flow.in.front().seconds, 48 * kHourSeconds);
  });
}

TEST_P(PlantedFlows, GatheredMoneyIsInBeforeItIsScattered) {
  for_each("gather_scatter", [&](const Flow& flow) {
    EXPECT_GE(flow.senders().size(), 3U);
    EXPECT_GE(flow.receivers().size(), 3U);
    EXPECT_LT(flow.in.back().seconds, flow.out.front().seconds);
    EXPECT_GE(flow.passed_on(), 0.79);
    EXPECT_LE(flow.passed_on(), 0.98);
    EXPECT_LT(flow.out.back().seconds - flow.in.front().seconds, 10 * kDaySeconds);
  });
}

TEST_P(PlantedFlows, FunnelsAreFedBelowTheThresholdFromOtherCountries) {
  std::map<std::string, std::string> country;
  for (const AccountRow& account : bank_.accounts) country[account.id] = account.country;
  for_each("funnel_account", [&](const Flow& flow) {
    std::set<std::string> others;
    for (const TransferRow& t : flow.in) {
      EXPECT_LT(t.base_cents, kThresholdCents);
      EXPECT_NE(country[t.from], country[flow.account]);
      others.insert(country[t.from]);
    }
    EXPECT_GE(others.size(), 2U);
    EXPECT_GE(flow.passed_on(), 0.77);
    EXPECT_LE(flow.out.back().seconds - flow.in.back().seconds, 5 * kDaySeconds);
  });
}

TEST_P(PlantedFlows, MulesAreNewAndTakeTheMoneyOfThreeParties) {
  std::map<std::string, AccountRow> accounts;
  for (const AccountRow& account : bank_.accounts) accounts[account.id] = account;
  for_each("mule", [&](const Flow& flow) {
    std::set<std::string> parties;
    for (const TransferRow& t : flow.in) parties.insert(accounts[t.from].party);
    EXPECT_GE(parties.size(), 3U);
    const std::int64_t opened = days_of(accounts[flow.account].opened_on) * kDaySeconds;
    EXPECT_LE(flow.in.front().seconds - opened, 20 * kDaySeconds);
    EXPECT_GE(flow.passed_on(), 0.89);
    EXPECT_LT(flow.out.back().seconds - flow.in.back().seconds, 48 * kHourSeconds);
  });
}

TEST_P(PlantedFlows, DormantAccountsHaveNoTransferForHalfAYear) {
  int active_before = 0;
  for_each("dormant_reactivation", [&](const Flow& flow) {
    const std::int64_t woke = flow.in.front().seconds;
    std::int64_t latest = days_of("2024-01-01") * kDaySeconds;
    for (const TransferRow& t : bank_.transfers) {
      if (t.seconds >= woke || (t.from != flow.account && t.to != flow.account)) continue;
      latest = t.seconds;
      ++active_before;
    }
    EXPECT_GE(woke - latest, 180 * kDaySeconds);
    EXPECT_GE(flow.sum(flow.in), 500'000);
  });
  EXPECT_EQ(active_before, 3) << "every second one";
}

TEST(PlantedFlowsOfShortPeriods, HoldNoDormantAccount) {
  EXPECT_TRUE(generated({.accounts = 500, .days = 199, .instances = 1})
                  .instances_of("dormant_reactivation")
                  .empty());
  EXPECT_EQ(generated({.accounts = 500, .days = 200, .instances = 2})
                .instances_of("dormant_reactivation")
                .size(),
            2U);
}

}  // namespace
}  // namespace aml::test
