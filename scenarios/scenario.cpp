// SPDX-License-Identifier: Apache-2.0
#include "scenarios/scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "aml_scenario_files.hpp"
#include "scenarios/detector_params.hpp"
#include "scenarios/json_document.hpp"

namespace aml::scenarios {
namespace {

constexpr int kSchemaVersion = 1;
constexpr std::array<std::string_view, 10> kKeys{"schema_version", "id",       "version", "title",
                                                 "typology",       "detector", "subject", "params",
                                                 "hubs",           "severity"};
constexpr std::array<std::string_view, 20> kTypologies{"synthetic_identity",
                                                       "structuring",
                                                       "round_tripping",
                                                       "risk_exposure",
                                                       "anomalous_behaviour",
                                                       "account_structuring",
                                                       "smurfing",
                                                       "fan_in",
                                                       "fan_out",
                                                       "round_amounts",
                                                       "pass_through",
                                                       "gather_scatter",
                                                       "funnel_account",
                                                       "mule",
                                                       "dormant_reactivation",
                                                       "scatter_gather",
                                                       "bipartite",
                                                       "stack",
                                                       "chain_layering",
                                                       kCustomTypology};
constexpr std::array<std::string_view, 3> kSeverities{"high", "medium", "low"};

const DetectorKind& read_detector(const JsonObject& root) {
  std::vector<std::string_view> names;
  for (const DetectorKind& kind : detector_kinds()) names.push_back(kind.name);
  return detector_kinds()[root.choice("detector", names)];
}

std::string read_typology(const JsonObject& root, const DetectorKind& kind) {
  const std::string_view typology = kTypologies[root.choice("typology", kTypologies)];
  const auto& found = kind.typologies;
  if (!found.empty() && typology != kCustomTypology && std::ranges::count(found, typology) == 0)
    root.refuse("typology",
                fmt::format("\"{}\" or \"{}\"", fmt::join(found, "\", \""), kCustomTypology),
                fmt::format("detector {} finds no {}", kind.name, typology));
  return std::string(typology);
}

std::string read_subject(const JsonObject& root, const DetectorKind& kind) {
  constexpr std::array<std::string_view, 2> kSubjects{"account", "party"};
  const std::string_view subject = kSubjects[root.choice("subject", kSubjects)];
  if (subject != kind.subject)
    root.refuse("subject", fmt::format("\"{}\"", kind.subject),
                fmt::format("the findings of detector {} are about {}", kind.name,
                            kind.subject == "party" ? "parties" : "accounts"));
  return std::string(subject);
}

std::vector<SeverityBand> read_severity(const JsonObject& root, const std::string& file) {
  constexpr std::array<std::string_view, 2> kBandKeys{"at_least", "is"};
  std::vector<SeverityBand> bands;
  if (!root.find("severity")) return bands;

  auto milder_than =
      kSeverities.begin();  // the next band must be one of the severities from here on
  for (const Json& item : root.array("severity", 1, kSeverities.size())) {
    const JsonObject band(item, file, fmt::format("/severity/{}", bands.size()), kBandKeys);
    const double at_least = band.real("at_least", {.low = 0, .high = 1});
    const auto severity = kSeverities.begin() + band.choice("is", kSeverities);
    if (!bands.empty() && at_least >= bands.back().at_least)
      band.refuse("at_least", fmt::format("a number below {}", bands.back().at_least),
                  "bands stand in falling order");
    if (severity < milder_than)
      band.refuse("is", fmt::format("a severity milder than \"{}\"", bands.back().is));
    milder_than = severity + 1;
    bands.push_back({at_least, std::string(*severity)});
  }
  return bands;
}

/// Keys may hold any character: a zero would end the message, an escape would reach the terminal.
std::string printable(std::string_view pointer) {
  std::string text;
  for (const char c : pointer) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7F) {
      text += fmt::format("\\u{:04x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

ScenarioError::ScenarioError(std::string file, std::string pointer, const std::string& message)
    : std::runtime_error(pointer.empty()
                             ? fmt::format("{}: {}", file, message)
                             : fmt::format("{}: {}: {}", file, printable(pointer), message)),
      file_(std::move(file)),
      pointer_(std::move(pointer)) {}

ScenarioError::ScenarioError(std::string file, std::size_t line, std::size_t column,
                             const std::string& reason)
    : std::runtime_error(fmt::format("{}:{}:{}: {}", file, line, column, reason)),
      file_(std::move(file)) {}

const std::string& Scenario::severity_of(double score) const {
  static const std::string kLow = "low";
  const auto band = std::ranges::find_if(
      severity, [&](const SeverityBand& candidate) { return score >= candidate.at_least; });
  return band == severity.end() ? kLow : band->is;
}

Scenario parse_scenario(std::string_view text, const std::string& file,
                        const detect::BaseCurrency& currency) {
  constexpr std::int64_t kLargestVersion = 1'000'000;
  constexpr std::size_t kLongestTitle = 200;
  const Json document = parse_json(text, file);
  const JsonObject root(document, file, "", kKeys);
  root.integer("schema_version", kSchemaVersion, kSchemaVersion);

  Scenario scenario;
  scenario.id = root.name("id");
  scenario.version = static_cast<int>(root.integer("version", 1, kLargestVersion));
  scenario.title = root.line("title", kLongestTitle);
  const DetectorKind& kind = read_detector(root);
  scenario.typology = read_typology(root, kind);
  scenario.detector = kind.name;
  scenario.subject = read_subject(root, kind);
  scenario.params = read_params(kind, root.find("params"), root.find("hubs"), file, currency);
  scenario.severity = read_severity(root, file);
  scenario.definition_json = document.dump();
  scenario.parameters_json = effective_params(scenario.params, currency).dump();
  return scenario;
}

Scenario load_scenario(const std::string& file, const detect::BaseCurrency& currency) {
  return parse_scenario(read_text(file), file, currency);
}

std::vector<Scenario> shipped_scenarios(const detect::BaseCurrency& currency) {
  std::vector<Scenario> scenarios;
  for (const scenario_files::Embedded* embedded : scenario_files::all())
    scenarios.push_back(parse_scenario(embedded->text, std::string(embedded->file), currency));
  std::ranges::sort(scenarios, {}, &Scenario::id);
  return scenarios;
}

}  // namespace aml::scenarios
