// SPDX-License-Identifier: Apache-2.0
#include "scenarios/registered_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "detect/drift.hpp"
#include "detect/forest_bytes.hpp"
#include "detect/ranking.hpp"
#include "detect/sentences.hpp"
#include "scenarios/model_training.hpp"
#include "store/error.hpp"
#include "store/statement.hpp"
#include "store/value_text.hpp"

namespace aml::scenarios {
namespace {

/// The parameters of a scenario that say how a forest is fitted.
std::array<std::pair<std::string_view, std::uint64_t>, 3> fitting_params(
    const detect::AnomaliesParams& params) {
  return {{{"trees", static_cast<std::uint64_t>(params.forest.trees)},
           {"sample_size", static_cast<std::uint64_t>(params.forest.sample_size)},
           {"seed", params.forest.seed}}};
}

/// Why a backtest does not ask the version in production; empty: it does.
std::string why_not(const RegisteredModel& model, const Scenario& scenario,
                    std::optional<graph::Micros> as_of) {
  for (const auto& [name, value] :
       fitting_params(std::get<detect::AnomaliesParams>(scenario.params)))
    if (std::ranges::any_of(scenario.overrides, [&](const std::string& text) {
          return text.starts_with(fmt::format("{}.{}=", scenario.id, name));
        }))
      return fmt::format("{} is set", name);
  if (!as_of) return {};
  const auto seen_until =
      model.row.training ? store::parse_time(model.row.training->window_until) : std::nullopt;
  if (seen_until && *seen_until <= *as_of) return {};
  return fmt::format("{} {}", store::name_of(model.row.id),
                     seen_until
                         ? fmt::format("has seen transfers until {}, after the backtest ends",
                                       model.row.training->window_until)
                         : std::string("does not say which transfers it has seen"));
}

std::string origin_note(const RegisteredModel& model) {
  const auto& training = model.row.training;
  if (!training || !training->rows)
    return fmt::format("scored by {}", store::name_of(model.row.id));
  return fmt::format("scored by {}, trained on {} rows{}", store::name_of(model.row.id),
                     *training->rows,
                     training->window_until.empty()
                         ? std::string()
                         : fmt::format(" and transfers until {}", training->window_until));
}

/// Empty if the version was trained as the scenario says.
std::string difference_note(const RegisteredModel& model, const detect::AnomaliesParams& params) {
  if (!model.row.training) return {};
  const auto trained = nlohmann::json::parse(model.row.training->parameters_json);
  std::vector<std::string> differences;
  for (const auto& [name, value] : fitting_params(params)) {
    const auto found = trained.find(name);
    if (found != trained.end() && *found != value)
      differences.push_back(fmt::format("{} is {} in the scenario and {} in {}", name, value,
                                        found->dump(), store::name_of(model.row.id)));
  }
  if (differences.empty()) return {};
  return fmt::format("{}: it scores as it was trained; for another:  aml model train {}",
                     fmt::join(differences, ", "), params.model);
}

std::vector<double> scores_of(const detect::Detection& detection) {
  std::vector<double> scores;
  for (const auto& [account, score] : detection.scores.front().values) scores.push_back(score);
  return scores;
}

void measure_drift(const detect::AccountPopulation& population,
                   const std::vector<std::string>& columns, const detect::Detection& detection,
                   ModelUse& use) {
  const std::vector<double> scores = scores_of(detection);
  if (use.baselines.size() != columns.size() + 1 || scores.empty()) return;
  const auto positions = detect::account_feature_columns(columns);
  use.drifts = detect::drifts_from(
      use.baselines, detect::FeatureView(population.features).with_columns(positions), scores);
  std::vector<std::string> moved;
  for (std::size_t i = 0; i < use.drifts.size(); ++i)
    if (use.drifts[i].level == "act")
      moved.push_back(fmt::format("{} (psi {:.2f})", use.baselines[i].measure, use.drifts[i].psi));
  if (moved.empty()) return;
  constexpr std::size_t kMostTold = 5;
  use.warnings.push_back(fmt::format(
      "what is scored is no longer like what {} was trained on: {}; see aml.model_drift",
      use.version ? store::name_of(*use.version) : std::string("the model"),
      detect::list_of(moved, kMostTold)));
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw store::StoreError(store::StoreFailure::kRefusedData, fmt::format("{} {}", name, why));
}

}  // namespace

detect::ForestModel checked_forest(const std::string& name, const std::string& artifact,
                                   const std::string& signature_json) {
  try {
    detect::ForestModel forest = detect::forest_model_from_bytes(artifact);
    const auto signature = nlohmann::json::parse(signature_json);
    std::vector<std::string> inputs;
    for (const auto& input : signature.at("inputs"))
      inputs.push_back(input.at("name").get<std::string>());
    std::vector<std::string> columns;
    for (const std::string& column : forest.columns)
      columns.push_back(store::storable_text(column));
    if (inputs != columns)
      refuse(name, fmt::format("has columns {}, but its signature names {}",
                               fmt::join(columns, ", "), fmt::join(inputs, ", ")));
    return forest;
  } catch (const std::invalid_argument& error) {
    refuse(name, error.what());
  } catch (const nlohmann::json::exception& error) {
    refuse(name, fmt::format("has a signature that cannot be read: {}", error.what()));
  }
}

RegisteredModel load_model(store::Connection& connection, const store::ModelVersion& version) {
  store::ModelVersionRow row = store::read_version(connection, version);
  detect::ForestModel forest = checked_forest(
      store::name_of(version), store::read_artifact(connection, version), row.signature_json);
  return {std::move(row), std::move(forest), store::read_baselines(connection, version)};
}

Agreement agreement(const SnapshotRows& rows, const RegisteredModel& a, const RegisteredModel& b) {
  const auto scores_by = [&](const RegisteredModel& model) {
    return model.forest.forest.score(
        detect::FeatureView(rows.population.features)
            .with_columns(detect::account_feature_columns(model.forest.columns)));
  };
  const std::vector<double> scores_a = scores_by(a);
  const std::vector<double> scores_b = scores_by(b);
  Agreement agreement{.rows = static_cast<std::int64_t>(scores_a.size()),
                      .rank_correlation = detect::rank_correlation(scores_a, scores_b)};
  for (std::size_t row = 0; row < scores_a.size(); ++row) {
    const bool by_a = a.forest.is_anomaly(scores_a[row]);
    const bool by_b = b.forest.is_anomaly(scores_b[row]);
    agreement.flagged_a += by_a;
    agreement.flagged_b += by_b;
    agreement.flagged_both += by_a && by_b;
  }
  return agreement;
}

const RegisteredModel* RunModels::production(const std::string& model) {
  auto found = production_.find(model);
  if (found == production_.end()) {
    std::unique_ptr<const RegisteredModel> loaded;
    auto version = purpose_.as_of_version
                       ? store::version_used_on(connection_, model, *purpose_.as_of_version)
                       : std::nullopt;
    if (!version) version = store::production_version(connection_, model);
    if (version)
      loaded = std::make_unique<const RegisteredModel>(load_model(connection_, {model, *version}));
    found = production_.emplace(model, std::move(loaded)).first;
  }
  return found->second.get();
}

detect::ForestModel RunModels::use_registered(const RegisteredModel& model,
                                              const detect::AnomaliesParams& params,
                                              ModelUse& use) {
  try {
    detect::account_feature_columns(model.forest.columns);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("{} cannot score accounts: {}\n  train another version:  aml model train {}",
                    store::name_of(model.row.id), error.what(), params.model));
  }
  use.version = model.row.id;
  use.baselines = model.baselines;
  use.notes.push_back(origin_note(model));
  if (auto note = difference_note(model, params); !note.empty())
    use.notes.push_back(std::move(note));
  return model.forest;
}

detect::ForestModel RunModels::use_fitted(const Graphs& graphs,
                                          const store::RunSnapshotFacts& snapshot,
                                          const detect::AccountPopulation& population,
                                          const detect::AnomaliesParams& params, ModelUse& use) {
  auto known = fitted_.find(params.model);
  if (known == fitted_.end()) {
    store::TrainingRun training = training_on(graphs, snapshot, purpose_.program_version);
    training.run_id = purpose_.run_id;
    auto version = fit_version(params.model, {population.features, detect::account_feature_names()},
                               {.forest = params.forest, .contamination = {}}, std::move(training));
    version.reason =
        fmt::format("run {} found none in production and fitted this one", purpose_.run_id);
    known = fitted_.emplace(params.model, std::move(version)).first;
  }
  use.fitted = known->second;
  use.baselines = known->second.baselines;
  use.notes.push_back(fmt::format(
      "{} has no version in production: this run fits one, registers it and puts it there",
      params.model));
  return detect::forest_model_from_bytes(known->second.artifact);
}

Found RunModels::score(const Graphs& graphs, const store::RunSnapshotFacts& snapshot,
                       const Scenario& scenario, const detect::BaseCurrency& currency) {
  ModelUse use;
  const auto& params = std::get<detect::AnomaliesParams>(scenario.params);
  const RegisteredModel* registered = production(params.model);
  if (purpose_.is_backtest) {
    const std::string why = registered ? why_not(*registered, scenario, purpose_.as_of)
                                       : params.model + " has no version in production";
    if (!why.empty()) {
      use.notes.push_back(
          fmt::format("scored by a forest of its own, which is not registered: {}", why));
      return {detect(graphs, scenario, currency), std::move(use)};
    }
  }
  const detect::AccountPopulation population = account_population(graphs, currency);
  if (!registered && !population.can_be_compared()) return {detect(graphs, scenario, currency)};
  const detect::ForestModel forest = registered
                                         ? use_registered(*registered, params, use)
                                         : use_fitted(graphs, snapshot, population, params, use);
  detect::Detection detection =
      rounded(detect::detect_anomalies(graphs.accounts, population, forest, params, currency));
  if (!purpose_.is_backtest) measure_drift(population, forest.columns, detection, use);
  return {std::move(detection), std::move(use)};
}

}  // namespace aml::scenarios
