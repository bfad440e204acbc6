// SPDX-License-Identifier: Apache-2.0
// The input is a file of labels.
#include "scenarios/labels.hpp"

#include "scenarios/scenario.hpp"
#include "store/error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

void check(std::string_view text) {
  const MemoryFile file(text);
  const auto every_row_is_loaded = [](const std::vector<std::string>& rows) {
    return std::vector<std::optional<std::string>>(rows.begin(), rows.end());
  };
  try {
    for (const scenarios::Label& label : scenarios::read_labels(file.path(), every_row_is_loaded)) {
      expect(!label.typology.empty() && !label.instance.empty(), "a label says what it is one of");
      expect(label.entity_id.empty() != label.transfer_id.empty(),
             "a label names either a transfer or an entity");
      expect(label.entity_id.empty() == label.entity_kind.empty(),
             "a label says of which kind an entity is");
    }
  } catch (const scenarios::ScenarioError& error) {
    expect(std::string_view(error.what()).starts_with(file.path() + ":"), "an error names its file",
           error.what());
  } catch (const store::StoreError& error) {
    expect(error.failure() == store::StoreFailure::kRefusedData, "a bad file is refused data",
           error.what());
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
