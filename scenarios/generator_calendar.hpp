// SPDX-License-Identifier: Apache-2.0
// Days of the generated period: working days, paydays, bill days and exchange rates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aml::scenarios::generator {

/// Days since 1970-01-01.
using DayNumber = std::int32_t;
/// Seconds since 1970-01-01 00:00 UTC.
using Seconds = std::int64_t;
inline constexpr Seconds kHour = 3600;
inline constexpr Seconds kDay = 24 * kHour;

/// The day of a valid date "YYYY-MM-DD" from 1971 to 2200; otherwise absent.
std::optional<DayNumber> parse_date(std::string_view text);
/// Appends "YYYY-MM-DD".
void append_date(std::string& out, DayNumber day);
/// Appends "YYYY-MM-DDThh:mm:ssZ".
void append_time(std::string& out, Seconds at);

/// What a bank's clock knows of one day.
struct Day {
  DayNumber number = 0;
  int weekday = 0;  ///< 0 = Monday
  bool working = false;
  /// Bit d: wages due on the d-th of a month are paid today. A payday that is no working day moves
  /// to the one before, the 31st stands for the last day of the month.
  std::uint32_t paydays = 0;
  /// Bit d: bills due on the d-th of a month are paid today. A bill day that is no working day
  /// moves to the next one.
  std::uint32_t bill_days = 0;

  Seconds begin() const { return number * kDay; }
  bool is_payday(int day_of_month) const { return (paydays >> day_of_month & 1U) != 0; }
  bool is_bill_day(int day_of_month) const { return (bill_days >> day_of_month & 1U) != 0; }
};
Day day_of(DayNumber number);

/// Squeezes the 24 hours of a day into 07:00..22:00; keeps the order of times.
Seconds by_daylight(Seconds at);

enum class Currency : std::uint8_t { kUsd, kEur, kGbp };
std::string_view code_of(Currency currency);

/// US dollars for one unit of a currency, a slow random walk with one rate for each day.
class FxRates {
 public:
  FxRates(DayNumber first, int days, std::uint64_t seed);

  /// The amount in minor units of `currency` that is worth `cents` US cents on that day, at
  /// least 1.
  std::int64_t from_us_cents(std::int64_t cents, Currency currency, DayNumber day) const;
  /// US dollars for one unit, in ten-thousandths.
  std::int64_t rate(Currency currency, DayNumber day) const;

 private:
  DayNumber first_;
  std::vector<std::int64_t> eur_;
  std::vector<std::int64_t> gbp_;
};

}  // namespace aml::scenarios::generator
