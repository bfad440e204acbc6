// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aml_expectation_files.hpp"
#include "scenarios/json_document.hpp"
#include "scenarios/scenario.hpp"

namespace aml::scenarios {
namespace {

constexpr std::array<std::string_view, 2> kRootKeys{"schema_version", "expectations"};
constexpr std::array<std::string_view, 5> kKeys{"name", "dataset", "check", "policy",
                                                "description"};
constexpr std::array<std::string_view, 4> kDatasets{"transfers", "accounts", "parties", "fx_rates"};
constexpr std::array<std::string_view, 3> kPolicyNames{"warn", "quarantine", "fail"};
constexpr std::array<store::ExpectationPolicy, 3> kPolicies{store::ExpectationPolicy::kWarn,
                                                            store::ExpectationPolicy::kQuarantine,
                                                            store::ExpectationPolicy::kFail};

store::Expectation read_expectation(const JsonObject& object) {
  constexpr std::size_t kLongestText = 2000;
  store::Expectation expectation;
  expectation.name = object.name("name");
  expectation.dataset = kDatasets[object.choice("dataset", kDatasets)];
  expectation.check = object.line("check", kLongestText);
  expectation.policy = kPolicies[object.choice("policy", kPolicyNames)];
  expectation.description = object.line("description", kLongestText);
  return expectation;
}

std::vector<store::Expectation> parse_expectations(std::string_view text, const std::string& file) {
  constexpr std::size_t kMostExpectations = 1000;
  const Json document = parse_json(text, file);
  const JsonObject root(document, file, "", kRootKeys);
  root.integer("schema_version", 1, 1);

  std::vector<store::Expectation> expectations;
  for (const Json& item : root.array("expectations", 0, kMostExpectations)) {
    const JsonObject object(item, file, fmt::format("/expectations/{}", expectations.size()),
                            kKeys);
    store::Expectation expectation = read_expectation(object);
    const bool repeats = std::ranges::any_of(expectations, [&](const store::Expectation& earlier) {
      return earlier.name == expectation.name && earlier.dataset == expectation.dataset;
    });
    if (repeats) object.refuse("name", "a name that no other expectation of the dataset has");
    expectations.push_back(std::move(expectation));
  }
  return expectations;
}

}  // namespace

std::vector<store::Expectation> load_expectations(const std::string& file) {
  if (!file.empty()) return parse_expectations(read_text(file), file);
  const expectation_files::Embedded& shipped = expectation_files::expectations;
  return parse_expectations(shipped.text, std::string(shipped.file));
}

}  // namespace aml::scenarios
