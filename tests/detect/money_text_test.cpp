// SPDX-License-Identifier: Apache-2.0
#include "detect/money_text.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "detect/sentences.hpp"
#include "tests/graph/small_graphs.hpp"

namespace aml::detect {
namespace {

using graph::kMicrosPerDay;
using graph::kMicrosPerHour;
using graph::kMicrosPerSecond;

constexpr graph::Micros kMarch2024 = 1'709'251'200 * kMicrosPerSecond;  // 2024-03-01 00:00 UTC

TEST(MoneyText, GroupsThousandsAndKeepsTheCurrencysDecimals) {
  EXPECT_EQ(format_money(1'234'560, {"USD", 2}), "12,345.60 USD");
  EXPECT_EQ(format_money(123'456'789, {"JPY", 0}), "123,456,789 JPY");
  EXPECT_EQ(format_money(1'234'567, {"BHD", 3}), "1,234.567 BHD");
  EXPECT_EQ(format_money(99'999, {"USD", 2}), "999.99 USD");
  EXPECT_EQ(format_money(100'000, {"USD", 2}), "1,000.00 USD");
}

TEST(MoneyText, SmallAmountsHaveAZeroBeforeThePoint) {
  EXPECT_EQ(format_money(0, {}), "0.00 USD");
  EXPECT_EQ(format_money(5, {}), "0.05 USD");
  EXPECT_EQ(format_money(-5, {}), "-0.05 USD");
  EXPECT_EQ(plain_money(50, {"BHD", 3}), "0.050");
}

TEST(MoneyText, PlainMoneyHasNoCommasAndNoCurrency) {
  EXPECT_EQ(plain_money(1'234'560, {}), "12345.60");
  EXPECT_EQ(plain_money(-100'000'000, {}), "-1000000.00");
}

TEST(MoneyText, SumsBeyondSixtyFourBitsAreWritten) {
  const graph::MinorSum sum = graph::MinorSum{std::numeric_limits<graph::MinorUnits>::max()} * 10;
  EXPECT_EQ(plain_money(sum, {}), "922337203685477580.70");
  EXPECT_EQ(format_money(-sum, {"USD", 2}), "-922,337,203,685,477,580.70 USD");
  EXPECT_EQ(to_minor_units(sum), std::numeric_limits<graph::MinorUnits>::max());
  EXPECT_EQ(to_minor_units(-sum), std::numeric_limits<graph::MinorUnits>::min());
  EXPECT_EQ(to_minor_units(-42), -42);
}

TEST(MoneyText, MidnightIsWrittenAsTheDayAlone) {
  EXPECT_EQ(format_time(kMarch2024), "2024-03-01");
  EXPECT_EQ(format_time(kMarch2024 + 14 * kMicrosPerHour + 305 * kMicrosPerSecond),
            "2024-03-01 14:05");
  EXPECT_EQ(format_time(kMarch2024 + 1), "2024-03-01 00:00");
}

TEST(MoneyText, TimesBefore1970CountForward) {
  EXPECT_EQ(format_time(-kMicrosPerHour), "1969-12-31 23:00");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(MoneyText, IsoTimeShowsAFractionOnlyIfThereIsOne) {
  EXPECT_EQ(iso_time(kMarch2024), "2024-03-01T00:00:00Z");
  EXPECT_EQ(iso_time(kMarch2024 + 14 * kMicrosPerHour + 305 * kMicrosPerSecond),
            "2024-03-01T14:05:05Z");
  EXPECT_EQ(iso_time(kMarch2024 + 1500), "2024-03-01T00:00:00.001500Z");
}

TEST(MoneyText, CountsAgreeWithTheirNoun) {
  EXPECT_EQ(count_of(1, "transfer"), "1 transfer");
  EXPECT_EQ(count_of(7, "transfer"), "7 transfers");
  EXPECT_EQ(count_of(0, "transfer"), "0 transfers");
  EXPECT_EQ(count_of(3, "party"), "3 parties");
  EXPECT_EQ(count_of(2, "branch"), "2 branches");
  EXPECT_EQ(count_of(2, "address"), "2 addresses");
  EXPECT_EQ(count_of(4, "day"), "4 days");
  EXPECT_EQ(count_of(12'345, "hub"), "12,345 hubs");
}

TEST(Sentences, ListsNameTheFirstAndCountTheRest) {
  EXPECT_EQ(list_of({"A"}, 3), "A");
  EXPECT_EQ(list_of({"A", "B"}, 3), "A and B");
  EXPECT_EQ(list_of({"A", "B", "C"}, 3), "A, B and C");
  EXPECT_EQ(list_of({"A", "B", "C", "D", "E"}, 3), "A, B, C and 2 more");
  EXPECT_EQ(list_of({"A", "B"}, 1), "A and 1 more");
}

TEST(Sentences, DurationsAreRoundedUpInTheUnitThatFits) {
  EXPECT_EQ(within(0), "at the same time");
  EXPECT_EQ(within(1), "within 1 minute");
  EXPECT_EQ(within(2 * kMicrosPerHour), "within 120 minutes");
  EXPECT_EQ(within(2 * kMicrosPerHour + 1), "within 3 hours");
  EXPECT_EQ(within(2 * kMicrosPerDay), "within 48 hours");
  EXPECT_EQ(within(3 * kMicrosPerDay), "within 3 days");
  EXPECT_EQ(within(3 * kMicrosPerDay + 1), "within 4 days");
}

TEST(Sentences, NumbersDropZerosThatSayNothing) {
  EXPECT_EQ(hours_text(36 * kMicrosPerHour + kMicrosPerHour / 2), "36.5");
  EXPECT_EQ(hours_text(0), "0");
  EXPECT_EQ(hours_text(100 * kMicrosPerHour), "100");
  EXPECT_EQ(share_text(0.95623), "0.9562");
  EXPECT_EQ(share_text(1), "1");
  EXPECT_EQ(percent_text(0.7), "70 %");
  EXPECT_EQ(percent_text(0.9562), "95.6 %");
}

TEST(Sentences, HubsAreNamedWithTheirCounterpartiesAndTheRestIsCounted) {
  std::vector<oracle::Transfer> transfers;
  std::vector<std::string> names;
  for (int hub = 10; hub < 33; ++hub) {
    const std::string name = "H" + std::to_string(hub);
    transfers.push_back({"A", name, 1});
    transfers.push_back({"B", name, 2});
    transfers.push_back({"B", name, 3});
    transfers.push_back({name, name, 4});
    names.push_back(name);
  }
  const graph::TransferGraph graph = graph::testing::graph_of(transfers);
  std::vector<graph::Vertex> hubs;
  for (const std::string& name : names) hubs.push_back(*graph.find(name));
  const auto sentences = hub_sentences(graph, hubs, 1);
  ASSERT_EQ(sentences.size(), 21U);
  EXPECT_EQ(sentences.front(),
            "H10 is a hub with 2 payers and 0 payees, more than 1 on one side: left out.");
  EXPECT_EQ(sentences.back(), "And 3 more hubs left out.");
  EXPECT_EQ(hub_sentences(graph, std::span(hubs).first(20), 1).size(), 20U);
  EXPECT_TRUE(hub_sentences(graph, {}, 1).empty());
}

}  // namespace
}  // namespace aml::detect
