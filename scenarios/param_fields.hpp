// SPDX-License-Identifier: Apache-2.0
// How each kind of parameter stands in a scenario file: money, lengths of time, words ... A list of
// parameters walks over a reader or a writer, see detector_params.cpp. Internal to scenarios/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/money_text.hpp"
#include "graph/transfer.hpp"
#include "scenarios/json_document.hpp"

namespace aml::scenarios {

/// The words that a parameter may be, each with what it means.
template <typename Value, std::size_t kWords>
using Choices = std::array<std::pair<std::string_view, Value>, kWords>;

enum class MoneyRange { kAboveZero, kAtLeastZero };

/// Overwrites with what a JSON object says; a key that is absent leaves the default.
class ParamReader {
 public:
  ParamReader(const JsonObject& object, const detect::BaseCurrency& currency)
      : object_(object), currency_(currency) {}

  template <typename Integer>
  void integer(std::string_view key, Integer& value, std::int64_t low, std::int64_t high) const {
    if (object_.find(key)) value = static_cast<Integer>(object_.integer(key, low, high));
  }
  void real(std::string_view key, double& value, const RealRange& range) const {
    if (object_.find(key)) value = object_.real(key, range);
  }
  void line(std::string_view key, std::string& value, std::size_t max_characters) const {
    if (object_.find(key)) value = object_.line(key, max_characters);
  }
  void name(std::string_view key, std::string& value) const {
    if (object_.find(key)) value = object_.name(key);
  }
  void lines(std::string_view key, std::vector<std::string>& values, std::size_t max_items,
             std::size_t max_characters) const {
    if (object_.find(key)) values = object_.lines(key, max_items, max_characters);
  }
  void named_lines(std::string_view key, std::vector<std::pair<std::string, std::string>>& values,
                   std::size_t max_items, std::size_t max_characters) const {
    if (object_.find(key)) values = object_.named_lines(key, max_items, max_characters);
  }
  void duration(std::string_view key, std::optional<graph::Micros>& value) const {
    if (object_.find(key)) duration(key, value.emplace());
  }
  void duration(std::string_view key, graph::Micros& value) const;
  void money(std::string_view key, graph::MinorUnits& value, MoneyRange range) const;
  template <typename Value, std::size_t kWords>
  void choice(std::string_view key, Value& value, const Choices<Value, kWords>& choices) const {
    if (!object_.find(key)) return;
    std::array<std::string_view, kWords> words;
    std::ranges::transform(choices, words.begin(), [](const auto& choice) { return choice.first; });
    value = choices[object_.choice(key, words)].second;
  }

 private:
  const JsonObject& object_;
  const detect::BaseCurrency& currency_;
};

/// Writes every parameter that has a value as a file would.
class ParamWriter {
 public:
  explicit ParamWriter(const detect::BaseCurrency& currency) : currency_(currency) {}
  Json written = Json::object();
  std::vector<std::string_view> keys;  ///< of all parameters

  template <typename Integer>
  void integer(std::string_view key, const Integer& value, std::int64_t, std::int64_t) {
    write(key, value);
  }
  void real(std::string_view key, double value, const RealRange&) { write(key, value); }
  void line(std::string_view key, const std::string& value, std::size_t) {
    value.empty() ? leave_out(key) : write(key, value);
  }
  void name(std::string_view key, const std::string& value) { write(key, value); }
  void lines(std::string_view key, const std::vector<std::string>& values, std::size_t,
             std::size_t) {
    write(key, values);
  }
  void named_lines(std::string_view key,
                   const std::vector<std::pair<std::string, std::string>>& values, std::size_t,
                   std::size_t);
  void duration(std::string_view key, graph::Micros value);
  void duration(std::string_view key, const std::optional<graph::Micros>& value) {
    value ? duration(key, *value) : leave_out(key);
  }
  void money(std::string_view key, graph::MinorUnits value, MoneyRange) {
    write(key, detect::plain_money(value, currency_));
  }
  template <typename Value, std::size_t kWords>
  void choice(std::string_view key, Value value, const Choices<Value, kWords>& choices) {
    const auto choice = std::ranges::find(choices, value, [](const auto& c) { return c.second; });
    write(key, std::string(choice->first));
  }

 private:
  void write(std::string_view key, Json value) {
    keys.push_back(key);
    written[std::string(key)] = std::move(value);
  }
  void leave_out(std::string_view key) { keys.push_back(key); }

  const detect::BaseCurrency& currency_;
};

}  // namespace aml::scenarios
