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
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "detect/features.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/source_file.hpp"

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

class JsonSchema {
 public:
  explicit JsonSchema(const std::string& file = SCENARIO_DIR "/scenario.schema.json") {
    const auto document = nlohmann::json::parse(content_of(file));
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
  const JsonSchema schema;
  const auto files = json_files("valid");
  ASSERT_GE(files.size(), 20u);
  for (const fs::path& path : files) {
    EXPECT_EQ(refusal_by_reader(path), std::nullopt) << path;
    EXPECT_TRUE(schema.accepts(content_of(path))) << path;
  }
}

TEST(Corpus, InvalidFilesAreRefusedByBothJudges) {
  const JsonSchema schema;
  const auto files = json_files("invalid");
  ASSERT_GE(files.size(), 100u);
  for (const fs::path& path : files) {
    EXPECT_NE(refusal_by_reader(path), std::nullopt) << path;
    EXPECT_FALSE(schema.accepts(content_of(path))) << path;
  }
}

TEST(Corpus, WhatASchemaCannotSayIsRefusedByTheReaderAlone) {
  const JsonSchema schema;
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
  const JsonSchema schema;
  std::size_t files = 0;
  for (const Scenario& scenario : shipped_scenarios({})) {
    EXPECT_TRUE(schema.accepts(content_of(fs::path(SCENARIO_DIR) / (scenario.id + ".json"))))
        << scenario.id;
    ++files;
  }
  EXPECT_EQ(files, 20u);
}

/// The defaults that the schema tells an editor are those of the structs, as the reader fills them
/// in.
TEST(Corpus, DefaultsOfTheSchemaAreThoseOfTheReader) {
  const auto schema = nlohmann::json::parse(content_of(SCENARIO_DIR "/scenario.schema.json"));
  std::size_t compared = 0;
  for (const char* detector : {"cycles", "structuring", "synthetic_identity", "risk_propagation",
                               "anomalies", "aggregation", "flow_through", "dormant_reactivation",
                               "scatter_gather", "bipartite", "stack", "chains", "motif"}) {
    const fs::path path =
        fs::path(CORPUS_DIR) / "valid" / fmt::format("{}_with_defaults.json", detector);
    const auto effective =
        nlohmann::json::parse(parse_scenario(content_of(path), path.string(), {}).parameters_json);
    auto described = schema["definitions"][detector]["properties"];
    if (effective.contains("max_counterparties"))
      described.update(schema["properties"]["hubs"]["properties"]);
    for (const auto& item : effective.items())
      EXPECT_TRUE(described.contains(item.key())) << detector << '.' << item.key();
    for (const auto& [key, property] : described.items()) {
      if (!effective.contains(key)) {
        EXPECT_TRUE(std::string(detector) == "motif" && !property.contains("default")) << key;
        continue;
      }
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

/// The rows of the table of parameters in one section of docs/scenarios.md: parameter -> default.
std::map<std::string, std::string> documented_defaults(const std::string& heading) {
  const std::string page = content_of(DOCS_DIR "/scenarios.md");
  const auto begin = page.find("\n## " + heading + "\n");
  std::istringstream section(page.substr(begin, page.find("\n## ", begin + 1) - begin));
  std::map<std::string, std::string> defaults;
  for (std::string line; std::getline(section, line);) {
    if (!line.starts_with("| `")) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    const auto unit = line.find('|', 1);
    const auto value = line.find('`', line.find('|', unit + 1));
    defaults[name] = line.substr(value + 1, line.find('`', value + 1) - value - 1);
  }
  return defaults;
}

TEST(Documentation, NamesEveryParameterWithItsDefault) {
  const std::map<std::string, std::string> headings{
      {"cycles", "Round tripping"},
      {"structuring", "Structuring"},
      {"synthetic_identity", "Synthetic identities"},
      {"risk_propagation", "Risk propagation"},
      {"anomalies", "Anomalies"},
      {"aggregation", "Aggregation"},
      {"flow_through", "Flow through an account"},
      {"dormant_reactivation", "Dormant reactivation"},
      {"scatter_gather", "Scatter-gather"},
      {"bipartite", "Bipartite"},
      {"stack", "Stack"},
      {"chains", "Chain layering"},
      {"motif", "Your own motif"}};
  for (const auto& [detector, heading] : headings) {
    const fs::path path = fs::path(CORPUS_DIR) / "valid" / (detector + "_with_defaults.json");
    const auto effective =
        nlohmann::json::parse(parse_scenario(content_of(path), path.string(), {}).parameters_json);
    std::map<std::string, std::string> expected;
    for (const auto& [key, value] : effective.items())
      expected[key] = value.is_string()         ? value.get<std::string>()
                      : value.is_number_float() ? fmt::format("{}", value.get<double>())
                                                : value.dump();
    auto documented = documented_defaults(heading);
    std::erase_if(documented, [](const auto& row) { return row.second == "absent"; });
    for (auto& [key, value] : documented)
      if (value == "required") value = expected[key];
    EXPECT_EQ(documented, expected) << heading;
  }
}

TEST(Documentation, NamesEveryFeature) {
  const std::string page = content_of(DOCS_DIR "/scenarios.md");
  for (const detect::FeatureDefinition& feature : detect::feature_definitions())
    EXPECT_NE(page.find(fmt::format("`{}`", feature.name)), std::string::npos) << feature.name;
}

/// The first JSON block of a page of the documentation.
std::string example_text(const std::string& file) {
  const std::string page = content_of(fs::path(DOCS_DIR) / file);
  const std::string fence = "```jsonc\n";
  const auto begin = page.find(fence) + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

Scenario example_of(const std::string& file) {
  return parse_scenario(example_text(file), "example", {});
}

TEST(Documentation, ExamplesOfAFileAreValidScenarios) {
  const Scenario cycles = example_of("scenarios.md");
  EXPECT_EQ(std::get<detect::CyclesParams>(cycles.params).window, 2 * graph::kMicrosPerDay);
  const Scenario motif = example_of("motifs.md");
  EXPECT_EQ(std::get<detect::MotifMatchesParams>(motif.params).window, 3 * graph::kMicrosPerDay);
}

// ---- sources

std::optional<std::string> refusal_of_source(const fs::path& path) {
  try {
    load_source(path);
    return std::nullopt;
  } catch (const ScenarioError& error) {
    return error.what();
  }
}

TEST(SourceCorpus, ReaderAndSchemaJudgeEveryFileAlike) {
  const JsonSchema schema(SCENARIO_DIR "/source.schema.json");
  std::size_t files = 0;
  for (const std::string folder : {"valid", "invalid", "beyond_schema"}) {
    for (const fs::path& path : json_files("sources/" + folder)) {
      const std::string refusal = refusal_of_source(path).value_or("(accepted)");
      const std::string expected = folder == "valid" ? "(accepted)" : expectation_of(path);
      EXPECT_FALSE(expected.empty()) << path;
      EXPECT_NE(refusal.find(expected), std::string::npos)
          << path << "\n  expected: " << expected << "\n  was:      " << refusal;
      EXPECT_EQ(refusal.find("hunter2"), std::string::npos) << refusal;
      EXPECT_EQ(schema.accepts(content_of(path)), folder != "invalid") << path;
      ++files;
    }
  }
  EXPECT_GT(files, 40U);
}

TEST(SourceFile, HoldsWhatTheFileSays) {
  const Source source = load_source(DOCS_DIR "/examples/core_banking_source.json");
  EXPECT_EQ(name_of(source), "core_banking");
  const auto& table = std::get<store::TableSource>(source);
  EXPECT_EQ(table.connection, "service=core_banking");
  EXPECT_EQ(table.dataset, "transfers");
  EXPECT_EQ(table.table, "payments.transfers");
  EXPECT_EQ(table.query, "");
  EXPECT_EQ(table.where, "status = 'booked'");
  EXPECT_EQ(table.columns.front(), std::pair(std::string("transfer_id"), std::string("id")));
  EXPECT_EQ(table.columns.back(), std::pair(std::string("channel"), std::string("channel")));
  EXPECT_EQ(table.watermark, "changed_at");
  EXPECT_EQ(std::get<store::TimeLateness>(table.lateness).micros, 2 * 3600 * 1'000'000LL);
}

TEST(SourceFile, OfATopicNamesThePlaceOfASecret) {
  using Place = store::SecretPlace;
  const auto hub =
      std::get<store::KafkaSource>(load_source(DOCS_DIR "/examples/kafka_source.json"));
  EXPECT_EQ(hub.name, "event_hub");
  EXPECT_EQ(hub.dataset, store::Dataset::kTransfers);
  EXPECT_EQ(hub.brokers, "bank.servicebus.windows.net:9093");
  EXPECT_EQ(hub.topic, "payments");
  EXPECT_EQ(hub.properties.at("sasl.username"), "$ConnectionString");
  EXPECT_EQ(hub.secrets.at("sasl.password").kind, Place::Kind::kEnvironment);
  EXPECT_EQ(hub.secrets.at("sasl.password").name, "EVENT_HUBS_CONNECTION");

  const std::string file = testing::TempDir() + "topics_page_source.json";
  std::ofstream(file) << example_text("topics.md");
  const auto page = std::get<store::KafkaSource>(load_source(file));
  EXPECT_EQ(page.properties.size(), 3U);
  EXPECT_EQ(page.secrets.at("sasl.password").kind, Place::Kind::kFile);
  EXPECT_EQ(page.secrets.at("sasl.password").name, "/etc/aml/kafka.password");
}

TEST(SourceFile, SchemaAndReaderKnowTheSameProperties) {
  const auto schema = nlohmann::json::parse(content_of(SCENARIO_DIR "/source.schema.json"));
  const auto& listed =
      schema["definitions"]["kafka_source"]["properties"]["properties"]["properties"];
  EXPECT_EQ(listed.size(), store::kafka_properties().size());
  for (const auto& [name, is_secret] : store::kafka_properties()) {
    EXPECT_EQ(listed.value(nlohmann::json::json_pointer("/" + std::string(name) + "/$ref"), ""),
              is_secret ? "#/definitions/secret" : "#/definitions/text")
        << name;
  }
}

}  // namespace
}  // namespace aml::scenarios
