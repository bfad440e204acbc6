// SPDX-License-Identifier: Apache-2.0
// The input is the file of a source: a table or a topic.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <variant>

#include "scenarios/source_file.hpp"
#include "store/connection.hpp"
#include "tests/fuzz/json_error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

bool is_line(const std::string& text) {
  return !text.empty() && std::ranges::none_of(text, [](unsigned char c) { return c < ' '; });
}

/// What stands where a secret may have been put by mistake is not repeated.
void expect_no_secret(const scenarios::ScenarioError& error, std::string_view text) {
  constexpr std::size_t kTooShortToTell = 12;
  const std::set<std::string> places{"/connection", "/properties/sasl.password",
                                     "/properties/ssl.key.password"};
  const auto document = nlohmann::json::parse(text, nullptr, false, true);
  if (document.is_discarded() || !places.contains(error.pointer())) return;
  const nlohmann::json::json_pointer place(error.pointer());
  if (!document.contains(place) || !document[place].is_string()) return;
  const auto value = document[place].get<std::string>();
  expect(value.size() < kTooShortToTell ||
             std::string_view(error.what()).find(value) == std::string_view::npos,
         "an error does not repeat a secret", error.what());
}

void check(const store::TableSource& source) {
  expect(source.table.empty() != source.query.empty(), "rows come from a table or a query",
         source.table + source.query);
  expect(is_line(source.table + source.query) && is_line(source.watermark),
         "names of a source are lines", source.table + source.query);
  expect(!source.columns.empty(), "a source has columns");
  for (const auto& [wanted, column] : source.columns)
    expect(is_line(wanted) && is_line(column), "a column is a line", wanted + column);
  expect(!store::holds_password(source.connection), "a source holds no password",
         source.connection);
  const auto* time = std::get_if<store::TimeLateness>(&source.lateness);
  const auto late =
      time ? time->micros : std::get<store::NumberLateness>(source.lateness).difference;
  expect(late >= 0, "a lateness is not negative", std::to_string(late));
}

void check(const store::KafkaSource& source) {
  expect(is_line(source.brokers) && is_line(source.topic), "brokers and topic are lines",
         source.brokers + source.topic);
  for (const auto& [name, is_secret] : store::kafka_properties()) {
    const std::string property(name);
    expect(!is_secret || !source.properties.contains(property), "a secret is no property",
           property);
    expect(is_secret || !source.secrets.contains(property), "a property is no secret", property);
  }
}

void check(std::string_view text) {
  const MemoryFile file(text);
  try {
    const scenarios::Source source = scenarios::load_source(file.path());
    expect(is_line(scenarios::name_of(source)), "a source has a name");
    std::visit([](const auto& kind) { check(kind); }, source);
  } catch (const scenarios::ScenarioError& error) {
    expect_error_inside(error, text, file.path());
    expect_no_secret(error, text);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
