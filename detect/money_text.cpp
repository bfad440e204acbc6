// SPDX-License-Identifier: Apache-2.0
#include "detect/money_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <string_view>

namespace aml::detect {
namespace {

/// What PostgreSQL's timestamptz can hold lies inside what std::chrono's calendar can tell: no
/// overflow, any year.
struct CalendarTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::microseconds> time_of_day;
};

CalendarTime calendar_time(graph::Micros at) {
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds{at}};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  return {day, std::chrono::hh_mm_ss{point - day}};
}

std::string date_text(const std::chrono::year_month_day& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// A comma before every third digit from the right.
std::string grouped_by_thousands(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

struct MoneyDigits {
  bool negative;
  std::string units;     ///< at least one digit
  std::string fraction;  ///< as many digits as the currency has decimals
};

MoneyDigits money_digits(graph::MinorSum amount_minor, const BaseCurrency& currency) {
  std::string digits = fmt::format("{}", amount_minor);
  if (digits.front() == '-') digits.erase(0, 1);
  const auto decimals = static_cast<std::size_t>(currency.exponent);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  const std::size_t units = digits.size() - decimals;
  return {amount_minor < 0, digits.substr(0, units), digits.substr(units)};
}

std::string joined(const MoneyDigits& money, const std::string& units) {
  std::string text = money.negative ? "-" : "";
  text += units;
  if (!money.fraction.empty()) text += "." + money.fraction;
  return text;
}

bool ends_with_any(std::string_view word, std::initializer_list<std::string_view> endings) {
  for (const std::string_view ending : endings) {
    if (word.ends_with(ending)) return true;
  }
  return false;
}

std::string plural_of(const std::string& noun) {
  const bool ends_in_y = noun.ends_with('y') && !ends_with_any(noun, {"ay", "ey", "oy", "uy"});
  if (ends_in_y) return noun.substr(0, noun.size() - 1) + "ies";
  return noun + (ends_with_any(noun, {"s", "x", "ch", "sh"}) ? "es" : "s");
}

}  // namespace

graph::MinorUnits to_minor_units(graph::MinorSum sum) {
  using Range = std::numeric_limits<graph::MinorUnits>;
  return static_cast<graph::MinorUnits>(
      std::clamp<graph::MinorSum>(sum, Range::min(), Range::max()));
}

std::string format_money(graph::MinorSum amount_minor, const BaseCurrency& currency) {
  const MoneyDigits money = money_digits(amount_minor, currency);
  return joined(money, grouped_by_thousands(money.units)) + " " + currency.code;
}

std::string plain_money(graph::MinorSum amount_minor, const BaseCurrency& currency) {
  const MoneyDigits money = money_digits(amount_minor, currency);
  return joined(money, money.units);
}

std::string format_time(graph::Micros at) {
  const auto [date, time] = calendar_time(at);
  if (time.to_duration() == std::chrono::microseconds::zero()) return date_text(date);
  return fmt::format("{} {:02}:{:02}", date_text(date), time.hours().count(),
                     time.minutes().count());
}

std::string iso_time(graph::Micros at) {
  const auto [date, time] = calendar_time(at);
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}", date_text(date), time.hours().count(),
                                 time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:06}", time.subseconds().count());
  return text + "Z";
}

std::string count_of(std::size_t n, const std::string& noun) {
  const std::string number = grouped_by_thousands(std::to_string(n));
  return number + " " + (n == 1 ? noun : plural_of(noun));
}

}  // namespace aml::detect
