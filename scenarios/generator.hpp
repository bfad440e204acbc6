// SPDX-License-Identifier: Apache-2.0
// Labelled data: a plausible bank with planted laundering, every planted transfer labelled with its
// instance.
#pragma once

#include <cstdint>
#include <string>

namespace aml::scenarios {

struct GeneratorParams {
  std::int64_t accounts = 20'000;  ///< 500..4,000,000
  int days = 210;                  ///< 60..3650
  std::uint64_t seed = 1;
  std::string first_day = "2024-01-01";  ///< 1971-01-01..2200-12-31
  int instances = 10;                    ///< planted instances of each typology, 1..accounts/200
};

/// Throws: std::invalid_argument with the parameter's name, its value and the allowed range.
void validate(const GeneratorParams& params);

struct GeneratedData {
  std::int64_t parties = 0, accounts = 0, transfers = 0, planted_instances = 0,
               planted_transfers = 0;
};

/// Writes parties.csv, accounts.csv, fx_rates.csv, transfers.csv and labels.csv into the folder
/// (created if missing, mode 0700; files mode 0600), in the format that `aml load` reads. The files
/// appear under their names together, when all are complete.
///
/// labels.csv: typology,instance,entity_kind,entity_id,role,transfer_id - one row for each planted
/// transfer (entity columns empty) and one for each planted entity (transfer_id empty). What is
/// planted of each typology: scenarios/generator_planted.hpp.
///
/// Size: about 7 transfers for each account in 30 days: the defaults give 1 million, 100,000 accounts
/// and 215 days give 5 million. Institutions have more than 2,000 counterparties from 20,000
/// accounts on; in smaller banks detectors do not take them for hubs.
///
/// A period that reaches into the future can be generated, but the shipped expectations quarantine
/// its transfers when they are loaded.
///
/// The same parameters give the same bytes on every platform.
///
/// Throws: std::invalid_argument from params, or if the folder holds a file of these names but no
/// labels.csv, so that it was not generated; std::system_error with the path if a file cannot be
/// written.
///
/// Cost: memory grows with accounts, not with transfers; writing is what takes time.
GeneratedData generate(const std::string& folder, const GeneratorParams& params);

}  // namespace aml::scenarios
