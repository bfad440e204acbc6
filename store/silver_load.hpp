// SPDX-License-Identifier: Apache-2.0
// Rows that lie in bronze into silver or quarantine, and what follows from them. For the sources of
// this folder only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/input_format.hpp"
#include "store/load_transaction.hpp"
#include "store/migrations.hpp"
#include "store/row_split.hpp"

namespace aml::store {

struct SilverOutcome {
  std::uint64_t lines_quarantined = 0;
  std::map<std::string, std::uint64_t> quarantined_by_reason;  ///< a row can have several reasons
  std::map<std::string, std::uint64_t> warnings;  ///< rows loaded, by the expectation they break
  std::map<std::string, std::string>
      unmet;  ///< "observed 3, expected at least 100", by expectation
              ///< about the whole file with policy warn
};

/// Also records how each expectation was met. Throws: StoreError kRefusedData if an expectation with
/// policy fail is broken; kStatement for what the server says.
SilverOutcome load_silver(LoadTransaction& transaction, const BronzeFile& file,
                          const std::vector<RowSplit>& splits,
                          const BaseCurrencySetting& base_currency);

}  // namespace aml::store
