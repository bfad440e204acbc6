// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model_card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <type_traits>

#include "scenarios/json_document.hpp"
#include "scenarios/model_training.hpp"
#include "scenarios/registered_model.hpp"
#include "scenarios/scenario.hpp"
#include "store/content_hash.hpp"
#include "store/error.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::scenarios {
namespace {

constexpr int kSchemaVersion = 1;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kLongestText = 1000;
constexpr std::int64_t kMostRows = 1'000'000'000'000;  ///< in a bin: those of all bins can be added

constexpr std::array<std::string_view, 8> kCardKeys{"schema_version",  "model",     "version",
                                                    "artifact_sha256", "signature", "training",
                                                    "baselines",       "history"};
constexpr std::array<std::string_view, 14> kTrainingKeys{
    "experiment", "started_at",  "finished_at",  "started_by",  "program_version",
    "source",     "snapshot",    "last_file_id", "window_from", "window_until",
    "rows",       "data_sha256", "parameters",   "metrics"};
constexpr std::array<std::string_view, 4> kBaselineKeys{"measure", "edges", "rows", "missing"};

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json metrics_json(const std::vector<std::pair<std::string, double>>& metrics) {
  Json object = Json::object();
  for (const auto& [name, value] : metrics) object[name] = value;
  return object;
}

Json training_json(const store::TrainingRun& training) {
  Json object{{"experiment", training.experiment},
              {"started_at", text_or_null(training.started_at)},
              {"finished_at", text_or_null(training.finished_at)},
              {"started_by", text_or_null(training.started_by)},
              {"program_version", training.program_version},
              {"source", training.source},
              {"snapshot", text_or_null(training.snapshot)},
              {"last_file_id", nullptr},
              {"window_from", text_or_null(training.window_from)},
              {"window_until", text_or_null(training.window_until)},
              {"rows", nullptr},
              {"data_sha256", text_or_null(training.data_sha256)},
              {"parameters", Json::parse(training.parameters_json)},
              {"metrics", metrics_json(training.metrics)}};
  if (training.last_file_id) object["last_file_id"] = *training.last_file_id;
  if (training.rows) object["rows"] = *training.rows;
  return object;
}

Json baselines_json(const std::vector<detect::Baseline>& baselines) {
  Json array = Json::array();
  for (const detect::Baseline& baseline : baselines)
    array.push_back({{"measure", baseline.measure},
                     {"edges", baseline.edges},
                     {"rows", baseline.rows},
                     {"missing", baseline.missing}});
  return array;
}

Json history_json(const std::vector<store::ModelTransition>& transitions) {
  Json array = Json::array();
  for (const store::ModelTransition& transition : transitions)
    array.push_back({{"changed_at", transition.changed_at},
                     {"from_stage", text_or_null(transition.from_stage)},
                     {"to_stage", text_or_null(transition.to_stage)},
                     {"alias", text_or_null(transition.alias)},
                     {"changed_by", transition.changed_by},
                     {"reason", transition.reason}});
  return array;
}

/// A key that may be null.
bool is_there(const JsonObject& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && !value->is_null();
}

std::string text_in(const JsonObject& object, std::string_view key) {
  return is_there(object, key) ? object.line(key, kLongestText) : std::string();
}

std::string time_in(const JsonObject& object, std::string_view key) {
  std::string text = text_in(object, key);
  if (!text.empty() && !store::parse_time(text))
    object.refuse(key, "a time such as 2024-03-31T18:00:00Z");
  return text;
}

std::optional<std::int64_t> count_in(const JsonObject& object, std::string_view key) {
  if (!is_there(object, key)) return std::nullopt;
  return object.integer(key, 0, kMost);
}

const Json& object_in(const JsonObject& object, std::string_view key) {
  const Json* value = object.find(key);
  if (value == nullptr || !value->is_object()) object.refuse(key, "an object");
  return *value;
}

bool is_line(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < ' '; });
}

/// The parameters as text: they are shown, and PostgreSQL must be able to hold them.
std::string parameters_in(const JsonObject& training) {
  const Json& parameters = object_in(training, "parameters");
  for (const auto& [name, value] : parameters.items())
    if (!is_line(name) || value.is_structured() ||
        (value.is_string() && !is_line(value.get_ref<const std::string&>())))
      training.refuse("parameters", "an object of numbers and single lines of text");
  return parameters.dump();
}

store::TrainingRun training_in(const JsonObject& card, const std::string& file) {
  const JsonObject object(object_in(card, "training"), file, "/training", kTrainingKeys);
  store::TrainingRun training;
  training.status = "imported";
  training.experiment = object.line("experiment", kLongestText);
  training.started_at = time_in(object, "started_at");
  training.finished_at = time_in(object, "finished_at");
  training.started_by = text_in(object, "started_by");
  training.program_version = object.line("program_version", kLongestText);
  training.source = object.line("source", kLongestText);
  training.snapshot = text_in(object, "snapshot");
  training.last_file_id = count_in(object, "last_file_id");
  training.window_from = time_in(object, "window_from");
  training.window_until = time_in(object, "window_until");
  training.rows = count_in(object, "rows");
  training.data_sha256 = text_in(object, "data_sha256");
  training.parameters_json = parameters_in(object);
  for (const auto& [name, value] : object_in(object, "metrics").items()) {
    if (!is_line(name) || !value.is_number()) object.refuse("metrics", "an object of numbers");
    training.metrics.emplace_back(name, value.get<double>());
  }
  return training;
}

template <typename Number>
std::vector<Number> numbers_in(const JsonObject& object, std::string_view key,
                               std::size_t at_least) {
  constexpr std::size_t kMostBins = 1000;
  std::vector<Number> numbers;
  for (const Json& value : object.array(key, at_least, kMostBins)) {
    if constexpr (std::is_floating_point_v<Number>) {
      if (!value.is_number()) object.refuse(key, "an array of numbers");
    } else if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
               value.get<std::int64_t>() > kMostRows) {
      object.refuse(key, fmt::format("an array of counts from 0 to {}", kMostRows));
    }
    numbers.push_back(value.get<Number>());
  }
  return numbers;
}

/// Baselines of the score and each of the columns, or none at all.
std::vector<detect::Baseline> baselines_in(const JsonObject& card, const std::string& file,
                                           const std::vector<std::string>& columns) {
  const Json* value = card.find("baselines");
  if (value == nullptr || !value->is_array() ||
      (!value->empty() && value->size() != columns.size() + 1))
    card.refuse("baselines", fmt::format("an array of {} objects", columns.size() + 1));
  std::vector<detect::Baseline> baselines;
  for (const Json& item : *value) {
    const std::size_t position = baselines.size();
    const JsonObject object(item, file, fmt::format("/baselines/{}", position), kBaselineKeys);
    detect::Baseline baseline{.measure = object.line("measure", 1 << 16),
                              .edges = numbers_in<double>(object, "edges", 0),
                              .rows = numbers_in<std::int64_t>(object, "rows", 1),
                              .missing = object.integer("missing", 0, kMostRows)};
    const std::string expected =
        position == 0 ? "anomaly_score" : store::storable_text(columns[position - 1]);
    if (baseline.measure != expected) object.refuse("measure", fmt::format("\"{}\"", expected));
    if (std::ranges::adjacent_find(baseline.edges, std::greater_equal<>()) != baseline.edges.end())
      object.refuse("edges", "rising numbers");
    if (baseline.rows.size() != baseline.edges.size() + 1)
      object.refuse("rows",
                    fmt::format("{} counts, one more than edges", baseline.edges.size() + 1));
    baselines.push_back(std::move(baseline));
  }
  return baselines;
}

}  // namespace

ExportedModel export_model(store::Connection& connection, const store::ModelVersion& version) {
  const RegisteredModel model = load_model(connection, version);
  store::TrainingRun training = model.row.training.value_or(store::TrainingRun{});
  if (model.row.training) training.metrics = store::read_metrics(connection, training.number);
  const Json card{{"schema_version", kSchemaVersion},
                  {"model", version.model},
                  {"version", version.version},
                  {"artifact_sha256", model.row.artifact_sha256},
                  {"signature", Json::parse(model.row.signature_json)},
                  {"training", training_json(training)},
                  {"baselines", baselines_json(model.baselines)},
                  {"history", history_json(store::list_transitions(connection, version.model,
                                                                   version.version))}};
  return {.artifact = store::read_artifact(connection, version),
          .card = card.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'};
}

store::NewModelVersion imported_model(const std::string& artifact_file, const std::string& artifact,
                                      const std::string& card_file, const std::string& card) {
  const Json document = parse_json(card, card_file);
  const JsonObject object(document, card_file, "", kCardKeys);
  object.integer("schema_version", kSchemaVersion, kSchemaVersion);
  store::NewModelVersion version;
  version.model = object.name("model");
  version.signature_json = object_in(object, "signature").dump();
  const std::string expected = object.line("artifact_sha256", kLongestText);
  const std::string present = store::sha256_hex(artifact);
  if (present != expected)
    throw store::StoreError(store::StoreFailure::kRefusedData,
                            fmt::format("{} is not the artifact that {} speaks of: its SHA-256 is "
                                        "{}, expected {}\n  export it again",
                                        artifact_file, card_file, present, expected));
  const detect::ForestModel forest =
      checked_forest(artifact_file, artifact, version.signature_json);
  const auto signature = nlohmann::json::parse(signature_json(forest.columns));
  if (nlohmann::json::parse(version.signature_json) != signature)
    object.refuse("signature", "the one that aml model export writes for the columns of the model");
  version.baselines = baselines_in(object, card_file, forest.columns);
  version.training = training_in(object, card_file);
  version.artifact = artifact;
  version.reason = fmt::format("imported from {}, there version {}", artifact_file,
                               object.integer("version", 1, kMost));
  return version;
}

}  // namespace aml::scenarios
