// SPDX-License-Identifier: Apache-2.0
// The input is a length of time.
#include "scenarios/duration.hpp"

#include "graph/motif_value.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

constexpr graph::Micros kLongest = 99'999 * 7 * graph::kMicrosPerDay;

void check(std::string_view text) {
  const auto length = scenarios::parse_duration(text);
  const auto typed = scenarios::parse_typed_duration(text);
  const auto span = graph::parse_time_span(text);
  expect(!span || span->micros >= 0, "an interval is not negative", text);
  expect(!typed || (*typed > 0 && *typed <= kLongest), "what is typed is a length", text);
  if (!length) return;
  expect(*length > 0 && *length <= kLongest, "a duration is above zero and bounded", text);
  const std::string formatted = scenarios::format_duration(*length);
  expect(scenarios::parse_duration(formatted) == length, "a duration reads as itself", formatted);
  expect(span && span->micros == *length, "motifs read the durations of scenarios", text);
  expect(!typed || typed == length, "what is typed means what scenarios mean", text);
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  aml::fuzz::check(aml::fuzz::text_of(bytes, size));
  return 0;
}
