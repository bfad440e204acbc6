// SPDX-License-Identifier: Apache-2.0
// The input is a JSON schema, converted for JSON objects and for a dataset of files.
#include "scenarios/json_schema.hpp"

#include <optional>
#include <variant>

#include "scenarios/scenario.hpp"
#include "tests/fuzz/json_error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

const std::string& check_of(const store::Expectation& expectation) {
  return std::get<store::RowCheck>(expectation.condition);
}

/// What is printed is a file that can be read, and says the same.
void expect_to_read_as_itself(const std::vector<store::Expectation>& expectations) {
  constexpr std::size_t kLargestFile = 1 << 20;
  const std::string text = scenarios::expectations_json(expectations);
  if (text.size() > kLargestFile) return;
  const MemoryFile file(text);
  const auto read = scenarios::load_expectations(file.path());
  expect(read.size() == expectations.size(), "all expectations are written", text);
  for (std::size_t i = 0; i < read.size(); ++i) {
    expect(read[i].name == expectations[i].name && check_of(read[i]) == check_of(expectations[i]),
           "an expectation reads as itself", expectations[i].name);
  }
}

void check(std::string_view text, const scenarios::SchemaTarget& target) {
  const MemoryFile file(text);
  std::optional<scenarios::ConvertedSchema> converted;
  try {
    converted = scenarios::expectations_from_schema(file.path(), target);
  } catch (const scenarios::ScenarioError& error) {
    return expect_error_inside(error, text, file.path());
  }
  for (const store::Expectation& expectation : converted->expectations)
    expect_closed_sql(check_of(expectation));
  if (!target.dataset.empty()) store::validate(converted->expectations);
  expect_to_read_as_itself(converted->expectations);
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = aml::fuzz::text_of(bytes, size);
  aml::fuzz::check(text, {});
  aml::fuzz::check(text, {"transfers", {}});
  return 0;
}
