// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
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

class ExpectationSchema {
 public:
  ExpectationSchema() {
    const auto document = nlohmann::json::parse(text_of(SCENARIO_DIR "/expectations.schema.json"));
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema_);
  }
  bool accepts(const std::filesystem::path& file) const {
    const auto document = nlohmann::json::parse(text_of(file), nullptr, true, true);
    return valijson::Validator(valijson::Validator::kStrongTypes)
        .validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }
  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  valijson::Schema schema_;
};

TEST(ShippedExpectations, PassTheirSchema) {
  EXPECT_TRUE(ExpectationSchema().accepts(SCENARIO_DIR "/expectations.json"));
}

/// One corpus, two judges, as for scenarios: wrong files say in their first line what the reader
/// must answer.
TEST(ExpectationCorpus, ReaderAndSchemaJudgeEveryFileAlike) {
  const ExpectationSchema schema;
  std::size_t files = 0;
  for (const std::string folder : {"valid", "invalid"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(CORPUS_DIR) /
                                                                 "expectations" / folder)) {
      const std::string path = entry.path();
      std::string answer = "accepted";
      try {
        load_expectations(path);
      } catch (const ScenarioError& error) {
        answer = std::string(error.what()).substr(path.size() + 2);
      }
      const std::string text = ExpectationSchema::text_of(path);
      const std::string mark = "// expect: ";
      const std::string expected =
          folder == "valid" ? "accepted" : text.substr(mark.size(), text.find('\n') - mark.size());
      EXPECT_EQ(answer, expected) << path;
      EXPECT_EQ(schema.accepts(path), folder == "valid") << path;
      ++files;
    }
  }
  EXPECT_GT(files, 30U);
}

TEST_F(ExpectationFile, AControlFileHoldsPlainDecimalsByName) {
  const auto totals_of = [&](const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return load_control_totals(path_);
  };
  const auto refusal_of = [&](const std::string& text) {
    try {
      totals_of(text);
    } catch (const ScenarioError& error) {
      return std::string(error.what()).substr(path_.size());
    }
    return std::string("(accepted)");
  };
  EXPECT_EQ(totals_of(R"({"rows": 12, "amount": "-0.10"})"),
            (std::map<std::string, std::string>{{"amount", "-0.10"}, {"rows", "12"}}));
  EXPECT_TRUE(totals_of("{}").empty());
  const std::string decimal =
      "expected a whole number, or a decimal in quotes such as \"1250.50\", got ";
  EXPECT_EQ(refusal_of(R"({"amount": 0.1})"), ": /amount: " + decimal + "0.1");
  for (const char* text : {"", "-", "1.", ".5", "1e3", "NaN", "1,000", "+1"})
    EXPECT_EQ(refusal_of(fmt::format(R"({{"amount": "{}"}})", text)),
              fmt::format(": /amount: {}\"{}\"", decimal, text));
  EXPECT_NE(refusal_of(R"({"Amount": "1"})").find("name of a column"), std::string::npos);
  EXPECT_NE(refusal_of("[1]").find("expected an object"), std::string::npos);
}

}  // namespace
}  // namespace aml::scenarios
