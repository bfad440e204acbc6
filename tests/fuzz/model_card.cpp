// SPDX-License-Identifier: Apache-2.0
// The input is what `aml model export` writes beside a model. ARTIFACT in it stands for the SHA-256 of
// the model, which no fuzzer guesses.
#include <span>
#include <string>
#include <vector>

#include "detect/forest_bytes.hpp"
#include "detect/forest_model.hpp"
#include "scenarios/model_card.hpp"
#include "scenarios/scenario.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "tests/fuzz/json_error.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

constexpr const char* kFile = "m.forest.json";

std::string small_artifact() {
  const std::vector<std::vector<float>> columns{{1, 2, 3, 9}, {4, 4, 5, 0}};
  return detect::to_bytes(
      detect::fit_forest_model(detect::FeatureView(std::span<const std::vector<float>>(columns)),
                               {"a", "b"}, {.trees = 2}, std::nullopt));
}

std::string with_hash(std::string text, const std::string& hash) {
  constexpr std::string_view kToken = "ARTIFACT";
  if (const auto at = text.find(kToken); at != text.npos) text.replace(at, kToken.size(), hash);
  return text;
}

void expect_storable(const store::NewModelVersion& version) {
  for (const std::string* json : {&version.signature_json, &version.training.parameters_json})
    expect(json->find("\\u0000") == json->npos, "jsonb can hold it", *json);
  for (const detect::Baseline& baseline : version.baselines) {
    std::int64_t rows = baseline.missing;
    for (const std::int64_t count : baseline.rows)
      expect(count >= 0 && !__builtin_add_overflow(rows, count, &rows), "counts can be added");
    expect(baseline.rows.size() == baseline.edges.size() + 1, "bins lie between edges");
  }
}

void check(std::string_view input) {
  static const std::string artifact = small_artifact();
  static const std::string hash = store::sha256_hex(artifact);
  const std::string text = with_hash(std::string(input), hash);
  try {
    expect_storable(scenarios::imported_model("m.forest", artifact, kFile, text));
  } catch (const scenarios::ScenarioError& error) {
    expect_error_inside(error, text, kFile);
  } catch (const store::StoreError& error) {
    expect(error.failure() == store::StoreFailure::kRefusedData &&
               std::string_view(error.what()).starts_with("m.forest "),
           "a refusal names the model", error.what());
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
