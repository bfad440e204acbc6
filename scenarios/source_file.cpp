// SPDX-License-Identifier: Apache-2.0
#include "scenarios/source_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
constexpr std::array<std::string_view, 1> kKinds{"table"};
constexpr std::array<std::string_view, 4> kDatasets{"transfers", "accounts", "parties", "fx_rates"};
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

}  // namespace

const std::string& name_of(const Source& source) {
  return std::visit([](const auto& kind) -> const std::string& { return kind.name; }, source);
}

Source load_source(const std::string& file) {
  const Json document = parse_json(read_text(file), file);
  const JsonObject object(document, file, "", kTableKeys);
  object.integer("schema_version", 1, 1);
  object.choice("kind", kKinds);
  return read_table(object);
}

}  // namespace aml::scenarios
