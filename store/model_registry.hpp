// SPDX-License-Identifier: Apache-2.0
// Registered versions of models: what each was trained on, which one is in production, who put it
// there. What an artifact means is not known here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detect/baseline.hpp"
#include "graph/transfer.hpp"
#include "store/connection.hpp"

namespace pqxx {
class transaction_base;
}

namespace aml::store {

inline constexpr const char* kProductionStage = "Production";
inline constexpr const char* kStagingStage = "Staging";
inline constexpr const char* kArchivedStage = "Archived";

struct ModelVersion {
  std::string model;
  std::int32_t version = 0;

  bool operator==(const ModelVersion&) const = default;
};
/// "account_anomalies version 3"
std::string name_of(const ModelVersion& version);

/// What is known of how a version came to be. Texts are empty if not known, times are ISO 8601.
struct TrainingRun {
  std::int64_t number = 0;  ///< in this database
  std::string experiment = {};
  std::string status = "succeeded";  ///< succeeded, failed, imported
  std::string started_at = {};       ///< empty when recorded: `seconds` ago
  std::string finished_at = {};      ///< empty when recorded: now
  std::string started_by = {};       ///< empty when recorded: the user of the session
  double seconds = 0;                ///< only told when recorded
  std::string program_version = {};
  std::optional<std::int64_t> run_id = {};  ///< run of scenarios that fitted it
  std::string source = "snapshot";          ///< or the file that held the rows
  std::string snapshot = {};
  std::optional<std::int64_t> last_file_id = {};
  std::string window_from = {};  ///< booking time of the earliest transfer
  std::string window_until = {};
  std::optional<std::int64_t> rows = {};
  std::string data_sha256 = {};
  std::string parameters_json = "{}";
  std::string error = {};                                    ///< of a failed one
  std::vector<std::pair<std::string, double>> metrics = {};  ///< by name
};

struct NewModelVersion {
  std::string model;
  std::string signature_json;
  std::string artifact;
  std::vector<detect::Baseline> baselines;  ///< of the score, then of each column
  TrainingRun training;
  std::string reason = "registered";
};

struct ModelVersionRow {
  ModelVersion id;
  std::string stage;  ///< None, Staging, Production, Archived
  std::string stage_reason;
  std::vector<std::string> aliases;
  std::string signature_json;
  std::string artifact_sha256;
  std::int64_t artifact_bytes = 0;
  std::string created_at;
  std::string created_by;
  std::optional<TrainingRun> training;  ///< without its metrics
};

/// A stage change, or an alias that was given.
struct ModelTransition {
  std::string changed_at;
  std::int32_t version = 0;
  std::string alias;       ///< empty: a stage change
  std::string from_stage;  ///< empty: it was registered
  std::string to_stage;
  std::string changed_by;
  std::string reason;
};

struct ProductionPeriod {
  std::int32_t version = 0;
  std::string since;
  std::string until;  ///< empty: it still is
  std::string promoted_by;
  std::string reason;
};

struct DriftRow {
  std::int64_t run_id = 0;
  std::string scenario;
  std::string feature;
  detect::Drift drift;
};

struct StageChange {
  std::string from;
  std::optional<std::int32_t> archived;  ///< version that was in production before
};

/// Throws: std::invalid_argument unless it is lower-case letters, digits and underscores, a letter
/// first, at most 63.
void validate_model_name(const std::string& name);

/// Writes the training run, its metrics, the version in stage None and its baselines in one database
/// transaction. Versions of a model are numbered from 1 without gaps, whoever registers at the same
/// time.
ModelVersion register_version(Connection& connection, const NewModelVersion& version);
/// The same as a part of the caller's transaction, which then holds the model's row.
ModelVersion register_version(pqxx::transaction_base& transaction, const NewModelVersion& version);
/// For training that came to nothing.
void record_failed_training(Connection& connection, const TrainingRun& training);

/// Moves a version to a stage. To Production: what was there is archived first, in the same database
/// transaction, with the same time in the log. The stage it is in already: nothing is changed or
/// logged. Waits for others that change stages of the model. Throws: std::invalid_argument if the
/// reason is empty or there is no such version.
StageChange change_stage(Connection& connection, const ModelVersion& version,
                         const std::string& stage, const std::string& reason);
/// Puts a version in production if `expected` is there, or none if it is absent: nobody has promoted
/// another since it was looked at. Returns: absent if somebody has, and nothing is changed.
/// Throws: as change_stage().
std::optional<StageChange> replace_production(Connection& connection, const ModelVersion& version,
                                              std::optional<std::int32_t> expected,
                                              const std::string& reason);
/// The same as a part of the caller's transaction.
StageChange change_stage(pqxx::transaction_base& transaction, const ModelVersion& version,
                         const std::string& stage, const std::string& reason);
/// Names the version by the alias, which may have named another one. Throws: std::invalid_argument if
/// the alias is no name, means something else as a version, or the reason is empty.
void give_alias(Connection& connection, const ModelVersion& version, const std::string& alias,
                const std::string& reason);

std::optional<std::int32_t> production_version(Connection& connection, const std::string& model);
/// The version with which the newest production run that read a version of the data scored; absent if none did.
std::optional<std::int32_t> version_used_on(Connection& connection, const std::string& model,
                                            std::int64_t data_version);
std::optional<std::int32_t> production_version(pqxx::transaction_base& transaction,
                                               const std::string& model);
/// `which`: a number, latest, production, staging (the newest) or an alias.
/// Throws: std::invalid_argument that lists what there is if there is no such model or version.
ModelVersion find_version(Connection& connection, const std::string& model,
                          const std::string& which);

std::vector<std::string> list_models(Connection& connection);
/// Of one model or, if it is empty, of all; the newest first.
std::vector<ModelVersionRow> list_versions(Connection& connection, const std::string& model = {});
/// Throws: std::invalid_argument if there is no such version.
ModelVersionRow read_version(Connection& connection, const ModelVersion& version);
std::vector<std::pair<std::string, double>> read_metrics(Connection& connection,
                                                         std::int64_t training_run);
/// Throws: StoreError kRefusedData if the bytes are not those that were registered.
std::string read_artifact(Connection& connection, const ModelVersion& version);
std::vector<detect::Baseline> read_baselines(Connection& connection, const ModelVersion& version);

/// Of one version, or of all of the model.
std::vector<ModelTransition> list_transitions(Connection& connection, const std::string& model,
                                              std::optional<std::int32_t> version = std::nullopt);
/// The versions that were in production at any time from `from` to `until`.
std::vector<ProductionPeriod> list_production(Connection& connection, const std::string& model,
                                              graph::Micros from, graph::Micros until);

/// Requires: a drift for each baseline.
void record_drift(pqxx::transaction_base& transaction, std::int64_t run_id,
                  const std::string& scenario, const ModelVersion& version,
                  const std::vector<detect::Baseline>& baselines,
                  const std::vector<detect::Drift>& drifts);
/// What the newest run of each scenario measured.
std::vector<DriftRow> list_drift(Connection& connection, const ModelVersion& version);

}  // namespace aml::store
