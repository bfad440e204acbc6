// SPDX-License-Identifier: Apache-2.0
#include "store/value_text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "graph/motif_value.hpp"

namespace aml::store {
namespace {

using graph::Micros;

constexpr int kMicroDecimals = 6;
// The years 1 .. 9999, as in ISO 8601: seconds beyond are milliseconds more likely than meant so.
constexpr Micros kFirstTime = -62'135'596'800 * graph::kMicrosPerSecond;
constexpr Micros kBehindLastTime = 253'402'300'800 * graph::kMicrosPerSecond;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Micros> parse_time(std::string_view text) {
  // Four digits of a year and two fields more lie far inside the range of Micros.
  if (const auto at = graph::parse_time_point(text)) return static_cast<Micros>(at->micros);
  const auto seconds = parse_decimal(text);
  const auto at = seconds ? rescaled(*seconds, kMicroDecimals) : std::nullopt;
  return at && *at >= kFirstTime && *at < kBehindLastTime ? at : std::nullopt;
}

std::string time_text(graph::Micros at) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{at}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string number_text(double number) {
  constexpr double kWholeBelow = 1LL << 53;
  if (std::abs(number) < kWholeBelow && number == std::trunc(number)) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  return fmt::format("{}", number);
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  Decimal number;
  bool has_digits = false;
  bool has_point = false;
  for (const char c : text) {
    if (c == '.' && !has_point) {
      has_point = true;
      continue;
    }
    if (!is_digit(c)) return {};
    has_digits = true;
    if (has_point && ++number.decimals > kMostDecimals) return {};
    // Towards the smallest number, which has no positive counterpart.
    if (__builtin_mul_overflow(number.mantissa, 10, &number.mantissa) ||
        __builtin_sub_overflow(number.mantissa, c - '0', &number.mantissa)) {
      return {};
    }
  }
  if (!has_digits) return {};
  if (!is_negative && __builtin_sub_overflow(0, number.mantissa, &number.mantissa)) return {};
  return number;
}

std::optional<std::int64_t> rescaled(Decimal number, int decimals) {
  for (; number.decimals < decimals; ++number.decimals) {
    if (__builtin_mul_overflow(number.mantissa, 10, &number.mantissa)) return {};
  }
  for (; number.decimals > decimals; --number.decimals) {
    if (number.mantissa % 10 != 0) return {};
    number.mantissa /= 10;
  }
  return number.mantissa;
}

}  // namespace aml::store
