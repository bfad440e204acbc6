// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/connection.hpp"

namespace aml::store {

/// What the ledger says of runs, loads and alerts, for a monitoring system. Returns: text in the OpenMetrics format 1.0, the time of
/// the last success first, "# EOF" last; no figure names an account, a party or an amount. Throws: StoreError kStatement.
std::string open_metrics(Connection& connection);

}  // namespace aml::store
