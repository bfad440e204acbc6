// SPDX-License-Identifier: Apache-2.0
// The input is a scenario file.
#include "scenarios/scenario.hpp"

#include <nlohmann/json.hpp>

#include "tests/fuzz/json_error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

using Json = nlohmann::ordered_json;
using scenarios::Scenario;

constexpr const char* kFile = "fuzzed.json";

Scenario read(std::string_view text) {
  return scenarios::parse_scenario(text, kFile, {});
}

/// The scenario with every parameter written out.
std::string written_out(const Scenario& scenario) {
  Json document = Json::parse(scenario.definition_json);
  Json params = Json::parse(scenario.parameters_json);
  if (const auto hubs = params.find("max_counterparties"); hubs != params.end()) {
    document["hubs"] = {{"max_counterparties", *hubs}};
    params.erase("max_counterparties");
  }
  document["params"] = params;
  return document.dump();
}

void check(std::string_view text) {
  std::optional<Scenario> scenario;
  try {
    scenario = read(text);
  } catch (const scenarios::ScenarioError& error) {
    return expect_error_inside(error, text, kFile);
  }
  const Scenario again = read(scenario->definition_json);
  expect(again.definition_json == scenario->definition_json, "a definition reads as itself",
         scenario->definition_json);
  expect(again.parameters_json == scenario->parameters_json, "a definition keeps its parameters",
         scenario->definition_json);
  const std::string whole = written_out(*scenario);
  expect(read(whole).parameters_json == scenario->parameters_json,
         "parameters that are written out read as themselves", whole);
  for (const double score : {-1.0, 0.0, 0.5, 1.0}) {
    const std::string& severity = scenario->severity_of(score);
    expect(severity == "low" || severity == "medium" || severity == "high",
           "a severity is one of three", severity);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
