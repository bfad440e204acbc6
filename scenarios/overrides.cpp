// SPDX-License-Identifier: Apache-2.0
#include "scenarios/overrides.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "scenarios/detector_params.hpp"
#include "scenarios/json_document.hpp"

namespace aml::scenarios {
namespace {

struct Override {
  std::string_view scenario;
  std::string_view parameter;
  std::string_view value;
};

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw std::invalid_argument(fmt::format("--set {}: {}", text, why));
}

Override parse_override(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto point = name.find('.');
  if (equals == text.npos || point == name.npos)
    refuse(text, "expected scenario.parameter=value\n  for example:  fan_in.window=\"20 days\"");
  return {name.substr(0, point), name.substr(point + 1), text.substr(equals + 1)};
}

/// What was meant by a word, or all that are known.
std::string hint(std::string_view word, std::span<const std::string_view> known) {
  const std::string meant = did_you_mean(word, known);
  return fmt::format("\n  {}{}known: {}", meant, meant.empty() ? "" : "\n  ",
                     fmt::join(known, ", "));
}

const DetectorKind& detector_of(const Scenario& scenario) {
  return *std::ranges::find(detector_kinds(), std::string_view(scenario.detector),
                            &DetectorKind::name);
}

/// The value as a file would write it: what is text there needs no quotes here.
Json typed_value(const Override& change, std::string_view override_text, ParamForm form) {
  const std::string_view text = change.value;
  Json value =
      Json::accept(text) ? parse_json(text, fmt::format("--set {}", override_text)) : Json(text);
  if (form == ParamForm::kText && !value.is_string()) return Json(text);
  if (form == ParamForm::kLines && !value.is_array()) return Json::array({text});
  return value;
}

void set_parameter(Json& document, std::string_view parameter, Json value) {
  constexpr std::string_view kHubs = "hubs.";
  const bool is_hub = parameter.starts_with(kHubs);
  const std::string key(is_hub ? parameter.substr(kHubs.size()) : parameter);
  document[is_hub ? "hubs" : "params"][key] = std::move(value);
}

Scenario overridden(const Scenario& scenario, std::span<const std::string> overrides,
                    const detect::BaseCurrency& currency) {
  const auto params = named_params(detector_of(scenario));
  std::vector<std::string_view> known;
  for (const NamedParam& param : params) known.emplace_back(param.name);

  Json document = Json::parse(scenario.definition_json);
  std::vector<std::string_view> set;
  for (const std::string& text : overrides) {
    const Override change = parse_override(text);
    const auto param = std::ranges::find(params, change.parameter, &NamedParam::name);
    if (param == params.end())
      refuse(text, fmt::format("scenario {} has no parameter \"{}\"{}", scenario.id,
                               change.parameter, hint(change.parameter, known)));
    if (std::ranges::find(set, change.parameter) != set.end())
      refuse(text, "this parameter is set twice");
    set.push_back(change.parameter);
    set_parameter(document, change.parameter, typed_value(change, text, param->form));
  }
  Scenario result = parse_scenario(
      document.dump(-1, ' ', false, Json::error_handler_t::replace),
      fmt::format("{} with --set {}", scenario.id, fmt::join(overrides, " --set ")), currency);
  result.overrides.assign(overrides.begin(), overrides.end());
  return result;
}

}  // namespace

std::vector<Scenario> with_overrides(std::vector<Scenario> scenarios,
                                     std::span<const std::string> overrides,
                                     const detect::BaseCurrency& currency) {
  std::vector<std::string_view> ids;
  for (const Scenario& scenario : scenarios) ids.push_back(scenario.id);
  std::vector<std::vector<std::string>> of_scenario(scenarios.size());
  for (const std::string& text : overrides) {
    const std::string_view id = parse_override(text).scenario;
    const auto found = std::ranges::find(ids, id);
    if (found == ids.end())
      refuse(text, fmt::format("scenario \"{}\" is not in this run{}", id, hint(id, ids)));
    of_scenario[static_cast<std::size_t>(found - ids.begin())].push_back(text);
  }
  for (std::size_t i = 0; i < scenarios.size(); ++i)
    if (!of_scenario[i].empty()) scenarios[i] = overridden(scenarios[i], of_scenario[i], currency);
  return scenarios;
}

}  // namespace aml::scenarios
