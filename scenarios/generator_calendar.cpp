// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_calendar.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "scenarios/generator_random.hpp"

namespace aml::scenarios::generator {
namespace {

std::chrono::sys_days to_sys_days(DayNumber day) {
  return std::chrono::sys_days{std::chrono::days{day}};
}

std::chrono::year_month_day date_of(DayNumber day) {
  return std::chrono::year_month_day{to_sys_days(day)};
}

int weekday_of(DayNumber day) {
  return static_cast<int>(std::chrono::weekday{to_sys_days(day)}.iso_encoding()) - 1;
}

bool is_working_day(DayNumber day) {
  return weekday_of(day) < 5;
}

std::uint32_t day_of_month_bit(DayNumber day) {
  return 1U << static_cast<unsigned>(date_of(day).day());
}

/// A last day of a month stands for all later days too: who is paid on the 31st is paid on the 28th
/// of February.
std::uint32_t payday_bits(DayNumber day) {
  const bool last_of_month = date_of(day + 1).day() == std::chrono::day{1};
  const std::uint32_t bit = day_of_month_bit(day);
  return last_of_month ? ~(bit - 1) : bit;
}

void append_padded(std::string& out, std::int64_t value, int width) {
  char digits[20];
  for (int i = width; i > 0; --i, value /= 10) digits[i - 1] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

std::vector<std::int64_t> random_walk(Random& random, int days, std::int64_t start,
                                      std::int64_t low, std::int64_t high) {
  std::vector<std::int64_t> rates;
  rates.reserve(static_cast<std::size_t>(days));
  std::int64_t rate = start;
  for (int i = 0; i < days; ++i) {
    rates.push_back(rate);
    rate = std::clamp(rate + random.between(-35, 35), low, high);
  }
  return rates;
}

}  // namespace

std::optional<DayNumber> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) -> int {
    int value = 0;
    const char* end = text.data() + at + size;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc{} && stop == end ? value : -1;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 1971 || year > 2200 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return static_cast<DayNumber>(std::chrono::sys_days{date}.time_since_epoch().count());
}

void append_date(std::string& out, DayNumber day) {
  const auto date = date_of(day);
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
}

void append_time(std::string& out, Seconds at) {
  append_date(out, static_cast<DayNumber>(at / kDay));
  const Seconds of_day = at % kDay;
  out += 'T';
  append_padded(out, of_day / kHour, 2);
  out += ':';
  append_padded(out, of_day / 60 % 60, 2);
  out += ':';
  append_padded(out, of_day % 60, 2);
  out += 'Z';
}

Seconds by_daylight(Seconds at) {
  return at / kDay * kDay + 7 * kHour + at % kDay * 15 / 24;
}

Day day_of(DayNumber number) {
  Day day{.number = number, .weekday = weekday_of(number), .working = is_working_day(number)};
  if (!day.working) return day;
  day.paydays = payday_bits(number);
  for (DayNumber next = number + 1; !is_working_day(next); ++next) day.paydays |= payday_bits(next);
  day.bill_days = day_of_month_bit(number);
  for (DayNumber before = number - 1; !is_working_day(before); --before)
    day.bill_days |= day_of_month_bit(before);
  return day;
}

std::string_view code_of(Currency currency) {
  switch (currency) {
    case Currency::kUsd:
      return "USD";
    case Currency::kEur:
      return "EUR";
    case Currency::kGbp:
      return "GBP";
  }
  return {};
}

FxRates::FxRates(DayNumber first, int days, std::uint64_t seed) : first_(first) {
  Random random(seed, Stream::kFxRates);
  eur_ = random_walk(random, days, 10'900, 10'200, 11'800);
  gbp_ = random_walk(random, days, 12'700, 11'900, 13'600);
}

std::int64_t FxRates::rate(Currency currency, DayNumber day) const {
  const auto at = static_cast<std::size_t>(day - first_);
  if (currency == Currency::kEur) return eur_[at];
  if (currency == Currency::kGbp) return gbp_[at];
  return 10'000;
}

std::int64_t FxRates::from_us_cents(std::int64_t cents, Currency currency, DayNumber day) const {
  if (currency == Currency::kUsd) return cents;
  const std::int64_t per_unit = rate(currency, day);
  return std::max<std::int64_t>((cents * 10'000 + per_unit / 2) / per_unit, 1);
}

}  // namespace aml::scenarios::generator
