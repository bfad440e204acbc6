// SPDX-License-Identifier: Apache-2.0
// Pieces of sentences that several detectors need.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// "A", "A and B", "A, B and C", "A, B and 7 more": at most `at_most` names stand, >= 1.
std::string list_of(const std::vector<std::string>& names, std::size_t at_most);

/// "within 4 days", "within 30 hours", "within 12 minutes", rounded up; "at the same time" for
/// zero.
std::string within(graph::Micros duration);

/// "36.5": for EvidenceItem::observed, to a hundredth of an hour.
std::string hours_text(graph::Micros duration);
/// "0.9562": a share for EvidenceItem::observed.
std::string share_text(double share);
/// "95.6 %".
std::string percent_text(double share);

/// One sentence for each of the first 20 hubs with its numbers of payers and payees, then one for
/// the rest.
std::vector<std::string> hub_sentences(const graph::TransferGraph& graph,
                                       std::span<const graph::Vertex> hubs,
                                       std::uint32_t max_counterparties);

}  // namespace aml::detect
