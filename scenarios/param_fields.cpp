// SPDX-License-Identifier: Apache-2.0
#include "scenarios/param_fields.hpp"

#include <fmt/format.h>

#include "scenarios/duration.hpp"

namespace aml::scenarios {
namespace {

/// Exact minor units of a decimal number of units. Digits beyond the currency's exponent must be
/// zeros.
std::int64_t parse_money(const JsonObject& object, std::string_view key, std::string_view text,
                         MoneyRange range, const detect::BaseCurrency& currency) {
  constexpr std::size_t kMostUnitDigits = 13;
  constexpr std::size_t kMostDecimals = 4;
  const std::string expected =
      fmt::format("a decimal string in {} {} such as \"10000.00\"", currency.code,
                  range == MoneyRange::kAboveZero ? "above zero" : "of at least zero");
  const auto is_digits = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto point = text.find('.');
  const std::string_view units = text.substr(0, point);
  const std::string_view decimals = point == text.npos ? "" : text.substr(point + 1);
  const bool well_formed = !units.empty() && units.size() <= kMostUnitDigits &&
                           (units == "0" || units.front() != '0') && is_digits(units) &&
                           decimals.empty() == (point == text.npos) &&
                           decimals.size() <= kMostDecimals && is_digits(decimals);
  if (!well_formed)
    object.refuse(key, expected,
                  text.find(',') != text.npos ? "no thousands separators" : std::string_view{});

  std::int64_t minor = 0;
  for (const char digit : units) minor = 10 * minor + (digit - '0');
  const auto exponent = static_cast<std::size_t>(currency.exponent);
  for (std::size_t i = 0; i < exponent; ++i)
    minor = 10 * minor + (i < decimals.size() ? decimals[i] - '0' : 0);
  const std::string_view beyond = decimals.size() > exponent ? decimals.substr(exponent) : "";
  if (beyond.find_first_not_of('0') != beyond.npos)
    object.refuse(key, expected, fmt::format("{} has {} decimals", currency.code, exponent));
  if (range == MoneyRange::kAboveZero && minor == 0) object.refuse(key, expected);
  return minor;
}

}  // namespace

void ParamReader::duration(std::string_view key, graph::Micros& value) const {
  const Json* text = object_.find(key);
  if (!text) return;
  const auto read = text->is_string() ? parse_duration(text->get_ref<const std::string&>())
                                      : std::optional<graph::Micros>();
  if (!read)
    object_.refuse(key, "a length of time such as \"20 days\"",
                   "a whole number up to 99999, one space, and seconds, minutes, hours, days or "
                   "weeks, in quotes");
  value = *read;
}

void ParamReader::money(std::string_view key, graph::MinorUnits& value, MoneyRange range) const {
  const Json* text = object_.find(key);
  if (!text) return;
  if (!text->is_string())
    object_.refuse(key, "a decimal string such as \"10000.00\"",
                   text->is_number() ? fmt::format("write \"{}\"", text->dump()) : std::string());
  value = parse_money(object_, key, text->get_ref<const std::string&>(), range, currency_);
}

void ParamWriter::named_lines(std::string_view key,
                              const std::vector<std::pair<std::string, std::string>>& values,
                              std::size_t, std::size_t) {
  if (values.empty()) return leave_out(key);
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = value;
  write(key, std::move(object));
}

void ParamWriter::duration(std::string_view key, graph::Micros value) {
  write(key, format_duration(value));
}

}  // namespace aml::scenarios
