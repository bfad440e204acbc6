// SPDX-License-Identifier: Apache-2.0
// What IBM's AMLworld knows to be laundering: its list of attempts and the mark on its transfers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/labels.hpp"
#include "store/connection.hpp"
#include "store/csv_reader.hpp"

namespace aml::scenarios {

/// Whether a file that begins with this line is AMLworld's *_Patterns.txt or *_Trans.csv.
bool is_amlworld(const std::vector<std::string>& header);

/// The labels of such a file. Attempts have the typology of their type (CYCLE is our
/// round_tripping) and their number in the file, from 1, as instance. A transfer that is marked as
/// laundering is an instance of its own, named by its line; its typology is kAnyTypology.
///
/// AMLworld's transfers have no id, so a row is looked up by its values.
/// Throws: ScenarioError with file and line if a line is damaged or no loaded transfer;
///         StoreError if it cannot be read; whatever the lookup throws.
/// Cost:   one pass over the file and one lookup.
std::vector<Label> amlworld_labels(store::CsvReader& reader, const std::string& path,
                                   const TransferLookup& lookup);

/// The lookup in bronze. Of equal rows the first one gets the first loaded transfer, those marked as
/// laundering before the others.
/// Throws: StoreError if the server refuses. Cost: one pass over the transfers in bronze.
std::vector<std::optional<std::string>> loaded_amlworld_transfers(
    store::Connection& connection, const std::vector<std::string>& rows);

}  // namespace aml::scenarios
