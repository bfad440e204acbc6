// SPDX-License-Identifier: Apache-2.0
#include "scenarios/overrides.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace aml::scenarios {
namespace {

using Texts = std::vector<std::string>;

Scenario find(const std::vector<Scenario>& scenarios, const std::string& id) {
  return *std::ranges::find(scenarios, id, &Scenario::id);
}

Scenario with(const std::string& id, const Texts& overrides) {
  return find(with_overrides(shipped_scenarios({}), overrides, {}), id);
}

nlohmann::json parameter_of(const Scenario& scenario, const std::string& name) {
  return nlohmann::json::parse(scenario.parameters_json).at(name);
}

std::string refusal(const Texts& overrides) {
  try {
    with_overrides(shipped_scenarios({}), overrides, {});
  } catch (const std::invalid_argument& error) {
    return error.what();
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "(accepted)";
}

TEST(Overrides, EachKindOfValueIsReadAsAPersonTypesIt) {
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.window=20 days"}), "window"), "20 days");
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.window=\"36 hours\""}), "window"), "36 hours");
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.leg_at_least=0"}), "leg_at_least"), "0.00");
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.leg_at_least=12.5"}), "leg_at_least"), "12.50");
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.min_transfers=7"}), "min_transfers"), 7);
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.min_share=0.25"}), "min_share"), 0.25);
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.counterparties=any"}), "counterparties"), "any");
  EXPECT_EQ(parameter_of(with("fan_in", {"fan_in.types=CASH DEPOSIT"}), "types"),
            nlohmann::json({"CASH DEPOSIT"}));
  EXPECT_EQ(parameter_of(with("fan_in", {R"(fan_in.types=["CASH", "WIRE"])"}), "types"),
            nlohmann::json({"CASH", "WIRE"}));
  EXPECT_EQ(parameter_of(with("round_tripping", {"round_tripping.hubs.max_counterparties=500"}),
                         "max_counterparties"),
            500);
  const std::string motif =
      "(a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (c)-[e5]->(g)";
  EXPECT_EQ(parameter_of(with("structuring", {"structuring.motif=" + motif}), "motif"), motif);
}

TEST(Overrides, EveryParameterOfEveryScenarioCanBeSetToWhatItIs) {
  for (const Scenario& scenario : shipped_scenarios({})) {
    const auto parameters = nlohmann::json::parse(scenario.parameters_json);
    Texts overrides;
    for (const auto& [name, value] : parameters.items())
      overrides.push_back(scenario.id + (name == "max_counterparties" ? ".hubs." : ".") + name +
                          "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
    const Scenario again = with(scenario.id, overrides);
    EXPECT_EQ(again.parameters_json, scenario.parameters_json);
    EXPECT_EQ(again.overrides, overrides);
  }
}

TEST(Overrides, WhatAMotifHasNoDefaultForCanBeSetToo) {
  const Scenario file = parse_scenario(
      R"json({"schema_version": 1, "id": "hops", "version": 1, "title": "t", "typology": "custom",
              "detector": "motif", "subject": "account",
              "params": {"motif": "(a)-[e]->(b)", "window": "3 days"}})json",
      "hops.json", {});
  const Texts overrides{"hops.window=5 days", "hops.where=e.amount > 5", "hops.group_by=b",
                        R"json(hops.aggregates={"n": "count(*)"})json"};
  const Scenario changed = with_overrides({file}, overrides, {}).at(0);
  EXPECT_EQ(parameter_of(changed, "window"), "5 days");
  EXPECT_EQ(parameter_of(changed, "where"), "e.amount > 5");
  EXPECT_EQ(parameter_of(changed, "group_by"), "b");
  EXPECT_EQ(parameter_of(changed, "aggregates"), (nlohmann::json{{"n", "count(*)"}}));
}

TEST(Overrides, AValueWithAKeyTwiceIsRefusedAsInAFile) {
  const Scenario file = parse_scenario(
      R"json({"schema_version": 1, "id": "hops", "version": 1, "title": "t", "typology": "custom",
              "detector": "motif", "subject": "account",
              "params": {"motif": "(a)-[e]->(b)", "window": "3 days", "group_by": "b"}})json",
      "hops.json", {});
  const Texts overrides{R"json(hops.aggregates={"n": "count(*)", "n": "sum(e.amount)"})json"};
  try {
    with_overrides({file}, overrides, {});
    FAIL() << "accepted";
  } catch (const ScenarioError& error) {
    EXPECT_EQ(std::string(error.what()),
              "--set " + overrides[0] + ": /n: this key stands twice in the same object");
  }
}

TEST(Overrides, OnlyTheNamedScenarioAndParametersChange) {
  const auto before = shipped_scenarios({});
  const Texts overrides{"fan_in.window=20 days", "fan_in.min_transfers=8"};
  const auto after = with_overrides(before, overrides, {});
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].id == "fan_in") continue;
    EXPECT_EQ(after[i].definition_json, before[i].definition_json);
    EXPECT_TRUE(after[i].overrides.empty());
  }
  const Scenario changed = find(after, "fan_in");
  auto expected = nlohmann::json::parse(find(before, "fan_in").parameters_json);
  expected["window"] = "20 days";
  expected["min_transfers"] = 8;
  EXPECT_EQ(nlohmann::json::parse(changed.parameters_json), expected);
  EXPECT_EQ(changed.version, find(before, "fan_in").version);
  EXPECT_EQ(changed.overrides, overrides);
}

TEST(Overrides, AValueIsRefusedInTheWordsOfTheFileReader) {
  EXPECT_EQ(
      refusal({"fan_in.window=20 dayz"}),
      "fan_in with --set fan_in.window=20 dayz: /params/window: expected a length of time such "
      "as \"20 days\", got \"20 dayz\"  hint: a whole number up to 99999, one space, and "
      "seconds, minutes, hours, days or weeks, in quotes");
  EXPECT_EQ(refusal({"fan_in.min_transfers=0"}),
            "fan_in with --set fan_in.min_transfers=0: /params/min_transfers: expected an integer "
            "from 1 to 4294967295, got 0");
  EXPECT_EQ(
      refusal({"fan_in.min_transfers=many"}),
      "fan_in with --set fan_in.min_transfers=many: /params/min_transfers: expected an integer "
      "from 1 to 4294967295, got \"many\"  hint: write the number without quotes");
  EXPECT_NE(refusal({"fan_in.leg_at_least=10,000"}).find("no thousands separators"),
            std::string::npos);
  EXPECT_NE(refusal({"fan_in.direction=inn"}).find("did you mean \"in\"?"), std::string::npos);
  EXPECT_NE(refusal({"round_tripping.hubs.max_counterparties=-1"}).find("/hubs/max_counterparties"),
            std::string::npos);
  // What holds between two parameters holds with both overrides in place.
  EXPECT_EQ(refusal({"round_tripping.min_length=9", "round_tripping.max_length=9"}), "(accepted)");
  EXPECT_NE(refusal({"round_tripping.min_length=9"}).find("min_length"), std::string::npos);
}

TEST(Overrides, AnUnknownNameIsRefusedWithTheNearestAndTheKnownOnes) {
  const std::string parameter = refusal({"fan_in.windw=20 days"});
  EXPECT_EQ(parameter.rfind("--set fan_in.windw=20 days: scenario fan_in has no parameter "
                            "\"windw\"\n  did you mean \"window\"?\n  known: direction, ",
                            0),
            0U)
      << parameter;
  EXPECT_NE(parameter.find("hubs.max_counterparties"), std::string::npos) << parameter;
  EXPECT_NE(refusal({"fan_in.max_counterparties=5"}).find("hubs.max_counterparties"),
            std::string::npos);
  const std::string scenario = refusal({"fan_inn.window=20 days"});
  EXPECT_NE(scenario.find("scenario \"fan_inn\" is not in this run\n  did you mean \"fan_in\"?"),
            std::string::npos)
      << scenario;
  EXPECT_NE(refusal({"synthetic_identities.hubs.max_counterparties=5"}).find("has no parameter"),
            std::string::npos);
}

TEST(Overrides, WhatIsNoOverrideOrStandsTwiceIsRefused) {
  for (const char* text : {"", "fan_in", "fan_in.window", "window=20 days", "=", "fan_in=3"})
    EXPECT_NE(refusal({text}).find("expected scenario.parameter=value"), std::string::npos) << text;
  EXPECT_NE(refusal({"fan_in.=3"}).find("has no parameter \"\""), std::string::npos);
  EXPECT_NE(refusal({"fan_in.window=1 day", "fan_in.window=2 days"}).find("is set twice"),
            std::string::npos);
}

}  // namespace
}  // namespace aml::scenarios
