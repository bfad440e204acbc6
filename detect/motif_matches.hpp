// SPDX-License-Identifier: Apache-2.0
// Whatever a motif says: docs/motifs.md is the page of the language.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "detect/account_history.hpp"
#include "detect/finding.hpp"
#include "detect/money_text.hpp"
#include "graph/motif_binding.hpp"
#include "graph/motif_query.hpp"
#include "graph/properties.hpp"
#include "graph/transfer_graph.hpp"

namespace aml::detect {

/// Mode graphframes has no order in time, windows, distinctness, groups and hubs: time_order and
/// distinct are none, max_counterparties is 0, the others are absent.
struct MotifMatchesParams {
  std::string motif;  ///< must be given
  graph::MotifMode mode = graph::MotifMode::kMoney;
  std::string where;  ///< a condition on each match; empty: none
  graph::TimeOrder time_order = graph::TimeOrder::kLoose;
  /// From the first transfer of a match to the last, > 0; mode money must have one.
  std::optional<graph::Micros> window;
  std::optional<graph::Micros> hop_window;  ///< from a transfer to each that follows it, > 0
  graph::Distinct distinct = graph::Distinct::kVertices;
  std::string group_by;  ///< a vertex of the motif; empty: findings are made of matches
  std::vector<std::pair<std::string, std::string>> aggregates;  ///< name and expression
  std::string having;                                           ///< a condition on each group
  /// The vertex that findings are about. Empty: that of group_by, else the one that sends the first
  /// transfer with a name.
  std::string subject_vertex;
  graph::MinorUnits score_half_at_minor = 1'000'000;  ///< money that scores one half, > 0
  /// Matches that are looked at one by one before the search gives up and says so; > 0.
  std::uint64_t max_rows = 1'000'000;
  /// Transfers and accounts looked at before the search likewise ends; > 0.
  std::uint64_t max_steps = 2'000'000'000;
  /// Accounts with more distinct payers or payees are hubs: left out and reported; 0 = no cap.
  std::uint32_t max_counterparties = 2000;
};

/// Throws: graph::MotifError for a wrong text; std::invalid_argument with the parameter's name, its
///         value and what is allowed.
void validate(const MotifMatchesParams& params);

/// The query of the parameters over account_schema(). Throws: as validate().
graph::MotifQuery motif_query(const MotifMatchesParams& params);

/// Whether findings have transfers: every branch of the motif has a term that is not negated and
/// that no negated term leaves out of the rows.
bool tells_transfers(const graph::MotifQuery& query);

/// The query on the graph of accounts, within the budgets of the parameters.
graph::BoundMotif bind_accounts(const graph::MotifQuery& query, const MotifMatchesParams& params,
                                const graph::TransferGraph& accounts,
                                const graph::GraphProperties& properties,
                                const std::stop_token& stop = {});

/// Without group_by, matches of one subject that hang together by transfers they share are one
/// finding with all their transfers; with group_by one finding for each group. What a negated term
/// leaves out of the rows is not told: name the transfers that findings shall show. The window
/// bounds matches, not findings: a group is of all the data, and matches that hang together may last
/// longer than one of them.
///
/// Subject:  the account that subject_vertex is bound to.
/// Evidence key: the subject and its earliest transfer; of a group the vertex that it is grouped by.
/// Steps:    in time order; role is the name of the transfer's edge, "transfer" if it has none, and
///           branch the place of that edge in the motif. Of the transfers of a group the first
///           kMostTransfersOfGroup stand.
/// Entities: the accounts with the names of their vertices as roles, "counterparty" for anonymous
///           ones.
/// Score:    in [0, 1]: 1 - 2^(-moved / score_half_at), where moved is the larger of what the
///           subject paid and what it received in the transfers of the finding, of all of them if it
///           takes part in none.                                     evidence moved
/// Evidence of groups: the aggregates first, under their names.
/// Throws: std::length_error if there are known to be more rows than max_rows and all of them would
///         have to be looked at, or if groups reached a budget so that none of them can be trusted.
/// A stop that is requested ends the search early; what it returns then is truncated.
Detection detect_motif_matches(const graph::TransferGraph& accounts, const AccountFacts& facts,
                               const graph::TransferGraph& parties,
                               const MotifMatchesParams& params, const BaseCurrency& currency,
                               const std::stop_token& stop = {});

inline constexpr std::size_t kMostTransfersOfGroup = 1000;

}  // namespace aml::detect
