// SPDX-License-Identifier: Apache-2.0
// The input is a file of expectations.
#include <algorithm>
#include <set>
#include <variant>

#include "scenarios/scenario.hpp"
#include "tests/fuzz/json_error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

void check(std::string_view text) {
  const MemoryFile file(text);
  std::vector<store::Expectation> expectations;
  try {
    expectations = scenarios::load_expectations(file.path());
  } catch (const scenarios::ScenarioError& error) {
    return expect_error_inside(error, text, file.path());
  }
  const bool are_of_files = std::ranges::none_of(expectations, [](const auto& expectation) {
    return expectation.dataset.starts_with("json.");
  });
  if (are_of_files) store::validate(expectations);  // what is read can be held against a file
  std::set<std::pair<std::string, std::string>> names;
  for (const store::Expectation& expectation : expectations) {
    expect(names.emplace(expectation.dataset, expectation.name).second,
           "an expectation has a name of its own in its dataset", expectation.name);
    expect(!expectation.description.empty(), "an expectation says what it checks",
           expectation.name);
    const auto* check = std::get_if<store::RowCheck>(&expectation.condition);
    if (check == nullptr) continue;
    expect(!check->empty() && std::ranges::none_of(*check, [](unsigned char c) { return c < ' '; }),
           "a check is one line", *check);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
