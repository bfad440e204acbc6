// SPDX-License-Identifier: Apache-2.0
#include "scenarios/source_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <vector>

#include "scenarios/duration.hpp"
#include "scenarios/json_document.hpp"
#include "scenarios/scenario.hpp"
#include "store/connection.hpp"
#include "store/error.hpp"

namespace aml::scenarios {
namespace {

constexpr std::array<std::string_view, 11> kTableKeys{
    "schema_version", "kind",    "name",  "connection", "dataset", "table",
    "query",          "columns", "where", "watermark",  "lateness"};
constexpr std::array<std::string_view, 7> kKafkaKeys{
    "schema_version", "kind", "name", "dataset", "brokers", "topic", "properties"};
constexpr std::array<std::string_view, 2> kKinds{"table", "kafka"};
constexpr std::array<std::string_view, 4> kDatasets{"transfers", "accounts", "parties", "fx_rates"};
constexpr std::array kDatasetValues{store::Dataset::kTransfers, store::Dataset::kAccounts,
                                    store::Dataset::kParties, store::Dataset::kFxRates};
constexpr std::size_t kLongestName = 63;  // of a column
constexpr std::size_t kLongestText = 2000;
constexpr std::size_t kLongestQuery = 20'000;

/// Said without the text: what stands there may be a password at the wrong place.
std::string read_connection(const JsonObject& object) {
  const Json* value = object.find("connection");
  if (!value || !value->is_string() || value->get_ref<const std::string&>().size() > kLongestText) {
    object.fail("connection",
                fmt::format("expected a connection of at most {} bytes as libpq reads "
                            "it, such as \"service=core_banking\"",
                            kLongestText));
  }
  auto connection = value->get<std::string>();
  bool holds_password = false;
  try {
    holds_password = store::holds_password(connection);
  } catch (const store::StoreError& error) {
    object.fail("connection", error.what());
  }
  if (holds_password) {
    object.fail("connection",
                "it holds a password, which many would read here  hint: put it into ~/.pgpass, or "
                "name a service of a service file");
  }
  return connection;
}

store::Lateness read_lateness(const JsonObject& object) {
  constexpr std::int64_t kMost = 1'000'000'000'000'000;
  const Json* value = object.find("lateness");
  if (value && value->is_number_integer())
    return store::NumberLateness{object.integer("lateness", 0, kMost)};
  const auto length =
      value && value->is_string() ? parse_duration(value->get<std::string>()) : std::nullopt;
  if (!length) {
    object.refuse(
        "lateness",
        "a length of time such as \"2 hours\", or a whole number if the watermark is one");
  }
  return store::TimeLateness{*length};
}

store::TableSource read_table(const JsonObject& object) {
  constexpr std::size_t kMostColumns = 1000;
  store::TableSource source;
  source.name = object.name("name");
  source.connection = read_connection(object);
  source.dataset = kDatasets[object.choice("dataset", kDatasets)];
  const bool has_table = object.find("table") != nullptr;
  const bool has_query = object.find("query") != nullptr;
  if (has_table && has_query) object.fail("query", "table says already where the rows are");
  if (has_query) {
    source.query = object.line("query", kLongestQuery);
  } else {
    source.table = object.line("table", kLongestText);
  }
  source.columns = object.named_lines("columns", kMostColumns, kLongestName);
  if (object.find("where")) source.where = object.line("where", kLongestText);
  source.watermark = object.line("watermark", kLongestName);
  source.lateness = read_lateness(object);
  return source;
}

std::string read_topic(const JsonObject& object) {
  constexpr std::size_t kLongestTopic = 249;
  auto topic = object.line("topic", kLongestTopic);
  const auto may_be_in_a_topic = [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || c == '.' || c == '_' || c == '-';
  };
  if (!std::ranges::all_of(topic, may_be_in_a_topic))
    object.refuse("topic", "letters, digits, points, underscores and hyphens");
  return topic;
}

/// Said without the value: it may be the secret itself.
store::SecretPlace read_secret(const JsonObject& properties, const std::string& file,
                               std::string_view name) {
  constexpr std::array<std::string_view, 2> kPlaces{"environment", "file"};
  const Json& value = *properties.find(name);
  if (!value.is_object() || value.size() != 1) {
    properties.fail(name,
                    "a secret does not stand here  hint: {\"environment\": \"NAME\"} or {\"file\": "
                    "\"PATH\"} says where it is found");
  }
  const JsonObject place(value, file, properties.pointer(name), kPlaces);
  if (place.find("file")) {
    return {store::SecretPlace::Kind::kFile, place.line("file", kLongestText)};
  }
  return {store::SecretPlace::Kind::kEnvironment, place.line("environment", kLongestText)};
}

void read_properties(const JsonObject& object, const std::string& file,
                     store::KafkaSource& source) {
  const Json* value = object.find("properties");
  if (value == nullptr) return;
  std::vector<std::string_view> names;
  for (const auto& property : store::kafka_properties()) names.push_back(property.name);
  const JsonObject properties(*value, file, object.pointer("properties"), names);
  for (const auto& [name, is_secret] : store::kafka_properties()) {
    if (properties.find(name) == nullptr) continue;
    if (is_secret) {
      source.secrets.emplace(name, read_secret(properties, file, name));
    } else {
      source.properties.emplace(name, properties.line(name, kLongestText));
    }
  }
}

store::KafkaSource read_kafka(const JsonObject& object, const std::string& file) {
  store::KafkaSource source;
  source.name = object.name("name");
  source.dataset = kDatasetValues[object.choice("dataset", kDatasets)];
  source.brokers = object.line("brokers", kLongestText);
  source.topic = read_topic(object);
  read_properties(object, file, source);
  return source;
}

/// The keys depend on the kind; a file without one is read as a table's, which says that it lacks it.
std::span<const std::string_view> keys_of(const Json& document) {
  if (document.is_object() && document.contains("kind") && document["kind"] == "kafka")
    return kKafkaKeys;
  return kTableKeys;
}

}  // namespace

const std::string& name_of(const Source& source) {
  return std::visit([](const auto& kind) -> const std::string& { return kind.name; }, source);
}

Source load_source(const std::string& file) {
  const Json document = parse_json(read_text(file), file);
  const JsonObject object(document, file, "", keys_of(document));
  object.integer("schema_version", 1, 1);
  if (object.choice("kind", kKinds) == 0) return read_table(object);
  return read_kafka(object, file);
}

}  // namespace aml::scenarios
