// SPDX-License-Identifier: Apache-2.0
// One corpus of files, two judges: the typed reader and scenario.schema.json must agree about every
// file, so that an editor with the schema and `aml run` never differ. beyond_schema/ holds what
// draft-07 cannot say: limits that depend on another value, the grammar of motifs, a key that
// stands twice. Files that are wrong say in their first line what the reader must answer.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "scenarios/scenario.hpp"

namespace aml::scenarios {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> json_files(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(CORPUS_DIR) / folder))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// What the reader says against a file; nothing if it accepts it. Files are named without their
/// folder.
std::optional<std::string> refusal_by_reader(const fs::path& path) {
  try {
    parse_scenario(content_of(path), path.filename().string(), {});
    return std::nullopt;
  } catch (const ScenarioError& error) {
    return error.what();
  }
}

class ScenarioSchema {
 public:
  ScenarioSchema() {
    const auto document = nlohmann::json::parse(content_of(SCENARIO_DIR "/scenario.schema.json"));
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(document), schema_);
  }
  bool accepts(const std::string& text) const {
    const auto document = nlohmann::json::parse(text, nullptr, false, true);
    if (document.is_discarded()) return false;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }

 private:
  valijson::Schema schema_;
};

/// The text after "// expect: " in the first line.
std::string expectation_of(const fs::path& path) {
  const std::string text = content_of(path);
  const std::string mark = "// expect: ";
  if (!text.starts_with(mark)) return "";
  return text.substr(mark.size(), text.find('\n') - mark.size());
}

TEST(Corpus, ValidFilesPassBothJudges) {
  const ScenarioSchema schema;
  const auto files = json_files("valid");
  ASSERT_GE(files.size(), 20u);
  for (const fs::path& path : files) {
    EXPECT_EQ(refusal_by_reader(path), std::nullopt) << path;
    EXPECT_TRUE(schema.accepts(content_of(path))) << path;
  }
}

TEST(Corpus, InvalidFilesAreRefusedByBothJudges) {
  const ScenarioSchema schema;
  const auto files = json_files("invalid");
  ASSERT_GE(files.size(), 100u);
  for (const fs::path& path : files) {
    EXPECT_NE(refusal_by_reader(path), std::nullopt) << path;
    EXPECT_FALSE(schema.accepts(content_of(path))) << path;
  }
}

TEST(Corpus, WhatASchemaCannotSayIsRefusedByTheReaderAlone) {
  const ScenarioSchema schema;
  const auto files = json_files("beyond_schema");
  ASSERT_GE(files.size(), 10u);
  for (const fs::path& path : files) {
    EXPECT_NE(refusal_by_reader(path), std::nullopt) << path;
    EXPECT_TRUE(schema.accepts(content_of(path))) << path;
  }
}

TEST(Corpus, RefusalsNameThePlaceTheReasonAndTheValue) {
  std::size_t checked = 0;
  for (const char* folder : {"invalid", "beyond_schema"})
    for (const fs::path& path : json_files(folder)) {
      const std::string expected = expectation_of(path);
      if (expected.empty()) continue;
      const std::string refusal = refusal_by_reader(path).value_or("(accepted)");
      EXPECT_NE(refusal.find(expected), std::string::npos)
          << path << "\n  expected: " << expected << "\n  was:      " << refusal;
      ++checked;
    }
  EXPECT_GE(checked, 140u);
}

TEST(Corpus, ShippedScenariosPassTheSchema) {
  const ScenarioSchema schema;
  std::size_t files = 0;
  for (const Scenario& scenario : shipped_scenarios({})) {
    EXPECT_TRUE(schema.accepts(content_of(fs::path(SCENARIO_DIR) / (scenario.id + ".json"))))
        << scenario.id;
    ++files;
  }
  EXPECT_EQ(files, 5u);
}

/// The defaults that the schema tells an editor are those of the structs, as the reader fills them
/// in.
TEST(Corpus, DefaultsOfTheSchemaAreThoseOfTheReader) {
  const auto schema = nlohmann::json::parse(content_of(SCENARIO_DIR "/scenario.schema.json"));
  std::size_t compared = 0;
  for (const char* detector :
       {"cycles", "structuring", "synthetic_identity", "risk_propagation", "anomalies"}) {
    const fs::path path =
        fs::path(CORPUS_DIR) / "valid" / fmt::format("{}_with_defaults.json", detector);
    const auto effective =
        nlohmann::json::parse(parse_scenario(content_of(path), path.string(), {}).parameters_json);
    auto described = schema["definitions"][detector]["properties"];
    if (effective.contains("max_counterparties"))
      described.update(schema["properties"]["hubs"]["properties"]);
    EXPECT_EQ(effective.size(), described.size()) << detector;
    for (const auto& [key, property] : described.items()) {
      ASSERT_TRUE(effective.contains(key)) << detector << '.' << key;
      auto resolved = property;
      if (property.contains("$ref"))
        resolved =
            schema.at(nlohmann::json::json_pointer(property["$ref"].get<std::string>().substr(1)));
      if (!resolved.contains("default")) continue;
      EXPECT_EQ(resolved["default"], effective[key]) << detector << '.' << key;
      ++compared;
    }
  }
  EXPECT_GE(compared, 24u);
}

}  // namespace
}  // namespace aml::scenarios
