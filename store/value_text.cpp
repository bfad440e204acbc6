// SPDX-License-Identifier: Apache-2.0
#include "store/value_text.hpp"

#include <algorithm>
#include <chrono>

namespace aml::store {
namespace {

using graph::Micros;

constexpr int kMicroDecimals = 6;
constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kMinutesPerHour = 60;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A cursor over the text of a time.
class TimeText {
 public:
  explicit TimeText(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `count` digits, as a number in [low, high].
  std::optional<int> number(std::size_t count, int low, int high) {
    if (rest_.size() < count ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(count), is_digit))
      return {};
    int value = 0;
    for (const char digit : rest_.substr(0, count)) value = value * 10 + (digit - '0');
    rest_.remove_prefix(count);
    if (value < low || value > high) return {};
    return value;
  }
  /// What follows a decimal point: up to six digits, as microseconds.
  std::optional<Micros> fraction() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    const auto digits = static_cast<std::size_t>(end - rest_.begin());
    if (digits == 0 || digits > kMicroDecimals) return {};
    Micros value = 0;
    for (const char digit : rest_.substr(0, digits)) value = value * 10 + (digit - '0');
    for (std::size_t i = digits; i < kMicroDecimals; ++i) value *= 10;
    rest_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<Micros> date(TimeText& text) {
  const auto year = text.number(4, 0, 9999);
  if (!year || !text.take('-')) return {};
  const auto month = text.number(2, 1, 12);
  if (!month || !text.take('-')) return {};
  const auto day = text.number(2, 1, 31);
  if (!day) return {};
  const std::chrono::year_month_day ymd{std::chrono::year(*year),
                                        std::chrono::month(static_cast<unsigned>(*month)),
                                        std::chrono::day(static_cast<unsigned>(*day))};
  if (!ymd.ok()) return {};
  return std::chrono::sys_days(ymd).time_since_epoch().count() * graph::kMicrosPerDay;
}

/// hh:mm[:ss[.ffffff]]
std::optional<Micros> time_of_day(TimeText& text) {
  const auto hours = text.number(2, 0, 23);
  if (!hours || !text.take(':')) return {};
  const auto minutes = text.number(2, 0, 59);
  if (!minutes) return {};
  Micros at = (*hours * kMinutesPerHour + *minutes) * kSecondsPerMinute * graph::kMicrosPerSecond;
  if (!text.take(':')) return at;
  const auto seconds = text.number(2, 0, 59);
  if (!seconds) return {};
  at += *seconds * graph::kMicrosPerSecond;
  if (!text.take('.')) return at;
  const auto fraction = text.fraction();
  if (!fraction) return {};
  return at + *fraction;
}

/// Z or +hh[[:]mm]: how far local time is ahead of UTC. 0 if there is none.
std::optional<Micros> zone(TimeText& text) {
  if (text.at_end() || text.take('Z') || text.take('z')) return 0;
  const bool is_behind = text.take('-');
  if (!is_behind && !text.take('+')) return {};
  const auto hours = text.number(2, 0, 15);
  if (!hours) return {};
  std::optional<int> minutes = 0;
  if (text.take(':') || !text.at_end()) minutes = text.number(2, 0, 59);
  if (!minutes) return {};
  const Micros ahead =
      (*hours * kMinutesPerHour + *minutes) * kSecondsPerMinute * graph::kMicrosPerSecond;
  return is_behind ? -ahead : ahead;
}

std::optional<Micros> iso_time(std::string_view whole) {
  TimeText text(whole);
  const auto day = date(text);
  if (!day || text.at_end()) return day;
  if (!text.take('T') && !text.take('t') && !text.take(' ')) return {};
  const auto at = time_of_day(text);
  if (!at) return {};
  const auto ahead = zone(text);
  if (!ahead || !text.at_end()) return {};
  return *day + *at - *ahead;
}

}  // namespace

std::optional<Micros> parse_time(std::string_view text) {
  if (const auto at = iso_time(text)) return at;
  const auto seconds = parse_decimal(text);
  return seconds ? rescaled(*seconds, kMicroDecimals) : std::nullopt;
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
    number.decimals += has_point ? 1 : 0;
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
