// SPDX-License-Identifier: Apache-2.0
// What is known to be laundering in a data set, to hold alerts against.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/connection.hpp"

namespace aml::scenarios {

/// Of labels that do not say which typology: they are held against the alerts of all.
constexpr std::string_view kAnyTypology = "any";

/// Names either a transfer or an entity.
struct Label {
  std::string typology;          ///< as in gold.alerts, or kAnyTypology
  std::string instance;          ///< labels of one typology and instance belong together
  std::string entity_kind = {};  ///< account or party; empty for a transfer
  std::string entity_id = {};
  std::string transfer_id = {};  ///< empty for an entity
};

/// The labels of a file, plain or .gz, recognised by its header line:
///   - labels.csv of generate(): typology,instance,entity_kind,entity_id,role,transfer_id
///   - alert_transactions.csv and alert_accounts.csv of AMLSim; its type cycle is our round_tripping
///   - *_Patterns.txt and *_Trans.csv of AMLworld, looked up among the loaded transfers: see
///     amlworld_labels.hpp
/// Throws: ScenarioError with file and line if it is none of these or a label cannot be used;
///         StoreError kRefusedData if it cannot be read, kStatement if the server refuses.
std::vector<Label> read_labels(store::Connection& connection, const std::string& path);

/// The labels of several files together. Files of one data set complement each other: an instance may
/// have labels in several. But AMLworld's numbers and lines count in one file only, so beside others
/// its instances are named by file and number: "HI-Small/HI-Small_Patterns.txt 5".
/// Throws: as for one file.
std::vector<Label> read_labels(store::Connection& connection,
                               const std::vector<std::string>& paths);

/// For each row, told by its values as amlworld_labels.hpp says, the id of the loaded transfer that
/// has them.
using TransferLookup =
    std::function<std::vector<std::optional<std::string>>(const std::vector<std::string>& rows)>;
/// The same, with the loaded transfers from elsewhere than a database.
std::vector<Label> read_labels(const std::string& path, const TransferLookup& lookup);

}  // namespace aml::scenarios
