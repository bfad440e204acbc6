// SPDX-License-Identifier: Apache-2.0
// How far around a transfer the data lie on which a scenario's findings with it depend.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "detect/account_history.hpp"
#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "scenarios/scenario.hpp"

namespace aml::scenarios {

enum class Reach : std::uint8_t {
  kAccount,  ///< a finding depends on the transfers of its subject alone
  kWindow,  ///< a finding is made of pieces that hang together by transfers they share; each depends
            ///< on transfers that lie inside the span around it
  kAllData  ///< every transfer can change every finding
};

struct Locality {
  Reach reach = Reach::kAllData;
  graph::Micros span = 0;  ///< of Reach::kWindow, > 0
  std::uint32_t max_counterparties =
      0;  ///< above it an account is a hub, whatever the reach; 0: none is
};

/// Motifs and what is compared or spread over everybody (risk, anomalies, identities) depend on all
/// data. A chain can be of any length, but the first min_length hops show that there is one.
Locality locality_of(const DetectorParams& params);

/// What the detectors that need only accounts and their transfers find; nullopt for another one.
/// These are all but those of Reach::kAllData.
std::optional<detect::Detection> detect_on_accounts(const graph::TransferGraph& accounts,
                                                    const detect::AccountFacts& facts,
                                                    const DetectorParams& params,
                                                    const detect::BaseCurrency& currency,
                                                    const std::stop_token& stop);

}  // namespace aml::scenarios
