// SPDX-License-Identifier: Apache-2.0
// JSON schemas as expectations. The oracle is libvalijson: it must judge every random document as
// PostgreSQL does with the generated checks.
#include "scenarios/json_schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "scenarios/scenario.hpp"
#include "store/json_check.hpp"
#include "tests/support/test_database.hpp"

namespace aml::scenarios {
namespace {

using nlohmann::json;

/// In the manner of the FIRE standard: an object of typed properties with shared definitions.
const std::string kCollateral = R"({
  "$schema": "http://json-schema.org/draft-07/schema#", "title": "Collateral", "type": "object",
  "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 3, "description": "The unique identifier."},
    "value": {"type": "integer", "monetary": true, "minimum": 0},
    "country": {"type": "string", "enum": ["DE", "O'Neill", "back\\slash", "é"]},
    "rate": {"type": "number", "minimum": -1, "maximum": 1, "multipleOf": 0.25},
    "ratio": {"exclusiveMinimum": 0, "exclusiveMaximum": 2},
    "parts": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true,
              "items": {"$ref": "#/definitions/part"}},
    "a/b~c": {"$ref": "#/definitions/part/properties/amount"}
  },
  "required": ["id", "value"],
  "additionalProperties": false,
  "definitions": {"part": {"type": ["object", "null"], "required": ["amount"],
                           "properties": {"amount": {"type": "integer", "minimum": 1}}}}
})";

/// Without required; alternatives of every kind.
const std::string kAdjustment = R"({
  "type": "object",
  "properties": {
    "id": {"not": {"type": ["number", "null"]}},
    "value": {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "number", "maximum": 10}, {"const": "none"}]},
    "country": {"anyOf": [{"minLength": 3}, {"enum": ["DE", null, 7, {"amount": 1}]}]},
    "rate": {"allOf": [{"minimum": 0}, {"maximum": 1}, true]},
    "parts": {"contains": {"type": "integer"}}
  },
  "dependencies": {"value": ["id"], "rate": {"required": ["country"], "maxProperties": 3}},
  "oneOf": [{"required": ["id"]}, {"required": ["country"]}],
  "minProperties": 1
})";

/// Properties without a type; positions, patterns, conditions.
const std::string kCurve = R"({
  "properties": {
    "id": {"pattern": "^[A-Z]{2}$|'|\\babc|z[\\b]"},
    "value": {"const": {"amount": 1}},
    "parts": {"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": {"type": "boolean"}},
    "country": false,
    "rate": true
  },
  "patternProperties": {"^r": {"type": "number"}, "o": {"maxLength": 2}},
  "additionalProperties": {"minLength": 2},
  "propertyNames": {"maxLength": 6},
  "if": {"required": ["value"]}, "then": {"required": ["rate"]}, "else": {"maxProperties": 3}
})";

const std::string kDraft4 = R"({
  "$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
  "properties": {"value": {"minimum": 0, "exclusiveMinimum": true, "maximum": 10, "exclusiveMaximum": false},
                 "ratio": {"maximum": 1, "exclusiveMaximum": true}}
})";

class JsonSchemaTest : public testing::Test {
 protected:
  JsonSchemaTest() {
    std::string folder = std::filesystem::temp_directory_path() / "aml-schema-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~JsonSchemaTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  ConvertedSchema convert(const std::string& schema, const SchemaTarget& target = {}) const {
    return expectations_from_schema(write("thing.schema.json", schema), target);
  }
  std::string refusal(const std::string& schema, const SchemaTarget& target = {}) const {
    try {
      convert(schema, target);
    } catch (const ScenarioError& error) {
      return std::string(error.what()).substr(error.file().size());
    }
    return "not refused";
  }

  std::filesystem::path folder_;
};

/// A value of any type, often one that some schema above asks for.
json random_value(std::mt19937& random) {
  static const std::vector<json> kValues{
      json::parse(R"("DE")"),
      json::parse(R"("O'Neill")"),
      json::parse(R"("ONeill")"),
      json::parse(R"("back\\slash")"),
      json::parse(R"("é")"),
      json::parse(R"("éé")"),
      "",
      "none",
      "abcd",
      "none",
      0,
      1,
      5,
      7,
      10,
      11,
      -1,
      0.25,
      0.3,
      1.5,
      2,
      5000000000,
      true,
      false,
      nullptr,
      json::parse(R"({"amount": 1})"),
      json::parse(R"({"amount": 0})"),
      json::parse(R"({"amount": "1"})"),
      json::object(),
      json::array(),
      json::parse("[1]"),
      json::parse(R"([1, "a"])"),
      json::parse(R"([1, "a", true, false])"),
      json::parse(R"([1, "a", true, 3])"),
      json::parse(R"([{"amount": 1}, null])"),
      json::parse(R"([{"amount": 1}, {"amount": 1}])"),
      json::parse(R"([{"amount": 0}])"),
      json::parse(R"([null, {"amount": 1}, {"amount": 2}, {"amount": 3}])"),
      json::parse(R"(["a", "b"])"),
      json::parse(R"([{}])")};
  return kValues[random() % kValues.size()];
}

/// One that all schemas above may take, with some properties replaced, added or taken away.
json random_document(std::mt19937& random) {
  static const std::vector<std::string> kNames{"id",    "value", "country", "rate",
                                               "ratio", "parts", "a/b~c",   "other"};
  static const std::vector<json> kGood{
      json::parse(R"({"id": "DE", "value": 5, "country": "O'Neill", "rate": 0.25, "ratio": 1,
                      "parts": [{"amount": 1}, null], "a/b~c": 1})"),
      json::parse(R"({"id": "abcd", "value": 11})"),
      json::parse(R"({"id": "DE", "value": {"amount": 1}, "rate": 1, "parts": [1, "a", true]})"),
      json::parse(R"({"value": 5, "ratio": 0.25})"), json::object()};
  if (random() % 40 == 0) return random_value(random);
  json document = kGood[random() % kGood.size()];
  for (auto changes = random() % 4; changes > 0; --changes) {
    const auto& name = kNames[random() % kNames.size()];
    if (random() % 4 == 0)
      document.erase(name);
    else
      document[name] = random_value(random);
  }
  return document;
}

/// Lines of the documents that break a check, according to PostgreSQL, in one query of its own.
std::vector<int> broken_lines(const test::TestDatabase& database,
                              const std::vector<store::Expectation>& expectations) {
  std::string all = "true";
  for (const auto& expectation : expectations)
    all += fmt::format(" AND ({}) IS NOT FALSE", std::get<store::RowCheck>(expectation.condition));
  std::istringstream lines(
      database.query(fmt::format("SELECT line FROM documents WHERE NOT ({}) ORDER BY line", all)));
  std::vector<int> broken;
  for (int line = 0; lines >> line;) broken.push_back(line);
  return broken;
}

TEST_F(JsonSchemaTest, PostgresqlJudgesRandomDocumentsAsValijsonDoes) {
  constexpr int kDocuments = 1500;
  const test::TestDatabase database;
  std::mt19937 random(2024);
  std::vector<json> documents;
  std::string rows;
  for (int i = 0; i < kDocuments; ++i) {
    documents.push_back(random_document(random));
    std::string text = documents.back().dump();
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2)
      text.insert(at, "'");
    rows += fmt::format("{}({}, '{}')", i == 0 ? "" : ", ", i, text);
  }
  database.query("CREATE TABLE documents (line integer, \"row\" jsonb)");
  database.query("INSERT INTO documents VALUES " + rows);

  for (const auto& text : {kCollateral, kAdjustment, kCurve, kDraft4}) {
    const json schema_document = json::parse(text);
    valijson::Schema schema;
    const bool is_draft_4 = text == kDraft4;
    valijson::SchemaParser(is_draft_4 ? valijson::SchemaParser::kDraft4
                                      : valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document), schema);
    std::vector<int> invalid;
    for (int i = 0; i < kDocuments; ++i) {
      valijson::Validator validator(valijson::Validator::kStrongTypes);
      if (!validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(documents[i]),
                              nullptr))
        invalid.push_back(i);
    }
    const auto broken = broken_lines(database, convert(text).expectations);
    EXPECT_GT(invalid.size(), 100U) << text;
    EXPECT_LT(invalid.size(), kDocuments - 20U) << text;
    std::vector<int> differ;
    std::ranges::set_symmetric_difference(invalid, broken, std::back_inserter(differ));
    EXPECT_EQ(differ.size(), 0U) << text;
    for (std::size_t i = 0; i < differ.size() && i < 5; ++i)
      ADD_FAILURE() << documents[differ[i]].dump();
  }
}

TEST_F(JsonSchemaTest, FormatsAreReallyChecked) {
  const test::TestDatabase database;
  const auto holds = [&](const std::string& format, const std::string& value) {
    return database.query(fmt::format("SELECT aml.has_format('{}', '{}')", format, value)) == "t";
  };
  for (const char* good : {"2024-02-29T00:00:00Z", "2024-01-31t23:59:60.123456789012z",
                           "2000-02-29T10:00:00+14:30", "2023-02-28T10:00:00-23:59"})
    EXPECT_TRUE(holds("date-time", good)) << good;
  for (const char* bad : {"2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z",
                          "2024-02-29", "2024-02-29T00:00:00", "2024-02-29 00:00:00Z",
                          "2024-02-29T24:00:00Z", "2024-2-29T00:00:00Z", "2024-02-29T00:00Z",
                          "2024-02-29T00:00:00+1400", "2024-13-01T00:00:00Z", "today", ""})
    EXPECT_FALSE(holds("date-time", bad)) << bad;
  EXPECT_TRUE(holds("date", "2024-02-29"));
  EXPECT_FALSE(holds("date", "2023-02-29"));
  EXPECT_TRUE(holds("time", "23:59:59Z"));
  EXPECT_FALSE(holds("time", "23:59:59"));
  EXPECT_TRUE(holds("ipv4", "255.0.10.1"));
  for (const char* bad : {"256.0.0.1", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "01.2.3.4"})
    EXPECT_FALSE(holds("ipv4", bad)) << bad;
  EXPECT_TRUE(holds("uri", "https://example.com/a?b=c"));
  EXPECT_FALSE(holds("uri", "example com"));
  EXPECT_TRUE(holds("uuid", "123e4567-e89b-12d3-a456-426614174000"));
  EXPECT_FALSE(holds("uuid", "123e4567e89b12d3a456426614174000"));
  EXPECT_TRUE(holds("email", "a@b.example"));
  EXPECT_FALSE(holds("email", "a.b"));
}

TEST_F(JsonSchemaTest, AFileOfJsonLinesIsCheckedWithCountsAndLines) {
  const test::TestDatabase database;
  auto connection = database.connect();
  const auto expectations = convert(R"({"properties": {"cents": {"type": "integer", "minimum": 0},
                                 "at": {"format": "date-time"}}, "required": ["cents"]})")
                                .expectations;
  ASSERT_EQ(expectations.size(), 4U);
  const std::string file =
      write("rows.jsonl",
            "{\"cents\": 99999999999999999999}\n\n{\"cents\": -1,\t\"at\": \"\\\\\"}\r\n"
            "{\"at\": \"2024-01-01T00:00:00Z\"}\n{\"cents\": \"1\"}");
  const auto results = store::check_json_rows(connection, file, expectations);
  const auto lines_of = [&](const std::string& name) {
    for (std::size_t i = 0; i < results.size(); ++i)
      if (expectations[i].name == name)
        return fmt::format("{} {} [{}]", results[i].passed, results[i].failed,
                           fmt::join(results[i].lines, ","));
    return std::string("none");
  };
  EXPECT_EQ(lines_of("cents_type"), "3 1 [5]");
  EXPECT_EQ(lines_of("cents_minimum"), "3 1 [3]");
  EXPECT_EQ(lines_of("cents_is_present"), "3 1 [4]");
  EXPECT_EQ(lines_of("at_format"), "3 1 [3]");
  EXPECT_ANY_THROW(store::check_json_rows(connection, write("bad.jsonl", "{}\n{\n"), expectations));
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_tables WHERE tablename = 'json_rows'"), "0");
}

TEST_F(JsonSchemaTest, ALimitIsTheNumberThatIsWrittenOrRefused) {
  const auto with = [](const char* number) {
    return fmt::format(R"({{"properties": {{"a": {{"maximum": {}}}}}}})", number);
  };
  for (const char* kept :
       {"0.1", "-0.0", "1e3", "1.50", "100.00", "2.5E-3", "0e5", "123456789012345.6",
        "18446744073709551615", "-9223372036854775808", "1e300"})
    EXPECT_EQ(refusal(with(kept)), "not refused") << kept;
  for (const char* lost : {"99999999999999.99", "123456789012345678901", "0.12345678901234567890",
                           "1e-400", "3.0000000000000000001"})
    EXPECT_EQ(refusal(with(lost)),
              fmt::format(": /properties/a/maximum: {} has more digits than can be kept", lost));
  EXPECT_EQ(refusal(R"({"properties": {"a": {"enum": [1, 0.30000000000000000001]}}})"),
            ": /properties/a/enum/1: 0.30000000000000000001 has more digits than can be kept");
}

TEST_F(JsonSchemaTest, TheOutputIsAFileOfExpectationsThatReadsAsItself) {
  for (const auto& schema : {kCollateral, kAdjustment, kCurve}) {
    const auto converted = convert(schema).expectations;
    const auto read = load_expectations(write("out.json", expectations_json(converted)));
    ASSERT_EQ(read.size(), converted.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      EXPECT_EQ(read[i].name, converted[i].name);
      EXPECT_EQ(read[i].dataset, "json.thing");
      EXPECT_EQ(std::get<store::RowCheck>(read[i].condition),
                std::get<store::RowCheck>(converted[i].condition));
    }
  }
}

TEST_F(JsonSchemaTest, ForADatasetOfFilesPropertiesAreColumns) {
  const std::string schema = R"({"properties": {"value": {"type": "number", "minimum": 1},
                                                "kind": {"maxLength": 4}, "id": {"minLength": 2}},
                                 "required": ["id"], "dependencies": {"kind": ["value"]}})";
  const auto converted = convert(
      schema, {.dataset = "transfers", .columns = {{"value", "amount"}, {"id", "transfer_id"}}});
  std::vector<std::string> names;
  for (const auto& expectation : converted.expectations) {
    names.push_back(expectation.name);
    EXPECT_EQ(expectation.dataset, "transfers");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"value_type", "value_minimum", "id_min_length",
                                             "id_is_present", "row_dependencies"}));
  ASSERT_EQ(converted.notes.size(), 1U);
  EXPECT_NE(converted.notes[0].find("/properties/kind: no column was named"), std::string::npos);
  const test::TestDatabase database;
  for (const auto& expectation : converted.expectations) {
    EXPECT_EQ(
        database
            .query(fmt::format(
                "SELECT ({}) IS NOT FALSE, ({}) IS NOT FALSE FROM (VALUES (5::numeric, 'T1'), "
                "(0.5, '')) AS typed (amount, transfer_id) ORDER BY amount DESC",
                std::get<store::RowCheck>(expectation.condition), "true"))
            .substr(0, 1),
        "t")
        << expectation.name;
  }
}

TEST_F(JsonSchemaTest, WhatCannotBeConvertedIsRefusedWithItsPlaceOrTold) {
  EXPECT_EQ(refusal("[]"), ": expected a schema: an object, true or false");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"minimum": "1"}}})"),
            ": /properties/a/minimum: expected a number");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"type": "money"}}})"),
            ": /properties/a/type: expected the name of a type, or several");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"$ref": "common.json#/x"}}})"),
            ": /properties/a/$ref: common.json#/x: only references within the file, #/..., are "
            "followed");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"$ref": "#/definitions/x"}}})"),
            ": /properties/a/$ref: #/definitions/x: there is nothing in the file");
  EXPECT_NE(
      refusal(
          R"({"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}})")
          .find("refers back to itself"),
      std::string::npos);
  EXPECT_NE(refusal(R"({"properties": {"a": {"items": {"$ref": "#/properties/a"}}}})")
                .find("refers back to itself"),
            std::string::npos);
  std::string doubling =
      R"({"properties": {"a": {"items": {"$ref": "#/definitions/d0"}}}, "definitions": {)";
  for (int i = 0; i < 12; ++i)
    doubling += fmt::format(
        R"("d{0}": {{"items": {{"$ref": "#/definitions/d{1}"}}, "contains": {{"$ref": "#/definitions/d{1}"}}}}, )",
        i, i + 1);
  EXPECT_NE(
      refusal(doubling + R"("d12": {"type": "integer"}}})").find("more than 20000 characters"),
      std::string::npos);
  std::string empty_doubling =
      R"({"properties": {"a": {"$ref": "#/definitions/d0"}}, "definitions": {)";
  for (int i = 0; i < 40; ++i)
    empty_doubling += fmt::format(
        R"("d{0}": {{"properties": {{"b": {{"$ref": "#/definitions/d{1}"}}, "c": {{"$ref": "#/definitions/d{1}"}}}}}}, )",
        i, i + 1);
  EXPECT_NE(refusal(empty_doubling + R"("d40": {}}})").find("more than 10000 schemas"),
            std::string::npos);
  for (const SchemaTarget& target : {SchemaTarget{}, SchemaTarget{"transfers", {}}}) {
    for (const char* names : {"true", "[1]", R"({"a": "amount"})"})
      EXPECT_EQ(refusal(fmt::format(R"({{"required": {}}})", names), target),
                ": /required: expected an array of names of properties");
  }
  EXPECT_EQ(refusal(R"({"properties": {"a\nb": {"type": "string"}}})"),
            ": /properties: a text with control characters cannot be converted");
  std::string many = R"({"properties": {)";
  for (int i = 0; i < 1001; ++i)
    many += fmt::format(R"({}"p{}": {{"type": "null"}})", i == 0 ? "" : ", ", i);
  EXPECT_EQ(refusal(many + "}}"), ": becomes more than 1000 expectations");
  EXPECT_THROW(convert("{}", {"transfers", {{"a", "Amount"}}}), std::invalid_argument);
  const auto left_out = convert(
      R"({"properties": {"Amount Due": {"minimum": 1}}, "required": ["id"]})", {"transfers", {}});
  EXPECT_TRUE(left_out.expectations.empty());
  ASSERT_EQ(left_out.notes.size(), 2U);
  EXPECT_NE(left_out.notes[1].find("/required: id: no column was named"), std::string::npos)
      << left_out.notes[1];
  const auto beside = convert(
      R"({"properties": {"a": {"$ref": "#/definitions/x", "title": "A", "maxLength": 3}}, "definitions": {"x": {}}})");
  ASSERT_EQ(beside.notes.size(), 1U);
  EXPECT_NE(beside.notes[0].find("/properties/a/maxLength: stands beside a $ref"),
            std::string::npos);
  const auto told = convert(R"({"properties": {"a": {"format": "hostname", "minContains": 1}}})");
  EXPECT_TRUE(told.expectations.empty());
  ASSERT_EQ(told.notes.size(), 2U);
  EXPECT_NE(told.notes[0].find("format \"hostname\" is not checked"), std::string::npos);
  EXPECT_NE(told.notes[1].find("came after draft 7"), std::string::npos);
}

}  // namespace
}  // namespace aml::scenarios
