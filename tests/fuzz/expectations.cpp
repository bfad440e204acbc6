// SPDX-License-Identifier: Apache-2.0
// The input is a file of expectations.
#include <algorithm>
#include <optional>
#include <set>

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
  std::set<std::pair<std::string, std::string>> names;
  for (const store::Expectation& expectation : expectations) {
    expect(names.emplace(expectation.dataset, expectation.name).second,
           "an expectation has a name of its own in its dataset", expectation.name);
    expect(!expectation.check.empty() && !expectation.description.empty(),
           "an expectation says what it checks", expectation.name);
    expect(std::ranges::none_of(expectation.check, [](unsigned char c) { return c < ' '; }),
           "a check is one line", expectation.check);
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
