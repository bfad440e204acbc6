// SPDX-License-Identifier: Apache-2.0
// A registered version of a model, named as in the SQL functions of store/extension.
#pragma once

#include <cstdint>
#include <string>

#include "store/connection.hpp"

namespace aml::store {

struct RegisteredModel {
  std::string model;
  std::int32_t version = 0;
  std::string artifact;  ///< as `aml forest fit` wrote it
  std::string artifact_sha256;
};

/// `reference`: the name of a model, and after an @ a version number, production, staging, latest or
/// an alias; production without. Throws: std::invalid_argument if there is no such version;
/// StoreError kRefusedData if the artifact is not the one that was registered.
RegisteredModel read_registered_model(Connection& connection, const std::string& reference);

}  // namespace aml::store
