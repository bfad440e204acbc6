// SPDX-License-Identifier: Apache-2.0
// Versions of the registry at work: checked, then used to score.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detect/baseline.hpp"
#include "detect/forest_model.hpp"
#include "scenarios/runner.hpp"
#include "store/connection.hpp"
#include "store/model_registry.hpp"

namespace aml::scenarios {

struct RegisteredModel {
  store::ModelVersionRow row;
  detect::ForestModel forest;
  std::vector<detect::Baseline> baselines;  ///< empty: none were registered
};

/// The forest in an artifact. Throws: StoreError kRefusedData with `name`, the artifact's, if it is
/// none or its columns are not the inputs of the signature.
detect::ForestModel checked_forest(const std::string& name, const std::string& artifact,
                                   const std::string& signature_json);
/// Throws: StoreError kRefusedData if it is damaged, std::invalid_argument if there is none.
RegisteredModel load_model(store::Connection& connection, const store::ModelVersion& version);

struct SnapshotRows;

/// What two versions say of the same accounts. Flagged: above the version's threshold.
struct Agreement {
  std::int64_t rows = 0;
  std::optional<double> rank_correlation;  ///< Spearman's, of the scores
  std::int64_t flagged_a = 0;
  std::int64_t flagged_b = 0;
  std::int64_t flagged_both = 0;
};
/// Throws: std::invalid_argument if a version wants a feature that this program does not make.
Agreement agreement(const SnapshotRows& rows, const RegisteredModel& a, const RegisteredModel& b);

/// What scored a scenario in a run, and what is to be written about it.
struct ModelUse {
  std::optional<store::ModelVersion> version;    ///< registered before the run
  std::optional<store::NewModelVersion> fitted;  ///< by this run, to be registered with its gold
  std::vector<detect::Baseline> baselines;
  std::vector<detect::Drift> drifts;  ///< one for each baseline
  std::vector<std::string> notes;     ///< which version scored, why another was not asked
  std::vector<std::string> warnings;  ///< what a person should act on
};

/// What a scenario found. Only anomalies are scored by a model.
struct Found {
  detect::Detection detection;
  ModelUse model = {};
};

/// The models of one run: each is looked up once, so that all its scenarios that name a model are
/// scored by one version of it.
class RunModels {
 public:
  struct Purpose {
    bool is_backtest = false;
    std::optional<graph::Micros> as_of = std::nullopt;
    std::optional<std::int64_t> as_of_version = std::nullopt;
    std::string program_version;
    std::int64_t run_id = 0;
  };
  RunModels(store::Connection& connection, Purpose purpose)
      : connection_(connection), purpose_(std::move(purpose)) {}

  /// The version in production; of a run as of a version of the data, the one with which the run that read it scored, so that its
  /// findings come out again. Without one a production run fits a version, to be registered. A
  /// backtest registers nothing: it fits a forest of its own if there is none, if a parameter of the
  /// fitting is set, or if the one in production has seen transfers after as_of.
  /// Throws: StoreError kRefusedData if the version is damaged; std::invalid_argument if it wants a
  ///         feature that this program does not make.
  Found score(const Graphs& graphs, const store::RunSnapshotFacts& snapshot,
              const Scenario& scenario, const detect::BaseCurrency& currency);

 private:
  const RegisteredModel* production(const std::string& model);
  detect::ForestModel use_registered(const RegisteredModel& model,
                                     const detect::AnomaliesParams& params, ModelUse& use);
  detect::ForestModel use_fitted(const Graphs& graphs, const store::RunSnapshotFacts& snapshot,
                                 const detect::AccountPopulation& population,
                                 const detect::AnomaliesParams& params, ModelUse& use);

  store::Connection& connection_;
  Purpose purpose_;
  std::map<std::string, std::unique_ptr<const RegisteredModel>> production_;  ///< may be null
  std::map<std::string, store::NewModelVersion> fitted_;
};

}  // namespace aml::scenarios
