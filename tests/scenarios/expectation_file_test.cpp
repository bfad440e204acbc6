// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "scenarios/scenario.hpp"

namespace aml::scenarios {
namespace {

const std::string kGood =
    R"({"name": "amount_is_positive", "dataset": "transfers", "check": "amount > 0", "policy": "quarantine",
        "description": "Money moves forwards."})";

std::string file_of(const std::string& expectations) {
  return fmt::format(R"({{"schema_version": 1, "expectations": [{}]}})", expectations);
}

/// kGood with one value replaced by another text of JSON.
std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  return text.replace(text.find(from), from.size(), to);
}

class ExpectationFile : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::vector<store::Expectation> load(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return load_expectations(path_);
  }
  std::string refusal(const std::string& text) const {
    try {
      load(text);
    } catch (const ScenarioError& error) {
      EXPECT_EQ(error.file(), path_);
      return std::string(error.what()).substr(path_.size());
    }
    return "(accepted)";
  }
  const std::string path_ = (std::filesystem::path(testing::TempDir()) /
                             fmt::format("aml_expectations_{}.json", getpid()))
                                .string();
};

TEST_F(ExpectationFile, HoldsWhatTheFileSaysInItsOrder) {
  const auto expectations = load(file_of(
      kGood + R"(, {"name": "rate", "dataset": "fx_rates", "check": "rate < 1000", "policy": "fail",
                    "description": "d"},
                   {"name": "amount_is_positive", "dataset": "parties", "check": "true", "policy": "warn",
                    "description": "the name is free in another dataset"} // and a comment)"
              "\n"));
  ASSERT_EQ(expectations.size(), 3u);
  EXPECT_EQ(expectations[0].name, "amount_is_positive");
  EXPECT_EQ(expectations[0].dataset, "transfers");
  EXPECT_EQ(std::get<store::RowCheck>(expectations[0].condition), "amount > 0");
  EXPECT_EQ(expectations[0].policy, store::ExpectationPolicy::kQuarantine);
  EXPECT_EQ(expectations[0].description, "Money moves forwards.");
  EXPECT_EQ(expectations[1].policy, store::ExpectationPolicy::kFail);
  EXPECT_EQ(expectations[2].policy, store::ExpectationPolicy::kWarn);
}

TEST_F(ExpectationFile, MayBeEmpty) {
  EXPECT_TRUE(load(file_of("")).empty());
}

TEST_F(ExpectationFile, RefusesWhatItDoesNotKnowWithItsPlace) {
  EXPECT_EQ(refusal(R"({"schema_version": 2, "expectations": []})"),
            ": /schema_version: expected the number 1, got 2");
  EXPECT_EQ(refusal(R"({"schema_version": 1})"),
            ": /expectations: expected an array of 0 to 1000 objects, but the key is missing");
  EXPECT_EQ(refusal(R"({"schema_version": 1, "expectations": [], "expectation": []})"),
            ": /expectation: unknown key  hint: did you mean \"expectations\"?");
  EXPECT_EQ(refusal(file_of(with("\"policy\"", "\"polcy\""))),
            ": /expectations/0/polcy: unknown key  hint: did you mean \"policy\"?");
  EXPECT_EQ(
      refusal(file_of(with("\"quarantine\"", "\"drop\""))),
      ": /expectations/0/policy: expected one of \"warn\", \"quarantine\", \"fail\", got \"drop\"");
  EXPECT_EQ(refusal(file_of(with("\"transfers\"", "\"transfer\""))),
            ": /expectations/0/dataset: expected one of \"transfers\", \"accounts\", \"parties\", "
            "\"fx_rates\", "
            "got \"transfer\"  hint: did you mean \"transfers\"?");
  EXPECT_EQ(refusal(file_of(with("\"amount > 0\"", "\"\""))),
            ": /expectations/0/check: expected one line of 1 to 20000 characters, got \"\"");
  EXPECT_EQ(
      refusal(file_of(kGood + ", " + kGood)),
      ": /expectations/1/name: expected a name that no other expectation of the dataset has, got "
      "\"amount_is_positive\"");
}

TEST_F(ExpectationFile, RefusesTextThatIsNoJson) {
  EXPECT_TRUE(refusal("{\n]").starts_with(":2:1: syntax error")) << refusal("{\n]");
}

TEST(ShippedExpectations, CoverEveryDatasetOfTheFormat) {
  const auto expectations = load_expectations("");
  for (const char* dataset : {"transfers", "accounts", "parties", "fx_rates"})
    EXPECT_TRUE(std::ranges::any_of(expectations, [&](const store::Expectation& expectation) {
      return expectation.dataset == dataset;
    })) << dataset;
}

TEST(ShippedExpectations, PassTheirSchema) {
  const auto parse = [](const std::string& name) {
    std::ifstream file(std::string(SCENARIO_DIR) + '/' + name);
    return nlohmann::json::parse(file, nullptr, true, true);
  };
  const auto schema_document = parse("expectations.schema.json");
  const auto document = parse("expectations.json");
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document), schema);
  EXPECT_TRUE(valijson::Validator(valijson::Validator::kStrongTypes)
                  .validate(schema, valijson::adapters::NlohmannJsonAdapter(document), nullptr));
}

}  // namespace
}  // namespace aml::scenarios
