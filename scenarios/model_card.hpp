// SPDX-License-Identifier: Apache-2.0
// A registered version on its way to another database: its artifact, and beside it a JSON file that
// says all that is known of it.
#pragma once

#include <string>

#include "store/connection.hpp"
#include "store/model_registry.hpp"

namespace aml::scenarios {

struct ExportedModel {
  std::string artifact;
  std::string card;  ///< JSON
};

/// Throws: StoreError kRefusedData if the version is damaged.
ExportedModel export_model(store::Connection& connection, const store::ModelVersion& version);

/// The version that was exported, to be registered under the same model name. Its training run is
/// that of the other database; what happened to it there is not repeated here.
/// Throws: ScenarioError with `card_file` and the JSON pointer if the card is not one of ours;
///         StoreError kRefusedData with `artifact_file` if the artifact is not the one the card speaks
///         of, or no forest.
store::NewModelVersion imported_model(const std::string& artifact_file, const std::string& artifact,
                                      const std::string& card_file, const std::string& card);

}  // namespace aml::scenarios
