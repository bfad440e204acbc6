// SPDX-License-Identifier: Apache-2.0
// aml model sql: a registered model as plain SQL, for servers that take no extension.
#include <fmt/format.h>

#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/target.hpp"
#include "detect/forest_bytes.hpp"
#include "scenarios/forest_sql.hpp"
#include "store/error.hpp"
#include "store/registered_model.hpp"

namespace aml::cli {
namespace {

detect::ForestModel forest_of(const store::RegisteredModel& registered) {
  try {
    return detect::forest_model_from_bytes(registered.artifact);
  } catch (const std::invalid_argument& error) {
    throw store::StoreError(store::StoreFailure::kRefusedData,
                            fmt::format("model {}, version {}: the artifact {}", registered.model,
                                        registered.version, error.what()));
  }
}

}  // namespace

int run_model_sql(const GlobalOptions& global, const std::string& reference) {
  auto connection = connect_ready(global);
  const auto registered = store::read_registered_model(connection, reference);
  fmt::print("{}", scenarios::forest_sql({registered.model, registered.version,
                                          registered.artifact_sha256, forest_of(registered)}));
  return kOk;
}

}  // namespace aml::cli
