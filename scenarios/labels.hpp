// SPDX-License-Identifier: Apache-2.0
// What is known to be laundering in a data set, to hold alerts against.
#pragma once

#include <string>
#include <vector>

namespace aml::scenarios {

/// Names either a transfer or an entity.
struct Label {
  std::string typology;     ///< as in gold.alerts
  std::string instance;     ///< labels of one typology and instance belong together
  std::string entity_kind;  ///< account or party; empty for a transfer
  std::string entity_id;
  std::string transfer_id;  ///< empty for an entity
};

/// The labels of a file, plain or .gz, recognised by its header line:
///   - labels.csv of generate(): typology,instance,entity_kind,entity_id,role,transfer_id
///   - alert_transactions.csv and alert_accounts.csv of AMLSim; its type cycle is our round_tripping
/// Throws: ScenarioError with file and line if it is none of these or a label cannot be used;
///         StoreError kRefusedData if it cannot be read.
std::vector<Label> read_labels(const std::string& path);

}  // namespace aml::scenarios
