// SPDX-License-Identifier: Apache-2.0
#include "graph/motif_value.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace aml::graph {
namespace {

constexpr std::size_t kMostDigits = 38;  ///< of a number that 128 bits hold for certain

[[noreturn]] void overflow() {
  throw std::overflow_error("a number has more than 38 digits");
}

/// units * 10^digits, or nullopt if it does not fit.
std::optional<MinorSum> scaled(MinorSum units, int digits) {
  for (int i = 0; i < digits; ++i) {
    if (__builtin_mul_overflow(units, MinorSum{10}, &units)) return std::nullopt;
  }
  return units;
}

MinorSum scaled_or_throw(MinorSum units, int digits) {
  const std::optional<MinorSum> result = scaled(units, digits);
  if (!result) overflow();
  return *result;
}

/// The number itself. Throws: std::overflow_error if it has more than 38 digits.
const Decimal& of_few_digits(const Decimal& number) {
  static const MinorSum kTooLarge = scaled_or_throw(1, static_cast<int>(kMostDigits));
  if (number.units <= -kTooLarge || number.units >= kTooLarge) overflow();
  return number;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Reads a text from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool accept(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// A number of `least` to `most` digits.
  std::optional<int> number(std::size_t least, std::size_t most) {
    std::size_t size = 0;
    int number = 0;
    while (size < most && size < rest_.size() && is_digit(rest_[size])) {
      number = number * 10 + (rest_[size++] - '0');
    }
    if (size < least) return std::nullopt;
    rest_.remove_prefix(size);
    return number;
  }
  /// Up to six digits after a point as microseconds.
  std::optional<int> fraction() {
    int micros = 0;
    int digits = 0;
    while (digits < 6 && !rest_.empty() && is_digit(rest_.front())) {
      micros = micros * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) micros *= 10;
    return micros;
  }

 private:
  std::string_view rest_;
};

std::optional<MinorSum> parse_day(Scanner& scanner) {
  const auto year = scanner.number(4, 4);
  if (!year || *year == 0 || !scanner.accept('-')) return std::nullopt;
  const auto month = scanner.number(2, 2);
  if (!month || !scanner.accept('-')) return std::nullopt;
  const auto day = scanner.number(2, 2);
  if (!day) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(unsigned(*month)),
                            std::chrono::day(unsigned(*day))};
  if (!date.ok()) return std::nullopt;
  return MinorSum{sys_days(date).time_since_epoch().count()} * kMicrosPerDay;
}

std::optional<MinorSum> parse_time_of_day(Scanner& scanner) {
  const auto hour = scanner.number(2, 2);
  if (!hour || *hour > 23 || !scanner.accept(':')) return std::nullopt;
  const auto minute = scanner.number(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  MinorSum micros = MinorSum{*hour * 60 + *minute} * 60 * kMicrosPerSecond;
  if (!scanner.accept(':')) return micros;
  const auto second = scanner.number(2, 2);
  if (!second || *second > 59) return std::nullopt;
  micros += MinorSum{*second} * kMicrosPerSecond;
  if (!scanner.accept('.')) return micros;
  const auto fraction = scanner.fraction();
  if (!fraction) return std::nullopt;
  return micros + *fraction;
}

/// How far the zone is ahead of UTC; no zone is UTC.
std::optional<MinorSum> parse_zone(Scanner& scanner) {
  if (scanner.at_end() || scanner.accept('Z')) return 0;
  const bool ahead = scanner.accept('+');
  if (!ahead && !scanner.accept('-')) return std::nullopt;
  constexpr int kFarthest = 14 * 60;
  const auto hours = scanner.number(2, 2);
  if (!hours) return std::nullopt;
  int minutes = *hours * 60;
  if (!scanner.at_end()) {
    scanner.accept(':');
    const auto number = scanner.number(2, 2);
    if (!number || *number > 59) return std::nullopt;
    minutes += *number;
  }
  if (minutes > kFarthest) return std::nullopt;
  const MinorSum offset = MinorSum{minutes} * 60 * kMicrosPerSecond;
  return ahead ? offset : -offset;
}

}  // namespace

Decimal operator+(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale, b.scale);
  MinorSum sum = 0;
  if (__builtin_add_overflow(scaled_or_throw(a.units, scale - a.scale),
                             scaled_or_throw(b.units, scale - b.scale), &sum)) {
    overflow();
  }
  return of_few_digits({sum, scale});
}

Decimal operator-(const Decimal& a) {
  of_few_digits(a);  // the smallest number has no counterpart
  return {-a.units, a.scale};
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  MinorSum product = 0;
  if (__builtin_mul_overflow(a.units, b.units, &product)) overflow();
  return of_few_digits({product, a.scale + b.scale});
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale, b.scale);
  const std::optional<MinorSum> left = scaled(a.units, scale - a.scale);
  const std::optional<MinorSum> right = scaled(b.units, scale - b.scale);
  // Only the one that was scaled up can be too large, and then it is the one farther from zero.
  if (!left) return a.units <=> MinorSum{0};
  if (!right) return MinorSum{0} <=> b.units;
  return *left <=> *right;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && fraction.empty())) return std::nullopt;
  if (whole.size() + fraction.size() > kMostDigits) return std::nullopt;
  Decimal number{0, static_cast<int>(fraction.size())};
  for (const std::string_view digits : {whole, fraction}) {
    if (!std::ranges::all_of(digits, is_digit)) return std::nullopt;
    for (const char digit : digits) number.units = number.units * 10 + (digit - '0');
  }
  return number;
}

std::string to_string(const Decimal& number) {
  const bool negative = number.units < 0;
  std::string digits;
  for (MinorSum rest = number.units; rest != 0; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  while (digits.size() < static_cast<std::size_t>(number.scale) + 1) digits += '0';
  if (number.scale > 0) digits.insert(static_cast<std::size_t>(number.scale), 1, '.');
  if (negative) digits += '-';
  std::ranges::reverse(digits);
  return digits;
}

std::optional<TimePoint> parse_time_point(std::string_view text) {
  Scanner scanner(text);
  std::optional<MinorSum> micros = parse_day(scanner);
  if (!micros || scanner.at_end()) return micros ? std::optional(TimePoint{*micros}) : std::nullopt;
  if (!scanner.accept(' ') && !scanner.accept('T')) return std::nullopt;
  const std::optional<MinorSum> time = parse_time_of_day(scanner);
  if (!time) return std::nullopt;
  const std::optional<MinorSum> offset = parse_zone(scanner);
  if (!offset || !scanner.at_end()) return std::nullopt;
  return TimePoint{*micros + *time - *offset};
}

std::optional<TimeSpan> parse_time_span(std::string_view text) {
  struct Unit {
    std::string_view name;
    Micros length;
  };
  static constexpr std::array<Unit, 5> kUnits{{{"week", 7 * kMicrosPerDay},
                                               {"day", kMicrosPerDay},
                                               {"hour", kMicrosPerHour},
                                               {"minute", 60 * kMicrosPerSecond},
                                               {"second", kMicrosPerSecond}}};
  Scanner scanner(text);
  TimeSpan span;
  do {
    const std::optional<int> count = scanner.number(1, 5);
    if (!count || !scanner.accept(' ')) return std::nullopt;
    const auto* const unit =
        std::ranges::find_if(kUnits, [&](const Unit& u) { return scanner.accept(u.name); });
    if (unit == kUnits.end()) return std::nullopt;
    scanner.accept('s');
    span.micros += MinorSum{*count} * unit->length;
  } while (scanner.accept(' '));
  if (!scanner.at_end()) return std::nullopt;
  return span;
}

std::strong_ordering compare(const Value& a, const Value& b) {
  if (const auto* number = std::get_if<Decimal>(&a)) return compare(*number, std::get<Decimal>(b));
  if (const auto* text = std::get_if<std::string_view>(&a)) {
    return text->compare(std::get<std::string_view>(b)) <=> 0;
  }
  if (const auto* time = std::get_if<TimePoint>(&a)) {
    return time->micros <=> std::get<TimePoint>(b).micros;
  }
  if (const auto* span = std::get_if<TimeSpan>(&a)) {
    return span->micros <=> std::get<TimeSpan>(b).micros;
  }
  return std::get<bool>(a) <=> std::get<bool>(b);
}

}  // namespace aml::graph
