// SPDX-License-Identifier: Apache-2.0
// What conditions on motifs may ask about accounts.
#pragma once

#include "detect/account_history.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// The columns of silver.accounts that a snapshot holds, under their names there: country (text),
/// opened_on (time: midnight UTC) and party_id (text). Transfers have no columns beyond their own.
graph::PropertySchema account_schema();

/// The properties of that schema for every vertex of the graph of accounts.
/// Requires: the facts' owners are vertices of `parties`; `amount_scale` is the exponent of the base
///           currency.
/// Cost:     some 40 bytes for each account.
graph::GraphProperties account_properties(const AccountFacts& facts,
                                          const graph::TransferGraph& parties, int amount_scale);

}  // namespace aml::detect
