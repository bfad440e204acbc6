// SPDX-License-Identifier: Apache-2.0
#include "scenarios/scenario.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <map>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace aml::scenarios {
namespace {

/// A scenario of the given detector; `members` stands at the end of the object.
std::string scenario_text(const std::string& detector, const std::string& members = "") {
  const bool about_parties = detector == "synthetic_identity" || detector == "risk_propagation";
  return fmt::format(
      R"({{"schema_version": 1, "id": "test", "version": 7, "title": "A test", "typology": "custom",
           "detector": "{}", "subject": "{}"{}{}}})",
      detector, about_parties ? "party" : "account", members.empty() ? "" : ", ", members);
}

Scenario parse(const std::string& detector, const std::string& members = "",
               const detect::BaseCurrency& currency = {}) {
  return parse_scenario(scenario_text(detector, members), "test.json", currency);
}

ScenarioError refusal(const std::string& text) {
  try {
    parse_scenario(text, "test.json", {});
  } catch (const ScenarioError& error) {
    return error;
  }
  return {"test.json", "", "(accepted)"};
}

TEST(Scenario, AKeyOfControlCharactersIsShownEscapedAndTheReasonBehindIt) {
  const ScenarioError error = refusal(R"({"a\u0000\u001b[2J": 1})");
  EXPECT_EQ(error.pointer(), std::string("/a\0\x1b[2J", 7));
  EXPECT_TRUE(std::string(error.what()).starts_with("test.json: /a\\u0000\\u001b[2J: unknown key"))
      << error.what();
}

TEST(Scenario, HoldsWhatTheFileSays) {
  const Scenario scenario =
      parse("cycles", R"("params": {"min_length": 4, "max_length": 6, "window": "36 hours",
      "time_order": "strict", "max_steps": 1000}, "hubs": {"max_counterparties": 12},
      "severity": [{"at_least": 0.9, "is": "high"}])");
  EXPECT_EQ(scenario.id, "test");
  EXPECT_EQ(scenario.version, 7);
  EXPECT_EQ(scenario.title, "A test");
  EXPECT_EQ(scenario.typology, "custom");
  EXPECT_EQ(scenario.detector, "cycles");
  EXPECT_EQ(scenario.subject, "account");
  const auto& params = std::get<detect::CyclesParams>(scenario.params);
  EXPECT_EQ(params.min_length, 4);
  EXPECT_EQ(params.max_length, 6);
  EXPECT_EQ(params.window, 36 * graph::kMicrosPerHour);
  EXPECT_EQ(params.time_order, graph::TimeOrder::kStrict);
  EXPECT_EQ(params.max_steps, 1000u);
  EXPECT_EQ(params.max_counterparties, 12u);
  ASSERT_EQ(scenario.severity.size(), 1u);
  EXPECT_EQ(scenario.severity[0].is, "high");
}

TEST(Scenario, EveryStructuringParameterReachesTheDetector) {
  const std::string motif =
      "(a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (h)-[e6]->(i); (i)-[e7]->(c); "
      "(c)-[e5]->(g)";
  const Scenario scenario = parse("structuring", fmt::format(R"("params": {{"motif": "{}",
      "threshold": "3000.5", "leg_at_least": "20.05", "window": "4 days", "time_order": "strict",
      "pass_on_at_least": 0.25, "pass_on_at_most": 2, "forwarded_at_least": 0.5, "max_steps": 9}},
      "hubs": {{"max_counterparties": 0}})",
                                                             motif));
  const auto& params = std::get<detect::StructuringParams>(scenario.params);
  EXPECT_EQ(params.motif, motif);
  EXPECT_EQ(params.threshold_minor, 300'050);
  EXPECT_EQ(params.leg_at_least_minor, 2'005);
  EXPECT_EQ(params.window, 4 * graph::kMicrosPerDay);
  EXPECT_EQ(params.time_order, graph::TimeOrder::kStrict);
  EXPECT_EQ(params.pass_on_at_least, 0.25);
  EXPECT_EQ(params.pass_on_at_most, 2);
  EXPECT_EQ(params.forwarded_at_least, 0.5);
  EXPECT_EQ(params.max_steps, 9u);
  EXPECT_EQ(params.max_counterparties, 0u);
}

TEST(Scenario, EverySyntheticIdentityParameterReachesTheDetector) {
  const Scenario scenario =
      parse("synthetic_identity",
            R"("params": {"max_parties_per_attribute": 9, "min_parties": 3, "min_kinds": 2})");
  const auto& params = std::get<detect::SyntheticIdentityParams>(scenario.params);
  EXPECT_EQ(params.max_parties_per_attribute, 9u);
  EXPECT_EQ(params.min_parties, 3u);
  EXPECT_EQ(params.min_kinds, 2u);
}

TEST(Scenario, EveryRiskParameterReachesTheDetector) {
  const Scenario scenario = parse("risk_propagation", R"("params": {"mode": "literal", "rounds": 5,
      "decay": 0.25, "max_risk": 50, "score_cap": 20, "alert_at": 1.5, "top_payers": 7}, "hubs": {"max_counterparties": 8})");
  const auto& params = std::get<detect::RiskPropagationParams>(scenario.params);
  EXPECT_EQ(params.mode, detect::PropagationMode::kLiteral);
  EXPECT_EQ(params.rounds, 5);
  EXPECT_EQ(params.decay, 0.25);
  EXPECT_EQ(params.max_risk, 50);
  EXPECT_EQ(params.score_cap, 20);
  EXPECT_EQ(params.alert_at, 1.5);
  EXPECT_EQ(params.top_payers, 7);
  EXPECT_EQ(params.max_counterparties, 8u);
}

TEST(Scenario, EveryModeOfPropagationReachesTheDetectorAndIsWrittenBack) {
  const std::map<std::string, detect::PropagationMode> modes{
      {"literal", detect::PropagationMode::kLiteral},
      {"distinct", detect::PropagationMode::kDistinct},
      {"normalised", detect::PropagationMode::kNormalised},
      {"amount_weighted", detect::PropagationMode::kAmountWeighted}};
  for (const auto& [word, mode] : modes) {
    const std::string members = R"("params": {"mode": ")" + word + R"("})";
    const Scenario scenario = parse("risk_propagation", members);
    EXPECT_EQ(std::get<detect::RiskPropagationParams>(scenario.params).mode, mode) << word;
    EXPECT_NE(scenario.parameters_json.find('"' + word + '"'), std::string::npos) << word;
  }
}

TEST(Scenario, EveryAnomalyParameterReachesTheDetector) {
  const Scenario scenario =
      parse("anomalies",
            R"("params": {"model": "mine", "trees": 10, "sample_size": 64, "seed": 9007199254740991,
      "alert_at": 0.75, "max_alerts": 3, "top_reasons": 2})");
  const auto& params = std::get<detect::AnomaliesParams>(scenario.params);
  EXPECT_EQ(params.model, "mine");
  EXPECT_EQ(params.forest.trees, 10);
  EXPECT_EQ(params.forest.sample_size, 64);
  EXPECT_EQ(params.forest.seed, 9007199254740991u);
  EXPECT_EQ(params.alert_at, 0.75);
  EXPECT_EQ(params.max_alerts, 3u);
  EXPECT_EQ(params.top_reasons, 2);
}

TEST(Scenario, EveryAggregationParameterReachesTheDetector) {
  const Scenario scenario = parse("aggregation", R"("params": {"direction": "out",
      "leg_at_least": "8000", "leg_below": "10000.00", "multiples_of": "100.50",
      "types": ["cash", "wire"], "counterparties": "any", "standing_after": "30 days",
      "window": "1 day", "min_transfers": 4, "min_counterparties": 3, "total_above": "12000",
      "min_share": 0.25, "max_steps": 9}, "hubs": {"max_counterparties": 7})");
  const auto& params = std::get<detect::AggregationParams>(scenario.params);
  EXPECT_EQ(params.direction, detect::Direction::kOut);
  EXPECT_EQ(params.leg_at_least_minor, 800'000);
  EXPECT_EQ(params.leg_below_minor, 1'000'000);
  EXPECT_EQ(params.multiples_of_minor, 10'050);
  EXPECT_EQ(params.types, (std::vector<std::string>{"cash", "wire"}));
  EXPECT_EQ(params.counterparties, detect::Counterparties::kAny);
  EXPECT_EQ(params.standing_after, 30 * graph::kMicrosPerDay);
  EXPECT_EQ(params.window, graph::kMicrosPerDay);
  EXPECT_EQ(params.min_transfers, 4u);
  EXPECT_EQ(params.min_counterparties, 3u);
  EXPECT_EQ(params.total_above_minor, 1'200'000);
  EXPECT_EQ(params.min_share, 0.25);
  EXPECT_EQ(params.max_counterparties, 7u);
  EXPECT_EQ(params.max_steps, 9u);
}

TEST(Scenario, EveryFlowParameterReachesTheDetector) {
  const Scenario scenario = parse("flow_through", R"("params": {"leg_at_least": "1",
      "deposit_below": "10", "window": "3 days", "holding": "5 hours", "in_at_least": "2.50",
      "out_in_at_least": 0.25, "out_in_at_most": 2, "gathered_first": 0.5, "min_deposits": 3,
      "min_senders": 4, "min_receivers": 5, "min_other_countries": 6, "accounts": "new",
      "new_within": "7 days", "dormant_for": "8 days", "max_steps": 9},
      "hubs": {"max_counterparties": 10})");
  const auto& params = std::get<detect::FlowThroughParams>(scenario.params);
  EXPECT_EQ(params.leg_at_least_minor, 100);
  EXPECT_EQ(params.deposit_below_minor, 1000);
  EXPECT_EQ(params.window, 3 * graph::kMicrosPerDay);
  EXPECT_EQ(params.holding, 5 * graph::kMicrosPerHour);
  EXPECT_EQ(params.in_at_least_minor, 250);
  EXPECT_EQ(params.out_in_at_least, 0.25);
  EXPECT_EQ(params.out_in_at_most, 2);
  EXPECT_EQ(params.gathered_first, 0.5);
  EXPECT_EQ(params.min_deposits, 3u);
  EXPECT_EQ(params.min_senders, 4u);
  EXPECT_EQ(params.min_receivers, 5u);
  EXPECT_EQ(params.min_other_countries, 6u);
  EXPECT_EQ(params.accounts, detect::AccountAge::kNew);
  EXPECT_EQ(params.new_within, 7 * graph::kMicrosPerDay);
  EXPECT_EQ(params.dormant_for, 8 * graph::kMicrosPerDay);
  EXPECT_EQ(params.max_steps, 9u);
  EXPECT_EQ(params.max_counterparties, 10u);
}

TEST(Scenario, EveryDormancyParameterReachesTheDetector) {
  const Scenario scenario = parse("dormant_reactivation", R"("params": {"silence": "90 days",
      "window": "3 days", "moved_at_least": "2.50", "times_earlier_mean": 4,
      "grown_at_least": "1.25", "max_steps": 9}, "hubs": {"max_counterparties": 10})");
  const auto& params = std::get<detect::DormantReactivationParams>(scenario.params);
  EXPECT_EQ(params.silence, 90 * graph::kMicrosPerDay);
  EXPECT_EQ(params.window, 3 * graph::kMicrosPerDay);
  EXPECT_EQ(params.moved_at_least_minor, 250);
  EXPECT_EQ(params.times_earlier_mean, 4);
  EXPECT_EQ(params.grown_at_least_minor, 125);
  EXPECT_EQ(params.max_steps, 9u);
  EXPECT_EQ(params.max_counterparties, 10u);
}

TEST(Scenario, EveryMotifParameterReachesTheDetector) {
  const Scenario scenario = parse("motif", R"json("params": {"motif": "(a)-[e]->(b)",
      "mode": "money", "where": "e.amount > 5", "time_order": "strict", "window": "3 days",
      "hop_window": "2 hours", "distinct": "edges", "group_by": "b",
      "aggregates": {"z": "count(*)", "a": "total(e)"}, "having": "count(*) > 1",
      "subject_vertex": "b", "score_half_at": "2.50", "max_rows": 7, "max_steps": 8},
      "hubs": {"max_counterparties": 9})json");
  const auto& params = std::get<detect::MotifMatchesParams>(scenario.params);
  EXPECT_EQ(params.motif, "(a)-[e]->(b)");
  EXPECT_EQ(params.mode, graph::MotifMode::kMoney);
  EXPECT_EQ(params.where, "e.amount > 5");
  EXPECT_EQ(params.time_order, graph::TimeOrder::kStrict);
  EXPECT_EQ(params.window, 3 * graph::kMicrosPerDay);
  EXPECT_EQ(params.hop_window, 2 * graph::kMicrosPerHour);
  EXPECT_EQ(params.distinct, graph::Distinct::kEdges);
  EXPECT_EQ(params.group_by, "b");
  EXPECT_EQ(params.aggregates, (std::vector<std::pair<std::string, std::string>>{
                                   {"z", "count(*)"}, {"a", "total(e)"}}));
  EXPECT_EQ(params.having, "count(*) > 1");
  EXPECT_EQ(params.subject_vertex, "b");
  EXPECT_EQ(params.score_half_at_minor, 250);
  EXPECT_EQ(params.max_rows, 7U);
  EXPECT_EQ(params.max_steps, 8U);
  EXPECT_EQ(params.max_counterparties, 9U);
}

TEST(Scenario, WhatAMotifLeavesOpenIsNotAmongItsParameters) {
  EXPECT_EQ(
      parse("motif", R"json("params": {"motif": "(a)-[e]->(b)", "window": "3 days"})json")
          .parameters_json,
      R"json({"motif":"(a)-[e]->(b)","mode":"money","time_order":"loose","window":"3 days",)json"
      R"json("distinct":"vertices","score_half_at":"10000.00","max_rows":1000000,)json"
      R"json("max_steps":2000000000,"max_counterparties":2000})json");
}

TEST(Scenario, AWrongConditionIsRefusedWithItsPlaceInTheFileAndInTheText) {
  const ScenarioError error = refusal(scenario_text(
      "motif", R"json("params": {"motif": "(a)-[e]->(b)", "window": "3 days", "group_by": "b",
                      "aggregates": {"paid": "total(e)", "payers": "count(distinct x)"}})json"));
  EXPECT_EQ(error.pointer(), "/params/aggregates/payers");
  EXPECT_TRUE(std::string(error.what()).ends_with("\n  count(distinct x)\n                 ^"))
      << error.what();
}

TEST(Scenario, AMotifMayLookForAnyTypologyOthersForTheirOwn) {
  const auto pointer_of = [](const std::string& detector, const std::string& typology) {
    std::string text = scenario_text(
        detector, R"json("params": {"motif": "(a)-[e]->(b)", "window": "1 day"})json");
    if (detector != "motif") text = scenario_text(detector);
    return refusal(text.replace(text.find("custom"), 6, typology)).pointer();
  };
  for (const char* typology : {"structuring", "fan_in", "synthetic_identity", "custom"})
    EXPECT_EQ(pointer_of("motif", typology), "") << typology;
  EXPECT_EQ(pointer_of("aggregation", "fan_in"), "");
  EXPECT_EQ(pointer_of("aggregation", "custom"), "");
  EXPECT_EQ(pointer_of("aggregation", "mule"), "/typology");
  EXPECT_EQ(pointer_of("stack", "bipartite"), "/typology");
}

TEST(Scenario, MoneyIsExactInEveryCurrency) {
  const std::string members =
      R"("params": {"threshold": "9007199254740.9", "leg_at_least": "0.1"})";
  const auto threshold = [&](const std::string& code, int exponent) {
    return std::get<detect::StructuringParams>(
               parse("structuring", members, {code, exponent}).params)
        .threshold_minor;
  };
  EXPECT_EQ(threshold("USD", 2), 900'719'925'474'090);
  EXPECT_EQ(threshold("BHD", 3), 9'007'199'254'740'900);
  EXPECT_THROW(threshold("JPY", 0), ScenarioError);
}

TEST(Scenario, ShippedScenariosFitEveryCurrency) {
  for (const int exponent : {0, 2, 3, 4}) {
    const auto scenarios = shipped_scenarios({"XXX", exponent});
    EXPECT_EQ(scenarios.size(), 20u);
  }
}

RC_GTEST_PROP(Scenario, MoneyThatIsWrittenReadsBackAsTheSameAmount, ()) {
  const auto minor = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000);
  const int exponent = *rc::gen::inRange(0, 5);
  const detect::BaseCurrency currency{"XXX", exponent};
  const std::string amount = detect::plain_money(minor, currency);
  const Scenario scenario = parse(
      "structuring", fmt::format(R"("params": {{"threshold": "{}", "leg_at_least": "0"}})", amount),
      currency);
  RC_ASSERT(std::get<detect::StructuringParams>(scenario.params).threshold_minor == minor);
}

TEST(Scenario, AbsentParametersHaveTheDefaultsOfTheStruct) {
  const auto params = std::get<detect::StructuringParams>(parse("structuring").params);
  const detect::StructuringParams defaults;
  EXPECT_EQ(params.motif, defaults.motif);
  EXPECT_EQ(params.threshold_minor, defaults.threshold_minor);
  EXPECT_EQ(params.window, defaults.window);
  EXPECT_EQ(params.max_counterparties, defaults.max_counterparties);
}

TEST(Scenario, ParametersTellEveryEffectiveValueAsAFileWould) {
  const auto cycles = parse("cycles", R"("params": {"window": "48 hours"})");
  EXPECT_EQ(
      cycles.parameters_json,
      R"({"min_length":3,"max_length":8,"window":"2 days","time_order":"loose","max_steps":2000000000,)"
      R"("max_cycles":1000000,"max_counterparties":2000})");
  const auto structuring = nlohmann::json::parse(parse("structuring").parameters_json);
  EXPECT_EQ(structuring["threshold"], "10000.00");
  EXPECT_EQ(structuring["leg_at_least"], "500.00");
}

TEST(Scenario, EffectiveParametersReadBackAsTheSameScenario) {
  for (const Scenario& shipped : shipped_scenarios({})) {
    auto params = nlohmann::ordered_json::parse(shipped.parameters_json);
    std::string members;
    if (params.contains("max_counterparties")) {
      members = fmt::format(R"(, "hubs": {{"max_counterparties": {}}})",
                            params["max_counterparties"].dump());
      params.erase("max_counterparties");
    }
    const Scenario again = parse(shipped.detector, "\"params\": " + params.dump() + members);
    EXPECT_EQ(again.parameters_json, shipped.parameters_json) << shipped.id;
  }
}

TEST(Scenario, DefinitionIsTheFileWithoutCommentsInItsOwnOrder) {
  const Scenario scenario = parse_scenario(
      "// why\n{\"version\": 2, /* b */ \"id\": \"x\", \"schema_version\": 1, \"title\": \"t\", "
      "\"typology\": \"custom\", \"subject\": \"account\", \"detector\": \"anomalies\"}",
      "test.json", {});
  EXPECT_EQ(scenario.definition_json,
            R"({"version":2,"id":"x","schema_version":1,"title":"t","typology":"custom",)"
            R"("subject":"account","detector":"anomalies"})");
}

TEST(Scenario, SeverityIsThatOfTheFirstBandReached) {
  const Scenario scenario =
      parse("cycles",
            R"("severity": [{"at_least": 0.8, "is": "high"}, {"at_least": 0.5, "is": "medium"}])");
  EXPECT_EQ(scenario.severity_of(1), "high");
  EXPECT_EQ(scenario.severity_of(0.8), "high");
  EXPECT_EQ(scenario.severity_of(0.79), "medium");
  EXPECT_EQ(scenario.severity_of(0.5), "medium");
  EXPECT_EQ(scenario.severity_of(0.49), "low");
  EXPECT_EQ(parse("cycles").severity_of(1), "low");
}

TEST(Scenario, ErrorsNameFilePointerAndReason) {
  const ScenarioError error = refusal(scenario_text("cycles", R"("params": {"min_length": "3"})"));
  EXPECT_EQ(error.file(), "test.json");
  EXPECT_EQ(error.pointer(), "/params/min_length");
  EXPECT_STREQ(
      error.what(),
      "test.json: /params/min_length: expected an integer from 2 to 12, got \"3\"  hint: write the "
      "number without quotes");
}

TEST(Scenario, BrokenTextIsRefusedWithLineAndColumn) {
  const ScenarioError error = refusal("{\n  \"id\": tru\n}");
  EXPECT_EQ(error.pointer(), "");
  EXPECT_STREQ(error.what(),
               "test.json:2:12: syntax error while parsing value - invalid literal; last read: "
               "'\"id\": tru<U+000A>'");
}

TEST(Scenario, AnUnterminatedCommentIsRefused) {
  const std::string what = refusal("{ /* no end").what();
  EXPECT_NE(what.find("test.json:1:"), std::string::npos) << what;
  EXPECT_NE(what.find("comment"), std::string::npos) << what;
}

TEST(Scenario, MessagesStayShortAndPlainWhateverTheFileHolds) {
  const std::string long_value(100'000, 'x');
  for (const std::string& text :
       {scenario_text("cycles", "\"params\": {\"min_length\": \"" + long_value + "\"}"),
        "{\"id\": \"" + long_value, std::string(500'000, '['), std::string("{\"\xff\xfe")}) {
    const std::string what = refusal(text).what();
    EXPECT_LT(what.size(), 400u);
    EXPECT_EQ(what.find("(accepted)"), std::string::npos);
    EXPECT_TRUE(std::ranges::all_of(what, [](char c) { return c >= ' ' && c <= '~'; })) << what;
  }
}

TEST(Scenario, DeepNestingIsRefusedBeforeItCanHurt) {
  const std::string what = refusal(std::string(1'000'000, '[')).what();
  EXPECT_NE(what.find("nested deeper than 16 levels"), std::string::npos) << what;
}

class ScenarioOnDisk : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) /
            fmt::format("aml_scenario_{}.json",
                        testing::UnitTest::GetInstance()->random_seed() + getpid());
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string refusal_of_file() const {
    try {
      load_scenario(path_.string(), {});
    } catch (const ScenarioError& error) {
      return error.what();
    }
    return "(accepted)";
  }
  std::filesystem::path path_;
};

TEST_F(ScenarioOnDisk, IsReadLikeText) {
  write(scenario_text("anomalies"));
  EXPECT_EQ(load_scenario(path_.string(), {}).detector, "anomalies");
}

TEST_F(ScenarioOnDisk, AMissingFileIsNamed) {
  EXPECT_EQ(refusal_of_file(), path_.string() + ": cannot be opened: No such file or directory");
}

TEST_F(ScenarioOnDisk, AFolderIsNoFile) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(refusal_of_file(), path_.string() + ": cannot be read: Is a directory");
}

TEST_F(ScenarioOnDisk, OneMebibyteIsTheLimit) {
  const std::string text = scenario_text("anomalies");
  write(text + std::string((1 << 20) - text.size(), ' '));
  EXPECT_EQ(refusal_of_file(), "(accepted)");
  write(text + std::string((1 << 20) - text.size() + 1, ' '));
  EXPECT_NE(refusal_of_file().find("larger than 1 MiB"), std::string::npos);
}

TEST(ShippedScenarios, AreNamedLikeTheirFilesInAlphabeticalOrder) {
  std::vector<std::string> ids;
  for (const Scenario& scenario : shipped_scenarios({})) {
    ids.push_back(scenario.id);
    EXPECT_TRUE(std::filesystem::exists(fmt::format("{}/{}.json", SCENARIO_DIR, scenario.id)));
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"account_structuring",
                                           "account_structuring_week",
                                           "anomalies",
                                           "bipartite",
                                           "chain_layering",
                                           "dormant_reactivation",
                                           "fan_in",
                                           "fan_out",
                                           "funnel_account",
                                           "gather_scatter",
                                           "mule",
                                           "pass_through",
                                           "risk_propagation",
                                           "round_amounts",
                                           "round_tripping",
                                           "scatter_gather",
                                           "smurfing",
                                           "stack",
                                           "structuring",
                                           "synthetic_identities"}));
}

TEST(ShippedScenarios, WriteEveryParameterOut) {
  for (const Scenario& scenario : shipped_scenarios({})) {
    const auto definition = nlohmann::json::parse(scenario.definition_json);
    auto written = definition["params"];
    if (definition.contains("hubs")) written.update(definition["hubs"]);
    const auto effective = nlohmann::json::parse(scenario.parameters_json);
    for (const auto& [key, value] : effective.items())
      EXPECT_TRUE(written.contains(key)) << scenario.id << ' ' << key;
    EXPECT_FALSE(scenario.severity.empty()) << scenario.id;
  }
}

TEST(ShippedScenarios, CoverEveryTypology) {
  std::set<std::string> typologies;
  for (const Scenario& scenario : shipped_scenarios({})) typologies.insert(scenario.typology);
  EXPECT_EQ(typologies,
            (std::set<std::string>{
                "account_structuring", "anomalous_behaviour", "bipartite", "chain_layering",
                "dormant_reactivation", "fan_in", "fan_out", "funnel_account", "gather_scatter",
                "mule", "pass_through", "risk_exposure", "round_amounts", "round_tripping",
                "scatter_gather", "smurfing", "stack", "structuring", "synthetic_identity"}));
}

}  // namespace
}  // namespace aml::scenarios
