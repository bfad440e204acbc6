// SPDX-License-Identifier: Apache-2.0
// The input is one or two values as files write them, a line each: times and decimal numbers.
#include "store/value_text.hpp"

#include "graph/motif_value.hpp"
#include "tests/fuzz/promises.hpp"

namespace aml::fuzz {
namespace {

constexpr graph::Micros kFirst = -62'135'596'800 * graph::kMicrosPerSecond;       // 0001-01-01
constexpr graph::Micros kBehindLast = 253'402'300'800 * graph::kMicrosPerSecond;  // 10000-01-01

__extension__ typedef __int128 Wide;

void check_decimal(std::string_view text) {
  const auto number = store::parse_decimal(text);
  if (!number) return;
  expect(number->decimals >= 0 && number->decimals <= 18, "no more decimals than fit", text);
  const auto same = store::rescaled(*number, number->decimals);
  expect(same == number->mantissa, "a number in its own decimals is itself", text);
  for (const int decimals : {0, 2, 6, 18}) {
    const auto scaled = store::rescaled(*number, decimals);
    if (!scaled) continue;
    Wide expected = number->mantissa;
    Wide found = *scaled;
    for (int i = number->decimals; i < decimals; ++i) expected *= 10;
    for (int i = decimals; i < number->decimals; ++i) found *= 10;
    expect(expected == found, "a number in other decimals is the same number", text);
  }
  const std::string written = to_string(graph::Decimal{number->mantissa, number->decimals});
  const auto again = store::parse_decimal(written);
  expect(again && again->mantissa == number->mantissa && again->decimals == number->decimals,
         "a number reads as it is written", written);
}

void check_time(std::string_view text) {
  const auto time = store::parse_time(text);
  const auto point = graph::parse_time_point(text);
  if (!point) return;
  // A zone may lead out of the years 1 .. 9999.
  if (point->micros >= kFirst && point->micros < kBehindLast) {
    const std::string written = store::time_text(static_cast<graph::Micros>(point->micros));
    expect(store::parse_time(written) == point->micros, "a time reads as it is written", written);
  }
  expect(time && *time == point->micros, "files write times as motifs do", text);
  // A zone moves a time by 14 hours at most.
  const auto day = graph::parse_time_point(text.substr(0, 10));
  expect(day.has_value(), "a time begins with its day", text);
  const auto distance = point->micros - day->micros;
  expect(distance >= -14 * graph::kMicrosPerHour && distance < 38 * graph::kMicrosPerHour,
         "a zone is 14 hours from UTC at most", text);
}

/// What motifs compute with: exact, or an overflow_error.
void check_arithmetic(std::string_view left_text, std::string_view right_text) {
  const auto left = graph::parse_decimal(left_text);
  const auto right = graph::parse_decimal(right_text);
  if (!left || !right) return;
  expect((compare(*left, *right) == 0) == (compare(*right, *left) == 0),
         "equality is the same from both sides", left_text);
  try {
    const graph::Decimal difference = *left + -*right;
    expect(compare(difference, {}) == compare(*left, *right), "the larger number is the larger one",
           to_string(difference));
    expect(compare(difference + *right, *left) == 0, "a sum less a part is the other part",
           to_string(difference));
    expect(compare(*left * *right, *right * *left) == 0, "a product knows no order", left_text);
  } catch (const std::overflow_error&) {
    // Told, not wrapped around.
  }
}

}  // namespace
}  // namespace aml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto lines = aml::fuzz::split(aml::fuzz::text_of(bytes, size), "\n");
  for (const std::string& line : lines) {
    aml::fuzz::check_decimal(line);
    aml::fuzz::check_time(line);
  }
  aml::fuzz::check_arithmetic(lines.front(), lines.back());
  return 0;
}
