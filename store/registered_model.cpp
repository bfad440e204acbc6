// SPDX-License-Identifier: Apache-2.0
#include "store/registered_model.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "store/error.hpp"
#include "store/statement.hpp"

namespace aml::store {

RegisteredModel read_registered_model(Connection& connection, const std::string& reference) {
  const auto at = reference.find('@');
  RegisteredModel found;
  found.model = reference.substr(0, at);
  std::optional<std::string> which;
  if (at != std::string::npos) which = reference.substr(at + 1);
  auto transaction = begin<pqxx::read_transaction>(connection);
  const auto version = run(transaction, query::find_scoring_version, found.model, which);
  if (version.empty()) {
    throw std::invalid_argument(
        fmt::format("model {} has no version {}\n  aml.model_versions and aml.model_aliases list "
                    "what there is",
                    found.model, which.value_or("in production")));
  }
  found.version = version[0][0].as<std::int32_t>();
  found.artifact_sha256 = version[0][1].as<std::string>();
  const auto artifact = run(transaction, query::read_scoring_artifact, found.model, found.version);
  if (!artifact[0][1].as<bool>()) {
    throw StoreError(StoreFailure::kRefusedData,
                     fmt::format("model {}, version {}: the artifact is not the one that was "
                                 "registered: its SHA-256 is another",
                                 found.model, found.version));
  }
  found.artifact = pqxx::binarystring(artifact[0][0]).str();
  return found;
}

}  // namespace aml::store
